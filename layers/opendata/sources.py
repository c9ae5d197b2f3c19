"""What the objects of a layer are read from: a file, a server, or a folder of Overture Maps."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Protocol

from layers.opendata.crossings import crossing_points
from layers.opendata.elements import Elements
from layers.opendata.rules import layer_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.opendata.elements import Box
    from layers.opendata.rules import LayerRules

CROSSINGS, _BARRIERS, _WALKWAYS = "crossings", "barriers", "walkways"


class Source(Protocol):
    """Where objects come from."""

    def read(self, rules: LayerRules, box: Box | None = None) -> Iterator[Elements]:
        """Yield the objects that the rules take, some at a time."""


def osm_elements(source: Source, key: str, box: Box | None = None) -> Iterator[Elements]:
    """Yield the objects of a layer of OpenStreetMap.

    Crossings are no objects of OpenStreetMap: they are the places where ways that can be
    walked meet barriers, see :func:`layers.opendata.crossings.crossing_points`.

    Raises
    ------
    UsageError
        If OpenStreetMap is not made into that layer.
    """
    rules = layer_rules("osm", key)
    if key != CROSSINGS:
        yield from source.read(rules, box)
        return
    walked = layer_rules("osm", _WALKWAYS)
    ways = [_that_fit(found, walked) for found in source.read(rules)]
    barriers = source.read(layer_rules("osm", _BARRIERS))
    yield crossing_points(ways, barriers).within(box)


def _that_fit(found: Elements, rules: LayerRules) -> Elements:
    kept = [at for at, item in enumerate(found.items) if rules.taken(item.tags) is not None]
    return Elements([found.items[at] for at in kept], found.shapes[kept])
