"""Shapefiles with everything that belongs to them: written, and read back twice.

A Shapefile has one kind of geometry, names of ten bytes, texts of 254 bytes and no
word for "unknown". What does not fit stands beside it: rows without place in a table
of their own, full names in a codebook, long texts in a list; nothing is lost.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from layers.errors import ExportUsageError
from layers.errors import IntakeError
from layers.errors import Text
from layers.export.check import compare
from layers.export.dbf import dbf_bytes
from layers.export.geofiles import one_kind
from layers.export.refusal import refuse
from layers.export.shp_names import GBK
from layers.export.shp_names import codebook
from layers.export.shp_parts import TABLE
from layers.export.shp_parts import plan_of
from layers.export.shp_parts import restored
from layers.export.shp_parts import shortened
from layers.export.styling.qml import qml_text
from layers.export.styling.sld import sld_text
from layers.frames import GEOMETRY
from layers.intake.readers.charset import Claim
from layers.intake.readers.charset import codec_of
from layers.intake.readers.dbf import read_dbf
from layers.intake.readers.gdal_layer import DAMAGED
from layers.intake.readers.shapefile import read_shapefile
from layers.intake.source import Request
from layers.values import formula_plain
from layers.values import formula_safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    import pyproj

    from layers.export.notes import Notes
    from layers.export.sheets import Sheet
    from layers.export.shp_parts import Part
    from layers.export.shp_parts import Plan

    Styles = Mapping[str, str]
    FullTexts = dict[tuple[int, str], str]

CODEBOOK = "字段对照表"
LONG_TEXTS = "长文本"
_REMARKS = "说明"

# The name under which the programs that planners use know the encoding.
_CPG = {GBK: "GBK", "utf-8": "UTF-8"}
_TYPES = {"point": "Point", "line": "LineString", "polygon": "Polygon"}
_MULTI_POINT = 4

# Offsets in the files are signed words of four bytes.
MOST_BYTES = 2**31 - 1
_MOST_MEGABYTES = MOST_BYTES // 1024**2
_RECORD, _PER_PART, _PER_VERTEX = 52, 4, 16


def write_shp(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Write one sheet as Shapefiles, with all that belongs to them beside `path`.

    Parameters
    ----------
    sheets
        One sheet.
    path
        ``<name>.shp``. It is there if all geometries are of one kind; several kinds
        become ``<name>_point.shp``, ``_line`` and ``_polygon``, rows without place
        ``<name>_table.dbf``. Beside them: ``.cpg``, ``.prj`` (ESRI WKT), ``.qml`` and
        ``.sld`` if the sheet has a style, ``<name>_字段对照表.csv`` (short and full
        names), ``<name>_长文本.csv`` (texts of more than 254 bytes in full, if there are
        any) and ``<name>_说明.txt``.
    notes
        Marks, language, and the day that the tables name.

    Raises
    ------
    ExportUsageError
        If it cannot be a Shapefile: a collection of geometries, more than 2 GB, too
        many columns.
    """
    (sheet,) = sheets
    plan = plan_of(sheet, path.stem)
    texts: dict[tuple[str, int, str], str] = {}
    for part in plan.parts:
        frame, full = shortened(part, plan.encoding)
        texts |= {(part.name, *place): text for place, text in full.items()}
        table = dbf_bytes(
            frame, sheet.fields, plan.names, encoding=plan.encoding, day=notes.stamp.date()
        )
        _check_size(part, len(table))
        base = path.with_name(part.name)
        if part.kind != TABLE:
            _write_shapes(part, _file(base, ".shp"), sheet.crs)
            _write_style(part, base, plan, notes.lang)
        # The table that GDAL made beside the shapes is replaced by the real one.
        _file(base, ".dbf").write_bytes(table)
        _file(base, ".cpg").write_text(_CPG[plan.encoding], encoding="ascii")
    book = codebook(sheet, dict(plan.names), notes.lang)
    _write_csv(_beside(path, CODEBOOK, ".csv"), book.columns.tolist(), book.to_numpy().tolist())
    if texts:
        _write_long(path, sheet, plan, texts, notes.lang)
    _beside(path, _REMARKS, ".txt").write_text(
        _remarks(plan, len(texts), notes), encoding="utf-8-sig"
    )


