"""The live layers for tests: a workspace, requests without a server, and what answers must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import httpx
import pandas as pd
import shapely
from starlette.applications import Starlette
from starlette.routing import Match

import app_live
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.team import Person
from layers.team import Role
from layers.workspace import Workspace
from tests.loops import finish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

WEB = Starlette(routes=app_live.live_routes())
HOST = "http://127.0.0.1:8501"
VIEWER = Person("p-viewer", "Viewer", Role.VIEWER)
PLANNER = Person("p-planner", "Planner", Role.PLANNER)

POINT = shapely.Point(121.503386, 31.289962)
SQUARE = shapely.box(121.50, 31.30, 121.51, 31.31)
PARKS: list[dict[str, Any]] = [
    {"park_id": "P1", "name": "甲园<b>", "park_class": "university", "geometry": SQUARE,
     "boundary_status": "sketch", "operator": "某公司", "data_date": "2026-03-31"},
    {"park_id": "P2", "name": "乙园", "park_class": "business", "geometry": POINT,
     "floor_area_m2": 1200.5, "data_date": "2026-06-30"},
    {"park_id": "P3/3", "name": "丙园（未定位）"},
]  # fmt: skip
CARRIERS: list[dict[str, Any]] = [
    {"carrier_id": "C1", "name": "一号楼", "park_id": "P1", "geometry": POINT, "tenants": 2,
     "leased_area_m2": 800.0, "tax_wan": 12.5, "sample": True},
    {"carrier_id": "C2", "name": "二号楼", "park_id": "P1", "tenants": 9,
     "geometry": shapely.Point(121.5123456, 31.3054321)},
]  # fmt: skip
UNITS: list[dict[str, Any]] = [
    {"unit_id": f"U{n}", "carrier_id": "C1", "floor_area_m2": 10.0 * n, "tenant": "某租户"}
    for n in range(1, 6)
]


def commit(workspace: Workspace, key: str, rows: list[dict[str, Any]]) -> int:
    """Write rows as the next version of a layer."""
    checked = conform(pd.DataFrame(rows, dtype=object), workspace.catalogue.layer(key))
    assert checked.rejected.empty
    return workspace.commit(key, checked.accepted, author="test", message="test")


def make_workspace(path: Path) -> Workspace:
    """Make a workspace with parks, carriers and units of the bundled catalogue."""
    workspace = Workspace.create(path, load_catalogue(), author="test")
    for key, rows in (("parks", PARKS), ("carriers", CARRIERS), ("units", UNITS)):
        commit(workspace, key, rows)
    return workspace


def ask(
    path: str, *, person: Person | None = None, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Send one request to the routes as the web server does, after the gate let it in."""

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        named = scope if person is None else {**scope, "atlas.person": person}
        await WEB(named, receive, send)

    return finish(_sent(gate, path, headers or {}))


async def _sent(gate: ASGIApp, path: str, headers: Mapping[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(gate)
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
        return await client.get(path, headers=dict(headers))


def ids(answer: httpx.Response) -> list[str]:
    """Return the ids of the features of an answer."""
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def link(content: Mapping[str, Any], rel: str) -> str | None:
    """Return the address of a link."""
    return next((one["href"] for one in content["links"] if one["rel"] == rel), None)


def allowed(path: str) -> set[str]:
    """Return the methods of the routes at a path."""
    matched = [route for route in app_live.live_routes() if _fits(route, path)]
    assert matched
    return {method for route in matched for method in getattr(route, "methods", ())}


def _fits(route: BaseRoute, path: str) -> bool:
    match, _scope = route.matches({"type": "http", "path": path, "method": "GET", "headers": []})
    return match is Match.FULL
