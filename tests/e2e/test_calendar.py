"""数据日历 in a browser: entries are accepted, and the reminders come as a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import icalendar
import pytest
from playwright.sync_api import expect

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests.e2e.conftest import running
from tests.e2e.hand import download
from tests.e2e.hand import idle
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


def test_accepted_entries_become_reminders(page: Page, tmp_path: Path) -> None:
    open_or_create(tmp_path / "w", load_catalogue(), author="test")
    with running(tmp_path / "w") as server:
        open_app(page, server, "calendar?lang=中文")
        expect(page.get_by_text("数据日历还没有条目")).to_be_visible()
        page.get_by_role("button", name=re.compile(r"采用 \d+ 个条目")).click()
        expect(page.get_by_text(re.compile(r"已新增 \d+ 个条目"))).to_be_visible()
        idle(page)
        link = page.get_by_role("link", name="下载日历提醒（ICS）")
        saved = download(page, link)
        assert saved.suggested_filename == "data-calendar.ics"
        events = icalendar.Calendar.from_ical(Path(saved.path()).read_bytes()).walk("VEVENT")
        summaries = {str(event["summary"]) for event in events}
        assert "数据报送：三大先导产业总规模" in summaries
        assert len({str(event["uid"]) for event in events}) == len(events) == 4 * len(summaries)
