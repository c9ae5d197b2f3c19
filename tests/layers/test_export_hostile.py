"""Hostile text through every file format, read by programs that are not ours.

A format that is not in the table fails the first test. What is read back is the text
itself; where a program would run it, it is the neutralised text, see each reader.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest
from ezdxf.filemanagement import readfile

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.export import FORMATS
from layers.export import TABLE_FORMATS
from layers.export import export_layers
from layers.values import formula_plain
from layers.values import formula_safe
from tests.hostile_hand import ELSEWHERE
from tests.hostile_hand import STRINGS
from tests.hostile_hand import poisoned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CATALOGUE = load_catalogue()
SPEC = CATALOGUE.layer("parks")
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet calculate."""


@pytest.fixture(scope="module")
def frame() -> Any:
    """Return parks enough for every text to be a name and a note once at least."""
    parks = load_edition(CATALOGUE).tables["parks"]
    located = parks[parks.geometry.notna() & parks.geometry.geom_type.eq("Polygon")]
    while len(located) < len(STRINGS):
        located = located.iloc[list(range(len(located))) * 2].reset_index(drop=True)
    located = located.head(len(STRINGS)).reset_index(drop=True)
    located["park_id"] = [f"P{i:03d}" for i in range(len(located))]
    return poisoned(located, SPEC)


def _gdal(path: Path) -> dict[str, str]:
    source = path if path.suffix != ".zip" else f"/vsizip/{path}"
    layer = pyogrio.list_layers(source)[0, 0]
    found = pyogrio.read_dataframe(source, layer=layer, read_geometry=False)
    return _pairs(found, "park_id", "name")


def _pairs(found: Any, key: str, name: str) -> dict[str, str]:
    return dict(zip(found[key].astype(str), found[name].astype(str), strict=True))


def _geojson(path: Path) -> dict[str, str]:
    data = json.loads(path.read_text("utf-8"))
    return {f["properties"]["park_id"]: f["properties"]["name"] for f in data["features"]}


def _parquet(path: Path) -> dict[str, str]:
    table = pq.read_table(path, columns=["park_id", "name"]).to_pydict()
    return dict(zip(table["park_id"], table["name"], strict=True))


def _csv(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name in ("name", "note", "address"):
            assert not row[name].startswith(RUNS)
    return {row["park_id"]: row["name"] for row in rows}


def _xlsx(path: Path) -> dict[str, str]:
    book = openpyxl.load_workbook(path)
    for page in book:
        for cells in page.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
    page = next(p for p in book if any(c.value == "P000" for row in p.iter_rows() for c in row))
    rows = list(page.iter_rows(values_only=True))
    first = next(i for i, row in enumerate(rows) if "P000" in row)
    key = rows[first].index("P000")
    return {str(row[key]): str(row[key + 1]) for row in rows[first:] if row[key]}


def _kml(path: Path) -> dict[str, str]:
    text = path.read_text("utf-8")
    root = ET.fromstring(text)  # noqa: S314 - our own file
    space = "{http://www.opengis.net/kml/2.2}"
    for place in root.iter(f"{space}description"):
        shown = place.text or ""
        assert "<script" not in shown
        assert "<img" not in shown
    links = [node.text or "" for node in root.iter(f"{space}href")]
    assert not any(ELSEWHERE in link for link in links)
    found = {}
    for place in root.iter(f"{space}Placemark"):
        data = {node.get("name"): node.text or "" for node in place.iter(f"{space}SimpleData")}
        found[data["park_id"]] = data["name"]
    return found


def _shp(path: Path) -> dict[str, str]:
    """Read the table, and texts longer than a cell from the file beside it."""
    found = _gdal(path)
    with zipfile.ZipFile(path) as packed:
        (beside,) = (name for name in packed.namelist() if name.endswith("_长文本.csv"))
        text = packed.read(beside).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    for row in rows[1:]:
        assert not row[-1].startswith(RUNS)
    longer = [formula_plain(row[-1]) for row in rows[1:]]
    return {key: _whole(short, longer) for key, short in found.items()}


def _whole(short: str, longer: list[str]) -> str:
    """Return the text of which a cell holds the beginning, marked at its end."""
    if not short.endswith("…"):
        return short
    (whole,) = {text for text in longer if text.startswith(short[:-1])}
    return whole


def _dxf(path: Path) -> dict[str, str]:
    drawing = readfile(path)
    assert drawing.audit().errors == []
    found = {}
    for entity in drawing.modelspace():
        if not entity.has_xdata("YANGPU_ATLAS"):
            continue
        texts = [str(t.value) for t in entity.get_xdata("YANGPU_ATLAS") if t.code == 1000]
        whole = "".join(texts)
        key = next((k for k in KEYS if k in whole), "")
        found[key] = whole
    return found


KEYS = [f"P{i:03d}" for i in range(len(STRINGS))]
READERS: dict[str, Callable[[Path], dict[str, str]]] = {
    "gpkg": _gdal,
    "xlsx": _xlsx,
    "geojson": _geojson,
    "csv": _csv,
    "shp": _shp,
    "fgb": _gdal,
    "parquet": _parquet,
    "kml": _kml,
    "dxf": _dxf,
}


def test_the_table_has_every_format() -> None:
    assert set(READERS) == set(FORMATS)
    assert set(TABLE_FORMATS) == {f.suffix for f in FORMATS.values() if f.alone} | {".json"}


@pytest.mark.parametrize("fmt", READERS)
def test_every_text_arrives_and_none_of_it_runs(tmp_path: Path, frame: Any, fmt: str) -> None:
    path = tmp_path / f"out{FORMATS[fmt].suffix if FORMATS[fmt].alone else '.zip'}"
    # A drawing is in metres.
    crs = "EPSG:4549" if fmt == "dxf" else "EPSG:4490"
    report = export_layers({"parks": frame}, [SPEC], CATALOGUE, fmt=fmt, path=path, crs=crs)
    assert report.checked
    found = READERS[fmt](report.path)
    wanted = dict(zip(frame["park_id"], frame["name"], strict=True))
    assert set(found) == set(wanted)
    for key, text in wanted.items():
        _same(fmt, found[key], text)


def _same(fmt: str, found: str, text: str) -> None:
    if fmt == "csv":
        assert found == formula_safe(text)
    elif fmt == "dxf":
        assert text[:40].split("\n", maxsplit=1)[0].strip() in found
    else:
        assert found == text
