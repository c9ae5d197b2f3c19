"""Hands out tiles, and the right to them.

A page that may show a layer publishes it here and gets a ticket; the ticket is
part of the address of every tile. It is made with a secret of this process, so
it can be neither guessed nor made from a version number, and opens one version
of one layer only. Whoever was not shown a layer cannot ask for its tiles.

The web server asks from several threads at once while pages publish.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING
from typing import Any
from typing import Generic
from typing import Protocol
from typing import TypeVar

from layers.errors import Text
from layers.tiles.grid import Tile

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Hashable

    from layers.team import Audience
    from layers.team import Person
    from layers.tiles.source import State
    from layers.tiles.source import TileSource

TILE_MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
NO_TILE = Text("没有这一瓦片，请刷新页面。", "There is no such tile: reload the page.")
_NO_TICKET = Text(
    "无权查看该图层，或页面已过期，请刷新页面。",
    "No right to this layer, or the page is out of date: reload it.",
)
_NO_STATE = Text(
    "该图面状态已不再保留，请刷新页面。",
    "What this map showed is not kept any more: reload the page.",
)

MOST_SOURCES = 8
MOST_STATES = 64
MOST_TILE_BYTES = 96 * 2**20

_TICKETS = 4096
_DIGITS = 32

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure
    """A request that gets no tile.

    Attributes
    ----------
    status
        HTTP status: 400 for an address that can belong to no tile, 403 without the
        right to the layer, 404 for what is not there (any more).
    text
        What is wrong and what to do; as a string it tells both languages.
    """

    def __init__(self, status: int, text: Text) -> None:
        super().__init__(f"{text.zh} {text.en}")
        self.status = status
        self.text = text


class _Latest(Generic[K, V]):
    """A dictionary that forgets what was not used for longest."""

    def __init__(self, most: float, weigh: Callable[[V], float] = lambda _value: 1) -> None:
        self._most = most
        self._weigh = weigh
        self._weight = 0.0
        self._entries: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        old = self._entries.pop(key, None)
        if old is not None:
            self._weight -= self._weigh(old)
        self._entries[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._most and len(self._entries) > 1:
            _key, gone = self._entries.popitem(last=False)
            self._weight -= self._weigh(gone)


@dataclass(frozen=True, slots=True)
class Edition:
    """Which version of which layer: what a ticket opens.

    Attributes
    ----------
    workspace
        Identity of the workspace.
    layer, version
        Key and version of the layer.
    name_field
        Which field names the features, for it differs by language.
    restricted
        Whether the layer must not stay on the computer of whoever saw it.
    audience
        Of which copy the tiles are cut: ``public`` ones may be asked for by everybody who
        works here, ``internal`` ones by those only who may see what is internal.
    """

    workspace: str
    layer: str
    version: int
    name_field: str
    restricted: bool
    audience: Audience = "internal"

    def is_for(self, person: Person) -> bool:
        """Tell whether somebody may have it, with the role that he has now."""
        return self.audience in {"public", person.audience}


class Loader(Protocol):
    """Reads a layer again after it was dropped from memory."""

    def __call__(self) -> TileSource:
        """Return the source."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to the tiles of one version of a layer.

    Attributes
    ----------
    edition
        What it opens.
    token
        Stands in the address of its tiles in place of a version: version and proof.
    """

    edition: Edition
    token: str


class TileService:
    """Sources, states and finished tiles of a process, within bounds of memory."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._lock = RLock()
        self._tickets: _Latest[tuple[str, str], tuple[Ticket, Loader]] = _Latest(_TICKETS)
        self._sources: _Latest[str, TileSource] = _Latest(MOST_SOURCES)
        self._states: _Latest[tuple[str, str], State] = _Latest(MOST_STATES)
        self._tiles: _Latest[tuple[Any, ...], bytes] = _Latest(
            MOST_TILE_BYTES, lambda content: len(content) + 256
        )

    def publish(self, edition: Edition, load: Loader) -> Ticket:
        """Return the ticket of a layer; only a page that may show the layer calls this.

        Parameters
        ----------
        edition
            What is shown.
        load
            Makes the source when a first tile is asked for, and again if it was
            dropped from memory meanwhile.
        """
        proof = hmac.new(self._secret, repr(edition).encode(), hashlib.sha256).hexdigest()
        ticket = Ticket(edition, f"{edition.version}-{proof[:_DIGITS]}")
        with self._lock:
            self._tickets.put((edition.layer, ticket.token), (ticket, load))
        return ticket

    def show(self, ticket: Ticket, state: State) -> None:
        """Keep a state of a published layer, so that the browser can ask for it."""
        with self._lock:
            self._states.put((ticket.token, state.token), state)

    def source(self, ticket: Ticket) -> TileSource:
        """Return the source of a published layer, reading it if need be."""
        _ticket, load = self._admit(ticket.edition.layer, ticket.token)
        # Under the lock, so that the twenty tiles of a first view read the layer once.
        with self._lock:
            found = self._sources.get(ticket.token)
            if found is None:
                found = load()
                self._sources.put(ticket.token, found)
        return found

    def admit(self, layer: str, token: str) -> Ticket:
        """Return the ticket that stands in an address.

        Raises
        ------
        Refusal
            403 if nobody was shown that version of that layer.
        """
        return self._admit(layer, token)[0]

    def _admit(self, layer: str, token: str) -> tuple[Ticket, Loader]:
        with self._lock:
            found = self._tickets.get((layer, token))
        if found is None:
            raise Refusal(403, _NO_TICKET)
        return found

    def state(self, ticket: Ticket, token: str) -> State:
        """Return a state that was shown.

        Raises
        ------
        Refusal
            404 if there is none; a page that runs again shows it again.
        """
        with self._lock:
            found = self._states.get((ticket.token, token))
        if found is None:
            raise Refusal(404, _NO_STATE)
        return found

    def tile(self, ticket: Ticket, z: int, x: int, y: int, state: str = "") -> bytes:
        """Return a tile, empty if nothing lies in it.

        Parameters
        ----------
        ticket
            The right to it.
        z, x, y
            Zoom, column, row.
        state
            Token of what is shown; matters only where features are counted.

        Raises
        ------
        Refusal
            400 if there is no such tile, 404 if there is no such state.
        """
        try:
            tile = Tile(z, x, y)
        except ValueError as error:
            raise Refusal(400, NO_TILE) from error
        source = self.source(ticket)
        counted = bool(state) and z < source.detail_zoom
        key = (ticket.token, z, x, y, state if counted else "")
        with self._lock:
            found = self._tiles.get(key)
        if found is None:
            found = source.tile(tile, self.state(ticket, state) if counted else None)
            with self._lock:
                self._tiles.put(key, found)
        return found


@cache
def service() -> TileService:
    """Return the one service of this process."""
    return TileService()
