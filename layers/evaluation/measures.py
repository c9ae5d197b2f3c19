"""Numbers that the layers give where nobody recorded an indicator.

A measure is an interval: what is unknown in the layers leaves it open, and a sum with
an unknown part is unknown. It stands for a year only if the layers are of that year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.flag import unusable
from geo.parameters import RULE_VERSION as SCATTER_RULE
from geo.scorecards import difference_in_differences
from geo.scorecards import ratio_of_sums
from geo.spaces import park_spaces
from geo.underuse import RULE_VERSION as UNDERUSE_RULE
from geo.underuse import UnderuseParameters
from geo.underuse import parse_gaps
from geo.underuse import underuse_facts
from geo.underuse import vacancy_interval
from geo.underuse.parameters import TAX
from layers.analysis import scatter_of
from layers.evaluation.records import CHANGE
from layers.evaluation.records import MARKET
from layers.evaluation.records import VACANCY
from layers.evaluation.records import records_of
from layers.marks import is_sample
from layers.stock import ChanceChoice

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from geo.scorecards import Scorecard
    from layers.catalogue import Catalogue

    Tables = Mapping[str, pd.DataFrame]

MEASURE_COLUMNS = ("low", "high", "data_date", "source", "basis", "sample")
"""Columns of a measure; the first two in the unit of its criterion."""

_PERCENT = 100.0
_PER_1000 = 1000.0
_DOUBTFUL = "doubtful"
_OPEN = pd.DataFrame({"low": np.nan, "high": np.nan}, index=pd.Index([], dtype="str"))


@dataclass(frozen=True, eq=False)
class Ground:
    """What measures are worked out from.

    Attributes
    ----------
    tables, catalogue
        Layers by key, and what describes them.
    card
        Whose class it is.
    period
        The year that the layers must be of.
    subjects
        Ids of those who are measured.
    """

    tables: Tables
    catalogue: Catalogue
    card: Scorecard
    period: int
    subjects: tuple[str, ...]

    @cached_property
    def carriers(self) -> pd.DataFrame:
        """All carriers, without the numbers that the register calls doubtful."""
        return _without_doubted(self.tables["carriers"], self.catalogue)

    @cached_property
    def own(self) -> pd.DataFrame:
        """The carriers of the subjects whose data are of the period."""
        return self.of_period(self.carriers)

    @cached_property
    def scattered(self) -> pd.DataFrame:
        """The scatter of the subjects; several measures are parts of it."""
        return _scattered(self)

    def of_period(self, rows: pd.DataFrame, by: str = "park_id") -> pd.DataFrame:
        """Return the rows of the subjects whose latest date lies in the period."""
        rows = rows[rows[by].isin(self.subjects)]
        latest = pd.to_datetime(rows["data_date"]).groupby(rows[by]).transform("max")
        kept: pd.DataFrame = rows.loc[latest.dt.year.eq(self.period)]
        return kept


def measure(name: str, ground: Ground) -> pd.DataFrame:
    """Return a measure of those whose data are of the period.

    Parameters
    ----------
    name
        A key of :data:`MEASURES`.
    ground
        What it is worked out from.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`MEASURE_COLUMNS` by subject; somebody about whom the layers say
        nothing, or nothing of that year, is not there.
    """
    nowhere = name != CHANGE and not len(ground.tables.get("carriers", ()))
    found = _OPEN if nowhere else MEASURES[name](ground)
    there = found[["low", "high"]].notna().any(axis=1)
    return found[there].reindex(columns=list(MEASURE_COLUMNS))


def _occupancy(ground: Ground) -> pd.DataFrame:
    """100 · (1 - vacancy), the vacancy of a park weighted by the area on offer.

    A park holds its units, and whole carriers where no units are recorded.
    """
    units, whole = _unit_pieces(ground), _carrier_pieces(ground)
    pieces = pd.concat([piece for piece in (units, whole) if len(piece)] or [whole])
    park, offered = pieces["park"], pieces["offered"]
    low = _weighted(pieces["low"], offered, park, least=True)
    high = _weighted(pieces["high"], offered, park, least=False)
    # An interval from nothing to everything is no evidence.
    open_wide = low.le(0) & high.ge(1)
    found = pd.DataFrame({"low": _PERCENT * (1 - high), "high": _PERCENT * (1 - low)})
    source = "units;carriers" if len(units) else "carriers"
    return _told(found[~open_wide], pieces, park, source, "")


def _carrier_pieces(ground: Ground) -> pd.DataFrame:
    """Return vacancy and area on offer of the subjects' carriers without recorded units."""
    carriers, units = ground.own, ground.tables.get("units")
    if units is not None:
        carriers = carriers[~carriers["carrier_id"].isin(units["carrier_id"])]
    ends = vacancy_interval(carriers)
    offered = _offered(carriers)
    return carriers[["data_date"]].assign(
        park=carriers["park_id"],
        low=ends["low"],
        high=ends["high"],
        offered=offered,
        sample=is_sample(carriers),
    )


