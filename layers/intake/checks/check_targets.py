"""Checks of what is recorded for the numeric targets, against the targets that there are.

Such a row would be kept and shown nowhere, so it is rejected and not only warned of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from layers.errors import Text
from layers.targets.definitions import SUGGESTION_NEEDS
from layers.targets.definitions import TERMS
from layers.targets.definitions import VALUES
from layers.targets.definitions import targets_of
from layers.targets.strangers import known_targets
from layers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from layers.catalogue import LayerSpec
    from layers.intake.run import Batch
    from layers.issues import Issue

_FIELD = "target_id"


def unknown_targets(batch: Batch) -> tuple[Issue, ...]:
    """Find rows about a target that neither the plan nor anybody's suggestion names.

    Terms may name a new target, if they say all that a suggestion must.

    Parameters
    ----------
    batch
        A file whose cells are cleaned; one of another layer than those of the targets has
        no such rows.

    Returns
    -------
    tuple of Issue
        Errors, one a row.

    Raises
    ------
    CatalogueError
        If the plan of the edition is not to be believed.
    """
    named, spec = batch.named, batch.spec
    if spec.key not in {TERMS, VALUES} or _FIELD not in named:
        return ()
    targets = targets_of(batch.tables, batch.catalogue.folder)
    known, ids = known_targets(targets), {one.target_id for one in targets}
    cells = as_text(named[_FIELD])
    strange = np.flatnonzero((cells.notna() & ~cells.isin(ids)).to_numpy(dtype=bool))
    return tuple(
        batch.request.issue(
            "unknown_target",
            int(batch.raw.rows.iloc[at]),
            _FIELD,
            value=cells.iloc[at],
            known_zh=known.zh,
            known_en=known.en,
            lacking_zh=lacking.zh,
            lacking_en=lacking.en,
        )
        for at, lacking in _lacking(named, spec, strange)
    )


def _lacking(
    named: pd.DataFrame, spec: LayerSpec, strange: np.ndarray[Any, np.dtype[np.intp]]
) -> Iterator[tuple[int, Text]]:
    """Return the rows that are no whole suggestion, each with what could make it one."""
    if spec.key == VALUES:
        told = Text("，并先导入其目标口径", ", and import its terms first")
        yield from ((int(at), told) for at in strange)
        return
    empty = {
        name: as_text(named[name]).isna().to_numpy(dtype=bool)
        if name in named
        else np.ones(len(named), dtype=bool)
        for name in SUGGESTION_NEEDS
    }
    for at in strange:
        titles = [spec.field(name).title for name in SUGGESTION_NEEDS if empty[name][at]]
        if titles:
            zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
            yield int(at), Text(f"，并补填{zh}", f", and fill in {en}")
