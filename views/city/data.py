"""What the page of the city shows: rows, summaries of the batch, and how old they are.

Only the city's own small files are read, and the logs of its districts; no layer is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

import pandas as pd

from geo.consolidation.parameters import RULE_VERSION as CONSOLIDATION_RULE
from geo.parameters import RULE_VERSION as SCATTER_RULE
from geo.underuse import RULE_VERSION as UNDERUSE_RULE
from layers.analysis import SCATTER_LAYERS
from layers.changes import last_changes
from layers.consolidation import CONSOLIDATION_LAYERS
from layers.underuse import UNDERUSE_LAYERS
from views import store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.changes import Change
    from layers.city import City

Command = Literal["scatter", "underused", "consolidate"]
COMMANDS: tuple[Command, ...] = get_args(Command)
WHOLE = "*"
"""The ``district_code`` of all districts together."""

CODE = "district_code"

_LAYERS: Mapping[Command, tuple[str, ...]] = {
    "scatter": SCATTER_LAYERS,
    "underused": UNDERUSE_LAYERS,
    "consolidate": CONSOLIDATION_LAYERS,
}
_RULES: Mapping[Command, str] = {
    "scatter": SCATTER_RULE,
    "underused": UNDERUSE_RULE,
    "consolidate": CONSOLIDATION_RULE,
}


@dataclass(frozen=True, slots=True)
class Run:
    """What the last batch of a command found.

    Attributes
    ----------
    table
        One row a district and one for :data:`WHOLE`, indexed by :data:`CODE`.
    notes
        What the run says of itself.
    stale
        Codes of the districts of which a layer that the command reads has changed since.
    dated
        Whether it can be told which districts are stale.
    other_rule
        Whether it was computed by another version of the rule than that of this program.
    """

    table: pd.DataFrame
    notes: Mapping[str, Any]
    stale: frozenset[str]
    dated: bool
    other_rule: bool

    @property
    def time(self) -> dt.datetime | None:
        """When the run was made, UTC; None if it does not say."""
        return _time(self.notes)

    @property
    def missing(self) -> int:
        """How many parks, carriers or districts have no result and are in no sum."""
        if "missing" not in self.table or WHOLE not in self.table.index:
            return 0
        return int(self.table["missing"].fillna(0)[WHOLE])

    @property
    def is_sample(self) -> bool:
        """Whether a number of it is made of sample data."""
        return "sample" in self.table and bool(self.table["sample"].eq(other=True).any())


def changes(city: City) -> dict[str, dict[str, Change]]:
    """Return the last change of every layer of every district, by code."""
    # Of all layers: a result is out of date also when one has changed that is not shown.
    keys = store.whole().catalogue.keys
    return store.once(
        "changes", lambda: {d.code: last_changes(d.path, keys) for d in city.districts}
    )


def commands() -> tuple[Command, ...]:
    """Return the commands whose numbers this session may see.

    Vacancy and moves are those of single firms where a district has few.
    """
    return COMMANDS if store.audience() == "internal" else ("scatter",)


def runs(city: City) -> dict[Command, Run]:
    """Return the last batch of every command that there was one of."""
    return store.once("runs", lambda: _runs(city))


def _runs(city: City) -> dict[Command, Run]:
    found = ((command, _run(city, command)) for command in commands())
    return {command: run for command, run in found if run is not None}


def _run(city: City, command: Command) -> Run | None:
    table, used = city.summary(command), _LAYERS[command]
    if table is None:
        return None
    notes = city.notes(command)
    computed, time = _versions(notes), _time(notes)
    stale = {
        code
        for code, layers in changes(city).items()
        if _has_changed({k: c for k, c in layers.items() if k in used}, computed.get(code), time)
    }
    rule = notes.get("rule_version")
    return Run(
        table.set_index(CODE),
        notes,
        frozenset(stale),
        dated=bool(computed) or time is not None,
        other_rule=rule is not None and str(rule) != str(_RULES[command]),
    )


def _versions(notes: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return the versions that were computed, by district and layer; empty if not of a city."""
    told = notes.get("input")
    if not isinstance(told, dict) or told.get("kind") != "city":
        return {}
    return dict(told.get("versions") or {})


def _has_changed(
    now: Mapping[str, Change], computed: Mapping[str, int] | None, time: dt.datetime | None
) -> bool:
    """Tell whether a layer of a district is not the one that was computed."""
    if computed is not None:
        return any(change.version != computed.get(key) for key, change in now.items())
    return time is not None and any(change.time > time for change in now.values())


def _time(notes: Mapping[str, Any]) -> dt.datetime | None:
    try:
        time = dt.datetime.fromisoformat(str(notes["time"]))
    except (KeyError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def last_change(layers: Mapping[str, Change]) -> dt.datetime | None:
    """Return when a district was changed last, UTC."""
    return max((change.time for change in layers.values()), default=None)


def rows(city: City, key: str) -> pd.Series[float]:
    """Return how many rows of a layer are each district's own; empty if no district has it."""
    guests = store.once("guests", city.guests)
    held = {code: layers[key].rows for code, layers in changes(city).items() if key in layers}
    if not held:
        return pd.Series(dtype="float64")
    own = {
        d.code: d.rows.get(key, 0) if (count := held.get(d.code)) is None else count
        for d in city.districts
    }
    # A row that another district was given as well is counted at home.
    return pd.Series(
        {code: count - len(guests.get((code, key), ())) for code, count in own.items()},
        dtype="float64",
    )
