"""Every row has one owner, and a park is never cut."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import MultiPolygon
from shapely import Point
from shapely import Polygon
from shapely import box

from geo.batch.scopes import district_of
from geo.batch.scopes import park_scopes
from geo.batch.scopes import row_scopes
from geo.crs import STORAGE_CRS

WEST, EAST = box(0, 0, 1, 1), box(1, 0, 2, 1)
INSIDE_WEST, INSIDE_EAST, NOWHERE = Point(0.5, 0.5), Point(1.5, 0.5), Point(9, 9)


def frame(rows: dict[str, Any], places: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry=places, crs=STORAGE_CRS)


def districts(**outlines: Any) -> gpd.GeoDataFrame:
    return frame({"district_code": list(outlines)}, list(outlines.values()))


TWO = districts(b2=EAST, a1=WEST)
NO_PARKS = frame({"park_id": []}, [])
NO_CARRIERS = frame({"carrier_id": [], "park_id": []}, [])


def places(*shapes: Any) -> np.ndarray:
    return np.array([*shapes, None], dtype=object)[:-1]


def test_a_place_is_in_the_district_around_it_and_else_in_none() -> None:
    found = district_of(places(INSIDE_WEST, INSIDE_EAST, NOWHERE, None, Point()), TWO)
    assert found.tolist() == ["a1", "b2", "", "", ""]


def test_a_place_on_a_border_is_in_the_district_with_the_smallest_code() -> None:
    assert district_of(places(Point(1, 0.5), Point(2, 0.5)), TWO).tolist() == ["a1", "b2"]
    renamed = districts(b2=WEST, a1=EAST)
    assert district_of(places(Point(1, 0.5)), renamed).tolist() == ["a1"]


def test_where_districts_overlap_the_smallest_code_wins() -> None:
    three = districts(c3=box(0, 0, 3, 3), a1=box(0, 0, 1, 1), b2=box(0, 0, 2, 2))
    found = district_of(places(Point(0.5, 0.5), Point(1.5, 1.5), Point(2.5, 2.5)), three)
    assert found.tolist() == ["a1", "b2", "c3"]


def test_a_district_of_several_rows_and_parts_and_a_hole() -> None:
    ring = Polygon(box(0, 0, 9, 9).exterior, [box(4, 4, 5, 5).exterior])
    many = frame(
        {"district_code": ["a1", "a1", "b2"]},
        [ring, MultiPolygon([box(20, 0, 21, 1), box(30, 0, 31, 1)]), box(4, 4, 5, 5)],
    )
    found = district_of(places(Point(1, 1), Point(30.5, 0.5), Point(4.5, 4.5)), many)
    assert found.tolist() == ["a1", "a1", "b2"]


def test_outlines_without_a_code_or_a_shape_are_nothing() -> None:
    odd = frame({"district_code": [None, "", "c3"]}, [WEST, WEST, None])
    assert district_of(places(INSIDE_WEST), odd).tolist() == [""]
    assert district_of(places(INSIDE_WEST), None).tolist() == [""]


def test_an_outline_that_crosses_itself_is_mended() -> None:
    bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    found = district_of(places(Point(0.2, 1), Point(1, 0.2)), districts(a1=bow_tie))
    assert found.tolist() == ["a1", ""]


def test_districts_without_codes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`districts` lacks the column\(s\) district_code"):
        district_of(places(INSIDE_WEST), frame({"name": ["x"]}, [WEST]))


def test_many_places_are_each_looked_up_for_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    xy = np.random.default_rng(1).uniform(-1, 3, (500, 2))
    points = places(*[Point(at) for at in xy])
    whole = district_of(points, TWO)
    monkeypatch.setattr("geo.batch.scopes._AT_ONCE", 7)
    assert district_of(points, TWO).tolist() == whole.tolist()
    by_hand = np.where(xy[:, 0] < 1, "a1", "b2")
    by_hand[((xy < 0) | (xy > [2, 1])).any(axis=1)] = ""
    assert whole.tolist() == by_hand.tolist()


def test_a_code_of_its_own_wins_over_the_place_of_a_park() -> None:
    rows = {"park_id": ["P", "Q", "R"], "district_code": ["z9", None, ""]}
    parks = frame(rows, [INSIDE_WEST, INSIDE_WEST, INSIDE_EAST])
    assert park_scopes(parks, NO_CARRIERS, TWO).to_dict() == {"P": "z9", "Q": "a1", "R": "b2"}


def test_a_park_without_a_shape_is_where_most_of_its_carriers_are() -> None:
    parks = pd.DataFrame({"park_id": ["P", "Q"]})
    carriers = frame(
        {"carrier_id": ["1", "2", "3", "4", "5", "6"], "park_id": ["P", "P", "P", "Q", "Q", "Q"]},
        [INSIDE_EAST, INSIDE_EAST, INSIDE_WEST, INSIDE_EAST, INSIDE_WEST, None],
    )
    assert park_scopes(parks, carriers, TWO).to_dict() == {"P": "b2", "Q": "a1"}


def test_carriers_outside_of_every_district_have_no_say() -> None:
    carriers = frame(
        {"carrier_id": ["1", "2", "3"], "park_id": ["P"] * 3}, [NOWHERE, NOWHERE, INSIDE_EAST]
    )
    assert park_scopes(NO_PARKS, carriers, TWO).to_dict() == {"P": "b2"}


def test_the_shape_of_a_park_wins_over_its_carriers() -> None:
    parks = frame({"park_id": ["P"]}, [box(0.1, 0.1, 0.9, 0.9)])
    carriers = frame({"carrier_id": ["1"], "park_id": ["P"]}, [INSIDE_EAST])
    assert park_scopes(parks, carriers, TWO).to_dict() == {"P": "a1"}


def test_a_park_outside_of_all_districts_goes_where_its_carriers_are() -> None:
    parks = frame({"park_id": ["P"]}, [NOWHERE])
    carriers = frame({"carrier_id": ["1"], "park_id": ["P"]}, [INSIDE_EAST])
    assert park_scopes(parks, carriers, TWO).to_dict() == {"P": "b2"}


def test_parks_that_only_carriers_or_units_mention_are_parks() -> None:
    carriers = frame({"carrier_id": ["1", "2"], "park_id": ["C", None]}, [INSIDE_WEST, INSIDE_EAST])
    units = pd.DataFrame({"carrier_id": ["2", "2", "1", "gone"], "park_id": ["U", "U", None, "V"]})
    found = park_scopes(NO_PARKS, carriers, TWO, units=units)
    assert found.to_dict() == {"C": "a1", "U": "b2", "V": ""}
    assert found.index.name == "park_id"


def test_units_say_where_a_park_is_only_if_it_has_no_carrier_with_a_place() -> None:
    carriers = frame(
        {"carrier_id": ["1", "2", "3"], "park_id": ["P", "Q", "Q"]},
        [INSIDE_WEST, INSIDE_EAST, INSIDE_EAST],
    )
    units = pd.DataFrame({"carrier_id": ["2", "3"], "park_id": ["P", "P"]})
    assert park_scopes(NO_PARKS, carriers, TWO, units=units)["P"] == "a1"


def test_many_units_in_one_carrier_count_once() -> None:
    carriers = frame({"carrier_id": ["1", "2", "3"]}, [INSIDE_EAST, INSIDE_WEST, INSIDE_WEST])
    units = pd.DataFrame({"carrier_id": ["1", "1", "1", "2", "3"], "park_id": ["P"] * 5})
    assert park_scopes(NO_PARKS, carriers, TWO, units=units)["P"] == "a1"


def test_codes_of_the_carriers_and_units_place_a_park_without_any_shape() -> None:
    carriers = frame(
        {"carrier_id": ["1"], "park_id": ["P"], "district_code": ["k7"]}, [INSIDE_WEST]
    )
    units = pd.DataFrame({"carrier_id": ["gone"], "park_id": ["Q"], "district_code": ["m8"]})
    found = park_scopes(NO_PARKS, carriers, None, units=units)
    assert found.to_dict() == {"P": "k7", "Q": "m8"}


def test_without_districts_there_is_one_scope() -> None:
    carriers = frame({"carrier_id": ["1", "2"], "park_id": ["P", "Q"]}, [INSIDE_WEST, NOWHERE])
    for nothing in (None, districts()):
        assert park_scopes(NO_PARKS, carriers, nothing).to_dict() == {"P": "", "Q": ""}


def test_the_order_of_the_rows_moves_no_park() -> None:
    rng = np.random.default_rng(3)
    count = 60
    carriers = frame(
        {
            "carrier_id": [f"c{number}" for number in range(count)],
            "park_id": rng.choice([*"PQRSTUV", None], count),
        },
        [Point(at) for at in rng.uniform(-0.5, 2.5, (count, 2))],
    )
    parks = frame({"park_id": ["P", "Q"]}, [None, INSIDE_EAST])
    whole = park_scopes(parks, carriers, TWO)
    for _ in range(5):
        mixed = carriers.iloc[rng.permutation(count)]
        pd.testing.assert_series_equal(park_scopes(parks[::-1], mixed, TWO[::-1]), whole)


def test_carriers_go_with_their_park_wherever_they_lie() -> None:
    carriers = frame(
        {
            "carrier_id": ["1", "2", "3", "4"],
            "park_id": ["P", "P", None, "stranger"],
            "district_code": [None, "z9", None, "z9"],
        },
        [INSIDE_EAST, NOWHERE, INSIDE_EAST, INSIDE_WEST],
    )
    found = row_scopes(carriers, TWO, by_park=pd.Series({"P": "a1"}))
    assert found.tolist() == ["a1", "a1", "b2", "z9"]
    assert found.index.equals(carriers.index)


def test_units_go_with_their_carrier_and_then_with_their_park() -> None:
    units = pd.DataFrame(
        {"carrier_id": ["1", "gone", "gone", None], "park_id": ["P", "P", "Q", None]},
        index=[7, 8, 9, 10],
    )
    by_park, by_carrier = pd.Series({"P": "a1"}), pd.Series({"1": "b2"})
    found = row_scopes(units, TWO, by_park=by_park, by_carrier=by_carrier)
    assert found.to_dict() == {7: "b2", 8: "a1", 9: "", 10: ""}


def test_a_scope_of_no_district_is_a_scope() -> None:
    carriers = frame({"carrier_id": ["1"], "park_id": ["P"]}, [INSIDE_EAST])
    assert row_scopes(carriers, TWO, by_park=pd.Series({"P": ""})).tolist() == [""]


def test_buildings_belong_where_a_point_inside_of_them_is() -> None:
    # The middle of the horseshoe is in the east, all of it in the west.
    horseshoe = box(0.2, 0.2, 0.9, 0.8).difference(box(0.3, 0.3, 0.9, 0.7))
    astride = box(0.9, 0.1, 1.9, 0.2)
    found = row_scopes(frame({"building_id": ["h", "a"]}, [horseshoe, astride]), TWO)
    assert found.tolist() == ["a1", "b2"]


def test_another_coordinate_system_is_refused() -> None:
    metric = frame({"carrier_id": ["1"]}, [INSIDE_WEST]).set_crs("EPSG:4549", allow_override=True)
    with pytest.raises(ValueError, match="`frame` must have the CRS"):
        row_scopes(metric, TWO)


def test_a_park_listed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="`parks` lists P more than once"):
        park_scopes(pd.DataFrame({"park_id": ["P", "P"]}), NO_CARRIERS, TWO)
