"""What the page is made from, computed once for the versions of the layers it reads."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.evaluation import EVALUATION_LAYERS
from layers.evaluation import compare_cards
from layers.evaluation import compare_periods
from layers.evaluation import evaluate
from layers.evaluation import periods
from layers.underuse import RankChoice
from views import card as object_card
from views import store

if TYPE_CHECKING:
    from geo.scorecards import Scorecard
    from layers.evaluation import Evaluation
    from views.store import Versions

_USUAL = RankChoice()


def versions() -> Versions:
    """Return the versions of the layers that an evaluation reads, as of this run."""
    return tuple(entry for entry in store.versions() if entry[0] in EVALUATION_LAYERS)


def years(card: Scorecard) -> list[int]:
    """Return the years that a card can be asked for, the latest first.

    Those that something is recorded for, and that of the layers, whose measures count for
    their own year; this year if nothing is known at all.
    """
    found = {*periods(store.tables(), card), *_layer_years()}
    return sorted(found or {dt.datetime.now(tz=dt.UTC).year}, reverse=True)


def _layer_years() -> set[int]:
    if not store.has("carriers"):
        return set()
    dates = pd.to_datetime(store.table("carriers")["data_date"]).dropna()
    return set() if dates.empty else {int(dates.max().year)}


def evaluation(card: Scorecard, period: int, choice: RankChoice = _USUAL) -> Evaluation:
    """Return the evaluation of a class in a year.

    Parameters
    ----------
    card
        By what, with its own weights.
    period
        The year.
    choice
        Moved weights, and how ranks are drawn. Raw numbers do not depend on it and are
        gathered once.

    Raises
    ------
    AtlasError
        If the card names a field that its layer does not have, or the weights mean
        nothing.
    """
    usual = _evaluation(store.identity(), versions(), card, period, _USUAL, None)
    if choice == _USUAL:
        return usual
    return _evaluation(store.identity(), versions(), card, period, choice, usual)


@st.cache_resource(show_spinner=False, max_entries=24)
def _evaluation(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    card: Scorecard,
    period: int,
    choice: RankChoice,
    _usual: Evaluation | None,
) -> Evaluation:
    facts = None if _usual is None else _usual.facts
    return evaluate(store.tables(), store.catalogue(), card, period, choice=choice, facts=facts)


def years_compared(card: Scorecard, before: int, after: int) -> pd.DataFrame:
    """Return two years by one card, see :func:`layers.evaluation.compare_periods`."""
    return _years_compared(store.identity(), versions(), card, before, after)


@st.cache_resource(show_spinner=False, max_entries=8)
def _years_compared(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    card: Scorecard,
    before: int,
    after: int,
) -> pd.DataFrame:
    return compare_periods(store.tables(), store.catalogue(), card, (before, after))


def cards_compared(before: Scorecard, after: Scorecard, period: int) -> pd.DataFrame:
    """Return two versions of a card in one year, see :func:`layers.evaluation.compare_cards`."""
    return _cards_compared(store.identity(), versions(), before, after, period)


@st.cache_resource(show_spinner=False, max_entries=8)
def _cards_compared(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    before: Scorecard,
    after: Scorecard,
    period: int,
) -> pd.DataFrame:
    return compare_cards(store.tables(), store.catalogue(), before, after, period)


def names(found: Evaluation) -> dict[str, str]:
    """Return what each subject is called in the session's language, each differently."""
    subjects = found.facts[found.period].subjects
    known = {layer: object_card.titles(layer) for layer in subjects["layer"].unique()}
    told = pd.Series(
        [
            known[layer].get(subject, name)
            for subject, layer, name in subjects[["subject_id", "layer", "name"]].itertuples(
                index=False
            )
        ],
        dtype="str",
    ).str.replace(r"\s+", " ", regex=True)
    ids = subjects["subject_id"].reset_index(drop=True)
    distinct = told.where(~told.duplicated(keep=False), told + " · " + ids)
    return dict(zip(ids, distinct, strict=True))


def layer_of(found: Evaluation, subject_id: str) -> str:
    """Return the layer that a subject is a row of."""
    subjects = found.facts[found.period].subjects.set_index("subject_id")
    return str(subjects.loc[subject_id, "layer"])
