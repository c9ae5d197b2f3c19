"""A plan as tables: who could go where, what becomes of each site, and when.

The words propose. Nobody can be ordered to move, and the sentences do not sound as if
somebody could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.consolidation.problem import PRESENCE
from geo.consolidation.problem import moves_made
from geo.consolidation.problem import presences_after
from geo.consolidation.problem import sites_after
from geo.phrases import Sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.consolidation.overrides import Override
    from geo.consolidation.register import Register
    from geo.consolidation.steps import Frontier

    Plan = NDArray[np.intp]

__all__ = ["calendar", "moves", "no_regret", "site_outcomes", "units_after"]

MOVE_COLUMNS = (
    "unit_id",
    "park_id",
    "tenant",
    "industry",
    "from_carrier",
    "to_carrier",
    "host_id",
    "floor_area_m2",
    "distance_m",
    "cost_wan",
    "relocation_wan",
    "fit_out_wan",
    "break_fee_wan",
    "double_rent_wan",
    "lease_end",
    "move_date",
    "quarter",
    "plans",
    "of_plans",
    "no_regret",
    "confidence",
    "unverified",
    "reason_zh",
    "reason_en",
    "sample",
    "geometry",
)
SITE_COLUMNS = (
    "park_id",
    "site_id",
    "outcome",
    "units_before",
    "units_after",
    "area_before_m2",
    "area_after_m2",
    "blocking_units",
    "earliest_date",
    "reason_zh",
    "reason_en",
    "sample",
    "geometry",
)
RELEASED = "*"
"""The ``park_id`` of what a plan gives up. Not empty: that would mean the carrier's park."""

_PARTS = ("relocation_wan", "fit_out_wan", "break_fee_wan", "double_rent_wan")
_OF_A_TENANCY = ("tenant", "industry", "industry_code", "lease_start", "lease_end", "needs")
_ROUNDING_M2 = 1e-6
_QUESTIONS = {
    "rent": Sentence("租金", "rent"),
    "industry": Sentence("产业准入", "admitted industries"),
    "override": Sentence("人工指定的例外", "an exception made by hand"),
}


def moves(register: Register, frontier: Frontier, host: Plan) -> gpd.GeoDataFrame:
    """Return the moves of a plan, ordered by unit.

    Parameters
    ----------
    register
        The problem and its register.
    frontier
        Tells in how many plans each unit moves.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).

    Returns
    -------
    geopandas.GeoDataFrame
        :data:`MOVE_COLUMNS`: ids of unit, park and host, the two carriers, floor area
        (m²), distance along the street (m), cost and its parts (万元), ``move_date`` and
        its ``quarter``, in how many of the frontier's plans the unit moves, whether in
        all (``no_regret``), ``confidence`` (``checked``, or ``to_verify`` if something
        that the fit rests on is not known: ``unverified``), a sentence in two languages,
        and a line from carrier to carrier in the metric CRS of the register.
    """
    problem = register.problem
    pairs = problem.pairs[moves_made(problem, host)]
    units = problem.units.iloc[pairs["unit"].to_numpy()].reset_index(drop=True)
    hosts = problem.hosts.iloc[pairs["host"].to_numpy()].reset_index(drop=True)
    told = no_regret(register, frontier).set_index("unit_id")
    plans = units["unit_id"].map(told["plans"]).fillna(0).astype("Int64")
    unverified = pairs["unverified"].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "unit_id": units["unit_id"],
            "park_id": units["park_id"],
            "tenant": units["tenant"],
            "industry": units["industry"],
            "from_carrier": units["carrier_id"],
            "to_carrier": hosts["carrier_id"],
            "host_id": hosts["host_id"],
            "floor_area_m2": units["area_m2"],
            "lease_end": units["lease_end"],
            "move_date": units["move_date"],
            "quarter": _quarters(units["move_date"]),
            "plans": plans,
            "of_plans": _efficient(frontier),
            "no_regret": plans.eq(_efficient(frontier)) & plans.gt(0),
            "confidence": np.where(unverified.eq(""), "checked", "to_verify"),
            "unverified": unverified,
            "sample": _marked(units) | _marked(hosts),
        }
    )
    for name in ("distance_m", "cost_wan", *_PARTS):
        table[name] = pairs[name].to_numpy()
    table = table.join(_move_reasons(register, table, host))
    return gpd.GeoDataFrame(table, geometry=_lines(register, table), crs=register.carriers.crs)[
        list(MOVE_COLUMNS)
    ]


