"""The numeric targets in a browser: from the strip to the terms, and to an index."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from layers.targets import Given
from layers.targets import add_value
from layers.targets import plan_targets
from tests.e2e.conftest import running
from tests.e2e.hand import idle
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


def _form(page: Page) -> Locator:
    return page.get_by_test_id("stForm").filter(visible=True).first


@pytest.mark.parametrize("address", ["", "plan"])
def test_the_terms_are_given_from_the_strip(page: Page, tmp_path: Path, address: str) -> None:
    workspace, _issues = open_or_create(tmp_path / "w", load_catalogue(), author="test")
    target = plan_targets(workspace.catalogue.folder)[0]
    given = Given(dt.date(2025, 6, 30), "rolling", value=1150.0)
    add_value(workspace, target, given, author="test")
    with running(tmp_path / "w") as server:
        open_app(page, server, f"{address}?lang=中文")
        expect(page.get_by_text("口径未给定").first).to_be_visible()
        page.get_by_role("button", name="填写范围、基期和责任单位").first.click()
        page.locator("summary").filter(has_text="三大先导产业总规模").click()
        idle(page)
        form = _form(page)
        form.get_by_label("统计范围：哪些企业、哪套统计").fill("在区企业")
        form.get_by_label("基期值（亿元）").fill("1000")
        date = form.get_by_role("group", name="基期日期")
        for part, text in (("year", "2023"), ("month", "12"), ("day", "31")):
            date.locator(f'[data-type="{part}"]').press_sequentially(text)
        form.get_by_label("责任单位").fill("区科经委")
        form.get_by_role("button", name="保存").click()
        expect(page.get_by_text("进度指数 0.75").first).to_be_visible()
        expect(page.get_by_text("偏慢").first).to_be_visible()
    row = workspace.read("target_terms").iloc[0]
    assert (row["base_value"], str(row["base_date"].date())) == (1000.0, "2023-12-31")
