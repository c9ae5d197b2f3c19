"""The hand that works on the app: waits for states of the page, never for a time."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count as numbers
from typing import TYPE_CHECKING
from typing import Any

from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as NothingCameError
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext
    from playwright.sync_api import Download
    from playwright.sync_api import Frame
    from playwright.sync_api import Locator
    from playwright.sync_api import Page

    from tests.team_hand import TeamServer

_ATTEMPTS = 20
FEATURES_DRAWN = "document.querySelector('path.leaflet-interactive')"
"""Holds in a map that shows features."""
_CLICKS, _ANSWER_MS = 3, 20_000
_STEADY = """(() => {
    // When a page last said something to its server, and when it last heard from it.
    const wire = window.atlasWire = {sent: 0, heard: 0};
    const known = new WeakSet();
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        if (!known.has(this)) {
            known.add(this);
            this.addEventListener('message', () => { wire.heard = performance.now(); });
        }
        wire.sent = performance.now();
        return send.call(this, data);
    };
    // What still slides when it is clicked is missed: a folded part is open at once.
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (frames, options) {
        const rest = typeof options === 'object' ? options : {};
        return animate.call(this, frames, {...rest, duration: 0, delay: 0});
    };
})()"""
"""What :func:`steady` has a page run before anything else."""
_CALM = """([call, quietMs, unansweredMs]) => {
    const now = performance.now();
    const wire = window.atlasWire;
    const rests = document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]');
    // Some messages need no answer.
    const answered = wire.heard > wire.sent || now - wire.sent > unansweredMs;
    if (!rests || !answered || window.atlasCall !== call) {
        window.atlasCall = call;
        window.atlasCalmSince = now;
        return false;
    }
    return now - window.atlasCalmSince >= quietMs;
}"""
_QUIET_MS, _UNANSWERED_MS = 120, 2_000
_calls = numbers()
_DRAWN = """() => {
    const layers = window.map && map.atlas ? Object.values(map.atlas.tiles) : [];
    return layers.length > 0 && layers.every(layer => !layer.isLoading()
        && Object.values(layer._tiles).length > 0
        && Object.values(layer._tiles).every(tile => tile.loaded && tile.el.atlas.content));
}"""


def steady(context: BrowserContext) -> None:
    """Have the pages of a context keep still and say what :func:`idle` waits for."""
    context.add_init_script(_STEADY)


def idle(page: Page) -> None:
    """Wait until Streamlit has finished running the script for all that it was told.

    Streamlit says that it runs only when its server has said so: just after a click the page
    looks as if it rested. So the last word on the wire must be the server's. The context of the
    page is one that :func:`steady` has seen.
    """
    page.wait_for_function(_CALM, arg=[next(_calls), _QUIET_MS, _UNANSWERED_MS])


def open_app(page: Page, server: str, address: str = "map?lang=zh") -> None:
    """Open the app on a page, usually on the map, and wait until it has come to rest."""
    page.goto(f"{server}/{address}")
    idle(page)


def sign_in(page: Page, server: TeamServer, name: str, address: str = "/") -> None:
    """Open an address in a browser that is not signed in, and sign in as somebody."""
    page.goto(f"{server.address}{address}")
    page.get_by_role("link", name="登录").click()
    page.get_by_role("link", name=name, exact=True).click()
    idle(page)


def download(page: Page, link: Locator) -> Download:
    """Click a link to a file and return the file.

    A page that is just being built anew may take the link away under the click; whoever
    sees nothing happen clicks again.
    """
    for _click in range(_CLICKS):
        idle(page)
        try:
            with page.expect_download(timeout=_ANSWER_MS) as waiting:
                link.click()
        except NothingCameError:
            continue
        return waiting.value
    msg = f"no file came after {_CLICKS} clicks on {link}"
    raise AssertionError(msg)


def go(page: Page, title: str) -> None:
    """Open a page of the app by its name."""
    page.get_by_role("link", name=title, exact=True).click()
    idle(page)


def choose(page: Page, label: str, option: str) -> None:
    """Look for an option of a list by a part of its name, take it, and let the page follow."""
    page.get_by_role("combobox", name=label).fill(option)
    page.get_by_role("option", name=option).first.click()
    idle(page)


def frames(page: Page, count: int = 1) -> list[Frame]:
    """Return the frames of the maps of a page once they are made.

    A page that has just been changed may still replace its maps; then it looks again.
    """
    handles = page.locator("iframe[title='streamlit_folium.st_folium']")
    for _attempt in range(_ATTEMPTS):
        expect(handles).to_have_count(count)
        try:
            found = [_made(handles.nth(number)) for number in range(count)]
        except Error:
            continue
        if None not in found:
            return [frame for frame in found if frame is not None]
        page.wait_for_timeout(100)
    raise AssertionError


def _made(handle: Locator) -> Frame | None:
    frame = handle.element_handle().content_frame()
    if frame is not None:
        frame.wait_for_function("window.map && window.map.atlas")
    return frame


def map_of(page: Page) -> Frame:
    """Return the frame of the map once its features are drawn."""
    return map_where(page, FEATURES_DRAWN)


def map_where(page: Page, condition: str) -> Frame:
    """Return the frame of the map once a condition holds in it."""
    (frame,) = maps_where(page, 1, condition)
    return frame


def maps_where(page: Page, count: int, condition: str) -> list[Frame]:
    """Return the frames of the maps of a page once a condition holds in each.

    Maps that are replaced meanwhile are looked for again.
    """
    for _attempt in range(_ATTEMPTS):
        found = frames(page, count)
        try:
            for frame in found:
                frame.wait_for_function(condition)
        except Error as error:
            if "detached" not in error.message:
                raise
            continue
        return found
    raise AssertionError


@contextmanager
def at_a_map_that_may_be_replaced() -> Iterator[None]:
    """Do something at a map; if it is replaced meanwhile nothing is done, and one tries again."""
    try:
        yield
    except Error as error:
        if "detached" not in error.message:
            raise


def tiles_drawn(page: Page) -> Frame:
    """Return the frame of the map once all of its tiles are drawn."""
    return map_where(page, _DRAWN)


def look(frame: Frame, lat: float, lng: float, zoom: float) -> None:
    """Move the view of a map."""
    frame.evaluate(
        "([lat, lng, zoom]) => { map.setView([lat, lng], zoom, {animate: false}); }",
        [lat, lng, zoom],
    )


def view(frame: Frame) -> dict[str, float]:
    """Return the view of a map."""
    found: dict[str, float] = frame.evaluate(
        "() => ({zoom: map.getZoom(), lat: map.getCenter().lat, lng: map.getCenter().lng})"
    )
    return found


def same_view(frame: Frame, before: dict[str, float]) -> bool:
    """Return whether a map still shows what it showed.

    The middle of a map that is an odd number of pixels wide lies between two, so that a
    panel or a scroll bar beside it moves the middle by half a pixel and nothing on the map.
    """
    off: float = frame.evaluate(
        "({lat, lng}) => map.project([lat, lng]).distanceTo(map.project(map.getCenter()))", before
    )
    return off <= 1 and view(frame)["zoom"] == before["zoom"]


def pixel(frame: Frame, lng: float, lat: float) -> dict[str, float]:
    """Return where a place is on the map, in pixels of the frame."""
    found: dict[str, float] = frame.evaluate(
        "([lng, lat]) => { const p = map.latLngToContainerPoint([lat, lng]);"
        " return {x: p.x, y: p.y}; }",
        [lng, lat],
    )
    return found


def click_at(frame: Frame, lng: float, lat: float) -> None:
    """Click a place of the map."""
    at = pixel(frame, lng, lat)
    frame.locator("#map_div").click(position={"x": at["x"], "y": at["y"]})


def building_in_view(frame: Frame) -> dict[str, Any]:
    """Return row, name and pixel of a building near the middle of the map.

    The pixel lies well inside the building: the page beside the map may still be taking
    its place, and a map that becomes a few pixels narrower moves what lies under a pixel.
    """
    found: dict[str, Any] = frame.evaluate(
        """() => {
            const layer = Object.values(map.atlas.tiles)[0];
            const size = map.getSize();
            for (let r = 0; r < 200; r += 4) {
                for (let a = 0; a < 6.28; a += 0.5) {
                    const p = L.point(size.x / 2 + r * Math.cos(a), size.y / 2 + r * Math.sin(a));
                    const at = q => layer.hit(map.containerPointToLatLng(q), 0);
                    const hit = at(p);
                    const inside = [[-5, 0], [5, 0], [0, -5], [0, 5]].every(d => {
                        const near = at(p.add(d));
                        return near && hit && near.row === hit.row;
                    });
                    if (hit && hit.row !== null && inside) {
                        return {row: hit.row, name: hit.name, x: p.x, y: p.y};
                    }
                }
            }
            return null;
        }"""
    )
    assert found
    return found


def count_shown(frame: Frame) -> int:
    """Return how many different features of tile layers are shown in the tiles at hand."""
    number: int = frame.evaluate(
        """() => {
            const rows = new Set();
            Object.values(map.atlas.tiles).forEach(layer => layer._eachContent(content => {
                content.ids.forEach(id => { if (layer._isShown(id)) rows.add(id); });
            }));
            return rows.size;
        }"""
    )
    return number


def ink(frame: Frame) -> int:
    """Return how many pixels of the tiles at hand are painted."""
    number: int = frame.evaluate(
        """() => {
            let painted = 0;
            Object.values(map.atlas.tiles).forEach(layer => {
                Object.values(layer._tiles).forEach(tile => {
                    const ctx = tile.el.getContext('2d');
                    const data = ctx.getImageData(0, 0, tile.el.width, tile.el.height).data;
                    for (let i = 3; i < data.length; i += 4) { painted += data[i] > 0; }
                });
            });
            return painted;
        }"""
    )
    return number
