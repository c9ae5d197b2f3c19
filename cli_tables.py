"""Tables that commands write, and days that they are asked for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import typer

from cli_common import context
from cli_common import exporting
from layers.clock import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from layers.errors import Text
    from layers.workspace import Workspace

_WORKBOOK = ".xlsx"
_ENDINGS = (".csv", _WORKBOOK, ".json", ".parquet")


def check_table_ending(out: Path | None, *more: str) -> None:
    """Refuse a file name that ends like no table; `more` endings are good too."""
    known = [*more, *_ENDINGS]
    if out is not None and out.suffix.lower() not in known:
        message = f"--out {out.name}: the ending must be one of {', '.join(known)}"
        raise typer.BadParameter(message)


def day_of(text: str | None, option: str = "--as-of") -> dt.date:
    """Return the day that was asked for; today if none was."""
    if text is None:
        return local_day()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        message = f"{option} {text}: write a day as 2026-09-30"
        raise typer.BadParameter(message) from error


def used(opened: Workspace, keys: Iterable[str]) -> dict[str, int]:
    """Return the versions of the layers that there are."""
    versions = opened.versions()
    return {key: versions[key] for key in keys if key in versions}


def beside(frame: pd.DataFrame, key: str, name: str, names: pd.Series[str]) -> pd.DataFrame:
    """Return a table with the names of what is told by id: ids say nothing to people.

    Parameters
    ----------
    frame
        The table; without `key`, or with `name`, it stays as it is.
    key, name
        Column of the ids, and the column of the names that is put behind it.
    names
        The names by id.
    """
    if key not in frame or name in frame:
        return frame
    told = frame.copy()
    told.insert(list(frame.columns).index(key) + 1, name, frame[key].map(names).astype("str"))
    return told


def write_table(
    frame: pd.DataFrame,
    out: Path,
    title: Text,
    *,
    titles: Mapping[str, Text],
    words: Mapping[str, Mapping[str, Text]] | None = None,
    layers: Mapping[str, int],
    what: str,
    internal: bool = True,
    remarks: Sequence[Text] = (),
    wish: Mapping[str, Any] | None = None,
) -> None:
    """Write a table with its export id, record it, and say so.

    People read a workbook: its columns have titles and its codes are words, as in what the
    pages hand out. Scripts read the other formats: there names and codes stay.

    Parameters
    ----------
    frame
        The table.
    out
        Where; its ending is the format.
    title
        Of the table.
    titles
        Of its columns.
    words
        Titles of the codes in a column, by column and code.
    layers
        Versions of the layers that it is made from.
    what
        What the audit calls it.
    internal
        Whether it must not leave the office.
    remarks
        Rule version, parameters, day.
    wish
        What else decides what is in it.
    """
    from layers.audit import export_id_text
    from layers.export import export_table
    from layers.export.tables import in_words

    is_read = out.suffix.lower() == _WORKBOOK
    with exporting(out, layers, what, **(wish or {})) as export_id:
        export_table(
            in_words(frame, words or {}, context.lang) if is_read else frame,
            out,
            title=title,
            titles=titles,
            lang=context.lang,
            internal=internal,
            remarks=[*remarks, export_id_text(export_id)],
        )
    context.say("{n} rows written to {path}.", n=len(frame), path=out)
