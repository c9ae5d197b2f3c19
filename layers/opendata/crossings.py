"""Where ways for walking cross what cuts walks: bridges and tunnels over and under barriers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.opendata.elements import Element
from layers.opendata.elements import Elements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def crossing_points(ways: Iterable[Elements], barriers: Iterable[Elements]) -> Elements:
    """Return a point wherever a way meets a barrier in the plan.

    Ways and barriers of a city are few beside its buildings, and are held in memory.

    Parameters
    ----------
    ways
        Bridges and tunnels that can be walked.
    barriers
        Rivers, railways and expressways on the ground.

    Returns
    -------
    Elements
        Points with the tags of the way; called ``way/1+way/2`` by the two, with ``#2`` and
        so on behind it where they meet again. In the order of the ways and barriers. Lines
        that run along one another have no point.
    """
    over, under = _joined(ways), _joined(barriers)
    tree = shapely.STRtree(under.shapes)
    at, of = tree.query(over.shapes, predicate="intersects")
    items: list[Element] = []
    shapes: list[Any] = []
    told: Counter[str] = Counter()
    for i, j in sorted(zip(at.tolist(), of.tolist(), strict=True)):
        way, barrier = over.items[i], under.items[j]
        for point in _points(shapely.intersection(over.shapes[i], under.shapes[j])):
            number = f"{way.number}+{barrier.number}"
            told[number] += 1
            again = f"#{told[number]}" if told[number] > 1 else ""
            credits_ = tuple(dict.fromkeys((*way.credits, *barrier.credits)))
            items.append(Element(number + again, way.tags, credits_))
            shapes.append(point)
    return Elements.of(items, shapes)


def _joined(found: Iterable[Elements]) -> Elements:
    batches = list(found)
    items = [item for batch in batches for item in batch.items]
    shapes: list[Any] = [shape for batch in batches for shape in batch.shapes]
    return Elements.of(items, shapes)


def _points(meeting: Any) -> list[Any]:  # noqa: ANN401 -- any shape
    parts: NDArray[Any] = shapely.get_parts(np.array([meeting]))
    points = [part for part in parts.tolist() if part.geom_type == "Point"]
    return sorted(points, key=lambda point: (point.x, point.y))
