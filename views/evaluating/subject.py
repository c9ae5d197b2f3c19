"""The card of one subject: what made its score, where each number is from, and its years."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.evaluation import CONTRIBUTION_TITLES
from layers.evaluation import TABLE_TITLES
from layers.evaluation import evaluation_remarks
from layers.evaluation import scored
from layers.i18n import UNKNOWN
from views import charts as frames
from views import figures
from views import links
from views import store
from views import tables
from views.evaluating import charts
from views.evaluating import data
from views.evaluating import words
from views.evaluating.state import desk
from views.evaluating.state import widget
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick
from views.underused.words import ranks

if TYPE_CHECKING:
    from layers.evaluation import Evaluation

_PARKS = "parks"
_MARKS = "①②③"
"""Stand before the criteria that matter most, in their order."""


def show(found: Evaluation) -> None:
    """Show the card of the chosen subject."""
    labels = data.names(found)
    ids = list(found.table["subject_id"])
    if desk().subject and desk().subject not in ids:
        st.warning(_("The subject of the link is not of this class; the first one is shown."))
        desk().subject = ""
    chosen = desk().subject or ids[0]
    st.selectbox(
        _("Whose card"),
        ids,
        format_func=labels.__getitem__,
        **widget(f"subject:{found.card.key}", chosen, _take, titled=True),
    )
    row = found.table[found.table["subject_id"].eq(chosen)].iloc[0]
    cells = found.contributions[found.contributions["subject_id"].eq(chosen)]
    _head(found, row)
    _influence(row)
    _drawn(found, cells)
    _criteria(found, cells)
    _years(found, chosen)
    if data.layer_of(found, chosen) == _PARKS and st.button(
        _("Open the park's page"), key="evaluate_park"
    ):
        links.open_park(chosen)


def _take(subject: object) -> None:
    desk().subject = str(subject)


def _head(found: Evaluation, row: pd.Series) -> None:
    undecided = row["undecided"]
    figures.show(
        (
            (words.grade(found.card, row["grade"]), _("grade")),
            (words.score(row["score_low"], row["score_high"]), _("score (0 to 100)")),
            (pct(row["evidence_share"], digits=0), _("of the weight is known")),
            (ranks(row["rank_low"], row["rank_high"]), _("rank within the class (90 %)")),
            (pct(row["p_worst_third"], digits=0), _("probability of the last third")),
            *_elsewhere(found, row),
        )
    )
    if undecided:
        st.info(
            _("No grade: {why}.").format(why=words.code("undecided", undecided))
            + (f" {_renormalised(row)}" if undecided != "nothing" else "")
        )
    if row["sample"]:
        links.sample_badge(_("The numbers are generated; they show the method."))


def _elsewhere(found: Evaluation, row: pd.Series) -> list[tuple[str, str]]:
    """Return the share of tenants registered elsewhere; only parks have tenants."""
    if data.layer_of(found, row["subject_id"]) != _PARKS:
        return []
    share = pct(row["registered_elsewhere_share"], digits=0)
    return [(share, _("of the tenants are registered elsewhere"))]


def _renormalised(row: pd.Series) -> str:
    return _("Of what is known alone the score would be {score}; it is no result.").format(
        score=num(row["score_renormalised"], digits=1)
    )


def _influence(row: pd.Series) -> None:
    st.markdown(md(row[f"reason_{lang()}"]))


def _drawn(found: Evaluation, cells: pd.DataFrame) -> None:
    frame = parts(found, cells)
    frames.draw(
        charts.contributions(frame, list(_part_titles().values())),
        key="evaluate_contributions",
        says=_("What each criterion adds to the score, and how much of it is unknown"),
    )
    st.caption(_("{marks} mark the criteria that matter most.").format(marks=" ".join(_MARKS)))


def _part_titles() -> dict[str, str]:
    return {"sure": _("earned"), "open": _("unknown"), "lost": _("not earned")}


def parts(found: Evaluation, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the contributions of one subject as stacked parts of its weights.

    Parameters
    ----------
    found
        The evaluation.
    cells
        Its contributions of this subject.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``part``, ``place``, ``points`` (of 100) and ``told``; the points of a
        criterion add to its effective weight, those of all to 100.
    """
    titles = labels_of(found, str(cells["subject_id"].iloc[0]))
    low, high = cells["contribution_low"], cells["contribution_high"]
    points = {"sure": low, "open": high - low, "lost": cells["weight"] * 100 - high}
    label = cells["criterion"].map(titles)
    said = [_raw(row) for row in cells.to_dict("records")]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "label": label,
                    "part": title,
                    "place": place,
                    "points": points[part].clip(lower=0.0),
                    "told": said,
                }
            )
            for place, (part, title) in enumerate(_part_titles().items())
        ],
        ignore_index=True,
    )


