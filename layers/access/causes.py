"""Which object made the difference to a walk.

A walk from a space to what decides changes for one of these causes, looked for in this order:

1. the destination itself was added, opened, moved or given to another campus; or the one
   before was removed, closed, moved or given away (whichever of the two explains the
   direction of the change comes first);
2. a campus that was reached by its place got its first gate, or lost its last;
3. the space moved, or its park is linked to another university;
4. a crossing, a barrier or the walking network changed: the walk is found again without
   the object, and if it is another walk then, the object is the cause;
5. the thresholds differ.

What none of these explains is said to be unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.access import STATES
from geo.access import universities
from geo.access import walks
from layers.access.inputs import ROUTES
from layers.access.objects import SAME_M
from layers.access.objects import missing
from layers.access.objects import said
from layers.access.sentences import estimate_begun
from layers.access.sentences import estimate_dropped
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Hashable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.layout import Surroundings
    from layers.access.inputs import Given
    from layers.access.judged import Access

    Row = Mapping[Hashable, Any]

LEAST_M = 1.0
"""Walks that differ by less than this are the same walk, metres."""

MOST_TESTED = 40
"""With more changed crossings and barriers than this none of them is tried alone."""

_CAME = frozenset({"added", "opened", "moved", "reassigned"})
_WENT = frozenset({"removed", "closed", "moved", "reassigned"})
_NETWORK = "walkway"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something changed.

    Attributes
    ----------
    text
        The cause in words; names of objects are as they were given.
    objects
        ``kind:id`` of the objects; empty if it is none.
    note
        What a reader must know to hold the two walks against each other: that one of them
        was an estimate.
    """

    text: Text
    objects: tuple[str, ...] = ()
    note: Text | None = None


UNEXPLAINED = Cause(
    Text(
        "多处变化共同造成，不能归于单个对象",
        "several changes together; no single object explains it",
    )
)
_OTHER_RULE = Cause(Text("规则或参数不同", "other rule or parameters"))


