"""Why a unit stays, and which leases keep a site from closing.

A plan is defended by what it leaves as much as by what it moves. Every unit that stays
gets the first constraint whose removal alone would let it go, with the rest of the plan
as it is; and every site that few leases hold is listed with them.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.consolidation.fit import TESTS
from geo.consolidation.model import formulate
from geo.consolidation.phrases import blocking_sentence
from geo.consolidation.phrases import why_sentence
from geo.consolidation.problem import PRESENCE
from geo.consolidation.problem import moves_made
from geo.consolidation.problem import sites_after
from geo.consolidation.room import Room

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.consolidation.model import Model
    from geo.consolidation.register import Register
    from geo.phrases import Sentence

    Plan = NDArray[np.intp]

NOT_MOVED_COLUMNS = (
    "unit_id",
    "park_id",
    "carrier_id",
    "floor_area_m2",
    "why",
    "reason_zh",
    "reason_en",
    "sample",
)
BLOCKING_COLUMNS = (
    "site",
    "park_id",
    "leases",
    "units",
    "freed_area_m2",
    "m2_per_lease",
    "earliest_date",
    "room",
    "reason_zh",
    "reason_en",
    "sample",
)
_SLACK = 1e-9
_BY_DATE = frozenset({"lease", "lease_unknown"})


class _Why(NamedTuple):
    """Why a unit stays."""

    code: str
    names: tuple[str, ...] = ()
    hosts: int = 0


def blocking_leases(register: Register, host: Plan) -> pd.DataFrame:
    """Return the sites that would close if a few leases ended, most area a lease first.

    With the rest of the plan as it is: a site where the plan brings units of the park
    does not close, whoever's lease ends.

    Parameters
    ----------
    register
        The problem and its register; ``most_blocking`` of its parameters is how many
        leases are few.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).

    Returns
    -------
    pandas.DataFrame
        :data:`BLOCKING_COLUMNS`: site and park, number of leases and their units, floor
        area of the park there (m²), that area a lease, when the last of them ends (NaT
        if one is not known), whether the plan leaves room for all the units at sites
        that the park keeps, and a sentence in two languages.
    """
    room = Room(register, host)
    units = register.problem.units.assign(row=np.arange(len(host)))
    came = host >= 0
    sites = sites_after(register.problem, host)
    received = set(zip(units["park_id"][came], sites[came], strict=True))
    found = []
    for (park, site), here in units[host < 0].groupby(PRESENCE):
        held = here[here["lock"].ne("")]
        if (park, site) in received:
            continue
        if not 0 < len(held) <= register.parameters.most_blocking:
            continue
        if not held["lock"].isin(list(_BY_DATE)).all():
            continue
        fits = room.place(here["row"].tolist(), room.kept(str(park), str(site))) is not None
        ends = held["lease_end"]
        latest = pd.NaT if ends.isna().any() else ends.max()
        names = sorted(held["unit_id"])
        area = float(here["area_m2"].sum())
        day = "" if pd.isna(latest) else f"{latest:%Y-%m-%d}"
        said = blocking_sentence(names, day, room=fits)
        sample = bool(here["sample"].eq(other=True).any())
        numbers = (len(held), ";".join(names), area, area / len(held), latest, fits)
        found.append((site, park, *numbers, *said, sample))
    table = pd.DataFrame(found, columns=list(BLOCKING_COLUMNS))
    table["earliest_date"] = pd.to_datetime(table["earliest_date"])
    order = ["room", "m2_per_lease", "park_id", "site"]
    return table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def not_moved(register: Register, host: Plan) -> pd.DataFrame:
    """Return why each unit that stays does so, ordered by unit.

    Parameters
    ----------
    register, host
        As in :func:`blocking_leases`.

    Returns
    -------
    pandas.DataFrame
        :data:`NOT_MOVED_COLUMNS`; ``why`` is a key of
        :data:`geo.consolidation.phrases.WHY`.
    """
    problem = register.problem
    reasons = _Reasons(register, host)
    stay = np.flatnonzero(host < 0)
    table = problem.units.iloc[stay][["unit_id", "park_id", "carrier_id", "area_m2"]]
    table = table.rename(columns={"area_m2": "floor_area_m2"}).reset_index(drop=True)
    found = [reasons.of(int(unit)) for unit in stay]
    said: list[Sentence] = [why_sentence(*why) for why in found]
    table["why"] = pd.array([why.code for why in found], dtype="str")
    table["reason_zh"] = pd.array([s.zh for s in said], dtype="str")
    table["reason_en"] = pd.array([s.en for s in said], dtype="str")
    table["sample"] = problem.units["sample"].iloc[stay].eq(other=True).to_numpy()
    return table[list(NOT_MOVED_COLUMNS)]


class _Reasons:
    """Finds why units stay; what is the same for a presence is looked at once."""

    def __init__(self, register: Register, host: Plan) -> None:
        self._register, self._problem, self._host = register, register.problem, host
        self._room = Room(register, host)
        units = self._problem.units
        self._lock = units["lock"].tolist()
        self._place = list(zip(units["park_id"], units["site"], strict=True))
        self._row = {int(unit): row for row, unit in enumerate(register.tests.unit)}
        self._others = {test: register.tests.all_but(test) for test in TESTS}
        self._members: dict[tuple[str, str], list[int]] = defaultdict(list)
        for unit in np.flatnonzero(host < 0).tolist():
            self._members[self._place[unit]].append(unit)
        self._known: dict[tuple[str, str], _Why] = {}

    def of(self, unit: int) -> _Why:
        """Return why one unit stays."""
        if self._lock[unit]:
            return _Why(self._lock[unit])
        if not self._room.fits(unit).any():
            return self._nowhere(unit)
        place = self._place[unit]
        if place not in self._known:
            self._known[place] = self._of_presence(place)
        return self._known[place]

    def _nowhere(self, unit: int) -> _Why:
        """Return which one condition keeps a unit from every vacant space."""
        row = self._row[unit]
        if not self._register.tests.elsewhere[row].any():
            return _Why("no_host")
        for test in TESTS:
            hosts = int(self._others[test][row].sum())
            if hosts:
                return _Why(test, hosts=hosts)
        return _Why("several")

    def _of_presence(self, place: tuple[str, str]) -> _Why:
        """Return why a presence stays whose unit could go somewhere."""
        members = self._members[place]
        stuck = [u for u in members if self._lock[u] or not self._room.fits(u).any()]
        if stuck:
            names = self._problem.units["unit_id"].iloc[stuck]
            return _Why("keeps_site", tuple(sorted(names)))
        kept = self._room.kept(*place)
        moves = self._room.place(members, kept)
        if moves is None:
            if self._room.place(members, kept, whole=True) is not None:
                return _Why("capacity")
            anywhere = np.ones(kept.size, dtype=bool)
            new = self._room.place(members, anywhere, whole=True) is not None
            return _Why("no_gain" if new else "capacity")
        return _Why(self._limit(moves))

    @cached_property
    def _model(self) -> Model:
        """The programme, made only if a limit is in question."""
        return formulate(self._problem, cuts=False)

    def _limit(self, moves: dict[int, int]) -> str:
        """Return which limit of the whole plan a few more moves would break."""
        host, limits, units = self._host.copy(), self._problem.limits, self._problem.units
        host[list(moves)] = list(moves.values())
        moved = host >= 0
        area = units["area_m2"].to_numpy(np.float64)[moved]
        by_year = pd.Series(area).groupby(units["year"].to_numpy()[moved]).sum()
        if limits.yearly_m2 is not None and by_year.max() > limits.yearly_m2 * (1 + _SLACK):
            return "yearly_share"
        made = moves_made(self._problem, host)
        cost = float(self._problem.pairs["cost_wan"].to_numpy()[made].sum())
        if limits.budget_wan is not None and cost > limits.budget_wan * (1 + _SLACK):
            return "budget"
        return "not_needed" if self._model.keeps(host) else "anchor"
