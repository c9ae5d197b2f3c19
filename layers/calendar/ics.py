"""The data calendar as reminders that any calendar program reads (iCalendar, RFC 5545).

Every due day is an event of a whole day: it has no time and no zone, so that it stays on
its day wherever it is read. The days after the end of a quarter follow no rule that
calendar programs know, so that the next due days are written out. An event keeps its id
from file to file: a newer file replaces what an older one brought.
"""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from typing import TYPE_CHECKING
from typing import Any

from layers.calendar.periods import periods_around
from layers.calendar.subjects import CALENDAR
from layers.calendar.table import CALENDAR_TITLE
from layers.calendar.table import OVERDUE
from layers.errors import Text
from layers.i18n import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from icalendar import Event

    from layers.i18n import Lang

REMINDERS_AHEAD = 4
"""How many due days of every entry are written."""

_PRODUCT = "-//Atlas//Data calendar//EN"
_HOUR = 9  # a reminder of a whole day would ring at midnight
_LONGEST = 500


def calendar_ics(
    calendar: pd.DataFrame,
    *,
    identity: str,
    version: int,
    stamp: dt.datetime,
    today: dt.date,
    lang: Lang = "zh",
    remark: str = "",
) -> bytes:
    """Return the due days of a calendar as an ICS file.

    Parameters
    ----------
    calendar
        See :func:`layers.calendar.table.calendar_of`.
    identity
        What tells the workspace from others: two of them share no event.
    version
        Version of the layer ``data_calendar``, the sequence number of the events.
    stamp
        When that version was written, with its zone; the file has no other time, so that
        the same entries give the same bytes.
    today
        The day of the question: due days before it are left out, but for what is overdue.
    lang
        ``zh`` or ``en``.
    remark
        What else belongs to every event, for instance the id of the export.

    Returns
    -------
    bytes
        UTF-8, lines folded and ended as the standard asks.
    """
    from icalendar import Calendar

    book = Calendar()
    book.add("prodid", _PRODUCT)
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", CALENDAR_TITLE.get(lang))
    sequence = max(version, 0)
    written = stamp.astimezone(dt.UTC).replace(microsecond=0)
    for row in calendar.to_dict("records"):
        for end, due in _days(row, today):
            event = _event(row, end, due, lang, remark)
            event.add("uid", _uid(identity, str(row["entry_id"]), end))
            event.add("dtstamp", written)
            event.add("last-modified", written)
            event.add("sequence", sequence)
            book.add_component(event)
    content: bytes = book.to_ical()
    return content


def written(history: pd.DataFrame) -> tuple[int, dt.datetime]:
    """Return version and time of the last change of the entries.

    Parameters
    ----------
    history
        See :meth:`layers.workspace.Workspace.history`.

    Returns
    -------
    tuple
        -1 and the beginning of the epoch if there never were any.
    """
    own = history[history["layer"].eq(CALENDAR)]
    if own.empty:
        return -1, dt.datetime.fromtimestamp(0, dt.UTC)
    return int(own["version"].iloc[0]), dt.datetime.fromisoformat(str(own["time"].iloc[0]))


def _days(row: Mapping[Any, Any], today: dt.date) -> list[tuple[dt.date, dt.date]]:
    """Return ends of periods and their due days, from the one that is waited for."""
    first = row["period_end"].date()
    around = periods_around(
        today, str(row["period"]), int(row["due_days"]), ahead=2 * REMINDERS_AHEAD
    )
    waited = [(p.end, p.due) for p in around if p.end >= first]
    return waited[:REMINDERS_AHEAD]


def _event(row: Mapping[Any, Any], end: dt.date, due: dt.date, lang: Lang, remark: str) -> Event:
    from icalendar import Event

    event = Event()
    title, owner = _clean(row[f"title_{lang}"]), _clean(row["owner"])
    late = row["state"] == OVERDUE and end == row["period_end"].date()
    event.add("summary", _summary(title, owner, late=late).get(lang))
    event.add("description", _description(row, end, owner, remark).get(lang))
    event.add("dtstart", due)
    event.add("dtend", due + dt.timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("categories", [CALENDAR_TITLE.get(lang)])
    _remind(event, int(row["remind_days"]))
    return event


def _remind(event: Event, days: int) -> None:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", event["summary"])
    alarm.add("trigger", dt.timedelta(days=-days, hours=_HOUR))
    event.add_component(alarm)


def _summary(title: str, owner: str, *, late: bool) -> Text:
    zh = f"数据报送：{title}" + (f"（{owner}）" if owner else "")
    en = f"Data due: {title}" + (f" ({owner})" if owner else "")
    return Text(f"【已逾期】{zh}", f"OVERDUE: {en}") if late else Text(zh, en)


def _description(row: Mapping[Any, Any], end: dt.date, owner: str, remark: str) -> Text:
    through = row["data_through"]
    known = "" if unknown(through) else str(through.date())
    zh = [
        f"应报期末：{end}",
        f"责任单位：{owner or '未定'}",
        f"现有数据时点：{known or '无'}",
        remark,
    ]
    en = [
        f"Period that ends on {end}",
        f"Owner: {owner or 'not named'}",
        f"Data so far as of: {known or 'none'}",
        remark,
    ]
    return Text("\n".join(filter(None, zh)), "\n".join(filter(None, en)))


def _uid(identity: str, entry_id: str, end: dt.date) -> str:
    told = f"{identity}\x00{entry_id}\x00{end.isoformat()}"
    return f"{sha256(told.encode('utf-8')).hexdigest()[:32]}@atlas"


def _clean(cell: object) -> str:
    """Return a text of one line: what breaks lines would begin a property of its own."""
    if unknown(cell):
        return ""
    plain = "".join(c if c.isprintable() else " " for c in str(cell))
    return " ".join(plain.split())[:_LONGEST]
