"""Underused building space: the layers brought to the rule of :mod:`geo.underuse`."""

from __future__ import annotations

from layers.underuse.history import HISTORY_TITLES
from layers.underuse.history import carrier_history
from layers.underuse.judged import UNDERUSE_LAYERS
from layers.underuse.judged import Underuse
from layers.underuse.judged import default_underuse
from layers.underuse.judged import underuse_layer
from layers.underuse.judged import underuse_of
from layers.underuse.leasing import LEASING_TITLE
from layers.underuse.leasing import LEASING_TITLES
from layers.underuse.leasing import leasing_facts
from layers.underuse.public import INTERNAL_COLUMNS
from layers.underuse.public import audience_copy
from layers.underuse.ranking import RankChoice
from layers.underuse.titles import UNDERUSE_CONTRIBUTION_TITLE
from layers.underuse.titles import UNDERUSE_CONTRIBUTION_TITLES
from layers.underuse.titles import UNDERUSE_TITLE
from layers.underuse.titles import UNDERUSE_TITLES
from layers.underuse.titles import underuse_remarks
from layers.underuse.todo import TODO_TITLE
from layers.underuse.todo import TODO_TITLES
from layers.underuse.todo import missing_data
from layers.underuse.words import UNDERUSE_WORDS
from layers.underuse.words import open_fields
from layers.underuse.words import underuse_words

__all__ = [
    "HISTORY_TITLES",
    "INTERNAL_COLUMNS",
    "LEASING_TITLE",
    "LEASING_TITLES",
    "TODO_TITLE",
    "TODO_TITLES",
    "UNDERUSE_CONTRIBUTION_TITLE",
    "UNDERUSE_CONTRIBUTION_TITLES",
    "UNDERUSE_LAYERS",
    "UNDERUSE_TITLE",
    "UNDERUSE_TITLES",
    "UNDERUSE_WORDS",
    "RankChoice",
    "Underuse",
    "audience_copy",
    "carrier_history",
    "default_underuse",
    "leasing_facts",
    "missing_data",
    "open_fields",
    "underuse_layer",
    "underuse_of",
    "underuse_remarks",
    "underuse_words",
]
