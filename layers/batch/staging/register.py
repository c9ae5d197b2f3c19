"""Parks, carriers and units in few columns: who belongs to which district, and who is a guest."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.batch.scopes import CODE
from geo.batch.scopes import park_scopes
from geo.batch.scopes import row_scopes
from geo.crs import STORAGE_CRS
from geo.crs import to_metric
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Mapping

_IDS = {"parks": ("park_id",), "carriers": ("carrier_id", "park_id")}
_UNIT = ("unit_id", "carrier_id", "park_id")


class Guest(NamedTuple):
    """A row that a district is given although it belongs to another."""

    scope: str
    layer: str
    id: str


class Owners(NamedTuple):
    """To which district parks, carriers and units belong.

    Attributes
    ----------
    parks, carriers, units
        Scope by id.
    guests
        Carriers in which a park of another district has units, and these units, with the
        district of the park; the row of each such park with the district of the carrier,
        and that of the carrier's own park with the district of the visitor. Columns
        ``scope``, ``layer`` and ``id``, each once, in order.
    """

    parks: pd.Series[str]
    carriers: pd.Series[str]
    units: pd.Series[str]
    guests: pd.DataFrame


def slim(key: str, frame: pd.DataFrame, code: pd.Series[str]) -> pd.DataFrame:
    """Return of rows of the register what decides on their district.

    Parameters
    ----------
    key
        ``parks``, ``carriers`` or ``units``.
    frame
        Rows of that layer, EPSG:4490.
    code
        Their district as far as they say one.

    Returns
    -------
    pandas.DataFrame
        Ids, ``district_code`` and, but for units, the representative point.
    """
    if key == "units":
        return _columns(frame, _UNIT, code)
    found = _columns(frame, _IDS[key], code)
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    located: pd.DataFrame = gpd.GeoDataFrame(found, geometry=points, crs=STORAGE_CRS)
    return located


def _columns(frame: pd.DataFrame, names: tuple[str, ...], code: pd.Series[str]) -> pd.DataFrame:
    return pd.DataFrame({**{name: frame[name] for name in names}, CODE: code})


def empty_register() -> dict[str, pd.DataFrame]:
    """Return the register without any row."""
    ids: Mapping[str, tuple[str, ...]] = {**_IDS, "units": _UNIT}
    frames = {}
    for key, names in ids.items():
        frame = pd.DataFrame({name: pd.Series(dtype="str") for name in (*names, CODE)})
        spatial = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=STORAGE_CRS))
        frames[key] = frame if key == "units" else spatial
    return frames


def owners_of(register: Mapping[str, pd.DataFrame], districts: gpd.GeoDataFrame | None) -> Owners:
    """Return to which district parks, carriers and units belong.

    Parameters
    ----------
    register
        Results of :func:`slim` by key, all rows of each.
    districts
        ``district_code`` and outlines; None if rows say themselves where they belong.
    """
    parks, carriers, units = (register[key] for key in ("parks", "carriers", "units"))
    by_park = park_scopes(parks, carriers, districts, units=units)
    by_carrier = row_scopes(carriers, districts, by_park=by_park).set_axis(carriers["carrier_id"])
    of_units = row_scopes(units, None, by_park=by_park, by_carrier=by_carrier)
    of_units = of_units.set_axis(units["unit_id"])
    return Owners(by_park, by_carrier, of_units, _guests(register, by_park, by_carrier))


def _guests(
    register: Mapping[str, pd.DataFrame], by_park: pd.Series[str], by_carrier: pd.Series[str]
) -> pd.DataFrame:
    """Return the carriers and units that a park has in another district, and the parks."""
    units, carriers = register["units"], register["carriers"]
    home = units["carrier_id"].map(by_carrier)
    wanted = units["park_id"].map(by_park)
    away = (home.notna() & wanted.notna() & home.ne(wanted)).to_numpy(dtype=bool)
    visiting = units[away].assign(home=home[away], scope=wanted[away])
    host = visiting["carrier_id"].map(carriers.set_index("carrier_id")["park_id"])
    visiting = visiting.assign(host=host.where(host.map(by_park).ne(visiting["scope"])))
    found = [
        visiting[[scope, name]].set_axis(["scope", "id"], axis="columns").assign(layer=layer)
        for layer, scope, name in (
            ("carriers", "scope", "carrier_id"),
            ("units", "scope", "unit_id"),
            ("parks", "home", "park_id"),
            ("parks", "scope", "host"),
        )
    ]
    whole = pd.concat(found).dropna().astype("str")[["scope", "layer", "id"]].drop_duplicates()
    listed = whole["layer"].ne("parks") | whole["id"].isin(register["parks"]["park_id"])
    whole = whole[listed]
    return whole.sort_values(["scope", "layer", "id"], ignore_index=True)


def parks_to_plan(
    register: Mapping[str, pd.DataFrame], owners: Owners, central_meridian: float
) -> pd.DataFrame:
    """Return the parks as :func:`geo.batch.plan.plan_partitions` asks for them.

    Parameters
    ----------
    register
        Results of :func:`slim` by key.
    owners
        Result of :func:`owners_of`.
    central_meridian
        Of the plane of the district, degrees.

    Returns
    -------
    pandas.DataFrame
        ``park_id``, ``scope``, ``x`` and ``y`` (metres: of the park, else the mean of its
        carriers; NaN if nothing of it has a place) and ``rows`` (carriers), by ``park_id``.
    """
    parks = owners.parks.rename("scope").reset_index()
    own = _xy(register["parks"], central_meridian).set_index("park_id")
    carriers = _xy(register["carriers"], central_meridian)
    by_park = carriers.dropna(subset="park_id").sort_values(["park_id", "carrier_id"])
    mean = by_park.groupby("park_id")[["x", "y"]].mean()
    ids = parks["park_id"]
    for axis in ("x", "y"):
        parks[axis] = ids.map(own[axis]).fillna(ids.map(mean[axis])).astype("float64")
    rows = ids.map(by_park["park_id"].value_counts())
    return parks.assign(rows=rows.fillna(0).astype("int64"))


def _xy(frame: pd.DataFrame, central_meridian: float) -> pd.DataFrame:
    plane = to_metric(gpd.GeoDataFrame(frame), central_meridian=central_meridian)
    xy = shapely.get_coordinates(shapely.force_2d(plane.geometry.to_numpy()))
    placed = plane.geometry.notna().to_numpy() & ~plane.geometry.is_empty.to_numpy()
    found = np.full((len(frame), 2), np.nan)
    found[placed] = xy
    return pd.DataFrame(frame.drop(columns=GEOMETRY)).assign(x=found[:, 0], y=found[:, 1])
