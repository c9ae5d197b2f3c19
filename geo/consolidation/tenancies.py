"""Units that may move, vacant spaces that may take them, and why a unit is held in place."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.phrases import Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from geo.consolidation.parameters import ConsolidationParameters

LOCKS = (
    "undivided",
    "unlocated",
    "area_unknown",
    "protected",
    "override",
    "state",
    "lease_unknown",
    "lease",
)
"""Why a unit cannot move, the first that holds. The last two a date could undo."""

_Type = Literal["str", "float64", "boolean", "object"]
_DAYS_A_YEAR = 365.25
_TEXTS = ("unit_id", "carrier_id", "park_id", "tenant", "state", "industry", "needs")
_DATES = ("lease_end", "available_from", "data_date")
_FLAGS = ("breakable", "protected", "sample")


class Unused(NamedTuple):
    """A row of a table that takes no part, or only as something that stays."""

    table: str
    id: str
    field: str
    reason_zh: str
    reason_en: str


class Tenancies(NamedTuple):
    """A register, sorted into what a plan can do with it.

    Attributes
    ----------
    units
        What the parks occupy: ``unit_id``, ``park_id``, ``carrier_id``, ``site``,
        ``area_m2``, ``zone_share``, ``lock``, ``move_date``, ``year`` and what the
        register says of each.
    hosts
        Vacant spaces: ``host_id``, ``carrier_id``, ``park_id``, ``site``,
        ``capacity_m2``, ``zone_share``, ``available_from``, ``industries``,
        ``provides``, ``rent_yuan_m2_day``, ``sample``.
    unused
        The other rows, with the reason.
    """

    units: pd.DataFrame
    hosts: pd.DataFrame
    unused: list[Unused]


def sort_tenancies(
    carriers: gpd.GeoDataFrame,
    units: pd.DataFrame,
    parameters: ConsolidationParameters,
    parks: Sequence[str] | None,
) -> Tenancies:
    """Sort the rows of a register into units, hosts and what takes no part.

    A unit that names no park belongs to the park of its carrier. A carrier of a park that
    has no units is one unit that stays. A unit whose floor area is not known stays and
    counts nothing; a vacant one takes nobody.

    Parameters
    ----------
    carriers
        By ``carrier_id``: ``park_id``, ``site``, ``zone_share``, ``located`` and what the
        register says.
    units
        The units of the register.
    parameters
        Start, horizon and what may move.
    parks
        Whose units the plan is about; None for every park.
    """
    rows = _with_carriers(units, carriers)
    vacant = rows["state"].eq("vacant")
    hosts, not_hosts = _hosts(rows[vacant], carriers)
    held = pd.concat([rows[~vacant], _undivided(carriers, units)], ignore_index=True)
    ours, others = _of_parks(held, parks)
    ours = ours.assign(lock=_locks(ours, parameters))
    ours["area_m2"] = ours["area_m2"].where(ours["area_m2"].ge(0), 0.0)
    ours["move_date"] = _move_dates(ours, parameters)
    days = (ours["move_date"] - pd.Timestamp(parameters.as_of)).dt.days
    ours["year"] = (days / _DAYS_A_YEAR).fillna(0).astype("int64")
    return Tenancies(ours, hosts, [*not_hosts, *others, *_gaps(ours)])


def _with_carriers(units: pd.DataFrame, carriers: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the units in known types, with park, site and zone share of their carriers."""
    rows = pd.DataFrame(index=units.index)
    for name in _TEXTS:
        rows[name] = _column(units, name, "str")
    for name in _DATES:
        rows[name] = pd.to_datetime(_column(units, name, "object"), errors="coerce")
    for name in _FLAGS:
        rows[name] = _column(units, name, "boolean")
    for name in ("floor_area_m2", "rent_yuan_m2_day"):
        rows[name] = _column(units, name, "float64")
    rows = rows.rename(columns={"floor_area_m2": "area_m2"})
    place = carriers.reindex(rows["carrier_id"]).set_index(rows.index)
    rows["park_id"] = rows["park_id"].fillna(place["park_id"])
    # A carrier that is not in the register is a place of its own, not to be found.
    rows["site"] = place["site"].fillna(rows["carrier_id"]).astype("str")
    rows["zone_share"] = place["zone_share"].fillna(0.0).astype("float64")
    rows["located"] = _is_true(place["located"]).astype(bool)
    rows["sample"] = rows["sample"].eq(other=True).fillna(value=False) | _is_true(place["sample"])
    return rows


