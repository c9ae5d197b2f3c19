"""A private PostgreSQL with PostGIS for tests: in a folder, on the loopback, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_BIN = Path("/usr/lib/postgresql/15/bin")
_EXTENSION = Path("/usr/share/postgresql/15/extension/postgis.control")
_USER = "postgres"


@contextmanager
def server() -> Iterator[str]:
    """Start a server and yield the address of its superuser, without a database."""
    if not (_BIN / "initdb").is_file() or not _EXTENSION.is_file():
        message = "NO POSTGIS: apt-get install postgresql-15 postgresql-15-postgis-3"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # Not in pytest's folder: only its owner may enter it, and a socket wants a short path.
    folder = Path(tempfile.mkdtemp(prefix="atlas-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _USER, _USER)
        data, port = folder / "data", _free_port()
        _run("initdb", "-D", str(data), "-A", "trust", "-U", _USER, "-E", "UTF8", "--no-sync")
        told = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
        _run("pg_ctl", "-D", str(data), "-o", told, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql://{_USER}@127.0.0.1:{port}"
        finally:
            _run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str) -> None:
    command = [str(_BIN / program), *arguments]
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        command = ["/usr/sbin/runuser", "-u", _USER, "--", *command]
    # The server keeps what it inherits: nobody must wait for the end of its output.
    subprocess.run(  # noqa: S603 - fixed programs
        command,
        check=True,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
