"""Text that attacks: in every field of every layer, in versions and in links. Nothing runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from bench.city import make_workspace
from layers.catalogue import load_catalogue
from layers.workspace import Workspace
from tests.e2e.conftest import running
from tests.e2e.hand import building_in_view
from tests.e2e.hand import choose
from tests.e2e.hand import frames
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import look
from tests.e2e.hand import map_of
from tests.e2e.hand import open_app
from tests.e2e.hand import tiles_drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Frame
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
RUN = "window.parent.__ran=1;window.__ran=1;alert(1)"
HOSTILE = (
    f"<img src=x onerror='{RUN}'>${{{RUN}}}`+{RUN}+`</script><script>{RUN}</script>"
    f'"\'><svg onload="{RUN}">{{{{{RUN}}}}}\u2028[x](javascript:{RUN})'
)
FEW = 1_500


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app on a workspace in which every free text is hostile, titles included."""
    folder = tmp_path_factory.mktemp("poisoned")
    path = folder / "workspace"
    make_workspace(path, FEW)
    catalogue = load_catalogue()
    workspace = Workspace.open(path, catalogue)
    for spec in catalogue.layers:
        frame = workspace.read(spec.key)
        free = [
            f.name
            for f in spec.fields
            if f.type == "text" and not f.choices and not f.references and f.name != spec.id_field
        ]
        if len(frame):
            changed = frame.assign(**dict.fromkeys(free, HOSTILE))
            workspace.commit(spec.key, changed, author=HOSTILE, message=HOSTILE)
    basemaps = path / "basemaps"
    basemaps.mkdir()
    (basemaps / "<img src=x onerror=alert(1)>`.pmtiles").write_bytes(b"PMTiles nothing")
    with running(path) as address:
        yield address


def _nothing_ran(page: Page, frames_seen: list[Frame]) -> None:
    assert page.evaluate("() => window.__ran") is None
    for frame in frames_seen:
        assert frame.evaluate("() => window.__ran") is None
    assert page.locator("img[src=x], svg[onload]").count() == 0


def test_map_tooltip_label_card_and_legend(poisoned: str, page: Page) -> None:
    open_app(page, poisoned)
    frame = map_of(page)
    look(frame, 31.3434, 121.5007, 16)
    at = frame.evaluate(
        """() => {
            let found = null;
            map.eachLayer(l => {
                if (l.feature && l.feature.id === 'parks:C08') {
                    found = map.latLngToContainerPoint(l.getBounds().getCenter());
                }
            });
            return {x: found.x + 25, y: found.y + 25};
        }"""
    )
    frame.locator("#map_div").hover(position=at)
    expect(frame.locator(".leaflet-tooltip .name")).to_have_text(re.compile("<img src=x"))
    frame.locator("#map_div").click(position=at)
    expect(page.locator(".st-key-card h3")).to_contain_text("<img src=x")
    expect(frame.locator(".atlas-label").first).to_contain_text("<img src=x")
    _nothing_ran(page, [frame])


def test_tiles_theme_filter_and_table(poisoned: str, page: Page) -> None:
    open_app(page, poisoned, "map?on=buildings&at=31.29,121.52,16")
    frame = tiles_drawn(page)
    found = building_in_view(frame)
    assert found["name"].startswith("<img src=x")
    at = {"x": found["x"], "y": found["y"]}
    frame.locator("#map_div").hover(position=at)  # type: ignore[arg-type]
    expect(frame.locator(".leaflet-tooltip .name")).to_contain_text("onerror")
    frame.locator("#map_div").click(position=at)  # type: ignore[arg-type]
    expect(page.locator(".st-key-card h3")).to_contain_text("<img src=x")
    page.get_by_role("radio", name="表格").click()
    idle(page)
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    page.get_by_role("button", name="专题与筛选").click()
    choose(page, "筛选字段", "地址")
    page.emulate_media(media="print")
    expect(page.locator(".atlas-paper")).to_be_visible()
    _nothing_ran(page, [frame])


@pytest.mark.parametrize("title", ["园区", "低效空间", "编辑", "对比", "输出", "数据"])
def test_every_other_page(poisoned: str, page: Page, title: str) -> None:
    open_app(page, poisoned)
    go(page, title)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    count = {"对比": 2, "编辑": 1, "低效空间": 1}.get(title, 0)
    seen = frames(page, count) if count else []
    _nothing_ran(page, seen)


def test_base_map_list_and_swipe(poisoned: str, page: Page) -> None:
    open_app(page, poisoned)
    page.get_by_role("button", name="底图", exact=True).click()
    expect(page.get_by_text("onerror=alert").first).to_be_visible()
    page.keyboard.press("Escape")
    go(page, "对比")
    page.get_by_role("radio", name="卷帘").click()
    idle(page)
    (frame,) = frames(page)
    expect(frame.locator(".atlas-side.right")).to_contain_text("<img src=x")
    _nothing_ran(page, [frame])


def test_the_address_is_hostile(poisoned: str, page: Page) -> None:
    bad = "%3Cimg%20src=x%20onerror=alert(1)%3E%60%24%7Balert(1)%7D"
    open_app(
        page,
        poisoned,
        f"map?sel=parks:{bad}&theme=parks.{bad}&filter=parks.{bad}&on={bad}&at={bad}",
    )
    expect(page.get_by_text("链接中有些内容与本工作区不符")).to_be_visible()
    _nothing_ran(page, frames(page))
