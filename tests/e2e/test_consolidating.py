"""The page 整合 in a real browser: solve, leave and come back, choose, look, stop, save."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
from playwright.sync_api import expect

from tests.e2e.hand import download
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import map_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator
    from playwright.sync_api import Page

PROGRESS = ".st-key-consolidate_progress"
CHART = "[data-testid=stVegaLiteChart] svg.marks"

# Marks that stand for a plan; the ring of the chosen one and the knee are others.
PLANS = f"{CHART} path[aria-label*='told: ']"


def widget(page: Page, key: str, part: str) -> Locator:
    # Streamlit lays a button with a tooltip twice into the page; one of them is shown.
    return page.locator(f"[class*='st-key-{key}'] {part}").first


def open_page(page: Page, server: str) -> None:
    page.goto(f"{server}/consolidate?lang=zh")
    idle(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def begin(page: Page, seconds: int) -> None:
    limit = widget(page, "consolidate_set_time_limit_s", "input")
    limit.fill(str(seconds))
    limit.press("Enter")
    expect(limit).to_have_value(str(seconds))
    idle(page)
    widget(page, "consolidate_solve", "button").click()
    expect(page.locator(PROGRESS)).to_be_visible()


def come_to_an_end(page: Page) -> None:
    expect(page.locator(PROGRESS)).to_have_count(0)
    idle(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    expect(page.locator(CHART)).to_have_count(1)


def choose(page: Page, number: int) -> None:
    widget(page, "consolidate_step", "input").click()
    page.get_by_role("option").nth(number).click()
    idle(page)


def test_a_plan_is_solved_while_another_page_is_open_and_then_read(
    page: Page, server: str, tmp_path: Path
) -> None:
    open_page(page, server)
    begin(page, 12)
    go(page, "分散")
    expect(page.locator(PROGRESS)).to_have_count(0)
    page.locator("a[href*='/consolidate']").click()
    idle(page)
    come_to_an_end(page)
    # A staircase of three plans or more.
    marks = page.locator(PLANS)
    assert marks.count() >= 3

    choose(page, 2)
    frame = map_of(page)
    # Arrows are lines and heads on the map, drawn as text-free paths.
    frame.wait_for_function("document.querySelectorAll('path.leaflet-interactive').length > 10")
    assert frame.locator("img[src^='http']").count() == 0
    # Other tables wait in what is folded.
    expect(page.locator("[data-testid=stDataFrame]").filter(visible=True)).to_have_count(1)

    path = tmp_path / "moves.xlsx"
    download(page, widget(page, "save-consolidation_moves", "a")).save_as(path)
    told = "\n".join(
        str(cell.value or "")
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
    )
    assert "内部资料" in told
    assert "引导" in told
    assert "示例" in told

    # A click on a mark chooses its plan, too.
    chosen = widget(page, "consolidate_step", "input")
    before = chosen.input_value()
    assert before
    marks.nth(marks.count() - 2).click()
    expect(chosen).not_to_have_value(before)


def test_a_solver_that_is_stopped_leaves_what_it_found(page: Page, server: str) -> None:
    open_page(page, server)
    begin(page, 900)
    stop = widget(page, "consolidate_stop", "button")
    # It has told how far it is.
    expect(page.locator(f"{PROGRESS} .atlas-figures")).to_be_visible()
    stop.click()
    come_to_an_end(page)
    assert page.locator(PLANS).count() >= 2


def test_the_page_is_not_wider_than_a_small_screen(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    open_page(page, server)
    wide = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollWidth - m.clientWidth; }"
    )
    assert wide <= 1
