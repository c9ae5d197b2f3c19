"""From the layers to the linkage: what counts, and what is unknown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely

from layers.access import ACCESS_TITLES
from layers.access import NEAREST_TITLES
from layers.access import SHARE_TITLES
from layers.access import access_district
from layers.access import access_layer
from layers.access import access_nearest
from layers.access import access_of
from layers.access import access_parks
from layers.access import access_remarks
from layers.errors import AtlasError
from layers.errors import UsageError
from layers.frames import GEOMETRY
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import added
from tests.access_hand import at
from tests.access_hand import box
from tests.access_hand import bridge
from tests.access_hand import gate
from tests.access_hand import town

if TYPE_CHECKING:
    from geo.access import AccessParameters


def spaces(tables: dict[str, Any], parameters: AccessParameters = RULE) -> Any:
    return access_of(tables, CATALOGUE, parameters).spaces.set_index("carrier_id")


def test_the_town_is_as_worked_out_by_hand() -> None:
    found = spaces(town())
    assert found.loc["C1", "linked_gate_m"] == pytest.approx(1500, abs=0.01)
    assert found.loc["C1", "station_m"] == pytest.approx(300, abs=0.01)
    assert math.isnan(found.loc["C2", "station_m"])
    assert found["station_way"].tolist() == ["straight", "blocked", "straight"]
    assert found["met_campus"].tolist() == ["no", "no", "no"]
    assert found["met_rail"].tolist() == ["yes", "no", "no"]
    assert found["met_community"].tolist() == ["unknown"] * 3
    assert found["linkage"].tolist() == [1, 0, 0]
    assert found["linkage_high"].tolist() == [2, 1, 1]


def test_shares_are_of_floor_area() -> None:
    found = access_of(town(), CATALOGUE, RULE)
    parks = access_parks(found).set_index("park_id")
    assert parks.loc["P1", "rail_share"] == pytest.approx(0.8)
    assert parks.loc["P2", "rail_share"] == 0
    assert access_district(found)["rail_share"].item() == pytest.approx(0.4)
    assert parks["community_share_unknown"].tolist() == [1.0, 1.0]


def test_a_closed_gate_is_no_gate_and_an_unsaid_one_is() -> None:
    for is_open, walk in ((True, 800), (None, 800), (False, 1500)):
        found = spaces(added(town(), "gates", gate(-800, 0, open=is_open)))
        assert found.loc["C1", "any_gate_m"] == pytest.approx(walk, abs=0.01)


def test_without_any_gate_the_outline_is_an_estimate() -> None:
    found = spaces({key: frame for key, frame in town().items() if key != "gates"})
    assert found.loc["C1", "met_campus"] == "estimated"
    assert found.loc["C3", "met_campus"] == "no"


@pytest.mark.parametrize(
    ("university", "state"),
    [("甲大学、乙大学", "yes"), ("乙大学/甲大学", "yes"), ("丙大学", "unknown"), (None, "unknown")],
)
def test_the_linked_university_is_any_of_those_named(university: str | None, state: str) -> None:
    parks = [{"park_id": "P1", "name": "东园", "university": university}]
    found = spaces(added(town(parks=parks), "gates", gate(-800, 0)))
    assert found.loc["C1", "met_linked_gate"] == state
    assert found.loc["C1", "met_any_gate"] == "yes"


@pytest.mark.parametrize("status", ["planned", "under_construction", "supported", "former"])
def test_what_is_not_there_is_not_walked_to(status: str) -> None:
    stations = [{"id": "R1", "name": "路口站", "status": status, GEOMETRY: at(300, 0)}]
    found = spaces(town(stations=stations))
    assert found.loc["C1", "met_rail"] == "no"
    assert pd.isna(found.loc["C1", "station_m"])


def test_gates_of_a_former_campus_do_not_count() -> None:
    row = {"id": "A1", "name": "旧校区", "university": "甲大学", "status": "former"}
    campuses = [row | {GEOMETRY: box(-1500, -200, -800, 200)}]
    found = spaces(added(town(campuses=campuses), "gates", gate(-800, 0)))
    assert found.loc["C1", "met_any_gate"] == "no"


def test_closing_the_only_gate_does_not_make_a_campus_easier_to_reach() -> None:
    """By its outline the campus is 800 m away, by its gate 1500 m."""
    for is_open, walk in ((True, 1500.0), (False, None)):
        gates = [{"id": "g0", "name": "西门", "campus_id": "A1", "open": is_open}]
        found = spaces(town(gates=[gates[0] | {GEOMETRY: at(-1500, 0)}])).loc["C1"]
        assert (found["met_any_gate"], found["met_linked_gate"]) == ("no", "no")
        assert pd.isna(found["any_gate_m"]) if walk is None else found["any_gate_m"] > walk - 1


def test_a_school_in_one_house_is_where_it_is_and_a_campus_known_by_a_point_is_not() -> None:
    campus = {"id": "A1", "name": "学院", "university": "甲大学", "accuracy_m": 30.0}
    for kind, state in (("building", "no"), ("campus", "unknown")):
        rows = [{**campus, "kind": kind, GEOMETRY: at(-1200, 0)}]
        tables = {key: f for key, f in town(campuses=rows).items() if key != "gates"}
        assert spaces(tables).loc["C1", "met_any_gate"] == state


def test_a_group_nobody_supplied_is_unknown_and_dwellings_are_housing() -> None:
    tables = added(
        town(), "facilities", {"id": "f1", "name": "食堂", "kind": "canteen", GEOMETRY: at(100, 0)}
    )
    tables = added(tables, "housing", {"id": "f1", "name": "公寓", GEOMETRY: at(0, 400)})
    found = access_of(tables, CATALOGUE, RULE)
    one = found.spaces.set_index("carrier_id")
    assert one.loc["C1", "canteen_m"] == pytest.approx(100, abs=0.01)
    # Behind the river without a crossing: near enough in a straight line, so it stays open.
    assert one["groups_within"].tolist() == [1, 1, 0]
    assert one["groups_unknown"].tolist() == [5, 5, 4]
    assert one.loc["C2", "housing_m"] == pytest.approx(300, abs=0.01)
    objects = found.given.objects
    assert set(objects.loc["facility"].index) == {"f1", "housing:f1"}


def test_a_facility_closed_to_tenants_is_not_counted() -> None:
    row = {"id": "f1", "name": "食堂", "kind": "canteen", "open_to_tenants": False}
    found = spaces(added(town(), "facilities", {**row, GEOMETRY: at(100, 0)}))
    assert found.loc["C1", "groups_within"] == 0
    assert found.loc["C1", "groups_unknown"] == 5


def test_a_crossing_that_cannot_be_walked_opens_nothing() -> None:
    for walkable, open_way in ((True, True), (None, True), (False, False)):
        found = spaces(added(town(), "crossings", bridge(0, walkable=walkable)))
        assert pd.notna(found.loc["C2", "station_m"]) == open_way


def test_space_without_a_place_or_floor_area_is_counted_beside() -> None:
    tables = added(town(), "carriers", {"carrier_id": "C4", "park_id": "P1", "name": "四号楼"})
    found = access_parks(access_of(tables, CATALOGUE, RULE)).set_index("park_id")
    assert found.loc["P1", "spaces"] == 3
    assert found.loc["P1", "spaces_unlocated"] == 1
    assert found.loc["P1", "spaces_without_area"] == 1
    assert found.loc["P1", "floor_area_m2"] == 10000


def test_a_park_without_space_has_no_shares_rather_than_none() -> None:
    tables = added(town(), "parks", {"park_id": "P3", "name": "空园"})
    found = access_parks(access_of(tables, CATALOGUE, RULE)).set_index("park_id")
    assert found.loc["P3", "spaces"] == 0
    assert pd.isna(found.loc["P3", "overlap_share"])
    assert found.loc["P3", "geometry"] is None


def test_what_one_park_gets_does_not_depend_on_the_others() -> None:
    whole = access_of(town(), CATALOGUE, RULE)
    alone = access_of(town(), CATALOGUE, RULE, ["P2"])
    expected = whole.spaces[whole.spaces["park_id"] == "P2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(alone.spaces.drop(columns="geometry")),
        pd.DataFrame(expected.drop(columns="geometry")),
    )


def test_the_order_of_rows_does_not_matter() -> None:
    tables = added(town(), "gates", gate(-800, 0))
    turned = {key: frame.iloc[::-1].reset_index(drop=True) for key, frame in tables.items()}
    one, other = (spaces(t).sort_index() for t in (tables, turned))
    pd.testing.assert_frame_equal(one, other[one.columns])


def test_an_unknown_park_and_missing_carriers_are_refused() -> None:
    with pytest.raises(UsageError, match="P9"):
        access_of(town(), CATALOGUE, RULE, ["P9"])
    with pytest.raises(AtlasError, match="carriers"):
        access_of({"parks": town()["parks"]}, CATALOGUE, RULE)


def test_only_carriers_give_unknown_everywhere() -> None:
    found = access_of({"carriers": town()["carriers"]}, CATALOGUE, RULE)
    assert found.spaces["linkage"].isna().all()
    assert found.district["class_unknown_m2"].item() == 20000


def test_results_are_layers_with_places_in_degrees_and_titles_for_every_column() -> None:
    found = access_of(town(), CATALOGUE, RULE)
    layer, parks = access_layer(found), access_parks(found)
    assert layer.crs == parks.crs == "EPSG:4490"
    assert shapely.distance(layer.geometry.iloc[0], at(0, 0)) < 1e-9
    assert layer["park_name"].tolist() == ["东园", "东园", "西园"]
    assert set(layer.columns) - {"geometry"} == set(ACCESS_TITLES)
    assert set(found.spaces.columns) <= set(layer.columns)
    assert set(parks.columns) - {"geometry"} <= set(SHARE_TITLES)
    assert set(access_district(found).columns) <= set(SHARE_TITLES)
    assert set(access_nearest(found).columns) <= set(NEAREST_TITLES)


def test_remarks_say_rule_layers_what_is_lacking_and_what_is_left_out() -> None:
    lost = {"id": "R2", "name": "无位置站"}
    tables = added(added(town(), "stations", lost), "gates", gate(0, 0, open=False))
    told = " ".join(r.zh for r in access_remarks(access_of(tables, CATALOGUE, RULE), {"gates": 3}))
    assert "gates v3" in told
    assert "未提供：食堂餐饮" in told
    assert "对象 1 处不计" in told
    assert "未定位的目的地 1 处" in told
    assert "不是综合指数" in told
