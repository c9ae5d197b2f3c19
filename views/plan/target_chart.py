"""The path that a target asks for as a band, what was reported, and what was revised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.targets import BASIS_TITLES
from layers.targets import VALUE_TITLES
from layers.targets import value_table
from views import charts
from views import tables
from views.text import _
from views.text import lang
from views.text import pick

if TYPE_CHECKING:
    import altair as alt

    from layers.targets import Standing
    from views.charts import Drawing

_BAND, _ACTUAL, _PAST, _OTHER = "#c9dff0", "#0b5c8a", "#b14500", "#8796a5"
_HEIGHT_PX = 260
_POINT_PX, _PAST_PX = 90, 110
_SHOWN = (
    "period_end",
    "basis",
    "value",
    "state",
    "revision",
    "reported_on",
    "missing",
    "entities",
    "entity_set",
    "source",
)


def show(one: Standing) -> None:
    """Draw a target, with its values as a table below; without any value only say so."""
    reported = value_table([one])
    path = one.path()
    if reported["value"].notna().any() or len(path):
        charts.draw(
            _chart(one, reported, path),
            key=f"target_chart_{one.target.target_id}",
            says=_("What the target needs by date, what was reported, and what was revised"),
        )
        st.caption(
            _(
                "Band: the path on which the target counts as on its way. Filled: reported. "
                "Hollow squares: what a value was before it was revised. Crosses: not held "
                "against the target."
            )
        )
    if len(reported):
        _table(reported)


def _table(reported: pd.DataFrame) -> None:
    words = {"current": _("current"), "past": _("before the revision")}
    bases = {key: pick(title) for key, title in BASIS_TITLES.items()}
    told = reported.assign(
        state=reported["state"].map(words),
        basis=reported["basis"].map(bases),
        period_end=reported["period_end"].dt.strftime("%Y-%m-%d"),
        reported_on=reported["reported_on"].dt.strftime("%Y-%m-%d"),
    )
    names = [*_SHOWN, f"note_{lang()}"]
    tables.show(told[names].rename(columns={name: pick(VALUE_TITLES[name]) for name in names}))


def _chart(one: Standing, reported: pd.DataFrame, path: pd.DataFrame) -> Drawing:
    import altair as alt

    title = pick(one.target.unit) or pick(one.target.title)
    y = alt.Scale(zero=False)
    values = _values(reported)
    now = values[values["mark"].eq("now")]
    layers: list[alt.Chart] = []
    if len(path):
        needed = alt.Chart(path.assign(date=pd.to_datetime(path["date"])))
        layers += [
            needed.mark_area(color=_BAND, opacity=0.8).encode(
                x=_when(),
                y=alt.Y("low:Q", title=title, scale=y),
                y2="high:Q",
            ),
            needed.mark_line(color=charts.FAINT, strokeDash=[5, 4]).encode(
                x=_when(), y=alt.Y("middle:Q", title=title, scale=y)
            ),
        ]
    goal = pd.DataFrame({"value": [one.target.number]})
    layers.append(
        alt.Chart(goal)
        .mark_rule(color=charts.INK, strokeDash=[2, 2])
        .encode(y=alt.Y("value:Q", title=title, scale=y))
    )
    layers.append(
        alt.Chart(now).mark_line(color=_ACTUAL).encode(x=_when(), y=alt.Y("value:Q", scale=y))
    )
    for mark, shape, colour, filled in (
        ("now", "circle", _ACTUAL, True),
        ("past", "square", _PAST, False),
        ("other", "cross", _OTHER, True),
    ):
        layers.append(
            alt.Chart(values[values["mark"].eq(mark)])
            .mark_point(
                shape=shape,
                color=colour,
                filled=filled,
                size=_POINT_PX if filled else _PAST_PX,
                opacity=1,
            )
            .encode(
                x=_when(),
                y=alt.Y("value:Q", title=title, scale=y),
                tooltip=[
                    alt.Tooltip("date:T", title=_("End of the period"), format="%Y-%m-%d"),
                    alt.Tooltip("value:Q", title=title, format=",.4~f"),
                    alt.Tooltip("told:N", title=_("Basis")),
                ],
            )
        )
    return alt.layer(*layers).properties(height=_HEIGHT_PX)


def _when() -> alt.X:
    """Return the axis of dates, in figures: the names of months would be in English."""
    import altair as alt

    return alt.X("date:T", title=None, axis=alt.Axis(format="%Y-%m", labelOverlap=True))


def _values(reported: pd.DataFrame) -> pd.DataFrame:
    """Return what is drawn: date, value, which mark, and what its tooltip says."""
    known = reported[reported["value"].notna()]
    mark = known["state"].map({"past": "past", "current": "now"})
    other = known["state"].eq("current") & ~known["comparable"].astype("bool")
    bases = {key: pick(title) for key, title in BASIS_TITLES.items()}
    return pd.DataFrame(
        {
            "date": known["period_end"],
            "value": known["value"],
            "mark": mark.mask(other, "other"),
            "told": known["basis"].map(bases),
        }
    ).reset_index(drop=True)
