"""The data calendar as a table: what was delivered last, what is due next, and how it stands."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.calendar.deliveries import Delivery
from layers.calendar.deliveries import delivery_of
from layers.calendar.periods import periods_around
from layers.calendar.subjects import CALENDAR
from layers.calendar.subjects import subject_titles
from layers.errors import Text
from layers.i18n import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.calendar.periods import Period
    from layers.catalogue import Catalogue

CURRENT, DUE_SOON, OVERDUE, NEVER = "current", "due_soon", "overdue", "never"
STATE_TITLES = {
    OVERDUE: Text("已逾期", "Overdue"),
    DUE_SOON: Text("临近到期", "Due soon"),
    NEVER: Text("从未报送", "Never delivered"),
    CURRENT: Text("未到期", "Up to date"),
}
"""States of an entry, the most pressing first."""
STATE_MARKS = {OVERDUE: "■", DUE_SOON: "▲", NEVER: "○", CURRENT: "●"}
"""A shape of its own for every state, so that none is told by colour alone."""

CALENDAR_TITLE = Text("数据日历", "Data calendar")
CALENDAR_TITLES = {
    "entry_id": Text("条目编码", "Entry id"),
    "subject_kind": Text("对象类别", "Kind of subject"),
    "subject": Text("对象编码", "Subject"),
    "title_zh": Text("数据", "Data (Chinese)"),
    "title_en": Text("数据（英文）", "Data"),
    "owner": Text("责任单位", "Owner"),
    "period": Text("更新周期", "Period"),
    "due_days": Text("期末后天数", "Days after the period"),
    "remind_days": Text("提前提醒天数", "Days of notice"),
    "delivered_on": Text("上次报送", "Last delivered"),
    "data_through": Text("数据时点", "Data as of"),
    "age_days": Text("已过天数", "Age (days)"),
    "period_end": Text("应报期末", "Period asked for"),
    "next_due": Text("到期日", "Due"),
    "days_left": Text("剩余天数", "Days left"),
    "state": Text("状态", "State"),
    "reason_zh": Text("说明", "Reason (Chinese)"),
    "reason_en": Text("说明（英文）", "Reason"),
}
"""Columns of the calendar, and their titles for people."""

_USUAL_NOTICE = 7


def calendar_words(catalogue: Catalogue) -> dict[str, dict[str, Text]]:
    """Return what the codes in the columns of the calendar are called, by column and code."""
    fields = [catalogue.layer(CALENDAR).field(name) for name in ("subject_kind", "period")]
    choices = {field.name: {one.value: one.title for one in field.choices} for field in fields}
    return choices | {"state": STATE_TITLES}


def calendar_of(
    tables: Mapping[str, pd.DataFrame],
    history: pd.DataFrame,
    today: dt.date,
    catalogue: Catalogue,
    zone: dt.tzinfo | None = None,
) -> pd.DataFrame:
    """Return how the entries of the calendar stand on a day, the most pressing first.

    Parameters
    ----------
    tables
        Layers by key; ``data_calendar`` holds the entries, the others are looked at for
        the dates of their data.
    history
        See :meth:`layers.workspace.Workspace.history`.
    today
        The day of the question.
    catalogue
        The catalogue.
    zone
        In which zone a time of the history is a day; that of this computer by default.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`CALENDAR_TITLES`, by due day. ``state`` is ``overdue`` if the
        data of a period is missing whose day is over, ``due_soon`` within the days of
        notice, ``never`` if nothing was ever delivered, else ``current``.

    Notes
    -----
    A delivery counts for a period if its data is of the last third of the period or later
    [J]; where the data has no date, if it was delivered on its last day or later.
    """
    entries = tables.get(CALENDAR)
    found = [] if entries is None else entries.to_dict("records")
    titles = subject_titles(tables, catalogue)
    rows = []
    for entry in found:
        key = str(entry["subject_kind"]), str(entry["subject"])
        delivery = delivery_of(*key, tables, history, today, zone)
        rows.append(_row(entry, titles, delivery, today))
    frame = pd.DataFrame(rows, columns=list(CALENDAR_TITLES))
    days = ("delivered_on", "data_through", "period_end", "next_due")
    counts = ("due_days", "remind_days", "age_days", "days_left")
    kinds = dict.fromkeys(days, "datetime64[s]") | dict.fromkeys(counts, "Int64")
    typed = frame.astype({**kinds, "owner": "str"})
    return typed.sort_values(["next_due", "entry_id"], ignore_index=True, kind="stable")


def _row(
    entry: Mapping[Any, Any],
    titles: Mapping[tuple[str, str], Text],
    delivery: Delivery,
    today: dt.date,
) -> dict[str, Any]:
    key = str(entry["subject_kind"]), str(entry["subject"])
    period, state = _asked(entry, delivery, today)
    title = titles.get(key, Text(key[1], key[1]))
    age = None if delivery.date is None else (today - delivery.date).days
    reason = _reason(key in titles, delivery, state, period)
    return {
        "entry_id": entry["entry_id"],
        "subject_kind": key[0],
        "subject": key[1],
        "title_zh": title.zh,
        "title_en": title.en,
        "owner": None if unknown(entry["owner"]) else str(entry["owner"]),
        "period": entry["period"],
        "due_days": entry["due_days"],
        "remind_days": _notice(entry),
        "delivered_on": delivery.on,
        "data_through": delivery.through,
        "age_days": age,
        "period_end": period.end,
        "next_due": period.due,
        "days_left": (period.due - today).days,
        "state": state,
        "reason_zh": reason.zh,
        "reason_en": reason.en,
    }


def _asked(entry: Mapping[Any, Any], delivery: Delivery, today: dt.date) -> tuple[Period, str]:
    """Return the period whose data is waited for, and how the entry stands."""
    last, *following = periods_around(today, str(entry["period"]), int(entry["due_days"]))
    if not delivery.is_there:
        return following[0], NEVER
    if not _covers(delivery, last):
        return last, OVERDUE
    # Data never reaches farther than today, so one of these is waited for.
    period = next((p for p in following if not _covers(delivery, p)), following[-1])
    notice = dt.timedelta(days=_notice(entry))
    return period, DUE_SOON if period.due - notice <= today else CURRENT


def _covers(delivery: Delivery, period: Period) -> bool:
    if delivery.through is not None:
        return delivery.through > period.counts_after
    return delivery.on is not None and delivery.on >= period.end


def _notice(entry: Mapping[Any, Any]) -> int:
    return _USUAL_NOTICE if unknown(entry["remind_days"]) else int(entry["remind_days"])


def _reason(known: bool, delivery: Delivery, state: str, period: Period) -> Text:
    if not known:
        return Text(
            "没有这个图层、指标、目标或任务，请核对对象编码",
            "there is no such layer, indicator, target or task; check the subject",
        )
    if delivery.sample:
        return Text("目前只有示例数据", "there is sample data only")
    if state == NEVER and delivery.founding:
        return Text("随图提供，尚未更新过", "it came with the atlas and was not renewed yet")
    if state == NEVER:
        return Text("尚未报送过", "nothing was delivered yet")
    if state == OVERDUE:
        return Text(
            f"{period.end} 为期末的数据应于 {period.due} 前报送",
            f"the data of the period that ended on {period.end} was due by {period.due}",
        )
    return Text("", "")


def by_urgency(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the calendar with the most pressing states first, then by due day."""
    order: Sequence[str] = tuple(STATE_TITLES)
    rank = frame["state"].map({state: place for place, state in enumerate(order)})
    return (
        frame.assign(_rank=rank)
        .sort_values(["_rank", "next_due", "entry_id"], kind="stable", ignore_index=True)
        .drop(columns="_rank")
    )
