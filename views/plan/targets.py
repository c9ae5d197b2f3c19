"""The numeric targets: a strip for the top of a page, and all that is known of each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.clock import local_day
from layers.export.tables import in_words
from layers.targets import STATUS_MARKS
from layers.targets import STATUS_TITLES
from layers.targets import SUGGESTED
from layers.targets import TARGET_TITLES
from layers.targets import TARGET_WORDS
from layers.targets import TARGETS_TITLE
from layers.targets import TERMS
from layers.targets import VALUES
from layers.targets import monitoring_remarks
from layers.targets import standings_of
from layers.targets import target_strangers
from layers.targets import target_table
from layers.targets.definitions import RATIO
from layers.targets.remarks import BASIS_TITLES
from layers.targets.remarks import terms_missing
from layers.team import Right
from views import links
from views import store
from views import tables
from views import who
from views.plan import target_chart
from views.plan import target_forms
from views.text import _
from views.text import day
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from layers.errors import Text
    from layers.targets import Standing
    from layers.targets import Target

_COLOURS = {
    "ahead": "green",
    "on_track": "green",
    "met": "green",
    "slow": "yellow",
    "behind": "red",
    "missed": "red",
}
_MOST_DIGITS = 2


def standings() -> list[Standing]:
    """Return how the targets stand today, from what this session may see."""
    return store.once("target_standings", _standings)


def _standings() -> list[Standing]:
    every = store.tables()
    found = {key: every[key] for key in (TERMS, VALUES) if key in every}
    today = local_day()
    return standings_of(found, today, store.catalogue().folder)


def strip() -> None:
    """Show the targets side by side in short, as the first page and that of the plan do."""
    _cards(with_ways=True)


def show() -> None:
    """Show the targets in short, and below it what is known of each, with its forms."""
    found = standings()
    _cards(with_ways=False)
    _strangers()
    for one in found:
        with st.expander(_heading(one), key=f"target:{one.target.target_id}"):
            _detail(one)
    if who.may(Right.WRITE):
        with st.expander(_("Suggest another target")):
            st.caption(
                _("A target that the plan does not name is shown as a suggested target everywhere.")
            )
            target_forms.suggest()
    if found and who.may(Right.INTERNAL):
        tables.save(
            in_words(target_table(found), TARGET_WORDS, lang()),
            "targets",
            TARGETS_TITLE,
            TARGET_TITLES,
            internal=True,
            remarks=monitoring_remarks(),
        )


def _strangers() -> None:
    """Say which rows are about targets that there are not, to whoever may see them."""
    every = store.tables()
    given = {key: every[key] for key in (TERMS, VALUES) if key in every}
    for told in target_strangers(given, store.catalogue().folder):
        st.warning(md(pick(told)))


def _cards(*, with_ways: bool) -> None:
    found = standings()
    if not found:
        st.caption(_("This edition has no plan with numeric targets."))
        return
    for column, one in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True):
            _card(one)
            if with_ways and st.button(
                _("Give scope, base and owner") if one.status == "no_terms" else _("Open"),
                key=f"target_open:{one.target.target_id}",
                on_click=links.choose_targets,
            ):
                links.go("plan")


def _heading(one: Standing) -> str:
    label = "" if one.target.in_plan else f"【{pick(SUGGESTED)}】"
    return f"{label}{md(pick(one.target.title))} · {_wanted(one.target)}"


def _card(one: Standing) -> None:
    target = one.target
    st.html(f"<b>{esc(pick(target.title))}</b><br>{''.join(_badges(one))}")
    facts = [_wanted(target)]
    if one.terms.owner:
        facts.append(_("owner: {name}").format(name=md(one.terms.owner)))
    st.caption(" · ".join(facts))
    if not who.may(Right.INTERNAL):
        return
    if one.latest is None:
        st.caption(_("Nothing was reported yet."))
        return
    latest = one.latest
    st.markdown(
        _("**{value}** as of {day} ({basis}), {n} days ago").format(
            value=amount(latest.value, target),
            day=day(latest.period_end),
            basis=pick(BASIS_TITLES[latest.basis]),
            n=num(one.age_days),
        )
    )
    told = _progress(one)
    if told:
        st.markdown(told)


def _badges(one: Standing) -> list[str]:
    badges = []
    if not one.target.in_plan:
        badges.append(f'<span class="atlas-badge sketch">{esc(pick(SUGGESTED))}</span>')
    if not who.may(Right.INTERNAL):
        badges.append(f'<span class="atlas-badge">{esc(_("Values are internal data"))}</span>')
        # That nobody gave the terms is told by the terms themselves, which are public.
        if one.status != "no_terms":
            return badges
    colour = _COLOURS.get(one.status, "")
    title = f"{STATUS_MARKS[one.status]} {pick(STATUS_TITLES[one.status])}"
    badges.append(f'<span class="atlas-badge {colour}">{esc(title)}</span>')
    if one.sample:
        badges.append(f'<span class="atlas-badge sample">{esc(_("Sample data"))}</span>')
    return badges


def _wanted(target: Target) -> str:
    sign = "≥" if target.direction == "at_least" else "≤"
    return _("target {sign} {number} by {day}").format(
        sign=sign, number=amount(target.number, target), day=day(target.end)
    )


def amount(value: float, target: Target) -> str:
    """Return a value of a target with its unit, escaped for Markdown."""
    return _with_unit(value, target.unit)


def _with_unit(value: float, unit: Text) -> str:
    told, named = num(value, digits=_digits(value)), pick(unit)
    if unit.zh == "%":
        return f"{told}%"
    # "1,150 100 million yuan" would read as one number.
    times = "×\u202f" if named[:1].isdigit() else ""
    return f"{told}\u202f{times}{md(named)}".rstrip()


def _digits(value: float) -> int:
    """Return the decimals that a value needs, up to two."""
    return next((n for n in range(_MOST_DIGITS) if value == round(value, n)), _MOST_DIGITS)


def _progress(one: Standing) -> str:
    """Return index and what is still needed; nothing where there is no index."""
    facts = []
    if one.index == one.index:
        facts.append(
            _("progress index **{index}** ({done} of the way, {time} of the time)").format(
                index=num(one.index, digits=2), done=pct(one.attained), time=pct(one.elapsed)
            )
        )
    if one.growth > 0:
        facts.append(_("needs {growth} growth a year").format(growth=pct(one.growth)))
    if one.target.kind == RATIO and one.points > 0:
        facts.append(_("needs {n} points more a year").format(n=num(one.points, digits=2)))
    return " · ".join(facts)


def _detail(one: Standing) -> None:
    if one.terms.missing:
        st.warning(md(pick(terms_missing(one.terms.missing))))
    st.markdown(_terms(one))
    if who.may(Right.INTERNAL):
        _internal(one)
    else:
        st.info(_("What was reported is internal data."))
    if who.may(Right.WRITE):
        terms, value = st.tabs([_("Scope, base and owner"), _("Report a value or a revision")])
        with terms:
            target_forms.terms(one)
        with value:
            target_forms.value(one)


def _internal(one: Standing) -> None:
    above = terms_missing(one.terms.missing) if one.terms.missing else None
    told = [f"- {md(pick(reason))}" for reason in one.reasons if reason != above]
    if told:
        st.markdown("\n".join(told))
    if one.gap == one.gap:
        st.caption(_gap(one))
    if one.terms.lessons:
        st.markdown(f"**{_('Lessons')}** {md(one.terms.lessons)}")
    target_chart.show(one)
    st.caption(" · ".join(md(pick(remark)) for remark in monitoring_remarks(one.parameters)))


def _gap(one: Standing) -> str:
    told = _with_unit(max(one.gap, 0.0), one.target.gap_unit)
    sentences = [_("Still lacking: {amount}.").format(amount=told)]
    if one.target.kind == RATIO:
        sentences.append(
            _("At today's denominator the numerator lacks {n}: {what}.").format(
                n=num(max(one.numerator_gap, 0.0), digits=2),
                what=md(pick(one.target.numerator) or "–"),
            )
        )
    return " ".join(sentences)


def _terms(one: Standing) -> str:
    terms = one.terms
    facts = [
        (_("Scope"), md(terms.scope)),
        (
            _("Base"),
            f"{amount(terms.base_value, one.target)} · {day(terms.base_date)}"
            if terms.base_date is not None
            else "",
        ),
        (_("Owner of the data"), md(terms.owner)),
        (_("Agreed on"), "" if terms.agreed_on is None else day(terms.agreed_on)),
    ]
    lines = [f"- {title}{_(': ')}{told or _('not given')}" for title, told in facts]
    source = _source(one.target)
    return "\n".join([*lines, *([f"- {_('Source')}{_(': ')}{source}"] if source else [])])


def _source(target: Target) -> str:
    known = store.sources()
    if target.source not in known.index:
        return ""
    row = known.loc[target.source]
    return md(row[f"title_{lang()}"])
