"""The address that monitors ask whether the server works: ``/healthz``.

It needs no sign-in, so it tells no more than yes or no, and a look at the disk answers
all who ask within some seconds.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import JSONResponse
from starlette.routing import Route

from layers.health import Watch
from layers.paths import default_path
from layers.team.settings import team

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

HEALTH_ROUTE = "/healthz"
_DOWN = 503
_WELL = 200


def health_routes() -> list[BaseRoute]:
    """Return the one route."""
    return [Route(HEALTH_ROUTE, _health, methods=["GET"])]


@cache
def _watch() -> Watch:
    return Watch(default_path, team())


@cache
def _threads() -> CapacityLimiter:
    """Return room of its own, so that the answer waits for no page and no page for it."""
    return CapacityLimiter(1)


async def _health(_request: Request) -> Response:
    found = await run_sync(_watch().look, limiter=_threads())
    return JSONResponse(
        found.as_dict(),
        status_code=_DOWN if found.status == "down" else _WELL,
        headers={"Cache-Control": "no-store"},
    )
