"""Which vacant space can take which unit, and what the move costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.lists import items_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.consolidation.parameters import ConsolidationParameters

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

TESTS = ("area", "industry", "needs", "rent", "date", "distance", "override")
"""What a vacant space must pass to take a unit, in the order in which reasons are told."""

_DAYS_A_MONTH = 365 / 12
_YUAN_IN_WAN = 10_000.0
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PairTests:
    """Which of the units pass which test at which host.

    Attributes
    ----------
    unit
        Rows of the units that no lock or only a lease holds, shape (tested,).
    elsewhere
        Whether the host is at another site than the unit, shape (tested, hosts).
    passed
        For each of :data:`TESTS`, shape (tested, hosts).
    unverified
        Tests that were passed only because nothing is known, shape (tested, hosts).
    distance_m
        Along the street, metres, shape (tested, hosts).
    """

    unit: NDArray[np.intp]
    elsewhere: Bools
    passed: dict[str, Bools]
    unverified: dict[str, Bools]
    distance_m: Floats

    @property
    def fits(self) -> Bools:
        """Where all tests are passed, shape (tested, hosts)."""
        return np.asarray(np.logical_and.reduce([self.elsewhere, *self.passed.values()]))

    def all_but(self, name: str) -> Bools:
        """Where only the test `name` fails, shape (tested, hosts)."""
        others = [passed for test, passed in self.passed.items() if test != name]
        return np.asarray(np.logical_and.reduce([self.elsewhere, ~self.passed[name], *others]))


def run_tests(
    units: pd.DataFrame,
    hosts: pd.DataFrame,
    unit_xy: Floats,
    host_xy: Floats,
    allowed: Bools,
    parameters: ConsolidationParameters,
) -> PairTests:
    """Test every unit that could move, once its lease ends, at every host.

    Rent, industry and needs that are not known on the host's side are passed and
    reported as unverified, but for needs: what a tenant cannot do without is not
    guessed.

    Parameters
    ----------
    units, hosts
        As in :class:`geo.consolidation.tenancies.Tenancies`.
    unit_xy, host_xy
        Their places in a metric CRS, shape (rows, 2).
    allowed
        What the planner has not forbidden, shape (units, hosts).
    parameters
        Tolerances.
    """
    rows = np.flatnonzero(units["lock"].isin(["", "lease", "lease_unknown"]).to_numpy())
    movable = units.iloc[rows]
    apart = unit_xy[rows][:, np.newaxis, :] - host_xy[np.newaxis, :, :]
    distance = parameters.detour * np.hypot(apart[..., 0], apart[..., 1])
    needed = movable["area_m2"].to_numpy(np.float64) * parameters.area_ratio
    capacity = hosts["capacity_m2"].to_numpy(np.float64)
    industry, industry_open = _industry(movable, hosts)
    rent, rent_open = _rent(movable, hosts, parameters)
    ready = hosts["available_from"].to_numpy("datetime64[us]")
    dates = movable["move_date"].to_numpy("datetime64[us]")[:, np.newaxis]
    reach = np.inf if parameters.max_move_m is None else parameters.max_move_m
    return PairTests(
        unit=rows,
        elsewhere=movable["site"].to_numpy(object)[:, np.newaxis]
        != hosts["site"].to_numpy(object)[np.newaxis, :],
        passed={
            "area": needed[:, np.newaxis] <= capacity * (1 + _SLACK),
            "industry": industry,
            "needs": _needs(movable, hosts),
            "rent": rent,
            "date": np.isnat(ready) | (ready <= dates),
            "distance": distance <= reach,
            "override": allowed[rows],
        },
        unverified={"industry": industry_open, "rent": rent_open},
        distance_m=distance,
    )


def nearest(
    fits: Bools, tests: PairTests, units: pd.DataFrame, host_xy: Floats, unit_xy: Floats, count: int
) -> Bools:
    """Keep for each unit the `count` fitting hosts nearest its park's main site.

    The main site of a park is where it has most floor area, of its located ones.
    """
    located = units[np.isfinite(unit_xy).all(axis=1)]
    area = located.groupby(["park_id", "site"])["area_m2"].sum().reset_index()
    area = area.sort_values(["park_id", "area_m2", "site"], ascending=[True, False, True])
    main = area.drop_duplicates("park_id").set_index("park_id")["site"]
    middle = pd.DataFrame(unit_xy).groupby([units["park_id"], units["site"]]).mean()
    parks = units["park_id"].iloc[tests.unit]
    at = middle.reindex(pd.MultiIndex.from_arrays([parks, parks.map(main)])).to_numpy()
    away = np.hypot(*np.moveaxis(at[:, np.newaxis, :] - host_xy, -1, 0))
    rank = np.argsort(np.argsort(np.where(fits, away, np.inf), axis=1, kind="stable"), axis=1)
    return np.asarray(fits & (rank < count))


def price(
    units: pd.DataFrame, hosts: pd.DataFrame, parameters: ConsolidationParameters
) -> pd.DataFrame:
    """Return what each move costs, by part, 万元.

    A rent that is not known is taken at the median of the known ones, weighted by floor
    area, and the move is reported as unverified; without any known rent it counts 0.

    Parameters
    ----------
    units, hosts
        Unit and host of each pair, row by row.
    parameters
        Unit costs.

    Returns
    -------
    pandas.DataFrame
        ``relocation_wan``, ``fit_out_wan``, ``break_fee_wan``, ``double_rent_wan``,
        rounded to a yuan, and ``cost_wan``, their sum.
    """
    area = units["area_m2"].to_numpy(np.float64)
    needed = area * parameters.area_ratio
    early = (units["lease_end"] > units["move_date"]).to_numpy(bool)
    month = area * units["rent"].to_numpy(np.float64) * _DAYS_A_MONTH
    host_month = needed * hosts["rent"].to_numpy(np.float64) * _DAYS_A_MONTH
    parts = pd.DataFrame(
        {
            "relocation_wan": area * parameters.relocation_yuan_m2,
            "fit_out_wan": needed * parameters.fit_out_yuan_m2,
            "break_fee_wan": np.where(early, month * parameters.break_fee_months, 0.0),
            "double_rent_wan": host_month * parameters.double_rent_months,
        }
    )
    parts = (parts / _YUAN_IN_WAN).round(4)
    return parts.assign(cost_wan=parts.sum(axis="columns").round(4))


def typical_rent(units: pd.DataFrame) -> float:
    """Return the median known rent, weighted by floor area, yuan/(m²·day); NaN if none."""
    known = units.dropna(subset=["rent_yuan_m2_day"]).sort_values("rent_yuan_m2_day")
    known = known[known["area_m2"].gt(0)]
    if known.empty:
        return float("nan")
    half = known["area_m2"].cumsum().searchsorted(known["area_m2"].sum() / 2)
    return float(known["rent_yuan_m2_day"].iloc[int(half)])


def _industry(units: pd.DataFrame, hosts: pd.DataFrame) -> tuple[Bools, Bools]:
    """Return where the industry is admitted, and where that is not known."""
    names, open_to_all = units["industry"].tolist(), hosts["industries"].isna().to_numpy()
    listed = [frozenset(items_of(value)) for value in hosts["industries"]]
    # By name, because units are many and industries few.
    takes = {name: np.array([name in one for one in listed], dtype=bool) for name in set(names)}
    admitted = np.array([takes[name] for name in names], dtype=bool)
    admitted = admitted.reshape(len(units), len(hosts))
    unknown = np.broadcast_to(open_to_all, admitted.shape)
    return admitted | unknown, unknown


def _needs(units: pd.DataFrame, hosts: pd.DataFrame) -> Bools:
    """Return where a host offers all that a unit needs."""
    needs = [frozenset(items_of(value)) for value in units["needs"]]
    offers = [frozenset(items_of(value)) for value in hosts["provides"]]
    met = {need: np.array([need <= offer for offer in offers], dtype=bool) for need in set(needs)}
    return np.array([met[need] for need in needs], dtype=bool).reshape(len(units), len(hosts))


def _rent(
    units: pd.DataFrame, hosts: pd.DataFrame, parameters: ConsolidationParameters
) -> tuple[Bools, Bools]:
    """Return where the rent is not too much above the unit's, and where it is not known."""
    own = units["rent_yuan_m2_day"].to_numpy(np.float64)[:, np.newaxis]
    asked = hosts["rent_yuan_m2_day"].to_numpy(np.float64)[np.newaxis, :]
    unknown = np.isnan(own) | np.isnan(asked)
    return (asked <= own * (1 + parameters.rent_tolerance) * (1 + _SLACK)) | unknown, unknown
