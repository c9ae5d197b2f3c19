"""The tables of tags: they fit the catalogue, and say what planners expect."""

from __future__ import annotations

import csv
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.errors import UsageError
from layers.opendata.measures import height_m
from layers.opendata.measures import storeys
from layers.opendata.rules import Dataset
from layers.opendata.rules import layer_rules
from layers.opendata.rules import layers_of
from layers.style import LAND_USE_FILE

CATALOGUE = load_catalogue()
TABLES = [(dataset, key) for dataset in get_args(Dataset) for key in layers_of(dataset)]


@pytest.mark.parametrize(("dataset", "key"), TABLES)
def test_every_value_is_one_of_the_catalogue(dataset: Dataset, key: str) -> None:
    rules, spec = layer_rules(dataset, key), CATALOGUE.layer(key)
    given_values = [
        *(
            (name, value)
            for rule in (*rules.take, *rules.values)
            for name, value in rule.fields.items()
        ),
        *rules.constants.items(),
    ]
    for name, value in given_values:
        allowed = [choice.value for choice in spec.field(name).choices]
        assert not allowed or value in allowed
    named = [*rules.numbers, *rules.patterns, *([rules.date] if rules.date else [])]
    assert set(named) <= set(spec.field_names)
    assert set(rules.texts) - {"name", "name_en", "address"} <= set(spec.field_names)
    kinds = {"area": "polygon", "point": "point", "line": "line"}
    if key != "crossings":
        assert {kinds[shape] for shape in rules.shapes} <= set(spec.geometry)


@pytest.mark.parametrize("dataset", get_args(Dataset))
def test_codes_of_land_use_are_those_of_the_classification(dataset: Dataset) -> None:
    with (CATALOGUE.folder / LAND_USE_FILE).open(encoding="utf-8") as file:
        names = {row["code"]: row["name_zh"] for row in csv.DictReader(file)}
    given_codes = {
        rule.fields["land_use_code"]: rule.fields["land_use_name"]
        for rule in layer_rules(dataset, "landuse").take
        if rule.fields
    }
    assert given_codes
    assert {code: names.get(code) for code in given_codes} == given_codes


def test_a_layer_that_open_data_does_not_make() -> None:
    with pytest.raises(UsageError, match="buildings"):
        layer_rules("osm", "carriers")


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"building": "office"}, "office"),
        ({"building": "office", "office": "research"}, "rd"),
        ({"building": "yes", "amenity": "school"}, "public"),
        ({"building": "yes", "shop": "bakery"}, "retail"),
        ({"building": "yes", "shop": "no"}, None),
        ({"building": "yes"}, None),
        ({"building": "pagoda"}, None),
        ({"building": "warehouse"}, "industrial"),
        ({"building": "apartments", "shop": "bakery"}, "residential"),
    ],
)
def test_use_of_a_building(tags: dict[str, str], use: str | None) -> None:
    rules = layer_rules("osm", "buildings")
    assert rules.taken(tags) is not None
    assert rules.fields_of(tags).get("use") == use


@pytest.mark.parametrize(
    "tags", [{"building": "no"}, {"building": "yes", "location": "underground"}]
)
def test_what_is_no_building(tags: dict[str, str]) -> None:
    assert layer_rules("osm", "buildings").taken(tags) is None


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "residential"}, "street"),
        ({"highway": "footway"}, "path"),
        ({"highway": "steps", "bridge": "yes"}, "stairs"),
        ({"highway": "footway", "bridge": "yes"}, "bridge"),
        ({"highway": "footway", "bridge": "no"}, "path"),
        ({"highway": "footway", "tunnel": "yes"}, "underpass"),
        ({"highway": "footway", "tunnel": "building_passage"}, "path"),
        ({"highway": "motorway", "foot": "designated"}, "street"),
        ({"highway": "service", "access": "private", "foot": "yes"}, "street"),
        ({"highway": "motorway"}, None),
        ({"highway": "cycleway"}, None),
        ({"highway": "service", "access": "private"}, None),
        ({"highway": "residential", "foot": "no"}, None),
        ({"highway": "construction"}, None),
        ({"highway": "proposed", "foot": "no"}, None),
    ],
)
def test_who_can_walk_where(tags: dict[str, str], kind: str | None) -> None:
    rules = layer_rules("osm", "walkways")
    assert (rules.taken(tags) is not None) == (kind is not None)
    if kind is not None:
        assert rules.fields_of(tags) == {"kind": kind, "walkable": "true"}


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"waterway": "river"}, "river"),
        ({"waterway": "canal", "tunnel": "culvert"}, None),
        ({"waterway": "stream"}, None),
        ({"railway": "rail"}, "rail"),
        ({"railway": "subway"}, None),
        ({"highway": "trunk"}, "expressway"),
        ({"highway": "trunk", "bridge": "viaduct"}, None),
        ({"highway": "trunk", "bridge": "no"}, "expressway"),
    ],
)
def test_what_cuts_walks(tags: dict[str, str], kind: str | None) -> None:
    rules = layer_rules("osm", "barriers")
    taken = rules.taken(tags)
    assert (None if taken is None else taken.fields["kind"]) == kind


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("12", 12.0),
        ("12.5", 12.5),
        (" 12 m ", 12.0),
        ("12m", 12.0),
        ("12 米", 12.0),
        ("１２", 12.0),
        ("40'", 12.192),
        ("40 ft", 12.192),
        ("12'6\"", 3.81),
        ("12’6”", 3.81),
        ("12,5", None),
        ("10-12", None),
        ("12;15", None),
        ("-3", None),
        ("~12", None),
        ("12 cm", None),
        ("高", None),
        ("", None),
    ],
)
def test_heights_as_people_write_them(text: str, metres: float | None) -> None:
    assert height_m(text) == metres


@pytest.mark.parametrize(
    ("text", "count"),
    [("12", 12), (" 3 ", 3), ("3.0", 3), ("0", 0), ("3.5", None), ("3;4", None), ("三", None)],
)
def test_storeys_as_people_write_them(text: str, count: float | None) -> None:
    assert storeys(text) == count


@settings(derandomize=True)
@given(st.floats(0, 900, allow_nan=False).map(lambda value: round(value, 3)))
def test_every_height_in_metres_and_feet_comes_back(metres: float) -> None:
    assert height_m(f"{metres:.3f} m") == metres
    feet = height_m(f"{metres:.3f} ft")
    assert feet == pytest.approx(metres / 3.280839895, abs=1e-4)
