"""Names and sample marks of what changed, from the layers that both snapshots pinned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import WorkspaceError
from layers.frames import empty_frame
from layers.i18n import unknown
from layers.marks import is_sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.snapshots.records import Snapshot
    from layers.workspace import Workspace

# As a plan of consolidation writes it: empty would mean the park of the carrier.
_NO_PARK = "*"


@dataclass(frozen=True, slots=True)
class Known:
    """What the layers say of the ids in two snapshots.

    Attributes
    ----------
    catalogue
        Words of the choices.
    parks, carriers
        Name by id.
    homes
        Park of a carrier, by id of the carrier: what a unit without a park belongs to.
    samples
        Ids of carriers, and pairs of park and carrier, that are sample data.
    """

    catalogue: Catalogue
    parks: Mapping[str, str]
    carriers: Mapping[str, str]
    homes: Mapping[str, str]
    samples: frozenset[object]

    def park(self, park_id: object) -> tuple[str | None, str | None]:
        """Return id and name of a park; the id where it has no name, None where there is none."""
        if unknown(park_id) or park_id == _NO_PARK:
            return None, None
        return str(park_id), self.parks.get(str(park_id), str(park_id))

    def carrier(self, carrier_id: object) -> tuple[str | None, str | None]:
        """Return id and name of a carrier; the id where it has no name."""
        if unknown(carrier_id):
            return None, None
        return str(carrier_id), self.carriers.get(str(carrier_id), str(carrier_id))

    def is_sample(self, park_id: object, carrier_id: object) -> bool:
        """Tell whether the space of a park in a carrier is sample data."""
        return bool({carrier_id, (park_id, carrier_id)} & self.samples)


def known_of(workspace: Workspace, before: Snapshot, after: Snapshot) -> Known:
    """Return what the layers of two snapshots say; the later one where they differ.

    A version that was cleared away leaves its names out: the ids are told then.
    """
    parks: dict[str, str] = {}
    carriers: dict[str, str] = {}
    homes: dict[str, str] = {}
    samples: set[object] = set()
    for one in (before, after):
        own = {
            key: _read(workspace, key, one.versions.get(key))
            for key in ("parks", "carriers", "units")
        }
        parks |= _by_id(own["parks"], "park_id", "name")
        carriers |= _by_id(own["carriers"], "carrier_id", "name")
        homes |= _by_id(own["carriers"], "carrier_id", "park_id")
        marked = own["carriers"][is_sample(own["carriers"])]
        samples |= set(marked["carrier_id"])
        units = own["units"][is_sample(own["units"])]
        at_home = units["carrier_id"].map(homes)
        pairs = zip(units["park_id"].fillna(at_home), units["carrier_id"], strict=True)
        samples |= set(pairs)
    return Known(workspace.catalogue, parks, carriers, homes, frozenset(samples))


def read_version(workspace: Workspace, key: str, version: int | None) -> pd.DataFrame:
    """Return a version of a layer as a plain table; without rows if there is none.

    Raises
    ------
    WorkspaceError
        If it was cleared away, or is damaged.
    """
    if version is None:
        return pd.DataFrame(empty_frame(workspace.catalogue.layer(key)))
    return pd.DataFrame(workspace.read(key, version))


def _read(workspace: Workspace, key: str, version: int | None) -> pd.DataFrame:
    try:
        return read_version(workspace, key, version)
    except WorkspaceError:
        return read_version(workspace, key, None)


def _by_id(frame: pd.DataFrame, identifier: str, name: str) -> dict[str, str]:
    there = frame[frame[name].notna()]
    return dict(zip(there[identifier].astype(str), there[name].astype(str), strict=True))
