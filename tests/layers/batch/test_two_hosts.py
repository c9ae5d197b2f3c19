"""Two hosts with addresses of their own give what one process gives, also when one is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bench.hosts import LOST
from bench.hosts import ROOT
from bench.hosts import STAYS
from bench.hosts import hosts
from bench.hosts import obstacle
from bench.two_hosts import trial

_UP = """
import time
from bench.hosts import HEAD, hosts
with hosts() as net:
    net.start(HEAD, ["sleep", "600.{mark}"])
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module", autouse=True)
def _namespaces() -> None:
    why = obstacle()
    if why and os.environ.get("CI"):
        pytest.fail(f"two hosts must be tested here, but {why}")
    if why:
        pytest.skip(f"TWO HOSTS ARE NOT TESTED: {why}")


def test_the_loss_of_a_host_changes_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    shown = trial(tmp_path, told.append)
    assert {worker.split(":")[0] for worker in shown.workers} == {LOST, STAYS}
    assert shown.done_before == 1
    assert shown.cut_off == 1
    assert shown.missing == 0
    assert shown.differing == ()
    # Places and clusters of three districts and of what is in none, and the partitions.
    assert shown.reused >= 12 + 3
    assert len(told) == 4


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_of_the_hosts_is_left(end: signal.Signals) -> None:
    mark = f"{os.getpid()}{end.value}"
    with subprocess.Popen(  # noqa: S603 - the program above
        [sys.executable, "-c", _UP.replace("{mark}", mark)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert f"atlas-hosts-{process.pid}-head" in _namespaces_there()
        process.send_signal(end)
        process.wait(timeout=60)
        assert mark.encode() not in _running_after(1.0)
    if end == signal.SIGKILL:
        # Nobody can tidy up after this but the next one.
        with hosts():
            assert f"atlas-hosts-{os.getpid()}-head" in _namespaces_there()
    assert "atlas-hosts-" not in _namespaces_there()


def _running_after(seconds: float) -> bytes:
    time.sleep(seconds)
    said = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            said.append(path.read_bytes())
    return b"\n".join(line for line in said if line.startswith(b"sleep"))


def _namespaces_there() -> str:
    return subprocess.run(
        ["ip", "netns", "list"],  # noqa: S607 - of the system
        capture_output=True,
        check=True,
        text=True,
    ).stdout
