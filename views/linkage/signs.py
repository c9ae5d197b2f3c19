"""The legend of the map: the classes of space, and every other sign that is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.marks import is_sketch
from views import legend
from views.text import esc
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    from layers.picture import MapLayer

_KINDS = {"point": "Point", "line": "LineString", "polygon": "Polygon"}
_TRIAL = "trial"
"""Key of the layer whose classes say by themselves what they are of."""


def show(spaces: MapLayer, others: Sequence[MapLayer]) -> None:
    """Show what every sign on the map means, with how often it is there.

    Parameters
    ----------
    spaces
        The space by class of linkage.
    others
        All other layers of the map, bottom first.
    """
    legend.show(spaces.style, spaces.frame, "point")
    # What lies on top stands first, as in a list of layers.
    rows = [row for layer in reversed(others) for row in _rows(layer)]
    if rows:
        st.html(f'<div class="atlas-legend inline">{"".join(rows)}</div>')


def _rows(layer: MapLayer) -> Iterator[str]:
    """Yield a row for every kind of geometry that a layer has: a campus may be a point."""
    shapes = layer.frame.geometry
    drawn = layer.frame[shapes.notna() & ~shapes.is_empty]
    kinds = drawn.geom_type.str.removeprefix("Multi")
    for kind, name in _KINDS.items():
        own = drawn[kinds.eq(name)]
        if own.empty:
            continue
        classes = layer.style.classes_in(own)
        sketched = bool(is_sketch(own).all())
        for number in sorted(set(classes.tolist())):
            symbol = layer.style.symbol(int(number))
            sign = legend.picture(symbol.sketched() if sketched else symbol, kind)
            count = num(int((classes == number).sum()))
            yield f"<div>{sign}<span>{esc(_title(layer, int(number)))} ({count})</span></div>"


def _title(layer: MapLayer, number: int) -> str:
    if number < 0:
        return layer.kind
    title = pick(layer.style.classes[number].title)
    return title if layer.key == _TRIAL else f"{layer.kind} · {title}"
