"""The routes of the web door: who gets what, and what an answer gives away."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import ClassVar

import geopandas as gpd
import numpy as np
import pytest
import shapely
from starlette.applications import Starlette

import app_routes
from layers.errors import Text
from layers.errors import WorkspaceError
from layers.export import ready_files
from layers.tiles import HIDDEN
from layers.tiles import State
from layers.tiles import TileService
from layers.tiles import TileSource
from layers.tiles.service import Edition
from tests.layers.mvt_reader import read_tile
from tests.layers.mvt_reader import tile_at

if TYPE_CHECKING:
    from pathlib import Path

    from layers.team import Person
    from layers.tiles.service import Ticket

WEB = Starlette(routes=app_routes.routes())
FOLDER = "/srv/atlas/workspace"
DETAIL = tile_at(121.5, 31.3, 16)
COUNTED = tile_at(121.5, 31.3, 12)
STATE = State.of(np.array([0, 1, HIDDEN], dtype="uint8"))


@dataclass(frozen=True)
class Answer:
    """What a browser gets."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(path: str, *, query: str = "", method: str = "GET", person: Person | None = None) -> Answer:
    """Send one request to the routes as the web server does."""
    sent: list[dict[str, Any]] = []

    coming: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not coming:
            await asyncio.Event().wait()  # the browser stays and sends nothing more
        return coming.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
    }
    if person is not None:
        scope["atlas.person"] = person  # as the gate of a team server does
    # In a thread of its own, because the browser tests leave a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, WEB(scope, receive, send)).result()
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], headers, body)


def _source() -> TileSource:
    west = 121.5 + np.arange(3) * 1e-3
    blocks = [shapely.box(x, 31.3, x + 1e-4, 31.3001) for x in west.tolist()]
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "name": ["甲", "<img onerror>", ""]},
        geometry=blocks,
        crs="EPSG:4490",
    )
    return TileSource("blocks", frame, id_field="id", name_field="name")


def _damaged() -> TileSource:
    raise WorkspaceError(Text(f"{FOLDER} 损坏", f"{FOLDER} is damaged"))


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> TileService:
    fresh = TileService()
    monkeypatch.setattr(app_routes, "service", lambda: fresh)
    return fresh


@pytest.fixture
def ticket(service: TileService) -> Ticket:
    return service.publish(Edition("w", "blocks", 3, "name", restricted=False), _source)


@pytest.fixture
def secret(service: TileService, ticket: Ticket) -> Ticket:
    """Return the ticket of a restricted layer of the same process, with a state."""
    edition = Edition(ticket.edition.workspace, "secrets", 3, "name", restricted=True)
    found = service.publish(edition, _source)
    service.show(found, STATE)
    return found


def _address(ticket: Ticket, place: Any = DETAIL, *, layer: str = "", token: str = "") -> str:
    head = f"/tiles/{layer or ticket.edition.layer}/{token or ticket.token}"
    return f"{head}/{place.z}/{place.x}/{place.y}.mvt"


def test_a_tile_is_a_vector_tile_that_is_kept(ticket: Ticket) -> None:
    answer = ask(_address(ticket))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    names = {feature.properties["name"] for feature in read_tile(answer.body).features}
    assert names == {"甲", "<img onerror>", ""}


def test_where_nothing_lies_the_answer_is_empty(ticket: Ticket) -> None:
    answer = ask(f"/tiles/blocks/{ticket.token}/16/5/5.mvt")
    assert (answer.status, answer.body) == (204, b"")
    assert "immutable" in answer.headers["cache-control"]


def test_a_state_is_a_byte_for_every_row(service: TileService, ticket: Ticket) -> None:
    service.show(ticket, STATE)
    answer = ask(f"/tiles/blocks/{ticket.token}/state/{STATE.token}")
    assert (answer.status, answer.body) == (200, bytes([0, 1, 255]))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    counted = ask(_address(ticket, COUNTED), query=f"state={STATE.token}")
    assert sum(f.properties["n"] for f in read_tile(counted.body).features) == 2


@pytest.mark.parametrize(
    "place",
    [
        "21/0/0",
        "3/8/0",
        "3/0/8",
        "-1/0/0",
        "3/-1/0",
        "3/0/-1",
        "a/0/0",
        "3/0x1/0",
        "3/1.0/0",
        "3/1e0/0",
        "3/ 1/0",
        "3/+1/0",
        "3/1_0/0",
        "3/nan/0",
        "999999999/0/0",
        "3/999999999/0",
        "3/1000000000/0",
        f"3/{'9' * 5_000}/0",
        "３/０/０",
        "3/١/0",
        "3/²/0",
        "3/\u00001/0",
        "3/\ud8001/0",
    ],
)
def test_an_address_that_can_be_no_tile_is_refused(ticket: Ticket, place: str) -> None:
    answer = ask(f"/tiles/blocks/{ticket.token}/{place}.mvt")
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"


