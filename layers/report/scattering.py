"""How scattered parks are, as sections of a chapter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from geo.district import enclaves
from layers.errors import Text
from layers.report.basis import NOT_MEASURED
from layers.report.basis import named
from layers.report.blocks import Paragraph
from layers.report.blocks import Ref
from layers.report.blocks import Section
from layers.report.printing import Column
from layers.report.printing import make_table
from layers.report.printing import pairs_table
from layers.report.printing import printed
from layers.results import FLAG_WORDS
from layers.results import SCATTER_TITLE
from layers.results import SCATTER_TITLES
from layers.results import SCATTER_WORDS

if TYPE_CHECKING:
    from layers.report.basis import Basis
    from layers.report.blocks import Table

_ORDER = ("red", "yellow", "undecided", "green")

_MEANING = Text(
    "绿：点位连片或基本集中；黄：有所分散；红：分散；不判定：位置或面积资料不足。",
    "Green: in one place or nearly; yellow: partly scattered; red: scattered; undecided: too"
    " little is known of place or floor area.",
)


def _columns(lang: str, *, reason: bool) -> list[Column]:
    titles = SCATTER_TITLES
    columns = [
        Column("park_id", titles["park_id"]),
        Column("park", titles["park_name"]),
        Column("flag", titles["flag"], words=FLAG_WORDS),
        Column("sites", titles["sites"], "count"),
        Column("largest_cluster_share", titles["largest_cluster_share"], "percent"),
        Column("longest_gap_m", titles["longest_gap_m"], "number"),
        Column("zone_share", titles["zone_share"], "percent"),
    ]
    if reason:
        columns.append(Column(f"reason_{lang}", Text("判定理由", "Reason")))
    return columns


def _rows(basis: Basis) -> pd.DataFrame:
    """Return the results with names in the language of the chapter, most scattered first."""
    assert basis.scatter is not None
    table = basis.scatter.table
    parks = basis.table("parks")
    called = dict(
        zip(parks["park_id"], named(parks, basis.catalogue.layer("parks"), basis.lang), strict=True)
    )
    order = table["flag"].map({flag: number for number, flag in enumerate(_ORDER)})
    rows = table.assign(
        park=table["park_id"].map(called).fillna(table["park_name"]).astype("str"), _order=order
    )
    return rows.sort_values(["_order", "largest_cluster_share", "park_id"]).drop(columns="_order")


def flags_table(basis: Basis) -> Table:
    """Return how many parks have each flag."""
    rows = _rows(basis)
    counts = rows["flag"].value_counts()
    table = pd.DataFrame({"flag": list(_ORDER)})
    table["parks"] = [int(counts.get(flag, 0)) for flag in _ORDER]
    table["share"] = table["parks"] / max(len(rows), 1)
    table["sample"] = bool(rows["sample"].fillna(value=False).any())
    columns = [
        Column("flag", SCATTER_TITLES["flag"], words=FLAG_WORDS),
        Column("parks", Text("园区数", "Parks"), "count"),
        Column("share", Text("占比", "Share"), "percent"),
    ]
    title = Text("园区分散程度汇总", "Parks by flag of scatter")
    return make_table("flags", title, table, columns, basis.lang, notes=[_MEANING])


def scatter_section(basis: Basis) -> Section:
    """Return the scatter of all parks: counts, and why parks are flagged."""
    heading = Text("园区空间分散程度", "Scatter of park space").get(basis.lang)
    if basis.scatter is None:
        return Section("scatter", heading, 1, (Paragraph((NOT_MEASURED.get(basis.lang),)),))
    rows = _rows(basis)
    flagged = rows[rows["flag"].ne("green")]
    title = Text("未判绿的园区及理由", "Parks that are not green, and why")
    scatter = make_table("scatter", title, flagged, _columns(basis.lang, reason=True), basis.lang)
    return Section("scatter", heading, 1, (*_text(basis, rows), flags_table(basis), scatter))


def _text(basis: Basis, rows: pd.DataFrame) -> tuple[Paragraph, ...]:
    count = {flag: int(rows["flag"].eq(flag).sum()) for flag in _ORDER}
    spread = int(enclaves(rows).sum())
    first = basis.say(
        f"按规则 {_version(rows)} 测算 {len(rows)} 个园区：判绿 {count['green']} 个、"
        f"判黄 {count['yellow']} 个、判红 {count['red']} 个，另有 {count['undecided']} 个"
        "因资料不足不予判定（",
        f"Parks measured by the rule {_version(rows)}: {len(rows)}; green {count['green']},"
        f" yellow {count['yellow']}, red {count['red']}, undecided for lack of data"
        f" {count['undecided']} (",
    )
    second = basis.say(
        "）。未判绿的园区及其理由见", "). The parks that are not green, and why, are in "
    )
    third = basis.say(
        f"。各园区点位数减一之和为 {spread} 处，即整合最多可减少的点位数；参数与限值见",
        f". Sites beyond the first of each park add up to {spread}: the most that consolidation"
        " could give up. Parameters are in ",
    )
    parts = (
        *(first, Ref("table", "flags"), second, Ref("table", "scatter"), third),
        *(Ref("table", "parameters"), basis.say("。", ".")),
    )
    return (Paragraph(parts),)


def _version(rows: pd.DataFrame) -> str:
    return ", ".join(sorted(set(rows["rule_version"].dropna().astype("str"))))


def all_parks_table(basis: Basis) -> Table:
    """Return the scatter of every park, for the appendix."""
    title = Text("全部园区的分散程度", "Scatter of all parks")
    rows = _rows(basis).sort_values("park_id")
    return make_table("all_parks", title, rows, _columns(basis.lang, reason=False), basis.lang)


HELD_AREA = Text("持有/所用建筑面积（m²）", "Floor area held or used (m²)")
_HELD_NOTE = Text(
    "持有/所用建筑面积为园区各单元面积之和，未分单元的载体按其总建筑面积计；不是公布建筑面积。",
    "Floor area held or used adds up the units of the park, and whole carriers where these are not"
    " divided into units; it is not the floor area that was announced.",
)
_PARK_NUMBERS = (
    Column("flag", SCATTER_TITLES["flag"], words=FLAG_WORDS),
    Column("form", SCATTER_TITLES["form"], words=SCATTER_WORDS["form"]),
    Column("spaces", SCATTER_TITLES["spaces"], "count"),
    Column("sites", SCATTER_TITLES["sites"], "count"),
    Column("clusters", SCATTER_TITLES["clusters"], "count"),
    Column("effective_clusters", SCATTER_TITLES["effective_clusters"], "number", 2),
    Column("largest_cluster_share", SCATTER_TITLES["largest_cluster_share"], "percent"),
    Column("mean_distance_m", SCATTER_TITLES["mean_distance_m"], "number"),
    Column("longest_gap_m", SCATTER_TITLES["longest_gap_m"], "number"),
    Column("zone_share", SCATTER_TITLES["zone_share"], "percent"),
    Column("p_low", SCATTER_TITLES["p_low"], "number", 3),
    Column("stability", SCATTER_TITLES["stability"], "percent"),
    Column("floor_area_m2", HELD_AREA, "number"),
    Column("unlocated_share", SCATTER_TITLES["unlocated_share"], "percent"),
)


def park_scatter_section(basis: Basis) -> Section:
    """Return the scatter of the one park that the chapter is about."""
    heading = SCATTER_TITLE.get(basis.lang)
    found = None if basis.scatter is None else _rows(basis)
    mine = None if found is None else found[found["park_id"].eq(basis.request.subject)]
    if mine is None or mine.empty:
        return Section("scatter", heading, 1, (Paragraph((NOT_MEASURED.get(basis.lang),)),))
    row = mine.iloc[0]
    reason = _one_sentence(str(row[f"reason_{basis.lang}"]))
    told = basis.say(
        f"按规则 {row['rule_version']} 判定：{reason}。各项指标见",
        f"Judged by the rule {row['rule_version']}: {reason}. The numbers are in ",
    )
    pairs = [
        (column.title, printed(row[column.name], column, basis.lang)) for column in _PARK_NUMBERS
    ]
    sample = bool(row["sample"]) if pd.notna(row["sample"]) else False
    table = pairs_table(
        "scatter", SCATTER_TITLE, pairs, basis.lang, notes=[_HELD_NOTE], sample=sample
    )
    end = basis.say("。", ".")
    return Section("scatter", heading, 1, (Paragraph((told, Ref("table", "scatter"), end)), table))


def _one_sentence(reason: str) -> str:
    """Return a reason without its full stop, and a remark behind it in front of the stop."""
    told = re.sub(r"。（([^（）]*)）$", r"（\1）", reason.strip())
    return re.sub(r"\. \(([^()]*?)\.?\)$", r" (\1)", told).rstrip("。. ")
