"""The charts of an evaluation, each drawn from one frame with fixed column names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.scorecards.card import TOP
from layers.evaluation import EVALUATION_TITLES
from views import charts
from views.text import _
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

    from views.charts import Drawing

    Band = tuple[str, float, float]

_ROW_PX = 24
_PAIR_PX = 36
_FRAME_PX = 100  # axis, title and the names of the grades
_LABEL_PX = 190
_GROUNDS = ("#cfe6f5", "#e4f0e2", "#fdf3cf", "#fbe0d2")
_DECIDED, _OPEN, _OPEN_EDGE = "#0b5c8a", "#c2cbd3", "#6b7884"
_BEFORE = "#7ab8dc"
_REST = "#eef2f5"
_BAR_PX = 11
_LEGEND_COLUMNS = 4
_ROOM = 1.45  # the ranks, and beside them the column of probabilities
STATE_COLOURS = {
    "known": "#0b5c8a",
    "partial": "#7ab8dc",
    "not_reported": "#e69f00",
    "missing": "#f5d89a",
    "withheld": "#8e6aa8",
    "doubtful": "#c2560c",
    "not_applicable": "#c9d1d8",
}
"""Colour of what is known of a criterion, by state."""


def scores(frame: pd.DataFrame, bands: Sequence[Band], title: str) -> Drawing:
    """Draw score intervals over the bands of the grades.

    Parameters
    ----------
    frame
        ``label``, ``low``, ``high`` (0 … 100), ``decided``, ``grade``, in order.
    bands
        Name, lowest and highest score of each grade, best first.
    title
        What the labels are.
    """
    import altair as alt

    base = alt.Chart(frame).encode(y=_rows(frame))
    x = _points(bands, _("Score (0 to 100)"))
    tooltip = [
        alt.Tooltip("label:N", title=title),
        alt.Tooltip("low:Q", title=pick(EVALUATION_TITLES["score_low"]), format=".1f"),
        alt.Tooltip("high:Q", title=pick(EVALUATION_TITLES["score_high"]), format=".1f"),
        alt.Tooltip("grade:N", title=_("Grade")),
    ]
    bars = base.mark_bar(size=_BAR_PX, strokeWidth=1).encode(
        x=x,
        x2="high:Q",
        color=_if_decided(_DECIDED, _OPEN),
        stroke=_if_decided(_DECIDED, _OPEN_EDGE),
        strokeDash=_dashed(),
        tooltip=tooltip,
    )
    # A score that is known to the point has no width.
    exact = (
        base.mark_point(shape="diamond", filled=True, size=110, opacity=1)
        .encode(x=x, color=_if_decided(_DECIDED, _OPEN_EDGE), tooltip=tooltip)
        .transform_filter("datum.high - datum.low < 0.5")
    )
    return _tall(alt.layer(*_grounds(bands), bars, exact), frame)


def ranks(frame: pd.DataFrame) -> Drawing:
    """Draw rank intervals, and beside them the probability of the last third.

    Parameters
    ----------
    frame
        ``label``, ``rank_low``, ``rank_high``, ``rank_mean`` (NaN is not ranked),
        ``p_worst_third`` (0 … 1), ``worst``, ``chance`` (as text), in order.
    """
    import altair as alt

    most = max(2.0, float(frame["rank_high"].fillna(0.0).max()))
    step = max(1, round(most / 6))
    x = alt.X(
        "rank_low:Q",
        title=_("Rank (1 = best)"),
        scale=alt.Scale(domain=[0.5, most * _ROOM], nice=False),
        axis=alt.Axis(values=[1, *range(step, int(most) + 1, step)], format="d", grid=False),
    )
    base = alt.Chart(frame).encode(y=_rows(frame, labelled=False))
    tooltip = [
        alt.Tooltip("label:N", title=_("Name")),
        alt.Tooltip("rank_low:Q", title=_("Best rank"), format="d"),
        alt.Tooltip("rank_high:Q", title=_("Last rank"), format="d"),
        alt.Tooltip("rank_mean:Q", title=_("Mean rank"), format=".1f"),
        alt.Tooltip("p_worst_third:Q", title=_("Probability of the last third"), format=".0%"),
    ]
    ranked = base.transform_filter("isValid(datum.rank_low)")
    bars = ranked.mark_rule(strokeWidth=6, opacity=0.45, strokeCap="round").encode(
        x=x, x2="rank_high:Q", color=_if_decided(_DECIDED, _OPEN_EDGE), tooltip=tooltip
    )
    mean = ranked.mark_point(filled=True, size=60, opacity=1).encode(
        x="rank_mean:Q", color=_if_decided(_DECIDED, _OPEN_EDGE), tooltip=tooltip
    )
    at = alt.X(datum=most * (1 + (_ROOM - 1) * 0.95))
    text = base.mark_text(align="right", fontSize=11).encode(
        x=at,
        text="chance:N",
        color=alt.condition(
            "datum.worst", alt.value("#8a3200"), alt.value(charts.INK), empty=False
        ),
    )
    head = (
        alt.Chart(pd.DataFrame({"said": [_("P(last third)")]}))
        .mark_text(align="right", baseline="bottom", fontSize=11, color=charts.INK)
        .encode(x=at, y=alt.value(-4), text="said:N")
    )
    return _tall(alt.layer(bars, mean, text, head), frame)


def contributions(frame: pd.DataFrame, parts: Sequence[str]) -> Drawing:
    """Draw what each criterion gives, what is unknown, and what is lost, as stacked bars.

    Parameters
    ----------
    frame
        ``label``, ``part``, ``place`` (order of the part) and ``points``; ``told``.
    parts
        The three parts in order: sure, unknown, lost.
    """
    import altair as alt

    scale = alt.Scale(domain=list(parts), range=[_DECIDED, "#8796a5", _REST])
    bars = (
        alt.Chart(frame)
        .mark_bar(size=_BAR_PX + 3, stroke="#9aa7b3", strokeWidth=0.5)
        .encode(
            y=_rows(frame, label_px=_LABEL_PX + 60),
            x=alt.X(
                "points:Q",
                stack="zero",
                axis=alt.Axis(format="~g", tickCount=8),
                title=_("Points of 100"),
            ),
            order=alt.Order("place:Q"),
            color=alt.Color("part:N", scale=scale, sort=list(parts), title=None),
            tooltip=[
                alt.Tooltip("label:N", title=_("Criterion")),
                alt.Tooltip("part:N", title=_("Part")),
                alt.Tooltip("points:Q", title=_("Points of 100"), format=".1f"),
                alt.Tooltip("told:N", title=_("Value")),
            ],
        )
    )
    return _tall(alt.layer(bars), frame)


def pairs(frame: pd.DataFrame, bands: Sequence[Band], sides: tuple[str, str]) -> Drawing:
    """Draw two score intervals of each subject over the bands of the grades.

    Parameters
    ----------
    frame
        ``label``, ``side``, ``low``, ``high``, ``decided``, ``grade``, in order.
    bands
        As in :func:`scores`.
    sides
        Names of the earlier and the later one.
    """
    import altair as alt

    scale = alt.Scale(domain=list(sides), range=[_BEFORE, _DECIDED])
    base = alt.Chart(frame).encode(
        y=_rows(frame),
        yOffset=alt.YOffset("side:N", sort=list(sides)),
        x=_points(bands, _("Score (0 to 100)")),
        color=alt.condition(
            "datum.decided",
            alt.Color("side:N", scale=scale, sort=list(sides), title=None),
            alt.value(_OPEN),
            empty=False,
        ),
        stroke=_if_decided("transparent", _OPEN_EDGE),
        strokeDash=_dashed(),
        tooltip=[
            alt.Tooltip("label:N", title=_("Name")),
            alt.Tooltip("side:N", title=_("Compared")),
            alt.Tooltip("low:Q", title=pick(EVALUATION_TITLES["score_low"]), format=".1f"),
            alt.Tooltip("high:Q", title=pick(EVALUATION_TITLES["score_high"]), format=".1f"),
            alt.Tooltip("grade:N", title=_("Grade")),
        ],
    )
    bars = base.mark_bar(height=8, strokeWidth=1).encode(x2="high:Q")
    exact = base.mark_point(shape="diamond", filled=True, size=70, opacity=1).transform_filter(
        "datum.high - datum.low < 0.5"
    )
    return _tall(alt.layer(*_grounds(bands), bars, exact), frame, _PAIR_PX)


def coverage(frame: pd.DataFrame, states: dict[str, str]) -> Drawing:
    """Draw how much of each criterion is known, and why the rest is not.

    Parameters
    ----------
    frame
        ``label``, ``state_title``, ``place`` (order of the state), ``share`` (0 … 1), ``n``.
    states
        Titles of the states by code, in order.
    """
    import altair as alt

    scale = alt.Scale(
        domain=list(states.values()), range=[STATE_COLOURS[state] for state in states]
    )
    legend = alt.Legend(columns=_LEGEND_COLUMNS)
    bars = (
        alt.Chart(frame)
        .mark_bar(size=_BAR_PX + 3, stroke="#ffffff")
        .encode(
            y=_rows(frame, label_px=_LABEL_PX + 60),
            x=alt.X(
                "share:Q",
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=5),
                title=_("Share of the subjects"),
            ),
            order=alt.Order("place:Q"),
            color=alt.Color(
                "state_title:N",
                scale=scale,
                sort=list(states.values()),
                title=None,
                legend=legend,
            ),
            tooltip=[
                alt.Tooltip("label:N", title=_("Criterion")),
                alt.Tooltip("state_title:N", title=_("State")),
                alt.Tooltip("n:Q", title=_("Subjects"), format="d"),
                alt.Tooltip("share:Q", title=_("Share of the subjects"), format=".0%"),
            ],
        )
    )
    return _tall(alt.layer(bars), frame, _ROW_PX + 4)


def _if_decided(then: str, otherwise: str) -> alt.AnyConditional:
    import altair as alt

    return alt.condition("datum.decided", alt.value(then), alt.value(otherwise), empty=False)


def _dashed() -> alt.AnyConditional:
    """Return the edge of a bar: dashed where no grade is decided."""
    import altair as alt

    return alt.condition("datum.decided", alt.value([1, 0]), alt.value([3, 2]), empty=False)


def _points(bands: Sequence[Band], title: str) -> alt.X:
    import altair as alt

    limits = sorted({0.0, TOP, *(low for _name, low, _high in bands)})
    return alt.X(
        "low:Q",
        title=title,
        scale=alt.Scale(domain=[0, TOP], nice=False),
        axis=alt.Axis(values=limits, grid=False),
    )


def _grounds(bands: Sequence[Band]) -> tuple[alt.Chart, alt.Chart]:
    """Return the bands of the grades, and their names above them."""
    import altair as alt

    last = max(len(bands) - 1, 1)
    told = pd.DataFrame(
        [
            (name, low, high, (low + high) / 2, _GROUNDS[round(n * (len(_GROUNDS) - 1) / last)])
            for n, (name, low, high) in enumerate(bands)
        ],
        columns=["band", "start", "end", "middle", "ground"],
    )
    base = alt.Chart(told)
    rects = base.mark_rect(opacity=0.75, stroke="#ffffff").encode(
        x="start:Q", x2="end:Q", fill=alt.Fill("ground:N", scale=None)
    )
    said = base.mark_text(baseline="bottom", fontSize=11, color=charts.INK).encode(
        x="middle:Q", y=alt.value(-4), text="band:N"
    )
    return rects, said


def _rows(frame: pd.DataFrame, *, labelled: bool = True, label_px: int = _LABEL_PX) -> alt.Y:
    """Return the labels below each other, in the order of the frame."""
    import altair as alt

    order = list(dict.fromkeys(frame["label"]))
    axis = alt.Axis(
        labels=labelled,
        labelLimit=label_px,
        labelOverlap=False,
        ticks=False,
        domain=False,
        # Leads the eye from a label to its marks.
        grid=not labelled,
    )
    return alt.Y("label:N", sort=order, title=None, axis=axis)


def _tall(chart: Drawing, frame: pd.DataFrame, row_px: int = _ROW_PX) -> Drawing:
    """Give every label a line of its own."""
    return chart.properties(height=_FRAME_PX + row_px * int(frame["label"].nunique()))
