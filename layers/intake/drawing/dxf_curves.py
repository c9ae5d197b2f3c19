"""Curves of a drawing as points so dense that no chord is further off than a sagitta.

Circles and ellipses are sampled on the curve itself and not on Bézier curves, which
miss a quarter circle of 100 m radius by 27 mm.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from scipy.interpolate import BSpline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Points = NDArray[np.float64]

SAGITTA_M = 0.01
"""Largest distance between an arc and the chords that stand for it, in metres."""

_MIN_STEPS = 16
_MAX_STEPS = 16_384
_FULL = 2 * math.pi
# With fewer pieces, the middle of an S would lie on its chord.
_MIN_HALVINGS, _MAX_HALVINGS = 3, 12
_EPS = 1e-9


def steps(span: float, radius: float, sagitta: float) -> int:
    """Return in how many chords an arc is cut.

    Parameters
    ----------
    span
        Angle of the arc in radians.
    radius, sagitta
        In the same unit. A chord over the angle t is ``r (1 - cos(t / 2))`` off.
    """
    share = min(abs(span) / _FULL, 1.0)
    full = _MAX_STEPS
    if radius <= sagitta:
        full = _MIN_STEPS
    elif sagitta > 0 and math.isfinite(radius):
        full = math.ceil(math.pi / math.acos(max(1 - sagitta / radius, -1.0)))
    return max(1, math.ceil(share * min(max(full, _MIN_STEPS), _MAX_STEPS)))


def arc(centre: Sequence[float], radius: float, start: float, end: float, sagitta: float) -> Points:
    """Return the points of an arc, counter-clockwise from `start` to `end` in radians.

    Returns
    -------
    ndarray
        Shape (n, 3); the whole circle if both angles are the same direction.
    """
    span = turn(start, end)
    angles = start + np.linspace(0, span, steps(span, abs(radius), sagitta) + 1)
    points = np.empty((len(angles), 3))
    points[:, 0] = centre[0] + radius * np.cos(angles)
    points[:, 1] = centre[1] + radius * np.sin(angles)
    points[:, 2] = centre[2]
    return points


def turn(start: float, end: float) -> float:
    """Return the angle from `start` counter-clockwise to `end` in radians, above 0."""
    span = (end - start) % _FULL
    return _FULL if span < _EPS or span > _FULL - _EPS else span


def ellipse(tool: Any, sagitta: float) -> Points:  # noqa: ANN401 -- an ellipse of ezdxf
    """Return the points of an ellipse or a part of one, shape (n, 3).

    Parameters
    ----------
    tool
        Has ``center``, ``major_axis``, ``minor_axis``, ``start_param`` and ``end_param``.
    sagitta
        In the unit of the axes. Equal steps of the parameter are at most as far off
        as on the circle around the ellipse.
    """
    centre, major, minor = (
        np.array(tuple(vector)[:3], dtype=float)
        for vector in (tool.center, tool.major_axis, tool.minor_axis)
    )
    span = turn(tool.start_param, tool.end_param)
    count = steps(span, float(np.linalg.norm(major)), sagitta)
    at = tool.start_param + np.linspace(0, span, count + 1)
    points: Points = centre + np.outer(np.cos(at), major) + np.outer(np.sin(at), minor)
    return points


def bulged(
    vertices: Points, bulges: NDArray[np.float64], *, closed: bool, sagitta: float
) -> Points:
    """Return the points of a polyline with arcs.

    Parameters
    ----------
    vertices
        Shape (n, 2).
    bulges
        Shape (n,): a quarter of the tangent of the angle from a vertex to the next,
        positive to the left; 0 is a straight line.
    closed
        Whether the last vertex is joined with the first one; the first point is then
        repeated.
    sagitta
        In the unit of the vertices.

    Returns
    -------
    ndarray
        Shape (m, 2).
    """
    if not bulges.any():
        return np.vstack([vertices, vertices[:1]]) if closed else vertices
    ends = np.roll(vertices, -1, axis=0)
    if not closed:
        vertices, ends, bulges = vertices[:-1], ends[:-1], bulges[:-1]
    pieces = [vertices[:1]]
    for start, end, bulge in zip(vertices, ends, bulges, strict=True):
        pieces.append(_bulge(start, end, float(bulge), sagitta) if bulge else end[None, :])
    return np.vstack(pieces)


def _bulge(start: Points, end: Points, bulge: float, sagitta: float) -> Points:
    """Return the points of one arc without its start."""
    first, last = complex(*start), complex(*end)
    span = 4 * math.atan(bulge)
    centre = (first + last) / 2 + 1j * (last - first) * (1 - bulge * bulge) / (4 * bulge)
    count = steps(span, abs(first - centre), sagitta)
    at = centre + (first - centre) * np.exp(1j * span * np.arange(1, count + 1) / count)
    points = np.column_stack([at.real, at.imag])
    # The end is where the next piece starts, to the last digit.
    points[-1] = end
    return points


def spline(tool: Any, sagitta: float) -> Points:  # noqa: ANN401 -- a B-spline of ezdxf
    """Return the points of a B-spline, shape (n, 3).

    Only where the spline is defined: a closed one has knots before and after that,
    where its formula runs far away. Every piece between two knots is halved until no
    half is further off its chord than `sagitta`, or there are very many.
    """
    control = np.array([tuple(point)[:3] for point in tool.control_points], dtype=float)
    if not np.isfinite(control).all():
        return control
    degree, knots = tool.order - 1, np.array(tool.knots(), dtype=float)
    weights = np.array(tool.weights() or np.ones(len(control)), dtype=float)[:, None]
    curve = BSpline(knots, np.hstack([control * weights, weights]), degree, extrapolate=False)
    breaks = np.unique(knots[degree : len(control) + 1])
    for halvings in range(_MIN_HALVINGS, _MAX_HALVINGS + 1):
        parts = np.linspace(0, 1, 2**halvings, endpoint=False)
        at = np.append((breaks[:-1, None] + np.diff(breaks)[:, None] * parts).ravel(), breaks[-1])
        homogeneous = curve(at)
        points: Points = homogeneous[:, :3] / homogeneous[:, 3:]
        # Every second point should lie near the middle of the chord around it.
        off = points[1::2] - (points[:-1:2] + points[2::2]) / 2
        if np.linalg.norm(off, axis=1).max() <= sagitta or len(points) > _MAX_STEPS:
            break
    return points
