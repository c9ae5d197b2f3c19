"""The web door: the Streamlit app object and the extra routes it serves.

Everything the browser needs is served from here: Streamlit itself, the Leaflet
files of the installed package and our own map script. A content security policy
keeps the browser from asking any other host, except for the two online base
maps, which are loaded only when a user switches one on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from layers.webmap import LEAFLET_ROUTE
from layers.webmap import MAP_ROUTE
from layers.webmap import STATIC_DIR
from layers.webmap import TILE_HOSTS
from layers.webmap import leaflet_dir

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from starlette.types import Message
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

LOOPBACK = "127.0.0.1"
SCRIPT = Path(__file__).resolve().parent / "views" / "main.py"

# streamlit-folium evaluates the map script, hence 'unsafe-inline' and 'unsafe-eval'.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        f"img-src 'self' data: blob: {' '.join(TILE_HOSTS)}",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss: blob: data:",
        "worker-src 'self' blob:",
        "frame-ancestors 'self'",
        "object-src 'none'",
        "base-uri 'self'",
    )
)


class SecurityHeaders:
    """ASGI middleware that adds the security headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the start of the answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
            await send(message)

        await self.app(scope, receive, send_with_headers)


app = st.App(
    SCRIPT,
    routes=[
        Mount(LEAFLET_ROUTE, StaticFiles(directory=leaflet_dir())),
        Mount(MAP_ROUTE, StaticFiles(directory=STATIC_DIR)),
    ],
    middleware=[Middleware(SecurityHeaders)],
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
    app.run(
        config={
            # Given here because App.run ignores STREAMLIT_* variables: nothing in
            # the environment can open the app to the network unseen.
            "server.address": LOOPBACK,
            "server.port": port,
            "server.headless": not open_browser,
            "browser.serverAddress": LOOPBACK,
            "browser.gatherUsageStats": False,
            "server.showEmailPrompt": False,
            "server.fileWatcherType": "none",
            "server.maxUploadSize": 200,
        }
    )
