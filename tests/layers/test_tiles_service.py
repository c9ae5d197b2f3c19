"""Who gets a tile: tickets, states, memory, and many askers at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from threading import Lock
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.errors import Text
from layers.errors import WorkspaceError
from layers.tiles.grid import Tile
from layers.tiles.service import MOST_SOURCES
from layers.tiles.service import MOST_STATES
from layers.tiles.service import Edition
from layers.tiles.service import Refusal
from layers.tiles.service import Ticket
from layers.tiles.service import TileService
from layers.tiles.service import _Latest
from layers.tiles.source import HIDDEN
from layers.tiles.source import State
from layers.tiles.source import TileSource
from tests.layers.mvt_reader import read_tile
from tests.layers.mvt_reader import tile_at

PARKS = Edition("workspace", "parks", 3, "name", restricted=False)
TILE = tile_at(121.5, 31.3, 12)
PLACE = (TILE.z, TILE.x, TILE.y)


class _Loader:
    """Makes a source of blocks of ten metres, and counts how often it was asked to."""

    def __init__(self, names: tuple[str, ...] = ("甲", "乙", "丙"), pause: float = 0.0) -> None:
        self.names = names
        self.pause = pause
        self.calls = 0
        self._lock = Lock()

    def __call__(self) -> TileSource:
        with self._lock:
            self.calls += 1
        time.sleep(self.pause)
        rows = {"id": list(self.names), "name": list(self.names)}
        x = 121.5 + np.arange(len(self.names)) * 1e-3
        blocks = [shapely.box(west, 31.3, west + 1e-4, 31.3001) for west in x.tolist()]
        frame = gpd.GeoDataFrame(rows, geometry=blocks, crs="EPSG:4490")
        return TileSource("parks", frame, id_field="id", name_field="name")


def _state(*classes: int) -> State:
    return State.of(np.array(classes, dtype="uint8"))


def _names(service: TileService, ticket: Ticket, zoom: int = 16) -> set[str]:
    tile = tile_at(121.501, 31.3, zoom)
    content = service.tile(ticket, tile.z, tile.x, tile.y)
    return {feature.properties["name"] for feature in read_tile(content).features}


def _count(content: bytes) -> int:
    return sum(feature.properties["n"] for feature in read_tile(content).features)


@pytest.fixture
def service() -> TileService:
    return TileService()


def _status(service: TileService, layer: str, token: str) -> int:
    try:
        service.admit(layer, token)
    except Refusal as refusal:
        return refusal.status
    return 200


def test_a_ticket_opens_what_it_was_given_for(service: TileService) -> None:
    ticket = service.publish(PARKS, _Loader())
    assert service.admit("parks", ticket.token) == ticket
    assert _names(service, ticket) == {"甲", "乙", "丙"}


def test_a_ticket_opens_nothing_else(service: TileService) -> None:
    ticket = service.publish(PARKS, _Loader())
    secret = service.publish(replace(PARKS, layer="secrets", restricted=True), _Loader())
    assert _status(service, "secrets", secret.token) == 200
    version, proof = ticket.token.split("-")
    guesses = [
        ticket.token,  # of another layer
        "3",
        "3-",
        "",
        f"3-{'0' * len(proof)}",
        secret.token[:-1],
        secret.token + "0",
        secret.token.upper() if secret.token.upper() != secret.token else "x",
        secret.token.replace("3-", "4-", 1),
        f" {secret.token}",
    ]
    assert version == "3"
    assert len(proof) >= 32
    assert {_status(service, "secrets", guess) for guess in guesses} == {403}
    assert {_status(service, "parks", guess) for guess in [secret.token, *guesses[1:]]} == {403}


@pytest.mark.parametrize(
    "change",
    [
        {"workspace": "another"},
        {"layer": "zones"},
        {"version": 4},
        {"name_field": "name_en"},
        {"restricted": True},
        {"workspace": "workspace', 'parks"},
    ],
)
def test_whatever_differs_makes_another_ticket(
    service: TileService, change: dict[str, Any]
) -> None:
    one = service.publish(PARKS, _Loader())
    other = service.publish(replace(PARKS, **change), _Loader())
    assert one.token.split("-")[1] != other.token.split("-")[1]
    assert service.publish(PARKS, _Loader()) == one


def test_a_ticket_of_another_process_is_worth_nothing(service: TileService) -> None:
    ticket = TileService().publish(PARKS, _Loader())
    service.publish(PARKS, _Loader())
    assert _status(service, "parks", ticket.token) == 403
    with pytest.raises(Refusal):
        service.tile(ticket, *PLACE)


def test_an_edit_has_another_address_and_is_seen_at_once(service: TileService) -> None:
    before = service.publish(PARKS, _Loader(("甲",)))
    assert _names(service, before) == {"甲"}
    after = service.publish(replace(PARKS, version=4), _Loader(("甲", "新")))
    assert after.token != before.token
    assert _names(service, after) == {"甲", "新"}
    # Whoever still has the old page keeps seeing the old version.
    assert _names(service, before) == {"甲"}


def test_a_layer_is_read_once_however_many_ask(service: TileService) -> None:
    load = _Loader(pause=0.05)
    ticket = service.publish(PARKS, load)
    gate = Barrier(20)

    def ask(number: int) -> bytes:
        gate.wait()
        tile = tile_at(121.501, 31.3, 10 + number % 8)
        return service.tile(ticket, tile.z, tile.x, tile.y)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(20)))
    assert load.calls == 1
    assert all(found)
    alone = TileService()
    again = alone.publish(PARKS, _Loader())
    for number, content in enumerate(found):
        tile = tile_at(121.501, 31.3, 10 + number % 8)
        assert content == alone.tile(again, tile.z, tile.x, tile.y)


def test_pages_may_publish_and_show_while_tiles_are_asked_for(service: TileService) -> None:
    def work(number: int) -> int:
        edition = replace(PARKS, version=number % 12)
        ticket = service.publish(edition, _Loader())
        state = _state(0, number % 200, HIDDEN)
        service.show(ticket, state)
        return _count(service.tile(ticket, *PLACE, state.token))

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(work, range(60))) == {2}


def test_a_layer_that_was_dropped_is_read_again(service: TileService) -> None:
    loads = [_Loader() for _ in range(MOST_SOURCES + 1)]
    tickets = [
        service.publish(replace(PARKS, version=number), load) for number, load in enumerate(loads)
    ]
    for ticket in tickets[:-1]:
        service.source(ticket)
    service.source(tickets[0])  # the first was used last, so the second has to go
    service.source(tickets[-1])
    for ticket in tickets:
        service.source(ticket)
    assert [load.calls for load in loads][:2] == [1, 2]
    assert _names(service, tickets[1]) == {"甲", "乙", "丙"}


def test_a_layer_that_cannot_be_read_fails_each_time_and_keeps_nothing(
    service: TileService,
) -> None:
    answers = iter([WorkspaceError(Text("损坏", "damaged")), None])
    good = _Loader()

    def load() -> TileSource:
        error = next(answers)
        if error:
            raise error
        return good()

    ticket = service.publish(PARKS, load)
    with pytest.raises(WorkspaceError):
        service.tile(ticket, *PLACE)
    assert _names(service, ticket) == {"甲", "乙", "丙"}


def test_a_state_belongs_to_its_ticket(service: TileService) -> None:
    one = service.publish(PARKS, _Loader())
    other = service.publish(replace(PARKS, version=4), _Loader())
    state = _state(0, 1, HIDDEN)
    service.show(one, state)
    assert service.state(one, state.token) is state
    assert _count(service.tile(one, *PLACE, state.token)) == 2
    for ticket, token in ((other, state.token), (one, "0" * 24), (one, state.token[:-1])):
        with pytest.raises(Refusal) as caught:
            service.state(ticket, token)
        assert caught.value.status == 404
        with pytest.raises(Refusal) as caught:
            service.tile(ticket, *PLACE, token)
        assert caught.value.status == 404


def test_a_state_changes_counts_and_no_tile_of_features(service: TileService) -> None:
    ticket = service.publish(PARKS, _Loader())
    everything, some = _state(0, 0, 0), _state(0, HIDDEN, HIDDEN)
    for state in (everything, some):
        service.show(ticket, state)
    assert _count(service.tile(ticket, *PLACE)) == 3
    assert _count(service.tile(ticket, *PLACE, everything.token)) == 3
    assert _count(service.tile(ticket, *PLACE, some.token)) == 1
    deep = tile_at(121.5, 31.3, service.source(ticket).detail_zoom)
    place = (deep.z, deep.x, deep.y)
    assert service.tile(ticket, *place) == service.tile(ticket, *place, some.token)
    assert service.tile(ticket, *place) is service.tile(ticket, *place, "no such state")


def test_old_states_are_forgotten_first(service: TileService) -> None:
    ticket = service.publish(PARKS, _Loader())
    states = [_state(number, 0, 0) for number in range(MOST_STATES + 1)]
    for state in states[:-1]:
        service.show(ticket, state)
    service.state(ticket, states[0].token)
    service.show(ticket, states[-1])
    assert service.state(ticket, states[0].token) is states[0]
    with pytest.raises(Refusal):
        service.state(ticket, states[1].token)


@pytest.mark.parametrize(
    "place", [(-1, 0, 0), (21, 0, 0), (10**9, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (3, 0, -1)]
)
def test_there_is_no_tile_outside_of_the_world(
    service: TileService, place: tuple[int, int, int]
) -> None:
    load = _Loader()
    ticket = service.publish(PARKS, load)
    with pytest.raises(Refusal) as caught:
        service.tile(ticket, *place)
    assert caught.value.status == 400
    assert load.calls == 0


def test_a_tile_is_made_once_also_an_empty_one(
    service: TileService, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    make = TileSource.tile

    def count(source: TileSource, tile: Tile, state: State | None = None) -> bytes:
        made.append(tile)
        return make(source, tile, state)

    monkeypatch.setattr(TileSource, "tile", count)
    ticket = service.publish(PARKS, _Loader())
    for _ in range(3):
        assert service.tile(ticket, *PLACE)
        assert service.tile(ticket, 12, 0, 0) == b""
    assert made == [TILE, Tile(12, 0, 0)]


def test_finished_tiles_stay_within_their_bound(service: TileService) -> None:
    service._tiles._most = 3_000
    ticket = service.publish(PARKS, _Loader())
    for x in range(TILE.x - 20, TILE.x + 20):
        service.tile(ticket, TILE.z, x, TILE.y)
    kept = service._tiles._entries
    assert 5 < len(kept) < 12
    assert sum(len(content) + 256 for content in kept.values()) <= 3_000


def test_the_latest_used_stay_by_weight() -> None:
    latest: _Latest[str, str] = _Latest(10, len)
    for word in ("aaaa", "bbb", "ccc"):
        latest.put(word[0], word)
    assert latest.get("a") == "aaaa"
    latest.put("d", "dd")  # twelve: b was not used for longest
    assert [latest.get(key) for key in "abcd"] == ["aaaa", None, "ccc", "dd"]
    latest.put("a", "a")  # the old weight of a no longer counts: six
    latest.put("e", "eeee")
    assert [latest.get(key) for key in "acde"] == ["a", "ccc", "dd", "eeee"]
    latest.put("f", "f" * 50)  # more than all may weigh, so it stays alone
    assert [latest.get(key) for key in "acdef"] == [None] * 4 + ["f" * 50]
    latest.put("g", "g")
    assert latest.get("f") is None
    assert latest._weight == 1


def test_tickets_are_bounded_too(service: TileService) -> None:
    service._tickets._most = 5
    tickets = [service.publish(replace(PARKS, version=n), _Loader()) for n in range(6)]
    assert _status(service, "parks", tickets[0].token) == 403
    assert _status(service, "parks", tickets[1].token) == 200
