"""What the ranking of gaps says of itself: what could not be tried, and what is on trial."""

from __future__ import annotations

from typing import Any

from layers.access import Trial
from layers.access import TrialObject
from layers.access import gaps_of
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import at
from tests.access_hand import box
from tests.access_hand import degrees
from tests.access_hand import town

# All six groups of facilities beside C1, so that campus, rail and crossing decide.
GROUPS = ("canteen", "housing", "meeting", "care", "sport", "green")
FACILITIES = [
    {"id": f"F{n}", "name": group, "kind": group, "geometry": at(50, 0)}
    for n, group in enumerate(GROUPS)
]
GATE = TrialObject("gate", *degrees(-800, 0), campus_id="A1", name="东门")


def told(tables: dict[str, Any], trial: Trial | None = None) -> list[str]:
    found = gaps_of(tables, CATALOGUE, RULE, trial=trial)
    return [remark.zh for remark in found.remarks]


def test_without_a_station_nothing_gains_and_that_is_said() -> None:
    bare = town(facilities=FACILITIES, stations=[])
    found = gaps_of(bare, CATALOGUE, RULE)
    assert found.ranking["gain_overlap_m2"].eq(0).all()
    assert len(found.ranking) > 0
    assert sum("轨道站" in remark.zh for remark in found.remarks) == 1
    assert any("the overlap cannot grow" in remark.en for remark in found.remarks)
    assert not any("轨道站" in remark for remark in told(town(facilities=FACILITIES)))
    closed = [{"id": "R1", "name": "站", "status": "planned", "geometry": at(300, 0)}]
    assert any("轨道站" in remark for remark in told(town(facilities=FACILITIES, stations=closed)))


def test_a_campus_that_is_only_a_point_is_named_among_what_is_not_tried() -> None:
    campuses = [
        {"id": "A1", "name": "甲校区", "kind": "campus", "geometry": box(-1500, -200, -800, 200)},
        {"id": "B1", "name": "乙校区", "kind": "campus", "geometry": at(0, -900)},
        {"id": "D1", "name": "丁校区", "kind": "campus", "geometry": at(0, -1900)},
    ]
    gates = [
        {"id": "g0", "name": "西门", "campus_id": "A1", "geometry": at(-1500, 0)},
        {"id": "g1", "name": "正门", "campus_id": "B1", "geometry": at(0, -900)},
    ]
    remarks = told(town(campuses=campuses, gates=gates))
    (points,) = [remark for remark in remarks if "只有点位" in remark]
    assert points.endswith("不作候选：乙校区"), (
        "of 丁校区 its gates are missing, which is said apart"
    )
    (bare,) = [remark for remark in remarks if "未登记校门的校区" in remark]
    assert bare.endswith("丁校区")
    assert not any("只有点位" in remark for remark in told(town()))


def test_what_is_on_trial_is_not_missing_any_more() -> None:
    tables = town(facilities=FACILITIES)
    before, after = (gaps_of(tables, CATALOGUE, RULE, trial=t) for t in (None, Trial((GATE,))))
    # C1 lacks the campus alone: 8,000 of 20,000 m² gain by a gate on the near side.
    assert before.ranking.iloc[0]["gain_overlap_m2"] == 8000
    assert (before.base_share, after.base_share) == (0.0, 0.4)
    near = after.ranking[after.ranking["kind"].eq("gate")]
    assert near.empty or near["gain_overlap_m2"].max() == 0
