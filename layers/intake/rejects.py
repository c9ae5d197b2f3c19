"""The file of rejected rows that goes back to the planner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.aside import made_aside
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.values import formula_safe

if TYPE_CHECKING:
    from pathlib import Path

    from layers.intake.run import IntakeResult


def write_rejects(result: IntakeResult, path: Path) -> Path:
    """Write the rejected rows as CSV: the file's own columns, then row and reasons.

    UTF-8 with a byte order mark, which spreadsheets need for Chinese text; no
    cell is run as a formula.

    Raises
    ------
    ExportError
        If the file cannot be written; ExportUsageError if it is the file that
        was read, which holds the only copy of the planner's rows.
    """
    if result.path is not None and _is_same(path, result.path):
        raise ExportUsageError(
            Text(
                f"{path.name} 就是导入的原文件，不能写入拒收行；请换一个文件名",
                f"{path.name} is the imported file itself and is not overwritten with rejected"
                " rows; choose another name",
            )
        )
    safe = result.rejected.copy()
    safe.columns = [formula_safe(str(name)) for name in safe.columns]
    for name in safe.columns:
        if name != "_row":
            safe[name] = safe[name].map(formula_safe, na_action="ignore")
    with made_aside(path, "rejects.csv") as made:
        safe.to_csv(made, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return path


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False  # one of them is not there
