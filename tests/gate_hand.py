"""A gate of a team with nothing behind it, and cookies made by Streamlit itself."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any
from unittest.mock import patch

from streamlit.auth_util import set_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from app_team_gate import TeamGate
from layers.team.settings import load_team
from tests.team_hand import COOKIE_SECRET
from tests.team_hand import PEOPLE
from tests.team_hand import write_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from layers.team.people import Person
    from layers.team.settings import Team

PORT = 8501
HERE = f"http://127.0.0.1:{PORT}"
INSIDE = b"inside"


def make_team(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
) -> Team:
    """Return the settings of a team whose workspace is a folder with nothing in it."""
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    return load_team(write_config(folder, "http://127.0.0.1:9", PORT, tables))


def cookies(
    who: str = "planner",
    *,
    secret: str = COOKIE_SECRET,
    signed_s: float | None = None,
    **claims: Any,
) -> dict[str, str]:
    """Return the cookies that Streamlit sets when somebody signed in."""
    now = time.time() if signed_s is None else signed_s
    person_id, shown = PEOPLE[who]
    usual = {"sub": person_id, "name": shown, "iat": int(now), "origin": HERE}
    found: dict[str, str] = {}

    def sign(cookie: str, value: str) -> bytes:
        return create_signed_value(secret, cookie, value)

    with patch("itsdangerous.timed.time.time", return_value=now):
        set_cookie_with_chunks(
            lambda cookie, value: found.update({cookie: sign(cookie, value).decode()}),
            sign,
            "_streamlit_user",
            usual | {"is_logged_in": True, "provider": "default"} | claims,
            cookie_attr_size=80,
        )
    return found


@dataclass
class Answer:
    """What came back: messages of the gate, and who was let in."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    person: Person | None = None
    passed: bool = False
    client: Any = None

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def cookies(self) -> list[str]:
        found = self.sent[0]["headers"]
        return [value.decode() for name, value in found if name.lower() == b"set-cookie"]

    @property
    def body(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent[1:]).decode()


def scope_of(
    path: str,
    *,
    method: str = "GET",
    kind: str = "http",
    held: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    host: str | None = f"127.0.0.1:{PORT}",
    client: str = "127.0.0.1",
) -> dict[str, Any]:
    """Return a request as the server hands it on."""
    path, _mark, query = path.partition("?")
    listed = dict(headers or {})
    if held:
        listed["cookie"] = "; ".join(f"{name}={value}" for name, value in held.items())
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in listed.items()]
    if host is not None:
        pairs.append((b"host", host.encode("latin-1")))
    return {
        "type": kind,
        "client": (client, 50_000),
        "method": method,
        "scheme": "ws" if kind == "websocket" else "http",
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": pairs,
    }


def ask(team: Team, path: str, *, answer: Any = None, **request: Any) -> Answer:
    """Send one request through a new gate; `answer` are the headers of what is behind it."""
    return through(TeamGate, team, scope_of(path, **request), answer)


def through(gate: Any, team: Team, scope: dict[str, Any], headers: Any = None) -> Answer:
    """Send a request through a gate and return what came back."""
    found = Answer()

    async def inner(scope: Any, _receive: Any, send: Any) -> None:
        found.passed, found.person, found.client = True, scope["atlas.person"], scope["client"]
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers or []})
        await send({"type": "http.response.body", "body": INSIDE})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        found.sent.append(message)

    run(gate(inner, team)(scope, receive, send))
    return found


def run(work: Any) -> Any:
    """Run a coroutine in a thread of its own: the browser tests leave a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
