"""For which edition a file is read: words of its catalogue and of its place.

Names, headings and coordinate systems are understood from what the edition says. They are
asked deep inside readers and comparisons, so the catalogue is set once, where the way of a
file begins, instead of being handed through every step.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from layers.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.catalogue import Catalogue

_SET: ContextVar[Catalogue | None] = ContextVar("catalogue", default=None)


def catalogue_here() -> Catalogue:
    """Return the catalogue that a file is read for; the bundled one if nobody said."""
    return _SET.get() or load_catalogue()


@contextmanager
def reading_for(catalogue: Catalogue | None) -> Iterator[None]:
    """Read for an edition within the block; ``None`` leaves what was said outside."""
    token = _SET.set(catalogue or _SET.get())
    try:
        yield
    finally:
        _SET.reset(token)


def edition_at(folder: Path | None) -> Catalogue | None:
    """Return the catalogue of an edition folder, ``None`` if none is named.

    Raises
    ------
    CatalogueError
        See :func:`layers.catalogue.load_catalogue`.
    """
    return None if folder is None else load_catalogue(folder)
