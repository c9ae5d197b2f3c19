"""From one plane to another by points known in both.

A city's own grid has parameters that are not public. Whoever knows a few points
in both systems gets from one to the other by least squares: with four
parameters (turn, scale, shift), or with six (affine) where the grid is sheared.

Source: C. D. Ghilani, Adjustment Computations, ch. 18 (two-dimensional conformal
and affine coordinate transformation). The four-parameter fit is solved in closed
form about the centroids, which keeps the digits of coordinates in millions of metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

SIMILARITY_POINTS = 2
"""Points that a four-parameter fit needs; residuals tell something from three on."""

AFFINE_POINTS = 3
"""Points that a six-parameter fit needs; residuals tell something from four on."""

# Points closer together than this share of their spread fix no turn and no shear.
_DEGENERATE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A plane transformation and how well it meets its points.

    target = matrix · source + (dx, dy). The parameters are left out of the
    printed form, because those of a city's grid may be secret.

    Attributes
    ----------
    matrix
        2 × 2; for a similarity scale · turn.
    dx, dy
        Shift in target units, at source (0, 0).
    scale, rotation
        Of a similarity: scale and counter-clockwise turn in radians. Of an
        affine fit: square root of the area ratio, and the turn of the x-axis.
    residuals
        Fitted minus given target coordinates, n × 2, target units.
    rmse
        Root of the mean squared length of the residuals, target units.
    n
        Number of points.
    """

    matrix: Points = field(repr=False)
    dx: float = field(repr=False)
    dy: float = field(repr=False)
    scale: float = field(repr=False)
    rotation: float = field(repr=False)
    residuals: Points = field(repr=False)
    rmse: float
    n: int

    def apply(self, points: ArrayLike) -> Points:
        """Return points (n × 2, source units) in the target plane."""
        source = np.asarray(points, dtype=np.float64)
        return np.asarray(source @ self.matrix.T + np.array([self.dx, self.dy]))


def fit_similarity(source: ArrayLike, target: ArrayLike) -> Fit:
    """Fit turn, scale and shift (four parameters, 2-D Helmert) by least squares.

    Parameters
    ----------
    source, target
        The same points in both planes, n × 2, in the same order; n ≥ 2. With two
        points the fit is exact and its residuals say nothing.

    Returns
    -------
    Fit
        See there. A plane that is mirrored (x north against x east) is not met
        by any turn; swap the columns first.

    Raises
    ------
    ValueError
        If the arrays are not two lists of equally many finite points, if there are
        fewer than 2, or if they all coincide.
    """
    given, wanted = _pair(source, target, SIMILARITY_POINTS)
    from_centre, to_centre = given.mean(axis=0), wanted.mean(axis=0)
    p, q = given - from_centre, wanted - to_centre
    spread = float((p**2).sum())
    if not spread > (_DEGENERATE * np.abs(given).max()) ** 2:
        msg = "The points coincide; a fit needs points that lie apart."
        raise ValueError(msg)
    a = float((p * q).sum()) / spread
    b = float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum()) / spread
    matrix = np.array([[a, -b], [b, a]])
    return _fit(matrix, given, wanted, scale=float(np.hypot(a, b)))


def fit_affine(source: ArrayLike, target: ArrayLike) -> Fit:
    """Fit a general linear map and a shift (six parameters) by least squares.

    Parameters
    ----------
    source, target
        The same points in both planes, n × 2, in the same order; n ≥ 3. With three
        points the fit is exact and its residuals say nothing.

    Returns
    -------
    Fit
        See there.

    Raises
    ------
    ValueError
        If the arrays are not two lists of equally many finite points, if there are
        fewer than 3, or if they lie on one line.
    """
    given, wanted = _pair(source, target, AFFINE_POINTS)
    p, q = given - given.mean(axis=0), wanted - wanted.mean(axis=0)
    solved, _, rank, _ = np.linalg.lstsq(p, q, rcond=_DEGENERATE)
    if rank < p.shape[1]:
        msg = "The points lie on one line; an affine fit needs points that span an area."
        raise ValueError(msg)
    matrix = np.asarray(solved.T, dtype=np.float64)
    return _fit(matrix, given, wanted, scale=float(np.sqrt(abs(np.linalg.det(matrix)))))


def _pair(source: ArrayLike, target: ArrayLike, least: int) -> tuple[Points, Points]:
    given = np.asarray(source, dtype=np.float64)
    wanted = np.asarray(target, dtype=np.float64)
    for points in (given, wanted):
        if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():  # noqa: PLR2004
            msg = "Points must be an array of finite coordinates with two columns."
            raise ValueError(msg)
    if len(given) != len(wanted):
        msg = f"{len(given)} points cannot be matched with {len(wanted)}."
        raise ValueError(msg)
    if len(given) < least:
        msg = f"The fit needs at least {least} points, not {len(given)}."
        raise ValueError(msg)
    return given, wanted


def _fit(matrix: NDArray[Any], source: Points, target: Points, *, scale: float) -> Fit:
    from_centre, to_centre = source.mean(axis=0), target.mean(axis=0)
    # About the centroids, as the shift at the origin costs digits.
    residuals = (source - from_centre) @ matrix.T - (target - to_centre)
    dx, dy = to_centre - matrix @ from_centre
    return Fit(
        matrix=matrix,
        dx=float(dx),
        dy=float(dy),
        scale=scale,
        rotation=float(np.arctan2(matrix[1, 0], matrix[0, 0])),
        residuals=residuals,
        rmse=float(np.sqrt((residuals**2).sum(axis=1).mean())),
        n=len(source),
    )
