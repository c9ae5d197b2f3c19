"""The registry of what can be computed in a batch: the very functions that the pages call."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import pandas as pd

from geo.batch.partials import plan_numbers
from geo.consolidation import consolidate
from geo.consolidation.parameters import RULE_VERSION as CONSOLIDATION_RULE
from geo.crs import STORAGE_CRS
from geo.parameters import RULE_VERSION as SCATTER_RULE
from geo.underuse import RULE_VERSION as UNDERUSE_RULE
from geo.underuse import UnderuseParameters
from layers.analysis import SCATTER_LAYERS
from layers.analysis import scatter_of
from layers.consolidation import CONSOLIDATION_LAYERS
from layers.consolidation import default_parameters
from layers.consolidation import register_of
from layers.marks import is_sample
from layers.proposals import proposal_tables
from layers.results import scatter_layer
from layers.results import with_origin
from layers.underuse import UNDERUSE_LAYERS
from layers.underuse import default_underuse
from layers.underuse import underuse_layer
from layers.underuse import underuse_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd

    from geo.chance import Chance
    from layers.batch.wish import BatchWish
    from layers.batch.wish import CommandName
    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

TABLE = "table"
"""Name of the first table of every command."""

_ANY_DAY = date(2026, 1, 1)
# By its code a district knows which parks are visitors.
_OUTLINES = "district"
_NOT_OF_A_SCOPE = frozenset({"before_after", "overrides"})


class Question(NamedTuple):
    """What is computed of one scope in one go.

    Attributes
    ----------
    tables
        The layers of the scope.
    catalogue
        Their catalogue.
    wish
        Parameters.
    as_of
        Day of the question; None if the command does not ask for one.
    parks
        Ids of the parks to measure; None for all.
    chance
        What the parks are held against.
    """

    tables: Tables
    catalogue: Catalogue
    wish: BatchWish
    as_of: date | None
    parks: Sequence[str] | None
    chance: Chance | None


class Answer(NamedTuple):
    """What was found: tables by name, the first is :data:`TABLE`, and what else is told."""

    tables: dict[str, pd.DataFrame]
    notes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a batch computes.

    Attributes
    ----------
    functions
        The functions of the page that it calls.
    layers
        Keys of the layers that they read.
    subject
        Field of the first table that names what is judged, and by which rows are ordered;
        empty if the table keeps the order it was made in.
    splittable
        Whether a scope can be computed in pieces: its parks do not know of each other.
    rule_version
        Of the rule.
    answer
        Computes a question.
    day
        Day of the question for a scope, where the wish names none; None if the command
        does not ask for one.
    check
        Raises ValueError if parameters by name mean nothing.
    """

    functions: tuple[Callable[..., Any], ...]
    layers: tuple[str, ...]
    subject: str
    splittable: bool
    rule_version: str
    answer: Callable[[Question], Answer]
    day: Callable[[Tables], date] | None = None
    check: Callable[[Mapping[str, Any]], object] = dict


def _scatter(question: Question) -> Answer:
    found = scatter_of(
        question.tables,
        question.catalogue,
        question.wish.scatter,
        question.parks,
        chance=question.chance,
    )
    frames: dict[str, pd.DataFrame] = {
        TABLE: scatter_layer(found),
        "sites": found.sites.to_crs(STORAGE_CRS),
        "tree": found.tree.to_crs(STORAGE_CRS),
        "runs": found.runs,
        "belts": found.belts,
    }
    return Answer({name: with_origin(frame, found) for name, frame in frames.items()}, {})


def _underused(question: Question) -> Answer:
    wish, tables = question.wish, question.tables
    rule = default_underuse(tables, as_of=question.as_of, **dict(wish.settings))
    found = underuse_of(tables, question.catalogue, rule, choice=wish.ranking, card=wish.card)
    vacant = tables["carriers"].set_index("carrier_id")["vacant_area_m2"]
    table = underuse_layer(found, tables)
    # What a district adds up, beside what is judged.
    table = table.assign(vacant_area_m2=table["carrier_id"].map(vacant).astype("float64"))
    return Answer({TABLE: table}, {"as_of": str(rule.as_of)})


def _consolidated(question: Question) -> Answer:
    wish, tables = question.wish, question.tables
    rule = default_parameters(tables, as_of=question.as_of, **dict(wish.settings))
    found = consolidate(register_of(tables, question.catalogue, rule), wish.solver)
    frontier = found.frontier
    step = min(frontier.steps, key=lambda step: step.presences, default=None)
    told = proposal_tables(found, step, pd.DataFrame())
    frames = {name: frame for name, frame in told.items() if name not in _NOT_OF_A_SCOPE}
    # How long the solver took is no result: it differs from run to run.
    frames = {
        name: frame.drop(columns="seconds", errors="ignore") for name, frame in frames.items()
    }
    notes = {
        "as_of": str(rule.as_of),
        "horizon": str(rule.horizon),
        "status": frontier.status,
        "gap": None if math.isnan(frontier.gap) else frontier.gap,
    }
    summary = {
        **plan_numbers(frontier),
        **notes,
        "sample": bool(is_sample(found.register.problem.units).any()),
        "rule_version": CONSOLIDATION_RULE,
        "parameters": rule.as_text(),
    }
    return Answer({TABLE: pd.DataFrame([summary]), **frames}, notes)


COMMANDS: Mapping[CommandName, Command] = {
    "scatter": Command(
        functions=(scatter_of,),
        layers=SCATTER_LAYERS,
        subject="park_id",
        splittable=True,
        rule_version=SCATTER_RULE,
        answer=_scatter,
    ),
    "underused": Command(
        functions=(underuse_of,),
        layers=(*UNDERUSE_LAYERS, _OUTLINES),
        subject="carrier_id",
        splittable=False,
        rule_version=UNDERUSE_RULE,
        answer=_underused,
        day=lambda tables: default_underuse(tables).as_of,
        check=lambda changes: UnderuseParameters(as_of=_ANY_DAY, **changes),
    ),
    "consolidate": Command(
        functions=(register_of, consolidate),
        layers=(*CONSOLIDATION_LAYERS, _OUTLINES),
        subject="",
        splittable=False,
        rule_version=CONSOLIDATION_RULE,
        answer=_consolidated,
        day=lambda tables: default_parameters(tables).as_of,
        check=lambda changes: default_parameters({}, as_of=_ANY_DAY, **changes),
    ),
}
"""What a batch can compute, by the name of the command."""
