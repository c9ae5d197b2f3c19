"""Which text and which block reference belongs to which area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.intake.drawing.dxf_shapes import Drawn
    from layers.intake.drawing.dxf_walk import Piece

SEPARATOR = "；"
_SAME_SIZE = 1.001


@dataclass(frozen=True, slots=True)
class Given:
    """What the areas of a drawing were given.

    Attributes
    ----------
    texts
        Text by position of the area, in reading order.
    tags
        Attributes by position of the area.
    used
        Positions of the texts that lie in an area.
    several
        Number of areas with more than one text.
    attached
        Block references whose attributes were given to an area, by ``look.symbol``.
    unclear
        Number of those that lie in several areas and were given to none.
    """

    texts: Mapping[int, str]
    tags: Mapping[int, Mapping[str, str]]
    used: frozenset[int]
    several: int
    attached: frozenset[int]
    unclear: int


def give(areas: Sequence[Drawn], texts: Sequence[Piece], places: Sequence[Piece]) -> Given:
    """Give texts and attributes of block references to the areas they lie in.

    A text goes to the smallest area around its place, because a park lies around its
    buildings; areas of the same size there, as an outline and its hatch, all get it.
    Attributes go to an area only if no other one lies around the block reference;
    the outlines of the block itself count only if there is none.

    Parameters
    ----------
    areas
        The areas of the drawing.
    texts, places
        As in :class:`layers.intake.drawing.dxf_walk.Walk`.
    """
    shapes = np.array([area.shape for area in areas], dtype=object)
    sizes = shapely.area(shapes) if len(shapes) else np.empty(0)
    tree = shapely.STRtree(shapes)
    tags, done, unclear = _attributes(areas, sizes, _around(tree, places), places)
    lines: dict[int, list[Piece]] = {}
    used = set()
    for number, around in _around(tree, texts).items():
        if texts[number].look.symbol in done:
            continue
        own = texts[number].look.symbol
        for area in _smallest(_foreign(around, areas, own), sizes):
            lines.setdefault(area, []).append(texts[number])
            used.add(number)
    return Given(
        {area: SEPARATOR.join(_read(pieces)) for area, pieces in lines.items()},
        tags,
        frozenset(used),
        sum(len(pieces) > 1 for pieces in lines.values()),
        frozenset(done),
        unclear,
    )


def _around(tree: shapely.STRtree, pieces: Sequence[Piece]) -> dict[int, list[int]]:
    """Return the areas around every piece that has any."""
    points = [piece.outline.runs[0][0] for piece in pieces]
    if not points:
        return {}
    numbers, areas = tree.query(shapely.points(points), predicate="within")
    around: dict[int, list[int]] = {}
    for number, area in zip(numbers.tolist(), areas.tolist(), strict=True):
        around.setdefault(number, []).append(area)
    return {number: sorted(around[number]) for number in sorted(around)}


def _foreign(around: Sequence[int], areas: Sequence[Drawn], symbol: int) -> list[int]:
    """Return the areas that are not part of the symbol itself, or all if there is no other."""
    foreign = [a for a in around if symbol < 0 or areas[a].piece.look.symbol != symbol]
    return foreign or list(around)


def _smallest(around: Iterable[int], sizes: NDArray[np.float64]) -> list[int]:
    around = list(around)
    limit = min(sizes[a] for a in around) * _SAME_SIZE
    return [a for a in around if sizes[a] <= limit]


def _attributes(
    areas: Sequence[Drawn],
    sizes: NDArray[np.float64],
    around: Mapping[int, Sequence[int]],
    places: Sequence[Piece],
) -> tuple[dict[int, dict[str, str]], set[int], int]:
    """Return tags by area, the symbols that were attached, and how many could not be."""
    tags: dict[int, dict[str, str]] = {}
    done: set[int] = set()
    unclear = 0
    for number, all_around in around.items():
        place = places[number]
        if not place.tags:
            continue
        chosen = _foreign(all_around, areas, place.look.symbol)
        if len(_smallest(chosen, sizes)) < len(chosen):
            unclear += 1
            continue
        done.add(place.look.symbol)
        for area in chosen:
            told = tags.setdefault(area, {})
            for tag, text in place.tags.items():
                told[tag] = SEPARATOR.join(filter(None, (told.get(tag), text)))
    return tags, done, unclear


def _read(pieces: Iterable[Piece]) -> list[str]:
    """Return texts from top to bottom, and those on one line from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: (-_y(p), _x(p))):
        if rows and _y(rows[-1][0]) - _y(piece) <= min(rows[-1][0].size, piece.size) / 2:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [line for row in rows for piece in sorted(row, key=_x) for line in piece.text]


def _x(piece: Piece) -> float:
    return float(piece.outline.runs[0][0, 0])


def _y(piece: Piece) -> float:
    return float(piece.outline.runs[0][0, 1])
