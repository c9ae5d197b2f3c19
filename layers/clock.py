"""Which day it is."""

from __future__ import annotations

import datetime as dt


def local_day() -> dt.date:
    """Return the day by the clock of this computer, in its own time zone."""
    return dt.datetime.now().astimezone().date()
