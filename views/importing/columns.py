"""Step 2: which column is which field, as found, as proposed, and as the planner says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.i18n import UNKNOWN
from layers.i18n import moment
from layers.intake import PLACE_TITLES
from layers.intake.columns import known_columns
from layers.intake.matching import propose
from layers.intake.profiles import FOLDER
from layers.intake.profiles import Profiles
from views import store
from views.importing import desk
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import LayerSpec
    from layers.intake.matching import ColumnMatch
    from layers.intake.profiles import Profile


def profiles() -> Profiles:
    """Return the profiles of the workspace."""
    return Profiles(store.current().workspace.path / FOLDER, store.catalogue())


def show(work: desk.Work) -> None:
    """Show the page of this step."""
    _profile(work)
    matches = _matches(work)
    st.caption(
        _(
            "Each heading of the file and the field it becomes. Change what is wrong; "
            "a proposal counts only when you take it."
        )
    )
    _proposals(work, matches)
    _editor(work, matches)
    _missing(work, matches)


def _matches(work: desk.Work) -> tuple[ColumnMatch, ...]:
    def match() -> tuple[ColumnMatch, ...]:
        return propose(
            work.raw,
            known_columns(work.raw.headings, work.spec, work.choices.mapping),
            work.spec,
            mapping=work.choices.mapping,
            profile=work.choices.mapping if work.profile else None,
            tables=work.base.tables,
        )

    return desk.kept(work, "matches", match)


def _profile(work: desk.Work) -> None:
    known = profiles().matching(work.raw.headings, work.layer)
    if known is None or work.profile == known.name:
        if work.profile:
            st.success(_("Profile {name} is used.").format(name=md(work.profile)))
        return
    told, button = st.columns([5, 1], vertical_alignment="center")
    told.info(
        _(
            "A file with these headings was imported before: profile {name} ({author}, {time})."
        ).format(name=md(known.name), author=md(known.author), time=md(moment(known.time)))
        + (_(" Its coordinates were read as {crs}.").format(crs=md(known.crs)) if known.crs else "")
    )
    if button.button(_("Use it"), key="import_profile", width="stretch"):
        _take_up(work, known)
        st.rerun()


def _take_up(work: desk.Work, profile: Profile) -> None:
    work.decide(
        mapping=profile.mapping_for(work.raw.headings),
        units=dict(profile.units),
        meanings={name: dict(known) for name, known in profile.meanings.items()},
        crs=profile.crs or work.choices.crs,
        swap=profile.swap,
    )
    work.profile = profile.name


def _targets(spec: LayerSpec) -> dict[str, str]:
    """Return what a column may be: title by name."""
    fields = {f.name: f"{pick(f.title)} · {f.name}" for f in spec.fields}
    places = {key: f"{pick(title)} · {key}" for key, title in PLACE_TITLES.items()}
    return {"": _("(leave out)"), **fields, **(places if spec.geometry else {})}


def _how(match: ColumnMatch, titles: Mapping[str, str]) -> str:
    ways = {
        "user": _("your choice"),
        "profile": _("profile"),
        "name": _("by its heading"),
        "none": "",
    }
    if match.how == "content" and match.target is not None:
        return _("proposal: {field} ({share} of the cells fit)").format(
            field=titles.get(match.target, match.target), share=pct(match.score, digits=0)
        )
    return ways.get(match.how, "")


def _editor(work: desk.Work, matches: tuple[ColumnMatch, ...]) -> None:
    titles = _targets(work.spec)
    names = {title: name for name, title in titles.items()}
    # A layer without places has no use for a column of coordinates.
    sure = {m.heading: m.target if m.how != "content" else None for m in matches}
    now = {heading: target if target in titles else "" for heading, target in sure.items()}
    frame = pd.DataFrame(
        {
            _("Heading"): list(now),
            _("Field"): [titles[target] for target in now.values()],
            _("Unit of the numbers"): [work.choices.units.get(t, "") for t in now.values()],
            _("Why"): [_how(m, titles) for m in matches],
            _("Examples"): [" · ".join(m.sample) for m in matches],
            _("Filled"): [m.filled * 100 for m in matches],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        placeholder=UNKNOWN,
        width="stretch",
        height="content",
        disabled=[_("Heading"), _("Examples"), _("Filled"), _("Why")],
        column_config={
            _("Filled"): st.column_config.NumberColumn(format="%.0f %%", width="small"),
            _("Field"): st.column_config.SelectboxColumn(
                options=list(titles.values()), required=True
            ),
            _("Unit of the numbers"): st.column_config.TextColumn(
                help=_("Only if the heading does not say it."),
                width="small",
            ),
        },
        key=f"import_columns:{desk.round_number()}:{work.layer}:{lang()}:{hash(tuple(now.items()))}",
    )
    chosen = {
        head: names[str(title)]
        for head, title in zip(edited[_("Heading")], edited[_("Field")], strict=True)
    }
    units = {
        names[str(title)]: str(unit).strip()
        for title, unit in zip(edited[_("Field")], edited[_("Unit of the numbers")], strict=True)
        if unit and names[str(title)]
    }
    if chosen != now:
        changed = {head: target for head, target in chosen.items() if target != now[head]}
        work.decide(mapping={**work.choices.mapping, **changed}, units=units)
        st.rerun()
    if units != dict(work.choices.units):
        work.decide(units=units)


def _proposals(work: desk.Work, matches: tuple[ColumnMatch, ...]) -> None:
    proposed = {m.heading: m.target for m in matches if m.how == "content" and m.target}
    if not proposed:
        return
    if st.button(_("Take the {n} proposals").format(n=num(len(proposed))), key="import_proposals"):
        work.decide(mapping={**work.choices.mapping, **proposed})
        st.rerun()


def _missing(work: desk.Work, matches: tuple[ColumnMatch, ...]) -> None:
    """Say which required fields no column fills."""
    found = {m.target for m in matches if m.how != "content"}
    spec = work.spec
    missing = [
        f for f in spec.fields if f.required and f.name != spec.id_field and f.name not in found
    ]
    if missing:
        st.warning(
            _("No column is: {fields}. Rows without them are rejected.").format(
                fields=md(", ".join(pick(f.title) for f in missing))
            )
        )
    if spec.id_field not in found:
        st.info(
            _(
                "The file has no column of ids. Rows are matched with known objects by name and "
                "place; the others get an id made from their content, the same at each import."
            )
        )
    twice = pd.Series([m.target for m in matches if m.target and m.how != "content"])
    for target in twice[twice.duplicated()].unique():
        st.warning(
            _("Two columns are {field}; the first one counts.").format(
                field=md(_targets(spec).get(str(target), str(target)))
            )
        )
