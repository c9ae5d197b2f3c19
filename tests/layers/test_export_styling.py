"""Styles for other programs: classes and conditions."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest

from layers.export.sheets import Sheet
from layers.export.sheets import layer_sheet
from layers.frames import empty_column
from layers.frames import layer_frame
from layers.style import LayerStyle
from layers.style import layer_style
from layers.themes import Theme
from layers.themes import resolve
from tests.layers.styling_hand import CATALOGUE
from tests.layers.styling_hand import CRS
from tests.layers.styling_hand import OGC
from tests.layers.styling_hand import PLACED
from tests.layers.styling_hand import SE
from tests.layers.styling_hand import SHAPE
from tests.layers.styling_hand import catalogue_sheet
from tests.layers.styling_hand import fill_of
from tests.layers.styling_hand import legend_of
from tests.layers.styling_hand import made_sheet
from tests.layers.styling_hand import made_style
from tests.layers.styling_hand import qml
from tests.layers.styling_hand import rgb
from tests.layers.styling_hand import sld
from tests.layers.styling_hand import symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from layers.catalogue import LayerSpec


# --- every layer and theme -------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("spec", PLACED, ids=lambda spec: spec.key)
def test_every_class_of_the_catalogue_has_its_title_and_colour(spec: LayerSpec, lang: str) -> None:
    sheet = catalogue_sheet(spec, lang)
    style = sheet.style
    assert style is not None
    root = qml(sheet, lang)
    legend = legend_of(root)
    titles = [entry.title.get(lang) for entry in style.classes]
    expected = [*titles, style.rest_title.get(lang)] if titles else [sheet.title.get(lang)]
    if titles or len(spec.geometry) > 1:
        assert [label for label, _ in legend] == len(spec.geometry) * expected
    for number, entry in enumerate(style.classes):
        symbol = symbol_of(root, legend[number][1])
        ground = 0.45 if entry.symbol.hatch else 1
        # In a layer of points and areas the areas are paler.
        pale = 0.3 if len(spec.geometry) > 1 else entry.symbol.fill_opacity
        alpha = round(255 * pale * ground)
        if entry.symbol.fill != "none":
            assert fill_of(symbol) == f"{rgb(entry.symbol.fill)},{alpha}"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("spec", PLACED, ids=lambda spec: spec.key)
def test_sld_has_a_rule_for_every_class(spec: LayerSpec, lang: str) -> None:
    sheet = catalogue_sheet(spec, lang)
    style = sheet.style
    assert style is not None
    root = sld(sheet, lang)
    assert root.attrib["version"] == "1.1.0"
    titles = [e.text for e in root.iter(f"{SE}Title")][1:]
    wanted = [entry.title.get(lang) for entry in style.classes]
    wanted = [*wanted, style.rest_title.get(lang)] if wanted else [sheet.title.get(lang)]
    assert titles == len(spec.geometry) * wanted
    fills = {e.text for e in root.iter(f"{SE}SvgParameter") if e.attrib["name"] == "fill"}
    assert {e.symbol.fill for e in style.classes} - {"none"} <= fills
    named = [e.find(f"{OGC}PropertyName") for e in root.iter(f"{SE}Label")]
    assert [e.text for e in named if e is not None] == [style.label_field] * bool(named)
    assert bool(named) == bool(style.label_field)


@pytest.mark.parametrize("scheme", ["quantiles", "equal_interval"])
def test_graduated_themes_make_rules_for_numbers_and_for_the_unknown(scheme: str) -> None:
    spec = CATALOGUE.layer("buildings")
    field = next(f for f in spec.fields if f.type == "number")
    columns = {f.name: empty_column(f, 6) for f in spec.fields}
    columns[field.name] = pd.Series([1.0, 2.0, 5.0, 9.0, 20.0, np.nan])
    frame = layer_frame(columns, spec, [SHAPE["polygon"]] * 6)
    base = layer_style(spec, CATALOGUE.folder)
    style = resolve(
        Theme("buildings", field.name, "graduated", scheme, 3, "blues"), spec, frame, base
    )
    sheet = layer_sheet(frame, spec, crs=CRS, audience="internal", lang="zh", style=style)
    root = qml(sheet)
    assert [label for label, _ in legend_of(root)] == [*(c.title.zh for c in style.classes), "未知"]
    assert [fill_of(symbol_of(root, n)).rsplit(",", 1)[0] for _, n in legend_of(root)][:-1] == [
        rgb(entry.symbol.fill) for entry in style.classes
    ]


def test_categories_of_booleans_and_numbers_compare_as_such() -> None:
    flags = made_sheet(made_style("True", "False"), [True, False, None], kind="boolean")
    flags = replace(flags, frame=flags.frame.astype({"v": "boolean"}))
    assert [e.attrib["filter"] for e in qml(flags).iter("rule")][:2] == [
        '"v" = TRUE',
        '"v" = FALSE',
    ]
    literals = [e.text for e in sld(flags).iter(f"{OGC}Literal")]
    assert literals[:2] == ["true", "false"]
    counts = made_sheet(made_style("1", "2"), [1, 2], kind="integer")
    assert next(qml(counts).iter("rule")).attrib["filter"] == '"v" = 1'


def test_a_single_symbol_and_classes_by_value_stay_editable_in_qgis() -> None:
    kinds = [made_style(), made_style("a", "b"), made_style("01", "0101", by_prefix=True)]
    renderers = [qml(made_sheet(style, ["a"])).find("renderer-v2") for style in kinds]
    assert [r.attrib["type"] for r in renderers if r is not None] == [
        "singleSymbol",
        "categorizedSymbol",
        "categorizedSymbol",
    ]
    by_value = renderers[1]
    assert by_value is not None
    assert by_value.attrib["attr"] == '"v"'
    # The last category has no value: it takes the unknown and all others.
    assert [c.attrib["value"] for c in by_value.iter("category")] == ["a", "b", ""]


# --- conditions ------------------------------------------------------------


def _left(text: str | None, length: int) -> str | None:
    return None if text is None else text[:length]


def _by_sqlite(expression: str, values: list[Any]) -> list[Any]:
    """Evaluate a QGIS expression over sketched areas with these ``v``, by the rules of SQL."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.create_function("left_", 2, _left, deterministic=True)
        database.execute("CREATE TABLE t (n INTEGER, v, boundary_status)")
        rows_in = [(row, value, "sketch") for row, value in enumerate(values)]
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows_in)
        asked = re.sub(r"\bleft\(", "left_(", expression)
        rows = database.execute(f"SELECT {asked} FROM t ORDER BY n")  # noqa: S608 -- our own text
        return [value for (value,) in rows]


