"""A session whose layer somebody else saved meanwhile: what stands, what must be decided.

Operations that name several features at once (a split, a merge) bind them: either all
of them stay as one planner left them, or as the other did.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

from layers.editing.ids import next_id
from layers.editing.operations import Delete
from layers.editing.operations import Operation
from layers.editing.operations import Put
from layers.editing.refusals import saved_already
from layers.editing.refusals import undecided
from layers.editing.tables import Row
from layers.editing.tables import take_rows
from layers.editing.threeway import Side
from layers.editing.threeway import State
from layers.editing.threeway import merge_feature
from layers.editing.threeway import same_row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    from layers.catalogue import LayerSpec
    from layers.editing.session import EditSession
    from layers.editing.tables import Frame
    from layers.editing.threeway import FeatureMerge


@dataclass(frozen=True, slots=True)
class Bundle:
    """Features that are decided together, usually one.

    Attributes
    ----------
    features
        The features, as they were, mine and theirs.
    operations
        What I did to them, in order.
    is_linked
        Whether an operation names several of them.
    """

    features: tuple[FeatureMerge, ...]
    operations: tuple[Operation, ...]
    is_linked: bool

    @property
    def key(self) -> str:
        """The first feature; it names the bundle."""
        return self.features[0].feature_id

    @property
    def is_foreign(self) -> bool:
        """Tell whether somebody else changed any of the features."""
        return any(feature.is_foreign for feature in self.features)

    @property
    def choices(self) -> tuple[Side, ...]:
        """What can be decided; nothing if nothing has to be."""
        if not self.is_foreign or all(same_row(f.mine, f.theirs) for f in self.features):
            return ()
        if self.is_linked:
            return (Side.MINE, Side.DROP)
        feature = self.features[0]
        if feature.is_clean:
            return ()
        if feature.clashes and feature.own:
            return tuple(Side)
        return (Side.MINE, Side.DROP)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What has to be done to bring a session onto a newer version of its layer.

    Attributes
    ----------
    session
        The session, on the version where it was begun.
    version
        The newer version.
    bundles
        All features that the session names.
    """

    session: EditSession
    version: int
    bundles: tuple[Bundle, ...]

    @property
    def foreign(self) -> tuple[Bundle, ...]:
        """What both worked at."""
        return tuple(bundle for bundle in self.bundles if bundle.is_foreign)

    @property
    def open(self) -> tuple[Bundle, ...]:
        """What must be decided."""
        return tuple(bundle for bundle in self.bundles if bundle.choices)

    def resolved(
        self, theirs: Frame, spec: LayerSpec, sides: Mapping[str, Side] | None = None
    ) -> EditSession:
        """Return the session on the newer version.

        Undoing its first step gives the session back as it was before, so that a
        decision can be taken back until the version is saved.

        Parameters
        ----------
        theirs
            The layer in the version :attr:`version`.
        spec
            The layer.
        sides
            What was decided, by :attr:`Bundle.key`.

        Raises
        ------
        EditError
            If something is not decided.
        """
        decided = sides or {}
        left = [bundle.key for bundle in self.open if decided.get(bundle.key) not in bundle.choices]
        if left:
            raise undecided(self.session.layer, left)
        # Operations on features that nobody else touched stay as they are, in their order.
        theirs_too = {
            i for bundle in self.foreign for f in bundle.features for i in (f.feature_id,)
        }
        done = [o for o in self.session.done if theirs_too.isdisjoint(o.ids)]
        kept = len(done)
        taken = set(self.session.changed_ids)
        for bundle in self.foreign:
            side = decided.get(bundle.key, Side.MINE)
            for feature in bundle.features:
                made = _steps(feature, side, theirs, taken, spec)
                taken.update(key for step in made for key in step.ids)
                done += made
        moved = replace(self.session, base_version=self.version, done=tuple(done), undone=())
        if kept != len(self.session.done):
            moved = replace(moved, origin=self.session, brought=len(done))
        moved.replay(theirs, spec)
        return moved


def reconcile(
    session: EditSession, base: Frame, theirs: Frame, version: int, spec: LayerSpec
) -> Reconciliation:
    """Compare the edits of a session with what others saved since it was begun.

    Parameters
    ----------
    session
        The edits.
    base, theirs
        The layer in the version where the session was begun, and as it is now.
    version
        The version that `theirs` is.
    spec
        The layer.

    Raises
    ------
    EditError
        If the newer version has all edits of the session already.
    """
    ids = session.changed_ids
    was, now = take_rows(base, ids, spec), take_rows(theirs, ids, spec)
    replay = session.replay(base, spec)
    mine = take_rows(replay.after, ids, spec)
    merges = {
        key: merge_feature(key, was.get(key), mine.get(key), now.get(key), spec) for key in ids
    }
    bundles = tuple(_bundle(group, session, merges) for group in _linked(session.done))
    if any(b.is_foreign for b in bundles) and all(
        same_row(m.mine, m.theirs) for m in merges.values()
    ):
        raise saved_already(session.layer, version)
    return Reconciliation(session, version, bundles)


def _bundle(
    ids: tuple[str, ...], session: EditSession, merges: Mapping[str, FeatureMerge]
) -> Bundle:
    operations = tuple(o for o in session.done if not set(ids).isdisjoint(o.ids))
    return Bundle(tuple(merges[key] for key in ids), operations, len(ids) > 1)


def _linked(operations: Iterable[Operation]) -> list[tuple[str, ...]]:
    """Return the ids that operations name, in groups that operations bind together."""
    groups: list[dict[str, None]] = []
    for operation in operations:
        joint = dict.fromkeys(operation.ids)
        apart = []
        for group in groups:
            if joint.keys().isdisjoint(group):
                apart.append(group)
            else:
                joint = group | joint
        groups = [*apart, joint]
    return [tuple(group) for group in groups]


def _steps(
    feature: FeatureMerge, side: Side, theirs: Frame, taken: set[str], spec: LayerSpec
) -> list[Operation]:
    """Return what makes of their row what it is to become."""
    target, key, there = feature.row(side), feature.feature_id, feature.theirs
    if feature.state is State.ADDED_TWICE and side is Side.MINE and target is not None:
        # Two features that happen to have one id: theirs keeps it.
        key, there = next_id(theirs, spec, taken), None
        target = Row({**target.cells, spec.id_field: key}, target.shape)
    if same_row(there, target):
        return []
    if target is None:
        return [Delete(key)]
    known = {} if there is None else there.cells
    values = {
        name: value
        for name, value in target.cells.items()
        if name not in known or not same_row(_only(known[name]), _only(value))
    }
    return [Put(key, target.shape, values)]


def _only(value: object) -> Row:
    return Row({"": value}, None)
