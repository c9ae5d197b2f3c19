"""Drawing, editing and measuring by hand, on a bare page with nothing but the map."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING
from typing import Any

import pyproj
import pytest
import shapely
from playwright.sync_api import expect

from tests.e2e.editor_desk import Desk
from tests.e2e.editor_desk import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e

GEOD = pyproj.Geod(ellps="GRS80")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture
def desk(browser: Browser, site: str) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.goto(site)
    yield Desk(page)
    context.close()
    assert not problems


SQUARE = [(300.0, 250.0), (600.0, 250.0), (600.0, 550.0), (300.0, 550.0)]
WITH_HOLE: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [
        [
            [121.49500000000003, 31.297000000000001],
            [121.505, 31.297],
            [121.50499999999998, 31.303333333333331],
            [121.495, 31.303],
            [121.49500000000003, 31.297000000000001],
        ],
        [[121.499, 31.299], [121.499, 31.3011111111111], [121.501, 31.301], [121.499, 31.299]],
    ],
}


def test_a_polygon_is_drawn_with_undo_and_redo_and_sent_once_finished(desk: Desk) -> None:
    desk.begin("polygon")
    expect(desk.button("undo")).to_have_attribute("aria-disabled", "true")
    desk.clicks(*SQUARE, (200, 400))
    expect(desk.button("redo")).to_have_attribute("aria-disabled", "true")
    desk.page.keyboard.press("Control+z")
    expect(desk.corners).to_have_count(4)
    desk.page.keyboard.press("Backspace")
    expect(desk.corners).to_have_count(3)
    desk.page.keyboard.press("Control+Shift+z")
    desk.button("redo").click()
    expect(desk.corners).to_have_count(5)
    desk.button("undo").click()
    expect(desk.corners).to_have_count(4)
    desk.page.mouse.click(*SQUARE[0])
    message = desk.message()
    (ring,) = message["geometry"].pop("coordinates")
    assert message == {
        "kind": "sketch",
        "token": "t1",
        "mode": "polygon",
        "geometry": {"type": "Polygon"},
    }
    expected = [desk.at(*pixel) for pixel in (*SQUARE, SQUARE[0])]
    assert ring == [pytest.approx(point, abs=1e-8) for point in expected]
    assert ring[0] == ring[-1]


def test_the_page_hears_no_click_while_a_tool_is_active_and_all_afterwards(desk: Desk) -> None:
    desk.begin("line")
    assert desk.run("map.atlas.busy") is True
    assert desk.run("map.doubleClickZoom.enabled()") is False
    desk.clicks((300, 300), (500, 300))
    desk.page.mouse.dblclick(500, 450)
    assert len(desk.message()["geometry"]["coordinates"]) == 3
    assert desk.run("[clicks, map.getZoom()]") == [0, 15]
    expect(desk.page.locator(".atlas-outline")).to_have_attribute("stroke-opacity", "0.45")
    desk.until("!map.atlas.busy && map.doubleClickZoom.enabled()")
    desk.page.mouse.click(300, 300)
    assert desk.run("clicks") == 1
    desk.run("AtlasEditor.update(map, null)")
    expect(desk.page.locator(".atlas-outline")).to_have_count(0)


def test_a_point_is_one_click_or_one_enter(desk: Desk) -> None:
    desk.begin("point")
    desk.page.mouse.click(420, 330)
    sent = desk.message()["geometry"]
    assert sent == {"type": "Point", "coordinates": pytest.approx(desk.at(420, 330), abs=1e-8)}
    desk.begin("point", wish="t2")
    desk.page.keyboard.press("Enter")  # the hand is on the mouse: shows where Enter will place
    expect(desk.page.locator(".atlas-crosshair")).to_be_visible()
    assert desk.run("sent.length") == 1
    desk.page.keyboard.press("Enter")
    sent = desk.message(2)["geometry"]
    assert sent["coordinates"] == pytest.approx(desk.at(500, 350), abs=1e-8)


def test_a_polygon_can_be_drawn_with_the_keyboard_alone(desk: Desk) -> None:
    desk.begin("polygon")
    desk.page.keyboard.press("Tab")
    expect(desk.page.locator("#map_div")).to_be_focused()
    expect(desk.page.locator(".atlas-crosshair")).to_be_visible()
    expected = []
    for key in ("", "ArrowRight", "ArrowDown"):
        if key:
            moves = desk.run("moves")
            desk.page.keyboard.press(key)
            desk.until(f"moves > {moves}")
        expected.append(desk.at(500, 350))
        desk.page.keyboard.press("Enter")
        expect(desk.corners).to_have_count(len(expected))
    desk.page.keyboard.press("Enter")
    (ring,) = desk.message()["geometry"]["coordinates"]
    assert ring == [pytest.approx(point, abs=1e-8) for point in (*expected, expected[0])]


def test_enter_twice_finishes_even_where_the_cross_hair_catches_beside_its_centre(
    desk: Desk,
) -> None:
    place = desk.at(507, 344)
    desk.run("path => { sources.push(path); }", {"closed": False, "points": [place]})
    desk.begin("line")
    desk.clicks((300, 300))
    desk.page.keyboard.press("ArrowLeft")
    desk.until("moves > 0")
    desk.page.keyboard.press("ArrowRight")
    desk.until("moves > 1")
    desk.page.keyboard.press("Enter")
    expect(desk.corners).to_have_count(2)
    desk.page.keyboard.press("Enter")
    assert desk.message()["geometry"]["coordinates"][1] == place


def test_a_vertex_catches_before_an_edge_and_keeps_the_digits_of_its_source(desk: Desk) -> None:
    place = [121.50123456789012, 31.301234567890123]
    other = [place[0] + 0.004, place[1] + 0.001]
    desk.run("paths => { sources.push(...paths); }", [{"closed": False, "points": [place, other]}])
    desk.begin("line")
    x, y = desk.pixel(place)
    desk.page.mouse.move(x + 6, y - 5)
    expect(desk.page.locator(".atlas-snap")).to_have_count(1)
    desk.clicks((x + 6, y - 5))
    along = desk.pixel([(place[0] + other[0]) / 2, (place[1] + other[1]) / 2])
    desk.clicks((along[0] + 2, along[1] + 7))
    desk.page.keyboard.down("Alt")
    far = desk.pixel(other)
    desk.clicks((far[0] + 5, far[1] + 5))
    desk.page.keyboard.up("Alt")
    desk.button("finish").click()
    first, second, third = desk.message()["geometry"]["coordinates"]
    assert first == place
    assert shapely.LineString([place, other]).distance(shapely.Point(second)) < 1e-13
    assert desk.pixel(second) == pytest.approx(along, abs=8)
    assert third == pytest.approx(desk.at(far[0] + 5, far[1] + 5), abs=1e-8)


def test_features_on_the_map_catch_but_not_the_one_that_is_edited(desk: Desk) -> None:
    ring = WITH_HOLE["coordinates"][0]
    desk.run(
        """feature => L.geoJSON(feature, {renderer: L.canvas(), interactive: false}).addTo(map)""",
        {"type": "Feature", "id": "parks:7", "properties": {}, "geometry": WITH_HOLE},
    )
    x, y = desk.pixel(ring[2])
    desk.begin("point")
    desk.page.mouse.click(x + 4, y + 4)
    assert desk.message()["geometry"]["coordinates"] == ring[2]
    desk.begin("point", wish="t2", feature="parks:7")
    desk.page.mouse.click(x + 4, y + 4)
    assert desk.message(2)["geometry"]["coordinates"] != ring[2]
    desk.begin("point", wish="t3")
    desk.button("snap").click()
    expect(desk.button("snap")).to_have_attribute("aria-pressed", "false")
    desk.page.mouse.click(x + 4, y + 4)
    assert desk.message(3)["geometry"]["coordinates"] != ring[2]


def test_sources_are_asked_for_a_small_box_and_seldom(desk: Desk) -> None:
    desk.begin("line")
    for step in range(40):
        desk.page.mouse.move(400 + step, 300 + step % 7)
        desk.run("() => new Promise(done => requestAnimationFrame(done))")
    asked = desk.run("asked")
    assert len(asked) == 1
    west, south, east, north = asked[0]
    left, top = desk.pixel([west, north])
    right, bottom = desk.pixel([east, south])
    assert right - left < 200
    assert bottom - top < 200


def test_editing_moves_one_vertex_and_leaves_every_other_bit_alone(desk: Desk) -> None:
    desk.begin("edit", WITH_HOLE)
    expect(desk.corners).to_have_count(7)
    x, y = desk.pixel(WITH_HOLE["coordinates"][0][1])
    desk.drag((x, y), (x + 60, y + 40))
    expect(desk.button("undo")).to_have_attribute("aria-disabled", "false")
    desk.page.keyboard.press("Enter")
    outer, hole = desk.message()["geometry"]["coordinates"]
    expected: list[Any] = [list(point) for point in WITH_HOLE["coordinates"][0]]
    expected[1] = pytest.approx(desk.at(x + 60, y + 40), abs=2e-5)
    assert outer == expected
    assert hole == WITH_HOLE["coordinates"][1]


def test_escape_puts_a_vertex_back_that_is_on_its_way(desk: Desk) -> None:
    desk.begin("edit", WITH_HOLE)
    x, y = desk.pixel(WITH_HOLE["coordinates"][0][1])
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x + 80, y + 60, steps=3)
    desk.page.keyboard.press("Escape")
    desk.page.mouse.move(x + 90, y + 70)
    desk.page.mouse.up()
    box = desk.corners.nth(1).bounding_box()
    assert box
    assert (box["x"] + 10, box["y"] + 10) == pytest.approx((x, y), abs=1)
    desk.page.keyboard.press("Enter")
    assert desk.message()["geometry"] == json.loads(json.dumps(WITH_HOLE))


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "GeometryCollection", "geometries": []}, "edit_not_editable"),
        (None, "edit_not_editable"),
        (
            {
                "type": "Polygon",
                "coordinates": [
                    WITH_HOLE["coordinates"][0],
                    [[121.51, 31.299], [121.511, 31.301], [121.512, 31.3], [121.51, 31.299]],
                ],
            },
            "edit_hole_outside",
        ),
    ],
    ids=["collection", "nothing", "hole outside"],
)
def test_what_cannot_be_finished_is_told(desk: Desk, geometry: Any, reason: str) -> None:
    desk.begin("edit", geometry)
    expect(desk.warning).to_have_text(reason)
    expect(desk.button("finish")).to_have_attribute("aria-disabled", "true")
    desk.page.locator("#map_div").press("Enter")
    desk.button("cancel").click()
    assert desk.run("sent") == [{"kind": "cancel", "token": "t1"}]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [121.49999999999999, 31.3]},
        {"type": "MultiPoint", "coordinates": [[121.5, 31.3], [121.501, 31.300000000000004]]},
        {"type": "LineString", "coordinates": [[121.5, 31.3], [121.501, 31.3], [121.5, 31.3]]},
        {"type": "MultiLineString", "coordinates": [[[121.5, 31.3], [121.501, 31.3]]] * 2},
        WITH_HOLE,
        {
            "type": "MultiPolygon",
            "coordinates": [
                WITH_HOLE["coordinates"],
                [[[121.51, 31.3], [121.511, 31.3], [121.511, 31.301], [121.51, 31.3]]],
            ],
        },
    ],
    ids=lambda geometry: str(geometry["type"]),
)
def test_what_was_not_touched_comes_back_as_it_was(desk: Desk, geometry: dict[str, Any]) -> None:
    desk.begin("edit", geometry)
    desk.button("finish").click()
    assert desk.message()["geometry"] == json.loads(json.dumps(geometry))


def test_middles_insert_and_keys_and_clicks_remove_down_to_a_triangle(desk: Desk) -> None:
    desk.begin("edit", {"type": "Polygon", "coordinates": [WITH_HOLE["coordinates"][0]]})
    expect(desk.corners).to_have_count(4)
    a, b = WITH_HOLE["coordinates"][0][:2]
    x, y = desk.pixel([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])
    desk.drag((x, y), (x, y + 50))
    expect(desk.corners).to_have_count(5)
    desk.corners.nth(1).focus()
    desk.page.keyboard.press("ArrowLeft")
    desk.page.keyboard.press("Shift+ArrowUp")
    desk.page.keyboard.press("Delete")
    expect(desk.corners).to_have_count(4)
    expect(desk.corners.nth(1)).to_be_focused()
    desk.corners.nth(1).click(button="right")
    expect(desk.corners).to_have_count(3)
    desk.corners.nth(0).click(modifiers=["Alt"])
    expect(desk.warning).to_have_text("edit_too_few_polygon")
    expect(desk.corners).to_have_count(3)
    desk.page.keyboard.press("Escape")
    expect(desk.corners).to_have_count(4)
    desk.page.keyboard.press("Enter")
    assert desk.message()["geometry"]["coordinates"] == [WITH_HOLE["coordinates"][0]]


def test_splitting_shows_the_object_and_sends_a_line_that_may_catch_on_it(desk: Desk) -> None:
    desk.begin("split", WITH_HOLE)
    expect(desk.page.locator(".atlas-target")).to_have_count(1)
    ring = WITH_HOLE["coordinates"][0]
    for point in (ring[0], ring[2]):
        x, y = desk.pixel(point)
        desk.clicks((x + 5, y - 4))
    desk.page.keyboard.press("Enter")
    message = desk.message()
    assert message["mode"] == "split"
    assert message["geometry"] == {"type": "LineString", "coordinates": [ring[0], ring[2]]}


def test_escape_gives_up_the_shape_and_then_the_tool(desk: Desk) -> None:
    desk.begin("polygon")
    desk.clicks(*SQUARE[:3])
    desk.page.keyboard.press("Escape")
    expect(desk.corners).to_have_count(0)
    desk.page.keyboard.press("Control+y")
    expect(desk.corners).to_have_count(1)
    desk.page.keyboard.press("Escape")
    assert desk.run("sent") == []
    desk.page.keyboard.press("Escape")
    assert desk.message() == {"kind": "cancel", "token": "t1"}
    expect(desk.page.locator(".atlas-edit")).to_be_hidden()
    assert desk.run("map.atlas.busy") is False
    desk.begin("polygon")
    expect(desk.page.locator(".atlas-edit")).to_be_hidden()
    desk.begin("polygon", wish="t2")
    desk.button("cancel").click()
    assert desk.message(2) == {"kind": "cancel", "token": "t2"}


def test_a_rerun_does_not_disturb_a_half_drawn_shape_and_a_new_wish_does(desk: Desk) -> None:
    desk.begin("polygon")
    desk.clicks(*SQUARE[:2])
    desk.begin("polygon")
    desk.clicks(SQUARE[2])
    expect(desk.corners).to_have_count(3)
    desk.begin("polygon", wish="t2")
    expect(desk.corners).to_have_count(0)
    desk.run("AtlasEditor.update(map, null)")
    expect(desk.page.locator(".atlas-edit")).to_be_hidden()
    assert desk.run("sent") == []


def test_a_polygon_that_crosses_itself_is_refused_with_the_reason(desk: Desk) -> None:
    desk.begin("polygon")
    desk.clicks(SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3])
    expect(desk.warning).to_have_text("edit_crossing")
    expect(desk.button("finish")).to_have_attribute("aria-disabled", "true")
    desk.page.mouse.click(*SQUARE[0])
    desk.page.keyboard.press("Enter")
    desk.button("finish").click(force=True)  # past its disabled state
    expect(desk.warning).to_have_text("edit_crossing")
    assert desk.run("sent") == []
    desk.page.keyboard.press("Backspace")
    expect(desk.warning).to_have_text("")
    desk.button("finish").click()
    assert shapely.geometry.shape(desk.message()["geometry"]).is_valid


def test_the_map_can_be_dragged_and_zoomed_while_drawing(desk: Desk) -> None:
    desk.begin("line")
    desk.clicks((300, 300))
    first = desk.at(300, 300)
    desk.drag((500, 500), (620, 420))
    assert desk.pixel(first) == pytest.approx((420, 220), abs=1)
    desk.page.mouse.move(430, 230)
    desk.page.mouse.wheel(0, -120)
    desk.until("map.getZoom() > 15 && !map._animatingZoom")
    expect(desk.corners).to_have_count(1)
    desk.clicks((700, 600))
    expected = [first, desk.at(700, 600)]
    desk.page.keyboard.press("Enter")
    sent = desk.message()["geometry"]["coordinates"]
    assert sent == [pytest.approx(point, abs=1e-8) for point in expected]


def test_taps_on_a_touch_screen_draw(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 500, "height": 700}, has_touch=True)
    desk = Desk(context.new_page())
    desk.page.goto(site)
    desk.begin("polygon")
    for number, (x, y) in enumerate([(150, 300), (350, 300), (350, 550)]):
        desk.page.touchscreen.tap(x, y)
        expect(desk.corners).to_have_count(number + 1)
    desk.button("finish").tap()
    assert len(desk.message()["geometry"]["coordinates"][0]) == 4
    desk.begin("line", wish="t2")
    desk.page.touchscreen.tap(150, 300)
    expect(desk.corners).to_have_count(1)
    # Two taps of one finger, as a browser tells of them that does not count them.
    tap = "new PointerEvent('click', {clientX: 300, clientY: 400, bubbles: true, detail: 1,"
    tap += " pointerType: 'touch', cancelable: true})"
    desk.run(f"() => [1, 2].forEach(() => map.getPane('mapPane').dispatchEvent({tap}))")
    assert len(desk.message(2)["geometry"]["coordinates"]) == 2
    context.close()


def test_measures_are_those_of_proj(desk: Desk) -> None:
    places = [desk.at(*pixel) for pixel in SQUARE]
    lngs, lats = zip(*places, strict=True)
    desk.page.locator(".atlas-measure .distance").click()
    desk.clicks(*SQUARE)
    desk.page.keyboard.press("Enter")
    total = sum(GEOD.line_lengths(lngs, lats))
    assert desk.size("edit_total") == pytest.approx(total, rel=1e-3)
    desk.page.locator(".atlas-measure .area").click()
    expect(desk.corners).to_have_count(0)
    desk.clicks(*SQUARE)
    desk.page.mouse.dblclick(*SQUARE[0])
    area, perimeter = GEOD.polygon_area_perimeter(lngs, lats)
    expected = [abs(area) / 10_000, abs(area), abs(area) / (2000 / 3)]
    assert [desk.size("edit_area", n) for n in range(3)] == pytest.approx(expected, rel=1e-3)
    assert desk.size("edit_perimeter") == pytest.approx(perimeter, rel=1e-3)
    desk.run("AtlasEditor.update(map, null)")
    assert desk.run("[map.atlas.busy, clicks, sent.length]") == [True, 0, 0]
    desk.page.locator(".atlas-measure .area").press("Enter")
    expect(desk.page.locator(".atlas-edit")).to_be_hidden()
    assert desk.run("map.atlas.busy") is False


def test_hostile_texts_stay_texts(desk: Desk) -> None:
    bad = "<img src=x onerror='window.hacked = 1'><script>window.hacked = 1</script>{n}$&"
    keys = desk.run("AtlasEditor.TEXT_KEYS")
    desk.run("texts => { window.name = texts; }", json.dumps(dict.fromkeys(keys, bad)))
    desk.page.reload()
    desk.run(
        "feature => L.geoJSON(feature).addTo(map)",
        {"type": "Feature", "id": bad, "properties": {"name": bad}, "geometry": WITH_HOLE},
    )
    desk.begin("edit", WITH_HOLE, wish=bad, colour=f'red" onload="{bad}', feature=bad)
    expect(desk.corners).to_have_count(7)
    expect(desk.page.locator(".atlas-edit .title")).to_have_text(bad)
    desk.button("help").click()
    expect(desk.page.locator(".atlas-edit .manual")).to_have_text(bad)
    assert desk.page.locator("#map_div img, #map_div script, #map_div [onload]").count() == 0
    assert desk.run("window.hacked") is None


def test_ten_thousand_vertices_have_few_handles_and_lose_no_digit(desk: Desk) -> None:
    ring = [
        [121.5 + 0.01 * r * math.cos(a), 31.3 + 0.008 * r * math.sin(a)]
        for k in range(10_000)
        for a, r in [(2 * math.pi * k / 10_000, 1 + 0.02 * math.sin(40 * math.pi * k / 10_000))]
    ]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    desk.begin("edit", geometry)
    desk.until("document.querySelectorAll('.atlas-handle').length > 50")
    assert desk.page.locator(".atlas-handle").count() <= 300
    assert desk.page.locator("path.atlas-outline").count() == 1
    desk.run("p => map.setView([p[1], p[0]], 19, {animate: false})", ring[2_500])
    desk.until("document.querySelectorAll('.atlas-handle').length > 50")
    assert desk.page.locator(".atlas-handle").count() <= 300
    desk.corners.nth(20).focus()
    desk.page.keyboard.press("ArrowUp")
    expect(desk.button("undo")).to_have_attribute("aria-disabled", "false")
    desk.button("finish").click()
    (sent,) = desk.message()["geometry"]["coordinates"]
    assert len([k for k in range(10_000) if sent[k] != ring[k]]) == 1
