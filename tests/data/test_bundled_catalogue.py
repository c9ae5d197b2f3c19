"""The catalogue says what the interface promises, and contradicts nothing."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from layers.catalogue import EDITION_DIR
from layers.catalogue import load_catalogue

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec

# The fields that people script against, layer by layer.
PUBLIC_FIELDS = {
    "district": "name",
    "zones": "zone_id name belt boundary_status accuracy_m source",
    "parks": "park_id name park_class university industry operator boundary_status accuracy_m "
    "source",
    "carriers": "carrier_id park_id name address carrier_class tenure operator gross_area_m2 "
    "rentable_area_m2 own_use_area_m2 leased_area_m2 locked_area_m2 vacant_area_m2 "
    "largest_vacant_m2 vacant_since completed refitted rent_yuan_m2_day tax_wan tenants "
    "incubated protected allowed_industries provides hold gaps data_date source sample",
    "units": "unit_id carrier_id park_id floor_area_m2 state tenant industry lease_end "
    "available_from breakable protected needs rent_yuan_m2_day sample",
    "incubators": "id name status accuracy_m source",
    "platforms": "id name status accuracy_m source",
    "campuses": "id name status accuracy_m source",
    "operators": "operator_id name industries classes size_min_m2 size_max_m2 services "
    "managed_area_m2 projects absorbed_m2_year takeover data_date sample source",
    "indicators": "record_id card subject_id period indicator value value_state basis data_date "
    "sample source",
    "replies": "reply_id pack carrier_id operator interest vacant_area_m2 wanted_area_m2 "
    "rent_offer_yuan_m2_day industries start conditions data_date sample source",
    "target_terms": "target_id scope base_value base_date owner agreed_on title kind unit "
    "target_value target_date direction",
    "target_values": "value_id target_id period_end part value numerator denominator entities "
    "entity_set basis revision reported_on sample source",
    "data_calendar": "entry_id subject_kind subject owner period due_days remind_days",
    "facilities": "id name kind campus_id open_to_tenants capacity data_date sample source",
    "housing": "id name kind status units_total rent_yuan_m2_month data_date sample source",
    "low_altitude": "id name kind approval_no approved_by approved_on valid_until source",
    "tasks": "task_id owner partners start end state submitted_on confirmed_on data_date",
    "milestones": "milestone_id task_id title due done_on",
    "evidence": "evidence_id task_id milestone_id file_name sha256 bytes added_on",
    "task_objects": "link_id task_id layer feature_id",
    "stations": "id name status accuracy_m source",
    "buildings": "building_id use floors height_m source",
    "gates": "id name source",
    "crossings": "id name source",
    "barriers": "id name source",
    "walkways": "id name kind walkable source",
}
INTERNAL = {
    "carriers": {
        "owner",
        "operator",
        "operator_since",
        "operator_contract_end",
        "rent_yuan_m2_day",
        "revenue_wan",
        "rd_wan",
        "tax_wan",
        "district_tax_wan",
        "gaps",
        "links",
        "note",
    },
    "units": {
        "tenant",
        "lease_start",
        "lease_end",
        "breakable",
        "needs",
        "rent_yuan_m2_day",
        "note",
    },
    "parks": {"operator", "operator_contract_end", "note"},
    "incubators": {"operator", "note"},
    "operators": {"name", "contact", "note"},
    "indicators": {"note"},
    "replies": {"operator", "rent_offer_yuan_m2_day", "conditions", "note"},
    "target_terms": {"lessons", "note"},
    "target_values": {"note"},
    "data_calendar": {"note"},
    "facilities": {"operator"},
    "housing": {"units_available", "operator"},
    "low_altitude": {"operator"},
    "tasks": {
        "submitted_by",
        "submitted_id",
        "confirmed_by",
        "confirmed_id",
        "updated_by",
        "note",
    },
    "milestones": {"evidence_id", "updated_by", "note"},
    "evidence": {"added_by", "note"},
    "task_objects": {"updated_by", "note"},
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def headings(layer: LayerSpec) -> Counter[str]:
    """How many fields of a layer answer to a heading."""
    return Counter(
        heading.casefold()
        for spec in layer.fields
        for heading in {spec.name, spec.title.zh, *spec.aliases}
    )


@pytest.mark.parametrize(("key", "names"), PUBLIC_FIELDS.items())
def test_public_fields_are_declared(catalogue: Catalogue, key: str, names: str) -> None:
    assert set(names.split()) <= set(catalogue.layer(key).field_names)


def test_layers_without_data_are_declared(catalogue: Catalogue) -> None:
    empty = {layer.key for layer in catalogue.layers if not layer.file}
    assert empty == {
        "replies",
        "target_terms",
        "target_values",
        "data_calendar",
        "facilities",
        "housing",
        "low_altitude",
        "tasks",
        "milestones",
        "evidence",
        "task_objects",
        "landuse",
        "buildings",
        "gates",
        "crossings",
        "barriers",
        "walkways",
    }


def test_a_heading_names_one_field(catalogue: Catalogue) -> None:
    twice = {
        (layer.key, heading)
        for layer in catalogue.layers
        for heading, count in headings(layer).items()
        if count > 1
    }
    assert not twice


def test_the_official_template_is_understood(catalogue: Catalogue) -> None:
    # Headings of the district's inventory form that carry over without conversion.
    carriers = (
        "载体编码 园区名称 楼栋名称 地址 总建筑面积 可租面积 自用面积 已租面积 空置面积 数据时点"
    )
    units = "单元编码 载体编码 面积 状态 到期 可否提前解约 特殊要求"
    assert set(carriers.split()) <= set(headings(catalogue.layer("carriers")))
    assert set(units.split()) <= set(headings(catalogue.layer("units")))


def test_short_names_fit_a_shapefile(catalogue: Catalogue) -> None:
    for layer in catalogue.layers:
        for spec in layer.fields:
            assert spec.short.isascii(), (layer.key, spec.name)
            assert len(spec.short) <= 10, (layer.key, spec.name)
        folded = Counter(spec.short.casefold() for spec in layer.fields)
        assert max(folded.values()) == 1, layer.key


def test_everything_has_titles_in_both_languages(catalogue: Catalogue) -> None:
    texts = [
        text
        for layer in catalogue.layers
        for text in (
            layer.title,
            layer.description,
            *(spec.title for spec in layer.fields),
            *(choice.title for spec in layer.fields for choice in spec.choices),
        )
    ]
    assert all(text.zh.strip() and text.en.strip() for text in texts)
    assert all(text.en.isascii() for text in texts)


def test_sensitive_fields_are_internal(catalogue: Catalogue) -> None:
    internal = {
        layer.key: {f.name for f in layer.fields if f.sensitivity == "internal"}
        for layer in catalogue.layers
    }
    assert {key: names for key, names in internal.items() if names} == INTERNAL
    restricted = {layer.key for layer in catalogue.layers if layer.sensitivity == "internal"}
    assert restricted == {
        "units",
        "operators",
        "indicators",
        "replies",
        "target_values",
        "evidence",
    }


def test_a_name_is_not_an_identifier_where_there_is_a_name(catalogue: Catalogue) -> None:
    # Search leaves out rows without a name; an identifier would never be empty.
    for layer in catalogue.layers:
        if "name" in layer.field_names:
            assert layer.name_field == "name", layer.key


def test_no_class_differs_by_colour_alone(catalogue: Catalogue) -> None:
    for layer in catalogue.layers:
        looks = [
            (c.get("shape"), c.get("hatch"), c.get("size")) for c in layer.style.get("classes", ())
        ]
        assert len(set(looks)) == len(looks), layer.key


def test_style_classes_are_the_choices_of_their_field(catalogue: Catalogue) -> None:
    for layer in catalogue.layers:
        if layer.style.get("kind") == "categorical":
            choices = {choice.value for choice in layer.field(layer.style["field"]).choices}
            assert {c["value"] for c in layer.style["classes"]} == choices, layer.key


def test_buildings_wear_the_land_use_colours(catalogue: Catalogue) -> None:
    with (EDITION_DIR / "landuse.csv").open(encoding="utf-8", newline="") as stream:
        colours = {row["code"]: row["color"] for row in csv.DictReader(stream)}
    drawn = {c["value"]: c["fill"] for c in catalogue.layer("buildings").style["classes"]}
    codes = {"rd": "0802", "office": "0902", "industrial": "1001", "residential": "0701"}
    assert {use: drawn[use] for use in codes} == {use: colours[c] for use, c in codes.items()}


def test_every_enumeration_is_used() -> None:
    text = (EDITION_DIR / "catalogue.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    used = {
        field["choices"]
        for layer in raw["layers"]
        for field in layer["fields"]
        if isinstance(field.get("choices"), str)
    }
    # The marks of sources.csv have no layer of their own.
    assert used == set(raw["choices"]) - {"source_quality"}
    assert {layer["group"] for layer in raw["layers"]} == {group["key"] for group in raw["groups"]}
