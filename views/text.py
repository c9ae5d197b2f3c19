"""Language of the session, and texts made safe for where they are shown."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import streamlit as st

from layers import i18n
from layers.safety import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.errors import Text
    from layers.i18n import Lang

LANG_KEY = "lang"
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}


def lang() -> Lang:
    """Return the language of the session; Chinese unless it was switched."""
    chosen = st.session_state.get(LANG_KEY)
    if chosen is None:
        # The title of the page is set before the switch is drawn for the first time.
        chosen = "en" if st.query_params.get(LANG_KEY) == LANGUAGE_NAMES["en"] else "zh"
    return "en" if chosen == "en" else "zh"


def _(text: str) -> str:
    """Translate a text of the code into the language of the session."""
    return i18n.translator(lang())(text)


def pick(text: Text) -> str:
    """Return a bilingual text in the language of the session."""
    return text.get(lang())


def word(words: Mapping[str, Text], code: object) -> str:
    """Return what a code is called; the code itself if it has no name."""
    found = words.get(str(code))
    return str(code) if found is None else pick(found)


def num(value: object, *, digits: int = 0, unit: str = "") -> str:
    """Return a number as the session's language writes it; a dash if unknown."""
    return i18n.number(value, lang(), digits=digits, unit=unit)


def pct(value: object, *, digits: int = 1) -> str:
    """Return a share (0 to 1) as a percentage; a dash if unknown."""
    return i18n.percent(value, lang(), digits=digits)


def day(value: object) -> str:
    """Return a date as the session's language writes it; a dash if unknown."""
    return i18n.day(value, lang())


def md(value: object) -> str:
    """Return data text that Markdown shows as it is, whatever it contains.

    CommonMark lets every ASCII punctuation mark be escaped; escaping them all
    leaves no way to write a link, an image, HTML, a formula or a directive.
    """
    return safe(str(value), "markdown")


def esc(value: object) -> str:
    """Return data text that HTML shows as it is."""
    return safe(str(value), "html")


def user_name() -> str:
    """Return the login name of this computer's user, empty if there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a service account may have no login name
