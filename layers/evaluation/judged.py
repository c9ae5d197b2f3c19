"""From the layers to grades, ranks and reasons of one class and year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.parameters import in_one_line
from geo.scorecards import exits
from geo.scorecards import fails_in_a_row
from geo.scorecards import influence
from geo.scorecards import score
from layers.evaluation.facts import facts_of
from layers.evaluation.ranking import ranks
from layers.evaluation.ranking import second_opinion
from layers.evaluation.reasons import Told
from layers.evaluation.reasons import reason
from layers.evaluation.records import periods
from layers.scorecards import load_scorecards
from layers.scorecards import weighted
from layers.underuse import RankChoice

if TYPE_CHECKING:
    from collections.abc import Hashable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.scorecards import Scorecard
    from geo.scorecards import Scores
    from layers.catalogue import Catalogue
    from layers.evaluation.facts import Facts
    from layers.scorecards import Scorecards

    Tables = Mapping[str, pd.DataFrame]

DEFAULT_CHOICE = RankChoice()

EVALUATION_LAYERS = (
    "indicators",
    "parks",
    "incubators",
    "operators",
    "carriers",
    "units",
    "zones",
    "barriers",
    "crossings",
    "walkways",
)
"""The layers that an evaluation is made from."""

TABLE_COLUMNS = (
    "subject_id",
    "name",
    "card",
    "period",
    "score_low",
    "score_high",
    "score",
    "evidence_share",
    "grade",
    "grade_low",
    "grade_high",
    "undecided",
    "previous_grade",
    "fails_in_a_row",
    "exit",
    "disposal",
    "rank_low",
    "rank_high",
    "p_worst_third",
    "topsis",
    "topsis_rank",
    "influential",
    "reason_zh",
    "reason_en",
    "registered_elsewhere_share",
    "scorecard_version",
    "sample",
    "parameters",
    "rank_mean",
    "score_renormalised",
    "age_months",
)
"""Columns of :attr:`Evaluation.table`."""

_MOST_INFLUENTIAL = 3


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The evaluation of one class in one year.

    Attributes
    ----------
    card
        By what, with the weights that were used.
    period
        The year.
    table
        One row a subject, columns :data:`TABLE_COLUMNS`; those with a grade first, the
        best on top. Ranks are within the class and begin with 1 for the best; a subject
        of which nothing is known has none. ``undecided`` is empty, ``nothing``, ``new``,
        ``evidence`` or ``interval``. ``disposal`` is empty for operators, who are no
        land, and for a failed subject that is not on the list: one year decides nothing.
    contributions
        One row a subject and criterion, see :class:`geo.scorecards.Scores`, with name,
        titles and units, and ``origin``, ``data_date``, ``source``, ``basis``, ``sample``
        of the number.
    facts
        Raw numbers by year: this one, and the earlier ones that the rule of two years
        needs. They do not depend on the weights.
    scores
        The scores that the table is made from.
    choice
        How ranks were drawn.
    """

    card: Scorecard
    period: int
    table: pd.DataFrame
    contributions: pd.DataFrame
    facts: Mapping[int, Facts]
    scores: Scores
    choice: RankChoice

    @property
    def unused(self) -> pd.DataFrame:
        """Rows of ``indicators`` for this card and year that were not used, and why."""
        return self.facts[self.period].unused


def evaluate(
    tables: Tables,
    catalogue: Catalogue,
    card: Scorecard,
    period: int,
    *,
    choice: RankChoice = DEFAULT_CHOICE,
    facts: Mapping[int, Facts] | None = None,
) -> Evaluation:
    """Evaluate one class in one year.

    Parameters
    ----------
    tables
        Layers by key, of :data:`EVALUATION_LAYERS` those that are there.
    catalogue
        Describes the layers.
    card
        Whom, and by what. Earlier years are judged by it too, so that no goal moves.
    period
        The year.
    choice
        How ranks are drawn, and weights that are not those of the card; with other
        weights the card is no longer an approved one.
    facts
        Those of an earlier evaluation of the same layers and criteria, so that other
        weights are answered at once.

    Returns
    -------
    Evaluation
        Table, contributions and what they were made from.

    Raises
    ------
    UsageError
        If the card names a field that its layer does not have, or a weight means nothing.
    ValueError
        If a number of the choice means nothing.
    """
    used = weighted(card, dict(choice.weights))
    gathered = {
        year: (facts or {}).get(year) or facts_of(tables, catalogue, card, year)
        for year in _years(tables, card, period)
    }
    scores = {year: scored(found, used) for year, found in gathered.items()}
    now, subjects = scores[period], gathered[period].subjects
    table = subjects.merge(now.table, on="subject_id").assign(card=card.key, period=period)
    table = _with_history(table, scores, period, used)
    table = pd.concat([table, ranks(now, choice), second_opinion(now)], axis=1)
    table["sample"] |= _of_sample(gathered[period], table["subject_id"])
    table = _with_words(table, now, choice, load_scorecards(catalogue.folder))
    ordered = _ordered(table)[list(TABLE_COLUMNS)]
    contributions = _contributions(now, gathered[period])
    return Evaluation(used, period, ordered, contributions, gathered, now, choice)


