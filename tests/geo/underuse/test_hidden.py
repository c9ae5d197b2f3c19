"""From the register to the state: what is hidden may open a judgement, never falsify it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.underuse import judge
from geo.underuse import underuse_facts
from tests.geo.underuse.registers import PLAIN
from tests.geo.underuse.registers import RULE
from tests.geo.underuse.registers import month_before
from tests.geo.underuse.registers import slow_exact

MEDIANS = {"business": 1_000.0, "university": 1.0}
DECIDED = {"正常", "预警", "低效", "观察"}
NUMBER = 3_000
# How often a cell of a true register is left blank.
HIDDEN = {
    "rentable_area_m2": 0.1,
    "own_use_area_m2": 0.15,
    "leased_area_m2": 0.15,
    "locked_area_m2": 0.15,
    "vacant_area_m2": 0.15,
    "vacant_since": 0.15,
    "gross_area_m2": 0.05,
    "tax_wan": 0.15,
    "incubated": 0.15,
    "completed": 0.4,
    "completed_year": 0.4,
    "carrier_class": 0.05,
    "data_date": 0.1,
}


def _truth(rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, float]]:
    """Return one building with every cell filled in, and its numbers worked out alone."""
    total = float(rng.choice([1_000, 5_000, 10_000]))
    own, leased, locked, vacant = rng.multinomial(20, rng.dirichlet([0.6] * 4)) * total / 20
    built = int(rng.choice([3, 10, 23, 24, 30, 60, 200]))
    refit = int(rng.integers(0, built + 1)) if rng.random() < 0.15 else None
    empty = min(built, int(rng.choice([0, 5, 11, 12, 13, 30])))
    ratio = float(rng.choice([0.0, 0.2, 0.49, 0.5, 0.51, 1.0, 2.0]))
    gross = 1.2 * total
    row = (
        PLAIN
        | {
            "carrier_class": str(rng.choice(list(MEDIANS))),
            "rentable_area_m2": total,
            "own_use_area_m2": own,
            "leased_area_m2": leased,
            "locked_area_m2": locked,
            "vacant_area_m2": vacant,
            "vacant_since": month_before(empty),
            "gross_area_m2": gross,
            "tax_wan": ratio * 1_000 * gross / 10_000,  # 1,000 yuan/m² are the median
            "incubated": ratio * gross / 1_000,  # 1 firm on 1,000 m² is the median
            "completed": month_before(built),
            "completed_year": float(month_before(built)[:4]),
            "refitted": None if refit is None else month_before(refit),
        }
    )
    offered = total - locked
    return row, {
        "vacancy": vacant / offered if offered else np.nan,
        "months": empty if vacant else 0,
        "ratio": ratio,
        "age": built if refit is None else refit,
        "recoverable": max(vacant - 0.15 * offered, 0.0),
    }


def _judged(rows: list[dict[str, Any]]) -> pd.DataFrame:
    facts = underuse_facts(pd.DataFrame(rows), RULE, benchmarks=MEDIANS)
    return facts.join(judge(facts, RULE))


def _true_state(true: dict[str, float]) -> str:
    if np.isnan(true["vacancy"]) and true["age"] >= 24:
        return "待核"
    # The slack of a quotient against its threshold, written out.
    return slow_exact(true["vacancy"] + 1e-12, true["months"], true["ratio"] + 1e-12, true["age"])


def _town(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, float]]]:
    rng = np.random.default_rng(seed)
    rows, truths = zip(*(_truth(rng) for _ in range(NUMBER)), strict=True)
    return list(rows), list(truths)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_full_register_is_judged_by_its_own_numbers(seed: int) -> None:
    rows, truths = _town(seed)
    found = _judged(rows)
    assert found["state"].tolist() == [_true_state(true) for true in truths]
    assert set(found["state"]) == DECIDED | {"待核"}
    recoverable = [true["recoverable"] for true in truths]
    assert found["recoverable_low"].to_numpy() == pytest.approx(recoverable)
    assert found["recoverable_high"].to_numpy() == pytest.approx(recoverable)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_hidden_may_open_a_state_and_never_falsifies_one(seed: int) -> None:
    rows, truths = _town(seed)
    rng = np.random.default_rng(seed + 100)
    blank = {name: rng.random(NUMBER) < share for name, share in HIDDEN.items()}
    seen = [
        row | {name: None for name in HIDDEN if blank[name][place]}
        for place, row in enumerate(rows)
    ]
    found = _judged(seen)
    decided = 0
    for true, row in zip(truths, found.to_dict("records"), strict=True):
        if np.isnan(true["vacancy"]):
            continue  # nothing was on offer, so there is no state to be found out
        state = _true_state(true)
        assert state in str(row["possible"]).split(";")
        assert row["state"] in {state, "待核", "疑似低效"}
        assert row["state"] != "疑似低效" or state in {"低效", "预警"}
        if not np.isnan(row["recoverable_low"]):
            assert row["recoverable_low"] <= true["recoverable"] + 1e-6
            assert row["recoverable_high"] >= true["recoverable"] - 1e-6
        decided += row["state"] in DECIDED
    assert NUMBER * 0.3 < decided < NUMBER * 0.9
    assert set(found["state"]) == DECIDED | {"待核", "疑似低效"}
