"""Reading a CAD drawing back: what stands in it is compared with what was to be drawn."""

from __future__ import annotations

import gc
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.export.check import compare
from layers.export.dxf_draw import HOLE
from layers.export.dxf_draw import PART
from layers.export.dxf_looks import NOTE_LAYER
from layers.export.dxf_looks import linetype_name
from layers.export.dxf_looks import true_colour
from layers.export.dxf_parts import AREA
from layers.export.dxf_parts import POINT
from layers.export.dxf_parts import parts_of
from layers.export.dxf_words import APPID
from layers.export.dxf_words import plain
from layers.export.dxf_words import read_record
from layers.export.dxf_words import record_tags
from layers.export.dxf_words import record_titles
from layers.export.refusal import refuse
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from ezdxf.document import Drawing

    from layers.catalogue import FieldSpec
    from layers.export.dxf_looks import Drawn
    from layers.export.dxf_words import Record

    Run = Sequence[Sequence[float]]

_TOLERANCE_M = 1e-3
_WHOLE_DRAWING = "DXF"


@dataclass(slots=True)
class _Feature:
    """A feature as it stands in a drawing."""

    layer: str
    linetype: str
    record: Record
    # Of every part: its rings, or its one line or point.
    parts: list[list[Run]]
    kind: str


@dataclass(slots=True)
class _Content:
    """What the CAD layers of one sheet hold."""

    features: list[_Feature] = dataclass_field(default_factory=list)
    signs: list[Run] = dataclass_field(default_factory=list)
    fills: list[list[Run]] = dataclass_field(default_factory=list)
    patterns: list[list[Run]] = dataclass_field(default_factory=list)
    labels: list[str] = dataclass_field(default_factory=list)


def check_drawing(looks: Sequence[Drawn], path: Path, note: Sequence[str], lang: str) -> None:
    """Read a drawing back and compare it.

    Parameters
    ----------
    looks
        What was to be drawn.
    path
        The drawing.
    note
        Paragraphs of its text note.
    lang
        Language of layers and titles.

    Raises
    ------
    ExportError
        If the drawing has faults, or anything differs.
    """
    from ezdxf import filemanagement

    # What ezdxf finds is in its audit; its log would only print it again.
    log = logging.getLogger("ezdxf")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    with _no_collection():
        drawing: Any = filemanagement.readfile(path)
        auditor = drawing.audit()
    faults = [*auditor.errors, *auditor.fixes]
    if faults:
        refuse(_WHOLE_DRAWING, f"结构（{faults[0].message}）", f"structure ({faults[0].message})")
    contents = _gathered(drawing, looks)
    told = [
        e.plain_text()
        for e in drawing.modelspace().query("MTEXT")
        if e.dxf.layer == NOTE_LAYER.get(lang)
    ]
    if told != ["\n".join(plain(line) for line in note)]:
        refuse(_WHOLE_DRAWING, "说明文字", "text note")
    for drawn, content in zip(looks, contents, strict=True):
        _check_layers(drawing, drawn, content)
        _check_rows(drawn, content, lang)
        _check_fills(drawn, content)
        if content.labels != [label for label in drawn.labels() if label]:
            refuse(drawn.sheet.key, "注记", "labels")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let the search for unused memory rest: it takes a third of the time of reading."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _gathered(drawing: Drawing, looks: Sequence[Drawn]) -> list[_Content]:
    contents = [_Content() for _ in looks]
    of_layer = {
        name: content
        for drawn, content in zip(looks, contents, strict=True)
        for name in (*drawn.layers.values(), drawn.label_layer)
    }
    for entity in drawing.modelspace():
        content = of_layer.get(entity.dxf.layer)
        if content is not None:
            _gather(content, entity)
    return contents


def _gather(content: _Content, entity: Any) -> None:  # noqa: ANN401 -- an entity of ezdxf
    kind = entity.dxftype()
    if kind == "HATCH":
        rings: list[Run] = [[corner[:2] for corner in path.vertices] for path in entity.paths]
        (content.fills if entity.dxf.solid_fill else content.patterns).append(rings)
    elif kind in ("TEXT", "MTEXT"):
        content.labels.append(entity.plain_text())
    elif kind == "INSERT":
        content.signs.append(_place(entity.dxf.insert))
    elif kind == "POINT":
        _gather_part(content, entity, _place(entity.dxf.location))
    else:
        _gather_part(content, entity, entity.get_points("xy"))


def _place(at: Any) -> Run:  # noqa: ANN401 -- a vector of ezdxf
    return [(at.x, at.y)]


def _gather_part(content: _Content, entity: Any, points: Run) -> None:  # noqa: ANN401 -- an entity
    tags = [(code, value) for code, value in entity.get_xdata(APPID) if code != 1001]  # noqa: PLR2004 -- the name
    role = tags[0][1] if tags else ""
    if role == HOLE:
        content.features[-1].parts[-1].append(points)
    elif role == PART:
        content.features[-1].parts.append([points])
    else:
        kind = entity.dxftype()
        if kind == "LWPOLYLINE":
            kind = "RING" if entity.closed else "LINE"
        record = read_record(tags)
        line = entity.dxf.linetype
        content.features.append(_Feature(entity.dxf.layer, line, record, [[points]], kind))


