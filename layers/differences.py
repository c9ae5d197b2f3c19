"""What changed between two versions of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely

from layers.frames import GEOMETRY
from layers.frames import has_geometry
from layers.shapes import describe_shape
from layers.values import cell_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec

DIFF_COLUMNS = ("id", "change", "field", "old", "new")


def differences(old: pd.DataFrame, new: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Compare two frames of a layer by id.

    Parameters
    ----------
    old, new
        Frames of the layer; ids are unique.
    spec
        The layer.

    Returns
    -------
    DataFrame
        Columns :data:`DIFF_COLUMNS`, one row an added or removed id and one
        row a changed value; ``change`` is ``added``, ``removed`` or
        ``changed``. Geometries are described in words.
    """
    before, after = (frame.set_index(spec.id_field, drop=False) for frame in (old, new))
    rows = [(key, "removed", "", "", "") for key in before.index.difference(after.index)]
    rows += [(key, "added", "", "", "") for key in after.index.difference(before.index)]
    both = before.index.intersection(after.index)
    before, after = before.loc[both], after.loc[both]
    for name in spec.field_names:
        rows += _changed(both, name, _texts(before[name]), _texts(after[name]))
    if has_geometry(old) and has_geometry(new):
        rows += _moved(both, before[GEOMETRY].to_numpy(), after[GEOMETRY].to_numpy())
    frame = pd.DataFrame(rows, columns=list(DIFF_COLUMNS), dtype="str")
    return frame.sort_values(["id", "field"], ignore_index=True)


def _texts(column: pd.Series[Any]) -> NDArray[Any]:
    return np.array(["" if pd.isna(v) else cell_text(v) for v in column], dtype=object)


def _changed(
    ids: pd.Index[Any], name: str, old: NDArray[Any], new: NDArray[Any]
) -> list[tuple[str, str, str, str, str]]:
    return [(ids[int(i)], "changed", name, old[i], new[i]) for i in np.flatnonzero(old != new)]


def _moved(
    ids: pd.Index[Any], old: NDArray[Any], new: NDArray[Any]
) -> list[tuple[str, str, str, str, str]]:
    # Where a polygon begins and which way it runs is no change.
    same = shapely.equals_exact(shapely.normalize(old), shapely.normalize(new), 0.0)
    same |= shapely.is_missing(old) & shapely.is_missing(new)
    return [
        (ids[int(i)], "changed", GEOMETRY, describe_shape(old[i]), describe_shape(new[i]))
        for i in np.flatnonzero(~same)
    ]
