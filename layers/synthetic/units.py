"""Units of a synthetic city: what carriers are let as."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from layers.synthetic.carriers import NEEDS
from layers.synthetic.cells import blank
from layers.synthetic.cells import choices
from layers.synthetic.cells import layer
from layers.synthetic.cells import month_ends
from layers.synthetic.cells import numbered
from layers.synthetic.dates import DATE
from layers.synthetic.dates import THIS_MONTH
from layers.synthetic.draws import Draws
from layers.synthetic.occupancy import LEASED
from layers.synthetic.occupancy import LOCKED
from layers.synthetic.occupancy import STATES
from layers.synthetic.occupancy import VACANT
from layers.synthetic.occupancy import Cut

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from layers.specs import LayerSpec
    from layers.synthetic.carriers import Carriers
    from layers.synthetic.occupancy import Occupancy
    from layers.synthetic.parks import Parks
    from layers.synthetic.size import CitySize

    Rows = NDArray[np.int64]

_HAS_GUEST, _GUEST, _LOOSE_GUEST = 0.25, 0.35, 0.3
_LEADING = 0.6
_NO_DAY = np.datetime64("NaT", "D")


class Units:
    """The units.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    parks, carriers, occupancy
        Whose they are, where they are, and how they are let.
    """

    def __init__(
        self, size: CitySize, parks: Parks, carriers: Carriers, occupancy: Occupancy
    ) -> None:
        self._parks, self._carriers, self._occupancy = parks, carriers, occupancy
        self._draws, self._source = Draws(size.seed, "units"), size.source

    def frame(self, spec: LayerSpec, rows: Rows) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return some rows, which must follow one another, of the layer ``units``."""
        first = self._occupancy.first
        low = int(np.searchsorted(first, rows[0], side="right")) - 1
        high = int(np.searchsorted(first, rows[-1], side="right"))
        whole = self._occupancy.cut(low, high)
        cut = Cut(*(part[rows[0] - first[low] :][: len(rows)] for part in whole))
        draws = self._draws
        let = (cut.state == LEASED) | (cut.state == LOCKED)
        park = self._park(cut)
        values: dict[str, Any] = {
            "unit_id": numbered("U", cut.unit),
            "carrier_id": self._carriers.ids(cut.carrier),
            "park_id": self._parks.ids(park),
            "floor": numbered("", draws.integers("floor", rows, 1, 24), 1) + "F",
            "floor_area_m2": blank(cut.area, draws.happens("no area", rows, 0.02)),
            "state": blank(
                np.asarray(STATES, dtype=object)[cut.state],
                draws.happens("no state", rows, 0.01),
            ),
            "tenant": blank(numbered("示例企业-", cut.unit), ~let),
            "industry": blank(
                self._industry(spec, park, rows), ~let | draws.happens("what", rows, 0.05)
            ),
            "protected": draws.happens("protected", rows, 0.05) & (cut.state == LEASED),
            "needs": blank(
                draws.pick("needs", rows, NEEDS), ~let | ~draws.happens("need", rows, 0.1)
            ),
            "data_date": np.datetime64(DATE),
            "sample": True,
            "source": self._source,
        }
        return layer(spec, len(rows), values | self._lease(cut, let, rows))

    def _lease(self, cut: Cut, let: NDArray[np.bool_], rows: Rows) -> dict[str, Any]:
        draws = self._draws
        locked = cut.state == LOCKED
        left = np.where(
            locked, draws.integers("later", rows, 30, 60), draws.integers("left", rows, 3, 63)
        )
        start = np.where(locked, THIS_MONTH, THIS_MONTH - draws.integers("ago", rows, 1, 48))
        rent = self._carriers.rent(cut.carrier) * draws.between("rent", rows, 0.9, 1.1)
        no_rent = ~let | locked | draws.happens("no rent", rows, 0.1)
        free = draws.happens("free", rows, 0.1) & (cut.state == VACANT)
        return {
            "lease_start": np.where(let, month_ends(start), _NO_DAY),
            "lease_end": np.where(
                let & ~draws.happens("no end", rows, 0.05), month_ends(THIS_MONTH + left), _NO_DAY
            ),
            "available_from": np.where(
                free, month_ends(THIS_MONTH + draws.integers("from", rows, 2, 15)), _NO_DAY
            ),
            "breakable": blank(
                np.asarray(draws.happens("breakable", rows, 0.25), dtype=object),
                ~let | draws.happens("unsaid", rows, 0.2),
            ),
            "rent_yuan_m2_day": blank(np.round(rent, 2), no_rent),
        }

    def _park(self, cut: Cut) -> Rows:
        """Return whose each unit is: the carrier's park, a neighbour that is a guest, or -1."""
        own, draws = self._carriers.park(cut.carrier), self._draws
        near = self._parks.near
        if self._parks.count == 0:
            return own
        loose = (own < 0) & draws.happens("loose guest", cut.carrier, _LOOSE_GUEST)
        park = own.copy()
        park[loose] = self._parks.nearest(self._carriers.xy(cut.carrier[loose]))
        if near.shape[1] == 0:
            return park
        which = draws.integers("which", cut.carrier, 0, near.shape[1] - 1)
        guest = (own >= 0) & draws.happens("has guest", cut.carrier, _HAS_GUEST)
        guest &= draws.happens("guest", cut.unit, _GUEST) & (cut.state != VACANT)
        return np.where(guest, near[own, which], park)

    def _industry(self, spec: LayerSpec, park: Rows, rows: Rows) -> NDArray[np.object_]:
        any_of = self._draws.pick("industry", rows, choices(spec, "industry"))
        if self._parks.count == 0:
            return any_of
        leading = (park >= 0) & self._draws.happens("leading", rows, _LEADING)
        return np.where(leading, self._parks.of_choice(spec, "industry", park), any_of)
