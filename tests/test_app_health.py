"""Whether the server says rightly how it is, and no more than that."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.routing import WebSocketRoute

import app_health
import app_routes
from app_log import HEADER
from app_log import RequestLog
from app_log import template
from layers import health
from layers.audit import FOLDER as AUDIT
from layers.catalogue import load_catalogue
from layers.health import Health
from layers.health import Watch
from layers.health import inspect
from layers.team.people import Person
from layers.team.people import Role
from layers.workspace import Workspace
from tests.gate_hand import make_team
from tests.loops import finish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp
    from starlette.websockets import WebSocket

WELL = {"readable": True, "writable": True, "journal": True, "disk": True}
UNGUESSABLE = "Zk3Jd0fj3kd9fj3kd0fj3kd9fj3kd0fj"


def ask(app: ASGIApp, path: str, **headers: str) -> httpx.Response:
    """Ask an app once."""

    async def asked() -> httpx.Response:
        way = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=way, base_url="http://atlas.test") as web:
            return await web.get(path, headers=headers)

    return finish(asked())


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a small workspace."""
    path = tmp_path / "workspace"
    Workspace.create(path, load_catalogue(), author="test")
    return path


def test_a_workspace_is_well(workspace: Path) -> None:
    assert inspect(workspace).as_dict()["checks"] == WELL
    assert inspect(workspace).status == "ok"
    assert not list(workspace.rglob("tmp*"))


def test_one_that_is_not_there_yet_is_well(tmp_path: Path) -> None:
    assert inspect(tmp_path / "not" / "yet").status == "ok"
    (tmp_path / "team").mkdir()
    assert inspect(tmp_path).status == "ok"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}'])
def test_a_damaged_manifest_is_down(workspace: Path, text: str) -> None:
    (workspace / "workspace.json").write_text(text)
    assert inspect(workspace).status == "down"


def test_layers_without_a_manifest_are_down(workspace: Path) -> None:
    (workspace / "parks").mkdir(exist_ok=True)
    (workspace / "workspace.json").unlink()
    assert inspect(workspace).status == "down"


def test_a_file_instead_of_a_folder_is_down(tmp_path: Path) -> None:
    (tmp_path / "workspace").write_text("a file")
    assert inspect(tmp_path / "workspace").status == "down"


