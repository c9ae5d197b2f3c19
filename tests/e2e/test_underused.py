"""The page 低效空间 in a real browser: choose by map and by table, filter, links, files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests.e2e.conftest import running
from tests.e2e.conftest import watched
from tests.e2e.hand import download
from tests.e2e.hand import idle
from tests.e2e.hand import map_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser
    from playwright.sync_api import Frame
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
CARD = ".st-key-underused-judged"
CHART = "[data-testid=stVegaLiteChart] svg.marks"
VIEWS = 5


def open_page(page: Page, server: str, lang: str = "zh") -> None:
    page.goto(f"{server}/space?lang={lang}")
    idle(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def show(page: Page, number: int) -> None:
    page.locator("[class*='st-key-underused_view'] button").nth(number).click()
    idle(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def lonely_carrier(frame: Frame) -> dict[str, Any]:
    """Return id, name and pixel of a carrier that no other one covers."""
    found: dict[str, Any] = frame.evaluate(
        """() => {
            const all = [];
            map.eachLayer(l => {
                if (l.feature && l.feature.id.startsWith('carriers:') && l.options.interactive
                        && l.getLatLng) {
                    const at = map.latLngToContainerPoint(l.getLatLng());
                    all.push({id: l.feature.id, name: l.feature.properties.name,
                              x: at.x, y: at.y});
                }
            });
            const size = map.getSize();
            return all.find(one => one.x > 90 && one.x < size.x - 60 && one.y > 40
                && one.y < size.y - 90 && all.every(other => other.id === one.id
                || Math.hypot(other.x - one.x, other.y - one.y) > 40));
        }"""
    )
    assert found
    return found


def ringed(frame: Frame) -> int:
    """Return how many shapes the ring of the chosen carrier is."""
    number: int = frame.evaluate("document.querySelectorAll('path[stroke=\"#c2185b\"]').length")
    return number


def test_a_carrier_is_chosen_on_the_map_and_then_by_the_table(page: Page, server: str) -> None:
    open_page(page, server)
    expect(page.locator(CARD)).to_have_count(0)
    frame = map_of(page)
    carrier = lonely_carrier(frame)
    frame.locator("#map_div").click(position={"x": carrier["x"], "y": carrier["y"]})
    expect(page.locator(CARD)).to_be_visible()
    heading = page.get_by_role("heading", name=carrier["name"], exact=True, level=4)
    expect(heading).to_be_visible()
    table = page.locator("[data-testid=stDataFrame] canvas").first
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 15, box["y"] + 55)
    expect(heading).to_have_count(0)
    idle(page)
    expect(page.locator(CARD)).to_be_visible()
    frame = map_of(page)
    assert frame.locator("img[src^='http']").count() == 0


def test_every_view_fits_a_narrow_window_in_english(browser: Browser, server: str) -> None:
    with watched(browser, width=1024, height=768) as page:
        open_page(page, server, "English")
        for number in range(VIEWS):
            show(page, number)
            wide = page.locator("[data-testid=stMain]").evaluate(
                "e => [e.scrollWidth, e.clientWidth]"
            )
            assert wide[0] <= wide[1]


def test_the_order_is_drawn_with_a_mark_of_the_state_on_every_bar(page: Page, server: str) -> None:
    open_page(page, server)
    show(page, 1)
    expect(page.locator(CHART)).to_have_count(1)
    bars = page.locator(f"{CHART} path[aria-roledescription='bar']")
    marks = page.locator(f"{CHART} path[aria-roledescription='point']")
    expect(bars).to_have_count(30)
    expect(marks).to_have_count(30)


def test_filters_narrow_the_list_and_are_cleared_at_once(page: Page, server: str) -> None:
    open_page(page, server)
    field = page.locator("[class*='largest_vacant_m2'] input")
    field.fill("2500")
    field.press("Enter")
    told = page.get_by_text("筛选隐藏了")
    expect(told).to_be_visible()
    page.locator(".st-key-underused_clear button").click()
    expect(told).to_have_count(0)


def test_the_public_file_says_that_it_is_sample_and_has_no_operator(
    page: Page, server: str, tmp_path: Path
) -> None:
    open_page(page, server)
    names = {}
    for name in ("underused_space", "underused_space_public"):
        path = tmp_path / f"{name}.xlsx"
        download(page, page.locator(f".st-key-save-{name} a")).save_as(path)
        book = openpyxl.load_workbook(path, read_only=True)
        cells = [str(c) for sheet in book for row in sheet.values for c in row if c is not None]
        names[name] = "\n".join(cells)
    assert "示例运营机构" in names["underused_space"]
    assert "示例运营机构" not in names["underused_space_public"]
    for text in names.values():
        assert "示例数据" in text
        assert "underuse-2026.1" in text


def test_a_photo_is_a_link_that_opens_elsewhere_and_loads_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "workspace"
    workspace, _issues = open_or_create(path, load_catalogue(), author="test")
    carriers = workspace.read("carriers")
    carriers["links"] = "https://example.cn/photo.jpg;javascript:alert(1)"
    workspace.commit("carriers", carriers, author="test", message="links")
    with running(path) as address, watched(browser) as page:
        open_page(page, address)
        frame = map_of(page)
        carrier = lonely_carrier(frame)
        frame.locator("#map_div").click(position={"x": carrier["x"], "y": carrier["y"]})
        expect(page.locator(CARD)).to_be_visible()
        link = page.locator("a[href='https://example.cn/photo.jpg']")
        expect(link).to_have_count(1)
        assert "noopener" in str(link.get_attribute("rel"))
        assert link.get_attribute("target") == "_blank"
        assert page.locator("a[href^='javascript']").count() == 0
        assert page.locator("img[src*='example.cn']").count() == 0
