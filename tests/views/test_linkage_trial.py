"""Trying out on the page 三区联动: what changes and why, saving as a version, taking back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.frames import GEOMETRY
from layers.team import Role
from tests.access_hand import at as place
from tests.access_hand import layer
from tests.views.linkage_hand import crossing
from tests.views.linkage_hand import facility
from tests.views.linkage_hand import figure
from tests.views.linkage_hand import gate
from tests.views.linkage_hand import on_trial
from tests.views.linkage_hand import opened
from tests.views.linkage_hand import table
from tests.views.linkage_hand import text
from tests.views.linkage_hand import workspace_of
from tests.views.offers_hand import offered
from tests.views.role_hand import PEOPLE
from tests.views.role_hand import work_as

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from layers.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = workspace_of(tmp_path / "workspace")
    monkeypatch.setenv("ATLAS_WORKSPACE", str(made.path))
    return made


def _save(at: AppTest, *, author: str = "李工", source: str = "踏勘", why: str = "已开") -> AppTest:
    at.text_input(key="linkage_author").set_value(author)
    at.text_input(key="linkage_source").set_value(source)
    at.text_input(key="linkage_message").set_value(why)
    save = next(button for button in at.button if button.label == "保存为新版本")
    return save.click().run()


def test_a_gate_on_trial_changes_distance_and_class_with_the_reason(workspace: Workspace) -> None:
    at = on_trial(opened(workspace), workspace, gate(-800, 0)).run()
    assert not at.exception
    spaces = table(at, "类别·前").set_index("载体")
    row = spaces.loc["一号楼"]
    assert (row["类别·前"][0], row["类别·后"][0]) == ("1", "2")
    assert "新增校门“东门”" in row.iloc[-1]
    assert "1,500 m → “东门” 800 m" in row.iloc[-1]
    assert figure(at, "建筑面积距任一高校校门 ≤ 1,000") == "40.0%"
    assert "linkage_changes_trial.xlsx" in offered(at)
    assert workspace.version("gates") == 0


def test_a_crossing_on_trial_moves_the_scatter_flag_with_the_reason(workspace: Workspace) -> None:
    # 500 m apart, 662 m on foot: within the 800 m of the rule, if one can cross.
    near = [
        {"carrier_id": f"C{n}", "park_id": "P1", "name": f"{n}号", "gross_area_m2": 5000.0}
        | {GEOMETRY: place(0, y)}
        for n, y in ((1, 0.0), (2, 500.0))
    ]
    workspace.commit("carriers", layer("carriers", near), author="test", message="near")
    at = on_trial(opened(workspace), workspace, crossing(0, 350)).run()
    assert not at.exception
    flags = table(at, "标识·前").set_index("园区")
    assert flags.loc["东园", "标识·前"] != flags.loc["东园", "标识·后"]
    assert "人行桥" in flags.loc["东园"].iloc[-1]
    assert figure(at, "个园区的分散标识改变") == "1"


def test_the_circle_counts_a_facility_on_trial_and_says_so(workspace: Workspace) -> None:
    def canteen(at: AppTest) -> Any:
        assert not at.exception
        return table(at, "圈内").set_index("设施类别").loc["食堂餐饮"]

    opening = {"park": "P1", "view": "circle"}
    before = opened(workspace, **opening).run()
    assert "含试放对象" not in "\n".join(one.value for one in before.caption)
    count = canteen(before)["处数"]
    at = opened(workspace, **opening)
    at = on_trial(at, workspace, facility(30, 0, "canteen", "新食堂")).run()
    now = canteen(at)
    assert now["圈内"] == "● 有"
    assert now["处数"] == (0 if pd.isna(count) else count) + 1
    assert now["最近的"] == "新食堂"
    assert now["步行（m）"] == pytest.approx(30, abs=1)
    assert any("含试放对象" in one.value for one in at.caption)
    assert "linkage_circle_trial.xlsx" in offered(at)


def test_a_crossing_far_from_every_barrier_is_said_to_open_nothing(workspace: Workspace) -> None:
    at = on_trial(opened(workspace), workspace, crossing(0, -900)).run()
    assert not at.exception
    assert any("不起作用" in one.value for one in at.warning)
    assert "没有变化" in text(at) or "都没有随之改变" in text(at)


def test_what_is_taken_away_changes_nothing_any_more(workspace: Workspace) -> None:
    at = on_trial(opened(workspace), workspace, gate(-800, 0), gate(-850, 0, "二门")).run()
    at.button(key="linkage_remove_0").click().run()
    assert not at.exception
    assert "“二门” 850 m" in table(at, "类别·前").iloc[0, -1]
    at.button(key="linkage_clear").click().run()
    assert not at.exception
    assert "试放之后会怎样" not in text(at)
    assert figure(at, "建筑面积距任一高校校门 ≤ 1,000") == "0.0%"


def test_it_is_saved_as_a_version_of_its_layer_and_taken_back(workspace: Workspace) -> None:
    at = on_trial(opened(workspace), workspace, gate(-800, 0), crossing(0, 350)).run()
    _save(at)
    assert not at.exception
    assert "已保存" in at.success[0].value
    assert "试放之后会怎样" not in text(at)
    history = workspace.history("gates").iloc[0]
    assert (history["author"], history["message"]) == ("李工", "已开")
    row = workspace.read("gates").set_index("name").loc["东门"]
    assert (row["campus_id"], row["source"]) == ("A1", "踏勘")
    assert list(workspace.read("crossings")["name"]) == ["人行桥"]
    assert figure(at, "建筑面积距任一高校校门 ≤ 1,000") == "40.0%", (
        "now it is the layer that says so"
    )
    at.button(key="linkage_back").click().run()
    assert not at.exception
    assert list(workspace.read("gates")["name"]) == ["西门"]
    assert workspace.read("crossings").empty
    assert workspace.version("gates") == 2, "taken back by a new version, nothing is lost"


@pytest.mark.parametrize("lacking", ["author", "source", "why"])
def test_without_name_source_or_reason_nothing_is_saved(workspace: Workspace, lacking: str) -> None:
    at = on_trial(opened(workspace), workspace, gate(-800, 0)).run()
    _save(at, **{lacking: "  "})
    assert not at.exception
    assert at.error
    assert workspace.version("gates") == 0
    assert figure(at, "处类别改变") == "1", "it is still on trial"


def test_what_others_saved_meanwhile_stays(workspace: Workspace) -> None:
    at = on_trial(opened(workspace), workspace, gate(-800, 0)).run()
    old = workspace.read("gates")
    other = layer("gates", [{"id": "g7", "name": "南门", "geometry": old.geometry.iloc[0]}])
    workspace.commit("gates", other, author="王工", message="南门")
    _save(at)
    assert not at.exception
    assert set(workspace.read("gates")["name"]) == {"南门", "东门"}


def test_a_campus_that_is_gone_leaves_a_way_out(workspace: Workspace) -> None:
    at = on_trial(opened(workspace), workspace, gate(-800, 0, campus="A9")).run()
    assert not at.exception
    assert "A9" in at.error[0].value
    at.button(key="linkage_clear_all").click().run()
    assert not at.exception
    assert not at.error


def test_what_is_on_trial_belongs_to_its_workspace(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = workspace_of(tmp_path / "other")
    at = on_trial(opened(workspace), workspace, gate(-800, 0))
    monkeypatch.setenv("ATLAS_WORKSPACE", str(other.path))
    at.run()
    assert not at.exception
    assert "试放之后会怎样" not in text(at)


def test_a_viewer_may_try_but_not_save(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_as(monkeypatch, PEOPLE[Role.VIEWER], tmp_path)
    at = on_trial(opened(workspace), workspace, gate(-800, 0), copy=":public").run()
    assert not at.exception
    assert figure(at, "处类别改变") == "1"
    assert not [button for button in at.button if button.label == "保存为新版本"]
    assert "不能保存" in text(at)


def test_a_gate_needs_a_campus_before_it_can_be_placed(workspace: Workspace) -> None:
    at = opened(workspace).run()
    assert at.button(key="linkage_place").disabled
    at.selectbox(key="linkage_new_campus:zh").set_value("A1").run()
    assert not at.button(key="linkage_place").disabled
    at.button(key="linkage_place").click().run()
    assert not at.exception
    assert any("请在地图上点击位置" in one.value for one in at.info)
    at.button(key="linkage_stop").click().run()
    assert not any("请在地图上点击位置" in one.value for one in at.info)


def test_names_that_people_give_are_shown_as_text(workspace: Workspace) -> None:
    name = "<b>门</b> [x](javascript:1)"
    at = on_trial(opened(workspace), workspace, gate(-800, 0, name)).run()
    assert not at.exception
    shown = "\n".join(m.value for m in at.markdown)
    assert name not in shown
    assert r"\<b\>门\<\/b\>" in shown


def test_the_first_gate_of_a_campus_is_warned_of_in_form_result_and_saved_reason(
    workspace: Workspace,
) -> None:
    workspace.commit("gates", layer("gates", []), author="test", message="no gate")
    dropped = "“甲大学北校区”此前没有登记的校门，按边界估算，现按校门计算，原估算不再使用"
    at = opened(workspace).run()
    assert not at.warning
    at.selectbox(key="linkage_new_campus:zh").set_value("A1").run()
    assert [one.value.startswith(dropped) for one in at.warning] == [True]
    on_trial(at, workspace, gate(-1500, 0)).run()
    assert not at.exception
    # In the form what is chosen next, and what is on trial; above the result what changed.
    assert sum(dropped in one.value for one in at.warning) == 3
    assert dropped in table(at, "类别·前").iloc[0, -1]
    _save(at, why="开门")
    assert workspace.history("gates").iloc[0]["message"] == f"开门；{dropped}"
    assert not at.warning, "it has a gate now"
