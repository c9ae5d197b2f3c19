"""The scatter flags that moved between two states, and the crossing or barrier behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from geo.district import trend
from geo.flag import FLAG_TITLES
from geo.phrases import count
from geo.scatter import ScatterParameters
from layers.access.causes import LEAST_M
from layers.access.causes import MOST_TESTED
from layers.access.causes import UNEXPLAINED
from layers.access.causes import Cause
from layers.access.inputs import given_of
from layers.access.objects import missing
from layers.access.objects import object_changes
from layers.access.objects import said
from layers.access.sentences import ended
from layers.analysis import SCATTER_LAYERS
from layers.analysis import scatter_of
from layers.errors import Text
from layers.stock import DEFAULT_CHANCE

if TYPE_CHECKING:
    from collections.abc import Hashable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd

    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue
    from layers.stock import ChanceChoice

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]
    Row = Mapping[Hashable, Any]

FLAG_COLUMNS = (
    "park_id",
    "park_name",
    "flag_before",
    "flag_after",
    "direction",
    "longest_gap_m_before",
    "longest_gap_m_after",
    "blocked_gaps_before",
    "blocked_gaps_after",
    "largest_cluster_share_before",
    "largest_cluster_share_after",
    "causes",
    "reason_zh",
    "reason_en",
    "sample",
    "rule_version",
    "parameters",
)
_ON_FOOT = ("largest_cluster_share", "longest_gap_m")
_LAYERS = {"crossings": "crossing", "barriers": "barrier"}
_STOCK = ("buildings", "carriers", "landuse", "district")
_LEAST_SHARE = 1e-6


def flags_changed(
    before: Tables,
    after: Tables,
    catalogue: Catalogue,
    parameters: ScatterParameters | None = None,
    *,
    parks: Sequence[str] | None = None,
    chance: ChanceChoice | None = DEFAULT_CHANCE,
) -> pd.DataFrame:
    """Return the parks whose flag, longest gap or largest walkable share moved, and why.

    Every crossing and barrier that changed is tried: the park is measured again without
    it, and if it is measured otherwise then, the object is a cause.

    Parameters
    ----------
    before, after
        Layers by key in the two states; for objects on trial, without and with them
        (:func:`layers.access.with_trial`).
    catalogue
        Gives the central meridian of the district's metric CRS.
    parameters
        Thresholds of scatter; the defaults if left out.
    parks, chance
        As in :func:`layers.analysis.scatter_of`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`FLAG_COLUMNS`, by park. Lengths are metres of walk. A park that is in
        one state only is not in it.

    Raises
    ------
    AtlasError
        If the carriers are missing; UsageError if a park id is not known.
    """
    differing = [key for key in SCATTER_LAYERS if _differs(before.get(key), after.get(key))]
    if not differing:
        return pd.DataFrame(columns=list(FLAG_COLUMNS))
    if parks is not None:
        # A park that was not there yet is no mistake of whoever asks for it.
        parks = [park for park in parks if park in given_of(before, catalogue).parks.index]
    rule = parameters or ScatterParameters()
    was = scatter_of(before, catalogue, rule, parks, chance=chance)
    same_stock = not set(differing) & set(_STOCK) and was.chance is not None
    # What parks are held against need not be drawn again where the stock is the same.
    now = scatter_of(after, catalogue, rule, parks, chance=was.chance if same_stock else chance)
    moved = _with_blocked(_moved(was, now), was, now)
    causes = _causes(moved, before, after, catalogue, was, now)
    told = [_reason(row, why, differing) for row, why in zip(_rows(moved), causes, strict=True)]
    sample = now.table.set_index("park_id")["sample"]
    full = moved.assign(
        causes=["; ".join(one for cause in why for one in cause.objects) for why in causes],
        reason_zh=[sentence.zh for sentence in told],
        reason_en=[sentence.en for sentence in told],
        sample=moved["park_id"].map(sample).astype("boolean"),
        rule_version=moved["rule_version_after"],
        parameters=moved["parameters_after"],
    )
    return full[list(FLAG_COLUMNS)].reset_index(drop=True)


def _differs(one: pd.DataFrame | None, other: pd.DataFrame | None) -> bool:
    if one is other:
        return False
    if one is None or other is None:
        return any(frame is not None and len(frame) > 0 for frame in (one, other))
    return not one.equals(other)


def _moved(was: ScatterResult, now: ScatterResult) -> pd.DataFrame:
    table = trend(was.table, now.table)
    table = table[table["change"] == "changed"].reset_index(drop=True)
    walked = _apart(
        *(table[[f"{name}_{side}" for name in _ON_FOOT]].to_numpy("float64") for side in _SIDES)
    )
    return table[walked | table["flag_before"].ne(table["flag_after"])].reset_index(drop=True)


_SIDES = ("before", "after")


def _with_blocked(moved: pd.DataFrame, was: ScatterResult, now: ScatterResult) -> pd.DataFrame:
    """Return the parks with how many of their gaps are blocked, and whether the longest is.

    A blocked gap counts by its straight line. A crossing that opens it may give a longer walk,
    which must not read as if the park had come apart.
    """
    for side, result in zip(_SIDES, (was, now), strict=True):
        tree = pd.DataFrame(result.tree[["park_id", "distance_m", "blocked"]])
        own = tree[tree["blocked"].astype(bool)].groupby("park_id")["distance_m"]
        longest = own.max().reindex(moved["park_id"]).to_numpy("float64")
        counts = own.size().reindex(moved["park_id"], fill_value=0).to_numpy("int64")
        is_longest = longest >= moved[f"longest_gap_m_{side}"].to_numpy("float64") - LEAST_M
        told: dict[str, Any] = {
            f"blocked_gaps_{side}": pd.array(counts, dtype="Int64"),
            f"longest_blocked_{side}": is_longest,
        }
        moved = moved.assign(**told)
    return moved


def _apart(
    one: np.ndarray[Any, np.dtype[np.float64]], other: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which rows of shares and lengths are not the same."""
    close = np.isclose(one, other, rtol=0.0, atol=[_LEAST_SHARE, LEAST_M], equal_nan=True)
    apart: np.ndarray[Any, np.dtype[np.bool_]] = ~close.all(axis=1)
    return apart


