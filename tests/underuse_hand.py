"""A register of ten carriers that has every state, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import tables_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# Tax over 11,000 m²: 1100 万元 are 1,000 yuan per m². Six report, 100 to 1,000; the
# median is (1000 + 1000) / 2, so that low output is less than 500.
CHANGES: Mapping[int, dict[str, Any]] = {
    # 50 % empty for 30 months, 100 yuan: both.
    1: {"tax_wan": 110.0},
    # The same, and nobody says what tax is paid.
    2: {"tax_wan": None, "gaps": "tax_wan=保密不提供"},
    # Empty as long, output at the median: one of the two.
    3: {"tax_wan": 1100.0},
    # Completed 15 months ago.
    4: {"tax_wan": 1100.0, "completed": "2025-06", "vacant_since": "2025-07"},
    # Own use, let and empty space are not told: any vacancy at all.
    5: {
        "tax_wan": 1100.0,
        "own_use_area_m2": None,
        "leased_area_m2": None,
        "vacant_area_m2": None,
        "largest_vacant_m2": None,
        "vacant_since": None,
    },
    # 5 % empty.
    6: {"tax_wan": 1100.0, "leased_area_m2": 9000.0, "vacant_area_m2": 500.0},
    # Full, with the highest output.
    7: {
        "tax_wan": 1100.0,
        "leased_area_m2": 9500.0,
        "vacant_area_m2": 0.0,
        "largest_vacant_m2": None,
        "vacant_since": None,
        "rent_yuan_m2_day": 6.5,
    },
    # Held for renewal, however empty.
    8: {"tax_wan": None, "hold": "renewal"},
    # The parts add up to 11,000 of 10,000.
    9: {"tax_wan": None, "leased_area_m2": 5500.0},
    # The data are two years old.
    10: {"tax_wan": None, "data_date": "2024-08-31"},
}
STATES = {
    "C1": "低效",
    "C2": "疑似低效",
    "C3": "预警",
    "C4": "观察",
    "C5": "待核",
    "C6": "正常",
    "C7": "正常",
    "C8": "观察",
    "C9": "待核",
    "C10": "待核",
}


def register(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the carriers; changes by id, ``C3={"tax_wan": 1}``."""
    return [carrier(n, **(CHANGES[n] | changes.get(f"C{n}", {}))) for n in CHANGES]


def tables(*, layers: dict[str, Any] | None = None, **changes: dict[str, Any]) -> dict[str, Any]:
    """Return all layers with those carriers."""
    return tables_of(*register(**changes), **(layers or {}))