def _holds(element: Element, value: Any) -> bool | None:  # noqa: PLR0911 -- a case an operator
    """Evaluate an OGC filter for one value; ``None`` is unknown, as in SQL."""
    tag = element.tag.removeprefix(OGC)
    if tag in {"Filter", "Not"}:
        inner = _holds(element[0], value)
        return inner if tag == "Filter" or inner is None else not inner
    if tag in {"And", "Or"}:
        decided = tag == "Or"
        parts = [_holds(part, value) for part in element]
        return decided if decided in parts else None if None in parts else not decided
    if tag == "PropertyIsNull":
        return value is None
    if value is None:
        return None
    literal = element.findtext(f"{OGC}Literal") or ""
    if tag == "PropertyIsLike":
        assert literal.endswith("*")
        return str(value).startswith(re.sub(r"\\(.)", r"\1", literal[:-1]))
    compare: dict[str, Callable[[float, float], bool]] = {
        "PropertyIsGreaterThan": float.__gt__,
        "PropertyIsGreaterThanOrEqualTo": float.__ge__,
        "PropertyIsLessThanOrEqualTo": float.__le__,
    }
    if tag == "PropertyIsEqualTo":
        return bool(str(value) == literal)
    return compare[tag](float(value), float(literal))


def _classes_by_qml(sheet: Sheet, values: list[Any]) -> list[list[int]]:
    rules = list(qml(sheet).iter("rule"))
    answers = [_by_sqlite(rule.attrib["filter"], values) for rule in rules]
    return [[n for n, a in enumerate(answers) if a[row] == 1] for row in range(len(values))]


