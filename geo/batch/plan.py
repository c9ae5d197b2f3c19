"""Partitions: what is computed together.

They are chosen for speed and memory alone. Every park is compared with its scope and
never with its partition, so that the plan cannot change a result.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from typing import Literal
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.batch.tiles import check_tile
from geo.batch.tiles import tile_codes
from geo.parameters import in_one_line
from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    from numpy.typing import NDArray

    By = Literal["district", "tile"]

__all__ = ["Member", "Partition", "Plan", "plan_partitions"]


class Member(NamedTuple):
    """A scope, or some of its parks.

    Attributes
    ----------
    scope
        District code, ``""`` for what belongs to no district.
    parks
        Ids of the parks, ascending; None for the whole scope.
    """

    scope: str
    parks: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Partition:
    """What one task computes.

    Attributes
    ----------
    number
        0, 1, …, its place in the plan.
    members
        At least one, ordered by scope.
    rows
        How many carriers it holds.
    """

    number: int
    members: tuple[Member, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All partitions, and how they were chosen.

    Attributes
    ----------
    partitions
        None of them empty; every park is in one.
    by
        ``district`` or ``tile``.
    halo_m
        How far around a district its surroundings are given to it, metres.
    tile_m
        Side of a tile, metres.
    """

    partitions: tuple[Partition, ...]
    by: By
    halo_m: float
    tile_m: float

    def as_text(self) -> str:
        """Return how the partitions were chosen as one line, ``name=value; …``."""
        told: dict[str, str | float] = {"by": self.by, "partitions": len(self.partitions)}
        if self.by == "tile":
            told["tile_m"] = self.tile_m
        return in_one_line({**told, "halo_m": self.halo_m})


def plan_partitions(
    parks: pd.DataFrame,
    *,
    by: By = "district",
    count: int | None = None,
    tile_m: float = 5000.0,
    halo_m: float = 2000.0,
    splittable: bool = True,
) -> Plan:
    """Choose the partitions.

    Parameters
    ----------
    parks
        ``park_id`` (each once), ``scope``, ``x``, ``y`` (metres, NaN for a park without a
        place) and ``rows`` (its carriers). A row without ``park_id`` is what a scope has
        besides its parks: it goes only with the whole scope.
    by
        ``district``: whole scopes, put together so that the partitions have about as many
        rows, the largest scope first; if there are more partitions than scopes, those
        with the most rows are cut into runs of parks. ``tile``: the parks by scope and
        tile in Morton order, cut into runs of about as many rows.
    count
        Number of partitions, at least 1; there are fewer if there are fewer parks (or,
        where they are not splittable, scopes). None for one a scope, or one for each tile
        of a scope.
    tile_m
        Side of a tile, metres.
    halo_m
        Kept in the plan; at least 0.
    splittable
        Whether parks of a scope can be computed apart. If not, every partition holds
        whole scopes, and `by` makes no difference.

    Returns
    -------
    Plan
        The same for any order of the rows.

    Raises
    ------
    ValueError
        If a column is missing, a park stands twice, or an argument is out of range.
    """
    require_columns(parks, ["park_id", "scope", "x", "y", "rows"], "parks")
    _check(by, count, tile_m, halo_m)
    listed = _in_order(parks, tile_m)
    named = listed.dropna(subset="park_id")
    refuse_repeated(named[["park_id"]], "parks")
    if by == "tile" and splittable:
        bins = _of_runs(_tile_runs(named, count), named)
    else:
        bins = _of_scopes(listed, named, count, splittable=splittable)
    partitions = [
        Partition(number, tuple(sorted(members)), rows)
        for number, (members, rows) in enumerate(bins)
    ]
    return Plan(tuple(partitions), by, halo_m, tile_m)


def _check(by: str, count: int | None, tile_m: float, halo_m: float) -> None:
    """Refuse options that mean nothing."""
    if by not in {"district", "tile"}:
        msg = f"`by` must be 'district' or 'tile', not {by!r}."
        raise ValueError(msg)
    if count is not None and count < 1:
        msg = f"`count` must be at least 1 partition, not {count!r}."
        raise ValueError(msg)
    check_tile(tile_m)
    if not (math.isfinite(halo_m) and halo_m >= 0):
        msg = f"`halo_m` must be a length of at least 0 m, not {halo_m!r}."
        raise ValueError(msg)


def _in_order(parks: pd.DataFrame, tile_m: float) -> pd.DataFrame:
    """Return scope, tile, id and rows of the parks, in that order."""
    codes = tile_codes(parks[["x", "y"]].to_numpy("float64"), tile_m)
    frame = pd.DataFrame(
        {
            "scope": parks["scope"].astype("str").fillna("").to_numpy(),
            "tile": codes,
            "park_id": parks["park_id"].astype("str").to_numpy(),
            "rows": parks["rows"].to_numpy("int64"),
        }
    )
    return frame.sort_values(["scope", "tile", "park_id"], ignore_index=True)


