"""Personal tokens: how desktop programs sign in to the live layers, and to nothing else.

A token is 256 random bits. Only a hash of it is kept, and a plain SHA-256 is enough: a
slow hash protects what people choose and can be guessed, and nobody guesses 256 bits.
Each token is a file of its own, so that taking one back is one step that no other write
can undo; when it was last used is the time of that file, set at most once an hour.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.errors import UsageError
from layers.refusals import unwritable
from layers.team.files import read_json
from layers.team.files import write_json
from layers.team.people import Right

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.team.people import Person

FOLDER = "tokens"
MOST_TOKENS = 10
"""How many tokens one person may have."""

LONGEST_DAYS = 366
USUAL_DAYS = 180
_COARSE_S = 3600
_LONGEST_NOTE = 60
_SHAPE = re.compile(r"atlas_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token; not the token itself.

    Attributes
    ----------
    token_id
        Its id, which is also its beginning.
    person_id
        Whose it is.
    note
        What it is for, in his words.
    made, expires
        From when until when it is taken.
    used
        When it was last used, to the hour; None for never.
    """

    token_id: str
    person_id: str
    note: str
    made: dt.datetime
    expires: dt.datetime
    used: dt.datetime | None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Tokens:
    """The personal tokens of a team server.

    Parameters
    ----------
    state
        Folder of the server's own files, :attr:`layers.team.settings.Team.state`.
    clock
        What tells the time, with its time zone.
    """

    def __init__(self, state: Path, clock: Callable[[], dt.datetime] = _now) -> None:
        self._folder = state / FOLDER
        self._clock = clock

    def make(self, person: Person, note: str = "", days: int = USUAL_DAYS) -> tuple[str, Token]:
        """Make a token.

        Parameters
        ----------
        person
            Whose it is.
        note
            What it is for.
        days
            For how many days it is taken, 1 to 366.

        Returns
        -------
        tuple of str and Token
            The token, which nobody can tell again, and what is kept of it.

        Raises
        ------
        UsageError
            If he has too many already, or wants it for too long.
        WorkspaceError
            If it cannot be written.
        """
        if not 1 <= days <= LONGEST_DAYS:
            raise UsageError(
                Text(
                    f"令牌有效期应为 1 至 {LONGEST_DAYS} 天，而非 {days} 天",
                    f"a token is valid for 1 to {LONGEST_DAYS} days, not {days}",
                )
            )
        if len(self.of(person.person_id)) >= MOST_TOKENS:
            raise UsageError(
                Text(
                    f"每人最多 {MOST_TOKENS} 个令牌；请先撤销不用的令牌",
                    f"one person has {MOST_TOKENS} tokens at most; take back one first",
                )
            )
        token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        made = self._clock().replace(microsecond=0)
        token = Token(
            token_id,
            person.person_id,
            " ".join(note.split())[:_LONGEST_NOTE],
            made,
            made + dt.timedelta(days=days),
            None,
        )
        kept = {
            "person_id": token.person_id,
            "note": token.note,
            "made": made.isoformat(),
            "expires": token.expires.isoformat(),
            "sha256": _hash(secret),
        }
        path = self._path(token_id)
        write_json(path, kept)
        self._stamp(path, 0)
        return f"atlas_{token_id}_{secret}", token

    def of(self, person_id: str) -> list[Token]:
        """Return the tokens of a person that are still taken, the newest first."""
        return [token for token in self.all() if token.person_id == person_id]

    def all(self) -> list[Token]:
        """Return all tokens that are still taken, the newest first."""
        found = [self._read(path) for path in self._folder.glob("*.json")]
        now = self._clock()
        good = [token for token, _hash in found if token is not None and token.expires > now]
        return sorted(good, key=lambda token: (token.made, token.token_id), reverse=True)

    def revoke(self, token_id: str, by: Person) -> bool:
        """Take a token back; whoever made it may, and whoever may read the audit.

        Returns
        -------
        bool
            Whether there was such a token that he may take back.

        Raises
        ------
        WorkspaceError
            If it cannot be taken back.
        """
        if not _ID.fullmatch(token_id):
            return False
        path = self._path(token_id)
        token, _kept = self._read(path)
        if token is None or not (token.person_id == by.person_id or by.may(Right.AUDIT)):
            return False
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        return True

    def accept(self, text: str) -> Token | None:
        """Return what is known of a token that somebody shows, None if it is not taken."""
        parts = _SHAPE.fullmatch(text)
        if parts is None:
            return None
        path = self._path(parts[1])
        token, kept = self._read(path)
        if token is None or not hmac.compare_digest(kept, _hash(parts[2])):
            return None
        now = self._clock()
        if token.expires <= now:
            return None
        if token.used is None or abs((now - token.used).total_seconds()) >= _COARSE_S:
            self._stamp(path, now.timestamp() // _COARSE_S * _COARSE_S)
        return token

    def _read(self, path: Path) -> tuple[Token | None, str]:
        kept = read_json(path)
        if kept is None:
            return None, ""
        try:
            used_s = path.stat().st_mtime
            token = Token(
                path.stem,
                str(kept["person_id"]),
                str(kept["note"]),
                dt.datetime.fromisoformat(kept["made"]),
                dt.datetime.fromisoformat(kept["expires"]),
                dt.datetime.fromtimestamp(used_s, dt.UTC) if used_s else None,
            )
            return token, str(kept["sha256"])
        except (OSError, KeyError, TypeError, ValueError):
            return None, ""  # damaged or just taken back: not taken

    def _stamp(self, path: Path, when_s: float) -> None:
        with suppress(OSError):  # a disk that cannot be written keeps nobody from reading
            os.utime(path, (when_s, when_s))

    def _path(self, token_id: str) -> Path:
        return self._folder / f"{token_id}.json"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
