"""The charts of the district: forms, ranking, zones and trend, each from one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from views import charts
from views.text import _

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from views.charts import Drawing

_PANEL_PX = 190
_PANELS_A_ROW = 5
_ROW_PX = 22
_FRAME_PX = 120  # legend, axis and title
_LABEL_PX = 260
_PARTS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
_BORDER, _OUTSIDE = "#F0E442", "#c9d1d8"


def forms(frame: pd.DataFrame, panels: list[str], half_m: float) -> Drawing:
    """Draw every park as a small map, all at the same scale.

    Parameters
    ----------
    frame
        Result of :func:`views.scattering.forms.frame`.
    panels
        Titles of the panels, in their order.
    half_m
        Half the width of a panel, metres.
    """
    import altair as alt

    scale = alt.Scale(domain=[-half_m, half_m], nice=False)
    x, y = (alt.X("x_m:Q", scale=scale, axis=None), alt.Y("y_m:Q", scale=scale, axis=None))
    links = (
        alt.Chart()
        .mark_rule(strokeWidth=1.6)
        .encode(
            x=x,
            y=y,
            x2="x2_m:Q",
            y2="y2_m:Q",
            color=alt.condition(
                "datum.walkable", alt.value(charts.INK), alt.value(charts.GAP), empty=False
            ),
            strokeDash=alt.condition(
                "datum.walkable", alt.value([1, 0]), alt.value([4, 4]), empty=False
            ),
        )
        .transform_filter("datum.kind == 'link'")
    )
    numbers = [str(n) for n in range(1, len(charts.CLUSTER_COLOURS))]
    colours = alt.Scale(
        domain=[*numbers, f"{len(charts.CLUSTER_COLOURS)}+"], range=list(charts.CLUSTER_COLOURS)
    )
    sites = (
        alt.Chart()
        .mark_circle(opacity=0.9, stroke="#ffffff", strokeWidth=1)
        .encode(
            x=x,
            y=y,
            size=alt.Size("share:Q", scale=alt.Scale(domain=[0, 1], range=[12, 700]), legend=None),
            color=alt.Color("cluster:N", scale=colours, title=_("Walking cluster, by size")),
            tooltip=[
                alt.Tooltip("site:Q", title=_("Site")),
                alt.Tooltip("cluster:N", title=_("Cluster")),
                alt.Tooltip("share:Q", title=_("Share of the park"), format=".0%"),
            ],
        )
        .transform_filter("datum.kind == 'site'")
    )
    header = alt.Header(
        title=None, labelExpr="split(datum.label, '\\n')", labelLimit=_PANEL_PX, labelFontSize=12
    )
    both = alt.layer(links, sites).properties(
        width=_PANEL_PX, height=_PANEL_PX, view=alt.ViewBackground(stroke="#d5dde4", strokeWidth=1)
    )
    return both.facet(
        facet=alt.Facet("panel:N", sort=panels, header=header),
        columns=_PANELS_A_ROW,
        data=frame,
        spacing=12,
    )


def ranking(frame: pd.DataFrame, title: str, *, share: bool) -> Drawing:
    """Draw the place of every park and the interval over the runs.

    Parameters
    ----------
    frame
        ``park``, ``value``, ``low``, ``high``, ``flag_title``, in order.
    title
        What `value` is.
    share
        Whether it is a share (0 to 1) or a rank.
    """
    import altair as alt

    axis = alt.Axis(format="%") if share else alt.Axis(tickMinStep=1, format="d")
    scale = alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=False)
    park = _by_park(frame)
    base = alt.Chart(frame)
    bars = base.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round").encode(
        y=park,
        x=alt.X("low:Q", title=title, axis=axis, scale=scale),
        x2="high:Q",
        color=charts.flag_colour(),
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        y=park,
        x=alt.X("value:Q", title=title, axis=axis, scale=scale),
        color=charts.flag_colour(),
        shape=charts.flag_shape(),
        tooltip=[
            alt.Tooltip("park:N", title=_("Park")),
            alt.Tooltip("flag_title:N", title=_("Flag")),
            *(
                alt.Tooltip(f"{name}:Q", title=words, format=".0%" if share else "d")
                for name, words in (
                    ("value", title),
                    ("low", _("lowest of the runs")),
                    ("high", _("highest of the runs")),
                )
            ),
        ],
    )
    return _tall(alt.layer(bars, dots), frame)


def zones(frame: pd.DataFrame, parts: list[str]) -> Drawing:
    """Draw how much of every park lies in which belt.

    Parameters
    ----------
    frame
        ``park``, ``part``, ``place`` (order of the part) and ``share`` (0 to 1).
    parts
        The parts in order; the last two are the border and what is outside.
    """
    import altair as alt

    belts = len(parts) - 2
    colours = [_PARTS[n % len(_PARTS)] for n in range(belts)]
    scale = alt.Scale(domain=parts, range=[*colours, _BORDER, _OUTSIDE])
    share = alt.X("share:Q", stack="zero", axis=alt.Axis(format="%"), title=_("Share of the park"))
    base = alt.Chart(frame).encode(y=_by_park(frame), order=alt.Order("place:Q"))
    bars = base.mark_bar(stroke="#ffffff").encode(
        x=share,
        color=alt.Color("part:N", scale=scale, title=None, sort=parts),
        tooltip=[
            alt.Tooltip("park:N", title=_("Park")),
            alt.Tooltip("part:N", title=_("Zone")),
            alt.Tooltip("share:Q", title=_("Share of the park"), format=".1%"),
        ],
    )
    text = base.mark_text(fontSize=11).encode(
        x=alt.X("share:Q", stack="zero", bandPosition=0.5),
        text=alt.Text("share:Q", format=".0%"),
        color=alt.condition(
            f"datum.place < {belts}", alt.value("#ffffff"), alt.value(charts.INK), empty=False
        ),
        opacity=alt.condition("datum.share > 0.07", alt.value(1), alt.value(0), empty=False),
    )
    return _tall(alt.layer(bars, text), frame)


def trend(frame: pd.DataFrame, title: str) -> Drawing:
    """Draw every park before and after.

    Parameters
    ----------
    frame
        ``park``, ``before`` and ``after`` (0 to 1, either may be missing), ``flag_title``
        (the later flag).
    title
        What `before` and `after` are.
    """
    import altair as alt

    axis, scale = alt.Axis(format="%"), alt.Scale(domain=[0, 1])
    first = alt.X("before:Q", axis=axis, scale=scale, title=title)
    then = alt.X("after:Q", axis=axis, scale=scale, title=title)
    base = alt.Chart(frame).encode(y=_by_park(frame))
    line = (
        base.mark_rule(color=charts.FAINT, strokeWidth=2)
        .encode(x=first, x2="after:Q")
        .transform_filter("isValid(datum.before) && isValid(datum.after)")
    )
    before = base.mark_point(size=80, filled=False, color=charts.INK, strokeWidth=1.5).encode(
        x=first
    )
    after = base.mark_point(size=90, filled=True, opacity=1).encode(
        x=then,
        color=charts.flag_colour(),
        shape=charts.flag_shape(),
        tooltip=[
            alt.Tooltip("park:N", title=_("Park")),
            alt.Tooltip("before:Q", title=_("Before"), format=".1%"),
            alt.Tooltip("after:Q", title=_("After"), format=".1%"),
        ],
    )
    return _tall(alt.layer(line, before, after), frame)


def _by_park(frame: pd.DataFrame) -> alt.Y:
    """Return the parks below each other, in the order of the frame."""
    import altair as alt

    order = list(dict.fromkeys(frame["park"]))
    return alt.Y(
        "park:N", sort=order, title=None, axis=alt.Axis(labelLimit=_LABEL_PX, labelOverlap=False)
    )


def _tall(chart: Drawing, frame: pd.DataFrame) -> Drawing:
    """Give every park a line of its own."""
    high = _FRAME_PX + _ROW_PX * int(frame["park"].nunique())
    return chart.properties(height=high)
