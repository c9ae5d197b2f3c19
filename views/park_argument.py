"""Why one park has its colour: what lies between, chance, and other parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from geo.phrases import CLOSE
from geo.reasons import chance_sentence
from geo.scatter import chance_distances
from layers.i18n import unknown
from layers.stock import STOCK_TITLES
from views import charts
from views import links
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from geo.scatter import ScatterResult
    from views.charts import Drawing

_MOST_BINS = 40
_HISTOGRAM_PX = 240
_CELL_PX = 38


def show(result: ScatterResult, row: pd.Series) -> None:
    """Show the argument about one park.

    Parameters
    ----------
    result
        What was found.
    row
        The park's row of its table.
    """
    if unknown(row["sites"]):
        return  # nothing is located, as the map says in its place
    _ways(row)
    with st.container(key="split"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        st.markdown(f"### {_('Against chance')}")
        _chance(result, row)
    with right:
        st.markdown(f"### {_('With other parameters')}")
        _runs(result, row)


def _ways(row: pd.Series) -> None:
    """Say how pairs of sites are walked where not straight, and whether that decides."""
    told = [
        text.format(n=num(row[name]))
        for name, text in (
            ("detoured_pairs", _("pairs of sites led through crossings: {n}")),
            ("blocked_pairs", _("pairs across a barrier without a known crossing: {n}")),
            ("network_pairs", _("pairs measured on the walking network: {n}")),
            ("unsnapped_sites", _("sites too far from the walking network: {n}")),
        )
        if not unknown(row[name]) and row[name] > 0
    ]
    if told:
        told.append(_("lines on the map are straight, the figures beside them are walks"))
        st.caption(" · ".join(told))
    straight = row["flag_straight"]
    if not unknown(straight) and straight != row["flag"]:
        st.warning(
            _("Walking straight it would be {straight}; the way it is walked it is {now}.").format(
                straight=md(links.flag_title(straight)), now=md(links.flag_title(row["flag"]))
            )
        )


def _chance(result: ScatterResult, row: pd.Series) -> None:
    """Show the sentence of the test, and the draws with the park's place among them."""
    if unknown(row["p_low"]):
        st.info(_untested(result, row))
        return
    on_land = result.chance is not None and result.chance.stock_size is None
    sentence = chance_sentence(row["p_low"], row["p_high"], result.parameters, on_land=on_land)
    st.markdown(f"**{md(sentence.zh if lang() == 'zh' else sentence.en)}**")
    straight_m, draws_m = chance_distances(result, row["park_id"])
    detour = result.parameters.detour
    own_m = straight_m * detour
    if draws_m.size:
        counted = _("Placements") if row["chance_method"] == "exact" else _("Draws")
        frame = bins(draws_m * detour, own_m)
        charts.show(
            _histogram(frame, own_m, counted),
            frame,
            {
                "from_m": _("From (m)"),
                "to_m": _("To (m)"),
                "draws": counted,
                "place": _("Against the park"),
            },
            key="scatter_chart_chance",
            says=_("How far apart the park's sites are at random, and where the park stands"),
        )
    st.caption(_measured(row))
    st.caption(_how(result, row, own_m))


def _untested(result: ScatterResult, row: pd.Series) -> str:
    if row["sites"] == 1:
        return _("The park has one site only, so there is nothing to test.")
    if result.chance is None:
        return _("Not held against chance: there are no buildings or land to throw spaces on.")
    return _("Not held against chance: the stock is too small for this many sites.")


def _measured(row: pd.Series) -> str:
    """Return the numbers of the test."""
    found = _(
        "At least as compact: p = {low} (adjusted over all parks {adjusted}). At least as "
        "spread: p = {high}. Standardised effect {effect}."
    ).format(
        low=num(row["p_low"], digits=3),
        adjusted=num(row["p_low_adjusted"], digits=3),
        high=num(row["p_high"], digits=3),
        effect=num(row["standardised_effect"], digits=2),
    )
    if row["chance_method"] == "exact":
        return found
    error = _("Monte-Carlo error of p: ±{error}.").format(error=num(row["p_low_error"], digits=4))
    return f"{found} {error}"


