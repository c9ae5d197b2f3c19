"""How the page words the solver's answer: no plan is called optimal that is not proven."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from layers.errors import AtlasError
from layers.proposals import WORDS
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from geo.consolidation.solve import Status
    from geo.consolidation.steps import Step
    from geo.phrases import Sentence


def problem(error: Exception) -> str:
    """Return what went wrong, as Markdown shows it."""
    return md(pick(error.text) if isinstance(error, AtlasError) else str(error))


def sentence(said: Sentence) -> str:
    """Return a sentence of the analysis in the language of the session."""
    return said.zh if lang() == "zh" else said.en


def is_proven(status: str, gap: float) -> bool:
    """Tell whether no better plan can exist."""
    return status == "optimal" and gap == 0


def proof(status: Status | str, gap: float) -> str:
    """Return what is proven about a plan: optimal, or how far from it at most.

    Parameters
    ----------
    status
        The solver's word.
    gap
        Distance from the bound as a share; NaN or infinite if unknown.
    """
    if is_proven(status, gap) or status == "infeasible":
        return pick(WORDS["status"][status])
    word = pick(WORDS["status"]["time_limit" if status == "optimal" else status])
    if not math.isfinite(gap):
        return _("{status}, gap unknown").format(status=word)
    return _("{status}, gap {gap}").format(status=word, gap=pct(gap))


def step_title(step: Step, *, before: int) -> str:
    """Return a plan in one line: sites left, cost, moves, what is proven.

    Parameters
    ----------
    step
        The plan.
    before
        Sites today.
    """
    return _(
        "{sites} sites (today {before}) · {cost} × 10,000 yuan · {moves} moves · {proof}"
    ).format(
        sites=num(step.presences),
        before=num(before),
        cost=num(step.cost_wan, digits=1),
        moves=num(step.moves),
        proof=proof(step.status, step.gap),
    )
