"""The subjects of a class from best to worst, with how sure the order is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.evaluation import EVALUATION_TITLES
from layers.evaluation import TABLE_TITLES
from layers.evaluation import UNUSED_TITLES
from layers.evaluation import audience_copy
from layers.evaluation import evaluation_remarks
from views import charts as frames
from views import store
from views import tables
from views.evaluating import charts
from views.evaluating import data
from views.evaluating import words
from views.evaluating.state import SUBJECT
from views.evaluating.state import desk
from views.text import _
from views.text import lang
from views.text import num
from views.text import pct
from views.text import pick
from views.underused.words import WORST_MARK
from views.underused.words import ranks

if TYPE_CHECKING:
    from geo.scorecards import Scorecard
    from layers.evaluation import Evaluation

_SEEN = "evaluate_row_seen"
_MOST_PX = 560


def show(found: Evaluation) -> None:
    """Show the ranking of a class."""
    labels = data.names(found)
    frame = _drawn(found, labels)
    left, right = st.columns([3, 2], gap="small")
    with left:
        frames.draw(
            charts.scores(frame, words.bands(found.card), _("Name")),
            key="evaluate_scores",
            says=_("The score of each subject as an interval over the bands of the grades"),
        )
    with right:
        frames.draw(
            charts.ranks(frame),
            key="evaluate_ranks",
            says=_("The rank of each subject as an interval"),
        )
    st.caption(_reading(found))
    _table(found, labels)
    _save(found)
    _unused(found)


def _drawn(found: Evaluation, labels: dict[str, str]) -> pd.DataFrame:
    table = found.table
    p = table["p_worst_third"].astype("float64")
    worst = p.map(words.is_worst)
    return pd.DataFrame(
        {
            "label": table["subject_id"].map(labels),
            "low": table["score_low"],
            "high": table["score_high"],
            "decided": table["grade"].ne(""),
            "grade": [_grade(found.card, row) for row in table.to_dict("records")],
            "rank_low": table["rank_low"],
            "rank_high": table["rank_high"],
            "rank_mean": table["rank_mean"],
            "p_worst_third": p,
            "worst": worst,
            "chance": [
                f"{WORST_MARK} {pct(value, digits=0)}" if bad else pct(value, digits=0)
                for value, bad in zip(p, worst, strict=True)
            ],
        }
    )


def _grade(card: Scorecard, row: dict[Any, Any]) -> str:
    """Return the grade, or why there is none."""
    told = words.grade(card, row["grade"])
    if not row["undecided"]:
        return told
    return _("{grade}: {why}").format(grade=told, why=words.code("undecided", row["undecided"]))


def _reading(found: Evaluation) -> str:
    told = [
        _("Blue: the grade is decided. Grey: no grade, and what is unknown makes the bar long."),
        _(
            "The rank is an interval within this class only: its bar holds nine of ten draws of "
            "weights and gaps."
        ),
        _(
            "{mark} marks who is among the last third with a probability of at least 90 %; "
            "nobody else is called worst."
        ).format(mark=WORST_MARK),
    ]
    nothing = int(found.table["undecided"].eq("nothing").sum())
    if nothing:
        told.append(_("Nothing is known of {n}: they have no rank.").format(n=num(nothing)))
    return " ".join(told)


def _table(found: Evaluation, labels: dict[str, str]) -> None:
    table = found.table
    shown = _shown(found, labels)
    key = f"evaluate_table:{lang()}:{found.card.key}:{found.period}"
    row = tables.pick_row(shown, key=key, config=_columns(), most_px=_MOST_PX)
    # Only a new tick opens a card, so that coming back does not open it again.
    if st.session_state.get(_SEEN) != (key, row):
        st.session_state[_SEEN] = (key, row)
        if row is not None:
            desk().subject = str(table["subject_id"].iloc[row])
            desk().view = SUBJECT
            st.rerun()
    st.caption(_("Tick a row for its card."))


def _shown(found: Evaluation, labels: dict[str, str]) -> pd.DataFrame:
    table, card = found.table, found.card
    titles = {name: pick(text) for name, text in EVALUATION_TITLES.items()}
    return pd.DataFrame(
        {
            titles["name"]: table["subject_id"].map(labels),
            titles["grade"]: [_grade(card, row) for row in table.to_dict("records")],
            titles["score"]: _joined(table, words.score, "score_low", "score_high"),
            titles["evidence_share"]: table["evidence_share"] * 100,
            _("Rank (90 %)"): _joined(table, ranks, "rank_low", "rank_high"),
            titles["p_worst_third"]: [
                pct(p, digits=0) + (f" {WORST_MARK}" if words.is_worst(p) else "")
                for p in table["p_worst_third"].astype("float64")
            ],
            _("Two-year rule"): [
                words.warning(failed, leaves=leaves)
                for failed, leaves in zip(table["fails_in_a_row"], table["exit"], strict=True)
            ],
            titles["previous_grade"]: [
                words.grade(card, key) if key else "" for key in table["previous_grade"]
            ],
            titles["disposal"]: table["disposal"].map(words.disposal),
            titles["topsis_rank"]: table["topsis_rank"],
            titles["registered_elsewhere_share"]: table["registered_elsewhere_share"] * 100,
            titles[f"reason_{lang()}"]: table[f"reason_{lang()}"],
            _("Data"): words.sample_mark(table["sample"]),
        }
    )


def _joined(table: pd.DataFrame, told: Any, low: str, high: str) -> list[str]:  # noqa: ANN401 - a function of two numbers
    ends = table[[low, high]].astype("float64").to_numpy().tolist()
    return [told(*row) for row in ends]


def _columns() -> dict[str, Any]:
    column, titles = st.column_config, EVALUATION_TITLES
    return {
        pick(titles["name"]): column.TextColumn(width=160),
        pick(titles["grade"]): column.TextColumn(width=185),
        _("Two-year rule"): column.TextColumn(width=190),
        pick(titles["evidence_share"]): column.ProgressColumn(
            format="%.0f%%", min_value=0, max_value=100, width=110
        ),
        pick(titles["registered_elsewhere_share"]): column.NumberColumn(format="%.0f%%"),
        pick(titles[f"reason_{lang()}"]): column.TextColumn(width="large"),
    }


def told(found: Evaluation) -> pd.DataFrame:
    """Return the table of an evaluation with words in place of codes, for a file."""
    table = found.table
    grades = {name: table[name].map(words.grades(found.card)).fillna("") for name in _GRADES}
    return table.assign(
        **grades,
        card=words.title(found.card),
        undecided=table["undecided"].map(lambda why: words.code("undecided", why) if why else ""),
        disposal=table["disposal"].map(words.disposal),
        influential=table["influential"].map(lambda keys: _criteria(found.card, keys)),
    )


_GRADES = ("grade", "grade_low", "grade_high", "previous_grade")


def _criteria(card: Scorecard, keys: str) -> str:
    return _(", ").join(words.title(card.criterion(key)) for key in keys.split(";") if key)


def _save(found: Evaluation) -> None:
    frame = told(found)
    remarks = evaluation_remarks(found, dict(store.versions()))
    stem = f"evaluation_{found.card.key}_{found.period}"
    columns = st.columns(2)
    for column, audience in zip(columns, ("internal", "public"), strict=True):
        internal = audience == "internal"
        copy = audience_copy(frame, found.card.key, audience)
        titles = {name: text for name, text in EVALUATION_TITLES.items() if name in copy}
        with column:
            st.caption(_for_whom(found.card.key, internal=internal))
            tables.save(
                copy[list(titles)],
                stem if internal else f"{stem}_public",
                TABLE_TITLES["subjects"],
                titles,
                internal=internal,
                remarks=remarks,
            )


def _for_whom(key: str, *, internal: bool) -> str:
    if internal:
        return _("Internal: all columns")
    if key == "operator":
        return _("Public: no raw values, operators without their names")
    return _("Public: no raw values")


def _unused(found: Evaluation) -> None:
    """Show the records that the evaluation did not use, if there are any."""
    rows = found.unused
    if rows.empty:
        return
    st.warning(
        _("{n} records of this class and year are not used; look at them below.").format(
            n=num(len(rows))
        )
    )
    with st.expander(pick(TABLE_TITLES["unused"]), key="evaluate_unused"):
        said = rows.assign(why=words.codes("why", rows["why"]))
        titles = {name: pick(text) for name, text in UNUSED_TITLES.items() if name in said}
        tables.show(said[list(titles)].rename(columns=titles))