def _unit_pieces(ground: Ground) -> pd.DataFrame:
    """Return the subjects' units: 0 or 1 vacant, either if the state is not known."""
    units = _held_units(ground)
    if units.empty:
        return pd.DataFrame()
    unknown, vacant = units["state"].isna(), units["state"].eq("vacant").fillna(value=False)
    locked = units["state"].eq("locked").fillna(value=False)
    return units[["park", "data_date"]].assign(
        low=vacant.astype("float64"),
        high=(vacant | unknown).astype("float64"),
        offered=units["floor_area_m2"].astype("float64").mask(locked, 0.0),
        sample=is_sample(units),
    )


def _offered(carriers: pd.DataFrame) -> pd.Series[float]:
    """Return the area on offer: rentable less locked, or what else adds up to it."""
    area = {
        name: carriers[f"{name}_area_m2"].astype("float64")
        for name in ("rentable", "locked", "own_use", "leased", "vacant")
    }
    rest = area["own_use"] + area["leased"] + area["vacant"]
    return (area["rentable"] - area["locked"]).fillna(rest).clip(lower=0)


def _weighted(
    rate: pd.Series[float], area: pd.Series[float], park: pd.Series[str], *, least: bool
) -> pd.Series[float]:
    """Return the lowest or highest mean of rates that unknown areas allow.

    A rate whose area is unknown may weigh nothing or nearly everything.
    """
    known = area.notna() & (area > 0)
    sums = (rate * area)[known].groupby(park[known]).sum()
    mean = sums / area[known].groupby(park[known]).sum()
    free = rate[area.isna()].groupby(park[area.isna()])
    ends = pd.concat([mean, free.min() if least else free.max()], axis=1)
    return ends.min(axis=1) if least else ends.max(axis=1)


def _scattered(ground: Ground) -> pd.DataFrame:
    """Return the scatter of the parks whose carriers are of the period, by the usual rule."""
    spaces = park_spaces(ground.tables["carriers"], ground.tables.get("units"))
    dates = ground.tables["carriers"].set_index("carrier_id")["data_date"]
    held = pd.DataFrame(spaces[["park_id", "sample"]]).assign(
        data_date=spaces["carrier_id"].map(dates)
    )
    held = ground.of_period(held)
    parks = sorted(held["park_id"].unique())
    if not parks:
        return _OPEN
    result = scatter_of(ground.tables, ground.catalogue, None, parks, chance=ChanceChoice("none"))
    table = result.table.set_index("park_id")
    table = table[~unusable(table, result.parameters)]
    basis = f"{SCATTER_RULE}; {result.parameters.as_text()}"
    return _told(table, held, held["park_id"], "carriers;units;zones", basis)


def _lcc(ground: Ground) -> pd.DataFrame:
    """Return the largest walkable share of a park, %."""
    table = ground.scattered
    if table.empty:
        return _OPEN
    share = _PERCENT * table["largest_cluster_share"]
    return table.assign(low=share, high=share)


def _zone_share(ground: Ground) -> pd.DataFrame:
    """Return the share of a park in the zones, %; what lies on a border may be in or out."""
    table = ground.scattered
    if table.empty:
        return _OPEN
    inside = table["zone_share"]
    both = inside + table["zone_border_share"]
    return table.assign(low=_PERCENT * inside, high=_PERCENT * both.clip(upper=1.0))


def _chain_share(ground: Ground) -> pd.DataFrame:
    """Return the share of the leased area with the lead industry of the park, %."""
    parks = ground.tables.get("parks")
    units = _held_units(ground)
    if parks is None or units.empty:
        return _OPEN
    units = units[units["state"].eq("leased").fillna(value=False)]
    lead = units["park"].map(parks.set_index("park_id")["industry"])
    units = units.assign(lead=lead)[lead.notna()]
    area, park = units["floor_area_m2"].astype("float64"), units["park"]
    chain = units["industry"].eq(units["lead"])
    silent = units["industry"].isna()
    low = ratio_of_sums(area.where(chain | area.isna(), 0.0), area, park)
    high = ratio_of_sums(area.where(chain | silent | area.isna(), 0.0), area, park)
    found = pd.DataFrame({"low": _PERCENT * low, "high": _PERCENT * high})
    return _told(found, units, park, "units;parks", "")


def _held_units(ground: Ground) -> pd.DataFrame:
    """Return the units of the parks, of the period; ``park`` is who holds them."""
    units = ground.tables.get("units")
    if units is None:
        return pd.DataFrame()
    of_carrier = ground.tables["carriers"].set_index("carrier_id")["park_id"]
    park = units["park_id"].fillna(units["carrier_id"].map(of_carrier).astype("str"))
    return ground.of_period(units.assign(park=park), "park")


