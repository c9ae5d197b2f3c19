"""What stands on paper below the map: title, legend, notes, sources, versions.

It is part of the page and hidden on the screen, so that the browser's own print
prints a map that can be read and traced. Sheets at a true scale are another
matter; this one says that it is none.
"""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from layers.marks import is_sketch
from views import legend
from views import store
from views.text import _
from views.text import day
from views.text import esc
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.picture import MapLayer


def below_map(layers: Sequence[MapLayer], notes: Sequence[str]) -> None:
    """Write what is printed with the map.

    Parameters
    ----------
    layers
        What is drawn, bottom first.
    notes
        Sentences on filters, sample data and sketches.
    """
    entries = "".join(_entry(layer) for layer in reversed(layers))
    lines = "".join(f"<li>{esc(note)}</li>" for note in (*notes, *_facts()))
    st.html(
        '<div class="atlas-paper">'
        f"<h3>{esc(pick(store.catalogue().title))}</h3>"
        f'<div class="atlas-paper-legend">{entries}</div><ul>{lines}</ul></div>'
    )


def _entry(layer: MapLayer) -> str:
    kind = store.geometry_kind(layer.key)
    rows = legend.legend_rows(layer.style, layer.frame, kind)
    symbol = layer.style.default
    if bool(is_sketch(layer.frame).all()):
        symbol = symbol.sketched()
    sign = "" if rows else legend.picture(symbol, kind)
    return f"<div><b>{sign} {esc(layer.kind)} ({num(len(layer.frame))})</b>{rows}</div>"


def _facts() -> list[str]:
    versions = " · ".join(f"{key} v{version}" for key, version in store.versions())
    return [
        f"{_('Printed')} {day(datetime.now(tz=UTC).date())}",
        f"{_('Layer versions')} {versions}",
        _("Screen print, not to a fixed scale; see the scale bar."),
    ]