def test_whoever_has_no_ticket_gets_nothing(ticket: Ticket) -> None:
    for token in ("3", "3-", "0" * 32, f"3-{'0' * 32}", "..", "%2e%2e", ticket.token[:-1]):
        assert ask(_address(ticket, token=token)).status == 403
        assert ask(f"/tiles/blocks/{token}/state/{STATE.token}").status == 403


def test_a_restricted_layer_opens_to_its_own_ticket_only(ticket: Ticket, secret: Ticket) -> None:
    end = f"{DETAIL.z}/{DETAIL.x}/{DETAIL.y}.mvt"
    altered = secret.token[:-1] + ("0" if secret.token[-1] != "0" else "1")
    tokens = [
        ticket.token,
        "3",
        secret.token[:-1],
        secret.token[: len(secret.token) // 2],
        secret.token + "0",
        altered,
        secret.token.upper(),
        secret.token.replace("3-", "2-", 1),
        f"{secret.token} ",
    ]
    for token in tokens:
        for rest in (end, f"state/{STATE.token}"):
            answer = ask(f"/tiles/secrets/{token}/{rest}")
            assert answer.status == 403
            assert answer.headers["cache-control"] == "no-store"
            assert "甲".encode() not in answer.body
    # Nor does its ticket work under the name of another layer.
    assert ask(f"/tiles/blocks/{secret.token}/{end}").status == 403
    assert ask(f"/tiles/secrets/{secret.token}/{end}").status == 200


def test_a_restricted_layer_leaves_nothing_on_the_computer(secret: Ticket) -> None:
    tile = ask(_address(secret))
    state = ask(f"/tiles/secrets/{secret.token}/state/{STATE.token}")
    empty = ask(f"/tiles/secrets/{secret.token}/16/5/5.mvt")
    assert [answer.status for answer in (tile, state, empty)] == [200, 200, 204]
    assert {answer.headers["cache-control"] for answer in (tile, state, empty)} == {"no-store"}
    assert not {"etag", "last-modified"} & set(tile.headers)


def test_a_state_is_known_under_its_own_ticket_only(ticket: Ticket, secret: Ticket) -> None:
    """`secret` has shown a state, `ticket` has not."""
    for token in (STATE.token, "unknown", "0" * 24):
        assert ask(f"/tiles/blocks/{ticket.token}/state/{token}").status == 404
        assert ask(_address(ticket, COUNTED), query=f"state={token}").status == 404
    assert ask(f"/tiles/secrets/{secret.token}/state/{STATE.token[:-1]}").status == 404
    assert ask(f"/tiles/secrets/{secret.token}/state/{STATE.token}").status == 200


def test_an_old_version_stays_open_to_its_ticket_and_a_new_one_needs_its_own(
    service: TileService, ticket: Ticket
) -> None:
    new = service.publish(Edition("w", "blocks", 4, "name", restricted=False), _source)
    proof = ticket.token.split("-")[1]
    assert ask(_address(ticket)).status == ask(_address(new)).status == 200
    assert ask(_address(new, token=f"4-{proof}")).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/",
        "/tiles/blocks",
        "/tiles/blocks/3",
        "/tiles/blocks/3/",
        "/tiles/blocks/3/1/2/3",
        "/tiles/blocks/3/1/2/3.png",
        "/tiles/blocks/3/1/2/3/4.mvt",
        "/tiles//3/1/2/3.mvt",
        "/tiles/blocks/3/state/",
        "/tiles/blocks/3/state/x/y",
        "/tiles/../../etc/passwd",
        "/exports/",
        "/exports/token",
        "/exports/a/b/c",
        "/atlas/map/atlas.py",
        "/atlas/map/atlas.html",
        "/atlas/leaflet/../__init__.py",
        "/atlas/leaflet/missing.js",
    ],
)
def test_anything_else_is_not_there(path: str) -> None:
    assert ask(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_addresses_can_only_be_read(ticket: Ticket, method: str) -> None:
    for path in (
        _address(ticket),
        f"/tiles/blocks/{ticket.token}/state/x",
        "/tiles/else",
        "/exports/token/name.xlsx",
        "/atlas/map/atlas.js",
    ):
        assert ask(path, method=method).status == 405


def test_a_layer_that_cannot_be_read_any_more_is_gone_and_names_no_folder(
    service: TileService,
) -> None:
    ticket = service.publish(Edition("w", "blocks", 9, "name", restricted=False), _damaged)
    answer = ask(_address(ticket))
    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("text/plain")
    assert b"cannot be read" in answer.body
    assert FOLDER.encode() not in answer.body
    assert b"Traceback" not in answer.body


def test_no_refusal_repeats_what_was_asked_or_tells_where_things_lie(ticket: Ticket) -> None:
    probe = "<script>x</script>"
    for path in (
        f"/tiles/{probe}/3/1/2/3.mvt",
        f"/tiles/blocks/{probe}/1/2/3.mvt",
        f"/tiles/blocks/{ticket.token}/{probe}/2/3.mvt",
        f"/tiles/blocks/{ticket.token}/state/{probe}",
        f"/tiles/{probe}",
        f"/exports/{probe}/{probe}",
    ):
        body = ask(path).body.decode()
        assert probe not in body
        assert len(body) < 100
        assert "/" not in body


class _Shelf:
    """One base map of one tile."""

    tiles: ClassVar = {"offered": {(3, 5, 2): b"picture"}}

    def tile(self, token: str, z: int, x: int, y: int) -> tuple[bytes | None, str]:
        return self.tiles[token].get((z, x, y)), "image/png"


def test_base_map_tiles_are_kept_holes_are_not_and_the_rest_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app_routes, "shelf", _Shelf)
    tile, hole = ask("/basemaps/offered/3/5/2"), ask("/basemaps/offered/3/5/3")
    assert (tile.status, tile.body, tile.headers["content-type"]) == (200, b"picture", "image/png")
    assert "immutable" in tile.headers["cache-control"]
    assert (hole.status, hole.body, hole.headers["cache-control"]) == (204, b"", "no-store")
    for place in ("-1/0/0", "a/0/0", "３/5/2", f"3/{'9' * 500}/2"):
        assert ask(f"/basemaps/offered/{place}").status == 400
    for path in ("/basemaps/other/3/5/2", "/basemaps/offered/3/5", "/basemaps/", "/basemaps/../x"):
        assert ask(path).status == 404
    assert ask("/basemaps/offered/3/5/2", method="POST").status == 405


