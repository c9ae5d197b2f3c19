"""Drawing features, labels and the text note into a CAD drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import shapely

from layers.export.dxf_looks import NOTE_LAYER
from layers.export.dxf_looks import hatch_lines
from layers.export.dxf_looks import line_weight
from layers.export.dxf_looks import linetype_name
from layers.export.dxf_looks import linetype_pattern
from layers.export.dxf_looks import metres
from layers.export.dxf_looks import true_colour
from layers.export.dxf_parts import AREA
from layers.export.dxf_parts import LINE
from layers.export.dxf_parts import POINT
from layers.export.dxf_parts import parts_of
from layers.export.dxf_tags import CLOSED
from layers.export.dxf_tags import THROUGH_CORNERS
from layers.export.dxf_tags import Entities
from layers.export.dxf_tags import Ink
from layers.export.dxf_words import APPID
from layers.export.dxf_words import STRING
from layers.export.dxf_words import record_tags
from layers.export.dxf_words import record_titles
from layers.export.sheets import DECIMALS
from layers.export.styling.measures import HATCHED_GROUND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    from ezdxf.document import Drawing

    from layers.export.dxf_looks import Drawn
    from layers.export.dxf_words import Tag
    from layers.style import Symbol

TEXT_STYLE = "ATLAS_HZ"
LABEL_MM = 2.5
"""Height of labels on paper, in millimetres."""

HOLE, PART = "-", "+"
"""First string of extended data of a hole, and of a further part of the same feature."""

_FONT, _FAMILY = "simhei.ttf", "SimHei"
# Character set GB 2312 (134) in the high byte; a fixed modern face in the low one.
_FONT_FLAGS = 134 << 8 | 0x31
_NOTE_MM, _NOTE_WIDTH_MM, _NOTE_GAP_MM = 3.5, 200.0, 10.0
_TOP_LEFT, _MIDDLE_LEFT, _MIDDLE = 1, 4, 5
# Longer labels are broken into lines.
_LONG, _LETTERS_A_LINE = 120, 30
_BY_BLOCK, _BY_LAYER, _BLACK_OR_WHITE = 0, 256, 7
# Where a label begins beside a point, in radii of its symbol.
_BESIDE = 1.4
_NEXT = [(STRING, PART)]


def prepare(drawing: Drawing, looks: Sequence[Drawn], lang: str, scale: int) -> None:
    """Make the CAD layers, linetypes and the text style of a drawing.

    Parameters
    ----------
    drawing
        An empty drawing.
    looks
        What will be drawn.
    lang
        ``zh`` or ``en``.
    scale
        The plot scale is 1:`scale`.
    """
    drawing.appids.add(APPID)
    style: Any = drawing.styles.add(TEXT_STYLE, font=_FONT)
    style.set_xdata("ACAD", [(STRING, _FAMILY), (1071, _FONT_FLAGS)])
    for drawn in looks:
        for number, name in drawn.layers.items():
            colour, symbol = drawn.colour(number), drawn.style.symbol(number)
            drawing.layers.add(
                name, true_color=true_colour(colour), lineweight=line_weight(symbol.width)
            )
            for dashed in (symbol, symbol.sketched()):
                _add_linetype(drawing, dashed, scale)
        if drawn.label_layer:
            drawing.layers.add(drawn.label_layer, color=_BLACK_OR_WHITE)
    drawing.layers.add(NOTE_LAYER.get(lang), color=_BLACK_OR_WHITE)


def _add_linetype(drawing: Drawing, symbol: Symbol, scale: int) -> None:
    name = linetype_name(symbol)
    if name not in drawing.linetypes:
        drawing.linetypes.add(name, linetype_pattern(symbol, scale), description=name)


@dataclass(frozen=True, slots=True)
class Pen:
    """Where and at which scale is drawn.

    Attributes
    ----------
    drawing
        The drawing, made ready by :func:`prepare`.
    entities
        What is drawn so far.
    lang
        Language of titles.
    scale
        The plot scale is 1:`scale`.
    """

    drawing: Drawing
    entities: Entities
    lang: str
    scale: int


def draw_features(pen: Pen, drawn: Drawn) -> None:
    """Draw the features of a sheet, row by row: fill, outline with attributes, symbol."""
    records = list(_records(pen, drawn))
    brushes: dict[tuple[int, int, bool], _Brush] = {}
    classes, sketched = drawn.classes.tolist(), drawn.sketched.tolist()
    last = -1
    for part in parts_of(drawn.shapes):
        key = (classes[part.row], part.dimension, sketched[part.row])
        if key not in brushes:
            brushes[key] = _brush(pen, drawn, key)
        brushes[key].draw(pen, part.runs, _NEXT if part.row == last else records[part.row])
        last = part.row


def _records(pen: Pen, drawn: Drawn) -> Iterator[list[Tag]]:
    """Yield the attributes of every feature."""
    fields = drawn.sheet.fields
    titles = record_titles(fields, pen.lang)
    frame = drawn.sheet.frame.iloc[drawn.rows]
    names = [field.name for field in fields]
    rows = zip(*(frame[name].tolist() for name in names), strict=True)
    for row in rows if names else [()] * len(frame):
        yield record_tags(dict(zip(names, row, strict=True)), titles, pen.lang)


@dataclass(frozen=True, slots=True)
class _Brush:
    """How the features of one class, kind and state are drawn."""

    symbol: Symbol
    dimension: int
    outline: Ink
    fill: Ink
    pattern: Sequence[Any] | None
    block: str

    def draw(self, pen: Pen, runs: Sequence[Any], tags: Sequence[Tag]) -> None:
        entities = pen.entities
        if self.dimension == LINE:
            entities.polyline(self.outline, runs[0], THROUGH_CORNERS, tags)
        elif self.dimension == AREA:
            self._area(entities, runs, tags)
        else:
            ((at,),) = runs
            size = metres(self.symbol.size / 2, pen.scale)
            entities.reference(self.outline, self.block, at, size, tags)
            entities.point(Ink(self.outline.layer), at, tags)

    def _area(self, entities: Entities, runs: Sequence[Any], tags: Sequence[Tag]) -> None:
        if self.symbol.fill != "none":
            entities.hatch(self.fill, runs)
            if self.pattern is not None:
                name = f"ATLAS_{self.symbol.hatch.upper()}"
                entities.hatch(Ink(self.fill.layer), runs, name, self.pattern)
        for ring in runs:
            entities.polyline(self.outline, ring, THROUGH_CORNERS | CLOSED, tags)
            tags = [(STRING, HOLE)]


def _brush(pen: Pen, drawn: Drawn, key: tuple[int, int, bool]) -> _Brush:
    number, dimension, sketched = key
    symbol = drawn.symbol(number, dimension, sketched=sketched)
    layer, colour = drawn.layers[number], true_colour(symbol.stroke)
    hatched = dimension == AREA and bool(symbol.hatch)
    ground = HATCHED_GROUND if hatched else 1.0
    return _Brush(
        symbol,
        dimension,
        outline=Ink(layer, colour)
        if dimension == POINT
        else Ink(
            layer, colour, linetype_name(symbol) if symbol.dash else "", line_weight(symbol.width)
        ),
        fill=Ink(layer, opacity=symbol.opacity * symbol.fill_opacity * ground),
        pattern=hatch_lines(symbol.hatch, pen.scale) if hatched else None,
        block=_block(pen.drawing, symbol) if dimension == POINT else "",
    )


def _block(drawing: Drawing, symbol: Symbol) -> str:
    """Return the name of the block of a point symbol of radius 1; make it if it is not there."""
    # The room of plan sheets is only entered when something is drawn.
    from layers.sheet.shapes import SHAPES

    filled = symbol.fill != "none"
    shape = symbol.shape if symbol.shape in SHAPES else "circle"
    name = f"ATLAS_{shape.upper()}{'' if filled else '_OUTLINE'}"
    if name in drawing.blocks:
        return name
    block: Any = drawing.blocks.new(name)
    # A circle is two half circles: a bulge of 1 each.
    corners: Any = (
        [(*corner, 0.0) for corner in SHAPES[shape].round(6).tolist()]
        if shape in SHAPES
        else [(-1.0, 0.0, 1.0), (1.0, 0.0, 1.0)]
    )
    if filled:
        fill = block.add_hatch(_BY_LAYER, dxfattribs={"layer": "0"})
        fill.paths.add_polyline_path(corners, is_closed=True)
    outline = {"layer": "0", "color": _BY_BLOCK}
    block.add_lwpolyline(corners, format="xyb", close=True, dxfattribs=outline)
    return name


def draw_labels(pen: Pen, drawn: Drawn) -> None:
    """Write the labels of a sheet: inside areas, on lines, to the right of points."""
    height = LABEL_MM / 1000 * pen.scale
    ink = Ink(drawn.label_layer)
    told = zip(drawn.shapes, drawn.classes.tolist(), drawn.labels(), strict=True)
    for shape, number, text in told:
        if not text:
            continue
        left = bool(shapely.get_dimensions(shape) == POINT)
        x, y = shapely.get_coordinates(_anchor(shape))[0].tolist()
        if left:
            size = drawn.symbol(number, POINT, sketched=False).size / 2
            x += metres(size * _BESIDE, pen.scale)
        at = (round(x, DECIMALS[False]), round(y, DECIMALS[False]))
        if "\n" in text or len(text) > _LONG:
            attached = _MIDDLE_LEFT if left else _MIDDLE
            width = height * _LETTERS_A_LINE
            pen.entities.paragraph(
                ink, text, at, height, TEXT_STYLE, width=width, attached=attached
            )
        else:
            pen.entities.text(ink, text, at, height, TEXT_STYLE, left=left)


def _anchor(shape: Any) -> Any:  # noqa: ANN401 -- geometries
    """Return where a label goes: the middle of the longest line, inside the largest area."""
    largest = shape
    if hasattr(shape, "geoms"):
        largest = max(shape.geoms, key=lambda part: (part.area, part.length))
    if shapely.get_dimensions(largest) == LINE:
        return largest.interpolate(0.5, normalized=True)
    return largest.point_on_surface()


def draw_note(pen: Pen, lines: Sequence[str], bounds: Sequence[float]) -> None:
    """Write the note below the drawing.

    Parameters
    ----------
    pen
        Where to write.
    lines
        Its paragraphs.
    bounds
        West, south, east, north of the drawing in metres.
    """
    millimetre = pen.scale / 1000
    at = (bounds[0], round(bounds[1] - _NOTE_GAP_MM * millimetre, DECIMALS[False]))
    pen.entities.paragraph(
        Ink(NOTE_LAYER.get(pen.lang)),
        "\n".join(lines),
        at,
        _NOTE_MM * millimetre,
        TEXT_STYLE,
        width=_NOTE_WIDTH_MM * millimetre,
        attached=_TOP_LEFT,
    )
