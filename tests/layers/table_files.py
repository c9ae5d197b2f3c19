"""Tables of carriers in several kinds of file, for tests of what holds for any table."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import settings

from layers.frames import GEOMETRY
from tests.layers.fuzz_files import zipped

if TYPE_CHECKING:
    from collections.abc import Callable

# A row of a table: cells under headings.
Row = dict[str, Any]


def examples(number: int) -> settings:
    """Return how many examples are tried, the same ones in every run."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        # Looking for the smallest example would take minutes; these are small as they are.
        phases=[Phase.generate],
        suppress_health_check=slow,
    )


COLUMNS = {
    "载体编码": "carrier_id",
    "楼栋名称": "name",
    "总建筑面积": "gross_area_m2",
    "企业数": "tenants",
    "历史保护": "protected",
    "数据日期": "data_date",
    "空置起始": "vacant_since",
    "税收": "tax_wan",
}
PLACES = ("经度", "纬度")


def clean_row(n: int) -> Row:
    """Return a row that every format can carry and the contract accepts."""
    cells = (
        f"C{n:03}",
        f"{'甲乙丙丁戊'[n % 5]}楼{n}",
        f"{1000 + 37.5 * n}",
        str(n),
        "是" if n % 2 else "否",
        f"2026-{n % 12 + 1:02}-15",
        f"2025-{n % 12 + 1:02}",
        f"{n - 3}.25",
    )
    places = (f"{121.5 + n / 1000:.6f}", f"{31.3 - n / 1000:.6f}")
    return dict(zip((*COLUMNS, *PLACES), (*cells, *places), strict=True))


def _csv(rows: list[Row], path: Path) -> Path:
    pd.DataFrame(rows, dtype=object).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def _xlsx(rows: list[Row], path: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(list(rows[0]))
    for row in rows:
        page.append(list(row.values()))
        for cell in page[page.max_row]:
            # =1+1 is a text that somebody typed.
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    book.save(path)
    return path


def _geojson(rows: list[Row], path: Path) -> Path:
    features = []
    for row in rows:
        own = {name: cell for name, cell in row.items() if name not in PLACES}
        try:
            place = {"type": "Point", "coordinates": [float(row[name]) for name in PLACES]}
        except (TypeError, ValueError):
            place = {"type": "Point", "coordinates": [row[name] for name in PLACES]}
        features.append({"type": "Feature", "properties": own, "geometry": place})
    document = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def _layer(rows: list[Row]) -> Any:
    table = pd.DataFrame(rows, dtype=object)
    xy = table[list(PLACES)].astype(float).to_numpy()
    texts = table.drop(columns=list(PLACES)).astype("str")
    return gpd.GeoDataFrame(texts, geometry=shapely.points(xy), crs="EPSG:4490")


def _gpkg(rows: list[Row], path: Path) -> Path:
    _layer(rows).to_file(path, layer="载体", engine="pyogrio")
    return path


def _zip(rows: list[Row], path: Path) -> Path:
    """Write a zipped Shapefile in GBK without .cpg."""
    with TemporaryDirectory() as made:
        inner = Path(made) / "载体.shp"
        _layer(rows).to_file(inner, encoding="GBK", engine="pyogrio")
        parts = {p.name: p.read_bytes() for p in inner.parent.iterdir() if p.suffix != ".cpg"}
    path.write_bytes(zipped(parts))
    return path


MAKERS: dict[str, Callable[[list[Row], Path], Path]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".geojson": _geojson,
    ".gpkg": _gpkg,
    ".zip": _zip,
}


def by_id(layer: pd.DataFrame) -> pd.DataFrame:
    """Return a layer in the order of its ids, its shapes as text with all digits."""
    texts = shapely.to_wkt(layer[GEOMETRY].to_numpy(), rounding_precision=-1)
    plain = pd.DataFrame(layer).assign(geometry=texts)
    return plain.sort_values("carrier_id", ignore_index=True)
