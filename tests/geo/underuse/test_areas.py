"""Vacant and recoverable space: every division of small buildings, and hand-made ones."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.underuse import recoverable_interval
from geo.underuse import vacancy_interval
from tests.geo.underuse.registers import register

PARTS = ["own_use_area_m2", "leased_area_m2", "locked_area_m2", "vacant_area_m2"]
KEPT = 0.15


def _areas(total: float | None, *parts: float | None) -> pd.DataFrame:
    row = dict(zip(PARTS, parts, strict=True))
    return register({"rentable_area_m2": total, "gross_area_m2": None, **row})


def _ends(frame: pd.DataFrame) -> tuple[float, float]:
    return float(frame["low"].iloc[0]), float(frame["high"].iloc[0])


def _divisions(total: int) -> list[tuple[int, ...]]:
    return [parts for parts in product(range(total + 1), repeat=4) if sum(parts) == total]


def _hidden(total: int) -> tuple[pd.DataFrame, list[list[tuple[int, ...]]]]:
    """Return buildings with every choice of missing parts, and all they may really be."""
    rows, could_be = [], []
    divisions = _divisions(total)
    for parts, gone in product(divisions, product([False, True], repeat=4)):
        told = [None if hide else float(part) for part, hide in zip(parts, gone, strict=True)]
        rows.append({"rentable_area_m2": float(total), **dict(zip(PARTS, told, strict=True))})
        could_be.append(
            [
                other
                for other in divisions
                if all(h or p == o for p, o, h in zip(parts, other, gone, strict=True))
            ]
        )
    return pd.DataFrame(rows).astype("float64"), could_be


def _rate(parts: tuple[int, ...]) -> float:
    """Return the rate; where all is locked nothing is vacant."""
    offered = parts[0] + parts[1] + parts[3]
    return parts[3] / offered if offered else 0.0


@pytest.mark.parametrize("total", [1, 3, 5])
def test_vacancy_is_what_every_division_of_the_rest_allows(total: int) -> None:
    carriers, could_be = _hidden(total)
    found = vacancy_interval(carriers)
    for row, divisions in zip(found.itertuples(), could_be, strict=True):
        if all(parts[2] == total for parts in divisions):
            assert (row.low, row.high, row.flaw) == (0.0, 1.0, "nothing_on_offer")
            continue
        rates = [_rate(parts) for parts in divisions]
        assert (row.low, row.high) == pytest.approx((min(rates), max(rates)), abs=1e-12)
        assert row.flaw == ""


@pytest.mark.parametrize("total", [1, 3, 5])
def test_recoverable_space_is_what_every_division_of_the_rest_allows(total: int) -> None:
    carriers, could_be = _hidden(total)
    found = recoverable_interval(carriers, KEPT)
    for row, divisions in zip(found.itertuples(), could_be, strict=True):
        areas = [max(parts[3] - KEPT * (total - parts[2]), 0.0) for parts in divisions]
        assert (row.low, row.high) == pytest.approx((min(areas), max(areas)), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_random_divisions_that_keep_the_closure_stay_inside(seed: int) -> None:
    """Real areas, unknown rentable area too: what is true lies between the ends."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.7] * 4, 400)
    total = rng.uniform(500, 50_000, 400)
    true = pd.DataFrame(shares * total[:, None], columns=PARTS).assign(rentable_area_m2=total)
    seen = true.mask(pd.DataFrame(rng.random((400, 5)) < 0.4, columns=true.columns))
    offered = true["rentable_area_m2"] - true["locked_area_m2"]
    rate, area = vacancy_interval(seen), recoverable_interval(seen, KEPT)
    vacancy = true["vacant_area_m2"] / offered
    recoverable = (true["vacant_area_m2"] - KEPT * offered).clip(lower=0)
    assert rate["flaw"].eq("").all()
    assert (rate["low"].le(vacancy + 1e-9) & rate["high"].ge(vacancy - 1e-9)).all()
    told = area["low"].notna()
    inside = area["low"].le(recoverable + 1e-6) & area["high"].ge(recoverable - 1e-6)
    assert told.sum() > 200
    assert inside[told].all()
    assert (rate["low"] == rate["high"]).sum() > 50


