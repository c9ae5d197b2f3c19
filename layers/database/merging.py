"""The table of one layer: made or fitted, and brought to the rows of a version.

A table is never dropped or emptied: others have granted rights on it, hung views on it, and
are reading it. Rows are compared by id, and only those that differ are deleted, changed or
added. Readers are not kept waiting and see the old rows until the transaction ends;
``TRUNCATE`` would lock them out and show an empty table to those who began before. A column
that a layer does not have any more is emptied and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.database.connection import quoted
from layers.database.refusals import no_table
from layers.database.refusals import other_columns
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.database.ready import Ready
    from layers.database.writing import Target

_NEW = "_atlas_new"
_NO_IDS: frozenset[str] = frozenset()
_KIND = (
    "SELECT c.relkind::text FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2"
)
_COLUMNS = (
    "SELECT a.attname::text, t.typname::text, {shape} FROM pg_catalog.pg_attribute a"
    " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    " WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
)
_SHAPE = (
    "CASE WHEN t.typname = 'geometry' THEN {type}(a.atttypmod) || ',' || {srid}(a.atttypmod) END"
)
_KEYED = "SELECT count(*) FROM pg_catalog.pg_index WHERE indrelid = $1::regclass AND indisprimary"
_INDEXED = (
    "SELECT count(*) FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_am m ON m.oid = c.relam"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
    " WHERE i.indrelid = $1::regclass AND m.amname = 'gist' AND a.attname = $2"
)


@dataclass(frozen=True, slots=True)
class Touched:
    """Ids of the rows that were added, changed and removed; empty where nobody asked."""

    added: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What was done to a table: rows added, changed and removed, and whether it was fitted.

    Attributes
    ----------
    added, changed, removed
        Numbers of rows.
    fitted
        Whether the table was made, or columns or an index were added.
    emptied
        Columns that were published before, are not any more, and stay without values.
    touched
        Ids of those rows.
    """

    added: int
    changed: int
    removed: int
    fitted: bool
    emptied: tuple[str, ...]
    touched: Touched = Touched()

    @property
    def any(self) -> bool:
        """Whether anything was done."""
        return self.fitted or bool(self.added or self.changed or self.removed)


