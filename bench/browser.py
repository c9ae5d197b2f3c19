"""A real browser and real servers for the benchmarks, and the load of the machine meanwhile.

Times are taken inside the browser, in its own clock (milliseconds since 1970,
``performance.timeOrigin + performance.now()``), so the way from Python to the
browser and back is in none of them. Processes are looked at in ``/proc``, so
this runs on Linux only.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    from playwright.sync_api import Browser
    from playwright.sync_api import Frame
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
LIMIT_S = 180
"""What takes longer is given up and told as such."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# Every name but our own address fails to resolve, as in an office without internet.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",
]
_MAP = "iframe[src*=streamlit_folium]"
_HEALTH_EVERY_S = 0.02
_TICK = os.sysconf("SC_CLK_TCK")

# In every frame. `until` tells when a test first held and two more frames were drawn.
_PROBE = """
window.probe = {
  pressed: 0,
  now: () => performance.timeOrigin + performance.now(),
  world: () => {
    const frame = document.querySelector("iframe[src*=streamlit_folium]");
    const found = frame && frame.contentWindow;
    return found && found.L && found.map instanceof found.L.Map ? found : null;
  },
  until: (test, limit, frames = 2) => new Promise(done => {
    const end = probe.now() + limit;
    const rest = n => n ? requestAnimationFrame(() => rest(n - 1)) : done(probe.now());
    const look = () => {
      let found = false;
      try { found = test(); } catch (error) { found = false; }
      if (document.querySelector("[data-testid=stException]")) { done(-1); }
      else if (found) { rest(frames); }
      else if (probe.now() > end) { done(null); }
      else { setTimeout(look, 8); } // to ask for frames would slow down what is measured
    };
    look();
  }),
  record: () => {
    const list = probe.frames = [];
    let last = 0;
    const step = at => {
      if (probe.frames !== list) { return; }
      if (last) { list.push(at - last); }
      last = at;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  },
  recorded: () => { const list = probe.frames; probe.frames = null; return list; },
  answers: () => {
    const found = [];
    let moved = 0;
    const note = event => { moved = performance.timeOrigin + event.timeStamp; };
    addEventListener("mousemove", note, true);
    const watcher = new MutationObserver(() => {
      if (moved) { found.push(probe.now() - moved); }
      moved = 0;
    });
    watcher.observe(document.querySelector(".leaflet-tooltip-pane"),
      {subtree: true, childList: true, attributes: true});
    probe.answered = () => {
      watcher.disconnect();
      removeEventListener("mousemove", note, true);
      return found;
    };
  }
};
addEventListener("click", event => {
  probe.pressed = performance.timeOrigin + event.timeStamp;
}, true);
"""


@dataclass(frozen=True)
class Server:
    """A server under measurement.

    Attributes
    ----------
    address
        Where it is.
    pid
        Its process.
    started_s
        From the start of the process to the first answer about its health.
    others
        See :func:`others`, meanwhile.
    """

    address: str
    pid: int
    started_s: float
    others: float


