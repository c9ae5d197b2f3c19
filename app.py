"""The web door: the Streamlit app object and the extra routes it serves.

Everything the browser needs is served from here: Streamlit itself, the Leaflet
files of the installed package and our own map script. A content security policy
keeps the browser from asking any other host, except for the two online base
maps, which are loaded only when a user switches one on.

It runs in two ways: alone, for whoever sits at this computer and nobody else, and as
the server of a team, where everybody signs in.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app_gate import Guard
from app_limits import Limits
from app_log import RequestLog
from app_log import lifespan
from app_routes import routes
from app_team_gate import CALLBACK
from app_team_gate import TeamGate
from layers import logs
from layers.errors import Text
from layers.team.settings import team
from views.uploads import held

if TYPE_CHECKING:
    from layers.team.settings import Team

LOOPBACK = "127.0.0.1"
VIEWS = Path(__file__).resolve().parent / "views"
SCRIPT = VIEWS / "main.py"
SETTINGS = VIEWS / "config.toml"
HOW_TO_START = Text(
    "本应用不能用 `streamlit run` 启动。请在项目文件夹中运行 `python3 start.py app`"
    "（Windows 为 `py start.py app`）。",
    "This app does not start with `streamlit run`. Run `python3 start.py app` in its folder "
    "(on Windows `py start.py app`).",
)


def build(serving: Team | None) -> st.App:
    """Return the app: behind the guard of this computer, or the gate of a team.

    Parameters
    ----------
    serving
        The settings of the team server; None to work alone.
    """
    if serving is None:
        return st.App(SCRIPT, routes=routes(), middleware=[Middleware(Guard)])
    return st.App(
        SCRIPT,
        routes=routes(),
        secrets={"auth": sign_in_settings(serving)},
        lifespan=lifespan,
        middleware=[
            Middleware(RequestLog),
            Middleware(TeamGate, team=serving),
            Middleware(Limits, allowance=serving.limits, upload_mb=serving.upload_mb, held=held),
        ],
    )


def sign_in_settings(serving: Team) -> dict[str, Any]:
    """Return what ``st.login`` needs to know of the provider."""
    provider = serving.provider
    return {
        "redirect_uri": serving.public_url + CALLBACK,
        "cookie_secret": provider.cookie_secret.value,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret.value,
        "server_metadata_url": provider.metadata_url,
        "client_kwargs": {"scope": provider.scope, "prompt": provider.prompt},
    }


app = build(team())
if get_script_run_ctx(suppress_warning=True) is not None:
    # `streamlit run app.py` takes this file for a page, without its routes and its guard.
    st.error(f"{HOW_TO_START.zh}\n\n{HOW_TO_START.en}")


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


def serve_team(serving: Team, *, style: logs.Style) -> None:
    """Serve the app to a team, until it is stopped.

    Parameters
    ----------
    serving
        The settings of the server.
    style
        How to log: ``"json"`` or ``"plain"``.
    """
    logs.start(style, key_folder=serving.state)
    # The gate must see who really calls; it reads the headers of trusted proxies itself.
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    app.run(config=team_settings(serving))


def settings(*, port: int, open_browser: bool) -> dict[str, Any]:
    """Return the Streamlit settings of the app, by their dotted names.

    They are passed in code because ``App.run`` ignores ``STREAMLIT_*`` variables and
    reads the settings file of the folder it happens to be started in.
    """
    return _common() | {
        "server.address": LOOPBACK,
        "server.port": port,
        "server.headless": not open_browser,
        "browser.serverAddress": LOOPBACK,
    }


def team_settings(serving: Team) -> dict[str, Any]:
    """Return the Streamlit settings of a team server, by their dotted names."""
    public = urlsplit(serving.public_url)
    return _common() | {
        "server.address": serving.listen,
        "server.port": serving.port,
        "server.headless": True,
        "server.maxUploadSize": serving.upload_mb,
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.corsAllowedOrigins": [serving.public_url],
        "browser.serverAddress": public.hostname or LOOPBACK,
        "browser.serverPort": public.port or (443 if serving.is_https else 80),
    }


def _common() -> dict[str, Any]:
    with SETTINGS.open("rb") as handle:
        tables = tomllib.load(handle)
    return {
        f"{table}.{name}": value for table, row in tables.items() for name, value in row.items()
    }
