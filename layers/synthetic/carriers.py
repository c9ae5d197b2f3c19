"""Carriers of a synthetic city: buildings with space to let, in parks and outside of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.synthetic.cells import blank
from layers.synthetic.cells import choices
from layers.synthetic.cells import layer
from layers.synthetic.cells import month_ends
from layers.synthetic.cells import months
from layers.synthetic.cells import numbered
from layers.synthetic.dates import DATE
from layers.synthetic.dates import STALE_DATE
from layers.synthetic.dates import THIS_MONTH
from layers.synthetic.draws import Draws
from layers.synthetic.footprints import corners
from layers.synthetic.occupancy import LEASED
from layers.synthetic.occupancy import STATES
from layers.synthetic.occupancy import VACANT

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from layers.specs import LayerSpec
    from layers.synthetic.ground import Ground
    from layers.synthetic.occupancy import Occupancy
    from layers.synthetic.parks import Parks
    from layers.synthetic.size import CitySize

    Rows = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

NEEDS = ("层高不低于 5 m", "荷载不低于 5 kN/m²", "需环评", "双路供电")
"""What tenants may need of a building, and buildings provide."""

START_UPS = frozenset(("university", "incubator", "characteristic"))
"""Classes that count firms in incubation."""

_AT_MAIN = 0.85, 0.50, 0.15  # share near the main site of compact, mixed, scattered parks
_COMPACT, _MIXED = 0.45, 0.80  # cumulative shares of these parks
_FARTHEST_M = 12_000.0
_NO_PLACE, _POINT = 0.02, 0.14
_FIRST_YEAR, _LAST_YEAR = 1965, 2026
_HIGH = 0.3  # vacancy from which on space stands empty longer and yields less


class Carriers:
    """The carriers, and where they are.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    ground, parks, occupancy
        Where the city lies, what its parks are, how its space is let.
    """

    def __init__(self, size: CitySize, ground: Ground, parks: Parks, occupancy: Occupancy) -> None:
        self._ground, self._parks, self._occupancy = ground, parks, occupancy
        self._draws, self._source = Draws(size.seed, "carriers"), size.source

    def ids(self, rows: Rows) -> NDArray[np.object_]:
        """Return the ids of carriers."""
        return numbered("C", rows)

    def park(self, rows: Rows) -> Rows:
        """Return the park of each carrier, -1 where it has none."""
        first = self._parks.first
        return np.where(rows < first[-1], np.searchsorted(first, rows, side="right") - 1, -1)

    def xy(self, rows: Rows) -> Floats:
        """Return the middles of carriers in the plane of the city, shape (n, 2)."""
        draws, park = self._draws, self.park(rows)
        angle = draws.between("angle", rows, 0, 2 * np.pi)
        loose = self._ground.polar(angle, np.sqrt(draws.uniform("loose", rows)))
        if self._parks.count == 0:
            return loose
        held = self._parks.draws.uniform("scatter", park)
        share = np.select([held < _COMPACT, held < _MIXED], _AT_MAIN[:2], _AT_MAIN[2])
        near = draws.uniform("near", rows) < share
        far = np.minimum(draws.lognormal("far", rows, 1500, 0.9), _FARTHEST_M)
        away = np.where(near, draws.lognormal("close", rows, 120, 0.6), far)
        away = np.where(self._at_park(rows, park), 0.0, away)[:, None]
        direction = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.where(park[:, None] < 0, loose, self._parks.xy[park] + away * direction)

    def _at_park(self, rows: Rows, park: Rows) -> Bools:
        """Tell which carriers lie exactly where their park does."""
        first = (park >= 0) & (rows == self._parks.first[park])
        return np.asarray(first & self._draws.happens("at park", rows, 0.3))

    def classes(self, spec: LayerSpec, rows: Rows) -> NDArray[np.object_]:
        """Return the classes of carriers: that of the park, or any."""
        park, field = self.park(rows), "carrier_class"
        loose = self._draws.pick(field, rows, choices(spec, field))
        if self._parks.count == 0:
            return loose
        # A carrier is of the class of its park if there is such a class of carriers.
        own = self._parks.of_choice(spec, field, park)
        other = (park < 0) | self._draws.happens("other class", rows, 0.1)
        known = np.where(other, loose, own)
        return np.asarray(blank(known, self._draws.happens("no class", rows, 0.03)))

    def frame(self, spec: LayerSpec, rows: Rows) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return some rows, which must follow one another, of the layer ``carriers``."""
        draws = self._draws
        kind = self.classes(spec, rows)
        stale = draws.happens("stale", rows, 0.08)
        values: dict[str, Any] = {
            "carrier_id": self.ids(rows),
            "name": numbered("示例载体-", rows),
            "name_en": numbered("Sample carrier ", rows),
            "park_id": self._parks.ids(self.park(rows)),
            "carrier_class": kind,
            "tenure": draws.pick("tenure", rows, choices(spec, "tenure")),
            "address": numbered("示例路 ", rows % 9999 + 1, 1),
            "area_basis": "sample",
            "floors": np.maximum(2, np.minimum(40, self._occupancy.gross(rows) // 2500)),
            "data_date": np.where(stale, np.datetime64(STALE_DATE), np.datetime64(DATE)),
            "sample": True,
            "accuracy_m": draws.pick("accuracy", rows, ("10", "50", "300")).astype(np.float64),
            "verified": False,
            "source": self._source,
        }
        values |= self._built(rows) | self._run(spec, rows)
        values |= self._let(kind, rows, values["completed_year"])
        return layer(spec, len(rows), values, self._shapes(rows))

    def _built(self, rows: Rows) -> dict[str, Any]:
        draws = self._draws
        span = _LAST_YEAR - _FIRST_YEAR
        year = _LAST_YEAR - np.floor(span * draws.uniform("year", rows) ** 1.6).astype(np.int64)
        month = np.minimum(year * 12 + draws.integers("month", rows, 0, 11), THIS_MONTH)
        refit = THIS_MONTH - draws.integers("refit", rows, 3, 33)
        no_year = draws.happens("no year", rows, 0.12)
        return {
            "completed_year": blank(year, no_year),
            "completed": blank(months(month), no_year | draws.happens("no month", rows, 0.6)),
            "refitted": blank(
                months(refit), ~draws.happens("refitted", rows, 0.06) | (refit <= month)
            ),
        }

    def _run(self, spec: LayerSpec, rows: Rows) -> dict[str, Any]:
        draws = self._draws
        nobody = ~draws.happens("run", rows, 0.55)
        since = THIS_MONTH - draws.integers("since", rows, 4, 64)
        ends = month_ends(since + draws.integers("term", rows, 60, 96))
        industries = choices(spec, "hold"), draws.pick("hold kind", rows, choices(spec, "hold"))
        needs = [";".join(NEEDS[: n + 1]) for n in range(len(NEEDS))] + list(NEEDS[1:])
        operator = numbered("示例运营机构 ", draws.integers("operator", rows, 1, 40), 2)
        return {
            "operator": blank(operator, nobody),
            "operator_since": blank(months(since), nobody),
            "operator_contract_end": np.where(nobody, np.datetime64("NaT"), ends),
            "provides": blank(
                draws.pick("provides", rows, needs), draws.happens("provides nothing", rows, 0.5)
            ),
            "hold": blank(industries[1], ~draws.happens("hold", rows, 0.05)),
        }

    def _let(self, kind: NDArray[np.object_], rows: Rows, year: Floats) -> dict[str, Any]:
        draws, occupancy = self._draws, self._occupancy
        unknown = ~occupancy.known(rows)
        areas, leased, largest = occupancy.areas(int(rows[0]), int(rows[-1]) + 1)
        whole, gross = occupancy.rentable(rows), occupancy.gross(rows)
        vacancy = areas[:, VACANT] / np.maximum(whole, 1)
        # One of the parts, or the whole, is missing in a few rows.
        gap = np.where(draws.happens("gap", rows, 0.08), draws.integers("gap", rows, 0, 4), -1)
        values: dict[str, Any] = {
            f"{state}_area_m2": blank(areas[:, i], unknown | (gap == i))
            for i, state in enumerate(STATES)
        }
        tax = self._tax(kind, rows, areas[:, LEASED], vacancy)
        start_up = np.isin(kind, list(START_UPS))
        incubated = np.floor(leased * draws.between("incubated", rows, 0.3, 0.8))
        registered = np.floor(leased * draws.between("registered", rows, 0.5, 1.0))
        return values | {
            "gross_area_m2": blank(gross, draws.happens("no gross", rows, 0.03)),
            "above_ground_area_m2": blank(
                np.floor(0.85 * gross), draws.happens("no above", rows, 0.6)
            ),
            "rentable_area_m2": blank(whole, unknown | (gap == len(STATES))),
            "largest_vacant_m2": blank(largest, unknown),
            "vacant_since": self._since(rows, vacancy, year, unknown),
            "rent_yuan_m2_day": blank(
                np.round(self.rent(rows), 2), unknown | draws.happens("no rent", rows, 0.15)
            ),
            "tenants": blank(leased, unknown),
            "registered_tenants": blank(
                registered, unknown | draws.happens("no register", rows, 0.1)
            ),
            "incubated": blank(incubated, unknown | ~start_up),
            "tax_wan": blank(tax, unknown | self._no_tax(rows)),
            "gaps": blank(
                np.full(len(rows), "tax_wan=保密不提供", dtype=object),
                unknown | ~self._no_tax(rows) | draws.happens("why", rows, 0.5),
            ),
        }

    def rent(self, rows: Rows) -> Floats:
        """Return what space in carriers costs about, yuan per m² and day."""
        return self._draws.between("rent", rows, 2.0, 6.0)

    def _no_tax(self, rows: Rows) -> Bools:
        return self._draws.happens("no tax", rows, 0.15)

    def _tax(
        self, kind: NDArray[np.object_], rows: Rows, leased_m2: Rows, vacancy: Floats
    ) -> Floats:
        """Return a year's tax in 万元; less comes out of buildings that stand empty."""
        start_up = np.isin(kind, list(START_UPS))
        per_m2 = self._draws.lognormal("tax", rows, 1.0, 0.6) * np.where(start_up, 370, 1400)
        poor = (vacancy > _HIGH) & self._draws.happens("poor", rows, 0.6)
        return np.round(leased_m2 * per_m2 * np.where(poor, 0.35, 1.0) / 10_000, 1)

    def _since(
        self, rows: Rows, vacancy: Floats, year: Floats, unknown: Bools
    ) -> NDArray[np.object_]:
        draws = self._draws
        long, short = draws.integers("long", rows, 9, 48), draws.integers("short", rows, 1, 20)
        since = THIS_MONTH - np.where(vacancy > _HIGH, long, short)
        # Nothing stands empty for longer than the building stands.
        built = np.where(np.isnan(year), 0, year).astype(np.int64) * 12 + 11
        since = np.minimum(np.maximum(since, built), THIS_MONTH)
        missing = unknown | (vacancy == 0) | draws.happens("no since", rows, 0.1)
        return np.asarray(blank(months(since), missing))

    def _shapes(self, rows: Rows) -> NDArray[np.object_]:
        draws, ground, middle = self._draws, self._ground, self.xy(rows)
        half = np.stack(
            [draws.between("long side", rows, 12, 45), draws.between("short side", rows, 9, 25)],
            axis=1,
        )
        outline = corners(middle, half, draws.between("turned", rows, 0, np.pi))
        shapes = np.asarray(shapely.polygons(ground.degrees(outline)), dtype=object)
        kind, park = draws.uniform("shape", rows), self.park(rows)
        at_park = self._at_park(rows, park) if self._parks.count else np.zeros(len(rows), bool)
        shown = (kind < _POINT) | at_park
        lonlat = ground.degrees(middle)
        if self._parks.count:
            lonlat = np.where(at_park[:, None], self._parks.lonlat[park], lonlat)
        shapes[shown] = shapely.points(lonlat[shown])
        shapes[(kind < _NO_PLACE) & ~at_park] = None
        return shapes
