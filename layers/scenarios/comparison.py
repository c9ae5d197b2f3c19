"""Two scenarios side by side, and one made of both where they do not contradict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.consolidation.overrides import Conflict
from geo.consolidation.overrides import conflicts_between
from geo.phrases import Sentence
from layers.errors import Text
from layers.scenarios.records import Scenario
from layers.scenarios.titles import DATA_VERSION
from layers.scenarios.titles import MOVE_KINDS
from layers.scenarios.titles import NUMBER_TITLES
from layers.scenarios.titles import SETTING_TITLES
from layers.scenarios.titles import WHERE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.consolidation.overrides import Override

NUMBER_COLUMNS = ("name", "title_zh", "title_en", "a", "b", "difference")
MOVE_COLUMNS = ("unit_id", "host_a", "host_b", "kind", "kind_zh", "kind_en")
SETTING_COLUMNS = ("name", "title_zh", "title_en", "a", "b")
_TARGET = ("kind", "unit_id", "host_id", "carrier_id", "park_id")
_SIGNED = ("author", "time", "reason")
OVERRIDE_COLUMNS = (
    *_TARGET,
    "where",
    "where_zh",
    "where_en",
    *(f"{name}_{side}" for side in "ab" for name in _SIGNED),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two scenarios, A and B, side by side.

    Attributes
    ----------
    numbers
        Columns :data:`NUMBER_COLUMNS`, one row a number of
        :data:`~layers.scenarios.titles.NUMBER_TITLES`; ``difference`` is B less A. What
        a scenario without steps, or without a chosen one, does not have is unknown.
    moves
        Columns :data:`MOVE_COLUMNS`, one row a unit that moves in the chosen step of
        either, by id; a host is empty where the unit stays.
    settings
        Columns :data:`SETTING_COLUMNS`, one row a setting or data version that
        differs, as text; empty for no limit or a layer that is not there.
    overrides
        Columns :data:`OVERRIDE_COLUMNS`, one row a thing settled by hand in either.
    """

    numbers: pd.DataFrame
    moves: pd.DataFrame
    settings: pd.DataFrame
    overrides: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of merging two scenarios.

    Attributes
    ----------
    scenario
        A new scenario, not saved and not solved; None if there are conflicts.
    conflicts
        Settings that differ, and overrides that contradict each other.
    """

    scenario: Scenario | None
    conflicts: list[Conflict]


def compare(a: Scenario, b: Scenario) -> Comparison:
    """Compare two scenarios by their chosen steps, settings and overrides.

    Parameters
    ----------
    a, b
        Any two scenarios, or two revisions of one.
    """
    return Comparison(_numbers(a, b), _moves(a, b), _differing(a, b), _overrides(a, b))


def merge(a: Scenario, b: Scenario, *, name: str, author: str) -> Merged:
    """Make one scenario of two; nothing is guessed where they differ.

    Overrides are united; of one that both have, the earlier signature stays.

    Parameters
    ----------
    a, b
        Any two scenarios.
    name, author
        Of the new scenario.

    Raises
    ------
    ScenarioUsageError
        If name or author cannot be used.
    """
    overrides = _united((*a.overrides, *b.overrides))
    conflicts = [_differs(row) for row in _setting_rows(a, b) if row[0] in _MERGED]
    conflicts += conflicts_between(overrides)
    scenario = Scenario(
        name=name,
        author=author,
        note=f"{a.name} ({a.revision}) + {b.name} ({b.revision})",
        parks=a.parks,
        parameters=a.parameters,
        overrides=overrides,
    )
    return Merged(None if conflicts else scenario, conflicts)


# Rules and data versions tell how steps were solved, and what is merged has none yet.
_MERGED = SETTING_TITLES.keys() - {"rule_version"}


def _numbers(a: Scenario, b: Scenario) -> pd.DataFrame:
    one, other = _values(a), _values(b)
    rows = [
        (name, title.zh, title.en, one[name], other[name], other[name] - one[name])
        for name, title in NUMBER_TITLES.items()
    ]
    return pd.DataFrame(rows, columns=list(NUMBER_COLUMNS))


def _values(scenario: Scenario) -> dict[str, float]:
    values = dict.fromkeys(NUMBER_TITLES, np.nan)
    values["steps"] = float(len(scenario.steps))
    if scenario.steps:
        values["fewest_presences"] = float(min(step.presences for step in scenario.steps))
    if scenario.plan is not None:
        for name in ("presences", "cost_wan", "in_zone_area_m2", "moved_area_m2", "moves", "gap"):
            value = getattr(scenario.plan, name)
            values[name] = np.nan if value is None else float(value)
    return values


def _moves(a: Scenario, b: Scenario) -> pd.DataFrame:
    one, other = ({} if s.plan is None else s.plan.moved for s in (a, b))
    rows = []
    for unit in sorted(one.keys() | other.keys()):
        hosts = one.get(unit, ""), other.get(unit, "")
        kind = _kind(*hosts)
        rows.append((unit, *hosts, kind, MOVE_KINDS[kind].zh, MOVE_KINDS[kind].en))
    return pd.DataFrame(rows, columns=list(MOVE_COLUMNS), dtype="str")


def _kind(one: str, other: str) -> str:
    if one == other:
        return "same"
    if one and other:
        return "other_host"
    return "only_a" if one else "only_b"


def _differing(a: Scenario, b: Scenario) -> pd.DataFrame:
    rows = [(name, title.zh, title.en, *pair) for name, title, *pair in _setting_rows(a, b)]
    return pd.DataFrame(rows, columns=list(SETTING_COLUMNS), dtype="str")


def _setting_rows(a: Scenario, b: Scenario) -> list[tuple[str, Text, str, str]]:
    """Return the settings that differ: name, title and both values."""
    one, other = _settings(a), _settings(b)
    titles = dict(SETTING_TITLES)
    for layer in sorted(a.versions.keys() | b.versions.keys()):
        title = Text(DATA_VERSION.zh.format(layer=layer), DATA_VERSION.en.format(layer=layer))
        titles[f"version.{layer}"] = title
    return [
        (name, title, one.get(name, ""), other.get(name, ""))
        for name, title in titles.items()
        if one.get(name, "") != other.get(name, "")
    ]


def _settings(scenario: Scenario) -> dict[str, str]:
    values = {name: _shown(value) for name, value in scenario.parameters.as_dict().items()}
    values["parks"] = ";".join(sorted(set(scenario.parks)))
    values["rule_version"] = scenario.rule_version
    versions = {f"version.{layer}": str(at) for layer, at in scenario.versions.items()}
    return values | versions


def _shown(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    # Two values that differ must not look alike.
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _differs(row: tuple[str, Text, str, str]) -> Conflict:
    _, title, one, other = row
    return Conflict(
        (),
        Sentence(
            f"{title.zh}不同：方案甲为“{one}”，方案乙为“{other}”；请先统一",
            f"{title.en} differs: '{one}' in A, '{other}' in B; make them the same first",
        ),
    )


def _united(overrides: Iterable[Override]) -> tuple[Override, ...]:
    """Return one override a target, the one that was signed first, in order of time."""
    signed = sorted(overrides, key=lambda o: (o.time, o.author, o.reason, o.target))
    first: dict[tuple[str, ...], Override] = {}
    for override in signed:
        first.setdefault(override.target, override)
    return tuple(first.values())


def _overrides(a: Scenario, b: Scenario) -> pd.DataFrame:
    one, other = ({o.target: o for o in _united(s.overrides)} for s in (a, b))
    rows = []
    for target in sorted(one.keys() | other.keys()):
        pair = one.get(target), other.get(target)
        where = "both" if None not in pair else "only_b" if pair[0] is None else "only_a"
        signed = ["" if o is None else getattr(o, name) for o in pair for name in _SIGNED]
        rows.append((*target, where, WHERE[where].zh, WHERE[where].en, *signed))
    return pd.DataFrame(rows, columns=list(OVERRIDE_COLUMNS), dtype="str")
