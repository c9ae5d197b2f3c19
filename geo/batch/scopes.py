"""Which district every row belongs to, so that each is computed once and with its peers.

The scope 统计范围 of a park is what it is compared with: the stock of the test against
chance, the peers, the ranking. A scope is one district, by its ``district_code``. What
belongs to no district has the scope :data:`NO_DISTRICT`, which is computed like any other.

The owner rule: a code that the register itself gives wins. Else a park belongs to the
district that its representative point is in, or, without a shape, to the one that holds
most of its carriers. A park is never cut: its carriers belong to it wherever they lie.
Everything else belongs where its own representative point is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_same_crs
from geo.sites import located
from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_DISTRICT = ""
"""The scope of what belongs to no district."""

CODE = "district_code"
"""The column that names the district of a row."""

# Points are looked up in portions, so that their index does not outgrow the memory.
_AT_ONCE = 200_000


def district_of(places: NDArray[Any], districts: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Return the code of the district that each point is in.

    Parameters
    ----------
    places
        Points (or other shapes, which then are in every district they meet) in the CRS of
        `districts`, shape (places,); None or empty where there is none.
    districts
        ``district_code`` and polygons, several rows a district if it has several; rows
        without a code or a shape are nothing. None if no districts are known.

    Returns
    -------
    numpy.ndarray
        Codes, shape (places,); :data:`NO_DISTRICT` outside of all districts and where
        there is no place. On a border, or where districts overlap, the smallest code.

    Raises
    ------
    ValueError
        If ``district_code`` is missing.
    """
    found = np.full(len(places), NO_DISTRICT, dtype=object)
    codes, shapes = _outlines(districts)
    if not codes.size:
        return found
    for first in range(0, len(places), _AT_ONCE):
        block = slice(first, first + _AT_ONCE)
        # The districts are asked, not the points: few prepared outlines answer for all.
        outline, place = shapely.STRtree(places[block]).query(shapes, predicate="intersects")
        # The smallest code is written last.
        order = np.argsort(outline, kind="stable")[::-1]
        found[first + place[order]] = codes[outline[order]]
    return found


def park_scopes(
    parks: pd.DataFrame,
    carriers: pd.DataFrame,
    districts: gpd.GeoDataFrame | None,
    *,
    units: pd.DataFrame | None = None,
) -> pd.Series[str]:
    """Return the scope of every park, also of those that only carriers or units mention.

    Parameters
    ----------
    parks
        ``park_id``, each once; optional ``district_code`` and geometry.
    carriers
        ``carrier_id``, each once; optional ``park_id``, ``district_code`` and geometry.
    districts
        As in :func:`district_of`; frames with geometry must have its CRS.
    units
        ``carrier_id`` and optional ``park_id`` and ``district_code``; None if there are
        none. A park without carriers of its own belongs to the district that holds most
        of the carriers in which it has units.

    Returns
    -------
    pandas.Series
        ``scope`` by ``park_id``, ordered by it; :data:`NO_DISTRICT` where no district is
        known. Carriers outside of all districts have no say; of districts that hold equally
        many carriers the smallest code is taken.

    Raises
    ------
    ValueError
        If a column is missing, an id stands twice, or a CRS differs.
    """
    require_columns(parks, ["park_id"], "parks")
    require_columns(carriers, ["carrier_id"], "carriers")
    refuse_repeated(parks[["park_id"]], "parks")
    refuse_repeated(carriers[["carrier_id"]], "carriers")
    home = pd.Series(_home(carriers, districts), index=_ids(carriers, "carrier_id"), dtype="str")
    own = _texts(carriers, "park_id")
    held = _held(units, own.set_axis(home.index), home)
    listed = pd.Series(_home(parks, districts), index=_ids(parks, "park_id"), dtype="str")
    ids = sorted({*listed.index.dropna(), *own.dropna(), *held["park_id"]})
    by_carriers = _majority(own.to_numpy(), home.to_numpy())
    by_units = _majority(held["park_id"].to_numpy(), held["scope"].to_numpy())
    scope = listed[listed.index.notna()].reindex(pd.Index(ids, dtype="str"))
    for other in (by_carriers, by_units):
        scope = scope.where(scope.ne(NO_DISTRICT) & scope.notna(), other.reindex(scope.index))
    return scope.fillna(NO_DISTRICT).astype("str").rename("scope").rename_axis("park_id")


