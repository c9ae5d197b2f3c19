"""Fields that prove something: what is no proof, and which rows hold all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.words import proves_nothing

if TYPE_CHECKING:
    import datetime as dt

    from layers.specs import FieldSpec
    from layers.specs import LayerSpec


def unproven(values: pd.Series[Any], field: FieldSpec, today: dt.date) -> pd.Series[bool]:
    """Tell which values prove nothing; what is not known is not among them.

    Parameters
    ----------
    values
        A column as the contract brought it to its type.
    field
        The field: a text that says that there is none proves nothing, nor does a date
        after `today`.
    today
        The day of the question.
    """
    if field.type == "date":
        return values > pd.Timestamp(today)
    told = [isinstance(value, str) and proves_nothing(value) for value in values]
    return pd.Series(told, index=values.index, dtype="bool")


def proven(frame: pd.DataFrame, spec: LayerSpec, today: dt.date) -> pd.Series[bool]:
    """Tell which rows hold all the proof that their layer asks for.

    Rows that came in before the layer asked for it, or by another way, may lack it.

    Parameters
    ----------
    frame
        Rows as accepted.
    spec
        The layer; its fields that are ``proof`` are looked at.
    today
        The day of the question.
    """
    found = pd.Series(data=True, index=frame.index)
    for field in spec.fields:
        if field.proof:
            found &= frame[field.name].notna() & ~unproven(frame[field.name], field, today)
    return found
