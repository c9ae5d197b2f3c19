"""What simulated planners do at the team server, and a book in which it is written."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from dataclasses import field
from math import asinh
from math import pi
from math import radians
from math import tan
from typing import TYPE_CHECKING
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from bench.planner import PageError
from bench.planner import Planner

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import Callable

    from bench.planner import Seen
    from bench.planner import Widget

OVERVIEW = "map"
PAGES = (
    "",
    OVERVIEW,
    "parks",
    "scatter",
    "consolidate",
    "space",
    "evaluate",
    "edit",
    "compare",
    "export",
    "data",
    "linkage",
    "plan",
    "calendar",
)
# Widgets that planners touch, by page: the beginnings of their names in the program.
_TOUCHED = {
    OVERVIEW: ("layer_on:",),
    "parks": ("parks_flags", "parks_classes"),
    "scatter": ("scatter:walk_m", "scatter:view"),
    "consolidate": ("consolidate_tab",),
    "space": ("underused_filter:state", "underused_filter:class", "underused_view"),
    "evaluate": ("evaluate_class", "evaluate_view"),
    "edit": ("edit_layer",),
    "export": ("export_format", "output_what"),
}
_FORMATS = ("GeoPackage", "Excel", "CSV", "GeoJSON", "Shapefile")
_TILE = r"/tiles/\w+/[\w-]+(?=/)"
_DOWNLOAD = r"/exports/[\w-]+/[^\"'&<> ]+"
_TILES_A_VIEW = 12
LONGITUDE, LATITUDE = 121.52, 31.29
_STEPS = 12
_HEADINGS = "载体编号,载体名称,经度,纬度,建筑面积"
_FAILED = (PageError, httpx.HTTPError, WebSocketException, OSError, TimeoutError)


@dataclass
class Book:
    """What was done and how long it took.

    Attributes
    ----------
    seconds
        Of everything that went well, by what it was.
    errors
        What went wrong: what it was, and why.
    refused
        How often the server asked to wait (429): no error, but not done either.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    refused: int = 0

    async def time(self, what: str, doing: Awaitable[Any]) -> Any:  # noqa: ANN401 - what was done gives
        """Do something and write down how long it took, or why it failed."""
        began = time.monotonic()
        try:
            given = await doing
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                self.refused += 1
            else:
                self.errors.append(f"{what}: {error.response.status_code}")
            raise
        except _FAILED as error:
            self.errors.append(f"{what}: {type(error).__name__}: {error}"[:300])
            raise
        self.seconds[what].append(time.monotonic() - began)
        return given


