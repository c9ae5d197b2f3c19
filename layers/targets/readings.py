"""What was reported for a target: one reading a period, with what it was before it was revised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.monitoring import ratio_of_parts
from geo.monitoring import total_of_parts
from layers.i18n import unknown
from layers.targets import remarks
from layers.targets.definitions import RATIO
from layers.targets.definitions import VALUES
from layers.targets.terms import day_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from layers.errors import Text
    from layers.targets.definitions import Target

ANNUAL, ROLLING, CUMULATIVE, POINT = "annual", "rolling", "cumulative", "point"
_ORDER = (ANNUAL, ROLLING, CUMULATIVE, POINT)
_WHOLE = ""
_CLOSE = 1e-6
_YEAR_END = (12, 31)


@dataclass(frozen=True, slots=True)
class Past:
    """What a reading was before it was revised.

    Attributes
    ----------
    value
        In the unit of the target.
    revision
        Which revision it was.
    reported_on
        When it was reported; None if that is not known.
    """

    value: float
    revision: int
    reported_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a target in a period, as it stands now.

    Attributes
    ----------
    period_end
        Last day of the period.
    basis
        ``annual``, ``rolling``, ``cumulative`` or ``point``.
    value
        In the unit of the target; NaN if a part is missing.
    numerator, denominator
        Of a ratio, over the parts of which both are known; NaN otherwise.
    missing
        Parts that nobody reported.
    entities, entity_set
        How many entities were counted, and from which list; None and empty if unknown.
    revision
        How often it was revised.
    reported_on
        When the number was reported last.
    source
        Where it comes from.
    sample
        Whether a row of it is sample data.
    comparable
        Whether it may be held against the target.
    past
        What it was before, the first first.
    problems
        What a reader must know.
    """

    period_end: dt.date
    basis: str
    value: float
    numerator: float = math.nan
    denominator: float = math.nan
    missing: tuple[str, ...] = ()
    entities: int | None = None
    entity_set: str = ""
    revision: int = 0
    reported_on: dt.date | None = None
    source: str = ""
    sample: bool = False
    comparable: bool = True
    past: tuple[Past, ...] = ()
    problems: tuple[Text, ...] = ()


def readings_of(
    tables: Mapping[str, pd.DataFrame], target: Target, today: dt.date
) -> tuple[Reading, ...]:
    """Return what was reported for a target, by period and basis, the first first.

    Parameters
    ----------
    tables
        Layers by key; without ``target_values`` nothing was reported.
    target
        The target.
    today
        The day of the question: what ends later is no value yet.
    """
    frame = tables.get(VALUES)
    if frame is None:
        return ()
    own = frame[frame["target_id"].eq(target.target_id)]
    expected = target.parts or tuple(sorted(own["part"].dropna().unique()))
    found = [
        _reading(pd.DataFrame(rows), target, expected, today)
        for _period, rows in own.groupby(["period_end", "basis"], sort=True)
    ]
    found.sort(key=lambda reading: (reading.period_end, _ORDER.index(reading.basis)))
    return _with_changed_entities(found)


def _reading(
    rows: pd.DataFrame, target: Target, expected: tuple[str, ...], today: dt.date
) -> Reading:
    """Return the reading of one period and basis from all its rows."""
    ordered = rows.assign(revision=rows["revision"].fillna(0)).sort_values(
        ["revision", "reported_on", "value_id"], na_position="first", kind="stable"
    )
    steps: list[Reading] = []
    state: dict[str, dict[Any, Any]] = {}
    for _revision, step in ordered.groupby("revision", sort=True):
        for row in step.to_dict("records"):
            state[_WHOLE if unknown(row["part"]) else str(row["part"])] = row
        steps.append(_whole(state, target, expected, int(step["revision"].iloc[0])))
    now = steps[-1]
    past = tuple(
        Past(step.value, step.revision, step.reported_on)
        for step in steps[:-1]
        if not math.isnan(step.value)
    )
    problems = (*now.problems, *_doubles(ordered))
    not_yet = now.period_end > today
    if not_yet:
        problems += (remarks.in_future(now.period_end),)
    elif not _is_comparable(now, target):
        problems += (remarks.not_comparable(now.basis),)
    comparable = not not_yet and _is_comparable(now, target)
    return replace(now, past=past, problems=problems, comparable=comparable)


