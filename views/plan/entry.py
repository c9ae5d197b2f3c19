"""Forms that many may fill in at once: what others recorded meanwhile is never overwritten unseen.

A form remembers the cells that it began with. When they are not those of now, somebody else
recorded something since: she is shown both, and says what is to stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from layers.i18n import UNKNOWN
from layers.i18n import unknown
from views import card
from views import store
from views.plan import state
from views.text import _
from views.text import esc
from views.text import md

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import LayerSpec

Cells = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A row that is being written.

    Attributes
    ----------
    layer
        Of which layer.
    identifier
        Of the row; empty for a new one.
    begun
        Its cells when the form began.
    now
        Its cells in this run.
    """

    layer: str
    identifier: str
    begun: Cells
    now: Cells

    @property
    def moved(self) -> list[str]:
        """The fields that somebody else changed since the form began."""
        return [name for name in self.now if self.now[name] != self.begun.get(name)]

    def changed(self, given: Mapping[str, Any]) -> Cells:
        """Return what was written that is not what the form began with."""
        return {name: value for name, value in given.items() if value != self.begun.get(name)}

    def key(self, name: str) -> str:
        """Return the key of a widget of the form."""
        return f"plan:{self.layer}:{self.identifier}:{name}:{state.generation()}"


def begin(layer: str, identifier: str, rows: pd.DataFrame, fields: Sequence[str]) -> Entry:
    """Return the row of an id with the cells that its form began with.

    Parameters
    ----------
    layer, identifier
        Which row; an id that is not there begins empty.
    rows
        Rows of the layer.
    fields
        What can be written.
    """
    spec = store.catalogue().layer(layer)
    own = rows[rows[spec.id_field].eq(identifier)]
    now = {name: None if own.empty else _cell(own.iloc[0][name]) for name in fields}
    kept = f"plan_begun:{layer}:{identifier}"
    mark, begun = st.session_state.get(kept, (-1, now))
    if mark != state.generation():
        begun = now
        st.session_state[kept] = (state.generation(), now)
    return Entry(layer, identifier, begun, now)


def _cell(value: object) -> object:
    if unknown(value):
        return None
    day: Callable[[], dt.date] | None = getattr(value, "date", None)
    return day() if callable(day) else value


def text(entry: Entry, name: str, *, area: bool = False) -> str | None:
    """Ask for a text; None for none."""
    field = _spec(entry).field(name)
    ask = st.text_area if area else st.text_input
    given = ask(
        card.heading(field),
        value=str(entry.begun.get(name) or ""),
        key=entry.key(name),
        max_chars=1000 if area else 200,
    )
    return (given or "").strip() or None


def date(entry: Entry, name: str) -> dt.date | None:
    """Ask for a day; None for none."""
    field = _spec(entry).field(name)
    found: dt.date | None = st.date_input(
        card.heading(field),
        value=entry.begun.get(name),
        key=entry.key(name),
        format="YYYY-MM-DD",
    )
    return found


def _spec(entry: Entry) -> LayerSpec:
    return store.catalogue().layer(entry.layer)


def may_stand(entry: Entry, given: Mapping[str, Any]) -> bool:
    """Tell whether what was written may be saved; if others wrote meanwhile, ask first.

    Parameters
    ----------
    entry
        The row.
    given
        What stands in the form.
    """
    if not entry.moved:
        return True
    st.warning(_told(entry))
    st.html(_both(entry, given))
    left, right = st.columns(2)
    if left.button(_("Take theirs, begin my form anew"), key=entry.key("theirs")):
        state.renew()
        st.rerun()
    return right.checkbox(
        _("Save mine on top of theirs, where I wrote something"), key=entry.key("mine")
    )


def _told(entry: Entry) -> str:
    history = store.history(entry.layer)
    author = "" if history.empty else str(history["author"].iloc[0])
    return _(
        "{author} recorded something here since you opened the form. Nothing of yours is lost; "
        "look at both and say what is to stand."
    ).format(author=md(author) or _("Somebody else"))


def _both(entry: Entry, given: Mapping[str, Any]) -> str:
    spec = _spec(entry)
    heads = (_("Field"), _("Before"), _("Theirs"), _("Mine"))
    head = "".join(f'<th scope="col">{esc(text)}</th>' for text in heads)
    names = dict.fromkeys((*entry.moved, *entry.changed(given)))
    body = "".join(
        f'<tr><th scope="row">{esc(card.heading(spec.field(name)))}</th>'
        + "".join(
            f"<td>{esc(_shown(spec, name, cells.get(name)))}</td>"
            for cells in (entry.begun, entry.now, given)
        )
        + "</tr>"
        for name in names
    )
    return f'<table class="atlas-conflict"><tr>{head}</tr>{body}</table>'


def _shown(spec: LayerSpec, name: str, value: object) -> str:
    return UNKNOWN if value is None else card.value(spec.field(name), value)
