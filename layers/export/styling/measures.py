"""Measures that both style languages share: hatches, shapes and scales of the web map."""

from __future__ import annotations

import math

PIXEL_MM = 25.4 / 96
"""Millimetres of a CSS pixel, the unit of all sizes of a symbol."""

HATCHED_GROUND = 0.45
"""How much of its opacity the ground between the lines of a hatch keeps."""

HATCH_WIDTH = 1.6
"""Width of the lines of a hatch, and the diameter of its dots, in CSS pixels."""

LINES: dict[str, tuple[tuple[float, float], ...]] = {
    "diagonal": ((45.0, 9 / math.sqrt(2)),),
    "back": ((135.0, 9 / math.sqrt(2)),),
    "horizontal": ((0.0, 8.0),),
    "vertical": ((90.0, 8.0),),
    "cross": ((0.0, 9.0), (90.0, 9.0)),
}
"""Lines of a hatch: angle in degrees, counter-clockwise from east, and spacing in CSS pixels."""

DOT_SPACING = 7.0
"""Spacing of the dots of the hatch ``dots``, in CSS pixels."""

# Scale denominator of zoom 0 at the equator, for the pixel of 0.28 mm of OGC standards.
_ZOOM_0 = 559_082_264.0


def scale_of_zoom(zoom: float, latitude: float) -> int:
    """Return the scale denominator of a zoom of the web map, at a latitude in degrees."""
    return round(_ZOOM_0 / 2**zoom * math.cos(math.radians(latitude)))


def dash_lengths(dash: str) -> tuple[float, ...]:
    """Return the lengths of a dash pattern in CSS pixels, an even number of them."""
    lengths = tuple(float(part) for part in dash.replace(",", " ").split())
    return lengths if len(lengths) % 2 == 0 else 2 * lengths


def plain(number: float) -> str:
    """Return a number with at most four decimals and without needless zeros."""
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
