"""The register of carriers as the rule reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.underuse import parse_gaps
from layers.analysis import require_layers
from layers.belonging import parks_elsewhere
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import Catalogue


def carrier_register(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue) -> pd.DataFrame:
    """Return the carriers of the district without places, index ``carrier_id``.

    Parameters
    ----------
    tables
        Layers by key; ``carriers`` is needed.
    catalogue
        Gives the names of the fields whose titles people write into ``gaps``.

    Returns
    -------
    pandas.DataFrame
        All columns; ``gaps`` with names of fields instead of titles. The index has no
        name, because a column has that.

    Raises
    ------
    AtlasError
        If there are no carriers.
    """
    require_layers(tables, "carriers")
    carriers = pd.DataFrame(tables["carriers"].drop(columns=GEOMETRY, errors="ignore"))
    if "park_id" in carriers:
        # A building that a visiting park is in is judged in its own district.
        carriers = carriers[~carriers["park_id"].isin(parks_elsewhere(tables))]
    carriers = carriers.set_index("carrier_id", drop=False).rename_axis(None)
    if "gaps" not in carriers:
        return carriers
    names = _names_by_title(catalogue)
    named = carriers["gaps"].map(lambda cell: _named(cell, names), na_action="ignore")
    return carriers.assign(gaps=named)


def _names_by_title(catalogue: Catalogue) -> dict[str, str]:
    """Return names of fields by what people call them; a title goes before an alias."""
    fields = catalogue.layer("carriers").fields
    aliases = {alias: field.name for field in fields[::-1] for alias in field.aliases}
    titles = {title: f.name for f in fields for title in (f.title.zh, f.title.en)}
    return aliases | titles | {field.name: field.name for field in fields}


def _named(cell: str, names: Mapping[str, str]) -> str:
    found = parse_gaps(cell, names)
    return ";".join([*(f"{name}={state}" for name, state in found.states.items()), *found.unread])
