"""What was found out about a file of shapes, as people read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.systems import System

# By number of shapely's type; -1 is no shape at all.
_KINDS: Mapping[int, Text] = {
    0: Text("点", "points"),
    1: Text("线", "lines"),
    2: Text("线", "lines"),
    3: Text("面", "polygons"),
    4: Text("多点", "multipoints"),
    5: Text("线", "lines"),
    6: Text("面", "polygons"),
    7: Text("混合图形", "collections"),
    -1: Text("没有图形", "without shape"),
}
_NO_SYSTEM = Text("没有写明", "not named")


def shape_facts(shapes: NDArray[Any], system: System | None) -> dict[str, Text]:
    """Return the facts ``geometry``, ``crs`` and ``extent`` of a file.

    Parameters
    ----------
    shapes
        Shapes or ``None``, one a row, in the system of the file.
    system
        The system that the file names, if it names one.
    """
    kinds: Counter[Text] = Counter()
    for kind, count in Counter(shapely.get_type_id(shapes).tolist()).items():
        kinds[_KINDS[kind]] += count
    facts = {
        "geometry": Text(
            "、".join(f"{kind.zh} {count}" for kind, count in kinds.most_common()) or "—",
            ", ".join(f"{count} {kind.en}" for kind, count in kinds.most_common()) or "—",
        ),
        "crs": _NO_SYSTEM if system is None else Text(system.name, system.name),
    }
    xy = finite_coordinates(shapes)
    if xy.size:
        (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
        extent = f"x {west:.10g} – {east:.10g}, y {south:.10g} – {north:.10g}"
        facts["extent"] = Text(extent, extent)
    return facts


def finite_coordinates(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the coordinates of shapes without NaN and infinity, shape (n, 2)."""
    xy = shapely.get_coordinates(shapes)
    kept: NDArray[np.float64] = xy[np.isfinite(xy).all(axis=1)]
    return kept