def calendar(moved: pd.DataFrame) -> pd.DataFrame:
    """Return what moves in each quarter: ``quarter``, ``moves``, ``floor_area_m2``, ``cost_wan``.

    Parameters
    ----------
    moved
        Result of :func:`moves`.
    """
    grouped = moved.groupby("quarter", sort=True)
    return grouped.agg(
        moves=("unit_id", "size"),
        floor_area_m2=("floor_area_m2", "sum"),
        cost_wan=("cost_wan", "sum"),
    ).reset_index()


def no_regret(register: Register, frontier: Frontier) -> pd.DataFrame:
    """Return in how many of the frontier's plans each unit moves, the most first.

    The first plan, in which only what is settled moves, is not counted. A unit that moves
    in all the others is right whichever of them is chosen.

    Returns
    -------
    pandas.DataFrame
        ``unit_id``, ``park_id``, ``plans``, ``of_plans`` and ``no_regret``, which is true
        of those that move in all; units that move in one at least.
    """
    plans = [step.host >= 0 for step in frontier.steps[1:]]
    count = np.sum(plans, axis=0) if plans else np.zeros(len(register.problem.units), dtype=int)
    table = register.problem.units[["unit_id", "park_id"]].assign(
        plans=pd.array(count, dtype="Int64"), of_plans=len(plans)
    )
    table = table[table["plans"].gt(0)]
    table = table.assign(no_regret=table["plans"].eq(len(plans)))
    return table.sort_values(["plans", "unit_id"], ascending=[False, True], ignore_index=True)


def site_outcomes(register: Register, host: Plan) -> gpd.GeoDataFrame:
    """Return what becomes of every site that a park is at, before or after.

    Parameters
    ----------
    register, host
        As in :func:`moves`.

    Returns
    -------
    geopandas.GeoDataFrame
        :data:`SITE_COLUMNS`. ``outcome`` is ``anchor`` (units move here), ``surrender``
        (nobody of the park is left), ``locked`` (the park stays only because of units
        that cannot move, ``blocking_units``, until ``earliest_date`` if dates are all
        that holds them) or ``keep``. Ordered by park and site; a point in the metric CRS
        of the register, none for a site without location.
    """
    problem = register.problem
    units = problem.units.assign(locked=problem.units["lock"].ne(""), marked=_marked(problem.units))
    before = units.groupby(PRESENCE).agg(
        units_before=("unit_id", "size"),
        area_before_m2=("area_m2", "sum"),
        held=("locked", "any"),
        marked=("marked", "any"),
    )
    after = (
        units.assign(site=sites_after(problem, host), comes=host >= 0)
        .groupby(PRESENCE)
        .agg(
            units_after=("unit_id", "size"),
            area_after_m2=("area_m2", "sum"),
            comes=("comes", "any"),
            marked_after=("marked", "any"),
        )
    )
    table = before.join(after, how="outer").reset_index()
    counts = ["units_before", "units_after", "area_before_m2", "area_after_m2"]
    table[counts] = table[counts].fillna(0)
    flags = ["held", "comes", "marked", "marked_after"]
    table[flags] = table[flags].eq(other=True)
    table["outcome"] = np.select(
        [table["units_after"].eq(0), table["comes"], table["held"]],
        ["surrender", "anchor", "locked"],
        "keep",
    )
    table["sample"] = table["marked"] | table["marked_after"]
    table = table.merge(_blocking(units), how="left", on=PRESENCE)
    locked = table["outcome"].eq("locked")
    table["blocking_units"] = table["blocking_units"].where(locked, "").fillna("")
    table["earliest_date"] = table["earliest_date"].where(locked)
    table = table.join(_site_reasons(table)).rename(columns={"site": "site_id"})
    points = register.sites.set_index("site").geometry.reindex(table["site_id"])
    return gpd.GeoDataFrame(
        table.astype({"units_before": "Int64", "units_after": "Int64"}),
        geometry=points.to_numpy(),
        crs=register.sites.crs,
    )[list(SITE_COLUMNS)]


