"""Where one more gate, crossing or facility could stand: places that are tried in turn.

Gates are tried along the outlines of campuses, crossings along barriers, and facilities at
the parks themselves. A campus of which no gate is registered has no candidates: its gates
are there already and only have to be registered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from geo.access.parameters import GROUPS
from geo.sites import located

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.access.linkage import Destinations
    from geo.access.parameters import AccessParameters
    from geo.layout import Surroundings

GATE, CROSSING, FACILITY = "gate", "crossing", "facility"
CANDIDATE_KINDS = (GATE, CROSSING, FACILITY)
COLUMNS = ("candidate_id", "kind", "group", "campus_id", "university", "at")

_AREA = 2
_STEP_M = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What is tried, and why some things are not.

    Attributes
    ----------
    table
        One row a candidate: ``candidate_id``, ``kind`` (one of :data:`CANDIDATE_KINDS`),
        ``group`` (of a facility), ``campus_id`` and ``university`` (of a gate), ``at`` (id
        of the campus, the barrier's position or the carrier that it stands at) and a
        point in the CRS of the spaces.
    without_gates
        Ids of campuses of which no gate is registered.
    points
        Ids of campuses that are only a point: nobody knows their outline.
    unknown_groups
        Groups of facilities that nobody supplied: one more cannot be valued.
    barriers
        Whether any barrier is known.
    """

    table: gpd.GeoDataFrame
    without_gates: tuple[str, ...]
    points: tuple[str, ...]
    unknown_groups: tuple[str, ...]
    barriers: bool


def candidates(
    spaces: gpd.GeoDataFrame,
    destinations: Destinations,
    surroundings: Surroundings,
    parameters: AccessParameters,
    *,
    step_m: float = _STEP_M,
) -> Candidates:
    """Return the places that are tried.

    Parameters
    ----------
    spaces, destinations, surroundings, parameters
        As for :func:`geo.access.linkage`.
    step_m
        Metres between two gates on an outline and two crossings on a barrier, and the
        farthest that a space lies from the nearest carrier a facility is tried at; above 0.

    Raises
    ------
    ValueError
        If `step_m` is not above 0.
    """
    if not step_m > 0:
        msg = f"`step_m` must be a length above 0 m, not {step_m!r}."
        raise ValueError(msg)
    table = destinations.table
    campuses = table[table["kind"].eq("campus")]
    # A gate that nobody can locate is no gate yet, as in the linkage.
    gates = table[table["kind"].eq(GATE) & located(table.geometry)]
    gated = set(gates["campus_id"].dropna()) if "campus_id" in gates else set()
    shapes = campuses.geometry.to_numpy()
    is_area = shapely.get_dimensions(shapes) == _AREA
    known = campuses["id"].isin(gated)
    rows = [
        *_gates(campuses[known & is_area], gates, step_m),
        *_crossings(surroundings, parameters.crossing_reach_m, step_m),
        *_facilities(spaces, destinations, step_m),
    ]
    frame = pd.DataFrame([row[:-1] for row in rows], columns=list(COLUMNS), dtype="str")
    points = [row[-1] for row in rows]
    barriers = surroundings.barriers
    return Candidates(
        gpd.GeoDataFrame(frame, geometry=points, crs=spaces.crs),
        tuple(sorted(campuses.loc[~known, "id"])),
        tuple(sorted(campuses.loc[~is_area, "id"])),
        tuple(g for g in GROUPS if f"facility:{g}" not in destinations.known),
        barriers is not None and bool(located(barriers).any()),
    )


_Row = tuple[Any, ...]


def _gates(campuses: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, step_m: float) -> Iterator[_Row]:
    for campus in campuses.sort_values("id").to_dict("records"):
        points = _along(shapely.boundary(campus["geometry"]), step_m)
        own = gates[gates["campus_id"].eq(campus["id"])].geometry.to_numpy()
        near = shapely.distance(points[:, None], own[None, :]).min(axis=1) < step_m / 2
        for number, point in enumerate(points[~near], start=1):
            name = f"gate:{campus['id']}:{number}"
            yield (name, GATE, "", campus["id"], campus.get("university"), campus["id"], point)


def _crossings(surroundings: Surroundings, reach_m: float, step_m: float) -> Iterator[_Row]:
    barriers = surroundings.barriers
    if barriers is None:
        return
    shapes = barriers.to_numpy()[located(barriers)]
    areal = shapely.get_dimensions(shapes) == _AREA
    lines = np.where(areal, shapely.boundary(shapes), shapes)
    there = np.empty(0, dtype=object)
    if surroundings.crossings is not None:
        there = surroundings.crossings.to_numpy()[located(surroundings.crossings)]
    number = 0
    for place, line in enumerate(lines):
        points = _along(line, step_m)
        if there.size:
            far = shapely.distance(points[:, None], there[None, :]).min(axis=1) > reach_m
            points = points[far]
        for point in points:
            number += 1
            yield (f"crossing:{number}", CROSSING, "", "", "", str(place), point)


def _facilities(
    spaces: gpd.GeoDataFrame, destinations: Destinations, step_m: float
) -> Iterator[_Row]:
    groups = [group for group in GROUPS if f"facility:{group}" in destinations.known]
    known = spaces[located(spaces.geometry)].sort_values("carrier_id").drop_duplicates("carrier_id")
    if not (groups and len(known)):
        return
    xy = shapely.get_coordinates(shapely.centroid(known.geometry.to_numpy()))
    for first in _apart(xy, step_m):
        carrier = str(known["carrier_id"].iloc[first])
        point = shapely.Point(xy[first])
        for group in groups:
            yield (f"facility:{group}:{carrier}", FACILITY, group, "", "", carrier, point)


def _apart(xy: NDArray[np.float64], step_m: float) -> list[int]:
    """Return some of the places, in their order, so that each lies within a step of one."""
    around = KDTree(xy)
    taken, served = [], np.zeros(len(xy), dtype=np.bool_)
    for place in range(len(xy)):
        if not served[place]:
            taken.append(place)
            served[around.query_ball_point(xy[place], step_m)] = True
    return taken


def _along(line: shapely.Geometry, step_m: float) -> NDArray[Any]:
    """Return points along the parts of a line, one every `step_m` and one at its middle."""
    found: list[Any] = []
    for part in shapely.get_parts(shapely.line_merge(line)):
        length = shapely.length(part)
        count = max(1, round(length / step_m))
        where = (np.arange(count) + 0.5) * length / count
        found += list(shapely.line_interpolate_point(part, where))
    return np.array(found, dtype=object)
