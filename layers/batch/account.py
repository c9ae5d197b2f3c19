"""The account of a run: what was read, what came out, what is missing, and by which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.batch.commands import COMMANDS
from layers.batch.commands import TABLE
from layers.batch.ledger import LedgerError
from layers.batch.ledger import code_version
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.batch.plan import Plan
    from layers.batch.ledger import Receipt
    from layers.batch.outcome import Outcome
    from layers.batch.preparing import Preparation

_MISSING_COLUMNS = {
    "district_code": "str",
    "parks": "str",
    "rows": "Int64",
    "error_zh": "str",
    "error_en": "str",
    "attempts": "Int64",
}
_SUBJECTS = {"scatter": "parks", "underused": "carriers", "consolidate": "districts"}


def missing_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return what has no result and why, one row a scope of a partition.

    Parameters
    ----------
    outcomes
        Of tasks that were given up.

    Returns
    -------
    pandas.DataFrame
        ``district_code``, ``parks`` (ids, empty for all of the district), ``rows`` (how
        many subjects), ``error_zh``, ``error_en`` and ``attempts``.
    """
    rows = [
        {
            "district_code": part.scope,
            "parks": "; ".join(part.parks or ()),
            "rows": part.rows,
            "error_zh": "" if outcome.problem is None else outcome.problem.zh,
            "error_en": "" if outcome.problem is None else outcome.problem.en,
            "attempts": outcome.attempts,
        }
        for outcome in outcomes
        for part in outcome.task.parts
    ]
    return pd.DataFrame(rows, columns=list(_MISSING_COLUMNS)).astype(_MISSING_COLUMNS)


def account_of(
    preparation: Preparation,
    plan: Plan,
    receipts: Sequence[Receipt],
    missing: pd.DataFrame,
    rows: Mapping[str, int],
) -> dict[str, Any]:
    """Return the account of a run as plain data.

    Parameters
    ----------
    preparation
        What was asked.
    plan
        The partitions.
    receipts
        Of the finished tasks.
    missing
        Result of :func:`missing_table`.
    rows
        Number of rows of every table.

    Raises
    ------
    LedgerError
        If the rows that came out and those that are missing are not those that went in.
    """
    command, wish, stage = preparation.command, preparation.wish, preparation.stage
    peaks = [receipt.peak_bytes for receipt in receipts if receipt.peak_bytes is not None]
    return {
        "format": "atlas-batch",
        "version": 1,
        "command": command,
        "parameters": wish.parameters(command),
        "rule_version": COMMANDS[command].rule_version,
        "code_version": code_version(),
        "input": {**stage.source, "fingerprint": stage.fingerprint},
        "stage": stage.digest,
        "plan": {
            "by": plan.by,
            "partitions": len(plan.partitions),
            "halo_m": plan.halo_m,
            "tile_m": plan.tile_m,
            "text": plan.as_text(),
        },
        "as_of": {scope: str(day) for scope, day in preparation.days.items()},
        "notes": {
            scope: told for receipt in receipts for scope, told in receipt.notes.items() if told
        },
        "accounts": _accounts(preparation, missing, rows),
        "tables": dict(rows),
        "missing": missing.to_dict("records"),
        "peak_bytes": max(peaks, default=None),
        "workers": sorted({receipt.worker for receipt in receipts}),
    }


def _accounts(
    preparation: Preparation, missing: pd.DataFrame, rows: Mapping[str, int]
) -> dict[str, Any]:
    """Return rows in, out, rejected and missing; they must add up."""
    layers = preparation.stage.accounts
    subjects = {
        "planned": sum(preparation.subjects.values()),
        "computed": rows.get(TABLE, 0),
        "missing": int(missing["rows"].sum()),
    }
    totals = {
        f"rows_{name}": int(layers[column].sum())
        for name, column in (("in", "rows_in"), ("staged", "staged"), ("rejected", "rejected"))
    }
    results = {"of": _SUBJECTS[preparation.command], **subjects}
    if subjects["planned"] != subjects["computed"] + subjects["missing"]:
        raise _lost(results)
    if totals["rows_in"] != totals["rows_staged"] + totals["rows_rejected"]:
        raise _lost(totals)
    return {**totals, "layers": layers.to_dict("records"), "results": results}


def _lost(what: Mapping[str, object]) -> LedgerError:
    return LedgerError(
        Text(
            f"行数不平（{what}）；请保留结果文件夹并反馈",
            f"the rows do not add up ({what}); please keep the folder and report it",
        )
    )
