"""Plan sheets drawn by matplotlib: the paper is the figure, and the scale is true."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import shapely

from layers.aside import made_aside
from layers.audit.export_id import export_id_text
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.fonts import fitted
from layers.fonts import register
from layers.fonts import text_font
from layers.sheet import furniture
from layers.sheet import words
from layers.sheet.apart import set_apart
from layers.sheet.checking import check_sheet
from layers.sheet.labels import Label
from layers.sheet.labels import draw_labels
from layers.sheet.labels import place_labels
from layers.sheet.labels import without_repeats
from layers.sheet.layout import choose
from layers.sheet.layout import window
from layers.sheet.legend import legend_entries
from layers.sheet.panel import Told
from layers.sheet.panel import head
from layers.sheet.panel import panel
from layers.sheet.pen import Pen
from layers.sheet.symbols import draw_layer
from layers.sheet.symbols import symbol_boxes
from layers.systems import crs_title

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from layers.fonts import TextFont
    from layers.sheet.layout import Box
    from layers.sheet.layout import Page
    from layers.sheet.records import Extent
    from layers.sheet.records import SheetContent
    from layers.sheet.records import SheetLayer

DPI = 300
SUFFIXES = (".pdf", ".svg", ".png")
SETTINGS: Any = {
    "pdf.fonttype": 42,  # TrueType: text can be selected and searched
    "svg.fonttype": "none",
    "svg.hashsalt": "yangpu-atlas",  # or ids would be random
    "axes.unicode_minus": False,
    "path.simplify": False,
}
_MM_PER_INCH = 25.4
_LABEL_PT, _AREA_PT = 6.6, 8.0
_PX_MM = 25.4 / 96
# Names of a park, its zone and its only building are often one.
_ONE_PLACE_MM = 6.0
# The settings of matplotlib are those of the whole process.
_LABEL_KINDS: tuple[Literal["point", "line", "area"], ...] = ("point", "line", "area")
drawing = Lock()


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What was drawn.

    Attributes
    ----------
    path
        The file.
    scale
        Denominator.
    width_mm, height_mm
        Of the paper as it lies.
    totals
        Features on the map, by layer.
    labels_left_out
        Names that had no room.
    missing
        Characters for which this computer has no font; they are printed as 〓.
    notes
        What stands on the sheet as notes.
    """

    path: Path
    scale: int
    width_mm: float
    height_mm: float
    totals: Mapping[str, int]
    labels_left_out: int
    missing: frozenset[str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure of matplotlib, and what is told of it."""

    figure: Figure
    page: Page
    told: Told
    labels_left_out: int


def write_sheet(content: SheetContent, path: Path, *, dpi: int = DPI) -> SheetReport:
    """Draw a sheet into a file, and read the file back.

    Parameters
    ----------
    content
        What is shown.
    path
        ``.pdf``, ``.svg`` or ``.png``. Text of a PDF and an SVG can be selected; their
        font is embedded.
    dpi
        Of a PNG.

    Raises
    ------
    ExportUsageError
        If the ending is another one, or the subject does not fit on the paper.
    FontMissingError
        If the computer has no Chinese font.
    ExportError
        If the file cannot be written, or is not what was drawn.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        listed = ", ".join(SUFFIXES)
        raise ExportUsageError(
            Text(
                f"图纸文件须以 {listed} 结尾，不能是“{path.suffix}”",
                f"the file of a sheet ends in one of {listed}, not in '{path.suffix}'",
            )
        )
    with tempfile.TemporaryDirectory(prefix="atlas-sheet-") as folder:
        font = text_font(texts_of(content), Path(folder))
        with drawing, settings(font), made_aside(path, f"sheet{suffix}") as made:
            drawn = drawn_sheet(content, font)
            save(drawn.figure, made, content, font, dpi)
            check_sheet(made, drawn.page.width, drawn.page.height, dpi)
    return SheetReport(
        path=path,
        scale=drawn.told.scale,
        width_mm=drawn.page.width,
        height_mm=drawn.page.height,
        totals=content.seen_in(drawn.told.shown),
        labels_left_out=drawn.labels_left_out,
        missing=font.missing,
        notes=(*drawn.told.notes, *content.notes),
    )


def settings(font: TextFont) -> Any:  # noqa: ANN401 - a context of matplotlib
    """Return the settings under which sheets are drawn and saved, with their font known."""
    # Half a second, and only when a map is drawn.
    import matplotlib as mpl

    register(font)
    return mpl.rc_context(SETTINGS)


def texts_of(content: SheetContent) -> Iterator[str]:
    """Yield every text that may stand on a sheet."""
    yield from (content.title, content.status, *content.badges, *content.notes, *content.sources)
    yield from content.request.fields.values()
    yield crs_title(content.crs, content.request.lang)
    for fact in content.facts:
        yield from fact
    for layer in content.layers:
        yield layer.title
        yield layer.style.rest_title.get(content.request.lang)
        yield from layer.labels
        yield from (entry.title.get(content.request.lang) for entry in layer.style.classes)
    yield from _fixed_words()


def _fixed_words() -> Iterator[str]:
    for value in vars(words).values():
        texts: Iterable[Any] = (
            (value,)
            if isinstance(value, Text)
            else value.values()
            if isinstance(value, dict)
            else value
            if isinstance(value, tuple)
            else ()
        )
        for text in texts:
            if isinstance(text, Text):
                yield from (text.zh, text.en)
    yield from ("（）：，。；、…范围", "kmN1234567890")


def drawn_sheet(content: SheetContent, font: TextFont) -> Drawn:
    """Draw a sheet as a figure; call within :func:`settings`."""
    page, scale = choose(content)
    figure = new_figure(page.width, page.height)
    shown = window(content.extent, page.map, scale)
    pen = Pen(page_axes(figure, page.width, page.height), font, page.unit)
    found = draw_map(figure, page.map, content, shown, pen)
    furniture.frame(pen, page)
    step = furniture.grid(pen, page, shown, scale)
    entries = legend_entries(content.layers, shown, content.request.lang)
    notes = _found_notes(content, font, step, found)
    told = Told(scale, shown, tuple(entries), notes)
    head(pen, page, content)
    panel(pen, page, content, told)
    return Drawn(figure, page, told, found.left_out)


def new_figure(width: float, height: float) -> Figure:
    """Return a white page of a size in millimetres."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / _MM_PER_INCH, height / _MM_PER_INCH), facecolor="white")


def page_axes(figure: Figure, width: float, height: float) -> Axes:
    """Return axes over the whole page whose units are millimetres."""
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), frameon=False, zorder=5)
    axes.set(xlim=(0, width), ylim=(0, height), xticks=[], yticks=[])
    return axes


@dataclass(frozen=True, slots=True)
class MapDrawn:
    """What became known while the map was drawn.

    Attributes
    ----------
    left_out
        How many names had no room.
    apart
        How many symbols were set apart.
    """

    left_out: int
    apart: int


def draw_map(
    figure: Figure, frame: Box, content: SheetContent, shown: Extent, pen: Pen
) -> MapDrawn:
    """Draw the layers and their names into the frame."""
    width, height = (figure.get_size_inches() * _MM_PER_INCH).tolist()
    place = (frame.left / width, frame.bottom / height, frame.width / width, frame.height / height)
    axes = figure.add_axes(place, frameon=False, zorder=1)
    axes.set(xlim=(shown[0], shown[2]), ylim=(shown[1], shown[3]), xticks=[], yticks=[])
    metres_per_mm = (shown[2] - shown[0]) / frame.width
    layers, apart = set_apart(content.layers, shown, _PX_MM * pen.unit * metres_per_mm)
    for n, layer in enumerate(layers):
        draw_layer(
            axes, layer.frame, layer.style, zorder=10 + n, scale=pen.unit, sketch=layer.sketch
        )
    found = [label for layer in layers for label in _labels(layer, shown, pen)]
    wanted = without_repeats(found, distance=_ONE_PLACE_MM * pen.unit * metres_per_mm)
    # A symbol with a name keeps its own place free.
    nameless = [layer for layer in layers if not layer.priority]
    placed = place_labels(
        wanted,
        extent=shown,
        metres_per_mm=metres_per_mm,
        measure=pen.measure,
        words=content.words,
        obstacles=[
            box
            for layer in nameless
            for box in symbol_boxes(axes, layer.frame, layer.style, scale=pen.unit)
        ],
    )
    draw_labels(axes, placed, family=pen.font.family, zorder=60)
    return MapDrawn(len(wanted) - len(placed), apart)


def _labels(layer: SheetLayer, shown: Extent, pen: Pen) -> Iterator[Label]:
    """Yield the names of the features of a layer that are seen."""
    if not layer.priority:
        return
    seen = shapely.box(*shown)
    shapes = layer.frame.geometry.to_numpy()
    classes = layer.style.classes_in(layer.frame)
    for shape, text, number in zip(shapes, layer.labels, classes, strict=True):
        part = shape if shape.geom_type == "Point" else shapely.intersection(shape, seen)
        if not text or part.is_empty or not seen.intersects(part):
            continue
        area = shape.geom_type.endswith("Polygon")
        point = shapely.point_on_surface(part)
        symbol = layer.style.symbol(int(number))
        yield Label(
            text=fitted(text, pen.font),
            x=float(point.x),
            y=float(point.y),
            priority=layer.priority,
            size_pt=(_AREA_PT if area else _LABEL_PT) * pen.unit,
            kind=_LABEL_KINDS[int(shapely.get_dimensions(shape))],
            bold=area,
            clear_mm=0.0 if area else symbol.size / 2 * _PX_MM * pen.unit,
            area=part if area else None,
        )


def _found_notes(
    content: SheetContent, font: TextFont, step: float, found: MapDrawn
) -> tuple[str, ...]:
    """Return the sentences about what only the drawing shows."""
    lang = content.request.lang
    name = crs_title(content.crs, lang)
    notes = [words.GRID.get(lang).format(name=name, step=f"{step:g}")]
    if found.apart:
        notes.append(words.SET_APART.get(lang).format(n=found.apart))
    if found.left_out:
        notes.append(words.LEFT_OUT_LABELS.get(lang).format(n=found.left_out))
    if font.missing:
        codes = " ".join(f"U+{ord(char):04X}" for char in sorted(font.missing))
        notes.append(words.MISSING_GLYPHS.get(lang).format(codes=codes))
    return tuple(notes)


def save(figure: Figure, made: Path, content: SheetContent, font: TextFont, dpi: int) -> None:
    """Write a figure, the same bytes for the same figure; call within :func:`settings`."""
    from layers.fonts import embed_in_svg

    suffix = made.suffix
    figure.savefig(made, format=suffix[1:], dpi=dpi, metadata=metadata(content, suffix))
    if suffix == ".svg":
        embed_in_svg(made, font)


def metadata(content: SheetContent, suffix: str) -> dict[str, Any]:
    """Return what a file says of itself: title, marks, date of the sheet, id of the export."""
    time = dt.datetime.combine(content.stamp, dt.time(), tzinfo=dt.UTC)
    title, export_id = content.title, content.request.export_id
    own = [export_id_text(export_id).get(content.request.lang)] if export_id else []
    marks = " ".join([*content.badges, *own])
    told: dict[str, dict[str, Any]] = {
        ".pdf": {
            "Title": title,
            "Subject": marks,
            "Creator": "Yangpu Atlas",
            "Author": content.request.fields.get("unit", ""),
            "CreationDate": time,
        },
        ".svg": {"Title": title, "Description": marks, "Date": time.date().isoformat()},
        ".png": {"Title": title, "Description": marks, "Software": "Yangpu Atlas"},
    }
    return told[suffix]
