"""CAD drawings (DXF R2010) in metres: written, and read back.

The header names code page ``ANSI_65001`` (UTF-8). Since release 2007 the text of
every drawing is UTF-8 and CAD programs do not ask for the code page; GDAL, and QGIS
with it, believes the header, and of all names this is the one with which it shows
Chinese.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.dxf_check import check_drawing
from layers.export.dxf_draw import LABEL_MM
from layers.export.dxf_draw import Pen
from layers.export.dxf_draw import draw_features
from layers.export.dxf_draw import draw_labels
from layers.export.dxf_draw import draw_note
from layers.export.dxf_draw import prepare
from layers.export.dxf_looks import looks_of
from layers.export.dxf_tags import Entities
from layers.export.dxf_words import MAX_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

    import pyproj
    from ezdxf.document import Drawing

    from layers.export.dxf_looks import Drawn
    from layers.export.notes import Notes
    from layers.export.sheets import Sheet

PLOT_SCALE = 2_000
"""Scale at which labels, symbols, dashes and hatches have the size that the style says."""

CODE_PAGE = "ANSI_65001"

_METRES = 6
_RELEASE = "R2010"
# What the header says of the library that wrote the file; its own mark has the time in it.
_MARK = "Yangpu Atlas"
_WRITER_KEYS = ("CREATED_BY_EZDXF", "WRITTEN_BY_EZDXF")
_MARGIN = 1.1
_LEAST_VIEW_M = 100.0
_NAMESPACE = uuid.UUID("6a0c6d6e-7d1f-5b0a-9a55-0f5b3f6f7c10")


def write_dxf(
    sheets: Sequence[Sheet], path: Path, notes: Notes, *, scale: int = PLOT_SCALE
) -> None:
    """Write sheets as the CAD layers of one drawing, release 2010.

    X is east and Y is north in metres of the CRS of the sheets, which a text note in
    the drawing names. Every class of a style is a CAD layer in its colour; areas are
    closed polylines with hatches, points are blocks, labels are texts on a layer of
    their own. Attributes are extended data of the application ``YANGPU_ATLAS``. Rows
    without place are not drawn, and the note says how many.

    Parameters
    ----------
    sheets
        The layers, in a projected CRS in metres. Tables without geometry are only
        mentioned.
    path
        The file.
    notes
        Marks, language and time.
    scale
        Plot scale 1:`scale` for all that has a size on paper.

    Raises
    ------
    ExportUsageError
        If coordinates are in degrees, or nothing has geometry.
    ValueError
        If `scale` is not above 0.
    """
    from ezdxf.filemanagement import new

    if scale <= 0:
        msg = f"`scale` is {scale}; it must be above 0."
        raise ValueError(msg)
    crs = _check_crs(sheets)
    looks = looks_of(sheets, notes.lang)
    drawing = new(_RELEASE, units=_METRES)
    prepare(drawing, looks, notes.lang, scale)
    entities = Entities(drawing.modelspace().layout_key, drawing.entitydb.handles)
    pen = Pen(drawing, entities, notes.lang, scale)
    for drawn in looks:
        draw_features(pen, drawn)
    for drawn in looks:
        draw_labels(pen, drawn)
    bounds = _bounds(looks)
    draw_note(pen, list(note_lines(sheets, looks, notes, crs, scale)), bounds)
    _show(drawing, bounds)
    _save(drawing, entities, path, notes)


def check_dxf(
    sheets: Sequence[Sheet], path: Path, notes: Notes, *, scale: int = PLOT_SCALE
) -> None:
    """Read a drawing back and compare it: the library's audit, shapes, attributes, labels, colours.

    Parameters
    ----------
    sheets, path, notes, scale
        As they were written.

    Raises
    ------
    ExportError
        Naming the layer and what differs.
    """
    looks = looks_of(sheets, notes.lang)
    crs = _check_crs(sheets)
    note = list(note_lines(sheets, looks, notes, crs, scale))
    check_drawing(looks, path, note, notes.lang)


def _check_crs(sheets: Sequence[Sheet]) -> pyproj.CRS:
    """Return the CRS of a drawing, and refuse what is not in metres."""
    systems = [sheet.crs for sheet in sheets if sheet.crs is not None]
    if not systems:
        raise ExportUsageError(
            Text(
                "所选图层没有图形，不能导出 DXF；请选有图形的图层，或改用 XLSX",
                "the chosen layers have no geometry and make no DXF; choose layers that have,"
                " or write an XLSX",
            )
        )
    for crs in systems:
        if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
            raise ExportUsageError(
                Text(
                    f"CAD 图纸以米为单位，不能用 {crs.to_string()}；"
                    "请选 CGCS2000 三度带（EPSG:4534 至 4554 之一）",
                    f"CAD drawings are in metres and not in {crs.to_string()}; choose a"
                    " 3-degree zone of CGCS2000 (one of EPSG:4534 to 4554)",
                )
            )
    return systems[0]


def _bounds(looks: Sequence[Drawn]) -> tuple[float, float, float, float]:
    shapes = np.concatenate([drawn.shapes for drawn in looks])
    if not len(shapes):
        return (0.0, 0.0, 0.0, 0.0)
    west, south, east, north = shapely.total_bounds(shapes).round(3).tolist()
    return (west, south, east, north)


def note_lines(
    sheets: Sequence[Sheet],
    looks: Sequence[Drawn],
    notes: Notes,
    crs: pyproj.CRS,
    scale: int,
) -> Iterator[str]:
    """Yield the paragraphs of the text note of a drawing.

    Parameters
    ----------
    sheets, looks
        What is delivered, and what of it is drawn.
    notes
        Marks, language and time.
    crs
        CRS of the coordinates.
    scale
        Plot scale 1:`scale`.
    """
    code, name = crs.to_string(), crs.name
    height = LABEL_MM / 1000 * scale
    yield from (sentence.get(notes.lang) for sentence in notes.sentences)
    for text in (
        Text(f"坐标系：{name}（{code}）", f"Coordinate system: {name} ({code})"),
        Text("坐标：X = 东，Y = 北；单位：米", "Coordinates: X = east, Y = north; unit: metre"),
        Text(
            f"注记、符号、线型和填充按 1:{scale} 出图；注记字高 {height:g} 米",
            f"Labels, symbols, linetypes and hatches are made for plots at 1:{scale};"
            f" labels are {height:g} m high",
        ),
        Text(
            f"属性在扩展数据（XDATA，应用名 YANGPU_ATLAS）中；每个图元最多 {MAX_DATA} 字节，"
            "超出的以“…”结束",
            "Attributes are extended data (XDATA) of the application YANGPU_ATLAS; at most"
            f" {MAX_DATA} bytes an entity, what is longer ends in '…'",
        ),
        *_counts(sheets, looks),
        notes.dated,
    ):
        yield text.get(notes.lang)


def _counts(sheets: Sequence[Sheet], looks: Sequence[Drawn]) -> Iterator[Text]:
    for drawn in looks:
        title, rows = drawn.sheet.title, len(drawn.sheet.frame)
        there = len(drawn.rows)
        yield Text(
            f"“{title.zh}”：{rows} 条，图中 {there} 条，未绘出 {rows - there} 条",
            f"'{title.en}', rows: {rows}, drawn: {there},"
            f" without place and not drawn: {rows - there}",
        )
    for sheet in sheets:
        if sheet.crs is None:
            yield Text(
                f"“{sheet.title.zh}”没有图形，未绘出",
                f"'{sheet.title.en}' has no geometry and is not drawn",
            )


def _show(drawing: Drawing, bounds: tuple[float, float, float, float]) -> None:
    """Let the drawing open on what is drawn instead of on the far-off origin."""
    west, south, east, north = bounds
    centre = ((west + east) / 2, (south + north) / 2)
    height = max(north - south, (east - west) / 2, _LEAST_VIEW_M) * _MARGIN
    drawing.set_modelspace_vport(height, centre)
    model: Any = drawing.modelspace()
    model.dxf.extmin, model.dxf.extmax = (west, south, 0.0), (east, north, 0.0)


def _save(drawing: Drawing, entities: Entities, path: Path, notes: Notes) -> None:
    """Write the drawing; time and identifiers come from the notes, so that equal data are equal."""
    from ezdxf.lldxf.tagwriter import TagWriter
    from ezdxf.tools.juliandate import juliandate

    drawing.commit_pending_changes()
    drawing.update_all()
    local = juliandate(notes.stamp.replace(tzinfo=None))
    universal = juliandate(notes.stamp.astimezone(dt.UTC).replace(tzinfo=None))
    guid = f"{{{str(uuid.uuid5(_NAMESPACE, notes.stamp.isoformat())).upper()}}}"
    for name in ("$TDCREATE", "$TDUPDATE"):
        drawing.header[name] = local
    for name in ("$TDUCREATE", "$TDUUPDATE"):
        drawing.header[name] = universal
    for name in ("$FINGERPRINTGUID", "$VERSIONGUID"):
        drawing.header[name] = guid
    drawing.header["$DWGCODEPAGE"] = CODE_PAGE
    about = drawing.ezdxf_metadata()
    for key in _WRITER_KEYS:
        about[key] = _MARK
    with path.open("w", encoding="utf-8", newline="\r\n") as file:
        out = TagWriter(file, dxfversion=drawing.dxfversion, write_handles=True)
        for section in (drawing.header, drawing.classes, drawing.tables, drawing.blocks):
            section.export_dxf(out)
        file.write("  0\nSECTION\n  2\nENTITIES\n")
        file.writelines(entities.texts)
        file.write("  0\nENDSEC\n")
        drawing.objects.export_dxf(out)
        file.write("  0\nEOF\n")
