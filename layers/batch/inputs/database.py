"""A connection that reads one state of a PostGIS database and changes nothing."""

from __future__ import annotations

import weakref
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from layers.errors import IntakeError
from layers.errors import Text
from layers.errors import UsageError
from layers.ids import strangers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    from layers.batch.inputs.address import Address

_FAILURES = (dbapi.Error, dbapi.Warning, pa.ArrowException, OSError)

# All queries see the state of the first one, whoever writes in the meantime.
_SESSION = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET datestyle = 'ISO, YMD'",
    "SET extra_float_digits = 3",
)
_SCHEMAS = "SELECT nspname::text FROM pg_catalog.pg_namespace ORDER BY 1"
_USABLE = "SELECT pg_catalog.has_schema_privilege($1, 'USAGE')"
_POSTGIS = (
    "SELECT n.nspname::text FROM pg_catalog.pg_extension e"
    " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"
)
_TABLES = (
    "SELECT c.relname::text, c.oid::bigint, pg_catalog.has_table_privilege(c.oid, 'SELECT')"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1"
)
_COLUMNS = (
    "SELECT a.attname::text, t.typname::text, a.atttypmod::int"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
)


class Column(NamedTuple):
    """A column of a table: its name and the name of its type."""

    name: str
    type: str


class Table(NamedTuple):
    """A table, view or foreign table that can be read."""

    name: str
    columns: tuple[Column, ...]


class Database:
    """A connection to a database; made once and used for all queries of an input.

    Parameters
    ----------
    address
        Where it is.

    Raises
    ------
    IntakeError
        If it cannot be reached, or the user may not read the schema.
    UsageError
        If there is no such schema.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        try:
            self._connection = dbapi.connect(address.uri)
        except _FAILURES as error:
            raise self._unreachable(error) from None
        # Whoever forgets to close an input, or cannot make one, leaves no connection open.
        self._end = weakref.finalize(self, self._connection.close)
        for statement in _SESSION:
            self._run(statement)
        self._connection.commit()
        self._check_schema()
        found = self.rows(_POSTGIS)
        self.postgis = str(found[0][0]) if found else None

    def close(self) -> None:
        """End the connection."""
        self._end()

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Return those of the named tables that there are.

        Raises
        ------
        IntakeError
            If one of them may not be read.
        """
        found = {}
        for name, oid, readable in self.rows(_TABLES, (self._address.schema,)):
            if name not in names:
                continue
            if not readable:
                raise self._forbidden(self._address.schema, str(name))
            columns = self.rows(_COLUMNS, (oid,))
            found[name] = Table(name, tuple(Column(str(n), str(t)) for n, t, _mod in columns))
        return found

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the answer to a question that has a short one.

        Raises
        ------
        IntakeError
            If the server refuses it.
        """
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(query, tuple(values) if values else None)
                return list(cursor.fetchall())
        except _FAILURES as error:
            raise self._failed(error) from None

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Return the answer to a question as it comes from the server.

        Raises
        ------
        IntakeError
            If the server refuses it, or goes away.
        """
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(query)
                with cursor.fetch_record_batch() as reader:
                    yield from reader
        except _FAILURES as error:
            raise self._failed(error) from None

    def quoted(self, *names: str) -> str:
        """Return a qualified name as SQL; nothing in a name can end it."""
        return ".".join('"' + name.replace('"', '""') + '"' for name in names)

    def _run(self, statement: str) -> None:
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(statement)
        except _FAILURES as error:
            raise self._failed(error) from None

    def _check_schema(self) -> None:
        schema = self._address.schema
        known = [str(name) for (name,) in self.rows(_SCHEMAS)]
        if schema not in known:
            own = [name for name in known if not name.startswith("pg_")]
            _unknown, close = strangers([schema], own)
            raise UsageError(
                Text(
                    f"数据库中没有模式“{schema}”{close.zh}；请在地址中写 ?schema=名称",
                    f"there is no schema '{schema}' in the database{close.en}; write"
                    " ?schema=name in the address",
                )
            )
        if not self.rows(_USABLE, (schema,))[0][0]:
            raise self._forbidden(schema)

    def _unreachable(self, error: Exception) -> IntakeError:
        said = self._address.masked(str(error)).strip()
        return IntakeError(
            Text(
                f"无法连接 {self._address.shown}（{said}）；请检查主机、端口、库名、用户与密码"
                "（PGPASSWORD 或 .pgpass）",
                f"cannot connect to {self._address.shown} ({said}); check host, port, database,"
                " user and password (PGPASSWORD or .pgpass)",
            )
        )

    def _failed(self, error: Exception) -> IntakeError:
        said = self._address.masked(str(error)).strip()
        return IntakeError(
            Text(
                f"读取 {self._address.shown} 失败（{said}）；请检查表与连接后再试",
                f"reading {self._address.shown} failed ({said}); check the tables and the"
                " connection, and try again",
            )
        )

    def _forbidden(self, *names: str) -> IntakeError:
        what = ".".join(names)
        return IntakeError(
            Text(
                f"该用户无权读取 {what}；请数据库管理员授予 USAGE 与 SELECT 权限",
                f"this user may not read {what}; ask the administrator of the database for USAGE"
                " and SELECT",
            )
        )
