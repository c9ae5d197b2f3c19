"""What all charts share: how a flag is drawn, and the table beneath each chart.

A chart is drawn from fixed column names, never from names that come from data: the
shorthand of Altair gives ``:``, ``.`` and ``[`` a meaning. Text from data stands in
the cells only, where Vega draws it as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

import streamlit as st

from views import links
from views import tables
from views.text import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Literal

    import altair as alt
    import pandas as pd

Drawing: TypeAlias = "alt.LayerChart | alt.FacetChart"

CLUSTER_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#999999",
)
"""Colours of the walking clusters, the largest first; the last one stands for the rest."""

INK = "#1f2d3a"
FAINT = "#8796a5"
GAP = "#8e1b4e"
"""Colour of what cannot be walked."""

_FLAG_COLOURS = {"green": "#00704f", "yellow": "#8a7d00", "red": "#b14500", "undecided": "#53616e"}
_FLAG_GROUNDS = {"green": "#d9f0e6", "yellow": "#fdf6c4", "red": "#fbe0d2", "undecided": "#e6ebef"}
_FLAG_SHAPES = {"green": "circle", "yellow": "triangle-up", "red": "square", "undecided": "diamond"}


def show(
    chart: Drawing,
    frame: pd.DataFrame,
    titles: Mapping[str, str],
    *,
    key: str,
    says: str,
    stretch: bool = True,
) -> None:
    """Show a chart, and beneath it the frame it is drawn from as a table.

    Parameters
    ----------
    chart, frame
        The chart and its frame.
    titles
        The columns of the frame that are shown, and what a person reads for them.
    key
        Name of the chart.
    says
        What the chart shows, for those who cannot see it.
    stretch
        Whether it takes the width of the page; small multiples have their own.
    """
    draw(chart, key=key, says=says, stretch=stretch)
    with st.expander(_("Table of this chart")):
        tables.show(frame[list(titles)].rename(columns=dict(titles)))


def draw(
    chart: Drawing,
    *,
    key: str,
    says: str,
    stretch: bool = True,
    clicked: Callable[[], None] | Literal["ignore"] = "ignore",
    clicks: str | None = None,
) -> None:
    """Show a chart by itself.

    Parameters
    ----------
    chart, key, says, stretch
        As in :func:`show`.
    clicked
        Called when a mark is clicked, before the page runs.
    clicks
        Name of the selection that holds the mark.
    """
    # Above the chart, where a long list of parks does not push it out of sight.
    chart = chart.configure_legend(orient="top", titleOrient="left", symbolOpacity=1)
    st.altair_chart(
        chart,
        width="stretch" if stretch else "content",
        key=key,
        alt=says,
        on_select=clicked,
        selection_mode=clicks,
    )


def flags() -> list[str]:
    """Return mark and title of every flag, in the order of their shapes and colours."""
    return [links.flag_title(flag) for flag in links.FLAG_MARKS]


def flag_colour(field: str = "flag_title", *, ground: bool = False, **options: Any) -> alt.Color:  # noqa: ANN401 - options of Altair
    """Return the colour of a flag as a channel.

    Parameters
    ----------
    field
        Column that holds mark and title of the flag, see :func:`views.links.flag_title`.
    ground
        Whether for an area that text stands on.
    options
        What else Altair is to know of the channel.
    """
    import altair as alt

    colours = _FLAG_GROUNDS if ground else _FLAG_COLOURS
    scale = alt.Scale(domain=flags(), range=[colours[flag] for flag in links.FLAG_MARKS])
    return alt.Color(f"{field}:N", scale=scale, title=_("Flag"), **options)


def flag_shape(field: str = "flag_title") -> alt.Shape:
    """Return the shape of a flag as a channel, so that no flag is told by colour alone."""
    import altair as alt

    scale = alt.Scale(domain=flags(), range=[_FLAG_SHAPES[flag] for flag in links.FLAG_MARKS])
    return alt.Shape(f"{field}:N", scale=scale, title=_("Flag"))
