"""首页: what waits, what changed, and the map, for a planner and for a viewer."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from layers.audit import Action
from layers.audit.reading import Wish
from layers.audit.reading import read as read_audit
from layers.catalogue import load_catalogue
from layers.export import ready_files
from layers.plan import Hand
from layers.plan import load_plan
from layers.plan import set_fields
from layers.snapshots import snapshots
from layers.snapshots.store import FILE
from layers.snapshots.store import SNAPSHOTS
from layers.team import Role
from layers.workspace import Workspace
from tests.views.offers_hand import offered
from tests.views.role_hand import PEOPLE
from tests.views.role_hand import work_as

if TYPE_CHECKING:
    from pathlib import Path

SLOW_S = 180


def _script() -> None:
    from views import home
    from views import links
    from views import store

    store.begin_run()
    links.remember_pages({})
    home.render()


@pytest.fixture
def own(bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace that a test may change."""
    path = tmp_path / "w"
    shutil.copytree(bundled, path)
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    return path


def opened() -> AppTest:
    at = AppTest.from_function(_script, default_timeout=SLOW_S)
    at.session_state["lang"] = "zh"
    return at.run()


def texts(at: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "success", "warning", "error")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(at, kind))


def heads(at: AppTest) -> list[str]:
    return [one.label for one in at.expander]


def take(at: AppTest, name: str = "第一周") -> AppTest:
    at.text_input(key="home_snapshot_name").set_value(name)
    at.text_input(key="home_author").set_value("李工").run()
    return at.button(key="home_take").click().run()


def test_the_page_tells_what_a_snapshot_is_and_takes_one(own: Path) -> None:
    at = opened()
    assert not at.exception
    assert "还没有拍过快照" in texts(at)
    at = take(at)
    assert not at.exception
    (taken,), problems = snapshots(own)
    assert (taken.name, taken.author, problems) == ("第一周", "李工", [])
    assert taken.day == dt.datetime.now().astimezone().date().isoformat()
    assert "自该快照以来没有变化" in texts(at)
    told = read_audit(own, Wish(actions=frozenset({Action.RECORD}), most=10))
    assert list(told["subject"]) == ["第一周"]


def test_a_change_is_listed_with_its_reason_and_can_be_saved(own: Path) -> None:
    take(opened())
    workspace = Workspace.open(own, load_catalogue())
    units = workspace.read("units")
    gone = units["park_id"].eq("B01") & units["carrier_id"].eq("E02")
    workspace.commit("units", units[~gone], author="李工", message="退租")
    at = opened()
    assert not at.exception
    (table,) = [t.value for t in at.dataframe if "变化" in t.value]
    rows = {row["变化"]: row for row in table.to_dict("records")}
    assert "腾出 5,000 m²" in rows["关闭点位"]["之前 → 之后及原因"]
    assert rows["图层更新"]["对象"] == "单元"
    offer = ready_files().find(offered(at)["changes.xlsx"])
    assert offer is not None
    assert offer.make is not None
    book = openpyxl.load_workbook(io.BytesIO(offer.make()))
    cells = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value]
    assert any("退出 E02" in cell for cell in cells)
    # Words in the file too, and every unit of its own; the page tells them by park.
    assert {"关闭点位", "单元腾空", "已租"} <= set(cells)
    assert not {"site_closed", "unit_vacated", "leased"} & set(cells)
    moved = units[gone & units["state"].isin(["leased", "own_use"])]
    assert sum(cell == "单元腾空" for cell in cells) == len(moved)
    (unit,) = [row for row in table.to_dict("records") if row["变化"] == "单元腾空"]
    area = f"{moved['floor_area_m2'].sum():,.0f} m²"
    assert f"腾空 {len(moved)} 个单元，共 {area}" in unit["之前 → 之后及原因"]
    assert unit["数据"] == "示例"
    told = texts(at).replace("\\", "")
    assert "整处退出 1 处点位，腾出 5,000 m²" in told
    assert f"腾空 {len(moved)} 个单元，共 {area}" in told
    assert "新进" not in told


def test_a_task_that_moved_is_told_in_words_and_opens(own: Path) -> None:
    take(opened())
    workspace = Workspace.open(own, load_catalogue())
    plan = load_plan(load_catalogue().folder)
    assert plan is not None
    set_fields(workspace, plan, "T05", {"state": "under_way"}, hand=Hand("李工"))
    at = opened()
    (table,) = [t.value for t in at.dataframe if "变化" in t.value]
    row = table[table["变化"].eq("任务变化")].iloc[0]
    assert row["对象"] == f"T05 {plan.task('T05').title.zh}"
    assert row["之前 → 之后及原因"] == "状态由“未填报”变为“推进中”"
    # No sample data is in it, so nothing is marked so.
    assert "数据" not in table
    assert "m²" not in texts(at).split("待办")[0]


