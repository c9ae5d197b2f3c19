"""The issue log: what was wrong with which row, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.errors import Text

Severity = Literal["error", "warning", "info"]

ISSUE_COLUMNS = (
    "file",
    "layer",
    "row",
    "field",
    "value",
    "code",
    "severity",
    "message_zh",
    "message_en",
    "remedy_zh",
    "remedy_en",
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding.

    Attributes
    ----------
    file
        Name of the file as the user knows it, without its folder.
    layer
        Key of the layer.
    row
        Row number as a person counts: the first data row is 1; 0 means the
        whole file.
    field
        Name of the field, empty for the whole row.
    value
        The offending value as text, shortened to 80 characters.
    code
        Stable English code, for instance ``not_a_number``.
    severity
        ``error``: the row was rejected; ``warning``: kept, but look at it;
        ``info``: what was assumed or repaired.
    message, remedy
        What is wrong, and what to do.
    """

    file: str
    layer: str
    row: int
    field: str
    value: str
    code: str
    severity: Severity
    message: Text
    remedy: Text

    def line(self, lang: str) -> str:
        """Return the finding as one sentence naming file, row, field and remedy."""
        place = [self.file or self.layer]
        if self.row:
            place.append(f"数据第 {self.row} 行" if lang == "zh" else f"data row {self.row}")
        if self.field:
            place.append(self.field)
        where = " · ".join(place)
        colon = "：" if lang == "zh" else ": "
        stop = "。" if lang == "zh" else ". "
        return f"{where}{colon}{self.message.get(lang)}{stop}{self.remedy.get(lang)}".strip()


def issue_frame(issues: Iterable[Issue]) -> pd.DataFrame:
    """Return issues as a table with the columns :data:`ISSUE_COLUMNS`."""
    rows = [
        (
            i.file,
            i.layer,
            i.row,
            i.field,
            i.value,
            i.code,
            i.severity,
            i.message.zh,
            i.message.en,
            i.remedy.zh,
            i.remedy.en,
        )
        for i in issues
    ]
    return pd.DataFrame(rows, columns=list(ISSUE_COLUMNS))
