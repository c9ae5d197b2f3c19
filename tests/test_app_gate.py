"""The gate of a team server: what it lets in, and everything that it keeps out."""

from __future__ import annotations

import base64
import time
from secrets import token_hex
from typing import TYPE_CHECKING
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from app_team_gate import TeamGate
from app_watch import Watch
from layers.audit import read
from layers.team.people import Person
from layers.team.people import Role
from layers.team.registry import Registry
from layers.team.tokens import Tokens
from tests.gate_hand import HERE
from tests.gate_hand import ask
from tests.gate_hand import cookies
from tests.gate_hand import make_team
from tests.gate_hand import run
from tests.gate_hand import scope_of
from tests.team_hand import ROLES
from tests.team_hand import write_members

if TYPE_CHECKING:
    from pathlib import Path

    from layers.team.settings import Team

HTML = {"accept": "text/html,application/xhtml+xml"}
HOUR_S = 3600.0
ROUTES = (
    "/",
    "/scatter",
    "/ogc",
    "/ogc/collections/parks/items",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/upload_file/a/b",
    "/_stcore/agent/interact",
    "/static/js/index.js",
    "/media/x.csv",
    "/component/x/index.html",
    "/atlas/map/atlas.js",
    "/tiles/parks/1/0/0/0.mvt",
    "/exports/token/name.xlsx",
    "/auth/logout",
    "/robots.txt",
)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    return make_team(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ["viewer", "planner", "planner2", "steward", "admin"])
def test_whoever_has_a_role_is_let_in_as_who_he_is(team: Team, name: str) -> None:
    found = ask(team, "/scatter", held=cookies(name))
    assert found.passed
    assert found.person is not None
    assert (found.person.person_id, found.person.role) == (f"u-{name}", ROLES[name])


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_stranger_passes_nowhere(team: Team, path: str, method: str) -> None:
    found = ask(team, path, method=method)
    assert not found.passed
    assert found.status == 401


@pytest.mark.parametrize("path", ["/healthz", "/auth/login"])
def test_what_is_open_is_open_to_reading_only_and_for_the_least_role(team: Team, path: str) -> None:
    found = ask(team, path)
    assert found.passed
    assert found.person == Person("", "", Role.VIEWER)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert not ask(team, path, method=method).passed


TRICKS = (
    "//healthz",
    "/healthz/",
    "/HEALTHZ",
    "/healthz.",
    "/healthz/../scatter",
    "/./healthz",
    "/scatter/../healthz",
    "/healthz/x",
    "/healthz;x",
    "/healthz%2f..",
    "/healthz\x00",
    "/healthz\\..\\scatter",
    "\\healthz",
    "/auth/login/",
    "/auth//login",
    "/auth/login/../logout",
    "/oauth2callback/x",
    "/sign-in/x",
    "/sign-in/../scatter",
    "healthz",
    "",
    "/_stcore/health/../../healthz",
    "/scatter/healthz",
)


@pytest.mark.parametrize("path", TRICKS)
def test_no_path_passes_for_an_open_one(team: Team, path: str) -> None:
    found = ask(team, path)
    assert not found.passed
    assert found.status in {400, 401}


def test_a_page_gets_the_sign_in_page_and_keeps_where_it_was(team: Team) -> None:
    found = ask(team, "/scatter?park=P1&lang=zh", headers=HTML)
    assert not found.passed
    assert found.status == 200
    assert "/sign-in?next=%2Fscatter%3Fpark%3DP1%26lang%3Dzh" in found.body
    assert "default-src 'none'" in found.headers["content-security-policy"]
    assert "<script" not in found.body
    assert found.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", [None, "nobody"])
def test_the_pages_of_the_gate_show_no_text_as_code(team: Team, name: str | None) -> None:
    hostile = "<script>alert(1)</script>\"'"
    held = cookies("nobody", sub=hostile, name=hostile) if name else None
    found = ask(team, f"/scatter?q={hostile}", held=held, headers=HTML)
    assert "<script" not in found.body
    assert found.status == (403 if name else 200)


def test_whoever_has_no_role_is_told_his_id(team: Team) -> None:
    found = ask(team, "/scatter", held=cookies("nobody"), headers=HTML)
    assert not found.passed
    assert found.status == 403
    assert "u-nobody" in found.body
    assert "/auth/logout" in found.body
    assert ask(team, "/tiles/x", held=cookies("nobody")).status == 403
    assert ask(team, "/auth/logout", held=cookies("nobody")).passed


