"""The planner's hand: what is settled before the solver does the rest."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from geo.consolidation.overrides import KINDS
from geo.consolidation.overrides import Override
from layers.i18n import moment
from layers.i18n import unknown
from layers.proposals import OVERRIDE_TITLES
from layers.proposals import WORDS
from views import card
from views import tables
from views import who
from views.consolidating import state
from views.consolidating import words
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from geo.consolidation.register import Register

_ROUND = "consolidate_hand_round"
AUTHOR = "consolidate_author"
"""Where the session keeps the name that entries are signed with."""


def show(register: Register) -> None:
    """Show what is settled, and the form that settles more."""
    st.markdown(f"### {_('Settled by hand')}")
    st.caption(
        _(
            "What you settle here holds in the next solution, which starts from the plans at hand. "
            "Each entry carries author, time and reason."
        )
    )
    left, right = st.columns([4, 5], gap="medium")
    with left, st.container(border=True):
        _form(register)
    with right:
        _list()


def conflicts(register: Register) -> None:
    """Show the contradictions between overrides, and with the data."""
    for conflict in register.conflicts:
        named = "; ".join(_told(override) for override in conflict.overrides)
        reason = md(words.sentence(conflict.reason))
        st.error(_("Not applied: {reason} ({entries})").format(reason=reason, entries=md(named)))


def author() -> str:
    """Ask for the name that entries are signed with, and return it."""
    return who.signature(AUTHOR)


def _form(register: Register) -> None:
    # A round of its own for each entry, so that the form is empty after it.
    turn = st.session_state.setdefault(_ROUND, 0)
    kind = st.selectbox(
        pick(OVERRIDE_TITLES["kind"]),
        KINDS,
        format_func=lambda code: pick(WORDS["kind"][code]),
        key=f"consolidate_kind:{turn}:{lang()}",
    )
    about = _about(str(kind), register, f"{turn}:{kind}:{lang()}")
    name = author()
    reason = st.text_input(_("Reason"), key=f"consolidate_reason:{turn}", max_chars=1000)
    if not st.button(_("Settle"), type="primary", key="consolidate_settle"):
        return
    try:
        override = Override(
            kind=kind,
            author=name,
            time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            reason=(reason or "").strip(),
            **{field: value or "" for field, value in about.items()},
        )
    except ValueError:
        st.error(_("Fill in what it is about, your name and the reason; none may be empty."))
        return
    desk = state.desk()
    if override.target in {known.target for known in desk.overrides}:
        st.error(_("This is settled already."))
        return
    desk.settle((*desk.overrides, override))
    st.session_state[_ROUND] = turn + 1
    st.rerun()


def _about(kind: str, register: Register, key: str) -> dict[str, Any]:
    """Ask what an entry is about, by its kind."""
    found: dict[str, Any] = {}
    if kind in {"pin", "stay", "forbid"}:
        found["unit_id"] = _pick(_("Unit"), _units(register), f"unit:{key}")
    if kind == "pin":
        found["host_id"] = _pick(_("Vacant unit"), _hosts(register), f"host:{key}")
    if kind in {"forbid", "exclude"}:
        found |= _place(register, key)
    if kind == "anchor":
        found["park_id"] = _pick(_("Park"), _parks(register), f"park:{key}")
    if kind in {"anchor", "protect"}:
        found["carrier_id"] = _pick(_("Site of this building"), _carriers(register), f"at:{key}")
    if kind == "protect":
        found["park_id"] = _pick(
            _("Only units of this park"), _parks(register), f"only:{key}", none=_("all parks")
        )
    return found


def _place(register: Register, key: str) -> dict[str, Any]:
    """Ask for one vacant unit, or for all of a building."""
    titles = {"host_id": _("one vacant unit"), "carrier_id": _("all of a building")}
    way = st.segmented_control(
        _("Which place"),
        list(titles),
        format_func=titles.__getitem__,
        default="host_id",
        required=True,
        key=f"consolidate_way:{key}",
    )
    if way == "host_id":
        return {"host_id": _pick(_("Vacant unit"), _hosts(register), f"host:{key}")}
    hosts = set(register.problem.hosts["carrier_id"])
    named = {code: title for code, title in _carriers(register).items() if code in hosts}
    return {"carrier_id": _pick(_("Building"), named, f"building:{key}")}


def _pick(label: str, options: dict[str, str], key: str, *, none: str = "") -> str | None:
    return st.selectbox(
        label,
        list(options),
        index=None,
        format_func=options.__getitem__,
        placeholder=none or _("choose"),
        key=f"consolidate_about:{key}",
    )


def _units(register: Register) -> dict[str, str]:
    units, carriers, parks = register.problem.units, card.titles("carriers"), card.titles("parks")
    columns = (units[name] for name in ("unit_id", "tenant", "park_id", "carrier_id", "area_m2"))
    found = {}
    for unit, tenant, park, carrier, area in zip(*columns, strict=True):
        parts = [unit, *([] if unknown(tenant) else [tenant]), parks.get(park, park)]
        parts += [carriers.get(carrier, carrier), num(area, unit="m²")]
        found[str(unit)] = " · ".join(map(str, parts))
    return found


def _hosts(register: Register) -> dict[str, str]:
    hosts, names = register.problem.hosts, card.titles("carriers")
    columns = (hosts[name] for name in ("host_id", "carrier_id", "capacity_m2"))
    return {
        str(host): f"{host} · {names.get(carrier, carrier)} · {num(room, unit='m²')}"
        for host, carrier, room in zip(*columns, strict=True)
    }


def _carriers(register: Register) -> dict[str, str]:
    names = card.titles("carriers")
    ids = register.carriers["carrier_id"].astype("str")
    return {code: f"{names.get(code, code)} · {code}" for code in sorted(ids)}


def _parks(register: Register) -> dict[str, str]:
    names = card.titles("parks")
    return {park: names.get(park, park) for park in register.parks}


def _told(override: Override) -> str:
    about = " → ".join(part for part in override.target[1:3] if part)
    where = " ".join(part for part in override.target[3:] if part)
    return f"{pick(WORDS['kind'][override.kind])}: {' '.join(p for p in (about, where) if p)}"


def _list() -> None:
    desk = state.desk()
    if not desk.overrides:
        st.info(_("Nothing is settled by hand."))
    else:
        row = tables.pick_row(_frame(desk.overrides), key=_key(), config={}, most_px=420)
        if (
            st.button(
                _("Remove the ticked entry"), key="consolidate_unsettle", disabled=row is None
            )
            and row is not None
        ):
            desk.settle(tuple(o for at, o in enumerate(desk.overrides) if at != row))
            st.rerun()
    if st.button(_("Undo the last change"), key="consolidate_undo", disabled=not desk.before):
        desk.undo()
        st.rerun()


def _key() -> str:
    # A new table for each state, so that no other row is found ticked after a removal.
    return f"consolidate_overrides:{hash(state.desk().overrides)}"


def _frame(overrides: tuple[Override, ...]) -> pd.DataFrame:
    titles = {name: pick(text) for name, text in OVERRIDE_TITLES.items()}
    return pd.DataFrame(
        {
            titles["kind"]: [pick(WORDS["kind"][o.kind]) for o in overrides],
            _("About"): [" ".join(part for part in o.target[1:] if part) for o in overrides],
            titles["reason"]: [o.reason for o in overrides],
            titles["author"]: [o.author for o in overrides],
            titles["time"]: [moment(o.time) for o in overrides],
        }
    )
