"""The web door: the Streamlit app object and the extra routes it serves.

Everything the browser needs is served from here: Streamlit itself, the Leaflet
files of the installed package and our own map script. A content security policy
keeps the browser from asking any other host, except for the two online base
maps, which are loaded only when a user switches one on.
"""

from __future__ import annotations

import logging
import re
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

from app_routes import routes
from layers.webmap import TILE_HOSTS

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from starlette.types import Message
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

LOOPBACK = "127.0.0.1"
_LOG = logging.getLogger("atlas")
_TOLD: set[str] = set()
_MOST_TOLD = 100
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")
VIEWS = Path(__file__).resolve().parent / "views"
SCRIPT = VIEWS / "main.py"
SETTINGS = VIEWS / "config.toml"

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
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _is_local(scope: Scope) -> bool:
    client = scope.get("client")
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return client is not None and _is_loopback(client[0]) and _is_our_name(host.decode("latin-1"))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False  # not an address, so not one of ours


def _is_our_name(host: str) -> bool:
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["name"].strip("[]").lower()
    return name == "localhost" or _is_loopback(name)


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


app = st.App(
    SCRIPT,
    routes=routes(),
    middleware=[Middleware(Guard)],
)


def serve(*, port: int, open_browser: bool) -> None:
    """Serve the app on this computer only, until it is stopped.

    Parameters
    ----------
    port
        A free TCP port of the loopback address.
    open_browser
        Whether to open the user's browser on the app.
    """
    app.run(config=settings(port=port, open_browser=open_browser))


def settings(*, port: int, open_browser: bool) -> dict[str, Any]:
    """Return the Streamlit settings of the app, by their dotted names.

    They are passed in code because ``App.run`` ignores ``STREAMLIT_*`` variables and
    reads the settings file of the folder it happens to be started in.
    """
    with SETTINGS.open("rb") as handle:
        tables = tomllib.load(handle)
    common = {
        f"{table}.{name}": value for table, row in tables.items() for name, value in row.items()
    }
    return common | {
        "server.address": LOOPBACK,
        "server.port": port,
        "server.headless": not open_browser,
        "browser.serverAddress": LOOPBACK,
    }
