"""The plain way to compute all districts: every layer in one frame, joined to the districts.

What an analyst writes with geopandas, for :mod:`bench.bench_batch` to be held against:
nothing of :mod:`geo.batch` or :mod:`layers.batch` is in it, only the functions that
judge one district. It reads everything, says of every row to which district it belongs,
and calls these functions with slices of the frames.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from geo.crs import district_crs
from layers.analysis import SCATTER_LAYERS
from layers.analysis import scatter_of
from layers.frames import empty_frame
from layers.underuse import UNDERUSE_LAYERS
from layers.underuse import underuse_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from layers.catalogue import Catalogue

    Frames = dict[str, pd.DataFrame]

CODE = "district_code"
NOWHERE = ""
"""The district of what is in none."""

LAYERS = {"scatter": SCATTER_LAYERS, "underused": UNDERUSE_LAYERS}
SUBJECT = {"scatter": "park_id", "underused": "carrier_id"}
_AROUND = ("zones", "barriers", "crossings", "walkways", "stations")


class Owned(NamedTuple):
    """The district of parks and carriers by id, and of buildings row by row."""

    parks: pd.Series[str]
    carriers: pd.Series[str]
    buildings: pd.Series[str]


class Answer(NamedTuple):
    """The table of all districts, and the seconds of reading, joining and computing."""

    table: pd.DataFrame
    seconds: dict[str, float]


def single_frame(command: str, folder: Path, catalogue: Catalogue, *, halo_m: float) -> Answer:
    """Compute a command for all districts of a folder of GeoParquet.

    Parameters
    ----------
    command
        ``scatter`` or ``underused``.
    folder
        One folder or file a layer; places in EPSG:4490.
    catalogue
        Describes the layers.
    halo_m
        How far around a district its surroundings count, metres.
    """
    seconds, begin = {}, time.perf_counter()
    frames = _read(folder, (*LAYERS[command], "district"))
    seconds["read"], begin = time.perf_counter() - begin, time.perf_counter()
    owned = _owned(frames)
    around = _around(frames, owned, catalogue, halo_m)
    seconds["join"], begin = time.perf_counter() - begin, time.perf_counter()
    found = []
    for code in sorted({*owned.parks, *owned.carriers, *owned.buildings}):
        tables = _slices(frames, owned, around, code)
        for key in ("carriers", "units"):
            tables.setdefault(key, empty_frame(catalogue.layer(key)))
        if command == "scatter":
            table = scatter_of(tables, catalogue, parks=_parks(tables, owned, code)).table
        else:
            # What visitors are in is judged at home.
            carriers = tables["carriers"]
            at_home = carriers["park_id"].isna() | carriers["park_id"].map(owned.parks).eq(code)
            table = underuse_of({**tables, "carriers": carriers[at_home]}, catalogue).table
            table = table[table["carrier_id"].map(owned.carriers).eq(code)]
        found.append(table.assign(**{CODE: code}))
    seconds["compute"] = time.perf_counter() - begin
    whole = pd.concat(found).sort_values([CODE, SUBJECT[command]], ignore_index=True)
    return Answer(whole, seconds)


def _parks(tables: Frames, owned: Owned, code: str) -> list[str]:
    """Return the parks of a district that its layers mention."""
    mentioned = [tables[key]["park_id"].dropna() for key in tables if "park_id" in tables[key]]
    ids = sorted(set(pd.concat(mentioned)))
    return [park for park in ids if owned.parks[park] == code]


def _read(folder: Path, keys: tuple[str, ...]) -> Frames:
    """Return the layers that are there, in the order of their ids."""
    frames = {}
    for key in dict.fromkeys(keys):
        path = folder / key
        if path.exists():
            read = pd.read_parquet if key == "units" else gpd.read_parquet
            frame = read(path)
            frames[key] = frame.sort_values(frame.columns[0], ignore_index=True)
    return frames


def _lies(frame: pd.DataFrame, districts: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the district that each row lies in by its representative point."""
    points = gpd.GeoDataFrame(geometry=gpd.GeoDataFrame(frame).representative_point())
    joined = gpd.sjoin(points, districts[[CODE, "geometry"]], predicate="intersects")
    # Of a point on a border the smallest code.
    found = joined.groupby(level=0)[CODE].min()
    known: pd.Series[str] = found.reindex(frame.index).fillna(NOWHERE).astype("str")
    return known


