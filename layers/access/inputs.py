"""From the layers to what :mod:`geo.access` asks for, with the objects behind it by name.

What is not there to be walked to does not count: a closed gate, a facility that is said to
be closed to tenants, what is only planned or under construction, and former sites. It is
remembered all the same, so that a change can say that a gate was closed and not that it
vanished. A layer or group without a single row is one that nobody supplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.access import Destinations
from geo.crs import district_crs
from geo.crs import to_metric
from geo.layout import Surroundings
from geo.sites import located
from geo.spaces import park_spaces
from layers.analysis import metric_layer
from layers.analysis import require_layers
from layers.belonging import measured_at_home
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.ids import strangers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

ACCESS_LAYERS = (
    "parks",
    "carriers",
    "units",
    "campuses",
    "gates",
    "stations",
    "incubators",
    "platforms",
    "facilities",
    "housing",
    "barriers",
    "crossings",
    "walkways",
    "district",
)
"""The layers that the linkage of parks is computed from."""

ROUTES = {"crossings": "crossing", "barriers": "barrier", "walkways": "walkway"}
"""What decides how one walks: kind of object by layer."""

EXACT_M = 100.0
"""A point that is known worse than this is the place of a name and no more [J], metres."""

NOT_THERE = ("planned", "under_construction", "supported", "former")
"""States of an object that cannot be walked to (yet, or any more)."""

_KINDS = {
    "gates": "gate",
    "campuses": "campus",
    "stations": "station",
    "incubators": "incubator",
    "platforms": "platform",
    "facilities": "facility",
    "housing": "facility",
}
_COLUMNS = (
    "id",
    "name",
    "kind",
    "group",
    "university",
    "campus_id",
    "open_to_tenants",
    "basis",
    "sample",
    "layer",
    "layer_id",
    "usable",
)
_BUILDING = "building"
_HOUSING = "housing"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What the linkage is computed from, in the metric CRS of the district.

    Attributes
    ----------
    spaces
        As :func:`geo.access.linkage` takes them, with ``park_name`` and ``carrier_name``.
    destinations
        What can be walked to.
    surroundings
        What lies between.
    objects
        All objects, also those that do not count, by ``kind`` and ``id`` (the index):
        ``name``, ``layer``, ``layer_id``, ``usable``, ``group``, ``university``,
        ``campus_id``, ``sample`` and geometry; the layers of :data:`ROUTES` among them.
    parks
        The parks that were asked for, by id: ``name``.
    """

    spaces: gpd.GeoDataFrame
    destinations: Destinations
    surroundings: Surroundings
    objects: gpd.GeoDataFrame
    parks: pd.Series[str]

    def without(self, kind: str, ids: Sequence[str]) -> Surroundings:
        """Return the surroundings without some objects of a kind of :data:`ROUTES`."""
        name = next(key for key, value in ROUTES.items() if value == kind)
        series = getattr(self.surroundings, name)
        if series is None:
            return self.surroundings
        return replace(self.surroundings, **{name: series[~series.index.isin(list(ids))]})


def given_of(tables: Tables, catalogue: Catalogue, parks: Sequence[str] | None = None) -> Given:
    """Return what the linkage of parks is computed from.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed; those of :data:`ACCESS_LAYERS` are used if
        they are there.
    catalogue
        Gives the central meridian of the district's metric CRS.
    parks
        Ids of the parks to judge; by default all but those of another district.

    Raises
    ------
    AtlasError
        If the carriers are missing; UsageError if a park id is not known.
    """
    require_layers(tables, "carriers")
    meridian = catalogue.central_meridian
    spaces, names = _spaces(tables, meridian, parks)
    objects = _objects(tables, meridian)
    route = objects["kind"].isin(list(ROUTES.values()))
    table = objects[~route & objects["usable"]].reset_index(drop=True)
    known = objects[~route & located(objects.geometry)]
    groups = known.loc[known["kind"] == "facility", "group"].dropna()
    kinds = set(known["kind"]) - {"facility"}
    return Given(
        spaces=spaces,
        destinations=Destinations(
            table, frozenset(kinds | {f"facility:{group}" for group in groups}), _closed(known)
        ),
        surroundings=Surroundings(
            **{layer: _route(objects, kind) for layer, kind in ROUTES.items()}
        ),
        objects=objects.set_index(["kind", "id"], drop=False).sort_index(),
        parks=names,
    )


