"""The reading process: reads one file after the other and hands back what is in it.

Started by :mod:`layers.intake.isolation.isolated` as
``python -m layers.intake.isolation.worker``. It talks over the pipes it was started with
and ends when they are closed.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NoReturn

from layers.errors import AtlasError
from layers.intake.isolation.transport import Failed
from layers.intake.isolation.transport import Refused
from layers.intake.isolation.transport import Task
from layers.intake.isolation.transport import TooLarge
from layers.intake.isolation.transport import dump
from layers.intake.isolation.transport import load
from layers.intake.isolation.transport import pack
from layers.intake.isolation.transport import receive
from layers.intake.isolation.transport import send
from layers.intake.read import read_raw

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from layers.intake.isolation.transport import Limits

# Temporary files: what an archive may unpack to, and as much again.
_LARGEST_FILE = 2 * 1024**3
# The program ends a reader that takes too long. This is how much later the reader
# ends itself, if the program is no longer there to do it.
_GRACE_SECONDS = 60.0
_TRACE_LENGTH = 4000
_INPUT, _OUTPUT, _ERRORS = 0, 1, 2

_FORBIDDEN = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "webbrowser.open",
)
"""Events of :func:`sys.audit` that no reader has business with: network and programs."""


def main() -> None:
    """Serve until the program closes the pipe."""
    incoming, outgoing = _own_pipes()
    os.umask(0o077)
    # Ctrl+C in the terminal reaches the program and this process alike; the program decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory = _memory_limiter()
    sys.addaudithook(_forbid)
    serve(incoming, outgoing, limit_memory)
    _leave_folder()


def serve(
    incoming: IO[bytes], outgoing: IO[bytes], limit_memory: Callable[[int], None] | None = None
) -> None:
    """Say that the reader is ready, then answer every task until the pipe is closed."""
    send(outgoing, dump(None))
    while (data := receive(incoming)) is not None:
        task: Task = load(data)
        if limit_memory is not None:
            limit_memory(task.limits.memory_bytes)
        faulthandler.dump_traceback_later(
            task.limits.seconds + _GRACE_SECONDS, exit=True, file=_ERRORS
        )
        answer = _answer(task)
        faulthandler.cancel_dump_traceback_later()
        send(outgoing, answer)


def _answer(task: Task) -> bytes:
    try:
        return _within(dump(pack(read_raw(task.request))), task.limits)
    except AtlasError as error:
        return dump(Refused(error))
    except MemoryError:
        return dump(TooLarge("memory"))
    except Exception as error:  # noqa: BLE001 -- whatever a library raises on a damaged file
        trace = "".join(traceback.format_exception(error))
        return dump(Failed(type(error).__name__, trace[-_TRACE_LENGTH:]))


def _within(data: bytes, limits: Limits) -> bytes:
    return data if len(data) <= limits.result_bytes else dump(TooLarge("result"))


def _leave_folder() -> None:
    """Remove the folder of this process, which a program that was killed has left behind.

    Only if it is empty, as it is when every reader has cleared up after itself.
    """
    with contextlib.suppress(OSError):
        folder = Path.cwd()
        os.chdir(folder.parent)
        folder.rmdir()


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return the two ends of the conversation, and keep everybody else from them.

    Libraries print; what they print must not get in between the messages.
    """
    incoming, outgoing = os.dup(_INPUT), os.dup(_OUTPUT)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, _INPUT)
    os.dup2(_ERRORS, _OUTPUT)
    os.close(nothing)
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")


def _memory_limiter() -> Callable[[int], None] | None:
    """Return a function that sets how much memory may be taken from now on.

    ``None`` where the operating system has no such limit.
    """
    if sys.platform == "win32":
        return None
    import resource

    # A dump of the memory would leave the planner's data on the disk.
    _set_limit(resource.RLIMIT_CORE, 0)
    _set_limit(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    baseline = _address_space()
    if baseline is None:
        return None
    return lambda allowed: _set_limit(resource.RLIMIT_AS, baseline + allowed)


def _set_limit(what: int, wanted: int) -> None:
    import resource

    _, hard = resource.getrlimit(what)
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(what, (soft, hard))
    except (ValueError, OSError):
        return  # not every system lets this limit be set; the time limit remains


def _address_space() -> int | None:
    """Return the address space (bytes) that the idle process has taken, if the system tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- no path of a user
            pages = int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _forbid(event: str, _: object) -> None:
    if event in _FORBIDDEN:
        _refuse(event)


def _refuse(event: str) -> NoReturn:
    message = f"a reader must not use {event}"
    raise PermissionError(message)


if __name__ == "__main__":
    main()
