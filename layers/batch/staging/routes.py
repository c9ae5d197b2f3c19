"""Where the rows of a layer go, by what they belong to or by who sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from geo.batch.scopes import row_scopes
from layers.batch.staging.kinds import SUBJECT
from layers.batch.staging.kinds import SUBJECTS
from layers.batch.staging.kinds import kind_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from layers.batch.staging.entrance import Entered
    from layers.batch.staging.reach import Reach
    from layers.batch.staging.register import Owners
    from layers.specs import LayerSpec

    # Positions of rows by scope.
    Found = dict[str, NDArray[np.int64]]

NOWHERE = ""
"""The scope of what belongs to no district."""


class Router:
    """Tells where rows go.

    Parameters
    ----------
    outlines
        ``district_code`` and outlines; None if every row says where it belongs.
    owners
        To which districts parks, carriers and units belong.
    """

    def __init__(self, outlines: gpd.GeoDataFrame | None, owners: Owners) -> None:
        self._outlines, self._owners = outlines, owners
        self._subjects: dict[str, str] = {}
        self._scopes: list[str] = []
        self._reach: Reach | None = None

    def look_around(self, scopes: list[str], reach: Reach | None) -> None:
        """Take note of all scopes and of what they see; None if every row says who sees it."""
        self._scopes, self._reach = scopes, reach
        # What a row of indicators names may be a park, or else one of the others.
        self._subjects |= {str(park): scope for park, scope in self._owners.parks.items()}

    def of_owned(self, spec: LayerSpec, rows: Entered) -> Found:
        """Return where rows go that belong to one district."""
        frame = rows.frame.assign(district_code=rows.code)
        scope = row_scopes(
            frame,
            self._outlines,
            by_park=self._owners.parks if spec.has_field("park_id") else None,
            by_carrier=self._owners.carriers if spec.has_field("carrier_id") else None,
        )
        if spec.key in SUBJECTS:
            self._subjects |= dict(zip(frame[spec.id_field], scope, strict=True))
        return by_scope(scope)

    def of_seen(self, spec: LayerSpec, rows: Entered) -> Found:
        """Return where rows go that several districts may look at."""
        if self._reach is None:
            return by_scope(rows.code.fillna(NOWHERE))
        if len(self._scopes) == 1:
            return {self._scopes[0]: np.arange(len(rows.frame), dtype=np.int64)}
        if kind_of(spec) == "surroundings":
            found = self._reach.seen(gpd.GeoDataFrame(rows.frame)) if spec.geometry else {}
            return _with_rest(found, rows.code)
        told = rows.code
        if spec.has_field(SUBJECT):
            told = rows.frame[SUBJECT].map(self._subjects).astype("str").fillna(rows.code)
        everybody = np.flatnonzero(told.isna().to_numpy(dtype=bool))
        found = by_scope(told.dropna())
        for scope in self._scopes:
            mine = found.get(scope, np.empty(0, dtype=np.int64))
            found[scope] = np.union1d(mine, everybody)
        return found


def by_scope(scope: pd.Series[str]) -> Found:
    """Return positions by scope; the index of `scope` are the positions."""
    positions = scope.index.to_numpy(dtype=np.int64)
    codes, inverse = np.unique(scope.to_numpy(dtype=object), return_inverse=True)
    return {str(code): positions[inverse == number] for number, code in enumerate(codes)}


def unassigned(found: Found) -> int:
    """Return how many rows go to no district."""
    others = [rows for scope, rows in found.items() if scope != NOWHERE]
    mine = found.get(NOWHERE, np.empty(0, dtype=np.int64))
    return len(np.setdiff1d(mine, np.concatenate(others))) if others else len(mine)


def _with_rest(found: Found, code: pd.Series[str]) -> Found:
    """Add to what districts see what nobody sees: it goes where it says, or to no district."""
    seen = np.zeros(len(code), dtype=bool)
    for rows in found.values():
        seen[rows] = True
    for scope, rows in by_scope(code[~seen].fillna(NOWHERE)).items():
        found[scope] = np.union1d(found.get(scope, np.empty(0, dtype=np.int64)), rows)
    return found
