"""Two scenarios side by side: numbers, what differs, and a map each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.errors import AtlasError
from layers.proposals import WORDS
from layers.scenarios import MOVE_TITLES
from layers.scenarios import MOVES_TITLE
from layers.scenarios import compare
from views import tables
from views.consolidating import data
from views.consolidating import plan_map
from views.consolidating import words
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.scenarios import Comparison
    from layers.scenarios import Scenario
    from views.consolidating.state import Answer

_MAP_PX = 420
_SAME = "same"


def show(a: Scenario, b: Scenario, answer_of: Callable[[Scenario], Answer]) -> None:
    """Show two scenarios against each other.

    Parameters
    ----------
    a, b
        The scenarios.
    answer_of
        Gives the plans of one on the current layers.
    """
    found = compare(a, b)
    _numbers(found)
    _maps(a, b, answer_of)
    if a.plan is None or b.plan is None:
        st.info(_("Moves can be compared when both scenarios were saved with a chosen plan."))
    else:
        _moves(found)
    _rest(found)


def _title(frame: pd.DataFrame, name: str = "title") -> pd.Series[str]:
    return frame[f"{name}_{lang()}"]


def _numbers(found: Comparison) -> None:
    frame = found.numbers
    tables.show(
        pd.DataFrame(
            {
                _("Number"): _title(frame),
                "A": _told(frame, "a"),
                "B": _told(frame, "b"),
                _("B less A"): _told(frame, "difference"),
            }
        )
    )


def _told(frame: pd.DataFrame, column: str) -> list[str]:
    return [
        pct(value) if name == "gap" else num(value, digits=1 if name == "cost_wan" else 0)
        for name, value in zip(frame["name"], frame[column], strict=True)
    ]


def _maps(a: Scenario, b: Scenario, answer_of: Callable[[Scenario], Answer]) -> None:
    for column, side, scenario in zip(st.columns(2, gap="small"), "AB", (a, b), strict=True):
        with column:
            st.caption(f"**{side} · {md(scenario.name)}**")
            if scenario.chosen is None:
                st.info(_("No plan of this scenario was chosen when it was saved."))
                continue
            try:
                told = data.tables(answer_of(scenario), scenario.chosen)
            except (AtlasError, ValueError) as error:
                st.error(words.problem(error))
                continue
            plan_map.show(told, key=f"consolidate-{side.lower()}", height=_MAP_PX)


def _moves(found: Comparison) -> None:
    frame = found.moves[found.moves["kind"].ne(_SAME)]
    same = len(found.moves) - len(frame)
    st.markdown(f"**{_('Moves that differ')}**")
    st.caption(_("{n} moves are the same in both.").format(n=num(same)))
    if frame.empty:
        st.info(_("Both plans move the same units to the same places."))
        return
    titles = {"unit_id": _("Unit"), "host_a": "A", "host_b": "B", f"kind_{lang()}": _("Difference")}
    shown = frame[list(titles)].replace("", None)
    tables.show(shown.rename(columns=titles))
    tables.save(
        frame,
        "consolidation_differences",
        MOVES_TITLE,
        MOVE_TITLES,
        internal=True,
    )


def _rest(found: Comparison) -> None:
    left, right = st.columns(2)
    with left:
        st.markdown(f"**{_('Settings that differ')}**")
        frame = found.settings
        if frame.empty:
            st.info(_("All settings are the same."))
        else:
            tables.show(
                pd.DataFrame({_("Setting"): _title(frame), "A": frame["a"], "B": frame["b"]})
            )
    with right:
        st.markdown(f"**{_('Settled by hand')}**")
        frame = found.overrides
        if frame.empty:
            st.info(_("Nothing is settled by hand in either."))
            return
        about = frame[["unit_id", "host_id", "carrier_id", "park_id"]].agg(" ".join, axis=1)
        tables.show(
            pd.DataFrame(
                {
                    _("Kind"): [pick(WORDS["kind"][kind]) for kind in frame["kind"]],
                    _("About"): about.str.split().str.join(" "),
                    _("Where"): _title(frame, "where"),
                }
            )
        )
