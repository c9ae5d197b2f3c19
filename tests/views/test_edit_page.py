"""The edit and compare pages in their states, with the map played by the test."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.editing import FOLDER
from layers.editing import Delete
from layers.editing import DraftStore
from layers.editing import EditSession
from layers.editing import SetValues
from layers.startup import open_or_create
from layers.team import Person
from layers.team import Role

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import Workspace

SLOW_S = 60
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[121.49, 31.315], [121.498, 31.315], [121.498, 31.32], [121.49, 31.32], [121.49, 31.315]]
    ],
}


def _page(name: str) -> None:
    import importlib

    from views import store

    store.begin_run()
    importlib.import_module(f"views.{name}").render()


class Desk:
    """A page whose map says what the test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path, name: str = "edit") -> None:
        self.said: dict[str, Any] = {}
        self.drawn: list[Any] = []
        self._count = 0
        monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
        monkeypatch.setattr("views.mapview.st_folium", self._map)
        self.at = AppTest.from_function(_page, args=(name,), default_timeout=SLOW_S)
        self.at.session_state["lang"] = "zh"
        self.run()

    def _map(self, _map: object, **_options: object) -> dict[str, Any]:
        return self.said

    def run(self) -> None:
        self.at.run()
        assert not self.at.exception

    def say(self, **message: object) -> None:
        """Let the map send a message, and run the page."""
        self._count += 1
        self.said = {"atlas": {"id": f"m{self._count}", "zoom": 15, **message}}
        self.run()

    def tool(self, name: str) -> None:
        self.at.radio[0].set_value(name)
        self.run()

    def press(self, label: str) -> None:
        next(b for b in self.at.button if label in b.label).click()
        self.run()

    def conflict(self) -> dict[str, list[tuple[str, bool]]]:
        """Return the rows of the table of a conflict: each cell, and whether it is marked."""
        (table,) = [
            one.proto.body for one in self.at.get("html") if "atlas-conflict" in one.proto.body
        ]
        rows = [row.findall("*") for row in ET.fromstring(table)]  # noqa: S314 - our own
        return {
            str(title.text): [(str(c.text), c.get("class") == "changed") for c in cells]
            for title, *cells in rows
        }

    def texts(self) -> str:
        shown = (
            *self.at.info,
            *self.at.error,
            *self.at.success,
            *self.at.caption,
            *self.at.warning,
        )
        return "\n".join(e.value for e in shown)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _issues = open_or_create(tmp_path / "workspace", load_catalogue(), author="test")
    return made


def _add(desk: Desk, name: str = "测试区", belt: str = "未来谷") -> None:
    desk.say(kind="sketch", mode="polygon", geometry=SQUARE)
    next(t for t in desk.at.text_input if t.label.startswith("功能区名称")).set_value(name)
    next(s for s in desk.at.selectbox if s.label.startswith("所属带")).set_value(belt)
    desk.press("添加")


def test_a_sketch_asks_for_its_attributes_and_becomes_a_step_and_a_version(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    assert "1 步尚未保存" in desk.texts()
    assert workspace.version("zones") == 0
    next(t for t in desk.at.text_input if t.label == "改了什么、为什么").set_value("新区")
    desk.press("保存为新版本")
    assert "已保存为第 1 版" in desk.texts()
    zones = workspace.read("zones").set_index("zone_id")
    assert zones.loc["Z11", "name"] == "测试区"
    assert zones.geometry["Z11"].bounds == pytest.approx((121.49, 31.315, 121.498, 31.32))


def test_without_author_or_message_nothing_is_saved(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    desk.press("保存为新版本")
    assert desk.at.error
    assert workspace.version("zones") == 0
    assert "1 步尚未保存" in desk.texts()


def test_undo_and_redo_and_giving_up(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    desk.press("撤销")
    assert "尚无改动" in desk.texts()
    desk.press("重做")
    assert "1 步尚未保存" in desk.texts()
    desk.press("确定放弃")
    assert "尚无改动" in desk.texts()
    assert not list((workspace.path / "drafts").glob("*.json"))


def test_a_missing_attribute_is_told_and_the_sketch_is_kept(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk, name="")
    assert desk.at.error
    assert any(b.label == "添加" for b in desk.at.button)
    assert "尚无改动" in desk.texts()


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "Polygon"},
        {"type": "Nonsense", "coordinates": [1]},
        {"type": "Polygon", "coordinates": [[["a", 1]]]},
        {"type": "Point", "coordinates": [float("nan"), 31.3]},
        None,
        "POLYGON",
    ],
)
def test_what_is_no_shape_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, geometry: object
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    desk.say(kind="sketch", mode="polygon", geometry=geometry)
    assert "尚无改动" in desk.texts()
    assert not any(b.label == "添加" for b in desk.at.button)


