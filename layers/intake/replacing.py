"""Values that the planner knows better: what a cell of a file stands for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.intake.columns import Columns
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue


def replace_values(
    raw: Raw, columns: Columns, values: Mapping[str, Mapping[str, str]], request: Request
) -> tuple[Raw, tuple[Issue, ...]]:
    """Put in what the planner said certain cells stand for.

    Parameters
    ----------
    raw, columns
        The file, and which column is which field.
    values
        Field → text of a cell → what it stands for; ``""`` for unknown.
    request
        Names the file.

    Returns
    -------
    Raw
        With the cells replaced; rows and order are the same.
    tuple of Issue
        One a field, with the number of cells.
    """
    frame, found = raw.frame, []
    for field, known in values.items():
        heading = columns.fields.get(field)
        if heading is None or not known:
            continue
        text = as_text(frame[heading])
        hit = text.isin(list(known))
        if not hit.any():
            continue
        put = text[hit].map(dict(known)).astype(object)
        frame = frame.assign(**{heading: frame[heading].astype(object).where(~hit, put)})
        pairs = ", ".join(f"{a} → {b or '—'}" for a, b in known.items() if a in set(text[hit]))
        found.append(
            request.issue("values_replaced", field=field, count=int(hit.sum()), pairs=pairs)
        )
    return replace(raw, frame=frame), tuple(found)
