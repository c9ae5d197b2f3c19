"""Twenty planners at one server, against one planner alone at the same server.

Run ``python -m bench.bench_team``; ``--planners``, ``--minutes`` and ``--think`` say how
many, for how long and how fast. The server is ``atlas app --team`` on this computer with
a provider of the tests; everything stays on loopback. Each planner opens pages, changes
what is on them, fetches the tiles of a map of 50,000 buildings, has files made and takes
them out; two of them import tables up to the commit. They speak the protocol of the
browser (see :mod:`bench.planner`) but draw nothing, so that all time is the server's.

First one planner works alone, for a fifth of the time; then all of them; the table puts
both side by side. Printed are the errors, which should be none, how long each action
took, and the memory of the server over time and after everybody has left.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import httpx
import numpy as np
import psutil

from bench.browser import others
from bench.city import make_workspace
from bench.office import Book
from bench.office import Desk
from bench.planner import Planner
from bench.team_server import team_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.team_server import TeamServer

BUILDINGS = 50_000
IMPORTING = 2
SAMPLE_S = 5.0
_MB = 1024 * 1024


class Memory:
    """Memory of a server and its helpers over time, in MB."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._began = time.monotonic()
        self.samples: list[tuple[float, float]] = []

    def take(self) -> float:
        """Measure once."""
        total = 0
        for process in (self._process, *self._process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        mb = total / _MB
        self.samples.append((time.monotonic() - self._began, mb))
        return mb

    async def watch(self) -> None:
        """Measure every few seconds until cancelled."""
        while True:
            self.take()
            await asyncio.sleep(SAMPLE_S)


async def ask_health(server: TeamServer, book: Book) -> None:
    """Ask every few seconds how the server is, as a monitor does, until cancelled."""
    async with httpx.AsyncClient(base_url=server.address, trust_env=False, timeout=60) as web:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                await book.time("healthz", _is_well(web))
            await asyncio.sleep(SAMPLE_S)


async def _is_well(web: httpx.AsyncClient) -> None:
    (await web.get("/healthz")).raise_for_status()


async def work(
    server: TeamServer, book: Book, *, planners: int, minutes: float, think: float
) -> None:
    """Let planners work at a server, and wait until all have left.

    Parameters
    ----------
    server
        Where they work.
    book
        Where it is written.
    planners, minutes, think
        How many, for how long, and the longest pause of each in seconds.
    """
    until = time.monotonic() + minutes * 60
    async with contextlib.AsyncExitStack() as stack:
        desks = []
        for number in range(planners):
            web = await stack.enter_async_context(server.signed_in(number))
            desks.append(Desk(Planner(web, server.address), book, seed=number, think_s=think))
        await asyncio.gather(
            *(
                desk.work(until, imports=planners > 1 and number < IMPORTING)
                for number, desk in enumerate(desks)
            )
        )


def print_table(alone: Book, together: Book) -> None:
    """Print how long everything took, one planner beside all of them."""
    heads = ("n", "p50 ms", "p95 ms", "max ms", "one: p50", "one: p95", "ratio p95")
    print(f"{'':26}" + "".join(f"{head:>11}" for head in heads))
    for what in sorted(together.seconds):
        ours = np.percentile(together.seconds[what], [50, 95, 100]) * 1000
        told = f"{what:26}{len(together.seconds[what]):11}" + "".join(f"{v:11.0f}" for v in ours)
        if alone.seconds.get(what):
            peer = np.percentile(alone.seconds[what], [50, 95]) * 1000
            told += f"{peer[0]:11.0f}{peer[1]:11.0f}{ours[1] / peer[1]:10.1f}x"
        print(told)


def print_pages(title: str, book: Book) -> None:
    """Print the one line on all pages and filters together."""
    pages = [
        seconds
        for what, taken in book.seconds.items()
        if what.startswith(("page", "filter"))
        for seconds in taken
    ]
    if pages:
        p50, p95 = np.percentile(pages, [50, 95]) * 1000
        print(f"{title}: {len(pages)} page actions, p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    print(f"{title}: {len(book.errors)} errors, {book.refused} asked to wait")
    for error in sorted(set(book.errors)):
        print(f"  {book.errors.count(error)}x {error}")


def print_memory(memory: Memory) -> None:
    """Print the memory once a minute."""
    shown = [mb for number, (_at, mb) in enumerate(memory.samples) if number % 12 == 0]
    print("memory MB, each minute: " + " ".join(f"{mb:.0f}" for mb in shown))
    print(f"memory MB, most: {max(mb for _at, mb in memory.samples):.0f}")


async def measure(server: TeamServer, options: argparse.Namespace) -> int:
    """Measure and print; return the number of errors."""
    memory = Memory(server.pid)
    alone, together = Book(), Book()
    watching = asyncio.gather(memory.watch(), ask_health(server, together))
    print(f"memory MB, at the start: {memory.take():.0f}", flush=True)
    await work(server, alone, planners=1, minutes=options.minutes / 5, think=2.0)
    print_pages("alone", alone)
    print(f"memory MB, after one planner: {memory.take():.0f}", flush=True)
    with others() as load:
        await work(
            server,
            together,
            planners=options.planners,
            minutes=options.minutes,
            think=options.think,
        )
    print_pages(f"{options.planners} planners", together)
    print(f"memory MB, when all have left: {memory.take():.0f}", flush=True)
    await asyncio.sleep(options.settle)
    print(f"memory MB, {options.settle:.0f} s later: {memory.take():.0f}")
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    print_memory(memory)
    print(f"cores used by other programs meanwhile: {load.cores:.1f}")
    print_table(alone, together)
    logged = server.logged_errors()
    print(f"{len(logged)} errors in the log of the server")
    for line in logged[:5]:
        print("  " + line[:2000])
    return len(alone.errors) + len(together.errors) + len(logged)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--planners", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--think", type=float, default=15.0, help="longest pause, s")
    parser.add_argument("--settle", type=float, default=150.0, help="wait at the end, s")
    parser.add_argument("--buildings", type=int, default=BUILDINGS)
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        make_workspace(workspace, options.buildings)
        with team_server(workspace, options.planners) as server:
            return int(bool(asyncio.run(measure(server, options))))


if __name__ == "__main__":
    sys.exit(main())
