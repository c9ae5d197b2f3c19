"""What parks are held against: the buildings, or the land, that spaces could stand on."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely

from geo.chance import Chance
from geo.chance import Stock
from geo.crs import to_metric
from geo.land import Land
from geo.sites import located
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from layers.catalogue import Catalogue

StockKind = Literal["auto", "buildings", "carriers", "land", "none"]

ELIGIBLE_USES = ("rd", "office", "industrial")
"""Uses of buildings that a park's space could be in."""

ELIGIBLE_CODES = ("0802", "0901", "0902", "1001", "11", "16")
"""Beginnings of the national land-use codes that a park's space could stand on."""

UNBUILDABLE_CODES = ("07", "12", "14", "17")
"""Beginnings of the codes of housing, roads, green space and water."""

LEAST_STOCK = 30
"""With fewer buildings than this the land is taken instead [J]."""

MOST_DRAWS = 99_999
"""More draws would tell a p of one in a hundred thousand, and fill the memory."""

STOCK_TITLES = {
    "buildings": Text("建筑（科研、办公、工业）", "Buildings (research, office, industrial)"),
    "carriers": Text("登记的载体", "Registered building space"),
    "landuse": Text("可建设用地（按用地分类）", "Buildable land (by land-use code)"),
    "district": Text(
        "区界内土地（未扣除水面、绿地、居住与道路）",
        "Land of the district (water, green space, housing and roads not taken off)",
    ),
    "district_cut": Text(
        "区界内土地（已扣除水面、绿地、居住与道路）",
        "Land of the district without water, green space, housing and roads",
    ),
}
"""What the name of a stock means; the names stand in the column ``stock``."""

_USE_FIELD = {"buildings": "use", "carriers": "carrier_class"}
_NOTHING_THERE = {
    "buildings": Text(
        "“buildings”图层里没有可供随机摆放的建筑；请导入建筑，或改选其他样本",
        "the layer 'buildings' has none that spaces could be placed in; import buildings, or "
        "choose another stock",
    ),
    "carriers": Text(
        "“carriers”图层里没有已定位的载体可供随机摆放；请导入载体，或改选其他样本",
        "the layer 'carriers' has none with a place that spaces could be placed in; import "
        "carriers, or choose another stock",
    ),
    "land": Text(
        "没有可供随机摆放的用地；请导入“landuse”或“district”图层，或改选其他样本",
        "there is no land to place spaces on; import 'landuse' or 'district', or choose another "
        "stock",
    ),
}


@dataclass(frozen=True, slots=True)
class ChanceChoice:
    """How the test against chance is to be made.

    Attributes
    ----------
    stock
        ``auto`` takes the eligible buildings if they are at least as many as the
        located carriers, else the carriers, and the land if there are fewer than
        :data:`LEAST_STOCK`; ``none`` makes no test.
    uses
        Only these uses of buildings, or classes of carriers; the eligible ones if empty.
    draws, seed
        Number of random placements (at most :data:`MOST_DRAWS`), and where they start.
    """

    stock: StockKind = "auto"
    uses: tuple[str, ...] = ()
    draws: int = 999
    seed: int = 2024

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing.

        Raises
        ------
        UsageError
            Saying which number and what it must be.
        """
        if not 1 <= self.draws <= MOST_DRAWS or self.seed < 0:
            raise UsageError(
                Text(
                    f"抽样次数须在 1 至 {MOST_DRAWS:,} 之间、随机种子须不小于 0，"
                    f"现为 {self.draws:,}、{self.seed}",
                    f"draws must be 1 to {MOST_DRAWS:,} and the seed at least 0, not "
                    f"{self.draws:,} and {self.seed}",
                )
            )


DEFAULT_CHANCE = ChanceChoice()
"""How the test is made unless somebody chooses."""


def chance_of(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    choice: ChanceChoice,
    separation_m: float,
    *,
    centres: Mapping[str, NDArray[np.float64]] = MappingProxyType({}),
) -> Chance | None:
    """Return what parks are held against.

    Parameters
    ----------
    tables
        Layers by key; ``buildings``, ``carriers``, ``landuse`` and ``district`` are used
        as far as they are there.
    catalogue
        Gives the central meridian of the district's metric CRS.
    choice
        How the test is to be made.
    separation_m
        Least distance of two sites on land, metres.
    centres
        Results of :func:`eligible_centres` by kind of stock, for those whose layer is too
        large to stand in `tables`: parts of it can be read one after the other, and what
        they gave put together in any order.

    Returns
    -------
    Chance or None
        None if no test is wanted, or ``auto`` finds nothing to place spaces on.

    Raises
    ------
    UsageError
        If the stock that was asked for is not there, or a use is not known.
    """
    if choice.stock == "none":
        return None
    _check_uses(choice, catalogue)
    for label, null in _candidates(tables, catalogue, choice, separation_m, centres):
        if null is not None:
            return Chance(null, draws=choice.draws, seed=choice.seed, label=label)
    if choice.stock == "auto":
        return None
    raise UsageError(_NOTHING_THERE[choice.stock])


def _candidates(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    choice: ChanceChoice,
    separation_m: float,
    centres: Mapping[str, NDArray[np.float64]],
) -> Iterator[tuple[str, Stock | Land | None]]:
    """Yield what the draws could be from, the best first."""
    if choice.stock == "land":
        yield _land(tables, catalogue, separation_m)
        return
    kinds = _USE_FIELD if choice.stock == "auto" else (choice.stock,)
    hosts = {
        kind: centres[kind]
        if kind in centres
        else eligible_centres(tables.get(kind), kind, choice, catalogue)
        for kind in kinds
    }
    # The first of equals: buildings are a fuller list than the carriers among them.
    label = max(hosts, key=lambda kind: len(hosts[kind]))
    null = Stock(hosts[label]) if len(hosts[label]) else None
    if choice.stock == "auto" and len(hosts[label]) < LEAST_STOCK:
        yield _land(tables, catalogue, separation_m)
    yield label, null


def eligible_centres(
    frame: pd.DataFrame | None, kind: str, choice: ChanceChoice, catalogue: Catalogue
) -> NDArray[np.float64]:
    """Return the centres of the buildings or carriers that a park's space could be in.

    Parameters
    ----------
    frame
        Rows of the layer, all or some; None if there is no such layer.
    kind
        ``buildings`` or ``carriers``.
    choice
        Which uses are eligible.
    catalogue
        Gives the central meridian of the district's metric CRS.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Metres, in the order of the rows; what has no place is left out.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return np.empty((0, 2))
    eligible = located(frame.geometry) & _eligible(frame, kind, choice.uses)
    metric = to_metric(frame[eligible], central_meridian=catalogue.central_meridian)
    return shapely.get_coordinates(shapely.centroid(metric.geometry.to_numpy()))


