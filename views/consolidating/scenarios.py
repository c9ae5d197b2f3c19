"""Scenarios: save, open, copy and remove them, hold two side by side, and merge two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import TypeVar

import streamlit as st

from layers import scenarios as kept
from layers.errors import AtlasError
from layers.i18n import moment
from layers.scenarios import Scenario
from layers.scenarios import ScenarioConflictError
from layers.scenarios import answers
from views import seen
from views import store
from views import who
from views.consolidating import data
from views.consolidating import hand
from views.consolidating import side_by_side
from views.consolidating import state
from views.consolidating import words
from views.consolidating.state import PARKS
from views.consolidating.state import Answer
from views.consolidating.state import Wish
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.workspace import Workspace

T = TypeVar("T")
_DONE = "consolidate_done"


def show(wish: Wish) -> None:
    """Show the scenarios of the workspace and what can be done with them."""
    done = st.session_state.pop(_DONE, "")
    if done:
        st.success(done)
    try:
        saved, problems = kept.list_scenarios(store.current().workspace)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    for problem in problems.values():
        st.error(md(pick(problem.text)))
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        _save(wish)
    with right, st.container(border=True):
        _manage(saved)
    if len(saved) > 1:
        _two(saved)


def _attempt(work: Callable[[], str]) -> None:
    """Do something with the store: tell what was done, or why it was not."""
    try:
        told = work()
    except (AtlasError, ValueError) as error:
        st.error(words.problem(error))
        return
    st.session_state[_DONE] = told
    st.rerun()


def _save(wish: Wish) -> None:
    st.markdown(f"### {_('Save this plan as a scenario')}")
    desk = state.desk()
    opened = desk.scenario
    name = st.text_input(
        _("Name of the scenario"),
        value=opened.name if opened else "",
        max_chars=80,
        key=f"consolidate_name:{opened.name if opened else ''}",
    )
    note = st.text_area(
        _("Note"),
        value=opened.note if opened else "",
        key=f"consolidate_note:{opened.name if opened else ''}",
        height=70,
    )
    author = hand.author()
    if desk.answer is None:
        st.caption(_("Nothing is solved yet: limits and what is settled by hand are saved."))
    elif desk.answer.wish != wish:
        st.caption(
            _("The plans were made with other settings; they are saved only after solving again.")
        )
    if st.button(_("Save"), type="primary", key="consolidate_save", disabled=not name):
        _attempt(lambda: _write(_scenario(wish, name or "", author, note or "")))


def _scenario(wish: Wish, name: str, author: str, note: str) -> Scenario:
    """Return what is on the desk as a scenario."""
    desk, opened = state.desk(), state.desk().scenario
    scenario = Scenario(
        name=name,
        author=author,
        note=note,
        parks=wish.parks,
        parameters=wish.parameters,
        overrides=wish.overrides,
        versions=dict(data.used_versions(store.versions())),
    )
    if opened is not None and opened.name == scenario.name:
        scenario = replace(scenario, revision=opened.revision, created=opened.created)
    if desk.answer is None or desk.answer.wish != wish:
        return scenario
    problem = desk.answer.consolidation.register.problem
    return replace(
        scenario,
        versions=dict(data.used_versions(desk.answer.versions)),
        steps=tuple(kept.saved_step(problem, step) for step in desk.answer.steps),
        chosen=desk.chosen,
    )


def _write(scenario: Scenario) -> str:
    try:
        saved = _kept("save", scenario.name, lambda workspace: kept.save(workspace, scenario))
    except ScenarioConflictError:
        return _write_beside(scenario)
    state.desk().scenario = saved
    return _("Saved as revision {n} of **{name}**.").format(n=saved.revision, name=md(saved.name))


def _write_beside(scenario: Scenario) -> str:
    """Keep both: what was saved under this name meanwhile, and what is on the desk."""
    theirs = kept.load(store.current().workspace, scenario.name)
    saved = _kept("save", scenario.name, lambda workspace: kept.save_beside(workspace, scenario))
    state.desk().scenario = saved
    return _("**{name}** was saved by {author}, {time}. Both are kept: yours is **{own}**.").format(
        name=md(theirs.name),
        author=md(theirs.author),
        time=md(moment(theirs.saved)),
        own=md(saved.name),
    )


def _kept(done: str, name: str, work: Callable[[Workspace], T]) -> T:
    """Change what is kept of scenarios, if the audit can be told of it first."""
    seen.recorder().saved("scenario", name, done=done)
    return work(store.current().workspace)


def _manage(saved: tuple[Scenario, ...]) -> None:
    st.markdown(f"### {_('Saved scenarios')}")
    if not saved:
        st.info(_("No scenario is saved yet."))
        _bin()
        return
    titles = {scenario.name: title(scenario) for scenario in saved}
    name = st.selectbox(
        _("Scenario"), list(titles), format_func=titles.__getitem__, key="consolidate_scenario"
    )
    scenario = next(entry for entry in saved if entry.name == name)
    if scenario.note:
        st.caption(md(scenario.note))
    opening, removing = st.columns(2)
    with opening:
        if st.button(_("Open"), width="stretch", key="consolidate_open"):
            _attempt(lambda: open_(scenario))
    with removing:
        if st.button(
            _("Remove"),
            width="stretch",
            key="consolidate_remove",
            help=_("It goes to the bin and can be taken out again."),
        ):
            _attempt(lambda: _removed(scenario.name))
    new = st.text_input(_("Copy under the name"), max_chars=80, key="consolidate_copy_name")
    if st.button(_("Copy"), key="consolidate_copy", disabled=not new):
        signed = who.signed(hand.AUTHOR) or scenario.author
        _attempt(
            lambda: _("Copied as **{name}**.").format(
                name=md(
                    _kept(
                        "copy",
                        new or "",
                        lambda workspace: kept.copy(workspace, scenario.name, new or "", signed),
                    ).name
                )
            )
        )
    _bin()


def _removed(name: str) -> str:
    _kept("remove", name, lambda workspace: kept.remove(workspace, name))
    desk = state.desk()
    if desk.scenario is not None and desk.scenario.name == name:
        desk.scenario = None
    return _("**{name}** is in the bin.").format(name=md(name))


def _bin() -> None:
    gone = kept.list_removed(store.current().workspace)
    if not gone:
        return
    with st.expander(_("Bin ({n})").format(n=num(len(gone)))):
        titles = {
            entry.bin_id: f"{title(entry.scenario)} · {moment(entry.removed)}" for entry in gone
        }
        chosen = st.selectbox(
            _("Removed scenario"),
            list(titles),
            format_func=titles.__getitem__,
            key="consolidate_bin",
        )
        if st.button(_("Take out of the bin"), key="consolidate_unbin"):
            _attempt(
                lambda: _("**{name}** is back.").format(
                    name=md(
                        _kept(
                            "take out of the bin",
                            titles[str(chosen)],
                            lambda workspace: kept.restore_removed(workspace, str(chosen)),
                        ).name
                    )
                )
            )


def title(scenario: Scenario) -> str:
    """Return a scenario in one line: name, who saved it when, and its plan."""
    plan = scenario.plan
    told = "" if plan is None else _("{n} sites").format(n=num(plan.presences))
    parts = (scenario.name, scenario.author, moment(scenario.saved), told)
    return " · ".join(part for part in parts if part)


def open_(scenario: Scenario) -> str:
    """Put a scenario on the desk; its plans too, if nothing that they were made from changed."""
    desk = state.desk()
    usual = data.defaults()
    changes = {
        name: value
        for name in usual.as_dict()
        if (value := getattr(scenario.parameters, name)) != getattr(usual, name)
    }
    desk.changes = changes | ({PARKS: list(scenario.parks)} if scenario.parks else {})
    desk.settle(scenario.overrides)
    desk.job, desk.answer, desk.chosen, desk.scenario = "", None, None, scenario
    told = _("Opened **{name}**, revision {n}.").format(name=md(scenario.name), n=scenario.revision)
    if not scenario.steps:
        return f"{told} {_('It was saved without plans; solve it.')}"
    answer = answer_of(scenario)
    desk.answer = answer
    if is_current(scenario):
        desk.chosen = scenario.chosen
        return told
    return f"{told} {_('Layers or rule changed since; solve again, from its plans.')}"


def is_current(scenario: Scenario) -> bool:
    """Tell whether layers and rule are those that the plans of a scenario were made from."""
    return answers.is_current(scenario, dict(store.versions()))


def answer_of(scenario: Scenario) -> Answer:
    """Return the saved plans of a scenario on the current layers.

    Raises
    ------
    AtlasError
        If it was never solved, or a layer or a park is missing.
    """
    wish = Wish(scenario.parameters, scenario.parks, scenario.overrides)
    answer = answers.consolidation_of(
        scenario,
        store.tables(),
        store.catalogue(),
        dict(store.versions()),
        data.register(wish),
    )
    versions = data.readable_versions()
    key = f"{store.identity()}:{scenario.name}:{scenario.revision}:{versions}"
    return Answer(key, answer, wish, versions)


def _two(saved: tuple[Scenario, ...]) -> None:
    st.markdown(f"### {_('Two scenarios side by side')}")
    titles = {scenario.name: title(scenario) for scenario in saved}
    names = list(titles)
    pair: list[Scenario] = []
    for column, side, index in zip(st.columns(2), ("A", "B"), (0, 1), strict=True):
        with column:
            name = st.selectbox(
                _("Scenario {side}").format(side=side),
                names,
                index=index,
                format_func=titles.__getitem__,
                key=f"consolidate_side:{side}:{lang()}",
            )
            pair.append(next(entry for entry in saved if entry.name == name))
    a, b = pair
    if a is b:
        st.info(_("Both sides show the same scenario. Choose another one."))
        return
    with st.expander(_("Merge the two")):
        _merge(a, b)
    side_by_side.show(a, b, answer_of)


def _merge(a: Scenario, b: Scenario) -> None:
    st.caption(
        _(
            "Limits must be the same, and what is settled by hand is united where it does not "
            "contradict."
        )
    )
    name = st.text_input(
        _("Name of the merged scenario"), max_chars=80, key="consolidate_merge_name"
    )
    if not st.button(_("Merge"), key="consolidate_merge", disabled=not name):
        return
    signed = who.signed(hand.AUTHOR) or a.author
    try:
        merged = kept.merge(a, b, name=name or "", author=signed)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    if merged.scenario is None:
        st.error(_("They contradict each other, so nothing was merged:"))
        for conflict in merged.conflicts:
            st.markdown(f"- {md(words.sentence(conflict.reason))}")
        return
    scenario = merged.scenario
    _attempt(
        lambda: _("Merged as **{name}**; open and solve it.").format(
            name=md(_kept("merge", scenario.name, lambda to: kept.save(to, scenario)).name)
        )
    )
