"""Symbols on paper: measured in the pixels of a rendered sheet."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from shapely.affinity import rotate
from shapely.geometry import LineString
from shapely.geometry import MultiPoint
from shapely.geometry import MultiPolygon
from shapely.geometry import Point
from shapely.geometry import Polygon
from shapely.geometry import box

from layers.errors import Text
from layers.sheet.hatches import HATCHES
from layers.sheet.hatches import hatch_dots
from layers.sheet.hatches import hatch_lines
from layers.sheet.shapes import SHAPES
from layers.sheet.symbols import area_symbol
from layers.sheet.symbols import draw_layer
from layers.sheet.symbols import draw_swatch
from layers.sheet.symbols import ink
from layers.sheet.symbols import symbol_boxes
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Pixels = NDArray[np.int64]

DPI = 300
PIXELS_PER_MM = DPI / 25.4
CRS = "EPSG:4549"
SIZE_MM = 60
FLAT = Symbol(fill="#ff0000", stroke="none", fill_opacity=0.5)
WINDOW = (0.0, 0.0, 100.0, 100.0)
SCRIPT = Path(__file__).parents[3] / "layers" / "static" / "atlas-symbols.js"


def _axes(metres_per_mm: float = 1.0) -> Axes:
    """Return axes on white paper of 60 mm by 60 mm, at 1 : 1000 unless said otherwise."""
    figure = Figure(figsize=(SIZE_MM / 25.4, SIZE_MM / 25.4), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    far = SIZE_MM * metres_per_mm
    axes.set(xlim=(0, far), ylim=(0, far))
    axes.axis("off")
    return axes


def _pixels(axes: Axes) -> Pixels:
    canvas: Any = axes.figure.canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(np.int64)


def _at(pixels: Pixels, x_mm: float, y_mm: float) -> list[int]:
    row, column = -1 - int(y_mm * PIXELS_PER_MM), int(x_mm * PIXELS_PER_MM)
    return [int(part) for part in pixels[row, column]]


def _frame(shapes: Sequence[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def _style(symbol: Symbol, *classes: tuple[str, Symbol]) -> LayerStyle:
    entries = tuple(StyleClass(value, Text(value, value), drawn) for value, drawn in classes)
    return LayerStyle("kind", symbol, entries, by_prefix=False, label_field="", label_min_zoom=14)


def _drawn(shape: Any, symbol: Symbol, **options: Any) -> Pixels:
    axes = _axes()
    draw_layer(axes, _frame([shape]), _style(symbol), zorder=1, **options)
    return _pixels(axes)


def _dark(pixels: Pixels) -> NDArray[np.bool_]:
    return np.asarray(pixels.sum(axis=-1) < 3 * 128)


def test_a_fill_is_the_colour_of_the_style_blended_by_its_opacity() -> None:
    pixels = _drawn(box(10, 10, 50, 50), replace(FLAT, opacity=0.8))
    # 0.8 × 0.5 of red on white.
    assert _at(pixels, 30, 30) == pytest.approx([255, 255 * 0.6, 255 * 0.6], abs=1)
    assert _at(pixels, 5, 30) == [255, 255, 255]


@pytest.mark.parametrize("turned", [False, True])
def test_a_hole_stays_open_however_its_ring_runs(turned: bool) -> None:
    outer, hole = box(10, 10, 50, 50), box(20, 20, 40, 40)
    ring = hole.exterior.coords[::-1] if turned else hole.exterior.coords
    pixels = _drawn(Polygon(outer.exterior.coords, [ring]), replace(FLAT, hatch="cross"))
    assert (
        pixels[int(21 * PIXELS_PER_MM) : int(39 * PIXELS_PER_MM)][
            :, int(21 * PIXELS_PER_MM) : int(39 * PIXELS_PER_MM)
        ]
        == 255
    ).all()
    assert _at(pixels, 15, 30) != [255, 255, 255]


def test_a_point_has_the_size_of_its_symbol_on_paper() -> None:
    symbol = Symbol(shape="square", size=20, fill="#000000", fill_opacity=1, stroke="none")
    dark = _dark(_drawn(Point(30, 30), symbol))
    # 20 CSS pixels are 15 pt; the half side of the square is 0.86 of the radius.
    side_mm = 15 / 72 * 25.4 * 0.86
    assert dark.any(axis=0).sum() / PIXELS_PER_MM == pytest.approx(side_mm, abs=0.1)
    assert dark.any(axis=1).sum() / PIXELS_PER_MM == pytest.approx(side_mm, abs=0.1)
    rows, columns = np.nonzero(dark)
    middle = SIZE_MM / 2 * PIXELS_PER_MM
    assert (rows.mean(), columns.mean()) == pytest.approx((middle, middle), abs=1)


def test_a_size_on_paper_does_not_depend_on_the_scale_of_the_map() -> None:
    symbol = Symbol(size=16, fill="#000000", fill_opacity=1, stroke="none")
    areas = []
    for metres_per_mm in (0.5, 25.0):
        axes = _axes(metres_per_mm)
        middle = Point(30 * metres_per_mm, 30 * metres_per_mm)
        draw_layer(axes, _frame([middle]), _style(symbol), zorder=1, scale=2.0)
        areas.append(_dark(_pixels(axes)).sum() / PIXELS_PER_MM**2)
    radius_mm = 2.0 * 6 / 72 * 25.4
    assert areas == pytest.approx([np.pi * radius_mm**2] * 2, rel=0.02)


def test_a_triangle_points_up() -> None:
    symbol = Symbol(shape="triangle", size=40, fill="#000000", fill_opacity=1, stroke="none")
    widths = _dark(_drawn(Point(30, 30), symbol)).sum(axis=1)
    widths = widths[widths > 0]
    assert widths[0] < 5 < widths[-2]


def test_the_shapes_are_those_of_the_web_map() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    written = re.findall(r"(\w+): (\[\s*\[.*?\]\s*\])[,\n]", text, flags=re.DOTALL)
    ours = {name: shape * [1, -1] for name, shape in SHAPES.items()}
    found = {name: np.array(json.loads(corners)) for name, corners in written}
    assert {"square", "diamond", "triangle", "cross"} <= set(found)
    for name in ("square", "diamond", "triangle", "cross"):
        assert {tuple(corner) for corner in ours[name].round(6).tolist()} == {
            tuple(corner) for corner in found[name].round(6).tolist()
        }
        assert shapely.Polygon(ours[name]).equals(shapely.Polygon(found[name]))
    rings = re.findall(r"(\w+): ring\((\d), ([\d.]+), ([\d.]+)\)", text)
    assert len(rings) == 2
    for name, count, outer, inner in rings:
        radii = np.hypot(*SHAPES[name].T)
        assert radii.max() == pytest.approx(float(outer))
        assert radii.min() == pytest.approx(float(inner))
        assert len(radii) == int(count) * (1 if outer == inner else 2)
    names = re.search(r"var SHAPES = {(.*?)\n  };", text, flags=re.DOTALL)
    assert names is not None
    assert set(re.findall(r"^    (\w+):", names[1], flags=re.MULTILINE)) == set(SHAPES)


def test_the_hatches_are_those_of_the_web_map() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    found = dict(re.findall(r"(\w+): { size: (\d+), path", text))
    assert set(found) == set(HATCHES)
    slanted = {"diagonal", "back"}
    for name, hatch in HATCHES.items():
        # A slanted line crosses its square tile from corner to corner.
        expected = int(found[name]) / (2**0.5 if name in slanted else 1)
        assert hatch.spacing_px == pytest.approx(expected)


@pytest.mark.parametrize("hatch", sorted(HATCHES))
def test_a_hatch_is_drawn_dark_on_a_light_ground(hatch: str) -> None:
    symbol = Symbol(fill="#f0e442", stroke="none", fill_opacity=1, hatch=hatch)
    inner = _drawn(box(0, 0, 60, 60), symbol)[100:-100, 100:-100]
    grey = inner @ np.array([0.2126, 0.7152, 0.0722])
    assert 0.02 < (grey < 160).mean() < 0.35
    assert np.median(grey) > 220


def test_hatch_lines_are_as_far_apart_as_on_the_web_map() -> None:
    symbol = Symbol(fill="#000000", stroke="none", fill_opacity=1, hatch="horizontal")
    dark = _dark(_drawn(box(0, 0, 60, 60), symbol))
    starts = np.nonzero(dark[1:, 300] & ~dark[:-1, 300])[0]
    assert np.diff(starts).mean() / PIXELS_PER_MM == pytest.approx(6 / 72 * 25.4, rel=0.01)


def test_diagonal_rises_to_the_right_and_back_falls() -> None:
    for name, rise in (("diagonal", 1.0), ("back", -1.0)):
        (angle,) = HATCHES[name].angles
        lines = hatch_lines(np.array([box(0, 0, 50, 50)]), angle, 10.0, WINDOW)
        steps = lines[:, 1] - lines[:, 0]
        assert len(steps) > 3
        np.testing.assert_allclose(steps[:, 1] / steps[:, 0], rise)


def test_a_sketch_has_gaps_twice_as_long_as_its_dashes() -> None:
    line = LineString([(5, 30), (55, 30)])
    symbol = Symbol(stroke="#000000", width=4)
    whole = _dark(_drawn(line, symbol)).any(axis=0)
    dashed = np.asarray(_dark(_drawn(line, symbol, sketch=np.array([True]))).any(axis=0))
    assert whole.sum() / PIXELS_PER_MM == pytest.approx(50, abs=0.2)
    assert dashed.sum() / whole.sum() == pytest.approx(4 / 13, abs=0.04)
    starts = np.nonzero(dashed[1:] & ~dashed[:-1])[0]
    # 13 CSS pixels from dash to dash, whatever the width of the line.
    assert np.diff(starts).mean() / PIXELS_PER_MM == pytest.approx(13 * 0.75 / 72 * 25.4, rel=0.01)


def test_only_sketched_rows_are_dashed() -> None:
    lines = [LineString([(5, y), (55, y)]) for y in (20, 40)]
    axes = _axes()
    style = _style(Symbol(stroke="#000000", width=4))
    draw_layer(axes, _frame(lines), style, zorder=1, sketch=np.array([False, True]))
    dark = _dark(_pixels(axes))
    half = len(dark) // 2
    assert dark[:half].any(axis=0).sum() < 0.4 * dark[half:].any(axis=0).sum()


def test_the_width_of_a_line_is_that_of_the_style() -> None:
    dark = _dark(_drawn(LineString([(5, 30), (55, 30)]), Symbol(stroke="#000000", width=8)))
    assert dark.any(axis=1).sum() / PIXELS_PER_MM == pytest.approx(6 / 72 * 25.4, abs=0.1)


def test_a_closed_line_is_not_filled() -> None:
    ring = LineString(box(10, 10, 50, 50).exterior.coords)
    pixels = _drawn(ring, Symbol(fill="#ff0000", fill_opacity=1, hatch="cross"))
    assert _at(pixels, 30, 30) == [255, 255, 255]
    assert _at(pixels, 10, 30) != [255, 255, 255]


def test_the_classes_returned_are_those_seen_in_the_order_of_the_legend() -> None:
    style = _style(FLAT, ("a", FLAT), ("b", FLAT), ("c", FLAT))
    shapes = [box(0, 0, 5, 5), box(5, 5, 9, 9), box(500, 500, 510, 510), None, Point(), Point(3, 3)]
    kinds = ["c", "other", "b", "b", "b", "a"]
    assert draw_layer(_axes(), _frame(shapes, kind=kinds), style, zorder=1) == [0, 2, -1]


def test_a_layer_without_features_in_the_frame_draws_nothing() -> None:
    axes = _axes()
    assert draw_layer(axes, _frame([None, Point(900, 900)]), _style(FLAT), zorder=1) == []
    assert draw_layer(axes, _frame([]), _style(FLAT), zorder=1) == []
    assert (_pixels(axes) == 255).all()


def test_multis_are_drawn_whole() -> None:
    black = Symbol(fill="#000000", fill_opacity=1, stroke="none", size=8)
    areas = MultiPolygon([box(5, 5, 15, 15), box(40, 40, 50, 50)])
    assert _at(_drawn(areas, black), 10, 10) == _at(_drawn(areas, black), 45, 45) == [0, 0, 0]
    pixels = _drawn(MultiPoint([(10, 10), (45, 45)]), black)
    assert _at(pixels, 10, 10) == _at(pixels, 45, 45) == [0, 0, 0]


def test_areas_beside_points_are_pale_and_hatched_by_their_shape() -> None:
    symbol = Symbol(shape="square", fill="#009e73", stroke="#ffffff", fill_opacity=0.9)
    axes = _axes()
    frame = _frame([Point(50, 50), box(10, 10, 30, 30)])
    draw_layer(axes, frame, _style(symbol), zorder=1)
    pixels = _pixels(axes)
    pale = area_symbol(symbol)
    assert (pale.hatch, pale.fill_opacity, pale.stroke) == ("diagonal", 0.3, "#009e73")
    assert _at(pixels, 50, 50)[0] < 40
    area = pixels[-int(30 * PIXELS_PER_MM) : -int(10 * PIXELS_PER_MM)]
    assert np.median(area[:, int(12 * PIXELS_PER_MM) : int(28 * PIXELS_PER_MM), 0]) > 200
    # An outline without a fill to take its colour from keeps its own.
    assert area_symbol(replace(symbol, fill="none")).stroke == "#ffffff"


def test_the_boxes_of_symbols_hold_what_is_drawn() -> None:
    symbol = Symbol(shape="star", size=20, fill="#000000", fill_opacity=1, stroke="#000000")
    small = replace(symbol, size=8, stroke="none")
    frame = _frame(
        [MultiPoint([(10, 10), (45, 45)]), Point(30, 12), Point(500, 5), box(50, 5, 55, 9), None],
        kind=["big", "small", "big", "big", "big"],
    )
    style = _style(symbol, ("big", symbol), ("small", small))
    axes = _axes()
    draw_layer(axes, frame.iloc[:3], style, zorder=1, scale=1.5)
    boxes = symbol_boxes(axes, frame, style, scale=1.5)
    assert len(boxes) == 3
    rows, columns = np.nonzero(_dark(_pixels(axes))[::-1])
    places = shapely.points(columns / PIXELS_PER_MM, rows / PIXELS_PER_MM)
    shapes = shapely.box(*np.array(boxes).T)
    held = [shapely.intersects(shape.buffer(0.1), places) for shape in shapes]
    assert np.any(held, axis=0).all()
    # They are hardly larger than what is drawn.
    assert all(mine.sum() / PIXELS_PER_MM**2 > 0.3 * shapes[n].area for n, mine in enumerate(held))


def test_areas_that_touch_show_no_seam() -> None:
    shapes = [rotate(box(x, 10, x + 4, 50), 20, origin=(30, 30)) for x in range(10, 50, 4)]
    axes = _axes()
    draw_layer(axes, _frame(shapes), _style(FLAT), zorder=1)
    inner = _pixels(axes)[300:400, 300:400]
    assert (inner == inner[0, 0]).all()


def test_fifty_thousand_areas_are_a_few_artists() -> None:
    x, y = np.meshgrid(np.arange(250) * 0.24, np.arange(200) * 0.3)
    shapes = shapely.box(x.ravel(), y.ravel(), x.ravel() + 0.2, y.ravel() + 0.2)
    kinds = np.where(np.arange(50_000) % 2 == 0, "a", "b")
    hatched = Symbol(hatch="diagonal")
    style = _style(FLAT, ("a", hatched), ("b", replace(hatched, hatch="dots")))
    axes = _axes()
    before = len(axes.get_children())
    sketch = np.arange(50_000) % 3 == 0
    found = draw_layer(axes, _frame(shapes, kind=kinds), style, zorder=1, sketch=sketch)
    assert found == [0, 1]
    assert len(axes.get_children()) - before <= 3 * 4
    assert not (_pixels(axes) == 255).all()


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_must_be_above_zero(scale: float) -> None:
    with pytest.raises(ValueError, match="`scale`"):
        draw_layer(_axes(), _frame([Point(1, 1)]), _style(FLAT), zorder=1, scale=scale)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="`sketch` has 2 rows, not 1"):
        draw_layer(
            _axes(), _frame([Point(1, 1)]), _style(FLAT), zorder=1, sketch=np.array([True, False])
        )
    degrees = _frame([Point(121.5, 31.3)]).set_crs("EPSG:4490", allow_override=True)
    with pytest.raises(ValueError, match="projected CRS"):
        draw_layer(_axes(), degrees, _style(FLAT), zorder=1)
    with pytest.raises(ValueError, match="`box_mm`"):
        draw_swatch(_axes(), FLAT, "polygon", (5, 5, 5, 9))


def test_swatches_show_what_the_map_shows() -> None:
    axes = _axes()
    black = Symbol(fill="#000000", fill_opacity=1, stroke="#000000", shape="cross", size=16)
    draw_swatch(axes, black, "polygon", (10, 10, 20, 16))
    draw_swatch(axes, black, "line", (10, 30, 20, 36))
    draw_swatch(axes, black, "point", (10, 45, 20, 51))
    dark = _dark(_pixels(axes))[::-1]

    def share(left: float, bottom: float, right: float, top: float) -> float:
        rows = slice(int(bottom * PIXELS_PER_MM), int(top * PIXELS_PER_MM))
        columns = slice(int(left * PIXELS_PER_MM), int(right * PIXELS_PER_MM))
        return float(dark[rows, columns].mean())

    assert share(10.2, 10.2, 19.8, 15.8) == 1.0
    assert share(10.2, 32.95, 19.8, 33.05) == 1.0
    assert share(10, 30, 20, 32.5) == 0.0
    assert 0.1 < share(10, 45, 20, 51) < 0.35
    assert share(14.8, 47.8, 15.2, 48.2) == 1.0
    assert share(25, 0, 60, 60) == 0.0


def test_equal_swatches_are_equal_wherever_they_stand() -> None:
    # A whole number of pixels apart: 25.4 mm are 300.
    axes = _axes()
    hatched = Symbol(hatch="diagonal", fill="#0072b2")
    draw_swatch(axes, hatched, "polygon", (2.54, 2.54, 12.7, 10.16))
    draw_swatch(axes, hatched, "polygon", (2.54, 27.94, 12.7, 35.56))
    pixels = _pixels(axes)[::-1]
    np.testing.assert_allclose(pixels[10:140, 10:170], pixels[310:440, 10:170], atol=8)
    assert len(np.unique(pixels[40:100, 40:100].reshape(-1, 3), axis=0)) > 5


@pytest.mark.parametrize("colour", ["#ffffff", "#f0e442", "#56b4e9", "#ff00ff", "#000000"])
def test_ink_is_no_lighter_than_a_middle_grey_and_keeps_what_is_dark(colour: str) -> None:
    red, green, blue = (
        ((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in ink(colour)
    )
    assert 0.2126 * red + 0.7152 * green + 0.0722 * blue <= 0.2201
    assert ink("#000000") == (0, 0, 0)
    assert ink("#002f67") == pytest.approx((0, 0x2F / 255, 0x67 / 255))


# Millimetres: shapely itself warns at distances near the smallest number there is.
_place = st.floats(-20, 120).map(lambda value: round(value, 3))
_ring_points = st.lists(st.tuples(_place, _place), min_size=3, max_size=9)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(_ring_points, st.sampled_from([0.0, 45.0, 90.0, 135.0, 30.0]), st.floats(3, 40))
def test_hatch_lines_are_what_shapely_cuts(
    points: list[tuple[float, float]], angle: float, spacing: float
) -> None:
    drawn = Polygon(points)
    area = drawn if drawn.is_valid else drawn.convex_hull
    assume(area.area > 1)
    holed = area.difference(area.centroid.buffer(area.area**0.5 / 8))
    lines = hatch_lines(np.array([holed], dtype=object), angle, spacing, WINDOW)
    # The plain way: long lines, turned, and cut by shapely.
    level = [
        LineString([(-900, (n + 0.5) * spacing), (900, (n + 0.5) * spacing)])
        for n in range(-200, 200)
    ]
    turned = [rotate(line, angle, origin=(0, 0)) for line in level]
    window = box(*WINDOW)
    cut = [line.intersection(holed) for line in turned if line.intersects(window)]
    expected = sum(piece.length for piece in cut)
    found = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1).sum()
    assert found == pytest.approx(expected, abs=1e-6)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(_ring_points, st.floats(2, 20))
def test_hatch_dots_are_the_grid_inside(points: list[tuple[float, float]], spacing: float) -> None:
    area = Polygon(points).convex_hull
    assume(area.area > 1)
    found = hatch_dots(np.array([area], dtype=object), spacing, WINDOW)
    steps = (np.arange(int(100 / spacing) + 1) + 0.5) * spacing
    steps = steps[steps < 100]
    x, y = (axis.ravel() for axis in np.meshgrid(steps, steps))
    clear = shapely.distance(area.boundary, shapely.points(x, y)) > 1e-6
    inside = shapely.contains_xy(area, x, y) & clear
    got = {(round(a, 6), round(b, 6)) for a, b in found.tolist()}
    assert {(round(a, 6), round(b, 6)) for a, b in zip(x[inside], y[inside], strict=True)} <= got
    outside = shapely.distance(area, shapely.points(found)) if len(found) else np.zeros(0)
    assert (outside < 1e-6).all()
    assert len(got) == len(found)


def test_a_hatch_of_a_huge_area_is_cut_to_the_window() -> None:
    huge = np.array([box(-1e6, -1e6, 1e6, 1e6)])
    assert len(hatch_lines(huge, 45.0, 1.0, WINDOW)) <= 143
    assert len(hatch_dots(huge, 1.0, WINDOW)) == 100 * 100
