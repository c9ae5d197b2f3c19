"""How classes and objects on trial are drawn: by shape and mark, not by colour alone."""

from __future__ import annotations

from layers.errors import Text
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

_NO_LABELS = 99
_OPEN = "#C2185B"
_WHITE = "#FFFFFF"
_UNKNOWN = "x"

_CLASSES = {
    "3": ("star", 19.0, "#084594", Text("3 类：三项都满足", "Class 3: all three conditions met")),
    "2": ("square", 14.0, "#2B8CBE", Text("2 类：满足两项", "Class 2: two conditions met")),
    "1": ("triangle", 14.0, "#FDB863", Text("1 类：满足一项", "Class 1: one condition met")),
    "0": ("circle", 11.0, "#E6E6E6", Text("0 类：都不满足", "Class 0: none met")),
    _UNKNOWN: ("diamond", 13.0, "#F7F7F7", Text("类别未知", "Class unknown")),
}
"""Shape, size, fill and title of every class."""

_UNDECIDED = Text("（粉边：估算或待核实）", " (pink edge: estimated or to be verified)")
_CERTAIN = "#33414E"


def class_code(linkage: object, *, decided: bool) -> str:
    """Return the class of the style of a space.

    Parameters
    ----------
    linkage
        0 to 3, as text; empty if it is unknown.
    decided
        Whether nothing could change it any more.
    """
    known = str(linkage) if str(linkage) in _CLASSES else _UNKNOWN
    return known if decided else f"{known}?"


def spaces() -> LayerStyle:
    """Return the style of spaces; its field is ``class``, its label ``mark``."""
    classes = []
    for code, (shape, size, fill, title) in _CLASSES.items():
        sure = Symbol(shape=shape, size=size, fill=fill, stroke=_CERTAIN, fill_opacity=1.0)
        open_ = Symbol(shape=shape, size=size, fill=fill, stroke=_OPEN, width=2.4, fill_opacity=0.9)
        classes.append(StyleClass(code, title, sure))
        told = Text(title.zh + _UNDECIDED.zh, title.en + _UNDECIDED.en)
        classes.append(StyleClass(f"{code}?", told, open_))
    return LayerStyle(
        field="class",
        default=classes[-1].symbol,
        classes=tuple(classes),
        by_prefix=False,
        label_field="mark",
        label_min_zoom=14,
    )


def on_trial() -> LayerStyle:
    """Return the style of objects on trial; its field is ``kind``."""
    titles = {
        "gate": ("triangle", Text("试放的校门", "Gate on trial")),
        "crossing": ("cross", Text("试放的通道", "Crossing on trial")),
        "facility": ("pentagon", Text("试放的设施", "Facility on trial")),
    }
    classes = tuple(
        StyleClass(
            kind, title, Symbol(shape=shape, size=18, fill=_OPEN, stroke=_WHITE, fill_opacity=1.0)
        )
        for kind, (shape, title) in titles.items()
    )
    return LayerStyle("kind", classes[0].symbol, classes, False, "title", 10)  # noqa: FBT003


def candidate() -> LayerStyle:
    """Return the style of the candidate that is pointed at."""
    ring = Symbol(shape="diamond", size=24, fill=_WHITE, stroke=_OPEN, width=3.5, fill_opacity=0.6)
    return LayerStyle("", ring, (), by_prefix=False, label_field="title", label_min_zoom=10)


def changed() -> LayerStyle:
    """Return the style of the ring around a space whose class changed."""
    ring = Symbol(shape="circle", size=28, fill="none", stroke=_OPEN, width=3.0, fill_opacity=0.0)
    return LayerStyle("", ring, (), by_prefix=False, label_field="", label_min_zoom=_NO_LABELS)


def of_park() -> LayerStyle:
    """Return the style of the ring around the spaces of the park that the page is about."""
    ring = Symbol(shape="circle", size=26, fill="none", stroke=_CERTAIN, width=2, fill_opacity=0.0)
    return LayerStyle("", ring, (), by_prefix=False, label_field="", label_min_zoom=_NO_LABELS)
