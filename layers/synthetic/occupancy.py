"""How a carrier of a synthetic city is let: its areas, and the units that they are cut into."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

from layers.synthetic.draws import Draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.synthetic.size import CitySize

    Rows = NDArray[np.int64]
    Floats = NDArray[np.float64]

STATES = ("vacant", "locked", "own_use", "leased")
"""States of units; the places of the areas of :class:`Areas`."""

VACANT, LOCKED, _OWN, LEASED = range(4)

# Shares of the carriers, the least and the most vacancy of each.
_VACANCY = ((0.15, 0.00, 0.06), (0.53, 0.10, 0.30), (0.24, 0.32, 0.58), (0.08, 0.60, 0.90))
_LOCKED = ((0.65, 0.00, 0.00), (0.30, 0.04, 0.15), (0.05, 0.10, 0.30))
_OWN_USE = ((0.60, 0.00, 0.00), (0.40, 0.03, 0.12))
_UNKNOWN = 0.12


class Cut(NamedTuple):
    """Units of some carriers, one entry a unit.

    Attributes
    ----------
    unit, carrier
        Numbers of the rows.
    place
        Number of the unit in its carrier, from 0.
    area
        Whole square metres.
    state
        Place in :data:`STATES`.
    """

    unit: Rows
    carrier: Rows
    place: Rows
    area: Rows
    state: Rows


class Occupancy:
    """Areas and units of carriers.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    """

    def __init__(self, size: CitySize) -> None:
        self._carriers, self._units = size.carriers, size.unit_rows
        self._draws = Draws(size.seed, "occupancy")

    @cached_property
    def first(self) -> Rows:
        """Number of the first unit of each carrier, and of all units."""
        rows = np.arange(self._carriers)
        weight = np.where(self.known(rows), self._draws.between("units", rows, 0.2, 2.0), 0.0)
        share = np.cumsum(weight)
        whole = share[-1] if len(share) and share[-1] > 0 else 1.0
        return np.concatenate([[0], np.floor(self._units * share / whole + 0.5)]).astype(np.int64)

    def known(self, carriers: Rows) -> NDArray[np.bool_]:
        """Tell of which carriers the occupancy is known."""
        return ~self._draws.happens("unknown", carriers, _UNKNOWN)

    def gross(self, carriers: Rows) -> Rows:
        """Return the gross floor area of carriers in whole hundreds of m²."""
        drawn = self._draws.lognormal("gross", carriers, 12_000, 0.7)
        return np.round(np.clip(drawn, 1500, 90_000), -2).astype(np.int64)

    def rentable(self, carriers: Rows) -> Rows:
        """Return the rentable area of carriers in whole m²."""
        share = self._draws.between("rentable", carriers, 0.70, 0.88)
        return np.floor(self.gross(carriers) * share).astype(np.int64)

    def cut(self, low: int, high: int) -> Cut:
        """Return the units of the carriers `low` to `high`, the last not included."""
        carriers = np.arange(low, high)
        count = np.diff(self.first[low : high + 1])
        unit = np.arange(self.first[low], self.first[high])
        at = np.repeat(np.arange(len(carriers)), count)
        begin = np.cumsum(count) - count
        place = np.arange(len(unit)) - begin[at]
        weight = self._draws.between("area", unit, 0.4, 1.4)
        whole = self.rentable(carriers)
        area = np.floor(whole[at] * weight / np.bincount(at, weight, len(carriers))[at])
        area = area.astype(np.int64)
        last = (begin + count - 1)[count > 0]
        area[last] += (whole - np.bincount(at, area, len(carriers)).astype(np.int64))[count > 0]
        done = np.cumsum(area)
        before = done - area - (done - area)[begin[at]] if len(at) else done
        return Cut(unit, carriers[at], place, area, self._states(carriers, at, before + area / 2))

    def _states(self, carriers: Rows, at: Rows, middle: Floats) -> Rows:
        """Return the states: a stretch of each carrier is vacant, the next locked, and so on."""
        whole = self.rentable(carriers)[at]
        from_m2 = np.floor(self._draws.uniform("turn", carriers)[at] * whole)
        along = (middle + from_m2) % whole / whole
        ends = np.cumsum(self._targets(carriers), axis=1)[at]
        return np.asarray((along[:, None] >= ends).sum(axis=1))

    def _targets(self, carriers: Rows) -> Floats:
        """Return the shares of vacant, locked and own use that carriers come near to."""
        vacant = self._mixed("vacancy", carriers, _VACANCY)
        rest = np.stack(
            [
                self._mixed("locked", carriers, _LOCKED),
                self._mixed("own use", carriers, _OWN_USE),
            ],
            axis=1,
        )
        return np.column_stack([vacant, rest * (1 - vacant)[:, None]])

    def _mixed(
        self, name: str, rows: Rows, parts: tuple[tuple[float, float, float], ...]
    ) -> Floats:
        share, low, high = np.array(parts).T
        at = np.searchsorted(np.cumsum(share)[:-1], self._draws.uniform(f"{name} kind", rows))
        return np.asarray(low[at] + (high - low)[at] * self._draws.uniform(name, rows))

    def areas(self, low: int, high: int) -> tuple[Rows, Rows, Rows]:
        """Return areas by state, leased units and largest vacant area of carriers.

        Parameters
        ----------
        low, high
            Carriers `low` to `high`, the last not included.

        Returns
        -------
        tuple
            m² of each of :data:`STATES`, shape (n, 4); number of leased units; m². Where
            there are no units the areas are the shares that are aimed at.
        """
        carriers, units = np.arange(low, high), self.cut(low, high)
        at = units.carrier - low
        found = np.zeros((len(carriers), len(STATES)), dtype=np.int64)
        np.add.at(found, (at, units.state), units.area)
        whole = self.rentable(carriers)
        aimed = np.floor(whole[:, None] * self._targets(carriers)).astype(np.int64)
        aimed = np.column_stack([aimed, whole - aimed.sum(axis=1)])
        uncut = np.diff(self.first[low : high + 1]) == 0
        leased = np.bincount(at[units.state == LEASED], minlength=len(carriers))
        largest = np.where(uncut, aimed[:, VACANT], 0)
        empty = units.state == VACANT
        np.maximum.at(largest, at[empty], units.area[empty])
        return np.where(uncut[:, None], aimed, found), leased, largest
