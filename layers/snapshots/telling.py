"""A list of changes as people read it: in words, and with what belongs together in one row."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import Text
from layers.i18n import UNKNOWN
from layers.i18n import number
from layers.i18n import unknown
from layers.plan.table import state_title
from layers.snapshots.kinds import CLASS
from layers.snapshots.kinds import FLAG
from layers.snapshots.kinds import KIND_TITLES
from layers.snapshots.kinds import LET
from layers.snapshots.kinds import MOVED
from layers.snapshots.kinds import SITE_ADDED
from layers.snapshots.kinds import SITE_CLOSED
from layers.snapshots.kinds import TARGET
from layers.snapshots.kinds import TASK
from layers.snapshots.kinds import TENANT
from layers.snapshots.kinds import UNIT_KINDS
from layers.snapshots.kinds import VACATED
from layers.snapshots.kinds import change
from layers.snapshots.kinds import frame_of
from layers.snapshots.parts import class_title
from layers.snapshots.parts import flag_title
from layers.snapshots.units import UNITS
from layers.targets.remarks import STATUS_TITLES

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.i18n import Lang
    from layers.snapshots.records import Row

_NO_PARK = Text("不属园区", "no park")
_SENTENCES = {
    SITE_CLOSED: Text("整处退出 {n} 处点位，腾出 {area}", "whole sites left: {n}, {area} freed"),
    SITE_ADDED: Text("新进 {n} 处点位，占用 {area}", "sites added: {n}, {area} taken"),
    VACATED: Text("腾空 {n} 个单元，共 {area}", "units vacated: {n}, {area}"),
    LET: Text("入驻 {n} 个单元，共 {area}", "units taken: {n}, {area}"),
    TENANT: Text("{n} 个单元更换企业，共 {area}", "units that changed hands: {n}, {area}"),
    MOVED: Text("转入 {n} 个单元，共 {area}", "units from elsewhere: {n}, {area}"),
}
_NOT_ADDED = Text(
    "整处点位的面积包括空置部分和其中的单元，两类面积不能相加",
    "the area of a site includes vacant space and the units there: do not add the two up",
)


def area_sentences(rows: pd.DataFrame) -> list[Text]:
    """Say how much floor area was given up and taken, of whole sites and of units apart.

    The area of a site has the vacant space in it, so the two are never added up. What did
    not move is left out: nothing that was not counted is told as 0.

    Parameters
    ----------
    rows
        See :attr:`layers.snapshots.Changes.rows`.
    """
    there = set(rows["kind"])
    sites, units = (
        [_counted(_SENTENCES[kind], rows[rows["kind"].eq(kind)]) for kind in kinds if kind in there]
        for kinds in ((SITE_CLOSED, SITE_ADDED), (VACATED, LET))
    )
    return [*sites, *units, *([_NOT_ADDED] if sites and units else [])]


def grouped(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the changes with the spaces and the units of a park in one row a kind.

    Parameters
    ----------
    rows
        See :attr:`layers.snapshots.Changes.rows`.

    Returns
    -------
    pandas.DataFrame
        Same columns and order. Rows of classes of linkage and of units are told by park: how
        many of what, ``subject`` the id of the park, empty where they belong to none. Parks
        of which no space went to another class are one row.
    """
    is_many = rows["kind"].isin((CLASS, *UNIT_KINDS))
    told: list[Row] = [
        {str(name): None if unknown(value) else value for name, value in row.items()}
        for row in rows[~is_many].to_dict("records")
    ]
    keys = ["kind", "park_id"]
    still = _same_class(rows)
    for (kind, _park), own in rows[is_many & ~still].groupby(keys, sort=True, dropna=False):
        told.append(_classes(own) if kind == CLASS else _units(str(kind), own))
    if still.any():
        told.append(_ranges(rows[still], others=bool((rows["kind"].eq(CLASS) & ~still).any())))
    return frame_of(told)


def in_words(rows: pd.DataFrame, catalogue: Catalogue, lang: Lang) -> pd.DataFrame:
    """Return the list with words in place of codes, for tables that people read.

    Parameters
    ----------
    rows
        See :attr:`layers.snapshots.Changes.rows`.
    catalogue
        Has the words of the choices.
    lang
        In which language.
    """
    told = rows.copy()
    for name in ("before", "after"):
        told[name] = [
            None if pd.isna(code) else _word(str(kind), str(code), catalogue).get(lang)
            for kind, code in zip(rows["kind"], rows[name], strict=True)
        ]
    told["kind"] = [KIND_TITLES[str(kind)].get(lang) for kind in rows["kind"]]
    return told