def _of_scopes(
    listed: pd.DataFrame, named: pd.DataFrame, count: int | None, *, splittable: bool
) -> list[tuple[list[Member], int]]:
    """Return whole scopes put together, or pieces of scopes if there are too few of them."""
    rows = listed.groupby("scope")["rows"].sum()
    scopes = [(Member(str(scope), None), int(total)) for scope, total in rows.items()]
    if count is None:
        return [([member], total) for member, total in scopes]
    if count <= len(scopes) or not splittable:
        return _packed(scopes, count)
    parks = named.groupby("scope")["park_id"].size().reindex(rows.index, fill_value=0)
    pieces = _shares(rows.tolist(), parks.tolist(), count)
    found: list[tuple[list[Member], int]] = []
    for (whole, total), share in zip(scopes, pieces, strict=True):
        if share == 1:
            found.append(([whole], total))
        else:
            own = named[named["scope"].eq(whole.scope)]
            found += _of_runs(_even_runs(own["rows"].to_numpy(), share), own)
    return found


def _packed(scopes: Sequence[tuple[Member, int]], count: int) -> list[tuple[list[Member], int]]:
    """Put scopes into bins, the largest first into the bin that holds least.

    R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM Journal on Applied
    Mathematics 17, 1969: the fullest bin is at most a third fuller than it must be.
    """
    loads = [(0, number) for number in range(min(count, len(scopes)))]
    bins: list[list[Member]] = [[] for _ in loads]
    filled = dict.fromkeys(range(len(bins)), 0)
    for member, rows in sorted(scopes, key=lambda scope: (-scope[1], scope[0].scope)):
        # A scope without rows still takes its place: an empty bin is filled first.
        load, number = heapq.heappop(loads)
        bins[number].append(member)
        filled[number] += rows
        heapq.heappush(loads, (load + rows + 1, number))
    return [(members, filled[number]) for number, members in enumerate(bins)]


def _shares(rows: list[int], parks: list[int], count: int) -> list[int]:
    """Return into how many pieces each scope is cut: the next cut goes where most is left."""
    shares = [1] * len(rows)
    left = [(-float(own), place) for place, own in enumerate(rows) if parks[place] > 1]
    heapq.heapify(left)
    for _ in range(count - len(shares)):
        if not left:
            break
        _, place = heapq.heappop(left)
        shares[place] += 1
        if shares[place] < parks[place]:
            heapq.heappush(left, (-rows[place] / shares[place], place))
    return shares


def _tile_runs(named: pd.DataFrame, count: int | None) -> list[slice]:
    """Return the runs of rows that make the partitions."""
    if count is not None:
        return _even_runs(named["rows"].to_numpy(), count)
    tile, scope = named["tile"].to_numpy(), named["scope"].to_numpy()
    starts = np.flatnonzero((tile[1:] != tile[:-1]) | (scope[1:] != scope[:-1])) + 1
    return _slices(starts, len(named))


def _even_runs(rows: NDArray[np.int64], count: int) -> list[slice]:
    """Cut a list of parks into runs of about as many rows, none of them empty."""
    parks = len(rows)
    count = min(count, parks)
    # A park costs something even if it holds nothing.
    middle = np.cumsum(rows + 1) - (rows + 1) / 2
    wanted = np.arange(1, count)
    starts = np.searchsorted(middle, (rows + 1).sum() * wanted / max(count, 1))
    starts = np.maximum.accumulate(np.maximum(starts, wanted) - wanted) + wanted
    return _slices(np.minimum(starts, parks - count + wanted), parks)


def _slices(starts: NDArray[np.intp], length: int) -> list[slice]:
    """Return the runs that begin at 0 and at `starts`."""
    if not length:
        return []
    ends = [0, *(int(start) for start in starts), length]
    return [slice(*ends[place : place + 2]) for place in range(len(ends) - 1)]


def _of_runs(runs: Sequence[slice], named: pd.DataFrame) -> list[tuple[list[Member], int]]:
    """Return the members and the rows of each run of parks."""
    scope, park = named["scope"].tolist(), named["park_id"].tolist()
    sizes = named["scope"].value_counts()
    rows = named["rows"].to_numpy()
    return [(list(_members(scope[run], park[run], sizes)), int(rows[run].sum())) for run in runs]


def _members(scope: list[str], park: list[str], sizes: pd.Series[int]) -> Iterator[Member]:
    """Yield the scopes of a run with their parks."""
    for name, pairs in groupby(zip(scope, park, strict=True), key=lambda pair: pair[0]):
        own = sorted(one for _, one in pairs)
        yield Member(name, None if len(own) == sizes[name] else tuple(own))
