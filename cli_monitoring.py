"""The commands ``atlas targets`` and ``atlas calendar``: the targets of the plan, and data due."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import catalogue
from cli_common import context
from cli_common import exporting
from cli_common import needed_tables
from cli_common import open_workspace
from cli_common import print_json
from cli_common import records
from cli_common import setting_of
from cli_tables import check_table_ending
from cli_tables import day_of
from cli_tables import used
from cli_tables import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geo.monitoring import MonitoringParameters
    from layers.errors import Text
    from layers.workspace import Workspace

_REMINDERS = ".ics"


class TargetTable(StrEnum):
    """Which table of the targets is written."""

    targets = "targets"
    values = "values"


class CalendarTable(StrEnum):
    """Which table of the calendar is written."""

    calendar = "calendar"
    offers = "offers"


AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Day of the question, as 2026-09-30; today.")
]


def targets(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="csv, xlsx, json, parquet.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another limit of a status, as slow=0.8; repeatable."),
    ] = None,
    table: Annotated[
        TargetTable,
        typer.Option("--table", help="targets: how they stand; values: all that was reported."),
    ] = TargetTable.targets,
    as_json: JsonOption = False,
) -> None:
    """Say how the numeric targets of the plan stand, and what is still needed.

    Scope, base and owner are imported to the layer target_terms, values and revisions to
    target_values.

    Example: atlas targets --as-of 2026-06-30 --out targets.xlsx
    """
    from layers.targets import STATUS_TITLES
    from layers.targets import TARGET_LAYERS
    from layers.targets import TARGET_TITLES
    from layers.targets import TARGET_WORDS
    from layers.targets import TARGETS_TITLE
    from layers.targets import VALUE_TITLES
    from layers.targets import VALUE_WORDS
    from layers.targets import monitoring_remarks
    from layers.targets import standings_of
    from layers.targets import target_strangers
    from layers.targets import target_table
    from layers.targets import value_table

    check_table_ending(out)
    limits, today = _limits(setting or []), day_of(as_of)
    opened = open_workspace(workspace)
    tables = needed_tables(opened, TARGET_LAYERS)
    found = standings_of(tables, today, catalogue().folder, limits)
    for stranger in target_strangers(tables, catalogue().folder):
        typer.echo(f"! {stranger.get(context.lang)}", err=True)
    for one in found:
        context.say(
            "{target}: {status}",
            target=one.target.title.get(context.lang),
            status=STATUS_TITLES[one.status].get(context.lang),
        )
    if not found:
        context.say("This edition has no plan, and nobody has suggested a target.")
    frame = target_table(found) if table is TargetTable.targets else value_table(found)
    if out is not None:
        remarks = [*monitoring_remarks(limits), _as_of(today)]
        wish = {"table": table.value, "remarks": [remark.en for remark in remarks]}
        layers = used(opened, TARGET_LAYERS)
        is_standings = table is TargetTable.targets
        write_table(
            frame,
            out,
            TARGETS_TITLE,
            titles=TARGET_TITLES if is_standings else VALUE_TITLES,
            words=TARGET_WORDS if is_standings else VALUE_WORDS,
            layers=layers,
            what="targets",
            remarks=remarks,
            wish=wish,
        )
    if as_json:
        print_json(records(frame))


def calendar(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="ics for calendar programs; csv, xlsx, json, parquet."),
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    table: Annotated[
        CalendarTable,
        typer.Option(
            "--table",
            help="calendar: what is due; offers: entries to begin with, ready to be imported.",
        ),
    ] = CalendarTable.calendar,
    as_json: JsonOption = False,
) -> None:
    """Say which data who has to renew by when; exit with 1 if any of it is overdue.

    Entries are imported to the layer data_calendar.

    Example: atlas calendar --out reminders.ics
    """
    from layers.calendar import CALENDAR
    from layers.calendar import CALENDAR_TITLE
    from layers.calendar import STATE_TITLES
    from layers.calendar import calendar_of

    is_ics = out is not None and out.suffix.lower() == _REMINDERS
    if is_ics and table is CalendarTable.offers:
        message = "--out: reminders are made of the entries that there are, not of offers"
        raise typer.BadParameter(message)
    if not is_ics:
        check_table_ending(out, _REMINDERS)
    today = day_of(as_of)
    opened = open_workspace(workspace)
    tables = needed_tables(opened, (CALENDAR,))
    history = opened.history()
    found = calendar_of(tables, history, today, catalogue())
    counts = found["state"].value_counts()
    for state, title in STATE_TITLES.items():
        if state in counts:
            context.say("{state}: {n}", state=title.get(context.lang), n=counts[state])
    if found.empty:
        context.say("The data calendar has no entries; see --table offers.")
    frame = found if table is CalendarTable.calendar else _offers(tables)
    if out is not None and is_ics:
        _write_reminders(found, history, out, opened, today)
    elif out is not None:
        wish = {"table": table.value, "as_of": str(today)}
        layers = used(opened, (CALENDAR,))
        remarks = [_as_of(today)]
        titles, words = _calendar_words(table)
        write_table(
            frame,
            out,
            CALENDAR_TITLE,
            titles=titles,
            words=words,
            layers=layers,
            what="calendar",
            remarks=remarks,
            wish=wish,
        )
    if as_json:
        print_json(records(frame))
    if "overdue" in counts:
        raise typer.Exit(PROBLEMS)


def _offers(tables: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    from layers.calendar import CALENDAR
    from layers.calendar import offers

    names = list(catalogue().layer(CALENDAR).field_names)
    rows = {key: len(frame) for key, frame in tables.items()}
    frame = pd.DataFrame(offers(tables, rows, catalogue()), columns=names)
    _tell_kinds(frame)
    return frame


def _tell_kinds(frame: pd.DataFrame) -> None:
    """Say how many entries are offered of each kind: the page offers some kinds at first."""
    from layers.calendar import calendar_words

    counts = frame["subject_kind"].value_counts()
    for kind, title in calendar_words(catalogue())["subject_kind"].items():
        if kind in counts:
            told = title.get(context.lang)
            context.say("{kind}: {n} suggested entries", kind=told, n=counts[kind])


def _calendar_words(
    table: CalendarTable,
) -> tuple[Mapping[str, Text], Mapping[str, Mapping[str, Text]]]:
    """Return titles of the columns and words of the codes of a table.

    Offers have those of the layer that they are imported to.
    """
    from layers.calendar import CALENDAR
    from layers.calendar import CALENDAR_TITLES
    from layers.calendar import calendar_words

    if table is CalendarTable.calendar:
        return CALENDAR_TITLES, calendar_words(catalogue())
    fields = catalogue().layer(CALENDAR).fields
    titles = {field.name: field.title for field in fields}
    return titles, {field.name: {one.value: one.title for one in field.choices} for field in fields}


def _write_reminders(
    found: pd.DataFrame, history: pd.DataFrame, out: Path, opened: Workspace, today: dt.date
) -> None:
    from layers.aside import made_aside
    from layers.audit import export_id_text
    from layers.calendar import CALENDAR
    from layers.calendar import calendar_ics
    from layers.calendar import written

    version, stamp = written(history)
    with (
        exporting(out, used(opened, (CALENDAR,)), "calendar", as_of=str(today)) as export_id,
        made_aside(out, f"calendar{_REMINDERS}") as made,
    ):
        made.write_bytes(
            calendar_ics(
                found,
                identity=opened.identity,
                version=version,
                stamp=stamp,
                today=today,
                lang=context.lang,
                remark=export_id_text(export_id).get(context.lang),
            )
        )
    context.say("{n} entries written to {path}.", n=len(found), path=out)


def _limits(settings: list[str]) -> MonitoringParameters:
    from geo.monitoring import MONITORING_DEFAULTS
    from geo.monitoring import MonitoringParameters

    readers = dict.fromkeys(MONITORING_DEFAULTS.as_dict(), float)
    try:
        return MonitoringParameters(**dict(setting_of(text, readers) for text in settings))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _as_of(today: dt.date) -> Text:
    from layers.errors import Text

    return Text(f"截至 {today}", f"As of {today}")
