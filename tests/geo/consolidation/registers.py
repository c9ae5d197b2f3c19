"""Small registers: a town of five carriers, and as many random ones as are wanted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.consolidation.overrides import Override
from geo.consolidation.parameters import ConsolidationParameters
from geo.consolidation.register import Register
from geo.consolidation.register import register
from geo.crs import district_crs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Plan = NDArray[np.intp]

CRS = district_crs(121.5)

_CARRIER_TYPES = {
    "carrier_id": "str",
    "park_id": "str",
    "gross_area_m2": "float64",
    "rent_yuan_m2_day": "float64",
    "allowed_industries": "str",
    "provides": "str",
    "sample": "boolean",
}
_UNIT_TYPES = {
    "unit_id": "str",
    "carrier_id": "str",
    "park_id": "str",
    "floor_area_m2": "float64",
    "state": "str",
    "tenant": "str",
    "industry": "str",
    "lease_end": "datetime64[s]",
    "available_from": "datetime64[s]",
    "breakable": "boolean",
    "protected": "boolean",
    "needs": "str",
    "rent_yuan_m2_day": "float64",
    "sample": "boolean",
}


def parameters(**changes: Any) -> ConsolidationParameters:
    """Return the parameters of the tests: two years, nothing limited unless it is changed."""
    plain: dict[str, Any] = {
        "as_of": date(2026, 1, 1),
        "horizon": date(2027, 12, 31),
        "anchors": 0,
        "yearly_share": 10.0,
    }
    return ConsolidationParameters(**(plain | changes))


def place(name: str, at: Any, park: str | None, **more: Any) -> dict[str, Any]:
    """Return a carrier; `at` is (x, y), a shape or None."""
    geometry = shapely.Point(at) if isinstance(at, tuple) else at
    return {"carrier_id": name, "park_id": park, "geometry": geometry} | more


def let(
    name: str, carrier: str | None, area: float | None, end: str | None, **more: Any
) -> dict[str, Any]:
    """Return a unit that is let until a day, and cannot be ended early unless it is changed."""
    row: dict[str, Any] = {"unit_id": name, "carrier_id": carrier, "floor_area_m2": area}
    row |= {"lease_end": end}
    return row | {"state": "leased", "breakable": False, "protected": False} | more


def vacant(name: str, carrier: str, area: float | None, **more: Any) -> dict[str, Any]:
    """Return a vacant unit."""
    row = {"unit_id": name, "carrier_id": carrier, "floor_area_m2": area}
    return row | {"state": "vacant"} | more


def carrier_table(rows: Sequence[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return carriers in the types of the layer."""
    geometry = [row.get("geometry") for row in rows]
    plain = pd.DataFrame(list(rows), columns=list(_CARRIER_TYPES)).astype(_CARRIER_TYPES)
    return gpd.GeoDataFrame(plain, geometry=geometry, crs=CRS)


def unit_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return units in the types of the layer."""
    return pd.DataFrame(list(rows), columns=list(_UNIT_TYPES)).astype(_UNIT_TYPES)


def changed(frame: Any, key: str, **values: Any) -> Any:
    """Return a copy of carriers or units in which some values of one row are others."""
    name = "carrier_id" if "gross_area_m2" in frame else "unit_id"
    frame = frame.copy()
    assert frame[name].eq(key).sum() == 1
    for column, value in values.items():
        frame.loc[frame[name].eq(key), column] = value
    return frame


def dropped(frame: Any, *keys: str) -> Any:
    """Return carriers or units without some rows."""
    name = "carrier_id" if "gross_area_m2" in frame else "unit_id"
    return frame[~frame[name].isin(keys)].reset_index(drop=True)


def town() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return carriers and units of a town.

    Park P is at A and B, park Q at C and D, a kilometre apart; E belongs to nobody and
    is half empty. Both parks can come down to one presence: ``b1`` fits into ``a2``, and
    ``c1`` into ``d2``; ``d1`` is locked by its lease.
    """
    carriers = carrier_table(
        [
            place("A", (0, 0), "P"),
            place("B", (1000, 0), "P"),
            place("C", (2000, 0), "Q"),
            place("D", (3000, 0), "Q"),
            place("E", (1000, 1000), None),
        ]
    )
    units = unit_table(
        [
            let("a1", "A", 500.0, "2027-06-30", rent_yuan_m2_day=3.0, industry="AI"),
            vacant("a2", "A", 900.0),
            let("b1", "B", 300.0, "2026-12-31", rent_yuan_m2_day=3.0, industry="AI"),
            let("c1", "C", 400.0, "2027-03-31", rent_yuan_m2_day=4.0, industry="bio"),
            let("d1", "D", 200.0, "2030-01-01", rent_yuan_m2_day=2.0, industry="bio"),
            vacant("d2", "D", 600.0),
            vacant("e1", "E", 150.0),
        ]
    )
    return carriers, units


