"""The board of a map: which places are taken by labels, symbols and leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.sheet.records import Extent

    Floats = NDArray[np.float64]


class Board:
    """What is taken on a map: boxes, and the lines that tie labels to their places."""

    def __init__(self, extent: Extent, boxes: Sequence[Extent]) -> None:
        """Begin a board.

        Parameters
        ----------
        extent
            Nothing may lie outside of it.
        boxes
            What is taken from the beginning; boxes may cover each other.
        """
        self._extent = extent
        self._count = len(boxes)
        # Columns lie together, so that a comparison of all boxes is a fast one.
        self._boxes = np.array(boxes, dtype=float).reshape(-1, 4).T.copy()
        self._leaders: list[shapely.LineString] = []

    def first_free(self, place: Floats, boxes: Floats, *, leader: bool) -> Floats | None:
        """Return the first box that is free.

        Parameters
        ----------
        place
            What the box belongs to: x and y.
        boxes
            Candidates, shape (n, 4), the best first.
        leader
            Whether a line from the place to the box must be free too. The box of a symbol in
            which it begins is no hindrance.

        Returns
        -------
        ndarray or None
            One of `boxes`, shape (4,); None if none is free. Boxes that only touch are free.
        """
        west, south, east, north = self._extent
        left, bottom, right, top = boxes.T
        boxes = boxes[(left >= west) & (bottom >= south) & (right <= east) & (top <= north)]
        if not len(boxes):
            return None
        near = self._near(place, boxes)
        # Lines are compared last, and only for places that are free otherwise.
        for box in boxes[~_overlap(boxes, near).any(axis=1)]:
            if self._is_clear(place, box, near, leader=leader):
                return np.asarray(box)
        return None

    def take(self, box: Floats, leader: shapely.LineString | None) -> None:
        """Remember a box that is taken, and the line to it."""
        if self._count == self._boxes.shape[1]:
            room = np.empty((4, self._count + 64))
            self._boxes = np.concatenate([self._boxes, room], axis=1)
        self._boxes[:, self._count] = box
        self._count += 1
        if leader is not None:
            self._leaders.append(leader)

    def _near(self, place: Floats, boxes: Floats) -> Floats:
        """Return what is taken within the reach of all candidates and their leaders."""
        taken = self._boxes[:, : self._count]
        low = np.minimum(boxes[:, :2].min(axis=0), place)
        high = np.maximum(boxes[:, 2:].max(axis=0), place)
        left, bottom, right, top = taken
        reached = (right > low[0]) & (left < high[0]) & (top > low[1]) & (bottom < high[1])
        return np.asarray(taken[:, reached].T)

    def _is_clear(self, place: Floats, box: Floats, near: Floats, *, leader: bool) -> bool:
        """Tell whether no leader crosses the box, and its own crosses nothing."""
        lines = np.array(self._leaders, dtype=object)
        if shapely.intersects(lines, shapely.box(*box)).any():
            return False
        if not leader:
            return True
        line = leader_line(place, box)
        own = ((near[:, :2] <= place) & (near[:, 2:] >= place)).all(axis=1)
        crossed = shapely.intersects(shapely.box(*near[~own].T), line)
        return not crossed.any() and not shapely.intersects(lines, line).any()


def leader_line(place: Floats, box: Floats) -> shapely.LineString:
    """Return the line from a place to the nearest point of a box (west, south, east, north)."""
    return shapely.LineString(np.stack([place, np.clip(place, box[:2], box[2:])]))


def _overlap(boxes: Floats, others: Floats) -> NDArray[np.bool_]:
    """Tell which box covers part of which other, shape (boxes, others)."""
    left, bottom, right, top = boxes.T[:, :, np.newaxis]
    return np.asarray(
        (left < others[:, 2])
        & (right > others[:, 0])
        & (bottom < others[:, 3])
        & (top > others[:, 1])
    )
