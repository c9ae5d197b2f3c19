"""A scorecard as data: what is asked, how it is valued, how much it counts, who said so.

A card is complete in itself: with it and the raw numbers anybody can work out a score by
hand. It refuses to exist with values that do not go one way, weights that mean nothing
or grades that leave a gap.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

import numpy as np

from geo.scorecards.plain import read_card

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.scorecards.values import Points

Direction = Literal["more", "less"]
"""Whether more or less of it is better."""

TOP = 100.0
"""The best value, score and sum of contributions; the worst is 0."""

_LEAST_POINTS = 2


@dataclass(frozen=True, slots=True)
class CardGroup:
    """A heading of a card, such as 成果转化."""

    key: str
    title_zh: str
    title_en: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade and the lowest score that earns it; `key` is what is printed, such as 优."""

    key: str
    title_en: str
    least: float


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a card.

    Attributes
    ----------
    key
        Name in tables and files.
    group
        Key of its heading.
    weight
        Above 0, in any unit: only the shares count.
    points
        Anchors (raw value, value of 0 … 100), raw values rising: floor, pass, good,
        target. Between them the value is a straight line, outside them it stays.
    direction
        ``more`` or ``less`` is better; the points must say the same.
    unit, unit_en
        Unit of the raw value; in English as in `unit` if it is empty.
    measure
        Name of a measure that the layers work out; empty for a recorded indicator.
    title_zh, title_en, formula_zh, formula_en
        What it is called and how the raw value is worked out.
    source
        Where the anchors come from.

    Raises
    ------
    ValueError
        Naming the criterion and what is wrong with it.
    """

    key: str
    group: str
    weight: float
    points: Points
    direction: Direction
    unit: str = ""
    unit_en: str = ""
    measure: str = ""
    title_zh: str = ""
    title_en: str = ""
    formula_zh: str = ""
    formula_en: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a weight, a direction or points that mean nothing."""
        if not self.unit_en:
            object.__setattr__(self, "unit_en", self.unit)
        if not (math.isfinite(self.weight) and self.weight > 0):
            self._refuse("weight", f"must be a finite number above 0, not {self.weight!r}")
        if self.direction not in get_args(Direction):
            self._refuse("direction", f"must be more or less, not {self.direction!r}")
        self._check_points()

    @property
    def open_span(self) -> tuple[float, float]:
        """Lowest and highest value that any raw value can have."""
        ends = self.points[0][1], self.points[-1][1]
        return min(ends), max(ends)

    def _check_points(self) -> None:
        if len(self.points) < _LEAST_POINTS:
            self._refuse("points", f"needs at least {_LEAST_POINTS} anchors")
        raw, value = np.asarray(self.points, dtype=np.float64).T
        if not np.isfinite(self.points).all():
            self._refuse("points", "must be finite numbers")
        if not (np.diff(raw) > 0).all():
            self._refuse("points", "must have raw values that rise")
        if value.min() < 0 or value.max() > TOP:
            self._refuse("points", f"must have values from 0 to {TOP:g}")
        steps = np.diff(value) if self.direction == "more" else -np.diff(value)
        if (steps < 0).any() or not steps.any():
            way = "rise" if self.direction == "more" else "fall"
            self._refuse("points", f"must have values that {way}: {self.direction} is better")

    def _refuse(self, name: str, fault: str) -> None:
        msg = f"Criterion {self.key!r}: `{name}` {fault}."
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The criteria of one class of places, with grades and the rule for giving one.

    Attributes
    ----------
    key, version, title_zh, title_en
        Name of the card; the version changes when a score could change.
    subjects
        Which rows it is for, as (layer, field, value); an empty field means all rows.
    groups, criteria
        Headings and lines.
    grades
        Best first; the last begins at 0, so every score has one.
    evidence_share
        A grade needs at least this share of the weight to be known, in [0, 1].
    new_months
        Younger places get no grade.
    source, approved_by, note
        Where it comes from, who approved it, what else is to be said.

    Raises
    ------
    ValueError
        Naming what is wrong.
    """

    key: str
    version: str
    title_zh: str
    title_en: str
    subjects: tuple[tuple[str, str, str], ...]
    groups: tuple[CardGroup, ...]
    criteria: tuple[Criterion, ...]
    grades: tuple[Grade, ...]
    evidence_share: float = 0.8
    new_months: float = 24.0
    source: str = ""
    approved_by: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a card that cannot score."""
        for name, keys in (
            ("criteria", self.keys),
            ("groups", tuple(group.key for group in self.groups)),
            ("grades", tuple(grade.key for grade in self.grades)),
        ):
            self._check_keys(name, keys)
        used = {criterion.group for criterion in self.criteria}
        known = {group.key for group in self.groups}
        if used != known:
            odd = ", ".join(sorted(used ^ known))
            self._refuse("groups", f"must be just those of the criteria; look at {odd}")
        self._check_grades()
        if not 0 <= self.evidence_share <= 1:
            self._refuse("evidence_share", f"must lie in [0, 1], not {self.evidence_share!r}")
        if not 0 <= self.new_months < math.inf:
            self._refuse("new_months", f"must be at least 0, not {self.new_months!r}")

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the criteria in their order."""
        return tuple(criterion.key for criterion in self.criteria)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights of the criteria in their order; they add to 1."""
        raw = [criterion.weight for criterion in self.criteria]
        # `fsum` does not depend on the order, so neither does a weight.
        return np.asarray(raw, dtype=np.float64) / math.fsum(raw)

    def criterion(self, key: str) -> Criterion:
        """Return a criterion by its key; ``KeyError`` if there is none."""
        return {criterion.key: criterion for criterion in self.criteria}[key]

    def with_weights(self, weights: Mapping[str, float], version_suffix: str) -> Scorecard:
        """Return the card with other weights and a version that says so.

        Parameters
        ----------
        weights
            By criterion, at least 0; one that is not named keeps its weight, and one
            with 0 is left out of the card.
        version_suffix
            Added to the version.

        Raises
        ------
        ValueError
            If a name is unknown, a weight is negative or not finite, or all are 0.
        """
        for name, weight in weights.items():
            if name not in self.keys or not 0 <= weight < math.inf:
                self._refuse("weights", f"cannot take {name}={weight!r}: a criterion, at least 0")
        kept = tuple(
            replace(criterion, weight=float(weights.get(criterion.key, criterion.weight)))
            for criterion in self.criteria
            if weights.get(criterion.key, criterion.weight) > 0
        )
        used = {criterion.group for criterion in kept}
        return replace(
            self,
            version=f"{self.version}{version_suffix}",
            criteria=kept,
            groups=tuple(group for group in self.groups if group.key in used),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain data, ready for TOML or JSON."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scorecard:
        """Return the card of plain data, the inverse of :meth:`as_dict`.

        Raises
        ------
        ValueError
            Naming a field that is missing, unknown or of a wrong kind, or what the card
            refuses.
        """
        read = read_card(data, cls, groups=CardGroup, criteria=Criterion, grades=Grade)
        return cls(**read)

    def _check_keys(self, name: str, keys: Sequence[str]) -> None:
        if not keys:
            self._refuse(name, "must not be empty")
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice or not all(keys):
            self._refuse(
                name, f"must have keys of their own; look at {', '.join(twice) or '(none)'}"
            )

    def _check_grades(self) -> None:
        least = np.array([grade.least for grade in self.grades], dtype=np.float64)
        if not (np.diff(least) < 0).all() or least[-1] != 0 or not least[0] <= TOP:
            self._refuse("grades", f"must fall from at most {TOP:g} to 0, best first")

    def _refuse(self, name: str, fault: str) -> None:
        msg = f"Scorecard {self.key!r}: `{name}` {fault}."
        raise ValueError(msg)


def _plain(value: Any) -> Any:  # noqa: ANN401 - data of any depth
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
