"""Editions: the one a workspace was made with, and its files, read as any other file."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import pandas as pd

from layers.catalogue import load_catalogue
from layers.edition_files import CATALOGUE_FILE
from layers.edition_files import EDITION_FOLDER
from layers.edition_files import is_bundled
from layers.edition_files import is_inside
from layers.edition_files import own_file
from layers.errors import CatalogueError
from layers.errors import IntakeError
from layers.errors import Text
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

_CITY_FILE = "city.json"
_DISTRICTS = "districts"


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


def open_edition(folder: Path) -> Catalogue:
    """Return the catalogue of an edition folder that somebody made.

    Raises
    ------
    CatalogueError
        If there is no catalogue or it is wrong (see
        :func:`layers.catalogue.load_catalogue`), if the edition bears the name of the
        bundled one without being it, or if it lacks a layer or a field of the bundled one.
    """
    bundled, found = load_catalogue(), load_catalogue(folder)
    if is_bundled(found):
        return found
    if found.edition == bundled.edition:
        raise _named_as_bundled(folder, found.edition)
    lacking = _lacking(found, bundled)
    if lacking:
        raise _incomplete(folder, lacking)
    return found


def catalogue_of(path: Path) -> Catalogue:
    """Return the catalogue that a workspace was made with.

    Parameters
    ----------
    path
        A workspace, a city of workspaces, or ``districts/<code>`` of one. There need not be
        anything yet.

    Returns
    -------
    Catalogue
        That of its folder ``edition``, or of its city's; the bundled one if neither is there.
        Whether the workspace may be opened with it says
        :func:`layers.manifest.check_manifest`.

    Raises
    ------
    CatalogueError
        See :func:`open_edition`.
    """
    for home in _homes(path):
        folder = home / EDITION_FOLDER
        if own_file(folder, CATALOGUE_FILE) is not None:
            return open_edition(folder)
    return load_catalogue()


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
    CatalogueError
        If it is no ordinary file of the folder, or too large.
    """
    path = own_file(folder, SOURCES_FILE)
    if path is None:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in SOURCE_COLUMNS})
    read = read_file(path).reindex(columns=list(SOURCE_COLUMNS))
    return pd.DataFrame({name: as_text(read[name]) for name in SOURCE_COLUMNS})


def _homes(path: Path) -> tuple[Path, ...]:
    """Return the folders that may hold the edition of a workspace, its own one first."""
    city = path.parent.parent
    inside = path.parent.name == _DISTRICTS and (city / _CITY_FILE).is_file()
    return (path, city) if inside else (path,)


def _lacking(found: Catalogue, bundled: Catalogue) -> str:
    """Return the first layer or field of the bundled edition that another one does not have."""
    for spec in bundled.layers:
        if spec.key not in found.keys:
            return spec.key
        missing = set(spec.field_names) - set(found.layer(spec.key).field_names)
        if missing:
            return f"{spec.key}.{min(missing)}"
    return ""


def _named_as_bundled(folder: Path, name: str) -> CatalogueError:
    return CatalogueError(
        Text(
            f"{folder} 的图集名“{name}”是自带图集的名称；请在 catalogue.toml 的 edition 中另取一名",
            f"the edition in {folder} is called '{name}' as the bundled one;"
            " give it another name under `edition` in catalogue.toml",
        )
    )


def _incomplete(folder: Path, lacking: str) -> CatalogueError:
    return CatalogueError(
        Text(
            f'{folder} 的图层目录缺少“{lacking}”；请补上，或写 extends = "bundled" 沿用自带目录',
            f"the catalogue in {folder} has no '{lacking}'; add it, or write"
            ' extends = "bundled" to take it from the bundled catalogue',
        )
    )


def _outside(name: str) -> IntakeError:
    return IntakeError(
        Text(
            f"“{name}”指向图集文件夹之外；请把文件本身放入文件夹",
            f"'{name}' leads out of the folder of the edition; put the file itself there",
        )
    )


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
        if not is_inside(catalogue.folder, spec.file):
            raise _outside(spec.file)
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
