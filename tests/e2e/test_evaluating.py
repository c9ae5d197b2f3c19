"""The page 评价 in a real browser: look, tick, weigh, take a file, bring a card."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.e2e.hand import download
from tests.e2e.hand import go
from tests.e2e.hand import idle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator
    from playwright.sync_api import Page

CHART = "[data-testid=stVegaLiteChart] svg.marks"
VIEWS = ("ranking", "subject", "coverage", "comparison", "weights", "scorecard")


def open_page(page: Page, server: str, address: str) -> None:
    page.goto(f"{server}/evaluate?{address}")
    idle(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def widget(page: Page, key: str, part: str) -> Locator:
    return page.locator(f"[class*='st-key-{key}'] {part}").first


def weigh(page: Page, key: str, weight: str) -> None:
    field = widget(page, f"evaluate_weight-university-{key}", "input")
    field.fill(weight)
    field.press("Enter")
    expect(field).to_have_value(weight)
    idle(page)


def test_weights_move_the_ranking_and_a_reload_keeps_them(page: Page, server: str) -> None:
    open_page(page, server, "lang=zh&class=university&period=2025")
    expect(page.locator(CHART)).to_have_count(2)
    expect(page.get_by_text("权重为建议值").first).to_be_visible()
    weigh(page, "contract_value", "90")
    expect(page.get_by_text("合计：180.0")).to_be_visible()
    page.wait_for_url("**contract_value*")
    page.reload()
    idle(page)
    field = widget(page, "evaluate_weight-university-contract_value", "input")
    expect(field).to_have_value("90")
    widget(page, "evaluate_reset", "button").click()
    expect(field).to_have_value("10")
    expect(page.get_by_text("合计：100.0")).to_be_visible()


def test_another_page_and_back_keeps_the_class(page: Page, server: str) -> None:
    open_page(page, server, "lang=zh")
    widget(page, "evaluate_class", "input").click()
    page.get_by_role("option", name="运营机构", exact=False).click()
    idle(page)
    go(page, "园区")
    go(page, "评价")
    expect(page.get_by_role("heading", name="运营机构", exact=False)).to_be_visible()


def test_the_file_is_marked_and_the_card_comes_back(
    page: Page, server: str, tmp_path: Path
) -> None:
    open_page(page, server, "lang=zh&class=operator&period=2025")
    path = tmp_path / "evaluation.xlsx"
    download(page, widget(page, "save-evaluation_operator_2025", "a")).save_as(path)
    told = "\n".join(
        str(cell.value or "")
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
    )
    assert "内部资料" in told
    assert "示例" in told
    assert "权重为建议值" in told

    open_page(page, server, "lang=zh&class=operator&period=2025&view=scorecard")
    mine = tmp_path / "mine.toml"
    download(page, widget(page, "evaluate_card_file", "a")).save_as(mine)
    (card,) = tomllib.loads(mine.read_text("utf-8"))["cards"]
    assert card["key"] == "operator"
    changed = mine.read_text("utf-8").replace(card["version"], "my-own-1")
    mine.write_text(changed, encoding="utf-8", newline="\n")
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(mine)
    expect(page.get_by_text("评价表 my-own-1").first).to_be_visible()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_wider_than_a_small_screen(page: Page, server: str, view: str) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    open_page(page, server, f"lang=English&class=operator&period=2025&view={view}")
    expect(page.locator("[data-testid=stDataFrame]").first).to_be_attached()
    wide = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollWidth - m.clientWidth; }"
    )
    assert wide <= 1
