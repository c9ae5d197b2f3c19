"""A city workspace: which districts there are, and what is kept of all of them together.

``city.json`` lists the districts, ``districts/<code>/`` are ordinary workspaces,
``outlines.parquet`` has simplified outlines for an overview, ``summaries/`` what the last
batches found, ``guests.parquet`` which rows of a district are copies of another's, and
``rejected/`` what was not taken in when the city was made.
Opening a city reads the list alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from layers.city.codes import folder_name
from layers.city.codes import is_code
from layers.city.summaries import read_notes
from layers.city.summaries import read_summary
from layers.city.summaries import write_aside
from layers.city.summaries import write_summary
from layers.errors import Text
from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.ids import strangers
from layers.jsonfile import of_format
from layers.jsonfile import read_json
from layers.jsonfile import to_json
from layers.paths import resolve_path
from layers.refusals import damaged
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.catalogue import Catalogue

CITY_FILE = "city.json"
FORMAT = "atlas-city"
VERSION = 1
DISTRICTS = "districts"
OUTLINES = "outlines.parquet"
GUESTS = "guests.parquet"
REJECTED = "rejected"

_MOST_BYTES = 64 * 1024**2
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException)


def is_city(path: Path) -> bool:
    """Tell whether a folder is a city."""
    try:
        return (path / CITY_FILE).is_file()
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class District:
    """A district of a city.

    Attributes
    ----------
    code
        Its code; ``""`` for what belongs to no district.
    title
        Its name.
    rows
        How many rows its layers had when the city was made or last counted.
    path
        Its workspace.
    """

    code: str
    title: Text
    rows: Mapping[str, int]
    path: Path


@dataclass(frozen=True, slots=True)
class City:
    """A folder of district workspaces; open one with :meth:`open`.

    Attributes
    ----------
    path
        The folder.
    identity
        What tells this city from any other.
    edition
        Key of its edition.
    title
        Its name; None if it has none.
    districts
        By code, what belongs to no district last.
    """

    path: Path
    identity: str
    edition: str
    title: Text | None
    districts: tuple[District, ...]

    @classmethod
    def open(cls, path: Path) -> City:
        """Open a city; nothing but ``city.json`` is read.

        Raises
        ------
        WorkspaceError
            If it is no city or damaged.
        """
        path = resolve_path(path)
        try:
            content = of_format(read_json(path / CITY_FILE, _MOST_BYTES), FORMAT, VERSION)
            title = content["title"]
            return cls(
                path,
                str(content["identity"]),
                str(content["edition"]),
                None if title is None else _text(title),
                tuple(_district(path, entry) for entry in content["districts"]),
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _no_city(path) from error
        except _DAMAGED as error:
            raise damaged(path, CITY_FILE, error) from error

    def district(self, code: str) -> District:
        """Return a district by its code.

        Raises
        ------
        UsageError
            If there is none; the message names codes that are close.
        """
        for district in self.districts:
            if district.code == code:
                return district
        _unknown, close = strangers([code], [district.code for district in self.districts])
        raise UsageError(
            Text(f"没有行政区“{code}”{close.zh}", f"there is no district '{code}'{close.en}")
        )

    def workspace(self, code: str, catalogue: Catalogue) -> Workspace:
        """Open the workspace of a district.

        Raises
        ------
        UsageError
            If there is no such district.
        WorkspaceError
            If it cannot be opened.
        """
        return Workspace.open(self.district(code).path, catalogue)

    def outlines(self) -> gpd.GeoDataFrame:
        """Return the outlines for an overview, one row a district that has one.

        Returns
        -------
        GeoDataFrame
            ``district_code``, ``name``, ``name_en``, ``boundary_status``, ``source`` and
            geometry, simplified by 20 m, EPSG:4490.

        Raises
        ------
        WorkspaceError
            If the file is damaged.
        """
        try:
            return gpd.read_parquet(self.path / OUTLINES)
        except _DAMAGED as error:
            raise damaged(self.path, OUTLINES, error) from error

    def guests(self) -> dict[tuple[str, str], frozenset[str]]:
        """Return the ids of rows that are copies of another district's, by code and layer.

        Raises
        ------
        WorkspaceError
            If the file is damaged.
        """
        try:
            rows = pd.read_parquet(self.path / GUESTS)
            grouped = rows.groupby(["scope", "layer"])["id"]
            return {(str(scope), str(key)): frozenset(ids) for (scope, key), ids in grouped}
        except _DAMAGED as error:
            raise damaged(self.path, GUESTS, error) from error

    def counted(self, catalogue: Catalogue) -> City:
        """Count the rows of all layers anew, from the footers of their files.

        Parameters
        ----------
        catalogue
            The catalogue of the city.

        Returns
        -------
        City
            The same with the present numbers, which are also written down.

        Raises
        ------
        WorkspaceError
            If a district cannot be opened or nothing can be written.
        """
        districts = []
        for district in self.districts:
            workspace = Workspace.open(district.path, catalogue)
            rows = {key: workspace.rows(key) for key in workspace.versions()}
            districts.append(replace(district, rows={k: n for k, n in rows.items() if n}))
        found = replace(self, districts=tuple(districts))
        found.save()
        return found

    def save(self) -> None:
        """Write ``city.json`` in one step.

        Raises
        ------
        WorkspaceError
            If it cannot be written.
        """
        content = {
            "format": FORMAT,
            "version": VERSION,
            "identity": self.identity,
            "edition": self.edition,
            "title": None if self.title is None else _pair(self.title),
            "districts": [
                {"code": d.code, "title": _pair(d.title), "rows": dict(d.rows)}
                for d in self.districts
            ],
        }
        write_aside(self.path, CITY_FILE, to_json(content, _MOST_BYTES))

    def summary(self, name: str) -> pd.DataFrame | None:
        """Return what the last batch of a command found, see :func:`read_summary`."""
        return read_summary(self.path, name)

    def notes(self, name: str) -> dict[str, Any]:
        """Return what the last batch of a command says of itself, see :func:`read_notes`."""
        return read_notes(self.path, name)

    def write_summary(self, name: str, frame: pd.DataFrame, notes: Mapping[str, Any]) -> None:
        """Keep what a batch found, see :func:`layers.city.summaries.write_summary`."""
        write_summary(self.path, name, frame, notes)


def district_path(city: Path, code: str) -> Path:
    """Return the folder of the workspace of a district."""
    return city / DISTRICTS / folder_name(code)


def _district(path: Path, entry: Mapping[str, Any]) -> District:
    code = str(entry["code"])
    if not is_code(code):
        raise ValueError(code)
    rows = {str(key): int(count) for key, count in entry["rows"].items()}
    return District(code, _text(entry["title"]), rows, district_path(path, code))


def _text(pair: Mapping[str, Any]) -> Text:
    return Text(str(pair["zh"]), str(pair["en"]))


def _pair(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _no_city(path: Path) -> WorkspaceError:
    return WorkspaceError(
        Text(
            f"{path} 不是全市工作区；请用 atlas batch city 新建",
            f"{path} is no city; make one with 'atlas batch city'",
        )
    )
