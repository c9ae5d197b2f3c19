"""Classified evaluation 分类评价: parks, incubators and operators by scorecards.

Recorded indicators and measures of the layers become scores of one class and year;
what they mean is in :mod:`geo.scorecards`, what is asked in ``data/scorecards.toml``.
"""

from __future__ import annotations

from layers.evaluation.comparing import compare_cards
from layers.evaluation.comparing import compare_periods
from layers.evaluation.facts import Facts
from layers.evaluation.facts import facts_of
from layers.evaluation.judged import EVALUATION_LAYERS
from layers.evaluation.judged import TABLE_COLUMNS
from layers.evaluation.judged import Evaluation
from layers.evaluation.judged import evaluate
from layers.evaluation.judged import parameters_of
from layers.evaluation.judged import scored
from layers.evaluation.measures import MEASURES
from layers.evaluation.public import INTERNAL_COLUMNS
from layers.evaluation.public import audience_copy
from layers.evaluation.records import periods
from layers.evaluation.titles import COLUMN_TITLES
from layers.evaluation.titles import COMPARISON_NOTE
from layers.evaluation.titles import COMPARISON_TITLES
from layers.evaluation.titles import CONTRIBUTION_TITLES
from layers.evaluation.titles import ENTROPY_TITLES
from layers.evaluation.titles import EVALUATION_TITLES
from layers.evaluation.titles import EVALUATION_WORDS
from layers.evaluation.titles import TABLE_TITLES
from layers.evaluation.titles import UNUSED_TITLES
from layers.evaluation.titles import evaluation_remarks
from layers.evaluation.titles import evaluation_words

__all__ = [
    "COLUMN_TITLES",
    "COMPARISON_NOTE",
    "COMPARISON_TITLES",
    "CONTRIBUTION_TITLES",
    "ENTROPY_TITLES",
    "EVALUATION_LAYERS",
    "EVALUATION_TITLES",
    "EVALUATION_WORDS",
    "INTERNAL_COLUMNS",
    "MEASURES",
    "TABLE_COLUMNS",
    "TABLE_TITLES",
    "UNUSED_TITLES",
    "Evaluation",
    "Facts",
    "audience_copy",
    "compare_cards",
    "compare_periods",
    "evaluate",
    "evaluation_remarks",
    "evaluation_words",
    "facts_of",
    "parameters_of",
    "periods",
    "scored",
]
