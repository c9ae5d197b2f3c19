"""Snapshots that are kept in memory, within bounds: a page of features must not read a layer anew.

The web server asks from several threads at once.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from threading import Lock
from threading import RLock
from typing import TYPE_CHECKING
from typing import Literal

from layers.live.snapshots import make_snapshot

if TYPE_CHECKING:
    from layers.catalogue import GeometryKind
    from layers.live.snapshots import Extent
    from layers.live.snapshots import Snapshot
    from layers.team import Audience
    from layers.workspace import Workspace

    Kind = GeometryKind | Literal[""]
    Name = tuple[str, str, int, Audience, Kind]

MOST_BYTES = 256 * 2**20
"""How much memory snapshots may take together; the latest is kept in any case."""

_MOST_EXTENTS = 4096
_STRIPES = 16


class Shelf:
    """The snapshots of a process.

    Parameters
    ----------
    most_bytes
        How much memory they may take together.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = RLock()
        self._kept: OrderedDict[Name, tuple[Snapshot, int]] = OrderedDict()
        self._extents: OrderedDict[Name, Extent] = OrderedDict()
        # So that the four requests of a first view read a layer once, and others do not wait.
        self._reading = [Lock() for _ in range(_STRIPES)]

    def snapshot(
        self, workspace: Workspace, key: str, version: int, audience: Audience, kind: Kind = ""
    ) -> Snapshot:
        """Return a snapshot, reading it if need be; the parameters are of :func:`make_snapshot`.

        Raises
        ------
        WorkspaceError
            See :func:`layers.live.snapshots.make_snapshot`.
        """
        name = (workspace.identity, key, version, audience, kind)
        with self._reading[hash(name) % _STRIPES]:
            found = self._get(name)
            if found is None:
                found = make_snapshot(workspace, key, version, audience, kind)
                self._put(name, found)
        return found

    def extent(
        self, workspace: Workspace, key: str, version: int, audience: Audience, kind: Kind = ""
    ) -> Extent:
        """Return where and when the rows of a snapshot are; it is kept longer than the rows."""
        name = (workspace.identity, key, version, audience, kind)
        with self._lock:
            known = self._extents.get(name)
        return known or self.snapshot(workspace, key, version, audience, kind).extent

    @property
    def weight(self) -> int:
        """Roughly how many bytes the snapshots take."""
        with self._lock:
            return sum(weight for _snapshot, weight in self._kept.values())

    def _get(self, name: Name) -> Snapshot | None:
        with self._lock:
            if name not in self._kept:
                return None
            self._kept.move_to_end(name)
            return self._kept[name][0]

    def _put(self, name: Name, snapshot: Snapshot) -> None:
        extent, weight = snapshot.extent, snapshot.weight
        with self._lock:
            self._kept[name] = (snapshot, weight)
            self._extents[name] = extent
            while self.weight > self._most and len(self._kept) > 1:
                self._kept.popitem(last=False)
            while len(self._extents) > _MOST_EXTENTS:
                self._extents.popitem(last=False)


@cache
def shelf() -> Shelf:
    """Return the one shelf of this process."""
    return Shelf()
