"""The ranking of carriers by the card, its weights drawn around what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.scorecards import smaa
from geo.underuse.reasons import worst_third
from geo.underuse.rule import WATCHED
from layers.consolidation import refuse_unknown
from layers.errors import Text
from layers.errors import UsageError
from layers.scorecards import weighted as with_own_weights

if TYPE_CHECKING:
    from geo.scorecards import Scorecard
    from geo.scorecards import Scores

SURELY_WORST = 0.9
"""From this probability on something is said to be among the worst third of its kind [J]."""

_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class RankChoice:
    """How the ranking doubts its weights.

    Attributes
    ----------
    draws
        Number of drawn weights.
    seed
        Where the random numbers start.
    concentration
        How close drawn weights keep to the card's; None for no weights known.
    weights
        ``(criterion, weight)`` that replace those of the card.
    """

    draws: int = 5000
    seed: int = 2026
    concentration: float | None = 50.0
    weights: tuple[tuple[str, float], ...] = ()

    def as_text(self) -> str:
        """Return the choice as one line, to travel with a number."""
        near = "none" if self.concentration is None else f"{self.concentration:g}"
        own = "".join(f"; weight_{key}={weight:g}" for key, weight in self.weights)
        return f"draws={self.draws}; seed={self.seed}; concentration={near}{own}"


DEFAULT_RANKING = RankChoice()


def measures(found: pd.DataFrame, rent: pd.Series[float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what carriers can be ranked by, as ranges in the units of the card.

    Parameters
    ----------
    found
        The judgement, index ``carrier_id``.
    rent
        Rent received, yuan per m² and day, same index.

    Returns
    -------
    tuple of pandas.DataFrame
        Lowest and highest ``vacancy`` (%), ``vacant_months``, ``output_ratio`` and
        ``rent``; NaN is an end that is not known.
    """
    low, high = (
        pd.DataFrame(
            {
                "vacancy": found[f"vacancy_{end}"] * _PERCENT,
                "vacant_months": found[f"months_{end}"],
                "output_ratio": found[f"ratio_{end}"],
                "rent": rent.reindex(found.index),
            },
            index=found.index.rename("subject_id"),
        )
        for end in ("low", "high")
    )
    return finite(low), finite(high)


def of_card(
    ends: tuple[pd.DataFrame, pd.DataFrame], card: Scorecard
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return measures by the keys of the criteria that use them.

    Parameters
    ----------
    ends
        Result of :func:`measures`.
    card
        The card that is ranked by.

    Raises
    ------
    UsageError
        If a criterion of the card is measured by something else.
    """
    used = {criterion.key: criterion.measure for criterion in card.criteria}
    odd = sorted(set(used.values()) - set(ends[0].columns))
    if odd:
        named, known = ", ".join(odd), ", ".join(ends[0].columns)
        raise UsageError(
            Text(
                f"评价表“{card.key}”的测算项须为 {known}，不能是 {named}",
                f"the measures of card '{card.key}' must be among {known}, not {named}",
            )
        )
    low, high = (pd.DataFrame({key: end[measure] for key, measure in used.items()}) for end in ends)
    return low, high


def weighted(card: Scorecard, choice: RankChoice) -> Scorecard:
    """Return the card with the weights of the choice.

    Raises
    ------
    UsageError
        If a weight is no weight, or of no criterion.
    """
    weights = dict(choice.weights)
    refuse_unknown(Text("指标", "criterion"), list(weights), card.keys)
    try:
        return with_own_weights(card, weights)
    except UsageError as error:
        zh, en = error.text.zh, error.text.en
        raise UsageError(Text(f"权重有误：{zh}", f"the weights are wrong: {en}")) from error


def ranks(scores: Scores, choice: RankChoice, states: pd.Series[str]) -> pd.DataFrame:
    """Return the ranks, 1 for the most underused.

    What is exempt is not ranked, and neither is what nothing is known of.

    The card scores good use, so that the score is turned round before it is ranked;
    the best third of that ranking is the worst third of the carriers.

    Parameters
    ----------
    scores, choice
        What is known of good use, and how weights are drawn.
    states
        State by carrier.

    Returns
    -------
    pandas.DataFrame
        ``rank_low``, ``rank_high`` (ends of the 90 % interval) and ``p_worst_third``,
        index of `states`; missing where there is no rank.
    """
    exempt = states.index[states.eq(WATCHED)]
    silent = scores.table.loc[scores.table["undecided"].eq("nothing"), "subject_id"]
    low, high = (end.drop(index=[*exempt, *silent], errors="ignore") for end in scores.values())
    if low.empty:
        unranked = {"rank_low": "Int64", "rank_high": "Int64", "p_worst_third": "float64"}
        return pd.DataFrame(np.nan, index=states.index, columns=list(unranked)).astype(unranked)
    found = smaa(
        _PERCENT - high,
        _PERCENT - low,
        scores.card.weights,
        keys=list(low.index),
        criteria=scores.card.keys,
        draws=choice.draws,
        seed=choice.seed,
        concentration=choice.concentration,
    )
    table = pd.DataFrame(
        {
            "rank_low": found.rank_low,
            "rank_high": found.rank_high,
            "p_worst_third": found.p_best_third,
        },
        index=low.index,
    )
    return table.reindex(states.index).astype({"rank_low": "Int64", "rank_high": "Int64"})


def with_worst(table: pd.DataFrame) -> pd.DataFrame:
    """Return a judgement whose reasons say of what is surely among the worst that it is."""
    surely = table["p_worst_third"].ge(SURELY_WORST)
    said = [
        worst_third(p) if worst else None
        for p, worst in zip(table["p_worst_third"], surely, strict=True)
    ]
    ends = {
        "zh": pd.Series([s.zh if s else "" for s in said], index=table.index),
        "en": pd.Series([s.en if s else "" for s in said], index=table.index),
    }
    names = [(f"{kind}reason_{lang}", lang) for kind in ("", "public_") for lang in ends]
    return table.assign(**{name: table[name] + ends[lang] for name, lang in names})


def finite(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without infinite numbers, which no file format of planners has."""
    return frame.replace([np.inf, -np.inf], np.nan)
