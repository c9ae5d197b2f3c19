"""Catalogue and bundled files agree, row by row.

The files are read plainly, as json and csv, so that a fault of the layers room
cannot hide a fault of the data.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import Point
from shapely.geometry import shape

from layers.catalogue import EDITION_DIR
from layers.catalogue import FieldSpec
from layers.catalogue import LayerSpec
from layers.catalogue import load_catalogue

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

CATALOGUE = load_catalogue()
BUNDLED = {layer.key: layer for layer in CATALOGUE.layers if layer.file}
TO_METRES = Transformer.from_crs(
    "EPSG:4326", "+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80", always_xy=True
)
# Inputs and tables of the edition that are no layers.
COMPANIONS = {"sources.csv", "landuse.csv", "sample_holdings.csv"}


@dataclass(frozen=True)
class Row:
    """One row of a bundled file; an empty cell is left out of `values`."""

    values: dict[str, Any]
    geometry: BaseGeometry | None


@cache
def read(name: str) -> list[Row]:
    path = EDITION_DIR / name
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as stream:
            return [
                Row({k: v for k, v in record.items() if v != ""}, None)
                for record in csv.DictReader(stream)
            ]
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [Row(f["properties"], shape(f["geometry"]) if f["geometry"] else None) for f in features]


def rows(key: str) -> list[Row]:
    return read(BUNDLED[key].file)


def column(key: str, field: str) -> list[Any]:
    return [row.values.get(field) for row in rows(key)]


def ids(key: str, *, located: bool) -> set[str]:
    name = BUNDLED[key].id_field
    return {r.values[name] for r in rows(key) if (r.geometry is not None) == located}


def in_metres(geometry: BaseGeometry | None) -> BaseGeometry:
    """Return the shape in the district's metric CRS, which is not that of any file."""
    assert geometry is not None
    return shapely.transform(
        geometry, lambda at: np.column_stack(TO_METRES.transform(at[:, 0], at[:, 1]))
    )


# Fields whose figure somebody else has to have stated.
PUBLISHED_AREAS = (
    ("district", "official_area_m2"),
    ("zones", "stated_area_m2"),
    ("parks", "site_area_m2"),
    ("parks", "floor_area_m2"),
    ("incubators", "floor_area_m2"),
    ("platforms", "floor_area_m2"),
    ("campuses", "site_area_m2"),
    ("places", "area_m2"),
    ("places", "floor_area_m2"),
)
QUOTABLE = frozenset("ABCS")


def states_area(text: str) -> bool:
    """Whether one of the sources named in `text` states areas and can be quoted."""
    named = text.split(";")
    return any(
        "area" in row.values.get("supports", "").split(";") and row.values["quality"] in QUOTABLE
        for row in read("sources.csv")
        if row.values["source_id"] in named
    )


LAYERS = pytest.mark.parametrize("layer", BUNDLED.values(), ids=lambda layer: layer.key)


def test_every_file_of_the_folder_is_declared() -> None:
    found = {p.name for p in EDITION_DIR.iterdir() if p.suffix in {".geojson", ".csv"}}
    assert found == {layer.file for layer in BUNDLED.values()} | COMPANIONS


@LAYERS
def test_columns_are_declared_and_key_and_name_are_filled(layer: LayerSpec) -> None:
    needed = {f.name for f in layer.fields if f.required} | {layer.id_field, layer.name_field}
    for row in rows(layer.key):
        assert set(row.values) <= set(layer.field_names)
        assert needed <= set(row.values), row.values
        assert all(value is not None and value != "" for value in row.values.values())


@LAYERS
def test_keys_are_unique(layer: LayerSpec) -> None:
    for spec in layer.fields:
        if spec.unique:
            values = column(layer.key, spec.name)
            assert len(values) == len(set(values))


def fits(spec: FieldSpec, value: Any, *, text_only: bool) -> bool:
    """Whether a value is of the field's type; CSV holds text only."""
    if text_only and spec.type in {"integer", "number", "boolean"}:
        patterns = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": r"true|false"}
        return re.fullmatch(patterns[spec.type], value) is not None
    if spec.type == "boolean":
        return isinstance(value, bool)
    if spec.type in {"integer", "number"}:
        kinds = int if spec.type == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    patterns = {"text": r"(?s).+", "date": r"\d{4}-\d{2}-\d{2}", "month": r"\d{4}-(0[1-9]|1[0-2])"}
    return isinstance(value, str) and re.fullmatch(patterns[spec.type], value) is not None


