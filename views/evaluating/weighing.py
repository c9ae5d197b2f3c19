"""Where weights may come from: judgements in pairs, and what the spread of the data says."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from geo.scorecards import ahp_weights
from layers.errors import AtlasError
from layers.evaluation import ENTROPY_TITLES
from layers.evaluation import TABLE_TITLES
from layers.evaluation import evaluation_remarks
from layers.weighting import entropy_advice
from layers.weighting import judged_weights
from views import figures
from views import store
from views import tables
from views.evaluating import words
from views.evaluating.state import desk
from views.evaluating.state import widget
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.scorecards import CardGroup
    from geo.scorecards import Scorecard
    from layers.evaluation import Evaluation

_SCALE = (9, 8, 7, 6, 5, 4, 3, 2, 1)
_JUDGEMENTS = (*map(Fraction, _SCALE), *(Fraction(1, n) for n in reversed(_SCALE[:-1])))
_WHOLE = 100


def show(card: Scorecard, found: Evaluation) -> None:
    """Show both ways to weights.

    Parameters
    ----------
    card
        The card with its own weights.
    found
        The evaluation of the page.
    """
    st.markdown(f"**{_('Judgements in pairs (AHP)')}**")
    _ahp(card)
    st.divider()
    st.markdown(f"**{_('Weights by entropy (advice only)')}**")
    _entropy(found)


def _ahp(card: Scorecard) -> None:
    groups = card.groups
    if len(groups) < 2:  # noqa: PLR2004 - a pair has two
        st.info(_("The card has one heading only, so there are no pairs to judge."))
        return
    st.caption(
        _(
            "How much more important is one heading than the other? 1: equally, 3: somewhat, "
            "5: clearly, 7: very much, 9: extremely. Criteria keep their proportions within "
            "their heading."
        )
    )
    matrix, judged_any = _matrix(card)
    ahp = ahp_weights(matrix)
    figures.show(
        (
            *((pct(w), words.title(g)) for g, w in zip(groups, ahp.weights, strict=True)),
            (num(ahp.cr, digits=3), _("consistency ratio CR (at most 0.10)")),
        )
    )
    if not judged_any:
        st.info(
            _(
                "Nothing is judged yet. The pairs start from the weights of the card, rounded to "
                "the scale."
            )
        )
    try:
        judged = judged_weights(card, [group.key for group in groups], matrix)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    st.button(
        _("Use these weights"),
        type="primary",
        key="evaluate_ahp_apply",
        disabled=not judged_any,
        on_click=lambda: desk().weigh(
            card, {key: _WHOLE * weight for key, weight in judged.weights.items()}
        ),
    )


def _matrix(card: Scorecard) -> tuple[NDArray[np.float64], bool]:
    """Ask for the pairs above the diagonal; return all judgements, and whether any is made."""
    groups = card.groups
    matrix = np.eye(len(groups))
    columns = st.columns(2)
    judged_any = False
    for number, (one, two) in enumerate(combinations(range(len(groups)), 2)):
        start = usual(card, groups[one], groups[two])
        with columns[number % 2]:
            judged = _pair(card, groups[one], groups[two], start)
        matrix[one, two], matrix[two, one] = float(judged), float(1 / judged)
        judged_any |= judged != start
    return matrix, judged_any


def usual(card: Scorecard, one: CardGroup, two: CardGroup) -> Fraction:
    """Return the judgement that the weights of a card come nearest to.

    Parameters
    ----------
    card
        The card with its own weights.
    one, two
        Two of its headings.

    Returns
    -------
    Fraction
        From 1/9 to 9; nearest as a ratio, so that turning the pair turns the judgement.
    """
    first, second = (
        math.fsum(c.weight for c in card.criteria if c.group == group.key) for group in (one, two)
    )
    apart = math.log(first / second)
    # Of two that are as near, the one closer to 1 says less.
    return min(_JUDGEMENTS, key=lambda j: (round(abs(math.log(j) - apart), 9), abs(math.log(j))))


def _pair(card: Scorecard, one: CardGroup, two: CardGroup, start: Fraction) -> Fraction:
    name = f"pair:{card.key}:{one.key}:{two.key}"
    now = desk().pairs.get(name, start)
    titles = {j: _said(j, words.title(one), words.title(two)) for j in _JUDGEMENTS}
    st.selectbox(
        _("{one} against {two}").format(one=md(words.title(one)), two=md(words.title(two))),
        _JUDGEMENTS,
        format_func=titles.__getitem__,
        **widget(name, now, lambda judged: desk().pairs.update({name: judged}), titled=True),
    )
    return now


def _said(judged: Fraction, one: str, two: str) -> str:
    if judged == 1:
        return _("1: equally important")
    more, times = (one, judged) if judged > 1 else (two, 1 / judged)
    return _("{n}: {heading} is more important").format(n=int(times), heading=more)


def _entropy(found: Evaluation) -> None:
    st.warning(
        _(
            "Entropy measures how unevenly a criterion is spread, not how important it is. It is "
            "shown for comparison and never used by itself."
        )
    )
    advice = entropy_advice(found)
    counted = int(advice["subjects"].iloc[0])
    if advice["entropy_weight"].isna().all():
        st.info(
            _(
                "Entropy needs at least two subjects of whom every criterion is known; there are "
                "{n}."
            ).format(n=num(counted))
        )
        return
    st.caption(_("Made from {n} subjects of whom every criterion is known.").format(n=num(counted)))
    if counted <= len(advice):
        st.caption(_("These are no more subjects than criteria: their spread says little."))
    titles = {name: pick(text) for name, text in ENTROPY_TITLES.items()}
    percent = st.column_config.NumberColumn(format="%.1f%%")
    tables.show(
        pd.DataFrame(
            {
                _("Criterion"): advice[f"title_{lang()}"],
                titles["weight"]: advice["weight"] * _WHOLE,
                titles["entropy_weight"]: advice["entropy_weight"] * _WHOLE,
            }
        ),
        config={titles["weight"]: percent, titles["entropy_weight"]: percent},
    )
    tables.save(
        advice,
        f"evaluation_{found.card.key}_{found.period}_entropy",
        TABLE_TITLES["entropy"],
        ENTROPY_TITLES,
        internal=True,
        remarks=evaluation_remarks(found, dict(store.versions())),
    )
