"""Overpass through osmnx, against a server on this computer."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import parse_qs

import osmnx
import pytest
import shapely

from layers.errors import IntakeError
from layers.opendata.elements import Box
from layers.opendata.overpass import Overpass
from layers.opendata.sources import osm_elements
from tests.opendata_hand import square

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.opendata.elements import Element

BOX = Box(121.49, 31.29, 121.56, 31.35)
STAMP = "2026-11-25T12:00:00Z"


class Answers:
    """What a server was asked, and what it answers."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.searches: list[str] = []
        self.body: dict[str, Any] = {}
        self.status = 200
        self.url = ""


@contextmanager
def serving() -> Iterator[Answers]:
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answers.queries.append(parse_qs(asked)["data"][0])
            self._answer(answers.body, answers.status)

        def do_GET(self) -> None:
            answers.searches.append(self.path)
            ring = [*square(121.49, 31.29, 0.07), square(121.49, 31.29, 0.07)[0]]
            shape = {"type": "Polygon", "coordinates": [ring]}
            place = {
                "lat": "31.3",
                "lon": "121.5",
                "boundingbox": ["31.29", "31.36", "121.49", "121.56"],
                "display_name": "杨浦区",
                "importance": 0.5,
                "geojson": shape,
            }
            self._answer([] if "nowhere" in self.path else [place], 200)

        def _answer(self, body: object, status: int) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    answers.url = f"http://127.0.0.1:{server.server_port}/api"
    try:
        yield answers
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def answers() -> Iterator[Answers]:
    with serving() as found:
        yield found


def response(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"osm3s": {"timestamp_osm_base": STAMP}, "elements": list(elements)}


def way(number: int, places: list[tuple[float, float]], **tags: str) -> list[dict[str, Any]]:
    """Return a way with its nodes, each of them once."""
    ids = {place: number * 100 + at for at, place in enumerate(dict.fromkeys(places))}
    nodes = [{"type": "node", "id": i, "lon": x, "lat": y} for (x, y), i in ids.items()]
    made = {"type": "way", "id": number, "nodes": [ids[place] for place in places], "tags": tags}
    return [*nodes, made]


def closed(west: float, south: float) -> list[tuple[float, float]]:
    return [*square(west, south), square(west, south)[0]]


def read(server: Overpass, layer: str) -> dict[str, tuple[Element, Any]]:
    return {
        item.number: (item, shape)
        for batch in osm_elements(server, layer)
        for item, shape in zip(batch.items, batch.shapes, strict=True)
    }


def test_buildings_good_and_bad_through_one_request(answers: Answers) -> None:
    members = [{"type": "way", "ref": 4, "role": "outer"}]
    tags = {"type": "multipolygon", "building": "yes"}
    relation = {"type": "relation", "id": 9, "members": members, "tags": tags}
    answers.body = response(
        *way(1, closed(121.50, 31.30), building="office", name="大厦"),
        *way(2, square(121.51, 31.30), building="yes"),
        *way(3, closed(121.52, 31.30), highway="footway"),
        *way(4, square(121.53, 31.30)),
        relation,
    )
    server = Overpass(BOX, answers.url)
    found = read(server, "buildings")
    assert {n: item.problem for n, (item, _) in found.items()} == {
        "way/1": "",
        "way/2": "ring_open",
        "relation/9": "relation_broken",
    }
    item, shape = found["way/1"]
    assert shape.equals(shapely.Polygon(square(121.50, 31.30)))
    assert item.credits == (("OpenStreetMap", "ODbL-1.0", "way/1", ""),)
    assert server.data_time == STAMP
    (query,) = answers.queries
    assert '"building"' in query.replace("'", '"')


def test_only_the_values_of_the_rules_are_asked_for(answers: Answers) -> None:
    answers.body = response(*way(1, [(121.5, 31.3), (121.52, 31.3)], waterway="river", name="河"))
    assert list(read(Overpass(BOX, answers.url), "barriers")) == ["way/1"]
    asked = answers.queries[0].replace("'", '"')
    assert '["waterway"="river"]' in asked
    assert '["railway"="rail"]' in asked
    assert '["waterway"]' not in asked


def test_crossings_are_made_of_two_answers(answers: Answers) -> None:
    answers.body = response(
        *way(1, [(121.50, 31.30), (121.52, 31.30)], waterway="canal", name="虬江"),
        *way(2, [(121.51, 31.29), (121.51, 31.31)], highway="footway", bridge="yes"),
        *way(3, [(121.515, 31.29), (121.515, 31.31)], highway="footway"),
    )
    ((number, (_, shape)),) = read(Overpass(BOX, answers.url), "crossings").items()
    assert (number, shape.x, shape.y) == ("way/2+way/1", 121.51, 31.30)
    assert len(answers.queries) == 2


def test_a_place_is_looked_up_where_the_user_says(answers: Answers) -> None:
    answers.body = response(*way(1, closed(121.50, 31.30), building="yes"))
    found = read(Overpass("杨浦区", answers.url, answers.url), "buildings")
    assert list(found) == ["way/1"]
    assert len(answers.searches) == 1
    assert answers.searches[0].startswith("/api/search")


def test_a_place_that_is_not_known_is_told(answers: Answers) -> None:
    with pytest.raises(IntakeError, match="nowhere"):
        read(Overpass("nowhere", answers.url, answers.url), "buildings")
    assert not answers.queries


def test_nothing_there_is_no_error(answers: Answers) -> None:
    answers.body = response()
    assert read(Overpass(BOX, answers.url), "buildings") == {}


@pytest.mark.parametrize(
    "elements", [[], way(1, closed(121.50, 31.30), building="yes")], ids=["none", "some"]
)
def test_an_answer_that_is_not_complete_is_none(
    answers: Answers, elements: list[dict[str, Any]]
) -> None:
    answers.body = response(*elements)
    answers.body["remark"] = "runtime error: Query timed out"
    with pytest.raises(IntakeError, match="did not finish"):
        read(Overpass(BOX, answers.url), "buildings")


def test_a_server_that_refuses_is_named(answers: Answers) -> None:
    answers.status = 400
    with pytest.raises(IntakeError, match=r"127\.0\.0\.1"):
        read(Overpass(BOX, answers.url), "buildings")


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(IntakeError, match=str(port)):
        read(Overpass(BOX, f"http://127.0.0.1:{port}/api"), "buildings")


def test_osmnx_is_left_as_it_was(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [name for name in dir(osmnx.settings) if not name.startswith("_")]
    before = {name: getattr(osmnx.settings, name) for name in names}
    resolver = socket.getaddrinfo
    answers.body = response(*way(1, closed(121.50, 31.30), building="yes"))
    read(Overpass(BOX, answers.url), "buildings")
    assert {name: getattr(osmnx.settings, name) for name in names} == before
    assert socket.getaddrinfo is resolver
    assert not list(tmp_path.iterdir())


def test_a_large_box_is_one_request(answers: Answers) -> None:
    answers.body = response(*way(1, closed(121.50, 31.30), building="yes"))
    read(Overpass(Box(115, 25, 123, 35), answers.url), "buildings")
    assert len(answers.queries) == 1
