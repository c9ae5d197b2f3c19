"""Every route of a real team server, asked by everybody: strangers, no role, and all roles."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import httpx
import pytest
import websockets

from layers.team.people import Person
from layers.team.people import Role
from layers.team.tokens import Tokens
from tests.team_hand import ROOT
from tests.team_hand import running_team

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from pathlib import Path

    from tests.team_hand import TeamServer

WHO = ("stranger", "nobody", "viewer", "planner", "steward", "admin")
HTML = {"Accept": "text/html"}


def same(status: int) -> dict[str, int]:
    """Return that a route answers everybody with a role alike, a stranger 401, no role 403."""
    return dict.fromkeys(WHO, status) | {"stranger": 401, "nobody": 403}


def asks_again(status: int) -> dict[str, int]:
    """Return that a route also tells 401 who lost his role: his page shows that sentence."""
    return same(status) | {"nobody": 401}


OPEN = dict.fromkeys(WHO, 200)
WRITES = same(200) | {"viewer": 403}
SHUT = same(404)
NO_TICKET = same(403)


@dataclass(frozen=True)
class Asked:
    """How a route is asked, and what each of WHO gets."""

    path: str
    status: Mapping[str, int]
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)


# Route of the app and its methods: a route that is not here fails the test.
TABLE: dict[tuple[str, str], Asked] = {
    ("/healthz", "GET"): Asked("/healthz", OPEN),
    ("/ogc", "GET"): Asked("/ogc", same(200)),
    ("/ogc/", "GET"): Asked("/ogc/", same(200)),
    ("/ogc/conformance", "GET"): Asked("/ogc/conformance", same(200)),
    ("/ogc/openapi", "GET"): Asked("/ogc/openapi", same(200)),
    ("/ogc/collections", "GET"): Asked("/ogc/collections", same(200)),
    ("/ogc/collections/{layer}", "GET"): Asked("/ogc/collections/parks", same(200)),
    ("/ogc/collections/{layer}/queryables", "GET"): Asked(
        "/ogc/collections/parks/queryables", same(200)
    ),
    ("/ogc/collections/{layer}/schema", "GET"): Asked("/ogc/collections/parks/schema", same(200)),
    ("/ogc/collections/{layer}/items", "GET"): Asked(
        # A layer of tenancies.
        "/ogc/collections/units/items?limit=1",
        same(200) | {"viewer": 403},
    ),
    ("/ogc/collections/{layer}/items/{item:path}", "GET"): Asked(
        "/ogc/collections/parks/items/none", same(404)
    ),
    ("/ogc/{district}", "GET"): Asked("/ogc/nowhere", same(404)),
    ("/ogc/{district}/", "GET"): Asked("/ogc/nowhere/", same(404)),
    ("/ogc/{district}/conformance", "GET"): Asked("/ogc/nowhere/conformance", same(404)),
    ("/ogc/{district}/openapi", "GET"): Asked("/ogc/nowhere/openapi", same(404)),
    ("/ogc/{district}/collections", "GET"): Asked("/ogc/nowhere/collections", same(404)),
    ("/ogc/{district}/collections/{layer}", "GET"): Asked(
        "/ogc/nowhere/collections/parks", same(404)
    ),
    ("/ogc/{district}/collections/{layer}/queryables", "GET"): Asked(
        "/ogc/nowhere/collections/parks/queryables", same(404)
    ),
    ("/ogc/{district}/collections/{layer}/schema", "GET"): Asked(
        "/ogc/nowhere/collections/parks/schema", same(404)
    ),
    ("/ogc/{district}/collections/{layer}/items", "GET"): Asked(
        "/ogc/nowhere/collections/parks/items", same(404)
    ),
    ("/ogc/{district}/collections/{layer}/items/{item:path}", "GET"): Asked(
        "/ogc/nowhere/collections/parks/items/x", same(404)
    ),
    ("/ogc/{rest:path}", "GET"): Asked("/ogc/a/b/c", same(404)),
    ("/atlas/leaflet", ""): Asked("/atlas/leaflet/leaflet.js", same(200)),
    ("/atlas/map/atlas.{ending}", "GET"): Asked("/atlas/map/atlas.js", same(200)),
    ("/tiles/{layer}/{version}/state/{state}", "GET"): Asked("/tiles/parks/x/state/y", NO_TICKET),
    ("/tiles/{layer}/{version}/{z}/{x}/{y}.mvt", "GET"): Asked(
        "/tiles/parks/x/0/0/0.mvt", NO_TICKET
    ),
    ("/tiles/{rest:path}", "GET"): Asked("/tiles/x", SHUT),
    ("/basemaps/{token}/{z}/{x}/{y}", "GET"): Asked("/basemaps/x/0/0/0", SHUT),
    ("/basemaps/{rest:path}", "GET"): Asked("/basemaps/x", SHUT),
    ("/exports/{token}/{name}", "GET"): Asked("/exports/x/y.xlsx", SHUT),
    ("/exports/{rest:path}", "GET"): Asked("/exports/x", SHUT),
    ("/_stcore/health", "GET"): Asked("/_stcore/health", asks_again(200)),
    ("/_stcore/health", "OPTIONS"): Asked("/_stcore/health", asks_again(204), "OPTIONS"),
    ("/_stcore/metrics", "GET"): Asked("/_stcore/metrics", SHUT),
    ("/_stcore/metrics", "OPTIONS"): Asked("/_stcore/metrics", SHUT, "OPTIONS"),
    ("/_stcore/host-config", "GET"): Asked("/_stcore/host-config", asks_again(200)),
    ("/media/{file_id:path}", "GET"): Asked("/media/x.csv", SHUT),
    ("/media/{file_id:path}", "OPTIONS"): Asked("/media/x.csv", same(204), "OPTIONS"),
    # No session has this id, and the form has no XSRF token: 403 of Streamlit's own.
    ("/_stcore/upload_file/{session_id}/{file_id}", "PUT"): Asked(
        "/_stcore/upload_file/a/b", same(403), "PUT"
    ),
    ("/_stcore/upload_file/{session_id}/{file_id}", "DELETE"): Asked(
        "/_stcore/upload_file/a/b", same(403), "DELETE"
    ),
    ("/_stcore/upload_file/{session_id}/{file_id}", "OPTIONS"): Asked(
        "/_stcore/upload_file/a/b", same(204) | {"viewer": 403}, "OPTIONS"
    ),
    ("/component/{path:path}", "GET"): Asked("/component/none/index.html", SHUT),
    ("/component/{path:path}", "OPTIONS"): Asked("/component/none/x", same(204), "OPTIONS"),
    ("/_stcore/bidi-components/{path:path}", "GET"): Asked("/_stcore/bidi-components/x/y", SHUT),
    ("/_stcore/bidi-components/{path:path}", "OPTIONS"): Asked(
        "/_stcore/bidi-components/x/y", same(204), "OPTIONS"
    ),
    ("/_stcore/stream", ""): Asked("/_stcore/stream", dict.fromkeys(WHO, 0)),  # see below
    # Without a fresh token of the sign-in page it leads back to the first page.
    ("/auth/login", "GET"): Asked("/auth/login", dict.fromkeys(WHO, 302)),
    ("/auth/logout", "GET"): Asked("/auth/logout", dict.fromkeys(WHO, 302) | {"stranger": 401}),
    ("/oauth2callback", "GET"): Asked("/oauth2callback", dict.fromkeys(WHO, 302)),
    ("/_stcore/agent/interact", "*"): Asked("/_stcore/agent/interact", SHUT, "POST"),
    ("/_stcore/agent/openapi.json", "*"): Asked("/_stcore/agent/openapi.json", SHUT),
    ("/_stcore/agent/mcp", "*"): Asked("/_stcore/agent/mcp", SHUT, "POST"),
    ("", ""): Asked("/", same(200)),
}
PAGES = (
    "overview",
    "parks",
    "scatter",
    "underuse",
    "consolidate",
    "edit",
    "import",
    "data",
    "account",
    "audit",
)
_LIST = """
import json, app
found = app.app._build_starlette_app().routes
print(json.dumps([[route.path, sorted(getattr(route, "methods", None) or [])] for route in found]))
"""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    with running_team(tmp_path_factory.mktemp("team") / "workspace") as running:
        yield running


@pytest.fixture(scope="module")
def clients(team: TeamServer) -> Iterator[dict[str, httpx.Client]]:
    stranger = httpx.Client(base_url=team.address, trust_env=False, timeout=60)
    found = {"stranger": stranger} | {name: team.signed_in(name) for name in WHO[1:]}
    yield found
    for client in found.values():
        client.close()


def _methods(methods: list[str]) -> str:
    left = set(methods) - {"HEAD"}
    if len(left) > 1:
        return "*"
    return next(iter(left), "")


def test_the_table_names_every_route_of_the_app(team: TeamServer) -> None:
    environment = {"ATLAS_TEAM": str(team.config), "ATLAS_WORKSPACE": str(team.workspace)}
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _LIST],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        check=True,
    )
    routes = {(path, _methods(methods)) for path, methods in json.loads(done.stdout)}
    assert routes == set(TABLE)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", [route for route in TABLE if route[0] != "/_stcore/stream"])
def test_every_route_answers_everybody_as_the_table_says(
    team: TeamServer, clients: dict[str, httpx.Client], route: tuple[str, str], who: str
) -> None:
    asked = TABLE[route]
    # A client of its own: whoever signs out in one row is still there in the next.
    with httpx.Client(base_url=team.address, trust_env=False, timeout=60) as client:
        if route[0] != "/auth/logout":
            client.cookies = httpx.Cookies(clients[who].cookies)
        elif who != "stranger":
            with closing(team.signed_in(who)) as signed:
                client.cookies = httpx.Cookies(signed.cookies)
        found = client.request(asked.method, asked.path, headers=dict(asked.headers))
    if route[0] == "/auth/logout" and who != "stranger":
        clients[who].close()
        clients[who] = team.signed_in(who)  # to sign out ends what was signed before
    assert found.status_code == asked.status[who], found.text
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors" in found.headers["content-security-policy"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", WHO)
def test_the_address_of_a_page_gives_the_app_to_nobody_without_a_role(
    clients: dict[str, httpx.Client], page: str, who: str
) -> None:
    """The file behind it is the same for all; what it shows goes through the websocket."""
    found = clients[who].get(f"/{page}?lang=zh", headers=HTML)
    is_app = "Streamlit" in found.text
    assert is_app is (who not in {"stranger", "nobody"})
    assert found.status_code == (403 if who == "nobody" else 200)
    if who == "stranger":
        assert f"/sign-in?next=%2F{page}%3Flang%3Dzh" in found.text


async def _greeting(address: str, headers: Mapping[str, str]) -> int:
    """Return the status of the websocket's answer: 101 if it was opened."""
    url = address.replace("http", "ws") + "/_stcore/stream"
    try:
        async with websockets.connect(url, additional_headers=headers, proxy=None):
            return 101
    except websockets.InvalidStatus as error:
        return error.response.status_code


