"""What is asked of a layer: parameters of a request, read strictly.

A parameter that the resource does not have, or a value that means nothing, is refused: a
program that misspells a filter must not get the whole layer (OGC 17-069r4, requirements
``/req/core/query-param-unknown`` and ``query-param-invalid``). A box also finds the rows
without a place, and a time those without a day (``fc-bbox-response``, ``fc-time-response``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from layers.frames import has_geometry
from layers.live.refusals import bad_value
from layers.live.refusals import no_right
from layers.live.refusals import twice
from layers.live.refusals import unknown_parameter
from layers.live.systems import CRS84
from layers.live.systems import LiveSystem
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.live.snapshots import Snapshot

PINNED = "atlas-version"
"""The parameter that asks for a version; no field can have that name."""

LANG, FORMAT = "lang", "f"
BOX, BOX_CRS, TIME, LIMIT, PROPERTIES = "bbox", "bbox-crs", "datetime", "limit", "properties"
COMMON = (FORMAT, LANG)
"""Parameters of every resource."""

ITEM = (*COMMON, "crs", PINNED)
"""Parameters of one item."""

ITEMS = (*ITEM, BOX, BOX_CRS, TIME, LIMIT, "offset", PROPERTIES)
"""Parameters of a list of items besides the fields."""

USUAL, MOST = 1000, 10_000
"""How many items a page has if nothing is said, and at most."""

_COUNT = re.compile(r"[0-9]{1,9}")
_BOX_SIZES = {4: (0, 1, 2, 3), 6: (0, 1, 3, 4)}
_DAY = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?"
)


@dataclass(frozen=True)
class Query:
    """What was asked.

    Attributes
    ----------
    system
        In which system the answer is.
    outline
        What the places must touch, in EPSG:4490; ``None`` for anything. Rows without a
        place are found in any case.
    days
        First and last day, each ``None`` for open; ``None`` for any time. Rows without a
        day are found in any case.
    equal
        Values by field, as written in the address.
    fields
        The fields of the answer.
    limit, offset
        Size of the page, and how many rows stand before it.
    given
        The parameters as they stand in the address, for links to the other pages.
    """

    system: LiveSystem
    outline: shapely.Geometry | None
    days: tuple[dt.date | None, dt.date | None] | None
    equal: Mapping[str, str]
    fields: tuple[str, ...]
    limit: int = USUAL
    offset: int = 0
    given: tuple[tuple[str, str], ...] = ()

    def rows(self, snapshot: Snapshot) -> NDArray[np.intp]:
        """Return the numbers of all rows that are asked for, in the order of their ids."""
        kept = np.ones(len(snapshot.sheet.frame), dtype=np.bool_)
        for name, text in self.equal.items():
            kept &= _equal(snapshot, name, text)
        if self.days is not None:
            kept &= _on_days(snapshot, self.days)
        if self.outline is not None:
            kept &= _touching(snapshot, self.outline)
        return np.flatnonzero(kept)


def once(given: Sequence[tuple[str, str]], known: Sequence[str]) -> dict[str, str]:
    """Return parameters by name.

    Raises
    ------
    LiveRefusal
        400 if one is not known or given twice.
    """
    for name, count in Counter(name for name, _value in given).items():
        if name not in known:
            raise unknown_parameter(name, known)
        if count > 1:
            raise twice(name)
    return dict(given)


def asked(
    given: Sequence[tuple[str, str]], snapshot: Snapshot, systems: Mapping[str, LiveSystem]
) -> Query:
    """Read the parameters of a list of items.

    Parameters
    ----------
    given
        Names and values as they stand in the address.
    snapshot
        What is asked.
    systems
        The systems it can be asked in, by URI.

    Raises
    ------
    LiveRefusal
        400 if a parameter is not known or its value means nothing; 403 for a field that
        the audience may not see.
    """
    hidden = set(snapshot.spec.field_names) - set(snapshot.fields)
    for name, _value in given:
        if name in hidden:
            raise no_right(name)
    told = once(given, (*ITEMS, *snapshot.fields))
    return Query(
        system=system_of(told, "crs", systems),
        outline=_outline(told, systems),
        days=_days(told.get(TIME)),
        equal=_values(told, snapshot),
        fields=_fields(told, snapshot, hidden),
        limit=_limit(told),
        offset=_count(told, "offset") or 0,
        given=tuple(given),
    )


def system_of(told: Mapping[str, str], name: str, systems: Mapping[str, LiveSystem]) -> LiveSystem:
    """Return the system that a parameter names, CRS84 if it is not given.

    Raises
    ------
    LiveRefusal
        400 if there is no such system.
    """
    uri = told.get(name, CRS84)
    if uri not in systems:
        listed = ", ".join(systems)
        raise bad_value(name, uri, f"可用：{listed}", f"use one of {listed}")
    return systems[uri]


def pinned(told: Mapping[str, str], current: int) -> int:
    """Return the version that is asked for, the current one if nothing is said.

    Raises
    ------
    LiveRefusal
        400 if there is no such version.
    """
    version = _count(told, PINNED)
    if version is None:
        return current
    if version > current:
        known = f"0–{current}"
        raise bad_value(PINNED, str(version), f"现有版本 {known}", f"there are {known}")
    return version


def _count(told: Mapping[str, str], name: str) -> int | None:
    text = told.get(name)
    if text is None:
        return None
    if not _COUNT.fullmatch(text):
        raise bad_value(name, text, "须为非负整数", "give a whole number, 0 or more")
    return int(text)


def _limit(told: Mapping[str, str]) -> int:
    limit = _count(told, LIMIT)
    if limit == 0:
        raise bad_value(LIMIT, "0", f"须为 1 至 {MOST}", f"give 1 to {MOST}")
    return min(USUAL if limit is None else limit, MOST)


def _outline(told: Mapping[str, str], systems: Mapping[str, LiveSystem]) -> shapely.Geometry | None:
    text = told.get(BOX)
    if text is None:
        if BOX_CRS in told:
            uri = told[BOX_CRS]
            raise bad_value(BOX_CRS, uri, "须与 bbox 同用", "it goes with a bbox")
        return None
    system = system_of(told, BOX_CRS, systems)
    try:
        numbers = [float(part) for part in text.split(",")]
        # A height means nothing here: all features lie in the plane.
        return system.outline([numbers[i] for i in _BOX_SIZES[len(numbers)]])
    except (KeyError, ValueError) as error:
        raise bad_value(
            BOX,
            text,
            "须为该坐标系中的四个数，先小后大，以逗号分隔",
            "give four numbers of its system, the lower corner first, with commas between",
        ) from error


def _days(text: str | None) -> tuple[dt.date | None, dt.date | None] | None:
    """Return first and last day; of a time the day counts that is written, in its own zone."""
    if text is None:
        return None
    try:
        return _interval(text.split("/"))
    except ValueError as error:
        raise bad_value(
            TIME,
            text,
            "须为日期、时间（RFC 3339）或以“/”分隔的起止，开放的一端写“..”",
            "give a day, a time (RFC 3339), or two of them with '/' between and '..' for open",
        ) from error


def _interval(parts: Sequence[str]) -> tuple[dt.date | None, dt.date | None]:
    if len(parts) == 1:
        day = _day(parts[0])
        return day, day
    first, last = (None if part in {"", ".."} else _day(part) for part in parts)
    if first and last and first > last:
        raise ValueError(parts)
    return first, last


def _day(text: str) -> dt.date:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return dt.date.fromisoformat(found["day"])


def _values(told: Mapping[str, str], snapshot: Snapshot) -> dict[str, str]:
    values = {name: told[name] for name in snapshot.fields if name in told and name not in ITEMS}
    for name, text in values.items():
        if parse(pd.Series([text], dtype=object), snapshot.fields[name]).bad.any():
            kind = snapshot.fields[name].type
            raise bad_value(name, text, f"不是该字段的值（{kind}）", f"the field is of type {kind}")
    return values


def _fields(told: Mapping[str, str], snapshot: Snapshot, hidden: set[str]) -> tuple[str, ...]:
    text = told.get(PROPERTIES)
    if text is None:
        return tuple(snapshot.fields)
    names = tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if name in hidden:
            raise no_right(name)
        if name not in snapshot.fields:
            listed = ", ".join(snapshot.fields)
            raise bad_value(PROPERTIES, name, f"可用字段：{listed}", f"fields: {listed}")
    return tuple(name for name in snapshot.fields if name in names)


def _equal(snapshot: Snapshot, name: str, text: str) -> NDArray[np.bool_]:
    wanted = parse(pd.Series([text], dtype=object), snapshot.fields[name]).column.iloc[0]
    if pd.isna(wanted):
        return np.zeros(len(snapshot.sheet.frame), dtype=np.bool_)
    same = snapshot.sheet.frame[name].eq(wanted)
    return same.fillna(value=False).to_numpy(dtype=np.bool_)


def _on_days(snapshot: Snapshot, days: tuple[dt.date | None, dt.date | None]) -> NDArray[np.bool_]:
    if not snapshot.time_field:
        return np.ones(len(snapshot.sheet.frame), dtype=np.bool_)
    known = snapshot.sheet.frame[snapshot.time_field]
    first, last = days
    kept = known.isna()
    within = known.notna()
    if first is not None:
        within &= known >= np.datetime64(first)
    if last is not None:
        within &= known <= np.datetime64(last)
    return (kept | within).to_numpy(dtype=np.bool_)


def _touching(snapshot: Snapshot, outline: shapely.Geometry) -> NDArray[np.bool_]:
    bounds = snapshot.bounds
    kept = np.isnan(bounds[:, 0])
    if not has_geometry(snapshot.sheet.frame):
        return kept
    west, south, east, north = shapely.bounds(outline)
    near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west)
    near &= (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    rows = np.flatnonzero(near)
    shapely.prepare(outline)
    kept[rows] = shapely.intersects(outline, snapshot.sheet.frame.geometry.to_numpy()[rows])
    return kept
