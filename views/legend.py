"""Legend swatches: the symbols of the map as small pictures."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import streamlit as st

from layers.marks import is_sketch
from views.text import esc
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd

    from layers.style import LayerStyle
    from layers.style import Symbol

_POINTS = {
    "square": "4,4 16,4 16,16 4,16",
    "diamond": "10,2 18,10 10,18 2,10",
    "triangle": "10,3 18,16 2,16",
    "pentagon": "10,2 17.6,7.5 14.7,16.5 5.3,16.5 2.4,7.5",
    "star": "10,1 12.4,7 19,7.4 13.9,11.6 15.6,18 10,14.4 4.4,18 6.1,11.6 1,7.4 7.6,7",
    "cross": "7,2 13,2 13,7 18,7 18,13 13,13 13,18 7,18 7,13 2,13 2,7 7,7",
}
_HATCHED_GROUND = 0.45
_HATCH = {
    "diagonal": "M2 14L14 2M8 18L24 2M18 18L26 10",
    "back": "M2 2L16 16M10 0L26 16M20 2L26 8",
    "horizontal": "M1 6H25M1 12H25",
    "vertical": "M6 1V17M12 1V17M18 1V17",
    "cross": "M1 9H25M9 1V17M17 1V17",
    "dots": "M6 5h1M14 5h1M22 5h1M10 10h1M18 10h1M6 15h1M14 15h1M22 15h1",
}


def swatch(symbol: Symbol, kind: str) -> str:
    """Return a symbol as an SVG picture, drawn as on the map.

    Parameters
    ----------
    symbol
        The symbol.
    kind
        ``point``, ``line`` or ``polygon``.
    """
    # A hatch stands on a paler ground, as on the map.
    opacity = symbol.fill_opacity * (_HATCHED_GROUND if symbol.hatch else 1)
    paint = (
        f'fill="{esc(symbol.fill)}" stroke="{esc(symbol.stroke)}" stroke-width="{symbol.width}" '
        f'fill-opacity="{opacity}"'
    )
    dash = f' stroke-dasharray="{esc(symbol.dash)}"' if symbol.dash else ""
    if kind == "point":
        points = _POINTS.get(symbol.shape)
        shape = (
            f'<polygon points="{points}" {paint}/>'
            if points
            else f'<circle cx="10" cy="10" r="7" {paint}/>'
        )
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 20 20">{shape}</svg>'  # noqa: E501 - one SVG element
    if kind == "line":
        inner = f'<path d="M1 9H25" fill="none" stroke="{esc(symbol.stroke)}" stroke-width="{symbol.width}"{dash}/>'  # noqa: E501 - one SVG element
    else:
        inner = f'<rect x="1" y="1" width="24" height="16" {paint}{dash}/>'
        if symbol.hatch in _HATCH:
            inner += f'<path d="{_HATCH[symbol.hatch]}" stroke="{esc(symbol.fill)}" stroke-width="1.6" stroke-linecap="round" fill="none"/>'  # noqa: E501 - one SVG element
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="16" viewBox="0 0 26 18">{inner}</svg>'  # noqa: E501 - one SVG element


def picture(symbol: Symbol, kind: str) -> str:
    """Return a swatch as an HTML picture; Streamlit strips inline SVG, but shows pictures."""
    data = base64.b64encode(swatch(symbol, kind).encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{data}" alt="">'


def show(style: LayerStyle, frame: pd.DataFrame, kind: str, *, inline: bool = True) -> None:
    """Show the classes that occur in a layer; nothing where nothing is drawn.

    The parameters are those of :func:`legend_rows`.
    """
    rows = legend_rows(style, frame, kind, inline=inline)
    if rows:
        st.html(rows)


def legend_rows(style: LayerStyle, frame: pd.DataFrame, kind: str, *, inline: bool = False) -> str:
    """Return the classes that occur in a layer as HTML rows with counts.

    Parameters
    ----------
    style, frame
        The style, and the rows that are drawn with it.
    kind
        ``point``, ``line`` or ``polygon``.
    inline
        Beside each other instead of below each other.
    """
    if not style.field or style.field not in frame:
        return ""
    counts = style.class_of(frame[style.field]).value_counts()
    sketched = bool(is_sketch(frame).all())
    entries = [(number, pick(entry.title)) for number, entry in enumerate(style.classes)]
    rows = []
    for number, title in [*entries, (-1, pick(style.rest_title))]:
        if number not in counts.index:
            continue
        symbol = style.symbol(number)
        shown = picture(symbol.sketched() if sketched else symbol, kind)
        rows.append(f"<div>{shown}<span>{esc(title)} ({num(counts[number])})</span></div>")
    css = "atlas-legend inline" if inline else "atlas-legend"
    return f'<div class="{css}">{"".join(rows)}</div>' if rows else ""
