"""From the layers of an edition to the analyses of :mod:`geo`."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pandas as pd

from geo.crs import to_metric
from geo.scatter import ScatterParameters
from geo.scatter import scatter
from geo.spaces import park_spaces
from geo.vacancy import vacancy_band
from geo.vacancy import vacancy_rate
from geo.vacancy import vacant_months
from geo.zones import zone_values
from layers.errors import AtlasError
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    import geopandas as gpd

    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue


_NO_CARRIERS = Text(
    "缺少图层“carriers”，无法计算；请先导入该图层",
    "the layer 'carriers' is missing; import it first",
)


def scatter_of(
    tables: Mapping[str, gpd.GeoDataFrame | pd.DataFrame],
    catalogue: Catalogue,
    parameters: ScatterParameters | None = None,
    parks: Sequence[str] | None = None,
) -> ScatterResult:
    """Measure how scattered the parks are.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed; ``parks``, ``units``, ``zones`` and
        ``barriers`` are used if they are there. Parks that only carriers or
        units mention are measured too, under their id.
    catalogue
        Gives the central meridian of the district's metric CRS.
    parameters
        Thresholds of the rule; the defaults of :mod:`geo` if left out.
    parks
        Ids of the parks to measure; all by default.

    Returns
    -------
    ScatterResult
        See :func:`geo.scatter.scatter`; geometries are in the metric CRS.

    Raises
    ------
    AtlasError
        If a needed layer is missing; UsageError if a park id is not known.
    """
    if "carriers" not in tables:
        raise AtlasError(_NO_CARRIERS)
    meridian = catalogue.central_meridian
    spaces = park_spaces(
        to_metric(tables["carriers"], central_meridian=meridian), tables.get("units")
    )
    parks_layer = tables.get("parks", pd.DataFrame(columns=["park_id", "name"], dtype="str"))
    named = _all_parks(parks_layer, spaces["park_id"])
    if parks is not None:
        _check_parks(parks, named["park_id"].tolist())
        named = named[named["park_id"].isin(parks)].reset_index(drop=True)
        spaces = spaces[spaces["park_id"].isin(parks)].reset_index(drop=True)
    zones, barriers = (
        to_metric(tables[key], central_meridian=meridian) if len(tables.get(key, ())) else None
        for key in ("zones", "barriers")
    )
    return scatter(
        spaces,
        named,
        zones,
        parameters or ScatterParameters(),
        barriers=None if barriers is None else barriers[GEOMETRY],
    )


def vacancy_of(
    tables: Mapping[str, gpd.GeoDataFrame | pd.DataFrame], as_of: date
) -> gpd.GeoDataFrame:
    """Return the carriers with their vacancy, as facts and without judgement.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed, ``zones`` is used if it is there.
    as_of
        The day up to which the months of vacancy are counted.

    Returns
    -------
    GeoDataFrame
        The carriers with ``vacancy_rate``, ``vacancy_band``, ``vacant_months``
        (see :mod:`geo.vacancy`) and ``belts``, joined by ``;``.

    Raises
    ------
    AtlasError
        If there are no carriers.
    """
    if "carriers" not in tables:
        raise AtlasError(_NO_CARRIERS)
    carriers = tables["carriers"]
    areas = (carriers[f"{name}_area_m2"] for name in ("rentable", "locked", "vacant"))
    rate = vacancy_rate(*areas)
    zones = tables.get("zones", ())
    return carriers.assign(
        vacancy_rate=rate,
        vacancy_band=vacancy_band(rate),
        vacant_months=vacant_months(carriers["vacant_since"], as_of),
        belts=zone_values(carriers, zones, "belt") if len(zones) else "",
    )


def _all_parks(parks: pd.DataFrame, mentioned: pd.Series[str]) -> pd.DataFrame:
    """Return id and name of all parks; the name of an unlisted or nameless park is its id."""
    listed = pd.DataFrame(parks[["park_id", "name"]])
    others = sorted(set(mentioned.dropna()) - set(listed["park_id"]))
    added = pd.DataFrame({"park_id": others, "name": others}, dtype="str")
    everything = pd.concat([listed, added], ignore_index=True)
    return everything.assign(name=everything["name"].fillna(everything["park_id"]))


def _check_parks(wanted: Sequence[str], known: list[str]) -> None:
    unknown = [park for park in wanted if park not in known]
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=3) or known[:10]
        listed, near = ", ".join(unknown), ", ".join(close)
        raise UsageError(
            Text(
                f"没有编码为 {listed} 的园区；相近的编码：{near}",
                f"there is no park {listed}; close ones: {near}",
            )
        )
