"""How the planner's overrides take effect, and which of them cannot."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from geo.consolidation.model import formulate
from geo.consolidation.overrides import Conflict
from geo.consolidation.overrides import conflicts_between
from geo.consolidation.start import pinned_plan
from geo.phrases import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.fit import PairTests
    from geo.consolidation.overrides import Override
    from geo.consolidation.parameters import ConsolidationParameters
    from geo.consolidation.problem import Problem

    Bools = NDArray[np.bool_]

# A planner who pins a move knows more than the register about the lease; what is not
# there, has no known size or must not be touched cannot be pinned.
_YIELDING = frozenset({"", "lease", "lease_unknown", "state"})
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """What is settled.

    Attributes
    ----------
    lock
        Why each unit cannot move, with what is settled; index of the units.
    allowed
        Which unit may go to which host, shape (units, hosts).
    pins
        Host of each unit that is pinned.
    by_unit
        The override behind each pin.
    unlocked
        Units that could not move if they were not pinned.
    anchors
        Sites that a park's anchors must include, by park.
    conflicts
        Overrides that are not applied.
    """

    lock: pd.Series[Any]
    allowed: Bools
    pins: Mapping[str, str]
    by_unit: Mapping[str, Override]
    unlocked: frozenset[str]
    anchors: Mapping[str, frozenset[str]]
    conflicts: tuple[Conflict, ...]

    def pinned_only(
        self, fits: Bools, tests: PairTests, units: pd.DataFrame, hosts: pd.DataFrame
    ) -> tuple[Bools, Bools]:
        """Leave a pinned unit its one host.

        Returns
        -------
        tuple
            Which moves are possible, and which of them pass only because they are
            pinned; shape (tested, hosts).
        """
        fits, bypassed = fits.copy(), np.zeros_like(fits)
        names = units["unit_id"].to_numpy()[tests.unit]
        column = {name: at for at, name in enumerate(hosts["host_id"])}
        for row in np.flatnonzero(np.isin(names, list(self.pins))):
            at = column[self.pins[names[row]]]
            bypassed[row, at] = not fits[row, at] or names[row] in self.unlocked
            fits[row] = False
            fits[row, at] = True
        return fits, bypassed


def settle(
    overrides: Sequence[Override],
    units: pd.DataFrame,
    hosts: pd.DataFrame,
    site_of: pd.Series[str],
    parameters: ConsolidationParameters,
) -> Hand:
    """Apply overrides to units and hosts.

    Those that contradict each other or the data are listed and none of them is applied;
    a pin that a protected site or an excluded carrier forbids gives way alone.

    Parameters
    ----------
    overrides
        In any order.
    units, hosts
        As in :class:`geo.consolidation.tenancies.Tenancies`.
    site_of
        Site by carrier.
    parameters
        Number of anchors and ratio of floor area.
    """
    conflicts = conflicts_between(overrides)
    broken = {id(override) for conflict in conflicts for override in conflict.overrides}
    good = [override for override in overrides if id(override) not in broken]
    work = _Work(units, hosts, site_of, parameters)
    for override in sorted(good, key=lambda o: o.kind == "pin"):  # pins last: locks are known
        reason = work.apply(override)
        if reason is not None:
            conflicts.append(Conflict((override,), reason))
    conflicts += work.drop_overfull() + work.drop_uncounted_anchors()
    return Hand(
        lock=work.lock,
        allowed=work.allowed,
        pins={unit: pin.host_id for unit, pin in work.pins.items()},
        by_unit=work.pins,
        unlocked=frozenset(work.unlocked & work.pins.keys()),
        anchors={park: frozenset(by_site) for park, by_site in work.anchors.items()},
        conflicts=tuple(conflicts),
    )


def impossible_pins(problem: Problem, hand: Hand) -> Conflict | None:
    """Return the conflict if the pins together break a limit of the whole plan."""
    if not problem.pinned or formulate(problem, cuts=False).keeps(pinned_plan(problem)):
        return None
    reason = Sentence(
        "指定的去向合在一起突破了预算、年度比例或锚点限制，均未采用",
        "together the pinned moves break budget, yearly share or anchors; none is applied",
    )
    return Conflict(tuple(hand.by_unit[unit] for unit in problem.pinned), reason)


class _Work:
    """Overrides while they are applied."""

    def __init__(
        self,
        units: pd.DataFrame,
        hosts: pd.DataFrame,
        site_of: pd.Series[str],
        parameters: ConsolidationParameters,
    ) -> None:
        self._units, self._hosts = units.set_index("unit_id"), hosts.set_index("host_id")
        self._site_of, self._parameters = site_of, parameters
        self.lock = units["lock"].copy()
        self._held = np.zeros(len(units), dtype=bool)
        self.unlocked: set[str] = set()
        self.allowed = np.ones((len(units), len(hosts)), dtype=bool)
        self.pins: dict[str, Override] = {}
        self.anchors: dict[str, dict[str, Override]] = defaultdict(dict)

    def apply(self, override: Override) -> Sentence | None:
        """Apply one override; return why it cannot be, if so."""
        missing = self._missing(override)
        if missing is not None:
            return missing
        if override.kind == "pin":
            return self._pin(override)
        if override.kind == "anchor":
            site = str(self._site_of[override.carrier_id])
            self.anchors[override.park_id].setdefault(site, override)
        elif override.kind in {"stay", "protect"}:
            self._hold(override)
        else:
            rows = np.ones(len(self._units), dtype=bool)
            if override.unit_id:
                rows = self._units.index == override.unit_id
            self.allowed[np.ix_(rows, self._host_mask(override))] = False
        return None

    def drop_overfull(self) -> list[Conflict]:
        """Drop pins that do not fit into one host together."""
        by_host: dict[str, list[str]] = defaultdict(list)
        for unit, pin in self.pins.items():
            by_host[pin.host_id].append(unit)
        found = []
        for host, pinned in by_host.items():
            needed = float(self._units.loc[pinned, "area_m2"].sum()) * self._parameters.area_ratio
            room = float(self._hosts["capacity_m2"][host])
            if needed > room * (1 + _SLACK):
                reason = Sentence(
                    f"指定到 {host} 的单元共需 {needed:,.0f} m²，只有 {room:,.0f} m²",
                    f"the units pinned to {host} need {needed:,.0f} m² and it has {room:,.0f} m²",
                )
                found.append(Conflict(tuple(self._unpin(unit) for unit in pinned), reason))
        return found

    def _unpin(self, unit: str) -> Override:
        row = int(self._units.index.get_indexer(pd.Index([unit]))[0])
        self.lock.iloc[row] = self._units["lock"].iloc[row]
        return self.pins.pop(unit)

    def drop_uncounted_anchors(self) -> list[Conflict]:
        """Drop anchors of a park that has more of them than the plan allows."""
        most = self._parameters.anchors
        found = []
        for park in [park for park, sites in self.anchors.items() if len(sites) > most]:
            given = self.anchors.pop(park)
            reason = Sentence(
                f"园区 {park} 指定了 {len(given)} 个锚点，参数只允许 {most} 个",
                f"park {park} was given {len(given)} anchors; the parameters allow {most}",
            )
            found.append(Conflict(tuple(given.values()), reason))
        return found

    def _missing(self, override: Override) -> Sentence | None:
        known: dict[str, pd.Index] = {
            "unit_id": self._units.index,
            "host_id": self._hosts.index,
            "carrier_id": self._site_of.index,
            "park_id": pd.Index(self._units["park_id"]),
        }
        for name, listed in known.items():
            value = getattr(override, name)
            if value and value not in listed:
                return Sentence(
                    f"当前数据中没有 {value}（{name}），或它不参与本方案",
                    f"there is no {value} ({name}) in the current data, or it takes no part",
                )
        return None

    def _host_mask(self, override: Override) -> Bools:
        if override.host_id:
            return np.asarray(self._hosts.index == override.host_id)
        return np.asarray(self._hosts["carrier_id"].eq(override.carrier_id))

    def _hold(self, override: Override) -> None:
        if override.kind == "stay":
            held = self._units.index == override.unit_id
        else:
            site = self._site_of[override.carrier_id]
            held = self._units["site"].eq(site).to_numpy()
            if override.park_id:
                held = held & self._units["park_id"].eq(override.park_id).to_numpy()
        self._held |= held
        self.lock = self.lock.mask(held & self.lock.eq("").to_numpy(), "override")

    def _pin(self, pin: Override) -> Sentence | None:
        row = int(self._units.index.get_indexer(pd.Index([pin.unit_id]))[0])
        column = int(self._hosts.index.get_indexer(pd.Index([pin.host_id]))[0])
        lock = "override" if self._held[row] else self.lock.iloc[row]
        if lock not in _YIELDING:
            return Sentence(
                f"单元 {pin.unit_id} 不能移动（{lock}），不能指定去向",
                f"unit {pin.unit_id} cannot move ({lock}) and cannot be pinned",
            )
        if self._units["site"].iloc[row] == self._hosts["site"].iloc[column]:
            return Sentence(
                f"{pin.host_id} 与单元 {pin.unit_id} 在同一点位",
                f"{pin.host_id} is at the site where unit {pin.unit_id} already is",
            )
        if not self.allowed[row][column]:
            return Sentence(
                f"单元 {pin.unit_id} 去 {pin.host_id} 既被指定又被禁止",
                f"the move of unit {pin.unit_id} to {pin.host_id} is pinned and forbidden",
            )
        if lock:
            self.unlocked.add(pin.unit_id)
        self.lock.iloc[row] = ""
        self.pins[pin.unit_id] = pin
        return None
