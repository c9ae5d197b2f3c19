"""Sums of parts that are, to the last bit, the sum of the whole.

It makes no difference how a city is cut into parts and in which order those come back:
numbers are counted, and floor areas added without rounding (:mod:`geo.batch.exact`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Self

from geo.batch.exact import NOTHING
from geo.batch.exact import ExactSum
from geo.batch.exact import Known
from geo.district import SEVERITY
from geo.district import Totals
from geo.district import enclaves
from geo.flag import FLAG_TITLES
from geo.spaces import require_columns
from geo.underuse import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from geo.consolidation.frontier import Frontier

    Value = int | float | bool | None

__all__ = ["ConsolidationTally", "ExactSum", "ScatterTally", "UnderuseTally", "plan_numbers"]

PLAN_NUMBERS = (
    "presences_before",
    "fewest",
    "lower_bound",
    "moved_area_m2",
    "cost_wan",
    "proven",
)
"""What :func:`plan_numbers` says of the plan of one district."""


@dataclass(frozen=True, slots=True)
class ScatterTally:
    """What the parks of a partition, a district or a city add up to.

    On one table it is :func:`geo.district.totals`; added up in any order and grouping it
    is that of all tables together.

    Attributes
    ----------
    flags
        Number of parks by flag, in the order of :data:`geo.flag.FLAG_TITLES`.
    sites, enclaves, floor_area_m2
        Sums over the parks (counts, and m²).
    parks
        Number of parks.
    sample
        Whether any of them is sample data.
    """

    flags: tuple[int, ...] = (0,) * len(FLAG_TITLES)
    sites: Known = NOTHING
    enclaves: Known = NOTHING
    floor_area_m2: Known = NOTHING
    parks: int = 0
    sample: bool = False

    @classmethod
    def of(cls, table: pd.DataFrame) -> Self:
        """Return the tally of some parks.

        Parameters
        ----------
        table
            One row a park, with ``flag``, ``sites`` and ``floor_area_m2``, and optional
            ``sample``.

        Raises
        ------
        ValueError
            If a column is missing.
        """
        require_columns(table, ["flag", "sites", "floor_area_m2"], "table")
        apart = enclaves(table)
        return cls(
            _counts(table["flag"], FLAG_TITLES),
            Known.of(table["sites"].astype("Int64").where(apart.notna())),
            Known.of(apart),
            Known.of(table["floor_area_m2"]),
            len(table),
            _any_sample(table),
        )

    def __add__(self, other: ScatterTally) -> ScatterTally:
        """Return the tally of both."""
        return ScatterTally(
            _added(self.flags, other.flags),
            self.sites + other.sites,
            self.enclaves + other.enclaves,
            self.floor_area_m2 + other.floor_area_m2,
            self.parks + other.parks,
            self.sample or other.sample,
        )

    def totals(self) -> Totals:
        """Return the tally as :func:`geo.district.totals` does."""
        flags = dict(zip(FLAG_TITLES, self.flags, strict=True))
        return Totals(
            parks=self.parks,
            judged=sum(flags[name] for name in SEVERITY),
            flags=flags,
            sites=self.sites.count,
            enclaves=self.enclaves.count,
            floor_area_m2=self.floor_area_m2.value,
            sites_unknown=self.sites.unknown,
            floor_area_unknown=self.floor_area_m2.unknown,
        )

    def row(self) -> dict[str, Value]:
        """Return the totals as one row, the number of parks of each flag under its name."""
        found = self.totals()._asdict()
        flags = found.pop("flags")
        return {
            "parks": found.pop("parks"),
            "judged": found.pop("judged"),
            **flags,
            **found,
            "sample": self.sample,
        }


@dataclass(frozen=True, slots=True)
class UnderuseTally:
    """What the carriers of a partition, a district or a city add up to.

    Attributes
    ----------
    states
        Number of carriers by state, in the order of :data:`geo.underuse.STATES`.
    recoverable_low, recoverable_high, vacant_area_m2
        Sums over the carriers, m².
    carriers
        Number of carriers.
    sample
        Whether any of them is sample data.
    """

    states: tuple[int, ...] = (0,) * len(STATES)
    recoverable_low: Known = NOTHING
    recoverable_high: Known = NOTHING
    vacant_area_m2: Known = NOTHING
    carriers: int = 0
    sample: bool = False

    @classmethod
    def of(cls, table: pd.DataFrame) -> Self:
        """Return the tally of some carriers.

        Parameters
        ----------
        table
            One row a carrier, with ``state``, ``recoverable_low`` and
            ``recoverable_high`` (m², missing or infinite where there is no end), and
            optional ``vacant_area_m2`` (of the register; absent is unknown) and
            ``sample``.

        Raises
        ------
        ValueError
            If a column is missing.
        """
        require_columns(table, ["state", "recoverable_low", "recoverable_high"], "table")
        return cls(
            _counts(table["state"], STATES),
            Known.of(table["recoverable_low"]),
            Known.of(table["recoverable_high"]),
            Known.of(table.reindex(columns=["vacant_area_m2"])["vacant_area_m2"]),
            len(table),
            _any_sample(table),
        )

    def __add__(self, other: UnderuseTally) -> UnderuseTally:
        """Return the tally of both."""
        return UnderuseTally(
            _added(self.states, other.states),
            self.recoverable_low + other.recoverable_low,
            self.recoverable_high + other.recoverable_high,
            self.vacant_area_m2 + other.vacant_area_m2,
            self.carriers + other.carriers,
            self.sample or other.sample,
        )

    def row(self) -> dict[str, Value]:
        """Return the tally as one row, the number of carriers of each state under its name.

        Areas in m², None if there are carriers and none of their areas is known;
        ``…_unknown`` is how many carriers a sum leaves out.
        """
        return {
            "carriers": self.carriers,
            **dict(zip(STATES, self.states, strict=True)),
            "recoverable_low": self.recoverable_low.value,
            "recoverable_high": self.recoverable_high.value,
            "recoverable_unknown": self.recoverable_high.unknown,
            "vacant_area_m2": self.vacant_area_m2.value,
            "vacant_area_unknown": self.vacant_area_m2.unknown,
            "sample": self.sample,
        }


@dataclass(frozen=True, slots=True)
class ConsolidationTally:
    """What the plans of some districts add up to.

    Nothing moves from one district to another, so that the fewest presences of a city
    are the sum over its districts, and so is the bound.

    Attributes
    ----------
    sums
        Over the districts, in the order of :data:`PLAN_NUMBERS` without ``proven``.
    districts, proven
        Number of districts, and of those whose fewest presences are proven.
    sample
        Whether any of them is sample data.
    """

    sums: tuple[Known, ...] = (NOTHING,) * (len(PLAN_NUMBERS) - 1)
    districts: int = 0
    proven: int = 0
    sample: bool = False

    @classmethod
    def of(cls, table: pd.DataFrame) -> Self:
        """Return the tally of some districts.

        Parameters
        ----------
        table
            One row a district, columns :data:`PLAN_NUMBERS` and optional ``sample``.

        Raises
        ------
        ValueError
            If a column is missing.
        """
        require_columns(table, PLAN_NUMBERS, "table")
        sums = tuple(Known.of(table[name]) for name in PLAN_NUMBERS[:-1])
        proven = int(table["proven"].eq(other=True).sum())
        return cls(sums, len(table), proven, _any_sample(table))

    def __add__(self, other: ConsolidationTally) -> ConsolidationTally:
        """Return the tally of both."""
        return ConsolidationTally(
            tuple(one + more for one, more in zip(self.sums, other.sums, strict=True)),
            self.districts + other.districts,
            self.proven + other.proven,
            self.sample or other.sample,
        )

    def row(self) -> dict[str, Value]:
        """Return the tally as one row.

        ``districts``, ``proven`` and ``unproven`` are numbers of districts and ``unsolved``
        is how many have no plan: ``fewest``, ``moved_area_m2`` (m²) and ``cost_wan`` (万元)
        leave those out, the presences today and the bound do not.
        """
        before, fewest, bound, moved, cost = self.sums
        return {
            "districts": self.districts,
            "proven": self.proven,
            "unproven": self.districts - self.proven,
            "unsolved": fewest.unknown,
            "presences_before": before.count,
            "fewest": fewest.count,
            "lower_bound": bound.count,
            "moved_area_m2": moved.value,
            "cost_wan": cost.value,
            "sample": self.sample,
        }


def plan_numbers(frontier: Frontier) -> dict[str, Value]:
    """Return what a district adds to :class:`ConsolidationTally`: :data:`PLAN_NUMBERS`.

    Parameters
    ----------
    frontier
        Of the district.

    Returns
    -------
    dict
        Presences today and in the plan that leaves fewest, the number that is proven not
        to be undercut, floor area (m²) and cost (万元) of the moves of that plan, and
        whether it is proven that no plan leaves fewer. Without a plan those of the plan
        are None.
    """
    last = min(frontier.steps, key=lambda step: step.presences, default=None)
    return {
        "presences_before": frontier.presences_before,
        "fewest": None if last is None else last.presences,
        "lower_bound": frontier.lower_bound,
        "moved_area_m2": None if last is None else last.moved_area_m2,
        "cost_wan": None if last is None else last.cost_wan,
        "proven": last is not None and last.presences == frontier.lower_bound,
    }


def _counts(values: pd.Series[str], names: Iterable[str]) -> tuple[int, ...]:
    """Return how many rows have each of some names."""
    return tuple(int(values.eq(name).sum()) for name in names)


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _any_sample(table: pd.DataFrame) -> bool:
    """Tell whether a row is marked as sample data; not marked means it is not."""
    return "sample" in table.columns and bool(table["sample"].eq(other=True).any())
