"""Small files of every kind that is read, and ways to damage them."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from typing import TYPE_CHECKING
from typing import Any

import ezdxf
import geopandas as gpd
import openpyxl
import pyogrio
import shapely
import xlwt  # type: ignore[import-untyped]

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

HEADINGS = ("载体编码", "楼栋名称", "总建筑面积", "企业数", "历史保护", "数据日期")
ROWS = (
    ("C1", "甲楼", 1200.5, 3, "是", "2026-03-31"),
    ("C2", "乙楼", 900.0, 4, "否", "2025-12-31"),
    ("C3", "=丙,楼", 77.25, 6, "", "2026-01-01"),
    ("C4", "丁楼", 5000.0, 12, "是", "2024-06-30"),
)
POINTS = [shapely.Point(121.50 + n / 100, 31.30) for n in range(len(ROWS))]
AREAS = [shapely.box(p.x, p.y, p.x + 0.001, p.y + 0.001) for p in POINTS]

_SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="载体">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)
_MANIFEST = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    "<name>载体</name>{places}</Document></kml>"
)


def make_whole(kind: str, folder: Path) -> Path:
    """Write the whole file of a kind into a new folder of its own, and return its path."""
    folder.mkdir(parents=True)
    return _MAKERS[kind](folder)


def damaged(whole: Path, folder: Path, chance: random.Random) -> tuple[Path, str]:
    """Copy a file, damage one of its parts, and return the copy and what was done.

    Parameters
    ----------
    whole
        The whole file, alone in its folder but for its own parts.
    folder
        A new folder for the copy.
    chance
        Decides which part is damaged, where and how.
    """
    shutil.copytree(whole.parent, folder)
    victim = chance.choice(sorted(p for p in folder.rglob("*") if p.is_file()))
    how = chance.choice(list(DAMAGES))
    data = victim.read_bytes()
    # A flipped byte in an archive is caught by its checksum; within it, it is not.
    inside = zipfile.is_zipfile(io.BytesIO(data)) and chance.random() < 0.6
    hurt = _inside(data, how, chance) if inside else DAMAGES[how](data, chance)
    victim.write_bytes(hurt)
    where = f"{how}{' inside' * inside} of {victim.relative_to(folder)}"
    return folder / whole.name, where


def _flip(data: bytes, chance: random.Random) -> bytes:
    hurt = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        hurt[chance.randrange(len(hurt))] = chance.randrange(256)
    return bytes(hurt)


def _flip_bits(data: bytes, chance: random.Random) -> bytes:
    hurt = bytearray(data)
    for _ in range(chance.choice((1, 4))):
        hurt[chance.randrange(len(hurt))] ^= 1 << chance.randrange(8)
    return bytes(hurt)


def _extreme(data: bytes, chance: random.Random) -> bytes:
    """Put the numbers that overflow into a place where a count or a size may stand."""
    size = chance.choice((1, 2, 4, 8))
    at = chance.randrange(max(1, min(len(data), 4096) - size))
    word = chance.choice((b"\xff", b"\x00", b"\x7f")) * size
    return data[:at] + word + data[at + size :]


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _zeros(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes(chance.choice((1, 16, 600))) + data[at:]


def _swap(data: bytes, chance: random.Random) -> bytes:
    size = max(1, min(64, len(data) // 4))
    first, second = sorted(chance.sample(range(len(data) - size + 1), 2))
    if second < first + size:
        return data[second:] + data[:second]
    a, b = data[first : first + size], data[second : second + size]
    return data[:first] + b + data[first + size : second] + a + data[second + size :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at : at + 200] * 3 + data[at:]


def _cut_out(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.choice((1, 7, 100)) :]


def _retype(data: bytes, chance: random.Random) -> bytes:
    """Put other letters and digits over some, which leaves the form of a text whole."""
    hurt = bytearray(data)
    places = [i for i, byte in enumerate(hurt) if chr(byte) in _TYPED]
    for i in chance.sample(places, min(len(places), chance.choice((1, 3, 10)))):
        hurt[i] = ord(chance.choice(_TYPED))
    return bytes(hurt)


_TYPED = "0123456789-.eENaf"

DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flipped bytes": _flip,
    "flipped bits": _flip_bits,
    "extreme number": _extreme,
    "truncation": _truncate,
    "inserted zeros": _zeros,
    "swapped blocks": _swap,
    "repeated block": _repeat,
    "missing block": _cut_out,
    "mistyped": _retype,
}


def _inside(data: bytes, how: str, chance: random.Random) -> bytes:
    """Damage one member of an archive and pack it again, so that its checksum is right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    victim = chance.choice([name for name, content in members.items() if len(content) > 1])
    members[victim] = DAMAGES[how](members[victim], chance)
    return zipped(members)


