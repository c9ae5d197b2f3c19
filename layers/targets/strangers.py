"""Rows about targets that there are not: said, because nothing else would show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.edition_files import EDITION_DIR
from layers.errors import Text
from layers.targets.definitions import TERMS
from layers.targets.definitions import VALUES
from layers.targets.definitions import targets_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.targets.definitions import Target


def known_targets(targets: Iterable[Target]) -> Text:
    """Return the ids of targets with their titles, for a sentence about an unknown one."""
    found = list(targets)
    if not found:
        return Text("（本版没有量化目标）", "(this edition has no numeric target)")
    return Text(
        "、".join(f"{one.target_id}（{one.title.zh}）" for one in found),
        ", ".join(f"{one.target_id} ({one.title.en})" for one in found),
    )


def target_strangers(tables: Mapping[str, pd.DataFrame], folder: Path = EDITION_DIR) -> list[Text]:
    """Say which rows of the workspace are about targets that there are not.

    New files are checked as they come in; rows that were there before may still be such.

    Parameters
    ----------
    tables
        Layers by key; ``target_terms`` and ``target_values`` are looked at.
    folder
        The edition folder, whose plan names the targets.

    Returns
    -------
    list of Text
        A sentence a layer.

    Raises
    ------
    CatalogueError
        If the plan of the edition is not to be believed.
    """
    targets = targets_of(tables, folder)
    ids, known = {one.target_id for one in targets}, known_targets(targets)
    told = []
    for key, what in (
        (TERMS, Text("口径", "terms")),
        (VALUES, Text("数据", "values")),
    ):
        frame = tables.get(key)
        every = [] if frame is None else frame["target_id"].astype("str").tolist()
        rows = [one for one in every if one not in ids]
        if rows:
            names = sorted(set(rows))
            told.append(
                Text(
                    f"有 {len(rows)} 行目标{what.zh}的目标编码（{'、'.join(names)}）不是已有目标，"
                    f"未计入；已有：{known.zh}",
                    f"{len(rows)} rows of {what.en} are about no known target "
                    f"({', '.join(names)}) and not used; there are: {known.en}",
                )
            )
    return told
