from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.frames import GEOMETRY
from layers.intake.guess import guess_layer
from layers.intake.source import Raw

if TYPE_CHECKING:
    from layers.catalogue import Catalogue

BUNDLED = load_catalogue()
POINT, AREA = shapely.Point(121.5, 31.3), shapely.box(121.5, 31.3, 121.51, 31.31)


def raw_of(headings: list[str], *shapes: Any) -> Raw:
    rows = max(len(shapes), 1)
    frame = pd.DataFrame({h: pd.Series([None] * rows, dtype=object) for h in headings})
    if shapes:
        frame[GEOMETRY] = pd.Series(shapes, dtype=object)
    return Raw(frame, pd.Series(range(1, rows + 1)), (), shapes=bool(shapes))


@pytest.mark.parametrize("key", BUNDLED.keys)
@pytest.mark.parametrize("lang", ["zh", "en", "name"])
def test_a_file_with_the_headings_of_a_layer_is_for_that_layer(key: str, lang: str) -> None:
    spec = BUNDLED.layer(key)
    headings = [f.name if lang == "name" else f.title.get(lang) for f in spec.fields]
    assert guess_layer(raw_of(list(dict.fromkeys(headings))), BUNDLED) == key


@pytest.mark.parametrize(
    ("headings", "shapes", "key"),
    [
        (["单元编码", "载体编码", "面积"], (), "units"),
        (["载体编码", "楼栋名称", "经度", "纬度"], (), "carriers"),
        (["园区编码", "园区名称"], (), "parks"),
        (["载体编码", "楼栋名称"], (POINT,), "carriers"),
        (["功能区编码", "所属带"], (AREA, None), "zones"),
        # A zone is an area, so points under its headings are for another layer or for none.
        (["功能区编码", "所属带"], (POINT,), None),
        # A table of units drawn as points is still a table of units.
        (["单元编码", "载体编码", "楼层室号", "租户", "起租", "到期"], (POINT,), "units"),
        (["甲", "乙", "丙"], (), None),
        ([], (), None),
        ([], (POINT,), None),
        (["OBJECTID", "Shape_Leng"], (AREA,), None),
    ],
)
def test_the_layer_is_told_by_headings_and_shapes(
    headings: list[str], shapes: tuple[Any, ...], key: str | None
) -> None:
    assert guess_layer(raw_of(headings, *shapes), BUNDLED) == key


def test_shapes_tell_two_layers_apart_that_have_the_same_headings(small: Catalogue) -> None:
    headings = ["编码", "名称"]
    assert guess_layer(raw_of(headings, POINT), small) == "secrets"
    assert guess_layer(raw_of(headings, AREA), small) != "secrets"


@pytest.mark.parametrize(
    ("headings", "name", "key"),
    [
        (["编码", "名称"], "", None),
        (["编码", "名称", "地址"], "数据", None),
        (["编码", "名称"], "载体", "carriers"),
        (["编码", "名称"], "2026年杨浦载体台账", "carriers"),
        (["编码", "名称"], "export Parks", "parks"),
        (["编码", "名称"], "sparks", None),
        # Two layers are named, and nothing tells them apart.
        (["编码", "名称"], "园区载体", None),
        (["编码", "楼栋名称"], "园区载体", "carriers"),
        # Nothing is known of the headings, but the name is said.
        (["甲", "乙"], "园区", "parks"),
        # Headings that leave no doubt are not outvoted.
        (["单元编码", "载体编码", "楼层室号"], "载体", "units"),
    ],
)
def test_the_name_of_the_file_decides_where_the_headings_do_not(
    headings: list[str], name: str, key: str | None
) -> None:
    assert guess_layer(raw_of(headings), BUNDLED, name) == key


def test_a_name_cannot_make_a_layer_hold_other_shapes() -> None:
    assert guess_layer(raw_of(["甲"], POINT), BUNDLED, "用地") is None
    assert guess_layer(raw_of(["甲"], AREA), BUNDLED, "用地") == "landuse"


def test_the_guess_does_not_depend_on_the_order_of_columns() -> None:
    headings = ["单元编码", "载体编码", "园区编码", "面积", "租户", "总建筑面积"]
    guesses = {guess_layer(raw_of(headings[i:] + headings[:i]), BUNDLED) for i in range(6)}
    assert guesses == {"units"}
