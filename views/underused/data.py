"""What the page is made from, computed once for the versions of the layers it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.underuse import UNDERUSE_LAYERS
from layers.underuse import RankChoice
from layers.underuse import carrier_history
from layers.underuse import default_underuse
from layers.underuse import leasing_facts
from layers.underuse import missing_data
from layers.underuse import underuse_of
from views import card
from views import store

if TYPE_CHECKING:
    import pandas as pd

    from geo.underuse.parameters import UnderuseParameters
    from layers.underuse import Underuse
    from views.store import Versions

_VACANT = "vacant_area_m2"


def versions() -> Versions:
    """Return the versions of the layers that the judgement reads, as of this run."""
    return tuple(entry for entry in store.versions() if entry[0] in UNDERUSE_LAYERS)


def defaults() -> UnderuseParameters:
    """Return the parameters of the rule unless somebody moves them.

    Raises
    ------
    AtlasError
        If there are no carriers.
    """
    return store.kept_by_version("underuse_defaults", lambda: default_underuse(store.tables()))


def underuse(parameters: UnderuseParameters, choice: RankChoice) -> Underuse:
    """Return the judgement of all carriers.

    Raises
    ------
    AtlasError
        If there are no carriers, or the weights mean nothing.
    """
    return _underuse(store.identity(), versions(), parameters, choice)


@st.cache_resource(show_spinner=False, max_entries=8)
def _underuse(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: UnderuseParameters,
    choice: RankChoice,
) -> Underuse:
    return underuse_of(store.tables(), store.catalogue(), parameters, choice=choice)


@st.cache_resource(show_spinner=False, max_entries=4)
def _leasing(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
) -> pd.DataFrame:
    return leasing_facts(store.tables(), store.catalogue())


@st.cache_resource(show_spinner=False, max_entries=8)
def _missing(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: UnderuseParameters,  # noqa: ARG001 - the same
    _underuse: Underuse,
) -> pd.DataFrame:
    return missing_data(_underuse, store.tables(), store.catalogue())


@st.cache_resource(show_spinner=False, max_entries=32)
def _history(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    carrier_id: str,
) -> pd.DataFrame:
    return carrier_history(store.current().workspace, carrier_id)


def missing(found: Underuse) -> pd.DataFrame:
    """Return what is not known, who could tell it, and what it would change."""
    return _missing(store.identity(), versions(), found.parameters, found)


def history(carrier_id: str) -> pd.DataFrame:
    """Return a row for every version in which the facts of a carrier changed.

    Each is judged by the thresholds as they are, on the latest day of its own data.
    """
    return _history(store.identity(), versions(), carrier_id)


def told(found: Underuse) -> pd.DataFrame:
    """Return the judgement with what a leasing officer asks, named in the session's language.

    Parameters
    ----------
    found
        The judgement.

    Returns
    -------
    DataFrame
        Its rows in its order, with ``title`` (name), ``vacant_area_m2`` (m²) and the
        columns of :func:`layers.underuse.leasing_facts`.
    """
    table = found.table
    ids = table["carrier_id"]
    leasing = _leasing(store.identity(), versions())
    added = {str(name): leasing[name] for name in leasing if name not in table}
    added[_VACANT] = store.table("carriers").set_index("carrier_id")[_VACANT]
    names = ids.map(card.titles("carriers")).fillna(ids)
    beside = {name: values.reindex(ids).to_numpy() for name, values in added.items()}
    return table.assign(title=names, **beside)


def usual() -> Underuse:
    """Return the judgement by the parameters that nobody has moved."""
    return underuse(defaults(), RankChoice())
