"""Whether a table that is read holds a public copy that was published there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.database.connection import quoted
from layers.database.register import COLUMNS
from layers.database.register import REGISTER
from layers.database.register import last_entry
from layers.errors import IntakeError
from layers.errors import Text
from layers.export.notes import AUDIENCE_MARKS

if TYPE_CHECKING:
    from layers.database.reading import Database
    from layers.database.register import Entry

_COMMENT = "SELECT pg_catalog.obj_description($1::regclass, 'pg_class')"
_SAID = Text("数据库中该表的注释", "the comment of the table says so")


def public_copy(database: Database, name: str) -> Text | None:
    """Return which publication of a public copy a table holds; None if it is none.

    The register of publications tells; the comment of the table does for those who may
    not read the register, and when the table was given another name.

    Parameters
    ----------
    database
        The connection; ask this last, since a register that cannot be read ends its
        transaction.
    name
        Name of the table.

    Raises
    ------
    IntakeError
        If the connection fails.
    """
    about = database.rows(_COMMENT, (quoted(database.address.schema, name),))[0][0]
    commented = AUDIENCE_MARKS["public"].zh in str(about or "")
    last = _last(database, name)
    if last is None or (last.audience != "public" and commented):
        return _SAID if commented else None
    return _told(last, name) if last.audience == "public" else None


def _last(database: Database, name: str) -> Entry | None:
    """Return what the register says of a table; None if there is none that can be read."""
    try:
        register = database.tables([REGISTER]).get(REGISTER)
    except IntakeError:
        return None
    if register is None or not {*COLUMNS, "number"} <= {c.name for c in register.columns}:
        return None
    return last_entry(database, name)


def _told(last: Entry, name: str) -> Text:
    return Text(
        f"发布登记：{name} 版本 {last.version}，{last.time}，{last.by} 发布",
        f"register of publications: {name} version {last.version}, {last.time}, by {last.by}",
    )