def greeting(client: httpx.Client | None, address: str, origin: str | None) -> int:
    pairs = client.cookies.items() if client is not None else []
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in pairs)}
    if origin is not None:
        headers["Origin"] = origin
    with ThreadPoolExecutor(1) as pool:  # the browser tests leave a loop in this thread
        return pool.submit(asyncio.run, _greeting(address, headers)).result()


@pytest.mark.parametrize("who", WHO)
def test_the_websocket_opens_for_a_role_and_from_our_own_page(
    team: TeamServer, clients: dict[str, httpx.Client], who: str
) -> None:
    expected = 403 if who in {"stranger", "nobody"} else 101
    assert greeting(clients[who], team.address, team.address) == expected
    for origin in (None, "http://evil.example", "null"):
        assert greeting(clients[who], team.address, origin) == 403


def test_a_token_opens_the_live_layers_of_its_role_only(
    team: TeamServer, clients: dict[str, httpx.Client]
) -> None:
    assert clients["viewer"].get("/ogc").status_code == 200  # has signed in: his role is known
    tokens = Tokens(team.workspace / "team")
    units = "/ogc/collections/units/items?limit=1"
    for name, status in (("viewer", 403), ("planner", 200)):
        text, kept = tokens.make(Person(f"u-{name}", "", Role.VIEWER))
        with httpx.Client(base_url=team.address, auth=("x", text), trust_env=False) as client:
            assert client.get(units).status_code == status
            assert client.get("/exports/x").status_code == 401
            assert client.get("/", headers=HTML).text.count("/sign-in?next=") == 1
            assert tokens.revoke(kept.token_id, Person(f"u-{name}", "", Role.VIEWER))
            assert client.get("/ogc").status_code == 401