def _how(result: ScatterResult, row: pd.Series, own_m: float) -> str:
    """Return how the test was made."""
    detour = f"{result.parameters.detour:g}"
    stock = STOCK_TITLES.get(str(row["stock"]))
    place = "—" if stock is None else pick(stock)
    size = "" if unknown(row["stock_size"]) else f" ({num(row['stock_size'])})"
    if row["chance_method"] == "exact":
        made = _("Every one of {n} placements was counted, none drawn.").format(n=num(row["draws"]))
    else:
        made = _("{n} draws, seed {seed}.").format(n=num(row["draws"]), seed=row["seed"])
    thrown = _("Thrown on: {stock}.").format(stock=md(f"{place}{size}"))
    straight = _("Distances are straight lines × {detour}, for the park as for the draws.").format(
        detour=detour
    )
    return f"{thrown} {made} {straight}{_apart(row, own_m)}"


def _apart(row: pd.Series, own_m: float) -> str:
    """Say how the place of the park among the draws differs from its distance on foot."""
    if math.isclose(own_m, row["mean_distance_m"], rel_tol=CLOSE):
        return ""
    told = _("Straight, the park is {straight} apart; the way it is walked, {walked}.").format(
        straight=num(own_m, unit="m"), walked=num(row["mean_distance_m"], unit="m")
    )
    return f" {told}"


def bins(draws_m: np.ndarray, own_m: float) -> pd.DataFrame:
    """Count the draws in bars, so that no bar lies on both sides of the park.

    Parameters
    ----------
    draws_m
        Mean distance of every draw, metres, shape (draws,).
    own_m
        That of the park.

    Returns
    -------
    DataFrame
        ``from_m``, ``to_m``, ``draws`` and ``place`` (in words: at least as compact as
        the park, or more spread).
    """
    # What differs in the last digits only is as far apart as the park is.
    draws_m = np.where(np.isclose(draws_m, own_m, rtol=CLOSE, atol=0.0), own_m, draws_m)
    low, high = min(float(draws_m.min()), own_m), max(float(draws_m.max()), own_m)
    wide = (high - low) / _MOST_BINS
    if not wide > 0:
        wide = 1.0
    before = int(np.ceil((own_m - low) / wide))
    after = max(int(np.ceil((high - own_m) / wide)), 1)
    edges = np.maximum(own_m + wide * np.arange(-before, after + 1), 0.0)
    # A draw as far apart as the park is as compact as it: bars are open below.
    bar = np.clip(np.searchsorted(edges, draws_m, side="left") - 1, 0, edges.size - 2)
    compact = edges[1:] <= own_m
    return pd.DataFrame(
        {
            "from_m": edges[:-1],
            "to_m": edges[1:],
            "draws": np.bincount(bar, minlength=edges.size - 1),
            "place": np.where(compact, _("at least as compact"), _("more spread")),
        }
    )


def _histogram(frame: pd.DataFrame, own_m: float, counted: str) -> Drawing:
    import altair as alt

    # Named by hand, because the marks must agree with the sides of the park.
    sides = [_("at least as compact"), _("more spread")]
    axis = alt.Axis(format=",.0f")
    bars = (
        alt.Chart(frame)
        .mark_bar(stroke="#ffffff", strokeWidth=0.5)
        .encode(
            x=alt.X("from_m:Q", bin="binned", title=_("Mean distance on foot (m)"), axis=axis),
            x2="to_m:Q",
            y=alt.Y("draws:Q", title=counted),
            color=alt.Color(
                "place:N", scale=alt.Scale(domain=sides, range=["#0b5c8a", "#c9d1d8"]), title=None
            ),
            tooltip=[
                alt.Tooltip("from_m:Q", title=_("From (m)"), format=",.0f"),
                alt.Tooltip("to_m:Q", title=_("To (m)"), format=",.0f"),
                alt.Tooltip("draws:Q", title=counted),
            ],
        )
    )
    own = alt.Chart(pd.DataFrame({"own_m": [own_m], "text": [_("this park")]}))
    rule = own.mark_rule(color=charts.GAP, strokeWidth=2.5).encode(x="own_m:Q")
    text = own.mark_text(color=charts.GAP, align="left", dx=5, y=8, fontWeight="bold").encode(
        x="own_m:Q", text="text:N"
    )
    return alt.layer(bars, rule, text).properties(height=_HISTOGRAM_PX)


