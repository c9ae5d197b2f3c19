"""Result layers: what an analysis found, as a layer that can be drawn and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import TypeVar

import geopandas as gpd
import pandas as pd

from geo.crs import STORAGE_CRS
from geo.district import TREND_NUMBERS
from geo.flag import FLAG_TITLES
from geo.flag import FORM_TITLES
from geo.parameters import RULE_VERSION
from layers.analysis import SCATTER_LAYERS
from layers.errors import Text
from layers.stock import STOCK_TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.scatter import ScatterResult

Frame = TypeVar("Frame", bound=pd.DataFrame)

SCATTER_TITLES = {
    "park_id": Text("园区编码", "Park id"),
    "park_name": Text("园区", "Park"),
    "spaces": Text("空间数", "Spaces"),
    "sites": Text("点位数", "Sites"),
    "effective_sites": Text("等效点位数", "Effective sites"),
    "mean_distance_m": Text("平均两点距离（m）", "Mean distance (m)"),
    "largest_cluster_share": Text("最大步行连片占比", "Largest walkable share"),
    "effective_clusters": Text("等效连片数", "Effective clusters"),
    "longest_gap_m": Text("最长断档（m）", "Longest gap (m)"),
    "zone_share": Text("功能区内占比", "Share in zones"),
    "p_low": Text("随机对照分位", "Chance test p"),
    "p_low_adjusted": Text("随机对照分位（校正）", "Chance test p (adjusted)"),
    "draws": Text("抽样次数", "Draws"),
    "seed": Text("随机种子", "Seed"),
    "flag": Text("标识", "Flag"),
    "form": Text("形态", "Form"),
    "reason_zh": Text("判定理由", "Reason (Chinese)"),
    "reason_en": Text("判定理由（英文）", "Reason"),
    "stability": Text("稳健性", "Stability"),
    "unlocated_share": Text("未定位占比", "Unlocated share"),
    "floor_area_m2": Text("建筑面积（m²）", "Floor area (m²)"),
    "rule_version": Text("规则版本", "Rule version"),
    "zone_border_share": Text("边界待核占比", "Share on zone borders"),
    "clusters": Text("步行连片数", "Walkable clusters"),
    "largest_site_share": Text("最大点位占比", "Largest site share"),
    "relative_dispersion": Text("相对离散度", "Relative dispersion"),
    "sample": Text("示例数据", "Sample data"),
    "weighting": Text("加权方式", "Weighting"),
    "p_high": Text("随机对照分位（偏散）", "Chance test p (spread)"),
    "standardised_effect": Text("标准化效应", "Standardised effect"),
    "p_low_error": Text("分位的抽样误差", "Monte-Carlo error of p"),
    "chance_method": Text("对照方式", "Chance method"),
    "chance_mean_m": Text("随机摆放平均距离（直线，m）", "Mean distance at random (straight, m)"),
    "chance_sd_m": Text("随机摆放标准差（m）", "Standard deviation at random (m)"),
    "stock": Text("对照样本", "Placed on"),
    "stock_size": Text("对照样本数", "Size of the stock"),
    "zone_outside_share": Text("功能区外占比", "Share outside zones"),
    "main_belt": Text("主要所在带", "Main belt"),
    "main_belt_share": Text("主要所在带占比", "Share in main belt"),
    "flag_straight": Text("全按直线时的标识", "Flag if walked straight"),
    "detoured_pairs": Text("绕行点位对", "Pairs led through crossings"),
    "blocked_pairs": Text("被阻隔点位对", "Blocked pairs"),
    "network_pairs": Text("路网计距点位对", "Pairs on the network"),
    "unsnapped_sites": Text("未接入路网点位", "Sites off the network"),
    "parameters": Text("参数", "Parameters"),
}
"""Titles of the scatter columns, for people; scripts read the public names."""

SCATTER_TITLE = Text("园区空间分散程度", "Scatter of park spaces")
TABLE_TITLES = {
    "parks": SCATTER_TITLE,
    "sites": Text("点位", "Sites"),
    "tree": Text("点位间最短树", "Shortest trees between sites"),
    "runs": Text("分散程度的参数试算", "Scatter with other parameters"),
    "ranking": Text("分散程度排名", "Ranking by scatter"),
    "belts": Text("各带占比", "Shares in the belts"),
    "together": Text("全部园区合并计算", "All parks together"),
    "trend": Text("分散程度的变化", "Change of scatter"),
}
"""Titles of the tables that scatter gives."""

RUN_TITLES = {
    "walk_m": Text("步行阈值（m）", "Longest walk (m)"),
    "detour": Text("绕行系数", "Detour factor"),
    "site_gap_m": Text("点位间距（m）", "Site gap (m)"),
    **{
        name: SCATTER_TITLES[name]
        for name in (
            "park_id",
            "sites",
            "clusters",
            "largest_cluster_share",
            "effective_clusters",
            "longest_gap_m",
            "p_low",
            "flag",
        )
    },
}
"""Titles of the runs with other parameters."""

RANKING_TITLES = {
    **{
        name: SCATTER_TITLES[name]
        for name in (
            "park_id",
            "park_name",
            "flag",
            "form",
            "largest_cluster_share",
            "stability",
            "rule_version",
            "parameters",
        )
    },
    "share_low": Text("最大连片占比下限", "Smallest share over the runs"),
    "share_high": Text("最大连片占比上限", "Largest share over the runs"),
    "rank": Text("名次（1＝最散）", "Rank (1 = most scattered)"),
    "rank_low": Text("名次最前", "Best rank over the runs"),
    "rank_high": Text("名次最后", "Last rank over the runs"),
    "enclaves": Text("飞地数", "Enclaves"),
}
"""Titles of the ranking."""

BELT_TITLES = {
    "park_id": SCATTER_TITLES["park_id"],
    "park_name": SCATTER_TITLES["park_name"],
    "belt": Text("带", "Belt"),
    "share": Text("占比", "Share"),
}
"""Titles of the shares in the belts."""

_SIDES = {
    "before": Text("前", "before"),
    "after": Text("后", "after"),
    "change": Text("变化", "change"),
}

TREND_TITLES = {
    "park_id": SCATTER_TITLES["park_id"],
    "park_name": SCATTER_TITLES["park_name"],
    "change": Text("增减", "New or gone"),
    "comparable": Text("可比", "Comparable"),
    "direction": Text("好坏", "Better or worse"),
    **{
        f"{name}_{side}": Text(
            f"{SCATTER_TITLES[name].zh}·{title.zh}", f"{SCATTER_TITLES[name].en}, {title.en}"
        )
        for name in ("flag", *TREND_NUMBERS, "rule_version", "parameters")
        for side, title in _SIDES.items()
        if side != "change" or name in TREND_NUMBERS
    },
}
"""Titles of the trend between two times."""


_ORIGIN_TITLES = {
    name: SCATTER_TITLES[name] for name in ("park_name", "rule_version", "parameters", "sample")
}

COLUMN_TITLES: Mapping[str, Mapping[str, Text]] = {
    "parks": SCATTER_TITLES,
    "together": SCATTER_TITLES,
    "sites": {
        "site": Text("点位序号", "Site number"),
        "cluster": Text("步行连片序号", "Walkable cluster number"),
        "weight": Text("权重（建筑面积或处数）", "Weight (floor area or number)"),
        **{name: SCATTER_TITLES[name] for name in ("park_id", "spaces", "floor_area_m2")},
        **_ORIGIN_TITLES,
    },
    "tree": {
        "park_id": SCATTER_TITLES["park_id"],
        "from_site": Text("起点位序号", "From site"),
        "to_site": Text("止点位序号", "To site"),
        "distance_m": Text("距离（m）", "Distance (m)"),
        "walkable": Text("步行可达", "Walkable"),
        "blocked": Text("被阻隔", "Blocked"),
        **_ORIGIN_TITLES,
    },
    "runs": {**RUN_TITLES, **_ORIGIN_TITLES},
    "ranking": {**RANKING_TITLES, **_ORIGIN_TITLES},
    "belts": {**BELT_TITLES, **_ORIGIN_TITLES},
    "trend": {**TREND_TITLES, **_ORIGIN_TITLES},
}
"""Titles of the columns of the tables, by key of :data:`TABLE_TITLES`."""

FLAG_WORDS = {code: Text(*title) for code, title in FLAG_TITLES.items()}
"""What the flags are called."""

SCATTER_WORDS: Mapping[str, Mapping[str, Text]] = {
    **dict.fromkeys(("flag", "flag_straight", "flag_before", "flag_after"), FLAG_WORDS),
    "form": {code: Text(*title) for code, title in FORM_TITLES.items()},
    "stock": STOCK_TITLES,
    "chance_method": {
        "exact": Text("全部组合", "all combinations"),
        "sampled": Text("随机抽样", "random draws"),
    },
    "weighting": {
        "floor_area": Text("按建筑面积", "by floor area"),
        "count": Text("按处数（缺面积）", "by number, without floor areas"),
    },
    "change": {
        "new": Text("新增", "new"),
        "gone": Text("消失", "gone"),
        "changed": Text("修改", "changed"),
        "same": Text("不变", "same"),
    },
    "direction": {"better": Text("变好", "better"), "worse": Text("变差", "worse")},
}
"""Titles of codes, by the column that they stand in."""


def scatter_remarks(result: ScatterResult, versions: Mapping[str, int]) -> list[Text]:
    """Say by which rule, with which parameters and from which layers numbers were made.

    Parameters
    ----------
    result
        What was found.
    versions
        Version of every layer of the workspace; those that scatter is computed from
        are named.
    """
    used = ", ".join(f"{key} v{versions[key]}" for key in SCATTER_LAYERS if key in versions)
    chance = ""
    if result.chance is not None:
        chance = f"; draws={result.chance.draws}; seed={result.chance.seed}"
        chance += f"; stock={result.chance.label}"
    parameters = f"{result.parameters.as_text()}{chance}"
    return [
        Text(f"规则版本：{RULE_VERSION}", f"Rule version: {RULE_VERSION}"),
        Text(f"参数：{parameters}", f"Parameters: {parameters}"),
        Text(f"图层版本：{used}", f"Layer versions: {used}"),
    ]


def with_origin(frame: Frame, result: ScatterResult) -> Frame:
    """Return a table with rule version, parameters and sample mark of what it is made from.

    Parameters
    ----------
    frame
        A table of `result`, or one that was made from it.
    result
        What was found.
    """
    origin: dict[str, str | pd.Series[bool]] = {
        "rule_version": RULE_VERSION,
        "parameters": result.parameters.as_text(),
    }
    if "park_id" in frame.columns:
        sample = result.table.set_index("park_id")["sample"]
        origin["sample"] = frame["park_id"].map(sample).astype("boolean")
    return frame.assign(**{k: v for k, v in origin.items() if k not in frame.columns})


def scatter_layer(result: ScatterResult) -> gpd.GeoDataFrame:
    """Return the scatter table with the sites of each park as a multipoint.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows of ``result.table`` in EPSG:4490; a park whose spaces are not
        located has no geometry and is not placed by guess.
    """
    sites = result.sites.to_crs(STORAGE_CRS)
    points = sites.dissolve(by="park_id")["geometry"]
    geometry = result.table["park_id"].map(points)
    return gpd.GeoDataFrame(result.table, geometry=list(geometry), crs=STORAGE_CRS)
