"""Two years, or two versions of the scorecard, side by side: who changes grade, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.errors import AtlasError
from layers.evaluation import COMPARISON_NOTE
from layers.evaluation import COMPARISON_TITLES
from layers.evaluation import TABLE_TITLES
from layers.evaluation import evaluation_remarks
from layers.scorecards import load_scorecards
from layers.scorecards import weighted
from views import charts as frames
from views import figures
from views import store
from views import tables
from views.evaluating import charts
from views.evaluating import data
from views.evaluating import words
from views.evaluating.state import desk
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from geo.scorecards import Scorecard
    from layers.evaluation import Evaluation
    from views.evaluating.controls import Choice

_YEARS, _CARDS = "years", "cards"
_SIDES = ("before", "after")


def show(choice: Choice, found: Evaluation) -> None:
    """Let the planner choose what is compared, and show it."""
    titles = {_YEARS: _("Two years"), _CARDS: _("Two versions of the scorecard")}
    way = st.segmented_control(
        _("Compare"),
        list(titles),
        format_func=titles.__getitem__,
        default=_YEARS,
        required=True,
        # With the language in its key, because a choice is lost when its titles change.
        key=f"evaluate_compare:{lang()}",
    )
    try:
        if way == _YEARS:
            _years(choice, found)
        else:
            _cards(choice, found)
    except AtlasError as error:
        st.error(md(pick(error.text)))


def _years(choice: Choice, found: Evaluation) -> None:
    years = data.years(choice.card)
    if len(years) < 2:  # noqa: PLR2004 - a comparison has two sides
        st.info(_("Only one year is recorded for this class, so there is nothing to compare."))
        return
    # The year of the page and the one before it; the first two if it is the first.
    place = min(years.index(choice.period), len(years) - 2)
    usual = (years[place + 1], years[place])
    before, after = _sides(years, usual, str, f"years:{choice.card.key}")
    if before == after:
        st.info(_("Both sides are the same year. Choose another one."))
        return
    st.caption(_("Both years are judged by the card and the weights of the page."))
    with st.spinner(_("Comparing …"), show_time=False):
        table = data.years_compared(found.card, before, after)
    _compared(found, table, (found.card, found.card), (str(before), str(after)))


def versions(choice: Choice) -> dict[str, Scorecard]:
    """Return the versions of the card of a class that can be compared.

    Parameters
    ----------
    choice
        What is set.

    Returns
    -------
    dict
        Cards by what a person reads: the bundled one, that of the planner's file, and the
        one of the page if its weights were moved.
    """
    key = choice.card.key
    known = {_("bundled"): load_scorecards(store.catalogue().folder).cards.get(key)}
    file = desk().file
    if file is not None:
        known[_("your file")] = file.cards.get(key)
    if choice.ranking.weights:
        known[_("with the weights of the page")] = weighted(
            choice.card, dict(choice.ranking.weights)
        )
    there = {said: card for said, card in known.items() if card is not None}
    return {f"{said} · {card.version}": card for said, card in there.items()}


def _cards(choice: Choice, found: Evaluation) -> None:
    known = versions(choice)
    if len(known) < 2:  # noqa: PLR2004 - a comparison has two sides
        st.info(
            _(
                "There is one version of this card only. Move a weight in the sidebar, or open a "
                "file of scorecards under “Scorecard”, to compare it with another."
            )
        )
        return
    titles = list(known)
    before, after = _sides(titles, (titles[0], titles[-1]), str, f"cards:{choice.card.key}")
    if before == after:
        st.info(_("Both sides are the same version. Choose another one."))
        return
    cards = known[before], known[after]
    with st.spinner(_("Comparing …"), show_time=False):
        table = data.cards_compared(*cards, choice.period)
    _compared(found, table, cards, (before, after))


def _sides(options: list[Any], usual: tuple[Any, Any], told: Any, name: str) -> tuple[Any, Any]:  # noqa: ANN401 - years or titles
    chosen = []
    for column, side, title, option in zip(
        st.columns(2), _SIDES, (_("Before"), _("After")), usual, strict=True
    ):
        with column:
            chosen.append(
                st.selectbox(
                    title,
                    options,
                    index=options.index(option),
                    format_func=told,
                    # Other options make another widget, which begins with its own choice.
                    key=f"evaluate_{side}:{name}:{lang()}:{len(options)}:{option}",
                )
            )
    return chosen[0], chosen[1]


def _compared(
    found: Evaluation,
    table: pd.DataFrame,
    cards: tuple[Scorecard, Scorecard],
    sides: tuple[str, str],
) -> None:
    if table.empty:
        st.info(_("There is nobody in this class to compare."))
        return
    labels = data.names(found)
    ordered = _ordered(table)
    _figures(ordered, cards)
    frame = _drawn(ordered, labels, cards, sides)
    if frame.empty:
        st.info(_("Nothing is known of anybody on either side."))
    else:
        frames.draw(
            charts.pairs(frame, words.bands(cards[1]), sides),
            key="evaluate_pairs",
            says=_("The score of each subject before and after, as intervals"),
        )
        st.caption(_("Above: before, below: after. Grey and dashed: no grade."))
    shown = _told(ordered, labels, cards)
    tables.show(shown)
    st.caption(md(pick(COMPARISON_NOTE)))
    _save(found, ordered, cards)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Put those first whose grade changes, then those that move most."""
    size = table["effect"].abs()
    keys = table.assign(same=~table["changed"], size=-size)
    return table.loc[keys.sort_values(["same", "size", "subject_id"]).index].reset_index(drop=True)


