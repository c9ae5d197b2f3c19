"""The judgements in the linkage of campus, park and neighbourhood, each a number to move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING

from geo.parameters import in_one_line
from geo.parameters import require
from geo.phrases import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCESS_RULE_VERSION = "access-2026.1"
"""Name of the rule; it changes when a result could change."""

GROUPS = ("canteen", "housing", "meeting", "care", "sport", "green")
"""The groups of daily facilities that make a neighbourhood complete."""

GROUP_NAMES: Mapping[str, Sentence] = MappingProxyType(
    {
        "canteen": Sentence("食堂餐饮", "canteens and restaurants"),
        "housing": Sentence("住房与人才公寓", "housing and talent apartments"),
        "meeting": Sentence("会议路演", "meeting and roadshow rooms"),
        "care": Sentence("托育医疗", "child care and health"),
        "sport": Sentence("运动", "sport"),
        "green": Sentence("公园绿地", "parks and greens"),
    }
)
"""What the groups are called."""

LINKS = ("any", "linked")
"""Whose gate counts: of any university, or of the one that the park is linked to."""

_LENGTHS = (
    "walk_m_per_min",
    "gate_m",
    "rail_m",
    "rail_far_m",
    "community_m",
    "half_life_m",
    "catchment_m",
)
_REACHES = ("crossing_reach_m", "snap_m", "campus_radius_m")


@dataclass(frozen=True, slots=True)
class AccessParameters:
    """Thresholds of the linkage. Every one is a judgement [J] unless noted.

    Attributes
    ----------
    walk_m_per_min
        Walking speed, metres a minute (4.8 km/h).
    bands_m
        Walks of 5, 10 and 15 minutes, metres, rising.
    gate_m
        Longest walk to a campus gate that still links, metres.
    rail_m, rail_far_m
        Longest walk to a station, core and outer, metres (as a published study of
        stations has it: core up to 600 m, direct influence up to 1000 m).
    community_m
        Longest walk to a daily facility, metres.
    least_groups
        A neighbourhood is complete with facilities of this many of the six
        :data:`GROUPS`, 1 to 6.
    campus_link
        One of :data:`LINKS`.
    count_estimates
        Whether a condition that is met by an estimate alone counts in the class.
    detour
        Walking distance over straight distance; 1.324 is a published mean over
        25 Chinese cities.
    crossing_reach_m
        A crossing opens the barrier this far to each side.
    snap_m
        A place farther than this from every walkway is not on the walking network.
    campus_radius_m
        A campus known by a point alone may have a gate this far from it, straight metres:
        nearer than that beyond the threshold it stays open whether a gate is in reach.
    half_life_m
        At this walk the pull of a destination is half (gravity), metres.
    catchment_m
        Catchment of the two-step floating catchment areas, metres.
    """

    walk_m_per_min: float = 80.0
    bands_m: tuple[float, ...] = (400.0, 800.0, 1200.0)
    gate_m: float = 1000.0
    rail_m: float = 600.0
    rail_far_m: float = 1000.0
    community_m: float = 800.0
    least_groups: int = 4
    campus_link: str = "any"
    count_estimates: bool = True
    detour: float = 1.324
    crossing_reach_m: float = 50.0
    snap_m: float = 50.0
    campus_radius_m: float = 500.0
    half_life_m: float = 800.0
    catchment_m: float = 1000.0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing.

        Raises
        ------
        ValueError
            Naming the parameter, its value and what it must be.
        """
        for name in _LENGTHS:
            require(name, (getattr(self, name),), least=0.0, open_end=True)
        for name in _REACHES:
            require(name, (getattr(self, name),), least=0.0)
        require("bands_m", self.bands_m, least=0.0, open_end=True)
        require("detour", (self.detour,), least=1.0)
        require("least_groups", (self.least_groups,), least=1, most=len(GROUPS))
        self._refuse_disorder()

    def _refuse_disorder(self) -> None:
        if not self.bands_m or list(self.bands_m) != sorted(set(self.bands_m)):
            msg = f"`bands_m` must be one or more rising lengths, not {self.bands_m!r}."
            raise ValueError(msg)
        if self.least_groups != int(self.least_groups):
            msg = f"`least_groups` must be a whole number, not {self.least_groups!r}."
            raise ValueError(msg)
        if self.rail_m > self.rail_far_m:
            msg = "`rail_m` must be at most `rail_far_m`."
            raise ValueError(msg)
        if self.campus_link not in LINKS:
            msg = f"`campus_link` must be one of {', '.join(LINKS)}, not {self.campus_link!r}."
            raise ValueError(msg)

    @property
    def decay_per_m(self) -> float:
        """The β of exp(−β·d), one over metres: the pull is half at `half_life_m`."""
        return math.log(2.0) / self.half_life_m

    def walk_in(self, minutes: float) -> float:
        """Return how far one walks in some minutes, metres."""
        return minutes * self.walk_m_per_min

    def as_dict(self) -> dict[str, float | str | list[float]]:
        """Return all parameters by name, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    def as_text(self) -> str:
        """Return all parameters as one line, ``name=value; …``, to travel with a number."""
        told = self.as_dict()
        told["count_estimates"] = "yes" if self.count_estimates else "no"
        return in_one_line(told)