def _eligible(frame: pd.DataFrame, kind: str, uses: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which rows a park's space could be in."""
    if uses:
        return frame[_USE_FIELD[kind]].isin(uses).to_numpy(dtype=bool)
    if kind == "carriers":
        # Every carrier is building space of a park already.
        return np.ones(len(frame), dtype=bool)
    by_use = frame["use"].isin(ELIGIBLE_USES).to_numpy(dtype=bool)
    return by_use | _coded(frame, ELIGIBLE_CODES)


def _land(
    tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, separation_m: float
) -> tuple[str, Land | None]:
    """Return the land that space could stand on, and what it is called."""
    meridian = catalogue.central_meridian
    shapes: dict[str, NDArray[np.object_]] = {}
    uses = tables.get("landuse")
    if isinstance(uses, gpd.GeoDataFrame) and len(uses):
        metric = to_metric(uses, central_meridian=meridian)
        buildable, cut = (
            _sound(metric[_coded(uses, codes)]) for codes in (ELIGIBLE_CODES, UNBUILDABLE_CODES)
        )
        if buildable.size:
            return "landuse", Land(shapely.union_all(buildable), separation_m=separation_m)
        shapes["cut"] = cut
    district = tables.get("district")
    if not isinstance(district, gpd.GeoDataFrame) or not located(district.geometry).any():
        return "", None
    outline = shapely.union_all(_sound(to_metric(district, central_meridian=meridian)))
    if len(shapes.get("cut", ())):
        outline = shapely.difference(outline, shapely.union_all(shapes["cut"]))
        return "district_cut", Land(outline, separation_m=separation_m)
    return "district", Land(outline, separation_m=separation_m)


def _coded(frame: pd.DataFrame, beginnings: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which rows have a land-use code that begins so."""
    codes = frame["land_use_code"].astype("str").str.strip()
    return codes.str.startswith(beginnings, na=False).to_numpy(dtype=bool)


def _sound(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the areas of the rows that have a place, mended."""
    shapes = frame.geometry.to_numpy()[located(frame.geometry)]
    return np.asarray(shapely.make_valid(shapes), dtype=object)


def _check_uses(choice: ChanceChoice, catalogue: Catalogue) -> None:
    if not choice.uses:
        return
    kinds = _USE_FIELD if choice.stock in {"auto", "land"} else (choice.stock,)
    known = [
        entry.value
        for kind in kinds
        for entry in catalogue.layer(kind).field(_USE_FIELD[kind]).choices
    ]
    unknown = [use for use in choice.uses if use not in known]
    if unknown:
        given, offered = ", ".join(unknown), ", ".join(dict.fromkeys(known))
        raise UsageError(
            Text(
                f"没有名为 {given} 的用途；可用：{offered}",
                f"there is no use {given}; use one of {offered}",
            )
        )