def zipped(members: dict[str, bytes]) -> bytes:
    """Return an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def frame(shapes: list[Any] | None = None, headings: tuple[str, ...] = HEADINGS) -> Any:
    """Return the rows as a frame in EPSG:4490; points unless other shapes are given."""
    columns = dict(zip(headings, map(list, zip(*ROWS, strict=True)), strict=True))
    made = gpd.GeoDataFrame(columns, geometry=shapes or POINTS, crs="EPSG:4490")
    # Not every format has whole numbers of 64 bits.
    return made.astype({headings[3]: "int32"})


def _text(folder: Path, name: str, encoding: str, mark: str) -> Path:
    lines = [mark.join([*HEADINGS, "经度", "纬度"])]
    for row, point in zip(ROWS, POINTS, strict=True):
        cells = [f'"{cell}"' if "," in str(cell) else str(cell) for cell in row]
        lines.append(mark.join([*cells, str(point.x), str(point.y)]))
    path = folder / name
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def _xlsx(folder: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "载体"
    page.append([*HEADINGS, "经度", "纬度"])
    for row, point in zip(ROWS, POINTS, strict=True):
        page.append([*row, point.x, point.y])
        # =丙,楼 is a text that somebody typed.
        page.cell(page.max_row, 2).data_type = "s"
    book.save(folder / "载体.xlsx")
    return folder / "载体.xlsx"


def _xls(folder: Path) -> Path:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("载体")
    for line, cells in enumerate([(*HEADINGS, "经度", "纬度"), *_cells()]):
        for column, cell in enumerate(cells):
            page.write(line, column, cell)
    book.save(str(folder / "载体.xls"))
    return folder / "载体.xls"


def _cells() -> list[tuple[Any, ...]]:
    return [(*row, point.x, point.y) for row, point in zip(ROWS, POINTS, strict=True)]


def _ods(folder: Path) -> Path:
    lines = [
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
            if isinstance(cell, float)
            else '<table:table-cell office:value-type="string"><text:p>'
            f"{cell}</text:p></table:table-cell>"
            for cell in cells
        )
        + "</table:table-row>"
        for cells in [(*HEADINGS, "经度", "纬度"), *_cells()]
    ]
    members = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": _MANIFEST.encode(),
        "content.xml": _SHEET.format(rows="".join(lines)).encode(),
    }
    path = folder / "载体.ods"
    path.write_bytes(zipped(members))
    return path


def _geojson(folder: Path) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(HEADINGS, row, strict=True)),
            "geometry": shapely.geometry.mapping(shape),
        }
        for row, shape in zip(ROWS, [POINTS[0], AREAS[1], POINTS[2], AREAS[3]], strict=True)
    ]
    path = folder / "载体.geojson"
    document = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def _written(folder: Path, name: str, driver: str, shapes: list[Any], **more: Any) -> Path:
    path = folder / name
    pyogrio.write_dataframe(frame(shapes), path, driver=driver, **more)
    return path


# Shapefile and MapInfo cut headings to ten bytes; the short names of the catalogue fit.
_SHORT = ("ZTBM", "LDMC", "ZJZMJ", "QYS", "LSBH", "SJRQ")


def _shapefile(folder: Path) -> Path:
    path = folder / "载体.shp"
    frame(AREAS, _SHORT).to_file(path, encoding="GB18030", engine="pyogrio")
    return path


def _zip_of(folder: Path, make: Callable[[Path], Path], name: str) -> Path:
    inner = folder / "inner"
    inner.mkdir()
    make(inner)
    members = {
        p.relative_to(inner).as_posix(): p.read_bytes()
        for p in sorted(inner.rglob("*"))
        if p.is_file()
    }
    shutil.rmtree(inner)
    path = folder / name
    path.write_bytes(zipped(members))
    return path


def _mapinfo(folder: Path, suffix: str) -> Path:
    path = folder / f"zaiti{suffix}"
    made = frame(AREAS, _SHORT)
    driver = {"driver": "MapInfo File", "encoding": "UTF-8"}
    pyogrio.write_dataframe(made.to_crs(4326), path, **driver)
    return path


def _kml_text() -> str:
    places = []
    for row, shape in zip(ROWS, [POINTS[0], AREAS[1], POINTS[2], AREAS[3]], strict=True):
        data = "".join(
            f'<Data name="{name}"><value>{cell}</value></Data>'
            for name, cell in zip(HEADINGS, row, strict=True)
        )
        xy = " ".join(f"{x},{y},0" for x, y in shapely.get_coordinates(shape))
        ring = f"<LinearRing><coordinates>{xy}</coordinates></LinearRing>"
        drawn = (
            f"<Point><coordinates>{xy}</coordinates></Point>"
            if shape.geom_type == "Point"
            else f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"
        )
        name, extended = f"<name>{row[1]}</name>", f"<ExtendedData>{data}</ExtendedData>"
        places.append(f"<Placemark>{name}{extended}{drawn}</Placemark>")
    return _KML.format(places="".join(places))


def _kml(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(_kml_text(), "utf-8")
    return path


def _kmz(folder: Path) -> Path:
    path = folder / "载体.kmz"
    path.write_bytes(zipped({"doc.kml": _kml_text().encode()}))
    return path


def _drawing(folder: Path, name: str, *, binary: bool) -> Path:
    # The same identifiers and times in every run.
    ezdxf.options.write_fixed_meta_data_for_testing = True  # type: ignore[attr-defined]
    drawing = ezdxf.new("R2010")  # type: ignore[attr-defined]
    drawing.header["$INSUNITS"] = 6
    space = drawing.modelspace()
    for n, row in enumerate(ROWS):
        x, y = 357_000.0 + 100 * n, 3_464_000.0
        ring = [(x, y), (x + 40, y), (x + 40, y + 40), (x, y + 40)]
        space.add_lwpolyline(ring, close=True, dxfattribs={"layer": "楼"})
        space.add_text(str(row[1]), dxfattribs={"insert": (x + 20, y + 20), "layer": "楼"})
    space.add_circle((357_900.0, 3_464_000.0), 20)
    hatch = space.add_hatch()
    hatch.paths.add_polyline_path(
        [(357_000, 3_465_000), (357_040, 3_465_000), (357_000, 3_465_040)]
    )
    drawing.saveas(folder / name, fmt="bin" if binary else "asc")
    return folder / name


_MAKERS: dict[str, Callable[[Path], Path]] = {
    "csv": lambda f: _text(f, "载体.csv", "utf-8-sig", ","),
    "csv gbk": lambda f: _text(f, "载体.csv", "gb18030", ","),
    "csv utf-16": lambda f: _text(f, "载体.csv", "utf-16", ";"),
    "tsv": lambda f: _text(f, "载体.tsv", "utf-8", "\t"),
    "txt": lambda f: _text(f, "载体.txt", "utf-8", "|"),
    "xlsx": _xlsx,
    "xlsm": lambda f: _xlsx(f).rename(f / "载体.xlsm"),
    "xls": _xls,
    "ods": _ods,
    "geojson": _geojson,
    "json": lambda f: _geojson(f).rename(f / "载体.json"),
    "gpkg": lambda f: _written(f, "载体.gpkg", "GPKG", AREAS, layer="载体"),
    "fgb": lambda f: _written(f, "载体.fgb", "FlatGeobuf", AREAS),
    "shp": _shapefile,
    "zip of shp": lambda f: _zip_of(f, _shapefile, "载体.zip"),
    "zip of xlsx": lambda f: _zip_of(f, _xlsx, "载体.zip"),
    "gdb": lambda f: _written(f, "载体.gdb", "OpenFileGDB", AREAS, layer="ZT"),
    "zip of gdb": lambda f: _zip_of(
        f, lambda g: _written(g, "载体.gdb", "OpenFileGDB", AREAS, layer="ZT"), "载体.gdb.zip"
    ),
    "tab": lambda f: _mapinfo(f, ".tab"),
    "mif": lambda f: _mapinfo(f, ".mif"),
    "kml": lambda f: _kml(f, "载体.kml"),
    "ovkml": lambda f: _kml(f, "载体.ovkml"),
    "kmz": _kmz,
    "dxf": lambda f: _drawing(f, "载体.dxf", binary=False),
    "dxf binary": lambda f: _drawing(f, "载体.dxf", binary=True),
}

KINDS = tuple(_MAKERS)
"""What :func:`make_whole` makes: every suffix that is read, some in several ways."""
