"""A stage: every layer of every district as the tasks of a batch read it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from layers.arrow import from_arrow
from layers.batch.staging.spool import part_path
from layers.city.codes import folder_name
from layers.edition import catalogue_of
from layers.errors import AtlasError
from layers.errors import Text
from layers.jsonfile import of_format
from layers.jsonfile import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from pathlib import Path

    from layers.catalogue import Catalogue

STAGE_FILE = "stage.json"
"""The file that is written last: a stage without it is not complete."""

FORMAT = "atlas-stage"
VERSION = 1
MOST_BYTES = 512 * 1024**2

DISTRICTS = "districts.parquet"
PARKS = "parks.parquet"
GUESTS = "guests.parquet"
REJECTED = "rejected"

_DAMAGED = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)
_SCOPE = "scope="


class StageError(AtlasError, RuntimeError):
    """A stage cannot be read or made."""


class Stage:
    """The layers of an input, district by district; made by :func:`stage`.

    Attributes
    ----------
    folder
        Where it is.
    scopes
        Codes of the districts, in order; ``""`` for what belongs to none, if it has
        anything but surroundings or there is nothing else.
    digest
        A hash of all rows: the same rows give the same, whatever their order was.
    source
        What the input said of itself.
    fingerprint
        What told that state of the input from any other.
    halo_m
        How far around a district its surroundings were looked for, metres.
    """

    def __init__(self, folder: Path, content: Mapping[str, Any], catalogue: Catalogue) -> None:
        self.folder, self._content, self._catalogue = folder, content, catalogue
        self.scopes: tuple[str, ...] = tuple(content["scopes"])
        self.digest = str(content["digest"])
        self.source: dict[str, Any] = dict(content["input"])
        self.fingerprint = str(content["fingerprint"])
        self.halo_m = float(content["halo_m"])

    @classmethod
    def open(cls, folder: Path, catalogue: Catalogue | None = None) -> Stage:
        """Open a stage.

        Parameters
        ----------
        folder
            Where it is.
        catalogue
            That with which it was made; by default the copy that the stage keeps.

        Raises
        ------
        StageError
            If there is none, it is not complete, or it is damaged.
        """
        try:
            content = of_format(read_json(folder / STAGE_FILE, MOST_BYTES), FORMAT, VERSION)
            return cls(folder, content, catalogue or catalogue_of(folder))
        except FileNotFoundError as error:
            raise _no_stage(folder) from error
        except _DAMAGED as error:
            raise damaged_stage(folder, STAGE_FILE, error) from error

    @property
    def accounts(self) -> pd.DataFrame:
        """Return where the rows of every layer went.

        Columns ``layer``, ``rows_in``, ``staged``, ``rejected`` (``rows_in`` is the sum of
        these two), ``guests`` (copies of rows of one district in another) and
        ``unassigned`` (staged for no district).
        """
        return pd.DataFrame(self._content["accounts"], columns=list(ACCOUNTS)).astype(ACCOUNTS)

    @property
    def notes(self) -> pd.DataFrame:
        """Return what was found in the rows: ``layer``, ``code``, ``count`` and a first message."""
        return pd.DataFrame(self._content["notes"], columns=list(NOTES)).astype(NOTES)

    @property
    def rejects(self) -> Path:
        """Return the folder of the rejected rows, one file a layer that has any."""
        return self.folder / REJECTED

    @cached_property
    def districts(self) -> gpd.GeoDataFrame:
        """Return the outlines with a code: fields of the layer ``district``, EPSG:4490."""
        found = from_arrow(self._table(DISTRICTS), self._catalogue.layer("district"))
        return gpd.GeoDataFrame(found)

    @cached_property
    def parks(self) -> pd.DataFrame:
        """Return all parks for :func:`geo.batch.plan.plan_partitions`."""
        return self._plain(PARKS)

    @cached_property
    def guest_rows(self) -> pd.DataFrame:
        """Return the rows that a district was given of another: ``scope``, ``layer``, ``id``."""
        return self._plain(GUESTS)

    @property
    def guests(self) -> dict[str, frozenset[str]]:
        """Return the ids of the carriers that are guests, by scope."""
        rows = self.guest_rows
        carriers = rows[rows["layer"].eq("carriers")]
        return {str(scope): frozenset(found) for scope, found in carriers.groupby("scope")["id"]}

    def rows(self, scope: str) -> dict[str, int]:
        """Return how many rows every layer of a scope has; those without rows are left out."""
        layers = self._content["layers"].get(scope, {})
        return {key: int(layers[key]["rows"]) for key in self._catalogue.keys if key in layers}

    def tables(self, scope: str, keys: Iterable[str]) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
        """Return layers of a scope: what a workspace of that district would hold.

        Parameters
        ----------
        scope
            The district code.
        keys
            Which layers; those of which the scope has no rows are left out.

        Raises
        ------
        StageError
            If a file is damaged.
        """
        found = {}
        for key in keys:
            if key in self.rows(scope):
                whole = pa.concat_tables(self._parts(scope, key))
                found[key] = from_arrow(whole, self._catalogue.layer(key))
        return found

    def chunks(self, scope: str, key: str) -> Iterator[gpd.GeoDataFrame | pd.DataFrame]:
        """Return a layer of a scope piece by piece, ordered by id.

        Parameters
        ----------
        scope
            The district code.
        key
            The layer.

        Raises
        ------
        StageError
            If a file is damaged.
        """
        for table in self._parts(scope, key):
            yield from_arrow(table, self._catalogue.layer(key))

    def is_there(self) -> bool:
        """Tell whether all files of the stage are there."""
        names = [self.folder / name for name in (DISTRICTS, PARKS, GUESTS)]
        layers = [(s, k) for s in self._content["layers"] for k in self.rows(s)]
        names += [path for scope, key in layers for path in self._paths(scope, key)]
        return all(path.is_file() for path in names)

    def made_from(self, identity: Mapping[str, Any]) -> bool:
        """Tell whether the stage is what would be made of the same input in the same way."""
        return all(self._content.get(name) == value for name, value in identity.items())

    def _paths(self, scope: str, key: str) -> list[Path]:
        layer = self._content["layers"].get(scope, {}).get(key)
        if layer is None:
            return []
        folder = scope_folder(self.folder, scope)
        numbers = range(layer["parts"]) if layer["parts"] else (None,)
        return [part_path(folder, key, number) for number in numbers]

    def _parts(self, scope: str, key: str) -> Iterator[pa.Table]:
        for path in self._paths(scope, key):
            yield self._table(str(path.relative_to(self.folder)))

    def _plain(self, name: str) -> pd.DataFrame:
        found: pd.DataFrame = self._table(name).to_pandas()
        return found

    def _table(self, name: str) -> pa.Table:
        try:
            return pq.read_table(self.folder / name, partitioning=None)
        except (*_DAMAGED, shapely.errors.ShapelyError) as error:
            raise damaged_stage(self.folder, name, error) from error


ACCOUNTS = {
    "layer": "str",
    "rows_in": "int64",
    "staged": "int64",
    "rejected": "int64",
    "guests": "int64",
    "unassigned": "int64",
}
NOTES = {
    "layer": "str",
    "code": "str",
    "count": "int64",
    "message_zh": "str",
    "message_en": "str",
}


def scope_folder(folder: Path, scope: str) -> Path:
    """Return the folder of a scope inside that of its stage."""
    return folder / f"{_SCOPE}{folder_name(scope)}"


def _no_stage(folder: Path) -> StageError:
    return StageError(
        Text(
            f"{folder} 中没有完整的分区数据；请重新运行",
            f"there is no complete stage in {folder}; run the batch again",
        )
    )


def damaged_stage(folder: Path, name: str, error: Exception) -> StageError:
    """Return the error that a file of a stage cannot be read."""
    return StageError(
        Text(
            f"{folder} 中的 {name} 已损坏（{error}）；请删去该文件夹后重新运行",
            f"{name} in {folder} is damaged ({error}); delete that folder and run the batch again",
        )
    )
