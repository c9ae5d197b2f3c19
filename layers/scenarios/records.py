"""A scenario: what a planner asked for, what was settled by hand, and what came out."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import get_args

import numpy as np

from geo.consolidation.parameters import RULE_VERSION
from geo.consolidation.solve import Status
from layers.errors import Text
from layers.scenarios.refusals import bad_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.frontier import Step
    from geo.consolidation.overrides import Override
    from geo.consolidation.parameters import ConsolidationParameters
    from geo.consolidation.problem import Problem

LONGEST_NAME = 80
LONGEST_AUTHOR = 200
LONGEST_REASON = 1000
LONGEST_NOTE = 4000

STATUSES: tuple[str, ...] = get_args(Status)

_NAME = Text("方案名称", "the name of a scenario")
_AUTHOR = Text("作者", "the author")
_REASON = Text("理由", "a reason")
_NOTE = Text("说明", "the note")

# Categories of characters that no line shows: control, format, half a pair, line and
# paragraph separators. The joiner that holds an emoji together is one of format.
_UNSHOWABLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedStep:
    """One step of a frontier, as ids instead of rows.

    Attributes
    ----------
    presences
        Sites that the parks are at after it, counted once a park.
    cost_wan
        Cost of its moves, 万元.
    in_zone_area_m2, moved_area_m2
        Floor area in the zones afterwards, and floor area that moves.
    moves
        Units that move.
    status, gap
        The solver's word, and how far from optimal it may be (share); None if unknown.
    moved
        Host of every unit that moves, by unit.

    Raises
    ------
    ValueError
        If a number is negative or not finite, the status is not known, or the number
        of moves is not that of `moved`.
    """

    presences: int
    cost_wan: float
    in_zone_area_m2: float
    moved_area_m2: float
    moves: int
    status: str
    gap: float | None
    moved: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no step can be."""
        for name in ("presences", "cost_wan", "in_zone_area_m2", "moved_area_m2", "gap"):
            value = getattr(self, name)
            if value is not None and not (value >= 0 and math.isfinite(value)):
                msg = f"`{name}` of a step must be a finite number of at least 0, not {value!r}."
                raise ValueError(msg)
        if self.status not in STATUSES:
            msg = f"`status` must be one of {', '.join(STATUSES)}, not {self.status!r}."
            raise ValueError(msg)
        if self.moves != len(self.moved):
            msg = f"`moves` is {self.moves!r}, but `moved` names {len(self.moved)} units."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named plan of a workspace, in one of its revisions.

    Attributes
    ----------
    name
        One line of at most 80 characters; blanks at its ends are taken off.
    author
        Who saved this revision, or is about to.
    created, saved
        When the scenario and this revision were written, UTC in ISO 8601; empty until
        then.
    revision
        Counted from 1; 0 for one that was never saved.
    note
        What the planner has to say about it; may have several lines, or none.
    parks
        Which parks were asked for; empty for all.
    parameters, overrides
        Limits and costs, and what was settled by hand.
    versions
        Version of every layer that it was solved with.
    rule_version
        Rule that it was solved with.
    steps
        What came out; empty if it was not solved.
    chosen
        Which of the steps the planner chose; None for none.

    Raises
    ------
    ScenarioUsageError
        If name, author, note or the reason of an override is empty, too long or holds
        control characters.
    ValueError
        If `chosen` is no step, or `revision` is negative.
    """

    name: str
    author: str
    parameters: ConsolidationParameters
    created: str = ""
    saved: str = ""
    revision: int = 0
    note: str = ""
    parks: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    rule_version: str = RULE_VERSION
    steps: tuple[SavedStep, ...] = ()
    chosen: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be shown or does not fit together."""
        object.__setattr__(self, "name", _line(self.name, _NAME, LONGEST_NAME))
        object.__setattr__(self, "author", _line(self.author, _AUTHOR, LONGEST_AUTHOR))
        if self.note:
            _line(self.note.replace("\n", " "), _NOTE, LONGEST_NOTE)
        for override in self.overrides:
            _line(override.author, _AUTHOR, LONGEST_AUTHOR)
            _line(override.reason, _REASON, LONGEST_REASON)
        if self.chosen is not None and not 0 <= self.chosen < len(self.steps):
            msg = f"`chosen` must be one of the {len(self.steps)} steps, not {self.chosen!r}."
            raise ValueError(msg)
        if self.revision < 0:
            msg = f"`revision` must be at least 0, not {self.revision!r}."
            raise ValueError(msg)

    @property
    def plan(self) -> SavedStep | None:
        """The chosen step; None if none was chosen."""
        return None if self.chosen is None else self.steps[self.chosen]


def _line(text: str, what: Text, most: int) -> str:
    line = text.strip()
    shown = all(c == _JOINER or unicodedata.category(c) not in _UNSHOWABLE for c in line)
    if not shown or not 1 <= len(line) <= most:
        raise bad_text(what, text, most)
    return line


def name_key(name: str) -> str:
    """Return what two names have in common if they are the same to a reader.

    Raises
    ------
    ScenarioUsageError
        If it cannot be a name.
    """
    # Folding may undo the normal form, so it is made again.
    folded = unicodedata.normalize("NFKC", _line(name, _NAME, LONGEST_NAME)).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def saved_step(problem: Problem, step: Step) -> SavedStep:
    """Return a step of a frontier as it is kept: by ids, so that other rows do no harm.

    Parameters
    ----------
    problem
        The problem that was solved.
    step
        One of its steps.
    """
    rows = np.flatnonzero(step.host >= 0)
    units = problem.units["unit_id"].iloc[rows].astype(str)
    hosts = problem.hosts["host_id"].iloc[step.host[rows]].astype(str)
    return SavedStep(
        presences=int(step.presences),
        cost_wan=float(step.cost_wan),
        in_zone_area_m2=float(step.in_zone_area_m2),
        moved_area_m2=float(step.moved_area_m2),
        moves=len(rows),
        status=step.status,
        gap=float(step.gap) if math.isfinite(step.gap) else None,
        moved=dict(zip(units, hosts, strict=True)),
    )


def plans_of(problem: Problem, steps: Sequence[SavedStep]) -> tuple[NDArray[np.intp], ...]:
    """Return kept steps as plans of a problem, to start its solution from.

    Parameters
    ----------
    problem
        The problem, perhaps with other units and hosts than when the steps were kept.
    steps
        Kept steps.

    Returns
    -------
    tuple of ndarray of int, shape (units,)
        Row of the host, -1 for a unit that stays. Moves of units or to hosts that are
        not there any more are left out; the plans need not keep the limits.
    """
    units = problem.units["unit_id"].astype(str)
    hosts = problem.hosts["host_id"].astype(str)
    row = {host: at for at, host in enumerate(hosts)}
    return tuple(
        np.array([row.get(step.moved.get(unit, ""), -1) for unit in units], dtype=np.intp)
        for step in steps
    )