def test_the_closed_definition(oracle: dict[str, Any]) -> None:
    case = oracle["C2.vacancy"]
    areas = [case[k] for k in ("self_used", "leased", "locked_or_refit", "listed_vacant")]
    known = (case["total_rentable"], *areas)
    for gone in (None, 0, 1, 2, 3, 4):
        shown = [None if place == gone else float(area) for place, area in enumerate(known)]
        rate = _ends(vacancy_interval(_areas(*shown)))
        assert rate == pytest.approx((case["rate_recommended"],) * 2, abs=1e-6)
        # (6000/19000 − 0.15) · 19000
        recoverable = _ends(recoverable_interval(_areas(*shown), KEPT))
        assert recoverable == pytest.approx((3150.0, 3150.0))


@pytest.mark.parametrize(
    ("areas", "flaw"),
    [
        ((100.0, 0.0, 60.0, 0.0, 41.0), ""),
        ((100.0, 0.0, 60.0, 0.0, 39.0), ""),
        ((100.0, 0.0, 60.0, 0.0, 41.1), "contradiction"),
        ((100.0, 0.0, 60.0, 0.0, 38.9), "contradiction"),
        ((100.0, None, 101.5, None, None), "contradiction"),
        ((100.0, None, 60.0, None, 45.0), "contradiction"),
        ((100.0, 0.0, 110.0, 0.0, -10.0), "contradiction"),
        ((-100.0, None, None, None, None), "contradiction"),
        ((100.0, 0.0, 0.0, 100.0, 0.0), "nothing_on_offer"),
        ((100.0, None, None, 100.0, None), "nothing_on_offer"),
        ((0.0, 0.0, 0.0, 0.0, 0.0), "nothing_on_offer"),
        ((None, 0.0, 0.0, None, 0.0), "nothing_on_offer"),
    ],
)
def test_areas_must_close_within_one_percent(areas: tuple[float | None, ...], flaw: str) -> None:
    found = vacancy_interval(_areas(*areas))
    assert found["flaw"].tolist() == [flaw]
    if flaw:
        assert _ends(found) == (0.0, 1.0)
    recoverable = recoverable_interval(_areas(*areas), KEPT)
    assert recoverable.isna().all(axis=None) == (flaw == "contradiction")
    if flaw == "nothing_on_offer":
        assert _ends(recoverable) == (0.0, 0.0)


def test_the_slack_of_the_closure_never_gives_more_than_all_of_it() -> None:
    """100.5 m² vacant of 100 m²: within 1 %, all of it is vacant, 85 m² recoverable."""
    areas = _areas(100.0, 0.0, 0.0, 0.0, 100.5)
    assert _ends(vacancy_interval(areas)) == (1.0, 1.0)
    assert _ends(recoverable_interval(areas, KEPT)) == pytest.approx((85.0, 85.0))


def test_without_the_rentable_area_there_is_an_open_end() -> None:
    """20 vacant, 30 leased, own use unknown: at most 20/50, and no least."""
    areas = _areas(None, None, 30.0, None, 20.0)
    assert _ends(vacancy_interval(areas)) == (0.0, 0.4)
    assert recoverable_interval(areas, KEPT).isna().all(axis=None)
    assert recoverable_interval(areas, 0.0).isna().all(axis=None)


def test_nothing_vacant_is_nothing_however_little_else_is_known() -> None:
    assert _ends(vacancy_interval(_areas(100.0, None, None, None, 0.0))) == (0.0, 0.0)
    assert _ends(vacancy_interval(_areas(None, None, None, None, 0.0))) == (0.0, 0.0)
    assert _ends(vacancy_interval(_areas(100.0, None, None, None, None))) == (0.0, 1.0)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, "n/a", None])
def test_what_is_no_number_is_unknown(wrong: object) -> None:
    carriers = register({"vacant_area_m2": wrong, "leased_area_m2": wrong})
    assert _ends(vacancy_interval(carriers)) == (0.0, 1.0)
    assert _ends(recoverable_interval(carriers, KEPT)) == pytest.approx((0.0, 8_500.0))


def test_absent_columns_are_unknown_everywhere() -> None:
    found = vacancy_interval(pd.DataFrame(index=["a", "b"]))
    assert found[["low", "high"]].to_numpy().tolist() == [[0.0, 1.0], [0.0, 1.0]]
    assert vacancy_interval(register({}).iloc[:0]).empty