def check_shp(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Read Shapefiles back, with our reader and with GDAL, and compare them.

    Names are taken from the codebook and long texts from their list, as they lie there.

    Raises
    ------
    ExportError
        If anything differs or is missing.
    """
    (sheet,) = sheets
    plan = plan_of(sheet, path.stem)
    _, *book = _read_csv(_beside(path, CODEBOOK, ".csv"))
    names = {short: formula_plain(name) for short, name, *_ in book}
    texts = _read_long(path)
    for part in plan.parts:
        base = path.with_name(part.name)
        full = {(row, name): t for (at, row, name), t in texts.items() if at == part.name}
        wanted = _normal(part.sheet)
        for frame, crs in _read_twice(part, base):
            if part.kind != TABLE and not _same_system(crs, sheet.crs):
                refuse(sheet.key, "坐标系", "coordinate system")
            compare(wanted, restored(frame.rename(columns=names), full, plan.encoding))
        if part.kind != TABLE and sheet.style is not None:
            _check_style(part, base, plan, notes.lang)


def _file(base: Path, ending: str) -> Path:
    return base.with_name(f"{base.name}{ending}")


def _beside(path: Path, what: str, ending: str) -> Path:
    return path.with_name(f"{path.stem}_{what}{ending}")


def _check_size(part: Part, table: int) -> None:
    """Refuse what would be larger than a Shapefile can be, before it is written."""
    size = table
    if part.kind != TABLE:
        shapes = part.sheet.frame.geometry.to_numpy()
        rings = shapely.get_num_geometries(shapes).sum()
        if part.kind == "polygon":
            polygons = shapely.get_parts(shapes)
            rings = len(polygons) + shapely.get_num_interior_rings(polygons).sum()
        vertices = shapely.get_num_coordinates(shapes).sum()
        drawn = _RECORD * len(shapes) + _PER_PART * rings + _PER_VERTEX * vertices
        size = max(size, int(drawn))
    if size > MOST_BYTES:
        have = size // 1024**2
        raise ExportUsageError(
            Text(
                f"图层“{part.sheet.key}”写成 Shapefile 需 {have} MB，超过 {_MOST_MEGABYTES} MB"
                " 的格式上限；请分批导出，或改用 GeoPackage",
                f"layer '{part.sheet.key}' would be a Shapefile of {have} MB, the format ends at"
                f" {_MOST_MEGABYTES} MB; export it in parts, or write a GeoPackage",
            )
        )


def _write_shapes(part: Part, path: Path, crs: pyproj.CRS | None) -> None:
    assert crs is not None
    shapes = one_kind(part.sheet.frame).geometry.to_numpy()
    # Several points in one row are another type of Shapefile; areas and lines are not.
    several = part.kind == "point" and (shapely.get_type_id(shapes) == _MULTI_POINT).any()
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        field_data=[],
        fields=[],
        driver="ESRI Shapefile",
        geometry_type="MultiPoint" if several else _TYPES[part.kind],
        crs=crs.to_wkt(),
    )


def _styled(part: Part, plan: Plan) -> Sheet:
    """Return the rows of a part under the short names, which its style must name."""
    sheet, names = part.sheet, plan.names
    style = sheet.style
    if style is not None:
        style = replace(
            style,
            field=names.get(style.field, ""),
            label_field=names.get(style.label_field, ""),
        )
    return replace(
        sheet,
        key=part.name,
        fields=tuple(replace(f, name=names[f.name]) for f in sheet.fields),
        frame=sheet.frame.rename(columns=dict(names)),
        style=style,
        id_field=names.get(sheet.id_field, ""),
        name_field=names.get(sheet.name_field, ""),
    )


def _style_texts(part: Part, plan: Plan, lang: str) -> Styles:
    styled = _styled(part, plan)
    if styled.style is None:
        return {}
    return {".qml": qml_text(styled, lang), ".sld": sld_text(styled, lang)}


def _write_style(part: Part, base: Path, plan: Plan, lang: str) -> None:
    for ending, text in _style_texts(part, plan, lang).items():
        _file(base, ending).write_text(text, encoding="utf-8")


def _check_style(part: Part, base: Path, plan: Plan, lang: str) -> None:
    key = part.sheet.key
    for ending, text in _style_texts(part, plan, lang).items():
        file = _file(base, ending)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            refuse(key, f"样式文件 {file.name}", f"the style in {file.name}")


def _write_long(
    path: Path, sheet: Sheet, plan: Plan, texts: Mapping[tuple[str, int, str], str], lang: str
) -> None:
    """Write the texts in full: file, record from 1, id, short and full name, text."""
    zh = lang == "zh"
    heads = ("文件", "记录", "编码", "短字段名", "字段", "全文") if zh else ()
    frames = {part.name: part.sheet.frame for part in plan.parts}
    rows = []
    for (file, row, name), text in texts.items():
        known = frames[file][sheet.id_field].iloc[row] if sheet.id_field else ""
        cells = (file, str(row + 1), "" if pd.isna(known) else str(known), plan.names[name], name)
        rows.append([formula_safe(cell) for cell in (*cells, text)])
    _write_csv(
        _beside(path, LONG_TEXTS, ".csv"),
        heads or ("file", "record", "id", "short_name", "field", "text"),
        rows,
    )


def _read_long(path: Path) -> dict[tuple[str, int, str], str]:
    file = _beside(path, LONG_TEXTS, ".csv")
    if not file.is_file():
        return {}
    _, *rows = ([formula_plain(cell) for cell in row] for row in _read_csv(file))
    return {(name, int(record) - 1, field): text for name, record, _, _, field, text in rows}


def _write_csv(path: Path, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([heads, *rows])


def _read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _remarks(plan: Plan, texts: int, notes: Notes) -> str:
    """Return what a reader of the files must know, one sentence a line."""
    encoding = _CPG[plan.encoding]
    said = [*notes.sentences]
    said.append(Text(f"属性表编码：{encoding}", f"Encoding of the tables: {encoding}"))
    if plan.encoding != GBK:
        said.append(
            Text(
                "属性中有 GBK 以外的字，因此用 UTF-8；打开时请选 UTF-8",
                "Some characters are not in GBK, hence UTF-8; choose it when opening",
            )
        )
    said.append(
        Text(
            f"字段名最长 10 字节，全名见 {CODEBOOK}；空白表示未知，不是零",
            f"Field names have at most 10 bytes, for the full ones see {CODEBOOK};"
            " blank is unknown, not zero",
        )
    )
    if texts:
        said.append(
            Text(
                f"{texts} 处文字超过 254 字节（或以空格结尾），表中只有开头，全文见 {LONG_TEXTS}",
                f"{texts} texts have more than 254 bytes (or end in blanks); the table holds"
                f" their beginning, for the full ones see {LONG_TEXTS}",
            )
        )
    counts = ((part.name, len(part.sheet.frame)) for part in plan.parts)
    said += [Text(f"{name}：{count} 行", f"{name}: {count} rows") for name, count in counts]
    return "\r\n".join(sentence.get(notes.lang) for sentence in said) + "\r\n"


def _read_twice(part: Part, base: Path) -> list[tuple[pd.DataFrame, pyproj.CRS | None]]:
    """Return what our own reader and what GDAL read."""
    try:
        if part.kind == TABLE:
            return [(_own_table(base), None), _gdal(_file(base, ".dbf"))]
        raw = read_shapefile(Request(_file(base, ".shp")))
        theirs, crs = _gdal(_file(base, ".shp"))
    except (*DAMAGED, IntakeError) as error:
        name = base.name
        refuse(part.sheet.key, f"文件 {name}（{error}）", f"the file {name} ({error})")
    system = None if raw.system is None else raw.system.crs
    return [(_turned(raw.frame), system), (_turned(theirs), crs)]


def _same_system(read: pyproj.CRS | None, wanted: pyproj.CRS | None) -> bool:
    """Tell whether a .prj means a CRS; it names neither codes nor the order of axes."""
    if read is None or wanted is None:
        return False
    return read.to_epsg() == wanted.to_epsg() or read.equals(wanted, ignore_axis_order=True)


def _own_table(base: Path) -> pd.DataFrame:
    file = _file(base, ".dbf")
    codec = codec_of(_file(base, ".cpg").read_text(encoding="ascii")) or GBK
    claims = [Claim(codec, Text(".cpg", ".cpg"))]
    return read_dbf(file.read_bytes(), claims, Request(file)).frame


def _gdal(path: Path) -> tuple[pd.DataFrame, pyproj.CRS | None]:
    read = pyogrio.read_dataframe(path)
    return pd.DataFrame(read), getattr(read, "crs", None)


def _turned(frame: pd.DataFrame) -> pd.DataFrame:
    """Return shapes in one order of rings and corners, which Shapefiles turn the other way."""
    shapes = shapely.normalize(frame[GEOMETRY].to_numpy(dtype=object))
    return frame.assign(**{GEOMETRY: pd.Series(shapes, index=frame.index, dtype=object)})


def _normal(sheet: Sheet) -> Sheet:
    if sheet.crs is None:
        return sheet
    shapes = shapely.normalize(sheet.frame.geometry.to_numpy())
    return replace(sheet, frame=gpd.GeoDataFrame(sheet.frame, geometry=shapes, crs=sheet.crs))