def test_a_folder_that_takes_no_file_is_degraded(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_options: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("layers.health.tempfile.TemporaryFile", full)
    found = inspect(workspace)
    assert found.status == "degraded"
    assert found.checks == WELL | {"writable": False, "journal": False}


def test_a_journal_that_takes_no_file_is_degraded(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / AUDIT).mkdir(exist_ok=True)
    writable = health._is_writable
    monkeypatch.setattr(
        health, "_is_writable", lambda folder: folder.name != AUDIT and writable(folder)
    )
    assert inspect(workspace).checks == WELL | {"journal": False}


def test_people_whose_list_cannot_be_read_make_it_degraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = make_team(tmp_path, monkeypatch)
    root = tmp_path / "workspace"
    assert inspect(root, serving).as_dict()["checks"] == WELL | {"people": True}
    members = tmp_path / "members.toml"
    good = members.read_bytes()
    members.write_text("[ids]\nu-planner = 'no such role'\n")
    found = inspect(root, serving)
    assert (found.status, found.checks["people"]) == ("degraded", False)
    assert Watch(lambda: root, serving).look().checks == WELL | {"people": False}
    members.unlink()
    assert inspect(root, serving).checks["people"] is False
    members.write_bytes(good)
    assert inspect(root, serving).status == "ok"


def test_little_space_is_degraded(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_MB", 10**9)
    assert inspect(workspace).checks == WELL | {"disk": False}


class Clock:
    """Seconds that a test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_look_answers_all_who_ask_within_seconds(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def count(root: Path, _serving: None) -> Health:
        looks.append(root)
        return Health(WELL)

    monkeypatch.setattr(health, "inspect", count)
    clock = Clock()
    watch = Watch(lambda: workspace, clock=clock)
    assert [watch.look().status for _number in range(50)] == ["ok"] * 50
    clock.now += health.KEEP_S + 0.1
    watch.look()
    assert looks == [workspace, workspace]


def test_a_disk_that_hangs_is_down_and_is_not_asked_again_until_it_answers(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, looks = threading.Event(), []

    def hang(root: Path, _serving: None) -> Health:
        looks.append(root)
        goes_on.wait(30)
        return Health(WELL)

    monkeypatch.setattr(health, "inspect", hang)
    clock = Clock()
    watch = Watch(lambda: workspace, patience_s=0.01, clock=clock)
    for _number in range(3):
        assert watch.look().status == "down"
        clock.now += health.KEEP_S + 0.1
    assert len(looks) == 1
    goes_on.set()
    monkeypatch.setattr(watch, "_patience_s", 30.0)
    assert watch.look().status == "ok"


@pytest.fixture
def served(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starlette]:
    """Return our routes over a workspace."""
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    app_health._watch.cache_clear()
    yield Starlette(routes=app_routes.routes())
    app_health._watch.cache_clear()


def test_the_address_tells_how_it_is_and_nothing_else(served: Starlette, workspace: Path) -> None:
    answer = ask(served, "/healthz")
    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "version", "checks"}
    assert answer.json()["status"] == "ok"
    assert str(workspace) not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_down_is_told_by_the_status(served: Starlette, workspace: Path) -> None:
    (workspace / "workspace.json").write_text("{")
    answer = ask(served, "/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "down"
    assert os.sep not in json.dumps(answer.json()["checks"])


def test_what_is_degraded_still_serves(served: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_MB", 10**9)
    answer = ask(served, "/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"


async def _hello(_request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def _stranger(_request: object) -> PlainTextResponse:
    return PlainTextResponse("who are you?", status_code=401)


async def _forbidden(_request: object) -> PlainTextResponse:
    return PlainTextResponse("not for you", status_code=403)


async def _broken(_request: object) -> PlainTextResponse:
    message = "password=hunter2"
    raise ValueError(message)


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


class Gate:
    """Says who asks, as the gate does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["atlas.person"] = Person("zhang-id", "张三", Role.PLANNER)
        await self.app(scope, receive, send)


WEB = Starlette(
    routes=[
        Route("/exports/{token}/{name}", _hello),
        Route("/map", _hello),
        Route("/broken", _broken),
        Route("/stranger", _stranger),
        Route("/forbidden", _forbidden),
        WebSocketRoute("/_stcore/stream", _socket),
    ],
    middleware=[Middleware(RequestLog), Middleware(Gate)],
)


def told(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """Return the fields of the one line on a request."""
    (record,) = [one for one in caplog.records if hasattr(one, "fields")]
    return dict(record.fields)


def test_a_line_tells_the_route_and_not_what_stands_in_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "atlas")
    answer = ask(WEB, f"/exports/{UNGUESSABLE}/某某公司.xlsx?next=/secret")
    line = told(caplog)
    assert line["route"] == "/exports/{token}/{name}"
    assert (line["method"], line["status"], line["role"]) == ("GET", 200, "planner")
    assert line["ms"] >= 0
    assert len(line["person"]) == 12
    everything = str(line) + caplog.text
    for secret in (UNGUESSABLE, "某某公司", "/secret", "zhang-id", "张三"):
        assert secret not in everything
    assert len(answer.headers[HEADER]) == 32


def test_the_id_of_the_proxy_is_kept_and_any_other_text_is_not() -> None:
    assert ask(WEB, "/map", **{HEADER: "0f" * 16}).headers[HEADER] == "0f" * 16
    assert ask(WEB, "/map", **{HEADER: "x y"}).headers[HEADER] != "x y"


@pytest.mark.parametrize(
    ("path", "route"), [("/wp-admin/张三", "/…"), ("/nothing", "/nothing"), ("/%00", "/…")]
)
def test_an_address_that_is_none_of_ours_is_not_repeated(
    path: str, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "atlas")
    ask(WEB, path)
    assert (told(caplog)["route"], told(caplog)["status"]) == (route, 404)


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("/scatter/_stcore/health", "INFO"),
        ("/scatter/_stcore/host-config", "INFO"),
        ("/stranger", "INFO"),
        ("/forbidden", "WARNING"),
        ("/wp-admin/setup.php", "WARNING"),
    ],
)
def test_what_happens_every_day_is_no_warning(
    path: str, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "atlas")
    ask(WEB, path)
    (record,) = [one for one in caplog.records if hasattr(one, "fields")]
    assert (record.levelname, record.fields["status"] >= 400) == (level, True)


def test_an_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    ask(WEB, "/broken")
    (record,) = [one for one in caplog.records if hasattr(one, "fields")]
    assert (record.levelname, record.fields["status"]) == ("ERROR", 500)
    assert record.exc_info is not None


def test_every_route_of_ours_with_a_token_has_a_template() -> None:
    for route in app_routes.routes():
        path = getattr(route, "path", "")
        if "{" in path:
            assert template({"route": route, "path": "/x/" + UNGUESSABLE}) == path
