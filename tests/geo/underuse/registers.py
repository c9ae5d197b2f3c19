"""Small registers, frames of facts, and a slow judge that tries every value."""

from __future__ import annotations

import math
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from geo.underuse import UnderuseParameters
from geo.underuse import evidence

TODAY = date(2026, 11, 23)
RULE = UnderuseParameters(as_of=TODAY)
SEVERITY = {"正常": 0, "预警": 1, "低效": 2}

# A normal building: 500 of 10,000 m² vacant for 2 months, 1,800 yuan/m², 200 months old.
PLAIN: dict[str, Any] = {
    "carrier_class": "business",
    "rentable_area_m2": 10_000.0,
    "own_use_area_m2": 0.0,
    "leased_area_m2": 9_500.0,
    "locked_area_m2": 0.0,
    "vacant_area_m2": 500.0,
    "vacant_since": "2026-09",
    "gross_area_m2": 10_000.0,
    "above_ground_area_m2": None,
    "tax_wan": 1_800.0,
    "incubated": None,
    "completed": "2010-03",
    "completed_year": None,
    "refitted": None,
    "hold": None,
    "gaps": None,
    "data_date": "2026-09-30",
}

# What is known of an old building with nothing unknown: inefficient.
KNOWN: dict[str, Any] = {
    "vacancy_low": 0.4,
    "vacancy_high": 0.4,
    "months_low": 18.0,
    "months_high": 18.0,
    "ratio_low": 0.2,
    "ratio_high": 0.2,
    "age_low": 200.0,
    "age_high": 200.0,
    "data_age_months": 2.0,
    "hold": "",
    "flaw": "",
    "missing": "",
}


def month_before(months: int) -> str:
    """Return the month so many months before today, ``YYYY-MM``."""
    number = TODAY.year * 12 + TODAY.month - 1 - months
    return f"{number // 12}-{number % 12 + 1:02d}"


def register(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return a register; each row says how it differs from :data:`PLAIN`."""
    frame = pd.DataFrame([PLAIN | row for row in rows])
    frame.index = pd.Index([f"F{number}" for number in range(len(frame))])
    return frame


def facts_of(*rows: dict[str, Any], rule: UnderuseParameters = RULE) -> pd.DataFrame:
    """Return facts; each row says how it differs from :data:`KNOWN`."""
    frame = pd.DataFrame([KNOWN | row for row in rows], columns=list(KNOWN))
    return frame.join(evidence(frame, rule))


def random_facts(number: int, seed: int) -> pd.DataFrame:
    """Return facts with values on and around the thresholds, half of them unknown."""
    rng = np.random.default_rng(seed)

    def ends(choices: list[float]) -> tuple[float, float]:
        low, high = sorted(rng.choice(choices, 2))
        return (float(low), float(high)) if rng.random() < 0.5 else (float(high), float(high))

    rows = []
    for _ in range(number):
        vacancy = ends([0.0, 0.1, 0.2, 0.25, 0.3, 0.45, 1.0])
        months = ends([0.0, 3.0, 11.0, 12.0, 30.0])
        age = ends([0.0, 10.0, 23.0, 24.0, 60.0, math.inf])
        ratio = float(rng.choice([0.0, 0.3, 0.5, 0.7, 2.0, math.nan]))
        row = {
            "vacancy_low": vacancy[0],
            "vacancy_high": vacancy[1],
            "months_low": months[0],
            "months_high": months[1],
            "age_low": min(age[0], 60.0),
            "age_high": age[1],
            "ratio_low": ratio,
            "ratio_high": ratio,
            "data_age_months": float(rng.choice([0.0, 6.0, 11.0, 12.0, 12.0, 13.0, math.nan])),
            "hold": str(rng.choice(["", "", "", "", "renewal"])),
        }
        if rng.random() < 0.1:
            row |= {"flaw": "contradiction", "vacancy_low": 0.0, "vacancy_high": 1.0}
        rows.append(row)
    return facts_of(*rows)


def slow_exact(v: float, months: float, ratio: float, age: float) -> str:
    """Return the state by the sentences of the rule, thresholds written out."""
    if age < 24:
        return "观察"
    empty = v >= 0.3 and months >= 12
    low = ratio < 0.5
    if empty and low:
        return "低效"
    if empty or (low and v >= 0.2):
        return "预警"
    return "正常"


def slow_states(fact: dict[str, Any], steps: int) -> set[str]:
    """Return every state that some value of the unknowns gives, `steps` for each."""
    ratios = [fact["ratio_low"]] if fact["ratio_low"] == fact["ratio_low"] else [0.0, 0.49, 0.5, 9]
    axes = [
        _between(fact["vacancy_low"], fact["vacancy_high"], steps, (0.2, 0.3)),
        _between(fact["months_low"], fact["months_high"], steps, (11.9, 12)),
        ratios,
        _between(fact["age_low"], fact["age_high"], steps, (23.9, 24)),
    ]
    return {slow_exact(*point) for point in product(*axes)}


def _between(low: float, high: float, steps: int, special: tuple[float, ...]) -> list[float]:
    top = min(high, 1_000.0)
    points = {low + (top - low) * step / steps for step in range(steps + 1)}
    return sorted(points | {top} | {value for value in special if low <= value <= top})


def slow_state(fact: dict[str, Any], steps: int = 6) -> str:
    """Return the printed state, one carrier and one sentence of the rule at a time."""
    states = slow_states(fact, steps)
    if fact["hold"] or states == {"观察"}:
        return "观察"
    fresh = fact["data_age_months"] <= 12
    duration = fact["months_low"] >= 12 or fact["months_high"] < 12
    grown = fact["age_low"] >= 24
    vacancy = fact["vacancy_low"] == fact["vacancy_high"] and not fact["flaw"]
    output = not math.isnan(fact["ratio_low"])
    share = (
        40 * vacancy
        + 15 * duration
        + 25 * output
        + 10 * (grown or fact["age_high"] < 24)
        + 10 * fresh
    )
    if len(states) == 1 and share >= 80 and not fact["flaw"] and fresh:
        return states.pop()
    empty = fact["vacancy_low"] >= 0.3 and fact["months_low"] >= 12 and not fact["flaw"]
    return "疑似低效" if empty and grown and fresh and not output else "待核"
