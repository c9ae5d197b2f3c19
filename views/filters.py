"""Filters as all pages show them: pills that stay as they are across pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec


def heading() -> None:
    """Show the heading above the filters of a page."""
    st.markdown(f"**{_('Filters')}**")


def pills(
    label: str, options: Sequence[str], title: Callable[[str], str], *, key: str
) -> list[str]:
    """Let the user choose any of some values; none chosen means all.

    Parameters
    ----------
    label
        What is chosen.
    options, title
        The values, and what a person reads for each.
    key
        Name of the widget; its choice is kept for the session.
    """
    return st.pills(
        label,
        options,
        selection_mode="multi",
        wrap=True,
        format_func=title,
        key=key,
        persist_state="session",
    )


def of_field(label: str, field: FieldSpec, *, key: str, none: str = "") -> list[str]:
    """Let the user choose any of the allowed values of a field.

    Parameters
    ----------
    label, field, key
        As in :func:`pills`.
    none
        What a person reads for rows without a value, which is then offered as
        the empty text; not offered if left out.
    """
    values = [choice.value for choice in field.choices]
    return pills(
        label,
        [*values, ""] if none else values,
        lambda value: field.choice_title(value, lang()) if value else none,
        key=key,
    )
