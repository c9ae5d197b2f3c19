"""What the page computes from the layers, cached by versions and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.consolidation import CONSOLIDATION_LAYERS
from layers.consolidation import after_of
from layers.consolidation import before_after
from layers.consolidation import default_parameters
from layers.consolidation import register_of
from layers.proposals import plan_of
from layers.proposals import proposal_tables
from views import store

if TYPE_CHECKING:
    from geo.consolidation.parameters import ConsolidationParameters
    from geo.consolidation.register import Register
    from views.consolidating.state import Answer
    from views.consolidating.state import Wish
    from views.store import Versions


def defaults() -> ConsolidationParameters:
    """Return the parameters of the current layers before anybody moves one."""
    return default_parameters(store.tables())


def parks() -> list[str]:
    """Return the parks that occupy units, by id."""
    units, carriers = store.table("units"), store.table("carriers")
    by_carrier = units["carrier_id"].map(carriers.set_index("carrier_id")["park_id"])
    occupied = units["state"].ne("vacant").fillna(value=True)
    return sorted(units["park_id"].fillna(by_carrier)[occupied].dropna().astype("str").unique())


def used_versions(versions: Versions) -> Versions:
    """Return the versions of the layers that a plan is computed from."""
    return tuple(entry for entry in versions if entry[0] in CONSOLIDATION_LAYERS)


def readable_versions() -> Versions:
    """Return the versions of the layers that can be read, as of this run."""
    return tuple(entry for entry in store.versions() if store.is_sound(entry[0]))


def register(wish: Wish) -> Register:
    """Return the register of the current layers that a wish is about.

    Raises
    ------
    AtlasError
        If a layer or a park is missing.
    ValueError
        If the layers contradict themselves.
    """
    return _register(store.identity(), used_versions(store.versions()), wish)


@st.cache_resource(show_spinner=False, max_entries=8)
def _register(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    wish: Wish,
) -> Register:
    return register_of(
        store.tables(),
        store.catalogue(),
        wish.parameters,
        wish.parks or None,
        wish.overrides,
    )


def tables(answer: Answer, chosen: int | None) -> dict[str, pd.DataFrame]:
    """Return all tables of a plan but the scatter before and after it.

    Parameters
    ----------
    answer
        The answer.
    chosen
        Which of its plans; None for the one in which all stay.
    """
    return _tables(answer.key, chosen, answer)


@st.cache_resource(show_spinner=False, max_entries=12)
def _tables(key: str, chosen: int | None, _answer: Answer) -> dict[str, pd.DataFrame]:  # noqa: ARG001 - part of the key of the cache
    step = None if chosen is None else _answer.steps[chosen]
    return proposal_tables(_answer.consolidation, step, pd.DataFrame())


def compared(answer: Answer, chosen: int | None) -> pd.DataFrame:
    """Return the scatter numbers of each park before and after a plan.

    They are measured on the versions of the layers that the plan was solved with.

    Parameters
    ----------
    answer, chosen
        As in :func:`tables`.

    Raises
    ------
    AtlasError
        If a version cannot be read any more, or there are no carriers.
    """
    return _compared(answer.key, chosen, answer)


@st.cache_resource(show_spinner=False, max_entries=8)
def _compared(key: str, chosen: int | None, _answer: Answer) -> pd.DataFrame:  # noqa: ARG001 - part of the key of the cache
    step = None if chosen is None else _answer.steps[chosen]
    layers = {name: store.at_version(name, version) for name, version in _answer.versions}
    register = _answer.consolidation.register
    host = plan_of(_answer.consolidation, step)
    return before_after(*after_of(layers, store.catalogue(), register, host))
