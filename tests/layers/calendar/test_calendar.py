"""When data is due, and what counts as delivered."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.calendar import CALENDAR_TITLES
from layers.calendar import MONTHS
from layers.calendar import STATE_MARKS
from layers.calendar import STATE_TITLES
from layers.calendar import by_urgency
from layers.calendar import offers
from layers.calendar.periods import periods_around
from tests.layers.calendar.hand import CATALOGUE
from tests.layers.calendar.hand import TODAY
from tests.layers.calendar.hand import calendar
from tests.layers.calendar.hand import day
from tests.layers.calendar.hand import entry
from tests.layers.calendar.hand import frame

GATE = frame("gates", {"id": "g1", "name": "北门", "source": "s"})


def ends(today: str, kind: str, due_days: int, ahead: int = 2) -> list[tuple[str, str]]:
    found = periods_around(day(today), kind, due_days, ahead=ahead)
    return [(str(p.end), str(p.due)) for p in found]


@pytest.mark.parametrize(
    ("today", "kind", "due_days", "expected"),
    [
        (
            "2026-11-27",
            "quarter",
            20,
            [
                ("2026-09-30", "2026-10-20"),
                ("2026-12-31", "2027-01-20"),
                ("2027-03-31", "2027-04-20"),
            ],
        ),
        # On the due day it is due, not over.
        (
            "2026-10-20",
            "quarter",
            20,
            [
                ("2026-06-30", "2026-07-20"),
                ("2026-09-30", "2026-10-20"),
                ("2026-12-31", "2027-01-20"),
            ],
        ),
        # A leap year.
        (
            "2024-03-01",
            "month",
            0,
            [
                ("2024-02-29", "2024-02-29"),
                ("2024-03-31", "2024-03-31"),
                ("2024-04-30", "2024-04-30"),
            ],
        ),
        (
            "2026-11-27",
            "year",
            366,
            [
                ("2024-12-31", "2026-01-01"),
                ("2025-12-31", "2027-01-01"),
                ("2026-12-31", "2028-01-01"),
            ],
        ),
        (
            "2026-11-27",
            "half_year",
            30,
            [
                ("2026-06-30", "2026-07-30"),
                ("2026-12-31", "2027-01-30"),
                ("2027-06-30", "2027-07-30"),
            ],
        ),
    ],
)
def test_ends_of_periods_and_due_days(
    today: str, kind: str, due_days: int, expected: list[tuple[str, str]]
) -> None:
    assert ends(today, kind, due_days) == expected


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)),
    st.sampled_from(sorted(MONTHS)),
    st.integers(0, 366),
    st.integers(1, 8),
)
def test_one_period_is_over_and_the_rest_follow_without_a_gap(
    today: dt.date, kind: str, due_days: int, ahead: int
) -> None:
    found = periods_around(today, kind, due_days, ahead=ahead)
    assert len(found) == ahead + 1
    assert [p.due < today for p in found] == [True] + [False] * ahead
    for period in found:
        assert (period.end + dt.timedelta(days=1)).day == 1
        assert period.end.month % MONTHS[kind] == 0
        assert period.counts_after < period.end
        assert (period.due - period.end).days == due_days
    for before, after in itertools.pairwise(found):
        months = (after.end.year - before.end.year) * 12 + after.end.month - before.end.month
        assert months == MONTHS[kind]


def state(
    *commits: tuple[str, str, bool], today: dt.date = TODAY, zone: dt.tzinfo = dt.UTC
) -> tuple[str, str]:
    row = calendar(entry(), tables={"gates": GATE}, commits=commits, today=today, zone=zone).iloc[0]
    return row["state"], str(row["next_due"].date())


def test_a_layer_is_delivered_by_a_commit_after_the_period() -> None:
    assert state(("gates", "2026-10-05T08:00:00+00:00", False)) == ("current", "2027-01-20")
    assert state(("gates", "2026-09-30T08:00:00+00:00", False)) == ("current", "2027-01-20")
    assert state(("gates", "2026-09-29T08:00:00+00:00", False)) == ("overdue", "2026-10-20")


def test_what_a_workspace_was_filled_with_was_delivered_by_nobody() -> None:
    assert state(("gates", "2026-11-01T08:00:00+00:00", True)) == ("never", "2027-01-20")
    later = ("gates", "2026-10-05T08:00:00+00:00", False)
    assert state(later, ("gates", "2026-01-01T08:00:00+00:00", True))[0] == "current"


def test_a_commit_of_another_layer_is_no_delivery() -> None:
    assert state(("crossings", "2026-11-01T08:00:00+00:00", False))[0] == "never"


@pytest.mark.parametrize(
    ("today", "expected"),
    [("2027-01-12", "current"), ("2027-01-13", "due_soon"), ("2027-01-20", "due_soon")],
)
def test_due_soon_begins_with_the_days_of_notice(today: str, expected: str) -> None:
    found = state(("gates", "2026-10-05T08:00:00+00:00", False), today=day(today))
    assert found == (expected, "2027-01-20")


def test_the_day_after_the_due_day_it_is_overdue() -> None:
    found = state(("gates", "2026-10-05T08:00:00+00:00", False), today=day("2027-01-21"))
    assert found == ("overdue", "2027-01-20")


def test_a_commit_late_in_the_evening_is_of_the_day_of_the_office() -> None:
    # 18:00 in UTC is the next day eight hours further east, and counts for the quarter there.
    commit = ("gates", "2026-09-29T18:00:00+00:00", False)
    assert state(commit)[0] == "overdue"
    assert state(commit, zone=ZoneInfo("Etc/GMT-8"))[0] == "current"


def carriers(**given: object) -> pd.DataFrame:
    row = {"carrier_id": "C1", "name": "一号楼", "source": "s", **given}
    return frame("carriers", {"carrier_class": "other", "park_id": "P", **row})


@pytest.mark.parametrize(
    ("dated", "expected"),
    [
        ("2026-09-28", "current"),
        ("2026-08-31", "overdue"),  # the middle of the quarter is not its end
        ("2026-09-01", "current"),
        ("2026-11-01", "current"),
        ("2027-08-01", "due_soon"),  # dated in the future: through today, no farther
    ],
)
def test_data_with_a_date_counts_by_its_date(dated: str, expected: str) -> None:
    entries = entry(subject="carriers", remind_days=60)
    row = calendar(
        entries,
        tables={"carriers": carriers(data_date=dated)},
        commits=(("carriers", "2026-11-20T00:00:00+00:00", False),),
    ).iloc[0]
    assert row["state"] == ("due_soon" if expected == "current" else expected)


def test_the_age_is_that_of_the_data() -> None:
    row = calendar(
        entry(subject="carriers"),
        tables={"carriers": carriers(data_date="2026-09-30")},
        commits=(("carriers", "2026-11-20T00:00:00+00:00", False),),
    ).iloc[0]
    assert row["age_days"] == 58
    assert str(row["delivered_on"].date()) == "2026-11-20"


def test_sample_data_is_no_delivery() -> None:
    row = calendar(
        entry(subject="carriers"),
        tables={"carriers": carriers(data_date="2026-09-30", sample=True)},
        commits=(("carriers", "2026-11-20T00:00:00+00:00", False),),
    ).iloc[0]
    assert row["state"] == "never"
    assert "示例数据" in row["reason_zh"]
    assert pd.isna(row["age_days"])


def test_an_indicator_counts_by_its_rows() -> None:
    rows = frame(
        "indicators",
        {
            "record_id": "r1",
            "card": "operator",
            "subject_id": "x",
            "period": 2025,
            "indicator": "absorption",
            "value": 1,
        },
    )
    subject = entry(subject_kind="indicator", subject="operator.absorption", period="half_year")
    row = calendar(subject, tables={"indicators": rows}).iloc[0]
    # The year's figure without a date is of its last day.
    assert str(row["data_through"].date()) == "2025-12-31"
    assert row["state"] == "overdue"
    other = entry(subject_kind="indicator", subject="operator.landed_firms")
    assert calendar(other, tables={"indicators": rows}).iloc[0]["state"] == "never"


def test_a_target_counts_by_its_periods() -> None:
    rows = frame(
        "target_values",
        {
            "value_id": "v",
            "target_id": "research-share",
            "period_end": "2026-06-30",
            "basis": "rolling",
            "value": 4,
            "reported_on": "2026-07-15",
        },
    )
    subject = entry(subject_kind="target", subject="research-share", period="half_year")
    row = calendar(subject, tables={"target_values": rows}).iloc[0]
    assert (row["state"], str(row["delivered_on"].date())) == ("current", "2026-07-15")
    assert row["title_zh"] == "企业研发经费支出占营业收入比重"


def test_a_subject_that_is_not_there_is_told() -> None:
    row = calendar(entry(subject="nowhere")).iloc[0]
    assert row["state"] == "never"
    assert "核对对象编码" in row["reason_zh"]
    assert row["title_zh"] == "nowhere"


def test_the_table_is_by_due_day_and_can_be_by_urgency() -> None:
    found = calendar(
        entry(entry_id="late", subject="gates"),
        entry(entry_id="fresh", subject="crossings", due_days=0, period="month"),
        tables={"gates": GATE},
        commits=(("gates", "2026-01-05T08:00:00+00:00", False),),
    )
    assert list(found.columns) == list(CALENDAR_TITLES)
    assert list(found["entry_id"]) == ["late", "fresh"]
    assert list(by_urgency(found)["state"]) == ["overdue", "never"]
    assert set(STATE_MARKS) == set(STATE_TITLES)
    assert calendar().empty
    assert list(calendar().columns) == list(CALENDAR_TITLES)


def test_offers_are_what_the_methods_ask_and_nothing_twice() -> None:
    rows = {"carriers": 3, "units": 0, "gates": 0, "indicators": 9, "buildings": 5}
    found = {
        (o["subject_kind"], o["subject"]): o["period"]
        for o in offers({}, rows, CATALOGUE, asked=["gates"])
    }
    assert found["layer", "carriers"] == "quarter"
    assert found["layer", "indicators"] == "half_year"
    assert found["layer", "gates"] == "year"  # without rows, but a task needs it
    assert ("layer", "units") not in found
    assert ("layer", "buildings") not in found
    assert found["target", "leading-industries"] == "half_year"
    assert found["indicator", "operator.absorption"] == "half_year"
    recorded = {"data_calendar": frame("data_calendar", entry(subject="carriers"))}
    again = offers(recorded, rows, CATALOGUE)
    assert ("layer", "carriers") not in {(o["subject_kind"], o["subject"]) for o in again}


def test_every_offer_can_be_recorded() -> None:
    rows = dict.fromkeys(CATALOGUE.keys, 1)
    found = offers({}, rows, CATALOGUE)
    assert len(frame("data_calendar", *found)) == len(found)
    assert all(o["owner"] is None for o in found)