@dataclass(frozen=True, slots=True, eq=False)
class Finder:
    """Finds the causes of changed walks between two results.

    Attributes
    ----------
    before, after
        The results.
    objects
        :func:`layers.access.objects.object_changes` of the two.
    """

    before: Access
    after: Access
    objects: pd.DataFrame

    def causes(self, changed: pd.DataFrame) -> list[tuple[Cause, ...]]:
        """Return the causes of every row of :func:`layers.access.changes.distances`."""
        rows: Sequence[Row] = changed.to_dict("records")
        found = [self._of_objects(row) or self._of_space(row) for row in rows]
        left = [number for number, causes in enumerate(found) if not causes]
        routes = self._of_routes([rows[number] for number in left])
        other = self.rule_causes()
        for number, causes in zip(left, routes, strict=True):
            found[number] = causes or other or (UNEXPLAINED,)
        return found

    def rule_causes(self) -> tuple[Cause, ...]:
        """Return the difference of rule and parameters as a cause, if there is any."""
        was, now = self.before.parameters.as_dict(), self.after.parameters.as_dict()
        differ = [f"{name} {was[name]} → {now[name]}" for name in now if was.get(name) != now[name]]
        if differ:
            listed = "; ".join(differ)
            return (Cause(Text(f"参数不同（{listed}）", f"other parameters ({listed})")),)
        return () if self.before.rule_version == self.after.rule_version else (_OTHER_RULE,)

    def campus_causes(self) -> tuple[Cause, ...]:
        """Return what changed of the facilities on campuses, one cause each."""
        own = self.objects["kind"].eq("facility") & self.objects["campus_id"].notna()
        return tuple(_cause(one) for one in self.objects[own].to_dict("records"))

    def _of_objects(self, row: Row) -> tuple[Cause, ...]:
        kind_before, kind_after = _kind(row, "before"), _kind(row, "after")
        came = self._change(kind_after, row["id_after"], _CAME)
        went = self._change(kind_before, row["id_before"], _WENT)
        direct = (went or came) if is_worse(row) else (came or went)
        found = direct or self._of_gates(row, kind_before, kind_after)
        note = self._estimate(row, kind_before, kind_after)
        return tuple(replace(cause, note=note) for cause in found) if note else found

    def _of_gates(self, row: Row, kind_before: str, kind_after: str) -> tuple[Cause, ...]:
        """Return the gates that a campus got, or lost, if that is what changed the way."""
        for kind, name, changes in (
            (kind_before, "id_before", _CAME),
            (kind_after, "id_after", _WENT),
        ):
            if kind == "campus" and (gates := self._gates_of(row[name], changes)):
                return tuple(_cause(gate) for gate in gates)
        return ()

    def _estimate(self, row: Row, kind_before: str, kind_after: str) -> Text | None:
        """Say that a campus was estimated before it had a gate, or is since it has none."""
        for kind, side, changes in ((kind_before, "before", _CAME), (kind_after, "after", _WENT)):
            if kind == "campus" and self._gates_of(row[f"id_{side}"], changes):
                told = estimate_dropped if side == "before" else estimate_begun
                return told(str(row[f"name_{side}"]), str(row[f"basis_{side}"]))
        return None

    def _gates_of(self, campus: Any, changes: frozenset[str]) -> Sequence[Row]:  # noqa: ANN401
        """Return the gates of a campus that came or went."""
        gates = self.objects[
            self.objects["kind"].eq("gate")
            & self.objects["campus_id"].eq(campus)
            & self.objects["change"].isin(changes)
        ]
        rows: Sequence[Row] = gates.to_dict("records")
        return rows

    def _change(self, kind: str, key: Any, changes: frozenset[str]) -> tuple[Cause, ...]:  # noqa: ANN401
        if missing(key):
            return ()
        own = self.objects[self.objects["kind"].eq(kind) & self.objects["id"].eq(key)]
        own = own[own["change"].isin(changes)]
        return tuple(_cause(one) for one in own.to_dict("records"))

    def _of_space(self, row: Row) -> tuple[Cause, ...]:
        was = self.before.given.spaces.iloc[row["space_before"]]
        now = self.after.given.spaces.iloc[row["space_after"]]
        return space_causes(was, now)

    def _of_routes(self, rows: Sequence[Row]) -> list[tuple[Cause, ...]]:
        """Return the crossings, barriers or the network that changed the walk of each row."""
        changed = self.objects[self.objects["kind"].isin(list(ROUTES.values()))]
        single = changed[changed["kind"] != _NETWORK].to_dict("records")
        if not rows or changed.empty:
            return [() for _row in rows]
        if len(single) > MOST_TESTED:
            told = Cause(
                Text(
                    f"通道与阻隔共 {len(single)} 处变化，未逐一归因",
                    f"{len(single)} crossings and barriers changed; none was tried alone",
                )
            )
            return [(told,) for _row in rows]
        found: list[tuple[Cause, ...]] = [() for _row in rows]
        tests = [(_cause(one), one["kind"], [one["id"]]) for one in single]
        network = changed.loc[changed["kind"] == _NETWORK, "id"].tolist()
        if network:
            tests.append((_network(network), _NETWORK, network))
        sides = [self._side(rows, name) for name in ("before", "after")]
        for cause, kind, ids in tests:
            differs = np.logical_or.reduce([side.differs_without(kind, ids) for side in sides])
            for number in np.flatnonzero(differs):
                found[number] = (*found[number], cause)
        return found

    def _side(self, rows: Sequence[Row], name: str) -> _Side:
        """Return the pairs of rows in one of the two states."""
        result = getattr(self, name)
        given: Given = result.given
        spaces = [int(row[f"space_{name}"]) for row in rows]
        keys = [(_kind(row, name), row[f"id_{name}"]) for row in rows]
        other = "after" if name == "before" else "before"
        # What decided in the other state is looked at too: it may be blocked in this one.
        also = [(_kind(row, other), row[f"id_{other}"]) for row in rows]
        return _Side(result, given, spaces, [keys, also])


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Pairs of spaces and destinations in one state, to be walked again without an object."""

    result: Access
    given: Given
    spaces: list[int]
    targets: list[list[tuple[str, Any]]]

    def differs_without(self, kind: str, ids: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return whose walk is another one if some objects were not there."""
        differs = np.zeros(len(self.spaces), dtype=np.bool_)
        objects = self.given.objects
        there = [one for one in ids if (kind, one) in objects.index]
        if not any(bool(objects.loc[(kind, one), "usable"]) for one in there):
            return differs
        full = self._walked(self.given.surroundings)
        less = self._walked(self.given.without(kind, there))
        for one, other in zip(full, less, strict=True):
            differs |= ~np.isclose(one, other, rtol=0.0, atol=LEAST_M, equal_nan=True)
        return differs

    def _walked(self, surroundings: Surroundings) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
        objects = self.given.objects
        keys = sorted({key for part in self.targets for key in part if key in objects.index})
        if not keys:
            return [np.full(len(self.spaces), np.nan) for _part in self.targets]
        places = gpd.GeoSeries([objects.loc[key, "geometry"] for key in keys], crs=objects.crs)
        origins = self.given.spaces.geometry.iloc[sorted(set(self.spaces))]
        found = walks(origins, places, surroundings, self.result.parameters)
        by_pair = found.set_index(["origin", "target"])["walk_m"]
        number = {key: position for position, key in enumerate(keys)}
        labels = self.given.spaces.index
        return [
            by_pair.reindex(
                pd.MultiIndex.from_arrays(
                    [[labels[space] for space in self.spaces], [number.get(k, -1) for k in part]]
                )
            ).to_numpy("float64")
            for part in self.targets
        ]