def _runs(result: ScatterResult, row: pd.Series) -> None:
    """Show the colour with other readings of "can be walked"."""
    own = result.runs[result.runs["park_id"].eq(row["park_id"])]
    if unknown(row["stability"]) or own.empty:
        st.info(_("Too little is located or measured, so other parameters are not tried."))
        return
    frame = own.assign(
        flag_title=own["flag"].map(links.flag_title),
        mark=own["flag"].map(links.FLAG_MARKS),
        gap=[_("gap {gap} m").format(gap=f"{gap:g}") for gap in own["site_gap_m"]],
    )
    stable = row["stability"] >= result.parameters.stable_share
    st.markdown(
        _("{share} of {runs} runs keep the colour: **{verdict}**.").format(
            share=pct(row["stability"], digits=0),
            runs=num(len(frame)),
            verdict=_("stable") if stable else _("not stable"),
        )
    )
    charts.show(
        _heat_map(frame),
        frame,
        {
            "site_gap_m": _("Site gap (m)"),
            "detour": _("Detour factor"),
            "walk_m": _("Longest walk (m)"),
            "flag_title": _("Flag"),
            "sites": _("Sites"),
            "clusters": _("Clusters"),
            "largest_cluster_share": _("Largest walkable share"),
            "effective_clusters": _("Effective clusters"),
            "longest_gap_m": _("Longest gap (m)"),
            "p_low": _("Chance test p"),
        },
        key="scatter_chart_runs",
        says=_("The colour of the park for other walks, detours and gaps"),
        stretch=False,
    )


def _heat_map(frame: pd.DataFrame) -> Drawing:
    import altair as alt

    across = alt.X("walk_m:O", title=_("Longest walk (m)"), axis=alt.Axis(labelAngle=0))
    down = alt.Y("detour:O", title=_("Detour factor"), sort="ascending")
    legend = alt.Legend(symbolType="square", symbolSize=160, symbolStrokeWidth=0)
    cells = (
        alt.Chart()
        .mark_rect(stroke="#ffffff", strokeWidth=2)
        .encode(x=across, y=down, color=charts.flag_colour(ground=True, legend=legend))
    )
    marks = (
        alt.Chart()
        .mark_text(fontSize=17)
        .encode(
            x=across,
            y=down,
            text="mark:N",
            color=alt.value(charts.INK),
            tooltip=[
                alt.Tooltip("flag_title:N", title=_("Flag")),
                alt.Tooltip("sites:Q", title=_("Sites")),
                alt.Tooltip("clusters:Q", title=_("Clusters")),
                alt.Tooltip(
                    "largest_cluster_share:Q", title=_("Largest walkable share"), format=".1%"
                ),
                alt.Tooltip("longest_gap_m:Q", title=_("Longest gap (m)"), format=",.0f"),
            ],
        )
    )
    gaps = [g for _gap, g in sorted(set(zip(frame["site_gap_m"], frame["gap"], strict=True)))]
    across_px = _CELL_PX * int(frame["walk_m"].nunique())
    down_px = _CELL_PX * int(frame["detour"].nunique())
    panel = alt.layer(cells, marks).properties(width=across_px, height=down_px)
    header = alt.Header(title=None)
    return panel.facet(column=alt.Column("gap:N", sort=gaps, header=header), data=frame, spacing=10)
