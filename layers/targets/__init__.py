"""The numeric targets of a plan: definitions, what people gave of them, and how they stand.

``plan.toml`` of the edition names the targets; the layer ``target_terms`` holds scope, base
and owner, and ``target_values`` what was reported, revisions included. The rule is in
:mod:`geo.monitoring`.
"""

from __future__ import annotations

from layers.targets.changes import Given
from layers.targets.changes import TargetError
from layers.targets.changes import add_value
from layers.targets.changes import give_terms
from layers.targets.definitions import RATIO
from layers.targets.definitions import TERMS
from layers.targets.definitions import TOTAL
from layers.targets.definitions import VALUES
from layers.targets.definitions import Target
from layers.targets.definitions import plan_targets
from layers.targets.definitions import targets_of
from layers.targets.readings import Past
from layers.targets.readings import Reading
from layers.targets.readings import readings_of
from layers.targets.remarks import BASIS_TITLES
from layers.targets.remarks import STATUS_MARKS
from layers.targets.remarks import STATUS_TITLES
from layers.targets.remarks import SUGGESTED
from layers.targets.standings import TARGET_LAYERS
from layers.targets.standings import Standing
from layers.targets.standings import monitoring_remarks
from layers.targets.standings import standing_of
from layers.targets.standings import standings_of
from layers.targets.strangers import target_strangers
from layers.targets.table import TARGET_TITLES
from layers.targets.table import TARGET_WORDS
from layers.targets.table import TARGETS_TITLE
from layers.targets.table import VALUE_TITLES
from layers.targets.table import VALUE_WORDS
from layers.targets.table import target_table
from layers.targets.table import value_table
from layers.targets.terms import Terms
from layers.targets.terms import terms_of

__all__ = [
    "BASIS_TITLES",
    "RATIO",
    "STATUS_MARKS",
    "STATUS_TITLES",
    "SUGGESTED",
    "TARGETS_TITLE",
    "TARGET_LAYERS",
    "TARGET_TITLES",
    "TARGET_WORDS",
    "TERMS",
    "TOTAL",
    "VALUES",
    "VALUE_TITLES",
    "VALUE_WORDS",
    "Given",
    "Past",
    "Reading",
    "Standing",
    "Target",
    "TargetError",
    "Terms",
    "add_value",
    "give_terms",
    "monitoring_remarks",
    "plan_targets",
    "readings_of",
    "standing_of",
    "standings_of",
    "target_strangers",
    "target_table",
    "targets_of",
    "terms_of",
    "value_table",
]
