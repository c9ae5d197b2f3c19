"""Files that are ready to be fetched: kept for a while, behind unguessable names.

A file belongs to whoever prepared it and is handed to nobody else. How many files, and
how many bytes, are kept is bounded for each person, so that one who prepares a hundred
files pushes out his own and not those of the others.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.team import Audience
    from layers.team import Person

EXPORT_ROUTE = "/exports"
MOST_FILES = 24
"""Files that are kept for one person."""
MOST_PROMISES = 64
"""Files of one person that are made only when they are fetched; a page has a few."""
MOST_OWN_BYTES = 2 * 2**30
MOST_BYTES = 8 * 2**30
MOST_HOURS = 12
_SECONDS = 3600


def _nothing() -> None:
    """Record nothing."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that can be fetched, or what makes it.

    Attributes
    ----------
    owner
        Who may fetch it, :attr:`layers.team.Person.person_id`; empty alone on a computer.
    audience
        For whom its content is.
    name
        As it is downloaded.
    path
        Where it lies; None if it is made when it is fetched.
    make
        Makes it; None if it is finished.
    record
        Called before it is handed out; what it raises keeps the file back.
    size
        Bytes of it on the disk.
    since
        Second at which it was offered, on a clock that is never set.
    """

    owner: str
    audience: Audience
    name: str
    path: Path | None
    make: Callable[[], bytes] | None
    record: Callable[[], None]
    size: int
    since: float

    def is_for(self, person: Person) -> bool:
        """Tell whether somebody may fetch it, with the role that he has now."""
        return self.owner == person.person_id and self.audience in {"public", person.audience}


class ReadyFiles:
    """The newest prepared files of this process; older ones are deleted.

    Parameters
    ----------
    most
        Files that are kept for one person.
    most_own_bytes, most_bytes
        Bytes that are kept for one person, and for all.
    clock
        Seconds; :func:`time.monotonic`, which goes on when the clock is set.
    """

    def __init__(
        self,
        most: int = MOST_FILES,
        *,
        most_own_bytes: int = MOST_OWN_BYTES,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="atlas-exports-")
        self._secret = secrets.token_bytes(32)
        self._offers: dict[str, Offer] = {}
        self._most = most
        self._most_own_bytes = most_own_bytes
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = RLock()

    def keep(
        self,
        path: Path,
        *,
        owner: str = "",
        audience: Audience = "internal",
        name: str = "",
        record: Callable[[], None] = _nothing,
    ) -> str:
        """Take a file over and return the token under which it can be fetched.

        Parameters
        ----------
        path
            A finished file; it is moved away from its folder.
        owner
            Who may fetch it.
        audience
            For whom its content is.
        name
            As it is downloaded; its own name by default.
        record
            Called each time before it is handed out.
        """
        token = secrets.token_urlsafe(24)
        kept = Path(self._folder.name) / token
        shutil.move(path, kept)
        size = kept.stat().st_size
        offer = Offer(owner, audience, name or path.name, kept, None, record, size, self._clock())
        self._put(token, offer)
        return token

    def promise(
        self,
        make: Callable[[], bytes],
        name: str,
        place: str,
        *,
        owner: str = "",
        audience: Audience = "internal",
        record: Callable[[], None] = _nothing,
    ) -> str:
        """Offer a file that is made only when somebody fetches it.

        Parameters
        ----------
        make
            Returns the content; it is called in a thread of the server, outside of any page.
        name
            As it is downloaded.
        place
            What stands for the button: of which session, on which page. What was offered
            there before is forgotten, and the token stays the same.
        owner, audience, record
            As for :meth:`keep`.
        """
        said = repr((owner, place)).encode()
        token = hmac.new(self._secret, said, hashlib.sha256).hexdigest()
        self._put(token, Offer(owner, audience, name, None, make, record, 0, self._clock()))
        return token

    def find(self, token: str) -> Offer | None:
        """Return what a token stands for, None if there is nothing (any more)."""
        with self._lock:
            self._drop_old()
            found = self._offers.get(token)
        if found is None or (found.path is not None and not found.path.exists()):
            return None
        return found

    def path(self, token: str) -> Path | None:
        """Return where a finished file lies, None if there is none (any more)."""
        found = self.find(token)
        return None if found is None else found.path

    def close(self) -> None:
        """Delete all files."""
        with self._lock:
            self._offers.clear()
            self._folder.cleanup()

    def _put(self, token: str, offer: Offer) -> None:
        with self._lock:
            self._offers.pop(token, None)
            self._offers[token] = offer
            self._drop_old()
            for finished, most in ((True, self._most), (False, MOST_PROMISES)):
                own = self._of(offer.owner, finished=finished)
                for old in own[: max(0, len(own) - most)]:
                    self._drop(old)
            self._drop_heavy(token)

    def _of(self, owner: str, *, finished: bool) -> list[str]:
        """Return the tokens of somebody, the oldest first."""
        return [
            token
            for token, offer in self._offers.items()
            if offer.owner == owner and (offer.path is not None) is finished
        ]

    def _drop_old(self) -> None:
        limit = self._clock() - MOST_HOURS * _SECONDS
        for token in [token for token, offer in self._offers.items() if offer.since < limit]:
            self._drop(token)

    def _drop_heavy(self, newest: str) -> None:
        """Delete the oldest files of whoever has the most bytes, until there is room."""
        while True:
            bytes_of: dict[str, int] = {}
            for offer in self._offers.values():
                bytes_of[offer.owner] = bytes_of.get(offer.owner, 0) + offer.size
            heaviest = max(bytes_of, key=bytes_of.__getitem__)
            full = sum(bytes_of.values()) > self._most_bytes
            if not full and bytes_of[heaviest] <= self._most_own_bytes:
                return
            # What was prepared just now is handed out once, however large it is.
            old = [t for t in self._of(heaviest, finished=True) if t != newest]
            if not old:
                return
            self._drop(old[0])

    def _drop(self, token: str) -> None:
        gone = self._offers.pop(token)
        if gone.path is not None:
            gone.path.unlink(missing_ok=True)


@cache
def ready_files() -> ReadyFiles:
    """Return the one shelf of this process."""
    return ReadyFiles()
