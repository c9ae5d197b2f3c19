"""The user's own geocoder for addresses that nothing we know answers to.

The product asks nobody on the network. A user may name a function of their own in the
variable ``ATLAS_GEOCODER``; it is asked only if an import says so besides, and what it
answers only enters the review list.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol
from typing import cast

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import STORAGE_CRS
from layers.findings import shorten
from layers.intake.naming.addresses import GEOCODER
from layers.intake.naming.addresses import is_place
from layers.intake.naming.addresses import review_frame
from layers.intake.naming.addresses import unplaced
from layers.intake.naming.twins import ADDRESS
from layers.intake.naming.twins import cell_texts
from layers.systems import SYSTEM_NAMES
from layers.systems import find_system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec
    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

    Answer = tuple[float, float, float, str | None]

ENVIRONMENT = "ATLAS_GEOCODER"

# So many addresses are handed over at most; a plug may be paid by the address.
_MOST = 2_000


class Geocoder(Protocol):
    """What a plug is: a function with the name of its coordinate system.

    Attributes
    ----------
    system
        Coordinate system of the answers, for instance ``GCJ02``; see
        :data:`layers.systems.SYSTEM_NAMES`.
    """

    system: str

    def __call__(self, addresses: Sequence[str]) -> Sequence[Answer | None]:
        """Return longitude, latitude, score (0 to 100) and label (or None) for every address.

        None stands for an address without answer.
        """
        ...


class _PlugError(Exception):
    """What is wrong with a plug or with what it answered."""


def find_geocoder() -> Geocoder | None:
    """Return the geocoder that the user configured, None if there is none.

    ``ATLAS_GEOCODER`` names it as ``module:object``.

    Raises
    ------
    Exception
        Whatever importing the module raises, and ValueError if the name is none.
    """
    named = os.environ.get(ENVIRONMENT, "")
    if not named:
        return None
    module, colon, name = named.partition(":")
    if not colon or not module or not name:
        msg = f"{ENVIRONMENT} must be module:object, not {named!r}."
        raise ValueError(msg)
    return cast("Geocoder", getattr(import_module(module), name))


def review_geocoded(
    named: pd.DataFrame,
    geometry: NDArray[Any] | None,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
    request: Request,
    rows: pd.Series[Any],
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """Ask the user's geocoder where rows without coordinates lie.

    To be called only where the planner said so for this import. Each address is asked
    once. Whatever goes wrong in the plug is a finding, and the import goes on.

    Parameters
    ----------
    named, geometry, spec, tables, request, rows
        See :func:`layers.intake.naming.addresses.review_places`.

    Returns
    -------
    DataFrame
        A review list with ``how`` = ``geocoder``, to be added to the other; the id of a
        candidate is its longitude and latitude in EPSG:4490.
    tuple of Issue
        Whether it was asked, and what went wrong.
    """
    addresses = cell_texts(named, ADDRESS)
    asked = [i for i in unplaced(named, geometry, spec, tables) if addresses[i]]
    nothing = review_frame([])
    if not asked:
        return nothing, ()
    distinct = sorted({str(addresses[i]) for i in asked})[:_MOST]
    try:
        answers = _asked(distinct)
    except Exception as error:  # noqa: BLE001 -- the plug is the user's code and may raise anything
        problem = f"{type(error).__name__}: {shorten(error)}"
        return nothing, (request.issue("geocoder_failed", problem=problem),)
    names = cell_texts(named, "" if spec.name_field == spec.id_field else spec.name_field)
    found = [
        _record(int(rows.iloc[i]), names[i], addresses[i], answers[addresses[i]])
        for i in asked
        if addresses[i] in answers
    ]
    issue = request.issue("geocoder_asked", count=len(distinct), found=len(answers))
    return review_frame(found), (issue,)


def _asked(addresses: Sequence[str]) -> dict[str, Answer]:
    """Return the answers that are places, in EPSG:4490."""
    geocoder = find_geocoder()
    if geocoder is None:
        msg = f"{ENVIRONMENT} is not set"
        raise _PlugError(msg)
    system = find_system(str(geocoder.system))
    if system is None:
        msg = f"unknown system {geocoder.system!r}; use one of {', '.join(SYSTEM_NAMES)}"
        raise _PlugError(msg)
    answers = list(geocoder(addresses))
    if len(answers) != len(addresses):
        msg = f"{len(answers)} answers to {len(addresses)} addresses"
        raise _PlugError(msg)
    given = {a: _read(answer) for a, answer in zip(addresses, answers, strict=True) if answer}
    return _moved(given, system)


def _read(answer: Answer) -> Answer:
    lon, lat, score, label = answer
    # A score that is no number is none: `max` keeps the zero, which stands first.
    points = min(max(0.0, float(score)), 100.0)
    return float(lon), float(lat), points, "" if label is None else shorten(label)


def _moved(given: Mapping[str, Answer], system: System) -> dict[str, Answer]:
    if not given:
        return {}
    x, y = (np.array([answer[k] for answer in given.values()]) for k in (0, 1))
    if system.correct is not None:
        x, y = system.correct(x, y)
    places = gpd.GeoSeries(shapely.points(x, y), crs=system.crs).to_crs(STORAGE_CRS)
    return {
        address: (float(lon), float(lat), score, label)
        for (address, (_, _, score, label)), lon, lat in zip(
            given.items(), places.x, places.y, strict=True
        )
        if is_place(lon, lat)
    }


def _record(row: int, name: str, address: str, answer: Answer) -> tuple[Any, ...]:
    lon, lat, score, label = answer
    place = f"{lon:.7f},{lat:.7f}"
    return (row, name, address, GEOCODER, place, label, "", score, GEOCODER, lon, lat, np.nan)
