"""What people gave of a target: its scope, its base and its owner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.i18n import unknown
from layers.targets.definitions import TERMS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import pandas as pd

NEEDED = ("scope", "base_value", "base_date", "owner")
"""Fields without which a target has no index: 口径未给定."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a target; what nobody gave is empty.

    Attributes
    ----------
    scope, owner
        Which entities are counted, and who answers for the number.
    base_value, base_date
        Where the way begins, in the unit of the target; NaN and None if unknown.
    agreed_on
        When the terms were agreed.
    lessons
        What is said when the plan has ended.
    note
        Anything else.
    """

    scope: str = ""
    base_value: float = math.nan
    base_date: dt.date | None = None
    owner: str = ""
    agreed_on: dt.date | None = None
    lessons: str = ""
    note: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields of :data:`NEEDED` that nobody gave."""
        given = (
            bool(self.scope),
            math.isfinite(self.base_value),
            self.base_date is not None,
            bool(self.owner),
        )
        return tuple(name for name, there in zip(NEEDED, given, strict=True) if not there)


def terms_of(tables: Mapping[str, pd.DataFrame], target_id: str) -> Terms:
    """Return what people gave of a target.

    Parameters
    ----------
    tables
        Layers by key; without ``target_terms`` nothing was given.
    target_id
        The target.
    """
    frame = tables.get(TERMS)
    rows = [] if frame is None else frame[frame["target_id"].eq(target_id)].to_dict("records")
    if not rows:
        return Terms()
    row = rows[0]
    return Terms(
        scope=_text(row.get("scope")),
        base_value=math.nan if unknown(row.get("base_value")) else float(row["base_value"]),
        base_date=day_of(row.get("base_date")),
        owner=_text(row.get("owner")),
        agreed_on=day_of(row.get("agreed_on")),
        lessons=_text(row.get("lessons")),
        note=_text(row.get("note")),
    )


def day_of(cell: object) -> dt.date | None:
    """Return the day in a cell of a layer; None if it is unknown."""
    return None if unknown(cell) else cell.date()  # type: ignore[attr-defined]


def _text(cell: object) -> str:
    return "" if unknown(cell) else str(cell).strip()
