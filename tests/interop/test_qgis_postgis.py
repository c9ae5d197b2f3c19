"""QGIS and GDAL open what was published in PostGIS: counts, Chinese text, styles, comments."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.style import layer_style
from tests.layers.database.database_hand import bases
from tests.layers.database.database_hand import few
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

    from tests.layers.database.database_hand import Base

LOOK = Path(__file__).with_name("qgis_postgis.py")
CATALOGUE = load_catalogue()
MIXED, PURE = ("parks", "carriers"), ("zones", "gates", "barriers")


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    """Return some layers of the bundled edition, and of kinds of geometry that it lacks."""
    found = load_edition(CATALOGUE).tables
    gates = [shapely.Point(121.5 + i / 1000, 31.3) for i in range(3)]
    walls = [shapely.LineString([(121.5, 31.3), (121.501 + i / 1000, 31.31)]) for i in range(4)]
    made = {"gates": few("gates", gates), "barriers": few("barriers", walls)}
    return {key: made.get(key, found[key]) for key in (*MIXED, *PURE, "units")}


@pytest.fixture(scope="module")
def base(tables: dict[str, Any]) -> Iterator[Base]:
    """Publish them."""
    with bases() as make:
        made = make()
        put(made, tables, 3)
        yield made


def _wishes(tables: dict[str, Any]) -> list[dict[str, str]]:
    """Return how each table is opened: QGIS opens one kind of geometry of a mixed one."""
    pure = {"polygon": "multipolygon", "line": "multilinestring", "point": "multipoint"}
    wishes = []
    for key in (*MIXED, *PURE):
        spec = CATALOGUE.layer(key)
        kinds = spec.geometry if key in MIXED else (pure[spec.geometry[0]],)
        there = set(tables[key].geometry.geom_type.str.lower())
        wishes += [
            {"table": key, "kind": kind, "id": spec.id_field, "name": spec.name_field}
            for kind in kinds
            if key in PURE or kind in there
        ]
    return wishes


@pytest.fixture(scope="module")
def seen(
    base: Base,
    tables: dict[str, Any],
    qgis_python: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[dict[str, Any]]:
    """What QGIS says of every table."""
    folder = tmp_path_factory.mktemp("qgis")
    found = re.search(r":(\d+)/(\w+)$", base.uri)
    assert found is not None
    answer, job = folder / "answer.json", folder / "job.json"
    wish: dict[str, Any] = {"port": found[1], "database": found[2], "tables": _wishes(tables)}
    job.write_text(json.dumps({**wish, "answer": str(answer)}), encoding="utf-8")
    ran = subprocess.run(  # noqa: S603 -- our own script
        [qgis_python, str(LOOK), str(job)],
        env={
            "PATH": os.environ["PATH"],
            "QT_QPA_PLATFORM": "offscreen",
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, Any]] = json.loads(answer.read_text(encoding="utf-8"))
    assert [a["table"] for a in answers] == [w["table"] for w in wish["tables"]]
    return answers


def _rows(frame: Any, kind: str) -> Any:
    """Return the rows that QGIS shows of one kind of geometry.

    Those without a place are among them, unless it must leave out other kinds.
    """
    kinds = frame.geometry.geom_type.str.lower().str.removeprefix("multi")
    asked = kinds == kind.removeprefix("multi")
    return frame[asked] if kinds.nunique() > 1 else frame[asked | frame.geometry.isna()]


def test_qgis_sees_every_row_and_its_chinese_text(
    seen: list[dict[str, Any]], tables: dict[str, Any]
) -> None:
    assert len(seen) >= 5
    for answer in seen:
        rows = _rows(tables[answer["table"]], answer["kind"])
        assert answer["valid"]
        assert answer["crs"] == "EPSG:4490"
        assert len(answer["names"]) == len(rows)
        told = [name if isinstance(name, str) else "NULL" for name in rows[answer["name"]]]
        assert answer["names"] == sorted(told)


def test_qgis_draws_the_layers_in_our_style_at_once(seen: list[dict[str, Any]]) -> None:
    for answer in seen:
        style = layer_style(CATALOGUE.layer(answer["table"]), CATALOGUE.folder)
        legend = " ".join(answer["legend"])
        for entry in style.classes:
            assert entry.title.zh in legend
            drawn = {entry.symbol.fill.lower(), entry.symbol.stroke.lower()}
            assert drawn & set(answer["colours"])
        if style.label_field:
            assert answer["label_field"] == style.label_field


def test_qgis_shows_what_tables_and_columns_are(seen: list[dict[str, Any]]) -> None:
    for answer in seen:
        spec = CATALOGUE.layer(answer["table"])
        assert answer["about"].startswith(spec.title.zh)
        assert "版本: 3" in answer["about"]
        for field in spec.fields:
            assert field.title.zh in answer["comments"][field.name]
            assert field.title.zh in answer["aliases"][field.name]


def test_gdal_reads_the_same_rows(
    base: Base, tables: dict[str, Any], needs: Callable[[str], str]
) -> None:
    found = re.search(r":(\d+)/(\w+)$", base.uri)
    assert found is not None
    source = f"PG:host=127.0.0.1 port={found[1]} dbname={found[2]} user=postgres schemas=atlas"
    for key, frame in tables.items():
        assert len(frame)
        told = _run(needs("ogrinfo"), "-ro", "-al", "-so", source, key)
        assert f"Feature Count: {len(frame)}" in told
        if not CATALOGUE.layer(key).geometry:
            continue
        numbers = re.search(r"Extent: \((.*), (.*)\) - \((.*), (.*)\)", told)
        assert numbers is not None
        wanted = shapely.total_bounds(frame.geometry.dropna().to_numpy())
        assert [float(n) for n in numbers.groups()] == pytest.approx(list(wanted), abs=1e-6)
    text = _run("ogr2ogr", "-f", "CSV", "/vsistdout/", source, "parks")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["name"] for row in rows) == sorted(tables["parks"]["name"])


def _run(*command: str) -> str:
    ran = subprocess.run(  # noqa: S603 -- GDAL's own programs
        command, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