def _output_ratio(ground: Ground) -> pd.DataFrame:
    """Return tax per m² of a park over the median of the carriers of its class."""
    carriers, own = ground.carriers, ground.own
    facts = underuse_facts(carriers, UnderuseParameters(date(ground.period, 12, 31)))
    peers = facts[carriers["carrier_class"].eq(ground.card.key)].dropna(subset="peer_median")
    if peers.empty or own.empty:
        return _OPEN
    first, area = peers.iloc[0], _area(own)
    of_own = facts.reindex(own.index)
    output = of_own["output_low"].where(of_own["yardstick"].eq(TAX))
    ratio = ratio_of_sums(output * area, area, own["park_id"]) / first["peer_median"]
    found = pd.DataFrame({"low": ratio, "high": ratio})
    basis = f"{UNDERUSE_RULE}; peers={first['peers']:.0f}; peers_known={first['peers_known']:.0f}"
    return _told(found, own, own["park_id"], "carriers", basis)


def _tenants_density(ground: Ground) -> pd.DataFrame:
    """Return the firms in incubation for 1000 m² of a park."""
    carriers = ground.own
    firms = carriers["incubated"].astype("float64")
    density = _PER_1000 * ratio_of_sums(firms, _area(carriers), carriers["park_id"])
    found = pd.DataFrame({"low": density, "high": density})
    return _told(found, carriers, carriers["park_id"], "carriers", "")


def _vacancy_change(ground: Ground) -> pd.DataFrame:
    """Return the change of an operator's vacancy less that of the market, points."""
    before, now = (_vacancies(ground, year) for year in (ground.period - 1, ground.period))
    if MARKET not in before.index or MARKET not in now.index:
        return _OPEN
    then, level = before["value"].reindex(now.index).astype("float64"), now["value"]
    market = [pd.Series(float(year["value"][MARKET]), now.index) for year in (before, now)]
    change: pd.Series[float] = difference_in_differences(then, level, market[0], market[1])
    marked = pd.concat([before["sample"], now["sample"]]).fillna(value=False).astype("bool")
    sample = marked.groupby(level=0).any()
    found = now.assign(low=change, high=change, sample=sample | sample[MARKET])
    return found.drop(index=MARKET)


def _vacancies(ground: Ground, year: int) -> pd.DataFrame:
    """Return the recorded vacancies of a year by subject."""
    rows = records_of(ground.tables, ground.card, year, ground.subjects).used
    return rows[rows["indicator"].eq(VACANCY)].set_index("subject_id")


MEASURES: Mapping[str, Callable[[Ground], pd.DataFrame]] = {
    "occupancy": _occupancy,
    "lcc": _lcc,
    "zone_share": _zone_share,
    "chain_share": _chain_share,
    "output_ratio": _output_ratio,
    "tenants_density": _tenants_density,
    CHANGE: _vacancy_change,
}
"""How each measure that a criterion may name is worked out."""


def registered_elsewhere(tables: Tables, catalogue: Catalogue) -> pd.DataFrame:
    """Return the share of the tenants of parks that are registered outside the district.

    Revenue and tax belong to where a firm is registered; shown beside a grade, never
    part of it.

    Parameters
    ----------
    tables, catalogue
        Layers by key, and what describes them.

    Returns
    -------
    pandas.DataFrame
        ``share`` in [0, 1] and ``sample`` by park; a park is not there if one of its
        carriers lacks a number, or if more tenants are registered than there are.
    """
    carriers = tables.get("carriers")
    if carriers is None:
        return pd.DataFrame({"share": [], "sample": []}, index=pd.Index([], dtype="str"))
    own = _without_doubted(carriers, catalogue)
    here, tenants = (own[n].astype("float64") for n in ("registered_tenants", "tenants"))
    share = 1.0 - ratio_of_sums(here, tenants, own["park_id"])
    marked = is_sample(own).groupby(own["park_id"]).any()
    return pd.DataFrame({"share": share, "sample": marked})[share.between(0, 1)]


def _without_doubted(carriers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Return carriers without the numbers that the register itself calls doubtful."""
    titles = {field.title.zh: field.name for field in catalogue.layer("carriers").fields}
    said = carriers.get("gaps", pd.Series(dtype="str")).dropna()
    cleaned = carriers.copy()
    for row, text in said.items():
        for name, state in parse_gaps(text, titles).states.items():
            if state == _DOUBTFUL and name in cleaned.columns:
                cleaned.loc[row, name] = None
    return cleaned


def _area(carriers: pd.DataFrame) -> pd.Series[float]:
    """Return the floor area above ground, else all of it."""
    above = carriers["above_ground_area_m2"].astype("float64")
    return above.fillna(carriers["gross_area_m2"].astype("float64"))


def _told(
    found: pd.DataFrame, rows: pd.DataFrame, park: pd.Series[str], source: str, basis: str
) -> pd.DataFrame:
    """Add to numbers by park what they were made from."""
    marked = is_sample(rows)
    dates = pd.to_datetime(rows["data_date"]).groupby(park).max()
    return found.assign(
        data_date=dates.reindex(found.index),
        sample=marked.groupby(park).any().reindex(found.index),
        source=source,
        basis=basis,
    )
