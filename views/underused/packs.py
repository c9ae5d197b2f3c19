"""Packs for operators: made here, fetched here, and the replies that came back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

import pandas as pd
import streamlit as st

from layers.errors import AtlasError
from layers.errors import Text
from layers.export import ready_files
from layers.packs import EVIDENCE_TITLES
from layers.packs import MOST_CARRIERS
from layers.packs import evidence
from layers.packs import new_number
from layers.packs import write_pack
from layers.underuse import UNDERUSE_LAYERS
from views import card
from views import files
from views import links
from views import seen
from views import store
from views import tables
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick
from views.waiting import turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.export.sheets import Audience
    from layers.underuse import Underuse
    from views.store import Versions

_READY = "pack_ready"
_AUDIENCES: tuple[Audience, ...] = ("public", "internal")
_REPLIES = "replies"


class _Wish(NamedTuple):
    """What a pack is made from; a prepared one is offered as long as this is the same."""

    carriers: tuple[str, ...]
    audience: Audience
    number: str
    lang: str
    judged_by: str
    versions: Versions


class _Ready(NamedTuple):
    """A prepared pack: for which wish, and the name and token of each file."""

    wish: _Wish
    files: tuple[tuple[str, str], ...]
    notes: tuple[Text, ...]


def show(underuse: Underuse, chosen: Sequence[str]) -> None:
    """Show what a pack is made of, make it, and show what came back.

    Parameters
    ----------
    underuse
        The judgement of the carriers.
    chosen
        Carriers that are ticked on the page.
    """
    st.caption(
        _(
            "A pack is a workbook with a sheet to reply on and a Word brief with a map and a "
            "card for every carrier. Make one for each operator: replies are kept by its number."
        )
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        wish = _choices(underuse, chosen)
    with right:
        if not wish.carriers:
            st.info(_("Choose at least one carrier."))
        else:
            _build(underuse, wish)
            _offer(wish)
    st.markdown(f"#### {_('Replies')}")
    st.caption(
        _(
            "A returned workbook is imported as the layer {layer}. Replies are evidence and "
            "change no register."
        ).format(layer=md(pick(store.catalogue().layer(_REPLIES).title)))
    )
    if st.button(_("Go to the import page"), key="pack_import"):
        links.go("import")
    _replies(wish.carriers)


def _choices(underuse: Underuse, chosen: Sequence[str]) -> _Wish:
    ids = underuse.table["carrier_id"].astype("str").tolist()
    names = card.titles("carriers")
    known = [one for one in dict.fromkeys(chosen) if one in set(ids)][:MOST_CARRIERS]
    carriers = st.multiselect(
        _("Carriers of the pack"),
        ids,
        default=known,
        format_func=lambda one: f"{names.get(one, one)} · {one}",
        max_selections=MOST_CARRIERS,
        # Other ticks on the page begin another choice.
        key=f"pack_carriers:{';'.join(known)}",
    )
    audience = st.radio(
        _("Audience"),
        _AUDIENCES,
        format_func={
            "internal": _("Internal: with operators, owners, tax and rents"),
            "public": _("Public: without firm names, tax, rents and coordinates"),
        }.__getitem__,
        key="pack_audience",
        persist_state="session",
    )
    number = st.text_input(
        _("Number of the pack"),
        max_chars=40,
        placeholder=_("made from the time if left empty"),
        key="pack_number",
    )
    return _Wish(
        tuple(carriers),
        audience,
        (number or "").strip(),
        lang(),
        underuse.parameters.as_text(),
        store.versions(),
    )


def _build(underuse: Underuse, wish: _Wish) -> None:
    if not st.button(_("Prepare the pack"), type="primary", key="pack_build"):
        return
    st.session_state.pop(_READY, None)
    with (
        turn(),
        st.spinner(_("Writing, reading back and comparing …"), show_time=False),
        tempfile.TemporaryDirectory() as folder,
    ):
        try:
            number = wish.number or new_number()
            export = seen.export(
                "pack",
                {key: n for key, n in wish.versions if key in UNDERUSE_LAYERS},
                number=number,
                audience=wish.audience,
                lang=wish.lang,
                carriers=wish.carriers,
                parameters=wish.judged_by,
            )
            report = write_pack(
                Path(folder),
                store.tables(),
                store.catalogue(),
                underuse,
                wish.carriers,
                audience=wish.audience,
                lang=wish.lang,
                number=number,
                versions=dict(wish.versions),
                export_id=export.export_id,
            )
            export.record(number)
        except AtlasError as error:
            st.error(md(pick(error.text)))
            return
        # Kept on disk and fetched over a route of its own: a session holds no files.
        made = (report.xlsx, report.docx)
        kept = tuple(
            (p.name, files.keep(p, audience=wish.audience, export_id=export.export_id))
            for p in made
        )
        st.session_state[_READY] = _Ready(wish, kept, report.notes)


def _offer(wish: _Wish) -> None:
    ready = st.session_state.get(_READY)
    if ready is None or ready.wish != wish:
        return
    if any(ready_files().path(token) is None for _name, token in ready.files):
        return
    st.success(_("Written, read back and compared."))
    for name, token in ready.files:
        files.link(token, name, _("Download {name}").format(name=name))
    for note in ready.notes:
        st.caption(md(pick(note)))


def _replies(carriers: Sequence[str]) -> None:
    """Show the replies about the chosen carriers, or all, beside the register."""
    if not store.has(_REPLIES):
        st.info(_("No replies have come back yet."))
        return
    replies = store.table(_REPLIES)
    about = list(carriers) or list(dict.fromkeys(replies["carrier_id"].dropna().astype("str")))
    found = [evidence(store.tables(), one) for one in about]
    filled = [frame for frame in found if len(frame)]
    if not filled:
        st.info(_("No replies about the chosen carriers."))
        return
    frame = pd.concat(filled, ignore_index=True)
    spec = store.catalogue().layer(_REPLIES)
    if bool(frame["sample"].fillna(value=False).any()):
        links.sample_badge("")
    fields = [field for field in spec.fields if frame[field.name].notna().any()]
    shown = {card.heading(field): card.column(field, frame[field.name]) for field in fields}
    added = {pick(title): frame[name].round(1) for name, title in EVIDENCE_TITLES.items()}
    st.caption(_("{n} replies").format(n=num(len(frame))))
    tables.show(pd.DataFrame(shown | added), config=card.column_config(fields))
    tables.save(
        frame,
        "replies",
        spec.title,
        {field.name: field.title for field in spec.fields} | EVIDENCE_TITLES,
        internal=True,
    )
