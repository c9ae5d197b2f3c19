"""Rejected rows of a stage: as they were, where they came from, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from geo.batch.scopes import CODE
from layers.contract import REJECT_COLUMNS
from layers.contract import raw_text
from layers.contract import reject_frame
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from layers.errors import Text
    from layers.specs import LayerSpec

SOURCE = "_source"
"""The column that names the file, table or layer of a rejected row."""


class Verdict(NamedTuple):
    """Why a row is rejected.

    Attributes
    ----------
    position
        Which row of its frame.
    code
        Stable code of what is wrong.
    problem, remedy
        What it is, and what to do.
    """

    position: int
    code: str
    problem: Text
    remedy: Text


def rejected_rows(
    frame: gpd.GeoDataFrame | pd.DataFrame, rows: Iterable[int], verdicts: Iterable[Verdict]
) -> pd.DataFrame:
    """Return rows that were accepted by themselves and are rejected after all.

    Parameters
    ----------
    frame
        Rows of the layer.
    rows
        The row number of every row of `frame`.
    verdicts
        Which are rejected and why, each position once.
    """
    found, numbers = list(verdicts), list(rows)
    text = raw_text(frame.iloc[[verdict.position for verdict in found]])
    told = [
        (numbers[at], code, what.zh, what.en, remedy.zh, remedy.en)
        for at, code, what, remedy in found
    ]
    return reject_frame(text, told)


class RejectWriter:
    """Writes the rejected rows of a layer; there is no file as long as there is no row.

    Parameters
    ----------
    path
        The file.
    spec
        The layer.
    """

    def __init__(self, path: Path, spec: LayerSpec) -> None:
        names = dict.fromkeys((SOURCE, *REJECT_COLUMNS, CODE, *spec.field_names, GEOMETRY))
        fields = [(n, pa.int64() if n == REJECT_COLUMNS[0] else pa.string()) for n in names]
        self._schema = pa.schema(fields)
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def write(self, rejected: pd.DataFrame, source: str) -> int:
        """Add rows; return how many."""
        if rejected.empty:
            return 0
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._path, self._schema)
        whole = rejected.assign(**{SOURCE: source}).reindex(columns=self._schema.names)
        self._writer.write_table(pa.Table.from_pandas(whole, self._schema, preserve_index=False))
        return len(rejected)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
