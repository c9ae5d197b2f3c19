"""Nothing that the catalogue calls internal stands in any byte of a public copy."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.errors import Text
from layers.export.package import export_package
from layers.export.run import FORMATS
from layers.export.run import export_layers
from layers.frames import empty_column
from layers.frames import layer_frame
from layers.frames import to_type
from layers.public_copy import PUBLIC_GRID
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.style import layer_style
from tests.layers.secrets_hand import bytes_of
from tests.layers.secrets_hand import coordinate_forms
from tests.layers.secrets_hand import found
from tests.layers.secrets_hand import integer_forms
from tests.layers.secrets_hand import number_forms
from tests.layers.secrets_hand import plain_parquet
from tests.layers.secrets_hand import text_forms

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.export.sheets import Audience

__all__ = ["plain_parquet"]

CATALOGUE = load_catalogue()
STAMP = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)
DRAWN = {"shp", "fgb", "kml", "dxf"}
WAYS = [*FORMATS, "package"]
PLACES = [
    shapely.Point(121.50561237, 31.29903461),
    shapely.LineString([(121.51122337, 31.30044713), (121.51388719, 31.30271831)]),
    shapely.Polygon(
        [(121.52031471, 31.28113917), (121.52477319, 31.28139731), (121.52271513, 31.28577191)]
    ),
]
KINDS = {"point": PLACES[0], "line": PLACES[1], "polygon": PLACES[2]}


def delivered() -> list[LayerSpec]:
    """Return the layers with anything internal, and one more a kind of geometry."""
    secret = [s for s in CATALOGUE.layers if not all(is_public(s, f) for f in s.fields)]
    plain = {s.geometry: s for s in CATALOGUE.layers if s not in secret and s.key != "landuse"}
    return [*secret, *plain.values()]


def fields() -> list[tuple[int, LayerSpec, FieldSpec]]:
    both = [(spec, field) for spec in delivered() for field in spec.fields]
    return [(number, *pair) for number, pair in enumerate(both)]


def is_public(spec: LayerSpec, field: FieldSpec) -> bool:
    return spec.sensitivity == "public" and field.sensitivity == "public"


def marker(number: int, field: FieldSpec) -> Any:
    """Return a value of the field that nobody would guess."""
    if field.type in ("text", "month"):
        return f"ZQXW{number:04d}企业"
    if field.type == "number":
        return 8137.4129 + 1000.0371 * number
    if field.type == "integer":
        return 731_465_000_000 + number
    if field.type == "date":
        return dt.date(2031, 1, 1) + dt.timedelta(days=number)
    return True


def forms(number: int, field: FieldSpec) -> list[bytes]:
    value = marker(number, field)
    if field.type in ("text", "month"):
        # The two halves too, for a format may cut between them.
        return [*text_forms(value), *text_forms(value[:8])]
    if field.type == "number":
        return number_forms(value)
    if field.type == "integer":
        return integer_forms(value)
    if field.type == "date":
        days = (value - dt.date(1899, 12, 30)).days
        texts = (f"{value:%Y-%m-%d}", f"{value:%Y%m%d}", f"{value:%Y/%m/%d}", f"<v>{days}</v>")
        seconds = (value - dt.date(1970, 1, 1)).days * 86_400
        return (
            [f for t in texts for f in text_forms(t)]
            + integer_forms(seconds * 1000)
            + integer_forms(seconds)
        )
    return []


def tables() -> dict[str, Any]:
    """Return layers whose rows have a marker in every field and exact coordinates."""
    made = {}
    for spec in delivered():
        places: list[Any] = [KINDS[kind] for kind in spec.geometry] or [None]
        rows = len(places)
        columns = {field.name: empty_column(field, rows) for field in spec.fields}
        for number, owner, field in fields():
            if owner is spec:
                values = pd.Series([marker(number, field)] * rows, dtype=object)
                columns[field.name] = to_type(
                    pd.to_datetime(values) if field.type == "date" else values, field.type
                )
        made[spec.key] = layer_frame(columns, spec, places)
    return made


def styles() -> dict[str, LayerStyle]:
    """Return styles that colour and label every layer by an internal field."""
    made = {}
    for number, spec, field in fields():
        if spec.geometry and not is_public(spec, field) and spec.key not in made:
            base = layer_style(spec, CATALOGUE.folder)
            word = str(marker(number, field))
            entry = StyleClass(word, Text(word, word), Symbol(fill="#123456"))
            made[spec.key] = replace(
                base,
                field=field.name,
                classes=(entry,),
                breaks=(),
                label_field=field.name,
                by_prefix=False,
                note=Text(word, word),
            )
    (number, spec, field) = next(
        entry for entry in fields() if entry[1].key == "carriers" and entry[2].name == "tax_wan"
    )
    tax = marker(number, field)
    word = f"{tax:.4f}"
    classes = tuple(StyleClass("", Text(word, word), Symbol()) for _ in range(2))
    made["carriers"] = replace(
        made["carriers"], field="tax_wan", classes=classes, breaks=(tax - 1, tax, tax + 1)
    )
    return made


def exported(way: str, folder: Path, audience: Audience, crs: str) -> Path:
    path = folder / "a.zip"
    specs = [s for s in delivered() if way not in DRAWN or s.geometry]
    options: dict[str, Any] = {
        "path": path,
        "crs": crs,
        "audience": audience,
        "styles": styles(),
        "stamp": STAMP,
    }
    if way == "package":
        export_package(tables(), specs, CATALOGUE, formats=list(FORMATS), **options)
    else:
        export_layers(tables(), specs, CATALOGUE, fmt=way, **options)
    return path


def system(way: str) -> str:
    return "EPSG:4490" if way == "geojson" else "EPSG:4549"


@pytest.mark.usefixtures("plain_parquet")
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_and_no_exact_place_stands_in_a_public_copy(way: str, tmp_path: Path) -> None:
    told = bytes_of(exported(way, tmp_path, "public", system(way)))
    leaked = [
        f"{spec.key}.{field.name}"
        for number, spec, field in fields()
        if not is_public(spec, field) and found(forms(number, field), told)
    ]
    assert leaked == []
    exact = gpd.GeoSeries(PLACES, crs=4490)
    for epsg, decimals in ((4490, 6), (4549, 2)):
        for value in shapely.get_coordinates(exact.to_crs(epsg).to_numpy()).ravel():
            assert not found(coordinate_forms(float(value), decimals), told), (epsg, value)


@pytest.mark.usefixtures("plain_parquet")
@pytest.mark.parametrize("way", WAYS)
def test_the_search_finds_what_is_there(way: str, tmp_path: Path) -> None:
    """An internal copy holds every value; otherwise the test above would show nothing."""
    told = bytes_of(exported(way, tmp_path, "internal", system(way)))
    lost = [
        f"{spec.key}.{field.name}"
        for number, spec, field in fields()
        if (spec.geometry or way not in DRAWN)
        and field.type != "boolean"
        # A date of Parquet is a number of days, too short to be searched among other bytes.
        and not (field.type == "date" and way == "parquet")
        and not found(forms(number, field), told)
    ]
    assert lost == []
    if way in ("gpkg", "shp", "fgb", "parquet", "geojson", "package"):
        at = gpd.GeoSeries(PLACES[:1], crs=4490).to_crs(system(way))
        assert found(coordinate_forms(float(at.x[0]), 6), told)


def on_grid(frame: gpd.GeoDataFrame) -> bool:
    """Tell whether all places lie on the one grid of public copies, in whatever system."""
    places = shapely.get_coordinates(frame.geometry.to_crs(4490).to_numpy())
    steps = places / PUBLIC_GRID
    # A millimetre is a ten-thousandth of a step.
    return bool(np.abs(steps - np.round(steps)).max(initial=0.0) < 1e-3)


def unpacked(way: str, folder: Path, crs: str = "EPSG:4549") -> Path:
    path = exported(way, folder, "public", crs)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "out")
    return folder / "out"


def test_headers_and_extents_are_those_of_the_rounded_places(tmp_path: Path) -> None:
    out = unpacked("package", tmp_path)
    seen = set()
    for file in sorted(out.rglob("*")):
        if file.suffix in (".shp", ".fgb"):
            info = pyogrio.read_info(file, force_total_bounds=False)
            frame = gpd.read_file(file)
            assert on_grid(frame)
            if info["total_bounds"] is not None:
                np.testing.assert_array_equal(info["total_bounds"], frame.total_bounds)
                seen.add(file.suffix)
        elif file.suffix == ".parquet":
            spec = CATALOGUE.layer(file.stem)
            allowed = {f.name for f in spec.fields if is_public(spec, f)}
            assert {*pq.read_schema(file).names} <= {*allowed, "geometry", "data_mark"}
            geo = json.loads((pq.read_schema(file).metadata or {}).get(b"geo", b"{}"))
            if geo:
                frame = gpd.read_parquet(file)
                assert geo["columns"]["geometry"]["bbox"] == list(frame.total_bounds)
                assert on_grid(frame)
                seen.add(file.suffix)
        elif file.suffix == ".geojson":
            frame = gpd.read_file(file)
            assert on_grid(frame)
            seen.add(file.suffix)
    assert seen == {f".{fmt}" for fmt in ("shp", "fgb", "parquet", "geojson") if fmt in FORMATS}


def test_a_geopackage_tells_only_rounded_extents(tmp_path: Path) -> None:
    (file,) = unpacked("gpkg", tmp_path).rglob("*.gpkg")
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute(
            "select table_name, min_x, min_y, max_x, max_y from gpkg_contents"
            " where data_type = 'features' and min_x is not null"
        ).fetchall()
        free = database.execute("pragma freelist_count").fetchone()
    assert rows
    for name, *bounds in rows:
        frame = gpd.read_file(file, layer=name)
        assert on_grid(frame), name
        np.testing.assert_allclose(bounds, frame.total_bounds, atol=1e-9)
    assert free == (0,)


def test_the_bundled_catalogue_has_secrets_of_every_kind() -> None:
    kinds = {field.type for _, spec, field in fields() if not is_public(spec, field)}
    assert kinds >= {"text", "number", "date"}
    assert {"carriers", "parks"} <= styles().keys()


SECRET = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=6, max_size=40)


@pytest.mark.usefixtures("plain_parquet")
@settings(
    derandomize=True,
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink a whole package takes too long
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    secret=SECRET,
    number=st.integers(10**6, 9 * 10**7).map(lambda whole: whole + 0.4129),
    east=st.integers(0, 900),
    north=st.integers(0, 700),
)
def test_whatever_the_secret_no_package_tells_it(
    secret: str, number: float, east: int, north: int, tmp_path: Path
) -> None:
    carriers = CATALOGUE.layer("carriers")
    frame = tables()["carriers"].iloc[[0]].reset_index(drop=True)
    hidden = [f for f in carriers.fields if f.sensitivity == "internal"]
    for field in hidden:
        if field.type in ("text", "month"):
            frame[field.name] = pd.Series([secret], dtype="str")
        elif field.type == "number":
            frame[field.name] = number
    # Between the lines of the grid, so that the rounded place has other digits.
    place = shapely.Point(121.4700371 + east * 1e-4, 31.2600413 + north * 1e-4)
    frame = frame.set_geometry(gpd.GeoSeries([place], crs=4490))
    told = {}
    for audience in ("public", "internal"):
        path = tmp_path / f"{audience}.zip"
        export_package(
            {"carriers": frame}, [carriers], CATALOGUE, path=path, formats=list(FORMATS),
            audience=audience, stamp=STAMP,
        )  # fmt: skip
        told[audience] = bytes_of(path)
    for secrets in (text_forms(secret), number_forms(number)):
        assert not found(secrets, told["public"])
        assert found(secrets, told["internal"])
    for value in (place.x, place.y):
        assert not found(coordinate_forms(value, 6), told["public"])
