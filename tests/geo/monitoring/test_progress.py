"""The index, its status and what is still needed, against the worked numbers."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.monitoring import MONITORING_DEFAULTS
from geo.monitoring import MonitoringParameters
from geo.monitoring import attained_share
from geo.monitoring import elapsed_share
from geo.monitoring import growth_needed
from geo.monitoring import points_needed
from geo.monitoring import progress_index
from geo.monitoring import required_path
from geo.monitoring import status_of
from geo.monitoring import years_between

NAN = float("nan")
DAYS = st.dates(dt.date(1999, 1, 1), dt.date(2101, 12, 31))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_the_worked_example(oracle: dict[str, Any]) -> None:
    known = oracle["G1.progress"]
    start, end, at = (day(known[name]) for name in ("t0", "t1", "at"))
    now, base, target = known["actual"], known["base"], known["target"]
    elapsed = elapsed_share(at, start, end)
    index = progress_index(now, base, target, elapsed)
    assert elapsed == pytest.approx(known["elapsed_share"], abs=1e-12)
    assert attained_share(now, base, target) == pytest.approx(known["attained_share"], abs=1e-12)
    assert index == pytest.approx(known["PI"], abs=1e-12)
    assert status_of(index, elapsed) == "slow"
    from_base = growth_needed(base, target, years_between(start, end))
    from_now = growth_needed(now, target, years_between(at, end))
    assert from_base == pytest.approx(known["cagr_needed_from_base"], abs=1e-6)
    assert from_now == pytest.approx(known["cagr_needed_from_now"], abs=1e-6)


@pytest.mark.parametrize(
    ("index", "status"),
    [
        (1.2, "ahead"),
        (1.05, "ahead"),
        (1.0499, "on_track"),
        (0.95, "on_track"),
        (0.9499, "slow"),
        (0.70, "slow"),
        (0.6999, "behind"),
        (0.0, "behind"),
        (-3.0, "behind"),
        (NAN, "no_data"),
    ],
)
def test_a_limit_that_is_met_belongs_to_the_better_side(index: float, status: str) -> None:
    assert status_of(index, 0.5) == status


def test_a_limit_is_met_whatever_the_last_bit_says() -> None:
    # 0.95 on the way is 0.9500000000000001 or 0.9499999999999998, as one divides.
    assert status_of(0.95 - 1e-15, 0.5) == status_of(0.95 + 1e-15, 0.5) == "on_track"


def test_before_any_time_has_passed_nothing_is_due() -> None:
    assert math.isnan(progress_index(1100, 1000, 1400, 0.0))
    assert status_of(NAN, 0.0) == status_of(NAN, -0.3) == "not_due"


def test_without_a_way_there_is_no_index() -> None:
    assert math.isnan(progress_index(5, 5, 5, 0.5))
    assert math.isnan(progress_index(7, 5, 5, 0.5))
    assert math.isnan(elapsed_share(day("2025-06-30"), day("2026-12-31"), day("2026-12-31")))
    assert math.isnan(elapsed_share(day("2025-06-30"), day("2026-12-31"), day("2023-12-31")))
    assert status_of(NAN, NAN) == "no_data"


@pytest.mark.parametrize("place", range(4))
def test_an_unknown_number_leaves_the_index_unknown(place: int) -> None:
    numbers = [1150.0, 1000.0, 1400.0, 0.5]
    numbers[place] = NAN
    assert math.isnan(progress_index(*numbers))


def test_a_target_below_the_base_is_gone_towards_downwards() -> None:
    # A vacancy of 20 % that is to fall to 12 %: 16 % at half time is half the way.
    assert progress_index(16, 20, 12, 0.5) == pytest.approx(1.0)
    assert progress_index(21, 20, 12, 0.5) == pytest.approx(-0.25)


def test_a_step_back_is_behind() -> None:
    index = progress_index(900, 1000, 1400, 0.5)
    assert index == pytest.approx(-0.5)
    assert status_of(index, 0.5) == "behind"


def test_at_the_end_the_index_is_what_is_attained() -> None:
    end = day("2026-12-31")
    elapsed = elapsed_share(end, day("2023-12-31"), end)
    assert elapsed == 1.0
    assert progress_index(1380, 1000, 1400, elapsed) == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ("2023-12-31", "2024-12-31", 1.0),  # a leap year
        ("2022-12-31", "2023-12-31", 1.0),
        ("2024-02-29", "2025-02-28", 1.0),  # end of a month to end of a month
        ("2023-12-31", "2024-02-29", 2 / 12),
        ("2022-12-31", "2023-02-28", 2 / 12),
        ("2024-01-31", "2024-02-15", 15 / 29 / 12),
        ("2026-12-31", "2026-12-31", 0.0),
        ("2025-06-30", "2024-06-30", -1.0),
    ],
)
def test_years_by_months(start: str, end: str, years: float) -> None:
    assert years_between(day(start), day(end)) == pytest.approx(years, abs=1e-12)


@given(DAYS, DAYS, DAYS)
def test_years_add_up_and_are_near_those_of_the_days(a: dt.date, b: dt.date, c: dt.date) -> None:
    assert years_between(a, b) + years_between(b, c) == pytest.approx(years_between(a, c), abs=1e-9)
    # An independent clock: Julian years, which a month of 28 days may leave by three days.
    assert years_between(a, b) == pytest.approx((b - a).days / 365.25, abs=4 / 365.25)
    assert (years_between(a, b) > 0) == (b > a)


@pytest.mark.parametrize(
    ("now", "target", "years"),
    [(0, 1400, 1), (-5, 1400, 1), (1150, 0, 1), (1150, -1, 1), (1150, 1400, 0), (1150, 1400, -1)],
)
def test_growth_has_no_meaning_without_amounts_and_time(
    now: float, target: float, years: float
) -> None:
    assert math.isnan(growth_needed(now, target, years))


def test_growth_from_above_the_target_is_negative_and_an_absurd_one_is_not_told() -> None:
    assert growth_needed(1600, 1400, 1) == pytest.approx(-0.125)
    assert math.isnan(growth_needed(1, 1400, 1 / 365))
    assert math.isnan(growth_needed(NAN, 1400, 1))


def test_points_needed_of_a_ratio() -> None:
    assert points_needed(4.2, 5.0, 2.0) == pytest.approx(0.4)
    assert points_needed(5.4, 5.0, 2.0) == pytest.approx(-0.2)
    assert math.isnan(points_needed(4.2, 5.0, 0.0))


def test_the_band_of_the_path_is_where_the_status_is_normal() -> None:
    start, end = day("2023-12-31"), day("2026-12-31")
    dates = [day("2025-06-30"), day("2026-12-31"), day("2023-12-31"), day("2024-12-31")]
    found = required_path(1000, 1400, start, end, dates)
    assert found["date"].tolist() == sorted(dates)
    assert found["middle"].tolist() == pytest.approx([1000, 1000 + 400 / 3, 1200, 1400])
    half = found.iloc[2]
    assert (half["low"], half["high"]) == pytest.approx((1190, 1210))
    for edge, status in ((half["low"], "on_track"), (half["low"] - 0.01, "slow")):
        assert status_of(progress_index(edge, 1000, 1400, 0.5), 0.5) == status
    for edge, status in ((half["high"], "ahead"), (half["high"] - 0.01, "on_track")):
        assert status_of(progress_index(edge, 1000, 1400, 0.5), 0.5) == status


def test_a_path_downwards_keeps_low_below_high() -> None:
    found = required_path(20, 12, day("2023-12-31"), day("2026-12-31"), [day("2025-06-30")])
    assert found.iloc[0][["low", "middle", "high"]].tolist() == pytest.approx([15.8, 16, 16.2])


def test_outside_the_way_nothing_is_needed() -> None:
    start, end = day("2023-12-31"), day("2026-12-31")
    outside = [day("2023-12-30"), day("2027-01-01")]
    assert required_path(1000, 1400, start, end, outside).empty
    assert required_path(1000, 1400, end, start, [day("2025-06-30")]).empty


def test_parameters_travel_with_the_number() -> None:
    assert MONITORING_DEFAULTS.as_text() == "ahead=1.05; on_track=0.95; slow=0.7"
    assert MONITORING_DEFAULTS.band == (0.95, 1.05)
    strict = MonitoringParameters(ahead=1.2, on_track=1.0, slow=0.9)
    assert status_of(0.95, 0.5, strict) == "slow"


@pytest.mark.parametrize(
    "wrong", [{"slow": 0.0}, {"slow": 0.95}, {"ahead": 0.9}, {"on_track": NAN}, {"ahead": math.inf}]
)
def test_limits_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        MonitoringParameters(**wrong)
