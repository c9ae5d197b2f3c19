"""The bundled edition: every file of the catalogue, read as any other file."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import IntakeError
from layers.findings import finding
from layers.frames import empty_frame
from layers.intake import Choices
from layers.intake import intake
from layers.intake import read_file
from layers.systems import LONLAT
from layers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.issues import Issue

SOURCE_COLUMNS = (
    "source_id",
    "title_zh",
    "title_en",
    "publisher",
    "date",
    "licence",
    "quality",
    "reference",
    "note",
)
SOURCES_FILE = "sources.csv"


@dataclass(frozen=True, slots=True)
class Edition:
    """All layers of an edition as read.

    Attributes
    ----------
    tables
        Frame by layer key, for every layer of the catalogue; empty where the
        edition has no file or the file could not be read.
    issues
        What was wrong with which file or row.
    """

    tables: dict[str, gpd.GeoDataFrame | pd.DataFrame]
    issues: tuple[Issue, ...]


def load_edition(catalogue: Catalogue) -> Edition:
    """Read every layer file of an edition.

    A file that is missing or unreadable becomes a finding (row 0), a row that
    is wrong becomes a finding; everything else is loaded. Coordinates are
    longitude and latitude on CGCS2000 or WGS 84, the same within a metre.

    Returns
    -------
    Edition
        With a frame for every layer of the catalogue, in its order.
    """
    tables: dict[str, gpd.GeoDataFrame | pd.DataFrame] = {}
    issues: list[Issue] = []
    for key in _targets_first(catalogue):
        spec = catalogue.layer(key)
        tables[key], found = _load(spec, catalogue, tables)
        issues += found
    return Edition({key: tables[key] for key in catalogue.keys}, tuple(issues))


def load_sources(folder: Path) -> pd.DataFrame:
    """Read the list of sources of an edition.

    Parameters
    ----------
    folder
        The edition folder.

    Returns
    -------
    DataFrame
        Text columns :data:`SOURCE_COLUMNS`; empty if the edition has no list.

    Raises
    ------
    IntakeError
        If the list is there but cannot be read.
    """
    path = folder / SOURCES_FILE
    if not path.exists():
        return pd.DataFrame({name: pd.Series(dtype="str") for name in SOURCE_COLUMNS})
    read = read_file(path).reindex(columns=list(SOURCE_COLUMNS))
    return pd.DataFrame({name: as_text(read[name]) for name in SOURCE_COLUMNS})


def _targets_first(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the layer keys so that a layer comes after those it refers to."""
    needs = {
        spec.key: [f.references[0] for f in spec.fields if f.references]
        for spec in catalogue.layers
    }
    try:
        return tuple(TopologicalSorter(needs).static_order())
    except CycleError:
        # Layers that refer to each other can only be read in some order.
        return catalogue.keys


def _load(
    spec: LayerSpec, catalogue: Catalogue, tables: Mapping[str, pd.DataFrame]
) -> tuple[gpd.GeoDataFrame | pd.DataFrame, tuple[Issue, ...]]:
    if not spec.file:
        return empty_frame(spec), ()
    path = catalogue.folder / spec.file
    try:
        result = intake(path, spec, catalogue, Choices(crs=LONLAT), tables=tables)
    except IntakeError as error:
        issue = finding(
            "file_unreadable",
            layer=spec.key,
            file=spec.file,
            problem_zh=error.text.zh,
            problem_en=error.text.en,
        )
        return empty_frame(spec), (issue,)
    return result.accepted, result.issues
