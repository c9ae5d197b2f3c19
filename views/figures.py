"""A row of tiles: one figure each, and what it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views.text import esc

if TYPE_CHECKING:
    from collections.abc import Iterable


def show(cells: Iterable[tuple[str, str]], *, below: str = "") -> None:
    """Show figures side by side.

    Parameters
    ----------
    cells
        Figure and what it counts; both are shown as text.
    below
        HTML of our own to follow the tiles.
    """
    tiles = "".join(f"<div><b>{esc(n)}</b><span>{esc(text)}</span></div>" for n, text in cells)
    st.html(f'<div class="atlas-figures">{tiles}</div>{below}')
