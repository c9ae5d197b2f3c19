"""A real server and a real browser for the tests of this folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.city import make_workspace
from tests.e2e.hand import steady

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from playwright.sync_api import BrowserContext
    from playwright.sync_api import ConsoleMessage
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
STARTED_WITHIN_S = 90
PATIENCE_MS = 60_000
BUILDINGS = 50_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# Every name but our own address fails to resolve, as in an office without internet.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# Chromium tells of permissions that Streamlit asks for and it does not know.
HARMLESS = ("Unrecognized feature:", "allow-scripts and allow-same-origin")
# On a deep link Streamlit asks for these below the page before it finds its root.
SEARCHED = ("/_stcore/health", "/_stcore/host-config")


def _browser_path() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def running(workspace: Path, **environment: str) -> Iterator[str]:
    """Run ``atlas app`` on a workspace and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with started(workspace, port, **environment):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def started(workspace: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``atlas app`` on a port, and give its process once it answers."""
    log = workspace.with_suffix(".log").open("w+")
    command = [sys.executable, "-m", "cli", "app", "--no-browser", "--port", str(port)]
    settings = {"ATLAS_WORKSPACE": str(workspace), "PYTHONUTF8": "1", **environment}
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        _wait(f"http://127.0.0.1:{port}", process, log.name)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app on a fresh workspace of the bundled edition."""
    with running(tmp_path_factory.mktemp("server") / "workspace") as address:
        yield address


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app on a workspace with 50,000 generated buildings."""
    path = tmp_path_factory.mktemp("city") / "workspace"
    make_workspace(path, BUILDINGS)
    with running(path) as address:
        yield address


def _wait(address: str, process: subprocess.Popen[bytes], log: str) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - http on loopback
                if answer.status == 200:
                    return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.3)
    pytest.fail(f"the server did not start:\n{Path(log).read_text('utf-8')}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium; skip loudly without one, but never in CI."""
    path = _browser_path()
    if path is None:
        message = "NO BROWSER: install Chromium, the browser tests did not run"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import expect
    from playwright.sync_api import sync_playwright

    # A busy machine is slow, not wrong: wait for the state, not for a time.
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that fails its test on a foreign request or a console error."""
    with watched(browser) as opened:
        yield opened


def new_context(browser: Browser, *, width: int = 1440, height: int = 900) -> BrowserContext:
    """Return a context of its own for pages of the app."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        accept_downloads=True,
        locale="zh-CN",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    steady(context)
    return context


@contextmanager
def watched(browser: Browser, *, width: int = 1440, height: int = 900) -> Iterator[Page]:
    """Give a page of its own, and fail on whatever it asks of other hosts or complains of."""
    context = new_context(browser, width=width, height=height)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    opened.on("console", lambda message: _note_console(problems, message))
    opened.on("request", lambda request: _note_request(problems, request.url))
    opened.on("websocket", lambda socket: _note_request(problems, socket.url))
    opened.on("response", lambda answer: _note_answer(problems, answer.status, answer.url))
    opened.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
    yield opened
    context.close()
    assert not problems


def _note_console(problems: list[str], message: ConsoleMessage) -> None:
    harmless = any(text in message.text for text in HARMLESS)
    if message.type == "error" and not harmless and not _is_search(message.location["url"]):
        problems.append(f"console: {message.text}")


def _note_answer(problems: list[str], status: int, url: str) -> None:
    if status >= 400 and not _is_search(url):
        problems.append(f"{status}: {url}")


def _is_search(url: str) -> bool:
    return url.endswith(SEARCHED)


def _note_request(problems: list[str], url: str) -> None:
    if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
        problems.append(f"foreign request: {url}")
