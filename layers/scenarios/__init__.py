"""Scenarios 方案: saved in the workspace, compared, and merged.

Public: :class:`Scenario` and :class:`SavedStep` (made by :func:`saved_step`),
:func:`save` and what else is done with a store, :func:`compare`, :func:`merge`.
"""

from __future__ import annotations

from layers.scenarios.comparison import Comparison
from layers.scenarios.comparison import Merged
from layers.scenarios.comparison import compare
from layers.scenarios.comparison import merge
from layers.scenarios.records import SavedStep
from layers.scenarios.records import Scenario
from layers.scenarios.records import plans_of
from layers.scenarios.records import saved_step
from layers.scenarios.refusals import ScenarioConflictError
from layers.scenarios.refusals import ScenarioError
from layers.scenarios.refusals import ScenarioUsageError
from layers.scenarios.store import FOLDER
from layers.scenarios.store import Removed
from layers.scenarios.store import copy
from layers.scenarios.store import list_removed
from layers.scenarios.store import list_scenarios
from layers.scenarios.store import load
from layers.scenarios.store import remove
from layers.scenarios.store import rename
from layers.scenarios.store import restore
from layers.scenarios.store import restore_removed
from layers.scenarios.store import revisions
from layers.scenarios.store import save
from layers.scenarios.store import save_beside
from layers.scenarios.titles import MOVE_KINDS
from layers.scenarios.titles import MOVE_TITLES
from layers.scenarios.titles import MOVES_TITLE
from layers.scenarios.titles import NUMBER_TITLES
from layers.scenarios.titles import SETTING_TITLES
from layers.scenarios.titles import WHERE

__all__ = [
    "FOLDER",
    "MOVES_TITLE",
    "MOVE_KINDS",
    "MOVE_TITLES",
    "NUMBER_TITLES",
    "SETTING_TITLES",
    "WHERE",
    "Comparison",
    "Merged",
    "Removed",
    "SavedStep",
    "Scenario",
    "ScenarioConflictError",
    "ScenarioError",
    "ScenarioUsageError",
    "compare",
    "copy",
    "list_removed",
    "list_scenarios",
    "load",
    "merge",
    "plans_of",
    "remove",
    "rename",
    "restore",
    "restore_removed",
    "revisions",
    "save",
    "save_beside",
    "saved_step",
]
