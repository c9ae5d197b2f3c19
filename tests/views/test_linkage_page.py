"""The page 三区联动: figures worked out by hand, what is unknown, and who may see what.

C1 (8,000 m²) is 1,500 m from the only gate and 300 m from the station; C2 (2,000 m²) lies
behind the river; C3 (10,000 m², park P2) is far from everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from layers.access import TrialObject
from layers.frames import GEOMETRY
from layers.team import Role
from tests.access_hand import at as place
from tests.access_hand import degrees
from tests.access_hand import gate as gate_row
from tests.access_hand import layer
from tests.views.linkage_hand import figure
from tests.views.linkage_hand import gate
from tests.views.linkage_hand import on_trial
from tests.views.linkage_hand import opened
from tests.views.linkage_hand import page
from tests.views.linkage_hand import table
from tests.views.linkage_hand import text
from tests.views.linkage_hand import workspace_of
from tests.views.role_hand import PEOPLE
from tests.views.role_hand import work_as
from views import mapview

if TYPE_CHECKING:
    from pathlib import Path

    from layers.picture import Picture
    from layers.workspace import Workspace

Town = Callable[..., "Workspace"]


def _facility(number: int, group: str, x: float) -> dict[str, Any]:
    return {"id": f"f{number}", "name": f"设施{number}", "kind": group, GEOMETRY: place(x, 0.0)}


@pytest.fixture
def town_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    def make(**more: list[dict[str, Any]]) -> Workspace:
        workspace = workspace_of(tmp_path / "workspace", **more)
        monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace.path))
        return workspace

    return make


def test_the_shares_of_the_town_are_those_of_the_hand(town_of: Town) -> None:
    at = opened(town_of()).run()
    assert not at.exception
    assert figure(at, "建筑面积距轨道站 ≤ 600") == "40.0%"  # C1 of 20,000 m²
    assert figure(at, "建筑面积三项都满足") == "0.0%", (
        "no gate is near, so nothing can be all three"
    )
    assert figure(at, "建筑面积 800") == "未知", "nobody supplied facilities: that is not none"
    parks = table(at, "叠合率（至少）").set_index("园区")
    assert parks.loc["东园", "轨道"] == pytest.approx(80.0)
    assert parks["社区"].isna().all()
    assert parks.loc["东园", "1 类（m²）"] == 8000
    assert parks.loc["西园", "0 类（m²）"] == 10000


def test_a_complete_neighbourhood_and_a_near_gate_make_class_three(town_of: Town) -> None:
    groups = ("canteen", "housing", "meeting", "care", "sport", "green")
    rows = [_facility(n, group, 100.0 * n) for n, group in enumerate(groups)]
    west = {"id": "g0", "name": "西门", "campus_id": "A1", GEOMETRY: place(-1500, 0)}
    at = opened(town_of(facilities=rows, gates=[west, gate_row(-800, 0)]), view="spaces").run()
    assert not at.exception
    assert figure(at, "建筑面积三项都满足") == "40.0%"
    spaces = table(at, "为何是这一类").set_index("载体")
    assert spaces.loc["一号楼", "类别"] == "3"
    assert spaces.loc["一号楼", "任一高校 (m)"] == pytest.approx(800, abs=1)
    assert "“北门”步行800 m" in spaces.loc["一号楼", "为何是这一类"]


def test_what_nobody_registered_is_said(town_of: Town) -> None:
    at = opened(town_of(gates=[], stations=[], barriers=[])).run()
    assert not at.exception
    said = text(at)
    for part in ("未登记校门", "未登记轨道站", "未登记设施与住房", "未登记河流"):
        assert part in said
    assert figure(at, "建筑面积距轨道站 ≤ 600") == "未知"
    assert at.button(key="linkage_to_edit").label == "去绘制"


def test_without_carriers_the_page_says_what_to_do(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(empty))
    at = AppTest.from_function(page, default_timeout=60).run()
    assert not at.exception
    assert len(at.info) == 1
    assert not at.dataframe


def test_a_link_sets_the_page_and_what_it_says_wrong_is_told(town_of: Town) -> None:
    at = opened(
        town_of(), gate_m="1600", rail_m="nan", least_groups="99", view="sets", campus_link="linked"
    ).run()
    assert not at.exception
    (warning,) = at.warning
    for part in ("rail_m=nan", "least_groups=99", "view=sets"):
        assert part.replace("_", r"\_").replace("=", r"\=") in warning.value
    assert figure(at, "建筑面积距依托高校校门 ≤ 1,600") != "0.0%"
    assert {n: "".join(v) for n, v in at.query_params.items()} == {
        "detour": "1",
        "gate_m": "1600",
        "campus_link": "linked",
    }


def test_thresholds_that_cannot_stand_together_are_refused_in_words(town_of: Town) -> None:
    at = opened(town_of(), rail_m="2000").run()
    assert not at.exception
    assert "轨道站外圈不得小于内圈" in at.error[0].value
    assert not at.dataframe


def test_a_park_that_is_not_there_is_told_and_all_are_shown(town_of: Town) -> None:
    at = opened(town_of(), park="P9*").run()
    assert not at.exception
    assert "P9" in at.warning[0].value
    assert len(table(at, "叠合率（至少）")) == 2


def test_the_circle_tells_there_missing_and_unknown_apart(town_of: Town) -> None:
    rows = [_facility(1, "canteen", 200.0), _facility(2, "sport", 9000.0)]
    housing = [
        {"id": "h1", "name": "公寓", "kind": "talent", "units_total": 120, "units_available": 7}
        | {GEOMETRY: place(100, 0)}
    ]
    workspace = town_of(facilities=rows, housing=housing)
    at = opened(workspace, park="P1", view="circle").run()
    assert not at.exception
    groups = table(at, "圈内").set_index("设施类别")
    assert groups.loc["食堂餐饮", "圈内"] == "● 有"
    assert groups.loc["食堂餐饮", "步行（m）"] == pytest.approx(200, abs=1)
    assert groups.loc["运动", "圈内"] == "○ 缺"
    assert groups.loc["托育医疗", "圈内"].startswith("◇ 未知")
    assert figure(at, "套住房") == "120"
    assert figure(at, "套可租") == "7"
    assert "圈内居住人口未知" in text(at)


def test_a_viewer_is_not_told_what_single_spaces_measure(
    town_of: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    housing = [
        {"id": "h1", "name": "公寓", "kind": "talent", "units_total": 120, "units_available": 7}
        | {GEOMETRY: place(100, 0)}
    ]
    workspace = town_of(housing=housing)
    for role, told in ((Role.PLANNER, True), (Role.VIEWER, False)):
        work_as(monkeypatch, PEOPLE[role], tmp_path)
        at = opened(workspace, view="spaces").run()
        assert not at.exception
        assert ("建筑面积（m²）" in table(at, "为何是这一类").columns) is told
        assert figure(at, "建筑面积距轨道站 ≤ 600") == "40.0%", "shares are for everybody"
        at = opened(workspace, park="P1", view="circle").run()
        assert ("套可租" in text(at)) is told


def test_the_changes_name_the_object_behind_them(town_of: Town) -> None:
    workspace = town_of()
    west = {"id": "g0", "name": "西门", "campus_id": "A1", GEOMETRY: place(-1500, 0)}
    rows = layer("gates", [west, gate_row(-800, 0)])
    workspace.commit("gates", rows, author="李工", message="北门开放")
    at = opened(workspace, view="changes").run()
    assert not at.exception
    spaces = table(at, "类别·前").set_index("载体")
    assert spaces.loc["一号楼", "类别·前"].startswith("1")
    assert spaces.loc["一号楼", "类别·后"].startswith("2")
    assert "新增校门“北门”" in spaces.loc["一号楼", "依据"]
    assert figure(at, "处类别改变") == "1"


def test_with_one_version_there_is_nothing_to_compare(town_of: Town) -> None:
    at = opened(town_of(), view="changes").run()
    assert not at.exception
    assert any("只有一个版本" in one.value for one in at.info)


def test_a_trial_is_not_part_of_the_changes_since_a_time(town_of: Town) -> None:
    workspace = town_of()
    west = {"id": "g0", "name": "西侧门", "campus_id": "A1", GEOMETRY: place(-1500, 0)}
    workspace.commit("gates", layer("gates", [west]), author="李工", message="改名")
    at = on_trial(opened(workspace, view="changes"), workspace, gate(-800, 0)).run()
    assert not at.exception
    assert "不含试放对象" in text(at)
    assert any("没有变化" in one.value or "都没有随之改变" in one.value for one in at.info)


FOUR = ("canteen", "meeting", "sport", "green")


def test_the_gap_that_helps_most_is_told_and_can_be_tried(town_of: Town) -> None:
    workspace = town_of(facilities=[_facility(n, group, 50.0) for n, group in enumerate(FOUR)])
    at = opened(workspace, view="gaps").run()
    assert not at.exception
    ranking = table(at, "候选")
    best = ranking.iloc[0]
    # A gate on the near side of the campus makes C1, 8,000 of 20,000 m², threefold.
    assert (best["类别"], best["叠合率增加"]) == ("校门", pytest.approx(40.0))
    assert best["新满足三项的面积（m²）"] == 8000
    sets = table(at, "组合·精确法")
    assert list(sets["叠合率·精确法"]) == [pytest.approx(40.0)] * len(sets)
    assert "没有登记任何住房与人才公寓、托育医疗" in text(at)
    pointed = TrialObject("gate", *degrees(-800, 0), campus_id="A1", name="候选门")
    at.session_state["linkage_candidate"] = (workspace.identity, pointed)
    at.run()
    at.button(key="linkage_try_gap").click().run()
    assert not at.exception
    assert figure(at, "建筑面积三项都满足") == "40.0%"
    assert "候选门" in text(at)
    # What is on trial is there for the ranking: C1 is threefold already.
    assert "这里把试放对象当作已建成：候选门" in text(at)
    assert "40.0% 的建筑面积" in text(at)
    assert table(at, "候选")["叠合率增加"].max() == 0


def test_a_campus_without_gates_is_no_candidate_and_is_said(town_of: Town) -> None:
    at = opened(town_of(gates=[]), view="gaps").run()
    assert not at.exception
    assert "请先补登记已有校门：甲大学北校区" in text(at)


def _picture(monkeypatch: pytest.MonkeyPatch) -> list[Picture]:
    """Return the pictures that the page is about to draw."""
    drawn: list[Picture] = []
    real = mapview.show

    def seen(picture: Picture, **more: Any) -> Any:
        drawn.append(picture)
        return real(picture, **more)

    monkeypatch.setattr(mapview, "show", seen)
    return drawn


def test_the_map_marks_classes_the_park_and_its_walking_area(
    town_of: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = _picture(monkeypatch)
    at = opened(town_of(), park="P1", minutes="5").run()
    assert not at.exception
    layers = {layer.key: layer for layer in drawn[-1].layers}
    classes = layers["carriers"].frame.set_index("carrier_id")["class"]
    assert (classes["C1"], classes["C3"]) == ("1?", "0?"), "the neighbourhood is not known"
    assert set(layers["own"].frame["carrier_id"]) == {"C1", "C2"}
    # 400 m around C1 and C2, at detour 1 cut by the river that nobody can cross here.
    reach = layers["reach"].frame.geometry.iloc[0]
    assert reach.contains(place(0, 300))
    assert reach.contains(place(390, 0))
    assert not reach.intersects(place(0, -410))
    assert not reach.intersects(place(700, 340))
    assert drawn[-1].focus is not None


def test_no_walking_area_is_drawn_unless_it_is_wanted(
    town_of: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = _picture(monkeypatch)
    workspace = town_of()
    assert not opened(workspace, park="P1", minutes="none").run().exception
    assert not opened(workspace).run().exception
    assert all("reach" not in {layer.key for layer in picture.layers} for picture in drawn)
    assert len(drawn) >= 2


def test_the_legend_names_every_sign_of_the_map(town_of: Town) -> None:
    stations = [
        {"id": "R1", "name": "路口站", "geometry": place(300, 0)},
        {"id": "R2", "name": "未定位站", "geometry": None},
    ]
    more = {"crossings": [{"id": "x1", "name": "桥", "geometry": place(0, 350)}]}
    workspace = town_of(stations=stations, **more)
    at = on_trial(opened(workspace, park="P1"), workspace, gate(-800, 0)).run()
    assert not at.exception
    shown = "\n".join(str(e.proto.body) for e in at.get("html"))
    rows = dict(re.findall(r'<div><img src="([^"]+)" alt=""><span>([^<]+)</span></div>', shown))
    titles = [title.rsplit(" (", 1)[0] for title in rows.values()]
    for wanted in (
        "2 类：满足两项",
        "高校校区",
        "校门与出入口",
        "轨道交通站",
        "过河过路通道",
        "试放的校门",
    ):
        assert any(wanted in title for title in titles), (wanted, titles)
    # What has no place is not drawn and not counted, and no two signs look the same.
    assert "轨道交通站 (1)" in rows.values()
    assert len(rows) == len(re.findall(r'<div><img src="[^"]+" alt=""><span>', shown))
