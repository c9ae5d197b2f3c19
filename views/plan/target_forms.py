"""Forms in which people give the terms of a target, and what was reached."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from layers.audit import Action
from layers.clock import local_day
from layers.errors import AtlasError
from layers.targets import BASIS_TITLES
from layers.targets import RATIO
from layers.targets import TERMS
from layers.targets import TOTAL
from layers.targets import VALUES
from layers.targets import Given
from layers.targets import add_value
from layers.targets import give_terms
from layers.workspace import ABSENT
from views import seen
from views import store
from views import who
from views.text import _
from views.text import lang
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.targets import Standing

_AUTHOR = "target_author"
_LONGEST = 2000
_SHORT = 200
_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)


def terms(one: Standing) -> None:
    """Ask for scope, base and owner of a target."""
    target, known = one.target, one.terms
    key = f"target_terms:{target.target_id}"
    if target.definition.zh:
        st.caption(
            _("Recommended definition, to be confirmed: {text}").format(
                text=md(pick(target.definition))
            )
        )
    with st.form(key):
        scope = st.text_area(
            _("Scope: which firms, which statistics"),
            value=known.scope,
            max_chars=_LONGEST,
            key=f"{key}:scope",
        )
        left, middle, right = st.columns(3)
        base = left.number_input(
            _("Base value ({unit})").format(unit=pick(target.unit) or "–"),
            value=None if "base_value" in known.missing else known.base_value,
            format="%g",
            key=f"{key}:base",
        )
        base_date = middle.date_input(
            _("Base date"),
            value=known.base_date,
            min_value=_FIRST,
            max_value=_LAST,
            key=f"{key}:base_date",
        )
        owner = right.text_input(
            _("Owner of the data"), value=known.owner, max_chars=_SHORT, key=f"{key}:owner"
        )
        agreed = left.date_input(
            _("Agreed on"),
            value=known.agreed_on,
            min_value=_FIRST,
            max_value=_LAST,
            key=f"{key}:agreed",
        )
        lessons = ""
        if one.is_final:
            lessons = st.text_area(
                _("Lessons"), value=known.lessons, max_chars=_LONGEST, key=f"{key}:lessons"
            )
        author = who.signature(f"{_AUTHOR}:{key}")
        sent = st.form_submit_button(_("Save"), type="primary")
    given: dict[str, Any] = {
        "scope": scope,
        "base_value": base,
        "base_date": base_date,
        "owner": owner,
        "agreed_on": agreed,
    }
    if one.is_final:
        given["lessons"] = lessons
    _save(
        TERMS,
        key,
        author,
        lambda version: give_terms(
            store.current().workspace,
            target.target_id,
            given,
            author=author,
            expected_version=version,
        ),
        sent=sent,
    )


def value(one: Standing) -> None:
    """Ask for what was reached in a period; a period that is there is revised."""
    target = one.target
    key = f"target_value:{target.target_id}"
    st.caption(_("A value of a period that was reported before is kept as its next revision."))
    with st.form(key):
        given = _period(key, target.parts)
        given |= _numbers(one, key)
        left, middle, right = st.columns(3)
        given["entities"] = left.number_input(
            _("Entities counted"), value=None, min_value=0, step=1, key=f"{key}:entities"
        )
        given["entity_set"] = middle.text_input(
            _("List of entities"), max_chars=_SHORT, key=f"{key}:set"
        )
        given["source"] = right.text_input(_("Source"), max_chars=_SHORT, key=f"{key}:source")
        author = who.signature(f"{_AUTHOR}:{key}")
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent and given["period_end"] is None:
        st.error(_("Choose the end of the period."))
        return
    _save(
        VALUES,
        key,
        author,
        lambda version: add_value(
            store.current().workspace,
            target,
            Given(**given),
            author=author,
            expected_version=version,
        ),
        sent=sent,
    )


def _period(key: str, parts: tuple[str, ...]) -> dict[str, Any]:
    today = local_day()
    left, middle, right = st.columns(3)
    end = left.date_input(
        _("End of the period"),
        value=None,
        min_value=_FIRST,
        max_value=today,
        key=f"{key}:end",
    )
    basis = middle.selectbox(
        _("Basis"),
        list(BASIS_TITLES),
        format_func=lambda name: pick(BASIS_TITLES[name]),
        key=f"{key}:basis",
    )
    part = right.selectbox(
        _("Part of the whole"),
        ["", *parts],
        format_func=lambda name: name or _("The whole"),
        key=f"{key}:part",
    )
    return {"period_end": end, "basis": basis, "part": part, "reported_on": today}


def _numbers(one: Standing, key: str) -> dict[str, Any]:
    target = one.target
    if target.kind != RATIO:
        title = _("Value ({unit})").format(unit=pick(target.unit) or "–")
        return {"value": st.number_input(title, value=None, format="%g", key=f"{key}:value")}
    left, middle, right = st.columns(3)
    return {
        "numerator": left.number_input(
            pick(target.numerator) or _("Numerator"), value=None, format="%g", key=f"{key}:above"
        ),
        "denominator": middle.number_input(
            pick(target.denominator) or _("Denominator"),
            value=None,
            format="%g",
            key=f"{key}:below",
        ),
        "value": right.number_input(
            _("Only if both are unknown: the ratio ({unit})").format(unit=pick(target.unit)),
            value=None,
            format="%g",
            key=f"{key}:value",
        ),
    }


def suggest() -> None:
    """Ask for a target that the plan does not name."""
    key = "target_suggest"
    spec = store.current().workspace.catalogue.layer(TERMS)
    directions = [choice.value for choice in spec.field("direction").choices]
    with st.form(key):
        left, right = st.columns([2, 1])
        title = left.text_input(_("What is to be reached"), max_chars=_SHORT, key=f"{key}:title")
        unit = right.text_input(_("Unit of measure"), max_chars=_SHORT, key=f"{key}:unit")
        first, second, third, fourth = st.columns(4)
        kind = first.selectbox(
            _("Kind"),
            [TOTAL, RATIO],
            format_func=lambda name: spec.field("kind").choice_title(name, lang()),
            key=f"{key}:kind",
        )
        direction = second.selectbox(
            _("Direction"),
            directions,
            format_func=lambda name: spec.field("direction").choice_title(name, lang()),
            key=f"{key}:direction",
        )
        number = third.number_input(
            _("Number to reach"), value=None, format="%g", key=f"{key}:number"
        )
        end = fourth.date_input(
            _("By"), value=None, min_value=_FIRST, max_value=_LAST, key=f"{key}:end"
        )
        author = who.signature(f"{_AUTHOR}:{key}")
        sent = st.form_submit_button(_("Suggest"))
    if sent and not (title.strip() and number is not None and end is not None):
        st.error(_("A target needs a title, a number and a day."))
        return
    given = {
        "title": title,
        "unit": unit,
        "kind": kind,
        "direction": direction,
        "target_value": number,
        "target_date": end,
    }
    _save(
        TERMS,
        key,
        author,
        lambda version: give_terms(
            store.current().workspace,
            _new_id(),
            given,
            author=author,
            expected_version=version,
        ),
        sent=sent,
    )


def _new_id() -> str:
    taken = set(store.current().workspace.read(TERMS)["target_id"])
    number = 1
    while f"suggested-{number}" in taken:
        number += 1
    return f"suggested-{number}"


def _save(layer: str, key: str, author: str, write: Callable[[int], int], *, sent: bool) -> None:
    """Write what a form holds, from the version that was on the screen when it was filled in."""
    told = st.session_state.pop(f"{key}:saved", None)
    if told:
        st.success(told)
    on_screen = f"{key}:version"
    version = dict(store.versions()).get(layer, ABSENT)
    before = int(st.session_state.get(on_screen, version))
    st.session_state[on_screen] = version
    if not sent:
        return
    if not author:
        st.error(_("Give your name: it is kept with the change."))
        return
    try:
        with seen.recorder().doing(Action.CHANGE, layers={layer: before}, subject=key) as step:
            step.done({layer: write(before)})
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    st.session_state[f"{key}:saved"] = _("Saved.")
    st.session_state.pop(on_screen, None)
    st.rerun()
