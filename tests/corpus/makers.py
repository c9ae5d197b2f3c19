"""Makers of files for the corpus: tables, archives, Shapefiles, KML, GeoJSON."""

from __future__ import annotations

import datetime as dt
import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import openpyxl
import pyogrio
import xlwt  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from tests.corpus.case import Make

    Rows = Iterable[Sequence[Any]]
    Field = tuple[bytes, bytes, int, int]

KML = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">{}</kml>'
_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
    "<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    "</office:document-content>"
)


def data(name: str, content: bytes) -> Make:
    """Make a file of these bytes."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


# --- tables ----------------------------------------------------------------


def lines(*rows: Sequence[Any], mark: str = ",") -> str:
    """Return rows as lines of a text table; cells are not quoted."""
    return "".join(mark.join("" if c is None else str(c) for c in row) + "\n" for row in rows)


def csv(
    *rows: Sequence[Any], name: str = "台账.csv", encoding: str = "utf-8", mark: str = ","
) -> Make:
    """Make a text table."""
    return data(name, lines(*rows, mark=mark).encode(encoding))


def xlsx(
    *rows: Sequence[Any],
    merged: Sequence[str] = (),
    name: str = "台账.xlsx",
    more: Mapping[str, Rows] | None = None,
    sheet: str = "Sheet1",
) -> Make:
    """Make a workbook of one sheet, and of `more` before it."""

    def make(folder: Path) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, content in {**(more or {}), sheet: rows}.items():
            page = book.create_sheet(title)
            for line in content:
                page.append(list(line))
        for cells in merged:
            book[sheet].merge_cells(cells)
        book.save(folder / name)
        return folder / name

    return make


def xls(*rows: Sequence[Any], name: str = "台账.xls") -> Make:
    """Make a workbook of the old kind."""

    def make(folder: Path) -> Path:
        book = xlwt.Workbook(encoding="utf-8")
        page = book.add_sheet("载体")
        style = xlwt.easyxf(num_format_str="yyyy-mm-dd")
        for i, line in enumerate(rows):
            for j, cell in enumerate(line):
                if isinstance(cell, dt.date):
                    page.write(i, j, cell, style)
                elif cell is not None:
                    page.write(i, j, cell)
        book.save(str(folder / name))
        return folder / name

    return make


def ods(*rows: Sequence[Any], doctype: str = "", name: str = "台账.ods") -> Make:
    """Make an OpenDocument table."""

    def cell(value: Any) -> str:
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        if value is None:
            return "<table:table-cell/>"
        text = f"<text:p>{value}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    sheet = f'<table:table table:name="载体">{body}</table:table>'

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
            archive.writestr("META-INF/manifest.xml", manifest)
            archive.writestr("content.xml", _ODS.format(doctype=doctype, tables=sheet))
        return folder / name

    return make


# --- archives --------------------------------------------------------------


class _Unmarked(zipfile.ZipInfo):
    """A member whose name is in some encoding, and which does not say so."""

    coded = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 -- of zipfile
        return self.coded, self.flag_bits


def packed(members: Mapping[str, bytes], codec: str = "") -> bytes:
    """Return an archive; with a codec, names are in it and do not say so, as of old Windows."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = _Unmarked(name) if codec else zipfile.ZipInfo(name)
            if isinstance(info, _Unmarked):
                info.coded = name.encode(codec)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return made.getvalue()


def zipped(inner: Make, name: str = "交付.zip", folder_in: str = "", codec: str = "") -> Make:
    """Make an archive of all files that another maker makes."""

    def make(folder: Path) -> Path:
        scratch = folder / "inside"
        scratch.mkdir()
        inner(scratch)
        members = {
            folder_in + path.relative_to(scratch).as_posix(): path.read_bytes()
            for path in sorted(scratch.rglob("*"))
            if path.is_file()
        }
        (folder / name).write_bytes(packed(members, codec))
        return folder / name

    return make


# --- vector files ----------------------------------------------------------


def frame(
    shapes: Sequence[Any], crs: str | None = "EPSG:4490", **columns: Sequence[Any]
) -> gpd.GeoDataFrame:
    """Return a table with shapes."""
    return gpd.GeoDataFrame(dict(columns), geometry=list(shapes), crs=crs)


def gdal(name: str, driver: str, made: gpd.GeoDataFrame, **options: Any) -> Make:
    """Make a file through GDAL."""

    def make(folder: Path) -> Path:
        pyogrio.write_dataframe(made, folder / name, driver=driver, **options)
        return folder / name

    return make


def dbf(fields: Sequence[Field], records: Sequence[bytes], language: int = 0x57) -> bytes:
    """Return a table of dBase III (dBase III file structure); records begin with their mark."""
    start, width = 32 + 32 * len(fields) + 1, 1 + sum(f[2] for f in fields)
    head = struct.pack("<BBBBIHH", 3, 124, 5, 1, len(records), start, width) + bytes(17)
    head += bytes([language]) + bytes(2)
    for name, kind, size, decimals in fields:
        head += name.ljust(11, b"\0") + kind + bytes(4) + bytes([size, decimals]) + bytes(14)
    assert all(len(record) == width for record in records)
    return head + b"\r" + b"".join(records) + b"\x1a"


def shapefile(
    shapes: Sequence[Any],
    table: bytes,
    *,
    name: str = "载体",
    crs: str | None = None,
    cpg: str = "",
    without: Sequence[str] = (),
    give: str = ".shp",
) -> Make:
    """Make a Shapefile with a table of its own; .prj only with `crs`, .cpg only with `cpg`."""

    def make(folder: Path) -> Path:
        path = folder / f"{name}.shp"
        pyogrio.write_dataframe(frame(shapes, crs or "EPSG:4490", a=[1] * len(shapes)), path)
        for suffix in (".cpg", *(() if crs else (".prj",))):
            path.with_suffix(suffix).unlink()
        path.with_suffix(".dbf").write_bytes(table)
        if cpg:
            path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
        for suffix in without:
            path.with_suffix(suffix).unlink()
        return path.with_suffix(give)

    return make


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """Return a feature of GeoJSON."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def geojson(*features: Any, name: str = "要素.geojson", **more: Any) -> Make:
    """Make a FeatureCollection."""
    document = {"type": "FeatureCollection", **more, "features": features}
    return data(name, json.dumps(document, ensure_ascii=False).encode())


def placemark(key: str, name: str, drawn: str) -> str:
    """Return a placemark with an id."""
    extra = f'<Data name="编码"><value>{key}</value></Data>'
    return f"<Placemark><name>{name}</name><ExtendedData>{extra}</ExtendedData>{drawn}</Placemark>"


def point(lon: float, lat: float) -> str:
    """Return a point of KML."""
    return f"<Point><coordinates>{lon},{lat},0</coordinates></Point>"


def kml(*placemarks: str, name: str = "点位.kml") -> Make:
    """Make a KML."""
    return data(name, KML.format(f"<Document>{''.join(placemarks)}</Document>").encode())