def _check_layers(drawing: Drawing, drawn: Drawn, content: _Content) -> None:
    """Compare colours of CAD layers, and layer and linetype of every feature."""
    key = drawn.sheet.key
    if len(content.features) != len(drawn.rows):
        refuse(key, f"图元数 {len(drawn.rows)} → {len(content.features)}", "number of features")
    for number, name in drawn.layers.items():
        layer: Any = drawing.layers.get(name)
        if layer.dxf.get("true_color") != true_colour(drawn.colour(number)):
            refuse(key, f"CAD 图层“{name}”的颜色", f"colour of the CAD layer '{name}'")
    wanted = zip(drawn.shapes, drawn.classes.tolist(), drawn.sketched.tolist(), strict=True)
    for row, (feature, (shape, number, sketched)) in enumerate(
        zip(content.features, wanted, strict=True), start=1
    ):
        symbol = drawn.symbol(number, int(shapely.get_dimensions(shape)), sketched=sketched)
        line = linetype_name(symbol) if feature.kind != "POINT" and symbol.dash else "BYLAYER"
        if feature.layer != drawn.layers[number] or feature.linetype != line:
            refuse(key, f"CAD 图层或线型，第 {row} 行", f"CAD layer or linetype of row {row}")


def _check_rows(drawn: Drawn, content: _Content, lang: str) -> None:
    """Compare attributes and geometries of the rows that have a place."""
    titles = record_titles(drawn.sheet.fields, lang)
    expected = drawn.sheet.frame.iloc[drawn.rows].reset_index(drop=True)
    told: dict[str, list[Any]] = {field.name: [] for field in titles.values()}
    for row, feature in enumerate(content.features):
        if feature.record.cut and not _is_long(expected.iloc[row], titles, lang):
            refuse(drawn.sheet.key, f"属性，第 {row + 1} 行", f"attributes of row {row + 1}")
        for title, field in titles.items():
            told[field.name].append(feature.record.cells.get(title))
    back = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in told.items()})
    shapes = np.empty(len(expected), dtype=object)
    shapes[:] = [_shape(feature) for feature in content.features]
    back[GEOMETRY] = pd.Series(shapes, index=expected.index, dtype=object)
    compare(replace(drawn.sheet, frame=_as_told(expected, drawn, content, titles)), back)


def _is_long(row: pd.Series, titles: Mapping[str, FieldSpec], lang: str) -> bool:
    values = {field.name: row[field.name] for field in titles.values()}
    return read_record(record_tags(values, titles, lang)).cut


def _as_told(
    expected: pd.DataFrame, drawn: Drawn, content: _Content, titles: Mapping[str, FieldSpec]
) -> pd.DataFrame:
    """Return the rows as a drawing can hold them: texts without codes, not more than fits."""
    shown = gpd.GeoDataFrame(expected.copy(), geometry=GEOMETRY, crs=drawn.sheet.crs)
    shown[GEOMETRY] = shapely.force_2d(shown.geometry.to_numpy())
    records = [feature.record for feature in content.features]
    for title, field in titles.items():
        column = shown[field.name]
        if field.type in ("text", "month"):
            column = column.map(plain, na_action="ignore").astype(column.dtype)
        left_out = [record.cut and title not in record.cells for record in records]
        shown[field.name] = column.mask(np.array(left_out, dtype=bool))
    table: pd.DataFrame = shown
    return table


def _shape(feature: _Feature) -> shapely.Geometry:
    parts = feature.parts
    if feature.kind == "POINT":
        made = [shapely.Point(xy[0]) for (xy,) in parts]
        return made[0] if len(made) == 1 else shapely.MultiPoint(made)
    if feature.kind == "LINE":
        lines = [shapely.LineString(xy) for (xy,) in parts]
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
    areas = [shapely.Polygon(rings[0], rings[1:]) for rings in parts]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)


def _check_fills(drawn: Drawn, content: _Content) -> None:
    """Compare the edges of the fills, of the hatches, and the places of the symbols."""
    fills: list[Sequence[Any]] = []
    patterns: list[Sequence[Any]] = []
    signs = []
    classes = drawn.classes.tolist()
    for part in parts_of(drawn.shapes):
        symbol = drawn.symbol(classes[part.row], part.dimension, sketched=False)
        if part.dimension == AREA and symbol.fill != "none":
            fills.append(part.runs)
            patterns += [part.runs] if symbol.hatch else []
        elif part.dimension == POINT:
            signs.append(part.runs[0])
    if not (_same_rings(fills, content.fills) and _same_rings(patterns, content.patterns)):
        refuse(drawn.sheet.key, "填充", "fills")
    if not _same(signs, content.signs):
        refuse(drawn.sheet.key, "点符号", "point symbols")


def _same_rings(ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]]) -> bool:
    counts = [[len(rings) for rings in side] for side in (ours, theirs)]
    flat = [[ring for rings in side for ring in rings] for side in (ours, theirs)]
    return counts[0] == counts[1] and _same(*flat)


def _same(ours: Sequence[Any], theirs: Sequence[Any]) -> bool:
    """Whether all points are the same, run by run."""
    if [len(run) for run in ours] != [len(run) for run in theirs]:
        return False
    a, b = (
        np.array([point for run in side for point in run]).reshape(-1, 2) for side in (ours, theirs)
    )
    return bool(np.abs(a - b).max(initial=0.0) <= _TOLERANCE_M)