def _owned(frames: Frames) -> Owned:
    districts, carriers, units = frames["district"], frames["carriers"], frames["units"]
    lies = _lies(carriers, districts)
    of_carrier = pd.Series(lies.to_numpy(), index=carriers["carrier_id"])
    own = carriers.set_index("carrier_id")["park_id"]
    parks = frames["parks"]
    said = parks[CODE].fillna(_lies(parks, districts)).set_axis(parks["park_id"])
    said = said[said.ne(NOWHERE)]
    by_carriers = _most(own.to_numpy(), lies.to_numpy())
    in_carriers = pd.DataFrame(
        {
            "park": units["park_id"].fillna(units["carrier_id"].map(own)),
            "carrier": units["carrier_id"],
            "at": units["carrier_id"].map(of_carrier),
        }
    ).drop_duplicates()
    by_units = _most(in_carriers["park"].to_numpy(), in_carriers["at"].to_numpy())
    scope = said.combine_first(by_carriers).combine_first(by_units)
    ids = pd.Index(sorted({*parks["park_id"], *own.dropna(), *units["park_id"].dropna()}))
    scope = scope.reindex(ids).fillna(NOWHERE).astype("str")
    with_park = carriers["park_id"].map(scope).fillna(lies).set_axis(carriers["carrier_id"])
    none = pd.Series(dtype="str")
    buildings = _lies(frames["buildings"], districts) if "buildings" in frames else none
    return Owned(scope, with_park, buildings)


def _most(park: np.ndarray, at: np.ndarray) -> pd.Series[str]:
    """Return in which district most rows of each park are; of several the smallest code."""
    rows = pd.DataFrame({"park": park, "at": at}).dropna()
    count = rows[rows["at"].ne(NOWHERE)].value_counts().rename("rows").reset_index()
    best = count.sort_values(["park", "rows", "at"], ascending=[True, False, True])
    first: pd.Series[str] = best.drop_duplicates("park").set_index("park")["at"]
    return first


def _around(
    frames: Frames, owned: Owned, catalogue: Catalogue, halo_m: float
) -> dict[str, pd.DataFrame]:
    """Return which rows of the surroundings each district sees: ``row`` and the code."""
    crs = district_crs(catalogue.central_meridian)
    districts = gpd.GeoDataFrame(frames["district"]).to_crs(crs)[[CODE, "geometry"]]
    outside = gpd.GeoDataFrame(frames["carriers"]).representative_point()
    places = outside[owned.carriers.eq(NOWHERE).to_numpy()].to_crs(crs)
    if places.notna().any():
        extent = gpd.GeoDataFrame({CODE: [NOWHERE]}, geometry=[places.union_all().envelope])
        districts = pd.concat([districts, extent.set_crs(crs)], ignore_index=True)
    found = {}
    for key in _AROUND:
        if key in frames:
            plane = gpd.GeoDataFrame(geometry=frames[key].geometry.to_crs(crs))
            near = gpd.sjoin(plane, districts, predicate="dwithin", distance=halo_m)
            seen = pd.DataFrame({"row": near.index, CODE: near[CODE].to_numpy()})
            rest = frames[key].index.difference(pd.Index(seen["row"]))
            unseen = pd.DataFrame({"row": rest, CODE: NOWHERE})
            found[key] = pd.concat([seen, unseen]).drop_duplicates().sort_values("row")
    return found


def _slices(frames: Frames, owned: Owned, around: Frames, code: str) -> Frames:
    """Return the rows of a district; layers of which it has none are left out."""
    units = frames["units"]
    home = units["carrier_id"].map(owned.carriers)
    mine = units["park_id"].map(owned.parks)
    guests = home.ne(code) & mine.eq(code)
    carriers = frames["carriers"]
    invited = carriers["carrier_id"].isin(units.loc[guests, "carrier_id"])
    rows = {
        "district": frames["district"][CODE].eq(code).to_numpy(),
        "parks": frames["parks"]["park_id"].map(owned.parks).eq(code).to_numpy(),
        "carriers": (owned.carriers.eq(code).to_numpy() | invited.to_numpy()),
        "units": (home.eq(code) | guests).to_numpy(),
        "buildings": owned.buildings.eq(code).to_numpy(),
    }
    tables = {
        key: frame[rows[key]].reset_index(drop=True) for key, frame in frames.items() if key in rows
    }
    for key, seen in around.items():
        mine_rows = seen.loc[seen[CODE].eq(code), "row"]
        tables[key] = frames[key].loc[mine_rows].reset_index(drop=True)
    return {key: table for key, table in tables.items() if len(table)}