@LAYERS
def test_values_have_their_type_range_and_choice(layer: LayerSpec) -> None:
    text_only = layer.file.endswith(".csv")
    for row in rows(layer.key):
        for name, value in row.values.items():
            spec = layer.field(name)
            assert fits(spec, value, text_only=text_only), (name, value)
            if spec.minimum is not None:
                assert float(value) >= spec.minimum
            if spec.maximum is not None:
                assert float(value) <= spec.maximum
            if spec.choices:
                assert value in {choice.value for choice in spec.choices}, (name, value)


@LAYERS
def test_references_resolve(layer: LayerSpec) -> None:
    for spec in layer.fields:
        if spec.references is not None:
            target, field = spec.references
            assert set(column(layer.key, spec.name)) - {None} <= set(column(target, field))


@LAYERS
def test_every_source_is_listed(layer: LayerSpec) -> None:
    known = {row.values["source_id"] for row in read("sources.csv")}
    for text in column(layer.key, "source"):
        assert text, "a row without a source"
        assert set(text.split(";")) <= known, text


def test_source_marks_are_explained_and_sources_used() -> None:
    raw = tomllib.loads((EDITION_DIR / "catalogue.toml").read_text(encoding="utf-8"))
    marks = {mark["value"] for mark in raw["choices"]["source_quality"]}
    sources = read("sources.csv")
    assert {row.values["quality"] for row in sources} == marks
    used = {part for key in BUNDLED for text in column(key, "source") for part in text.split(";")}
    # Two rows are about the whole edition and not about a feature.
    whole = {"landuse-colours", "coordinate-system"}
    assert {row.values["source_id"] for row in sources} == used | whole


def test_openstreetmap_keeps_its_attribution() -> None:
    sources = {row.values["source_id"]: row.values for row in read("sources.csv")}
    assert "© OpenStreetMap contributors" in sources["openstreetmap"]["publisher"]
    assert sources["openstreetmap"]["licence"].startswith("ODbL")


@LAYERS
def test_geometry_is_of_the_declared_kind_and_valid(layer: LayerSpec) -> None:
    for row in rows(layer.key):
        if row.geometry is not None:
            assert row.geometry.geom_type.lower().removeprefix("multi") in layer.geometry
            assert row.geometry.is_valid
            assert not row.geometry.is_empty


@LAYERS
def test_located_rows_carry_accuracy_and_verification(layer: LayerSpec) -> None:
    for row in rows(layer.key):
        if row.geometry is not None:
            assert row.values["accuracy_m"] > 0
            assert "verified" in row.values
        elif layer.geometry:
            assert "accuracy_m" not in row.values
            assert row.values["verified"] is False


def test_geojson_has_one_feature_a_line_and_six_decimals() -> None:
    for layer in BUNDLED.values():
        if layer.file.endswith(".geojson"):
            lines = (EDITION_DIR / layer.file).read_text(encoding="utf-8").splitlines()
            assert len(lines) == len(rows(layer.key)) + 2
            for line in lines[1:-1]:
                geometry = json.loads(line.rstrip(","))["geometry"]
                assert not re.search(r"\.\d{7}", json.dumps(geometry))


def test_located_points_lie_in_or_near_the_district() -> None:
    district = in_metres(rows("district")[0].geometry)
    assert district.area == pytest.approx(60.46e6, rel=0.001)
    for key in BUNDLED:
        for row in rows(key):
            if row.geometry is not None:
                away = in_metres(row.geometry).distance(district)
                assert away <= 1500, (key, row.values)


