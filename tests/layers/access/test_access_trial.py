"""Objects on trial: the same as drawn ones, and never stored."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from layers.access import Trial
from layers.access import TrialObject
from layers.access import access_of
from layers.access import access_remarks
from layers.access import compare_access
from layers.access import estimate_at_stake
from layers.access import estimates_dropped
from layers.access import flags_changed
from layers.access import trial_remarks
from layers.access import with_trial
from layers.errors import Text
from layers.errors import UsageError
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import SCATTER
from tests.access_hand import added
from tests.access_hand import at
from tests.access_hand import box
from tests.access_hand import bridge
from tests.access_hand import degrees
from tests.access_hand import gate
from tests.access_hand import town

GATE = TrialObject("gate", *degrees(-800, 0), campus_id="A1", name="北门")
BRIDGE = TrialObject("crossing", *degrees(0, 350), name="人行桥")
CANTEEN = TrialObject("facility", *degrees(100, 0), group="canteen", name="食堂")


def test_a_gate_on_trial_is_the_gate_that_would_be_drawn() -> None:
    tried = access_of(town(), CATALOGUE, RULE, trial=Trial((GATE,)))
    drawn = access_of(added(town(), "gates", gate(-800, 0, id="trial-1")), CATALOGUE, RULE)
    pd.testing.assert_frame_equal(
        pd.DataFrame(tried.spaces.drop(columns="geometry")),
        pd.DataFrame(drawn.spaces.drop(columns="geometry")),
    )


def test_the_layers_stay_as_they_are() -> None:
    tables = town()
    lengths = {key: len(frame) for key, frame in tables.items()}
    made = with_trial(tables, CATALOGUE, Trial((GATE, BRIDGE, CANTEEN)))
    assert {key: len(frame) for key, frame in tables.items()} == lengths
    assert [len(made[key]) for key in ("gates", "crossings", "facilities")] == [2, 1, 1]
    assert list(made["gates"].columns) == list(tables["gates"].columns)
    assert dict(made["gates"].dtypes) == dict(tables["gates"].dtypes)


def test_each_object_on_trial_is_named_for_what_it_changed() -> None:
    trial = Trial((GATE, BRIDGE, CANTEEN))
    before = access_of(town(), CATALOGUE, RULE)
    found = compare_access(before, access_of(town(), CATALOGUE, RULE, trial=trial))
    rows = found.distances.set_index(["carrier_id", "key"])["causes"]
    assert rows["C1", "any_gate"] == "gate:trial-1"
    assert rows["C2", "station"] == "crossing:trial-2"
    assert rows["C2", "canteen"] == "facility:trial-3"
    flags = flags_changed(
        town(), with_trial(town(), CATALOGUE, trial), CATALOGUE, SCATTER, chance=None
    )
    assert flags["causes"].tolist() == ["crossing:trial-2"]


def test_remarks_of_a_result_name_what_is_on_trial() -> None:
    found = access_of(town(), CATALOGUE, RULE, trial=Trial((GATE,)))
    assert any("含试放对象（未存入图层）：北门" in r.zh for r in access_remarks(found, {}))


def test_a_crossing_that_opens_nothing_says_so() -> None:
    away = TrialObject("crossing", *degrees(0, 150), name="天桥")
    told = trial_remarks(town(), CATALOGUE, Trial((away, BRIDGE)), RULE)
    assert [remark.zh for remark in told] == ["通道“天桥”距最近的阻隔 200 m，超过 50 m，不起作用"]
    without = {key: frame for key, frame in town().items() if key != "barriers"}
    assert "没有登记任何阻隔" in trial_remarks(without, CATALOGUE, Trial((BRIDGE,)), RULE)[0].zh


def test_a_bridge_on_trial_beside_a_drawn_one_shortens_the_walk_through_it() -> None:
    tables = added(town(), "crossings", bridge(500))
    trial = Trial((TrialObject("crossing", *degrees(100, 350), name="新桥"),))
    found = compare_access(
        access_of(tables, CATALOGUE, RULE), access_of(tables, CATALOGUE, RULE, trial=trial)
    )
    row = found.distances.set_index(["carrier_id", "key"]).loc["C2"].loc["station"]
    # From (0, 700) over (500, 350), or over (100, 350), to (300, 0).
    long_way = math.hypot(500, 350) + math.hypot(200, 350)
    short_way = math.hypot(100, 350) + math.hypot(200, 350)
    assert row["walk_m_before"] == pytest.approx(long_way, abs=0.01)
    assert row["walk_m_after"] == pytest.approx(short_way, abs=0.01)
    assert row["causes"] == "crossing:trial-1"


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"kind": "tunnel", "lon": 1, "lat": 1}, "试放"),
        ({"kind": "crossing", "lon": 31.3, "lat": 121.5}, "先写经度"),
        ({"kind": "crossing", "lon": float("nan"), "lat": 1}, "先写经度"),
        ({"kind": "gate", "lon": 1, "lat": 1}, "所属校区"),
        ({"kind": "facility", "lon": 1, "lat": 1, "group": "pub"}, "指明类别"),
    ],
)
def test_what_could_not_be_an_object_is_refused(wrong: dict[str, object], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        TrialObject(**wrong)  # type: ignore[arg-type]


def test_a_gate_of_an_unknown_campus_is_refused() -> None:
    stray = TrialObject("gate", 1, 1, campus_id="A9")
    with pytest.raises(UsageError, match="A9"):
        access_of(town(), CATALOGUE, RULE, trial=Trial((stray,)))


WALLED: dict[str, Any] = {
    "id": "A1",
    "name": "甲大学北校区",
    "university": "甲大学",
    "kind": "campus",
}
WALLED |= {"geometry": box(-1500, -200, -800, 200)}
# A campus of which only a point is known, south of C1.
POINT: dict[str, Any] = {"id": "B1", "name": "乙大学", "university": "乙大学", "kind": "campus"}
POINT |= {"geometry": at(0, -1450)}
FAR_GATE = TrialObject("gate", *degrees(-1400, 0), campus_id="A1", name="西门")
DROPPED = "“甲大学北校区”此前没有登记的校门，按边界估算，现按校门计算，原估算不再使用"


def test_the_first_gate_of_a_campus_replaces_its_estimate_and_that_is_said() -> None:
    tables = town(campuses=[WALLED, POINT], gates=[])
    trial = Trial((FAR_GATE,))
    before, after = (access_of(tables, CATALOGUE, RULE, trial=t) for t in (None, trial))
    found = compare_access(before, after)
    # By hand: the outline is 800 m from C1, its gate 1,400 m, the point of B1 1,450 m, and
    # a gate of B1 may be 500 m nearer than that: it decides, though the gate is nearer.
    row: Any = found.distances.set_index(["carrier_id", "key"]).loc["C1", "any_gate"]
    assert (row["walk_m_before"], row["walk_m_after"]) == pytest.approx((800, 1450), abs=0.1)
    assert (
        "“乙大学” 1,450 m（未登记校门，估算）（更近的“西门” 1,400 m 不作判定依据）"
        in row["reason_zh"]
    )
    assert row["causes"] == "gate:trial-1"
    for table in (found.distances, found.spaces, found.parks, found.district):
        assert table["reason_zh"].iloc[0].count(DROPPED) == 1
        assert "the estimate does not count any more" in table["reason_en"].iloc[0]
    nearest: Any = after.nearest.set_index(["carrier_id", "key"]).loc["C1", "any_gate"]
    assert (nearest["nearer_name"], round(nearest["nearer_m"])) == ("西门", 1400)
    told = str(after.spaces.set_index("carrier_id").loc["C1", "reason_zh"])
    assert "“乙大学”只有点位而无校门" in told
    assert "最近的是“西门”，步行1,400 m，也超过1,000 m" in told
    assert any(DROPPED in remark.zh for remark in access_remarks(after, {}))
    assert not any("估算，现按" in remark.zh for remark in access_remarks(before, {}))


def test_only_a_campus_without_a_gate_has_an_estimate_at_stake() -> None:
    bare = town(campuses=[WALLED, POINT], gates=[])
    told = estimate_at_stake(bare, "A1")
    assert told is not None
    assert DROPPED in told.zh
    assert "先补登记" in told.zh
    assert "按点位估算" in (estimate_at_stake(bare, "B1") or Text("", "")).zh
    assert estimate_at_stake(bare, "A9") is None
    assert estimate_at_stake(town(), "A1") is None
    lost = town(campuses=[WALLED], gates=[{"id": "g0", "name": "某门", "campus_id": "A1"}])
    assert estimate_at_stake(lost, "A1") is not None, "a gate without a place is none yet"
    planned = town(campuses=[{**WALLED, "status": "planned"}], gates=[])
    assert estimate_at_stake(planned, "A1") is None
    two = Trial((FAR_GATE, TrialObject("gate", *degrees(-800, 0), campus_id="A1"), BRIDGE))
    assert [t.zh for t in estimates_dropped(bare, two)] == [DROPPED]
    assert [told.zh.startswith(DROPPED) for told in trial_remarks(bare, CATALOGUE, two, RULE)] == [
        True
    ]


def test_a_campus_that_lost_its_last_gate_is_said_to_be_estimated_again() -> None:
    with_gate = access_of(town(campuses=[WALLED]), CATALOGUE, RULE)
    without = access_of(town(campuses=[WALLED], gates=[]), CATALOGUE, RULE)
    row: Any = (
        compare_access(with_gate, without).distances.set_index("carrier_id").loc["C1"].iloc[0]
    )
    assert "“甲大学北校区”已没有登记的校门，改按边界估算" in row["reason_zh"]
