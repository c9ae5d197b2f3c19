"""The file of rejected rows that goes back to the planner."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    OSError
        If the file cannot be written.
    """
    safe = result.rejected.copy()
    safe.columns = [formula_safe(str(name)) for name in safe.columns]
    for name in safe.columns:
        if name != "_row":
            safe[name] = safe[name].map(formula_safe, na_action="ignore")
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return path
