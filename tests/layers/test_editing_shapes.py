from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing import EditError
from layers.editing import Merge
from layers.editing import Outcome
from layers.editing import Split
from layers.editing import perform

CATALOGUE = load_catalogue()
GEOD = pyproj.Geod(ellps="GRS80")
X, Y = 121.5, 31.3
# A metre in degrees here, by the meridian and the parallel through 31.3° N.
EAST = 1 / GEOD.inv(X, Y, X + 1, Y)[2]
NORTH = 1 / GEOD.inv(X, Y, X, Y + 1)[2]


def area(shape: Any) -> float:
    """Return the area in m² as pyproj gives it for one polygon after the other."""
    parts = [shapely.orient_polygons(part) for part in shapely.get_parts(shape)]
    return math.fsum(GEOD.geometry_area_perimeter(part)[0] for part in parts)


def length(shape: Any) -> float:
    return math.fsum(GEOD.geometry_length(part) for part in shapely.get_parts(shape))


def at(east: float, north: float) -> tuple[float, float]:
    return X + east * EAST, Y + north * NORTH


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    corners = [(west, south), (west, north), (east, north), (east, south)]
    return shapely.Polygon([at(*corner) for corner in corners])


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([at(*place) for place in places])


def vertices(*shapes: Any) -> set[tuple[float, float]]:
    return {(x, y) for shape in shapes for x, y in shapely.get_coordinates(shape).tolist()}


def edit(operation: Any, key: str, *rows: dict[str, Any]) -> Outcome:
    spec = CATALOGUE.layer(key)
    raw = pd.DataFrame(list(rows), dtype=object)
    raw[spec.name_field] = "甲"
    checked = conform(raw, spec)
    assert checked.rejected.empty
    return perform(operation, checked.accepted, spec)


def split(shape: Any, knife: Any, key: str = "carriers", **more: Any) -> tuple[Any, Any, Outcome]:
    id_field = CATALOGUE.layer(key).id_field
    made = edit(Split("A", knife, "B"), key, {id_field: "A", "geometry": shape, **more})
    rows = made.frame.set_index(id_field)
    return rows.loc["A"], rows.loc["B"], made


def merge(*shapes: Any, key: str = "carriers", **columns: list[Any]) -> tuple[Any, Outcome]:
    id_field = CATALOGUE.layer(key).id_field
    ids = [chr(ord("A") + i) for i in range(len(shapes))]
    rows: list[dict[str, Any]] = [
        {id_field: i, "geometry": shape} for i, shape in zip(ids, shapes, strict=True)
    ]
    for name, cells in columns.items():
        for row, cell in zip(rows, cells, strict=True):
            row[name] = cell
    made = edit(Merge(tuple(ids), "A"), key, *rows)
    assert made.frame[id_field].tolist() == ["A"]
    return made.frame.iloc[0], made


def codes(made: Outcome) -> list[str]:
    return [n.code for n in made.notes]


def test_a_square_is_cut_into_known_areas_and_the_larger_part_keeps_the_id() -> None:
    square = box(0, 0, 1000, 1000)
    south, north, _ = split(square, line((-50, 700), (1050, 700)))
    whole = area(square)
    assert whole == pytest.approx(1e6, rel=2e-4)
    assert area(south.geometry) + area(north.geometry) == pytest.approx(whole, rel=1e-9)
    assert area(south.geometry) / whole == pytest.approx(0.7, abs=1e-4)
    assert shapely.intersection(south.geometry, north.geometry).area == 0
    assert vertices(square) <= vertices(south.geometry, north.geometry)
    # The cut itself is shared bit by bit.
    assert len(vertices(south.geometry) & vertices(north.geometry)) == 2


