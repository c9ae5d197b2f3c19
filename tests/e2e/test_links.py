"""The address that reopens a picture, printing it, and two versions compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from shapely.affinity import translate

from bench.city import make_workspace
from layers.catalogue import load_catalogue
from layers.workspace import Workspace
from tests.e2e.conftest import running
from tests.e2e.conftest import watched
from tests.e2e.hand import FEATURES_DRAWN
from tests.e2e.hand import building_in_view
from tests.e2e.hand import choose
from tests.e2e.hand import frames
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import look
from tests.e2e.hand import map_of
from tests.e2e.hand import maps_where
from tests.e2e.hand import open_app
from tests.e2e.hand import tiles_drawn
from tests.e2e.hand import view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
FEW = 2_000


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app on a workspace in which a zone and a building have changed."""
    path = tmp_path_factory.mktemp("versions") / "workspace"
    make_workspace(path, FEW)
    workspace = Workspace.open(path, load_catalogue())
    zones = workspace.read("zones")
    zones.loc[zones["zone_id"].eq("Z01"), "geometry"] = zones.geometry[
        zones["zone_id"].eq("Z01")
    ].map(lambda shape: translate(shape, 0.004))
    zones = zones[zones["zone_id"].ne("Z10")]
    workspace.commit("zones", zones, author="李工", message="核对边界")
    buildings = workspace.read("buildings")
    buildings["name"] = buildings["name"].where(buildings.index != 7, "改名楼")
    workspace.commit("buildings", buildings, author="李工", message="改名")
    with running(path) as address:
        yield address


def test_the_address_reopens_layers_filter_theme_selection_and_view(
    versions: str, page: Page, browser: Browser
) -> None:
    open_app(page, versions, "map?on=district,buildings&at=31.29,121.52,17")
    frame = tiles_drawn(page)
    page.get_by_role("button", name="专题与筛选").click()
    page.get_by_role("combobox", name=re.compile("按字段着色")).click()
    page.get_by_role("option", name=re.compile("高度")).click()
    idle(page)
    choose(page, "筛选字段", "层数")
    page.get_by_role("spinbutton", name=re.compile("层数 下限")).fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("2,000 个对象中有"))).to_be_visible()
    page.keyboard.press("Escape")
    # The page tells its server of the closed panel only when it is gone.
    expect(page.get_by_role("combobox", name="筛选字段")).to_have_count(0)
    idle(page)
    look(frame, 31.2912, 121.5234, 17.5)
    tiles_drawn(page)
    found = building_in_view(frame)
    frame.locator("#map_div").click(position={"x": found["x"], "y": found["y"]})
    expect(page.locator(".st-key-card h3")).to_have_text(found["name"])
    page.wait_for_url(re.compile(r"at=31\.2912.*121\.5234.*17\.50.*sel=|sel=.*at=31\.2912"))
    with watched(browser) as other:
        other.goto(page.url)
        idle(other)
        again = tiles_drawn(other)
        expect(other.locator(".st-key-card h3")).to_have_text(found["name"])
        assert view(again) == pytest.approx(view(frame), abs=1e-4)
        for what in ("state", "symbols"):
            script = f"() => Object.values(map.atlas.tiles)[0]._spec.{what}"
            assert again.evaluate(script) == frame.evaluate(script)
        expect(other.locator("label").filter(has_text="轨道交通站")).to_be_visible()
        expect(other.get_by_role("checkbox", name=re.compile("轨道交通站"))).not_to_be_checked()


def test_a_link_that_does_not_fit_is_told_and_the_rest_of_it_holds(
    versions: str, page: Page
) -> None:
    hostile = "map?on=zones,nothing&at=x,y,z&theme=zones.evil~1~2~3&sel=zones:%3Cimg%20src=x%3E"
    open_app(page, versions, hostile)
    expect(page.get_by_text("链接中有些内容与本工作区不符")).to_be_visible()
    frame = map_of(page)
    shown = frame.evaluate(
        "() => { const keys = new Set(); map.eachLayer(l => { if (l.feature && l.feature.id)"
        " keys.add(l.feature.id.split(':')[0]); }); return [...keys]; }"
    )
    assert shown == ["zones"]