def _figures(table: pd.DataFrame, cards: tuple[Scorecard, Scorecard]) -> None:
    before, after = (
        table[f"grade_{side}"].map({g.key: n for n, g in enumerate(card.grades)})
        for side, card in zip(_SIDES, cards, strict=True)
    )
    changed = table["changed"]
    figures.show(
        (
            (num(int(changed.sum())), _("change grade")),
            (num(int((after < before).sum())), _("to a better grade")),
            (num(int((after > before).sum())), _("to a worse grade")),
            (num(int((before.isna() & after.notna()).sum())), _("get a grade")),
            (num(int((before.notna() & after.isna()).sum())), _("lose their grade")),
        )
    )


def _drawn(
    table: pd.DataFrame,
    labels: dict[str, str],
    cards: tuple[Scorecard, Scorecard],
    sides: tuple[str, str],
) -> pd.DataFrame:
    """Return two rows a subject, without those of whom nothing is known on either side."""
    blank = table["undecided_before"].eq("nothing") & table["undecided_after"].eq("nothing")
    kept = table[~blank]
    frames_of = [
        pd.DataFrame(
            {
                "label": kept["subject_id"].map(labels).fillna(kept["name"]),
                "side": title,
                "low": kept[f"score_low_{side}"],
                "high": kept[f"score_high_{side}"],
                "decided": kept[f"grade_{side}"].ne(""),
                "grade": [words.grade(card, key) for key in kept[f"grade_{side}"]],
            }
        )
        for side, title, card in zip(_SIDES, sides, cards, strict=True)
    ]
    return pd.concat(frames_of).sort_index(kind="stable").reset_index(drop=True)


def _told(
    table: pd.DataFrame, labels: dict[str, str], cards: tuple[Scorecard, Scorecard]
) -> pd.DataFrame:
    titles = {name: pick(text) for name, text in COMPARISON_TITLES.items()}
    grades = {
        side: [words.grade(card, key) for key in table[f"grade_{side}"]]
        for side, card in zip(_SIDES, cards, strict=True)
    }
    return pd.DataFrame(
        {
            titles["name"]: table["subject_id"].map(labels).fillna(table["name"]),
            titles["changed"]: table["changed"].map(lambda changed: "●" if changed else ""),
            titles["grade_before"]: grades["before"],
            titles["grade_after"]: grades["after"],
            _("The criterion that did it"): table[f"title_{lang()}"],
            titles["by"]: table["by"].map(lambda why: words.code("by", why) if why else ""),
            titles["effect"]: table["effect"].round(1),
            **{
                title: [
                    words.score(low, high)
                    for low, high in zip(
                        table[f"score_low_{side}"], table[f"score_high_{side}"], strict=True
                    )
                ]
                for side, title in zip(_SIDES, (_("Score before"), _("Score after")), strict=True)
            },
            _("Data"): words.sample_mark(table["sample"]),
        }
    )


def _save(found: Evaluation, table: pd.DataFrame, cards: tuple[Scorecard, Scorecard]) -> None:
    grades = {
        f"grade_{side}": [words.grade(card, key) for key in table[f"grade_{side}"]]
        for side, card in zip(_SIDES, cards, strict=True)
    }
    why = {
        name: table[name].map(lambda code: words.code("undecided", code) if code else "")
        for name in ("undecided_before", "undecided_after")
    }
    by = table["by"].map(lambda code: words.code("by", code) if code else "")
    told = table.assign(**grades, **why, by=by)
    titles = {name: text for name, text in COMPARISON_TITLES.items() if name in told}
    tables.save(
        told[list(titles)],
        f"evaluation_{cards[1].key}_compared",
        TABLE_TITLES["comparison"],
        titles,
        internal=True,
        remarks=[*evaluation_remarks(found, dict(store.versions())), COMPARISON_NOTE],
    )
