"""Every format, in every system, read by our reader and by an independent one."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.errors import ExportError
from layers.errors import Text
from layers.export.excel import check_xlsx
from layers.export.excel import write_xlsx
from layers.export.flatgeobuf import check_fgb
from layers.export.flatgeobuf import write_fgb
from layers.export.geofiles import check_geojson
from layers.export.geofiles import check_gpkg
from layers.export.geofiles import check_parquet
from layers.export.geofiles import write_geojson
from layers.export.geofiles import write_gpkg
from layers.export.geofiles import write_parquet
from layers.export.kml import check_kml
from layers.export.kml import write_kml
from layers.export.shapefile import check_shp
from layers.export.shapefile import write_shp
from layers.export.sheets import table_sheet
from layers.export.text import check_csv
from layers.export.text import write_csv
from layers.frames import GEOMETRY
from tests.layers import roundtrip_hand as hand
from tests.layers.roundtrip_hand import PLACES
from tests.layers.roundtrip_hand import STYLE
from tests.layers.roundtrip_hand import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.export.sheets import Sheet

FORMATS: dict[str, tuple[Callable[..., None], Callable[..., None]]] = {
    "gpkg": (write_gpkg, check_gpkg),
    "geojson": (write_geojson, check_geojson),
    "csv": (write_csv, check_csv),
    "xlsx": (write_xlsx, check_xlsx),
    "parquet": (write_parquet, check_parquet),
    "fgb": (write_fgb, check_fgb),
    "kml": (write_kml, check_kml),
    "shp": (write_shp, check_shp),
}
LONLAT_ONLY = {"geojson"}
IN_DEGREES = {"geojson", "kml"}
CASES = [
    (fmt, crs)
    for fmt in FORMATS
    for crs in SYSTEMS
    if not (fmt in LONLAT_ONLY and crs.endswith(("4549", "4550")))
]


def _written(sheet: Sheet, folder: Path, fmt: str, lang: str = "zh") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sheet.key}.{fmt}"
    write, check = FORMATS[fmt]
    write([sheet], path, hand.notes(sheet, lang))
    check([sheet], path, hand.notes(sheet, lang))
    return path


# --- what other programs read -----------------------------------------------


def _pyogrio(path: Path, sheet: Sheet) -> pd.DataFrame:
    return pd.DataFrame(pyogrio.read_dataframe(path, layer=_layer(path, sheet.key)))


def _layer(path: Path, key: str) -> str | None:
    """Return which layer to read; a GeoPackage has tables of notes too."""
    return key if path.suffix == ".gpkg" else None


def _geojson(path: Path, _: Sheet) -> pd.DataFrame:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    frame = pd.DataFrame([f["properties"] for f in features])
    shapes = [f["geometry"] and shapely.geometry.shape(f["geometry"]) for f in features]
    return frame.assign(geometry=pd.Series(shapes, dtype=object))


def _csv(path: Path, sheet: Sheet) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    for field in sheet.fields:
        if field.type == "text":
            # The apostrophe keeps spreadsheets from running what follows.
            frame[field.name] = frame[field.name].str.replace(r"^'(?=[=+\-＝－])", "", regex=True)
    frame = frame.replace("", None)
    if sheet.crs is None:
        return frame
    if "wkt" in frame:
        shapes = [None if pd.isna(wkt) else shapely.from_wkt(wkt) for wkt in frame.pop("wkt")]
        return frame.assign(geometry=pd.Series(shapes, dtype=object))
    names = ("lon", "lat") if sheet.crs.is_geographic else ("x", "y")
    xy = [frame.pop(name).astype(float) for name in names]
    pairs = zip(*xy, strict=True)
    points = [None if np.isnan(east) else shapely.Point(east, north) for east, north in pairs]
    return frame.assign(geometry=pd.Series(points, dtype=object))


def _xlsx(path: Path, sheet: Sheet) -> pd.DataFrame:
    book = openpyxl.load_workbook(path)
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    frame = pd.DataFrame(rows, columns=list(head), dtype=object).iloc[:, : len(sheet.fields)]
    frame.columns = pd.Index([f.name for f in sheet.fields])
    titles = {c.title.zh: c.value for f in sheet.fields for c in f.choices}
    return frame.assign(类别=frame["类别"].map(titles))


def _parquet(path: Path, _: Sheet) -> pd.DataFrame:
    return pd.DataFrame(gpd.read_parquet(path))


def _kml(path: Path, _: Sheet) -> pd.DataFrame:
    return pd.DataFrame(pyogrio.read_dataframe(path))


def _shp(path: Path, _: Sheet) -> pd.DataFrame:
    with next(path.parent.glob("*_字段对照表.csv")).open(encoding="utf-8-sig", newline="") as file:
        names = {row[0]: row[1] for row in list(csv.reader(file))[1:]}
    tables = [f for f in path.parent.glob("*.dbf") if not f.with_suffix(".shp").exists()]
    files = [*path.parent.glob("*.shp"), *tables]
    read = [pd.DataFrame(pyogrio.read_dataframe(f)).rename(columns=names) for f in files]
    read = [frame.astype(object).assign(**{GEOMETRY: frame.get(GEOMETRY)}) for frame in read]
    joined = pd.concat(read, ignore_index=True)
    shapes = [None if pd.isna(shape) else shape for shape in joined[GEOMETRY]]
    return joined.assign(**{GEOMETRY: pd.Series(shapes, dtype=object)})


READERS: dict[str, Callable[[Path, Sheet], pd.DataFrame]] = {
    "gpkg": _pyogrio,
    "fgb": _pyogrio,
    "geojson": _geojson,
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "kml": _kml,
    "shp": _shp,
}


def _plain(value: object, kind: str) -> object:
    """Return a value as a plain one of Python, whatever the reader made of it."""
    if value is None or value is pd.NaT or value is pd.NA or str(value) == "nan":
        return None
    if kind in ("number", "integer"):
        return float(str(value))
    if kind == "boolean":
        return str(value).lower() in ("true", "1", "1.0")
    if kind == "date":
        return str(value)[:10]
    return str(value)


def _rows(frame: pd.DataFrame, sheet: Sheet) -> dict[str, list[object]]:
    """Return the values of every row by its id."""
    rows = {}
    for record in frame.to_dict("records"):
        values = [_plain(record.get(f.name), f.type) for f in sheet.fields]
        rows[str(record["编码"])] = values
    return rows


def _shapes(frame: pd.DataFrame) -> dict[str, Any]:
    return dict(zip(frame["编码"].astype(str), frame["geometry"], strict=True))


def _same_shape(ours: Any, theirs: Any, tolerance: float) -> bool:
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if "Polygon" in ours.geom_type:
        ours, theirs = (shapely.orient_polygons(shape) for shape in (ours, theirs))
    ours, theirs = (shapely.normalize(shapely.force_2d(shape)) for shape in (ours, theirs))
    xy = [shapely.get_coordinates(shape) for shape in (ours, theirs)]
    if xy[0].shape != xy[1].shape or shapely.get_dimensions(ours) != shapely.get_dimensions(theirs):
        return False
    return bool(np.abs(xy[0] - xy[1]).max() <= tolerance)


@pytest.mark.parametrize("places", [*PLACES, "table"])
@pytest.mark.parametrize(("fmt", "crs"), CASES)
def test_every_value_and_place_is_read_by_other_programs(
    tmp_path: Path, fmt: str, crs: str, places: str
) -> None:
    shapes = PLACES.get(places)
    if fmt == "fgb" and shapes is None:
        pytest.skip("FlatGeobuf is for places only")
    sheet = hand.sheet(shapes, crs, rare=fmt != "shp", style=STYLE)
    path = _written(sheet, tmp_path, fmt)
    if shapes is None and fmt == "parquet":
        back = pd.read_parquet(path)
    else:
        back = READERS[fmt](path, sheet)
    ours, theirs = _rows(pd.DataFrame(sheet.frame), sheet), _rows(back, sheet)
    assert sorted(ours) == sorted(theirs)
    for key, values in ours.items():
        # Numbers may differ in their sixteenth digit, which libraries print or not.
        for ours_, theirs_ in zip(values, theirs[key], strict=True):
            same = pytest.approx(ours_, rel=1e-14) if isinstance(ours_, float) else ours_
            assert theirs_ == same
    if shapes is None or fmt == "xlsx":
        return
    placed = gpd.GeoDataFrame(sheet.frame)
    frame = placed.to_crs("EPSG:4326") if fmt == "kml" else placed
    tolerance = 1e-8 if fmt == "kml" or crs in ("EPSG:4490", "EPSG:4326") else 1e-3
    places_back = _shapes(back)
    for key, shape in _shapes(pd.DataFrame(frame)).items():
        assert _same_shape(shape, places_back[key], tolerance), (key, shape, places_back[key])


@pytest.mark.parametrize("crs", SYSTEMS)
@pytest.mark.parametrize("fmt", ["gpkg", "fgb", "parquet", "shp"])
def test_the_system_is_named_in_the_file(tmp_path: Path, fmt: str, crs: str) -> None:
    path = _written(hand.sheet(PLACES["polygons"], crs), tmp_path, fmt)
    layer = _layer(path, "carriers")
    read = gpd.read_parquet(path) if fmt == "parquet" else pyogrio.read_dataframe(path, layer=layer)
    assert read.crs.to_epsg() == int(crs[5:])
    lon, lat = read.to_crs("EPSG:4490").total_bounds[:2]
    assert (lon, lat) == pytest.approx((121.5, 31.29), abs=1e-7)


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("places", [*PLACES, "table"])
@pytest.mark.parametrize("fmt", FORMATS)
def test_an_empty_layer_and_one_row(tmp_path: Path, fmt: str, places: str, rows: int) -> None:
    shapes = PLACES.get(places)
    if fmt == "fgb" and shapes is None:
        pytest.skip("FlatGeobuf is for places only")
    sheet = hand.sheet(shapes, rows=rows, style=STYLE)
    path = _written(sheet, tmp_path, fmt)
    if fmt == "shp":
        (table,) = tmp_path.glob("*.dbf")
        assert len(pyogrio.read_dataframe(table)) == rows
    elif fmt == "kml":
        assert path.read_text(encoding="utf-8").count("<Placemark>") == rows
    elif fmt in ("gpkg", "fgb"):
        assert len(pyogrio.read_dataframe(path, layer=_layer(path, sheet.key))) == rows
    else:
        assert path.stat().st_size > 0


@pytest.mark.parametrize("fmt", FORMATS)
def test_chinese_names_of_every_length(tmp_path: Path, fmt: str) -> None:
    frame = pd.DataFrame({name: [f"值{i}", "乙"] for i, name in enumerate(hand.NAMES)})
    placed = gpd.GeoDataFrame(frame, geometry=[hand.POINT, hand.BOX], crs="EPSG:4490")
    named = Text("长名", "Long names")
    sheet = table_sheet(placed, "names", title=named, titles={}, lang="zh")
    path = _written(sheet, tmp_path, fmt)
    if fmt == "xlsx":
        book = openpyxl.load_workbook(path)
        head, *rows = book.worksheets[0].iter_rows(values_only=True)
        back = pd.DataFrame(rows, columns=list(head))
    elif fmt == "csv":
        back = pd.read_csv(path, encoding="utf-8-sig")
    else:
        back = READERS[fmt](path, sheet)
    for i, name in enumerate(hand.NAMES):
        assert sorted(back[name]) == sorted([f"值{i}", "乙"])


def write_everything(folder: Path) -> None:
    """Write one layer in every format; also run by another process."""
    sheet = hand.sheet(PLACES["mixed"], rare=True, style=STYLE)
    for fmt in FORMATS:
        _written(sheet, folder, fmt)


def test_equal_layers_give_equal_bytes(tmp_path: Path) -> None:
    """Also in another process with other hashes and another time zone."""
    first, second = tmp_path / "first", tmp_path / "second"
    write_everything(first)
    script = (
        "import sys; from pathlib import Path;"
        "from tests.layers.test_export_roundtrip import write_everything;"
        "write_everything(Path(sys.argv[1]))"
    )
    root = str(Path(__file__).parents[2])
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/Lima", "PYTHONPATH": root}
    subprocess.run([sys.executable, "-c", script, str(second)], check=True, env=env)  # noqa: S603
    ours = {f.name: f.read_bytes() for f in first.iterdir()}
    theirs = {f.name: f.read_bytes() for f in second.iterdir()}
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


# --- writers that write something else ---------------------------------------


def _lose_row(frame: Any) -> Any:
    return frame.iloc[:-1]


def _change_text(frame: Any) -> Any:
    return frame.assign(编码=frame["编码"].str.replace("乙", "己"))


def _change_number(frame: Any) -> Any:
    return frame.assign(rentable_area_mu=frame["rentable_area_mu"] + 1e-3)


def _zero_for_unknown(frame: Any) -> Any:
    return frame.assign(企业数=frame["企业数"].fillna(0))


def _forget_truth(frame: Any) -> Any:
    return frame.assign(历史保护=frame["历史保护"].fillna(value=False))


def _move(frame: Any) -> Any:
    return frame.set_geometry(frame.geometry.translate(1e-5, 0))


def _drop_hole(frame: Any) -> Any:
    shapes = [
        shapely.Polygon(s.exterior) if s is not None and s.geom_type == "Polygon" else s
        for s in frame.geometry
    ]
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))


def _unplace(frame: Any) -> Any:
    shapes = [None, *frame.geometry[1:]]
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))


DAMAGES = [
    _lose_row,
    _change_text,
    _change_number,
    _zero_for_unknown,
    _forget_truth,
    _move,
    _drop_hole,
    _unplace,
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("fmt", ["gpkg", "geojson", "parquet", "fgb", "kml", "shp"])
def test_a_file_that_says_something_else_is_refused(
    tmp_path: Path, fmt: str, damage: Callable[[Any], Any]
) -> None:
    sheet = hand.sheet(PLACES["polygons"], style=STYLE)
    wrong = replace(sheet, frame=damage(sheet.frame))
    write, check = FORMATS[fmt]
    path = tmp_path / f"carriers.{fmt}"
    write([wrong], path, hand.notes(sheet))
    with pytest.raises(ExportError, match="回读校验"):
        check([sheet], path, hand.notes(sheet))


@pytest.mark.parametrize("fmt", ["gpkg", "parquet", "fgb", "shp"])
def test_a_file_with_another_system_is_refused(tmp_path: Path, fmt: str) -> None:
    sheet = hand.sheet(PLACES["points"], "EPSG:4549")
    moved = gpd.GeoDataFrame(sheet.frame).set_crs("EPSG:4550", allow_override=True)
    write, check = FORMATS[fmt]
    path = tmp_path / f"carriers.{fmt}"
    write([replace(sheet, frame=moved)], path, hand.notes(sheet))
    with pytest.raises(ExportError, match="坐标系"):
        check([sheet], path, hand.notes(sheet))