def is_worse(row: Row) -> bool:
    """Tell whether a walk became longer, was lost, or meets its threshold less surely."""
    if row["state_before"] in STATES and row["state_after"] in STATES:
        step = STATES.index(row["state_after"]) - STATES.index(row["state_before"])
        if step:
            return step > 0
    was, now = row["walk_m_before"], row["walk_m_after"]
    if missing(was) or missing(now):
        return bool(missing(now))
    return bool(now > was)


def space_causes(was: pd.Series[Any], now: pd.Series[Any]) -> tuple[Cause, ...]:
    """Return what changed of a space itself: its place, or whom its park is linked to."""
    causes = []
    here, there = was["geometry"], now["geometry"]
    if (here is None) != (there is None):
        how = Text("空间已定位", "the space was located")
        lost = Text("空间不再有位置", "the space lost its place")
        causes.append(Cause(how if here is None else lost))
    elif here is not None and not shapely.equals_exact(
        shapely.normalize(here), shapely.normalize(there), SAME_M
    ):
        causes.append(Cause(Text("空间位置变化", "the space moved")))
    if universities(was["university"]) != universities(now["university"]):
        old, new = (
            "—" if missing(side["university"]) else side["university"] for side in (was, now)
        )
        causes.append(
            Cause(
                Text(
                    f"园区依托高校由“{old}”改为“{new}”",
                    f"the park is linked to “{new}”, not “{old}”",
                )
            )
        )
    return tuple(causes)


def _kind(row: Row, side: str) -> str:
    """Return the kind of the object that decides."""
    key = row["key"]
    if key in {"linked_gate", "any_gate"}:
        return "gate" if row[f"basis_{side}"] == "gate" else "campus"
    return key if key in {"station", "incubator", "platform"} else "facility"


def _cause(change: Row) -> Cause:
    return Cause(
        said(change["kind"], change["name"], change["change"]),
        (f"{change['kind']}:{change['id']}",),
    )


def _network(ids: list[str]) -> Cause:
    return Cause(
        Text(
            f"步行路网 {len(ids):,} 条有变化", f"{len(ids):,} lines of the walking network changed"
        ),
        tuple(f"{_NETWORK}:{one}" for one in ids[:MOST_TESTED]),
    )
