"""Databases of one private server, a small workspace, and a hand that publishes it."""

from __future__ import annotations

from contextlib import closing
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import shapely
from adbc_driver_postgresql import dbapi

from layers.catalogue import load_catalogue
from layers.database.address import read_address
from layers.database.publishing import Wish
from layers.database.publishing import publish
from layers.database.ready import Content
from layers.frames import empty_column
from layers.frames import layer_frame
from tests.layers.batch.postgis_server import server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.database.publishing import Publication

CATALOGUE = load_catalogue()
HOSTILE = '名\'); DROP TABLE parks; --\\ "x" <script>${1}`=1+1`\u202eRTL\n第二行'
_NUMBERS = count(1)


class Base:
    """A database with PostGIS, and questions to it as its owner."""

    def __init__(self, root: str, name: str) -> None:
        self.uri = f"{root}/{name}"

    def address(self, schema: str = "atlas") -> str:
        return self.uri.replace("postgresql://", "postgis://") + f"?schema={schema}"

    def run(self, *statements: str) -> None:
        with closing(dbapi.connect(self.uri)) as connection:
            with closing(connection.cursor()) as cursor:
                for statement in statements:
                    cursor.execute(statement)
            connection.commit()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(dbapi.connect(self.uri)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def one(self, query: str) -> Any:
        ((value,),) = self.rows(query)
        return value

    def state(self, key: str, schema: str = "atlas") -> list[tuple[Any, ...]]:
        """Return which transaction wrote each row, and where it lies."""
        return self.rows(f"SELECT xmin::text, ctid::text FROM {schema}.{key} ORDER BY ctid")  # noqa: S608


@contextmanager
def bases() -> Iterator[Any]:
    """Start a server and yield a function that makes a new database in it."""
    with server() as root:
        _create(root, "gis", "template1")
        Base(root, "gis").run("CREATE EXTENSION postgis")

        def make(*, postgis: bool = True) -> Base:
            name = f"b{next(_NUMBERS)}"
            _create(root, name, "gis" if postgis else "template1")
            return Base(root, name)

        yield make


def _create(root: str, name: str, template: str) -> None:
    with (
        closing(dbapi.connect(f"{root}/postgres", autocommit=True)) as connection,
        closing(connection.cursor()) as cursor,
    ):
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def parks(number: int = 5, names: dict[int, str] | None = None) -> Any:
    """Return parks, every third a point, the second without place, the first hostile by name."""
    spec = CATALOGUE.layer("parks")
    columns = {f.name: empty_column(f, number) for f in spec.fields}

    def put(name: str, cells: list[Any]) -> None:
        columns[name] = pd.Series(cells, dtype=columns[name].dtype)

    put("park_id", [f"P{i:05}" for i in range(number)])
    put("name", [(names or {}).get(i, f"园区{i}号") for i in range(number)])
    put("park_class", ["business"] * number)
    put("boundary_status", ["sketch"] * number)
    put("accuracy_m", [None if i == 2 else i + 0.1 for i in range(number)])
    shapes = [_place(i) for i in range(number)]
    return layer_frame(columns, spec, shapes)


def _place(i: int) -> Any:
    x, y = 121.45 + 0.001 * (i % 100), 31.25 + 0.001 * (i // 100)
    if i == 1:
        return None
    return shapely.Point(x, y) if i % 3 == 0 else shapely.box(x, y, x + 0.0005, y + 0.0005)


def landuse(number: int = 4) -> Any:
    """Return parcels, the last of two parts."""
    spec = CATALOGUE.layer("landuse")
    columns = {f.name: empty_column(f, number) for f in spec.fields}
    columns["parcel_id"] = pd.Series([f"L{i}" for i in range(number)], dtype="str")
    boxes: list[Any]
    columns["land_use_code"] = pd.Series(["0701", "0901", "1401", "0701"][:number], dtype="str")
    boxes = [
        shapely.box(121.5 + i / 1000, 31.3, 121.5005 + i / 1000, 31.301) for i in range(number)
    ]
    boxes[-1] = shapely.MultiPolygon([boxes[-1], shapely.box(121.6, 31.3, 121.601, 31.301)])
    return layer_frame(columns, spec, boxes)


def few(key: str, shapes: list[Any]) -> Any:
    """Return a layer of some shapes with an id and a Chinese name each."""
    spec, number = CATALOGUE.layer(key), len(shapes)
    columns = {f.name: empty_column(f, number) for f in spec.fields}
    columns[spec.id_field] = pd.Series([f"K{i:03}" for i in range(number)], dtype="str")
    columns[spec.name_field] = pd.Series([f"名称{i}" for i in range(number)], dtype="str")
    return layer_frame(columns, spec, shapes)


def content(tables: dict[str, Any], version: int = 0, **choices: Any) -> Content:
    specs = [CATALOGUE.layer(key) for key in tables]
    stamp = pd.Timestamp("2026-11-26T08:00:00Z").to_pydatetime()
    return Content(tables, specs, CATALOGUE, dict.fromkeys(tables, version), stamp=stamp, **choices)


def put(base: Base, tables: dict[str, Any], version: int = 0, **choices: Any) -> Publication:
    """Publish tables; `wish_…` go to the wish, `progress` to the call, the rest to the content."""
    schema, progress = choices.pop("schema", "atlas"), choices.pop("progress", None)
    own = {n.removeprefix("wish_"): choices.pop(n) for n in list(choices) if n.startswith("wish_")}
    wish = Wish(**{"workspace": "w1", "by": "规划员", **own})
    return publish(
        read_address(base.address(schema)), content(tables, version, **choices), wish, progress
    )
