"""缺口: which single missing gate, crossing or facility would help most, by name and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from geo.access import GROUP_NAMES
from geo.access.candidates import CROSSING
from geo.access.candidates import FACILITY
from geo.access.candidates import GATE
from geo.access.candidates import candidates
from geo.access.gaps import gaps
from geo.crs import STORAGE_CRS
from geo.sites import located
from layers.access.judged import access_of
from layers.access.titles import ACCESS_TITLES
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd

    from geo.access import AccessParameters
    from geo.access.candidates import Candidates
    from layers.access.judged import Access
    from layers.access.trial import Trial
    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_ORIGIN = {name: ACCESS_TITLES[name] for name in ("sample", "rule_version", "parameters")}

GAP_TITLES = {
    "rank": Text("名次", "Rank"),
    "candidate_id": Text("候选编码", "Candidate"),
    "kind": Text("类别", "Kind"),
    "group": Text("设施类别", "Facility group"),
    "title_zh": Text("候选", "Candidate (Chinese)"),
    "title_en": Text("候选（英文）", "Candidate in words"),
    "gain_overlap_m2": Text("叠合面积增加（m²）", "Overlap gained (m²)"),
    "gain_share": Text("叠合率增加", "Overlap share gained"),
    "gain_condition_m2": Text("按条件计增加（m²）", "Conditions gained (m²)"),
    "spaces": Text("受益空间数", "Spaces that gain"),
    "spaces_overlap": Text("新满足三项的空间数", "Spaces that then meet all three"),
    "lon": Text("经度", "Longitude"),
    "lat": Text("纬度", "Latitude"),
    "reason_zh": Text("理由", "Reason (Chinese)"),
    "reason_en": Text("理由（英文）", "Reason"),
    **_ORIGIN,
}
"""Titles of the columns of the ranking."""

SET_TITLES = {
    "objects": Text("个数", "Objects"),
    "greedy_share": Text("贪心法叠合率", "Overlap, greedy"),
    "greedy_ids": Text("贪心法组合", "Set, greedy"),
    "exact_share": Text("精确法叠合率", "Overlap, exact"),
    "exact_ids": Text("精确法组合", "Set, exact"),
    "bound_share": Text("叠合率上界", "Upper bound"),
    "proven": Text("已证最优", "Proven best"),
    **_ORIGIN,
}
"""Titles of the columns of the sets."""


@dataclass(frozen=True, slots=True, eq=False)
class AccessGaps:
    """What is missing most in the linkage of parks.

    Attributes
    ----------
    found
        The linkage as it is, with what is on trial.
    ranking
        One row a candidate that helps, the best first: the columns of
        :attr:`geo.access.gaps.Gaps.ranking`, ``title_zh``, ``title_en``, ``reason_zh``,
        ``reason_en``, ``lon``, ``lat``, ``sample``, ``rule_version``, ``parameters``, with
        a point (EPSG:4490).
    sets
        One row a number of objects, as :attr:`geo.access.gaps.Gaps.sets`; ids joined by
        ``; ``, with rule and parameters.
    base_share
        Share of the floor area that is threefold now; NaN if no floor area is known.
    remarks
        What could not be tried, and why.
    """

    found: Access
    ranking: gpd.GeoDataFrame
    sets: pd.DataFrame
    base_share: float
    remarks: list[Text]


def gaps_of(
    tables: Tables,
    catalogue: Catalogue,
    parameters: AccessParameters | None = None,
    parks: Sequence[str] | None = None,
    *,
    trial: Trial | None = None,
) -> AccessGaps:
    """Rank what one more gate, crossing or facility would change, and find the best few.

    Parameters
    ----------
    tables, catalogue, parameters, parks, trial
        As in :func:`layers.access.access_of`; what is on trial is taken as built, so that
        the ranking says what is missing then.

    Raises
    ------
    AtlasError
        As :func:`layers.access.access_of`.
    """
    found = access_of(tables, catalogue, parameters, parks, trial=trial)
    given = found.given
    tried = candidates(given.spaces, given.destinations, given.surroundings, found.parameters)
    missing = gaps(given.spaces, given.destinations, given.surroundings, found, tried)
    ranking = _named(missing.ranking.to_crs(STORAGE_CRS), found)
    origin: dict[str, Any] = {
        "sample": bool(found.spaces["sample"].any()),
        "rule_version": found.rule_version,
        "parameters": found.parameters.as_text(),
    }
    sets = missing.sets.assign(
        greedy_ids=["; ".join(ids) for ids in missing.sets["greedy_ids"]],
        exact_ids=["; ".join(ids) for ids in missing.sets["exact_ids"]],
        **origin,
    )
    return AccessGaps(
        found, ranking.assign(**origin), sets, missing.base_share, _remarks(tried, found)
    )


def _named(ranking: gpd.GeoDataFrame, found: Access) -> gpd.GeoDataFrame:
    titles = [_title(row, found) for _index, row in ranking.iterrows()]
    reasons = [_reason(row) for _index, row in ranking.iterrows()]
    points = ranking.geometry
    return ranking.assign(
        title_zh=pd.Series([title.zh for title in titles], index=ranking.index, dtype="str"),
        title_en=pd.Series([title.en for title in titles], index=ranking.index, dtype="str"),
        reason_zh=pd.Series([told.zh for told in reasons], index=ranking.index, dtype="str"),
        reason_en=pd.Series([told.en for told in reasons], index=ranking.index, dtype="str"),
        lon=points.x,
        lat=points.y,
    )


def _title(row: pd.Series, found: Access) -> Text:
    name = _place(row, found)
    if row["kind"] == GATE:
        return Text(f"“{name}”新开校门", f"a new gate of “{name}”")
    if row["kind"] == CROSSING:
        return Text(f"跨“{name}”新增通道", f"a new crossing of “{name}”")
    group = GROUP_NAMES[row["group"]]
    return Text(f"“{name}”处新增{group.zh}", f"{group.en} at “{name}”")


def _place(row: pd.Series, found: Access) -> str:
    """Return what the object is called that a candidate stands at."""
    given = found.given
    if row["kind"] == FACILITY:
        own = given.spaces.loc[given.spaces["carrier_id"] == row["at"], "carrier_name"]
        return str(own.iloc[0])
    key = ("campus", row["at"])
    if row["kind"] == CROSSING:
        barriers = given.surroundings.barriers
        assert barriers is not None  # a crossing is tried along a barrier
        key = ("barrier", barriers.index[np.flatnonzero(located(barriers))[int(row["at"])]])
    return str(given.objects.loc[key, "name"])


def _reason(row: pd.Series) -> Text:
    spaces, overlap = int(row["spaces"]), row["gain_overlap_m2"]
    zh = [f"{spaces} 处空间新满足至少一项"]
    en = [f"{spaces} spaces come within reach of something new"]
    if row["gain_condition_m2"] > 0:
        zh.append(f"按条件计新增 {row['gain_condition_m2']:,.0f} m²")
        en.append(f"{row['gain_condition_m2']:,.0f} m² of conditions gained")
    if overlap > 0:
        zh.append(f"其中 {overlap:,.0f} m² 三项都满足（叠合率 +{row['gain_share']:.1%}）")
        en.append(f"{overlap:,.0f} m² meet all three (overlap +{row['gain_share']:.1%})")
    return Text("，".join(zh) + "。", "; ".join(en) + ".")


def _remarks(tried: Candidates, found: Access) -> list[Text]:
    """Say what could not be tried."""
    given = found.given
    names, remarks = given.objects["name"], []
    if tried.without_gates:
        listed = [str(names[("campus", key)]) for key in tried.without_gates]
        remarks.append(
            Text(
                f"未登记校门的校区不作为新开校门的候选，请先补登记已有校门：{'、'.join(listed)}",
                "campuses without a registered gate are no candidates for a new one; register "
                f"the gates that exist first: {', '.join(listed)}",
            )
        )
    points = [str(names[("campus", key)]) for key in tried.points if key not in tried.without_gates]
    if points:
        remarks.append(
            Text(
                f"只有点位、没有边界的校区，无从判断新校门开在哪里，不作候选：{'、'.join(points)}",
                "campuses that are only a point are no candidates, because nobody knows where a "
                f"gate could be: {', '.join(points)}",
            )
        )
    if not given.destinations.table["kind"].eq("station").any():
        remarks.append(
            Text(
                "没有可用的已登记轨道站，轨道条件无一满足：单靠新增一处校门、通道或设施，没有空间能"
                "三项都满足，叠合率不会增加，排名只看新满足的条件；请先导入轨道站",
                "no station is registered that can be used, so rail is met nowhere: no gate, "
                "crossing or facility alone makes any space meet all three, the overlap cannot "
                "grow, and the ranking is by the conditions gained; import the stations first",
            )
        )
    if tried.unknown_groups:
        groups = [GROUP_NAMES[group] for group in tried.unknown_groups]
        remarks.append(
            Text(
                f"没有登记任何{'、'.join(g.zh for g in groups)}，新增一处的作用无从判断",
                f"nobody registered any {', '.join(g.en for g in groups)}: what one more would "
                "change cannot be told",
            )
        )
    if not tried.barriers:
        remarks.append(
            Text(
                "没有登记任何阻隔，不试新增通道",
                "no barrier is registered, so no crossing is tried",
            )
        )
    return remarks