def _spaces(
    tables: Tables, meridian: float, parks: Sequence[str] | None
) -> tuple[gpd.GeoDataFrame, pd.Series[str]]:
    """Return the spaces of the parks asked for, and the names of these parks by id."""
    carriers = tables["carriers"]
    spaces = park_spaces(to_metric(carriers, central_meridian=meridian), tables.get("units"))
    listed = tables.get("parks", pd.DataFrame({"park_id": []}, dtype="str"))
    everyone = list(dict.fromkeys([*listed["park_id"], *spaces["park_id"]]))
    if parks is None:
        wanted = measured_at_home(everyone, tables)
    else:
        _refuse_strangers(parks, everyone)
        wanted = list(dict.fromkeys(parks))
    spaces = spaces[spaces["park_id"].isin(wanted)].reset_index(drop=True)
    names = _named(listed, "park_id", wanted)
    whose = _texts(listed, "university").set_axis(listed["park_id"])
    carrier_names = _named(carriers, "carrier_id", list(spaces["carrier_id"].unique()))
    filled = spaces.assign(
        university=spaces["park_id"].map(whose).astype("str"),
        park_name=spaces["park_id"].map(names).astype("str"),
        carrier_name=spaces["carrier_id"].map(carrier_names).astype("str"),
    )
    return filled, names


def _named(table: pd.DataFrame, key: str, wanted: Sequence[str]) -> pd.Series[str]:
    """Return names by id; without a name it is the id."""
    names = _texts(table, "name").set_axis(table[key]).reindex(pd.Index(list(wanted), dtype="str"))
    filled: pd.Series[str] = names.fillna(pd.Series(names.index, index=names.index)).astype("str")
    return filled


def _refuse_strangers(wanted: Sequence[str], known: list[str]) -> None:
    unknown, others = strangers(wanted, known)
    if unknown:
        told = ", ".join(unknown)
        raise UsageError(
            Text(f"没有编码为 {told} 的园区{others.zh}", f"there is no park {told}{others.en}")
        )


def _objects(tables: Tables, meridian: float) -> gpd.GeoDataFrame:
    """Return all objects that matter, those that do not count marked as not usable."""
    parts = [_destinations(tables, layer, meridian) for layer in _KINDS]
    parts += [_routes(tables, layer, meridian) for layer in ROUTES]
    found = [part for part in parts if part is not None]
    crs = district_crs(meridian)
    if not found:
        empty = {name: pd.Series(dtype="object") for name in _COLUMNS}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    table = pd.concat(found, ignore_index=True)
    table["id"] = _once_a_kind(table)
    objects = gpd.GeoDataFrame(table, geometry=GEOMETRY, crs=crs)
    return _without_dead_ends(objects)


def _destinations(tables: Tables, layer: str, meridian: float) -> gpd.GeoDataFrame | None:
    rows = metric_layer(tables, layer, meridian)
    if rows is None:
        return None
    group = _texts(rows, "kind") if layer == "facilities" else _texts(rows, "")
    if layer == "housing":
        group = group.fillna(_HOUSING)
    there = ~_texts(rows, "status").isin(NOT_THERE)
    not_closed = _flags(rows, "open").fillna(value=True)
    tenants = _flags(rows, "open_to_tenants")
    return _as_objects(
        rows,
        layer,
        _KINDS[layer],
        group=group,
        university=_texts(rows, "university"),
        campus_id=_texts(rows, "campus_id"),
        open_to_tenants=tenants,
        basis=_basis(rows, layer),
        usable=there & not_closed & tenants.fillna(value=True),
    )


def _routes(tables: Tables, layer: str, meridian: float) -> gpd.GeoDataFrame | None:
    rows = metric_layer(tables, layer, meridian)
    if rows is None:
        return None
    usable = _flags(rows, "walkable").fillna(value=True)
    return _as_objects(rows, layer, ROUTES[layer], usable=usable)


