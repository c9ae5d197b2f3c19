"""Objects on trial: the same as drawn ones, and never stored."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from layers.access import Trial
from layers.access import TrialObject
from layers.access import access_of
from layers.access import access_remarks
from layers.access import compare_access
from layers.access import flags_changed
from layers.access import trial_remarks
from layers.access import with_trial
from layers.errors import UsageError
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import SCATTER
from tests.access_hand import added
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
