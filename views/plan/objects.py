"""The objects of a task on the map; whoever may write links some by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.picture import MOST_VECTORS
from layers.plan import link
from layers.plan import unlink
from layers.team import Right
from views import card
from views import links
from views import store
from views import who
from views.permalink import ON
from views.permalink import SELECTED
from views.plan import data
from views.plan import picture
from views.plan import state
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.plan import BoardRow
    from layers.plan import ObjectRule
    from layers.plan import Plan

_LAYER = "task_objects"
_CLICKED = "plan_clicked"
_LINKING = "plan_linking"
_MOST_LISTED = 12


def show(plan: Plan, row: BoardRow) -> None:
    """Show the objects of a task, and what can be done with them."""
    objects = picture.Objects(row.rule, row.hand)
    task_id = row.task.task_id
    if not objects.count and row.task.without_objects.zh:
        st.caption(md(pick(row.task.without_objects)))
    elif not objects.count:
        st.info(_missing(row))
    may = who.may(Right.WRITE)
    pick_from = _pick_from(row) if may and st.session_state.get(_LINKING) else ""
    if objects.count or pick_from:
        picture.show(
            objects,
            name=task_id,
            pick_from=pick_from,
            chosen=st.session_state.get(_CLICKED, ""),
            on_click=_click,
        )
        _counts(objects)
    if may:
        _desk(plan, row, pick_from)
    _ways(row, objects)


def _click(feature: str) -> None:
    st.session_state[_CLICKED] = feature


def _missing(row: BoardRow) -> str:
    titles = [pick(store.catalogue().layer(rule.layer).title) for rule in _rules(row)]
    return _("No objects yet: {layers} have none that fit. They appear when the layers do.").format(
        layers=md(_(", ").join(dict.fromkeys(titles)))
    )


def _rules(row: BoardRow) -> list[ObjectRule]:
    return [rule for rule in row.task.objects if rule.layer in store.catalogue().keys]


def _counts(objects: picture.Objects) -> None:
    told = [
        f"{pick(store.catalogue().layer(key).title)} {num(len(objects.ids(key)))}"
        for key in objects.keys
    ]
    st.caption(md(" · ".join(told)))


def _pick_from(row: BoardRow) -> str:
    """Let the planner choose the layer that an object is linked from."""
    specs = {spec.key: pick(spec.title) for spec in store.shown_layers()}
    if not specs:
        return ""
    usual = next((rule.layer for rule in _rules(row) if rule.layer in specs), next(iter(specs)))
    kept = f"plan_pick_from:{row.task.task_id}:{lang()}"
    return str(
        st.selectbox(
            _("Layer of the object"),
            list(specs),
            index=list(specs).index(usual),
            format_func=specs.__getitem__,
            key=kept,
        )
    )


def _desk(plan: Plan, row: BoardRow, pick_from: str) -> None:
    """Offer to link an object, and to take linked ones off."""
    st.toggle(_("Link objects by hand"), key=_LINKING)
    if pick_from:
        feature = _searched(pick_from) or st.session_state.get(_CLICKED, "")
        _offer(plan, row, feature)
    listed = [(key, one) for key, ids in row.hand.items() for one in sorted(ids)]
    for key, identifier in listed[:_MOST_LISTED]:
        left, right = st.columns([5, 2], vertical_alignment="center")
        left.markdown(f"◆ {md(card.reference(key, identifier))}")
        if right.button(_("Take off"), key=f"plan_unlink:{key}:{identifier}", type="tertiary"):
            _unlink(row, key, identifier)
    if len(listed) > _MOST_LISTED:
        st.caption(_("{n} more are on the map.").format(n=num(len(listed) - _MOST_LISTED)))


def _searched(key: str) -> str:
    """Let the planner look an object up by its name; a large layer is clicked on the map."""
    if store.rows(key) > MOST_VECTORS:
        st.caption(_("Click an object on the map."))
        return ""
    titles = card.titles(key)
    found = st.selectbox(
        _("Look up an object, or click it on the map"),
        list(titles),
        index=None,
        format_func=titles.__getitem__,
        key=f"plan_search:{key}:{state.generation()}",
    )
    return f"{key}:{found}" if found else ""


def _offer(plan: Plan, row: BoardRow, feature: str) -> None:
    key, _colon, identifier = feature.partition(":")
    found = card.find(feature) if feature else None
    if found is None:
        return
    name = card.title(*found)
    if identifier in row.hand.get(key, frozenset()):
        st.caption(_("{name} is linked already.").format(name=md(name)))
        return
    if st.button(_("Link {name}").format(name=md(name)), key="plan_link", type="primary"):
        state.attempt(
            _("Linked: **{what}**.").format(what=md(name)),
            _LAYER,
            lambda: link(
                store.current().workspace,
                plan,
                row.task.task_id,
                key,
                identifier,
                hand=data.hand(who.signed(state.AUTHOR)),
            ),
        )


def _unlink(row: BoardRow, key: str, identifier: str) -> None:
    state.attempt(
        _("No longer linked: **{what}**.").format(what=md(card.reference(key, identifier))),
        _LAYER,
        lambda: unlink(
            store.current().workspace,
            row.task.task_id,
            key,
            identifier,
            hand=data.hand(who.signed(state.AUTHOR)),
        ),
    )


def _ways(row: BoardRow, objects: picture.Objects) -> None:
    """Offer the plan sheet of the task, and the map with all layers."""
    left, right = st.columns(2)
    if left.button(
        _("Make a plan sheet"),
        key="plan_sheet",
        type="primary",
        width="stretch",
        disabled=not objects.count,
    ):
        links.open_sheet("task", row.task.task_id)
    if right.button(
        _("Open on the overview map"),
        key="plan_overview",
        width="stretch",
        disabled=not objects.count,
    ):
        for key in objects.keys:
            st.session_state[ON + key] = True
        first = next(((k, i) for k, ids in objects.hand.items() for i in sorted(ids)), None)
        st.session_state[SELECTED] = ":".join(first) if first else ""
        links.go("overview")
