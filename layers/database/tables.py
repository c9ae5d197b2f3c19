"""How a table is asked for its rows: columns as the contract reads them, geometry as stored.

Geometry is not transformed by the server, so that a number does not depend on its PROJ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.database.connection import quoted
from layers.errors import IntakeError
from layers.errors import Text
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from layers.database.reading import Column
    from layers.database.reading import Database
    from layers.database.reading import Table

SHAPE = "_shape"
"""Name of the geometry in what :meth:`Source.query` gives, as extended WKB."""

_SPATIAL = frozenset({"geometry", "geography"})
# Of these the driver gives what is stored; of all others the text that people see.
_PLAIN = frozenset({"text", "varchar", "int2", "int4", "int8", "float4", "float8", "bool"})
_TIMES = frozenset({"timestamp", "timestamptz"})
_TIME_FORMAT = "'YYYY-MM-DD\"T\"HH24:MI:SS'"
_SEEDS = (0, 1)


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the schema that an address names, ready to be asked.

    Attributes
    ----------
    database
        The connection.
    table
        The table.
    columns
        The columns to read of it, without geometry.
    shape
        Its geometry; None for none.
    """

    database: Database
    table: Table
    columns: tuple[Column, ...]
    shape: Column | None

    @property
    def title(self) -> str:
        """Schema and table, as a person would say it."""
        return f"{self.database.address.schema}.{self.table.name}"

    def query(self, order: tuple[str, ...] = ()) -> str:
        """Return the question for all rows.

        Parameters
        ----------
        order
            Columns by whose text the rows are ordered, whatever the server's language.
        """
        parts = [f"{_told(c, quoted(c.name))} AS {quoted(c.name)}" for c in self.columns]
        if self.shape is not None:
            parts.append(f"{self.database.function('ST_AsEWKB')}({self._drawn}) AS {SHAPE}")
        # A row is a row, whether a column of it is wanted or not.
        columns = ", ".join(parts) or f"NULL::text AS {SHAPE}"
        query = f"SELECT {columns} FROM {self._name}"  # noqa: S608 -- all names are quoted
        if not order:
            return query
        by = ", ".join(f'{quoted(name)}::text COLLATE "C"' for name in order)
        return f"{query} ORDER BY {by}"

    def state(self) -> list[Any]:
        """Return how many rows the table has, and sums of hashes of them that the server made."""
        columns = [*self.columns, *([] if self.shape is None else [self.shape])]
        names = ", ".join(quoted(column.name) for column in columns)
        sums = ", ".join(
            f"sum(pg_catalog.hashtextextended(ROW({names})::text, {seed})::numeric)::text"
            for seed in _SEEDS
        )
        query = f"SELECT count(*), {sums} FROM {self._name}"  # noqa: S608 -- names are quoted
        return list(self.database.rows(query)[0])

    def srids(self) -> list[int]:
        """Return the numbers of the systems in which the geometries are; none without any."""
        if self.shape is None:
            return []
        query = (
            f"SELECT DISTINCT {self.database.function('ST_SRID')}({self._drawn}) FROM {self._name}"  # noqa: S608
            f" WHERE {self._drawn} IS NOT NULL ORDER BY 1"
        )
        return [int(srid) for (srid,) in self.database.rows(query)]

    def code(self, srids: list[int]) -> int:
        """Return the EPSG code of the one system of the geometries.

        Parameters
        ----------
        srids
            What :meth:`srids` found, at least one.

        Raises
        ------
        IntakeError
            If there are several, or it is none of EPSG.
        """
        code = self.database.epsg_of(srids[0]) if len(srids) == 1 and srids[0] else None
        if code is None:
            assert self.shape is not None
            raise _no_srid(self.title, self.shape.name, srids)
        return code

    @property
    def _drawn(self) -> str:
        assert self.shape is not None
        name = quoted(self.shape.name)
        if self.shape.type == "geometry":
            return name
        return f"{name}::{self.database.function('geometry')}"

    @property
    def _name(self) -> str:
        return quoted(self.database.address.schema, self.table.name)


def plain_columns(table: Table) -> list[Column]:
    """Return the columns of a table that are no geometry."""
    return [column for column in table.columns if column.type not in _SPATIAL]


def shape_column(table: Table, title: str) -> Column | None:
    """Return the geometry column of a table: the only one, or the one called so.

    Parameters
    ----------
    table
        The table.
    title
        What it is called in the error.

    Raises
    ------
    IntakeError
        If it has several, and none is called ``geometry``.
    """
    spatial = [column for column in table.columns if column.type in _SPATIAL]
    if len(spatial) > 1:
        named = [column for column in spatial if column.name == GEOMETRY]
        if not named:
            raise _several(title, [column.name for column in spatial])
        return named[0]
    return spatial[0] if spatial else None


def _told(column: Column, name: str) -> str:
    """Return a column as SQL that gives a value which the contract can read."""
    if column.type in _PLAIN:
        return name
    if column.type in _TIMES:
        return (
            f"CASE WHEN isfinite({name}) THEN to_char({name}, {_TIME_FORMAT}) ELSE {name}::text END"
        )
    return f"{name}::text"


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