def _classes_by_sld(sheet: Sheet, values: list[Any]) -> list[list[int]]:
    filters = list(sld(sheet).iter(f"{OGC}Filter"))
    return [[n for n, f in enumerate(filters) if _holds(f, value)] for value in values]


def _expected(style: LayerStyle, values: list[Any]) -> list[list[int]]:
    rest = len(style.classes)
    return [[rest if n < 0 else n] for n in style.class_of(pd.Series(values, dtype=object))]


def test_every_number_falls_in_the_class_of_the_web_map_and_in_no_other() -> None:
    style = made_style("0", "1", "2", breaks=(-1.5, 0.0, 0.1 + 0.2, 7.0))
    values = [-2.0, -1.5, -1.0, 0.0, 1e-9, 0.3, 0.1 + 0.2, 0.31, 7.0, 7.000001, None]
    sheet = made_sheet(style, values, kind="number")
    assert _classes_by_qml(sheet, values) == _expected(style, values)
    assert _classes_by_sld(sheet, values) == _expected(style, values)


CODES = ["01", "0101", "010101", "08", "0804", "080401", "1", "*?"]
CODED = [*CODES, "0102", "0", "08040", "080402", "0801", "1999", "2", "", "*?x", "*y", None]


def test_every_code_falls_in_the_class_of_its_longest_prefix() -> None:
    style = made_style(*CODES, by_prefix=True)
    sheet = made_sheet(style, CODED, status=["official"] * len(CODED))
    assert _classes_by_sld(sheet, CODED) == _expected(style, CODED)
    renderer = qml(sheet).find("renderer-v2")
    assert renderer is not None
    keys = _by_sqlite(renderer.attrib["attr"], CODED)
    listed = [c.attrib["value"] for c in renderer.iter("category")]
    found = [[listed.index(key or "")] for key in keys]
    assert found == _expected(style, CODED)


def test_sketched_areas_find_the_class_of_their_longest_prefix_too() -> None:
    style = made_style(*CODES, by_prefix=True)
    sheet = made_sheet(style, CODED, status=["sketch"] * len(CODED))
    # Official, sketched, official, sketched …
    expected = [[2 * number + 1] for (number,) in _expected(style, CODED)]
    assert _classes_by_qml(sheet, CODED) == expected


def test_values_survive_quotes_signs_and_line_breaks() -> None:
    values = ["O'Brien", '"q" & <tag>', "a\nb", "back\\slash", "甲\t乙"]
    sheet = made_sheet(made_style(*values), values)
    categories = [c.attrib["value"] for c in qml(sheet).iter("category")]
    assert categories == [*values, ""]
    assert [e.text for e in sld(sheet).iter(f"{OGC}Literal")][: len(values)] == values
    both = made_sheet(made_style(*values), values, shapes=[SHAPE["polygon"]] * 4 + [SHAPE["point"]])
    filters = [e.attrib["filter"] for e in qml(both).iter("rule")]
    assert "'O''Brien'" in filters[0]
    assert r"'a\nb'" in filters[2]
    assert r"'back\\slash'" in filters[3]


def test_characters_that_xml_forbids_are_dropped() -> None:
    style = made_style("a\x00\x0b\ud800\uffffb")
    sheet = made_sheet(style, ["x"])
    assert legend_of(qml(sheet))[0][0] == "类ab"
    assert "class ab" in [e.text for e in sld(sheet, "en").iter(f"{SE}Title")]
