"""The card as a table, as a file to take away, and a file of the planner's own."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.errors import AtlasError
from layers.evaluation import CONTRIBUTION_TITLES
from layers.scorecards import SCORECARDS_FILE
from layers.scorecards import load_scorecards
from layers.scorecards import read_scorecards
from layers.scorecards import write_scorecards
from views import files
from views import store
from views import tables
from views.evaluating import words
from views.evaluating.state import desk
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from geo.scorecards import Scorecard

_MOST_MB = 1
_UPLOAD = "evaluate_upload"
_ROUND = "evaluate_upload_round"


def show(card: Scorecard) -> None:
    """Show a card as it is used.

    Parameters
    ----------
    card
        With the weights of the page.
    """
    st.markdown(f"**{md(words.title(card))}** · {md(card.version)}")
    for line in _said(card):
        st.caption(line)
    tables.show(
        criteria(card),
        config={_("Weight (%)"): st.column_config.NumberColumn(format="%.1f")},
    )
    files.offer(
        _("Save the card as used (TOML)"),
        f"scorecard_{card.version}.toml",
        lambda: toml(card),
        key="evaluate_card_file",
    )
    if not any(layer == "operators" for layer, _field, _value in card.subjects):
        _disposals(card)
    st.divider()
    _file()


def _said(card: Scorecard) -> list[str]:
    grades = ", ".join(f"{name} ≥ {low:g}" for name, low, _top in words.bands(card))
    return [
        _("Grades: {grades}").format(grades=md(grades)),
        _(
            "A grade needs {share} of the weight and both ends of the score within one grade. Who "
            "began less than {months} months before the end of the year gets none."
        ).format(share=pct(card.evidence_share, digits=0), months=num(card.new_months)),
        _("Source: {source}").format(source=md(card.source or "–")),
        *([md(card.note)] if card.note else []),
    ]


def criteria(card: Scorecard) -> pd.DataFrame:
    """Return the criteria of a card as a table to read, with titles as columns."""
    groups = {group.key: words.title(group) for group in card.groups}
    better = {"more": _("more is better"), "less": _("less is better")}
    rows, unit = card.criteria, words.unit_column()
    return pd.DataFrame(
        {
            pick(CONTRIBUTION_TITLES["group"]): [groups[c.group] for c in rows],
            _("Criterion"): [words.title(c) for c in rows],
            _("Weight (%)"): card.weights * 100,
            pick(CONTRIBUTION_TITLES[unit]): [getattr(c, unit) for c in rows],
            _("Formula"): [c.formula_zh if lang() == "zh" else c.formula_en for c in rows],
            _("Direction"): [better[c.direction] for c in rows],
            _("Anchors (raw → value)"): [words.anchors(c) for c in rows],
            _("Without a record"): [
                _("measured from the layers") if c.measure else _("unknown") for c in rows
            ],
            _("Source of the anchors"): [c.source for c in rows],
            _("Key"): [c.key for c in rows],
        }
    )


def _disposals(card: Scorecard) -> None:
    grades = words.grades(card)
    found = desk().scorecards.disposals or load_scorecards(store.catalogue().folder).disposals
    with st.expander(_("Grades read as A to D")):
        st.caption(
            _(
                "Words of the evaluation of industrial land to read beside a grade; they are no "
                "finding of that evaluation."
            )
            + " "
            + _("The last grade is read as D only for who failed two years in a row.")
        )
        tables.show(
            pd.DataFrame(
                {
                    _("Class"): [pick(d.title) for d in found],
                    _("Words"): [pick(d.words) for d in found],
                    _("Grades"): [
                        _(", ").join(grades.get(key, key) for key in d.grades) for d in found
                    ],
                }
            )
        )


def toml(card: Scorecard) -> bytes:
    """Return a card as a file that :func:`take_file` reads again."""
    # The disposal words travel with the card; the other cards do not.
    cards = replace(desk().scorecards, cards={card.key: card})
    with tempfile.TemporaryDirectory() as folder:
        return write_scorecards(cards, Path(folder) / SCORECARDS_FILE).read_bytes()


def _file() -> None:
    st.markdown(f"**{_('Scorecards of your own')}**")
    file = desk().file
    if file is None:
        st.caption(
            _(
                "Save a card, change weights, anchors or criteria in it, and open it here. It is "
                "used in this session only; nothing is stored."
            )
        )
        number = st.session_state.get(_ROUND, 0)
        st.file_uploader(
            _("File of scorecards (TOML, up to {n} MB)").format(n=_MOST_MB),
            type=["toml"],
            max_upload_size=_MOST_MB,
            key=f"{_UPLOAD}:{number}",
            on_change=_take,
        )
        if desk().refused:
            st.error(md(desk().refused))
        return
    told = _(", ").join(words.title(file.cards[key]) for key in file.evaluated)
    st.success(
        _("Open: version {version} with {cards}. Choose in the sidebar by which to judge.").format(
            version=md(file.version), cards=md(told)
        )
    )
    st.button(_("Put the file away"), key="evaluate_file_away", on_click=_away)


def _take() -> None:
    number = st.session_state.get(_ROUND, 0)
    uploaded = st.session_state.get(f"{_UPLOAD}:{number}")
    if uploaded is None:
        return
    # A fresh uploader: what was refused must not stand in the way of the next file.
    st.session_state[_ROUND] = number + 1
    take_file(uploaded.getvalue(), uploaded.name)


def take_file(content: bytes, name: str) -> None:
    """Put the scorecards of a file on the desk, or why they cannot be read.

    Parameters
    ----------
    content
        What was handed in; nothing of it is believed.
    name
        What its owner calls it; it names the file in messages and nothing on the disk.
    """
    desk().refused = ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SCORECARDS_FILE
        path.write_bytes(content)
        try:
            found = read_scorecards(path, name)
        except AtlasError as error:
            desk().refused = pick(error.text)
            return
    if not found.evaluated:
        desk().refused = _("{file} has no card that grades anybody.").format(file=name)
        return
    desk().file, desk().own = found, True
    _start_anew()


def _away() -> None:
    desk().file, desk().own, desk().refused = None, False, ""
    _start_anew()


def _start_anew() -> None:
    """Forget what was set on the other card."""
    desk().weights, desk().pairs, desk().period = {}, {}, None
