"""Personal tokens: made, shown once, listed and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.audit import Door
from layers.audit import Recorder
from layers.errors import AtlasError
from layers.i18n import moment
from layers.team.settings import team
from layers.team.tokens import LONGEST_DAYS
from layers.team.tokens import USUAL_DAYS
from layers.team.tokens import Tokens
from views import place
from views import who
from views.text import _
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.team.tokens import Token

_FRESH = "account_fresh_token"
_NOTE = "account_token_note"
_DAYS = "account_token_days"


def show() -> None:
    """Show the tokens of whoever is at work, and let him make one."""
    st.markdown(f"#### {_('Your tokens')}")
    st.caption(
        _(
            "A token stands for your password in desktop programs. It opens the live layers "
            "only, to read, with the role that you have at that moment. Give it to nobody."
        )
    )
    _make()
    fresh = st.session_state.pop(_FRESH, None)
    if fresh is not None:
        st.success(_("Your new token. Copy it now: it is shown this once only."))
        st.code(fresh, language=None, wrap_lines=True)
    own = _tokens().of(who.current().person_id)
    if own:
        _list(own, "own")
    else:
        st.info(_("You have no token yet."))


def show_all() -> None:
    """Show the tokens of all others, whom the administrator can take them from."""
    own = who.current().person_id
    others = [token for token in _tokens().all() if token.person_id != own]
    with st.expander(_("Tokens of all others: {n}").format(n=num(len(others)))):
        if others:
            _list(others, "others")
        else:
            st.info(_("Nobody else has a token."))


def _tokens() -> Tokens:
    settings = team()
    assert settings is not None  # the page is there on a team server only
    return Tokens(settings.state)


def _make() -> None:
    left, middle, right = st.columns([4, 2, 2], vertical_alignment="bottom")
    left.text_input(_("What for"), key=_NOTE, max_chars=60, placeholder=_("QGIS at my desk"))
    middle.number_input(_("Days"), 1, LONGEST_DAYS, USUAL_DAYS, key=_DAYS)
    if right.button(_("Make a token"), type="primary", key="account_make", width="stretch"):
        note, days = str(st.session_state[_NOTE]), int(st.session_state[_DAYS])
        try:
            _recorder().access("token made", note=note, days=days)
            text, _token = _tokens().make(who.current(), note, days)
        except AtlasError as error:
            st.error(md(pick(error.text)))
            return
        st.session_state[_FRESH] = text


def _list(tokens: Sequence[Token], key: str) -> None:
    for token in tokens:
        told, button = st.columns([6, 2], vertical_alignment="center")
        told.markdown(_told(token, with_person=key == "others"))
        if button.button(
            _("Take back"), key=f"account_revoke:{key}:{token.token_id}", width="stretch"
        ):
            _revoke(token)


def _told(token: Token, *, with_person: bool) -> str:
    used = _("never used") if token.used is None else _("last used {time}")
    facts = [
        f"**{md(token.note or token.token_id)}**",
        md(token.person_id) if with_person else "",
        _("until {time}").format(time=moment(token.expires.isoformat())),
        used if token.used is None else used.format(time=moment(token.used.isoformat())),
    ]
    return " · ".join(fact for fact in facts if fact)


def _revoke(token: Token) -> None:
    try:
        _recorder().access("token taken back", token=token.token_id, of=token.person_id)
        _tokens().revoke(token.token_id, who.current())
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    st.rerun()


def _recorder() -> Recorder:
    return Recorder.of(place.current().root, who.current(), Door.WEB, who.author())
