"""The web door: it serves this computer only, whatever it is told."""

from __future__ import annotations

import asyncio
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import app
from app_gate import Guard

ROOT = Path(app.__file__).parent


def _call(
    kind: str, address: str, *, host: bytes | None = b"127.0.0.1:8501"
) -> list[dict[str, Any]]:
    """Send one request through the guard and return what was sent back."""
    sent: list[dict[str, Any]] = []

    async def inner(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if host is None else [(b"accept", b"*/*"), (b"host", host)]
    client = (address, 50_000)
    scope = {"type": kind, "client": client, "method": "GET", "path": "/", "headers": headers}
    # In a thread of its own, because the browser tests leave a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, Guard(inner)(scope, receive, send)).result()
    return sent


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_computer_is_served_with_the_policy(address: str) -> None:
    start, body = _call("http", address)
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert body["body"] == b"inside"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "ws:" not in headers["content-security-policy"]


@pytest.mark.parametrize("address", ["192.168.1.7", "10.0.0.1", "2001:db8::1", "nowhere", ""])
def test_any_other_computer_is_refused(address: str) -> None:
    start, body = _call("http", address)
    assert start["status"] == 403
    assert b"inside" not in body["body"]


def test_a_refused_caller_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    for _again in range(3):
        _call("http", "192.168.9.9")
    assert sum("192.168.9.9" in record.getMessage() for record in caplog.records) == 1


def test_a_websocket_from_elsewhere_is_closed() -> None:
    assert _call("websocket", "192.168.1.7") == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    "host",
    [
        b"localhost",
        b"localhost:8501",
        b"LOCALHOST:8501",
        b"127.0.0.1",
        b"127.8.8.8:80",
        b"[::1]",
        b"[::1]:8501",
    ],
)
def test_every_name_of_this_computer_is_served(host: bytes) -> None:
    for address in ("127.0.0.1", "::1"):
        assert _call("http", address, host=host)[1]["body"] == b"inside"


FOREIGN = {
    "a proxy": b"atlas.planning.example",
    "a proxy on the intranet": b"192.168.1.7:8501",
    "a web page whose name was pointed here": b"evil.example:8501",
    "a name that begins like ours": b"localhost.evil.example",
    "a name that ends like ours": b"evil-localhost",
    "an address that begins like ours": b"127.0.0.1.evil.example",
    "an address in other digits": b"2130706433",
    "an address in hexadecimal": b"0x7f.0.0.1",
    "a short address": b"127.1",
    "every address": b"0.0.0.0:8501",
    "every address of IPv6": b"[::]:8501",
    "another address of IPv6": b"[2001:db8::1]:8501",
    "an open bracket": b"[::1",
    "brackets around a name": b"[localhost]",
    "two colons": b"::1",
    "no name": b"",
    "a port alone": b":8501",
    "other characters": "localhost杨".encode(),
    "bytes that are no text": b"\xff\xfe",
    "another name behind a slash": b"evil.example/localhost",
    "another name behind a user": b"localhost@evil.example",
    "two names": b"localhost, evil.example",
    "no header": None,
}


@pytest.mark.parametrize("host", FOREIGN.values(), ids=FOREIGN)
def test_a_call_under_any_other_name_is_refused_also_from_here(host: bytes | None) -> None:
    start, body = _call("http", "127.0.0.1", host=host)
    assert start["status"] == 403
    assert b"inside" not in body["body"]
    refused = [{"type": "websocket.close", "code": 1008}]
    assert _call("websocket", "127.0.0.1", host=host) == refused


def test_our_name_does_not_let_another_computer_in() -> None:
    start, _body = _call("http", "192.168.1.7", host=b"localhost:8501")
    assert start["status"] == 403


def test_the_settings_hold_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "192.168.1.7")
    settings = app.settings(port=8600, open_browser=False)
    assert settings["server.address"] == "127.0.0.1"
    assert settings["server.port"] == 8600
    assert settings["browser.gatherUsageStats"] is False
    assert settings["client.showErrorDetails"] == "type"
    assert settings["theme.primaryColor"].startswith("#")


@pytest.mark.parametrize("open_browser", [True, False])
def test_nothing_is_offered_to_developers_in_the_browser_of_a_planner(open_browser: bool) -> None:
    settings = app.settings(port=8600, open_browser=open_browser)
    # Streamlit shows its offers where its welcome is shown.
    assert settings["logger.hideWelcomeMessage"] is True
    assert settings["client.toolbarMode"] == "viewer"


def test_what_the_app_needs_is_in_the_package() -> None:
    """A wheel holds only what the project file names."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {package: ROOT / package.replace(".", "/") for package in named["packages"]}
    packed = {
        path
        for package, globs in named["package-data"].items()
        for pattern in globs
        for path in folders[package].glob(pattern)
    }
    needed = {
        path
        for folder in folders.values()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    assert needed == packed
    with_code = {
        path.parent
        for room in ("geo", "layers", "views", "data")
        for path in (ROOT / room).rglob("*.py")
    }
    assert with_code == set(folders.values())
    assert {path.stem for path in ROOT.glob("*.py")} - {"start"} == set(named["py-modules"])


def test_whoever_starts_the_door_as_a_page_is_told_how_to_start_it() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not at.exception
    assert [one.value for one in at.error] == [f"{app.HOW_TO_START.zh}\n\n{app.HOW_TO_START.en}"]
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["address"] == app.LOOPBACK
