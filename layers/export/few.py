"""Rows that tell of one or two firms: what a public copy leaves empty in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.breaks import known_numbers
from layers.export.groups import LEAST

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec


def few_firms(
    frame: pd.DataFrame, spec: LayerSpec, least: int = LEAST
) -> dict[str, NDArray[np.bool_]]:
    """Return which cells tell of fewer than `least` firms, by field.

    Parameters
    ----------
    frame, spec
        A layer. Its fields with ``firms = "count"`` count firms; those with ``"share"``
        tell of the firms of their row.
    least
        A count from 1 to `least` - 1 is small; none and unknown are not.

    Notes
    -----
    The threshold rule of statistical disclosure control (Hundepool et al. 2012, chapter
    4). Leased and vacant area go together, because what is left of the rentable area
    would give the one from the other.
    """
    counts = [f.name for f in spec.fields if f.firms == "count" and f.name in frame]
    small: dict[str, NDArray[np.bool_]] = {}
    for name in counts:
        number = known_numbers(frame[name])
        small[name] = (number > 0) & (number < least)
    if not small:
        return {}
    anywhere: NDArray[np.bool_] = np.any(list(small.values()), axis=0)
    shares = [f.name for f in spec.fields if f.firms == "share" and f.name in frame]
    return small | dict.fromkeys(shares, anywhere)


def without_few(frame: pd.DataFrame, spec: LayerSpec, least: int = LEAST) -> pd.DataFrame:
    """Return a layer with the cells of :func:`few_firms` left empty."""
    cells = few_firms(frame, spec, least)
    if not any(hidden.any() for hidden in cells.values()):
        return frame
    return frame.assign(**{name: frame[name].mask(hidden) for name, hidden in cells.items()})
