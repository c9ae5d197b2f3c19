"""One feature that two people changed: what each did to it, and both together.

A field that only one of them changed keeps the change. A field that both changed in
two ways is a clash and never decided here. Fields that say something about one another
go together: a boundary and its status, an area and its basis. Half of one person's
pair with half of the other's would be a statement that nobody made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import shapely

from layers.editing.attributes import QUALIFIES
from layers.editing.tables import Row
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.catalogue import LayerSpec

_ABOUT_THE_SHAPE = ("boundary_status", "accuracy_m", "verified")


class Side(StrEnum):
    """What is to become of a feature that two people changed."""

    MINE = "mine"
    """My changes on top of theirs; of a feature that both added, both stay."""

    THEIRS = "theirs"
    """Theirs wherever we contradict each other; my other changes stay."""

    DROP = "drop"
    """The feature as they left it; my changes of it are given up."""


class State(StrEnum):
    """What the two did to a feature."""

    SAME = "same"
    """Nothing, or the same."""

    MINE = "mine"
    """Only I did something."""

    THEIRS = "theirs"
    """Only they did something."""

    BOTH = "both"
    """Both changed it, see :attr:`FeatureMerge.clashes`."""

    REMOVED_BY_ME = "removed_by_me"
    """I removed what they changed."""

    REMOVED_BY_THEM = "removed_by_them"
    """They removed what I changed."""

    ADDED_TWICE = "added_twice"
    """Both added a feature with this id, and not the same one."""


_UNDECIDED = (State.REMOVED_BY_ME, State.REMOVED_BY_THEM, State.ADDED_TWICE)


@dataclass(frozen=True, slots=True)
class FeatureMerge:
    """A feature as it was, as I left it and as they left it.

    Attributes
    ----------
    feature_id
        The feature.
    base, mine, theirs
        The three; ``None`` where it is not there.
    state
        What was done.
    fields
        Fields that I or they changed, ``geometry`` among them, by who did:
        ``mine``, ``theirs``, ``same`` (both alike) or ``clash``. Of a feature that
        one removed, those that the other changed; of one that both added, those in
        which the two differ. None where nothing stands against anything.
    """

    feature_id: str
    base: Row | None
    mine: Row | None
    theirs: Row | None
    state: State
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def clashes(self) -> tuple[str, ...]:
        """Fields that both changed in two ways, with those that go with them."""
        return self._of("clash")

    @property
    def own(self) -> tuple[str, ...]:
        """Fields that only I changed."""
        return self._of("mine")

    @property
    def is_clean(self) -> bool:
        """Tell whether both changes can stand without a decision."""
        return self.state not in _UNDECIDED and not self.clashes

    @property
    def shown(self) -> Row | None:
        """The feature as somebody still has it, to name it by."""
        return self.mine or self.theirs or self.base

    @property
    def is_foreign(self) -> bool:
        """Tell whether they did anything to it."""
        return not same_row(self.base, self.theirs)

    def row(self, side: Side) -> Row | None:
        """Return the feature as it becomes.

        Of a feature that both added, `Side.MINE` gives mine; it needs another id.
        """
        if side is Side.DROP or self.state in (State.THEIRS, State.SAME):
            return self.theirs
        if self.state is State.MINE:
            return self.mine
        if self.mine is None or self.theirs is None or self.state is State.ADDED_TWICE:
            return self.mine if side is Side.MINE else self.theirs
        taken = {*self.own, *(self.clashes if side is Side.MINE else ())}
        cells = {n: self.mine.cells[n] for n in taken if n != GEOMETRY}
        shape = self.mine.shape if GEOMETRY in taken else self.theirs.shape
        return Row({**self.theirs.cells, **cells}, shape)

    def _of(self, who: str) -> tuple[str, ...]:
        return tuple(name for name, by in self.fields if by == who)


def merge_feature(
    feature_id: str, base: Row | None, mine: Row | None, theirs: Row | None, spec: LayerSpec
) -> FeatureMerge:
    """Compare what two people made of one feature.

    Parameters
    ----------
    feature_id
        The feature.
    base
        As both found it; ``None`` if it was not there.
    mine, theirs
        As either left it; ``None`` if it is not there any more.
    spec
        The layer.

    Returns
    -------
    FeatureMerge
        With ``row(side)`` for the outcome. Whatever only one of the two changed is
        in the outcome of every side but `Side.DROP`.
    """
    state = _state(base, mine, theirs)
    fields = _told(base, mine, theirs, spec) if state in (State.BOTH, *_UNDECIDED) else ()
    return FeatureMerge(feature_id, base, mine, theirs, state, tuple(fields))


def _told(
    base: Row | None, mine: Row | None, theirs: Row | None, spec: LayerSpec
) -> Iterable[tuple[str, str]]:
    if base is None and mine is not None and theirs is not None:
        nothing = Row(dict.fromkeys(spec.field_names), None)
        both = _fields(nothing, mine, theirs, spec)
        return [(name, "clash") for name, _who in both if not _same(mine, theirs, name)]
    if base is None:
        return ()
    return _fields(base, mine or base, theirs or base, spec)


def _state(base: Row | None, mine: Row | None, theirs: Row | None) -> State:
    if same_row(mine, theirs):
        return State.SAME
    if same_row(base, theirs):
        return State.MINE
    if same_row(base, mine):
        return State.THEIRS
    if base is None:
        return State.ADDED_TWICE
    if mine is None:
        return State.REMOVED_BY_ME
    return State.REMOVED_BY_THEM if theirs is None else State.BOTH


def _fields(base: Row, mine: Row, theirs: Row, spec: LayerSpec) -> Iterable[tuple[str, str]]:
    for group in _groups(spec):
        by_me = [name for name in group if not _same(base, mine, name)]
        by_them = [name for name in group if not _same(base, theirs, name)]
        if all(_same(mine, theirs, name) for name in group):
            who = "same"
        elif by_me and by_them:
            who = "clash"
        else:
            who = "mine" if by_me else "theirs"
        changed = dict.fromkeys([*by_me, *by_them])
        yield from ((name, who) for name in group if name in changed)


def _groups(spec: LayerSpec) -> list[tuple[str, ...]]:
    """Return the fields of a layer, those that go together in one group."""
    bound: list[tuple[str, ...]] = [(GEOMETRY, *_ABOUT_THE_SHAPE)] if spec.geometry else []
    bound += [(amount, basis) for basis, amount in QUALIFIES.items()]
    names = [*([GEOMETRY] if spec.geometry else []), *spec.field_names]
    groups: list[tuple[str, ...]] = [
        tuple(name for name in group if name in names) for group in bound
    ]
    taken = {name for group in groups for name in group}
    return [g for g in groups if g] + [(name,) for name in names if name not in taken]


def same_row(one: Row | None, other: Row | None) -> bool:
    """Tell whether two rows are equal; unknown equals unknown and no text."""
    if one is None or other is None:
        return one is other
    names = {*one.cells, *other.cells}
    return _same(one, other, GEOMETRY) and all(_same(one, other, name) for name in names)


def _same(one: Row, other: Row, name: str) -> bool:
    if name == GEOMETRY:
        return _same_shape(one.shape, other.shape)
    a, b = one.cells.get(name), other.cells.get(name)
    if _unknown(a) or _unknown(b):
        return _unknown(a) and _unknown(b)
    return bool(a == b)


def _same_shape(one: Any, other: Any) -> bool:  # noqa: ANN401 -- a geometry or none
    if one is None or other is None:
        return one is other
    if shapely.equals_identical(one, other):
        return True
    # Where a ring begins, and which way it runs, is no change.
    return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), 0.0))


def _unknown(value: Any) -> bool:  # noqa: ANN401 -- a cell
    return value == "" if isinstance(value, str) else bool(pd.isna(value))
