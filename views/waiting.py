"""Work that few do at once on a server: whoever comes later sees that, and waits."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from layers.team.allowance import Allowance
from layers.team.settings import team
from layers.turns import Turns
from views.text import _
from views.text import num

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def _turns() -> Turns:
    """Return the one line of this process."""
    served = team()
    return Turns((served.limits if served else Allowance()).heavy_at_once)


@contextmanager
def turn() -> Iterator[None]:
    """Wait until there is room for one more who has a file made, and tell the planner."""
    told = st.empty()

    def tell(ahead: int) -> None:
        told.info(
            _("The server is busy with files of others; {n} wait before yours.").format(
                n=num(ahead)
            )
        )

    with _turns().taken(tell):
        told.empty()
        yield
