"""The data calendar: which data who renews by when, how it stands, and reminders of it."""

from __future__ import annotations

from layers.calendar.changes import remove_entries
from layers.calendar.changes import set_entries
from layers.calendar.deliveries import Delivery
from layers.calendar.deliveries import delivery_of
from layers.calendar.ics import REMINDERS_AHEAD
from layers.calendar.ics import calendar_ics
from layers.calendar.ics import written
from layers.calendar.periods import MONTHS
from layers.calendar.subjects import CALENDAR
from layers.calendar.subjects import offers
from layers.calendar.subjects import subject_titles
from layers.calendar.table import CALENDAR_TITLE
from layers.calendar.table import CALENDAR_TITLES
from layers.calendar.table import STATE_MARKS
from layers.calendar.table import STATE_TITLES
from layers.calendar.table import by_urgency
from layers.calendar.table import calendar_of
from layers.calendar.table import calendar_words

__all__ = [
    "CALENDAR",
    "CALENDAR_TITLE",
    "CALENDAR_TITLES",
    "MONTHS",
    "REMINDERS_AHEAD",
    "STATE_MARKS",
    "STATE_TITLES",
    "Delivery",
    "by_urgency",
    "calendar_ics",
    "calendar_of",
    "calendar_words",
    "delivery_of",
    "offers",
    "remove_entries",
    "set_entries",
    "subject_titles",
    "written",
]
