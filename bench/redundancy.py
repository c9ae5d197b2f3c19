"""Which measures of scatter say the same: rank correlations over synthetic parks.

Run ``python -m bench.redundancy``; with ``--write`` the table in docs/why-not.md is made
anew. 1,500 seeded parks of 3 to 14 sites, a quarter each: one campus, a core with
satellites, two to four poles, dust; a window of 6 by 10 km. Sizes are lognormal, in some
parks nearly equal and in others very unequal. How strongly two measures go together
depends on the mixture, so the largest correlation among the measures that are used is
also given with each form left out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from bench.indices import division
from bench.indices import edge_distances_m
from bench.indices import januszewski
from bench.indices import largest_patch_percent
from bench.indices import schmook
from bench.operating import WINDOW_M
from bench.operating import campus
from bench.operating import sizes
from bench.tables import markdown
from bench.tables import replace_block
from geo.dispersion import effective_number
from geo.dispersion import group_sum
from geo.dispersion import largest_share
from geo.dispersion import mean_pairwise_distance
from geo.dispersion import standard_deviational_ellipse
from geo.dispersion import standard_distance
from geo.distance import components
from geo.distance import pairs_in_groups
from geo.distance import spanning_forest

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARKS = 1500
WALK_M = 604.0
SITES = (3, 14)
SPREADS = (0.3, 1.5)
LAND_SHARE = 1 / 3
REDUNDANT = 0.9
FORMS = ("一个校园 campus", "一主多副 core, satellites", "二至四极 poles", "散点 dust")
SHIPPED = ("点位数 n", "等效点位数 N_eff", "平均两点距离 MPD", "最大连片占比 LCC", "最长断档 gap")


def forms(rng: np.random.Generator, sites: int, kind: int) -> NDArray[np.float64]:
    """Return places of a park of one of the :data:`FORMS`, metres, shape (sites, 2)."""
    inside = (np.zeros(2), np.array(WINDOW_M))
    if kind == 0:
        return campus(rng, sites, rng.uniform(*inside))
    if kind == 1:
        away = int(rng.integers(1, max(2, sites // 2)))
        core = campus(rng, sites - away, rng.uniform(*inside))
        return np.vstack([core, rng.uniform(*inside, (away, 2))])
    if kind == 2:
        poles = rng.uniform(*inside, (int(rng.integers(2, 5)), 2))
        return np.vstack([campus(rng, 1, poles[number % len(poles)]) for number in range(sites)])
    return rng.uniform(*inside, (sites, 2))


def measured(xy: NDArray[np.float64], area: NDArray[np.float64]) -> dict[str, float]:
    """Return all measures of one park."""
    group = np.zeros(len(xy), dtype=np.intp)
    pairs = pairs_in_groups(group, xy)
    tree = spanning_forest(pairs, len(xy))
    cluster = components(tree.take(tree.length_m <= WALK_M), len(xy))
    size = group_sum(area, cluster, cluster.max() + 1)
    one = np.zeros(size.size, dtype=np.intp)
    side = np.sqrt(area * LAND_SHARE)
    west, south, east, north = np.hstack([xy - side[:, None] / 2, xy + side[:, None] / 2]).T
    squares = [shapely.box(*corners) for corners in zip(west, south, east, north, strict=True)]
    ellipse = standard_deviational_ellipse(xy, area)
    return {
        SHIPPED[0]: len(xy),
        SHIPPED[1]: float(effective_number(area, group, 1)[0]),
        "DIVISION（1−Simmons）": division(area),
        "1−Januszewski": 1 - januszewski(area),
        "LPI": largest_patch_percent(area),
        SHIPPED[2]: float(mean_pairwise_distance(pairs, area, group, 1)[0]),
        "标准距离 SD": standard_distance(xy, area),
        "椭圆面积 SDE": np.pi * ellipse.major_m * ellipse.minor_m,
        "最小树总长 MST": float(tree.length_m.sum()),
        SHIPPED[4]: float(tree.length_m.max()),
        "最近邻 ENN": float(edge_distances_m(squares).mean()),
        "连片数 K": float(size.size),
        SHIPPED[3]: float(largest_share(size, one, 1)[0]),
        "等效连片数 K_eff": float(effective_number(size, one, 1)[0]),
        "Schmook": schmook(squares),
    }


def synthetic(parks: int = PARKS, seed: int = 2026) -> pd.DataFrame:
    """Return all measures of some parks.

    Parameters
    ----------
    parks
        How many; the :data:`FORMS` take turns.
    seed
        Where the random numbers start.

    Returns
    -------
    pandas.DataFrame
        One row a park, index ``form``; columns as in :func:`measured`.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(parks):
        sites = int(rng.integers(SITES[0], SITES[1] + 1))
        area = 10_000 * sizes(rng, sites, rng.uniform(*SPREADS))
        rows.append(measured(forms(rng, sites, number % len(FORMS)), area))
    form = pd.Index(np.resize(np.array(FORMS, dtype=object), parks), name="form")
    return pd.DataFrame(rows, index=form)


def correlations(table: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman's rank correlations of all columns, in [-1, 1]."""
    return table.corr(method="spearman")


def strongest(table: pd.DataFrame) -> tuple[str, str, float]:
    """Return the pair of the measures in use that goes together most, and its correlation."""
    return pairs_above(correlations(table[list(SHIPPED)]), 0.0)[0]


def pairs_above(matrix: pd.DataFrame, limit: float = REDUNDANT) -> list[tuple[str, str, float]]:
    """Return the pairs of measures whose correlation is at least `limit`, strongest first."""
    names, rho = [str(name) for name in matrix.columns], matrix.to_numpy("float64")
    found = [
        (names[one], names[other], float(rho[one, other]))
        for one, other in zip(*np.triu_indices(len(names), k=1), strict=True)
        if abs(rho[one, other]) >= limit
    ]
    return sorted(found, key=lambda pair: -abs(pair[2]))


def main() -> None:
    """Print the matrix and the pairs, and write the pairs if asked."""
    table = synthetic()
    matrix = correlations(table)
    print(matrix.round(2).to_string())
    rows = [(one, other, f"{rho:.2f}") for one, other, rho in pairs_above(matrix)]
    text = markdown(["指标 index", "指标 index", "ρ"], rows)
    largest = abs(strongest(table)[2])
    text += (
        f"\n\n{PARKS} 个合成园区，Spearman 秩相关；|ρ| ≥ {REDUNDANT:g} 的各对。"
        f"采用的五个数值指标之间 |ρ| 最大 {largest:.2f}。"
        f"{PARKS} synthetic parks; largest |ρ| among the five that are used: {largest:.2f}."
    )
    without = [(form, strongest(table.drop(form))) for form in FORMS]
    rows = [(form, f"{one} × {other}", f"{rho:.2f}") for form, (one, other, rho) in without]
    head = ["去掉的形态 form left out", "采用的五个之间最强的一对 strongest pair in use", "ρ"]
    text += "\n\n" + markdown(head, rows)
    print(text)
    if "--write" in sys.argv:
        replace_block("redundancy", text)


if __name__ == "__main__":
    main()
