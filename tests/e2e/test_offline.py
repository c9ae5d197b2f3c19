"""With every other host cut off: each page, each tool and each base map, without one attempt.

The fixture ``page`` fails a test on any request to another host.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect
from pmtiles.tile import TileType

from bench.city import make_workspace
from layers.catalogue import load_catalogue
from layers.tiles import TileSource
from layers.tiles.grid import Tile
from layers.tiles.grid import world
from layers.workspace import Workspace
from tests.e2e.conftest import running
from tests.e2e.hand import frames
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import look
from tests.e2e.hand import map_where
from tests.e2e.hand import open_app
from tests.e2e.hand import tiles_drawn
from tests.layers.basemap_files import png
from tests.layers.basemap_files import write_mbtiles
from tests.layers.basemap_files import write_pmtiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
BLUE = (20, 90, 200)


@pytest.fixture(scope="module")
def supplied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app on a workspace with two local base maps, pictures and vectors."""
    path = tmp_path_factory.mktemp("supplied") / "workspace"
    make_workspace(path, 1_500)
    workspace = Workspace.open(path, load_catalogue())
    workspace.commit("zones", workspace.read("zones"), author="e", message="again")
    folder = path / "basemaps"
    folder.mkdir()
    spots = [(z, *_spot(z)) for z in range(9, 15)]
    around = {
        (z, x + dx, y + dy) for z, x, y in spots for dx in range(-4, 5) for dy in range(-4, 5)
    }
    write_mbtiles(
        folder / "影像.mbtiles",
        {at: png(*BLUE) for at in around},
        {"name": "影像", "format": "png", "attribution": "<b>测绘院</b>"},
    )
    source = TileSource("water", workspace.read("district"), id_field="name", name_field="name")
    write_pmtiles(
        folder / "矢量.pmtiles",
        {at: source.tile(Tile(*at)) or b"" for at in around if source.tile(Tile(*at))},
        {"name": "矢量", "vector_layers": [{"id": "water", "fields": {}}]},
        tile_type=TileType.MVT,
    )
    with running(path) as address:
        yield address


def _spot(zoom: int) -> tuple[int, int]:
    x, y = np.floor(world(np.array([[121.52, 31.29]]))[0] * (1 << zoom)).astype(int)
    return int(x), int(y)


def _choose_base_map(page: Page, name: str) -> None:
    page.get_by_role("button", name="底图", exact=True).click()
    page.get_by_role("combobox", name="底图").click()
    page.get_by_role("option", name=re.compile(name)).click()
    idle(page)
    page.keyboard.press("Escape")


def test_every_page_and_tool(supplied: str, page: Page) -> None:
    open_app(page, supplied, "map?on=district,zones,parks,buildings&at=31.30,121.51,16")
    frame = tiles_drawn(page)
    for name in ("测量距离", "测量面积"):
        frame.get_by_role("button", name=name).click()
        expect(frame.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        frame.locator("#map_div").click(position={"x": 300, "y": 300})
        frame.locator("#map_div").click(position={"x": 420, "y": 330})
        expect(
            frame.get_by_text("公里").or_(frame.get_by_text("m", exact=False)).first
        ).to_be_visible()
        frame.get_by_role("button", name=name).click()
    page.evaluate("() => { window.print = () => { window.printed = document.body.className; }; }")
    frame.get_by_role("button", name="打印本页").click()
    page.wait_for_function("window.printed && window.printed.includes('atlas-printing')")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.wait_for_function("!document.body.classList.contains('atlas-printing')")
    for title in ("园区", "低效空间", "编辑", "对比", "输出", "数据"):
        go(page, title)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
        if title == "编辑":
            frame = map_where(page, "map.atlas.busy === true")
            frame.get_by_role("button", name="鼠标与键盘操作说明").click()
        if title == "对比":
            frames(page, 2)
            page.get_by_role("radio", name="卷帘").click()
            idle(page)
            expect(frames(page)[0].get_by_role("slider")).to_be_visible()


def test_a_local_base_map_of_pictures_lies_below_everything(supplied: str, page: Page) -> None:
    open_app(page, supplied, "map?on=district,zones&at=31.29,121.52,13")
    _choose_base_map(page, "影像")
    frame = map_where(
        page,
        "() => { const all = [...document.querySelectorAll('.leaflet-atlas-ground-pane img')];"
        " return all.length && all.some(i => i.complete && i.naturalWidth > 0); }",
    )
    expect(frame.locator(".leaflet-control-attribution")).to_contain_text("测绘院")
    look(frame, 31.29, 121.52, 17)  # deeper than the file goes
    frame.wait_for_function(
        "() => [...document.querySelectorAll('.leaflet-atlas-ground-pane img')]"
        ".some(i => i.complete && i.naturalWidth > 0)"
    )


def test_a_local_base_map_of_vectors_is_drawn(supplied: str, page: Page) -> None:
    open_app(page, supplied, "map?on=district,zones&at=31.29,121.52,13")
    _choose_base_map(page, "^矢量（")
    map_where(
        page,
        "() => [...document.querySelectorAll('.leaflet-atlas-ground-pane canvas')].some(c =>"
        " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0))",
    )


@pytest.mark.parametrize("name", ["高德", "腾讯", "百度", "谷歌"])
def test_a_shifted_base_map_is_refused_with_the_reason(
    supplied: str, page: Page, name: str
) -> None:
    open_app(page, supplied)
    page.get_by_role("button", name="底图", exact=True).click()
    page.get_by_role("combobox", name="底图").click()
    page.get_by_role("option", name=re.compile(name)).click()
    expect(page.get_by_text(re.compile("GCJ-02|BD-09")).first).to_be_visible()
    expect(page.get_by_text(re.compile("天地图")).first).to_be_visible()
