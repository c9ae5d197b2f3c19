"""A connection that writes: everything in one transaction, or nothing."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from layers.database.connection import FAILURES
from layers.database.connection import Connection
from layers.database.connection import quoted
from layers.database.refusals import busy
from layers.database.refusals import no_postgis
from layers.database.refusals import no_system
from layers.database.refusals import not_allowed
from layers.database.refusals import unsure
from layers.errors import AtlasError
from layers.errors import ExportError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from layers.database.address import Address

WAIT_S = 60
"""How long somebody else may hold what is to be changed, seconds."""

_SESSION = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE",
    "SET standard_conforming_strings = on",
    "SET client_min_messages = warning",
    "SET application_name = 'atlas publish'",
)
_LOCK_NAME = "atlas_publications"
_LOCK = "pg_catalog.{kind}(pg_catalog.hashtextextended($1, 0))"
_NO_LOCK, _NO_RIGHT = "55P03", "42501"
_SCHEMA = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = $1"
_SYSTEM = (
    "SELECT srid FROM {systems} WHERE upper(auth_name) = 'EPSG' AND auth_srid = $1"
    " ORDER BY srid <> $1 LIMIT 1"
)


class Target(Connection):
    """A connection to a database in which layers are published.

    Nothing is to be seen by others before :meth:`commit`, whatever happens.

    Parameters
    ----------
    address
        Where it is.
    wait_s
        How long to wait for what somebody else holds, seconds.

    Raises
    ------
    ExportError
        If it cannot be reached.
    """

    error = ExportError
    failing = Text("写入", "writing to")
    advice = Text(
        "数据库未变，请检查连接与权限后再试",
        "the database is as it was; check the connection and the rights, and try again",
    )

    def __init__(self, address: Address, *, wait_s: int = WAIT_S) -> None:
        self._wait_s = wait_s
        super().__init__(address, (*_SESSION, f"SET lock_timeout = '{wait_s}s'"))

    def lock(self, waiting: Callable[[], None]) -> None:
        """Keep other publishers out of the database until the transaction ends.

        Those of another schema too, because all write into one table of styles.

        Parameters
        ----------
        waiting
            Called if another one is at work, before waiting for it.

        Raises
        ------
        ExportError
            If that takes too long.
        """
        tried = f"SELECT {_LOCK.format(kind='pg_try_advisory_xact_lock')}"
        if self.rows(tried, (_LOCK_NAME,))[0][0]:
            return
        waiting()
        self.rows(f"SELECT {_LOCK.format(kind='pg_advisory_xact_lock')}::text", (_LOCK_NAME,))

    def make_schema(self) -> bool:
        """Make the schema if it is not there; tell whether it was made."""
        if self.rows(_SCHEMA, (self.address.schema,))[0][0]:
            return False
        self.run(f"CREATE SCHEMA {quoted(self.address.schema)}")
        return True

    def srid(self, epsg: int) -> int:
        """Return the number that the database gives a coordinate system.

        Raises
        ------
        ExportError
            If it has no PostGIS, or PostGIS does not know the system.
        """
        if self.postgis is None:
            raise no_postgis(self.address.shown)
        systems = quoted(self.postgis, "spatial_ref_sys")
        found = self.rows(_SYSTEM.format(systems=systems), (epsg,))
        if not found:
            raise no_system(self.address.shown, f"EPSG:{epsg}")
        return int(found[0][0])

    def run_filled(self, template: str, *values: str) -> None:
        """Execute a statement that takes no parameters: the server itself quotes `values`.

        Parameters
        ----------
        template
            As the function ``format`` of PostgreSQL wants it: ``%I`` a name, ``%L`` a text.
        values
            What is filled in.
        """
        places = ", ".join(f"${number}::text" for number in range(2, len(values) + 2))
        filled = self.rows(f"SELECT pg_catalog.format($1::text, {places})", (template, *values))
        self.run(str(filled[0][0]))

    def put_aside(self, name: str, table: pa.Table) -> None:
        """Write rows into a new temporary table, which nobody else sees."""
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.adbc_ingest(name, table, mode="create", temporary=True)
        except FAILURES as error:
            raise self.failed(error) from None

    def commit(self) -> None:
        """Make everything that was written visible to all at once."""
        try:
            self._connection.commit()
        except FAILURES as error:
            raise unsure(self.address.shown, self.address.masked(str(error)).strip()) from None

    def rollback(self) -> None:
        """Take back everything that was written."""
        try:
            self._connection.rollback()
        except FAILURES as error:
            raise self.failed(error) from None

    def failed(self, error: Exception) -> AtlasError:
        """Return what a failure of the driver is called; waiting and rights have own words."""
        state = getattr(error, "sqlstate", None)
        if state == _NO_LOCK:
            return busy(self._wait_s)
        if state == _NO_RIGHT:
            return not_allowed(self.address.shown, self.address.masked(str(error)).strip())
        return super().failed(error)