def test_no_coordinate_is_invented() -> None:
    with (Path(__file__).parent / "located.csv").open(encoding="utf-8", newline="") as stream:
        listed = {(r["layer"], r["id"]): r for r in csv.DictReader(stream)}
    points = {
        (key, row.values[BUNDLED[key].id_field]): row
        for key in BUNDLED
        for row in rows(key)
        if isinstance(row.geometry, Point)
    }
    assert points.keys() == listed.keys()
    for at, row in points.items():
        assert isinstance(row.geometry, Point)
        assert (row.geometry.x, row.geometry.y) == (
            float(listed[at]["lon"]),
            float(listed[at]["lat"]),
        )
        assert row.values["accuracy_m"] == float(listed[at]["accuracy_m"])
    # The only other shapes are the outline, the zones, and five sketched parks.
    shapes = {key: len(rows(key)) for key in ("district", "zones")}
    assert shapes == {"district": 1, "zones": 10}
    sketched = {r.values["park_id"] for r in rows("parks") if "boundary_status" in r.values}
    assert sketched == {"C08", "C09", "D04", "D05", "D07"}


def test_what_has_no_place_is_listed_and_not_placed() -> None:
    assert ids("platforms", located=False) == {"E08", "E11", "E15", "E22"}
    assert ids("carriers", located=False) == {"F62", "F63", "F64"}
    assert ids("places", located=False) == {"F65"}
    samples = {f"S{n:02d}" for n in range(1, 23)}
    assert ids("parks", located=False) == {"B08", "C12", "F64"} | samples


def test_places_named_by_the_action_plan_are_there() -> None:
    named = {
        "zones": "复旦江湾校区 复旦邯郸校区 大创智 环同济知识经济圈 五角场城市副中心 杨浦滨江 "
        "长阳创谷 互联宝地 大连路总部区 长阳秀带在线新经济生态园",
        "parks": "复旦大学国家大学科技园 同济大学国家大学科技园 上海理工大学国家大学科技园 "
        "上海财经大学国家大学科技园 上海体育国家大学科技园 上海电力大学国家大学科技园 "
        "上海海洋大学国家大学科技园 同济大学自主智能未来产业科技园",
        "platforms": "上海数学与交叉学科研究院 复旦新工科创新中心 上海智能产业创新研究院 "
        "中国（上海）数字城市研究院 上海市高端医疗装备创新中心 长三角国家技术创新中心 "
        "上海技术交易所 国家技术转移东部中心",
        "incubators": "启迪之星（上海）孵化器 复旦科技园创业孵化基地 同济科技园孵化器 "
        "上理工科技园孵化器 杨浦创业中心（国定路园区）",
        "campuses": "复旦大学江湾校区 复旦大学邯郸校区",
    }
    for key, names in named.items():
        assert set(names.split()) <= set(column(key, "name"))


def test_all_ten_zones_are_sketches_of_the_two_belts() -> None:
    belts = {row.values["name"]: row.values["belt"] for row in rows("zones")}
    valley = {"复旦江湾校区", "复旦邯郸校区", "大创智", "环同济知识经济圈", "五角场城市副中心"}
    assert {name for name, belt in belts.items() if belt == "未来谷"} == valley
    assert len(belts) == 10
    assert set(column("zones", "boundary_status")) == {"sketch"}
    assert column("district", "boundary_status") == ["sketch"]


def test_zone_areas_are_those_that_were_measured() -> None:
    # Drawn areas as measured independently when the sketches were made, m².
    drawn = {
        "复旦江湾校区": 1_179_852,
        "环同济知识经济圈": 2_643_307,
        "杨浦滨江": 16_121_265,
        "长阳创谷": 127_877,
        "大连路总部区": 892_937,
        # The riverside part, and the campus that it is named after.
        "长阳秀带在线新经济生态园": 6_426_568 + 127_877,
    }
    for row in rows("zones"):
        if row.values["name"] in drawn:
            area = in_metres(row.geometry).area
            assert area == pytest.approx(drawn[row.values["name"]], rel=0.001)


def test_zones_keep_their_published_areas_and_the_worse_end_of_their_accuracy() -> None:
    # Published area in m², None where none was found; accuracy in m.
    listed = {
        "复旦江湾校区": (1_067_000, 60),
        "复旦邯郸校区": (None, 200),
        "大创智": (2_000_000, 500),
        "环同济知识经济圈": (2_600_000, 100),
        "五角场城市副中心": (None, 400),
        "杨浦滨江": (15_600_000, 80),
        "长阳创谷": (110_000, 100),
        "互联宝地": (None, 120),
        "大连路总部区": (None, 200),
        "长阳秀带在线新经济生态园": (7_460_000, 600),
    }
    found = {
        row.values["name"]: (row.values.get("stated_area_m2"), row.values["accuracy_m"])
        for row in rows("zones")
    }
    assert found == listed