def units_after(units: pd.DataFrame, register: Register, host: Plan) -> pd.DataFrame:
    """Return the units table as it would be after a plan.

    A unit that moves is at its host's carrier, with the floor area it needs there; the
    host has so much less, and is gone when it is full. What a unit leaves is vacant and
    still its park's, unless nobody of the park is left at the site: then all the park has
    there, vacant space with it, belongs to no park any more (:data:`RELEASED`).

    Parameters
    ----------
    units
        The units table that the register was made from.
    register, host
        As in :func:`moves`.

    Returns
    -------
    pandas.DataFrame
        The columns of `units`; what is left vacant has the id of the unit that was there
        with ``*`` behind it, or as many as make it new. Every carrier has
        as much floor area as before.
    """
    problem = register.problem
    if not (host >= 0).any():
        return units.copy()
    moved = problem.units.assign(host=host)[host >= 0]
    to = problem.hosts.iloc[moved["host"].to_numpy()]
    needed = moved["area_m2"].to_numpy() * problem.limits.area_ratio
    left = units[units["unit_id"].isin(moved["unit_id"])]
    vacated = left.assign(
        unit_id=_new_ids(left["unit_id"], units["unit_id"]),
        **{name: None for name in _OF_A_TENANCY if name in left.columns},
    )
    if "state" in vacated:
        vacated["state"] = "vacant"
    target = pd.DataFrame(
        {"carrier_id": to["carrier_id"].to_numpy(), "park_id": moved["park_id"].to_numpy()},
        index=moved["unit_id"],
        dtype="str",
    )
    target["floor_area_m2"] = needed
    result = units.copy()
    rows = result["unit_id"].isin(target.index)
    for name in ("carrier_id", "park_id", "floor_area_m2"):
        if name not in result:
            result[name] = pd.Series(np.nan, index=result.index, dtype=target[name].dtype)
        result.loc[rows, name] = result.loc[rows, "unit_id"].map(target[name])
    taken = pd.Series(needed, index=to["host_id"].to_numpy()).groupby(level=0).sum()
    rest = result["floor_area_m2"] - result["unit_id"].map(taken).fillna(0.0)
    result["floor_area_m2"] = rest
    full = result["unit_id"].isin(taken.index) & rest.le(_ROUNDING_M2)
    result = pd.concat([result[~full], vacated], ignore_index=True).astype(units.dtypes.to_dict())
    return _released(result, register, host)


def _new_ids(names: pd.Series[str], taken: pd.Series[str]) -> list[str]:
    known, found = set(taken), []
    for name in names:
        new = f"{name}*"
        while new in known:
            new += "*"
        known.add(new)
        found.append(new)
    return found


def _released(units: pd.DataFrame, register: Register, host: Plan) -> pd.DataFrame:
    """Return the units with the vacant space of surrendered sites taken from its park."""
    carriers = register.carriers.set_index("carrier_id")
    site = units["carrier_id"].map(carriers["site"])
    park = units["park_id"].fillna(units["carrier_id"].map(carriers["park_id"]))
    free = pd.MultiIndex.from_arrays([park, site]).isin(_surrendered(register, host))
    return units.assign(park_id=park.mask(free, RELEASED))


def _surrendered(register: Register, host: Plan) -> pd.MultiIndex:
    """Return the presences, park and site, of which nobody is left."""
    before, after = (
        pd.MultiIndex.from_frame(presences)
        for presences in (register.problem.presences, presences_after(register.problem, host))
    )
    return before.difference(after)


def _efficient(frontier: Frontier) -> int:
    """Return how many plans are compared: all but the first."""
    return max(len(frontier.steps) - 1, 0)


