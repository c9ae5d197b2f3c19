"""PostGIS as input: tables named as the layers, read as Arrow batches and checked row by row.

Geometry comes as it is stored and is transformed here, so that a number does not depend on
the server's PROJ.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from layers.batch.inputs.address import read_address
from layers.batch.inputs.checked import Place
from layers.batch.inputs.checked import checked
from layers.batch.inputs.checked import place_notes
from layers.batch.inputs.checked import wanted_columns
from layers.batch.inputs.chunk import CHUNK_ROWS
from layers.batch.inputs.database import Database
from layers.batch.inputs.geoparquet import epsg
from layers.batch.inputs.pieces import in_pieces
from layers.errors import IntakeError
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.systems import system_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj

    from layers.batch.inputs.chunk import Chunk
    from layers.batch.inputs.database import Column
    from layers.batch.inputs.database import Table
    from layers.catalogue import Catalogue
    from layers.specs import LayerSpec

_SPATIAL = frozenset({"geometry", "geography"})
# Of these the driver gives what is stored; of all others the text that people see.
_PLAIN = frozenset({"text", "varchar", "int2", "int4", "int8", "float4", "float8", "bool"})
_TIMES = frozenset({"timestamp", "timestamptz"})
_TIME_FORMAT = "'YYYY-MM-DD\"T\"HH24:MI:SS'"
_SHAPE = "_shape"
_SEEDS = (0, 1)


class _Layer(NamedTuple):
    """A table, the columns to read of it, and those that are not read."""

    table: Table
    columns: tuple[Column, ...]
    dropped: list[str]
    shape: Column | None


class PostgisInput:
    """The layers in a schema of a PostGIS database, in one state.

    Parameters
    ----------
    address
        ``postgresql://user@host:port/database?schema=atlas``.
    catalogue
        Which layers and columns there can be.
    rows
        How many rows are read at once.

    Raises
    ------
    IntakeError
        If the database cannot be read.
    UsageError
        If there is no such schema, or no table of any layer in it.
    """

    settled = False

    def __init__(self, address: str, catalogue: Catalogue, *, rows: int = CHUNK_ROWS) -> None:
        self._address = read_address(address)
        self._catalogue, self._rows = catalogue, rows
        self._database = Database(self._address)
        tables = self._database.tables(catalogue.keys)
        if not tables:
            raise _no_tables(self._address.shown, catalogue)
        self._layers = {
            key: self._layer(catalogue.layer(key), tables[key])
            for key in catalogue.keys
            if key in tables
        }
        self._fingerprint = ""

    def describe(self) -> dict[str, Any]:
        """Return kind, address without password, and tables."""
        return {"kind": "postgis", "address": self._address.shown, "tables": list(self._layers)}

    def keys(self) -> tuple[str, ...]:
        """Return the layers that have a table."""
        return tuple(self._layers)

    def fingerprint(self) -> str:
        """Return a hash of tables, columns, and hashes of all rows that the server computes.

        Raises
        ------
        IntakeError
            If a table cannot be read.
        """
        if not self._fingerprint:
            told = [self._state(layer) for layer in self._layers.values()]
            text = json.dumps([self._address.shown, told])
            self._fingerprint = hashlib.sha256(text.encode()).hexdigest()
        return self._fingerprint

    def chunks(self, key: str) -> Iterator[Chunk]:
        """Read a table piece by piece, by id.

        Raises
        ------
        IntakeError
            If it cannot be read, or its geometry has no coordinate system.
        """
        layer, spec = self._layers[key], self._catalogue.layer(key)
        source = f"{self._address.schema}.{key}"
        crs = None if layer.shape is None else self._crs(layer, source)
        place = Place(spec, source, crs)
        same = crs is None or system_of(crs).datum_known
        notes = place_notes(place, layer.dropped, same_datum=same)
        first = 1
        for table in in_pieces(self._database.batches(self._query(layer, spec)), self._rows):
            wkb = None
            if layer.shape is not None:
                wkb = table.column(_SHAPE).to_numpy(zero_copy_only=False)
            plain = table.select([column.name for column in layer.columns])
            yield checked(plain, wkb, place, first, notes)
            first, notes = first + table.num_rows, ()

    def close(self) -> None:
        """End the connection."""
        self._database.close()

    def _layer(self, spec: LayerSpec, table: Table) -> _Layer:
        spatial = [column for column in table.columns if column.type in _SPATIAL]
        shape = _shape(spatial, f"{self._address.schema}.{table.name}") if spec.geometry else None
        rest = [column for column in table.columns if column not in spatial]
        taken, dropped = wanted_columns([column.name for column in rest], spec)
        return _Layer(table, tuple(c for c in rest if c.name in taken), dropped, shape)

    def _query(self, layer: _Layer, spec: LayerSpec) -> str:
        quoted = self._database.quoted
        parts = [f"{_told(c, quoted(c.name))} AS {quoted(c.name)}" for c in layer.columns]
        if layer.shape is not None:
            parts.append(f"{self._function('ST_AsEWKB')}({self._drawn(layer.shape)}) AS {_SHAPE}")
        # A row is a row, whether a column of it is wanted or not.
        columns = ", ".join(parts) or f"NULL::text AS {_SHAPE}"
        query = f"SELECT {columns} FROM {self._name(layer)}"  # noqa: S608 - all names are quoted
        ids = [c for c in layer.columns if c.name == spec.id_field]
        return f'{query} ORDER BY {quoted(ids[0].name)}::text COLLATE "C"' if ids else query

    def _state(self, layer: _Layer) -> list[Any]:
        """Return a table, its columns, how many rows it has, and sums of hashes of them."""
        columns = [*layer.columns, *([] if layer.shape is None else [layer.shape])]
        names = ", ".join(self._database.quoted(column.name) for column in columns)
        sums = ", ".join(
            f"sum(pg_catalog.hashtextextended(ROW({names})::text, {seed})::numeric)::text"
            for seed in _SEEDS
        )
        query = f"SELECT count(*), {sums} FROM {self._name(layer)}"  # noqa: S608 - names quoted
        return [layer.table.name, columns, layer.dropped, *self._database.rows(query)[0]]

    def _crs(self, layer: _Layer, source: str) -> pyproj.CRS | None:
        """Return the system of a geometry column; None if it has no geometry at all."""
        assert layer.shape is not None
        drawn = self._drawn(layer.shape)
        query = (
            f"SELECT DISTINCT {self._function('ST_SRID')}({drawn}) FROM {self._name(layer)}"  # noqa: S608
            f" WHERE {drawn} IS NOT NULL ORDER BY 1"
        )
        found = [int(srid) for (srid,) in self._database.rows(query)]
        if not found:
            return None
        if found[0] == 0 or len(found) > 1:
            raise _no_srid(source, layer.shape.name, found)
        return epsg(self._code(found[0], source, layer.shape.name), source)

    def _code(self, srid: int, source: str, name: str) -> int:
        """Return the EPSG code of a SRID: a database may number its systems as it likes."""
        systems = self._database.quoted(str(self._database.postgis), "spatial_ref_sys")
        query = f"SELECT auth_name, auth_srid FROM {systems} WHERE srid = $1"  # noqa: S608 - quoted
        found = self._database.rows(query, (srid,))
        if not found or str(found[0][0]).upper() != "EPSG" or found[0][1] is None:
            raise _no_srid(source, name, [srid])
        return int(found[0][1])

    def _drawn(self, column: Column) -> str:
        name = self._database.quoted(column.name)
        if column.type == "geometry":
            return name
        return f"{name}::{self._database.quoted(str(self._database.postgis), 'geometry')}"

    def _function(self, name: str) -> str:
        return f"{self._database.quoted(str(self._database.postgis))}.{name}"

    def _name(self, layer: _Layer) -> str:
        return self._database.quoted(self._address.schema, layer.table.name)


def _told(column: Column, name: str) -> str:
    """Return a column as SQL that gives a value which the contract can read."""
    if column.type in _PLAIN:
        return name
    if column.type in _TIMES:
        return (
            f"CASE WHEN isfinite({name}) THEN to_char({name}, {_TIME_FORMAT}) ELSE {name}::text END"
        )
    return f"{name}::text"


def _shape(spatial: list[Column], source: str) -> Column | None:
    """Return the geometry column of a table: the only one, or the one called so."""
    if len(spatial) > 1:
        named = [column for column in spatial if column.name == GEOMETRY]
        if not named:
            raise _several(source, [column.name for column in spatial])
        return named[0]
    return spatial[0] if spatial else None


def _no_srid(source: str, column: str, found: list[int]) -> IntakeError:
    srids = ", ".join(map(str, found))
    return IntakeError(
        Text(
            f"{source} 的几何列“{column}”的 SRID（{srids}）不能唯一确定一个 EPSG 坐标系；"
            "请用 UpdateGeometrySRID 或 ST_SetSRID 写明",
            f"the SRID ({srids}) of the geometry column '{column}' of {source} does not say one"
            " EPSG coordinate system; set it with UpdateGeometrySRID or ST_SetSRID",
        )
    )


def _several(source: str, names: list[str]) -> IntakeError:
    told = ", ".join(names)
    return IntakeError(
        Text(
            f"{source} 有多个几何列（{told}）；请把要用的一列命名为 geometry，或建一个视图",
            f"{source} has several geometry columns ({told}); call the one to use 'geometry',"
            " or make a view",
        )
    )


def _no_tables(shown: str, catalogue: Catalogue) -> UsageError:
    names = ", ".join(catalogue.keys)
    return UsageError(
        Text(
            f"{shown} 中没有任何图层的表；表名应为：{names}",
            f"there is no table of any layer in {shown}; tables are called: {names}",
        )
    )