@given(
    st.lists(st.floats(0.2, 1), min_size=5, max_size=16),
    st.floats(0, 180),
    st.floats(-80, 80),
    st.booleans(),
)
@settings(deadline=None, max_examples=25)
def test_parts_add_up_and_merge_back(
    radii: list[float], degrees: float, offset: float, hole: bool
) -> None:
    turns = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    ring = [
        at(900 * r * math.cos(t), 900 * r * math.sin(t)) for r, t in zip(radii, turns, strict=True)
    ]
    shape = shapely.Polygon(ring, [box(-30, -30, 30, 30).exterior.coords] if hole else None)
    tilt = math.radians(degrees)
    ends = [
        (offset + 3000 * s * math.cos(tilt), offset + 3000 * s * math.sin(tilt)) for s in (-1, 1)
    ]
    try:
        one, other, made = split(shape, line(*ends))
    except EditError:
        # The line missed it.
        assert not shapely.crosses(line(*ends), shape)
        return
    whole = area(shape)
    assert area(one.geometry) + area(other.geometry) == pytest.approx(whole, rel=1e-9)
    assert area(one.geometry) >= area(other.geometry) * (1 - 1e-9)
    assert shapely.intersection(one.geometry, other.geometry).area <= 1e-15 * shape.area
    assert vertices(shape) <= vertices(one.geometry, other.geometry)
    assert made.frame.geometry.is_valid.all()
    back, joined = merge(one.geometry, other.geometry)
    if "gap_closed" not in codes(joined):
        assert area(back.geometry) == pytest.approx(whole, rel=1e-9)
    assert back.geometry.is_valid


def test_a_line_through_two_corners_uses_them_exactly() -> None:
    square = box(0, 0, 400, 400)
    one, other, _ = split(square, line((0, 0), (400, 400)))
    assert vertices(one.geometry, other.geometry) == vertices(square)
    assert len(shapely.get_coordinates(one.geometry)) == 4


def test_an_end_on_the_boundary_is_enough_and_is_not_moved() -> None:
    square = box(0, 0, 400, 400)
    # The western edge runs along a meridian, where every place is on the geodesic.
    start, end = at(0, 100), at(400, 300)
    one, other, _ = split(square, shapely.LineString([start, end]))
    assert {start, end} <= vertices(one.geometry) & vertices(other.geometry)


def test_a_winding_line_leaves_parts_only_where_it_must() -> None:
    comb = shapely.Polygon(
        [
            at(*place)
            for place in (
                (0, 0),
                (0, 500),
                (100, 500),
                (100, 100),
                (200, 100),
                (200, 500),
                (300, 500),
                (300, 0),
            )
        ]
    )
    base, teeth, made = split(comb, line((-50, 300), (350, 300)))
    assert base.geometry.geom_type == "Polygon"
    assert shapely.get_num_geometries(teeth.geometry) == 2
    assert [(n.code, n.feature_id) for n in made.notes if n.code == "multipart"] == [
        ("multipart", "B")
    ]


def test_a_hole_is_cut_through_and_a_line_into_it_cuts_nothing() -> None:
    ring = shapely.Polygon(
        box(0, 0, 500, 500).exterior.coords, [box(200, 200, 300, 300).exterior.coords]
    )
    one, other, _ = split(ring, line((-10, 250), (510, 250)))
    assert area(one.geometry) + area(other.geometry) == pytest.approx(area(ring), rel=1e-9)
    assert all(len(row.geometry.interiors) == 0 for row in (one, other))
    with pytest.raises(EditError, match="does not cross it"):
        split(ring, line((-10, 250), (250, 250)))


def test_the_part_that_the_line_does_not_meet_stays_with_the_larger() -> None:
    both = shapely.MultiPolygon([box(0, 0, 300, 300), box(1000, 0, 1100, 100)])
    one, other, made = split(both, line((-10, 100), (310, 100)))
    assert shapely.get_num_geometries(one.geometry) == 2
    assert area(other.geometry) == pytest.approx(area(box(0, 0, 300, 100)), rel=1e-5)
    assert "parts_aside" in codes(made)


