"""The entrance of a stage: what is wrong across chunks is found here, and all is counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.batch.scopes import CODE
from layers.batch.staging.doubles import Origin
from layers.batch.staging.doubles import Seen
from layers.batch.staging.rejects import RejectWriter
from layers.batch.staging.rejects import Verdict
from layers.batch.staging.rejects import rejected_rows
from layers.city.codes import bad_code
from layers.city.codes import is_code
from layers.errors import Text
from layers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.batch.inputs.chunk import Chunk
    from layers.specs import LayerSpec

    Contested = set[tuple[str, str]]

_TOTAL = "total_row"
_MEND_CODE = Text("请改正行政区代码，或留空", "Correct the district code, or leave it empty")
_MEND_DOUBLE = Text(
    "请改成不同的编码，或删去其中一行", "Give them different ids, or delete one row"
)


class Entered(NamedTuple):
    """Rows of a layer that go on.

    Attributes
    ----------
    frame
        The rows.
    code
        The district that they say they belong to, missing where they say none.
    """

    frame: gpd.GeoDataFrame | pd.DataFrame
    code: pd.Series[str]

    def of(self, district: str) -> Entered:
        """Return the rows with `district` for those that say none."""
        return self._replace(code=self.code.mask(self.code.eq("")).fillna(district))


class Entrance:
    """Where the rows of a layer enter a stage.

    Parameters
    ----------
    spec
        The layer.
    rejects
        The file of its rejected rows.
    contested
        By field the pairs of an id and a district that filed a row under it after another
        district had: what names it from there is of that row, which was rejected.
    across
        Whether no id may stand in two places; else each district may have its own copy.
    """

    def __init__(
        self,
        spec: LayerSpec,
        rejects: Path,
        contested: dict[str, Contested],
        *,
        across: bool = True,
    ) -> None:
        self._spec, self._contested, self._across = spec, contested, across
        self._writer = RejectWriter(rejects, spec)
        unique = [field.name for field in spec.fields if field.unique]
        self._seen = {name: Seen() for name in dict.fromkeys((spec.id_field, *unique))}
        self.rows_in = self.staged = self.rejected = 0
        self.notes: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], Text] = {}

    def enter(self, chunk: Chunk) -> Entered:
        """Take in a chunk: write down what was rejected, and return what goes on."""
        self._take_notes(chunk)
        code = _code(chunk)
        verdicts = self._bad_codes(code)
        if self._across:
            verdicts += self._doubles(chunk)
        verdicts += self._of_contested(chunk, code)
        verdicts = list({verdict.position: verdict for verdict in reversed(verdicts)}.values())
        verdicts.sort()
        out = rejected_rows(chunk.frame, chunk.rows.tolist(), verdicts)
        for verdict in verdicts:
            self._note(verdict.code, verdict.code, verdict.problem)
        self.rejected += self._writer.write(chunk.rejected, chunk.source)
        self.rejected += self._writer.write(out, chunk.source)
        kept = np.ones(len(chunk.frame), dtype=bool)
        kept[[verdict.position for verdict in verdicts]] = False
        self.rows_in += chunk.rows_in
        self.staged += int(kept.sum())
        if kept.all():
            return Entered(chunk.frame, code)
        return Entered(chunk.frame[kept].reset_index(drop=True), code[kept].reset_index(drop=True))

    def close(self) -> None:
        """Finish the file of rejected rows."""
        self._writer.close()

    def told(self) -> Iterator[tuple[str, int, Text]]:
        """Yield what was found: code, how often, and the first message."""
        for key in sorted(self.notes):
            yield key[0], self.notes[key], self.examples[key]

    def _take_notes(self, chunk: Chunk) -> None:
        for issue in chunk.issues:
            # What is said of a file is told in full, what is said of rows is counted.
            self._note(issue.code, issue.code if issue.row else issue.message.en, issue.message)

    def _note(self, code: str, what: str, text: Text) -> None:
        self.notes[(code, what)] += 1
        self.examples.setdefault((code, what), text)

    def _bad_codes(self, code: pd.Series[str]) -> list[Verdict]:
        known = {text: is_code(text) for text in code.dropna().unique()}
        bad = code.map(known).eq(other=False).to_numpy(dtype=bool)
        return [
            Verdict(at, "district_code", bad_code(code.iloc[at]), _MEND_CODE)
            for at in np.flatnonzero(bad).tolist()
        ]

    def _doubles(self, chunk: Chunk) -> list[Verdict]:
        origin, verdicts = Origin(chunk.source, chunk.district), []
        for name, seen in self._seen.items():
            values = chunk.frame[name]
            there = np.flatnonzero(values.notna().to_numpy(dtype=bool))
            met = seen.meet(values.iloc[there], chunk.rows[there], origin)
            for position, first in met.items():
                at = int(there[position])
                value, row = str(values.iloc[at]), int(chunk.rows[at])
                problem = _twice(value, row, chunk.source, first.row, first.origin.source)
                verdicts.append(Verdict(at, "duplicate", problem, _MEND_DOUBLE))
                if chunk.district is not None and first.origin.district != chunk.district:
                    self._contested.setdefault(name, set()).add((value, chunk.district))
            self._keep_rejected(chunk, name, seen, origin)
        return verdicts

    def _keep_rejected(self, chunk: Chunk, name: str, seen: Seen, origin: Origin) -> None:
        """Let a rejected row keep its id, as it would if all rows were in one file."""
        if name not in chunk.rejected or chunk.rejected.empty:
            return
        total = chunk.rejected["_code"].str.contains(_TOTAL, regex=False).to_numpy(dtype=bool)
        values = as_text(chunk.rejected[name])
        alone = values.notna() & ~total & ~values.duplicated() & ~values.isin(chunk.frame[name])
        where = np.flatnonzero(alone.to_numpy(dtype=bool))
        rows: NDArray[np.int64] = chunk.rejected["_row"].to_numpy(dtype=np.int64)
        seen.meet(values.iloc[where], rows[where], origin)

    def _of_contested(self, chunk: Chunk, code: pd.Series[str]) -> list[Verdict]:
        verdicts = []
        for name, pairs in self._contested.items():
            if name == self._spec.id_field or not self._spec.has_field(name):
                continue
            here = pd.MultiIndex.from_arrays([chunk.frame[name], code]).isin(list(pairs))
            verdicts += [
                Verdict(
                    at, "reference_rejected", _lost(str(chunk.frame[name].iloc[at])), _MEND_DOUBLE
                )
                for at in np.flatnonzero(here).tolist()
            ]
        return verdicts


def _code(chunk: Chunk) -> pd.Series[str]:
    """Return the district of every row as far as something says it."""
    if chunk.district is not None:
        told: pd.Series[str] = pd.Series(chunk.district, index=chunk.frame.index, dtype="str")
        return told
    if CODE in chunk.frame.columns:
        return chunk.frame[CODE].astype("str")
    return pd.Series(np.nan, index=chunk.frame.index, dtype="str")


def _twice(value: str, row: int, source: str, first_row: int, first_source: str) -> Text:
    return Text(
        f"“{value}”在 {first_source} 第 {first_row} 行已出现，{source} 第 {row} 行重复；保留前者",
        f"'{value}' in row {row} of {source} is already in row {first_row} of {first_source},"
        " which keeps it",
    )


def _lost(value: str) -> Text:
    return Text(
        f"所属的“{value}”与另一行政区的编码重复而未收入，此行不能归入另一行政区的“{value}”",
        f"it belongs to '{value}', which was rejected because another district has the same id;"
        " it must not be taken for one of that district",
    )
