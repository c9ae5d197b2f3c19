"""Calendars as the tests write them down, and a reader of ICS files that is not the writer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from layers.calendar import calendar_of
from layers.catalogue import load_catalogue
from layers.commits import HISTORY_COLUMNS
from layers.contract import conform

CATALOGUE = load_catalogue()
TODAY = dt.date(2026, 11, 27)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def frame(key: str, *rows: dict[str, Any]) -> pd.DataFrame:
    spec = CATALOGUE.layer(key)
    raw = pd.DataFrame(list(rows), columns=list(spec.field_names), dtype=object)
    checked = conform(raw, spec)
    assert checked.rejected.empty, checked.rejected
    return pd.DataFrame(checked.accepted)


def entry(**given: Any) -> dict[str, Any]:
    return {
        "entry_id": "e1",
        "subject_kind": "layer",
        "subject": "gates",
        "period": "quarter",
        "due_days": 20,
        "remind_days": 7,
        **given,
    }


def history(*commits: tuple[str, str, bool]) -> pd.DataFrame:
    """Commits as (layer, time, founding), the latest first."""
    rows = [
        dict.fromkeys(HISTORY_COLUMNS, "")
        | {"layer": layer, "time": time, "founding": "1" if founding else ""}
        for layer, time, founding in commits
    ]
    return pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))


def calendar(
    *entries: dict[str, Any],
    tables: dict[str, pd.DataFrame] | None = None,
    commits: tuple[tuple[str, str, bool], ...] = (),
    today: dt.date = TODAY,
    zone: dt.tzinfo = dt.UTC,
) -> pd.DataFrame:
    every = {**(tables or {}), "data_calendar": frame("data_calendar", *entries)}
    return calendar_of(every, history(*commits), today, CATALOGUE, zone)


def parsed(content: bytes) -> list[dict[str, str]]:
    """Read the events of an ICS file by the letter of RFC 5545, 3.1 and 3.3.11."""
    text = content.decode("utf-8")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    lines = text.split("\r\n")
    assert max(len(line.encode("utf-8")) for line in lines) <= 75
    logical: list[str] = []
    for line in lines[:-1]:
        if line.startswith((" ", "\t")):
            logical[-1] += line[1:]
        else:
            logical.append(line)
    events: list[dict[str, str]] = []
    inside: list[str] = []
    for line in logical:
        name, _colon, value = line.partition(":")
        if name == "BEGIN":
            inside.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert inside.pop() == value
        elif inside[-1] in {"VEVENT", "VALARM"}:
            prefix = "ALARM-" if inside[-1] == "VALARM" else ""
            key = prefix + name
            assert key not in events[-1], key
            events[-1][key] = value
    assert inside == []
    return events


def plain(value: str) -> str:
    """Undo the escapes of a text."""
    out, rest = "", value
    while rest:
        if rest[0] == "\\":
            out += {"n": "\n", "N": "\n"}.get(rest[1], rest[1])
            rest = rest[2:]
        else:
            assert rest[0] not in ",;"
            out, rest = out + rest[0], rest[1:]
    return out
