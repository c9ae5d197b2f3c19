"""The gates of the web door: one for this computer only, one for the people of a team.

A gate stands before everything that is served, Streamlit's own routes and websocket
included. Whatever it does not let in by name it keeps out.
"""

from __future__ import annotations

import logging
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse

from layers.webmap import TILE_HOSTS

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from starlette.types import Message
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

_LOG = logging.getLogger("atlas")
_TOLD: set[str] = set()
_MOST_TOLD = 100
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")

# streamlit-folium evaluates the map script, hence 'unsafe-inline' and 'unsafe-eval'.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        f"img-src 'self' data: blob: {' '.join(TILE_HOSTS)}",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "frame-ancestors 'self'",
        "object-src 'none'",
        "base-uri 'self'",
    )
)


class Guard:
    """ASGI middleware that serves this computer only and adds the security headers.

    Whatever host the server was told to listen on, by flag, file or environment,
    a caller from another computer is refused: the app has no sign-in. So is a call
    under another name than this computer's, as it comes through a proxy or from a
    web page that had its own name point here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a local request on, and add the headers to the start of the answer."""
        if scope["type"] in {"http", "websocket"} and not _is_local(scope):
            _tell(scope)
            await _refuse(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_with_headers)


def add_headers(headers: MutableHeaders) -> None:
    """Add the headers that hold for every answer; an answer may have a stricter policy."""
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "strict-origin-when-cross-origin"


def is_our_name(host: str) -> bool:
    """Tell whether a ``Host`` header is a name or address of this computer."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["name"].strip("[]").lower()
    return name == "localhost" or _is_loopback(name)


def _is_local(scope: Scope) -> bool:
    client = scope.get("client")
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return client is not None and _is_loopback(client[0]) and is_our_name(host.decode("latin-1"))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False  # not an address, so not one of ours


def _tell(scope: Scope) -> None:
    """Say once for each caller that it was refused, so that nobody opens the app unseen."""
    caller = (scope.get("client") or ("?",))[0]
    if caller not in _TOLD and len(_TOLD) < _MOST_TOLD:
        _TOLD.add(caller)
        _LOG.warning("refused a call from %s: Yangpu Atlas serves this computer only", caller)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = PlainTextResponse("Yangpu Atlas serves this computer only.", status_code=403)
    await answer(scope, receive, send)
