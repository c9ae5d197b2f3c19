"""Scorecards 分类评价: places of one class scored, graded and ranked, with what is not known.

The steps, each on its own:

1. *card*: what is asked and how much it counts, as data (:mod:`geo.scorecards.card`);
2. *value*: raw numbers become 0 … 100, unknown ones intervals (:mod:`geo.scorecards.values`);
3. *score*: contributions, intervals, and a grade where it is decided
   (:mod:`geo.scorecards.score`); what moves a place most (:mod:`geo.scorecards.influence`);
4. *doubt the weights*: ranks over drawn weights (:mod:`geo.scorecards.smaa`), a second
   opinion (:mod:`geo.scorecards.topsis`), weights by spread or by judgement in pairs
   (:mod:`geo.scorecards.weights`);
5. *judge over time*: years in a row (:mod:`geo.scorecards.exits`), change against the
   market (:mod:`geo.scorecards.change`), two scorings side by side
   (:mod:`geo.scorecards.compare`);
6. *hold beside what is published*: base values and quantiles
   (:mod:`geo.scorecards.official`), ratios of sums (:mod:`geo.scorecards.ratios`).
"""

from __future__ import annotations

from geo.scorecards.card import CardGroup
from geo.scorecards.card import Criterion
from geo.scorecards.card import Grade
from geo.scorecards.card import Scorecard
from geo.scorecards.change import difference_in_differences
from geo.scorecards.compare import compare
from geo.scorecards.exits import exits
from geo.scorecards.exits import fails_in_a_row
from geo.scorecards.exits import warns
from geo.scorecards.influence import influence
from geo.scorecards.official import base_value_score
from geo.scorecards.official import quantile_grades
from geo.scorecards.ratios import ratio_of_sums
from geo.scorecards.score import Scores
from geo.scorecards.score import grade_of
from geo.scorecards.score import score
from geo.scorecards.smaa import Smaa
from geo.scorecards.smaa import smaa
from geo.scorecards.topsis import Ideal
from geo.scorecards.topsis import ideal_of
from geo.scorecards.topsis import topsis
from geo.scorecards.values import value_of
from geo.scorecards.values import value_span
from geo.scorecards.weights import Ahp
from geo.scorecards.weights import ahp_weights
from geo.scorecards.weights import entropy_weights

__all__ = [
    "Ahp",
    "CardGroup",
    "Criterion",
    "Grade",
    "Ideal",
    "Scorecard",
    "Scores",
    "Smaa",
    "ahp_weights",
    "base_value_score",
    "compare",
    "difference_in_differences",
    "entropy_weights",
    "exits",
    "fails_in_a_row",
    "grade_of",
    "ideal_of",
    "influence",
    "quantile_grades",
    "ratio_of_sums",
    "score",
    "smaa",
    "topsis",
    "value_of",
    "value_span",
    "warns",
]
