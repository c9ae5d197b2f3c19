"""What changed among the objects that decide: added, removed, opened, closed, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import shapely

from layers.access.titles import CHANGE_NAMES
from layers.access.titles import OBJECT_NAMES
from layers.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.access.inputs import Given

OBJECT_COLUMNS = ("kind", "id", "name", "layer", "layer_id", "change", "campus_id", "group")
_ATTRIBUTES = ("group", "university", "campus_id", "open_to_tenants")
SAME_M = 0.001
"""Coordinates are kept in degrees: what moved less than a millimetre did not move."""


def object_changes(before: Given, after: Given) -> pd.DataFrame:
    """Return the objects that are not what they were, ordered by kind and id.

    Parameters
    ----------
    before, after
        Two states.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`OBJECT_COLUMNS`, the later state's where there is one. ``change`` is
        one of :data:`layers.access.titles.CHANGE_NAMES`: ``added``, ``removed`` (rows that
        count came or went), ``opened``, ``closed`` (the row is there in both, but counts in
        one only), ``moved``, ``reassigned`` (another campus, university or group, or another word
        on whether tenants may use it). Objects that count in neither state are left out.
    """
    earlier, later = before.objects, after.objects
    rows = []
    for key in _suspects(earlier, later):
        was = earlier.loc[key] if key in earlier.index else None
        now = later.loc[key] if key in later.index else None
        change = _change(was, now)
        if change:
            shown = earlier.loc[key] if now is None else now
            own = {name: shown[name] for name in OBJECT_COLUMNS if name != "change"}
            rows.append({**own, "change": change})
    return pd.DataFrame(rows, columns=list(OBJECT_COLUMNS), dtype="str")


def _suspects(earlier: gpd.GeoDataFrame, later: gpd.GeoDataFrame) -> pd.Index[Any]:
    """Return the keys of all objects that are not exactly the same in both states.

    A walking network has many thousand lines, of which few change: they are looked at one
    by one, and the others only all at once.
    """
    sides = []
    for objects in (earlier, later):
        looked_at = pd.DataFrame(objects[["usable", *_ATTRIBUTES]]).astype("str")
        shapes = shapely.to_wkb(objects.geometry.to_numpy())
        sides.append(looked_at.assign(shape=shapes).fillna(""))
    both = sides[0].index.union(sides[1].index)
    one, other = (side.reindex(both, fill_value=None) for side in sides)
    differ = (one.isna() != other.isna()).any(axis=1) | (one != other).any(axis=1)
    return both[differ.to_numpy(dtype=bool)]


def said(kind: str, name: str, change: str) -> Text:
    """Return "新增校门“北门”", "gate “North” added"."""
    what, how = OBJECT_NAMES[kind], CHANGE_NAMES[change]
    return Text(f"{how.zh}{what.zh}“{name}”", f"{what.en} “{name}” {how.en}")


def _change(was: pd.Series[Any] | None, now: pd.Series[Any] | None) -> str:
    counted = was is not None and bool(was["usable"])
    counts = now is not None and bool(now["usable"])
    if was is not None and now is not None and counted and counts:
        return _altered(was, now)
    if counts:
        return "added" if was is None else "opened"
    if counted:
        return "removed" if now is None else "closed"
    return ""


def same_cell(one: Any, other: Any) -> bool:  # noqa: ANN401 - any cell of pandas
    """Tell whether two cells hold the same, unknown in both included."""
    if missing(one) or missing(other):
        return missing(one) and missing(other)
    return bool(one == other)


def missing(value: float | str | None) -> bool:
    """Tell whether a cell is empty."""
    return bool(pd.isna(value))


def _altered(was: pd.Series[Any], now: pd.Series[Any]) -> str:
    if not shapely.equals_exact(
        shapely.normalize(was["geometry"]), shapely.normalize(now["geometry"]), SAME_M
    ):
        return "moved"
    same = all(same_cell(was[name], now[name]) for name in _ATTRIBUTES)
    return "" if same else "reassigned"
