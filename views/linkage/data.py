"""What the page is made from, computed once for the versions of the layers it reads.

Results are computed from all data for everybody, as those of the other pages are; what may
not be shown to whoever is at work is left out where it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.access import AccessParameters
from layers.access import ACCESS_LAYERS
from layers.access import Trial
from layers.access import access_of
from layers.access import compare_access
from layers.access import estimate_at_stake
from layers.access import estimates_dropped
from layers.access import fifteen_minutes
from layers.access import flags_changed
from layers.access import trial_remarks
from layers.access import walk_areas_of
from layers.access import with_trial
from layers.access.gaps import gaps_of
from layers.analysis import SCATTER_LAYERS
from layers.timeline import moments
from layers.timeline import tables_at
from views import store

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from layers.access import Access
    from layers.access import AccessChange
    from layers.access import Circle
    from layers.access.gaps import AccessGaps
    from layers.catalogue import Catalogue
    from layers.errors import Text
    from layers.timeline import Moment
    from views.store import Frame
    from views.store import Versions

_READ = tuple(dict.fromkeys((*ACCESS_LAYERS, *SCATTER_LAYERS)))
NO_TRIAL = Trial()
"""Nothing is placed on trial."""


def versions() -> Versions:
    """Return the versions of the layers that the page reads, as of this run."""
    held = store.whole().versions
    return tuple((key, held[key]) for key in _READ if key in held)


def access(parameters: AccessParameters, trial: Trial = NO_TRIAL) -> Access:
    """Return the linkage of all parks for the current layers.

    Parameters
    ----------
    parameters
        The thresholds.
    trial
        Objects placed on trial.

    Raises
    ------
    AtlasError
        If there are no carriers, or a gate on trial names a campus that is gone.
    """
    return _access(store.identity(), versions(), parameters, trial)


@st.cache_resource(show_spinner=False, max_entries=16)
def _access(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: AccessParameters,
    trial: Trial,
) -> Access:
    return access_of(_tables(), store.whole().catalogue, parameters, trial=trial)


def park_names() -> pd.Series[str]:
    """Return the names of the parks of the district by id.

    Raises
    ------
    AtlasError
        If there are no carriers.
    """
    return access(AccessParameters()).given.parks.sort_index()


def tried(parameters: AccessParameters, trial: Trial) -> AccessChange:
    """Return what objects on trial change.

    Raises
    ------
    AtlasError
        As :func:`access`.
    """
    return _tried(store.identity(), versions(), parameters, trial)


@st.cache_resource(show_spinner=False, max_entries=8)
def _tried(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: AccessParameters,
    trial: Trial,
) -> AccessChange:
    return compare_access(access(parameters), access(parameters, trial))


def tried_flags(trial: Trial) -> pd.DataFrame:
    """Return the scatter flags that objects on trial move, by the default rule of scatter.

    Raises
    ------
    AtlasError
        As :func:`access`.
    """
    return _tried_flags(store.identity(), versions(), trial)


@st.cache_resource(show_spinner=False, max_entries=8)
def _tried_flags(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    trial: Trial,
) -> pd.DataFrame:
    before, catalogue = _tables(), store.whole().catalogue
    return flags_changed(before, with_trial(before, catalogue, trial), catalogue)


def tried_remarks(parameters: AccessParameters, trial: Trial) -> list[Text]:
    """Return why objects on trial can have no effect, or another than it seems."""
    return trial_remarks(_tables(), store.whole().catalogue, trial, parameters)


def at_stake(campus_id: str) -> Text | None:
    """Return what the first gate of a campus does to its estimate; None if it has a gate."""
    return estimate_at_stake(_tables(), campus_id)


def dropped(trial: Trial) -> list[Text]:
    """Return of which campuses gates on trial replace an estimate, one sentence each."""
    return estimates_dropped(_tables(), trial)


def circle(parameters: AccessParameters, park: str, trial: Trial = NO_TRIAL) -> Circle:
    """Return the 15-minute circle of a park for the current layers, with what is on trial.

    Raises
    ------
    AtlasError
        If there are no carriers, or the park is not known.
    """
    return _circle(store.identity(), versions(), parameters, park, trial)


@st.cache_resource(show_spinner=False, max_entries=16)
def _circle(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: AccessParameters,
    park: str,
    trial: Trial,
) -> Circle:
    tables, catalogue = _with(trial)
    return fifteen_minutes(tables, catalogue, park, parameters)


def area(
    parameters: AccessParameters, park: str, minutes: float, trial: Trial = NO_TRIAL
) -> gpd.GeoDataFrame:
    """Return where one gets on foot from the spaces of a park, EPSG:4490.

    Raises
    ------
    AtlasError
        If there are no carriers, or the park is not known.
    """
    return _area(store.identity(), versions(), parameters, park, minutes, trial)


@st.cache_resource(show_spinner=False, max_entries=16)
def _area(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: AccessParameters,
    park: str,
    minutes: float,
    trial: Trial,
) -> gpd.GeoDataFrame:
    tables, catalogue = _with(trial)
    return walk_areas_of(tables, catalogue, [park], parameters, minutes=minutes)


def gaps(parameters: AccessParameters, park: str | None, trial: Trial = NO_TRIAL) -> AccessGaps:
    """Return what is missing most, in one park or in all of them, with what is on trial.

    Raises
    ------
    AtlasError
        If there are no carriers, or the park is not known.
    """
    return _gaps(store.identity(), versions(), parameters, park, trial)


@st.cache_resource(show_spinner=False, max_entries=8)
def _gaps(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: AccessParameters,
    park: str | None,
    trial: Trial,
) -> AccessGaps:
    parks = None if park is None else [park]
    return gaps_of(_tables(), store.whole().catalogue, parameters, parks, trial=trial)


def known_moments() -> list[Moment]:
    """Return when the layers changed that the linkage is computed from, the latest first."""
    return store.kept_by_version(
        "linkage_moments", lambda: moments(store.current().workspace.history(), ACCESS_LAYERS)
    )


def since(time: str, parameters: AccessParameters) -> AccessChange:
    """Return what changed in the linkage from a time (ISO 8601) until now.

    Raises
    ------
    AtlasError
        If the carriers were not there yet, or a table is damaged.
    """
    return _since(store.identity(), versions(), time, parameters)


@st.cache_resource(show_spinner=False, max_entries=4)
def _since(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    time: str,
    parameters: AccessParameters,
) -> AccessChange:
    before = access_of(_then(time), store.whole().catalogue, parameters)
    return compare_access(before, access(parameters))


def flags_since(time: str) -> pd.DataFrame:
    """Return the scatter flags that moved from a time (ISO 8601) until now.

    Raises
    ------
    AtlasError
        As :func:`since`.
    """
    return _flags_since(store.identity(), versions(), time)


@st.cache_resource(show_spinner=False, max_entries=4)
def _flags_since(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    time: str,
) -> pd.DataFrame:
    return flags_changed(_then(time), _tables(), store.whole().catalogue)


def _tables() -> dict[str, Frame]:
    """Return the layers that matter; no other is read for them."""
    return _chosen(store.whole().tables)


def _with(trial: Trial) -> tuple[Mapping[str, Frame], Catalogue]:
    """Return the layers with what is on trial, and their catalogue."""
    tables, catalogue = _tables(), store.whole().catalogue
    return (with_trial(tables, catalogue, trial) if trial else tables), catalogue


def _then(time: str) -> dict[str, Frame]:
    return _chosen(tables_at(store.current().workspace, time))


def _chosen(tables: Mapping[str, Frame]) -> dict[str, Frame]:
    return {key: tables[key] for key in _READ if key in tables}
