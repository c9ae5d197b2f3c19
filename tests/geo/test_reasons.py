from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from geo.crs import district_crs
from geo.phrases import figure
from geo.reasons import chance_sentence
from geo.scatter import ScatterParameters
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]

HALVES = [((0, 0), 5000), ((4000, 0), 5000)]


@pytest.fixture
def reason(make_spaces: Make) -> Callable[..., tuple[str, str]]:
    def explain(spaces: list[Any], *, zone: Any = None, p: float | None = None) -> tuple[str, str]:
        parks = pd.DataFrame({"park_id": ["p"], "name": ["示范园"]})
        crs = district_crs(121.5)
        zones = None if zone is None else gpd.GeoDataFrame(geometry=[zone], crs=crs)
        p_low = None if p is None else pd.Series({"p": p})
        row = scatter(make_spaces({"p": spaces}), parks, zones, p_low=p_low).table.iloc[0]
        return row["reason_zh"], row["reason_en"]

    return explain


def test_red_names_the_values_the_thresholds_and_what_fired(reason: Any) -> None:
    zh, en = reason([((3000 * i, 0), 10_000) for i in range(4)], zone=box(-1, -1, 1, 1), p=0.3)
    assert "最大一片占建筑面积的 25.0%（低于 70%）" in zh
    assert (
        "且等效连片数 4.0 大于 2.5、功能区内占比 25.0% 低于 50%、随机对照分位 0.300 大于 0.05" in zh
    )
    assert "判为红" in zh
    assert "最长断档 3,972 米" in zh  # 1.324 × 3000, with thousands separator
    assert "the largest with 25.0% of the floor area (below 70%)" in en
    assert "the effective number of clusters is 4.0 (above 2.5), 25.0% lie inside" in en
    assert "at random): red." in en


def test_red_does_not_name_what_did_not_fire(reason: Any) -> None:
    zh, en = reason(HALVES, zone=box(-1, -1, 9000, 1), p=0.3)
    assert "且随机对照分位 0.300 大于 0.05" in zh
    assert "等效连片数" not in zh
    assert "zones" not in en


def test_yellow_of_a_split_park_says_what_saves_it(reason: Any) -> None:
    zh, en = reason(HALVES, zone=box(-1, -1, 9000, 1), p=0.01)
    assert "但等效连片数 2.0 不大于 2.5、功能区内占比 100.0% 不低于 50%" in zh
    assert "判为黄" in zh
    assert "and p = 0.010 against chance (not above 0.05): yellow." in en


def test_undecided_names_every_missing_value(reason: Any) -> None:
    zh, en = reason(HALVES)
    assert "功能区内占比未知、随机对照检验尚无结果，可能使结论由黄变红，不判定。" in zh
    assert "the share inside the zones is not known and the test against chance" in en
    assert "组参数试算" not in zh  # nothing was concluded that could be stable
    zh, _ = reason(HALVES, zone=box(-1, -1, 9000, 1))
    assert "功能区内占比未知" not in zh
    assert "随机对照检验尚无结果" in zh


def test_undecided_on_the_zone_boundary_gives_both_ends(reason: Any) -> None:
    spaces = [((0, 0), 4000), ((4000, 0), 2000), ((4000, 100), 4000)]
    zh, en = reason(spaces, zone=box(-1, -1, 4000, 1), p=0.01)
    assert "边界待核" in zh
    assert "在 40.0% 与 60.0% 之间" in zh
    assert "40.0% to 60.0% are inside the zones" in en
    assert zh.count("不判定") == 1


def test_green_says_which_way(reason: Any) -> None:
    assert (
        "2 处空间同在 1 个点位（楼间距不超过 50 米），判为绿。"
        in reason([((0, 0), 1), ((20, 0), 1)])[0]
    )
    assert (
        "2 个点位全部步行连片（最长断档 331 米，不超过 800 米），判为绿。"
        in reason([((0, 0), 1), ((250, 0), 1)])[0]
    )
    zh, en = reason([((0, 0), 95), ((3000, 0), 5)])
    assert "占建筑面积的 95.0%（不低于 90%），判为绿。" in zh
    assert "(at least 90%): green." in en
    assert "1 space on one site" in reason([((0, 0), 1)])[1]


def test_stability_is_told_as_runs(reason: Any) -> None:
    # 500 m apart is 662 m of walking: beyond 500 m for every detour, within 800 m for most.
    zh, en = reason([((0, 0), 60), ((500, 0), 40)])
    assert "27 组参数试算有 18 组同色，结论不稳健。" in zh
    assert "18 of 27 runs with other parameters keep the colour: not stable." in en