def scored(facts: Facts, card: Scorecard) -> Scores:
    """Return the scores of a year's raw numbers by a card.

    Parameters
    ----------
    facts
        Raw numbers of at least the criteria of `card`.
    card
        The card.
    """
    age = facts.subjects.set_index("subject_id")["age_months"]
    low, high, said = (facts.wide(name, card) for name in ("raw_low", "raw_high", "said"))
    return score(low, high, card, states=said, age_months=age)


def _years(tables: Tables, card: Scorecard, period: int) -> list[int]:
    """Return the year and those before it that something is recorded for."""
    return [*(year for year in periods(tables, card) if year < period), period]


def _with_history(
    table: pd.DataFrame, scores: Mapping[int, Scores], period: int, card: Scorecard
) -> pd.DataFrame:
    """Add the grade of the year before and how many years in a row were failed."""
    grades = {year: found.table.set_index("subject_id")["grade"] for year, found in scores.items()}
    span = range(min(grades), period + 1)
    by_subject = {
        subject: [grades[year].get(subject) if year in grades else None for year in span]
        for subject in table["subject_id"]
    }
    fail = card.grades[-1].key
    before = [known[-2] if len(known) > 1 else "" for known in by_subject.values()]
    return table.assign(
        previous_grade=pd.Series(before, index=table.index, dtype="str").fillna(""),
        fails_in_a_row=[fails_in_a_row(known, fail) for known in by_subject.values()],
        exit=[exits(known, fail) for known in by_subject.values()],
    ).astype({"fails_in_a_row": "int64", "exit": "bool"})


def _of_sample(facts: Facts, subjects: pd.Series[str]) -> pd.Series[bool]:
    """Tell whose numbers are sample data."""
    marked = facts.cells.loc[facts.cells["sample"], "subject_id"]
    return subjects.isin(set(marked))


def _with_words(
    table: pd.DataFrame, scores: Scores, choice: RankChoice, cards: Scorecards
) -> pd.DataFrame:
    """Add what is said of each subject: influence, reason, class of land, parameters."""
    card = scores.card
    moved = _influence(scores)
    disposals = {grade.key: cards.of_grade(grade.key) for grade in card.grades}
    # The classes are of land, and an operator is none.
    of_land = all(layer != "operators" for layer, _field, _value in card.subjects)
    # Land is not taken back for one bad year.
    spoken_of = table["grade"].ne(card.grades[-1].key) | table["exit"]
    reasons = []
    influential = []
    for row in table.to_dict("records"):
        # Of somebody of whom nothing is known, nothing matters more than the rest.
        own = () if row["undecided"] == "nothing" else moved[row["subject_id"]]
        failed = tuple(range(row["period"] - row["fails_in_a_row"] + 1, row["period"] + 1))
        reasons.append(reason(Told({str(k): v for k, v in row.items()}, own, failed), card))
        influential.append(";".join(str(one["criterion"]) for one in own))
    return table.assign(
        influential=pd.Series(influential, index=table.index, dtype="str"),
        reason_zh=pd.Series([said.zh for said in reasons], index=table.index, dtype="str"),
        reason_en=pd.Series([said.en for said in reasons], index=table.index, dtype="str"),
        disposal=[
            getattr(disposals.get(grade), "key", "") if said and of_land else ""
            for grade, said in zip(table["grade"], spoken_of, strict=True)
        ],
        scorecard_version=card.version,
        parameters=parameters_of(card, choice),
    )


def _influence(scores: Scores) -> dict[str, tuple[dict[Hashable, Any], ...]]:
    """Return what moves each subject most, by subject."""
    rows = influence(scores, _MOST_INFLUENTIAL).groupby("subject_id")
    return {str(subject): tuple(own.to_dict("records")) for subject, own in rows}


def parameters_of(card: Scorecard, choice: RankChoice) -> str:
    """Return all that a result depends on besides the layers, as one line.

    Parameters
    ----------
    card
        The card as used.
    choice
        How ranks were drawn.
    """
    values: dict[str, float | str | list[float] | None] = {
        "draws": choice.draws,
        "seed": choice.seed,
        "concentration": choice.concentration,
        "evidence_share": card.evidence_share,
        "new_months": card.new_months,
        **{f"weight_{criterion.key}": criterion.weight for criterion in card.criteria},
    }
    return in_one_line(values)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Put those with a grade first, the best on top, and those of whom nothing is known last."""
    middle = (table["score_low"] + table["score_high"]) / 2
    keys = table.assign(
        open=table["undecided"].ne(""), nothing=table["undecided"].eq("nothing"), middle=-middle
    )
    order = keys.sort_values(["open", "nothing", "middle", "subject_id"]).index
    return table.loc[order].reset_index(drop=True)


def _contributions(scores: Scores, facts: Facts) -> pd.DataFrame:
    """Return the contributions with names, titles, and where each number comes from."""
    card = scores.card
    origin = facts.cells.drop(columns=["raw_low", "raw_high", "said"])
    cells = scores.contributions.merge(origin, on=["subject_id", "criterion"], how="left")
    names = facts.subjects.set_index("subject_id")["name"]
    by_key = {criterion.key: criterion for criterion in card.criteria}
    told: dict[str, Sequence[str]] = {
        name: [str(getattr(by_key[key], name)) for key in cells["criterion"]]
        for name in ("title_zh", "title_en", "unit", "unit_en")
    }
    return cells.assign(
        name=cells["subject_id"].map(names),
        **told,
        card=card.key,
        period=facts.period,
        scorecard_version=card.version,
    )
