"""首页 in a real browser: what it opens with, taking a snapshot, the map, and old links."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from layers.catalogue import load_catalogue
from layers.workspace import Workspace
from tests.e2e.conftest import running
from tests.e2e.hand import idle
from tests.e2e.hand import map_where
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    path = tmp_path_factory.mktemp("home") / "workspace"
    with running(path) as address:
        yield address, path
    shutil.rmtree(path)


def test_the_address_alone_opens_the_first_page(own: tuple[str, Path], page: Page) -> None:
    open_app(page, own[0], "?lang=zh")
    expect(page.get_by_role("heading", name="首页")).to_be_visible()
    expect(page.get_by_text("口径未给定").first).to_be_visible()
    expect(page.get_by_text("还没有拍过快照")).to_be_visible()
    expect(page.get_by_text("无运营机构的低效载体")).to_be_visible()
    map_where(page, "document.querySelectorAll('path.leaflet-interactive').length > 50")


def test_an_old_link_to_the_map_still_opens_the_map(own: tuple[str, Path], page: Page) -> None:
    open_app(page, own[0], "?lang=zh&on=district,zones&at=31.29,121.52,13")
    page.wait_for_url("**/map?**")
    assert "on=district" in page.url


def test_a_snapshot_is_taken_and_the_next_change_is_told(own: tuple[str, Path], page: Page) -> None:
    server, path = own
    open_app(page, server, "?lang=zh")
    page.get_by_text("拍快照", exact=True).click()
    page.get_by_label("快照名称").fill("第 48 周")
    page.get_by_label("您的姓名").fill("李工")
    page.get_by_label("您的姓名").press("Tab")
    idle(page)
    page.get_by_role("button", name="拍下快照").click()
    expect(page.get_by_text("已留存快照 1")).to_be_visible()
    expect(page.get_by_text("自该快照以来没有变化")).to_be_visible()
    workspace = Workspace.open(path, load_catalogue())
    units = workspace.read("units")
    gone = units["park_id"].eq("B01") & units["carrier_id"].eq("E02")
    area = units.loc[gone, "floor_area_m2"].sum()
    workspace.commit("units", units[~gone], author="李工", message="退租")
    open_app(page, server, "?lang=zh")
    expect(page.get_by_text(f"整处退出 1 处点位，腾出 {area:,.0f} m²")).to_be_visible()
    expect(page.get_by_text("个单元，共").first).to_be_visible()
    cells = page.locator(".atlas-figures > div")
    expect(cells.filter(has_text="关闭点位").locator("b")).to_have_text("1")


def test_the_four_switches_of_the_map(own: tuple[str, Path], page: Page) -> None:
    open_app(page, own[0], "?lang=zh")
    for name, legend in (
        ("低效空间", "疑似低效"),
        ("等级", "不定等级"),
        ("三区联动", "2 类：满足两项"),
        ("分散", "不判定"),
    ):
        page.get_by_role("radio", name=name, exact=True).click()
        idle(page)
        expect(page.get_by_text(legend).last).to_be_visible()
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