def test_a_line_through_both_parts_tells_left_from_right() -> None:
    both = shapely.MultiPolygon([box(0, 0, 300, 300), box(1000, 0, 1300, 300)])
    south, north, _ = split(both, line((-10, 200), (1310, 200)))
    assert south.geometry.bounds[3] < at(0, 201)[1]
    assert north.geometry.bounds[1] > at(0, 199)[1]
    assert shapely.get_num_geometries(south.geometry) == 2


RING = shapely.Polygon(
    box(0, 0, 500, 500).exterior.coords, [box(200, 200, 300, 300).exterior.coords]
)


@pytest.mark.parametrize(
    ("shape", "knife", "why"),
    [
        (box(0, 0, 100, 100), line((-10, 50), (50, 50)), "does not cross"),
        (box(0, 0, 100, 100), line((10, 50), (90, 50)), "does not cross"),
        (box(0, 0, 100, 100), line((200, 0), (200, 100)), "does not cross"),
        (box(0, 0, 100, 100), line((0, 0), (100, 0)), "does not cross"),
        (box(0, 0, 100, 100), line((-10, 20), (110, 20), (50, 90), (50, -10)), "cross itself"),
        (box(0, 0, 100, 100), shapely.MultiLineString([line((-9, 5), (109, 5))] * 2), "single"),
        (box(0, 0, 100, 100), box(0, 0, 50, 50), "must be a single one"),
        (RING, line((-9, 250), (600, 260), (600, 700), (240, 600), (240, 270)), "one at a time"),
        (shapely.Point(X, Y), line((-10, 0), (10, 0)), "no parts"),
        (box(0, 0, 100, 100), shapely.LineString(), "no geometry"),
        (box(0, 0, 100, 100), shapely.LineString([(31, 121), (32, 121)]), "swapped"),
    ],
)
def test_a_line_that_makes_no_two_sides_is_refused(shape: Any, knife: Any, why: str) -> None:
    with pytest.raises(EditError, match=why) as error:
        split(shape, knife)
    assert "“A”" in error.value.text.zh
    assert "'A'" in error.value.text.en


def test_totals_of_a_split_are_unknown_and_rates_are_kept() -> None:
    known: dict[str, Any] = {
        "gross_area_m2": 9000,
        "area_basis": "stated",
        "largest_vacant_m2": 200,
        "tenants": 12,
        "employees": 300,
        "tax_wan": 55.5,
        "rent_yuan_m2_day": 3.2,
        "floors": 5,
        "completed_year": 2009,
        "source": "office-directory-2022",
        "sample": True,
        "data_date": "2026-03-31",
        "accuracy_m": 5,
    }
    one, other, made = split(box(0, 0, 100, 100), line((-1, 60), (101, 60)), **known)
    lost = {
        "gross_area_m2",
        "area_basis",
        "largest_vacant_m2",
        "tenants",
        "employees",
        "tax_wan",
    }
    for row in (one, other):
        assert {name for name in known if pd.isna(row[name])} == lost
        assert all(row[name] == known[name] for name in ("rent_yuan_m2_day", "floors", "sample"))
    told = [n for n in made.notes if n.code == "totals_unknown"]
    assert [n.feature_id for n in told] == ["A", "B"]
    assert "税收总额" in told[0].text.zh
    assert "Tenants" in told[0].text.en


def test_a_split_or_merged_official_boundary_is_a_sketch() -> None:
    one, other, made = split(
        box(0, 0, 100, 100), line((-1, 60), (101, 60)), "parks", boundary_status="official"
    )
    assert one["boundary_status"] == other["boundary_status"] == "sketch"
    assert "sketch" in codes(made)
    row, joined = merge(
        box(0, 0, 50, 50),
        box(50, 0, 99, 50),
        key="parks",
        boundary_status=["official", "official"],
    )
    assert row["boundary_status"] == "sketch"
    assert "sketch" in codes(joined)