def test_our_scripts_and_styles_have_their_types() -> None:
    script, style = ask("/atlas/map/atlas.js"), ask("/atlas/map/atlas.css", query="v=1")
    assert script.headers["content-type"].startswith("text/javascript")
    assert style.headers["content-type"].startswith("text/css")
    assert {script.headers["cache-control"], style.headers["cache-control"]} == {
        "private, max-age=31536000, immutable"
    }
    assert b"AtlasMap" in script.body
    assert ask("/atlas/leaflet/leaflet.js").status == 200


def test_a_prepared_file_is_handed_out_under_its_name_to_whoever_has_its_address(
    tmp_path: Path,
) -> None:
    prepared = tmp_path / "x.xlsx"
    prepared.write_bytes(b"content")
    token = ready_files().keep(prepared, name='园区"\r\nset-cookie: a=b.xlsx')
    answer = ask(f"/exports/{token}/of no matter.exe")
    assert (answer.status, answer.body) == (200, b"content")
    assert answer.headers["cache-control"] == "no-store"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''%E5%9B%AD%E5%8C%BA%22%0D%0A")
    assert "set-cookie" not in answer.headers
    for wrong in (token[:-1], token.swapcase(), "..", ""):
        gone = ask(f"/exports/{wrong}/x.xlsx")
        assert gone.status == 404
        assert b"content" not in gone.body


def test_every_refusal_says_why_in_both_languages(service: TileService, ticket: Ticket) -> None:
    damaged = service.publish(Edition("w", "blocks", 9, "name", restricted=False), _damaged)
    tile = f"/tiles/blocks/{ticket.token}"
    refused = [
        ("/tiles/nothing", 404),
        ("/basemaps/nothing", 404),
        ("/exports/nothing/x.gpkg", 404),
        ("/atlas/map/atlas.txt", 404),
        (f"{tile}x/1/0/0.mvt", 403),
        (f"{tile}/state/none", 404),
        (f"{tile}/one/0/0.mvt", 400),
        (f"{tile}/1/7/7.mvt", 400),
        (_address(damaged), 404),
    ]
    for path, status in refused:
        answer = ask(path)
        told = answer.body.decode()
        assert answer.status == status, path
        assert re.search("[\u4e00-\u9fff]{4}", told), told
        assert re.search("[A-Za-z]{2,} [a-z]{2,}", told), told