def _bad_cookies() -> dict[str, dict[str, str]]:
    now = time.time()
    good = cookies()["_streamlit_user"]
    return {
        "another secret": cookies(secret="x" * 40),
        "no secret": cookies(secret=""),
        "changed": {"_streamlit_user": good[:-2] + ("AA" if good[-2:] != "AA" else "BB")},
        "not signed": {"_streamlit_user": '{"sub": "u-admin"}'},
        "signed for another cookie": {"_streamlit_user": cookies_named("_streamlit_session")},
        "empty": {"_streamlit_user": ""},
        "signed too long ago": cookies(signed_s=now - 13 * HOUR_S),
        "issued too long ago": cookies(iat=int(now - 13 * HOUR_S)),
        "signed in the future": cookies(signed_s=now + HOUR_S, iat=int(now)),
        "issued in the future": cookies(iat=int(now + HOUR_S)),
        "of another server": cookies(origin="https://elsewhere.example"),
        "not signed in": cookies(is_logged_in=False),
        "signed in as text": cookies(is_logged_in="true"),
        "without an id": cookies(sub=""),
        "an id that is no text": cookies(sub=["u-admin"]),
        "an id with unseen signs": cookies(sub="u-admin\u202e"),
        "an id without end": cookies(sub="u" * 300),
    }


def cookies_named(name: str) -> str:
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    from tests.team_hand import COOKIE_SECRET

    return create_signed_value(COOKIE_SECRET, name, '{"sub": "u-admin"}').decode()


@pytest.mark.parametrize("case", _bad_cookies())
def test_a_cookie_that_is_not_good_is_none(team: Team, case: str) -> None:
    found = ask(team, "/scatter", held=_bad_cookies()[case])
    assert not found.passed
    assert found.status == 401


def test_clocks_may_differ_by_minutes(team: Team) -> None:
    now = time.time()
    assert ask(team, "/", held=cookies(iat=int(now + 120))).passed
    assert ask(team, "/", held=cookies(signed_s=now - 11.9 * HOUR_S)).passed


def test_a_cookie_in_parts_is_read_and_parts_of_two_are_not(team: Team) -> None:
    groups = [token_hex(16) for _number in range(300)]  # what cannot be packed small
    held = cookies(groups=groups)
    assert len(held) > 2
    assert ask(team, "/", held=held).passed
    parts = sorted(held)
    assert not ask(team, "/", held={name: held[name] for name in parts[:-1]}).passed
    older = cookies(groups=groups, signed_s=time.time() - 60)
    mixed = held | {parts[-1]: older[parts[-1]]}
    assert not ask(team, "/", held=mixed).passed
    swapped = held | {parts[1]: held[parts[2]], parts[2]: held[parts[1]]}
    assert not ask(team, "/", held=swapped).passed
    many = {"_streamlit_user": _signed("_streamlit_user", "chunks-999")}
    assert not ask(team, "/", held=many).passed


def _signed(name: str, value: str) -> str:
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    from tests.team_hand import COOKIE_SECRET

    return create_signed_value(COOKIE_SECRET, name, value).decode()


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "localhost:8501",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:8501.",
        "evil.example",
        "127.0.0.1:8501@evil.example",
        "127.0.0.1:8501, evil.example",
        "127.0.0.1:8501/x",
    ],
)
def test_only_the_public_name_is_served(team: Team, host: str | None) -> None:
    assert ask(team, "/", held=cookies(), host=host).status == 421
    shut = ask(team, "/_stcore/stream", held=cookies(), host=host, kind="websocket")
    assert shut.sent == [{"type": "websocket.close", "code": 1008}]


def test_two_names_at_once_are_none(team: Team) -> None:
    scope = scope_of("/", held=cookies())
    scope["headers"].append((b"host", b"evil.example"))
    from tests.gate_hand import through

    assert through(TeamGate, team, scope).status == 421


def test_a_monitor_on_this_computer_reaches_the_health_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = {
        "server": {"public_url": "https://atlas.example.org", "trusted_proxies": ["10.1.2.3"]}
    }
    team = make_team(tmp_path, monkeypatch, public)
    near = {"trusted_proxies": ["127.0.0.1", "10.1.2.3"], "public_url": "https://atlas.example.org"}
    beside = make_team(tmp_path, monkeypatch, {"server": near})
    assert ask(beside, "/healthz", host="127.0.0.1:8501").passed
    assert ask(beside, "/", host="127.0.0.1:8501").status == 421
    assert ask(beside, "/healthz", host="127.0.0.1:8501", client="10.1.2.3").status == 421
    assert ask(team, "/healthz", host="atlas.example.org", client="10.1.2.3").passed
    assert ask(team, "/healthz", host="atlas.example.org", client="10.1.2.4").status == 403


