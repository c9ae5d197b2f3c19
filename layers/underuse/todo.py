"""What is to be asked of whom: missing numbers, and what they could make of the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.lists import items_of
from geo.underuse import STATES
from geo.underuse import parse_gaps
from geo.underuse import what_would_change
from layers.errors import Text
from layers.i18n import unknown
from layers.underuse.register import carrier_register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.underuse import Gaps
    from layers.catalogue import Catalogue
    from layers.underuse.judged import Underuse

TODO_TITLE = Text("低效空间待补数据", "Missing data of building space")
"""Title of the to-do list."""

TODO_TITLES = {
    "who": Text("询问对象", "To ask"),
    "who_kind": Text("对象类型", "Who that is"),
    "carrier_id": Text("载体编码", "Carrier id"),
    "name": Text("载体", "Carrier"),
    "field": Text("字段", "Field"),
    "field_title_zh": Text("待补内容", "What is missing (Chinese)"),
    "field_title_en": Text("待补内容（英文）", "What is missing"),
    "why": Text("原因", "Why"),
    "matters": Text("可能改变状态", "Could change the state"),
    "could_become": Text("可能变为", "Could become"),
    "sample": Text("示例数据", "Sample data"),
}
"""Titles of its columns."""

_CONTRADICTED = "vacant_area_m2"
_STALE = "data_date"
_GAPS = "gaps"
_NOT_APPLICABLE = "not_applicable"


def missing_data(
    found: Underuse, tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> pd.DataFrame:
    """Return every number that is missing, who could tell it, and what it could change.

    Parameters
    ----------
    found
        The judgement.
    tables
        The layers that it was made from; ``parks`` is used if it is there.
    catalogue
        Gives the titles of the fields.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`TODO_TITLES`, what matters first, then by ``who``. ``who`` is
        the operator, else the owner, else the name of the park; missing if nobody is
        known, which ``who_kind`` says (``operator``, ``owner``, ``park``, ``unknown``).
        ``why`` is ``not_reported``, ``withheld``, ``doubtful``, ``contradiction`` (the
        areas do not add up), ``stale``, or ``unread`` (an entry of ``gaps`` that is not
        understood). ``could_become`` are the states that the number alone could lead
        to, joined by ``;``; empty if it changes nothing. What does not apply is not
        asked for.
    """
    register = carrier_register(tables, catalogue)
    gaps = {carrier: parse_gaps(cell) for carrier, cell in register["gaps"].items()}
    asked = what_would_change(_with_wrong(found), found.parameters)
    now = found.facts["state"]
    rows = [
        {
            "carrier_id": carrier,
            "field": field,
            "why": _why(found.facts.loc[carrier], gaps[carrier], field),
            "could_become": _others(ends, str(now[carrier])),
        }
        for carrier, field, *ends in asked[
            ["row", "field", "state_if_best", "state_if_worst"]
        ].itertuples(index=False, name=None)
    ]
    rows = [row for row in rows if row["why"] != _NOT_APPLICABLE]
    rows += [
        {"carrier_id": carrier, "field": _GAPS, "why": "unread", "could_become": ""}
        for carrier, said in gaps.items()
        if said.unread
    ]
    columns = ["carrier_id", "field", "why", "could_become"]
    return _ordered(
        _told(pd.DataFrame(rows, columns=columns, dtype="str"), found, tables, catalogue)
    )


def _with_wrong(found: Underuse) -> pd.DataFrame:
    """Return the facts with what is there, but wrong or old, among what is missing."""
    facts = found.facts
    added = pd.DataFrame(
        {
            _CONTRADICTED: facts["flaw"].eq("contradiction"),
            _STALE: facts["data_age_months"].gt(found.parameters.stale_months),
        }
    )
    missing = [
        ";".join(dict.fromkeys([*items_of(cell), *added.columns[wrong]]))
        for cell, wrong in zip(facts["missing"], added.to_numpy(), strict=True)
    ]
    return facts.assign(missing=missing)


def _why(facts: pd.Series, gaps: Gaps, field: str) -> str:
    if field == _CONTRADICTED and facts["flaw"] == "contradiction":
        return "contradiction"
    if field == _STALE and pd.notna(facts["data_age_months"]):
        return "stale"
    return gaps.states.get(field, "not_reported")


def _others(ends: list[str], now: str) -> str:
    severest_first = sorted(set(ends) - {now}, key=STATES.index, reverse=True)
    return ";".join(severest_first)


def _told(
    rows: pd.DataFrame,
    found: Underuse,
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Add whom to ask, and names for people."""
    judged = found.table.set_index("carrier_id")
    who = pd.DataFrame(
        _holders(judged, _park_names(tables)), index=judged.index, columns=["who", "who_kind"]
    )
    told = rows.join(who, on="carrier_id").join(judged[["name", "sample"]], on="carrier_id")
    titles = {field.name: field.title for field in catalogue.layer("carriers").fields}
    told = told.assign(
        field_title_zh=told["field"].map(lambda name: titles[name].zh).astype("str"),
        field_title_en=told["field"].map(lambda name: titles[name].en).astype("str"),
        matters=told["could_become"].ne(""),
    )
    return told[list(TODO_TITLES)].astype({"who": "str", "who_kind": "str"})


def _holders(judged: pd.DataFrame, parks: Mapping[str, str]) -> list[tuple[str | None, str]]:
    columns = (judged[name] for name in ("operator", "owner", "park_id"))
    return [
        _holder(operator, owner, park, parks)
        for operator, owner, park in zip(*columns, strict=True)
    ]


def _holder(
    operator: object, owner: object, park: object, parks: Mapping[str, str]
) -> tuple[str | None, str]:
    if not unknown(operator):
        return str(operator), "operator"
    if not unknown(owner):
        return str(owner), "owner"
    if not unknown(park):
        return parks.get(str(park), str(park)), "park"
    return None, "unknown"


def _park_names(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    if "parks" not in tables:
        return {}
    named = tables["parks"].dropna(subset=["name"])
    return dict(zip(named["park_id"], named["name"], strict=True))


def _ordered(told: pd.DataFrame) -> pd.DataFrame:
    order = {field: number for number, field in enumerate(dict.fromkeys(told["field"]))}
    place = told["field"].map(order)
    return (
        told.assign(_place=place)
        .sort_values(
            ["matters", "who", "carrier_id", "_place"],
            ascending=[False, True, True, True],
            na_position="last",
            kind="stable",
        )
        .drop(columns="_place")
        .reset_index(drop=True)
    )