def test_the_link_can_be_copied(versions: str, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_app(page, versions)
    frame = map_of(page)
    look(frame, 31.30, 121.51, 15)
    frame.get_by_role("button", name="复制当前画面的链接").click()
    expect(frame.get_by_text("链接已复制")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "at=31.3" in copied
    assert copied.startswith(versions)


def test_a_print_holds_map_legend_and_sources_but_no_controls(
    versions: str, page: Page, tmp_path: Path
) -> None:
    open_app(page, versions)
    map_of(page)
    expect(page.locator(".atlas-paper")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".atlas-paper")).to_be_visible()
    expect(page.locator(".atlas-paper")).to_contain_text("功能区")
    expect(page.locator(".atlas-paper")).to_contain_text("zones v1")
    expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()
    path = tmp_path / "print.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    assert path.stat().st_size > 20_000


def _compare(page: Page, server: str, layer: str) -> None:
    open_app(page, server)
    go(page, "对比")
    page.get_by_role("combobox", name="图层").click()
    page.get_by_role("option", name=layer).click()
    idle(page)


def test_two_versions_stand_side_by_side_with_linked_views(versions: str, page: Page) -> None:
    _compare(page, versions, "功能区")
    left, right = maps_where(page, 2, FEATURES_DRAWN)
    look(left, 31.305, 121.515, 14)
    right.wait_for_function("Math.abs(map.getZoom() - 14) < 1e-9")
    assert view(left) == pytest.approx(view(right), abs=1e-6)
    look(right, 31.31, 121.52, 13.5)
    left.wait_for_function("Math.abs(map.getZoom() - 13.5) < 1e-9")
    assert view(left) == pytest.approx(view(right), abs=1e-6)
    counts = [
        frame.evaluate(
            "() => { let n = 0; map.eachLayer(l => { if (l.feature && l.feature.id"
            " && l.feature.id.startsWith('zones:')) n++; }); return n; }"
        )
        for frame in (left, right)
    ]
    assert counts == [10, 9]
    expect(page.get_by_text("核对边界").first).to_be_visible()
    table = page.locator(".atlas-figures")
    expect(table).to_contain_text("1修改")
    expect(table).to_contain_text("1删除")


def test_two_versions_lie_under_a_bar_that_clips_them(versions: str, page: Page) -> None:
    _compare(page, versions, "功能区")
    page.get_by_role("radio", name="卷帘").click()
    idle(page)
    (frame,) = frames(page)
    bar = frame.get_by_role("slider")
    expect(bar).to_be_visible()
    before = frame.evaluate("() => map.getPane('atlas-2-left').style.clip")
    bar.fill("0.25")
    after = frame.evaluate("() => map.getPane('atlas-2-left').style.clip")
    assert before.startswith("rect(")
    assert before != after
    frame.evaluate("map.panBy([40, 0], {animate: false})")
    left, right = (
        frame.evaluate(f"() => map.getPane('atlas-{name}').style.clip")
        for name in ("2-left", "3-right")
    )
    edge = [float(part) for part in re.findall(r"-?[\d.]+", left)][1]
    assert edge == pytest.approx([float(part) for part in re.findall(r"-?[\d.]+", right)][3])


def test_large_layers_are_compared_as_tiles(versions: str, page: Page) -> None:
    _compare(page, versions, "建筑")
    for frame in maps_where(page, 2, "Object.values(map.atlas.tiles).length === 1"):
        look(frame, 31.29, 121.52, 16)
    drawn = maps_where(
        page,
        2,
        "Object.values(map.atlas.tiles)"
        ".every(l => !l.isLoading() && Object.values(l._tiles).every(t => t.loaded))",
    )
    urls = [frame.evaluate("() => Object.values(map.atlas.tiles)[0]._spec.url") for frame in drawn]
    assert [re.findall(r"buildings/(\d+)-", url)[0] for url in urls] == ["0", "1"]