def test_a_line_is_cut_in_one_place() -> None:
    wall = line((0, 0), (500, 200), (1000, 0))
    one, other, _ = split(wall, line((300, -500), (300, 500)), "barriers")
    assert length(one.geometry) + length(other.geometry) == pytest.approx(length(wall), rel=1e-12)
    assert length(one.geometry) > length(other.geometry)
    assert vertices(wall) <= vertices(one.geometry, other.geometry)
    ends = [set(vertices(shapely.boundary(row.geometry))) for row in (one, other)]
    assert len(ends[0] & ends[1]) == 1
    with pytest.raises(EditError, match="more than one place"):
        split(wall, line((-10, 100), (1010, 100)), "barriers")
    with pytest.raises(EditError, match="does not cross"):
        split(wall, line((0, -50), (0, 50)), "barriers")


def test_a_line_is_cut_at_its_own_vertex_and_a_ring_in_two_places() -> None:
    wall = line((0, 0), (500, 200), (1000, 0))
    one, other, _ = split(wall, line((500, 100), (500, 300)), "barriers")
    assert vertices(one.geometry, other.geometry) == vertices(wall)
    ring = shapely.LineString(box(0, 0, 100, 100).exterior.coords)
    left, right, _ = split(ring, line((-10, 30), (110, 30)), "barriers")
    assert length(left.geometry) + length(right.geometry) == pytest.approx(length(ring), rel=1e-9)
    assert length(right.geometry) == pytest.approx(160, rel=1e-3)


def test_neighbours_become_one_square() -> None:
    west, east = box(0, 0, 300, 500), box(300, 0, 700, 500)
    row, made = merge(west, east)
    assert row.geometry.geom_type == "Polygon"
    assert len(row.geometry.interiors) == 0
    assert area(row.geometry) == pytest.approx(area(west) + area(east), rel=1e-9)
    assert codes(made) == []


@pytest.mark.parametrize("gap", [0.4, 0.02, -0.02, -0.4, -30.0])
def test_gaps_and_overlaps_within_the_tolerance_leave_no_sliver(gap: float) -> None:
    west = box(0, 0, 300, 500)
    notched = [(300 + gap, 0), (300 + gap, 130), (300 + gap / 2, 250), (300 + gap, 500)]
    east = shapely.Polygon([at(*p) for p in (*notched, (700, 500), (700, 0))])
    row, made = merge(west, east)
    assert row.geometry.geom_type == "Polygon"
    assert len(row.geometry.interiors) == 0
    # A parallel is no straight line: the outline passes 2 mm from the corner it gains.
    assert area(row.geometry) == pytest.approx(area(box(0, 0, 700, 500)), rel=1e-7)
    assert vertices(west) - {at(300, 0), at(300, 500)} <= vertices(row.geometry)
    assert gap < 0 or "gap_closed" in codes(made)


def test_a_neighbour_with_more_vertices_on_the_boundary_leaves_no_sliver() -> None:
    west = box(0, 0, 300, 500)
    bulging = [(300.1, 0), (299.8, 100), (300.3, 170), (300, 300), (299.9, 500)]
    east = shapely.Polygon([at(*p) for p in (*bulging, (700, 500), (700, 0))])
    for first, second in ((west, east), (east, west)):
        row, _ = merge(first, second)
        assert row.geometry.geom_type == "Polygon"
        assert len(row.geometry.interiors) == 0
        assert area(row.geometry) == pytest.approx(350_000, rel=2e-4)


def test_short_edges_of_exact_neighbours_are_not_taken_for_gaps() -> None:
    west = box(0, 0, 300, 500)
    corner = [(300, 0), (300, 500), (300.3, 500.1), (700, 400), (700, 0)]
    east = shapely.Polygon([at(*place) for place in corner])
    for first, second in ((west, east), (east, west)):
        row, made = merge(first, second)
        assert area(row.geometry) == pytest.approx(area(west) + area(east), rel=1e-9)
        assert at(300.3, 500.1) in vertices(row.geometry)
        assert codes(made) == []


