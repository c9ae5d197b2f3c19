"""How long one unit of a drawing is, from its header and from its coordinates.

The header alone cannot be trusted: the template of the common CAD program says
millimetres, and site plans are drawn over it in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.intake.drawing.dxf_bytes import Survey
    from layers.intake.source import Request
    from layers.issues import Issue

    Pairs = NDArray[np.float64]

# $INSUNITS: sign of the unit and metres in it; None: no planner's plan is drawn in it.
_UNITS: Mapping[int, tuple[str, float | None]] = {
    1: ("inch", None),
    2: ("foot", None),
    3: ("mile", None),
    4: ("mm", 0.001),
    5: ("cm", 0.01),
    6: ("m", 1.0),
    7: ("km", 1000.0),
    8: ("microinch", None),
    9: ("mil", None),
    10: ("yard", None),
    14: ("dm", 0.1),
}
_MILLIMETRE = 0.001

# Plane coordinates in China: easting without or with a zone number before it, northing.
_EASTINGS = ((1e5, 9e5), (1.3e7, 4.6e7))
_NORTHING = (1.8e6, 6.2e6)
_LONGITUDE, _LATITUDE = (73.0, 136.0), (3.0, 54.0)

# Nothing that is planned is smaller than this once it is scaled.
_SMALLEST_PLAN_M = 10.0
METRES_A_DEGREE = 111_320.0
"""Length of a degree of latitude on the ground."""


@dataclass(frozen=True, slots=True)
class Units:
    """What becomes of the coordinates of a drawing.

    Attributes
    ----------
    factor
        By what they are multiplied.
    metre
        How much of the multiplied unit is a metre; 1 unless they are degrees.
    issues
        What was converted, assumed or looks wrong.
    """

    factor: float
    metre: float
    issues: tuple[Issue, ...]


def units_of(found: Survey, request: Request) -> Units:
    """Decide how long a unit of a drawing is, and say what was decided."""
    pairs = np.array(found.sample, dtype=float).reshape(-1, 2)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if not len(pairs):
        return Units(1.0, 1.0, ())
    x, y = (float(value) for value in np.median(pairs, axis=0))
    if _within(x, y, _LONGITUDE, _LATITUDE) or _within(y, x, _LONGITUDE, _LATITUDE):
        return Units(1.0, 1 / METRES_A_DEGREE, _swapped(x, y, request))
    factor, issues = _factor(found.units, pairs, request)
    return Units(factor, 1.0, (*issues, *_swapped(x * factor, y * factor, request)))


def _factor(code: int, pairs: Pairs, request: Request) -> tuple[float, tuple[Issue, ...]]:
    sign, metres = _UNITS.get(code, ("", 1.0))
    x, y = (float(value) for value in np.median(pairs, axis=0))
    details: dict[str, Any] = {"unit": sign, "x": f"{x:.0f}", "y": f"{y:.0f}"}
    if _grid(x * _MILLIMETRE, y * _MILLIMETRE):
        code_says = "cad_units_scaled" if metres == _MILLIMETRE else "cad_units_guessed"
        return _MILLIMETRE, (request.issue(code_says, factor=_MILLIMETRE, **details),)
    if metres is None or (metres != 1 and (_grid(x, y) or _too_small(pairs, metres))):
        return 1.0, (request.issue("cad_units_doubted", **details),)
    if metres != 1:
        return metres, (request.issue("cad_units_scaled", factor=f"{metres:g}", **details),)
    return 1.0, (() if sign else (request.issue("cad_units_unknown"),))


def _grid(x: float, y: float) -> bool:
    return _easting_northing(x, y) or _easting_northing(y, x)


def _easting_northing(east: float, north: float) -> bool:
    return any(_within(east, north, band, _NORTHING) for band in _EASTINGS)


def _within(
    east: float, north: float, easts: tuple[float, float], norths: tuple[float, float]
) -> bool:
    return easts[0] <= east <= easts[1] and norths[0] <= north <= norths[1]


def _too_small(pairs: Pairs, metres: float) -> bool:
    # A few stray points far off do not make a plan large.
    low, high = np.percentile(pairs, (2, 98), axis=0)
    return bool(np.hypot(*(high - low)) * metres < _SMALLEST_PLAN_M)


def _swapped(x: float, y: float, request: Request) -> tuple[Issue, ...]:
    """Return a finding if X is the northing, as surveyors write it."""
    degrees = _within(y, x, _LONGITUDE, _LATITUDE) and not _within(x, y, _LONGITUDE, _LATITUDE)
    if degrees or (_easting_northing(y, x) and not _easting_northing(x, y)):
        shown = "{:.6f}" if degrees else "{:.0f}"
        issue = request.issue("cad_axes_swapped", x=shown.format(x), y=shown.format(y))
        return (issue,)
    return ()
