"""Three hosts of this computer, as network namespaces: a scheduler and two for workers.

Every one has an address of its own on a bridge that only they can reach, its own name and
its own process numbers. The disk is shared. Only for Linux, with root and iproute2.
Whatever happens, the namespaces are removed; those that a killed run left behind are
removed by the next.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]

HEAD, STAYS, LOST = "head", "stays", "lost"
"""Names of the hosts: of the scheduler and the client, of the workers."""

ADDRESS = {HEAD: "10.203.7.1", STAYS: "10.203.7.11", LOST: "10.203.7.12"}
SCHEDULER = f"tcp://{ADDRESS[HEAD]}:8786"

LIMIT_S = 300.0
"""Longest time for one program."""

_PREFIX = "atlas-hosts-"
_BRIDGE, _LINK = "bridge0", "eth0"
_SILENCE_S = 15  # a host that does not answer for so long is lost; 30 s by default of Dask
_KILLED_S = 60.0
_SAID = 20  # lines


def obstacle() -> str:
    """Return why no namespaces can be made here; empty if they can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are of Linux"
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [name for name in ("ip", "unshare", "setpriv") if shutil.which(name) is None]
    if absent:
        return f"{' and '.join(absent)} are not installed (Debian: iproute2, util-linux)"
    name = f"{_PREFIX}{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
    except RuntimeError as error:
        return f"the kernel refuses: {error}"
    _remove(name)
    return ""


class Program:
    """A program on a host; what it says goes into a file.

    Parameters
    ----------
    host
        On which.
    command
        What to run.
    log
        The file.
    """

    def __init__(self, host: str, command: list[str], log: Path) -> None:
        self.host, self._log = host, log
        # A host has a name and process numbers of its own; when the first of its
        # processes is killed, the kernel kills all of them. It dies when we do.
        there = ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", _space(host)]
        born = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        named = ["sh", "-c", 'hostname "$0" && exec "$@"', host]
        with log.open("wb") as stream:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [*there, *born, *named, *command],
                cwd=ROOT,
                env={**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": f"{_SILENCE_S}s"},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        """Tell whether it has ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill it and all of its children."""
        if not self.has_ended():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=_KILLED_S)

    def finish(self) -> None:
        """Wait for its end.

        Raises
        ------
        RuntimeError
            If it fails, or does not end in time.
        """
        code: int | None
        try:
            code = self._process.wait(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        if code != 0:
            raise self.failure("a run did not end in time" if code is None else f"exit code {code}")

    def failure(self, what: str) -> RuntimeError:
        """Return an error with the last that the program said."""
        lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()
        return RuntimeError("\n".join([what, *lines[-_SAID:]]))


class Net:
    """Three hosts on a bridge.

    Parameters
    ----------
    stack
        Undoes what was made.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hosts-")))
        self._programs: list[Program] = []
        for name, address in ADDRESS.items():
            self._add(name, address)

    def _add(self, name: str, address: str) -> None:
        space = _space(name)
        self._stack.callback(_remove, space)
        _ip("netns", "add", space)
        _ip("-n", space, "link", "set", "lo", "up")
        link = _BRIDGE if name == HEAD else _LINK
        if name == HEAD:
            _ip("-n", space, "link", "add", _BRIDGE, "type", "bridge")
        else:
            head, peer = _space(HEAD), ["peer", "name", _LINK, "netns", space]
            _ip("-n", head, "link", "add", name, "type", "veth", *peer)
            _ip("-n", head, "link", "set", name, "master", _BRIDGE, "up")
        _ip("-n", space, "addr", "add", f"{address}/24", "dev", link)
        _ip("-n", space, "link", "set", link, "up")

    def start(self, host: str, command: list[str]) -> Program:
        """Start a program on a host."""
        program = Program(host, command, self._logs / f"{len(self._programs)}.log")
        self._programs.append(program)
        self._stack.callback(program.kill)
        return program

    def start_cluster(self) -> None:
        """Start the scheduler, and on each of the other hosts a worker of one process."""
        host, port = SCHEDULER.removeprefix("tcp://").split(":")
        at = ["--host", host, "--port", port, "--no-dashboard"]
        self.start(HEAD, [sys.executable, "-m", "distributed.cli.dask_scheduler", *at])
        for name in (STAYS, LOST):
            words = [SCHEDULER, "--host", ADDRESS[name], "--nthreads", "1", "--no-dashboard"]
            self.start(name, [sys.executable, "-m", "distributed.cli.dask_worker", *words])

    def cut_off(self, host: str) -> None:
        """Take the link of a host down, then kill all that runs on it."""
        _ip("-n", _space(host), "link", "set", _LINK, "down")
        for program in self._programs:
            if program.host == host:
                program.kill()


@contextmanager
def hosts() -> Iterator[Net]:
    """Yield three hosts; afterwards nothing of them is left."""
    _remove_left_over()
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with ExitStack() as stack:
            yield Net(stack)
    finally:
        signal.signal(signal.SIGTERM, before)


def _space(host: str) -> str:
    return f"{_PREFIX}{os.getpid()}-{host}"


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, timeout=60, check=False)  # noqa: S603, S607 - our own words
    if done.returncode != 0:
        msg = f"ip {' '.join(words)}: {done.stderr.decode().strip()}"
        raise RuntimeError(msg)
    return done.stdout.decode()


def _remove(space: str) -> None:
    subprocess.run(["ip", "netns", "del", space], capture_output=True, timeout=60, check=False)  # noqa: S603, S607 - our own words


def _remove_left_over() -> None:
    """Remove the namespaces of runs that were killed themselves."""
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0] if line.split() else ""
        found = re.fullmatch(rf"{_PREFIX}(\d+)-\w+", name)
        if found and not Path(f"/proc/{found[1]}").exists():
            _remove(name)