def _word(kind: str, code: str, catalogue: Catalogue) -> Text:
    if kind == FLAG:
        return flag_title(code)
    if kind == TASK:
        return state_title(code, catalogue)
    if kind == TARGET:
        return STATUS_TITLES[code]
    if kind == CLASS:
        return class_title(code)
    if kind in UNIT_KINDS:
        field = catalogue.layer(UNITS).field("state")
        return field.choice_text(code)
    return Text(code, code)


def _counted(sentence: Text, rows: pd.DataFrame) -> Text:
    """Return a sentence with number and floor area; what has no area is told beside it."""
    areas = rows["area_m2"]
    lacking = int(areas.isna().sum())
    zh, en = sentence.zh, sentence.en
    told = {lang: f"{number(areas.sum(min_count=1), lang)} m²" for lang in ("zh", "en")}
    if lacking == len(rows):
        told = {"zh": "面积未知", "en": "floor area unknown"}
        zh = zh.replace("共 {area}", "{area}").replace(" {area}", "{area}")
    elif lacking:
        told["zh"] += f"（另有 {lacking} 个面积未知）"
        told["en"] += f" (and {lacking} of unknown area)"
    return Text(zh.format(n=len(rows), area=told["zh"]), en.format(n=len(rows), area=told["en"]))


def _units(kind: str, rows: pd.DataFrame) -> Row:
    """Return what became of the units of a park, with the carriers in which they are."""
    told = _counted(_SENTENCES[kind], rows)
    places = rows["carrier_name"].fillna(UNKNOWN).value_counts(sort=False)
    zh = "、".join(f"{name} {n} 个" for name, n in places.items())
    en = ", ".join(f"{n} in {name}" for name, n in places.items())
    area = rows["area_m2"].sum(min_count=1)
    return _of_park(kind, rows, Text(f"{told.zh}：{zh}", f"{told.en} ({en})"), float(area))


def _same_class(rows: pd.DataFrame) -> pd.Series:
    """Tell which spaces are of a park of which none went to another class."""
    is_class = rows["kind"].eq(CLASS)
    moved = is_class & rows["before"].map(_value).ne(rows["after"].map(_value))
    return is_class & ~rows["park_id"].isin(rows.loc[moved, "park_id"])


def _value(code: object) -> str:
    """Return the class of a code without its ends."""
    return str(code).partition(" ")[0]


def _classes(rows: pd.DataFrame) -> Row:
    """Return how many spaces of a park went from which class to which."""
    pairs = zip(rows["before"].map(_value), rows["after"].map(_value), strict=True)
    moved = Counter(pair for pair in pairs if pair[0] != pair[1])
    zh, en = [], []
    for (then, now), n in sorted(moved.items()):
        words = class_title(then), class_title(now)
        zh.append(f"{n} 处由 {words[0].zh}变为 {words[1].zh}")
        en.append(f"{n} from {words[0].en} to {words[1].en}")
    same = len(rows) - moved.total()
    if same:
        zh.append(f"{same} 处类别不变，可能的范围有变")
        en.append(f"{same} of the same class, with another range")
    return _of_park(CLASS, rows, Text("；".join(zh), "; ".join(en)), None)


def _ranges(rows: pd.DataFrame, *, others: bool) -> Row:
    """Return one row for all parks of which no space went to another class."""
    n, parks = len(rows), rows["park_id"].nunique()
    return change(
        CLASS,
        "",
        Text(
            f"其余 {parks} 个园区" if others else f"{parks} 个园区",
            f"{parks} other parks" if others else f"{parks} parks",
        ),
        None,
        None,
        Text(
            f"{n} 处类别不变，可能的范围有变", f"{n} spaces of the same class, with another range"
        ),
        sample=bool(rows["sample"].any()),
    )


def _of_park(kind: str, rows: pd.DataFrame, told: Text, area: float | None) -> Row:
    first = rows.iloc[0]
    has_park = not unknown(first["park_id"])
    park = (str(first["park_id"]), str(first["park_name"])) if has_park else (None, None)
    return change(
        kind,
        park[0] or "",
        park[1] or _NO_PARK,
        None,
        None,
        told,
        area=area,
        park=park,
        sample=bool(rows["sample"].any()),
    )
