"""The server of the benchmark: ``atlas app --team``, and a provider who knows its planners."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import asynccontextmanager
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import tomli_w

from bench.planner import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from collections.abc import Iterator
    from types import ModuleType

    from tests import team_hand

HAND = Path(__file__).resolve().parents[1] / "tests" / "team_hand.py"
SERVICE = {"MALLOC_ARENA_MAX": "2"}
"""What the unit of ``docs/deploy`` sets as well."""

_LINES_OF_A_BROWSER = 6


@dataclass(frozen=True)
class TeamServer:
    """A team server with people who may sign in by their number."""

    _server: team_hand.TeamServer

    @property
    def address(self) -> str:
        """Where it is."""
        return self._server.address

    @property
    def pid(self) -> int:
        """Its process."""
        return self._server.process.pid

    def logged_errors(self) -> list[str]:
        """Return the lines of its log that tell of an error."""
        text = self._server.log.read_text("utf-8", errors="replace")
        return [line for line in text.splitlines() if '"level": "error"' in line]

    @asynccontextmanager
    async def signed_in(self, number: int) -> AsyncIterator[httpx.AsyncClient]:
        """Give a client in which a planner is signed in, with as many lines as a browser has."""
        with closing(self._server.signed_in(_name(number))) as client:
            cookies = client.cookies
        async with httpx.AsyncClient(
            cookies=cookies,
            headers={"Origin": self.address},
            trust_env=False,
            timeout=PATIENCE_S,
            limits=httpx.Limits(max_connections=_LINES_OF_A_BROWSER),
        ) as web:
            yield web


@contextmanager
def team_server(workspace: Path, planners: int) -> Iterator[TeamServer]:
    """Run a team server on a workspace.

    Parameters
    ----------
    workspace
        Its folder.
    planners
        How many planners there are, numbered from 0.
    """
    # The folder of the tests is no package, and another distribution has one of that name.
    with _hand().running_team(workspace, **SERVICE) as server:
        ids = {}
        for number in range(planners):
            name = _name(number)
            ids[f"u-{name}"] = "planner"
            server.provider.claims[name] = {"sub": f"u-{name}", "name": f"规划师 {number}"}
        server.members.write_text(tomli_w.dumps({"ids": ids}), "utf-8")
        yield TeamServer(server)


def _name(number: int) -> str:
    return f"bench{number}"


def _hand() -> ModuleType:
    spec = importlib.util.spec_from_file_location("team_hand", HAND)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["team_hand"] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module
