"""The edit and compare pages in their states, with the map played by the test."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.startup import open_or_create

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
    desk.press("放弃全部编辑")
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


def test_a_version_of_somebody_else_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    desk = Desk(monkeypatch, workspace.path)
    _add(desk)
    zones = workspace.read("zones")
    zones.loc[zones["zone_id"].eq("Z05"), "name"] = "他人改名"
    workspace.commit("zones", zones, author="王工", message="改名")
    next(t for t in desk.at.text_input if t.label == "改了什么、为什么").set_value("新区")
    desk.press("保存为新版本")
    assert "现已移到最新版本之上" in desk.texts()
    next(t for t in desk.at.text_input if t.label == "改了什么、为什么").set_value("新区")
    desk.press("保存为新版本")
    after = workspace.read("zones").set_index("zone_id")
    assert after.loc["Z05", "name"] == "他人改名"
    assert "Z11" in after.index


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
