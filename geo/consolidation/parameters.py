"""The judgements in a consolidation plan, each a number that a planner may move."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
from typing import TYPE_CHECKING

from geo.parameters import in_one_line
from geo.parameters import require

if TYPE_CHECKING:
    from datetime import date

RULE_VERSION = "consolidate-2026.1"
"""Name of the rule; it changes when a result could change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolidationParameters:
    """Limits and costs of a plan. Every one is a judgement [J] unless noted.

    Attributes
    ----------
    as_of
        The day that the plan starts on.
    horizon
        A lease that ends later keeps its unit in place, unless it can be ended early.
    site_gap_m
        Carriers this close, edge to edge, are one site, whoever holds them.
    walk_m, detour
        An anchor's area is what can be walked to from its middle: so many metres along
        the street, street over straight line (1.324 is a published mean).
    anchors
        A park receives moves around so many anchors; 0 for anywhere.
    area_ratio
        Floor area needed after a move over floor area before.
    rent_tolerance
        A host's rent may be so much above the unit's, as a share.
    max_move_m
        Longest move along the street, metres; None for no limit.
    nearest_hosts
        Only so many hosts nearest a park's main site are looked at; None for all. A
        cut for speed: a host more may then displace a better one.
    budget_wan
        Most that all moves may cost, 万元; None for no limit.
    yearly_share
        Most floor area that moves in one year, as a share of that of all units.
    relocation_yuan_m2, fit_out_yuan_m2
        Cost of moving and of fitting out, yuan a square metre of the unit.
    break_fee_months, double_rent_months
        Months of its own rent that a unit pays for ending a lease early, and months of
        the host's rent while it pays for both.
    own_use_movable
        Whether what an operator uses itself may move.
    most_blocking
        A site counts as blocked by single leases if so many or fewer hold it.
    zone_levels
        Steps of area in zones that are tried for each number of presences.
    """

    as_of: date
    horizon: date
    site_gap_m: float = 50.0
    walk_m: float = 800.0
    detour: float = 1.324
    anchors: int = 1
    area_ratio: float = 1.0
    rent_tolerance: float = 0.20
    max_move_m: float | None = None
    nearest_hosts: int | None = None
    budget_wan: float | None = None
    yearly_share: float = 0.20
    relocation_yuan_m2: float = 120.0
    fit_out_yuan_m2: float = 800.0
    break_fee_months: float = 3.0
    double_rent_months: float = 1.0
    own_use_movable: bool = False
    most_blocking: int = 3
    zone_levels: int = 3

    def __post_init__(self) -> None:
        """Refuse values that mean nothing.

        Raises
        ------
        ValueError
            Naming the parameter, its value and what it must be.
        """
        if self.horizon < self.as_of:
            msg = f"`horizon` {self.horizon} must not be before `as_of` {self.as_of}."
            raise ValueError(msg)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None:
                require(name, (value,), least=least, open_end=name in _ABOVE)

    def as_dict(self) -> dict[str, float | str | None]:
        """Return all parameters by name, ready for JSON; days as ISO 8601."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {"as_of": self.as_of.isoformat(), "horizon": self.horizon.isoformat()}

    def as_text(self) -> str:
        """Return all parameters as one line, ``name=value; …``, to travel with a number."""
        return in_one_line(self.as_dict())


_LEAST = {
    "site_gap_m": 0.0,
    "walk_m": 0.0,
    "detour": 1.0,
    "anchors": 0,
    "area_ratio": 0.0,
    "rent_tolerance": 0.0,
    "max_move_m": 0.0,
    "nearest_hosts": 1,
    "budget_wan": 0.0,
    "yearly_share": 0.0,
    "relocation_yuan_m2": 0.0,
    "fit_out_yuan_m2": 0.0,
    "break_fee_months": 0.0,
    "double_rent_months": 0.0,
    "most_blocking": 1,
    "zone_levels": 0,
}
# Of these, what must be more than the least.
_ABOVE = frozenset({"area_ratio"})
