"""Who is at work in this session: asked at every run, so that a role that was taken away is gone.

Alone on a computer it is always :data:`layers.team.ALONE`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NoReturn

import streamlit as st

from layers.team import ALONE
from layers.team import Right
from layers.team.settings import team
from views.text import _
from views.text import md
from views.text import user_name

if TYPE_CHECKING:
    from layers.team import Person


def is_team() -> bool:
    """Tell whether people sign in here, so that there is more than one of them."""
    return team() is not None


def known() -> Person | None:
    """Return who is at work; None on a team server for somebody who has no role (any more)."""
    settings = team()
    return ALONE if settings is None else settings.person(st.user.to_dict())


def current() -> Person:
    """Return who is at work.

    The run stops, with a word why, if he has no role: pieces of a page run alone too.
    """
    return known() or _stop()


def _stop() -> NoReturn:
    no_role()
    st.stop()


def no_role() -> None:
    """Say that whoever signed in has no role, and what he is to tell the administrator."""
    st.error(
        _(
            "You have no role on this server, or it was taken away. Ask the administrator, and "
            "tell the name you signed in with: {name}"
        ).format(name=md(_signed_in_as()))
    )
    if st.button(_("Sign out"), key="no_role_sign_out"):
        st.logout()


def _signed_in_as() -> str:
    claims = st.user.to_dict()
    return str(claims.get("email") or claims.get("sub") or "–")


def may(right: Right) -> bool:
    """Tell whether whoever is at work has a right."""
    return current().may(right)


def signature(key: str) -> str:
    """Ask for the name that something is signed with, and return it.

    On a team server it is the name of whoever signed in; it is shown and cannot be typed.

    Parameters
    ----------
    key
        Where the session keeps what was typed.
    """
    if is_team():
        st.caption(_("Saved as {author}").format(author=md(author())))
        return author()
    given = st.text_input(
        _("Your name"), value=user_name(), key=key, persist_state="session", max_chars=200
    )
    return (given or "").strip()


def signed(key: str) -> str:
    """Return the name that :func:`signature` asked for, the usual one if it did not yet."""
    return author() if is_team() else str(st.session_state.get(key) or author())


def author() -> str:
    """Return the name that a commit carries, empty if it must be asked for.

    On a team server it is never empty and never asked for.
    """
    person = current()
    return person.name or (person.person_id if is_team() else user_name())
