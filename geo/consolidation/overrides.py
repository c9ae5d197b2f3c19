"""The planner's hand 人工调整: what a person settles before the solver does the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import fields
from itertools import combinations
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

from geo.phrases import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

Kind = Literal["pin", "stay", "forbid", "anchor", "exclude", "protect"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What each kind must name; of a tuple, exactly one.
_NEEDS: dict[Kind, tuple[str | tuple[str, str], ...]] = {
    "pin": ("unit_id", "host_id"),
    "stay": ("unit_id",),
    "forbid": ("unit_id", ("host_id", "carrier_id")),
    "anchor": ("park_id", "carrier_id"),
    "exclude": (("host_id", "carrier_id"),),
    "protect": ("carrier_id",),
}
_SIGNED = ("author", "time", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One thing that a planner settled, with who, when and why.

    Attributes
    ----------
    kind
        ``pin``: the unit moves to the host. ``stay``: the unit stays. ``forbid``: the
        unit never moves to the host, or to any host of the carrier. ``anchor``: the
        park's moves go around the site of the carrier. ``exclude``: the host, or every
        host of the carrier, takes nobody. ``protect``: the units at the carrier's site
        stay, those of one park or of all.
    author, time, reason
        Who settled it, when (UTC, ISO 8601), and why; none is empty.
    unit_id, host_id, carrier_id, park_id
        What it is about; empty where the kind needs none.

    Raises
    ------
    ValueError
        If the kind is not known, or a field is empty that must not be.
    """

    kind: Kind
    author: str
    time: str
    reason: str
    unit_id: str = ""
    host_id: str = ""
    carrier_id: str = ""
    park_id: str = ""

    def __post_init__(self) -> None:
        """Refuse an override that names too little."""
        if self.kind not in KINDS:
            msg = f"`kind` must be one of {', '.join(KINDS)}, not {self.kind!r}."
            raise ValueError(msg)
        for name in _SIGNED:
            if not getattr(self, name).strip():
                msg = f"An override needs its `{name}`."
                raise ValueError(msg)
        for need in _NEEDS[self.kind]:
            names = (need,) if isinstance(need, str) else need
            if sum(bool(getattr(self, name)) for name in names) != 1:
                msg = f"`{self.kind}` needs {' or '.join(f'`{name}`' for name in names)}."
                raise ValueError(msg)

    @property
    def target(self) -> tuple[str, str, str, str, str]:
        """What is settled, without who, when and why."""
        return self.kind, self.unit_id, self.host_id, self.carrier_id, self.park_id

    def as_dict(self) -> dict[str, str]:
        """Return all fields by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Override:
        """Make an override from what :meth:`as_dict` gave.

        Raises
        ------
        ValueError
            If a field is missing, unknown or not a text, or as in :class:`Override`.
        """
        names = {field.name for field in fields(cls)}
        for name, value in values.items():
            if name not in names or not isinstance(value, str):
                msg = f"`{name}` is not a field of an override, or not a text."
                raise ValueError(msg)
        missing = [name for name in ("kind", *_SIGNED) if name not in values]
        if missing:
            msg = f"An override needs its `{missing[0]}`."
            raise ValueError(msg)
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Overrides that cannot all be kept.

    Attributes
    ----------
    overrides
        Those that contradict each other, or the data.
    reason
        Why.
    """

    overrides: tuple[Override, ...]
    reason: Sentence


def conflicts_between(overrides: Sequence[Override]) -> list[Conflict]:
    """Return the contradictions that show without looking at the data.

    Parameters
    ----------
    overrides
        In any order; the same thing settled twice is no contradiction.

    Returns
    -------
    list of Conflict
        One a pair, in the order of the pairs.
    """
    by_unit: dict[str, list[Override]] = defaultdict(list)
    for override in overrides:
        if override.unit_id:
            by_unit[override.unit_id].append(override)
    found = []
    for settled in by_unit.values():
        for one, other in combinations(settled, 2):
            found += [Conflict((one, other), reason) for reason in _clash(one, other)]
    excluded = {o.host_id: o for o in overrides if o.kind == "exclude" and o.host_id}
    for pin in (o for o in overrides if o.kind == "pin" and o.host_id in excluded):
        reason = Sentence(
            f"单元 {pin.unit_id} 被指定到 {pin.host_id}，而该空置空间已被排除",
            f"unit {pin.unit_id} is pinned to {pin.host_id}, which is excluded",
        )
        found.append(Conflict((pin, excluded[pin.host_id]), reason))
    return found


def _clash(one: Override, other: Override) -> list[Sentence]:
    """Return why two overrides of one unit cannot both be kept, if they cannot."""
    unit, kinds = one.unit_id, {one.kind, other.kind}
    if kinds == {"pin"} and one.host_id != other.host_id:
        return [
            Sentence(
                f"单元 {unit} 被同时指定到 {one.host_id} 和 {other.host_id}",
                f"unit {unit} is pinned to {one.host_id} and to {other.host_id}",
            )
        ]
    if kinds == {"pin", "stay"}:
        return [
            Sentence(
                f"单元 {unit} 既被指定去向，又被指定留在原处",
                f"unit {unit} is pinned to a host and to its place",
            )
        ]
    if kinds == {"pin", "forbid"} and one.host_id == other.host_id:
        return [
            Sentence(
                f"单元 {unit} 去 {one.host_id} 既被指定又被禁止",
                f"the move of unit {unit} to {one.host_id} is pinned and forbidden",
            )
        ]
    return []
