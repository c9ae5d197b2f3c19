"""Colours and marks of thematic classes, safe for colour-blind readers.

The sequential ramps are our own: even steps of CIE lightness from light (low) to dark
(high), with hue and chroma led along a smooth curve. So a ramp still reads in order
when hue is lost, in print without colour too. The categorical colours are the set of
M. Okabe and K. Ito, "Color Universal Design" (2008), with marks that differ as well.
A test simulates the three kinds of colour blindness on every ramp and on the palette.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_CLASSES = 3
MOST_CLASSES = 7
"""Fewest and most classes of a ramp; more than seven greys cannot be told apart on a map."""

DIVERGING = "blue_orange"

RAMPS: Mapping[str, Text] = {
    "blues": Text("蓝色系", "Blues"),
    "oranges": Text("橙色系", "Oranges"),
    "purples": Text("紫色系", "Purples"),
    "greys": Text("灰色系", "Greys"),
    "sun_sea": Text("黄绿蓝", "Yellow to blue"),
    DIVERGING: Text("蓝橙双向（以零为界）", "Blue to orange, apart at zero"),
}
"""Titles of the ramps by name."""

_SEQUENTIAL: Mapping[str, tuple[str, ...]] = {
    "blues": (
        "ddedf9 1e8fcf 002f67",
        "ddedf9 6eaedc 006daf 002f67",
        "ddedf9 8bbee3 1e8fcf 005d9d 002f67",
        "ddedf9 9bc8e7 55a2d7 0c7bbc 005393 002f67",
        "ddedf9 a6ceea 6eaedc 1e8fcf 006daf 004d8b 002f67",
    ),
    "oranges": (
        "fbecd3 d1782a 67230c",
        "fbecd3 dea05e ae5921 67230c",
        "fbecd3 e5b47a d1782a 9c4b1c 67230c",
        "fbecd3 e9bf8b d99049 bc6524 924219 67230c",
        "fbecd3 ecc796 dea05e d1782a ae5921 8b3d17 67230c",
    ),
    "purples": (
        "f0e8f7 9b76bb 3c1b5e",
        "f0e8f7 b79bcf 7a569b 3c1b5e",
        "f0e8f7 c5aed9 9b76bb 6a478b 3c1b5e",
        "f0e8f7 cdb9df ac8cc7 8762a8 613e82 3c1b5e",
        "f0e8f7 d3c1e3 b79bcf 9b76bb 7a569b 5a387c 3c1b5e",
    ),
    "greys": (
        "eceef0 82878b 282d30",
        "eceef0 a4a8ab 62676b 282d30",
        "eceef0 b6b9bc 82878b 53585b 282d30",
        "eceef0 c0c4c6 969b9e 6f7478 4a4f52 282d30",
        "eceef0 c7cacd a4a8ab 82878b 62676b 44494c 282d30",
    ),
    "sun_sea": (
        "f5f29f 049496 25225a",
        "f5f29f 58b894 006e88 25225a",
        "f5f29f 7fc893 049496 005c7e 25225a",
        "f5f29f 96d193 34aa96 007d8f 005179 25225a",
        "f5f29f a6d794 58b894 049496 006e88 004a76 25225a",
    ),
}
_NEUTRAL = "#f3f3f3"

PALETTE = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#000000",
)
"""Eight colours of Okabe and Ito; black stands last, because it hides a hatch."""

SHAPES = ("circle", "square", "triangle", "diamond", "star", "pentagon")
HATCHES = ("", "diagonal", "horizontal", "dots", "vertical", "cross")
DASHES = ("", "12 4", "2 4", "12 4 2 4", "6 3", "16 3 2 3 2 3")
MOST_CATEGORIES = 2 * len(SHAPES)
"""Most categories: a second round of the marks is drawn larger and with a wider outline."""

UNKNOWN_COLOUR = "#c9d1d8"
UNKNOWN_STROKE = "#53616e"
UNKNOWN_SHAPE = "cross"
UNKNOWN_HATCH = "back"
UNKNOWN_DASH = "1 5"
"""Marks of features without a known value; no category has them."""


def sequential(ramp: str, count: int) -> tuple[str, ...]:
    """Return `count` (1 to 7) colours of a sequential ramp, light (low) to dark (high)."""
    tables = _SEQUENTIAL[ramp]
    if count >= LEAST_CLASSES:
        return tuple(f"#{colour}" for colour in tables[count - LEAST_CLASSES].split())
    light, middle, dark = sequential(ramp, LEAST_CLASSES)
    return (middle,) if count == 1 else (light, dark)


def diverging(below: int, above: int, *, middle: bool) -> tuple[str, ...]:
    """Return the colours of classes on both sides of zero, lowest class first.

    Parameters
    ----------
    below, above
        How many classes lie wholly below and above zero.
    middle
        Whether a class between them holds both sides; it is neutral.

    Returns
    -------
    tuple of str
        `below` blues, dark to light, the neutral colour if there is a middle, and
        `above` oranges, light to dark. The same distance from zero in classes is the
        same step of both ramps, so that the shorter side is not drawn as strongly.
    """
    size = min(max(below, above, 2) + 1, MOST_CLASSES)
    blues, oranges = (sequential(ramp, size) for ramp in ("blues", "oranges"))
    # The lightest step is too close to the neutral colour, unless a side needs all seven.
    blue_start, orange_start = (min(1, size - count) for count in (below, above))
    return (
        *reversed(blues[blue_start : blue_start + below]),
        *((_NEUTRAL,) if middle else ()),
        *oranges[orange_start : orange_start + above],
    )


def ramp_colours(ramp: str, edges: tuple[float, ...]) -> tuple[str, ...]:
    """Return the colours of the classes between `edges`, lowest class first.

    Parameters
    ----------
    ramp
        A name of :data:`RAMPS`.
    edges
        Limits of the classes, ascending; one more than there are classes.
    """
    if ramp != DIVERGING:
        return sequential(ramp, len(edges) - 1)
    # A class holds what is above its lower limit, up to and with the upper one.
    above = sum(lower >= 0 for lower in edges[:-1])
    below = sum(lower < 0 and upper <= 0 for lower, upper in pairwise(edges))
    return diverging(below, above, middle=below + above < len(edges) - 1)
