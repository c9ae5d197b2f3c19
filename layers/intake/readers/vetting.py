"""A GeoPackage is vetted in plain SQLite before GDAL opens it.

A GeoPackage is a database, and its schema is text that whoever made the file
chose. GDAL brings modules and functions to SQLite that open other files: a
table made ``USING VirtualShape('/any/path')`` reads that path as soon as it is
selected from. Hence only what a GeoPackage needs is let through, and everything
must work without GDAL's additions.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.intake.source import Request

_NAME = r"""(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$]+)"""

# Modules of SQLite whose tables live in the file itself: the spatial index.
_MODULES = "rtree"

# SQLite writes the first words of a statement itself, always like this; other
# spellings (comments between the words, small letters) are made by hand.
_STATEMENT = re.compile(
    rf"CREATE (?:(?:TABLE|VIEW) (?P<read>{_NAME})|(?:UNIQUE )?INDEX |TRIGGER "
    rf"|VIRTUAL TABLE {_NAME}\s+(?i:USING\s+(?:{_MODULES}))\s*\()"
)
_JOURNAL = bytes.fromhex("d9d505f920a163d7")


@contextmanager
def vetted_copy(request: Request) -> Iterator[Path]:
    """Yield a private copy of a GeoPackage that is safe to open with GDAL.

    What another program has written but not yet moved into the file itself
    (its write-ahead log) is part of the copy.

    Raises
    ------
    IntakeError
        If the file is no database, is damaged, or its schema reaches beyond
        the file: virtual tables other than the spatial index, and tables or
        views that plain SQLite cannot compile.
    """
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "copy.gpkg"
        try:
            _copy(request, copy)
            with closing(sqlite3.connect(copy)) as database:
                # Moves the log into the file, so that what is vetted is what GDAL reads.
                database.execute("PRAGMA journal_mode=DELETE").fetchall()
                _vet(database, request)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            # SQLite quotes the damaged name of a table, which need not be text.
            request.refuse(
                "GeoPackage 已损坏；请重新导出",
                f"the GeoPackage is damaged ({error}); export it again",
                error,
            )
        yield copy


def _copy(request: Request, copy: Path) -> None:
    path = request.path
    log, journal = (path.with_name(path.name + end) for end in ("-wal", "-journal"))
    if journal.is_file() and journal.read_bytes()[: len(_JOURNAL)] == _JOURNAL:
        request.refuse(
            "另一程序正在写入，或上次写入中断；请在该程序中保存并关闭后再导入",
            "another program is writing to it, or was interrupted;"
            " save and close it there, then import",
        )
    shutil.copyfile(path, copy)
    if log.is_file():
        shutil.copyfile(log, copy.with_name(copy.name + "-wal"))


def _vet(database: sqlite3.Connection, request: Request) -> None:
    schema = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    for name, statement in schema.fetchall():
        match = _STATEMENT.match(str(statement))
        if match is None:
            _refuse(request, name)
        if match["read"]:
            # A row may lie about the name of what it makes.
            if _plain(match["read"]) != name:
                _refuse(request, name)
            _compile(database, str(name), request)


def _compile(database: sqlite3.Connection, name: str, request: Request) -> None:
    """Refuse what plain SQLite cannot read: it calls functions that only GDAL has."""
    quoted = name.replace('"', '""')
    try:
        database.execute(f'EXPLAIN SELECT * FROM "{quoted}"')  # noqa: S608 -- quoted; names cannot be bound
    except sqlite3.OperationalError as error:
        _refuse(request, name, error)


def _plain(token: str) -> str:
    """Return a name of SQL without its quotes."""
    quote = token[0]
    if quote == "[":
        return token[1:-1]
    return token[1:-1].replace(quote * 2, quote) if quote in "\"'`" else token


def _refuse(request: Request, name: object, error: Exception | None = None) -> NoReturn:
    request.refuse(
        f"其中的“{name}”可能引用文件以外的内容（虚拟表或特殊函数），不予打开；"
        "请在制图软件中把所需图层另存为新的 GeoPackage",
        f"its table '{name}' may reach beyond the file (a virtual table or special functions),"
        " so it is not opened; save the layer you need as a new GeoPackage in the GIS",
        error,
    )