def row_scopes(
    frame: pd.DataFrame,
    districts: gpd.GeoDataFrame | None,
    *,
    by_park: pd.Series[str] | None = None,
    by_carrier: pd.Series[str] | None = None,
) -> pd.Series[str]:
    """Return the scope of every row of a layer.

    Parameters
    ----------
    frame
        Rows of a layer, or some of them; optional ``park_id``, ``carrier_id``,
        ``district_code`` and geometry.
    districts
        As in :func:`district_of`; a frame with geometry must have its CRS.
    by_park
        Scope by ``park_id``, the result of :func:`park_scopes`, for layers whose rows go
        with their park; None for the others.
    by_carrier
        Scope by ``carrier_id``, for layers whose rows go with their carrier (units); it
        goes before the park.

    Returns
    -------
    pandas.Series
        ``scope``, index of `frame`. In this order: of its carrier, of its park, its own
        ``district_code``, the district that its representative point is in, else
        :data:`NO_DISTRICT`. A carrier or park that is not among those given is passed
        over.

    Raises
    ------
    ValueError
        If a CRS differs.
    """
    scope = pd.Series(_home(frame, districts), index=frame.index, dtype="str")
    for key, known in (("park_id", by_park), ("carrier_id", by_carrier)):
        if known is not None:
            owner = _texts(frame, key).map(known).astype("str")
            scope = owner.where(owner.notna(), scope)
    return scope.astype("str").rename("scope")


def _outlines(districts: gpd.GeoDataFrame | None) -> tuple[NDArray[np.object_], NDArray[Any]]:
    """Return codes and shapes of the districts, by code."""
    nothing = np.empty(0, dtype=object)
    if districts is None or districts.empty:
        return nothing, nothing
    require_columns(districts, [CODE], "districts")
    code = _texts(districts, CODE)
    usable = code.notna().to_numpy() & located(districts.geometry)
    codes = code.to_numpy(dtype=object)[usable]
    order = np.argsort(codes, kind="stable")
    shapes = shapely.make_valid(districts.geometry.to_numpy()[usable][order])
    return codes[order], np.asarray(shapes, dtype=object)


def _home(frame: pd.DataFrame, districts: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Return the scope that a row has by itself: its code, or else its place."""
    scope = _texts(frame, CODE).to_numpy(dtype=object, na_value=NO_DISTRICT)
    open_rows = np.flatnonzero(scope == NO_DISTRICT)
    geometry = getattr(frame, "geometry", None)
    if not isinstance(geometry, gpd.GeoSeries) or districts is None or districts.empty:
        return scope
    require_same_crs(districts.crs, geometry.crs, "frame")
    places = shapely.point_on_surface(geometry.to_numpy()[open_rows])
    scope[open_rows] = district_of(np.asarray(places, dtype=object), districts)
    return scope


def _held(
    units: pd.DataFrame | None, own_park: pd.Series[str], home: pd.Series[str]
) -> pd.DataFrame:
    """Return park and scope of every carrier in which a park has units, each pair once."""
    if units is None:
        return pd.DataFrame({"park_id": [], "scope": []}, dtype="str")
    require_columns(units, ["carrier_id"], "units")
    carrier = _texts(units, "carrier_id")
    park = _texts(units, "park_id").fillna(carrier.map(own_park).astype("str"))
    own = pd.Series(_home(units, None), index=units.index, dtype="str")
    scope = carrier.map(home).astype("str").fillna(own)
    held = pd.DataFrame({"park_id": park, "carrier_id": carrier, "scope": scope})
    held = held.dropna(subset="park_id").sort_values(["park_id", "carrier_id", "scope"])
    return held.drop_duplicates(["park_id", "carrier_id", "scope"])[["park_id", "scope"]]


def _majority(park: NDArray[Any], scope: NDArray[Any]) -> pd.Series[str]:
    """Return the scope that most rows of each park are in; ties go to the smallest code."""
    rows = pd.DataFrame({"park_id": park, "scope": scope}, dtype="str").dropna()
    # What lies nowhere has no say.
    rows = rows[rows["scope"].ne(NO_DISTRICT)]
    count = rows.groupby(["park_id", "scope"]).size().rename("rows").reset_index()
    count = count.sort_values(["park_id", "rows", "scope"], ascending=[True, False, True])
    first: pd.Series[str] = count.drop_duplicates("park_id").set_index("park_id")["scope"]
    return first.astype("str")


def _ids(frame: pd.DataFrame, name: str) -> pd.Index:
    ids: pd.Index = pd.Index(frame[name], dtype="str", name=name)
    return ids


def _texts(frame: pd.DataFrame, name: str) -> pd.Series[str]:
    """Return a column of texts, missing where it is absent, missing or empty."""
    if name not in frame.columns:
        return pd.Series(np.nan, index=frame.index, dtype="str")
    text = frame[name].astype("str")
    return text.mask(text.eq(""))
