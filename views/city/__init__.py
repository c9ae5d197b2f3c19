"""全市: the districts of a city, their numbers, and the way into each of them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.i18n import moment
from layers.team import Right
from views import figures
from views import links
from views import place
from views import tables
from views import who
from views.city import data
from views.city import numbers
from views.city import picture
from views.text import _
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from typing import Any

    from layers.city import City
    from views.city.data import Command
    from views.city.data import Run
    from views.city.numbers import Number

_NUMBER = "city_number"
_VISIT = "city_visit"
_MOST_PX = 620
_MARK = 12  # digits of a hash, as many as tell two inputs apart


def render() -> None:
    """Show the page."""
    city = place.current().city
    assert city is not None  # the page is in the navigation of a city only
    code = place.unknown()
    if code:
        st.error(
            _("This city has no district with the code {code}. Choose one below.").format(
                code=md(code)
            )
        )
    known = numbers.all_numbers(city)
    st.markdown(f"### {md(_title(city))}")
    _counts(city, known)
    with st.container(key="split"):
        left, right = st.columns([6, 4], gap="medium")
        with left:
            picture.show(city, _chosen(known))
        with right:
            _whole(city)
    _table(city, known)


def _title(city: City) -> str:
    return _("All districts") if city.title is None else pick(city.title)


def _counts(city: City, known: dict[str, Number]) -> None:
    counted = [number for number in known.values() if number.command is None]
    figures.show(
        [
            (num(sum(1 for d in city.districts if d.code)), _("districts")),
            *((num(number.of_code.sum()), number.title) for number in counted),
        ]
    )


def _chosen(known: dict[str, Number]) -> Number | None:
    """Let the reader choose by which number the districts are coloured; None without any."""
    if not known:
        return None
    name = st.selectbox(
        _("Colour the districts by"),
        list(known),
        format_func=lambda name: known[name].heading,
        key=_NUMBER,
        persist_state="session",
    )
    return known[str(name)]


def _whole(city: City) -> None:
    """Show what the batch found for the whole city, or how to run it."""
    st.markdown(f"### {_('The whole city')}")
    runs = data.runs(city)
    for command in data.commands():
        st.markdown(f"**{_heading(command)}**")
        run = runs.get(command)
        if run is None and who.may(Right.INTERNAL):
            _not_run(city, command)
        elif run is None:
            st.caption(_("Not computed yet."))
        else:
            _totals(city, command, run)


def _heading(command: Command) -> str:
    return {
        "scatter": _("Scatter of parks"),
        "underused": _("Underused space"),
        "consolidate": _("Consolidation"),
    }[command]


def _not_run(city: City, command: Command) -> None:
    st.caption(_("Not computed yet. This command computes it for all districts:"))
    folder = shlex.quote(str(city.path))
    st.code(
        f"atlas batch {command} --input {folder} --out results --into {folder}",
        language=None,
        wrap_lines=True,
    )


def _totals(city: City, command: Command, run: Run) -> None:
    known = {n: v for n, v in numbers.all_numbers(city).items() if v.command == command}
    if run.is_sample:
        links.sample_badge(_("The numbers show the method, not the real city."))
    figures.show(
        [*((v.text(data.WHOLE), _with_unknown(v)) for v in known.values()), *_clusters(run)]
    )
    for text in _origin(city, run):
        st.caption(text)
    parameters = _parameters(run)
    if parameters:
        with st.expander(_("Parameters")):
            st.caption(parameters)


def _clusters(run: Run) -> list[tuple[str, str]]:
    """Return how the carriers of the whole city cluster, if the batch looked at it."""
    told = run.notes.get("clusters")
    if not isinstance(told, dict):
        return []
    share = pct(told.get("largest_cluster_share"))
    return [
        (num(told.get("clusters")), _("walking clusters of all carriers")),
        (share, _("carriers in the largest of them")),
    ]


def _with_unknown(number: Number) -> str:
    """Return the title of a number, and how many rows it leaves out."""
    left_out = None if number.left_out is None else number.left_out.get(data.WHOLE)
    if not left_out or pd.isna(left_out):
        return number.title
    said = _("{n} undecided") if number.judged else _("{n} unknown")
    return f"{number.title} · " + said.format(n=num(left_out))


def _origin(city: City, run: Run) -> list[str]:
    """Return when, by which rule and on what a batch ran, ready for Markdown."""
    said = [_("computed {time}").format(time=moment(run.time.isoformat())) if run.time else ""]
    rule = run.notes.get("rule_version")
    said.append(_("rule {version}").format(version=md(rule)) if rule else "")
    days = _days(run)
    said.append(_("as of {day}").format(day=md(days)) if days else "")
    said += _input(run) if who.may(Right.INTERNAL) else []
    told = " · ".join(text for text in said if text)
    lines = [told]
    if run.other_rule:
        lines.append(_("⚠ Computed by another version of the rule than that of this program."))
    titles = [pick(d.title) for d in city.districts if d.code in run.stale]
    if titles:
        lines.append(
            _("⚠ Out of date, layers have changed since: {districts}").format(
                districts=md(", ".join(titles))
            )
        )
    if not run.dated:
        lines.append(_("Whether layers have changed since cannot be told from this result."))
    if run.missing:
        lines.append(
            _("⚠ {n} objects could not be computed and are in no sum.").format(n=num(run.missing))
        )
    return [line for line in lines if line]


def _input(run: Run) -> list[str]:
    """Return what a batch was computed from, ready for Markdown: where it lay, a mark of it."""
    told = run.notes.get("input")
    if not isinstance(told, dict):
        return []
    path, mark = told.get("path") or told.get("address"), told.get("fingerprint")
    said = [_("input {path}").format(path=md(str(path)))] if path else []
    if mark:
        said.append(_("content {mark}").format(mark=md(str(mark)[:_MARK])))
    return said


def _days(run: Run) -> str:
    """Return the days that the numbers of the districts are about."""
    told = run.notes.get("as_of")
    days = sorted(set(told.values())) if isinstance(told, dict) else []
    return days[0] if len(days) == 1 else " – ".join((days[0], days[-1])) if days else ""


def _parameters(run: Run) -> str:
    """Return the parameters that a batch ran with, ready for Markdown."""
    told = run.notes.get("parameters")
    pairs = told.items() if isinstance(told, dict) else [("", told)]
    lines = [f"{name}: {value}" if name else str(value) for name, value in pairs if value]
    return "  \n".join(md(line) for line in lines)


def _table(city: City, known: dict[str, Number]) -> None:
    """Show the districts; the one that is ticked is opened."""
    st.markdown(f"### {_('Districts')}")
    visit = st.session_state.get(_VISIT, 0)
    shown, config = _shown(city, known)
    if any(run.is_sample for run in data.runs(city).values()):
        links.sample_badge(_("The numbers show the method, not the real city."))
    row = tables.pick_row(shown, key=f"city_table_{visit}", config=config, most_px=_MOST_PX)
    st.caption(_("Click a district on the map, or tick its row, to open it."))
    if row is not None:
        st.session_state[_VISIT] = visit + 1
        place.switch(place.name_of(city.districts[row]))
        st.rerun()


def _shown(city: City, known: dict[str, Number]) -> tuple[pd.DataFrame, dict[str, Any]]:
    codes = [district.code for district in city.districts]
    changed = [data.last_change(data.changes(city)[code]) for code in codes]
    frame = pd.DataFrame({_("District"): [pick(d.title) for d in city.districts]})
    frame[_("Code")] = codes
    for number in known.values():
        values = number.of_code.reindex(codes)
        frame[number.heading] = (values.round() if number.whole else values).to_numpy()
    frame[_("Last change")] = [
        None if time is None else moment(time.isoformat()) for time in changed
    ]
    if data.runs(city):
        frame[_("Batch")] = [_state(city, code) for code in codes]
    config = {
        number.heading: st.column_config.NumberColumn(
            format="localized" if number.whole else "%.1f"
        )
        for number in known.values()
    }
    return frame, config


def _state(city: City, code: str) -> str:
    """Return of which batches the numbers of a district are out of date."""
    stale = [_heading(name) for name, run in data.runs(city).items() if code in run.stale]
    if not stale:
        dated = all(run.dated for run in data.runs(city).values())
        return _("up to date") if dated else _("cannot be told")
    return _("out of date: {batches}").format(batches=", ".join(stale))
