"""What ``atlas import`` and ``atlas inspect`` read: a file, or a table of a database."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated

import typer

from cli_common import context
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.database.address import Address
    from layers.intake import Raw
    from layers.intake import Request

_PROGRESS_S = 2.0

SourceArgument = Annotated[
    str,
    typer.Argument(
        help="XLSX, XLS, ODS, CSV, Shapefile (or zip), GeoPackage, KML, DXF …, or a table: "
        "postgis://user@host:port/database?schema=NAME&layer=TABLE."
    ),
]


def source_of(text: str, layer: str) -> tuple[Path, Address | None]:
    """Return the file that is read; of a table what it is called, and where it is.

    Parameters
    ----------
    text
        A file or the address of a database; the path that is returned has no password.
    layer
        The table, if the address names none.

    Raises
    ------
    UsageError
        If there is no such file, or it is no address.
    """
    from layers.database.address import is_database
    from layers.database.address import read_address

    if is_database(text):
        address = read_address(text)
        return Path(f"{address.schema}.{address.table or layer}"), address
    file = Path(text)
    if not file.exists():
        raise UsageError(Text(f"找不到文件 {file}", f"there is no file {file}"))
    return file, None


def read_source(request: Request, time_limit: float, address: Address | None = None) -> Raw:
    """Read a file in a process of its own, or a table; a long one says that it goes on.

    Parameters
    ----------
    request
        What is read, for which layer.
    time_limit
        Seconds after which it is given up.
    address
        The database; None for a file.

    Raises
    ------
    IntakeError
        If it cannot be read.
    """
    if address is not None:
        from layers.intake.readers.database import read_table

        return read_table(address, request, seconds=time_limit)
    from layers.intake import read_isolated
    from layers.intake.isolation.transport import Limits

    return read_isolated(request, limits=Limits(seconds=time_limit), progress=told_progress())


def told_progress() -> Callable[[Text, float], None]:
    """Return what tells every few seconds what is being done, on anything that takes longer."""
    said = time.monotonic()

    def tell(text: Text, _share: float) -> None:
        nonlocal said
        if time.monotonic() - said > _PROGRESS_S:
            said = time.monotonic()
            typer.echo(text.get(context.lang), err=True)

    return tell
