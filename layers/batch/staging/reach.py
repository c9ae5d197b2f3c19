"""Which districts see what is around them: everything within a halo of their outline."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from geo.batch.scopes import CODE
from geo.crs import to_metric

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray


class Reach:
    """What the districts see.

    Parameters
    ----------
    scopes
        All of them.
    districts
        ``district_code`` and outlines.
    places
        Representative points of what belongs to a scope, EPSG:4490, by scope: where a
        scope has no outline, their extent stands for it.
    halo_m
        How far beyond it is looked, metres.
    central_meridian
        Of the plane in which that is measured, degrees.
    """

    def __init__(
        self,
        scopes: Iterable[str],
        districts: gpd.GeoDataFrame,
        places: Mapping[str, gpd.GeoSeries],
        *,
        halo_m: float,
        central_meridian: float,
    ) -> None:
        self._halo_m, self._meridian = halo_m, central_meridian
        outlines = to_metric(districts, central_meridian=central_meridian)
        shapes = dict(outlines.dissolve(CODE).geometry.items()) if len(outlines) else {}
        self._codes: list[str] = []
        self._shapes: list[Any] = []
        for scope in scopes:
            shape = shapes.get(scope)
            if shape is None and scope in places:
                shape = _extent(places[scope], central_meridian)
            if shape is not None and not shape.is_empty:
                self._codes.append(scope)
                self._shapes.append(shape)

    def seen(self, frame: gpd.GeoDataFrame) -> dict[str, NDArray[np.int64]]:
        """Return which rows each scope sees, by position; a scope that sees none is absent.

        Parameters
        ----------
        frame
            Any CRS.
        """
        if frame.empty or not self._shapes:
            return {}
        plane = to_metric(frame, central_meridian=self._meridian)
        tree = shapely.STRtree(plane.geometry.to_numpy())
        scope, row = tree.query(self._shapes, predicate="dwithin", distance=self._halo_m)
        return {
            self._codes[number]: np.sort(row[scope == number]).astype(np.int64)
            for number in np.unique(scope)
        }


def _extent(places: gpd.GeoSeries, central_meridian: float) -> Any:  # noqa: ANN401 - a shape
    plane = to_metric(places.to_frame("geometry"), central_meridian=central_meridian)
    west, south, east, north = plane.total_bounds
    return shapely.box(west, south, east, north) if np.isfinite(west) else None
