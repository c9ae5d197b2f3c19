"""Repairs of geometries, against areas that pyproj and plain geometry give."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import pyproj
import pytest
import shapely
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.editing.checks import checked_shape
from layers.editing.refusals import EditError
from layers.shapes import REPAIRED_CODES
from layers.shapes import ShapeReport
from layers.shapes import check_shapes
from layers.wording import FINDINGS

if TYPE_CHECKING:
    from layers.catalogue import GeometryKind

GEOD = pyproj.Geod(ellps="GRS80")
X, Y = 121.5, 31.3
EAST = 1 / GEOD.inv(X, Y, X + 1, Y)[2]
NORTH = 1 / GEOD.inv(X, Y, X, Y + 1)[2]
ALL: tuple[GeometryKind, ...] = ("point", "line", "polygon")
AREAL: tuple[GeometryKind, ...] = ("point", "polygon")


def at(east: float, north: float) -> tuple[float, float]:
    return X + east * EAST, Y + north * NORTH


def polygon(*places: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([at(*place) for place in places])


def square(west: float, south: float, side: float) -> shapely.Polygon:
    east, north = west + side, south + side
    return polygon((west, south), (west, north), (east, north), (east, south))


def area(shape: Any) -> float:
    parts = [shapely.orient_polygons(part) for part in shapely.get_parts(shape)]
    return math.fsum(GEOD.geometry_area_perimeter(part)[0] for part in parts)


def codes(report: ShapeReport) -> list[str]:
    return [found.code for found in report.findings]


def one(shape: Any, kinds: tuple[GeometryKind, ...] = ALL) -> tuple[Any, ShapeReport]:
    report = check_shapes([shape], kinds)
    return report.geometry[0], report


BIG = square(0, 0, 100)
# 100 m by 100 m, with a spike of no width that leaves through the right side.
SPIKED = polygon((0, 0), (0, 100), (100, 100), (100, 50), (180, 50), (100, 50), (100, 0))
CRUMB = square(200, 200, 0.05)
STRIP = polygon((0, 0), (0, 0.004), (60, 0.004), (60, 0))


def test_a_sound_polygon_is_left_alone() -> None:
    shape, report = one(BIG)
    assert shape.equals_exact(BIG, 0.0)
    assert (report.findings, report.notes, report.heights) == ((), (), 0)


def test_a_spike_goes_and_the_area_hardly_changes() -> None:
    shape, report = one(SPIKED)
    assert codes(report) == ["geometry_tidied"]
    assert shape.is_valid
    assert shape.bounds[2] == pytest.approx(at(100, 0)[0], abs=1e-12)
    assert area(shape) == pytest.approx(10_000, rel=1e-4)
    details = report.findings[0].details
    assert details["before"] == details["after"] == f"{area(BIG):,.1f}"


@pytest.mark.parametrize(
    ("overlap", "code"),
    [(2.0, "geometry_tidied"), (15.0, "geometry_repaired")],
    ids=["4 m² of 20 000", "225 m² of 20 000"],
)
def test_overlapping_parts_are_joined_and_told_by_how_much_changed(
    overlap: float, code: str
) -> None:
    shape = shapely.MultiPolygon([BIG, square(100 - overlap, 100 - overlap, 100)])
    repaired, report = one(shape)
    assert codes(report) == [code]
    assert area(repaired) == pytest.approx(20_000 - overlap**2, rel=1e-4)
    assert report.findings[0].details["before"] == f"{area(BIG) + area(shape.geoms[1]):,.1f}"


def test_one_percent_of_a_small_polygon_is_notable() -> None:
    shape = shapely.MultiPolygon([square(0, 0, 5), square(4, 4, 5)])
    assert codes(one(shape)[1]) == ["geometry_repaired"]


def test_a_hole_outside_of_its_shell_is_repaired_with_both_areas() -> None:
    hole = square(300, 0, 10)
    shape, report = one(shapely.Polygon(BIG.exterior, [hole.exterior]))
    assert shape.is_valid
    assert set(codes(report)) <= REPAIRED_CODES
    assert report.findings[0].details["after"] == f"{area(shape):,.1f}"


def test_crumbs_of_a_multipolygon_are_dropped_and_told() -> None:
    shape, report = one(shapely.MultiPolygon([BIG, CRUMB]))
    assert shape.equals(BIG)
    assert codes(report) == ["sliver_dropped"]
    details = report.findings[0].details
    assert details["count"] == 1
    assert details["before"] == f"{area(BIG) + area(CRUMB):,.2f}"
    assert details["after"] == f"{area(BIG):,.2f}"


@pytest.mark.parametrize(
    "shape",
    [
        shapely.MultiPolygon([square(0, 0, 10), CRUMB]),
        shapely.MultiPolygon([square(0, 0, 3000), square(4000, 0, 0.5)]),
        shapely.MultiPolygon([CRUMB, square(300, 300, 0.05)]),
    ],
    ids=["a share of 2.5e-5", "0.25 m²", "nothing but crumbs"],
)
def test_a_small_part_that_is_not_small_both_ways_stays(shape: shapely.MultiPolygon) -> None:
    kept, report = one(shape)
    assert kept.equals(shape)
    assert codes(report) == []


def test_a_polygon_that_is_a_sliver_as_a_whole_is_kept_with_a_warning() -> None:
    shape, report = one(STRIP)
    assert shape.equals(STRIP)
    assert codes(report) == ["sliver"]
    assert report.findings[0].details == {"area": "0.240", "length": "120.0"}
    assert FINDINGS["sliver"].severity == "warning"


@pytest.mark.parametrize(
    "shape",
    [square(0, 0, 0.5), polygon((0, 0), (0, 1), (200, 1), (200, 0))],
    ids=["small but no strip", "a strip but not small"],
)
def test_what_is_only_small_or_only_thin_is_no_sliver(shape: shapely.Polygon) -> None:
    assert codes(one(shape)[1]) == []


def test_repeated_vertices_are_dropped_once_counted() -> None:
    ring = list(BIG.exterior.coords)
    doubled = shapely.Polygon([c for c in ring for _ in range(3)])
    line = shapely.LineString([at(0, 0), at(0, 0), at(5, 5)])
    report = check_shapes([doubled, BIG, line, None], ALL)
    assert report.geometry[0].normalize().equals_exact(BIG.normalize(), 0.0)
    assert shapely.get_num_coordinates(report.geometry[2]) == 2
    assert report.findings == ()
    (note,) = report.notes
    # 15 corners for 5, and one end of the line too many.
    assert (note.code, note.details) == ("duplicate_vertices", {"count": 11, "shapes": 2})


def test_a_ring_of_one_place_has_nothing_left() -> None:
    dot = shapely.Polygon([at(0, 0)] * 4)
    shape, report = one(dot)
    assert shape is None
    assert codes(report) == ["nothing_left"]


def test_empty_geometries_are_none_and_counted() -> None:
    report = check_shapes([shapely.Point(), shapely.Polygon(), None, shapely.Point(X, Y)], ALL)
    assert [shape is None for shape in report.geometry] == [True, True, True, False]
    (note,) = report.notes
    assert (note.code, note.details) == ("empty_geometry", {"count": 2})


@pytest.mark.parametrize(
    "wkt", ["POINT Z (121.5 31.3 7)", "POINT M (121.5 31.3 7)", "POINT ZM (121.5 31.3 7 8)"]
)
def test_heights_and_measures_go(wkt: str) -> None:
    shape, report = one(shapely.from_wkt(wkt))
    assert report.heights == 1
    assert shape.wkt == "POINT (121.5 31.3)"
    assert not shapely.has_z(shape)
    assert not shapely.has_m(shape)


POINT = shapely.Point(X, Y)
LINE = shapely.LineString([at(0, 0), at(9, 9)])


@pytest.mark.parametrize(
    ("parts", "kinds", "expected", "dropped"),
    [
        ([BIG, LINE], AREAL, BIG, "1 LineString"),
        ([BIG, LINE, LINE], ("polygon",), BIG, "2 LineString"),
        ([POINT], AREAL, POINT, "0"),
        (
            [BIG, POINT, shapely.GeometryCollection([square(500, 0, 9), POINT])],
            ("polygon",),
            shapely.MultiPolygon([BIG, square(500, 0, 9)]),
            "2 Point",
        ),
        ([shapely.MultiPoint([POINT, at(9, 9)]), BIG], ("point",), None, "1 Polygon"),
    ],
)
def test_a_collection_is_reduced_to_the_one_kind_that_fits(
    parts: list[Any], kinds: tuple[GeometryKind, ...], expected: Any, dropped: str
) -> None:
    shape, report = one(shapely.GeometryCollection(parts), kinds)
    assert codes(report) == ["collection_reduced"]
    assert shape.equals(expected or parts[0])
    assert report.findings[0].details == {"kept": shape.geom_type, "dropped": dropped}


@pytest.mark.parametrize(
    ("parts", "kinds"), [([BIG, POINT], AREAL), ([LINE], AREAL), ([POINT, LINE], ("polygon",))]
)
def test_a_collection_that_could_mean_two_things_or_none_is_rejected(
    parts: list[Any], kinds: tuple[GeometryKind, ...]
) -> None:
    shape, report = one(shapely.GeometryCollection(parts), kinds)
    assert shape is None
    assert codes(report) == ["wrong_geometry"]


@pytest.mark.parametrize("shape", [SPIKED, STRIP, shapely.MultiPolygon([BIG, CRUMB])])
def test_without_repair_only_what_cannot_stand_is_found(shape: Any) -> None:
    report = check_shapes([shape], ALL, repair=False)
    assert (report.findings, report.notes) == ((), ())
    assert report.geometry[0].equals_exact(shape, 0.0)


def test_the_editor_is_told_and_nothing_is_repaired_behind_its_back() -> None:
    assert checked_shape("A", STRIP, ("polygon",), "parks").equals_exact(STRIP, 0.0)
    doubled = shapely.Polygon([c for c in BIG.exterior.coords for _ in range(2)])
    assert checked_shape("A", doubled, ("polygon",), "parks").equals_exact(doubled, 0.0)
    for wrong in (SPIKED, shapely.GeometryCollection([BIG])):
        with pytest.raises(EditError):
            checked_shape("A", wrong, ("polygon",), "parks")


# Here GEOS makes a multipolygon that crosses itself by the last digit.
@example([at(10, 0), at(10, 10), at(0, 0), at(0, 10), at(10, 10), at(0, 0)])
# Here a repair leaves two corners so close that to join them would cross the sides again.
@example([at(30, 40), at(20, 60), at(10, 60), at(30, 40), at(0, 0), at(20, 50)])
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda p: at(10 * p[0], 10 * p[1])),
        min_size=4,
        max_size=9,
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_drawn_becomes_valid_or_is_refused(ring: list[tuple[float, float]]) -> None:
    shape, report = one(shapely.Polygon(ring), ("polygon",))
    if shape is None:
        assert codes(report) == ["nothing_left"]
    else:
        assert shape.is_valid
        assert not shape.is_empty
        assert shape.geom_type in {"Polygon", "MultiPolygon"}
    # A second pass finds nothing to repair.
    assert shape is None or set(codes(one(shape, ("polygon",))[1])) <= {"sliver"}