def test_an_empty_workspace_with_its_first_layer_says_whose_plan_it_shows(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "新建时未带入" not in texts(opened())
    empty = Workspace.create(tmp_path / "empty", load_catalogue(), author="a")
    stations = Workspace.open(own, load_catalogue()).read("stations")
    empty.commit("stations", stations, author="a", message="导入")
    monkeypatch.setenv("ATLAS_WORKSPACE", str(tmp_path / "empty"))
    at = opened()
    assert not at.exception
    assert "新建时未带入" in texts(at)
    assert load_catalogue().title.zh in texts(at)


def test_what_waits_is_counted_as_the_layers_say(own: Path) -> None:
    told = {
        head.split("**")[0].strip(" :●○"): head.split("**")[1]
        for head in heads(opened())
        if "**" in head
    }
    assert told["无运营机构的低效载体"] == "3"
    assert told["不判定的园区"] == "6"
    workspace = Workspace.open(own, load_catalogue())
    missing = sum(
        int(workspace.read(key).geometry.isna().sum())
        for key in workspace.versions()
        if workspace.catalogue.layer(key).geometry
    )
    assert told["未定位的对象"] == str(missing)
    # Nobody keeps a calendar: nothing is known to be stale, and that is no zero.
    assert told["待更新数据"] == "未知"


def test_a_viewer_sees_neither_leases_nor_weak_space_nor_who_did_it(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(opened())
    workspace = Workspace.open(own, load_catalogue())
    units = workspace.read("units")
    workspace.commit("units", units.iloc[3:], author="李工", message="x")
    work_as(monkeypatch, PEOPLE[Role.VIEWER], own)
    at = opened()
    assert not at.exception
    told = "\n".join(heads(at))
    assert "租约" not in told
    assert "低效载体" not in told
    assert "拍快照" not in told
    everything = texts(at) + told + str([box.options for box in at.selectbox])
    assert "李工" not in everything
    tables = [t.value for t in at.dataframe if "变化" in t.value]
    for table in tables:
        assert "图层更新" not in set(table["变化"])
        assert "载体状态变化" not in set(table["变化"])
        assert not any(kind.startswith("单元") for kind in table["变化"])
    assert "个单元" not in everything


def test_a_damaged_snapshot_is_said_and_the_rest_stands(own: Path) -> None:
    take(opened())
    path = own / SNAPSHOTS / "000001" / FILE
    path.write_text(path.read_text("ascii").replace('"number": 1', '"number": 2'), "ascii")
    at = opened()
    assert not at.exception
    assert "已损坏或被改动" in texts(at)
    assert "待办" in texts(at)


def test_an_empty_workspace_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Workspace.create(tmp_path / "empty", load_catalogue(), author="a")
    monkeypatch.setenv("ATLAS_WORKSPACE", str(tmp_path / "empty"))
    at = opened()
    assert not at.exception
    assert len(at.info) == 1


@pytest.mark.parametrize("what", ["scatter", "space", "grades", "linkage"])
def test_the_four_maps(own: Path, what: str) -> None:
    del own
    at = AppTest.from_function(_script, default_timeout=SLOW_S)
    at.session_state["home_map"] = what
    at.session_state["home_selected"] = "parks:B01" if what != "space" else "carriers:F18"
    at.run()
    assert not at.exception
    assert not at.error
    html = "\n".join(str(one.proto.body) for one in at.get("html"))
    assert "F18" in html + texts(at) if what == "space" else "复旦大学" in html


def test_what_is_not_located_is_said_so_that_flags_add_up_to_all_parks(own: Path) -> None:
    parks = Workspace.open(own, load_catalogue()).read("parks")
    at = opened()
    html = "\n".join(str(one.proto.body) for one in at.get("html"))
    drawn = re.findall(r"(?:绿|黄|红|不判定)\s*\((\d+)\)", html)
    assert len(drawn) == 4
    (lost,) = re.findall(r"另有 (\d+) 个园区没有已定位的空间，不在图上", texts(at))
    assert sum(map(int, drawn)) + int(lost) == len(parks)


def test_an_old_link_to_the_map_leads_to_the_map(own: Path, monkeypatch: Any) -> None:
    del own
    from views import links

    asked: list[Any] = []
    monkeypatch.setattr(links, "go", lambda page, address=None: asked.append((page, address)))
    at = AppTest.from_function(_script, default_timeout=SLOW_S)
    at.query_params["on"] = "district,zones"
    at.query_params["at"] = "31.3,121.5,14"
    at.run()
    assert asked[0] == ("overview", {"on": "district,zones", "at": "31.3,121.5,14"})
