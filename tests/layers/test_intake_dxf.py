from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import pytest
import shapely

from layers.intake.drawing.dxf import read_dxf
from layers.intake.drawing.dxf_curves import SAGITTA_M
from layers.intake.read import READERS
from tests.layers.dxf_drawings import E
from tests.layers.dxf_drawings import N
from tests.layers.dxf_drawings import areas
from tests.layers.dxf_drawings import codes
from tests.layers.dxf_drawings import new
from tests.layers.dxf_drawings import reader
from tests.layers.dxf_drawings import square
from tests.layers.dxf_drawings import told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.layers.dxf_drawings import Read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


# --- outlines and areas ------------------------------------------------------


def test_the_reader_is_the_one_that_is_registered() -> None:
    assert READERS[".dxf"] == f"{read_dxf.__module__}:{read_dxf.__name__}"


@pytest.mark.parametrize("version", ["R12", "R2000", "R2004", "R2007", "R2010", "R2018"])
def test_a_closed_polyline_is_an_area_in_every_version(read: Read, version: str) -> None:
    doc, model = new(version)
    doc.layers.add("用地红线", color=1)
    add = model.add_polyline2d if version == "R12" else model.add_lwpolyline
    add(square(100), close=True, dxfattribs={"layer": "用地红线"})
    raw = read(doc)
    row = raw.frame.iloc[0]
    assert areas(raw) == [pytest.approx(10_000)]
    assert row["图层"] == "用地红线"
    assert row["颜色"] == "#ff0000"
    assert row["句柄"]
    assert row["图元类型"] == ("POLYLINE" if version == "R12" else "LWPOLYLINE")
    assert raw.part == "面"
    assert raw.system is None
    assert "cad_ring_closed" not in codes(raw)
    assert version.removeprefix("R") in raw.facts["kind"].zh


def test_the_extent_is_told(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(100), close=True)
    facts = read(doc).facts
    assert facts["extent"].zh == ("X 643000.000 – 643100.000, Y 3466000.000 – 3466100.000")


@pytest.mark.parametrize(
    ("gap", "part"), [(0.0, "面"), (0.05, "面"), (0.099, "面"), (0.15, "线"), (0.5, "线")]
)
def test_a_gap_within_the_tolerance_is_closed_and_told(read: Read, gap: float, part: str) -> None:
    doc, model = new()
    corners = square(100)
    model.add_lwpolyline([*corners, (E, N + gap)])
    raw = read(doc)
    assert raw.part == part
    assert ("cad_ring_closed" in codes(raw)) == (0 < gap < 0.1)
    if part == "面":
        assert areas(raw) == [pytest.approx(10_000, abs=6)]
    else:
        assert raw.frame["geometry"][0].geom_type == "LineString"


def test_degrees_have_a_tolerance_in_metres_too(read: Read) -> None:
    doc, model = new()
    side = 0.001
    corners = square(side, 121.5, 31.3)
    model.add_lwpolyline([*corners, (121.5, 31.3 + 5e-7)])
    model.add_lwpolyline([*corners, (121.5, 31.3 + 5e-5)])
    raw = read(doc)
    assert len(raw.frame) == 1
    assert "121.500000" in raw.facts["extent"].zh
    assert codes(raw).count("cad_ring_closed") == 1


@pytest.mark.parametrize("radius", [0.4, 5.0, 250.0, 40_000.0])
def test_a_circle_has_its_analytic_area_within_the_sagitta(read: Read, radius: float) -> None:
    doc, model = new()
    model.add_circle((E, N), radius)
    raw = read(doc)
    missing = math.pi * radius**2 - areas(raw)[0]
    assert 0 < missing <= max(2 * math.pi * radius * SAGITTA_M, 0.03 * math.pi * radius**2)
    assert "cad_curves_flattened" in codes(raw)
    points = shapely.get_coordinates(raw.frame["geometry"][0])
    middles = (points[1:] + points[:-1]) / 2 - (E, N)
    assert radius - math.hypot(*middles[0]) <= SAGITTA_M * 1.01


def test_bulges_to_either_side(read: Read) -> None:
    doc, model = new()
    half = math.pi * 50**2 / 2
    for number, bulge in enumerate((1.0, -1.0)):
        x = E + 1000 * number
        corners = [(px, py, 0.0) for px, py in square(100, x)]
        corners[0] = (x, N, bulge)
        model.add_lwpolyline(corners, format="xyb", close=True)
    out, inward = areas(read(doc))
    # Counter-clockwise ring: a positive bulge on the lower side is outside of it.
    assert out == pytest.approx(10_000 + half, abs=2)
    assert inward == pytest.approx(10_000 - half, abs=2)


def test_ellipses_splines_and_parts_of_circles(read: Read) -> None:
    doc, model = new()
    model.add_ellipse((E, N), major_axis=(0, 80), ratio=0.5)
    closed = model.add_spline()
    closed.set_closed([(x, y, 0) for x, y in square(100, E + 500)])
    model.add_arc((E, N), 100, 0, 90)
    model.add_ellipse((E, N), major_axis=(80, 0), ratio=0.5, start_param=0, end_param=math.pi)
    raw = read(doc)
    ring, blob = areas(raw)
    assert ring == pytest.approx(math.pi * 80 * 40, abs=4)
    # A uniform cubic B-spline around a square of side a encloses 61/90 a².
    assert blob == pytest.approx(10_000 * 61 / 90, abs=3)
    lines = read(doc, part="线").frame["geometry"]
    assert lines[0].length == pytest.approx(math.pi * 50, abs=0.01)
    west, south, east, north = lines[1].bounds
    assert (west, south, east, north) == pytest.approx((E - 80, N, E + 80, N + 40), abs=0.02)


