"""The linkage of parks, from the layers to the result and back to a layer."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geo.access import AccessParameters
from geo.access import AccessResult
from geo.access import linkage
from geo.crs import STORAGE_CRS
from geo.sites import located
from layers.access.inputs import Given
from layers.access.inputs import given_of
from layers.access.titles import ACCESS_TITLES
from layers.access.trial import with_trial

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.access.trial import Trial
    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_COUNTS = ("spaces", "spaces_unlocated", "spaces_without_area")


@dataclass(frozen=True, slots=True, eq=False)
class Access(AccessResult):
    """The linkage of parks, with what it was computed from.

    Attributes
    ----------
    given
        Spaces, destinations and surroundings in the metric CRS, and the objects by name.
    """

    given: Given


def access_of(
    tables: Tables,
    catalogue: Catalogue,
    parameters: AccessParameters | None = None,
    parks: Sequence[str] | None = None,
    *,
    trial: Trial | None = None,
) -> Access:
    """Judge how the building space of parks is linked to campus, rail and neighbourhood.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed; those of
        :data:`layers.access.ACCESS_LAYERS` are used if they are there.
    catalogue
        Gives the central meridian of the district's metric CRS.
    parameters
        Thresholds; the defaults of :mod:`geo.access` if left out.
    parks
        Ids of the parks to judge; by default all but those of another district. What one
        park gets does not depend on the others.
    trial
        Objects that are placed on trial; the layers stay as they are.

    Returns
    -------
    Access
        See :class:`geo.access.AccessResult`; geometries are in the metric CRS.

    Raises
    ------
    AtlasError
        If the carriers are missing; UsageError if a park id is not known.
    """
    if trial:
        tables = with_trial(tables, catalogue, trial)
    given = given_of(tables, catalogue, parks)
    found = linkage(
        given.spaces, given.destinations, given.surroundings, parameters or AccessParameters()
    )
    return Access(
        **{field.name: getattr(found, field.name) for field in fields(AccessResult)}, given=given
    )


def access_table(found: Access) -> gpd.GeoDataFrame:
    """Return the spaces with names of parks and carriers in front, in the storage CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows of ``found.spaces``, with ``park_name``, ``carrier_name`` and
        ``parameters``; a space that is not located has no geometry.
    """
    spaces = found.spaces.to_crs(STORAGE_CRS)
    names = found.given.spaces[["park_name", "carrier_name"]].set_axis(spaces.index)
    told = pd.DataFrame(spaces.drop(columns="geometry"))
    for place, name in enumerate(("park_name", "carrier_name")):
        told.insert(2 * place + 1, name, names[name])
    told["parameters"] = found.parameters.as_text()
    # The class and its conditions stand before the many distances.
    told = told[[name for name in ACCESS_TITLES if name in told.columns]]
    return gpd.GeoDataFrame(told, geometry=spaces.geometry.to_numpy(), crs=STORAGE_CRS)


access_layer = access_table
"""The spaces as a layer to draw and to export: the table of spaces has their places."""


def access_parks(found: Access) -> gpd.GeoDataFrame:
    """Return the parks with their shares, as a layer of the places of their spaces.

    Returns
    -------
    geopandas.GeoDataFrame
        One row for every park that was asked for, by id: ``park_id``, ``park_name``, the
        columns of :attr:`geo.access.AccessResult.parks`, ``rule_version``,
        ``parameters``; EPSG:4490, a multipoint of spaces, none where nothing is located. A
        park of which no space is registered has no shares.
    """
    names = found.given.parks.sort_index()
    shares = found.parks.reindex(names.index)
    counts = shares[list(_COUNTS)].fillna(0).astype("Int64")
    told = shares.assign(**{name: counts[name] for name in _COUNTS})
    told["sample"] = told["sample"].astype("boolean").fillna(value=False)
    told.insert(0, "park_name", names)
    told = told.rename_axis("park_id").reset_index()
    told = told.assign(rule_version=found.rule_version, parameters=found.parameters.as_text())
    return gpd.GeoDataFrame(told, geometry=_places(found, told["park_id"]), crs=STORAGE_CRS)


def access_district(found: Access) -> pd.DataFrame:
    """Return the shares over all parks as one row, with rule and parameters."""
    return found.district.assign(
        rule_version=found.rule_version, parameters=found.parameters.as_text()
    )


def access_nearest(found: Access) -> pd.DataFrame:
    """Return the destinations that decide, one a row, with rule and parameters."""
    names = found.given.spaces.set_index(["park_id", "carrier_id"])[["park_name", "carrier_name"]]
    told = found.nearest.join(names, on=["park_id", "carrier_id"])
    front = ["park_id", "park_name", "carrier_id", "carrier_name"]
    told = told[[*front, *(name for name in told.columns if name not in front)]]
    return told.assign(rule_version=found.rule_version, parameters=found.parameters.as_text())


def _places(found: Access, parks: pd.Series[str]) -> list[object]:
    spaces = found.spaces[located(found.spaces.geometry)]
    points = spaces.set_geometry(spaces.geometry.centroid).to_crs(STORAGE_CRS)
    by_park = points.dissolve(by="park_id").geometry if len(points) else None
    return [None if by_park is None else by_park.get(park) for park in parks]