def _marked(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["sample"].eq(other=True)


def _quarters(days: pd.Series[Any]) -> pd.Series[str]:
    return pd.Series(days.dt.year.astype("str") + "Q" + days.dt.quarter.astype("str"))


def _lines(register: Register, table: pd.DataFrame) -> NDArray[Any]:
    """Return a line from carrier to carrier for each move."""
    middle = register.carriers.set_index("carrier_id").geometry.centroid
    ends = [
        shapely.get_coordinates(middle.reindex(table[name]).to_numpy())
        for name in ("from_carrier", "to_carrier")
    ]
    return np.asarray(shapely.linestrings(np.stack(ends, axis=1)))


def _move_reasons(register: Register, table: pd.DataFrame, host: Plan) -> pd.DataFrame:
    """Return why each move is proposed."""
    site = table["unit_id"].map(register.problem.units.set_index("unit_id")["site"])
    left = pd.MultiIndex.from_arrays([table["park_id"], site])
    closes = left.isin(_surrendered(register, host))
    pinned = register.problem.pinned
    pins = {o.unit_id: o for o in register.overrides if o.kind == "pin" and o.unit_id in pinned}
    said = [
        _move_reason(row, pins.get(str(row.unit_id)), closes=bool(closed))
        for row, closed in zip(table.itertuples(), closes, strict=True)
    ]
    return pd.DataFrame(said, columns=["reason_zh", "reason_en"], index=table.index)


def _move_reason(row: Any, pin: Override | None, *, closes: bool) -> Sentence:  # noqa: ANN401 - a row
    day = f"{row.move_date:%Y-%m-%d}"
    zh = f"建议于 {day} 前后引导至 {row.to_carrier}（{row.host_id}）"
    en = f"proposed for about {day}, to {row.to_carrier} ({row.host_id})"
    if closes:
        zh += f"，{row.park_id} 由此可腾退该点位"
        en += f"; {row.park_id} could then give up this site"
    if pin is not None:
        zh, en = (
            f"{zh}；由 {pin.author} 指定：{pin.reason}",
            f"{en}; set by {pin.author}: {pin.reason}",
        )
    if row.unverified:
        names = [_QUESTIONS[name] for name in row.unverified.split(";")]
        zh += f"；待核：{'、'.join(n.zh for n in names)}"
        en += f"; to verify: {', '.join(n.en for n in names)}"
    return Sentence(zh, en)


def _blocking(units: pd.DataFrame) -> pd.DataFrame:
    """Return the units that hold each presence, and when the last of them could go."""
    held = units[units["locked"]]
    dated = held["lock"].eq("lease")
    grouped = held.assign(end=held["lease_end"].where(dated), undated=~dated).groupby(PRESENCE)
    found = grouped.agg(
        blocking_units=("unit_id", lambda ids: ";".join(sorted(ids))),
        earliest_date=("end", "max"),
        undated=("undated", "any"),
    )
    found["earliest_date"] = found["earliest_date"].where(~found["undated"])
    return found.drop(columns="undated").reset_index()


def _site_reasons(table: pd.DataFrame) -> pd.DataFrame:
    said = [_site_reason(row) for row in table.itertuples()]
    return pd.DataFrame(said, columns=["reason_zh", "reason_en"], index=table.index)


def _site_reason(row: Any) -> Sentence:  # noqa: ANN401 - a row
    if row.outcome == "surrender":
        return Sentence(
            f"{row.units_before:g} 个单元都有去处，建议腾退并另行招商",
            f"all {row.units_before:g} units have a place to go; propose to give it up",
        )
    if row.outcome == "anchor":
        return Sentence(
            f"作为承接点，整合后面积 {row.area_after_m2:,.0f} m²",
            f"receives units; {row.area_after_m2:,.0f} m² afterwards",
        )
    if row.outcome == "locked":
        names, count = row.blocking_units, row.blocking_units.count(";") + 1
        when = "" if pd.isna(row.earliest_date) else f"{row.earliest_date:%Y-%m-%d}"
        zh, en = (
            f"因 {count} 个单元暂不能移动而保留：{names}",
            f"kept by {count} that cannot move: {names}",
        )
        if when:
            zh, en = f"{zh}；最早 {when} 可解", f"{en}; until {when} at the earliest"
        return Sentence(zh, en)
    return Sentence("本方案建议保留", "the plan proposes to keep it")
