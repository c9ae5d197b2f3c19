"""How much of a team server one person, and all of them together, may use at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of a team server: section ``[limits]`` of its settings.

    Every value is a whole number of at least 1. Rates are counted over the last minute,
    for each person, or for each address where nobody has signed in yet.

    Attributes
    ----------
    login_per_minute
        Attempts to sign in from one address; an office behind one address shares them.
    heavy_per_minute
        Files that are uploaded or taken out by one person.
    tiles_per_minute
        Tiles of maps for one person; to look quickly over a large map takes hundreds.
    live_per_minute
        Questions of desktop programs to the live layers, for one person.
    pages_each
        Pages that one person may have open at once, in all of his browsers.
    pages_in_all
        Pages that may be open at once; each keeps what its user does in memory.
    heavy_at_once
        Exports that are computed at once; others wait for their turn.
    uploads_mb_in_all
        Uploaded files that may be held in memory at once, in MB; of one person at most twice
        the largest file.
    """

    login_per_minute: int = 60
    heavy_per_minute: int = 60
    tiles_per_minute: int = 6000
    live_per_minute: int = 600
    pages_each: int = 10
    pages_in_all: int = 100
    heavy_at_once: int = 2
    uploads_mb_in_all: int = 1000
