"""Finished files: offered at once, and kept for a while to be fetched again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from layers.export import ready_files
from layers.export.ready import MOST_FILES
from layers.export.ready import MOST_HOURS
from views import files
from views.text import _
from views.text import md

if TYPE_CHECKING:
    from collections.abc import Hashable
    from collections.abc import Sequence
    from pathlib import Path

    from layers.team import Audience
    from views.seen import Export

_READY = "output_ready"
_MOST = 8


@dataclass(frozen=True)
class Ready:
    """A finished file.

    Attributes
    ----------
    wish
        What was asked for; another wish does not get this file.
    name
        As it is downloaded.
    token
        Under which it is fetched.
    told
        What is said of it, ready for Markdown.
    made
        When.
    """

    wish: Hashable
    name: str
    token: str
    told: tuple[str, ...]
    made: dt.datetime


def keep(
    wish: Hashable,
    path: Path,
    told: Sequence[str],
    export: Export,
    *,
    audience: Audience = "internal",
) -> None:
    """Take a finished file over: kept on disk, because a session holds no files.

    Raises
    ------
    WorkspaceError
        If the audit cannot be written; then the file is not handed out.
    """
    name = path.name
    export.record(name)
    now = dt.datetime.now().astimezone()
    token = files.keep(path, audience=audience, export_id=export.export_id)
    made = Ready(wish, name, token, tuple(told), now)
    st.session_state[_READY] = [made, *st.session_state.get(_READY, [])][:_MOST]


def offer(wish: Hashable) -> None:
    """Offer the file that was made for a wish, if there is one."""
    found = next((one for one in _there() if one.wish == wish), None)
    if found is None:
        return
    st.success(_("Written, read back and compared."))
    _link(found, _("Download {name}").format(name=found.name))
    for line in found.told:
        st.markdown(line)


def recent() -> None:
    """List what was exported in this session, the newest first."""
    files = _there()
    if not files:
        return
    st.markdown(f"##### {_('Recent exports')}")
    for one in files:
        _link(one, f"{one.name} · {one.made:%H:%M}")
    st.caption(
        _(
            "Kept for {hours} hours, until the app stops or until you prepare {n} newer files."
        ).format(hours=MOST_HOURS, n=MOST_FILES)
    )


def _there() -> list[Ready]:
    return [
        one for one in st.session_state.get(_READY, []) if ready_files().path(one.token) is not None
    ]


def _link(one: Ready, text: str) -> None:
    files.link(one.token, one.name, text)


def notes(sentences: Sequence[str]) -> list[str]:
    """Return sentences as lines of small type for :func:`keep`."""
    return [f":small[{md(sentence)}]" for sentence in sentences]
