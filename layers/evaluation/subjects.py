"""Whom a scorecard is about: the rows of the layers that it names, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.errors import Text
from layers.errors import UsageError
from layers.marks import is_sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.scorecards import Scorecard
    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec

    Tables = Mapping[str, pd.DataFrame]

SUBJECT_COLUMNS = ("subject_id", "name", "layer", "age_months", "sample")
"""Columns of the subjects of a card."""

_BEGINNINGS = {"parks": "established", "incubators": "established", "operators": "takeover"}
_MONTHS = 12
_YEAR = 4


def subjects_of(tables: Tables, catalogue: Catalogue, card: Scorecard, period: int) -> pd.DataFrame:
    """Return whom a card is about, in the order of their ids.

    Parameters
    ----------
    tables
        Layers by key; a layer of the card that is not there has no subjects.
    catalogue
        Says how the rows of a layer are called.
    card
        Names layers, fields and values. A park that has a second class is a subject of
        the cards of both; an id that two layers share is taken from the first.
    period
        Year at whose end the age is counted.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`SUBJECT_COLUMNS`. ``age_months`` is the least age at 31 December
        of `period` that the records allow: who began some time in a year may have begun
        on its last day. NaN is unknown; below 0, not begun.

    Raises
    ------
    UsageError
        If the card names a field that its layer does not have.
    """
    parts = [
        _rows(tables[layer], catalogue.layer(layer), field, value, period)
        for layer, field, value in card.subjects
        if layer in tables
    ]
    if not parts:
        return _rows_frame([], [], "", [], [])
    joined = pd.concat(parts, ignore_index=True).drop_duplicates("subject_id")
    return joined.sort_values("subject_id", ignore_index=True)


def _rows(
    frame: pd.DataFrame, spec: LayerSpec, field: str, value: str, period: int
) -> pd.DataFrame:
    if field and not spec.has_field(field):
        raise UsageError(
            Text(
                f"评价表指定的字段“{field}”在图层“{spec.key}”里没有；请改评价表的 subjects",
                f"the layer '{spec.key}' has no field '{field}'; correct `subjects` of the card",
            )
        )
    # A table of an older workspace may lack a field that the catalogue has by now.
    there = not field or field in frame.columns
    chosen = frame.iloc[:0] if not there else frame[frame[field].eq(value)] if field else frame
    ids = chosen[spec.id_field].astype("str")
    names = chosen[spec.name_field].astype("str").fillna(ids)
    age = _age_months(chosen, _BEGINNINGS.get(spec.key, ""), period)
    return _rows_frame(ids, names, spec.key, age, is_sample(chosen))


def _rows_frame(
    ids: object, names: object, layer: str, age: object, sample: object
) -> pd.DataFrame:
    found = pd.DataFrame({"subject_id": ids, "name": names, "age_months": age, "sample": sample})
    found = found.assign(layer=layer).astype(
        {
            "subject_id": "str",
            "name": "str",
            "layer": "str",
            "age_months": "float64",
            "sample": "bool",
        }
    )
    return found[list(SUBJECT_COLUMNS)].reset_index(drop=True)


def _age_months(frame: pd.DataFrame, field: str, period: int) -> pd.Series[float]:
    """Return the least months from a year (2015) or a month (2015-07) to the end of a year."""
    if field not in frame.columns:
        return pd.Series(np.nan, index=frame.index, dtype="float64")
    text = frame[field].astype("str")
    year = pd.to_numeric(text.str[:_YEAR], errors="coerce").astype("float64")
    month = pd.to_numeric(text.str[_YEAR + 1 :], errors="coerce").astype("float64")
    return (period - year) * _MONTHS + _MONTHS - month.fillna(_MONTHS)
