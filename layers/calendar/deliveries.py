"""When the data of a subject was delivered last, and through which day it reaches.

What a new workspace was filled with was delivered by nobody, so that it counts only where
its data has a date of its own. Sample rows stand for no data, whatever their date.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from layers.commits import FOUNDING
from layers.i18n import unknown
from layers.marks import is_sample
from layers.targets import VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping

LAYER, INDICATOR, TARGET, TASK = "layer", "indicator", "target", "task"
INDICATORS, TASKS = "indicators", "tasks"
_DATA_DATE = "data_date"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is known of the last delivery of a subject.

    Attributes
    ----------
    on
        When it was delivered; None if that is not known.
    through
        Through which day its data reaches; None if the data does not say.
    sample
        Whether there is nothing but sample data.
    founding
        Whether there is nothing but what the workspace was filled with.
    """

    on: dt.date | None = None
    through: dt.date | None = None
    sample: bool = False
    founding: bool = False

    @property
    def is_there(self) -> bool:
        """Whether anything was delivered."""
        return self.on is not None or self.through is not None

    @property
    def date(self) -> dt.date | None:
        """The day that the age is counted from: that of the data, else of the delivery."""
        return self.through or self.on


def delivery_of(
    kind: str,
    subject: str,
    tables: Mapping[str, pd.DataFrame],
    history: pd.DataFrame,
    today: dt.date,
    zone: dt.tzinfo | None = None,
) -> Delivery:
    """Return what is known of the last delivery of a subject.

    Parameters
    ----------
    kind, subject
        As in the layer ``data_calendar``.
    tables
        Layers by key.
    history
        See :meth:`layers.workspace.Workspace.history`.
    today
        Data that reaches farther reaches through today.
    zone
        In which zone a time is a day; that of this computer by default.
    """
    if kind == LAYER:
        return _of_layer(subject, tables, history, today, zone)
    rows, dates, reported = _rows(kind, subject, tables)
    if rows.empty:
        return Delivery()
    real = ~is_sample(rows)
    if not real.any():
        return Delivery(sample=True)
    told = None if reported is None else _latest(rows.loc[real, reported], today)
    return Delivery(told, _latest(dates[real], today))


def _of_layer(
    key: str,
    tables: Mapping[str, pd.DataFrame],
    history: pd.DataFrame,
    today: dt.date,
    zone: dt.tzinfo | None,
) -> Delivery:
    frame = tables.get(key)
    if frame is None or frame.empty:
        return Delivery()
    real = ~is_sample(frame)
    if not real.any():
        return Delivery(sample=True)
    given = history[history["layer"].eq(key) & history[FOUNDING].ne("1")]
    # The latest stands first.
    on = None if given.empty else _day(str(given["time"].iloc[0]), zone)
    has_date = _DATA_DATE in frame.columns
    through = _latest(frame.loc[real, _DATA_DATE], today) if has_date else None
    return Delivery(on, through, founding=given.empty)


def _rows(
    kind: str, subject: str, tables: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.Series, str | None]:
    """Return the rows about a subject, the day of each, and who says when it was reported."""
    nothing = pd.DataFrame(), pd.Series(dtype="datetime64[s]"), None
    if kind == TARGET and VALUES in tables:
        rows = pd.DataFrame(tables[VALUES])
        rows = rows[rows["target_id"].eq(subject)]
        return rows, rows["period_end"], "reported_on"
    if kind == TASK and TASKS in tables:
        rows = pd.DataFrame(tables[TASKS])
        rows = rows[rows["task_id"].eq(subject)]
        return rows, rows[_DATA_DATE], None
    if kind == INDICATOR and INDICATORS in tables:
        card, _dot, indicator = subject.partition(".")
        rows = pd.DataFrame(tables[INDICATORS])
        rows = rows[rows["card"].eq(card) & rows["indicator"].eq(indicator)]
        return rows, rows[_DATA_DATE].fillna(_year_ends(rows["period"])), None
    return nothing


def _year_ends(years: pd.Series) -> pd.Series:
    return pd.to_datetime(years.astype("str") + "-12-31", format="%Y-%m-%d", errors="coerce")


def _latest(dates: pd.Series, today: dt.date) -> dt.date | None:
    newest = dates.max()
    return None if unknown(newest) else min(pd.Timestamp(newest).date(), today)


def _day(time: str, zone: dt.tzinfo | None) -> dt.date:
    return dt.datetime.fromisoformat(time).astimezone(zone).date()
