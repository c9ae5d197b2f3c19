"""A bare page with a map and the editor, served on loopback, and the hand that works on it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING
from typing import Any

from playwright.sync_api import expect

from layers.webmap import STATIC_DIR
from layers.webmap import leaflet_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator
    from playwright.sync_api import Page

OWN = [
    "atlas-geodesy",
    *(f"atlas-editor-{part}" for part in ("sketch", "snap", "panel", "view", "input")),
    "atlas-editor",
]
HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Editor</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/leaflet.css">
<link rel="stylesheet" href="/atlas-map.css"><link rel="stylesheet" href="/atlas-editor.css">
</head><body><div id="map_div"></div>SCRIPTS</body></html>"""
HTML = HTML.replace(
    "SCRIPTS", "".join(f'<script src="/{name}.js"></script>' for name in ["leaflet", *OWN, "desk"])
)
DESK = """
window.sent = []; window.clicks = 0; window.moves = 0; window.asked = [];
window.sources = [];
window.map = L.map("map_div", {center: [31.3, 121.5], zoom: 15, zoomSnap: 1, inertia: false});
map.atlas = {busy: false};
map.on("click", function () { clicks += 1; });
map.on("moveend", function () { moves += 1; });
AtlasEditor.attach(map, {
  texts: window.name ? JSON.parse(window.name) : {},
  send: function (message) { sent.push(JSON.parse(JSON.stringify(message))); },
  snapSources: [function (bounds) {
    asked.push([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
    return sources;
  }]
});
"""
WAIT = """() => new Promise(function (done, fail) {
  const end = performance.now() + 60000;
  function look() {
    if (CONDITION) { done(); }
    else if (performance.now() > end) { fail(new Error("never: CONDITION")); }
    else { requestAnimationFrame(look); }
  }
  look();
})"""
# No inline script, no eval, no foreign host: as strict as a page can be.
POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'"
KINDS = {"js": "text/javascript", "css": "text/css", "html": "text/html", "png": "image/png"}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.strip("/") or "index.html"
        made = {"index.html": HTML, "desk.js": DESK}
        folder = STATIC_DIR if name.startswith("atlas-") else leaflet_dir()
        body = made[name].encode() if name in made else (folder / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", f"{KINDS[name.rsplit('.')[-1]]}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep the output of the tests quiet."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the page while the block runs; give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}/"
        http.shutdown()
        thread.join()


class Desk:
    """A page with a map, and the hand that works on it. Pixels are those of the map."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.corners = page.locator(".atlas-handle:not(.middle)")
        self.middles = page.locator(".atlas-handle.middle")
        self.warning = page.locator(".atlas-edit .warning")

    def run(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    def until(self, condition: str) -> None:
        """Wait in the page: Playwright's own way of waiting needs eval, which is forbidden."""
        self.run(WAIT.replace("CONDITION", condition))

    def begin(self, mode: str, geometry: Any = None, wish: str = "t1", **more: Any) -> None:
        spec = {"token": wish, "mode": mode, "geometry": geometry, "snap": True, **more}
        self.run("spec => AtlasEditor.update(map, spec)", spec)

    def button(self, name: str) -> Locator:
        return self.page.locator(f".atlas-edit .atlas-tool.{name}")

    def clicks(self, *pixels: tuple[float, float]) -> None:
        before = self.corners.count()
        for number, (x, y) in enumerate(pixels):
            self.page.mouse.click(x, y)
            expect(self.corners).to_have_count(before + number + 1)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=4)
        self.page.mouse.up()

    def at(self, x: float, y: float) -> list[float]:
        found: list[float] = self.run(
            "p => { const l = map.containerPointToLatLng(p); return [l.lng, l.lat]; }", [x, y]
        )
        return found

    def pixel(self, point: list[float]) -> tuple[float, float]:
        x, y = self.run(
            "p => { const q = map.latLngToContainerPoint([p[1], p[0]]); return [q.x, q.y]; }", point
        )
        return float(x), float(y)

    def message(self, count: int = 1) -> Any:
        self.until(f"sent.length === {count}")
        return self.run("sent[sent.length - 1]")

    def size(self, row: str, nth: int = 0) -> float:
        """Return a number of the read-out, lengths in metres."""
        text = self.page.locator(f".atlas-edit dd.{row}").nth(nth).inner_text()
        number, unit = text.replace(",", "").split(" ")
        return float(number) * (1000 if unit == "unit_km" else 1)