@pytest.mark.parametrize(("style", "expected"), [(0, 8_500), (1, 8_400), (2, 10_000)])
def test_islands_of_a_hatch_are_holes(read: Read, style: int, expected: float) -> None:
    doc, model = new()
    hatch = model.add_hatch(dxfattribs={"hatch_style": style})
    for ring in (square(100), square(40, E + 10, N + 10), square(10, E + 20, N + 20)):
        hatch.paths.add_polyline_path(ring, is_closed=True)
    raw = read(doc)
    assert sum(areas(raw)) == pytest.approx(expected)
    assert raw.frame["geometry"][0].is_valid
    assert raw.frame["图元类型"][0] == "HATCH"


def test_a_hatch_of_edges_with_arcs_in_any_direction(read: Read) -> None:
    doc, model = new()
    edges = model.add_hatch().paths.add_edge_path()
    # A stadium: two straight sides, drawn against each other, and two half circles.
    edges.add_line((E, N), (E + 100, N))
    edges.add_arc((E + 100, N + 25), 25, 270, 90, ccw=True)
    edges.add_line((E, N + 50), (E + 100, N + 50))
    edges.add_arc((E, N + 25), 25, 90, 270, ccw=False)
    raw = read(doc)
    assert areas(raw) == [pytest.approx(100 * 50 + math.pi * 625, abs=2)]
    assert raw.frame["geometry"][0].is_valid


def test_a_hatch_with_two_islands_beside_each_other_is_one_row(read: Read) -> None:
    doc, model = new()
    hatch = model.add_hatch()
    hatch.paths.add_polyline_path(square(10), is_closed=True)
    hatch.paths.add_polyline_path(square(10, E + 50), is_closed=True)
    (shape,) = read(doc).frame["geometry"]
    assert (shape.geom_type, shape.area) == ("MultiPolygon", pytest.approx(200))


def test_a_solid_is_not_a_bow_tie(read: Read) -> None:
    doc, model = new()
    a, b, c, d = square(10)
    model.add_solid([a, b, d, c])
    model.add_trace([a, b, d, c])
    model.add_3dface([(*p, 0) for p in (a, b, c, d)])
    raw = read(doc)
    assert areas(raw) == [pytest.approx(100)] * 3
    assert all(shape.is_valid for shape in raw.frame["geometry"])


def test_a_mirrored_polyline_is_where_it_is_drawn(read: Read) -> None:
    doc, model = new()
    line = model.add_lwpolyline(square(100, -E, N), close=True)
    line.dxf.extrusion = (0, 0, -1)
    (shape,) = read(doc).frame["geometry"]
    assert shape.bounds == pytest.approx((E - 100, N, E, N + 100))


def test_heights_are_a_column_and_slopes_are_told(read: Read) -> None:
    doc, model = new()
    line = model.add_lwpolyline(square(100), close=True)
    line.dxf.elevation = 4.5
    model.add_polyline3d([(E, N, 1), (E + 9, N, 2), (E, N + 9, 3)], close=True)
    raw = read(doc)
    assert list(raw.frame["标高"]) == [4.5, None]
    assert not any(shape.has_z for shape in raw.frame["geometry"])
    assert "1 个" in told(raw, "cad_heights_dropped")


# --- lines that enclose ------------------------------------------------------


def chain(model: Any, corners: list[tuple[float, float]], gap: float, layer: str = "地块") -> None:
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        model.add_line((start[0] + gap, start[1]), end, dxfattribs={"layer": layer})


@pytest.mark.parametrize(("gap", "joined"), [(0.0, True), (0.06, True), (0.4, False)])
def test_lines_that_meet_enclose_an_area(read: Read, gap: float, joined: bool) -> None:
    doc, model = new()
    chain(model, square(100), gap)
    raw = read(doc)
    assert raw.part == ("面" if joined else "线")
    if joined:
        assert areas(raw) == [pytest.approx(10_000, abs=20)]
        assert "4 条线" in told(raw, "cad_lines_joined")
        assert "cad_parts_left" not in codes(raw)
        assert len(read(doc, part="线").frame) == 4


def test_neighbours_share_a_line_and_stray_lines_stay_lines(read: Read) -> None:
    doc, model = new()
    chain(model, square(100), 0)
    # The next parcel has the east side of the first one.
    for start, end in (((100, 0), (200, 0)), ((200, 0), (200, 100)), ((200, 100), (100, 100))):
        model.add_line(
            (E + start[0], N + start[1]), (E + end[0], N + end[1]), dxfattribs={"layer": "地块"}
        )
    model.add_line((E, N + 500), (E + 90, N + 500), dxfattribs={"layer": "地块"})
    # Lines of another layer enclose nothing with those of this one.
    model.add_line((E, N + 100), (E, N + 500), dxfattribs={"layer": "道路"})
    raw = read(doc)
    assert areas(raw) == [pytest.approx(10_000)] * 2
    assert "7 条线" in told(raw, "cad_lines_joined")
    assert "线 × 2" in told(raw, "cad_parts_left")


def test_many_lines_from_one_point_take_no_time(read: Read) -> None:
    doc, model = new()
    for i in range(3000):
        model.add_line((E, N), (E + 100 + i, N + i * i % 977))
    assert len(read(doc).frame) == 3000
