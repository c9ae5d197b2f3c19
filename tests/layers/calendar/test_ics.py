"""Reminders as an ICS file, read back by two readers that are not the writer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import icalendar
import pytest

from layers.calendar import calendar_ics
from tests.layers.calendar.hand import TODAY
from tests.layers.calendar.hand import calendar
from tests.layers.calendar.hand import day
from tests.layers.calendar.hand import entry
from tests.layers.calendar.hand import frame
from tests.layers.calendar.hand import parsed
from tests.layers.calendar.hand import plain

if TYPE_CHECKING:
    from layers.i18n import Lang

STAMP = dt.datetime(2026, 11, 1, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def ics(
    *entries: dict[str, Any],
    identity: str = "w1",
    lang: Lang = "zh",
    today: dt.date = TODAY,
    version: int = 3,
) -> bytes:
    return calendar_ics(
        calendar(*entries, today=today),
        identity=identity,
        version=version,
        stamp=STAMP,
        today=today,
        lang=lang,
    )


def test_every_due_day_is_a_whole_day_without_a_zone() -> None:
    events = parsed(ics(entry()))
    assert [event["DTSTART;VALUE=DATE"] for event in events] == [
        "20270120",
        "20270420",
        "20270720",
        "20271020",
    ]
    assert events[0]["DTEND;VALUE=DATE"] == "20270121"
    assert {event["DTSTAMP"] for event in events} == {"20261101T153000Z"}
    assert {event["SEQUENCE"] for event in events} == {"3"}
    # Seven days before, at nine in the morning.
    assert {event["ALARM-TRIGGER"] for event in events} == {"-P6DT15H"}
    assert {event["ALARM-ACTION"] for event in events} == {"DISPLAY"}


def test_the_library_reads_days_as_days() -> None:
    book = icalendar.Calendar.from_ical(ics(entry(owner="科经委")))
    events = book.walk("VEVENT")
    assert events[0].decoded("dtstart") == dt.date(2027, 1, 20)
    assert type(events[0].decoded("dtstart")) is dt.date
    assert str(events[0]["summary"]) == "数据报送：校门与出入口（科经委）"
    assert len(events[0].walk("VALARM")) == 1


def test_the_same_entries_give_the_same_bytes() -> None:
    assert ics(entry(owner="科经委")) == ics(entry(owner="科经委"))


def test_ids_are_stable_and_of_one_workspace() -> None:
    def ids(content: bytes) -> list[str]:
        return [event["UID"] for event in parsed(content)]

    first = ids(ics(entry()))
    assert len(set(first)) == 4
    # Another owner, notice and version, and a later day: the same events.
    later = ids(ics(entry(owner="x", remind_days=1), version=4, today=day("2027-01-05")))
    assert later == first
    assert not set(first) & set(ids(ics(entry(), identity="w2")))
    assert not set(first) & set(ids(ics(entry(entry_id="e2"))))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_people_typed_stays_text(lang: Lang) -> None:
    owner = "甲,乙;丙\\丁\r\nEND:VEVENT\r\nBEGIN:VEVENT\nSUMMARY:假\x00\u2028x"
    content = ics(entry(owner=owner), lang=lang)
    events = parsed(content)
    assert len(events) == 4
    told = plain(events[0]["SUMMARY"])
    assert "甲,乙;丙\\丁 END:VEVENT BEGIN:VEVENT SUMMARY:假 x" in told
    assert b"\x00" not in content


def test_a_long_chinese_name_is_folded_between_letters() -> None:
    owner = "张江高新区管理委员会办公室与区科学技术和经济委员会联合工作组" * 12
    events = parsed(ics(entry(owner=owner)))  # no line of more than 75 bytes
    assert owner in plain(events[0]["SUMMARY"])
    book = icalendar.Calendar.from_ical(ics(entry(owner=owner)))
    assert owner in str(book.walk("VEVENT")[0]["summary"])


def test_what_is_overdue_is_there_and_says_so() -> None:
    gates = frame("gates", {"id": "g1", "name": "北门", "source": "s"})
    found = calendar(
        entry(),
        tables={"gates": gates},
        commits=(("gates", "2026-02-01T00:00:00+00:00", False),),
    )
    content = calendar_ics(found, identity="w", version=0, stamp=STAMP, today=TODAY)
    events = parsed(content)
    assert [event["DTSTART;VALUE=DATE"] for event in events][:2] == ["20261020", "20270120"]
    assert plain(events[0]["SUMMARY"]).startswith("【已逾期】")
    assert not plain(events[1]["SUMMARY"]).startswith("【")


def test_an_empty_calendar_is_a_calendar() -> None:
    content = ics()
    assert parsed(content) == []
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")


def test_without_notice_the_reminder_is_on_the_day() -> None:
    assert parsed(ics(entry(remind_days=0)))[0]["ALARM-TRIGGER"] == "PT9H"
