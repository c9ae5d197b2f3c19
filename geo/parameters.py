"""The judgements in the scatter rule, each a number that a planner may move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import fields
from itertools import product
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    Value = float | str | list[float] | None

RULE_VERSION = "scatter-2026.2"
"""Name of the rule; it changes when a result could change."""

_SHARES = (
    "green_share",
    "red_share",
    "red_zone_share",
    "p_threshold",
    "unlocated_limit",
    "satellite_share",
    "stable_share",
)


class Walk(NamedTuple):
    """One reading of "can be walked": how far, how crooked, and what is one site."""

    walk_m: float
    detour: float
    site_gap_m: float


@dataclass(frozen=True, slots=True)
class ScatterParameters:
    """Thresholds of the scatter flag. Every one is a judgement [J] unless noted.

    Attributes
    ----------
    walk_m
        Longest walk that still makes one place, metres along the street:
        10 minutes at 80 m a minute.
    detour
        Walking distance over straight distance; 1.324 is a published mean over
        25 Chinese cities.
    site_gap_m
        Buildings this close, edge to edge, are one site: wider than a local street.
    green_share
        A largest cluster with at least this share is a concentrated park.
    red_share
        A largest cluster below this share may be a scattered park.
    red_effective_clusters
        More equal pieces than this are scattered.
    red_zone_share
        Less than this inside the designated zones is scattered.
    p_threshold
        Above this a park is no more compact than chance.
    unlocated_limit
        With a larger share unlocated or without floor area nothing is judged.
    satellite_share
        A largest cluster above this share is a core, the others its satellites.
    pole_limit
        Up to this effective number of clusters a park has poles; beyond it is dust.
    walk_range, detour_range, gap_range
        Values tried for the stability of the flag; all combinations are run.
    stable_share
        A flag that keeps its colour in at least this share of the runs is stable.
    crossing_reach_m
        A crossing opens the barrier this far to each side.
    snap_m
        A site farther than this from every walkway is not on the walking network.
    """

    walk_m: float = 800.0
    detour: float = 1.324
    site_gap_m: float = 50.0
    green_share: float = 0.90
    red_share: float = 0.70
    red_effective_clusters: float = 2.5
    red_zone_share: float = 0.50
    p_threshold: float = 0.05
    unlocated_limit: float = 0.20
    satellite_share: float = 0.60
    pole_limit: float = 3.5
    walk_range: tuple[float, ...] = (500.0, 800.0, 1000.0)
    detour_range: tuple[float, ...] = (1.2, 1.324, 1.52)
    gap_range: tuple[float, ...] = (30.0, 50.0, 80.0)
    stable_share: float = 0.80
    crossing_reach_m: float = 50.0
    snap_m: float = 50.0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing.

        Raises
        ------
        ValueError
            Naming the parameter, its value and what it must be.
        """
        require("walk_m", (self.walk_m, *self.walk_range), least=0.0, open_end=True)
        require("detour", (self.detour, *self.detour_range), least=1.0)
        require("site_gap_m", (self.site_gap_m, *self.gap_range), least=0.0)
        for name in ("crossing_reach_m", "snap_m"):
            require(name, (getattr(self, name),), least=0.0)
        require("red_effective_clusters", (self.red_effective_clusters,), least=1.0)
        require("pole_limit", (self.pole_limit,), least=1.0)
        for name in _SHARES:
            require(name, (getattr(self, name),), least=0.0, most=1.0)
        for name in ("walk_range", "detour_range", "gap_range"):
            if not getattr(self, name):
                msg = f"`{name}` needs at least one value."
                raise ValueError(msg)
        if not self.satellite_share <= self.red_share <= self.green_share:
            msg = "The shares must rise: `satellite_share` <= `red_share` <= `green_share`."
            raise ValueError(msg)

    @property
    def walk(self) -> Walk:
        """The reading of "can be walked" that the flag is judged by."""
        return Walk(self.walk_m, self.detour, self.site_gap_m)

    def walks(self) -> Iterator[Walk]:
        """Yield every combination of the three ranges (27 by default)."""
        for gap_m, detour, walk_m in product(self.gap_range, self.detour_range, self.walk_range):
            yield Walk(walk_m, detour, gap_m)

    def as_dict(self) -> dict[str, float | list[float]]:
        """Return all parameters by name, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    def as_text(self) -> str:
        """Return all parameters as one line, ``name=value; …``, to travel with a number."""
        return in_one_line(self.as_dict())


def in_one_line(values: Mapping[str, Value]) -> str:
    """Return parameters by name as one line, ``name=value; …``; without a value, ``none``."""
    return "; ".join(f"{name}={_text(value)}" for name, value in values.items())


def _text(value: Value) -> str:
    if isinstance(value, list):
        return ",".join(f"{v:g}" for v in value)
    if value is None:
        return "none"
    return value if isinstance(value, str) else f"{value:g}"


def require(
    name: str,
    values: tuple[float, ...],
    *,
    least: float,
    most: float = math.inf,
    open_end: bool = False,
) -> None:
    """Refuse a value outside the range; `open_end` shuts out `least` itself.

    Raises
    ------
    ValueError
        Naming the parameter, its value and what it must be.
    """
    for value in values:
        inside = least < value <= most if open_end else least <= value <= most
        if not (inside and math.isfinite(value)):
            above = "greater than" if open_end else "at least"
            upper = "" if most == math.inf else f" and at most {most:g}"
            msg = f"`{name}` must be {above} {least:g}{upper}, not {value!r}."
            raise ValueError(msg)


DEFAULTS = ScatterParameters()
