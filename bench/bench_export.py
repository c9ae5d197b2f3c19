"""Write 50,000 buildings in every format and as a package, against plain `to_file` and its kin.

Run ``python -m bench.bench_export``. The plain side is what an analyst writes with
geopandas and pandas: `to_file`, `to_parquet`, `to_csv`, `to_excel`. It writes no styles, no
marks and no notes, and looks at nothing it has written; ours reads every file back and
compares it, which is in its time. Both sides write the same rows in the same run and on the
same disk, and a file of ours must have all rows before a time is printed. The plain side of
the package is the sum of the plain files it holds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

import pandas as pd

from bench.city import buildings
from layers.catalogue import load_catalogue
from layers.export.package import PACKAGE_FORMATS
from layers.export.package import export_package
from layers.export.run import FORMATS
from layers.export.run import export_layers
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd

    from layers.errors import Text
    from layers.export.run import ExportReport

ROWS = 50_000
LAYER = "buildings"
PACKAGE = "package"
STAMP = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
DEGREES, METRES = "EPSG:4490", "EPSG:4549"

# A drawing has places only on the plain side: GDAL writes no fields into a DXF.
PLAIN: Mapping[str, Callable[[gpd.GeoDataFrame, Path], object]] = {
    "gpkg": lambda frame, path: frame.to_file(path, driver="GPKG"),
    "shp": lambda frame, path: frame.to_file(path, driver="ESRI Shapefile", encoding="GBK"),
    "geojson": lambda frame, path: frame.to_file(path, driver="GeoJSON"),
    "kml": lambda frame, path: frame.to_file(path, driver="KML"),
    "dxf": lambda frame, path: frame[[GEOMETRY]].to_crs(METRES).to_file(path, driver="DXF"),
    "xlsx": lambda frame, path: pd.DataFrame(frame.drop(columns=GEOMETRY)).to_excel(
        path, index=False, engine="xlsxwriter"
    ),
    "csv": lambda frame, path: frame.to_csv(path, index=False, encoding="utf-8-sig"),
    "fgb": lambda frame, path: frame.to_file(path, driver="FlatGeobuf"),
    "parquet": lambda frame, path: frame.to_parquet(path),
}


class Times(NamedTuple):
    """Seconds of the plain side and of ours, and bytes of our file."""

    plain: float
    ours: float
    size: int


def plainly(frame: gpd.GeoDataFrame, fmt: str, folder: Path) -> float:
    """Write a format as an analyst would, and return the seconds."""
    with warnings.catch_warnings():
        # That names of a Shapefile are cut is a fault of the plain side, not of the bench.
        warnings.simplefilter("ignore")
        begin = time.perf_counter()
        PLAIN[fmt](frame, folder / f"plain{FORMATS[fmt].suffix}")
        return time.perf_counter() - begin


def exported(frame: gpd.GeoDataFrame, fmt: str, folder: Path) -> tuple[float, int]:
    """Write a format into a zip of ours, and return the seconds and bytes.

    Raises
    ------
    RuntimeError
        If it has not all rows.
    """
    catalogue = load_catalogue()
    path, specs = folder / f"{fmt}.zip", [catalogue.layer(LAYER)]
    crs = METRES if fmt == "dxf" else DEGREES
    begin = time.perf_counter()
    report = export_layers(
        {LAYER: frame}, specs, catalogue, fmt=fmt, path=path, crs=crs, stamp=STAMP
    )
    return _taken(report, begin, len(frame)), path.stat().st_size


def packed(
    frame: gpd.GeoDataFrame, folder: Path, formats: Sequence[str] = PACKAGE_FORMATS
) -> tuple[float, int]:
    """Write the package, telling how far it is, and return the seconds and bytes."""
    catalogue = load_catalogue()
    path, specs = folder / f"{PACKAGE}.zip", [catalogue.layer(LAYER)]
    begin = time.perf_counter()

    def tell(what: Text, share: float) -> None:
        print(f"  {time.perf_counter() - begin:6.1f} s {share:4.0%} {what.en}")

    report = export_package(
        {LAYER: frame}, specs, catalogue, path=path, formats=formats, stamp=STAMP, progress=tell
    )
    return _taken(report, begin, len(frame)), path.stat().st_size


def _taken(report: ExportReport, begin: float, rows: int) -> float:
    seconds = time.perf_counter() - begin
    if report.layers != ((LAYER, rows, rows),):
        msg = f"{report.path.name} has {report.layers} instead of {rows} rows"
        raise RuntimeError(msg)
    return seconds


def compare(
    frame: gpd.GeoDataFrame, folder: Path, formats: Sequence[str] = tuple(PLAIN)
) -> dict[str, Times]:
    """Time both sides of every format, and of the package of those that it has."""
    print(f"{'format':<10}{'plain s':>9}{'ours s':>9}{'ratio':>8}{'rows/s':>10}{'MB':>8}")
    times = {}
    for fmt in formats:
        plain = plainly(frame, fmt, folder)
        times[fmt] = Times(plain, *exported(frame, fmt, folder))
        show(fmt, times[fmt], len(frame))
    inside = [fmt for fmt in formats if fmt in PACKAGE_FORMATS]
    print(f"package of {', '.join(inside)}")
    plain = sum(times[fmt].plain for fmt in inside)
    times[PACKAGE] = Times(plain, *packed(frame, folder, inside))
    show(PACKAGE, times[PACKAGE], len(frame))
    return times


def show(name: str, times: Times, rows: int) -> None:
    """Print seconds, ratio, rows a second and size of a format."""
    plain, ours, size = times
    print(
        f"{name:<10}{plain:>9.2f}{ours:>9.2f}{ours / plain:>7.1f}×{rows / ours:>10,.0f}"
        f"{size / 1e6:>8.1f}",
        flush=True,
    )


def main() -> None:
    """Make the buildings, write them on both sides and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    wish = parser.parse_args()
    frame = buildings(wish.rows, load_catalogue().layer(LAYER))
    print(f"{wish.rows:,} buildings; ours: styled, with notes, read back and compared, zipped")
    with tempfile.TemporaryDirectory() as name:
        compare(frame, Path(name))


if __name__ == "__main__":
    main()
