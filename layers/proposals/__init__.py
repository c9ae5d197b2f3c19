"""Proposals: a consolidation plan as tables, remarks and a JSON document for people and scripts."""

from __future__ import annotations

from layers.proposals.document import as_json
from layers.proposals.document import proposal_remarks
from layers.proposals.tables import plan_of
from layers.proposals.tables import proposal_tables
from layers.proposals.tables import result_tables
from layers.proposals.titles import BEFORE_AFTER_TITLES
from layers.proposals.titles import BLOCKING_TITLES
from layers.proposals.titles import CALENDAR_TITLES
from layers.proposals.titles import COLUMN_TITLES
from layers.proposals.titles import CONFLICT_TITLES
from layers.proposals.titles import FRONTIER_TITLES
from layers.proposals.titles import MOVE_TITLES
from layers.proposals.titles import NO_REGRET_TITLES
from layers.proposals.titles import OVERRIDE_TITLES
from layers.proposals.titles import SITE_TITLES
from layers.proposals.titles import TABLE_TITLES
from layers.proposals.titles import UNUSED_TITLES
from layers.proposals.titles import WHY_NOT_TITLES
from layers.proposals.words import WORDS

__all__ = [
    "BEFORE_AFTER_TITLES",
    "BLOCKING_TITLES",
    "CALENDAR_TITLES",
    "COLUMN_TITLES",
    "CONFLICT_TITLES",
    "FRONTIER_TITLES",
    "MOVE_TITLES",
    "NO_REGRET_TITLES",
    "OVERRIDE_TITLES",
    "SITE_TITLES",
    "TABLE_TITLES",
    "UNUSED_TITLES",
    "WHY_NOT_TITLES",
    "WORDS",
    "as_json",
    "plan_of",
    "proposal_remarks",
    "proposal_tables",
    "result_tables",
]
