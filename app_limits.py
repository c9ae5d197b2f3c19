"""How much one person may ask of a team server, and how much all of them together.

What is counted: attempts to sign in, files in and out, tiles, questions to the live
layers, and open pages. Who is signed in is counted by name, whoever is not by address.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from ipaddress import IPv6Address
from ipaddress import ip_address
from ipaddress import ip_network
from math import ceil
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.responses import PlainTextResponse

from layers.basemaps import BASEMAP_ROUTE
from layers.errors import Text
from layers.export import EXPORT_ROUTE
from layers.picture import TILE_ROUTE
from layers.team.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from starlette.types import ASGIApp
    from starlette.types import Message
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

    from layers.team.allowance import Allowance

UPLOAD_ROUTE = "/_stcore/upload_file"
STREAM_ROUTE = "/_stcore/stream"
MOST_HEADERS = 32 * 1024
"""Longest headers of a request, in bytes: cookies of a sign-in take up to 12 kB."""
MOST_BODY = 64 * 1024
"""Longest body of a request that uploads no file, in bytes."""
LATE_SOCKETS = 2
"""Sockets above the limit of pages: that of a page whose line broke is missed late."""

_PERSON = "atlas.person"
_MB = 1024 * 1024
_LOGIN = ("/auth/login", "/auth/logout", "/oauth2callback")
_FAMILIES = (
    ("login_per_minute", _LOGIN),
    ("heavy_per_minute", (EXPORT_ROUTE + "/", UPLOAD_ROUTE)),
    ("tiles_per_minute", (TILE_ROUTE + "/", BASEMAP_ROUTE + "/")),
    ("live_per_minute", ("/ogc",)),
)
_JUMP_S = 30.0
_SAME_OFFICE = 64

TOO_OFTEN = Text(
    "请求过于频繁，请在 {seconds} 秒后重试。",
    "Too many requests; try again in {seconds} seconds.",
)
TOO_LARGE = Text("请求内容过大，服务器未接收。", "The request is too large and was not taken.")
TOO_MUCH = Text(
    "已上传而未处理完的文件过多，请先完成或放弃前一个文件，再上传。",
    "Too many uploaded files are not dealt with yet; finish or give up one before you send more.",
)
TOO_MANY_EACH = Text(
    "您打开的页面已达上限（{most} 个）。请关闭不用的页面，再刷新本页。",
    "You have {most} pages open, which is the most. Close some and load this one again.",
)
TOO_MANY = Text(
    "服务器上打开的页面已达上限（{most} 个）。请稍后刷新；若经常出现，请联系管理员。",
    "The server has {most} pages open, which is the most. Try again later;"
    " tell the administrator if this happens often.",
)


class Rates:
    """Counts what was asked within the last minute.

    Parameters
    ----------
    allowance
        How much is allowed.
    wall, steady
        The clock by which the counts are kept, and one that nobody sets.
    """

    def __init__(
        self,
        allowance: Allowance,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = {
            name: RateLimitItemPerMinute(getattr(allowance, name)) for name, _paths in _FAMILIES
        }
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._wall = wall
        self._steady = steady
        self._apart = wall() - steady()

    def wait_s(self, family: str, who: str) -> int:
        """Count a request; return for how many seconds to wait, 0 if it is allowed."""
        self._mind_the_clock()
        item = self._allowed[family]
        if self._limiter.hit(item, family, who):
            return 0
        reset = self._limiter.get_window_stats(item, family, who).reset_time
        return max(1, min(ceil(reset - self._wall()), 60))

    def _mind_the_clock(self) -> None:
        """Begin anew when the clock was set, which would lock everybody out or nobody."""
        apart = self._wall() - self._steady()
        if abs(apart - self._apart) > _JUMP_S:
            self._storage.reset()
            self._apart = apart


class Limits:
    """ASGI middleware that keeps everybody to what is allowed; the gate stands before it.

    Parameters
    ----------
    app
        What is behind it.
    allowance
        How much is allowed.
    upload_mb
        Largest file that may be uploaded, in megabytes.
    held
        Gives how many bytes of uploaded files are in memory, by the session of a page.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowance: Allowance,
        upload_mb: int = 200,
        held: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self.app = app
        self._uploads = Uploads(held, allowance.uploads_mb_in_all * _MB, 2 * upload_mb * _MB)
        self._allowance = allowance
        self._rates = Rates(allowance)
        self._most_upload = (upload_mb + 1) * _MB  # the form around the file
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is allowed, and say what is not."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if scope["path"].startswith(UPLOAD_ROUTE) and scope["method"] in {"PUT", "POST"}:
            with self._uploads.coming(_who(scope), scope, self._most_upload) as has_room:
                await (self._bounded if has_room else self._no_upload)(scope, receive, send)
            return
        await self._bounded(scope, receive, send)

    async def _no_upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _sentence(413, TOO_MUCH)(scope, receive, send)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._most_upload if scope["path"].startswith(UPLOAD_ROUTE) else MOST_BODY
        bounded = _Bounded(receive, send, most)
        try:
            await self.app(scope, bounded.receive, bounded.send)
        except _TooLargeError:
            if bounded.has_begun:
                raise
            await _sentence(413, TOO_LARGE)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        """Return the answer to what is not allowed, None to what is."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
            return _sentence(431, TOO_LARGE)
        who = _who(scope)
        if family := _family(scope["path"]):
            wait = self._rates.wait_s(family, who)
            if wait:
                return _sentence(429, TOO_OFTEN, wait, seconds=wait)
        return self._no_room(who) if _is_page(scope) else None

    def _no_room(self, who: str, late: int = 0) -> PlainTextResponse | None:
        each, in_all = self._allowance.pages_each, self._allowance.pages_in_all
        if self._open[who] >= each + late:
            return _sentence(429, TOO_MANY_EACH, 10, most=each)
        if self._open.total() >= in_all + late:
            return _sentence(503, TOO_MANY, 60, most=in_all)
        return None

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = _who(scope)
        if self._no_room(who, LATE_SOCKETS) is not None:
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return
        self._open[who] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]


class Uploads:
    """Counts uploaded files that are in memory, and those that are on their way.

    Parameters
    ----------
    held
        Gives how many bytes are in memory, by the session of a page.
    most, most_each
        How many there may be, and how many of one person.
    """

    def __init__(self, held: Callable[[], Mapping[str, int]], most: int, most_each: int) -> None:
        self._held = held
        self._most = most
        self._most_each = most_each
        self._coming: Counter[str] = Counter()
        self._sessions: dict[str, str] = {}

    @contextmanager
    def coming(self, who: str, scope: Scope, largest: int) -> Iterator[bool]:
        """Tell whether there is room for a file, and count it until it has come.

        Parameters
        ----------
        who
            Whose it is.
        scope
            The request that brings it; its address names the session.
        largest
            Counted where the request does not say how long it is, in bytes.
        """
        session = scope["path"].removeprefix(UPLOAD_ROUTE).strip("/").partition("/")[0]
        size = _length(scope, largest)
        held = self._held()
        self._sessions = {one: whose for one, whose in self._sessions.items() if held.get(one)}
        self._sessions[session] = who
        own = sum(held.get(one, 0) for one, whose in self._sessions.items() if whose == who)
        all_in = sum(held.values()) + self._coming.total() + size
        if own + self._coming[who] + size > self._most_each or all_in > self._most:
            yield False
            return
        self._coming[who] += size
        try:
            yield True
        finally:
            self._coming[who] -= size


def _length(scope: Scope, largest: int) -> int:
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return min(int(told), largest) if told.isdigit() else largest


class _TooLargeError(Exception):
    """More came than may come."""


class _Bounded:
    """Hands on what comes, and no more of it than a limit in bytes."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self._left = most
        self.has_begun = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _TooLargeError
        return message

    async def send(self, message: Message) -> None:
        self.has_begun = True
        await self._send(message)


def _family(path: str) -> str:
    return next((name for name, starts in _FAMILIES if path.startswith(starts)), "")


def _who(scope: Scope) -> str:
    """Return by what somebody is counted: his id, or the network of his address."""
    person = scope.get(_PERSON)
    if isinstance(person, Person) and person.person_id:
        return f"person {person.person_id}"
    host = (scope.get("client") or ("",))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return "nobody"
    # One subscriber of IPv6 has a whole network of addresses.
    if isinstance(address, IPv6Address):
        return str(ip_network(f"{host}/{_SAME_OFFICE}", strict=False))
    return host


def _is_page(scope: Scope) -> bool:
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return scope["method"] == "GET" and b"text/html" in accept and "." not in scope["path"]


def _sentence(status: int, text: Text, wait: int = 0, **values: int) -> PlainTextResponse:
    told = f"{text.zh}\n{text.en}\n".format(**values)
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(wait)} if wait else {})
    return PlainTextResponse(told, status_code=status, headers=headers)