def _causes(
    moved: pd.DataFrame,
    before: Tables,
    after: Tables,
    catalogue: Catalogue,
    was: ScatterResult,
    now: ScatterResult,
) -> list[tuple[Cause, ...]]:
    """Return the crossings and barriers that changed how each park is walked."""
    found: list[tuple[Cause, ...]] = [() for _park in range(len(moved))]
    changes = object_changes(given_of(before, catalogue, []), given_of(after, catalogue, []))
    routes = changes[changes["kind"].isin(_LAYERS.values())]
    if moved.empty or len(routes) > MOST_TESTED:
        return found
    parks = moved["park_id"].tolist()
    sides = [(before, was), (after, now)]
    for change in routes.to_dict("records"):
        differs = np.zeros(len(moved), dtype=np.bool_)
        for tables, result in sides:
            less = _without(tables, change)
            if less is not None:
                again = scatter_of(less, catalogue, result.parameters, parks, chance=None)
                differs |= _apart(_on_foot(again, parks), _on_foot(result, parks))
        cause = Cause(
            said(change["kind"], change["name"], change["change"]),
            (f"{change['kind']}:{change['id']}",),
        )
        for number in np.flatnonzero(differs):
            found[number] = (*found[number], cause)
    return found


def _on_foot(result: ScatterResult, parks: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return result.table.set_index("park_id").loc[parks, list(_ON_FOOT)].to_numpy("float64")


def _without(tables: Tables, change: Row) -> dict[str, Any] | None:
    """Return the layers without an object; None if it does not count in them."""
    layer = change["layer"]
    rows = tables.get(layer)
    if rows is None or not rows["id"].eq(change["layer_id"]).any():
        return None
    return {**tables, layer: rows[rows["id"] != change["layer_id"]]}


def _rows(moved: pd.DataFrame) -> Sequence[Row]:
    rows: Sequence[Row] = moved.to_dict("records")
    return rows


def _reason(row: Row, causes: tuple[Cause, ...], differing: list[str]) -> Text:
    if not causes:
        layers = [key for key in differing if key not in _LAYERS]
        listed = ", ".join(layers)
        changed = Text(f"图层有变化（{listed}）", f"layers changed ({listed})")
        causes = (Cause(changed),) if layers else (UNEXPLAINED,)
    parts = []
    if row["flag_before"] != row["flag_after"]:
        old, new = (FLAG_TITLES[row[f"flag_{side}"]] for side in _SIDES)
        parts.append(Text(f"标识 {old[0]} → {new[0]}", f"flag {old[1]} → {new[1]}"))
    gap = [_gap(row, side) for side in _SIDES]
    if gap[0] != gap[1]:
        parts.append(
            Text(f"最长断档 {gap[0].zh} → {gap[1].zh}", f"longest gap {gap[0].en} → {gap[1].en}")
        )
    share = [_percent(row[f"largest_cluster_share_{side}"]) for side in _SIDES]
    if share[0] != share[1]:
        parts.append(
            Text(
                f"最大步行连片占比 {share[0].zh} → {share[1].zh}",
                f"largest walkable share {share[0].en} → {share[1].en}",
            )
        )
    return ended(causes, parts)


_UNKNOWN = Text("未知", "unknown")


def _gap(row: Row, side: str) -> Text:
    """Return the longest gap at one side, and what of the gaps is blocked there."""
    value, blocked = row[f"longest_gap_m_{side}"], int(row[f"blocked_gaps_{side}"])
    if missing(value):
        return _UNKNOWN
    walk = f"{value:,.0f} m"
    if row[f"longest_blocked_{side}"]:
        return Text(
            f"被阻隔、无路可走（以直线 {walk} 计）",
            f"blocked, no walk known (counted as {walk} in a line)",
        )
    if blocked:
        return Text(
            f"{walk}（另有 {blocked} 处断档被阻隔，以直线计）",
            f"{walk} (and {count(blocked, 'gap')} blocked, counted in a line)",
        )
    return Text(walk, walk)


def _percent(value: float) -> Text:
    return _UNKNOWN if missing(value) else Text(f"{value:.1%}", f"{value:.1%}")
