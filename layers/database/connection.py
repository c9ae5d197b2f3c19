"""A connection to a database: statements, questions, and errors that tell no password."""

from __future__ import annotations

import weakref
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from layers.errors import AtlasError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from layers.database.address import Address

FAILURES = (dbapi.Error, dbapi.Warning, pa.ArrowException, OSError)
"""What the driver raises."""

_POSTGIS = (
    "SELECT n.nspname::text FROM pg_catalog.pg_extension e"
    " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"
)
_SRID = "SELECT auth_name, auth_srid FROM {systems} WHERE srid = $1"


def quoted(*names: str) -> str:
    """Return a qualified name as SQL; nothing in a name can end it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


class Connection:
    """A connection; what it is opened for is told by the class that extends it.

    Parameters
    ----------
    address
        Where the database is.
    session
        Statements that set it up.

    Raises
    ------
    AtlasError
        Of the kind `error`, if the database cannot be reached.
    """

    error: type[AtlasError] = AtlasError
    """The kind of error that a failure is."""

    failing = Text("访问", "asking")
    """What was being done when something fails."""

    advice = Text("请检查连接后再试", "check the connection and try again")
    """What to do then."""

    def __init__(self, address: Address, session: Iterable[str]) -> None:
        self.address = address
        try:
            self._connection = dbapi.connect(address.uri)
        except FAILURES as error:
            raise self._unreachable(error) from None
        # Whoever forgets to close it, or cannot go on, leaves no connection open.
        self._end = weakref.finalize(self, _close, self._connection)
        for statement in session:
            self.run(statement)
        self._connection.commit()
        found = self.rows(_POSTGIS)
        self.postgis = str(found[0][0]) if found else None

    def close(self) -> None:
        """End the connection; what was not committed is undone by the server."""
        self._end()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the answer to a question that has a short one.

        Raises
        ------
        AtlasError
            If the server refuses it.
        """
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(query, tuple(values) if values else None)
                return list(cursor.fetchall())
        except FAILURES as error:
            raise self.failed(error) from None

    def run(self, statement: str) -> None:
        """Execute a statement without an answer.

        Raises
        ------
        AtlasError
            If the server refuses it.
        """
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(statement)
        except FAILURES as error:
            raise self.failed(error) from None

    def function(self, name: str) -> str:
        """Return a function or type of PostGIS as SQL, wherever the extension is."""
        return f"{quoted(str(self.postgis))}.{name}"

    def epsg_of(self, srid: int) -> int | None:
        """Return the EPSG code of a SRID, which a database may number as it likes; or None."""
        query = _SRID.format(systems=quoted(str(self.postgis), "spatial_ref_sys"))
        found = self.rows(query, (srid,))
        if not found or str(found[0][0]).upper() != "EPSG" or found[0][1] is None:
            return None
        return int(found[0][1])

    def failed(self, error: Exception) -> AtlasError:
        """Return what a failure of the driver is called, without the password."""
        said, shown = self.address.masked(str(error)).strip(), self.address.shown
        return self.error(
            Text(
                f"{self.failing.zh} {shown} 失败（{said}）；{self.advice.zh}",
                f"{self.failing.en} {shown} failed ({said}); {self.advice.en}",
            )
        )

    def _unreachable(self, error: Exception) -> AtlasError:
        said = self.address.masked(str(error)).strip()
        return self.error(
            Text(
                f"无法连接 {self.address.shown}（{said}）；请检查主机、端口、库名、用户与密码"
                "（PGPASSWORD 或 .pgpass）",
                f"cannot connect to {self.address.shown} ({said}); check host, port, database,"
                " user and password (PGPASSWORD or .pgpass)",
            )
        )


def _close(connection: Any) -> None:  # noqa: ANN401 -- the driver has no types
    """Close a connection; one that the server has ended already is closed."""
    try:
        connection.close()
    except FAILURES:
        return
