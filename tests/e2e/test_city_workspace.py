"""A planner opens a city, a district of it, another one, and goes back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.city_hand import AWAY
from tests.city_hand import AWAY_NAME
from tests.city_hand import HOME
from tests.city_hand import make_city
from tests.e2e.conftest import running
from tests.e2e.conftest import watched
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import look
from tests.e2e.hand import map_of
from tests.e2e.hand import map_where
from tests.e2e.hand import open_app
from tests.e2e.hand import view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app on a city of two districts."""
    made = make_city(tmp_path_factory.mktemp("city") / "city")
    with running(made.path) as address:
        yield address


def _switch(page: Page, name: str, code: str) -> None:
    page.get_by_role("combobox", name="行政区", exact=True).click()
    page.get_by_role("option", name=name).click()
    page.wait_for_url(re.compile(f"district={code}"))
    expect(page.get_by_text("正在打开")).to_have_count(0)
    idle(page)


def _click_district(page: Page, name: str) -> None:
    frame = map_where(page, "document.querySelectorAll('path.leaflet-interactive').length >= 2")
    frame.get_by_text(name, exact=True).first.wait_for()
    place = frame.evaluate(
        "name => { const label = [...document.querySelectorAll('.leaflet-tooltip, .atlas-label')]"
        ".find(e => e.textContent === name).getBoundingClientRect();"
        " return {x: label.x + label.width / 2, y: label.y + label.height / 2}; }",
        name,
    )
    frame.locator("#map_div").click(position=place)


def test_from_the_city_to_a_district_to_another_and_back(page: Page, server: str) -> None:
    open_app(page, server, "?lang=zh")
    expect(page.get_by_role("heading", name="全市合计")).to_be_visible()
    _click_district(page, AWAY_NAME)
    page.wait_for_url(re.compile(f"/map\\?.*district={AWAY}"))
    expect(page.get_by_role("heading", name=AWAY_NAME)).to_be_visible()
    go(page, "园区")
    expect(page.get_by_role("heading", name=re.compile("空间是否分散"))).to_be_visible()
    assert f"district={AWAY}" in page.url
    box = page.get_by_role("textbox", name="名称包含")
    box.fill("没有这个园区")
    box.press("Enter")
    expect(page.get_by_text("没有符合")).to_be_visible()

    _switch(page, "杨浦区", HOME)
    expect(page.get_by_role("textbox", name="名称包含")).to_have_value("")
    expect(page.get_by_text("没有符合")).to_have_count(0)
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    go(page, "全市")
    expect(page.get_by_role("heading", name="全市合计")).to_be_visible()
    page.go_back()
    page.wait_for_url(re.compile(f"/parks\\?.*district={HOME}"))
    expect(page.get_by_role("heading", name=re.compile("空间是否分散"))).to_be_visible()


def test_the_map_of_one_district_does_not_keep_the_view_of_another(page: Page, server: str) -> None:
    open_app(page, server, f"map?lang=中文&district={HOME}")
    frame = map_of(page)
    home = view(frame)
    look(frame, home["lat"] + 0.02, home["lng"], 16)
    _switch(page, AWAY_NAME, AWAY)
    frame = map_where(page, "map.getCenter().lng > 121.6")
    assert view(frame)["zoom"] < 15


def test_reload_and_language_keep_the_district(page: Page, server: str) -> None:
    open_app(page, server, f"parks?district={AWAY}")
    page.reload()
    idle(page)
    expect(page.get_by_role("combobox", name="行政区", exact=True)).to_have_value(AWAY_NAME)
    page.get_by_role("radio", name="English").click()
    idle(page)
    expect(page.get_by_role("combobox", name="District", exact=True)).to_have_value(
        "Linjiang (sample)"
    )
    assert f"district={AWAY}" in page.url


def test_a_page_without_a_district_asks_for_one_and_an_unknown_one_is_told(
    page: Page, server: str
) -> None:
    open_app(page, server, "space")
    expect(page.get_by_text("请在左侧选择行政区")).to_be_visible()
    page.get_by_role("button", name="打开“全市”页").click()
    expect(page.get_by_role("heading", name="全市合计")).to_be_visible()
    open_app(page, server, "parks?district=999999")
    expect(page.get_by_text("没有编码为 999999 的行政区")).to_be_visible()
    expect(page.get_by_role("heading", name="全市合计")).to_be_visible()


def test_the_page_of_the_city_fits_a_small_screen(browser: Browser, server: str) -> None:
    with watched(browser, width=1024, height=768) as page:
        open_app(page, server, "?lang=English")
        map_of(page)
        wide = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert wide
        expect(page.get_by_role("heading", name="The whole city")).to_be_attached()