@pytest.mark.parametrize("client", ["192.168.1.7", "10.0.0.1", "2001:db8::1", "", "nowhere"])
def test_only_the_proxy_may_call_whatever_is_said_to_stand_behind_it(
    team: Team, client: str
) -> None:
    said = {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "forwarded": "for=127.0.0.1"}
    found = ask(team, "/", held=cookies(), client=client, headers=said)
    assert not found.passed
    assert found.status == 403
    assert not ask(team, "/healthz", client=client, headers=said).passed


def test_the_address_behind_the_proxy_is_the_last_one_that_is_no_proxy(team: Team) -> None:
    said = {"x-forwarded-for": "203.0.113.9, 198.51.100.7"}
    assert ask(team, "/", held=cookies(), headers=said).client[0] == "198.51.100.7"


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "https://127.0.0.1:8501"])
def test_a_websocket_comes_from_our_own_pages_only(team: Team, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    found = ask(team, "/_stcore/stream", kind="websocket", held=cookies(), headers=headers)
    assert found.sent == [{"type": "websocket.close", "code": 1008}]
    assert not found.passed


def test_a_websocket_needs_a_person_with_a_role(team: Team) -> None:
    ours = {"origin": HERE}
    for held in (None, cookies("nobody"), cookies(secret="x" * 40)):
        found = ask(team, "/_stcore/stream", kind="websocket", held=held, headers=ours)
        assert found.sent == [{"type": "websocket.close", "code": 1008}]
    assert ask(team, "/_stcore/stream", kind="websocket", held=cookies(), headers=ours).passed


def test_a_websocket_ends_when_its_person_has_no_role_any_more(team: Team) -> None:
    """The second message comes after the role was taken away: the app does not get it."""
    got: list[str] = []
    sent: list[dict[str, Any]] = []

    async def inner(_scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        for _message in range(3):
            message = await receive()
            got.append(message["type"])
            await send({"type": "websocket.send", "bytes": b"data"})

    async def receive() -> dict[str, Any]:
        if got:
            write_members(team.path.parent / "members.toml", ROLES | {"planner": None})
        return {"type": "websocket.receive", "bytes": b"click"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("/_stcore/stream", kind="websocket", held=cookies(), headers={"origin": HERE})
    run(TeamGate(inner, team)(scope, receive, send))
    assert got == ["websocket.receive", "websocket.disconnect", "websocket.disconnect"]
    assert [message["type"] for message in sent] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]


def test_a_list_that_cannot_be_read_lets_nobody_in(team: Team) -> None:
    members = team.path.parent / "members.toml"
    for broken in ("[ids", "[ids]\nx = 'king'\n", None):
        members.unlink() if broken is None else members.write_text(broken, "utf-8")
        found = ask(team, "/", held=cookies("admin"), headers=HTML)
        assert not found.passed
        assert found.status == 503
        assert str(team.path.parent) not in found.body
    write_members(members, ROLES)
    assert ask(team, "/", held=cookies("admin")).passed


def test_a_viewer_uploads_nothing_and_is_told_of_in_the_journal_once(team: Team) -> None:
    gate = TeamGate(_never, team)
    for method in ("PUT", "POST", "DELETE", "PUT"):
        found: list[Any] = []

        async def send(message: Any, found: list[Any] = found) -> None:
            found.append(message)

        scope = scope_of("/_stcore/upload_file/a/b", method=method, held=cookies("viewer"))
        run(gate(scope, _nothing, send))
        assert found[0]["status"] == 403
    told = read(team.state.parent)
    assert list(told["action"]) == ["refused"]
    assert list(told["person_id"]) == ["u-viewer"]
    assert ask(team, "/_stcore/upload_file/a/b", method="PUT", held=cookies("planner")).passed


async def _never(*_all: Any) -> None:
    message = "this must not be reached"
    raise AssertionError(message)


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request"}


@pytest.mark.parametrize("who", ["planner", "nobody"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_signs_nobody_out_but_has_him_asked(team: Team, site: str, who: str) -> None:
    found = ask(team, "/auth/logout", held=cookies(who), headers={"sec-fetch-site": site})
    assert not found.passed
    assert found.status == 200
    assert 'href="/auth/logout"' in found.body
    assert "<script" not in found.body
    assert not found.cookies
    assert ask(team, "/scatter", held=cookies("planner")).passed


@pytest.mark.parametrize("site", [None, "same-origin", "none"])
def test_our_own_pages_and_old_browsers_sign_out_at_once(team: Team, site: str | None) -> None:
    said = {} if site is None else {"sec-fetch-site": site}
    held = cookies(signed_s=time.time() - 60)
    assert ask(team, "/auth/logout", held=held, headers=said).passed
    assert not ask(team, "/scatter", held=held).passed


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_another_site_changes_nothing(team: Team, method: str) -> None:
    for origin, passes in (("http://evil.example", False), ("null", False), (HERE, True)):
        found = ask(
            team,
            "/_stcore/upload_file/a/b",
            method=method,
            held=cookies("planner"),
            headers={"origin": origin},
        )
        assert found.passed is passes


@pytest.mark.parametrize(
    "path", ["/_stcore/agent/mcp", "/_stcore/agent/interact", "/_stcore/metrics"]
)
def test_what_the_app_has_no_use_for_is_shut_for_everybody(team: Team, path: str) -> None:
    for name in ("viewer", "admin"):
        assert ask(team, path, held=cookies(name)).status == 404


# --- tokens


def _token(team: Team, name: str = "planner") -> str:
    claims = {"sub": f"u-{name}", "name": name}
    Registry(team).signed_in(claims)
    return Tokens(team.state).make(Person(f"u-{name}", name, Role.PLANNER))[0]


def _basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_token_opens_the_live_layers_and_nothing_else(team: Team) -> None:
    token = _token(team)
    for headers in (_basic(token), {"authorization": f"Bearer {token}"}):
        for path in ("/ogc", "/ogc/collections/parks/items"):
            found = ask(team, path, headers=headers)
            assert found.person == Person("u-planner", "planner", Role.PLANNER)
        for path in ("/", "/ogcx", "/tiles/parks/1/0/0/0.mvt", "/exports/a/b", "/_stcore/health"):
            assert ask(team, path, headers=headers).status == 401
        shut = ask(team, "/_stcore/stream", kind="websocket", headers=headers | {"origin": HERE})
        assert not shut.passed


def test_a_token_follows_the_role_of_its_person(team: Team) -> None:
    headers = _basic(_token(team))
    members = team.path.parent / "members.toml"
    write_members(members, ROLES | {"planner": "viewer"})
    found = ask(team, "/ogc", headers=headers)
    assert found.person is not None
    assert found.person.role is Role.VIEWER
    write_members(members, ROLES | {"planner": None})
    assert ask(team, "/ogc", headers=headers).status == 401


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Basic YQ==", "Bearer", "Bearer x", "Digest x", "Basic \xff"],
)
def test_without_a_good_token_the_live_layers_ask_for_one(team: Team, authorization: str) -> None:
    headers = {"authorization": authorization} if authorization else {}
    found = ask(team, "/ogc", headers=headers)
    assert found.status == 401
    assert found.headers["www-authenticate"].startswith("Basic ")


def test_the_cookie_opens_the_live_layers_too_but_not_beside_a_bad_token(team: Team) -> None:
    assert ask(team, "/ogc", held=cookies()).passed
    assert ask(team, "/ogc", held=cookies(), headers=_basic("x")).status == 401


def test_another_role_begins_with_a_whole_run_of_the_page() -> None:
    roles = iter([Role.PLANNER, Role.VIEWER, Role.VIEWER])
    wishes = []
    for fragment in ("", "piece", "piece", "piece"):
        wish = BackMsg()
        wish.rerun_script.fragment_id = fragment
        wish.rerun_script.query_string = "lang=English"
        wishes.append(wish)
    wishes[1].file_urls_request.request_id = "x"  # asks for no run
    said = iter(wishes)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "bytes": next(said).SerializeToString()}

    def look() -> Person:
        return Person("u", "", next(roles, Role.VIEWER))

    watch = Watch(look, Person("u", "", Role.PLANNER), receive, _never)

    async def hear() -> list[BackMsg]:
        return [BackMsg.FromString((await watch.receive())["bytes"]) for _wish in wishes]

    heard = run(hear())
    assert [one.WhichOneof("type") for one in heard] == [
        "rerun_script",
        "file_urls_request",
        "rerun_script",
        "rerun_script",
    ]
    assert heard[2].rerun_script.fragment_id == ""
    assert heard[2].rerun_script.query_string == "lang=English"
    assert heard[3].rerun_script.fragment_id == "piece"