def _as_objects(
    rows: gpd.GeoDataFrame, layer: str, kind: str, **columns: pd.Series[Any]
) -> gpd.GeoDataFrame:
    """Return rows of a layer with the columns that all objects have."""
    known = {
        "id": rows["id"].astype("str"),
        "name": _texts(rows, "name").fillna(rows["id"]),
        "kind": pd.Series(kind, index=rows.index),
        "layer": pd.Series(layer, index=rows.index),
        "layer_id": rows["id"].astype("str"),
        "sample": _flags(rows, "sample").fillna(value=False),
        **columns,
    }
    for name in _COLUMNS:
        if name not in known:
            known[name] = _flags(rows, "") if name == "open_to_tenants" else _texts(rows, "")
    known["usable"] = known["usable"].astype(bool) & located(rows.geometry)
    table = pd.DataFrame({name: known[name] for name in _COLUMNS})
    return gpd.GeoDataFrame(table, geometry=rows.geometry.to_numpy(), crs=rows.crs)


def _basis(rows: gpd.GeoDataFrame, layer: str) -> pd.Series[Any]:
    """Say what the place of each destination is.

    A school in one building is where its point is, if that is known well: nobody looks for
    the gate of a house somewhere around it.
    """
    if layer == "gates":
        return pd.Series("gate", index=rows.index)
    accuracy = rows["accuracy_m"] if "accuracy_m" in rows else pd.Series(index=rows.index)
    rough = accuracy.astype("float64") > EXACT_M
    area = rows.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    basis = pd.Series("point", index=rows.index).mask(rough, "place").mask(area, "outline")
    if layer != "campuses":
        return basis
    house = _texts(rows, "kind").eq(_BUILDING) & accuracy.astype("float64").le(EXACT_M)
    return basis.mask(house & ~area, "outline")


def _once_a_kind(table: pd.DataFrame) -> pd.Series[str]:
    """Return ids that stand once a kind: dwellings may have the id of a facility."""
    again = table.duplicated(["kind", "id"])
    ids: pd.Series[str] = table["id"].mask(again, table["layer"] + ":" + table["id"])
    return ids


def _without_dead_ends(objects: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the objects with what leads nowhere marked as unusable.

    That is the gates of a campus that is not there, and a campus all of whose registered
    gates are closed: to fall back on an estimate from its outline would make it easier to
    reach than before.
    """
    campus, gate = objects["kind"] == "campus", objects["kind"] == "gate"
    placed, usable = located(objects.geometry), objects["usable"]
    gone = objects.loc[campus & ~usable & placed, "id"]
    gated, entered = (objects.loc[gate & rows, "campus_id"] for rows in (placed, usable))
    shut = campus & objects["id"].isin(gated.dropna()) & ~objects["id"].isin(entered)
    orphaned = gate & objects["campus_id"].isin(gone)
    return objects.assign(usable=usable & ~orphaned & ~shut)


def _closed(known: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the universities of what is registered and cannot be entered."""
    return tuple(known.loc[~known["usable"], "university"].dropna().unique())


def _route(objects: gpd.GeoDataFrame, kind: str) -> gpd.GeoSeries | None:
    """Return the usable objects of a kind by id; None if there are none."""
    chosen = objects[(objects["kind"] == kind) & objects["usable"]]
    return chosen.set_index("id").geometry if len(chosen) else None


def _texts(rows: pd.DataFrame, name: str) -> pd.Series[str]:
    """Return an optional column of text; an empty cell is unknown."""
    if name not in rows.columns:
        return pd.Series(None, index=rows.index, dtype="str")
    texts = rows[name].astype("str").str.strip()
    return texts.mask(texts.eq(""))


def _flags(rows: pd.DataFrame, name: str) -> pd.Series[bool]:
    """Return an optional column of yes and no."""
    if name not in rows.columns:
        return pd.Series(None, index=rows.index, dtype="boolean")
    return rows[name].astype("boolean")
