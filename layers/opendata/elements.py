"""Objects of open data before they are rows: tags, shape, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
import shapely

from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

_HALF_TURN, _RIGHT_ANGLE = 180.0, 90.0
_SIDES = 4


class Credit(NamedTuple):
    """To whom one object is owed.

    Attributes
    ----------
    dataset
        Name of the dataset as its publisher writes it.
    licence
        Identifier of the licence (SPDX), empty if the data does not say.
    record
        Id of the object in that dataset, and its version.
    time
        When that version was made, ISO 8601; empty if it is not known.
    """

    dataset: str
    licence: str
    record: str
    time: str


@dataclass(frozen=True, slots=True)
class Element:
    """One object.

    Attributes
    ----------
    number
        Its id, for instance ``way/123``.
    tags
        What it says of itself.
    credits
        Where it comes from, at least one.
    problem
        Code of :mod:`layers.opendata.findings` if it cannot have a shape; else empty.
    """

    number: str
    tags: Mapping[str, str]
    credits: tuple[Credit, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Elements:
    """Some objects with their shapes, in longitude and latitude on WGS 84.

    Attributes
    ----------
    items
        The objects.
    shapes
        One shape each, ``None`` where there is none.
    """

    items: Sequence[Element]
    shapes: NDArray[Any]

    @classmethod
    def of(cls, items: Sequence[Element], shapes: Iterable[Any]) -> Elements:
        """Return objects with a list of shapes."""
        array = np.empty(len(items), dtype=object)
        array[:] = list(shapes)
        return cls(items, array)

    def within(self, box: Box | None) -> Elements:
        """Return the objects that meet a box, and those whose place nobody knows."""
        if box is None:
            return self
        kept = shapely.intersects(self.shapes, shapely.box(*box)) | shapely.is_missing(self.shapes)
        return Elements(
            [item for item, keep in zip(self.items, kept, strict=True) if keep], self.shapes[kept]
        )


class Box(NamedTuple):
    """A rectangle in degrees on WGS 84."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def read(cls, text: str) -> Box:
        """Read ``west,south,east,north``.

        Raises
        ------
        UsageError
            If the text is no such rectangle.
        """
        try:
            sides = [float(part) for part in text.split(",")]
        except ValueError:
            sides = []
        if len(sides) == _SIDES:
            box = cls(*sides)
            if (
                -_HALF_TURN <= box.west < box.east <= _HALF_TURN
                and -_RIGHT_ANGLE <= box.south < box.north <= _RIGHT_ANGLE
            ):
                return box
        raise UsageError(
            Text(
                f"范围“{text}”应为 西,南,东,北 四个度数，例如 114.10,29.96,114.20,30.03",
                f"the box '{text}' must be west,south,east,north in degrees,"
                " for instance 114.10,29.96,114.20,30.03",
            )
        )
