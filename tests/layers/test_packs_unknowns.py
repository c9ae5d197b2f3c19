"""What a pack says of what is not known, and the language of its names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pytest
import shapely

from layers.packs.facts import pack_facts
from layers.underuse import underuse_of
from tests.layers.packs_hand import CATALOGUE
from tests.layers.packs_hand import PLACES
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import tables_of

if TYPE_CHECKING:
    import pandas as pd

    from layers.export.sheets import Audience

NO_GAP = "没有会改变状态的缺项"


def _row(
    tables: dict[str, Any], audience: Audience = "internal", lang: str = "zh"
) -> pd.Series[Any]:
    judged = underuse_of(tables, CATALOGUE)
    return pack_facts(tables, CATALOGUE, judged, ["C1"], audience=audience, lang=lang).frame.iloc[0]


def _peers(**changes: Any) -> dict[str, Any]:
    """Return a carrier that is surely vacant, or full, among peers with known tax."""
    others = [carrier(n, tax_wan=100.0 * n) for n in (2, 3, 4)]
    return tables_of(carrier(1, **changes), *others)


def test_a_blank_of_the_card_is_named_even_if_the_state_is_sure() -> None:
    told = _row(_peers(rent_yuan_m2_day=None, address=None))["missing"]
    blanks, verdict = told.split("；")
    assert {"实收均价", "地址"} <= set(blanks.split("、"))
    assert verdict == NO_GAP


def test_a_blank_that_decides_is_told_apart() -> None:
    blank = {"rentable_area_m2": None, "vacant_area_m2": None, "largest_vacant_m2": None}
    told = _row(_peers(**blank))["missing"]
    blanks, verdict = told.split("；")
    assert "空置面积" in blanks
    assert verdict.startswith("可能改变状态的缺项：")
    assert "空置面积" in verdict
    assert NO_GAP not in told


def test_the_public_is_not_told_which_internal_field_decides() -> None:
    tables = _peers(tax_wan=None)
    assert "税" in _row(tables)["missing"].split("可能改变状态的缺项：")[1]
    told = _row(tables, "public")["missing"]
    assert "税" not in told
    assert told.endswith("可能改变状态的缺项：内部字段")


def test_a_state_that_peers_leave_open_is_not_called_settled() -> None:
    # Nothing of its own is missing, but there is nobody to compare it with.
    tables = tables_of(carrier(1))
    judged = underuse_of(tables, CATALOGUE).table.iloc[0]
    assert ";" in judged["possible"]
    assert not judged["missing"]
    told = _row(tables)["missing"]
    assert told.endswith("同类可比数或数据精度")
    assert NO_GAP not in told


def test_what_there_is_none_of_is_not_called_unknown() -> None:
    full = {"leased_area_m2": 9_500.0, "vacant_area_m2": 0.0, "largest_vacant_m2": None}
    told = _row(_peers(**full, vacant_since=None, park_id=None))["missing"]
    assert not [t for t in ("空置楼层", "最早可用日期", "已空置月数", "所属园区") if t in told]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_are_in_the_language_of_the_pack(lang: str) -> None:
    station = {"id": "G1", "name": "示例站", "geometry": shapely.Point(PLACES["C1"])}
    park = {"park_id": "P1", "name": "示例园", "park_class": "business"}
    tables = tables_of(
        carrier(1, name_en="Sample Tower 1"),
        parks=[park | {"name_en": "Sample Park"}],
        stations=[station | {"name_en": "Sample Road"}],
    )
    row = _row(tables, lang=lang)
    english = ("Sample Tower 1", "Sample Park", "Sample Road")
    chinese = ("示例楼 1 号", "示例园", "示例站")
    assert (row["name"], row["park"], row["station"]) == (english if lang == "en" else chinese)


def test_without_an_english_name_the_chinese_one_stands() -> None:
    station = {"id": "G1", "name": "示例站", "geometry": shapely.Point(PLACES["C1"])}
    row = _row(tables_of(carrier(1), stations=[station]), lang="en")
    assert (row["name"], row["park"], row["station"]) == ("示例楼 1 号", "示例园", "示例站")
