"""What a worker is asked to do: small and plain, so that no layer travels between processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import NamedTuple

from layers.batch.ledger import edition_text
from layers.batch.ledger import key_of
from layers.catalogue import load_catalogue
from layers.edition_files import EDITION_FOLDER
from layers.edition_files import is_bundled
from layers.edition_files import write_copy

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from layers.batch.wish import BatchWish
    from layers.batch.wish import CommandName
    from layers.catalogue import Catalogue

    Step = Literal["places", "clusters", "compute"]


class Part(NamedTuple):
    """What a task computes of one scope.

    Attributes
    ----------
    scope
        The district code; empty for what belongs to none.
    parks
        Ids of the parks to measure; None for all of the scope.
    as_of
        Day of the question; None if none is asked for.
    places
        Key of the task that found the places of the scope; empty if there is none.
    rows
        Subjects that belong to the part.
    """

    scope: str
    parks: tuple[str, ...] | None
    as_of: date | None = None
    places: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is to do.

    Attributes
    ----------
    command
        What the batch computes.
    step
        ``places`` finds the centres of buildings and carriers, ``clusters`` the walking
        clusters of some tiles, ``compute`` does the command.
    stage, digest
        Folder of the stage and the digest of what is in it.
    out
        Folder of the command.
    edition
        Folder of the catalogue, and a hash of all that it says; no folder for the bundled
        edition, which every computer has in its own place.
    wish
        Parameters.
    parts
        What to compute.
    code
        Version of the program that may do it.
    share
        Which of how many shares of the tiles, for the step ``clusters``.
    """

    command: CommandName
    step: Step
    stage: Path
    digest: str
    out: Path
    edition: tuple[Path | None, str]
    wish: BatchWish
    parts: tuple[Part, ...]
    code: str
    share: tuple[int, int] = (0, 1)

    @property
    def key(self) -> str:
        """The name of the task: a hash of everything that its result depends on."""
        parts = [[p.scope, p.parks, str(p.as_of), p.places] for p in self.parts]
        identity = self.wish.identity(self.command)
        tiles = [self.wish.tile_m, *self.share] if self.step == "clusters" else []
        what = [self.command, self.step, identity, parts, tiles]
        return key_of(self.digest, what, self.edition[1], self.code)

    @property
    def rows(self) -> int:
        """Subjects of all parts."""
        return sum(part.rows for part in self.parts)

    def catalogue(self) -> Catalogue:
        """Return the catalogue that the layers are read with."""
        return load_catalogue(self.edition[0])


class Work(NamedTuple):
    """What a task made besides files: how many rows, and what else is to be told."""

    rows: int
    notes: dict[str, Any]


def edition_of(catalogue: Catalogue, out: Path) -> tuple[Path | None, str]:
    """Return where workers find an edition, and a hash of all that its files say of numbers.

    Parameters
    ----------
    catalogue
        The catalogue of the layers.
    out
        Folder of the command: the files of an edition that does not come with the program
        are copied into it, under their hash, because a file that was read is not read again.
    """
    said = key_of(edition_text(catalogue))
    if is_bundled(catalogue):
        return None, said
    home = out / f"edition-{said}"
    write_copy(home, catalogue)
    return home / EDITION_FOLDER, said