def _undivided(carriers: gpd.GeoDataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return the carriers of a park that have no units, as one unit each."""
    whole = carriers[carriers["park_id"].notna() & ~carriers.index.isin(units["carrier_id"])]
    taken = set(units["unit_id"])
    names = [f"{name}*" if name in taken else str(name) for name in whole.index]
    return pd.DataFrame(
        {
            "unit_id": pd.array(names, dtype="str"),
            "carrier_id": whole.index.astype("str"),
            "park_id": whole["park_id"].to_numpy(),
            "area_m2": _column(whole, "gross_area_m2", "float64").to_numpy(),
            "site": whole["site"].to_numpy(),
            "zone_share": whole["zone_share"].fillna(0.0).to_numpy(),
            "located": whole["located"].to_numpy(),
            "sample": _is_true(whole["sample"]).to_numpy(),
            "undivided": True,
        }
    )


def _of_parks(held: pd.DataFrame, parks: Sequence[str] | None) -> tuple[pd.DataFrame, list[Unused]]:
    """Return the units that the plan is about, and the others with the reason."""
    held = held.assign(undivided=held.get("undivided", pd.Series(index=held.index)).eq(other=True))
    nobody = held["park_id"].isna()
    out = nobody if parks is None else nobody | ~held["park_id"].isin(list(parks))
    unused = []
    for unit, park in zip(held.loc[out, "unit_id"], held.loc[out, "park_id"], strict=True):
        said = (
            Sentence("不属于任何园区，不参与", "belongs to no park and takes no part")
            if pd.isna(park)
            else Sentence(f"属于未选园区 {park}", f"belongs to park {park}, which was not chosen")
        )
        unused.append(Unused("units", unit, "park_id", *said))
    return held[~out].reset_index(drop=True), unused


def _locks(units: pd.DataFrame, parameters: ConsolidationParameters) -> pd.Series[Any]:
    """Return why each unit cannot move, the first of :data:`LOCKS` that holds; else empty."""
    states = {"leased", "own_use"} if parameters.own_use_movable else {"leased"}
    leased = units["state"].eq("leased")
    # Not known to be breakable is not breakable: the tenant would have to agree.
    free = _is_true(units["breakable"]) | ~leased
    late = units["lease_end"] > pd.Timestamp(parameters.horizon)
    holds = {
        "undivided": units["undivided"],
        "unlocated": ~units["located"],
        "area_unknown": ~units["area_m2"].ge(0),
        "protected": units["protected"].eq(other=True),
        "state": ~units["state"].isin(states),
        "lease_unknown": units["lease_end"].isna() & ~free,
        "lease": late & ~free,
    }
    found = np.select(
        [hold.fillna(value=False).to_numpy(bool) for hold in holds.values()], list(holds), ""
    )
    return pd.Series(found, index=units.index, dtype="str")


def _move_dates(
    units: pd.DataFrame, parameters: ConsolidationParameters
) -> pd.Series[pd.Timestamp]:
    """Return when a unit would move: when its lease ends, within the time of the plan.

    One that has no lease to wait for, or ends it early, moves as late as the plan allows:
    so it pays as little as possible for what is left of the lease.
    """
    first, last = (
        np.datetime64(day.isoformat(), "us") for day in (parameters.as_of, parameters.horizon)
    )
    ends = units["lease_end"].fillna(pd.Timestamp(last)).to_numpy("datetime64[us]")
    return pd.Series(np.clip(ends, first, last), index=units.index)


def _gaps(units: pd.DataFrame) -> list[Unused]:
    """Return the units that stay because something is not known of them."""
    said = {
        "undivided": (
            "unit_id",
            Sentence("载体未分单元，按整体保留", "the carrier has no units and stays as a whole"),
        ),
        "unlocated": (
            "carrier_id",
            Sentence("载体没有位置，按保留计", "the carrier has no location; it stays"),
        ),
        "area_unknown": (
            "floor_area_m2",
            Sentence(
                "面积缺失或为负，按保留计、面积不计",
                "floor area missing or negative; it stays and counts nothing",
            ),
        ),
        "lease_unknown": (
            "lease_end",
            Sentence("租约到期未填，按保留计", "no end of the lease given; it stays"),
        ),
    }
    return [
        Unused("units", unit, said[lock][0], *said[lock][1])
        for unit, lock in zip(units["unit_id"], units["lock"], strict=True)
        if lock in said
    ]


def _hosts(vacant: pd.DataFrame, carriers: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[Unused]]:
    """Return the vacant units that can take somebody, and the others with the reason."""
    sized = vacant["area_m2"].gt(0)
    unused = [
        Unused(
            "units",
            unit,
            "floor_area_m2",
            "空置单元面积缺失、为零或为负，不能接收",
            "vacant, but its floor area is missing, zero or negative",
        )
        for unit in vacant.loc[~sized, "unit_id"]
    ] + [
        Unused(
            "units",
            unit,
            "carrier_id",
            "空置单元的载体没有位置，不能接收",
            "vacant, but its carrier has no location",
        )
        for unit in vacant.loc[sized & ~vacant["located"], "unit_id"]
    ]
    hosts = vacant[sized & vacant["located"]].reset_index(drop=True)
    place = carriers.reindex(hosts["carrier_id"]).set_index(hosts.index)
    hosts = hosts.rename(columns={"unit_id": "host_id", "area_m2": "capacity_m2"})
    hosts["industries"] = _column(place, "allowed_industries", "str")
    hosts["provides"] = _column(place, "provides", "str")
    asked = _column(place, "rent_yuan_m2_day", "float64")
    hosts["rent_yuan_m2_day"] = hosts["rent_yuan_m2_day"].fillna(asked)
    columns = ["host_id", "carrier_id", "park_id", "site", "capacity_m2", "zone_share"]
    more = ["available_from", "industries", "provides", "rent_yuan_m2_day", "sample"]
    return hosts[columns + more], unused


def _is_true(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return where a value is known to be true."""
    return values.astype("boolean").fillna(value=False)


def _column(frame: pd.DataFrame, name: str, dtype: _Type) -> pd.Series[Any]:
    """Return an optional column, all unknown if it is not there."""
    if name not in frame.columns:
        return pd.Series(pd.NA if dtype == "boolean" else np.nan, index=frame.index, dtype=dtype)
    return pd.Series(frame[name], index=frame.index, dtype=dtype)
