"""Which page needs which right, and what somebody sees who has it not.

Who has no right to a page does not find it in the navigation. Its address, from a
bookmark or a colleague, leads to a page that says what is missing and whom to ask.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from layers.team import Person
from layers.team import Right
from layers.team import Role
from views import who
from views.text import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from streamlit.navigation.page import Page

RIGHTS: Mapping[str, Right] = {
    "consolidate": Right.INTERNAL,
    "space": Right.INTERNAL,
    "evaluate": Right.INTERNAL,
    "edit": Right.WRITE,
    "import": Right.WRITE,
    "audit": Right.AUDIT,
}
"""The right that a page needs, by its name; a page that is not here is open to every role."""


def is_open(page: str) -> bool:
    """Tell whether whoever is at work may open a page."""
    needed = RIGHTS.get(page)
    return needed is None or who.may(needed)


def page(name: str, render: Callable[[], None], title: str, url_path: str = "") -> Page:
    """Return a page of the navigation, or what stands at its address instead.

    Parameters
    ----------
    name
        Of the page, as :data:`RIGHTS` and :func:`views.links.go` know it.
    render
        Shows it.
    title
        In the language of the session.
    url_path
        Its address; its name by default.
    """
    address = url_path or name
    if is_open(name):
        return st.Page(render, title=title, url_path=address)
    refusal = partial(refuse, title, RIGHTS[name])
    return st.Page(refusal, title=title, url_path=address, visibility="hidden")


def refuse(title: str, needed: Right) -> None:
    """Say that a page is not for whoever is at work."""
    person = who.current()
    st.markdown(f"### {title}")
    st.warning(
        _(
            "Your role “{role}” does not open this page: it needs the right “{right}”, which "
            "the roles {roles} have. Ask the administrator of this server if your work needs it."
        ).format(
            role=role_title(person.role),
            right=right_title(needed),
            roles=_(", ").join(role_title(role) for role in Role if needed in rights_of(role)),
        )
    )


def rights_of(role: Role) -> list[Right]:
    """Return the rights of a role, in the order in which people read them."""
    return [right for right in Right if Person("", "", role).may(right)]


def role_title(role: Role) -> str:
    """Return what a role is called."""
    return {
        Role.VIEWER: _("viewer"),
        Role.PLANNER: _("planner"),
        Role.STEWARD: _("data steward"),
        Role.ADMIN: _("administrator"),
    }[role]


def right_title(right: Right) -> str:
    """Return what a right allows, in a few words."""
    return {
        Right.INTERNAL: _("see internal data"),
        Right.WRITE: _("edit and import"),
        Right.CURATE: _("bring back old versions"),
        Right.AUDIT: _("see who did what"),
    }[right]