def test_the_changyang_belt_holds_the_campus_it_is_drawn_from() -> None:
    zone = {row.values["zone_id"]: row.geometry for row in rows("zones")}
    belt, campus = zone["Z10"], zone["Z07"]
    assert belt is not None
    assert campus is not None
    assert belt.covers(campus)


def test_published_areas_of_carriers_are_kept() -> None:
    stated = {
        r.values["carrier_id"]: r.values["gross_area_m2"]
        for r in rows("carriers")
        if r.values.get("area_basis") == "stated"
    }
    assert stated == {
        "B01": 34_000,
        "C08": 660_000,
        "D04": 300_000,
        "D05": 260_000,
        "D06b": 35_000,
        "F05": 740_000,
    }


def test_a_figure_of_general_knowledge_is_not_called_published() -> None:
    unverified = [r.values for r in rows("carriers") if r.values.get("area_basis") == "unverified"]
    assert {v["carrier_id"]: v["gross_area_m2"] for v in unverified} == {"D07": 135_000}
    for values in unverified:
        assert not states_area(values["source"])
        assert "常识数（未核实）" in values["note"]
        assert "公布" not in values["note"]


def test_published_areas_have_a_source_that_states_areas() -> None:
    for key, field in PUBLISHED_AREAS:
        for row in rows(key):
            if field in row.values:
                assert states_area(row.values["source"]), (key, field, row.values)
    for row in rows("carriers"):
        if row.values.get("area_basis") == "stated":
            assert states_area(row.values["source"]), row.values


def test_published_area_fields_are_all_looked_at() -> None:
    # Areas of occupancy and of operators are sample data with a mark of their own.
    plain = {"carriers", "units", "operators"}
    fields = {
        (layer.key, spec.name)
        for layer in BUNDLED.values()
        for spec in layer.fields
        if layer.key not in plain and spec.unit == "m²"
    }
    assert fields == set(PUBLISHED_AREAS)


def test_only_sources_that_can_be_quoted_support_areas() -> None:
    for row in read("sources.csv"):
        supports = set(row.values.get("supports", "").split(";")) - {""}
        assert supports <= {"name", "code", "location", "area", "year", "sample", "style"}
        if "area" in supports:
            assert row.values["quality"] in QUOTABLE, row.values
    assert not states_area("openstreetmap;wikidata;poi-sample;map-pin;code-constant")
    assert not states_area("general-knowledge;estimate;zone-sketch;district-outline")


@LAYERS
def test_a_sketched_outline_is_not_verified(layer: LayerSpec) -> None:
    for row in rows(layer.key):
        if row.values.get("boundary_status") == "sketch":
            assert row.values["verified"] is False, row.values
            if layer.key == "parks":
                assert "点位经两源印证；界线为示意" in row.values["note"]


def test_a_shape_that_is_no_point_says_what_its_boundary_is() -> None:
    for key in BUNDLED:
        for row in rows(key):
            if row.geometry is not None:
                is_point = isinstance(row.geometry, Point)
                assert ("boundary_status" in row.values) is not is_point
                # What is drawn as a point has no boundary to speak of.
                assert not is_point or "界线为示意" not in row.values.get("note", "")


def test_what_nobody_published_stays_empty() -> None:
    for field in ("owner", "tenure", "completed", "protected", "revenue_wan", "employees"):
        assert set(column("carriers", field)) == {None}
    named = set(column("carriers", "operator")) - {None}
    assert all(name.startswith("示例运营机构") for name in named)
    for field in ("operator", "operator_contract_end"):
        assert set(column("parks", field)) == {None}


def test_named_parks_are_not_samples_and_say_what_their_holding_is() -> None:
    held = set(column("units", "park_id"))
    for row in rows("parks"):
        is_sample = row.values["name"].startswith("示例园区")
        assert row.values["sample"] is is_sample
        assert ("sample-generator" in row.values["source"]) is is_sample
        if row.values["park_id"] in held and not is_sample:
            assert "不代表该园区实际持有" in row.values["note"]
