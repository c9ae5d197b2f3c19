"""行动方案 in a real browser: from the list of tasks to a plan sheet, and a proof on the way."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from layers.catalogue import load_catalogue
from layers.plan import load_plan
from tests.e2e.conftest import running
from tests.e2e.hand import at_a_map_that_may_be_replaced
from tests.e2e.hand import click_at
from tests.e2e.hand import download
from tests.e2e.hand import idle
from tests.e2e.hand import map_of
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
MOST_CLICKS = 5
ATTEMPTS = 10
TASK = "T12"
SMALL_OBJECT = """() => {
    const size = map.getSize();
    for (const path of document.querySelectorAll('path.leaflet-interactive')) {
        const box = path.getBoundingClientRect();
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        if (document.elementFromPoint(x, y) === path && box.width < 40
                && x > 60 && y > 60 && x < size.x - 60 && y < size.y - 60) {
            const place = map.containerPointToLatLng([x, y]);
            return [place.lng, place.lat];
        }
    }
    return null;
}"""
"""Where a point of the map is that can be clicked, in degrees."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app on a workspace that these tests may change."""
    with running(tmp_path_factory.mktemp("plan") / "workspace") as address:
        yield address


def _title() -> str:
    plan = load_plan(load_catalogue().folder)
    assert plan is not None
    return plan.task(TASK).title.zh


def _heading_of(path: Path) -> str:
    """Return the title that a PDF carries: UTF-16, with a stroke before what PDF needs itself."""
    plain = re.sub(rb"\\(.)", rb"\1", path.read_bytes(), flags=re.DOTALL)
    found = re.search(rb"/Title \(\xfe\xff((?:..)*?)\)\s", plain, flags=re.DOTALL)
    assert found
    return found.group(1).decode("utf-16-be")


class Clicks:
    """Counts what a new user clicks."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def on(self, target: Locator) -> None:
        target.click()
        self.count += 1
        idle(self.page)


def test_from_the_list_of_tasks_to_a_sheet_in_five_clicks(page: Page, server: str) -> None:
    open_app(page, server, "plan?lang=zh")
    clicks = Clicks(page)
    clicks.on(page.get_by_role("button", name=f"{TASK} {_title()}"))
    expect(page.get_by_role("heading", name=f"{TASK} {_title()}")).to_be_visible()
    assert f"task={TASK}" in page.url
    clicks.on(page.get_by_role("button", name="出图", exact=True))
    expect(page.get_by_test_id("stImage").locator("img")).to_be_visible()
    clicks.on(page.get_by_role("button", name="生成文件"))
    expect(page.get_by_text("已写出，并读回比对一致。")).to_be_visible()
    found = download(page, page.locator("a.atlas-download").first)
    clicks.count += 1
    assert clicks.count <= MOST_CLICKS
    assert found.suggested_filename == f"task_{TASK}_A3_internal.pdf"
    assert _title() in _heading_of(found.path())
    reader = shutil.which("pdftotext")
    if reader:  # what is drawn can be read only where this program is there
        drawn = subprocess.run([reader, found.path(), "-"], capture_output=True, check=True)  # noqa: S603 - our own file
        assert _title() in drawn.stdout.decode("utf-8")


def test_a_link_and_the_way_back_lead_where_they_say(page: Page, server: str) -> None:
    open_app(page, server, f"plan?lang=zh&task={TASK}")
    expect(page.get_by_role("heading", name=f"{TASK} {_title()}")).to_be_visible()
    page.get_by_role("button", name="← 全部任务").click()
    idle(page)
    expect(page.get_by_role("button", name="T01 ")).to_be_visible()
    assert "task=" not in page.url


SCROLLED = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    main.scrollTo(0, 300);
    return main.scrollTop === 300;
}"""


def test_a_task_low_on_the_board_opens_at_its_top_and_stays_where_it_is_read(
    page: Page, server: str
) -> None:
    open_app(page, server, "plan?lang=zh")
    main = page.get_by_test_id("stMain")
    page.get_by_role("button", name=re.compile("^T18 ")).scroll_into_view_if_needed()
    assert main.evaluate("main => main.scrollTop") > 0
    page.get_by_role("button", name=re.compile("^T18 ")).click()
    expect(page.get_by_role("heading", name=re.compile("^T18 "))).to_be_in_viewport()
    idle(page)
    expect(page.locator("[data-task=T18]")).to_be_attached()
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop === 0")
    idle(page)
    # The page may still grow, so that there is at first nothing to scroll.
    page.wait_for_function(SCROLLED)
    page.get_by_text("人工关联对象").click()
    idle(page)
    assert main.evaluate("main => main.scrollTop") > 0


def test_a_proof_is_added_and_fetched_as_it_was(page: Page, own: str, tmp_path: Path) -> None:
    minutes = tmp_path / "第一次会议纪要.txt"
    minutes.write_text("议定事项", "utf-8")
    open_app(page, own, "plan?lang=zh&task=T01")
    page.get_by_label("您的姓名").fill("甲")
    page.get_by_label("您的姓名").press("Enter")
    idle(page)
    page.locator("input[type=file]").set_input_files(minutes)
    page.get_by_role("button", name="作为佐证提交").click()
    expect(page.get_by_text("已提交佐证")).to_be_visible()
    found = download(page, page.get_by_role("link", name="下载", exact=True))
    assert found.suggested_filename == minutes.name
    assert found.path().read_bytes() == minutes.read_bytes()
    page.get_by_role("button", name="提请完成").click()
    expect(page.get_by_text("已提请完成，须由第二人确认")).to_be_visible()
    page.get_by_role("button", name="确认完成").click()
    expect(page.get_by_text("须由另一人确认").first).to_be_visible()


def test_an_object_that_is_clicked_on_the_map_is_linked(page: Page, own: str) -> None:
    open_app(page, own, "plan?lang=zh&task=T03")
    page.get_by_text("人工关联对象").click()
    idle(page)
    offer = page.get_by_role("button", name="关联 ", exact=False).first
    # A map that is being drawn anew may take what is clicked away; then it is clicked again.
    for _attempt in range(ATTEMPTS):
        with at_a_map_that_may_be_replaced():
            frame = map_of(page)
            at = frame.evaluate(SMALL_OBJECT)
            if at:
                click_at(frame, *at)
        idle(page)
        if offer.count():
            break
        page.wait_for_timeout(1_000)
    offer.click()
    expect(page.get_by_text("已关联")).to_be_visible()
    expect(page.get_by_text("◆")).to_be_visible()
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销上一步操作。")).to_be_visible()
    expect(page.get_by_text("◆")).to_have_count(0)
