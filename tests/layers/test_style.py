from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from layers.catalogue import EDITION_DIR
from layers.catalogue import LayerSpec
from layers.catalogue import load_catalogue
from layers.errors import CatalogueError
from layers.errors import Text
from layers.style import NOT_CLASSIFIED
from layers.style import SKETCH_DASH
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.style import layer_style

# Contrast limits follow WCAG 2.1, success criterion 1.4.11 (graphical objects).
LAYERS = load_catalogue().layers


def _with_style(**style: object) -> LayerSpec:
    return replace(load_catalogue().layer("zones"), style=style)


@pytest.mark.parametrize("spec", [s for s in LAYERS if s.geometry], ids=lambda s: s.key)
def test_every_bundled_style_can_be_read(spec: LayerSpec) -> None:
    style = layer_style(spec, EDITION_DIR)
    assert style.default.fill
    for entry in style.classes:
        assert entry.title.zh
        assert entry.title.en


# Footprints are drawn too small for hatches; what they are used for stands in the card.
TELLING = [s for s in LAYERS if s.style.get("kind") == "categorical" and s.key != "buildings"]


@pytest.mark.parametrize("spec", TELLING, ids=lambda s: s.key)
def test_drawn_classes_differ_by_more_than_colour(spec: LayerSpec) -> None:
    classes = layer_style(spec, EDITION_DIR).classes
    looks = {(c.symbol.shape, c.symbol.hatch, c.symbol.dash, c.symbol.size) for c in classes}
    fills = {c.symbol.fill for c in classes}
    assert len(looks) > 1 or len(fills) == 1


def test_class_of_maps_values_and_leaves_the_rest() -> None:
    style = layer_style(load_catalogue().layer("zones"), EDITION_DIR)
    numbers = style.class_of(pd.Series(["杨数浦", "未来谷", "别处", None]))
    assert numbers.tolist() == [1, 0, -1, -1]
    assert style.symbol(-1) == style.default


def _of_values(*values: str) -> LayerStyle:
    classes = tuple(StyleClass(v, Text(v, v), Symbol()) for v in values)
    return LayerStyle("f", Symbol(), classes, by_prefix=False, label_field="", label_min_zoom=14)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series(["a", None, "b", "c"], dtype="str"), [0, -1, 1, -1]),
        (pd.Series(["a", float("nan"), "b"], dtype=object), [0, -1, 1]),
        (pd.Series(["b", None, "a"], dtype="category"), [1, -1, 0]),
        (pd.Series([True, None, False], dtype="boolean"), [2, -1, -1]),
        (pd.Series([1, None, 2], dtype="Int64"), [3, -1, -1]),
        (pd.Series([True, 1, "1", None], dtype=object), [2, 3, 3, -1]),
        (pd.Series([None, None], dtype=object), [-1, -1]),
        (pd.Series([], dtype="str"), []),
    ],
)
def test_class_of_every_kind_of_column(column: pd.Series, expected: list[int]) -> None:
    column.index = pd.Index([f"row {n}" for n in range(len(column))])
    numbers = _of_values("a", "b", "True", "1").class_of(column)
    assert numbers.tolist() == expected
    assert numbers.index.equals(column.index)
    assert numbers.dtype == np.int64


def test_class_of_agrees_with_looking_up_every_row() -> None:
    rng = np.random.default_rng(0)
    cells = [["a", "b", "c", None][place] for place in rng.integers(0, 4, 5_000)]
    numbers = _of_values("c", "a").class_of(pd.Series(cells, dtype="str"))
    assert numbers.tolist() == [{"c": 0, "a": 1}.get(cell or "", -1) for cell in cells]


GRADED = replace(_of_values("0", "1"), breaks=(0.0, 1.0, 2.5))


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.0, 0),
        (-0.0, 0),
        (1.0, 0),  # a limit belongs to the class that ends with it
        (np.nextafter(1.0, 2), 1),
        (2.5, 1),
        (2.6, -1),
        (-0.1, -1),
        (None, -1),
        (float("nan"), -1),
        (float("inf"), -1),
        (float("-inf"), -1),
    ],
)
def test_a_number_is_in_the_class_up_to_the_limit_and_unknown_in_none(
    value: float | None, number: int
) -> None:
    assert GRADED.class_of(pd.Series([value], dtype="float64")).tolist() == [number]


def test_graded_columns_may_be_whole_numbers_or_texts() -> None:
    assert GRADED.class_of(pd.Series([0, 2, None], dtype="Int64")).tolist() == [0, 1, -1]
    assert GRADED.class_of(pd.Series(["2", "x", None], dtype=object)).tolist() == [1, -1, -1]
    assert GRADED.class_of(pd.Series([], dtype="float64")).tolist() == []


def test_a_style_of_the_catalogue_says_what_its_rest_is() -> None:
    assert layer_style(load_catalogue().layer("zones"), EDITION_DIR).rest_title == NOT_CLASSIFIED


def test_land_use_codes_match_their_longest_prefix() -> None:
    style = layer_style(_with_style(kind="landuse", field="code"), EDITION_DIR)
    fills = [style.symbol(n).fill for n in style.class_of(pd.Series(["0802", "080401", "99"]))]
    # 0802 科研 230,0,92; 080401 takes 0804 教育 255,133,201 or its own; 99 is unknown.
    assert fills[0] == "#E6005C"
    assert fills[1] == "#FF85C9"
    assert fills[2] == style.default.fill


def test_a_sketch_is_dashed() -> None:
    style = layer_style(load_catalogue().layer("zones"), EDITION_DIR)
    assert style.default.sketched().dash == SKETCH_DASH


GRADUATED: dict[str, Any] = {
    "kind": "graduated",
    "field": "stated_area_m2",
    "scheme": "quantiles",
    "k": 5,
    "ramp": "blues",
    "fill": "#123456",
}


def test_a_graduated_style_is_one_symbol_until_the_data_is_seen() -> None:
    style = layer_style(_with_style(**GRADUATED), EDITION_DIR)
    assert (style.field, style.classes, style.breaks) == ("", (), ())
    assert style.default.fill == "#123456"


@pytest.mark.parametrize(
    "style",
    [
        {"kind": "rainbow"},
        {"colour": "red"},
        GRADUATED | {"field": "name"},
        GRADUATED | {"field": "nothing"},
        GRADUATED | {"scheme": "rainbow"},
        GRADUATED | {"ramp": "rainbow"},
        GRADUATED | {"k": 8},
        GRADUATED | {"k": "5"},
        {key: value for key, value in GRADUATED.items() if key != "k"},
        GRADUATED | {"colour": "red"},
    ],
)
def test_a_wrong_style_is_named(style: dict[str, object]) -> None:
    with pytest.raises(CatalogueError, match=r"zones\.style"):
        layer_style(_with_style(**style), EDITION_DIR)