def labels_of(found: Evaluation, subject_id: str) -> dict[str, str]:
    """Return the titles of the criteria, with a mark before those that matter most to one.

    Parameters
    ----------
    found
        The evaluation.
    subject_id
        The subject.
    """
    row = found.table[found.table["subject_id"].eq(subject_id)].iloc[0]
    marks = dict(zip(str(row["influential"]).split(";"), _MARKS, strict=False))
    titles = {c.key: words.title(c) for c in found.card.criteria}
    return {k: f"{marks[k]} {title}" if k in marks else title for k, title in titles.items()}


def _raw(row: dict[Any, Any]) -> str:
    told = words.raw(row["raw_low"], row["raw_high"])
    unit = row[words.unit_column()]
    return f"{told} {unit}" if unit and told != UNKNOWN else told


def _criteria(found: Evaluation, cells: pd.DataFrame) -> None:
    card = found.card
    groups = {g.key: words.title(g) for g in card.groups}
    rows = cells.to_dict("records")
    titles = {name: pick(text) for name, text in CONTRIBUTION_TITLES.items()}
    shown = pd.DataFrame(
        {
            titles["group"]: cells["group"].map(groups),
            _("Criterion"): [words.title(card.criterion(key)) for key in cells["criterion"]],
            _("Value"): [_raw(row) for row in rows],
            titles["state"]: words.codes("state", cells["state"]),
            _("Value (0 to 100)"): [words.score(r["value_low"], r["value_high"]) for r in rows],
            _("Weight (%)"): cells["weight"] * 100,
            _("Contribution"): [
                words.score(r["contribution_low"], r["contribution_high"]) for r in rows
            ],
            titles["origin"]: words.codes("origin", cells["origin"]),
            titles["data_date"]: pd.to_datetime(cells["data_date"]),
            titles["source"]: cells["source"],
            titles["basis"]: cells["basis"],
            _("Anchors (raw → value)"): [
                words.anchors(card.criterion(r["criterion"])) for r in rows
            ],
            _("Data"): words.sample_mark(cells["sample"]),
        }
    )
    column = st.column_config
    tables.show(
        shown,
        config={
            _("Weight (%)"): column.NumberColumn(format="%.1f"),
            titles["data_date"]: column.DateColumn(format="YYYY-MM-DD"),
        },
    )
    st.caption(
        _("Contributions add to the score: {score}.").format(
            score=words.score(cells["contribution_low"].sum(), cells["contribution_high"].sum())
        )
    )
    save_cells(found, cells, f"evaluation_{card.key}_{found.period}_{cells['subject_id'].iloc[0]}")


def save_cells(found: Evaluation, cells: pd.DataFrame, stem: str) -> None:
    """Offer contributions as an internal file: through the anchors they give raw values away.

    Parameters
    ----------
    found
        The evaluation.
    cells
        Rows of its contributions.
    stem
        Of the file name.
    """
    told = cells.assign(
        group=cells["group"].map({g.key: words.title(g) for g in found.card.groups}),
        state=words.codes("state", cells["state"]),
        origin=words.codes("origin", cells["origin"]),
        card=words.title(found.card),
    )
    titles = {name: text for name, text in CONTRIBUTION_TITLES.items() if name in told}
    tables.save(
        told[list(titles)],
        stem,
        TABLE_TITLES["contributions"],
        titles,
        internal=True,
        remarks=evaluation_remarks(found, dict(store.versions())),
    )


def _years(found: Evaluation, subject_id: str) -> None:
    st.markdown(f"**{_('Over the years')}**")
    frame = over_years(found, subject_id)
    frames.draw(
        charts.scores(frame, words.bands(found.card), _("Year")),
        key="evaluate_years",
        says=_("The score of each year as an interval over the bands of the grades"),
    )
    st.caption(
        _(
            "All years are judged by this card, with today's weights. The rule of two years: "
            "“{fail}” two years in a row puts a subject on the list for talks, another operator "
            "or exit; once only warns; a year without a grade breaks the row."
        ).format(fail=md(words.grade(found.card, found.card.grades[-1].key)))
    )
    row = found.table[found.table["subject_id"].eq(subject_id)].iloc[0]
    said = words.warning(int(row["fails_in_a_row"]), leaves=bool(row["exit"]))
    if said:
        (st.error if row["exit"] else st.warning)(said)


def over_years(found: Evaluation, subject_id: str) -> pd.DataFrame:
    """Return score and grade of a subject in each year up to that of the evaluation.

    Returns
    -------
    pandas.DataFrame
        ``label`` (the year), ``low``, ``high``, ``decided``, ``grade``, the latest first;
        a year in which there was no such subject is not there.
    """
    rows = []
    for year in sorted(found.facts, reverse=True):
        table = scored(found.facts[year], found.card).table.set_index("subject_id")
        if subject_id not in table.index:
            continue
        row = table.loc[subject_id]
        rows.append(
            {
                "label": str(year),
                "low": row["score_low"],
                "high": row["score_high"],
                "decided": row["undecided"] == "",
                "grade": words.grade(found.card, row["grade"]),
            }
        )
    return pd.DataFrame(rows, columns=["label", "low", "high", "decided", "grade"])
