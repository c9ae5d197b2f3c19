"""How what the page points at is drawn: rings, a candidate, the area within a walk."""

from __future__ import annotations

from layers.access.drawing import OPEN_COLOUR
from layers.style import LayerStyle
from layers.style import Symbol

_NO_LABELS = 99
_WHITE = "#FFFFFF"

_CERTAIN = "#33414E"


def candidate() -> LayerStyle:
    """Return the style of the candidate that is pointed at."""
    ring = Symbol(
        shape="diamond", size=24, fill=_WHITE, stroke=OPEN_COLOUR, width=3.5, fill_opacity=0.6
    )
    return LayerStyle("", ring, (), by_prefix=False, label_field="title", label_min_zoom=10)


def changed() -> LayerStyle:
    """Return the style of the ring around a space whose class changed."""
    ring = Symbol(
        shape="circle", size=28, fill="none", stroke=OPEN_COLOUR, width=3.0, fill_opacity=0.0
    )
    return LayerStyle("", ring, (), by_prefix=False, label_field="", label_min_zoom=_NO_LABELS)


def of_park() -> LayerStyle:
    """Return the style of the ring around the spaces of the park that the page is about."""
    ring = Symbol(shape="circle", size=26, fill="none", stroke=_CERTAIN, width=2, fill_opacity=0.0)
    return LayerStyle("", ring, (), by_prefix=False, label_field="", label_min_zoom=_NO_LABELS)


def reach() -> LayerStyle:
    """Return the style of the area that can be walked to."""
    area = Symbol(fill="#009E73", stroke="#00704F", width=1.6, fill_opacity=0.14, dash="6 4")
    return LayerStyle("", area, (), by_prefix=False, label_field="", label_min_zoom=_NO_LABELS)