class LayerTable:
    """The table of a layer in the schema of a target.

    Parameters
    ----------
    target
        The connection.
    ready
        The layer.
    srid
        Number of its coordinate system in the database; 0 without geometry.

    Raises
    ------
    ExportError
        If something else than a table has its name.
    """

    def __init__(self, target: Target, ready: Ready, srid: int) -> None:
        self._target, self._ready, self._srid = target, ready, srid
        self._told = False
        schema = target.address.schema
        self.title, self.name = f"{schema}.{ready.key}", quoted(schema, ready.key)
        found = target.rows(_KIND, (schema, ready.key))
        self.exists = bool(found)
        if found and found[0][0] not in {"r", "p"}:
            raise no_table(self.title)

    def put(self, before: Sequence[str], *, afresh: bool = False) -> Changes:
        """Bring the table to the rows of the layer.

        Parameters
        ----------
        before
            The columns that the last publication wrote; those that the layer does not have
            any more are emptied.
        afresh
            Whether all rows that are there are somebody else's and go. If not, the ids of
            what is written are told.

        Raises
        ------
        ExportError
            If a column has another type, or the server refuses something.
        """
        fitted = self._fit() if self.exists else self._make()
        self._told = bool(self._id) and bool(before) and not afresh
        gone, _ids = self._delete("true") if afresh else (0, _NO_IDS)
        self._put_aside()
        removed, removed_ids = self._delete(self._gone)
        old = tuple(n for n in before if n not in self._names and n in self._there())
        changed, changed_ids = self._change()
        emptied = self._empty(old)
        added, added_ids = self._add()
        self._target.run(f"DROP TABLE pg_temp.{_NEW}")
        # An index is made of all rows at once, and a key needs rows that have one.
        fitted = self._complete() or fitted
        touched = Touched(added_ids, changed_ids, removed_ids)
        return Changes(added, changed + emptied, removed + gone, fitted, old, touched)

    @property
    def _id(self) -> str:
        return self._ready.sheet.id_field

    @property
    def _names(self) -> list[str]:
        return [*self._ready.columns, *([GEOMETRY] if self._ready.shape else [])]

    @property
    def _wanted(self) -> dict[str, str]:
        """Name and type of all columns, geometry as ``geometry(MultiPolygon,4490)``."""
        if not self._ready.shape:
            return self._ready.columns
        shape = f"geometry({self._ready.shape},{self._srid})"
        return {**self._ready.columns, GEOMETRY: shape}

    def _sql_type(self, kind: str) -> str:
        return self._target.function(kind) if kind.startswith("geometry(") else kind

    def _make(self) -> bool:
        columns = ", ".join(f"{quoted(n)} {self._sql_type(t)}" for n, t in self._wanted.items())
        self._target.run(f"CREATE TABLE {self.name} ({columns})")
        return True

    def _fit(self) -> bool:
        """Add the columns that are missing; tell whether any were."""
        there = self._there()
        wrong = [
            (name, there[name], wanted)
            for name, wanted in self._wanted.items()
            if name in there and there[name] != wanted
        ]
        if wrong:
            raise other_columns(self.title, wrong)
        missing = {name: kind for name, kind in self._wanted.items() if name not in there}
        if missing:
            added = ", ".join(f"ADD {quoted(n)} {self._sql_type(t)}" for n, t in missing.items())
            self._target.run(f"ALTER TABLE {self.name} {added}")
        return bool(missing)

    def _there(self) -> dict[str, str]:
        """Return name and type of the columns of the table."""
        shape = "NULL::text"
        if self._target.postgis is not None:
            function = self._target.function
            shape = _SHAPE.format(
                type=function("postgis_typmod_type"), srid=function("postgis_typmod_srid")
            )
        found = self._target.rows(_COLUMNS.format(shape=shape), (self.name,))
        return {str(n): str(t) if s is None else f"{t}({s})" for n, t, s in found}

    def _put_aside(self) -> None:
        target, function = self._target, self._target.function
        target.put_aside(_NEW, self._ready.rows)
        if self._ready.shape:
            shape = f"{function('ST_GeomFromWKB')}({quoted(GEOMETRY)}, {self._srid})"
            if self._ready.shape.startswith("Multi"):
                shape = f"{function('ST_Multi')}({shape})"
            kind = function("geometry")
            target.run(
                f"ALTER TABLE pg_temp.{_NEW} ALTER {quoted(GEOMETRY)} TYPE {kind} USING {shape}"
            )
        target.run(f"ANALYZE pg_temp.{_NEW}")

    @property
    def _gone(self) -> str:
        """The condition of rows that the layer does not have; without ids none is known again."""
        if not self._id:
            return "true"
        key = quoted(self._id)
        return f"NOT EXISTS (SELECT 1 FROM pg_temp.{_NEW} n WHERE n.{key} = t.{key})"  # noqa: S608

    def _delete(self, condition: str) -> tuple[int, frozenset[str]]:
        return self._written(f"DELETE FROM {self.name} t WHERE {condition}")  # noqa: S608

    def _change(self) -> tuple[int, frozenset[str]]:
        names = [quoted(name) for name in self._names if name != self._id]
        if not self._id or not names:
            return 0, _NO_IDS
        old, new = (", ".join(f"{side}.{name}" for name in names) for side in "tn")
        key = quoted(self._id)
        return self._written(
            f"UPDATE {self.name} t SET ({', '.join(names)}) = ROW({new}) FROM pg_temp.{_NEW} n"  # noqa: S608
            f" WHERE n.{key} = t.{key} AND ROW({old}) IS DISTINCT FROM ROW({new})"
        )

    def _add(self) -> tuple[int, frozenset[str]]:
        names = ", ".join(map(quoted, self._names))
        taken = f"INSERT INTO {self.name} ({names}) SELECT {names} FROM pg_temp.{_NEW} n"  # noqa: S608
        if not self._id:
            return self._written(taken)
        key = quoted(self._id)
        return self._written(
            f"{taken} WHERE NOT EXISTS (SELECT 1 FROM {self.name} t WHERE t.{key} = n.{key})"  # noqa: S608
            f" ORDER BY n.{key}"
        )

    def _empty(self, old: Sequence[str]) -> int:
        """Take the values out of columns that the layer does not have any more."""
        if not old:
            return 0
        emptied = ", ".join(f"{quoted(name)} = NULL" for name in old)
        filled = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in old)
        return self._count(f"UPDATE {self.name} SET {emptied} WHERE {filled}")  # noqa: S608

    def _complete(self) -> bool:
        """Add the primary key and the index of the geometry if there are none."""
        target, done = self._target, False
        if self._id and not target.rows(_KEYED, (self.name,))[0][0]:
            target.run(f"ALTER TABLE {self.name} ADD PRIMARY KEY ({quoted(self._id)})")
            done = True
        if self._ready.shape and not target.rows(_INDEXED, (self.name, GEOMETRY))[0][0]:
            target.run(f"CREATE INDEX ON {self.name} USING gist ({quoted(GEOMETRY)})")
            done = True
        return done

    def _written(self, statement: str) -> tuple[int, frozenset[str]]:
        """Execute a statement; return how many rows it wrote, and their ids if they are told."""
        if not self._told:
            return self._count(statement), _NO_IDS
        key = quoted(self._id)
        # Inserted rows have no name of their own, and others stand beside the new ones.
        returned = key if statement.startswith("INSERT") else f"t.{key}"
        query = f"WITH done AS ({statement} RETURNING {returned} AS id) SELECT id::text FROM done"  # noqa: S608
        ids = [str(found) for (found,) in self._target.rows(query)]
        return len(ids), frozenset(ids)

    def _count(self, statement: str) -> int:
        query = f"WITH done AS ({statement} RETURNING 1) SELECT count(*) FROM done"  # noqa: S608
        return int(self._target.rows(query)[0][0])
