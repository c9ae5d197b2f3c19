"""The page 分散 in a real browser: parameters, pictures, the argument for a park, a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.e2e.hand import download
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

FORMS = {
    "B03": ("单点", "single site"),
    "B05": ("连片", "contiguous"),
    "S05": ("基本集中", "mostly concentrated"),
    "B01": ("一主多副", "core with satellites"),
    "B02": ("多极分设", "several poles"),
    "S18": ("散点", "scattered"),
}


def open_scatter(page: Page, server: str, address: str = "") -> None:
    """Open the page by its address, as a link does."""
    page.goto(f"{server}/scatter?{address}")
    idle(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def drawn(page: Page, count: int) -> None:
    """Wait until the charts of the page are painted, and are not empty."""
    charts = page.locator("[data-testid=stVegaLiteChart] svg.marks")
    expect(charts).to_have_count(count)
    for number in range(count):
        box = charts.nth(number).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 60
        assert charts.nth(number).locator("path").count() > 4


def test_every_view_is_painted(page: Page, server: str) -> None:
    open_app(page, server)
    go(page, "分散")
    expect(page.get_by_role("heading", name="分散：哪些园区分散，为什么？")).to_be_visible()
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    for title, told in (("形态", "每格宽"), ("排名", "排名依据"), ("功能区", "均为示意")):
        page.get_by_role("radio", name=title, exact=True).click()
        expect(page.get_by_text(told)).to_be_visible()
        idle(page)
        drawn(page, 1)
    page.get_by_role("radio", name="变化", exact=True).click()
    expect(page.get_by_text("各图层只有一个版本")).to_be_visible()


@pytest.mark.parametrize("park", FORMS)
def test_a_park_of_each_form_is_argued_in_both_languages(
    page: Page, server: str, park: str
) -> None:
    for language, form, sentence in (
        ("中文", FORMS[park][0], "全区的楼宇上"),
        ("English", FORMS[park][1], "thrown at random on the district's buildings"),
    ):
        open_scatter(page, server, f"park={park}&lang={language}")
        expect(page.locator(".atlas-badge").filter(has_text=form).first).to_be_visible()
        if park == "B03":
            only = "只有一个点位" if language == "中文" else "one site only"
            expect(page.get_by_text(only)).to_be_visible()
            drawn(page, 1)
        else:
            expect(page.locator("[data-testid=stMain] strong", has_text=sentence)).to_be_visible()
            drawn(page, 2)


def test_a_moved_slider_changes_colours_and_the_address(page: Page, server: str) -> None:
    open_scatter(page, server, "lang=中文")
    slider = page.get_by_role("slider", name="步行阈值（m）")
    slider.focus()
    for _press in range(4):
        page.keyboard.press("ArrowRight")
    idle(page)
    expect(page.get_by_text("与默认参数相比变色的园区")).to_be_visible()
    expect(page).to_have_url(re.compile("walk_m=1000"))
    page.reload()
    idle(page)
    expect(page.get_by_role("slider", name="步行阈值（m）")).to_have_attribute(
        "aria-valuetext", "1000"
    )
    page.get_by_role("button", name="恢复默认参数").click()
    expect(page.get_by_text("与默认参数相比变色的园区")).to_have_count(0)


def test_the_saved_table_carries_parameters_and_sample_mark(
    page: Page, server: str, tmp_path: Path
) -> None:
    open_scatter(page, server, "lang=中文&walk_m=650")
    path = tmp_path / "scatter.xlsx"
    download(page, page.get_by_role("link", name="保存此表（Excel）")).save_as(path)
    sheets = pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")
    text = " ".join(str(cell) for sheet in sheets.values() for cell in sheet.to_numpy().ravel())
    for told in ("walk_m=650", "seed=2024", "scatter-2026", "carriers v0", "示例数据"):
        assert told in text
