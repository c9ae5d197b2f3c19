"""The ledger of a batch: what is finished, by whose hand, and whether it still holds.

A finished task is a folder of files and a receipt beside it. Both are made aside and
renamed, so that a task that is killed leaves nothing half. The name of both is the hash
of everything that the result depends on: the same name is the same result.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import platform
import shutil
import socket
import tempfile
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from layers.errors import AtlasError
from layers.errors import Text
from layers.jsonfile import read_json
from layers.jsonfile import to_json
from layers.scorecards import load_scorecards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.catalogue import Catalogue

PARTS = "parts"
"""Folder of the finished tasks of a command."""

KEY_LENGTH = 16
_LIBRARIES = ("numpy", "scipy", "shapely", "geopandas", "highspy")
_MOST_BYTES = 64 * 1024**2
_LOCK = ".lock"
_READ_AT_ONCE = 1024**2


class BusyError(AtlasError, RuntimeError):
    """Another run works in the same folder."""


class LedgerError(AtlasError, RuntimeError):
    """A result cannot be kept, or is not what was promised."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a finished task leaves.

    Attributes
    ----------
    key, kind
        Which task, and which step of the batch it is of.
    members
        Its scopes, each with its parks, or None for all of them.
    rows_in, rows_out
        Subjects that it was given, and rows of its first table.
    files
        Of every file its size in bytes and its sha256.
    seconds, worker, attempts, peak_bytes
        How long it took, where (``host:process``), at which attempt, and the most memory
        that process had ever held; None if the system does not tell.
    notes
        What else is to be told, by scope.
    """

    key: str
    kind: str
    members: tuple[tuple[str, tuple[str, ...] | None], ...]
    rows_in: int
    rows_out: int
    files: dict[str, tuple[int, str]]
    seconds: float
    worker: str
    attempts: int
    peak_bytes: int | None
    notes: dict[str, Any] = field(default_factory=dict)


@cache
def code_version() -> str:
    """Return what tells one version of the program's numbers from another.

    The sha256 over the sources of the rooms ``geo`` and ``layers`` as they were when this
    process first asked, and the versions of the libraries that compute.
    """
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for room in ("geo", "layers"):
        for path in sorted((root / room).rglob("*.py")):
            digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
            # A checkout on another system may end its lines otherwise.
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    return digest.hexdigest()


def edition_text(catalogue: Catalogue) -> str:
    """Return all that an edition says of numbers: its catalogue and scorecards, not where it is."""
    return repr((replace(catalogue, folder=Path()), load_scorecards(catalogue.folder)))


def key_of(*parts: object) -> str:
    """Return the name of a task: a hash of everything that its result depends on.

    Parameters
    ----------
    parts
        Plain data.
    """
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:KEY_LENGTH]


def worker_name() -> str:
    """Return ``host:process`` of the process that asks."""
    return f"{socket.gethostname()}:{os.getpid()}"


def peak_memory() -> int | None:
    """Return the most memory that this process has ever held, bytes; None if not told."""
    # Not from getrusage: on Linux that begins with what the parent of the process held.
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text("ascii", errors="ignore").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def folder_of(out: Path, key: str) -> Path:
    """Return where the files of a task are.

    Parameters
    ----------
    out
        Folder of the command.
    key
        Name of the task.
    """
    return out / PARTS / key


def finished(out: Path, key: str) -> Receipt | None:
    """Return the receipt of a task if all its files are what it says; None otherwise.

    Parameters
    ----------
    out
        Folder of the command.
    key
        Name of the task.
    """
    try:
        found = read_json(out / PARTS / f"{key}.json", _MOST_BYTES)
        receipt = _receipt(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    folder = folder_of(out, key)
    whole = receipt.key == key and all(
        _stamp(folder / name) == stamp for name, stamp in receipt.files.items()
    )
    return receipt if whole else None


@contextmanager
def making(out: Path, key: str) -> Iterator[Path]:
    """Yield an empty folder for the files of a task; :func:`settle` moves it to its place.

    Parameters
    ----------
    out
        Folder of the command.
    key
        Name of the task.
    """
    parts = out / PARTS
    parts.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=parts))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sweep(out: Path) -> None:
    """Remove what tasks that were killed left half made; only while no task is being done.

    Parameters
    ----------
    out
        Folder of the command.
    """
    for left in (out / PARTS).glob(".*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def stamps(folder: Path) -> dict[str, tuple[int, str]]:
    """Return size and sha256 of every file of a folder, by name."""
    found = {path.name: _stamp(path) for path in sorted(folder.iterdir())}
    return {name: stamp for name, stamp in found.items() if stamp is not None}


def settle(out: Path, made: Path, receipt: Receipt) -> None:
    """Put the files of a task in their place, and its receipt beside them.

    Parameters
    ----------
    out
        Folder of the command.
    made
        The folder of :func:`making`.
    receipt
        What was done.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    place = folder_of(out, receipt.key)
    if finished(out, receipt.key) is not None:
        # A worker that was thought lost came first: the same key is the same result.
        return
    shutil.rmtree(place, ignore_errors=True)
    made.rename(place)
    written = out / PARTS / f".{receipt.key}-{os.getpid()}.json"
    written.write_bytes(to_json(asdict(receipt), _MOST_BYTES))
    written.replace(out / PARTS / f"{receipt.key}.json")