def free_port() -> int:
    """Return a port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(command: Sequence[str], log: Path, **environment: str) -> Iterator[Server]:
    """Run a Streamlit server and give it once it is healthy.

    Parameters
    ----------
    command
        What to run; ``{port}`` in it stands for the port.
    log
        File for what it says.
    environment
        Variables besides those of this process.

    Raises
    ------
    RuntimeError
        With the log, if it does not start.
    """
    port = free_port()
    settings = os.environ | {"PYTHONUTF8": "1"} | environment
    with log.open("w", encoding="utf-8") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [part.format(port=port) for part in command],
            cwd=ROOT,
            env=settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        address = f"http://{HOST}:{port}"
        try:
            with others() as load:
                while not _is_healthy(address):
                    if process.poll() is not None or time.perf_counter() - begin > LIMIT_S:
                        message = f"the server did not start:\n{log.read_text('utf-8')}"
                        raise RuntimeError(message)
                    time.sleep(_HEALTH_EVERY_S)
                started = time.perf_counter() - begin
            yield Server(address, process.pid, started, load.cores)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:  # noqa: S310 - http on loopback
            return int(answer.status) == 200
    except OSError:
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the installed Chromium, unable to reach any other computer.

    Raises
    ------
    RuntimeError
        If none is installed.
    """
    from playwright.sync_api import sync_playwright

    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = "install Chromium: this is measured in a real browser"
        raise RuntimeError(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Wire:
    """Bytes that a page got over web sockets, before compression.

    Attributes
    ----------
    total
        In all messages.
    of_map
        In the messages with the map.
    """

    total: int = 0
    of_map: int = 0

    def note(self, message: str | bytes) -> None:
        """Count a message."""
        content = message.encode() if isinstance(message, str) else message
        self.total += len(content)
        self.of_map += len(content) if b"map_div" in content else 0


@contextmanager
def visit(browser: Browser, url: str) -> Iterator[tuple[Page, Wire]]:
    """Open an address in a browser that has seen nothing yet, and give it at once."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.set_default_timeout(LIMIT_S * 1000)
    context.add_init_script(_PROBE)
    page = context.new_page()
    wire = Wire()
    page.on("websocket", lambda socket: socket.on("framereceived", wire.note))
    page.goto(url, wait_until="commit")
    yield page, wire
    context.close()


def map_frame(page: Page) -> Frame:
    """Return the frame of the map."""
    frame = page.locator(_MAP).element_handle().content_frame()
    assert frame is not None
    return frame


def idle(page: Page) -> None:
    """Wait until Streamlit has finished running the script."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def until(page: Page, test: str, limit_s: float = LIMIT_S) -> float | None:
    """Return when a test first held and was on the screen, None if it takes too long.

    Parameters
    ----------
    page
        The page.
    test
        An expression; ``world`` is the window of the map.
    limit_s
        When to give up.

    Raises
    ------
    RuntimeError
        If the page shows an error.
    """
    found: float | None = page.evaluate(
        f"limit => probe.until(() => {{ const world = probe.world(); return {test}; }}, limit)",
        limit_s * 1000,
    )
    if found == -1:
        message = f"the page shows an error: {page.inner_text('[data-testid=stException]')}"
        raise RuntimeError(message)
    return found


def opened_at(page: Page) -> float:
    """Return when the browser began to open the page."""
    found: float = page.evaluate("performance.timeOrigin")
    return found


def pressed_at(page: Page | Frame) -> float:
    """Return when a page or frame was clicked last."""
    found: float = page.evaluate("probe.pressed")
    return found


@contextmanager
def recording(frame: Frame) -> Iterator[list[float]]:
    """Give a list that gets the intervals between the animation frames of a map meanwhile, ms."""
    intervals: list[float] = []
    frame.evaluate("probe.record()")
    yield intervals
    intervals += frame.evaluate("probe.recorded()")


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a pixel of the map is on the page."""
    left, top = page.evaluate(
        """() => {
            const frame = probe.world().frameElement;
            const box = frame.getBoundingClientRect();
            return [box.left + frame.clientLeft, box.top + frame.clientTop];
        }"""
    )
    return left + x, top + y


def size(page: Page) -> tuple[int, int]:
    """Return width and height of the map in pixels."""
    width, height = page.evaluate(
        "() => { const size = probe.world().map.getSize(); return [size.x, size.y]; }"
    )
    return width, height


def drag(page: Page, step: tuple[float, float], steps: int = 60) -> None:
    """Drag the map from its middle with the mouse."""
    width, height = size(page)
    x, y = place(page, width / 2, height / 2)
    page.mouse.move(x, y)
    page.mouse.down()
    for number in range(1, steps + 1):
        page.mouse.move(x + number * step[0], y + number * step[1])
    page.mouse.up()


def fetched_bytes(frame: Frame, part: str) -> tuple[int, int]:
    """Return number and bytes of what a map fetched from addresses with a part, as sent."""
    found: list[int] = frame.evaluate(
        """part => {
            const all = performance.getEntriesByType("resource").filter(e => e.name.includes(part));
            return [all.length, all.reduce((sum, e) => sum + e.encodedBodySize, 0)];
        }""",
        part,
    )
    return found[0], found[1]


@dataclass
class Load:
    """Processor cores that other processes than this and its children use, on average."""

    cores: float = 0.0


@contextmanager
def others() -> Iterator[Load]:
    """Give the load by others, which is known afterwards.

    A child that ended without being waited for counts as another, so a little above
    zero is calm.
    """
    load = Load()
    begin, before = time.monotonic(), _busy() - _own()
    yield load
    passed = max(time.monotonic() - begin, 1 / _TICK)
    load.cores = max(0.0, (_busy() - _own() - before) / passed)


def wait_for_calm(seconds: float, cores: float = 0.3) -> None:
    """Wait until others use little of the machine, but no longer than some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with others() as load:
            time.sleep(1)
        if load.cores < cores:
            return


def speed_s() -> float:
    """Return how long ten million additions in Python take, s: how fast the machine is now."""
    begin = time.perf_counter()
    total = 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - begin


def resident_mb(pid: int, entry: str = "VmRSS") -> float:
    """Return the memory of a process in MB, or its peak (``VmHWM``)."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(entry))


def renderer_mb() -> float:
    """Return the memory of the largest renderer process of our browser, MB."""
    return max(
        resident_mb(pid)
        for pid in _family(_processes())
        if b"--type=renderer" in _read(Path(f"/proc/{pid}/cmdline"))
    )


def _busy() -> float:
    """Return how long all processors have worked since the start, s."""
    user, nice, system, _idle, _waiting, *more = map(int, _read(Path("/proc/stat")).split()[1:9])
    return (user + nice + system + sum(more)) / _TICK


def _own() -> float:
    """Return how long this process and its children have worked, s."""
    known = _processes()
    return sum(sum(map(int, known[pid][11:15])) for pid in _family(known)) / _TICK


def _processes() -> dict[int, list[bytes]]:
    """Return what ``/proc`` says of every process, from its state on."""
    entries = ((int(p.name), _read(p / "stat")) for p in Path("/proc").glob("[0-9]*"))
    return {pid: text.rsplit(b")", 1)[1].split() for pid, text in entries if text}


def _family(known: dict[int, list[Any]]) -> set[int]:
    """Return this process and all that come from it."""
    family = {os.getpid()}
    grown = True
    while grown:
        found = family | {pid for pid, fields in known.items() if int(fields[1]) in family}
        grown, family = len(found) > len(family), found
    return family


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it ended meanwhile
