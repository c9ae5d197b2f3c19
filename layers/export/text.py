"""CSV: written, and read back."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pandas as pd

from layers.export.check import compare
from layers.export.sheets import flatten
from layers.intake.readers.tables import read_csv
from layers.intake.source import Request
from layers.values import cell_text
from layers.values import formula_safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.export.notes import Notes
    from layers.export.sheets import Sheet


def write_csv(sheets: Sequence[Sheet], path: Path, _: Notes) -> None:
    """Write one sheet as CSV: UTF-8 with a byte order mark, places as columns.

    Text that a spreadsheet would run as a formula gets an apostrophe, which
    our reader takes off again; numbers stay numbers, negative ones too.
    """
    (sheet,) = (flatten(s, wkt=True) for s in sheets)
    columns = []
    for field in sheet.fields:
        texts = ["" if pd.isna(v) else cell_text(v) for v in sheet.frame[field.name]]
        text = field.type in ("text", "month")
        columns.append([formula_safe(t) for t in texts] if text else texts)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([formula_safe(field.name) for field in sheet.fields])
        writer.writerows(zip(*columns, strict=True))


def check_csv(sheets: Sequence[Sheet], path: Path, _: Notes) -> None:
    """Read a CSV back and compare it."""
    (sheet,) = (flatten(s, wkt=True) for s in sheets)
    compare(sheet, read_csv(Request(path)).frame)
