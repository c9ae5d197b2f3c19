"""What is known of each criterion, what is missing of whom, and how it gets in."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.evaluation import CONTRIBUTION_TITLES
from layers.evaluation import EVALUATION_WORDS
from layers.intake.templates import write_template
from views import charts as frames
from views import files
from views import links
from views import store
from views import tables
from views.evaluating import charts
from views.evaluating import data
from views.evaluating import words
from views.evaluating.subject import save_cells
from views.text import _
from views.text import lang
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.evaluation import Evaluation

_INDICATORS = "indicators"
_UNKNOWN = ("partial", "missing", "not_reported", "withheld", "doubtful")


def show(found: Evaluation) -> None:
    """Show what is known, what is missing, and the way to hand it in."""
    counted = counts(found)
    there = set(counted.loc[counted["n"] > 0, "state"])
    states = {s: words.code("state", s) for s in charts.STATE_COLOURS if s in there}
    titles = {c.key: words.title(c) for c in found.card.criteria}
    kept = counted[counted["state"].isin(there)]
    drawn = kept.assign(
        label=kept["criterion"].map(titles),
        state_title=kept["state"].map(states),
        place=kept["state"].map({state: n for n, state in enumerate(states)}),
    )
    frames.draw(
        charts.coverage(drawn, states),
        key="evaluate_coverage",
        says=_("How much of each criterion is known, and why the rest is not"),
    )
    _table(found, counted)
    st.markdown(f"**{_('What is missing')}**")
    _missing(found)
    _ways_in()


def counts(found: Evaluation) -> pd.DataFrame:
    """Return how many subjects have which state of each criterion.

    Returns
    -------
    pandas.DataFrame
        ``criterion`` (in the order of the card), ``state``, ``n`` and ``share`` (0 … 1,
        adding to 1 for each criterion); every state of every criterion is there.
    """
    cells = found.contributions
    every = pd.MultiIndex.from_product(
        [found.card.keys, EVALUATION_WORDS["state"]], names=["criterion", "state"]
    )
    n = cells.groupby(["criterion", "state"]).size().reindex(every, fill_value=0)
    frame = n.reset_index(name="n")
    return frame.assign(share=frame["n"] / max(len(found.table), 1))


def _table(found: Evaluation, counted: pd.DataFrame) -> None:
    wide = counted.pivot_table(index="criterion", columns="state", values="n", aggfunc="sum")
    wide = wide.reindex(found.card.keys)
    total = max(len(found.table), 1)
    column = st.column_config
    with st.expander(_("Table of this chart")):
        tables.show(
            pd.DataFrame(
                {
                    _("Criterion"): [words.title(c) for c in found.card.criteria],
                    _("Weight (%)"): found.card.weights * 100,
                    _("Known"): (wide["known"] / total * 100).to_numpy(),
                    **{
                        words.code("state", state): wide[state].to_numpy()
                        for state in EVALUATION_WORDS["state"]
                    },
                }
            ),
            config={
                _("Weight (%)"): column.NumberColumn(format="%.1f"),
                _("Known"): column.ProgressColumn(format="%.0f%%", min_value=0, max_value=100),
            },
        )


def _missing(found: Evaluation) -> None:
    cells = found.contributions
    rows = cells[cells["state"].isin(_UNKNOWN)].assign(
        opened=cells["contribution_high"] - cells["contribution_low"]
    )
    if rows.empty:
        st.success(_("Every criterion of everybody is known."))
        return
    st.caption(
        _(
            "{n} of {all} values are missing or open. Sorted by how many points of the score they "
            "leave open."
        ).format(n=num(len(rows)), all=num(len(cells)))
    )
    rows = rows.sort_values(["opened", "subject_id", "criterion"], ascending=[False, True, True])
    labels, unit = data.names(found), words.unit_column()
    tables.show(
        pd.DataFrame(
            {
                _("Name"): rows["subject_id"].map(labels),
                _("Criterion"): rows[f"title_{lang()}"],
                pick(CONTRIBUTION_TITLES[unit]): rows[unit],
                _("State"): words.codes("state", rows["state"]),
                _("Points left open"): rows["opened"].round(1),
                _("Weight"): rows["weight"].map(pct),
            }
        )
    )
    save_cells(
        found,
        rows.drop(columns="opened"),
        f"evaluation_{found.card.key}_{found.period}_missing",
    )


def _ways_in() -> None:
    st.caption(
        _(
            "Indicators come in as the layer “{layer}”: one row for each class, subject, year and "
            "criterion. Leave empty what is not known; an empty cell is never 0."
        ).format(layer=pick(store.catalogue().layer(_INDICATORS).title))
    )
    left, right, _rest = st.columns([2, 2, 3])
    with left:
        files.offer(
            _("Download the template (Excel)"),
            f"indicators_{_('template')}.xlsx",
            partial(_template, store.catalogue(), lang()),
            key="evaluate_template",
            audience="public",
        )
    with right:
        if st.button(_("Go to import"), key="evaluate_import", width="stretch"):
            links.go("import")


def _template(catalogue: Catalogue, language: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write_template(catalogue.layer(_INDICATORS), catalogue, path, lang=language)
        return path.read_bytes()