def test_too_far_apart_is_refused_with_the_distance() -> None:
    with pytest.raises(EditError) as error:
        merge(box(0, 0, 100, 100), box(112.5, 0, 200, 100))
    for text in (error.value.text.zh, error.value.text.en):
        assert "12.50 m" in text
        assert "B" in text
        assert "A" in text


def test_the_third_may_touch_the_second_only() -> None:
    row, _ = merge(box(0, 0, 100, 100), box(200, 0, 300, 100), box(100, 0, 200, 100))
    assert row.geometry.geom_type == "Polygon"
    assert area(row.geometry) == pytest.approx(area(box(0, 0, 300, 100)), rel=1e-6)


def test_a_court_that_is_enclosed_stays_and_is_noted_and_a_chink_is_filled() -> None:
    horseshoe = box(0, 0, 300, 300) - box(100, 100, 200, 301)
    row, made = merge(horseshoe, box(0, 300, 300, 400))
    assert len(row.geometry.interiors) == 1
    assert "holes_left" in codes(made)
    chink = box(0, 0, 300, 300) - box(150, 250, 150.3, 301)
    row, made = merge(chink, box(0, 300, 300, 400))
    assert len(row.geometry.interiors) == 0
    assert "holes_left" not in codes(made)


def test_corners_that_touch_make_two_parts() -> None:
    row, made = merge(box(0, 0, 100, 100), box(100, 100, 200, 200))
    assert shapely.get_num_geometries(row.geometry) == 2
    assert "multipart" in codes(made)


def test_kinds_are_not_mixed_and_points_are_not_merged() -> None:
    with pytest.raises(EditError, match="'B': cannot be merged: it is a point"):
        merge(box(0, 0, 1, 1), shapely.Point(X, Y))
    with pytest.raises(EditError, match="it is a point"):
        merge(shapely.Point(X, Y), shapely.Point(X, Y))


def test_lines_that_meet_become_one_run() -> None:
    row, made = merge(
        line((0, 0), (100, 0)), line((200, 50), (100.3, 0.1)), line((0, 0), (0, 90)), key="barriers"
    )
    assert row.geometry.geom_type == "LineString"
    assert at(100, 0) in vertices(row.geometry)
    assert at(100.3, 0.1) not in vertices(row.geometry)
    assert "gap_closed" in codes(made)
    assert length(row.geometry) == pytest.approx(100 + 111.8 + 90, abs=0.5)
    with pytest.raises(EditError, match=r"5\.00 m"):
        merge(line((0, 0), (100, 0)), line((105, 0), (200, 0)), key="barriers")


def test_merged_values_are_summed_kept_or_unknown_and_said() -> None:
    row, made = merge(
        box(0, 0, 100, 100),
        box(100, 0, 200, 100),
        gross_area_m2=[9000, 1000.5],
        area_basis=["stated", "sample"],
        largest_vacant_m2=[10, 20],
        tenants=[12, 3],
        employees=[300, None],
        rent_yuan_m2_day=[3.2, 2.5],
        address=["国定路1号", "国定路3号"],
        tenure=["state", "state"],
        sample=[False, True],
        verified=[True, False],
        accuracy_m=[5, 80],
        source=["a;b", "b; c"],
    )
    assert row["gross_area_m2"] == 10000.5
    assert row["tenants"] == 15
    assert row["rent_yuan_m2_day"] == 3.2
    assert row["address"] == "国定路1号"
    assert pd.isna(row[["area_basis", "largest_vacant_m2", "employees"]]).all()
    assert row["sample"]
    assert not row["verified"]
    assert row["accuracy_m"] == 80
    assert row["source"] == "a;b;c"
    told = {n.code: n.text.en for n in made.notes}
    assert {"Gross floor area", "Tenants"} <= set(told["totals_summed"].split(": ")[-1].split(", "))
    assert "Employees" in told["totals_unknown"]
    assert told["values_kept"].endswith("Address, Rent received")
