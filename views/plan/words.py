"""What states and measures of tasks are called, each state with a shape of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.i18n import UNKNOWN
from layers.plan.table import MEASURE_TYPE_TITLES
from layers.plan.table import state_title
from layers.plan.table import told_apart_title
from views import store
from views.text import _
from views.text import esc
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.plan import Measured

UNREPORTED, UNPROVEN = "unreported", "unproven"
# Shape and word carry the meaning; the grounds only help to find them again.
_MARKS = {
    "done": "✔",
    "submitted": "▲",
    UNPROVEN: "△",
    "under_way": "▶",
    "paused": "‖",
    "not_started": "○",
    UNREPORTED: "◌",
}
_GROUNDS = {
    "done": "#d9e8f5",
    "submitted": "#fdf6c4",
    UNPROVEN: "#fdf6c4",
    "under_way": "#e6ebef",
}


def state(code: str) -> str:
    """Return mark and word of a state in the language of the session."""
    return f"{_MARKS.get(code, '?')} {pick(state_title(code, store.catalogue()))}"


def badge(code: str) -> str:
    """Return a state as HTML."""
    ground = _GROUNDS.get(code, "#ffffff")
    return (
        f'<span class="atlas-badge" style="background:{ground};color:#1f2d3a;'
        f'border-color:#33414e;font-weight:600">{esc(state(code))}</span>'
    )


def told_apart(code: str) -> str:
    """Return how two persons were told apart as HTML; empty where they were not."""
    told = pick(told_apart_title(code))
    return f" <small>{esc(told)}</small>" if told else ""


def overdue() -> str:
    """Return mark and word of what is past its day."""
    return f"! {_('overdue')}"


def late_badge() -> str:
    """Return the mark of what is past its day as HTML."""
    return f'<span class="atlas-badge red">{esc(overdue())}</span>'


def sample(one: Measured) -> str:
    """Return the mark of a value that is made from sample data as HTML; empty for others."""
    if not one.sample:
        return ""
    return f' <span class="atlas-badge sample">{esc(_("Sample data"))}</span>'


def measure_type(code: str) -> str:
    """Return what a kind of measure is called."""
    return pick(MEASURE_TYPE_TITLES[code])


def age(days: int | None) -> str:
    """Return how old data is, a dash if its date is unknown."""
    return UNKNOWN if days is None else _("{n} days").format(n=num(days))
