"""What waits for somebody on a Monday morning, found from the layers and their results."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.errors import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue
    from layers.underuse import Underuse

    Tables = Mapping[str, pd.DataFrame]

MONTHS = 12
"""How far ahead leases are looked at: what ends within it can still be prepared for."""

SOON_MONTHS = 6
WEAK = ("低效", "疑似低效")
"""States of building space that an operator should see."""

_MAIN_CLUSTER = 0

LEASES_TITLE = Text("锁定点位到期租约", "Leases ending at locked places")
WEAK_TITLE = Text("无运营机构的低效载体", "Inefficient space without operator")
UNLOCATED_TITLE = Text("未定位对象", "Objects without a place")
STALE_TITLE = Text("待更新数据", "Stale data")

LEASE_TITLES = {
    "park_id": Text("园区编码", "Park id"),
    "park_name": Text("园区", "Park"),
    "flag": Text("标识", "Flag"),
    "carrier_id": Text("载体编码", "Carrier id"),
    "carrier_name": Text("载体", "Carrier"),
    "units": Text("到期单元", "Leases that end"),
    "floor_area_m2": Text("到期面积（m²）", "Their floor area (m²)"),
    "first_end": Text("最早到期", "First ends"),
    "open_from": Text("整处可腾挪自", "Place is free from"),
    "locked_units": Text("该处在租单元", "Leases at the place"),
    "within": Text("几个月内", "Within months"),
    "sample": Text("示例数据", "Sample data"),
}
"""Columns of :func:`ending_leases`, and their titles for people."""

WEAK_TITLES = {
    "carrier_id": Text("载体编码", "Carrier id"),
    "name": Text("载体", "Carrier"),
    "park_id": Text("园区编码", "Park id"),
    "state": Text("状态", "State"),
    "recoverable_area_m2": Text("可盘活面积（m²）", "Recoverable floor area (m²)"),
    "reason_zh": Text("判定理由", "Reason (Chinese)"),
    "reason_en": Text("判定理由（英文）", "Reason"),
    "sample": Text("示例数据", "Sample data"),
}
"""Columns of :func:`without_operator`, and their titles for people."""

UNLOCATED_TITLES = {
    "layer": Text("图层", "Layer"),
    "id": Text("编码", "Id"),
    "name": Text("名称", "Name"),
}
"""Columns of :func:`unlocated`, and their titles for people."""


def ending_leases(
    tables: Tables, scatter: ScatterResult, today: dt.date, *, months: int = MONTHS
) -> pd.DataFrame:
    """Return the outlying places of parks where leases end: the moments to consolidate.

    A place of a park is outlying if it is not in the park's largest walking cluster. It is
    locked while a lease there has not ended and cannot be broken, and it is free from the
    day after the last of them.

    Parameters
    ----------
    tables
        Layers by key; without ``units`` there are no leases.
    scatter
        Result of :func:`layers.analysis.scatter_of` for them.
    today
        The day of the question.
    months
        How far ahead; at least 1.

    Returns
    -------
    pandas.DataFrame
        One row a park and carrier where a lease ends within the months, columns
        :data:`LEASE_TITLES`, the first to end first. ``open_from`` is missing where the end
        of a lease at the place is not known. ``within`` is :data:`SOON_MONTHS` or `months`.
    """
    units = tables.get("units")
    if units is None or units.empty or scatter.spaces.empty:
        return _typed([], LEASE_TITLES)
    start = pd.Timestamp(today)
    held = units[units["state"].eq("leased") & ~units["breakable"].fillna(value=False)]
    held = held[held["lease_end"].isna() | held["lease_end"].ge(start)]
    outlying = _outlying(scatter)
    parks = scatter.table.set_index("park_id")
    names = _names(tables)
    limit, soon = (start + pd.DateOffset(months=n) for n in (months, SOON_MONTHS))
    rows = []
    for key, own in held.groupby(["park_id", "carrier_id"], sort=True):
        park, carrier = map(str, key)
        ends = own[own["lease_end"].le(limit)]
        if (park, carrier) not in outlying or ends.empty:
            continue
        last = own["lease_end"]
        first = ends["lease_end"].min()
        rows.append(
            {
                "park_id": park,
                "park_name": parks["park_name"].get(park, park),
                "flag": parks["flag"].get(park),
                "carrier_id": carrier,
                "carrier_name": names.get(carrier, carrier),
                "units": len(ends),
                "floor_area_m2": ends["floor_area_m2"].sum(min_count=1),
                "first_end": first,
                "open_from": pd.NaT if last.isna().any() else last.max() + pd.Timedelta(days=1),
                "locked_units": len(own),
                "within": SOON_MONTHS if first <= soon else months,
                "sample": bool(own["sample"].fillna(value=False).any()),
            }
        )
    found = _typed(rows, LEASE_TITLES)
    return found.sort_values(["first_end", "park_id", "carrier_id"], ignore_index=True)


def without_operator(found: Underuse) -> pd.DataFrame:
    """Return the weak carriers that no professional operator has, most severe first.

    Parameters
    ----------
    found
        Result of :func:`layers.underuse.underuse_of`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`WEAK_TITLES`.
    """
    table = found.table
    weak = table[table["state"].isin(WEAK) & table["operator"].isna()]
    return pd.DataFrame(weak[list(WEAK_TITLES)]).reset_index(drop=True)


def unlocated(tables: Tables, catalogue: Catalogue) -> pd.DataFrame:
    """Return the objects without a place, of the layers that have places.

    Parameters
    ----------
    tables
        Layers by key.
    catalogue
        Describes them.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`UNLOCATED_TITLES`, in the order of the catalogue.
    """
    rows = []
    for spec in catalogue.layers:
        frame = tables.get(spec.key)
        if frame is None or not spec.geometry or frame.empty:
            continue
        missing = frame[frame["geometry"].isna()]
        rows += [
            {"layer": spec.key, "id": str(one), "name": None if pd.isna(name) else str(name)}
            for one, name in zip(missing[spec.id_field], missing[spec.name_field], strict=True)
        ]
    return pd.DataFrame(rows, columns=list(UNLOCATED_TITLES), dtype="str")


def _outlying(scatter: ScatterResult) -> set[tuple[str, str]]:
    """Return park and carrier of the spaces outside the largest walking cluster of their park."""
    spaces = scatter.spaces
    away = spaces[spaces["cluster"].notna() & spaces["cluster"].ne(_MAIN_CLUSTER)]
    return set(zip(away["park_id"], away["carrier_id"], strict=True))


def _names(tables: Tables) -> Mapping[str, str]:
    carriers = tables["carriers"]
    named = carriers[carriers["name"].notna()]
    return dict(zip(named["carrier_id"], named["name"], strict=True))


def _typed(rows: list[dict[str, Any]], titles: Mapping[str, Text]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(titles))
    kinds = {
        "first_end": "datetime64[ns]",
        "open_from": "datetime64[ns]",
        "floor_area_m2": "float64",
        "units": "int64",
        "locked_units": "int64",
        "within": "int64",
        "sample": "bool",
    }
    return frame.astype({name: kind for name, kind in kinds.items() if name in titles})
