"""One carrier through the versions of its layer: what was known of it, and its state then."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.underuse import RULE_VERSION
from geo.underuse import judge
from geo.underuse import reason
from geo.underuse import underuse_facts
from layers.errors import AtlasError
from layers.errors import Text
from layers.marks import is_sample
from layers.underuse.judged import default_underuse
from layers.underuse.register import carrier_register
from layers.underuse.titles import UNDERUSE_TITLES

if TYPE_CHECKING:
    from geo.underuse import UnderuseParameters
    from layers.workspace import Workspace

_EVENT = {
    "time": Text("时间", "Time"),
    "version": Text("版本", "Version"),
    "author": Text("修改人", "Author"),
    "message": Text("说明", "Message"),
    "event": Text("变化", "Event"),
}
_OWN = (
    "vacancy_low",
    "vacancy_high",
    "months_low",
    "months_high",
    "yardstick",
    "output_low",
    "output_high",
    "age_low",
    "age_high",
    "recoverable_low",
    "recoverable_high",
    "evidence_share",
    "missing",
    "doubted",
)
_COMPARED = ("peer_median", "ratio_low", "ratio_high", "data_age_months")
_REGISTER = ("operator", "owner", "data_date")
_JUDGED = ("state", "possible", "exemption", "blockers")

HISTORY_TITLES = {
    **_EVENT,
    **{
        name: UNDERUSE_TITLES[name]
        for name in (
            "state",
            "recoverable_area_m2",
            *_OWN,
            *_COMPARED,
            *_JUDGED[1:],
            *_REGISTER,
            "reason_zh",
            "reason_en",
            "public_reason_zh",
            "public_reason_en",
            "sample",
            "rule_version",
            "parameters",
        )
    },
    "problem_zh": Text("无法读取的原因", "Why it cannot be read (Chinese)"),
    "problem_en": Text("无法读取的原因（英文）", "Why it cannot be read"),
}
"""Titles of the history of a carrier, in their order."""

_CHANGES = frozenset({*_OWN, *_REGISTER, "state", "hold"})
"""A version is listed if one of these differs; peers alone do not change a carrier's facts."""

_INFINITE = ("months_high", "age_high")

Row = dict[str, Any]


def carrier_history(
    workspace: Workspace, carrier_id: str, parameters: UnderuseParameters | None = None
) -> pd.DataFrame:
    """Return the versions in which what is known of a carrier changed, the latest first.

    Parameters
    ----------
    workspace
        The workspace.
    carrier_id
        The carrier.
    parameters
        The rule, and the day on which every version is judged; by default the rule as
        it is, each version judged on the latest day of its own data.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`HISTORY_TITLES`. ``event`` is ``added``, ``changed``,
        ``removed`` (the carrier is no longer there; no facts) or ``unreadable`` (the
        version cannot be read; ``problem_zh`` and ``problem_en`` say why).

    Raises
    ------
    WorkspaceError
        If the layer is damaged.
    """
    log = workspace.history("carriers").sort_values("version")
    rows: list[Row] = []
    before: Row | None = None
    entries: list[Row] = log.to_dict("records")  # type: ignore[assignment]
    for entry in entries:
        try:
            seen = _seen(workspace, int(entry["version"]), carrier_id, parameters)
        except AtlasError as error:
            # What cannot be read is told; what changed there is seen in the next version.
            rows.append(_row(entry, "unreadable") | _problem(error))
            continue
        event = _event(before, seen)
        if event:
            rows.append(_row(entry, event) | _told(seen))
        before = seen
    return _frame(rows[::-1])


def _seen(
    workspace: Workspace, version: int, carrier_id: str, parameters: UnderuseParameters | None
) -> Row | None:
    """Return what a version knows of the carrier; None if it is not in it."""
    tables = {"carriers": workspace.read("carriers", version)}
    register = carrier_register(tables, workspace.catalogue)
    if carrier_id not in register.index:
        return None
    rule = parameters or default_underuse(tables)
    facts = underuse_facts(register, rule).loc[[carrier_id]]
    fact: Row = facts.to_dict("records")[0]  # type: ignore[assignment]
    judged: Row = judge(facts, rule).to_dict("records")[0]  # type: ignore[assignment]
    told = {name: reason(fact, judged, rule, public=bool(name)) for name in ("", "public_")}
    low, high = fact["recoverable_low"], fact["recoverable_high"]
    own = register.loc[carrier_id]
    return {
        **fact,
        **judged,
        **{name: own[name] for name in _REGISTER},
        **{name: None for name in _INFINITE if fact[name] == float("inf")},
        **{f"{name}reason_zh": sentence.zh for name, sentence in told.items()},
        **{f"{name}reason_en": sentence.en for name, sentence in told.items()},
        "recoverable_area_m2": low if low == high else None,
        "sample": bool(is_sample(register)[carrier_id]),
        "rule_version": RULE_VERSION,
        "parameters": rule.as_text(),
    }


def _event(before: Row | None, seen: Row | None) -> str:
    if seen is None or before is None:
        return "" if seen is before else ("added" if before is None else "removed")
    return "changed" if any(not _same(before[n], seen[n]) for n in _CHANGES) else ""


def _same(one: object, other: object) -> bool:
    return one == other or bool(pd.isna(one) and pd.isna(other))  # type: ignore[call-overload]


def _row(entry: Row, event: str) -> Row:
    return {name: entry[name] for name in _EVENT if name in entry} | {"event": event}


def _told(seen: Row | None) -> Row:
    return {} if seen is None else {name: seen[name] for name in HISTORY_TITLES if name in seen}


def _problem(error: AtlasError) -> Row:
    return {"problem_zh": error.text.zh, "problem_en": error.text.en}


_TYPES = {
    "version": "Int64",
    "sample": "boolean",
    "data_date": "datetime64[s]",
    **dict.fromkeys(
        (
            "vacancy_low",
            "vacancy_high",
            "months_low",
            "months_high",
            "output_low",
            "output_high",
            "age_low",
            "age_high",
            "recoverable_low",
            "recoverable_high",
            "recoverable_area_m2",
            "evidence_share",
            *_COMPARED,
        ),
        "float64",
    ),
}


def _frame(rows: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(HISTORY_TITLES))
    return frame.astype({name: _TYPES.get(name, "str") for name in HISTORY_TITLES})
