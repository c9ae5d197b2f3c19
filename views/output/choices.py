"""Choices that survive a change of language, which changes the titles of their options."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import TypeVar

import streamlit as st

from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

T = TypeVar("T")


def _key(name: str) -> str:
    # A widget loses its choice when the titles of its options change: one key a language.
    return f"{name}:{lang()}"


def _now(name: str, options: Sequence[T], usual: T) -> T:
    found: T = st.session_state.get(name, usual)
    return found if found in options else usual


def _take(name: str) -> None:
    found = st.session_state[_key(name)]
    if found is not None:
        st.session_state[name] = found


def radio(
    label: str, titles: Mapping[T, str], name: str, usual: T, *, horizontal: bool = False
) -> T:
    """Let the planner choose one of a few options; never none.

    Parameters
    ----------
    label
        What is chosen.
    titles
        Options and their titles in the language of the session.
    name
        Where the session keeps the choice.
    usual
        The choice at first.
    horizontal
        Whether the options stand beside each other.
    """
    options = list(titles)
    st.session_state[_key(name)] = _now(name, options, usual)
    st.radio(
        label,
        options,
        format_func=titles.__getitem__,
        horizontal=horizontal,
        key=_key(name),
        on_change=_take,
        args=(name,),
    )
    return _chosen(name, options, usual)


def select(label: str, titles: Mapping[T, str], name: str, usual: T, *, bare: bool = False) -> T:
    """Let the planner choose one of many options; `bare` hides the label."""
    options = list(titles)
    st.session_state[_key(name)] = _now(name, options, usual)
    st.selectbox(
        label,
        options,
        format_func=titles.__getitem__,
        key=_key(name),
        on_change=_take,
        args=(name,),
        label_visibility="collapsed" if bare else "visible",
    )
    return _chosen(name, options, usual)


def segments(label: str, titles: Mapping[T, str], name: str, usual: T) -> T:
    """Let the planner choose one of a few views; never none."""
    options = list(titles)
    st.session_state[_key(name)] = _now(name, options, usual)
    st.segmented_control(
        label,
        options,
        format_func=titles.__getitem__,
        key=_key(name),
        on_change=_take,
        args=(name,),
        required=True,
        label_visibility="collapsed",
    )
    return _chosen(name, options, usual)


def pills(label: str, titles: Mapping[T, str], name: str, usual: Sequence[T]) -> list[T]:
    """Let the planner choose any number of options."""
    kept: Sequence[T] = st.session_state.get(name, usual)
    st.session_state[_key(name)] = [option for option in kept if option in titles]
    st.pills(
        label,
        list(titles),
        selection_mode="multi",
        wrap=True,
        format_func=titles.__getitem__,
        key=_key(name),
        on_change=_take,
        args=(name,),
    )
    chosen: list[T] = st.session_state[_key(name)]
    return chosen


def _chosen(name: str, options: Sequence[T], usual: T) -> T:
    """Return what is chosen; a widget that shows nothing has the choice that is kept."""
    found: T | None = st.session_state.get(_key(name))
    return _now(name, options, usual) if found is None else found