def _whole(
    state: Mapping[str, Mapping[Any, Any]], target: Target, expected: tuple[str, ...], revision: int
) -> Reading:
    """Return the reading that the rows of the parts, or of the whole, give."""
    last = max(state.values(), key=lambda row: str(day_of(row["reported_on"]) or ""))
    used = {_WHOLE: state[_WHOLE]} if _WHOLE in state else dict(state)
    counts = [row["entities"] for row in used.values()]
    known = Reading(
        period_end=last["period_end"].date(),
        basis=str(last["basis"]),
        value=math.nan,
        entities=None if any(map(unknown, counts)) else int(sum(counts)),
        entity_set=_joined(used, "entity_set"),
        revision=revision,
        reported_on=day_of(last["reported_on"]),
        source=_joined(used, "source"),
        sample=any(row["sample"] is True for row in used.values()),
    )
    parts = () if _WHOLE in state else expected
    if target.kind == RATIO:
        return _ratio(known, used, parts, target)
    found = total_of_parts(_column(used, "value"), parts)
    told = replace(known, value=found.value, missing=_named(found.missing))
    return _against_parts(told, state, expected)


def _ratio(
    known: Reading,
    used: Mapping[str, Mapping[Any, Any]],
    parts: tuple[str, ...],
    target: Target,
) -> Reading:
    found = ratio_of_parts(_column(used, "numerator"), _column(used, "denominator"), parts)
    value, problems = found.value * target.scale, known.problems
    stated = math.nan if _WHOLE not in used else _number(used[_WHOLE]["value"])
    if math.isnan(found.numerator) and not math.isnan(stated):
        # Somebody told the ratio only: it is shown, and that nobody can check it.
        return replace(known, value=stated, problems=(*problems, remarks.ratio_only()))
    if not math.isnan(stated) and not math.isclose(stated, value, rel_tol=1e-2):
        problems += (remarks.ratio_differs(stated, value),)
    if not found.missing and math.isnan(found.value):
        problems += (remarks.no_denominator(),)
    return replace(
        known,
        value=value,
        numerator=found.numerator,
        denominator=found.denominator,
        missing=_named(found.missing),
        problems=problems,
    )


def _against_parts(
    told: Reading, state: Mapping[str, Mapping[Any, Any]], expected: tuple[str, ...]
) -> Reading:
    """Say so where a total and all its parts were reported and do not agree."""
    parts = {name: row for name, row in state.items() if name != _WHOLE}
    if _WHOLE not in state or not parts:
        return told
    total = total_of_parts(_column(parts, "value"), expected).value
    if math.isnan(total) or math.isclose(total, told.value, rel_tol=_CLOSE, abs_tol=_CLOSE):
        return told
    return replace(told, problems=(*told.problems, remarks.parts_differ(told.value, total)))


def _is_comparable(reading: Reading, target: Target) -> bool:
    """Tell whether a reading is of a whole year, as the target is."""
    ends_year = (reading.period_end.month, reading.period_end.day) == _YEAR_END
    if reading.basis == ANNUAL:
        return ends_year
    # Of a ratio the seasons weigh in both sums; of a total a part of a year is no year.
    return reading.basis != CUMULATIVE or ends_year or target.kind == RATIO


def _doubles(ordered: pd.DataFrame) -> tuple[Text, ...]:
    """Say so where two rows are the same revision of the same part."""
    twice = ordered[ordered.duplicated(["part", "revision"], keep=False)]
    return (remarks.told_twice(len(twice)),) if len(twice) else ()


def _with_changed_entities(found: list[Reading]) -> tuple[Reading, ...]:
    """Flag the readings whose entities are not those of the reading before of the same basis."""
    told: list[Reading] = []
    before: dict[str, Reading] = {}
    for reading in found:
        earlier = before.get(reading.basis)
        before[reading.basis] = reading
        note = None if earlier is None else _changed(earlier, reading)
        told.append(
            reading if note is None else replace(reading, problems=(*reading.problems, note))
        )
    return tuple(told)


def _changed(before: Reading, after: Reading) -> Text | None:
    if before.entity_set and after.entity_set and before.entity_set != after.entity_set:
        return remarks.other_entities(before.entity_set, after.entity_set)
    counts = (before.entities, after.entities)
    if None not in counts and counts[0] != counts[1]:
        return remarks.other_count(before.entities or 0, after.entities or 0)
    return None


def _column(rows: Mapping[str, Mapping[Any, Any]], name: str) -> pd.Series[float]:
    return pd.Series({part: _number(row[name]) for part, row in rows.items()}, dtype="float64")


def _number(cell: Any) -> float:  # noqa: ANN401 - any cell of a table
    return math.nan if unknown(cell) else float(cell)


def _joined(rows: Mapping[str, Mapping[Any, Any]], name: str) -> str:
    told = (str(row[name]).strip() for row in rows.values() if not unknown(row[name]))
    return "；".join(dict.fromkeys(text for text in told if text))


def _named(missing: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in missing if part != _WHOLE)
