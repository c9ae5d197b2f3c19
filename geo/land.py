"""Land on which sites are placed at random, where no stock of buildings is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.draws import uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ATTEMPTS = 100
"""A draw that is rejected so often is given up: the land is too small."""

_CORNERS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """Areas in which every point is as likely as any other.

    Attributes
    ----------
    area
        Polygon or multipolygon in a metric CRS; holes are respected.
    separation_m
        Least distance of two sites, metres; sites nearer than that would be one.

    Raises
    ------
    ValueError
        If `area` is not an area, or `separation_m` is negative or not finite.
    """

    area: shapely.Geometry
    separation_m: float = 50.0
    _corners: NDArray[np.float64] = field(init=False, repr=False)
    _share: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Cut the area into triangles, whose points are easily drawn."""
        if not (self.separation_m >= 0 and math.isfinite(self.separation_m)):
            msg = f"`separation_m` must be at least 0, not {self.separation_m!r}."
            raise ValueError(msg)
        if shapely.is_missing(self.area) or not shapely.is_valid(self.area):
            msg = "`area` must be a valid polygon or multipolygon."
            raise ValueError(msg)
        parts = shapely.get_parts(shapely.constrained_delaunay_triangles(self.area))
        corners = shapely.get_coordinates(parts).reshape(-1, _CORNERS + 1, 2)[:, :_CORNERS]
        size = shapely.area(parts)
        if not size.sum() > 0:
            msg = "`area` has no area to place sites on."
            raise ValueError(msg)
        object.__setattr__(self, "_corners", corners)
        object.__setattr__(self, "_share", np.cumsum(size) / size.sum())

    def place(
        self, seed: int, sites: int, draws: range
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return random places for some draws.

        A draw with two sites nearer than `separation_m` is drawn anew as a whole, so
        that what remains is uniform among the separated ones.

        Parameters
        ----------
        seed, sites, draws
            As in :func:`geo.draws.uniforms`.

        Returns
        -------
        tuple of numpy.ndarray
            Coordinates in metres, shape (draws, sites, 2), and which draws were given
            up after :data:`MOST_ATTEMPTS`.
        """
        placed = np.empty((len(draws), sites, 2))
        crowded = np.ones(len(draws), dtype=np.bool_)
        for attempt in range(MOST_ATTEMPTS):
            uniform = uniforms(seed, sites, draws, width=_CORNERS * sites, attempt=attempt)
            placed[crowded] = self._points(uniform[crowded].reshape(-1, sites, _CORNERS))
            crowded[crowded] = _closest_m2(placed[crowded]) < self.separation_m**2
            if not crowded.any():
                break
        return placed, crowded

    def _points(self, uniform: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn three uniform numbers into a uniform point of the area."""
        chosen = np.searchsorted(self._share, uniform[..., 0], side="right")
        first, second, third = np.moveaxis(
            self._corners[chosen.clip(max=self._share.size - 1)], -2, 0
        )
        # Uniform in a triangle: the root keeps the corner from being crowded.
        root, along = np.sqrt(uniform[..., 1])[..., None], uniform[..., 2][..., None]
        points: NDArray[np.float64] = (
            first * (1 - root) + second * root * (1 - along) + third * root * along
        )
        return points


def _closest_m2(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared distance of the closest two points of each row, shape (rows,)."""
    east, north = np.ascontiguousarray(points[..., 0].T), np.ascontiguousarray(points[..., 1].T)
    closest = np.full(len(points), np.inf)
    for one in range(len(east) - 1):
        apart = (east[one + 1 :] - east[one]) ** 2 + (north[one + 1 :] - north[one]) ** 2
        np.minimum(closest, apart.min(axis=0), out=closest)
    return closest
