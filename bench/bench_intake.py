"""How fast files come in: ``python -m bench.bench_intake``.

A Shapefile of carriers and a workbook of carriers are made, and read by the whole
chain of the intake (in a process of its own, columns, cells, location, ids, checks)
and by the plain reader of the field: ``geopandas.read_file`` and
``pandas.read_excel``, which map, locate and check nothing. The ratio says what the
chain costs on top. Nothing is asserted; each figure is the median of a few runs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.catalogue import load_catalogue
from layers.intake import Request
from layers.intake import read_isolated
from layers.intake import run_chain

if TYPE_CHECKING:
    from collections.abc import Callable

_METRE = 1e-5
_WEST, _SOUTH = 121.46, 31.24


def carriers(rows: int, seed: int = 20261125) -> pd.DataFrame:
    """Return made-up carriers under planners' headings, areas that close, no two alike."""
    rng = np.random.default_rng(seed)
    rentable = rng.integers(200, 20_000, rows).astype(float)
    leased = np.round(rentable * rng.random(rows))
    return pd.DataFrame(
        {
            "载体编码": [f"K{i:06d}" for i in range(rows)],
            "楼栋名称": [f"示例楼 {i} 号" for i in range(rows)],
            "地址": [f"示例路 {i} 号" for i in range(rows)],
            "建筑面积": rentable + 500,
            "可租面积": rentable,
            "自用面积": 0.0,
            "已租面积": leased,
            "锁定面积": 0.0,
            "空置面积": rentable - leased,
            "竣工年份": rng.integers(1990, 2026, rows),
        }
    )


def places(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes on a grid of 30 m."""
    side = int(np.ceil(np.sqrt(rows)))
    i = np.arange(rows)
    return _WEST + (i % side) * 30 * _METRE, _SOUTH + (i // side) * 30 * _METRE


def make_shapefile(rows: int, folder: Path) -> Path:
    """Write a Shapefile of squares of 20 m, in GBK."""
    lon, lat = places(rows)
    squares = shapely.box(lon, lat, lon + 20 * _METRE, lat + 20 * _METRE)
    frame = gpd.GeoDataFrame(carriers(rows), geometry=squares, crs="EPSG:4490")
    path = folder / "carriers.shp"
    frame.to_file(path, encoding="GBK")
    return path


def make_workbook(rows: int, folder: Path) -> Path:
    """Write a workbook with a longitude and a latitude column."""
    lon, lat = places(rows)
    path = folder / "carriers.xlsx"
    frame = carriers(rows).assign(经度=lon, 纬度=lat)
    frame.to_excel(path, index=False, engine="xlsxwriter")
    return path


def taken(call: Callable[[], object], runs: int) -> float:
    """Return the median time of a call, s."""
    times = []
    for _run in range(runs):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def compare(path: Path, rows: int, plain: Callable[[], object], runs: int) -> None:
    """Print rows a second of the plain reader, of ours, and of the whole chain."""
    catalogue = load_catalogue()
    spec = catalogue.layer("carriers")
    request = Request(path, spec.key)
    raw = read_isolated(request)
    result = run_chain(raw, request, spec, catalogue)
    if len(result.accepted) != rows:
        told = "; ".join(issue.line("en") for issue in result.issues[:5])
        msg = f"{len(result.accepted)} of {rows} rows were accepted: {told}"
        raise RuntimeError(msg)
    figures = {
        "plain reader": taken(plain, runs),
        "our reader, isolated": taken(lambda: read_isolated(request), runs),
        "columns … checks": taken(lambda: run_chain(raw, request, spec, catalogue), runs),
    }
    base = figures["plain reader"]
    whole = figures["our reader, isolated"] + figures["columns … checks"]
    print(f"{path.suffix[1:]}, {rows:,} rows")
    for name, seconds in (*figures.items(), ("whole chain", whole)):
        print(f"  {name:22} {seconds:7.2f} s {rows / seconds:10,.0f} rows/s {seconds / base:6.2f}×")


def read_plainly(workbook: Path) -> pd.DataFrame:
    """Read a workbook as pandas does by default."""
    frame: pd.DataFrame = pd.read_excel(workbook, engine="openpyxl")
    return frame


def main() -> None:
    """Make the files and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapefile-rows", type=int, default=100_000)
    parser.add_argument("--workbook-rows", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shapefile = make_shapefile(wish.shapefile_rows, folder)
        compare(shapefile, wish.shapefile_rows, lambda: gpd.read_file(shapefile), wish.runs)
        workbook = make_workbook(wish.workbook_rows, folder)
        compare(
            workbook,
            wish.workbook_rows,
            lambda: pd.read_excel(workbook, engine="openpyxl"),
            wish.runs,
        )


if __name__ == "__main__":
    main()