class Desk:
    """A planner at work until time is up.

    Parameters
    ----------
    planner
        The page that he has open.
    book
        Where it is written.
    seed
        Of what he chooses.
    think_s
        Longest pause between two actions, in seconds; the shortest is a third of it.
    """

    def __init__(self, planner: Planner, book: Book, *, seed: int, think_s: float) -> None:
        self.planner = planner
        self.book = book
        self.random = random.Random(seed)  # noqa: S311 - seeded, not for secrets
        self.think_s = think_s
        self.number = seed
        self._deliveries = 0

    async def work(self, until: float, *, imports: bool = False) -> None:
        """Open the app and go on until a moment of :func:`time.monotonic`."""
        await self._again(self._open)
        plan: list[Callable[[], Awaitable[None]]] = [*[self.browse] * 8, self.export]
        plan += [self.deliver] * 3 if imports else []
        while time.monotonic() < until:
            await self._pause()
            await self._again(self.random.choice(plan))
        await self.planner.close()

    async def _again(self, doing: Callable[[], Awaitable[None]]) -> None:
        """Do something; on a failure, which is written already, open the app anew."""
        try:
            await doing()
        except _FAILED:
            await self._pause()
            await self.planner.close()
            try:
                await self.planner.open()
            except _FAILED as error:
                self.book.errors.append(f"open again: {error}")

    async def _pause(self) -> None:
        await asyncio.sleep(self.random.uniform(self.think_s / 3, self.think_s))

    async def _open(self) -> None:
        await self.book.time("open", self.planner.open())
        seen = await self._page(OVERVIEW)
        buildings = seen.by_key("layer_on:buildings")
        if buildings is not None:
            await self._tiles(await self.planner.set(buildings, value=True))

    async def _page(self, page: str) -> Seen:
        seen: Seen = await self.book.time(f"page {page}", self.planner.go(page))
        return seen

    async def browse(self) -> None:
        """Open a page, look at its map, and change something on it."""
        page = self.random.choice(PAGES)
        seen = await self._page(page)
        await self._tiles(seen)
        touched = [
            widget
            for widget in seen.widgets.values()
            if widget.key.startswith(_TOUCHED.get(page, ("-",)))
        ]
        if touched:
            await self._pause()
            widget = self.random.choice(touched)
            value = self._other(widget)
            what = f"filter {page}"
            await self._tiles(await self.book.time(what, self.planner.set(widget, value)))

    def _other(self, widget: Widget) -> Any:  # noqa: ANN401 - as the widget has it
        """Return what a planner may choose."""
        proto = widget.proto
        if widget.kind == "checkbox":
            return not proto.default
        if widget.kind == "slider":
            steps = int((proto.max - proto.min) / proto.step)
            return [float(proto.min + proto.step * self.random.randint(0, steps))]
        options = [getattr(one, "content", one) for one in proto.options]
        chosen = self.random.choice(options)
        return [chosen] if widget.kind in {"button_group", "multiselect"} else chosen

    async def _tiles(self, seen: Seen) -> None:
        """Fetch the tiles of a view, six at once as a browser does."""
        layers = sorted({found.group() for found in seen.find(_TILE)})
        if not layers:
            return
        room = asyncio.Semaphore(6)

        async def fetch(address: str) -> None:
            async with room:
                answer = await self.planner.web.get(self.planner.address + address)
                answer.raise_for_status()

        zoom = self.random.choice((13, 14, 15))
        column, row = _tile_at(LONGITUDE, LATITUDE, zoom)
        wanted = []
        for number in range(_TILES_A_VIEW):
            layer = layers[number % len(layers)]
            x, y = column + number % 4 - 2, row + number // 4 - 1
            wanted.append(self.book.time("tile", fetch(f"{layer}/{zoom}/{x}/{y}.mvt")))
        await asyncio.gather(*wanted)

    async def export(self) -> None:
        """Have a file made and take it out."""
        seen = await self._page("export")
        formats = seen.by_start("export_format")
        what = seen.by_start("output_what")
        if formats is None and what is not None:
            # He looked at sheets or chapters before; layers are the first choice.
            layers = [what.proto.options[0].content]
            seen = await self.book.time("filter export", self.planner.set(what, layers))
            formats = seen.by_start("export_format")
        if formats is None:
            raise PageError(self._noted("export: there is no choice of formats"))
        wanted = self.random.choice(_FORMATS)
        chosen = next(one for one in formats.proto.options if one.startswith(wanted))
        seen = await self.book.time("filter export", self.planner.set(formats, chosen))
        button = seen.by_key("export_build")
        if button is None:
            raise PageError(self._noted("export: there is no button"))
        seen = await self.book.time("export", self.planner.set(button, value=True))
        address = next((found.group() for found in seen.find(_DOWNLOAD)), None)
        if address is None:
            raise PageError(self._noted("export: there is no file to take out"))
        await self.book.time("download", self._download(address))

    async def _download(self, address: str) -> None:
        answer = await self.planner.web.get(self.planner.address + address)
        answer.raise_for_status()
        if not answer.content:
            raise PageError(address)

    async def deliver(self) -> None:
        """Import a small table as new rows, through every step to the commit."""
        seen = await self._page("import")
        asked = next((w for w in seen.widgets.values() if w.kind == "file_uploader"), None)
        if asked is None:
            raise PageError(self._noted("import: nothing takes a file"))
        self._deliveries += 1
        name = f"delivery {self.number} {self._deliveries}.csv"
        seen = await self.book.time("upload", self.planner.upload(asked, name, self._table()))
        for _step in range(_STEPS):
            seen = await self._caught_up(seen)
            button = seen.by_label("下一步")
            if button is None:
                break
            seen = await self.book.time("step of import", self.planner.set(button, value=True))
        author = seen.by_key("import_author")
        if author is not None:
            seen = await self.planner.set(author, f"bench {self.number}")
        await self._commit(seen)

    async def _caught_up(self, seen: Seen) -> Seen:
        """Compare again if somebody else wrote in the meantime, as the page asks to."""
        button = seen.by_key("import_catch_up")
        if button is None:
            return seen
        again: Seen = await self.book.time("step of import", self.planner.set(button, value=True))
        return again

    async def _commit(self, seen: Seen) -> None:
        for _attempt in range(_STEPS):
            seen = await self._caught_up(seen)
            button = seen.by_label("提交")
            if button is None:
                raise PageError(self._noted("import: it cannot be committed"))
            seen = await self.book.time("commit", self.planner.set(button, value=True))
            # The import before this one is still told when this one met a conflict.
            told = any("现为版本" in text for text in seen.texts)
            if told and seen.by_label("提交") is None:
                return
        raise PageError(self._noted("import: it was not committed"))

    def _noted(self, what: str) -> str:
        self.book.errors.append(what)
        return what

    def _table(self) -> bytes:
        rows = [_HEADINGS]
        for number in range(20):
            identifier = f"B-{self.number}-{self._deliveries}-{number}"
            longitude = 121.50 + self.random.random() * 0.05
            latitude = 31.27 + self.random.random() * 0.04
            rows.append(f"{identifier},压测载体 {identifier},{longitude:.5f},{latitude:.5f},900")
        return "\n".join(rows).encode("utf-8-sig")


def _tile_at(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Return the column and row of the tile of a place, by the usual formula."""
    n = 2**zoom
    column = int((longitude + 180) / 360 * n)
    return column, int((1 - asinh(tan(radians(latitude))) / pi) / 2 * n)
