"""A layer after a delivery: the rows of a file put over those that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Collection

    from layers.catalogue import LayerSpec


def merge(old: pd.DataFrame, new: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Return a layer updated by the rows of a file.

    Rows are matched by id. A field that the file leaves empty in every row is not
    part of the delivery: known rows keep their value, so that a list of rents
    cannot erase addresses. A known row that was sample data stays marked, because
    such values may remain in it.

    Parameters
    ----------
    old, new
        Frames of the layer; ids are unique.
    spec
        The layer.
    """
    if old.empty or new.empty:
        return new if old.empty else old
    ids = new[spec.id_field]
    known = old.set_index(spec.id_field).reindex(ids)
    updated = new.copy()
    for name in (*spec.field_names, *((GEOMETRY,) if spec.geometry else ())):
        if name != spec.id_field and new[name].isna().all():
            updated[name] = known[name].array
    # Columns of text are slow at this; plain objects are not.
    kept = old[~old[spec.id_field].astype(object).isin(set(ids))]
    return pd.concat([kept, updated], ignore_index=True)


def take_part(
    old: pd.DataFrame, new: pd.DataFrame, ids: Collection[str], spec: LayerSpec
) -> pd.DataFrame:
    """Return `old` with only some of the changes that lead to `new`.

    Parameters
    ----------
    old, new
        Frames of the layer before and after; ids are unique.
    ids
        Which rows become as they are in `new`; one that is not there is removed.
        All others stay as in `old`.
    spec
        The layer.
    """
    taken = new[new[spec.id_field].isin(list(ids))]
    kept = old[~old[spec.id_field].isin(list(ids))]
    if kept.empty or taken.empty:
        return (taken if kept.empty else kept).reset_index(drop=True)
    return pd.concat([kept, taken], ignore_index=True)
