"""Our map of a generated city, against ``folium.GeoJson`` through ``st_folium``.

Run ``python -m bench.bench_map``; ``--count`` gives the number of buildings,
``--ours-only`` leaves the stock map out, ``--canvas`` lets it draw on a canvas,
``--patience`` waits before each measurement until the machine is calm. Both maps
show the same buildings at the same place, zoom and size, one after the other, in a
real Chromium that reaches no other computer; see :mod:`bench.stock_map` for what the
stock map is. Nothing is asserted: each measurement is printed when it is taken, with
the processor cores that other programs used meanwhile ("oth"), and a table at the end.

"Drawn" is when all tiles, or all features, are there and two more frames were shown.
A new browser has seen nothing yet and fetches all scripts. A click and a filter begin
with the mouse event.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from typing import Any

from bench import browser as b
from bench import stock_map
from bench.city import buildings
from bench.city import make_workspace
from bench.notebook import KB
from bench.notebook import MB
from bench.notebook import MS
from bench.notebook import Notebook
from bench.notebook import Row
from bench.notebook import S
from bench.notebook import print_table
from layers.catalogue import load_catalogue
from layers.picture import MOST_VECTORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from playwright.sync_api import Browser
    from playwright.sync_api import Frame
    from playwright.sync_api import Page

LATITUDE, LONGITUDE, ZOOM = 31.29, 121.52, 14
ZOOMS = (15, 16, 13)
DRAGS = ((5.0, 3.0), (-5.0, -3.0), (5.0, -3.0), (-5.0, 3.0))
MOVES, CLICKS = 60, 5
MOST_STOCK = 50_000
SIZE = (760, 640)

_VECTORS = """Object.values(world.map._layers).filter(l =>
    l.feature && String(l.feature.id).startsWith("buildings:")).length >= %d"""
_TILES = """(layers => layers.length > 0 && layers.every(layer =>
    layer._tileZoom === Math.round(world.map.getZoom()) && !layer.isLoading()
    && Object.values(layer._tiles).length > 0
    && Object.values(layer._tiles).every(tile => tile.loaded && tile.el.atlas.content)
))(Object.values(world.map.atlas.tiles))"""
_ALL = "Object.values(world.map._layers).filter(l => l.feature).length === %d"
_STILL = "world.map.getZoom() === %d && !world.map._animatingZoom"

# Functions of a pixel of the map: the name of the building that is drawn there, or null.
_NAME_IN_VECTORS = """(x, y) => {
    const at = map.containerPointToLayerPoint(L.point(x, y));
    const found = Object.values(map._layers).find(l => l.feature && l._containsPoint
        && l.feature.properties.name.startsWith("楼") && l._containsPoint(at));
    return found ? found.feature.properties.name : null;
}"""
_NAME_IN_TILES = """(x, y) => {
    const layer = Object.values(map.atlas.tiles).find(l => l._spec.key === "buildings");
    const hit = layer.hit(map.containerPointToLatLng(L.point(x, y)), 0);
    return hit && hit.row !== null ? hit.name : null;
}"""
# Pixels along a few rows, so that each move of the mouse is short and ends on a building.
_PATH = """most => {
    const name = %s;
    const size = map.getSize();
    const found = [];
    for (let y = size.y / 2 - 140; y < size.y - 140 && found.length < most; y += 9) {
        for (let x = 140; x < size.x - 140 && found.length < most; x += 7) {
            const text = name(x, y);
            if (text) { found.push({x: x, y: y, name: text}); }
        }
    }
    return found;
}"""
_TOOLTIP = """[...world.document.querySelectorAll(".leaflet-tooltip")].some(
    box => box.innerText.split(/\\s+/).includes(%s))"""
_WATCH_REDRAWING = """() => {
    window.marker = 1;
    window.redrawn = 0;
    const layers = Object.values(map.atlas.tiles);
    layers.forEach(layer => {
        let before = layer._spec.state;
        layer.on("restyled", () => {
            if (layer._spec.state !== before) { window.redrawn = probe.now(); }
            before = layer._spec.state;
        });
    });
    if (layers.length) { return; }
    const draw = AtlasMap.draw;
    AtlasMap.draw = (...all) => { draw(...all); window.redrawn = probe.now(); };
}"""


class TooSlowError(Exception):
    """Something took longer than :data:`bench.browser.LIMIT_S`."""


@dataclass(frozen=True)
class Subject:
    """A map under measurement.

    Attributes
    ----------
    title
        What it is called in the table.
    command, environment
        How its server is started.
    query
        What follows the address.
    drawn, settled
        Expressions that hold when the page is drawn, and after a zoom.
    name
        A function of JavaScript, see `_NAME_IN_TILES`.
    told
        Expression that holds when the text of a clicked building stands beside the map.
    is_ours
        Whether it is our map.
    cold, warm, rounds, filters
        How often each thing is measured.
    """

    title: str
    command: tuple[str, ...]
    environment: dict[str, str]
    query: str
    drawn: str
    settled: str
    name: str
    told: str
    is_ours: bool
    cold: int
    warm: int
    rounds: int
    filters: int


def our_map(workspace: Path, count: int) -> Subject:
    """Return our app on a workspace with so many generated buildings."""
    tiled = count > MOST_VECTORS
    return Subject(
        title="ours",
        command=(sys.executable, "-m", "cli", "app", "--no-browser", "--port={port}"),
        environment={"ATLAS_WORKSPACE": str(workspace)},
        query=f"/map?on=district,zones,buildings&at={LATITUDE},{LONGITUDE},{ZOOM}",
        drawn=_TILES if tiled else _VECTORS % count,
        settled=_TILES if tiled else "true",
        name=_NAME_IN_TILES if tiled else _NAME_IN_VECTORS,
        told='[...document.querySelectorAll(".atlas-card h3")].some(e => e.textContent === %s)',
        is_ours=True,
        cold=3,
        warm=5,
        rounds=3,
        filters=5,
    )


def stock(data: Path, count: int, size: tuple[int, int], *, canvas: bool) -> Subject:
    """Return the stock page on a file with so many buildings; its map has a size in pixels."""
    return Subject(
        title="stock",
        command=(sys.executable, "-m", "bench.stock_map", "{port}"),
        environment={
            stock_map.DATA: str(data),
            stock_map.SIZE: f"{size[0]}x{size[1]}",
            stock_map.CANVAS: "1" if canvas else "0",
        },
        query="/",
        drawn=_ALL % count,
        settled="true",
        name=_NAME_IN_VECTORS,
        told='document.querySelector(".st-key-card").innerText.split(/\\s+/).includes(%s)',
        is_ours=False,
        cold=1,
        warm=2,
        rounds=2,
        filters=3,
    )


def measure(
    browser: Browser, subject: Subject, book: Notebook, rows: gpd.GeoDataFrame
) -> tuple[int, int] | None:
    """Measure everything about a subject; return the size of its map in pixels."""
    log = Path(next(iter(subject.environment.values()))).with_suffix(".log")
    size = None
    try:
        for number in range(subject.cold):
            b.wait_for_calm(book.patience_s)
            with b.serving(subject.command, log, **subject.environment) as server:
                book.write("process start -> healthy", [server.started_s], server.others)
                load(browser, subject, book, server, "first page -> drawn")
                if number + 1 == subject.cold:
                    for _again in range(subject.warm):
                        load(browser, subject, book, server, "new browser -> drawn")
                    load_again(browser, subject, book, server)
                    size = work(browser, subject, book, server, rows)
    except TooSlowError as error:
        book.remark(f"{error}: more than {b.LIMIT_S} s, given up")
    return size


def load(browser: Browser, subject: Subject, book: Notebook, server: b.Server, key: str) -> None:
    """Open the page and wait until it is drawn."""
    with book.taking() as note, b.visit(browser, server.address + subject.query) as (page, _wire):
        note(key, [_drawn(page, subject)])
        b.idle(page)


def load_again(browser: Browser, subject: Subject, book: Notebook, server: b.Server) -> None:
    """Open the page again in a browser that has its scripts already."""
    with b.visit(browser, server.address + subject.query) as (page, _wire):
        _drawn(page, subject)
        for _again in range(subject.rounds):
            b.idle(page)
            page.goto("about:blank")
            with book.taking() as note:
                page.goto(server.address + subject.query, wait_until="commit")
                note("same browser again -> drawn", [_drawn(page, subject)])


def _drawn(page: Page, subject: Subject) -> float:
    """Return how long the page took to be drawn, s."""
    end = _within(b.until(page, _at(ZOOM, subject.drawn)), "page -> drawn")
    return (end - b.opened_at(page)) / 1000


def work(
    browser: Browser,
    subject: Subject,
    book: Notebook,
    server: b.Server,
    rows: gpd.GeoDataFrame,
) -> tuple[int, int]:
    """Do with the map what people do; return its size in pixels."""
    with b.visit(browser, server.address + subject.query) as (page, wire):
        _within(b.until(page, _at(ZOOM, subject.drawn)), "load")
        b.idle(page)
        frame = b.map_frame(page)
        size = b.size(page)
        book.remark(f"a map of {size[0]} x {size[1]} pixels")
        book.write("web socket, whole page", [wire.total / 1024])
        book.write("web socket, map", [wire.of_map / 1024])
        number, sent = b.fetched_bytes(frame, "/tiles/")
        book.write("tiles and states fetched", [number])
        book.write("tiles and states, bytes", [sent / 1024])
        move(page, frame, subject, book)
        zoom(page, subject, book)
        zoomed = hover(page, frame, subject, book)
        click(page, frame, subject, book, zoomed)
        book.write("renderer, memory", [b.renderer_mb()])
        look(page, subject, ZOOM)
        choose(page, frame, subject, book, rows)
        book.write("renderer, memory after filters", [b.renderer_mb()])
        book.write("server, memory", [b.resident_mb(server.pid)])
        book.write("server, peak memory", [b.resident_mb(server.pid, "VmHWM")])
    return size


def _at(zoom: float, test: str) -> str:
    return f"{_STILL % zoom} && {test}"


def _within(found: float | None, what: str) -> float:
    if found is None:
        raise TooSlowError(what)
    return found


def look(page: Page, subject: Subject, zoom: int) -> None:
    """Bring the view to the middle, and wait until it is drawn."""
    page.evaluate(
        "([lat, lng, zoom]) => { probe.world().map.setView([lat, lng], zoom, {animate: false}); }",
        [LATITUDE, LONGITUDE, zoom],
    )
    _within(b.until(page, _at(zoom, subject.settled)), "view")


def move(page: Page, frame: Frame, subject: Subject, book: Notebook) -> None:
    """Drag the map to all sides."""
    for step in DRAGS:
        look(page, subject, ZOOM)
        with book.taking() as note:
            with b.recording(frame) as intervals:
                b.drag(page, step)
            note("drag, frame", intervals)


def zoom(page: Page, subject: Subject, book: Notebook) -> None:
    """Zoom in and out; the first round asks for tiles that nobody has asked for yet."""
    for number in range(subject.rounds):
        look(page, subject, ZOOM)
        before = ZOOM
        for target in ZOOMS:
            with book.taking() as note:
                begin = page.evaluate(
                    "to => { probe.world().map.setZoom(to); return probe.now(); }", target
                )
                end = _within(b.until(page, _at(target, subject.settled)), "zoom")
                turn = "again" if number else "first"
                note(f"zoom {before} -> {target}, {turn}", [(end - begin) / 1000])
            before = target
    look(page, subject, ZOOM)


def path(page: Page, frame: Frame, subject: Subject) -> tuple[int, list[dict[str, Any]]]:
    """Return the first zoom at which buildings can be pointed at, and where some are."""
    found: list[dict[str, Any]] = []
    for zoom in range(ZOOM, 20):
        look(page, subject, zoom)
        found = frame.evaluate(_PATH % subject.name, MOVES)
        if found:
            return zoom, found
    message = "no building found"
    raise TooSlowError(message)


def hover(page: Page, frame: Frame, subject: Subject, book: Notebook) -> int:
    """Move the mouse over buildings; return the zoom at which that was done."""
    zoom, points = path(page, frame, subject)
    for _again in range(subject.rounds):
        page.mouse.move(*b.place(page, points[0]["x"] - 3, points[0]["y"]))
        with book.taking() as note:
            frame.evaluate("probe.answers()")
            with b.recording(frame) as intervals:
                for point in points:
                    page.mouse.move(*b.place(page, point["x"], point["y"]))
            note("hover, frame", intervals)
            note("hover, event -> tooltip", frame.evaluate("probe.answered()"))
    tried = points[:: MOVES // CLICKS]
    book.remark(f"hover at zoom {zoom}: {_named(page, tried)} of {len(tried)} names shown")
    return zoom


def _named(page: Page, points: Sequence[dict[str, Any]]) -> int:
    """Return over how many buildings the tooltip shows the name."""
    shown = 0
    for point in points:
        page.mouse.move(*b.place(page, point["x"] - 1, point["y"]))
        page.mouse.move(*b.place(page, point["x"], point["y"]))
        shown += b.until(page, _TOOLTIP % json.dumps(point["name"]), limit_s=5) is not None
    return shown


def click(page: Page, frame: Frame, subject: Subject, book: Notebook, zoom: int) -> None:
    """Click buildings one after the other."""
    look(page, subject, zoom)
    points = {p["name"]: p for p in frame.evaluate(_PATH % subject.name, 5 * MOVES)}
    for name, point in list(points.items())[:: max(1, len(points) // CLICKS)][:CLICKS]:
        with book.taking() as note:
            page.mouse.click(*b.place(page, point["x"], point["y"]))
            end = _within(b.until(page, subject.told % json.dumps(name)), "click")
            note("click -> text beside the map", [(end - b.pressed_at(frame)) / 1000])
            b.idle(page)


def choose(
    page: Page, frame: Frame, subject: Subject, book: Notebook, rows: gpd.GeoDataFrame
) -> None:
    """Filter the map by use, one use more each time."""
    counts = rows["use"].value_counts()
    if len(counts) == 1:
        book.remark("all buildings have one use: nothing to filter")
        return
    if subject.is_ours:
        frame.evaluate(_WATCH_REDRAWING)
        page.get_by_role("button", name="专题与筛选").click()
        page.get_by_role("combobox", name="筛选字段").click()
        page.get_by_role("option", name=stock_map.FILTER).click()
        page.keyboard.press("Escape")  # the list stays open, over the field below it
        b.idle(page)
    wanted = 0
    for use in list(counts.index)[: subject.filters]:
        wanted += int(counts[use])
        redrawn = "(world.marker !== 1 || world.redrawn > probe.pressed)"
        test = redrawn if subject.is_ours else _ALL % wanted
        option = page.get_by_role("option", name=use, exact=True)
        if not option.is_visible():
            page.get_by_role("combobox", name=stock_map.FILTER).click()
        option.wait_for()
        page.wait_for_timeout(300)  # the list opens with a movement
        with book.taking() as note:
            option.click()
            end = _within(b.until(page, test), "filter")
            begin = b.pressed_at(page)
            note("filter -> on the screen", [(end - begin) / 1000])
            if subject.is_ours:
                note("filter -> redrawn", [(frame.evaluate("redrawn") - begin) / 1000])
            b.idle(page)
    if subject.is_ours:
        kept = frame.evaluate("window.marker") == 1
        book.remark(f"the map is {'the same as before the filters' if kept else 'made anew'}")


def _frame_rows(key: str, target: float | None) -> list[Row]:
    return [Row(key, MS), Row(key, MS, target, percentile=95), Row(key, MS, percentile=100)]


def table() -> list[Row]:
    """Return the rows of the table."""
    steps = zip((ZOOM, *ZOOMS), ZOOMS, strict=False)
    zooms = [f"zoom {a} -> {z}, {turn}" for a, z in steps for turn in ("first", "again")]
    return [
        Row("process start -> healthy", S),
        Row("first page -> drawn", S, 5.0),
        Row("new browser -> drawn", S, 2.0),
        Row("same browser again -> drawn", S),
        *_frame_rows("drag, frame", 25.0),
        *(Row(key, S) for key in zooms),
        *_frame_rows("hover, frame", None),
        Row("hover, event -> tooltip", MS),
        Row("hover, event -> tooltip", MS, percentile=95),
        Row("click -> text beside the map", S, 0.6),
        Row("filter -> redrawn", S, 0.3),
        Row("filter -> on the screen", S),
        Row("web socket, whole page", KB),
        Row("web socket, map", KB),
        Row("tiles and states fetched"),
        Row("tiles and states, bytes", KB),
        Row("renderer, memory", MB),
        Row("renderer, memory after filters", MB),
        Row("server, memory", MB),
        Row("server, peak memory", MB),
    ]


def main() -> None:
    """Measure both maps, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=50_000, help="number of buildings")
    parser.add_argument("--ours-only", action="store_true", help="leave the stock map out")
    parser.add_argument("--canvas", action="store_true", help="the stock map draws on a canvas")
    parser.add_argument("--patience", type=float, default=0.0, help="seconds to wait for calm")
    wanted = parser.parse_args()
    spec = load_catalogue().layer("buildings")
    rows = buildings(wanted.count, spec)
    rows["use"] = [spec.field("use").choice_title(use, "zh") for use in rows["use"]]
    ours, other = (Notebook(title, wanted.patience) for title in ("ours", "stock"))
    with TemporaryDirectory() as name, b.chromium() as browser:
        print(f"{wanted.count:,} buildings, Chromium {browser.version}")
        print(f"ten million additions in Python take {b.speed_s():.2f} s")
        workspace, data = Path(name) / "workspace", Path(name) / "buildings.parquet"
        make_workspace(workspace, wanted.count)
        size = measure(browser, our_map(workspace, wanted.count), ours, rows)
        if not wanted.ours_only and wanted.count <= MOST_STOCK:
            rows[stock_map.COLUMNS].to_parquet(data)
            page = stock(data, wanted.count, size or SIZE, canvas=wanted.canvas)
            measure(browser, page, other, rows)
    print(f"ten million additions in Python take {b.speed_s():.2f} s")
    print_table(table(), ours, other)


if __name__ == "__main__":
    main()
