"""The staircase: how many sites are left against what it costs, and the plan to choose."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from layers.proposals import FRONTIER_TITLES
from layers.proposals import WORDS
from views import charts
from views import tables
from views.consolidating import state
from views.consolidating import words
from views.text import _
from views.text import lang
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    import altair as alt

    from geo.consolidation.steps import Frontier
    from views.charts import Drawing
    from views.consolidating.state import Answer

_HEIGHT_PX = 330
_PLAN, _BOUND, _KNEE, _CHOSEN = "#0b5c8a", "#8e1b4e", "#a05a00", "#E69F00"
_CLICK = "step"
_SLANT, _CROWDED = 322, 9
_MOST_TICKS = 6
_BEND = 3
"""A line of fewer plans has no bend."""


def show(answer: Answer) -> None:
    """Show the staircase, and let the planner choose one of its plans."""
    frontier = answer.consolidation.frontier
    _headline(frontier)
    if not frontier.steps:
        return
    drawn = frame(frontier)
    key = f"consolidate_chart:{answer.key}"
    # The choice of a click is taken before the page runs, so that one run shows the plan.
    charts.draw(
        _chart(drawn, frontier, state.desk().chosen),
        key=key,
        clicked=lambda: _clicked(key),
        clicks=_CLICK,
        says=_("Sites left against cost: each mark is a plan, from today to the fewest sites"),
    )
    st.caption(_reading(frontier))
    _choose(answer)
    with st.expander(_("Table of this chart")):
        _table(answer)


def _headline(frontier: Frontier) -> None:
    """Say what is proven about the fewest sites."""
    if not frontier.steps:
        st.error(_("There is no plan: what was settled by hand cannot all be kept."))
        return
    fewest = min(step.presences for step in frontier.steps)
    told = _("Today {before} sites; this search found plans down to **{fewest}**: {proof}.").format(
        before=num(frontier.presences_before),
        fewest=num(fewest),
        proof=words.proof(frontier.status, frontier.gap),
    )
    bound = _("No plan under these limits can have fewer than {bound}.").format(
        bound=num(frontier.lower_bound)
    )
    st.markdown(f"{told} {bound}")


def frame(frontier: Frontier) -> pd.DataFrame:
    """Return what the staircase is drawn from.

    Returns
    -------
    DataFrame
        One row a plan: ``number`` (its place among all plans), ``kind`` (``stairs`` or
        ``zones``), ``presences``, ``cost``, ``zone_m2``, ``moves``, ``proven``,
        ``proof`` (in words), ``label`` (what the next site costs more) and ``knee``.
    """
    rows = []
    steps = len(frontier.steps)
    marginal = frontier.table["marginal_wan_per_site"].tolist()
    bend = knee([s.presences for s in frontier.steps], [s.cost_wan for s in frontier.steps])
    for number, step in enumerate((*frontier.steps, *frontier.zone_steps)):
        stairs = number < steps
        proven = words.is_proven(step.status, step.gap)
        told = _marginal(marginal[number]) if stairs else ""
        rows.append(
            {
                "number": number,
                "kind": "stairs" if stairs else "zones",
                "presences": step.presences,
                "cost": step.cost_wan,
                "zone_m2": step.in_zone_area_m2,
                "moves": step.moves,
                "proven": proven,
                "proof": words.proof(step.status, step.gap),
                "label": told if proven or not told else f"{told} ({_gap(step.gap)})",
                "knee": stairs and number == bend,
            }
        )
    # Those for more area in zones first, so that they lie below the staircase.
    return pd.DataFrame(rows).sort_values(["kind", "number"], ascending=False, ignore_index=True)


def _marginal(value: float) -> str:
    if not math.isfinite(value):
        return ""
    return f"+{num(value, digits=1)}"


def _gap(gap: float) -> str:
    return _("gap {gap}").format(gap=pct(gap) if math.isfinite(gap) else "?")


def knee(presences: list[int], costs: list[float]) -> int | None:
    """Return the plan after which each further site costs much more; None without a bend.

    The point of the staircase that lies farthest below the straight line between its
    ends, both axes scaled to 1 (Satopää et al. 2011).

    Parameters
    ----------
    presences, costs
        Of each plan, from most to fewest presences and from least to most cost.
    """
    if len(presences) < _BEND or costs[-1] <= costs[0]:
        return None
    given = (presences[0] - np.array(presences)) / (presences[0] - presences[-1])
    paid = (np.array(costs) - costs[0]) / (costs[-1] - costs[0])
    below = given - paid
    best = int(np.argmax(below))
    return best if below[best] > 0 else None


def _chart(drawn: pd.DataFrame, frontier: Frontier, chosen: int | None) -> Drawing:
    import altair as alt

    drawn = drawn.assign(chosen=drawn["number"].eq(-1 if chosen is None else chosen))
    least = min(frontier.lower_bound, int(drawn["presences"].min()))
    most = max(frontier.presences_before, int(drawn["presences"].max()))
    x = alt.X(
        "presences:Q",
        title=_("Sites left"),
        axis=alt.Axis(format="d", tickMinStep=1),
        scale=alt.Scale(domain=[least - 0.6, most + 0.6], nice=False),
    )
    highest = max(float(drawn["cost"].max()), 1.0)
    y = alt.Y(
        "cost:Q",
        title=_("Cost (10,000 yuan)"),
        # Room for the marks at the foot and for the labels at the top.
        scale=alt.Scale(domain=[-0.05 * highest, 1.4 * highest], nice=False),
        axis=alt.Axis(values=_ticks(highest), format=",.0f"),
    )
    base = alt.Chart(drawn).encode(x=x, y=y)
    stairs = base.transform_filter("datum.kind == 'stairs'")
    line = stairs.mark_line(interpolate="step-after", color=_PLAN, strokeWidth=1.6)
    ring = base.mark_point(size=420, color=_CHOSEN, strokeWidth=3.5).transform_filter(
        "datum.chosen"
    )
    slant = _SLANT if len(frontier.steps) > _CROWDED else 0
    text = stairs.mark_text(
        align="left", dx=8, dy=-8, angle=slant, color=charts.INK, fontSize=11
    ).encode(text="label:N")
    drawing = alt.layer(*_bound(frontier, x), line, ring, _marks(base), text, *_knee(stairs))
    return drawing.properties(height=_HEIGHT_PX)


def _ticks(highest: float) -> list[float]:
    """Return five or so round costs from 0 up to the highest."""
    size = 10.0 ** math.floor(math.log10(highest / 4))
    step = next(n * size for n in (1, 2, 5, 10) if highest / (n * size) <= _MOST_TICKS)
    return [step * n for n in range(int(highest / step) + 1)]


def _marks(base: alt.Chart) -> alt.Chart:
    """Return one mark a plan: filled if proven, another shape if for more area in zones."""
    import altair as alt

    proven, open_ = _("proven optimal"), _("not proven")
    titles = {"stairs": _("least cost"), "zones": _("more area in zones")}
    marks: alt.Chart = (
        base.transform_calculate(
            told=f"datum.proven ? {proven!r} : {open_!r}",
            what=f"datum.kind == 'stairs' ? {titles['stairs']!r} : {titles['zones']!r}",
        )
        .mark_point(strokeWidth=2, opacity=1, color=_PLAN, cursor="pointer")
        .encode(
            fill=alt.Fill(
                "told:N",
                scale=alt.Scale(domain=[proven, open_], range=[_PLAN, "#ffffff"]),
                title=None,
                legend=alt.Legend(symbolType="circle"),
            ),
            size=alt.condition("datum.kind == 'stairs'", alt.value(110), alt.value(230)),
            shape=alt.Shape(
                "what:N",
                scale=alt.Scale(domain=list(titles.values()), range=["circle", "diamond"]),
                title=None,
                legend=alt.Legend(symbolFillColor="#ffffff"),
            ),
            tooltip=[
                alt.Tooltip("presences:Q", title=_("Sites left")),
                alt.Tooltip("cost:Q", title=_("Cost (10,000 yuan)"), format=",.1f"),
                alt.Tooltip("moves:Q", title=_("Moves")),
                alt.Tooltip("zone_m2:Q", title=_("Area in zones (m²)"), format=",.0f"),
                alt.Tooltip("proof:N", title=_("Proof")),
            ],
        )
        .add_params(alt.selection_point(name=_CLICK, fields=["number"], empty=False))
    )
    return marks


def _bound(frontier: Frontier, x: alt.X) -> tuple[alt.Chart, alt.Chart]:
    import altair as alt

    told = _("proven: not fewer than {n}").format(n=num(frontier.lower_bound))
    at = alt.Chart(
        pd.DataFrame({"presences": [frontier.lower_bound], "cost": [0.0], "told": [told]})
    ).encode(x=x)
    return (
        at.mark_rule(color=_BOUND, strokeDash=[6, 5], strokeWidth=1.6),
        # At the foot, where the staircase is never low on this side.
        at.mark_text(color=_BOUND, align="left", dx=5).encode(text="told:N", y="cost:Q"),
    )


def _knee(stairs: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    import altair as alt

    at = stairs.transform_filter("datum.knee")
    return (
        at.mark_point(size=260, color=_KNEE, strokeWidth=1.5, strokeDash=[3, 3]),
        at.mark_text(color=_KNEE, align="right", dx=-11, dy=11).encode(text=alt.value(_("knee"))),
    )


def _reading(frontier: Frontier) -> str:
    told = [
        _(
            "Click a mark or choose a plan below. A label is what each further site costs more "
            "(10,000 yuan)."
        ),
        _("The dashed line is the proven bound: no plan can be left of it."),
    ]
    if any(not words.is_proven(step.status, step.gap) for step in frontier.steps):
        told.append(_("A hollow mark is not proven: a cheaper plan may exist, within its gap."))
    told.append(_("The knee is marked, not recommended: which step is worth it is yours to say."))
    return " ".join(told)


def _clicked(key: str) -> None:
    rows = st.session_state[key]["selection"].get(_CLICK) or []
    if rows:
        state.desk().chosen = int(rows[0]["number"])


def _choose(answer: Answer) -> None:
    desk = state.desk()
    before = answer.consolidation.frontier.presences_before
    key = f"consolidate_step:{answer.key}:{lang()}"
    if st.session_state.get(key, -1) != desk.chosen:
        st.session_state[key] = desk.chosen

    def changed() -> None:
        desk.chosen = st.session_state[key]

    st.selectbox(
        _("Plan"),
        range(len(answer.steps)),
        index=None,
        format_func=lambda number: _option(answer, number, before),
        placeholder=_("choose a plan"),
        key=key,
        on_change=changed,
    )


def _option(answer: Answer, number: int, before: int) -> str:
    told = words.step_title(answer.steps[number], before=before)
    if number < len(answer.consolidation.frontier.steps):
        return told
    return f"{told} · {_('more area in zones')}"


def _table(answer: Answer) -> None:
    frontier = answer.consolidation.frontier
    titles: dict[str, Any] = {n: t for n, t in FRONTIER_TITLES.items() if n in frontier.table}
    table = frontier.table.assign(
        status=[pick(WORDS["status"][step.status]) for step in frontier.steps]
    )
    tables.show(table.round(3).rename(columns={name: pick(t) for name, t in titles.items()}))
