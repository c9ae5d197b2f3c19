"""Units that were taken or vacated between two versions of the layer ``units``.

A whole site that a park leaves is rare; what moves in a week are single units. Each is held
against itself by its id, so that a reader sees which area was given up and which was let
again, and not only their difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.errors import Text
from layers.errors import WorkspaceError
from layers.i18n import number
from layers.i18n import unknown
from layers.marks import is_sample
from layers.snapshots.kinds import LET
from layers.snapshots.kinds import MOVED
from layers.snapshots.kinds import TENANT
from layers.snapshots.kinds import VACATED
from layers.snapshots.kinds import change
from layers.snapshots.known import read_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from layers.snapshots.known import Known
    from layers.snapshots.records import Row
    from layers.snapshots.records import Snapshot
    from layers.workspace import Workspace

UNITS = "units"
IN_USE = frozenset(("leased", "own_use"))
"""States in which somebody works in a unit."""

_LOOKED_AT = ["carrier_id", "park_id", "floor_area_m2", "state", "tenant"]


def unit_changes(
    workspace: Workspace, before: Snapshot, after: Snapshot, known: Known
) -> Iterable[Row]:
    """Yield the units that were taken, vacated, changed hands or went to another park.

    A unit whose state is not known at one of the two moments is left out: nobody knows
    whether it moved. So are all of them if a version cannot be read; that the layer changed,
    and why it cannot be compared, is told by its own row.
    """
    versions = [one.versions.get(UNITS) for one in (before, after)]
    if versions[0] == versions[1]:
        return
    try:
        old, new = (read_version(workspace, UNITS, version) for version in versions)
    except WorkspaceError:
        return
    then, now = _moving(old, new), _moving(new, old)
    for unit_id in sorted(then.keys() | now.keys()):
        yield from _unit(unit_id, then.get(unit_id), now.get(unit_id), known)


def _moving(own: pd.DataFrame, other: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the units that are not the same in the other version, by id."""
    told = own.set_index("unit_id")[_LOOKED_AT].assign(sample=is_sample(own).to_numpy())
    words = told[_LOOKED_AT].astype("object").where(told[_LOOKED_AT].notna(), None)
    there = other.set_index("unit_id")[_LOOKED_AT]
    there = there.astype("object").where(there.notna(), None).reindex(words.index)
    same = (words.eq(there) | (words.isna() & there.isna())).all(axis=1)
    same &= words.index.isin(other["unit_id"])
    rows = told[~same].reset_index().to_dict("records")
    return {str(row["unit_id"]): {str(k): value for k, value in row.items()} for row in rows}


def _unit(
    unit_id: str, was: dict[str, Any] | None, now: dict[str, Any] | None, known: Known
) -> Iterable[Row]:
    if any(row is not None and unknown(row["state"]) for row in (was, now)):
        return
    then, today = (row is not None and row["state"] in IN_USE for row in (was, now))
    if then and not today:
        assert was is not None  # somebody worked in it
        yield _row(VACATED, unit_id, was, was, now, known, _area(was))
    elif today and not then:
        assert now is not None  # somebody works in it
        yield _row(LET, unit_id, now, was, now, known, _area(now))
    elif was is not None and now is not None and then:
        yield from _still(unit_id, was, now, known)


def _still(unit_id: str, was: dict[str, Any], now: dict[str, Any], known: Known) -> Iterable[Row]:
    """Yield what became of a unit in which somebody worked and still works."""
    if _home(was, known) != _home(now, known):
        yield _row(MOVED, unit_id, now, was, now, known, _area(now))
    elif not unknown(was["tenant"]) and not unknown(now["tenant"]) and _hands(was) != _hands(now):
        yield _row(TENANT, unit_id, now, was, now, known, _area(now))
    areas = _area(was), _area(now)
    if areas[0] is None or areas[1] is None or areas[0] == areas[1]:
        return
    grown = areas[1] - areas[0]
    kind = LET if grown > 0 else VACATED
    yield _row(kind, unit_id, now, was, now, known, abs(grown))


def _row(
    kind: str,
    unit_id: str,
    told_of: dict[str, Any],
    was: dict[str, Any] | None,
    now: dict[str, Any] | None,
    known: Known,
    area: float | None,
) -> Row:
    park, carrier = known.park(_home(told_of, known)), known.carrier(told_of["carrier_id"])
    return change(
        kind,
        unit_id,
        " · ".join(name for name in (park[1], carrier[1], unit_id) if name),
        None if was is None else was["state"],
        None if now is None else now["state"],
        _told(kind, was, now, known, area),
        area=area,
        park=park,
        carrier=carrier,
        sample=any(row is not None and bool(row["sample"]) for row in (was, now)),
    )


def _told(
    kind: str,
    was: dict[str, Any] | None,
    now: dict[str, Any] | None,
    known: Known,
    area: float | None,
) -> Text:
    """Return from what to what a unit went, and how much floor area it is."""
    size = Text("面积未知", "floor area unknown")
    if area is not None:
        size = Text(f"{number(area, 'zh')} m²", f"{number(area, 'en')} m²")
    if kind == MOVED:
        assert was is not None  # it went from one park to another
        assert now is not None
        parks = [known.park(_home(row, known))[1] for row in (was, now)]
        zh, en = (" → ".join(one or none for one in parks) for none in ("不属园区", "no park"))
    elif kind == TENANT:
        zh, en = "换了入驻企业", "another firm moved in"
    elif was is not None and now is not None and was["state"] == now["state"]:
        areas = [number(row["floor_area_m2"], "zh") for row in (was, now)]
        zh, en = f"单元面积 {areas[0]} → {areas[1]} m²", f"unit area {areas[0]} → {areas[1]} m²"
    else:
        words = [_state(row, known) for row in (was, now)]
        zh, en = (f"{words[0].get(lang)} → {words[1].get(lang)}" for lang in ("zh", "en"))
    return Text(f"{zh}，{size.zh}", f"{en}, {size.en}")


def _state(row: dict[str, Any] | None, known: Known) -> Text:
    if row is None:
        return Text("台账无此单元", "not in the register")
    field = known.catalogue.layer(UNITS).field("state")
    return field.choice_text(row["state"])


def _home(row: dict[str, Any], known: Known) -> str | None:
    """Return the park of a unit; one that names none belongs to the park of its carrier."""
    if not unknown(row["park_id"]):
        return known.park(row["park_id"])[0]
    return known.homes.get(str(row["carrier_id"]))


def _hands(row: dict[str, Any]) -> str:
    return "".join(str(row["tenant"]).split())


def _area(row: dict[str, Any]) -> float | None:
    return None if unknown(row["floor_area_m2"]) else float(row["floor_area_m2"])
