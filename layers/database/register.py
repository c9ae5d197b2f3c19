"""The register of publications: which version of which layer stands in a schema, from where.

One row a publication that changed something, in the table ``atlas_publications``; the last
row of a layer is what its table holds now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from layers.database.connection import quoted

if TYPE_CHECKING:
    from layers.database.connection import Connection
    from layers.database.writing import Target

REGISTER = "atlas_publications"
"""Name of the table."""

_EXISTS = (
    "SELECT count(*) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2"
)
_CREATE = """CREATE TABLE {name} (
    number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer text NOT NULL,
    version int8 NOT NULL,
    workspace text NOT NULL,
    audience text NOT NULL,
    crs text NOT NULL,
    rows int8 NOT NULL,
    columns text NOT NULL,
    sha256 text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    published_by text NOT NULL,
    export_id text NOT NULL
)"""
_COMMENT = (
    "图层发布登记：每个图层最后一行为表中现有内容 (publications of layers, the last is current)"
)
_LAST = (
    "SELECT version, workspace, audience, crs, columns, sha256, published_by,"
    " pg_catalog.to_char(published_at, 'YYYY-MM-DD HH24:MI')"
    " FROM {name} WHERE layer = $1 ORDER BY number DESC LIMIT 1"
)
COLUMNS = (
    "layer",
    "version",
    "workspace",
    "audience",
    "crs",
    "rows",
    "columns",
    "sha256",
    "published_by",
    "export_id",
)
"""Names of its columns that a publication fills in; number and time come by themselves."""


class Entry(NamedTuple):
    """The last publication of a layer.

    Attributes
    ----------
    version, workspace, audience, crs
        What was published, from where, for whom, and how.
    columns
        Names of the columns that it wrote.
    sha256
        Hash of its content.
    by, time
        Who, and when by the clock of the server.
    """

    version: int
    workspace: str
    audience: str
    crs: str
    columns: tuple[str, ...]
    sha256: str
    by: str
    time: str


def last_entry(connection: Connection, layer: str) -> Entry | None:
    """Return the last publication of a layer in a schema whose register can be read.

    Parameters
    ----------
    connection
        To the database and the schema.
    layer
        Key of the layer, which is the name of its table.
    """
    name = quoted(connection.address.schema, REGISTER)
    found = connection.rows(_LAST.format(name=name), (layer,))
    if not found:
        return None
    version, workspace, audience, crs, columns, *rest = found[0]
    return Entry(int(version), workspace, audience, crs, tuple(columns.split()), *rest)


class Register:
    """The register in the schema of a target; made when the first entry is written."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._name = quoted(target.address.schema, REGISTER)
        self._there = bool(target.rows(_EXISTS, (target.address.schema, REGISTER))[0][0])

    def last(self, layer: str) -> Entry | None:
        """Return the last publication of a layer; None if there was none."""
        if not self._there:
            return None
        return last_entry(self._target, layer)

    def add(self, values: dict[str, Any]) -> None:
        """Write down a publication: a value for every column but number and time."""
        if not self._there:
            self._target.run(_CREATE.format(name=self._name))
            self._target.run_filled(
                "COMMENT ON TABLE %I.%I IS %L", self._target.address.schema, REGISTER, _COMMENT
            )
            self._there = True
        places = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
        names = ", ".join(map(quoted, COLUMNS))
        self._target.rows(
            f"WITH done AS (INSERT INTO {self._name} ({names}) VALUES ({places}) RETURNING 1)"  # noqa: S608
            " SELECT count(*) FROM done",
            [values[name] for name in COLUMNS],
        )
