"""From the layers of an edition to the analyses of :mod:`geo`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from geo.crs import to_metric
from geo.district import MOST_TOGETHER
from geo.district import together
from geo.scatter import ScatterParameters
from geo.scatter import Surroundings
from geo.scatter import scatter
from geo.spaces import park_spaces
from layers.belonging import measured_at_home
from layers.errors import AtlasError
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.ids import strangers
from layers.stock import DEFAULT_CHANCE
from layers.stock import ChanceChoice
from layers.stock import chance_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd

    from geo.chance import Chance
    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue

SCATTER_LAYERS = (
    "parks",
    "carriers",
    "units",
    "zones",
    "barriers",
    "crossings",
    "walkways",
    "buildings",
    "landuse",
    "district",
)
"""The layers that the scatter of parks is computed from."""
_NEEDED = {"carriers": Text("载体", "Building space"), "units": Text("单元", "Units")}
"""The layers that an analysis cannot do without."""


def scatter_of(
    tables: Mapping[str, gpd.GeoDataFrame | pd.DataFrame],
    catalogue: Catalogue,
    parameters: ScatterParameters | None = None,
    parks: Sequence[str] | None = None,
    *,
    chance: ChanceChoice | Chance | None = DEFAULT_CHANCE,
) -> ScatterResult:
    """Measure how scattered the parks are.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed; those of :data:`SCATTER_LAYERS` are used
        if they are there. Parks that only carriers or units mention are measured too,
        under their id.
    catalogue
        Gives the central meridian of the district's metric CRS.
    parameters
        Thresholds of the rule; the defaults of :mod:`geo` if left out.
    parks
        Ids of the parks to measure; by default all but those that belong to another
        district (:func:`layers.belonging.parks_elsewhere`).
    chance
        How the test against chance is made; or what the parks are held against, from
        :func:`layers.stock.chance_of`, if that was made before for several calls.

    Returns
    -------
    ScatterResult
        See :func:`geo.scatter.scatter`; geometries are in the metric CRS.

    Raises
    ------
    AtlasError
        If a needed layer is missing; UsageError if a park id is not known.
    """
    meridian = catalogue.central_meridian
    spaces = _spaces(tables, meridian)
    parks_layer = tables.get("parks", pd.DataFrame(columns=["park_id", "name"], dtype="str"))
    named = _all_parks(parks_layer, spaces["park_id"])
    if parks is None:
        parks = measured_at_home(named["park_id"], tables)
    else:
        _check_parks(parks, named["park_id"].tolist())
    named = named[named["park_id"].isin(parks)].reset_index(drop=True)
    spaces = spaces[spaces["park_id"].isin(parks)].reset_index(drop=True)
    rule = parameters or ScatterParameters()
    if isinstance(chance, ChanceChoice):
        chance = chance_of(tables, catalogue, chance, rule.site_gap_m)
    return scatter(
        spaces,
        named,
        metric_layer(tables, "zones", meridian),
        rule,
        surroundings=surroundings_of(tables, meridian),
        chance=chance,
    )


def together_of(
    tables: Mapping[str, gpd.GeoDataFrame | pd.DataFrame],
    catalogue: Catalogue,
    parameters: ScatterParameters | None = None,
) -> ScatterResult:
    """Measure all parks together as if they were one.

    There is no flag to defend, so the rule is run once and nothing is held against
    chance: what all parks hold is the stock itself.

    Parameters
    ----------
    tables, catalogue, parameters
        As in :func:`scatter_of`.

    Returns
    -------
    ScatterResult
        With one row.

    Raises
    ------
    AtlasError
        If the carriers are missing; UsageError if there are more of them than
        :data:`geo.district.MOST_TOGETHER`.
    """
    rule = parameters or ScatterParameters()
    once = replace(
        rule,
        walk_range=(rule.walk_m,),
        detour_range=(rule.detour,),
        gap_range=(rule.site_gap_m,),
    )
    meridian = catalogue.central_meridian
    spaces = _spaces(tables, meridian)
    carriers = spaces["carrier_id"].nunique()
    if carriers > MOST_TOGETHER:
        raise UsageError(
            Text(
                f"载体 {carriers:,} 处，超过 {MOST_TOGETHER:,} 处，不能合并计算；"
                "各园区的结果不受影响",
                f"{carriers:,} carriers are more than the {MOST_TOGETHER:,} that can be measured "
                "as one; the results of each park are not touched",
            )
        )
    spaces = together(spaces)
    return scatter(
        spaces,
        pd.DataFrame({"park_id": spaces["park_id"].unique()}, dtype="str"),
        metric_layer(tables, "zones", meridian),
        once,
        surroundings=surroundings_of(tables, meridian),
    )


def _spaces(
    tables: Mapping[str, gpd.GeoDataFrame | pd.DataFrame], meridian: float
) -> gpd.GeoDataFrame:
    require_layers(tables, "carriers")
    carriers = to_metric(tables["carriers"], central_meridian=meridian)
    return park_spaces(carriers, tables.get("units"))


def surroundings_of(
    tables: Mapping[str, gpd.GeoDataFrame | pd.DataFrame], meridian: float
) -> Surroundings:
    """Return barriers, and the crossings and walkways that are not said to be closed.

    Parameters
    ----------
    tables
        Layers by key; those that are there are used.
    meridian
        Central meridian of the district's metric CRS, degrees.
    """
    barriers = metric_layer(tables, "barriers", meridian)
    crossings, walkways = (
        frame if frame is None else frame[frame["walkable"].fillna(value=True).astype(bool)]
        for frame in (metric_layer(tables, key, meridian) for key in ("crossings", "walkways"))
    )
    barriers, crossings, walkways = (
        None if frame is None else frame[GEOMETRY] for frame in (barriers, crossings, walkways)
    )
    return Surroundings(barriers=barriers, crossings=crossings, walkways=walkways)


def require_layers(tables: Mapping[str, pd.DataFrame], *keys: str) -> None:
    """Refuse to compute without some layers.

    Parameters
    ----------
    tables
        Layers by key.
    keys
        Those that are needed.

    Raises
    ------
    AtlasError
        Naming the first that is not there.
    """
    for key in keys:
        if key not in tables:
            title = _NEEDED[key]
            raise AtlasError(
                Text(
                    f"缺少图层“{title.zh}”（{key}），无法计算；请先导入该图层",
                    f"the layer '{title.en}' ({key}) is missing; import it first",
                )
            )


def metric_layer(
    tables: Mapping[str, gpd.GeoDataFrame | pd.DataFrame], key: str, meridian: float
) -> gpd.GeoDataFrame | None:
    """Return a layer in the metric CRS of the district; None if it has no rows.

    Parameters
    ----------
    tables
        Layers by key.
    key
        Which of them.
    meridian
        Central meridian of the CRS, degrees.
    """
    if not len(tables.get(key, ())):
        return None
    return to_metric(tables[key], central_meridian=meridian)


def _all_parks(parks: pd.DataFrame, mentioned: pd.Series[str]) -> pd.DataFrame:
    """Return id and name of all parks; the name of an unlisted or nameless park is its id."""
    listed = pd.DataFrame(parks[["park_id", "name"]])
    others = sorted(set(mentioned.dropna()) - set(listed["park_id"]))
    added = pd.DataFrame({"park_id": others, "name": others}, dtype="str")
    everything = pd.concat([listed, added], ignore_index=True)
    return everything.assign(name=everything["name"].fillna(everything["park_id"]))


def _check_parks(wanted: Sequence[str], known: list[str]) -> None:
    unknown, others = strangers(wanted, known)
    if unknown:
        listed = ", ".join(unknown)
        raise UsageError(
            Text(
                f"没有编码为 {listed} 的园区{others.zh}",
                f"there is no park {listed}{others.en}",
            )
        )
