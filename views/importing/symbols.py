"""How readings and changes are marked on the maps of the import, and their legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.style import LayerStyle
from layers.style import Symbol
from views.text import esc

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARKS = {
    "circle": "●",
    "triangle": "▲",
    "square": "■",
    "diamond": "◆",
    "cross": "✚",
    "pentagon": "⬟",
}


def legend(entries: Iterable[tuple[str, Symbol]]) -> None:
    """Show what symbols stand for: title and symbol each."""
    cells = "".join(
        f'<span class="atlas-badge"><span style="color:{esc(symbol.fill)}">'
        f"{_MARKS[symbol.shape]}</span> {esc(title)}</span>"
        for title, symbol in entries
    )
    st.html(f"<div>{cells}</div>")


def one_symbol(symbol: Symbol) -> LayerStyle:
    """Return the style of a layer whose features all look alike and have no labels."""
    return LayerStyle("", symbol, (), by_prefix=False, label_field="", label_min_zoom=99)
