"""The limits of a team server: who is counted, what is refused, and how that is said."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

import httpx
import pytest

from app_limits import LATE_SOCKETS
from app_limits import MOST_BODY
from app_limits import MOST_HEADERS
from app_limits import STREAM_ROUTE
from app_limits import UPLOAD_ROUTE
from app_limits import Limits
from app_limits import Rates
from app_limits import Uploads
from layers.team.allowance import Allowance
from layers.team.people import Person
from layers.team.people import Role
from tests.loops import finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

ZHANG, LI = (Person(name, name, Role.PLANNER) for name in ("zhang", "li"))
FEW = Allowance(
    login_per_minute=3,
    heavy_per_minute=4,
    tiles_per_minute=5,
    live_per_minute=6,
    pages_each=2,
    pages_in_all=3,
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole body and tell its length; keep a socket open until it is closed."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


def signed_in(inner: ASGIApp, person: Person | None) -> ASGIApp:
    """Stand where the gate stands."""

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        if person is not None:
            scope["atlas.person"] = person
        await inner(scope, receive, send)

    return gate


@pytest.fixture
def limits() -> Limits:
    """Return limits that are soon reached."""
    return Limits(app, FEW, upload_mb=1)


class Browser:
    """A browser of somebody, or of somebody who has not signed in."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            way = httpx.ASGITransport(self._app, client=(self._host, 50000))
            async with httpx.AsyncClient(transport=way, base_url="http://atlas.test") as web:
                return await web.request(method, path, **options)

        return finish(asked())


def client(limits: Limits, person: Person | None = None, host: str = "10.1.2.3") -> Browser:
    """Return a browser at an address."""
    return Browser(signed_in(limits, person), host)