def test_nothing_registered_and_nothing_located(reason: Any) -> None:
    assert reason([])[0] == "没有登记任何建筑空间，不判定。"
    assert reason([(None, 5), (None, np.nan)])[0] == "登记的 2 处空间均无坐标，不判定。"
    assert "None of the registered spaces (1) has coordinates" in reason([(None, 5)])[1]


def test_too_much_missing_says_how_much_and_by_what(reason: Any) -> None:
    zh, en = reason([((0, 0), 700), (None, 300)])
    assert "30.0%（按建筑面积计）没有坐标" in zh
    assert "上限为 20%" in zh
    assert "30.0% (by floor area) have no coordinates" in en
    zh, _ = reason([((0, 0), 700), ((9, 0), np.nan), (None, 300)])
    assert "33.3%（按空间处数计）没有坐标" in zh
    assert "33.3%（按处数计）没有建筑面积" in zh


def test_missing_areas_are_told(reason: Any) -> None:
    spaces = [((0, 0), np.nan), *[((3000, i), 10) for i in range(9)]]
    zh, en = reason(spaces)
    assert "占空间处数的 90.0%" in zh
    assert "未按面积加权" in zh
    assert "另有 10.0% 的空间缺坐标或缺面积数据" in zh
    assert "not weighted by area" in en


def test_sample_data_is_called_sample_data(make_spaces: Make) -> None:
    spaces = make_spaces({"p": HALVES, "q": HALVES}).assign(
        sample=pd.array([False, True, None, False], dtype="boolean")
    )
    table = scatter(spaces, pd.DataFrame({"park_id": ["p", "q"]})).table.set_index("park_id")
    assert table["reason_zh"].str.endswith("（据示例数据，非真实情况）").to_dict() == {
        "p": True,
        "q": False,
    }
    assert table["sample"].to_dict() == {"p": True, "q": False}


def test_a_figure_never_rounds_onto_the_threshold_it_misses() -> None:
    assert figure(69.96, 1, 70.0) == "69.96"
    assert figure(69.9996, 1, 70.0) == "69.9996"
    assert figure(70.0, 1, 70.0) == "70.0"
    assert figure(69.94, 1, 70.0) == "69.9"
    assert figure(1234567.8, 0) == "1,234,568"


def test_no_reason_prints_a_missing_value(make_spaces: Make) -> None:
    holdings: dict[str, list[Any]] = {
        "a": [],
        "b": HALVES,
        "c": [(None, np.nan)],
        "d": [((0, 0), 0.0), ((5000, 0), 0.0)],
        "e": [((0, 0), np.nan)],
        "f": [((0, 0), 3), ((700, 0), 3), (None, 1)],
    }
    parks = pd.DataFrame({"park_id": list(holdings)})
    table = scatter(make_spaces(holdings), parks, parameters=ScatterParameters()).table
    for text in [*table["reason_zh"], *table["reason_en"]]:
        assert not re.search(r"\bnan\b|None|<NA>|inf", text.replace("None of", ""))
        assert text.endswith(("。", "."))


@pytest.mark.parametrize(
    ("p_low", "p_high", "zh", "en"),
    [
        (0.2, 0.8, "不比把它的空间随机撒在全区的楼宇上更紧凑。", "No more compact than if its"),
        (0.05, 0.96, "明显比把它的空间随机撒在全区的楼宇上更紧凑。", "Significantly more compact"),
        (0.99, 0.05, "明显比把它的空间随机撒在全区的楼宇上更分散。", "Significantly more spread"),
        (np.nan, np.nan, "", ""),
    ],
)
def test_what_the_test_against_chance_means(p_low: float, p_high: float, zh: str, en: str) -> None:
    found = chance_sentence(p_low, p_high, ScatterParameters())
    assert found.zh == zh
    assert found.en.startswith(en)
    assert found.en == "" or found.en.endswith("thrown at random on the district's buildings.")


def test_on_land_there_are_no_buildings() -> None:
    found = chance_sentence(0.2, 0.8, ScatterParameters(), on_land=True)
    assert found.zh == "不比把它的空间随机撒在全区的土地上更紧凑。"
    assert "buildings" not in found.en


def test_the_threshold_of_the_sentence_moves() -> None:
    assert "明显" in chance_sentence(0.09, 0.9, ScatterParameters(p_threshold=0.1)).zh
