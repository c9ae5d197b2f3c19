"""The log of requests: one line a request, without its query, its tokens and its people.

Each request has an id, which stands in its line, in the lines that are logged while it
is answered, and in the header ``X-Request-ID`` of the answer.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from typing import Any

from starlette.datastructures import Headers
from starlette.datastructures import MutableHeaders

from layers import logs
from layers.team.people import Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp
    from starlette.types import Message
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

PERSON = "atlas.person"
"""Under which the gate leaves who asks."""

HEADER = "X-Request-ID"
OTHER = "/…"
_GIVEN = re.compile(r"[0-9a-f]{32}")
_PAGE = re.compile(r"/[a-z_]{0,24}")
_ERROR = 500
_REFUSED = 400
_SWITCHED = 101
# What happens every day: somebody is not signed in yet, and the browser asks below a page
# for what stands below the root, before it looks there.
_STRANGER = 401
_PROBED = ("/_stcore/health", "/_stcore/host-config")


class RequestLog:
    """ASGI middleware that logs each request when it was answered.

    The address is told as the template of its route, such as ``/exports/{token}/{name}``,
    because what stands in its place may open something or name somebody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and log how that went."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        request = _request_id(scope)
        token = logs.REQUEST.set(request)
        began = time.monotonic()
        answer = _Answer(send, request, is_socket=scope["type"] == "websocket")
        try:
            await self.app(scope, receive, answer)
        except Exception:
            answer.status = _ERROR
            logs.tell(logging.ERROR, "request failed", _told(scope, answer, began), exc_info=True)
            raise
        else:
            logs.tell(_level(scope, answer.status), "request", _told(scope, answer, began))
        finally:
            logs.REQUEST.reset(token)


class _Answer:
    """Passes an answer on, with the id of its request, and remembers its status."""

    def __init__(self, send: Send, request: str, *, is_socket: bool) -> None:
        self._send = send
        self._request = request
        # A socket that is closed before it was opened is refused, which the server tells as 403.
        self.status = 403 if is_socket else 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._request
        elif message["type"] == "websocket.accept":
            self.status = _SWITCHED
        elif message["type"] == "websocket.http.response.start":
            self.status = message["status"]
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """Return the id that the proxy gave, or else one of our own."""
    given = Headers(scope=scope).get(HEADER, "")
    return given if _GIVEN.fullmatch(given) else secrets.token_hex(16)


def _told(scope: Scope, answer: _Answer, began: float) -> dict[str, Any]:
    person = scope.get(PERSON)
    told: dict[str, Any] = {
        "route": template(scope),
        "method": scope.get("method", "WS"),
        "status": answer.status,
        "ms": round((time.monotonic() - began) * 1000, 1),
    }
    if isinstance(person, Person) and person.person_id:
        told |= {"person": logs.people().short(person.person_id), "role": person.role.value}
    return told


def template(scope: Scope) -> str:
    """Return the address of a request without what is particular to it."""
    route = getattr(scope.get("route"), "path", "")
    if route and "{" in route:
        return str(route)
    path = str(scope.get("path", ""))
    if route and path == route:
        return path
    return path if _PAGE.fullmatch(path) else (str(route) or OTHER)


def _level(scope: Scope, status: int) -> int:
    """Tell how much a request matters: thousands of tiles and files would hide the rest."""
    if status >= _ERROR:
        return logging.ERROR
    if status >= _REFUSED:
        is_usual = status == _STRANGER or scope["path"].endswith(_PROBED)
        return logging.INFO if is_usual else logging.WARNING
    quiet = ("/tiles", "/basemaps", "/static", "/atlas", "/component", "/healthz", "/_stcore")
    is_quiet = scope["type"] == "http" and scope["path"].startswith(quiet)
    return logging.DEBUG if is_quiet and scope.get("method") == "GET" else logging.INFO


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Gather the loggers of the server, which it has set up by the time that it starts."""
    logs.gather()
    logs.tell(logging.INFO, "server started")
    yield
    logs.tell(logging.INFO, "server stopped")
