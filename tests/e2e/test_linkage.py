"""A gate is tried out on the map, changes what is shown with its reason, and is saved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as NothingCameError
from playwright.sync_api import expect

from layers.access import access_of
from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests.access_hand import at
from tests.access_hand import degrees
from tests.access_hand import town
from tests.e2e.conftest import running
from tests.e2e.hand import click_at
from tests.e2e.hand import idle
from tests.e2e.hand import look
from tests.e2e.hand import map_of
from tests.e2e.hand import open_app
from tests.e2e.hand import pixel

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Frame
    from playwright.sync_api import Locator
    from playwright.sync_api import Page

    from layers.workspace import Workspace

pytestmark = pytest.mark.e2e
CLICKS, ANSWER_MS = 3, 15_000
EAST_SIDE = (-800.0, 0.0)
"""Where the gate is tried: the campus ends there, 800 m from C1; its only gate is at 1,500 m."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[str, Workspace]]:
    """Run the app on the small town; ask for it before ``page``."""
    path = tmp_path / "workspace"
    workspace, _issues = open_or_create(path, load_catalogue(), author="test", empty=True)
    for key, frame in town().items():
        workspace.commit(key, frame, author="test", message="town", expected_version=-1)
    with running(path) as address:
        yield address, workspace


def _tap(frame: Frame, page: Page, lng: float, lat: float) -> None:
    frame.wait_for_function("map.atlas.busy === true")
    box = page.locator("iframe[title='streamlit_folium.st_folium']").bounding_box()
    spot = pixel(frame, lng, lat)
    assert box
    page.mouse.move(box["x"] + spot["x"], box["y"] + spot["y"])
    page.mouse.click(box["x"] + spot["x"], box["y"] + spot["y"])


def _until(page: Page, answer: Locator, point: Callable[[Frame], None]) -> None:
    """Point at the map until it answers; one just drawn anew under the hand does not."""
    for _attempt in range(CLICKS):
        point(map_of(page))
        try:
            answer.wait_for(timeout=ANSWER_MS)
        except NothingCameError:
            continue
        break
    expect(answer).to_be_visible()
    idle(page)


def _put(page: Page, lng: float, lat: float) -> None:
    """Point where the gate stands."""

    def point(frame: Frame) -> None:
        look(frame, lat, lng, 17)
        _tap(frame, page, lng, lat)

    _until(page, page.get_by_text("试放之后会怎样"), point)


def _open_card(page: Page, lng: float, lat: float) -> None:
    """Click a space."""

    def point(frame: Frame) -> None:
        look(frame, lat, lng, 16)
        click_at(frame, lng, lat)

    _until(page, page.get_by_role("button", name="关闭卡片"), point)


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=re.compile(option)).click()
    idle(page)


def test_a_gate_is_tried_saved_and_taken_back(desk: tuple[str, Workspace], page: Page) -> None:
    server, workspace = desk
    open_app(page, server, "linkage?lang=中文&detour=1")
    _open_card(page, *degrees(0.0, 0.0))
    expect(page.get_by_text("“西门”步行1,500 m")).to_be_visible()
    page.get_by_role("radio", name="试放").click()
    idle(page)
    _choose(page, "所属校区", "甲大学北校区")
    page.get_by_label("名称（可不填）").fill("东门")
    page.get_by_role("button", name="在地图上点位置").click()
    idle(page)
    _put(page, *degrees(*EAST_SIDE))
    page.get_by_role("radio", name="空间卡片").click()
    expect(page.get_by_text(re.compile("“东门”步行80\\d m"))).to_be_visible()
    page.get_by_role("radio", name="试放").click()
    idle(page)
    assert workspace.version("gates") == 0, "nothing is stored on trial"

    page.get_by_text("保存到图层").click()
    page.get_by_label("您的姓名").fill("李工")
    page.get_by_label("资料来源").fill("踏勘")
    page.get_by_label("改了什么、为什么").fill("东门已开")
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    idle(page)
    last = workspace.history("gates").iloc[0]
    assert (last["version"], last["author"], last["message"]) == (1, "李工", "东门已开")
    gates = workspace.read("gates")
    new = gates[gates["name"] == "东门"].iloc[0]
    assert new["campus_id"] == "A1"
    assert new["source"] == "踏勘"
    assert new.geometry.distance(at(*EAST_SIDE)) < 1e-4
    now = access_of(
        {key: workspace.read(key) for key in workspace.versions()}, load_catalogue()
    ).spaces.set_index("carrier_id")
    assert now.loc["C1", "any_gate_name"] == "东门"

    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("已撤回，并记为新版本")).to_be_visible()
    idle(page)
    assert workspace.version("gates") == 2
    assert list(workspace.read("gates")["name"]) == ["西门"]
