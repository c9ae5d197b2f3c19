"""What changed, and which object made the difference: a history written by a script."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any

import pytest

from geo.access import AccessParameters
from layers.access import CHANGE_TITLES
from layers.access import DISTANCE_TITLES
from layers.access import OBJECT_TITLES
from layers.access import SHARE_CHANGE_TITLES
from layers.access import AccessChange
from layers.access import access_of
from layers.access import compare_access
from layers.access import flags_changed
from layers.frames import GEOMETRY
from layers.timeline import tables_at
from layers.workspace import Workspace
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import SCATTER
from tests.access_hand import added
from tests.access_hand import at
from tests.access_hand import box
from tests.access_hand import bridge
from tests.access_hand import gate
from tests.access_hand import line
from tests.access_hand import town

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

CANTEEN = {"id": "f1", "name": "一食堂", "kind": "canteen"}


def compared(
    before: dict[str, Any], after: dict[str, Any], rule: AccessParameters = RULE
) -> AccessChange:
    return compare_access(access_of(before, CATALOGUE, RULE), access_of(after, CATALOGUE, rule))


def one(change: AccessChange, carrier: str, key: str) -> pd.Series[Any]:
    rows = change.distances
    return rows[(rows["carrier_id"] == carrier) & (rows["key"] == key)].iloc[0]


def reasons(change: AccessChange, carrier: str) -> str:
    return str(change.spaces.set_index("carrier_id").loc[carrier, "reason_zh"])


def test_nothing_changed_gives_nothing() -> None:
    found = compared(town(), town())
    assert [len(t) for t in (found.objects, found.spaces, found.distances, found.parks)] == [0] * 4
    assert found.comparable


def test_a_new_gate_is_named_with_both_distances_and_the_class() -> None:
    found = compared(town(), added(town(), "gates", gate(-800, 0)))
    assert found.objects[["kind", "id", "change"]].to_numpy().tolist() == [["gate", "g1", "added"]]
    row = one(found, "C1", "linked_gate")
    assert (row["walk_m_before"], row["walk_m_after"]) == pytest.approx((1500, 800), abs=0.01)
    assert row["change_m"] == pytest.approx(-700, abs=0.01)
    assert (row["state_before"], row["state_after"]) == ("no", "yes")
    assert row["causes"] == "gate:g1"
    told = reasons(found, "C1")
    assert told == (
        "新增校门“北门”：到依托高校 “西门” 1,500 m → “北门” 800 m；校园条件 不满足 → 满足；"
        "联动 1 类（1–2） → 2 类（2–3）。"
    )
    share = found.parks.set_index("park_id").loc["P1"]
    assert share["any_gate_share_change"] == pytest.approx(0.8)
    # C2 beyond the river is told of the new gate too, and P2 is 500 m nearer to none.
    assert share["reason_zh"] == "新增校门“北门”（2 处空间）。"
    assert found.district["any_gate_share_change"].item() == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("gates", "word"),
    [
        ([], "删除校门“北门”"),
        ([gate(-800, 0, open=False)], "关闭校门“北门”"),
        ([gate(-1500, 150)], "移动校门“北门”"),
    ],
)
def test_a_gate_that_went_is_named_as_removed_closed_or_moved(
    gates: list[dict[str, Any]], word: str
) -> None:
    west = {"id": "g0", "name": "西门", "campus_id": "A1", GEOMETRY: at(-1500, 0)}
    found = compared(added(town(), "gates", gate(-800, 0)), town(gates=[west, *gates]))
    row = one(found, "C1", "any_gate")
    assert row["walk_m_after"] == pytest.approx(1500, abs=0.01)
    assert row["reason_zh"].startswith(word)
    assert row["causes"] == "gate:g1"


def test_a_closed_gate_that_opens_is_opened() -> None:
    shut = added(town(), "gates", gate(-800, 0, open=False))
    found = compared(shut, added(town(), "gates", gate(-800, 0, open=True)))
    assert one(found, "C1", "any_gate")["reason_zh"].startswith("开放校门“北门”")


def test_the_first_gate_of_a_campus_explains_why_another_one_decides() -> None:
    campuses = [
        {"id": "A1", "name": "近校区", GEOMETRY: box(-900, -50, -700, 50)},
        {"id": "A2", "name": "远校区", GEOMETRY: box(800, -50, 900, 50)},
    ]
    before = {k: v for k, v in town(campuses=campuses).items() if k != "gates"}
    found = compared(before, added(before, "gates", gate(-2000, 0)))
    row = one(found, "C1", "any_gate")
    assert (row["id_before"], row["id_after"]) == ("A1", "A2")
    assert row["causes"] == "gate:g1"


def test_a_bridge_is_named_and_one_that_is_not_on_the_way_is_not() -> None:
    far = bridge(5000, id="x9", name="远桥")
    found = compared(town(), added(town(), "crossings", bridge(0), far))
    row = one(found, "C2", "station")
    # 350 m to the bridge, then the hypotenuse of 300 and 350.
    assert row["walk_m_after"] == pytest.approx(350 + (300**2 + 350**2) ** 0.5, abs=0.01)
    assert (row["way_before"], row["way_after"]) == ("blocked", "crossing")
    assert row["causes"] == "crossing:x1"
    assert "新增通道“人行桥”" in reasons(found, "C2")
    assert "被阻隔 → 811 m（经通道）" in reasons(found, "C2")
    assert "C1" not in set(found.spaces["carrier_id"])


def test_two_bridges_of_which_either_would_do_are_not_blamed_alone() -> None:
    twin = bridge(0, id="x2", name="孪生桥")
    found = compared(town(), added(town(), "crossings", bridge(0), twin))
    row = one(found, "C2", "station")
    assert row["causes"] == ""
    assert "不能归于单个对象" in row["reason_zh"]


def test_a_new_barrier_is_named() -> None:
    wall = {"id": "b2", "name": "铁路", GEOMETRY: line((150, -9000), (150, 9000))}
    found = compared(town(), added(town(), "barriers", wall))
    row = one(found, "C1", "station")
    assert row["way_after"] == "blocked"
    assert row["reason_zh"].startswith("新增阻隔“铁路”")
    assert "轨道条件 满足 → 未知" in reasons(found, "C1")


def test_of_a_gate_that_came_and_one_that_went_the_one_that_explains_the_walk_is_named() -> None:
    near = added(town(), "gates", gate(-800, 0))
    far = added(town(), "gates", gate(-900, 0, id="g2", name="南门"))
    longer = one(compared(near, far), "C1", "any_gate")
    assert (longer["change_m"], longer["causes"]) == (pytest.approx(100, abs=0.01), "gate:g1")
    shorter = one(compared(far, near), "C1", "any_gate")
    assert (shorter["change_m"], shorter["causes"]) == (pytest.approx(-100, abs=0.01), "gate:g1")


def test_a_barrier_before_the_old_station_explains_why_another_one_decides() -> None:
    before = added(town(), "stations", {"id": "R2", "name": "西站", GEOMETRY: at(-500, 0)})
    wall = {"id": "b2", "name": "铁路", GEOMETRY: line((150, -9000), (150, 9000))}
    row = one(compared(before, added(before, "barriers", wall)), "C1", "station")
    assert (row["id_before"], row["id_after"]) == ("R1", "R2")
    assert row["causes"] == "barrier:b2"


def test_a_walking_network_is_named_as_one() -> None:
    street = {"id": "w1", GEOMETRY: line((0, 0), (0, -400), (300, -400), (300, 0))}
    found = compared(town(), added(town(), "walkways", street))
    row = one(found, "C1", "station")
    assert row["walk_m_after"] == pytest.approx(1100, abs=0.01)
    assert row["reason_zh"].startswith("步行路网 1 条有变化")


def test_a_moved_space_another_university_and_floor_area_are_causes_of_their_own() -> None:
    after = town(parks=[{"park_id": "P1", "name": "东园", "university": "乙大学"}])
    after["carriers"].loc[0, "gross_area_m2"] = 9000.0
    after["carriers"].loc[2, GEOMETRY] = at(2100, 0)
    found = compared(town(), after)
    assert "依托高校由“甲大学”改为“乙大学”" in one(found, "C1", "linked_gate")["reason_zh"]
    assert "建筑面积 8,000 m² → 9,000 m²" in reasons(found, "C1")
    assert "空间位置变化" in reasons(found, "C3")


def test_new_and_gone_spaces_are_listed() -> None:
    after = town()
    after["carriers"] = after["carriers"].iloc[:2]
    found = compared(town(), after)
    assert found.spaces[["carrier_id", "change"]].to_numpy().tolist() == [["C3", "removed"]]
    assert reasons(found, "C3") == "空间已不在登记中：联动 0 类（0–1） → 无。"
    turned = compared(after, town())
    assert turned.spaces[["carrier_id", "change"]].to_numpy().tolist() == [["C3", "added"]]


def test_other_parameters_are_not_compared_as_if_the_town_had_changed() -> None:
    found = compared(town(), town(), AccessParameters(detour=1.0, rail_m=200.0, rail_far_m=300.0))
    assert not found.comparable
    assert "参数不同（rail_m 600.0 → 200.0" in reasons(found, "C1")
    assert found.parks["rail_share_change"].isna().all()
    assert found.parks.set_index("park_id").loc["P1", "rail_share_after"] == 0


def test_a_campus_facility_opened_to_tenants_is_named_though_no_walk_changed() -> None:
    place = {**CANTEEN, "campus_id": "A1", GEOMETRY: at(-700, 0)}
    before = added(town(), "facilities", place)
    found = compared(before, added(town(), "facilities", {**place, "open_to_tenants": True}))
    assert found.distances.empty
    assert found.spaces["causes"].tolist() == ["facility:f1"]
    assert reasons(found, "C1") == "更改设施“一食堂”；开放的校园设施 未知 → 1。"
    assert found.parks["open_share_change"].item() == pytest.approx(0.8)


def test_of_a_large_network_only_what_changed_is_looked_at() -> None:
    streets = [{"id": f"w{n}", GEOMETRY: line((0, 10.0 * n), (400, 10.0 * n))} for n in range(300)]
    before = added(town(), "walkways", *streets)
    after = added(town(), "walkways", *streets[:299])
    found = compared(before, after).objects
    assert found[["kind", "id", "change"]].to_numpy().tolist() == [["walkway", "w299", "removed"]]


def test_every_column_of_a_change_has_a_title() -> None:
    found = compared(town(), added(town(), "gates", gate(-800, 0)))
    for table, titles in (
        (found.spaces, CHANGE_TITLES),
        (found.distances, DISTANCE_TITLES),
        (found.parks, SHARE_CHANGE_TITLES),
        (found.district, SHARE_CHANGE_TITLES),
        (found.objects, OBJECT_TITLES),
    ):
        assert set(table.columns) <= set(titles)


def test_a_change_told_backwards_is_the_same_change_turned_round() -> None:
    after = added(added(town(), "gates", gate(-800, 0)), "crossings", bridge(0))
    there, back = compared(town(), after).distances, compared(after, town()).distances
    turned = back.set_index(["carrier_id", "key"])
    straight = there.set_index(["carrier_id", "key"])
    assert len(straight) > 5
    assert turned.index.tolist() == straight.index.tolist()
    for name in ("id", "way", "state"):
        assert turned[f"{name}_before"].tolist() == straight[f"{name}_after"].tolist()
    assert turned["causes"].tolist() == straight["causes"].tolist()


def test_a_park_that_is_new_has_no_flag_to_move() -> None:
    after = added(town(), "carriers", {"carrier_id": "C9", "park_id": "P9", GEOMETRY: at(9, 9)})
    found = flags_changed(town(), after, CATALOGUE, SCATTER, parks=["P9"], chance=None)
    assert found.empty


def test_a_bridge_moves_the_flag_of_a_park_and_is_named() -> None:
    after = added(town(), "crossings", bridge(0), bridge(5000, id="x9", name="远桥"))
    found = flags_changed(town(), after, CATALOGUE, SCATTER, chance=None)
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["park_id"], row["flag_before"], row["flag_after"]) == ("P1", "yellow", "green")
    assert row["direction"] == "better"
    assert row["causes"] == "crossing:x1"
    assert row["reason_zh"].startswith("新增通道“人行桥”：标识")
    assert "80.0% → 100.0%" in row["reason_zh"]
    back = flags_changed(after, town(), CATALOGUE, SCATTER, chance=None).iloc[0]
    assert (back["direction"], back["flag_after"]) == ("worse", "yellow")
    assert back["reason_zh"].startswith("删除通道“人行桥”")


def test_a_gate_moves_no_flag() -> None:
    after = added(town(), "gates", gate(-800, 0))
    assert flags_changed(town(), after, CATALOGUE, SCATTER, chance=None).empty


def test_a_flag_moved_by_space_is_not_blamed_on_a_bridge() -> None:
    after = town()
    after["carriers"] = after["carriers"].iloc[[0, 2]].reset_index(drop=True)
    row = flags_changed(town(), after, CATALOGUE, SCATTER, chance=None).iloc[0]
    assert row["causes"] == ""
    assert "图层有变化（carriers）" in row["reason_zh"]


def test_a_history_is_told_step_by_step_and_an_undo_undoes_all_of_it(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="甲", edition=None)
    for key, frame in town().items():
        workspace.commit(key, frame, author="甲", message="start")
    tables = town()
    steps = [
        ("gates", added(tables, "gates", gate(-800, 0))["gates"]),
        ("crossings", added(tables, "crossings", bridge(0))["crossings"]),
        (
            "facilities",
            added(tables, "facilities", {**CANTEEN, GEOMETRY: at(100, 0)})["facilities"],
        ),
        ("gates", added(tables, "gates", gate(-800, 0, open=False))["gates"]),
        ("gates", added(tables, "gates", gate(-800, 0))["gates"]),
    ]
    times = [newest(workspace)]
    for key, frame in steps:
        workspace.commit(key, frame, author="乙", message="edit")
        times.append(newest(workspace))
    found = [access_of(tables_at(workspace, time), CATALOGUE, RULE) for time in times]
    told = [compare_access(a, b) for a, b in pairwise(found)]
    causes = [set(change.distances["causes"]) for change in told]
    assert causes == [{"gate:g1"}, {"crossing:x1"}, {"facility:f1"}, {"gate:g1"}, {"gate:g1"}]
    assert "关闭校门“北门”" in reasons(told[3], "C1")
    assert "开放校门“北门”" in reasons(told[4], "C1")
    classes = [result.spaces.set_index("carrier_id")["linkage"].tolist() for result in found]
    assert classes == [[1, 0, 0], [2, 0, 0], [2, 0, 0], [2, 0, 0], [1, 0, 0], [2, 0, 0]]
    undone = compare_access(found[3], found[5])
    assert undone.spaces.empty
    assert undone.objects.empty


def newest(workspace: Workspace) -> str:
    return str(workspace.history()["time"].max())


def test_a_gap_that_was_blocked_is_never_told_as_shorter_than_the_walk_that_opens_it() -> None:
    # 700 m in a straight line across the river; over a bridge 300 m aside twice √(300²+350²).
    walk = 2 * math.hypot(300, 350)
    after = added(town(), "crossings", bridge(300))
    row = flags_changed(town(), after, CATALOGUE, SCATTER, chance=None).iloc[0]
    assert row["longest_gap_m_before"] == pytest.approx(700, abs=0.1)
    assert row["longest_gap_m_after"] == pytest.approx(walk, abs=0.1)
    assert (row["blocked_gaps_before"], row["blocked_gaps_after"]) == (1, 0)
    assert "最长断档 被阻隔、无路可走（以直线 700 m 计） → 922 m" in row["reason_zh"]
    assert "blocked, no walk known (counted as 700 m in a line) → 922 m" in row["reason_en"]
    back = flags_changed(after, town(), CATALOGUE, SCATTER, chance=None).iloc[0]
    assert "最长断档 922 m → 被阻隔、无路可走（以直线 700 m 计）" in back["reason_zh"]


def test_beside_a_longer_gap_the_blocked_one_is_told_too() -> None:
    carriers = [
        {"carrier_id": key, "park_id": "P1", "name": key, "gross_area_m2": 1000.0}
        | {"geometry": at(*place)}
        for key, place in (("C1", (0, 0)), ("C2", (0, 700)), ("C4", (850, 0)))
    ]
    before = town(carriers=carriers)
    after = added(before, "crossings", bridge(300))
    row = flags_changed(before, after, CATALOGUE, SCATTER, chance=None).iloc[0]
    assert "最长断档 850 m（另有 1 处断档被阻隔，以直线计） → 922 m" in row["reason_zh"]
