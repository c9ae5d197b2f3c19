"""Two planners at one layer in two browsers, and a server that is killed between them."""

from __future__ import annotations

import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from layers.catalogue import load_catalogue
from layers.editing import FOLDER
from layers.startup import open_or_create
from tests.e2e.conftest import new_context
from tests.e2e.conftest import running
from tests.e2e.conftest import started
from tests.e2e.conftest import watched
from tests.e2e.hand import choose
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import map_where
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from playwright.sync_api import Page

    from layers.workspace import Workspace

pytestmark = pytest.mark.e2e


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _issues = open_or_create(tmp_path / "workspace", load_catalogue(), author="test")
    return made


@pytest.fixture
def server(workspace: Workspace) -> Iterator[str]:
    with running(workspace.path) as address:
        yield address


def _change(page: Page, zone: str, **values: str) -> None:
    """Change attributes of a zone, and apply that as one step."""
    page.locator("label").filter(has_text=re.compile("^修改属性$")).click()
    idle(page)
    choose(page, "要素", f"({zone})")
    more = page.locator("details summary").filter(has_text="更多属性")
    more.click()
    for label, value in values.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_text("步尚未保存")).to_be_visible()
    idle(page)


def _save(page: Page, author: str) -> None:
    page.get_by_label("作者").fill(author)
    page.get_by_label("改了什么、为什么").fill(f"{author}的修改")
    page.get_by_role("button", name="保存为新版本").click()


def test_two_planners_edit_one_zone_and_nothing_is_lost(
    workspace: Workspace, server: str, browser: Browser
) -> None:
    with watched(browser) as first, watched(browser) as second:
        for page in (first, second):
            open_app(page, server)
            go(page, "编辑")
        _change(first, "Z05", 功能区名称="甲的名称")
        _change(second, "Z05", 功能区名称="乙的名称", 备注="乙的备注")
        _save(first, "甲")
        expect(first.get_by_text("已保存为第 1 版")).to_be_visible()
        # Whatever she does next tells her, long before she saves.
        second.locator("label").filter(has_text=re.compile("^删除$")).click()
        idle(second)
        told = second.get_by_test_id("stAlert").filter(has_text="在您编辑期间")
        expect(told).to_contain_text("甲 于")
        expect(second.get_by_role("button", name="保存为新版本")).to_be_disabled()
        second.get_by_text("以我的为准").click()
        idle(second)
        _save(second, "乙")
        expect(second.get_by_text("已保存为第 2 版")).to_be_visible()
    zone = workspace.read("zones").set_index("zone_id").loc["Z05"]
    assert (zone["name"], zone["note"]) == ("乙的名称", "乙的备注")
    history = workspace.history("zones").set_index("version")["author"]
    assert (history[1], history[2]) == ("甲", "乙")
    assert not list((workspace.path / FOLDER).glob("*.json"))


def test_the_boundary_of_the_other_is_drawn_dashed_beside_mine(
    workspace: Workspace, server: str, page: Page
) -> None:
    open_app(page, server)
    go(page, "编辑")
    page.locator("label").filter(has_text=re.compile("^删除$")).click()
    idle(page)
    choose(page, "要素", "(Z05)")
    page.get_by_role("button", name="删除该要素").click()
    expect(page.get_by_text("1 步尚未保存")).to_be_visible()
    zones = workspace.read("zones")
    at = zones["zone_id"].eq("Z05")
    zones.loc[at, "geometry"] = zones.loc[at].geometry.translate(0.001).to_numpy()
    workspace.commit("zones", zones, author="王工", message="移界")
    page.locator("label").filter(has_text=re.compile("^修改属性$")).click()
    idle(page)
    expect(page.get_by_text("您删除了它，对方修改了它")).to_be_visible()
    map_where(page, "document.querySelector('path[stroke=\"#0072b2\"][stroke-dasharray]')")


@pytest.mark.parametrize("language", ["中文", "English"])
def test_what_is_to_be_decided_is_read_without_scrolling(
    workspace: Workspace, server: str, browser: Browser, language: str
) -> None:
    long = "AWordThatHasNoBlankAndMustBreakSomewhere" * 4
    with watched(browser, width=1280, height=800) as page:
        open_app(page, server)
        go(page, "编辑")
        _change(page, "Z05", 功能区名称="乙" * 40, 备注="乙的备注")
        zones = workspace.read("zones")
        zones.loc[zones["zone_id"].eq("Z05"), ["name", "note"]] = ["甲的名称", long]
        workspace.commit("zones", zones, author="王工", message="改名")
        page.get_by_text(language, exact=True).click()
        idle(page)
        # The tool is another one, so that the page runs also in the language it has.
        page.locator("label").filter(has_text=re.compile("^(删除|Delete)$")).click()
        idle(page)
        cells = page.locator(".atlas-conflict").locator("th, td")
        expect(cells).to_have_count(3 * 5)
        page.locator(".atlas-conflict").scroll_into_view_if_needed()
        for number in range(3 * 5):
            expect(cells.nth(number)).to_be_in_viewport(ratio=1)
            assert cells.nth(number).evaluate("one => one.scrollWidth <= one.clientWidth")


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait(timeout=20)


def test_a_draft_survives_a_server_that_is_killed(workspace: Workspace, browser: Browser) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with new_context(browser) as context:
        page = context.new_page()
        with started(workspace.path, port) as process:
            open_app(page, f"http://127.0.0.1:{port}")
            go(page, "编辑")
            _change(page, "Z05", 功能区名称="停电前的名称")
            _kill(process)
        assert workspace.version("zones") == 0
        with started(workspace.path, port):
            page.reload()
            idle(page)
            expect(page.get_by_text("1 步尚未保存")).to_be_visible()
            expect(page.get_by_text("停电前的名称 (Z05)")).to_be_visible()
            _save(page, "甲")
            expect(page.get_by_text("已保存为第 1 版")).to_be_visible()
    names = workspace.read("zones").set_index("zone_id")["name"]
    assert names["Z05"] == "停电前的名称"
