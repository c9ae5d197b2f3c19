"""The entries of the data calendar as people give them: each change is one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.calendar.subjects import CALENDAR
from layers.entries import drop_rows
from layers.entries import put_rows

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterable
    from collections.abc import Mapping

    from layers.workspace import Workspace


def set_entries(
    workspace: Workspace,
    entries: Iterable[Mapping[str, Any]],
    *,
    author: str,
    expected_version: int | None = None,
) -> int:
    """Add entries, or replace those of the same id; return the version of the layer.

    Parameters
    ----------
    workspace
        The workspace.
    entries
        Cells by field of the layer ``data_calendar``.
    author
        Who.
    expected_version
        The version that whoever gives them has seen.

    Raises
    ------
    EntryError
        If an entry is not as the catalogue asks, or there is none.
    ConflictError
        If somebody else changed the calendar meanwhile.
    """
    given = list(entries)
    return put_rows(
        workspace,
        CALENDAR,
        given,
        author=author,
        message=f"{len(given)} entries set",
        expected_version=expected_version,
    )


def remove_entries(
    workspace: Workspace,
    entry_ids: Collection[str],
    *,
    author: str,
    expected_version: int | None = None,
) -> int:
    """Take entries out; return the version of the layer.

    Raises
    ------
    EntryError
        If there is no such entry.
    ConflictError
        If somebody else changed the calendar meanwhile.
    """
    return drop_rows(
        workspace,
        CALENDAR,
        entry_ids,
        author=author,
        message=f"{len(entry_ids)} entries removed",
        expected_version=expected_version,
    )
