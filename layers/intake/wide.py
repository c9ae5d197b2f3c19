"""Tables that mix carriers and units: every row is a unit, the carrier repeats or is left blank.

Such a table is split into both. A carrier is what its rows say first; a unit keeps
its row and is given the key of the carrier above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
from pandas.api.types import is_scalar

from layers.errors import IntakeError
from layers.intake.cells import read_cells
from layers.intake.columns import LEFT_OUT
from layers.intake.columns import PLACES
from layers.intake.columns import Columns
from layers.intake.columns import find_columns
from layers.intake.readers.headings import blank
from layers.values import cell_text
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue

# How many columns that only the one has make a table tell of it. A list of units
# names the carrier and often its address, which makes it no list of carriers.
_LEAST = 2
# Less than this share of unreadable cells is a slip, and more is another column.
_MOST = 0.5
_ROOM = "floor"
# What only a room or a lease has; other fields of units may be said of a building.
_MARKS = frozenset({_ROOM, "tenant", "lease_start", "lease_end"})


CARRIERS, UNITS = "carriers", "units"
"""Keys of the two layers that one table may hold."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which column is whose.

    Attributes
    ----------
    key, name
        Columns of the id and the name of the carrier; empty if there is none.
    unit
        Column of the id of the unit; empty if there is none.
    room
        Column of floor or room; empty if there is none.
    owner
        Heading under which a unit names its carrier.
    carriers, units
        Columns of either; some are of both.
    telling
        Columns that make a row a unit.
    """

    key: str
    name: str
    unit: str
    room: str
    owner: str
    carriers: tuple[str, ...]
    units: tuple[str, ...]
    telling: tuple[str, ...]


@dataclass(slots=True)
class _Group:
    """One carrier: its key, the positions of its rows, the first value of every column."""

    key: str
    rows: list[int] = dataclass_field(default_factory=list)
    first: dict[str, tuple[Any, int]] = dataclass_field(default_factory=dict)


def is_wide(raw: Raw, carriers: LayerSpec, units: LayerSpec) -> bool:
    """Tell whether a table mixes carriers and units.

    It does if it names the carrier, has columns that only carriers have and some
    that only units have, and several rows are of one carrier (or units have ids).
    """
    return _plan(raw, carriers, units) is not None


def split_wide(
    raw: Raw,
    carriers: LayerSpec,
    units: LayerSpec,
    request: Request,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Raw, Raw] | None:
    """Split a table that mixes carriers and units.

    Parameters
    ----------
    raw
        The table, without lines that are no records.
    carriers, units
        The two layers.
    request
        The file, for the findings.
    mapping
        Heading → field of either layer, as the planner says.

    Returns
    -------
    tuple of Raw, or None
        The carriers, one row each with the number of its first row in the file,
        and the units with the rows of the file that tell of one. Every row is in
        one of the two. None if the table is not wide.
    """
    plan = _plan(raw, carriers, units, mapping)
    if plan is None:
        return None
    groups, orphans = _groups(raw, plan)
    of_row = {i: group for group in groups for i in group.rows}
    # A formula without a result is no empty cell, though it looks like one.
    pending = {issue.row for issue in raw.issues if issue.field in plan.telling}
    telling = [
        int(row) in pending or not all(map(blank, cells))
        for row, cells in zip(raw.rows, _cells(raw, plan.telling), strict=True)
    ]
    for_carriers = replace(request, layer=carriers.key)
    for_units = replace(request, layer=units.key)
    unit_rows = [i for i, told in enumerate(telling) if told or i in orphans]
    conflicts = _gather(raw, plan, groups, for_carriers)
    found, made = _units(raw, plan, unit_rows, of_row, units)
    silent = [i for g in groups for i in g.rows[1:] if not telling[i]]
    carrier_issues = [
        for_carriers.issue("wide_table_split", carriers=len(groups), units=len(unit_rows)),
        *conflicts,
    ]
    if silent:
        row = int(raw.rows.iloc[silent[0]])
        carrier_issues.append(for_carriers.issue("wide_rows_merged", row, count=len(silent)))
    first = [group.rows[0] for group in groups]
    return (
        replace(
            raw,
            frame=_carriers(plan, groups),
            rows=raw.rows.iloc[first].reset_index(drop=True),
            issues=(*_shared(raw, plan, first, carriers, units=False), *carrier_issues),
        ),
        replace(
            raw,
            frame=found,
            rows=raw.rows.iloc[unit_rows].reset_index(drop=True),
            dropped=0,
            issues=(
                *_shared(raw, plan, unit_rows, units, units=True),
                *_unit_issues(raw, plan, unit_rows, of_row, made, for_units),
            ),
        ),
    )


# --- which column is whose -------------------------------------------------


def _plan(
    raw: Raw, carriers: LayerSpec, units: LayerSpec, mapping: Mapping[str, str] | None = None
) -> _Plan | None:
    headings = [str(heading) for heading in raw.frame.columns]
    if raw.shapes:
        return None
    ours, theirs = _by_content(raw, headings, carriers, units, mapping or {})
    if ours is None or theirs is None:
        return None
    own = {h: f for f, h in ours.fields.items()}
    let = {h: f for f, h in theirs.fields.items()}
    key = ours.fields.get(carriers.id_field, "")
    name = ours.fields.get(carriers.name_field, "")
    unit = theirs.fields.get(units.id_field, "")
    if key and key == unit:
        # 编码 may be of either; an id that every row has for itself is of the unit.
        if name and _is_unique(raw.frame[key]):
            key = ""
        else:
            unit = ""
    only_carriers = [h for h in own if h not in let and h not in (key, name, unit)]
    only_units = [h for h in let if h not in own and h not in (key, name, unit)]
    if not (key or name) or min(len(only_carriers), len(only_units) + bool(unit)) < _LEAST:
        return None
    marked = any(let[h] in _MARKS for h in only_units) and _repeats(raw, key, name)
    if not unit and not marked:
        return None
    places = [h for h in ours.places.values() if h not in own]
    both = [h for h in own if h in let and h not in (key, name, unit)]
    provenance = [h for h in both if own[h] == let[h] and not _varies(raw, key or name, h)]
    varying = [h for h in both if _varies(raw, key or name, h)]
    steady = [h for h in both if h not in varying]
    reference = next(f for f in units.fields if f.references and f.references[0] == carriers.key)
    owner = theirs.fields.get(reference.name, reference.title.zh)
    known = {key, name, unit, owner, *only_carriers, *only_units, *both, *places}
    unknown = [h for h in headings if h not in known]
    of_carriers = {key, name, *only_carriers, *steady, *places} - {""}
    of_units = {owner, unit, *only_units, *varying, *provenance, *unknown} - {""}
    return _Plan(
        key=key,
        name=name,
        unit=unit,
        room=theirs.fields.get(_ROOM, ""),
        owner=owner,
        carriers=tuple(h for h in headings if h in of_carriers),
        units=tuple(h for h in headings if h in of_units),
        telling=tuple(h for h in headings if h in {unit, *only_units, *varying} - {""}),
    )


def _by_content(
    raw: Raw,
    headings: Sequence[str],
    carriers: LayerSpec,
    units: LayerSpec,
    mapping: Mapping[str, str],
) -> tuple[Columns | None, Columns | None]:
    """Return the columns of both layers; of a heading that both know, its cells may say whose.

    入驻企业 is a number of a building and a name of a unit.
    """
    foreign: dict[str, set[str]] = {CARRIERS: set(), UNITS: set()}
    while True:
        ours, theirs = (
            _found([h for h in headings if h not in foreign[key]], spec, mapping)
            for key, spec in ((CARRIERS, carriers), (UNITS, units))
        )
        if ours is None or theirs is None:
            return ours, theirs
        let = {h: f for f, h in theirs.fields.items()}
        decided = False
        for field, heading in ours.fields.items():
            if heading in let:
                fields = carriers.field(field), units.field(let[heading])
                if whose := _content(raw, heading, *fields):
                    foreign[UNITS if whose == CARRIERS else CARRIERS].add(heading)
                    decided = True
        if not decided:
            return ours, theirs


def _content(raw: Raw, heading: str, ours: FieldSpec, theirs: FieldSpec) -> str:
    """Return the layer whose field alone can read a column; empty if both can, or none."""
    if (ours.type, ours.choices) == (theirs.type, theirs.choices):
        return ""
    cells = raw.frame[heading]
    cells = cells[[bool(_text(cell)) for cell in cells]]
    ours_can, theirs_can = (_readable(cells, heading, field) for field in (ours, theirs))
    if ours_can == theirs_can:
        return ""
    return CARRIERS if ours_can else UNITS


def _readable(cells: pd.Series[Any], heading: str, field: FieldSpec) -> bool:
    """Tell whether most cells are values of a field; some are always misspelt."""
    bad = parse(read_cells(cells, field, heading), field).bad
    return not bad.empty and bool(bad.mean() < _MOST)


def mapping_of(mapping: Mapping[str, str], spec: LayerSpec) -> dict[str, str]:
    """Return what a mapping says of one layer; a field of the other one is left out of it."""
    there = {*spec.field_names, *PLACES, *LEFT_OUT}
    return {heading: t if t in there else LEFT_OUT[0] for heading, t in mapping.items()}


def _found(headings: Sequence[str], spec: LayerSpec, mapping: Mapping[str, str]) -> Columns | None:
    said = {h: target for h, target in mapping_of(mapping, spec).items() if h in headings}
    try:
        return find_columns(headings, spec, said)
    except IntakeError:
        return None


def _text(cell: Any) -> str:  # noqa: ANN401 -- a cell may be anything
    return "" if blank(cell) or (is_scalar(cell) and pd.isna(cell)) else cell_text(cell).strip()


def _texts(raw: Raw, heading: str) -> list[str]:
    return [_text(cell) for cell in raw.frame[heading]] if heading else [""] * len(raw.frame)


def _is_unique(column: pd.Series[Any]) -> bool:
    texts = [_text(cell) for cell in column]
    return all(texts) and len(set(texts)) == len(texts)


def _repeats(raw: Raw, key: str, name: str) -> bool:
    """Tell whether several rows are of one carrier."""
    pairs = list(zip(_texts(raw, key), _texts(raw, name), strict=True))
    named = [pair[0] or pair[1] for pair in pairs]
    return len({text for text in named if text}) < len(named) and any(named)


def _varies(raw: Raw, key: str, heading: str) -> bool:
    """Tell whether the rows of one carrier have different values in a column."""
    known: dict[str, str] = {}
    current = ""
    for carrier, text in zip(_texts(raw, key), _texts(raw, heading), strict=True):
        current = carrier or current
        if text and known.setdefault(current, text) != text:
            return True
    return False


# --- which row is whose ----------------------------------------------------


def _groups(raw: Raw, plan: _Plan) -> tuple[list[_Group], set[int]]:
    """Return the carriers in order, and the rows above the first of them."""
    groups: list[_Group] = []
    by_key: dict[str, _Group] = {}
    by_name: dict[str, _Group] = {}
    orphans: set[int] = set()
    current: _Group | None = None
    keys, names = _texts(raw, plan.key), _texts(raw, plan.name)
    for i, (key, name) in enumerate(zip(keys, names, strict=True)):
        if key:
            current = by_key.get(key)
        elif name:
            current = by_name.get(name)
        if current is None and (key or name):
            current = _Group(key or name)
            groups.append(current)
        if current is None:
            orphans.add(i)
            continue
        if key:
            by_key.setdefault(key, current)
        if name:
            by_name.setdefault(name, current)
        current.rows.append(i)
    return groups, orphans


def _cells(raw: Raw, headings: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    return iter(raw.frame[list(headings)].itertuples(index=False, name=None))


def _gather(raw: Raw, plan: _Plan, groups: Sequence[_Group], request: Request) -> list[Issue]:
    """Give every carrier the first value of each column, and return what differs from it."""
    rows = list(_cells(raw, plan.carriers))
    issues: list[Issue] = []
    for group in groups:
        for i in group.rows:
            for heading, cell in zip(plan.carriers, rows[i], strict=True):
                text = _text(cell)
                if not text:
                    continue
                kept, at = group.first.setdefault(heading, (cell, i))
                if _text(kept) != text:
                    details = {"first": int(raw.rows.iloc[at]), "kept": _text(kept)}
                    row = int(raw.rows.iloc[i])
                    issues.append(
                        request.issue(
                            "carrier_conflict",
                            row,
                            heading,
                            value=text,
                            carrier=group.key,
                            **details,
                        )
                    )
    return issues


def _carriers(plan: _Plan, groups: Sequence[_Group]) -> pd.DataFrame:
    cells = [[group.first.get(h, (None, 0))[0] for h in plan.carriers] for group in groups]
    return pd.DataFrame(cells, columns=list(plan.carriers), dtype=object)


def _units(
    raw: Raw, plan: _Plan, rows: Sequence[int], of_row: Mapping[int, _Group], units: LayerSpec
) -> tuple[pd.DataFrame, list[str]]:
    """Return the units under the headings of the file, and the ids that were made."""
    frame = raw.frame[list(plan.units)].iloc[list(rows)].reset_index(drop=True)
    owners = [of_row[i].key if i in of_row else None for i in rows]
    column = pd.Series(owners, dtype=object)
    if plan.owner in frame.columns:
        frame[plan.owner] = column
    else:
        frame.insert(0, plan.owner, column)
    if plan.unit:
        return frame, []
    made = _made_ids(raw, plan, rows, owners)
    frame.insert(0, units.field(units.id_field).title.zh, pd.Series(made, dtype=object))
    return frame, made


def _made_ids(
    raw: Raw, plan: _Plan, rows: Sequence[int], owners: Sequence[str | None]
) -> list[str]:
    rooms = _texts(raw, plan.room)
    made: list[str] = []
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for i, owner in zip(rows, owners, strict=True):
        stem = owner or "?"
        counts[stem] = counts.get(stem, 0) + 1
        plain = f"{stem}-{rooms[i] or counts[stem]}"
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name)
        made.append(name)
    return made


# --- findings --------------------------------------------------------------


def _shared(
    raw: Raw, plan: _Plan, rows: Sequence[int], spec: LayerSpec, *, units: bool
) -> list[Issue]:
    """Return the earlier findings about one layer.

    Those about the file, and about lines that were left out, go to the carriers.
    """
    known = set(raw.rows)
    there = {int(row) for row in raw.rows.iloc[list(rows)]}
    own = set(plan.units if units else plan.carriers)
    others = set(plan.carriers if units else plan.units) - own
    return [
        replace(issue, layer=spec.key)
        for issue in raw.issues
        if (issue.row in there and issue.field not in others)
        or (not units and issue.row not in known)
        or (not units and issue.field in own and issue.field not in others)
    ]


def _unit_issues(
    raw: Raw,
    plan: _Plan,
    rows: Sequence[int],
    of_row: Mapping[int, _Group],
    made: Sequence[str],
    request: Request,
) -> list[Issue]:
    issues = []
    keys = _texts(raw, plan.key or plan.name)
    filled = [i for i in rows if not keys[i] and i in of_row]
    if filled:
        row, owner = int(raw.rows.iloc[filled[0]]), of_row[filled[0]].key
        issues.append(
            request.issue("carrier_key_filled", row, value=owner, carrier=owner, count=len(filled))
        )
    if not plan.key and rows:
        owner = next((of_row[i].key for i in rows if i in of_row), "")
        issues.append(request.issue("carrier_key_is_name", value=owner))
    if made:
        issues.append(request.issue("unit_ids_made", value=made[0], count=len(made)))
    return issues
