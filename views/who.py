"""Who is at work in this session: asked at every run, so that a role that was taken away is gone.

Alone on a computer it is always :data:`layers.team.ALONE`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.team import ALONE
from layers.team import Right
from views.text import user_name

if TYPE_CHECKING:
    from layers.team import Person


def current() -> Person:
    """Return who is at work."""
    return ALONE


def may(right: Right) -> bool:
    """Tell whether whoever is at work has a right."""
    return current().may(right)


def author() -> str:
    """Return the name that a commit carries, empty if it must be asked for."""
    return current().name or user_name()
