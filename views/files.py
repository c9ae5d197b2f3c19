"""Files that a page offers: handed out by a route of our own, to whoever was offered them.

Streamlit's own download button puts files where every session can fetch them by their
address. Ours know whose they are, and the audit learns when one is taken.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from layers.export import EXPORT_ROUTE
from layers.export import ready_files
from views import seen
from views import who
from views.text import esc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.team import Audience
    from views.seen import Export


def offer(
    label: str,
    name: str,
    make: Callable[[], bytes],
    *,
    key: str,
    audience: Audience = "internal",
    export: Export | None = None,
) -> None:
    """Show a link under which a file can be fetched; it is made when somebody does.

    Parameters
    ----------
    label
        What stands on the link.
    name
        As the file is downloaded.
    make
        Makes the content. It is called outside of any run of a page: what it needs of the
        session must be in it.
    key
        What tells the link from others of this session.
    audience
        For whom the content is.
    export
        What the audit learns when it is fetched, of a file that carries an id.
    """
    token = ready_files().promise(
        make,
        name,
        f"{_session()}:{key}",
        owner=who.current().person_id,
        audience=audience,
        record=_recorded(name, "") if export is None else partial(export.record, name),
    )
    with st.container(key=key):
        link(token, name, label)


def keep(path: Path, *, audience: Audience = "internal", export_id: str = "") -> str:
    """Take a finished file over and return the token under which it can be fetched."""
    return ready_files().keep(
        path,
        owner=who.current().person_id,
        audience=audience,
        record=_recorded(path.name, export_id),
    )


def link(token: str, name: str, label: str) -> None:
    """Show the link to a file that is kept or promised."""
    address = f"{EXPORT_ROUTE}/{token}/{quote(name, safe='')}"
    st.html(f'<a class="atlas-download" href="{esc(address)}" download>{esc(label)}</a>')


def _recorded(name: str, export_id: str) -> Callable[[], None]:
    """Return what writes into the audit that the file was taken."""
    return partial(seen.recorder().fetched, name, export_id)


def _session() -> str:
    context = get_script_run_ctx()
    return "" if context is None else context.session_id
