"""Formulas without a result: they reject a row only where their column is used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layers.intake.columns import Columns
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue

_CODE = "formula_without_result"


def without_idle_formulas(raw: Raw, columns: Columns, request: Request) -> Raw:
    """Return a file of which formulas in columns that are not used reject no row.

    Parameters
    ----------
    raw
        A table as read.
    columns
        Which of its columns are used.
    request
        The file, for the findings.

    Returns
    -------
    Raw
        With one finding a column in place of one a cell. Formulas in headings
        stay as they were, because a column may be unknown for want of its name.
    """
    used = {*columns.fields.values(), *columns.places.values()}
    idle: dict[str, list[int]] = {}
    others: list[Issue] = []
    for issue in raw.issues:
        if issue.code == _CODE and issue.row and issue.field not in used:
            idle.setdefault(issue.field, []).append(issue.row)
        else:
            others.append(issue)
    told = [
        request.issue("formula_unused", field=name, count=len(rows), first=min(rows))
        for name, rows in idle.items()
    ]
    return replace(raw, issues=(*others, *told)) if told else raw