def test_a_click_selects_and_delete_removes(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    desk.tool("delete")
    assert "点击要素" in desk.texts()
    desk.say(kind="click", feature="zones:Z03")
    desk.press("删除该要素")
    assert "1 步尚未保存" in desk.texts()
    desk.say(kind="click", feature="parks:C08")
    assert "1 步尚未保存" in desk.texts()


def test_a_layer_that_was_never_written_can_be_begun(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    desk.at.selectbox[0].set_value("gates")
    desk.run()
    desk.say(
        kind="sketch",
        mode="point",
        geometry={"type": "Point", "coordinates": [121.5, 31.3]},
    )
    next(t for t in desk.at.text_input if "名称" in t.label).set_value("南门")
    desk.press("添加")
    assert "1 步尚未保存" in desk.texts()
    next(t for t in desk.at.text_input if t.label == "改了什么、为什么").set_value("补校门")
    desk.press("保存为新版本")
    gates = workspace.read("gates")
    assert gates["name"].tolist() == ["南门"]
    assert (gates.geometry.x[0], gates.geometry.y[0]) == (121.5, 31.3)


def _rename(workspace: Workspace, zone: str, **values: str) -> None:
    zones = workspace.read("zones")
    for name, value in values.items():
        zones.loc[zones["zone_id"].eq(zone), name] = value
    workspace.commit("zones", zones, author="王工", message="改<b>名</b>")


def _change(desk: Desk, zone: str, **labels: str) -> None:
    desk.tool("values")
    desk.say(kind="click", feature=f"zones:{zone}")
    for label, value in labels.items():
        next(t for t in desk.at.text_input if t.label.startswith(label)).set_value(value)
    desk.press("应用")


def _save(desk: Desk, message: str = "我的修改") -> None:
    next(t for t in desk.at.text_input if t.label == "改了什么、为什么").set_value(message)
    desk.press("保存为新版本")


def test_a_version_of_somebody_else_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    _rename(workspace, "Z05", name="他人改名")
    _save(desk)
    assert workspace.version("zones") == 1
    assert "请先看清他人改了什么" in desk.texts()
    desk.press("保存为新版本")
    after = workspace.read("zones").set_index("zone_id")
    assert after.loc["Z05", "name"] == "他人改名"
    assert "Z11" in after.index


def test_she_is_told_before_she_saves_who_saved_and_when(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    _rename(workspace, "Z05", name="他人改名")
    desk.run()
    (told,) = desk.at.warning
    assert "在您编辑期间" in told.value
    assert "王工" in told.value
    assert "第 1 版" in told.value
    assert r"改\<b\>名\<\/b\>" in told.value
    _save(desk)
    assert workspace.version("zones") == 2


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("mine", ("我区", "我注", "乙")),
        ("theirs", ("他区", "我注", "乙")),
        ("drop", ()),
    ],
)
def test_what_both_changed_is_chosen_and_saved_with_one_click(
    monkeypatch: pytest.MonkeyPatch,
    workspace: Workspace,
    choice: str,
    expected: tuple[str, ...],
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _change(desk, "Z05", 功能区名称="我区", 备注="我注")
    _rename(workspace, "Z05", name="他区", name_en="乙")
    desk.run()
    assert next(b for b in desk.at.button if "保存" in b.label).disabled
    rows = desk.conflict()
    assert [cell for cell, _is_bold in rows["字段"]] == ["之前", "对方", "我", "结果"]
    before, *others = rows["功能区名称"]
    assert before[1] is False
    assert others == [("他区", True), ("我区", True), ("待选择", True)]
    assert [is_bold for _cell, is_bold in rows["英文名"]] == [False, True, False, False]
    radio = next(r for r in desk.at.radio if r.key and r.key.startswith("edit_side"))
    radio.set_value(choice)
    desk.run()
    _save(desk)
    after = workspace.read("zones").set_index("zone_id").loc["Z05"]
    if choice != "drop":
        assert workspace.version("zones") == 2
        assert tuple(after[["name", "note", "name_en"]]) == expected
        return
    assert workspace.version("zones") == 1
    assert "已全部放弃" in desk.texts()
    desk.press("撤销")
    assert next(r for r in desk.at.radio if r.key and r.key.startswith("edit_side")).value is None


def test_text_of_data_is_no_markup_in_the_table_and_a_move_is_told(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _change(desk, "Z05", 备注="<b>我注</b>")
    zones = workspace.read("zones")
    at = zones["zone_id"].eq("Z05")
    zones.loc[at, "note"] = "<script>alert(1)</script>"
    zones.loc[at, "geometry"] = zones.loc[at].geometry.translate(0.001).to_numpy()
    workspace.commit("zones", zones, author="王工", message="移界")
    desk.run()
    rows = desk.conflict()
    assert [cell for cell, _is_bold in rows["备注"][1:3]] == [
        "<script>alert(1)</script>",
        "<b>我注</b>",
    ]
    before, moved, mine, _result = (cell for cell, _is_bold in rows["图形"])
    assert before == mine
    assert moved == f"{before}，位置或形状不同"


def test_a_draft_that_waits_is_discarded_after_a_question(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    spec = workspace.catalogue.layer("zones")
    edits = EditSession.begin(workspace, "zones").do(Delete("Z05"), workspace.read("zones"), spec)
    drafts = DraftStore(workspace.path / FOLDER)
    gone, kept = drafts.save(edits), drafts.save(edits)
    desk = Desk(monkeypatch, workspace.path)
    assert {gone, kept} == {draft.draft_id for draft in drafts.list()[0]}
    desk.at.button(key=f"draft_gone:{gone}").click()
    desk.run()
    assert [draft.draft_id for draft in drafts.list()[0]] == [kept]
    assert "功能区，1 步" in "".join(m.value for m in desk.at.markdown).replace("*", "")
    assert workspace.version("zones") == 0


def test_the_draft_of_another_person_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    spec = workspace.catalogue.layer("zones")
    edits = EditSession.begin(workspace, "zones").do(Delete("Z05"), workspace.read("zones"), spec)
    foreign = DraftStore(workspace.path / FOLDER, "somebody").save(edits)
    me = Person("me", "李工", Role.PLANNER)
    monkeypatch.setattr("views.who.current", lambda: me)
    desk = Desk(monkeypatch, workspace.path)
    desk.at.query_params["draft"] = foreign
    desk.run()
    assert "这份草稿不是您的" in desk.texts()
    assert "尚无改动" in desk.texts()
    assert not desk.at.expander
    assert (workspace.path / FOLDER / f"{foreign}.json").exists()


def test_a_draft_whose_version_is_gone_is_told_in_words_and_can_be_done_anew(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    _rename(workspace, "Z05", name="他人改名")
    spec = workspace.catalogue.layer("zones")
    edits = EditSession.begin(workspace, "zones").do(
        SetValues("Z01", {"name": "我区"}), workspace.read("zones"), spec
    )
    lost = replace(edits, base_version=99)
    draft = DraftStore(workspace.path / FOLDER).save(lost)
    desk = Desk(monkeypatch, workspace.path)
    desk.at.query_params["draft"] = draft
    desk.run()
    assert "您的编辑仍完整保存在草稿中" in desk.texts()
    desk.press("在最新版本上重做我的编辑")
    assert "1 步尚未保存" in desk.texts()
    _save(desk)
    names = workspace.read("zones").set_index("zone_id")["name"]
    assert (names["Z01"], names["Z05"]) == ("我区", "他人改名")


def test_edits_of_two_layers_keep_a_draft_each(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    desk.at.selectbox[0].set_value("parks")
    desk.run()
    desk.tool("delete")
    desk.say(kind="click", feature="parks:C08")
    desk.press("删除该要素")
    drafts, _problems = DraftStore(workspace.path / FOLDER).list()
    assert {d.session.layer for d in drafts} == {"zones", "parks"}


def test_a_draft_that_another_window_went_on_with_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    store = DraftStore(workspace.path / FOLDER)
    ((draft,), _problems) = store.list()
    spec = workspace.catalogue.layer("zones")
    longer = draft.session.do(Delete("Z05"), workspace.read("zones"), spec)
    store.save(longer, draft.draft_id)
    _change(desk, "Z01", 功能区名称="我区")
    assert store.load(draft.draft_id) == longer
    assert len(store.list()[0]) == 2


def test_compare_needs_two_versions_and_counts_what_changed(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    assert "目前没有任何图层有多个版本" in Desk(monkeypatch, workspace.path, "compare").texts()
    zones = workspace.read("zones")
    zones.loc[zones["zone_id"].eq("Z05"), "name"] = "改名"
    workspace.commit("zones", zones[zones["zone_id"].ne("Z01")], author="e", message="m")
    desk = Desk(monkeypatch, workspace.path, "compare")
    table = desk.at.dataframe[0].value
    assert sorted(table["变化"]) == ["修改", "删除"]
    assert set(table["编码"]) == {"Z01", "Z05"}
    desk.at.selectbox[2].set_value(0)
    desk.run()
    assert "两侧为同一版本" in desk.texts()
