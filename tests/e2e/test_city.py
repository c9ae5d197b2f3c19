"""A map of 50,000 buildings: drawn as tiles, hovered, clicked, filtered, coloured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from bench.city import buildings
from layers.catalogue import load_catalogue
from tests.e2e.conftest import BUILDINGS
from tests.e2e.hand import building_in_view
from tests.e2e.hand import count_shown
from tests.e2e.hand import idle
from tests.e2e.hand import ink
from tests.e2e.hand import look
from tests.e2e.hand import open_app
from tests.e2e.hand import same_view
from tests.e2e.hand import tiles_drawn
from tests.e2e.hand import view

if TYPE_CHECKING:
    import geopandas as gpd
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
NEAR = "map?on=district,buildings&at=31.29,121.52,17"
WIDE = "map?on=district,buildings&at=31.29,121.52,12"


@pytest.fixture(scope="module")
def truth() -> gpd.GeoDataFrame:
    return buildings(BUILDINGS, load_catalogue().layer("buildings"))


def _move_to(page: Page, found: dict[str, float]) -> None:
    box = page.locator("iframe[title='streamlit_folium.st_folium']").bounding_box()
    assert box
    page.mouse.move(box["x"] + found["x"] - 3, box["y"] + found["y"])
    page.mouse.move(box["x"] + found["x"], box["y"] + found["y"])


def test_the_buildings_in_view_are_drawn_and_are_those_of_the_data(
    page: Page, city: str, truth: gpd.GeoDataFrame
) -> None:
    open_app(page, city, NEAR)
    frame = tiles_drawn(page)
    assert ink(frame) > 10_000
    found = building_in_view(frame)
    assert truth["name"].iloc[found["row"]] == found["name"]
    bounds = frame.evaluate(
        "() => { const b = map.getBounds();"
        " return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; }"
    )
    inside = truth.cx[bounds[0] : bounds[2], bounds[1] : bounds[3]]
    assert count_shown(frame) >= len(inside) > 100


def test_hover_shows_the_name_and_leaving_takes_it_away(page: Page, city: str) -> None:
    open_app(page, city, NEAR)
    frame = tiles_drawn(page)
    found = building_in_view(frame)
    _move_to(page, found)
    tip = frame.locator(".leaflet-tooltip")
    expect(tip).to_contain_text(found["name"])
    expect(tip).to_contain_text("建筑")
    page.mouse.move(5, 5)
    expect(tip).to_have_count(0)


def test_a_click_gives_the_card_and_a_second_click_on_it_works_again(
    page: Page, city: str, truth: gpd.GeoDataFrame
) -> None:
    open_app(page, city, NEAR)
    frame = tiles_drawn(page)
    found = building_in_view(frame)
    row = truth.iloc[found["row"]]
    for _again in range(2):
        frame.locator("#map_div").click(position={"x": found["x"], "y": found["y"]})
        expect(page.locator(".st-key-card h3")).to_have_text(row["name"])
        expect(page.locator(".st-key-card")).to_contain_text(f"{row['height_m']:.2f}")
        expect(page.locator(".st-key-card")).to_contain_text(str(row["building_id"]))
        page.get_by_role("button", name="关闭卡片").click()
        idle(page)
        expect(page.locator(".st-key-card .origin")).to_have_count(0)


def test_a_filter_hides_buildings_without_making_the_map_anew(
    page: Page, city: str, truth: gpd.GeoDataFrame
) -> None:
    open_app(page, city, NEAR)
    frame = tiles_drawn(page)
    before, shown = view(frame), count_shown(frame)
    frame.evaluate("window.stays = true")
    page.get_by_role("button", name="专题与筛选").click()
    page.get_by_role("combobox", name="筛选字段").click()
    page.get_by_role("option", name="用途").click()
    page.keyboard.press("Tab")  # closes the list
    page.get_by_role("combobox", name="用途").click()
    page.get_by_role("option", name="科研").click()
    expect(page.get_by_text(re.compile("个对象中有")).first).to_be_visible()
    wanted = int(truth["use"].eq("rd").sum())
    expect(page.get_by_text(f"50,000 个对象中有 {wanted:,} 个符合。")).to_be_visible()
    frame.wait_for_function(
        "rows => Object.values(map.atlas.tiles)[0]._shown.filter(v => v !== 255).length === rows",
        arg=wanted,
    )
    assert 0 < count_shown(frame) < shown
    assert frame.evaluate("window.stays") is True
    assert same_view(frame, before)
    expect(page.get_by_text(f"建筑 · {wanted:,}/50,000")).to_be_visible()


def test_a_theme_recolours_the_tiles_at_hand_without_fetching_any(page: Page, city: str) -> None:
    open_app(page, city, NEAR)
    frame = tiles_drawn(page)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if ".mvt" in r.url else None)
    frame.evaluate(
        "() => { window.done = false; Object.values(map.atlas.tiles)[0]"
        ".on('restyled', () => { window.done = true; }); }"
    )
    before = frame.evaluate("() => Object.values(map.atlas.tiles)[0]._spec.symbols.length")
    page.get_by_role("button", name="专题与筛选").click()
    page.get_by_role("combobox", name=re.compile("按字段着色")).click()
    page.get_by_role("option", name=re.compile("高度")).click()
    frame.wait_for_function("window.done")
    symbols = frame.evaluate("() => Object.values(map.atlas.tiles)[0]._spec.symbols")
    assert len({symbol["fill"] for symbol in symbols}) == 5
    assert before == 7
    assert not asked
    idle(page)
    assert "theme=buildings.height_m" in page.url


def test_far_away_buildings_are_counted_and_a_click_goes_nearer(page: Page, city: str) -> None:
    open_app(page, city, WIDE)
    frame = tiles_drawn(page)
    total = frame.evaluate(
        """() => {
            let total = 0;
            const seen = new Set();
            Object.values(map.atlas.tiles)[0]._eachContent((content, coords) => {
                content.ids.forEach((id, i) => {
                    const key = [coords.x, coords.y, id].join('/');
                    if (!seen.has(key)) { total += content.property(i, 'n'); seen.add(key); }
                });
            });
            return total;
        }"""
    )
    assert total == BUILDINGS
    x, y = frame.evaluate("() => [map.getSize().x / 2, map.getSize().y / 2]")
    _move_to(page, {"x": x, "y": y})
    expect(frame.locator(".leaflet-tooltip")).to_contain_text("放大后查看单体")
    frame.locator("#map_div").click(position={"x": x, "y": y})
    frame.wait_for_function("map.getZoom() >= Object.values(map.atlas.tiles)[0]._spec.detail_zoom")


def test_zooming_through_all_levels_keeps_the_layer_drawn(page: Page, city: str) -> None:
    open_app(page, city, NEAR)
    frame = tiles_drawn(page)
    for zoom in (11, 13, 14, 16, 18, 19):
        look(frame, 31.295, 121.525, zoom)
        assert ink(tiles_drawn(page)) > 1_000, zoom
