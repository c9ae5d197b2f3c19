"""A team server for tests: an OpenID Connect provider of our own, and people to sign in.

    with running_team(folder / "workspace") as team:
        client = team.signed_in("planner")         # an httpx.Client with the cookies
        client.get("/auth/logout")
        team.set_role("planner", None)             # a role is taken away, at once

Everything is on the loopback address. People: viewer, planner, planner2, steward, admin,
and nobody, who can sign in and has no role.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import urlencode

import httpx
import tomli_w
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.responses import JSONResponse
from starlette.responses import RedirectResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

ROOT = Path(__file__).resolve().parents[1]
COOKIE_SECRET = "a cookie secret of the tests, long enough for it"  # noqa: S105
CLIENT_SECRET = "a client secret of the tests"  # noqa: S105
STARTED_WITHIN_S = 120
PEOPLE = {
    "viewer": ("u-viewer", "丁查看"),
    "planner": ("u-planner", "王规划"),
    "planner2": ("u-planner2", "李规划"),
    "steward": ("u-steward", "赵管数"),
    "admin": ("u-admin", "陈管理"),
    "nobody": ("u-nobody", "孙无权"),
}
ROLES: dict[str, str | None] = {
    "viewer": "viewer",
    "planner": "planner",
    "planner2": "planner",
    "steward": "steward",
    "admin": "admin",
    "nobody": None,
}


def free_port() -> int:
    """Return a port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Provider:
    """An OpenID Connect provider with a page of buttons, one for each of its people."""

    address: str
    claims: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(
            2048, {"kid": "test", "use": "sig", "alg": "RS256"}
        )
    )
    signed_out: list[str] = field(default_factory=list)

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/keys", self._keys),
            Route("/end", self._end),
        ]

    def _metadata(self, _request: Request) -> Response:
        here = self.address
        return JSONResponse(
            {
                "issuer": here,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "jwks_uri": f"{here}/keys",
                "end_session_endpoint": f"{here}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        who = asked.pop("user", "")
        if who == "cancel":
            told = {"error": "access_denied", "state": asked["state"]}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 302)
        if who in self.claims:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked | {"user": who}
            told = {"code": code, "state": asked["state"]}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 302)
        links = "".join(
            f'<p><a href="?{escape(urlencode(asked | {"user": name}))}">{name}</a></p>'
            for name in (*self.claims, "cancel")
        )
        return HTMLResponse(f'<html><head><link rel="icon" href="data:,"></head>{links}</html>')

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form["code"]), None)
        basic = base64.b64encode(f"atlas:{CLIENT_SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"atlas:{CLIENT_SECRET}".encode()).decode()
        knows = request.headers.get("authorization") in {f"Basic {basic}", f"Basic {plain}"}
        if asked is None or not knows or not _is_challenge(asked, str(form["code_verifier"])):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": "atlas",
            "iat": now,
            "exp": now + 300,
            "nonce": asked.get("nonce", ""),
            **self.claims[asked["user"]],
        }
        token = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)
        return JSONResponse(
            {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": token}
        )

    def _keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def _end(self, request: Request) -> Response:
        asked = request.query_params
        self.signed_out.append(asked.get("client_id", ""))
        return RedirectResponse(asked["post_logout_redirect_uri"], 302)


def _is_challenge(asked: Mapping[str, str], verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider in a thread of this process."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}")
    for name, (person_id, shown) in PEOPLE.items():
        provider.claims[name] = {
            "sub": person_id,
            "name": shown,
            "email": f"{name}@example.org",
            "email_verified": True,
        }
    app = Starlette(routes=provider.routes())
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + STARTED_WITHIN_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@dataclass
class TeamServer:
    """A team server that runs.

    Attributes
    ----------
    address
        Where it is: ``http://127.0.0.1:…``.
    workspace, config, members, log
        Its workspace, settings, list of people and log.
    provider
        Who signs people in.
    process
        The server.
    """

    address: str
    workspace: Path
    config: Path
    members: Path
    log: Path
    provider: Provider
    process: subprocess.Popen[bytes]
    roles: dict[str, str | None] = field(default_factory=lambda: dict(ROLES))

    def set_role(self, name: str, role: str | None) -> None:
        """Give somebody a role, or take it away with None; it holds at the next request."""
        self.roles[name] = role
        write_members(self.members, self.roles)

    def signed_in(self, name: str) -> httpx.Client:
        """Return a client with the cookies of somebody; close it."""
        client = httpx.Client(
            base_url=self.address,
            timeout=60,
            trust_env=False,
            headers={"Origin": self.address},
        )
        at = client.get("/sign-in?next=%2F")
        while at.is_redirect and "/authorize" not in at.headers["location"]:
            at = client.get(at.headers["location"])
        at = client.get(at.headers["location"] + f"&user={name}")
        at = client.get(at.headers["location"])
        assert at.status_code == 302, at.text
        return client


def write_members(path: Path, roles: Mapping[str, str | None]) -> None:
    """Write a list of people in one step, as an editor would."""
    ids = {PEOPLE[name][0]: role for name, role in roles.items() if role is not None}
    aside = path.with_suffix(".new")
    aside.write_text(tomli_w.dumps({"ids": ids}), "utf-8")
    aside.replace(path)


def write_config(
    folder: Path, provider: str, port: int, tables: Mapping[str, Mapping[str, Any]] | None = None
) -> Path:
    """Write the settings of a team server; `tables` goes over what is usual."""
    folder.mkdir(parents=True, exist_ok=True)
    write_members(folder / "members.toml", ROLES)
    usual: dict[str, dict[str, Any]] = {
        "server": {"public_url": f"http://127.0.0.1:{port}", "port": port},
        "oidc": {
            "server_metadata_url": f"{provider}/.well-known/openid-configuration",
            "client_id": "atlas",
            "client_secret": CLIENT_SECRET,
            "cookie_secret": COOKIE_SECRET,
        },
        "roles": {"members": "members.toml"},
        "limits": {"login_per_minute": 10_000},
    }
    for name, values in (tables or {}).items():
        usual[name] = usual.get(name, {}) | dict(values)
    path = folder / "config.toml"
    path.write_text(tomli_w.dumps(usual), "utf-8")
    return path


@contextmanager
def running_team(
    workspace: Path,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    **environment: str,
) -> Iterator[TeamServer]:
    """Run ``atlas app --team`` on a workspace, which is made if it is not there yet.

    Parameters
    ----------
    workspace
        Its folder; settings and log lie beside it.
    tables
        Settings that go over the usual ones, by table.
    **environment
        More variables of the server's environment.
    """
    port = free_port()
    with running_provider() as provider:
        folder = workspace.with_name(f"{workspace.name}-team")
        config = write_config(folder, provider.address, port, tables)
        log = folder / "server.log"
        command = [sys.executable, "-m", "cli", "app", "--team", str(config)]
        settings = {"ATLAS_WORKSPACE": str(workspace), "PYTHONUTF8": "1", **environment}
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=ROOT, env=os.environ | settings, stdout=out, stderr=out
            )
            address = f"http://127.0.0.1:{port}"
            members = folder / "members.toml"
            server = TeamServer(address, workspace, config, members, log, provider, process)
            try:
                _wait(server)
                yield server
            finally:
                process.terminate()
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(timeout=30)


def _wait(server: TeamServer) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until and server.process.poll() is None:
        try:
            if httpx.get(f"{server.address}/healthz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    message = f"the server did not start:\n{server.log.read_text('utf-8', 'replace')}"
    raise AssertionError(message)
