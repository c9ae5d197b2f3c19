"""Who signed in, when, and when he signed out: one small file a person.

It is there for two things: a personal token has the role of its person also when nobody
is signed in, and a cookie from before a sign-out is not taken any more, wherever a copy
of it may be.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING
from typing import Any

from layers.team.files import read_json
from layers.team.files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path

    from layers.team.people import Person
    from layers.team.settings import Team

FOLDER = "people"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Registry:
    """The people who signed in to a team server.

    Parameters
    ----------
    team
        The settings of the server.
    clock
        What tells the time, with its time zone.
    """

    def __init__(self, team: Team, clock: Callable[[], dt.datetime] = _now) -> None:
        self._team = team
        self._clock = clock

    def signed_in(self, claims: Mapping[str, Any]) -> None:
        """Remember that somebody signed in, and what his role depends on.

        Raises
        ------
        WorkspaceError
            If it cannot be written.
        """
        path = self._path(self._team.person_id(claims))
        kept = read_json(path) or {}
        write_json(
            path,
            kept
            | {"claims": self._team.kept_claims(claims), "seen": int(self._clock().timestamp())},
        )

    def signed_out(self, person_id: str) -> None:
        """Remember that somebody signed out: whatever was signed before is over.

        Raises
        ------
        WorkspaceError
            If it cannot be written.
        """
        path = self._path(person_id)
        kept = read_json(path) or {}
        write_json(path, kept | {"ended": int(self._clock().timestamp())})

    def ended(self, person_id: str) -> int:
        """Return when somebody last signed out, in seconds since 1970; 0 for never."""
        found = (read_json(self._path(person_id)) or {}).get("ended")
        return found if isinstance(found, int) else 0

    def person(self, person_id: str) -> Person | None:
        """Return who somebody is now, by his last sign-in and the list of people.

        Returns
        -------
        Person or None
            None if he has no role, or did not sign in for too long.

        Raises
        ------
        TeamError
            If the list of people cannot be read.
        """
        kept = read_json(self._path(person_id)) or {}
        claims, seen = kept.get("claims"), kept.get("seen")
        if not isinstance(claims, dict) or not isinstance(seen, int):
            return None
        idle_s = self._clock().timestamp() - seen
        if idle_s > dt.timedelta(days=self._team.token_idle_days).total_seconds():
            return None
        found = self._team.person(claims)
        return found if found is not None and found.person_id == person_id else None

    def _path(self, person_id: str) -> Path:
        # An id may hold anything; its hash is a name for every file system.
        name = hashlib.sha256(person_id.encode()).hexdigest()
        return self._team.state / FOLDER / f"{name}.json"