def ask(carriers: gpd.GeoDataFrame, units: pd.DataFrame, **more: Any) -> Register:
    """Return the register of carriers and units.

    What is no argument of :func:`geo.consolidation.register.register` is a parameter.
    """
    names = {"zones", "parks", "barriers", "overrides"}
    given = {name: value for name, value in more.items() if name in names}
    settled = parameters(**{k: v for k, v in more.items() if k not in names})
    return register(carriers, units, given.pop("zones", None), settled, **given)


def by_hand(kind: Any, **about: str) -> Override:
    """Return an override that is signed."""
    return Override(kind=kind, author="li", time="2026-01-01T00:00:00Z", reason="看过", **about)


def locks(found: Register) -> dict[str, str]:
    """Return why each unit cannot move."""
    units = found.problem.units
    held: list[str] = units["lock"].tolist()
    names: list[str] = units["unit_id"].tolist()
    return dict(zip(names, held, strict=True))


def possible(found: Register) -> set[tuple[str, str]]:
    """Return the possible moves."""
    return set(zip(found.problem.pairs["unit_id"], found.problem.pairs["host_id"], strict=True))


def plan(found: Register, **moves: str) -> Plan:
    """Return a plan from the host of each unit that moves."""
    hosts = found.problem.hosts["host_id"].tolist()
    assert set(moves) <= set(found.problem.units["unit_id"])
    units = found.problem.units["unit_id"]
    return np.array([hosts.index(moves[u]) if u in moves else -1 for u in units], dtype=np.intp)


def random_town(seed: int) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return a random register: 4-7 carriers of up to three parks, 7-11 units, with holes."""
    rng = np.random.default_rng([seed, 3])
    names = [f"K{n}" for n in range(rng.integers(4, 8))]
    parks = ["P", "Q", "R"][: int(rng.integers(1, 4))]
    carriers = [
        place(
            name,
            None if rng.random() < 0.05 else tuple(rng.integers(0, 40, 2) * 100.0),
            None if rng.random() < 0.1 else str(rng.choice(parks)),
            gross_area_m2=float(rng.integers(5, 50) * 100),
            rent_yuan_m2_day=_maybe(rng, round(float(rng.uniform(1, 6)), 2)),
            allowed_industries=_maybe(rng, str(rng.choice(["AI", "AI;bio", "bio、chem"])), 0.4),
            provides=_maybe(rng, str(rng.choice(["crane", "crane;gas"])), 0.5),
        )
        for name in names
    ]
    return carrier_table(carriers), unit_table(
        [_random_unit(rng, f"u{n:02d}", names, parks) for n in range(rng.integers(7, 12))]
    )


def _maybe(rng: np.random.Generator, value: Any, share: float = 0.7) -> Any:
    return value if rng.random() < share else None


def _random_unit(
    rng: np.random.Generator, name: str, carriers: list[str], parks: list[str]
) -> dict[str, Any]:
    carrier = "nowhere" if rng.random() < 0.03 else str(rng.choice(carriers))
    area = float(rng.integers(1, 12) * 50 + rng.integers(0, 2) * 0.1)
    area = -area if rng.random() < 0.04 else area
    if rng.random() < 0.35:
        ready = _maybe(rng, f"202{rng.integers(5, 8)}-06-30", 0.3)
        return vacant(name, carrier, area * 2.5, available_from=ready)
    year = rng.choice([2025, 2026, 2027, 2027, 2028, 2031])
    return let(
        name,
        carrier,
        _maybe(rng, area, 0.95),
        _maybe(rng, f"{year}-0{rng.integers(1, 10)}-15", 0.9),
        park_id=_maybe(rng, str(rng.choice(parks)), 0.3),
        state=str(rng.choice(["leased", "own_use"], p=[0.95, 0.05])),
        breakable=_maybe(rng, bool(rng.random() < 0.2)),
        protected=_maybe(rng, bool(rng.random() < 0.05)),
        industry=_maybe(rng, str(rng.choice(["AI", "bio", "chem"])), 0.9),
        needs=_maybe(rng, "crane", 0.1),
        rent_yuan_m2_day=_maybe(rng, round(float(rng.uniform(1, 6)), 2)),
        tenant=f"firm {name}",
    )
