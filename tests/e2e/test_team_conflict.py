"""Two planners, signed in to a team server, edit one feature: a conflict, and both changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests.e2e.conftest import watched
from tests.e2e.hand import choose
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import sign_in
from tests.team_hand import PEOPLE
from tests.team_hand import running_team

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
ZONE = "Z05"


def _change(page: Page, **values: str) -> None:
    page.locator("label").filter(has_text=re.compile("^修改属性$")).click()
    idle(page)
    choose(page, "要素", f"({ZONE})")
    page.locator("details summary").filter(has_text="更多属性").click()
    for label, value in values.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_text("步尚未保存")).to_be_visible()
    idle(page)


def _save(page: Page, message: str, version: int) -> None:
    # Who it is, is known and cannot be typed.
    expect(page.get_by_label("作者")).to_have_count(0)
    page.get_by_label("改了什么、为什么").fill(message)
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.get_by_text(f"已保存为第 {version} 版")).to_be_visible()


def test_both_changes_are_there_after_the_second_takes_the_first_over(
    tmp_path: Path, browser: Browser
) -> None:
    workspace, _issues = open_or_create(tmp_path / "workspace", load_catalogue(), author="test")
    with (
        running_team(workspace.path) as server,
        watched(browser) as first,
        watched(browser) as second,
    ):
        for page, name in ((first, "planner"), (second, "planner2")):
            sign_in(page, server, name)
            go(page, "编辑")
        _change(first, 功能区名称="甲的名称")
        _change(second, 功能区名称="乙的名称", 备注="乙的备注")
        _save(first, "改名", 1)
        second.locator("label").filter(has_text=re.compile("^删除$")).click()
        idle(second)
        told = second.get_by_test_id("stAlert").filter(has_text="在您编辑期间")
        expect(told).to_contain_text(PEOPLE["planner"][1])
        expect(second.get_by_text("甲的名称").first).to_be_visible()
        expect(second.get_by_role("button", name="保存为新版本")).to_be_disabled()
        # His name of the zone stays, and so does her note.
        second.get_by_text("矛盾之处以对方为准，我的其他修改保留").click()
        idle(second)
        _save(second, "加备注", 2)
    zone = workspace.read("zones").set_index("zone_id").loc[ZONE]
    assert (zone["name"], zone["note"]) == ("甲的名称", "乙的备注")
    history = workspace.history("zones").set_index("version")["author"]
    assert [history[1], history[2]] == [PEOPLE["planner"][1], PEOPLE["planner2"][1]]
