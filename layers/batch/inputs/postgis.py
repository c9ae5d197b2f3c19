"""PostGIS as input: tables named as the layers, read as Arrow batches and checked row by row.

Geometry comes as it is stored and is transformed here, so that a number does not depend on
the server's PROJ.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from typing import Any

from layers.batch.inputs.checked import Place
from layers.batch.inputs.checked import checked
from layers.batch.inputs.checked import place_notes
from layers.batch.inputs.checked import wanted_columns
from layers.batch.inputs.chunk import CHUNK_ROWS
from layers.batch.inputs.geoparquet import epsg
from layers.batch.inputs.pieces import in_pieces
from layers.database.address import read_address
from layers.database.reading import Database
from layers.database.tables import SHAPE
from layers.database.tables import Source
from layers.database.tables import plain_columns
from layers.database.tables import shape_column
from layers.errors import Text
from layers.errors import UsageError
from layers.systems import system_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj

    from layers.batch.inputs.chunk import Chunk
    from layers.catalogue import Catalogue
    from layers.database.reading import Table
    from layers.specs import LayerSpec


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
        If there is no such schema, no table of any layer in it, or one table is named.
    """

    settled = False

    def __init__(self, address: str, catalogue: Catalogue, *, rows: int = CHUNK_ROWS) -> None:
        self._address = read_address(address)
        if self._address.table:
            raise _one_table(self._address.shown)
        self._catalogue, self._rows = catalogue, rows
        self._database = Database(self._address)
        tables = self._database.tables(catalogue.keys)
        if not tables:
            raise _no_tables(self._address.shown, catalogue)
        self._layers = {
            key: self._source(catalogue.layer(key), tables[key])
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
            told = [_state(source, dropped) for source, dropped in self._layers.values()]
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
        (source, dropped), spec = self._layers[key], self._catalogue.layer(key)
        crs = self._crs(source)
        place = Place(spec, source.title, crs)
        same = crs is None or system_of(crs).datum_known
        notes = place_notes(place, dropped, same_datum=same)
        names = [column.name for column in source.columns]
        order = (spec.id_field,) if spec.id_field in names else ()
        first = 1
        for table in in_pieces(self._database.batches(source.query(order)), self._rows):
            wkb = None
            if source.shape is not None:
                wkb = table.column(SHAPE).to_numpy(zero_copy_only=False)
            yield checked(table.select(names), wkb, place, first, notes)
            first, notes = first + table.num_rows, ()

    def close(self) -> None:
        """End the connection."""
        self._database.close()

    def _source(self, spec: LayerSpec, table: Table) -> tuple[Source, list[str]]:
        """Return what of a table is read, and the columns that are not."""
        title, rest = f"{self._address.schema}.{table.name}", plain_columns(table)
        shape = shape_column(table, title) if spec.geometry else None
        taken, dropped = wanted_columns([column.name for column in rest], spec)
        columns = tuple(column for column in rest if column.name in taken)
        return Source(self._database, table, columns, shape), dropped

    def _crs(self, source: Source) -> pyproj.CRS | None:
        """Return the system of a geometry column; None if it has no geometry at all."""
        found = source.srids()
        return epsg(source.code(found), source.title) if found else None


def _state(source: Source, dropped: list[str]) -> list[Any]:
    """Return a table, its columns, how many rows it has, and sums of hashes of them."""
    columns = [*source.columns, *([] if source.shape is None else [source.shape])]
    return [source.table.name, columns, dropped, *source.state()]


def _one_table(shown: str) -> UsageError:
    return UsageError(
        Text(
            f"批量计算读取整个模式；请去掉地址中的 layer=（{shown}）",
            f"a batch reads a whole schema; take layer= out of the address ({shown})",
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
