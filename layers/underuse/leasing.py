"""What somebody who looks for space asks of a carrier: how much, when, where, for whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.scatter import ScatterParameters
from geo.sites import located
from geo.zones import zone_values
from layers.analysis import metric_layer
from layers.analysis import require_layers
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.frames import empty_frame
from layers.frames import has_geometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

LEASING_TITLE = Text("可招商空间", "Space on offer")
"""Title of what a leasing officer asks."""

LEASING_TITLES = {
    "carrier_id": Text("载体编码", "Carrier id"),
    "name": Text("载体", "Carrier"),
    "largest_vacant_m2": Text("最大连续空置（m²）", "Largest vacant block (m²)"),
    "available_from": Text("最早可入驻日期", "Available from"),
    "floors": Text("空置楼层室号", "Vacant floors or rooms"),
    "rent_yuan_m2_day": Text("实收均价（元/m²·天）", "Rent received (yuan/m² a day)"),
    "metro_walk_m": Text("至轨道站步行距离（m）", "Walk to the metro (m)"),
    "station": Text("最近轨道站", "Nearest metro station"),
    "belts": Text("功能区", "Zone"),
    "zones": Text("分区编码", "Part of the zone"),
    "allowed_industries": Text("准入产业", "Allowed industries"),
    "operator": Text("运营单位", "Operator"),
    "tenure": Text("产权性质", "Tenure"),
    "sample": Text("示例数据", "Sample data"),
}
"""Titles of its columns."""

_NOT_RUNNING = ("under_construction", "planned", "former")
_DETOUR = ScatterParameters().detour
_FIRST_NUMBER = re.compile(r"-?\d+")


def leasing_facts(tables: Tables, catalogue: Catalogue) -> pd.DataFrame:
    """Return what is on offer at every carrier, and where it lies.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed; ``units``, ``stations`` and ``zones`` are
        used if they are there.
    catalogue
        Gives the central meridian of the district's metric CRS.

    Returns
    -------
    pandas.DataFrame
        Index ``carrier_id``, in the order of the carriers: ``largest_vacant_m2`` (the
        larger of what the register says and the largest vacant unit), ``available_from``
        (earliest; what stands empty is available from the day of its data),
        ``floors`` of vacant units joined by ``;``, ``rent_yuan_m2_day`` of
        :func:`received_rent`, ``metro_walk_m`` (1.324 times the straight line from the
        centre to the nearest station in operation) and ``station``; ``belts`` and
        ``zones`` (ids) met, joined by ``;``, missing without a place;
        ``allowed_industries``, ``operator``, ``tenure``. What is not known is missing.

    Raises
    ------
    AtlasError
        If there are no carriers.
    """
    require_layers(tables, "carriers")
    carriers = tables["carriers"].set_index("carrier_id")
    units = tables.get("units", empty_frame(catalogue.layer("units")))
    vacant = units[units["state"].eq("vacant").fillna(value=False)]
    walk = _metro(tables, catalogue)
    return pd.DataFrame(
        {
            "largest_vacant_m2": _largest(carriers, vacant),
            "available_from": _available(carriers, units),
            "floors": _floors(vacant).reindex(carriers.index).astype("str"),
            "rent_yuan_m2_day": received_rent(tables).reindex(carriers.index),
            "metro_walk_m": walk["metro_walk_m"].reindex(carriers.index),
            "station": walk["station"].reindex(carriers.index).astype("str"),
            "belts": _zones(carriers, tables, "belt"),
            "zones": _zones(carriers, tables, "zone_id"),
            **{name: carriers[name] for name in ("allowed_industries", "operator", "tenure")},
        },
        index=carriers.index,
    )


def received_rent(tables: Tables) -> pd.Series[float]:
    """Return the rent that every carrier receives, in yuan per m² and day.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed, ``units`` is used if it is there.

    Returns
    -------
    pandas.Series
        Index ``carrier_id``. What the register says; where it says nothing, the rents
        of the leased units weighted by area, if every one of them is known.
    """
    said = tables["carriers"].set_index("carrier_id")["rent_yuan_m2_day"].astype("float64")
    units = tables.get("units")
    if units is None or units.empty:
        return said
    leased = units[units["state"].eq("leased").fillna(value=False)]
    area = leased["floor_area_m2"].astype("float64")
    paid = (area * leased["rent_yuan_m2_day"].astype("float64")).groupby(leased["carrier_id"])
    # One rent that is not known makes the sum unknown, and 0 m² have no rent.
    total = area.groupby(leased["carrier_id"]).sum(skipna=False)
    mean = paid.sum(skipna=False) / total.where(total.gt(0))
    return said.fillna(mean.reindex(said.index))


def _largest(carriers: pd.DataFrame, vacant: pd.DataFrame) -> pd.Series[float]:
    said = carriers["largest_vacant_m2"].astype("float64")
    unit = vacant.groupby("carrier_id")["floor_area_m2"].max().astype("float64")
    known = said.combine(unit.reindex(said.index), np.fmax)
    # Where nothing stands empty there is no block.
    return known.mask(known.isna() & carriers["vacant_area_m2"].eq(0), 0.0)


def _available(carriers: pd.DataFrame, units: pd.DataFrame) -> pd.Series[Any]:
    """Return when something can be moved into.

    Whoever gives a date for a let unit says that it will be given up; the end of a lease
    alone does not say so.
    """
    vacant = units["state"].eq("vacant").fillna(value=False)
    dates = units["available_from"].fillna(units["data_date"].where(vacant))
    first = dates.groupby(units["carrier_id"]).min().reindex(carriers.index)
    listed = carriers.index.isin(units.loc[vacant, "carrier_id"])
    empty = carriers["vacant_area_m2"].gt(0).fillna(value=False) & ~listed
    now = carriers["data_date"].where(empty)
    return pd.concat([first, now], axis=1).min(axis=1).astype("datetime64[s]")


def _floors(vacant: pd.DataFrame) -> pd.Series[Any]:
    told = vacant.dropna(subset=["floor"])
    return told.groupby("carrier_id")["floor"].agg(
        lambda names: ";".join(sorted(set(names), key=_by_floor))
    )


def _by_floor(name: str) -> tuple[int, str]:
    number = _FIRST_NUMBER.search(name)
    return (int(number.group()) if number else 0, name)


def _metro(tables: Tables, catalogue: Catalogue) -> pd.DataFrame:
    """Return walk (m) and name of the nearest station that is not said to be closed."""
    nowhere = pd.DataFrame(
        {"metro_walk_m": pd.Series(dtype="float64"), "station": pd.Series(dtype="str")}
    )
    carriers, stations = (
        metric_layer(tables, key, catalogue.central_meridian)
        if has_geometry(tables.get(key, pd.DataFrame()))
        else None
        for key in ("carriers", "stations")
    )
    if carriers is None or stations is None:
        return nowhere
    carriers = carriers[located(carriers.geometry)]
    running = located(stations.geometry) & ~stations["status"].isin(_NOT_RUNNING).to_numpy()
    stations = stations[running].sort_values("id")
    if carriers.empty or stations.empty:
        return nowhere
    centres = shapely.centroid(carriers.geometry.to_numpy())
    tree = shapely.STRtree(stations.geometry.to_numpy())
    nearest = tree.nearest(centres)
    straight = shapely.distance(centres, stations.geometry.to_numpy()[nearest])
    return pd.DataFrame(
        {"metro_walk_m": _DETOUR * straight, "station": stations["name"].to_numpy()[nearest]},
        index=pd.Index(carriers["carrier_id"]),
    )


def _zones(carriers: pd.DataFrame, tables: Tables, field: str) -> pd.Series[Any]:
    zones = tables.get("zones")
    nothing = pd.Series(None, index=carriers.index, dtype="str")
    if zones is None or not len(zones) or not has_geometry(carriers):
        return nothing
    found = zone_values(carriers, zones, field)
    return found.where(located(carriers[GEOMETRY]), nothing)
