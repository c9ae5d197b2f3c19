"""A connection that reads one state of a database and changes nothing."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from typing import NamedTuple

from layers.database.connection import FAILURES
from layers.database.connection import Connection
from layers.errors import IntakeError
from layers.errors import Text
from layers.errors import UsageError
from layers.ids import strangers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    import pyarrow as pa

    from layers.database.address import Address

# All queries see the state of the first one, whoever writes in the meantime.
_SESSION = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET datestyle = 'ISO, YMD'",
    "SET extra_float_digits = 3",
)
_SCHEMAS = "SELECT nspname::text FROM pg_catalog.pg_namespace ORDER BY 1"
_USABLE = "SELECT pg_catalog.has_schema_privilege($1, 'USAGE')"
_TABLES = (
    "SELECT c.relname::text, c.oid::bigint, pg_catalog.has_table_privilege(c.oid, 'SELECT')"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1"
)
_COLUMNS = (
    "SELECT a.attname::text, t.typname::text, a.atttypmod::int,"
    " COALESCE(a.attnum = ANY (i.indkey), false)"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    " LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
)


class Column(NamedTuple):
    """A column of a table: its name and the name of its type."""

    name: str
    type: str


class Table(NamedTuple):
    """A table, view or foreign table that can be read.

    Attributes
    ----------
    name, columns
        What it is called, and what it has.
    key
        The columns of its primary key; none for a view.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


class Database(Connection):
    """A connection to a database; made once and used for all queries of an input.

    Parameters
    ----------
    address
        Where it is.
    seconds
        After how many a query is given up; never by default.

    Raises
    ------
    IntakeError
        If it cannot be reached, or the user may not read the schema.
    UsageError
        If there is no such schema.
    """

    error = IntakeError
    failing = Text("读取", "reading")
    advice = Text("请检查表与连接后再试", "check the tables and the connection, and try again")

    def __init__(self, address: Address, *, seconds: float = 0) -> None:
        super().__init__(address, (*_SESSION, f"SET statement_timeout = {int(seconds * 1000)}"))
        self._check_schema()

    def names(self) -> list[str]:
        """Return the names of all tables and views of the schema, in order."""
        return [str(name) for name, _oid, _readable in self.rows(_TABLES, (self.address.schema,))]

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Return those of the named tables that there are.

        Raises
        ------
        IntakeError
            If one of them may not be read.
        """
        found = {}
        for name, oid, readable in self.rows(_TABLES, (self.address.schema,)):
            if name not in names:
                continue
            if not readable:
                raise self._forbidden(self.address.schema, str(name))
            columns = self.rows(_COLUMNS, (oid,))
            found[name] = Table(
                name,
                tuple(Column(str(n), str(kind)) for n, kind, _mod, _key in columns),
                tuple(str(n) for n, _kind, _mod, key in columns if key),
            )
        return found

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
        except FAILURES as error:
            raise self.failed(error) from None

    def _check_schema(self) -> None:
        schema = self.address.schema
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

    def _forbidden(self, *names: str) -> IntakeError:
        what = ".".join(names)
        return IntakeError(
            Text(
                f"该用户无权读取 {what}；请数据库管理员授予 USAGE 与 SELECT 权限",
                f"this user may not read {what}; ask the administrator of the database for USAGE"
                " and SELECT",
            )
        )
