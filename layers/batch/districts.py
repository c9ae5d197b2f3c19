"""What districts add up to, one row each, and the city as their sum."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.batch.partials import ConsolidationTally
from geo.batch.partials import ScatterTally
from geo.batch.partials import UnderuseTally
from layers.batch.tables import SCOPE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.batch.wish import CommandName

    Tally = ScatterTally | UnderuseTally | ConsolidationTally

CITY = "*"
"""The ``district_code`` of all districts together."""

TALLIES: Mapping[CommandName, type[Tally]] = {
    "scatter": ScatterTally,
    "underused": UnderuseTally,
    "consolidate": ConsolidationTally,
}
"""How the first table of a command is added up."""


class Districts:
    """Adds up the first table of a command, district by district.

    Parameters
    ----------
    command
        Which command.
    """

    def __init__(self, command: CommandName) -> None:
        self._kind = TALLIES[command]
        self._tallies: dict[str, Any] = {}

    def add(self, scope: str, table: pd.DataFrame) -> None:
        """Add rows of a district.

        Parameters
        ----------
        scope
            The district code.
        table
            Rows of the first table of the command.
        """
        tally = self._kind.of(table)
        known = self._tallies.get(scope)
        self._tallies[scope] = tally if known is None else known + tally

    def table(self, missing: Mapping[str, int], rule_version: str) -> pd.DataFrame:
        """Return one row a district, and one for the city.

        Parameters
        ----------
        missing
            Number of subjects by scope that could not be computed.
        rule_version
            Of the rule that the rows were made by.

        Returns
        -------
        pandas.DataFrame
            ``district_code`` (:data:`CITY` last), ``missing`` (subjects without a
            result, which no sum has), ``rule_version`` and the numbers of the tally. A
            district without any result has no row but what is missing.
        """
        whole = self._kind()
        rows = []
        for scope in sorted({*self._tallies, *missing}):
            tally = self._tallies.get(scope)
            numbers: dict[str, Any] = {} if tally is None else tally.row()
            whole = whole if tally is None else whole + tally
            rows.append({SCOPE_COLUMN: scope, "missing": missing.get(scope, 0), **numbers})
        rows.append({SCOPE_COLUMN: CITY, "missing": sum(missing.values()), **whole.row()})
        frame = pd.DataFrame(rows).assign(rule_version=rule_version)
        whole_numbers = {n: _dtype(v) for n, v in whole.row().items()}
        return frame.astype({SCOPE_COLUMN: "str", "missing": "Int64", **whole_numbers})


def _dtype(value: object) -> str:
    """Return the type of a column whose sum is `value`."""
    if isinstance(value, bool):
        return "boolean"
    return "Int64" if isinstance(value, int) else "float64"
