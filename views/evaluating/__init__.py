"""评价: parks, incubators and operators graded by class, with what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from views import figures
from views import links
from views.evaluating import comparison
from views.evaluating import controls
from views.evaluating import coverage
from views.evaluating import data
from views.evaluating import ranking
from views.evaluating import scorecard
from views.evaluating import state
from views.evaluating import subject
from views.evaluating import weighing
from views.evaluating import words
from views.evaluating.state import desk
from views.text import _
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.evaluation import Evaluation
    from views.evaluating.controls import Choice


def render() -> None:
    """Show the page."""
    state.restore(data.years)
    choice = controls.show()
    state.tell()
    try:
        with st.spinner(_("Evaluating …"), show_time=False):
            found = data.evaluation(choice.card, choice.period, choice.ranking)
            usual = data.evaluation(choice.card, choice.period)
    except AtlasError as error:
        st.error(md(pick(error.text)))
    else:
        _show(choice, found, usual)
    # After the views, which are a setting too.
    state.keep()


def _show(choice: Choice, found: Evaluation, usual: Evaluation) -> None:
    _head(found)
    _changed(found, usual)
    view = _view()
    if view == state.SCORECARD:
        scorecard.show(found.card)
    elif view == state.WEIGHTS:
        weighing.show(choice.card, found)
    elif found.table.empty:
        st.info(_nobody(found))
    elif view == state.COMPARISON:
        comparison.show(choice, found)
    elif view == state.COVERAGE:
        coverage.show(found)
    elif view == state.SUBJECT:
        subject.show(found)
    else:
        ranking.show(found)


def _head(found: Evaluation) -> None:
    table, card = found.table, found.card
    st.markdown(f"### {md(words.title(card))} · {found.period}")
    words.badges(card)
    figures.show(
        (
            (num(len(table)), _("subjects")),
            *(
                (num(int(table["grade"].eq(key).sum())), title)
                for key, title in words.grades(card).items()
            ),
            (
                num(int(table["undecided"].isin(["evidence", "interval", "new"]).sum())),
                _("no grade"),
            ),
            (num(int(table["undecided"].eq("nothing").sum())), _("without data")),
            (num(int(table["exit"].sum())), _("on the list for talks or exit")),
        )
    )
    if bool(table["sample"].any()):
        links.sample_badge(_("Indicators and occupancy are generated; they show the method."))
    if not found.facts[found.period].rows_in:
        st.warning(
            _(
                "Nobody has recorded an indicator of this class and year. What is shown comes from "
                "the layers alone; see “Data coverage” for what is missing and how it gets in."
            )
        )


def _nobody(found: Evaluation) -> str:
    layers = sorted({layer for layer, _field, _value in found.card.subjects})
    return _("Nobody is of this class: the layers {layers} have no such rows.").format(
        layers=md(", ".join(layers))
    )


def _changed(found: Evaluation, usual: Evaluation) -> None:
    """Say what moved weights do against those of the card."""
    if not found.choice.weights:
        return
    before = usual.table.set_index("subject_id")["grade"]
    after = found.table.set_index("subject_id")["grade"].reindex(before.index)
    moved = before.index[before.ne(after)]
    if not len(moved):
        st.info(_("The weights differ from those of the card. No grade changes."))
        return
    labels = data.names(found)
    told = [
        f"{md(labels[one])}: {md(words.grade(usual.card, before[one]))} → "
        f"**{md(words.grade(found.card, after[one]))}**"
        for one in moved
    ]
    st.warning(
        _("Moved weights change {n} grades: {who}").format(
            n=num(len(moved)), who=_("; ").join(told)
        )
    )


def _view() -> str:
    titles = {
        state.RANKING: _("Ranking"),
        state.SUBJECT: _("One subject"),
        state.COVERAGE: _("Data coverage"),
        state.COMPARISON: _("Comparison"),
        state.WEIGHTS: _("Where weights come from"),
        state.SCORECARD: _("Scorecard"),
    }
    return str(
        st.segmented_control(
            _("View"),
            list(titles),
            format_func=titles.__getitem__,
            required=True,
            label_visibility="collapsed",
            **state.widget("view", desk().view, _take_view, titled=True),
        )
    )


def _take_view(view: object) -> None:
    desk().view = str(view)
