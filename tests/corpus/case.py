"""What an ugly file is, and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

from layers.intake import NO_CHOICES

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path

    from layers.intake import Choices

    Make = Callable[[Path], Path]

LON, LAT = 121.52, 31.29
STEP = 0.0011
NAMES = (
    *("云杉大厦", "银杏大厦", "香樟大厦", "水杉大厦", "玉兰大厦", "梧桐大厦"),
    *("紫藤大厦", "海棠大厦", "石榴大厦", "枫杨大厦", "榉树大厦", "桂花大厦"),
)
"""Names that no bundled building has."""

HEAD = ("载体编码", "楼栋名称", "经度", "纬度")
PLAIN = ("编码", "名称", "经度", "纬度")
"""The same for any layer."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An ugly file, and what must become of it.

    Attributes
    ----------
    name
        What is ugly about it.
    make
        Makes the file in an empty folder and returns what a planner would import.
    layer
        Where it goes.
    choices
        What a planner must say about it.
    proj
        PROJ string of a local grid that the planner gives.
    accepted, rejected, repaired, dropped
        Counts by the content of the file.
    has, lacks
        Codes that must be found, and that must not.
    refused
        What the refusal says, if the file cannot be read.
    cells
        Fields of accepted rows by id or name; None is unknown.
    places
        Longitude and latitude of the middle of accepted rows, by id or name.
    areas
        Area (m²) of accepted rows by id or name.
    review
        Rows for which known objects are listed.
    """

    name: str
    make: Make
    layer: str = "carriers"
    choices: Choices = NO_CHOICES
    proj: str = ""
    accepted: int = 0
    rejected: int = 0
    repaired: int = 0
    dropped: int = 0
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    refused: str = ""
    cells: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    areas: Mapping[str, float] = field(default_factory=dict)
    review: int = 0

    def __str__(self) -> str:
        return self.name


Gate = partial(Case, layer="gates")
Park = partial(Case, layer="parks")
"""Cases of which the layer does not matter: those with few fields take less time."""


def spot(number: int) -> tuple[float, float]:
    """Return a place in the district where no bundled building stands."""
    return round(LON + STEP * number, 6), LAT


def row(number: int, *more: Any) -> list[Any]:
    """Return the cells under :data:`HEAD` of a sound row, and more."""
    return [f"X{number:02d}", NAMES[number - 1], *spot(number), *more]


def column(*values: Any) -> list[list[Any]]:
    """Return sound rows with one more cell each."""
    return [row(number, value) for number, value in enumerate(values, start=1)]
