"""What the pages tell the audit: who saw a page, changed something, prepared a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from layers.audit import Door
from layers.audit import Recorder
from layers.audit import make_export_id
from views import place
from views import store
from views import who

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAGES = "pages_seen"
_MOST = 500


def recorder() -> Recorder:
    """Return what records in the audit of the open workspace what this session does."""
    return _recorder(of_root=False)


def root_recorder() -> Recorder:
    """Return the same for what belongs to no district: sign-ins, and the page of a city."""
    return _recorder(of_root=True)


def _recorder(*, of_root: bool) -> Recorder:
    found = place.current()
    folder = found.root if of_root or found.folder is None else found.folder
    return Recorder.of(folder, who.current(), Door.WEB, who.author())


def page(name: str, *, refused: bool = False) -> None:
    """Record as well as can be that a page was looked at, once for what it showed.

    Parameters
    ----------
    name
        Its name in the address, empty for the first page. It is called when the page has
        run: what it read, or offered as tiles, in this run is what was seen.
    refused
        Whether it stayed closed to whoever is at work.
    """
    told = name or ("home" if place.current().folder else "city")
    shown = tuple(sorted(store.looked_at()))
    key = (place.current().name, store.identity(), told, refused, shown)
    known: set[Any] = st.session_state.setdefault(_PAGES, set())
    if key in known:
        return
    if len(known) >= _MOST:
        known.clear()
    known.add(key)
    # Of a layer with several versions on one page, as on that of changes, the newest is told.
    recorder().seen(told, dict(shown), refused=refused)


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is about to be made.

    Attributes
    ----------
    export_id
        That it is to carry.
    layers
        Versions by key of the layers that it is made from.
    wish
        What else decides what is in it.
    recorder
        Records it; also outside of any run of a page.
    """

    export_id: str
    layers: Mapping[str, int]
    wish: Mapping[str, Any]
    recorder: Recorder

    def record(self, name: str) -> None:
        """Record that the file is made, before it is handed out.

        Raises
        ------
        WorkspaceError
            If it cannot be recorded; then it must not be handed out.
        """
        self.recorder.exported(self.export_id, self.layers, name, **self.wish)


def export(what: str, layers: Mapping[str, int], /, **wish: object) -> Export:
    """Return an export of this session's person, with its id.

    Parameters
    ----------
    what
        What it is: ``export``, ``sheet``, ``report``, ``pack`` or the name of a table.
    layers
        Versions by key of the layers that it is made from.
    **wish
        What else decides what is in it; plain data.
    """
    told = {"what": what, **wish}
    identity, own = store.current().workspace.identity, recorder()
    export_id = make_export_id(identity, layers, told, own.who)
    return Export(export_id, dict(layers), told, own)
