"""Problems that no solver proves at once: many parks and little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.geo.consolidation.instances import make

if TYPE_CHECKING:
    from typing import Any

    from geo.consolidation.problem import Problem


def crowded(seed: int, parks: int = 10, units: int = 80, hosts: int = 30) -> Problem:
    """Return a problem in which parks compete for vacant space of about their size."""
    rng = np.random.default_rng([seed, 4])
    sites = [f"S{n:02d}" for n in range(3 * parks)]
    tenants: list[tuple[Any, ...]] = [
        (
            f"u{n:03d}",
            f"P{n % parks}",
            str(rng.choice(sites)),
            float(rng.integers(100, 900)),
            float(rng.integers(0, 2)),
            "" if rng.random() < 0.95 else "lease",
            int(rng.integers(0, 2)),
        )
        for n in range(units)
    ]
    rooms: list[tuple[Any, ...]] = [
        (f"h{n:03d}", str(rng.choice(sites)), float(rng.integers(500, 1500)), 0.0)
        for n in range(hosts)
    ]
    pairs: list[tuple[Any, ...]] = [
        (tenant[0], room[0], float(round(rng.uniform(5, 60), 2)), 0.0)
        for tenant in tenants
        for room in rooms
        if not tenant[5] and tenant[2] != room[1] and tenant[3] <= room[2] and rng.random() < 0.6
    ]
    return make(tenants, rooms, pairs)
