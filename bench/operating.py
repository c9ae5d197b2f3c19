"""What the rule does to parks whose form is known: the operating characteristics.

Run ``python -m bench.operating``; with ``--write`` the tables in docs/why-not.md are
made anew. Parks are drawn in a window of 6 by 10 km, all of it inside the zones, with
3 to 8 sites of lognormal size (standard deviation of the logarithm 0.6, so that two in
three sites are within a factor of 1.8 of the middle one), and judged at the default parameters by
:func:`geo.scatter.scatter` with 999 draws. It shows what the rule does, not a truth.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from bench.tables import markdown
from bench.tables import replace_block
from geo.chance import Chance
from geo.chance import Stock
from geo.crs import district_crs
from geo.flag import FLAG_TITLES
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    Sizes = NDArray[np.float64]
    Rng = np.random.Generator

WINDOW_M = (6000.0, 10_000.0)
SITES = (3, 8)
BUILDINGS = 2000
PARKS, DRAWS = 500, 999
SPREAD = 0.6
CAMPUS_M, SATELLITE_M, HALVES_M = 250.0, 4000.0, 1500.0
CRS = district_crs(121.5)


class Park(NamedTuple):
    """Places of the sites in metres, and their floor areas."""

    xy: Points
    area_m2: Sizes


def stock(rng: Rng, *, clumps: int = 0) -> Points:
    """Return buildings, even over the window or in clumps of 400 m."""
    even = rng.uniform((0, 0), WINDOW_M, (BUILDINGS, 2))
    if not clumps:
        return even
    centres = rng.uniform((0, 0), WINDOW_M, (clumps, 2))
    return centres[rng.integers(0, clumps, BUILDINGS)] + rng.normal(0, 400, (BUILDINGS, 2))


def campus(rng: Rng, sites: int, centre: Points) -> Points:
    """Return sites around a centre, all within a walk of it."""
    angle, radius = rng.uniform(0, 2 * np.pi, sites), CAMPUS_M * np.sqrt(rng.random(sites))
    return centre + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def sizes(rng: Rng, sites: int, spread: float = SPREAD) -> Sizes:
    """Return floor areas; `spread` is the standard deviation of their logarithm."""
    return rng.lognormal(0, spread, sites)


def at_random(rng: Rng, sites: int, buildings: Points, spread: float = SPREAD) -> Park:
    """Place sites on any buildings."""
    chosen = buildings[rng.choice(len(buildings), sites, replace=False)]
    return Park(chosen, sizes(rng, sites, spread))


def one_cluster(rng: Rng, sites: int, _buildings: Points) -> Park:
    """Place sites on one campus."""
    centre = rng.uniform((1500, 1500), np.array(WINDOW_M) - 1500)
    return Park(campus(rng, sites, centre), sizes(rng, sites))


def core_and_satellite(rng: Rng, sites: int, _buildings: Points) -> Park:
    """Place all sites but one on a campus; that one, with a fifth of the area, far away."""
    centre = rng.uniform((1500, 500), (4500, 5000))
    core = campus(rng, sites - 1, centre)
    area = sizes(rng, sites - 1)
    place = np.vstack([core, centre + np.array([0.0, SATELLITE_M])])
    return Park(place, np.append(0.8 * area / area.sum(), 0.2))


def two_halves(rng: Rng, sites: int, _buildings: Points) -> Park:
    """Place two equal halves 1.5 km apart."""
    centre = rng.uniform((1500, 1500), np.array(WINDOW_M) - 1500)
    halves = []
    for number, offset in ((sites - sites // 2, 0.0), (sites // 2, HALVES_M)):
        area = sizes(rng, number)
        place = campus(rng, number, centre + np.array([0.0, offset]))
        halves.append(Park(place, 0.5 * area / area.sum()))
    return Park(
        np.vstack([half.xy for half in halves]), np.concatenate([half.area_m2 for half in halves])
    )


SCENARIOS: dict[str, Callable[[Rng, int, Points], Park]] = {
    "随机摆放 random": at_random,
    "一个校园 one campus": one_cluster,
    "主体＋两成飞地 core + 20 % satellite": core_and_satellite,
    "两半相距 1.5 km two halves": two_halves,
}


def shares_of_flags(
    make: Callable[[Rng, int, Points], Park],
    *,
    parks: int = PARKS,
    sites: tuple[int, int] = SITES,
    clumps: int = 0,
    draws: int = DRAWS,
    seed: int = 2026,
) -> dict[str, float]:
    """Return the share of each flag among parks of one kind.

    Parameters
    ----------
    make
        Makes a park.
    parks
        How many.
    sites
        Fewest and most sites.
    clumps
        Clumps of the stock of buildings; 0 for an even one.
    draws, seed
        Draws of the test, and where the parks start.
    """
    rng = np.random.default_rng(seed)
    buildings = stock(rng, clumps=clumps)
    made = [make(rng, int(rng.integers(sites[0], sites[1] + 1)), buildings) for _ in range(parks)]
    spaces = gpd.GeoDataFrame(
        {
            "park_id": np.repeat([f"p{i:04d}" for i in range(parks)], [len(p.xy) for p in made]),
            "floor_area_m2": np.concatenate([p.area_m2 for p in made]),
        },
        geometry=gpd.points_from_xy(*np.vstack([p.xy for p in made]).T),
        crs=CRS,
    )
    spaces["carrier_id"] = [f"c{i:05d}" for i in range(len(spaces))]
    zone = gpd.GeoDataFrame(geometry=[box(-1e5, -1e5, 1e5, 1e5)], crs=CRS)
    listed = pd.DataFrame({"park_id": spaces["park_id"].unique()})
    result = scatter(spaces, listed, zone, chance=Chance(Stock(buildings), draws=draws))
    found = result.table["flag"].value_counts(normalize=True)
    return {flag: float(found.get(flag, 0.0)) for flag in FLAG_TITLES}


def main() -> None:
    """Print the tables, and write them if asked."""
    flags = [f"{zh} {en}" for zh, en in FLAG_TITLES.values()]
    rows = [
        (name, *(f"{share:.1%}" for share in shares_of_flags(make).values()))
        for name, make in SCENARIOS.items()
    ]
    text = markdown(["情形 scenario", *flags], rows)
    finer = [(f"{count} 个点位 sites", *_reds((count, count))) for count in range(3, 9)]
    head = ("随机摆放判红 random, red", "楼宇均匀 even", "楼宇成团 clumped")
    text += "\n\n" + markdown(head, finer)
    unequal = [(f"{spread:g}", *_reds(SITES, spread)) for spread in (0.3, 0.6, 0.8, 1.0)]
    head = ("面积对数标准差 spread of sizes", *head[1:])
    text += "\n\n" + markdown(head, unequal)
    error = np.sqrt(0.95 * 0.05 / PARKS)
    text += (
        f"\n\n每格 {PARKS} 个园区，每个 {DRAWS} 次随机摆放；95 % 处的标准误 {error:.1%}。"
        f"{PARKS} parks a cell, {DRAWS} draws each; standard error at 95 %: {error:.1%}."
    )
    print(text)
    if "--write" in sys.argv:
        replace_block("operating", text)


def _reds(sites: tuple[int, int], spread: float = SPREAD) -> tuple[str, str]:
    """Return the share of red among random parks, on an even and on a clumped stock."""
    make = partial(at_random, spread=spread)
    even, clumped = (shares_of_flags(make, sites=sites, clumps=clumps)["red"] for clumps in (0, 12))
    return f"{even:.1%}", f"{clumped:.1%}"


if __name__ == "__main__":
    main()