class Socket:
    """An open page: its web socket to the server."""

    def __init__(self, limits: Limits, person: Person) -> None:
        self._app = signed_in(limits, person)
        self._coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._said: asyncio.Queue[Any] = asyncio.Queue()
        self._task: asyncio.Future[None]

    async def open(self) -> Any:
        """Ask to open it, and return what the server says."""
        scope = {
            "type": "websocket",
            "path": STREAM_ROUTE,
            "headers": [],
            "client": ("10.1.2.3", 50000),
        }
        await self._coming.put({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(self._app(scope, self._coming.get, self._said.put))
        return await self._said.get()

    async def close(self) -> None:
        await self._coming.put({"type": "websocket.disconnect"})
        await self._task


@pytest.mark.parametrize(
    ("paths", "allowed"),
    [
        (("/auth/login", "/oauth2callback", "/auth/logout"), 3),
        (("/exports/token/a.gpkg", UPLOAD_ROUTE + "/session/file"), 4),
        (("/tiles/parks/0-a/12/1/2.mvt", "/basemaps/token/1/2/3"), 5),
        (("/ogc", "/ogc/collections/parks/items"), 6),
    ],
)
def test_each_family_has_its_own_count(
    limits: Limits, paths: tuple[str, ...], allowed: int
) -> None:
    zhang = client(limits, ZHANG)
    got = [zhang.get(paths[number % len(paths)]).status_code for number in range(allowed + 2)]
    assert got == [200] * allowed + [429, 429]
    assert zhang.get("/map").status_code == 200
    assert client(limits, LI).get(paths[0]).status_code == 200


def test_the_answer_says_in_both_languages_when_to_come_again(limits: Limits) -> None:
    zhang = client(limits, ZHANG)
    answers = [zhang.get("/auth/login") for _number in range(4)]
    wait = int(answers[-1].headers["Retry-After"])
    assert 1 <= wait <= 60
    assert f"{wait} 秒后重试" in answers[-1].text
    assert f"in {wait} seconds" in answers[-1].text
    assert answers[-1].headers["Cache-Control"] == "no-store"


def test_a_person_is_counted_by_name_and_a_stranger_by_address(limits: Limits) -> None:
    for _number in range(4):
        client(limits, ZHANG, "10.0.0.1").get("/auth/login")
    assert client(limits, ZHANG, "10.0.0.2").get("/auth/login").status_code == 429
    assert client(limits, LI, "10.0.0.1").get("/auth/login").status_code == 200
    assert client(limits, None, "10.0.0.1").get("/auth/login").status_code == 200


def test_a_stranger_cannot_walk_through_his_network_of_ipv6(limits: Limits) -> None:
    got = [
        client(limits, None, f"2001:db8::{number:x}").get("/auth/login").status_code
        for number in range(1, 5)
    ]
    assert got == [200, 200, 200, 429]
    assert client(limits, None, "2001:db8:0:1::1").get("/auth/login").status_code == 200


class Clocks:
    """Two clocks that tests set."""

    def __init__(self) -> None:
        self.wall = 1_800_000_000.0
        self.steady = 100.0

    def pass_s(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """Return clocks by which everything is counted."""
    clocks = Clocks()
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: clocks.wall)
    return clocks


def rates(clocks: Clocks) -> Rates:
    """Return counts by clocks that tests set."""
    return Rates(FEW, wall=lambda: clocks.wall, steady=lambda: clocks.steady)


def test_the_minute_moves(clocks: Clocks) -> None:
    counted = rates(clocks)
    assert [counted.wait_s("login_per_minute", "a") for _n in range(3)] == [0, 0, 0]
    clocks.pass_s(20)
    assert counted.wait_s("login_per_minute", "a") == 40
    clocks.pass_s(41)
    assert counted.wait_s("login_per_minute", "a") == 0


@pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_locks_nobody_out(clocks: Clocks, jump_s: float) -> None:
    counted = rates(clocks)
    while counted.wait_s("login_per_minute", "a") == 0:
        pass
    clocks.wall += jump_s
    assert counted.wait_s("login_per_minute", "a") == 0
    assert [counted.wait_s("login_per_minute", "a") for _n in range(3)][-1] > 0


def test_a_small_body_passes_and_a_large_one_does_not(limits: Limits) -> None:
    zhang = client(limits, ZHANG)
    assert zhang.ask("POST", "/map", content=b"x" * MOST_BODY).text == str(MOST_BODY)
    answer = zhang.ask("POST", "/map", content=b"x" * (MOST_BODY + 1))
    assert answer.status_code == 413
    assert "内容过大" in answer.text


def test_a_body_without_a_length_is_counted_as_it_comes(limits: Limits) -> None:
    async def endless() -> Any:
        for _number in range(100):
            yield b"x" * 4096

    assert (
        client(limits, ZHANG).ask("POST", "/ogc/collections", content=endless()).status_code == 413
    )


def test_files_may_be_as_large_as_the_settings_say(limits: Limits) -> None:
    zhang = client(limits, ZHANG)
    size = 1024 * 1024
    assert zhang.ask("PUT", UPLOAD_ROUTE + "/s/f", content=b"x" * size).text == str(size)
    assert zhang.ask("PUT", UPLOAD_ROUTE + "/s/f", content=b"x" * (3 * size)).status_code == 413


class Held:
    """Bytes of uploads that a test puts into memory."""

    def __init__(self) -> None:
        self.by_session: dict[str, int] = {}

    def __call__(self) -> dict[str, int]:
        return self.by_session


MB = 1024 * 1024


def test_uploads_of_one_person_in_all_of_his_pages_have_a_limit() -> None:
    held = Held()
    limits = Limits(app, Allowance(uploads_mb_in_all=10), upload_mb=1, held=held)
    zhang, li = client(limits, ZHANG), client(limits, LI)
    content = b"x" * (MB - 1)
    for session in ("a", "b"):
        assert zhang.ask("PUT", f"{UPLOAD_ROUTE}/{session}/1", content=content).status_code == 200
        held.by_session[session] = MB - 1
    refused = zhang.ask("PUT", UPLOAD_ROUTE + "/c/1", content=content)
    assert refused.status_code == 413
    assert "先完成或放弃" in refused.text
    assert zhang.ask("DELETE", UPLOAD_ROUTE + "/a/1").status_code == 200
    assert li.ask("PUT", UPLOAD_ROUTE + "/d/1", content=content).status_code == 200
    del held.by_session["a"]
    assert zhang.ask("PUT", UPLOAD_ROUTE + "/c/1", content=content).status_code == 200


def test_uploads_of_all_have_a_limit() -> None:
    held = Held()
    limits = Limits(app, Allowance(uploads_mb_in_all=2), upload_mb=2, held=held)
    held.by_session["of somebody"] = MB + 1
    li = client(limits, LI)
    assert li.ask("PUT", UPLOAD_ROUTE + "/d/1", content=b"x" * MB).status_code == 413
    held.by_session.clear()
    assert li.ask("PUT", UPLOAD_ROUTE + "/d/1", content=b"x" * MB).status_code == 200


def test_uploads_on_their_way_count_and_do_no_more_when_they_have_come() -> None:
    counted = Uploads(dict, 3 * MB, 2 * MB)

    def scope(session: str) -> dict[str, Any]:
        headers = [(b"content-length", str(MB).encode())]
        return {"path": f"{UPLOAD_ROUTE}/{session}/1", "headers": headers}

    with ExitStack() as coming:
        taken = [
            coming.enter_context(counted.coming(who, scope(session), MB))
            for who, session in (("a", "1"), ("a", "2"), ("a", "3"), ("b", "4"), ("c", "5"))
        ]
    assert taken == [True, True, False, True, False]
    with counted.coming("a", {"path": UPLOAD_ROUTE + "/1/1", "headers": []}, 2 * MB) as unknown:
        assert unknown


def test_headers_have_a_limit(limits: Limits) -> None:
    zhang = client(limits, ZHANG)
    assert zhang.get("/map", headers={"Cookie": "a=" + "b" * 12_000}).status_code == 200
    assert zhang.get("/map", headers={"Cookie": "a=" + "b" * MOST_HEADERS}).status_code == 431


def page(limits: Limits, person: Person) -> tuple[int, str]:
    """Ask for the page of the app as a browser does."""
    answer = client(limits, person).get("/map", headers={"Accept": "text/html,*/*"})
    return answer.status_code, answer.text


async def with_open(limits: Limits, *people: Person, then: Callable[[], Any]) -> Any:
    """Let people open pages, do something meanwhile, and close the pages again."""
    sockets = [Socket(limits, person) for person in people]
    said = [await socket.open() for socket in sockets]
    assert {message["type"] for message in said} == {"websocket.accept"}
    given = await asyncio.to_thread(then)
    for socket in sockets:
        await socket.close()
    return given


def test_one_person_cannot_open_any_number_of_pages(limits: Limits) -> None:
    async def both() -> Any:
        return await with_open(
            limits, ZHANG, ZHANG, then=lambda: (page(limits, ZHANG), page(limits, LI))
        )

    (status, text), (other, _text) = finish(both())
    assert (status, other) == (429, 200)
    assert "上限（2 个）" in text
    assert page(limits, ZHANG)[0] == 200


def test_all_together_cannot_open_any_number_of_pages(limits: Limits) -> None:
    async def three() -> Any:
        return await with_open(limits, ZHANG, ZHANG, LI, then=lambda: page(limits, LI))

    status, text = finish(three())
    assert status == 503
    assert "上限（3 个）" in text
    assert page(limits, LI)[0] == 200


def test_a_page_whose_line_broke_comes_back_before_the_old_socket_is_missed(
    limits: Limits,
) -> None:
    most = FEW.pages_each + LATE_SOCKETS

    async def opened() -> tuple[list[str], int]:
        sockets = [Socket(limits, ZHANG) for _number in range(most + 1)]
        said = [await socket.open() for socket in sockets]
        for socket in sockets[:-1]:
            await socket.close()
        return [message["type"] for message in said], said[-1]["code"]

    types, code = finish(opened())
    assert types == ["websocket.accept"] * most + ["websocket.close"]
    assert code == 1013
    assert page(limits, ZHANG)[0] == 200


def test_a_socket_that_fails_is_not_counted_for_ever() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise OSError

    limits = Limits(broken, FEW)
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [], "client": ("::1", 1)}

    async def fail() -> None:
        async def nothing() -> Any:
            return {"type": "websocket.connect"}

        async def sent(_message: Any) -> None:
            return None

        with suppress(OSError):
            await limits(scope, nothing, sent)

    for _number in range(10):
        finish(fail())
    assert not limits._open
