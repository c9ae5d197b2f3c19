"""The app as a planner meets it, in Chromium, with every other host cut off.

The fixture ``page`` fails a test on any request to another host, any answer of
400 or more and any error on the console.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import pyogrio
import pytest
from playwright.sync_api import expect

from tests.e2e.hand import download
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import look
from tests.e2e.hand import map_of
from tests.e2e.hand import open_app
from tests.e2e.hand import same_view
from tests.e2e.hand import view

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Frame
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
PAGES = {
    "总览": "杨浦园空间图谱",
    "园区": "园区：空间是否分散？",
    "低效空间": "哪些载体空间低效，把握多大？",
}
PAGES |= {"编辑": "绘制与编辑", "对比": "对比两个版本"}
PAGES |= {"输出": "输出：用于规划文本", "数据": "本工作区的数据"}


def _point_of(frame: Frame, feature: str) -> dict[str, Any]:
    """Return where a feature is on the map, in pixels of the frame."""
    found: dict[str, Any] = frame.evaluate(
        """id => {
            let at = null;
            map.eachLayer(l => {
                if (l.feature && l.feature.id === id && l.options.interactive) {
                    const where = l.getLatLng ? l.getLatLng() : l.getBounds().getCenter();
                    at = map.latLngToContainerPoint(where);
                }
            });
            return at && {x: at.x, y: at.y};
        }""",
        feature,
    )
    assert found, feature
    return found


def _count(frame: Frame, layer: str) -> int:
    number: int = frame.evaluate(
        """key => {
            let n = 0;
            map.eachLayer(l => { if (l.feature && l.feature.id.startsWith(key + ':')) n++; });
            return n;
        }""",
        layer,
    )
    return number


def test_every_page_opens(page: Page, server: str) -> None:
    open_app(page, server)
    for title, heading in PAGES.items():
        go(page, title)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_the_language_can_be_switched(page: Page, server: str) -> None:
    open_app(page, server)
    page.get_by_role("radio", name="English").click()
    expect(page.get_by_role("link", name="Building space", exact=True)).to_be_visible()
    idle(page)
    go(page, "Parks")
    heading = page.get_by_role("heading", name="Parks: are their spaces scattered?")
    expect(heading).to_be_visible()


def test_toggling_a_layer_keeps_the_map_and_theview(page: Page, server: str) -> None:
    open_app(page, server)
    frame = map_of(page)
    look(frame, 31.30, 121.52, 14.5)
    frame.evaluate("() => { window.stays = 1; }")
    before = view(frame)
    assert _count(frame, "stations") == 34
    page.locator("label").filter(has_text="轨道交通站").click()
    idle(page)
    frame.wait_for_function(
        "() => { let n = 0; map.eachLayer(l => { if (l.feature && "
        "l.feature.id.startsWith('stations:')) n++; }); return n === 0; }"
    )
    assert frame.evaluate("window.stays") == 1
    assert same_view(frame, before)


def test_the_view_survives_another_page(page: Page, server: str) -> None:
    open_app(page, server)
    frame = map_of(page)
    look(frame, 31.28, 121.53, 15)
    before = view(frame)
    go(page, "数据")
    go(page, "总览")
    assert view(map_of(page)) == pytest.approx(before, abs=1e-4)


def test_a_click_on_a_park_opens_its_card_and_its_page(page: Page, server: str) -> None:
    open_app(page, server)
    frame = map_of(page)
    look(frame, 31.3434, 121.5007, 16)
    target = _point_of(frame, "parks:C08")
    frame.locator("#map_div").click(position={"x": target["x"] + 25, "y": target["y"] + 25})
    card = page.locator(".st-key-card")
    expect(card).to_contain_text("湾谷科技园")
    expect(card).to_contain_text("来源")
    expect(card).to_contain_text("位置精度")
    page.get_by_role("button", name="打开园区页").click()
    expect(page.get_by_text("判定理由")).to_be_visible()
    idle(page)
    assert _count(map_of(page), "spaces") >= 1


def test_an_export_can_be_downloaded_and_read(page: Page, server: str, tmp_path: Path) -> None:
    open_app(page, server)
    go(page, "输出")
    page.get_by_role("button", name="生成文件").click()
    button = page.get_by_role("link", name=re.compile("^下载"))
    expect(button).to_be_visible()
    found = download(page, button)
    path = tmp_path / found.suggested_filename
    found.save_as(path)
    assert path.suffix == ".gpkg"
    layers = {str(name) for name, _kind in pyogrio.list_layers(path)}
    assert {"zones", "parks", "carriers"} <= layers
    zones = pyogrio.read_dataframe(path, layer="zones")
    assert len(zones) == 10
    assert "环同济知识经济圈" in set(zones["name"])


def test_headers_hold_the_browser_to_our_own_host(page: Page, server: str) -> None:
    answer = page.request.get(server)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
