"""Rows of a layer as people give them on a page or a command: each change is one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.contract import conform
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterable
    from collections.abc import Mapping

    from layers.workspace import Workspace

_LONGEST = 2_000


class EntryError(UsageError):
    """A row cannot be recorded."""


def put_rows(
    workspace: Workspace,
    key: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    author: str,
    message: str,
    expected_version: int | None = None,
) -> int:
    """Add rows to a layer without geometry, or replace those of the same id.

    Parameters
    ----------
    workspace
        The workspace.
    key
        The layer.
    rows
        Cells by field; a field that is not named is empty.
    author, message
        Who, and why.
    expected_version
        The version that whoever gives them has seen; the current one by default.

    Returns
    -------
    int
        The new version of the layer.

    Raises
    ------
    EntryError
        If a row is not as the catalogue asks; it names the field and what is wrong.
    ConflictError
        If somebody else changed the layer meanwhile.
    """
    spec = workspace.catalogue.layer(key)
    raw = pd.DataFrame(list(rows), columns=list(spec.field_names), dtype=object)
    for value in raw.to_numpy().ravel():
        if isinstance(value, str) and len(value) > _LONGEST:
            raise EntryError(
                Text(
                    f"文字过长（{len(value):,} 字），最多 {_LONGEST:,} 字；请缩短后再存",
                    f"a text of {len(value):,} characters is longer than {_LONGEST:,}; shorten it",
                )
            )
    checked = conform(raw, spec)
    if raw.empty or len(checked.rejected):
        told = [
            "" if raw.empty else str(checked.rejected[name].iloc[0])
            for name in ("_reason_zh", "_reason_en")
        ]
        raise EntryError(
            Text(
                f"“{spec.title.zh}”未保存：{told[0] or '没有内容'}",
                f"'{spec.title.en}' was not saved: {told[1] or 'there is nothing'}",
            )
        )
    given = pd.DataFrame(checked.accepted)
    return _commit(
        workspace, key, set(given[spec.id_field]), given, author, message, expected_version
    )


def drop_rows(
    workspace: Workspace,
    key: str,
    ids: Collection[str],
    *,
    author: str,
    message: str,
    expected_version: int | None = None,
) -> int:
    """Take rows out of a layer without geometry; return the new version of the layer.

    Raises
    ------
    EntryError
        If there is no such row.
    ConflictError
        If somebody else changed the layer meanwhile.
    """
    spec = workspace.catalogue.layer(key)
    known = set(workspace.read(key)[spec.id_field])
    unknown = sorted(set(ids) - known)
    if unknown or not ids:
        told = ", ".join(unknown) or "–"
        raise EntryError(
            Text(f"“{spec.title.zh}”中没有 {told}", f"'{spec.title.en}' has no row {told}")
        )
    return _commit(workspace, key, set(ids), None, author, message, expected_version)


def _commit(
    workspace: Workspace,
    key: str,
    replaced: set[Any],
    given: pd.DataFrame | None,
    author: str,
    message: str,
    expected_version: int | None,
) -> int:
    version = workspace.version(key)
    frame = pd.DataFrame(workspace.read(key))
    kept = frame[~frame[workspace.catalogue.layer(key).id_field].isin(replaced)]
    parts = [part for part in (kept, given) if part is not None and len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else frame.iloc[0:0]
    return workspace.commit(
        key,
        whole,
        author=author,
        message=message,
        expected_version=version if expected_version is None else expected_version,
    )
