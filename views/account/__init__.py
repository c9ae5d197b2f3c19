"""账户: who is signed in, what he may do, and his tokens for desktop programs."""

from __future__ import annotations

import streamlit as st

from layers.team import Right
from views import gates
from views import who
from views.account import live
from views.account import tokens
from views.text import _
from views.text import md


def render() -> None:
    """Show the page."""
    person = who.current()
    st.markdown(f"### {_('Account')}")
    st.markdown(
        _("Signed in as **{name}**, {role}.").format(
            name=md(person.name), role=gates.role_title(person.role)
        )
    )
    st.caption(_("Id on this server: {id}").format(id=md(person.person_id)))
    _rights()
    if st.button(_("Sign out"), key="account_sign_out"):
        st.logout()
    st.divider()
    st.markdown(f"#### {_('Live layers in QGIS and ArcGIS')}")
    live.show()
    tokens.show()
    if person.may(Right.AUDIT):
        tokens.show_all()


def _rights() -> None:
    """Say what whoever is at work may do, and what not."""
    lines = [
        "✓ " + _("see public layers and results, and take public files"),
        *(("✓ " if who.may(right) else "✗ ") + gates.right_title(right) for right in Right),
    ]
    st.markdown("  \n".join(lines))
    if not who.may(Right.INTERNAL):
        st.caption(
            _(
                "What is internal (firms, operators, rents, taxes, tenancies) is left out on "
                "every page; places are shown to about 10 m. If your work needs more, ask the "
                "administrator for another role."
            )
        )
