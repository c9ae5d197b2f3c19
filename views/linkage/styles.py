"""How classes and objects on trial are drawn: by shape and mark, not by colour alone."""

from __future__ import annotations

from layers.access.drawing import OPEN_COLOUR
from layers.access.drawing import class_style
from layers.errors import Text
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

_NO_LABELS = 99
_WHITE = "#FFFFFF"

_CERTAIN = "#33414E"


def spaces() -> LayerStyle:
    """Return the style of spaces; its field is ``class``, its label ``mark``."""
    return class_style("mark")


def on_trial() -> LayerStyle:
    """Return the style of objects on trial; its field is ``kind``."""
    titles = {
        "gate": ("triangle", Text("试放的校门", "Gate on trial")),
        "crossing": ("cross", Text("试放的通道", "Crossing on trial")),
        "facility": ("pentagon", Text("试放的设施", "Facility on trial")),
    }
    classes = tuple(
        StyleClass(
            kind,
            title,
            Symbol(shape=shape, size=18, fill=OPEN_COLOUR, stroke=_WHITE, fill_opacity=1.0),
        )
        for kind, (shape, title) in titles.items()
    )
    return LayerStyle("kind", classes[0].symbol, classes, False, "title", 10)  # noqa: FBT003


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
