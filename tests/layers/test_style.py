from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from layers.catalogue import EDITION_DIR
from layers.catalogue import LayerSpec
from layers.catalogue import load_catalogue
from layers.errors import CatalogueError
from layers.style import SKETCH_DASH
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


@pytest.mark.parametrize("style", [{"kind": "rainbow"}, {"colour": "red"}])
def test_a_wrong_style_is_named(style: dict[str, object]) -> None:
    with pytest.raises(CatalogueError, match=r"zones\.style"):
        layer_style(_with_style(**style), EDITION_DIR)