@contextmanager
def only_one(out: Path) -> Iterator[None]:
    """Keep a second run out of a folder for as long as this one works in it.

    Parameters
    ----------
    out
        The folder; it is made.

    Raises
    ------
    BusyError
        Naming who works there.
    """
    out.mkdir(parents=True, exist_ok=True)
    lock = out / _LOCK
    _take(lock, out)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _take(lock: Path, out: Path) -> None:
    """Make the lock; one that a process left that is gone is taken over."""
    me = {"host": socket.gethostname(), "process": os.getpid(), "began": _began(os.getpid())}
    for _attempt in range(2):
        try:
            with lock.open("xb") as file:
                file.write(to_json(me, _MOST_BYTES))
        except FileExistsError:
            holder = _holder(lock)
            if not _gone(holder):
                raise _busy(out, holder, lock) from None
            lock.unlink(missing_ok=True)
        else:
            return
    raise _busy(out, _holder(lock), lock)


def _holder(lock: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = read_json(lock, _MOST_BYTES)
        if isinstance(found, dict):
            return found
    return {}


def _gone(holder: dict[str, Any]) -> bool:
    """Tell whether the process that made a lock is surely gone."""
    process = holder.get("process")
    if holder.get("host") != socket.gethostname() or not isinstance(process, int):
        return False
    return _began(process) != holder.get("began")


def _began(process: int) -> float | None:
    """Return when a process of this host began; None if there is none.

    The number of a process is given again, the number and its beginning together are not.
    """
    psutil = importlib.import_module("psutil")  # has no types
    try:
        return float(psutil.Process(process).create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None


def _busy(out: Path, holder: dict[str, Any], lock: Path) -> BusyError:
    who = f"{holder.get('host', '?')}:{holder.get('process', '?')}"
    return BusyError(
        Text(
            f"{out} 中正有另一次批量计算在运行（{who}）；请等它结束。若确认它已停止，请删除 {lock}",
            f"another batch works in {out} ({who}); wait until it is done. If you are sure that "
            f"it has stopped, delete {lock}",
        )
    )


def _receipt(found: dict[str, Any]) -> Receipt:
    members = tuple(
        (str(scope), None if parks is None else tuple(map(str, parks)))
        for scope, parks in found["members"]
    )
    files = {str(name): (int(size), str(sha)) for name, (size, sha) in found["files"].items()}
    if any(Path(name).name != name for name in files):
        msg = "files"
        raise ValueError(msg)
    return Receipt(**{**found, "members": members, "files": files})


def _stamp(path: Path) -> tuple[int, str] | None:
    """Return size and sha256 of a file; None if it cannot be read."""
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_READ_AT_ONCE):
                digest.update(block)
                size += len(block)
    except OSError:
        return None
    return size, digest.hexdigest()
