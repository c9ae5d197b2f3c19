"""Values of the closed vacancy definition: 20000 rentable, 1000 locked, 6000 vacant."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geo.vacancy import vacancy_rate
from geo.vacancy import vacant_months


def _series(*values: float) -> pd.Series:
    return pd.Series(values, dtype="float64")


def test_locked_space_is_not_on_offer() -> None:
    rate = vacancy_rate(_series(20000), _series(1000), _series(6000))
    assert rate.iloc[0] == pytest.approx(0.315789, abs=1e-6)
    assert rate.name == "vacancy_rate"


def test_unknown_is_not_zero() -> None:
    nan = np.nan
    rate = vacancy_rate(
        _series(100, nan, 100, 100, 0), _series(0, 0, nan, 0, 0), _series(0, 5, 5, nan, 0)
    )
    assert rate.iloc[0] == 0.0
    assert rate.iloc[1:].isna().all()


def test_nothing_on_offer_has_no_rate() -> None:
    assert vacancy_rate(_series(100), _series(100), _series(0)).isna().all()


def test_areas_that_contradict_each_other_have_no_rate() -> None:
    """900 vacant of 500 on offer would be 180 %."""
    rate = vacancy_rate(
        _series(1000, 1000, 1000, 1000), _series(500, 500, 0, 0), _series(900, 500, -1, 1000.1)
    )
    assert rate.isna().tolist() == [True, False, True, True]
    assert rate.iloc[1] == 1.0


def test_indexes_must_agree() -> None:
    with pytest.raises(ValueError, match="index"):
        vacancy_rate(_series(1, 2), _series(1), _series(1))


def test_months_count_from_month_to_month_and_never_below_zero() -> None:
    since = pd.Series(["2024-11", "2026-11", "2027-01", None, "soon"], dtype="str")
    months = vacant_months(since, date(2026, 11, 23))
    assert months.iloc[:3].tolist() == [24, 0, 0]
    assert months.iloc[3:].isna().all()
