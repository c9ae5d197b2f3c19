"""What a planner has set on the page: kept in the session, also on other pages."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from views.text import lang

if TYPE_CHECKING:
    from geo.consolidation import Consolidation
    from geo.consolidation.overrides import Override
    from geo.consolidation.parameters import ConsolidationParameters
    from geo.consolidation.steps import Step
    from layers.scenarios import Scenario
    from views.store import Versions

TIME_LIMIT = "time_limit_s"
PARKS = "parks"
_DESK = "consolidate_desk"
_WIDGET = "consolidate_set_"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be solved; empty `parks` means all."""

    parameters: ConsolidationParameters
    parks: tuple[str, ...]
    overrides: tuple[Override, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came out, and what it was made from.

    Attributes
    ----------
    key
        Tells answers apart.
    consolidation
        Register and frontier.
    wish
        What was asked for.
    versions
        Versions of the layers at that time.
    """

    key: str
    consolidation: Consolidation
    wish: Wish
    versions: Versions

    @property
    def steps(self) -> tuple[Step, ...]:
        """All plans to choose from: the staircase, then those with more area in zones."""
        frontier = self.consolidation.frontier
        return (*frontier.steps, *frontier.zone_steps)


@dataclass
class Desk:
    """What lies on the planner's desk.

    Attributes
    ----------
    changes
        Settings that are not the defaults, by name of the parameter.
    overrides
        What was settled by hand, in the order in which it was.
    before
        What was settled before each change, the latest last.
    job
        Key of the job that was begun last; empty for none.
    answer
        The plans that are shown.
    chosen
        Which of them; None for none.
    scenario
        The saved scenario that was opened or saved last.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    before: list[tuple[Override, ...]] = field(default_factory=list)
    job: str = ""
    answer: Answer | None = None
    chosen: int | None = None
    scenario: Scenario | None = None

    def settle(self, overrides: tuple[Override, ...]) -> None:
        """Replace what is settled by hand, remembering what was."""
        self.before.append(self.overrides)
        self.overrides = overrides

    def undo(self) -> None:
        """Take the last change of what is settled by hand back."""
        if self.before:
            self.overrides = self.before.pop()

    def take(self, answer: Answer) -> None:
        """Show another answer; the choice goes to its plan with as many presences."""
        kept = self.step
        self.answer = answer
        presences = [step.presences for step in answer.consolidation.frontier.steps]
        self.chosen = None
        if len(presences) == 1:
            self.chosen = 0  # there is nothing to choose
        elif kept is not None and kept.presences in presences:
            self.chosen = presences.index(kept.presences)

    @property
    def step(self) -> Step | None:
        """The plan that is chosen; None if there is none."""
        if self.answer is None or self.chosen is None:
            return None
        return self.answer.steps[self.chosen]


def desk() -> Desk:
    """Return the desk of this session."""
    found: Desk = st.session_state.setdefault(_DESK, Desk())
    return found


def widget(name: str, value: object, *, titled: bool = False) -> dict[str, Any]:
    """Return what ties a widget to a setting: key and callback.

    Parameters
    ----------
    name
        The setting.
    value
        What it is now.
    titled
        Whether its options have titles in the language of the session; a widget
        loses its choice when those change, so it has one key a language.
    """
    key = f"{_WIDGET}{name}:{lang()}" if titled else f"{_WIDGET}{name}"
    # Only what differs is set: the browser would take it for a new value each time.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return {"key": key, "on_change": _take, "args": (name, key)}


def _take(name: str, key: str) -> None:
    found = st.session_state[key]
    desk().changes[name] = round(found, 6) if isinstance(found, float) else found
