"""Drawing and editing in the app, up to the new version of the layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from geo.crs import GRS80
from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests.e2e.conftest import running
from tests.e2e.hand import choose
from tests.e2e.hand import frames
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import look
from tests.e2e.hand import open_app
from tests.e2e.hand import pixel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Frame
    from playwright.sync_api import Page
    from shapely.geometry.base import BaseGeometry

    from layers.workspace import Workspace

pytestmark = pytest.mark.e2e
# Empty ground between the zones, so that nothing catches the sketch.
WEST, SOUTH, EAST, NORTH = 121.4900, 31.3150, 121.4980, 31.3200


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[str, Workspace]]:
    """Run the app on a workspace of its own, which the test changes.

    Ask for it before ``page``, so that the page is closed before its server.
    """
    path = tmp_path / "workspace"
    workspace, _issues = open_or_create(path, load_catalogue(), author="test")
    with running(path) as address:
        yield address, workspace


def _start(page: Page, server: str, tool: str) -> Frame:
    open_app(page, server)
    go(page, "编辑")
    page.locator("label").filter(has_text=re.compile(f"^{tool}$")).click()
    idle(page)
    (frame,) = frames(page)
    look(frame, (SOUTH + NORTH) / 2, (WEST + EAST) / 2, 15)
    return frame


def _busy(frame: Frame) -> None:
    frame.wait_for_function("map.atlas.busy === true")


def _tap(frame: Frame, page: Page, lng: float, lat: float) -> None:
    box = page.locator("iframe[title='streamlit_folium.st_folium']").bounding_box()
    at = pixel(frame, lng, lat)
    assert box
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])


def _draw(frame: Frame, page: Page, corners: list[tuple[float, float]]) -> None:
    _busy(frame)
    for lng, lat in corners:
        _tap(frame, page, lng, lat)
    frame.get_by_role("button", name="完成（Enter）").click()


def _rectangle() -> list[tuple[float, float]]:
    return [(WEST, SOUTH), (EAST, SOUTH), (EAST, NORTH), (WEST, NORTH)]


def _add_zone(frame: Frame, page: Page, name: str) -> None:
    _draw(frame, page, _rectangle())
    expect(page.get_by_text("新要素")).to_be_visible()
    page.get_by_label("功能区名称").fill(name)
    page.get_by_role("combobox", name=re.compile("所属带")).click()
    page.get_by_role("option", name="未来谷").click()
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_text("1 步尚未保存")).to_be_visible()
    idle(page)


def _save(page: Page, message: str, version: int = 1) -> None:
    page.get_by_label("作者").fill("李工")
    page.get_by_label("改了什么、为什么").fill(message)
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.get_by_text(f"已保存为第 {version} 版")).to_be_visible()


def test_a_zone_is_drawn_undone_redone_and_saved_as_a_version(
    desk: tuple[str, Workspace], page: Page
) -> None:
    server, workspace = desk
    frame = _start(page, server, "绘制面")
    _add_zone(frame, page, "测试<b>区</b>")
    page.get_by_role("button", name=re.compile("撤销")).click()
    expect(page.get_by_text("尚无改动")).to_be_visible()
    page.get_by_role("button", name=re.compile("重做")).click()
    expect(page.get_by_text("1 步尚未保存")).to_be_visible()
    _save(page, "新划一片")
    zones = workspace.read("zones")
    made = zones[zones["zone_id"].eq("Z11")].iloc[0]
    assert len(zones) == 11
    assert made["name"] == "测试<b>区</b>"
    assert made["belt"] == "未来谷"
    assert made["boundary_status"] == "sketch"
    bounds = made.geometry.bounds
    # A pixel is 4 m here.
    assert bounds == pytest.approx((WEST, SOUTH, EAST, NORTH), abs=8e-5)
    entry = workspace.history("zones").iloc[0]
    assert (entry["author"], entry["message"]) == ("李工", "新划一片")


def test_a_draft_survives_a_reload_of_the_page(desk: tuple[str, Workspace], page: Page) -> None:
    server, workspace = desk
    frame = _start(page, server, "绘制面")
    _add_zone(frame, page, "草稿区")
    assert re.search("draft=[0-9a-f]{32}", page.url)
    page.reload()
    idle(page)
    expect(page.get_by_text("1 步尚未保存")).to_be_visible()
    expect(page.get_by_text("草稿区 (Z11)")).to_be_visible()
    assert workspace.version("zones") == 0


def test_a_zone_is_split_and_the_parts_are_merged_again(
    desk: tuple[str, Workspace], page: Page
) -> None:
    server, workspace = desk
    before = workspace.read("zones").set_index("zone_id").geometry["Z01"]
    frame = _start(page, server, "切分")
    west, south, east, north = before.bounds
    look(frame, (south + north) / 2, (west + east) / 2, 14)
    page.get_by_role("combobox", name="要素").click()
    page.get_by_role("option", name=re.compile(r"\(Z01\)")).click()
    middle = (west + east) / 2
    page.keyboard.down("Alt")  # nothing may catch the cutting line
    _draw(frame, page, [(middle, south - 0.002), (middle, north + 0.002)])
    page.keyboard.up("Alt")
    expect(page.get_by_text("1 步尚未保存")).to_be_visible()
    expect(page.get_by_text("(Z11)")).to_be_visible()
    _save(page, "切分")
    zones = workspace.read("zones").set_index("zone_id")
    parts = list(zones.geometry.loc[["Z01", "Z11"]])
    assert sum(map(_area, parts)) == pytest.approx(_area(before), rel=1e-9)
    assert parts[0].intersection(parts[1]).area == pytest.approx(0, abs=1e-15)
    page.locator("label").filter(has_text=re.compile("^合并$")).click()
    idle(page)
    for number, name in enumerate(("Z01", "Z11"), 1):
        choose(page, "要合并的要素", f"({name})")
        expect(page.get_by_role("button", name=f"合并 {number} 个要素")).to_be_visible()
    page.get_by_role("button", name="合并 2 个要素").click()
    expect(page.get_by_text("1 步尚未保存")).to_be_visible()
    _save(page, "并回", version=2)
    merged = workspace.read("zones").set_index("zone_id").geometry
    assert "Z11" not in merged.index
    assert _area(merged["Z01"]) == pytest.approx(_area(before), rel=1e-9)


def _area(shape: BaseGeometry) -> float:
    return abs(float(GRS80.geometry_area_perimeter(shape)[0]))


def test_a_corner_of_a_boundary_is_moved_and_the_others_stay_exactly(
    desk: tuple[str, Workspace], page: Page
) -> None:
    server, workspace = desk
    before = workspace.read("zones").set_index("zone_id").geometry["Z01"]
    frame = _start(page, server, "修改图形")
    lng, lat = before.exterior.coords[0]
    look(frame, lat, lng, 16)
    page.get_by_role("combobox", name="要素").click()
    page.get_by_role("option", name=re.compile(r"\(Z01\)")).click()
    _busy(frame)
    box = page.locator("iframe[title='streamlit_folium.st_folium']").bounding_box()
    at = pixel(frame, lng, lat)
    assert box
    page.keyboard.down("Alt")
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + at["x"] + 30, box["y"] + at["y"] + 40, steps=8)
    page.mouse.up()
    page.keyboard.up("Alt")
    frame.get_by_role("button", name="完成（Enter）").click()
    expect(page.get_by_text("1 步尚未保存")).to_be_visible()
    _save(page, "角点外移")
    after = workspace.read("zones").set_index("zone_id").geometry["Z01"]
    kept = set(before.exterior.coords) & set(after.exterior.coords)
    assert len(kept) == len(set(before.exterior.coords)) - 1
    assert (lng, lat) not in after.exterior.coords