def test_no_secret_and_no_claim_is_in_the_log(
    team: TeamServer, clients: dict[str, httpx.Client]
) -> None:
    assert clients["planner"].get("/healthz").status_code == 200
    log = team.log.read_text("utf-8")
    config = team.config.read_text("utf-8")
    assert "cookie secret" in config
    for hidden in ("cookie secret", "client secret", "u-planner", "王规划", "example.org"):
        assert hidden not in log
    for value in clients["planner"].cookies.values():
        assert value not in log


def test_a_sign_in_and_a_sign_out_are_in_the_journal(team: TeamServer) -> None:
    from layers.audit import read

    with closing(team.signed_in("steward")) as client:
        assert client.get("/auth/logout").status_code == 302
        assert client.get("/_stcore/host-config").status_code == 401
    told = read(team.workspace)
    mine = told[told["person_id"] == "u-steward"]
    assert list(mine["action"])[:2] == ["sign_out", "sign_in"]
    assert set(told[told["person_id"] == "u-nobody"]["action"]) <= {"refused", "sign_out"}


def test_a_copy_of_the_cookie_is_worth_nothing_after_the_sign_out(
    team: TeamServer, clients: dict[str, httpx.Client]
) -> None:
    with (
        closing(team.signed_in("planner2")) as first,
        httpx.Client(base_url=team.address, cookies=first.cookies, trust_env=False) as copy,
    ):
        assert copy.get("/_stcore/health").status_code == 200
        time.sleep(1.1)  # cookies are signed to the second
        assert first.get("/auth/logout").status_code == 302
        assert copy.get("/_stcore/health").status_code == 401
        assert greeting(copy, team.address, team.address) == 403
    assert clients["planner"].get("/_stcore/health").status_code == 200


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(team: TeamServer) -> None:
    with closing(team.signed_in("planner")) as client:
        assert client.get("/_stcore/health").status_code == 200
        team.set_role("planner", None)
        try:
            assert client.get("/atlas/map/atlas.js").status_code == 403
            assert greeting(client, team.address, team.address) == 403
        finally:
            team.set_role("planner", "planner")
        assert client.get("/atlas/map/atlas.js").status_code == 200


def test_the_server_says_what_is_wrong_with_its_settings_and_does_not_start(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[server]\npublic_url = "http://atlas.example.org"\n', "utf-8")
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", "app", "--team", str(config)],
        cwd=ROOT,
        env=os.environ | {"ATLAS_WORKSPACE": str(tmp_path / "workspace"), "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "server.public_url" in done.stderr.decode()
    assert not (tmp_path / "workspace").exists()
