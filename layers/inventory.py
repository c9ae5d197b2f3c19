"""What a workspace holds: one row a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import WorkspaceError
from layers.marks import is_located
from layers.marks import is_sample
from layers.marks import is_sketch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.workspace import Workspace


def inventory(
    tables: Mapping[str, pd.DataFrame], versions: Mapping[str, int], catalogue: Catalogue
) -> pd.DataFrame:
    """Return counts, version, marks and sources of every layer of the catalogue.

    Parameters
    ----------
    tables, versions
        Rows and current version of the layers that are there, by key.
    catalogue
        The catalogue; its layers without rows are listed with 0.

    Returns
    -------
    pandas.DataFrame
        Columns ``layer, title_zh, title_en, rows, located, version, sample,
        sketch, sources``; ``located``, ``sample`` and ``sketch`` count rows;
        a table without geometry has no ``located``.
    """
    rows = []
    for spec in catalogue.layers:
        frame = tables.get(spec.key, pd.DataFrame())
        rows.append(
            {
                "layer": spec.key,
                "title_zh": spec.title.zh,
                "title_en": spec.title.en,
                "rows": len(frame),
                "located": int(is_located(frame).sum()) if spec.geometry else None,
                "version": versions.get(spec.key),
                "sample": int(is_sample(frame).sum()),
                "sketch": int(is_sketch(frame).sum()),
                "sources": "; ".join(_sources(frame)),
            }
        )
    return pd.DataFrame(rows).astype({"version": "Int64", "located": "Int64"})


def _sources(frame: pd.DataFrame) -> list[str]:
    if "source" not in frame:
        return []
    named = frame["source"].dropna().str.split(";").explode().str.strip()
    return sorted(set(named) - {""})


def readable(workspace: Workspace) -> tuple[dict[str, pd.DataFrame], dict[str, WorkspaceError]]:
    """Read every layer that can be read.

    Returns
    -------
    tuple
        The rows by layer, and for each damaged layer what is wrong with it, so
        that one damaged table does not keep the others from being used.
    """
    tables: dict[str, pd.DataFrame] = {}
    problems: dict[str, WorkspaceError] = {}
    for key in workspace.keys():  # noqa: SIM118 - not a mapping
        try:
            tables[key] = workspace.read(key)
        except WorkspaceError as error:
            problems[key] = error
    return tables, problems
