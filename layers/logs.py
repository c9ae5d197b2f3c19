"""The log of the server: one line an event, without secrets and without people.

Every line of every library goes through one handler, as JSON for a machine or plainly
for a person. Whatever looks like a password, a token, a cookie, a mail address or a
number of a person is masked in the text of a message, in its fields and in tracebacks,
and nobody stands in the log by name: the same person is the same short hash, under a
key that only this server has.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Style = Literal["json", "plain"]
LOG = logging.getLogger("atlas")
KEY_FILE = "log.key"
REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered, empty outside of one."""

MASK = "***"
_FIELDS = "fields"
_LIBRARIES = ("uvicorn", "streamlit", "websockets", "asyncio")
_ACCESS = "uvicorn.access"
_KEY_BYTES = 32
_HASH_DIGITS = 12
# A name that says that a secret follows, in an address, a header, JSON or a repr.
_NAMES = (
    r"[\w-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|apikey|session_?id|xsrf|csrf"
    r"|nonce|code_verifier)|pwd|_streamlit_\w+"
)
_VALUE = r"(?:'[^']*'|\"[^\"]*\"|[^\s&,;)\]}]+)"
# What says that a secret follows, in two groups, and the secret.
_ANNOUNCED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # All of a header, up to the end of its line.
        r"\b((?:proxy-)?authorization|set-cookie|cookie)(['\"]?\s*[:=]\s*)[^\r\n]+",
        r"\b(basic|bearer)(\s+)[\w.~+/=-]{6,}",
        rf"(?<![\w-])({_NAMES})(b?['\"]?\s*[:=]\s*b?){_VALUE}",
        r"([?&](?:code|state))(=)[^\s&'\"]+",
        # What stands before the host of an address, and what behind its question mark.
        r"\b([a-z][a-z0-9+.-]*)(://)[^\s/@]+@",
        r"\b(https?://[^\s?'\"]+)(\?)[^\s'\"]+",
    )
)
_BARE = tuple(
    re.compile(pattern)
    for pattern in (
        # JSON Web Tokens, signed values, and other text that is long and random.
        r"\beyJ[\w-]{8,}(?:\.[\w-]*)*",
        r"(?<![\w+-])(?=[\w+-]*\d)(?=[\w+-]*[A-Za-z])[\w+-]{32,}={0,2}(?:\.[\w-]+)*",
        # Mail addresses, mobile numbers and numbers of identity cards.
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)",
        r"(?<!\d)\d{17}[\dXx](?!\w)",
    )
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def masked(text: str) -> str:
    """Return a text without what looks like a secret or names a person."""
    for pattern in _ANNOUNCED:
        text = pattern.sub(rf"\1\2{MASK}", text)
    for pattern in _BARE:
        text = pattern.sub(MASK, text)
    return text


class Lines(logging.Formatter):
    """Writes a record as one line of JSON, or plainly for people.

    Parameters
    ----------
    style
        ``json``: one object a line, whatever the message holds. ``plain``: time, level
        and message, a traceback below.
    """

    def __init__(self, style: Style = "json") -> None:
        super().__init__()
        self.style = style

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; everything in it is masked."""
        told = self._told(record)
        if self.style == "json":
            return json.dumps(told, ensure_ascii=False)
        error = told.pop("error", "")
        head = [told.pop(name) for name in ("time", "level", "logger", "event")]
        rest = [f"{name}={value}" for name, value in told.items()]
        line = " ".join(str(part) for part in (*head, *rest))
        line = _CONTROL.sub(" ", line).replace("\n", " ")
        return line + ("\n" + _CONTROL.sub(" ", error) if error else "")

    def _told(self, record: logging.LogRecord) -> dict[str, Any]:
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        told: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": masked(_message(record)),
        }
        if request := REQUEST.get():
            told["request"] = request
        for name, value in getattr(record, _FIELDS, {}).items():
            told[name] = masked(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0] is not None:
            # The standard traceback: lines of code and what was raised, no values of names.
            told["error"] = masked(self.formatException(record.exc_info))
        return told


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)  # a wrong call of some library must not cost the line


def tell(level: int, event: str, fields: Mapping[str, Any] | None = None, **more: Any) -> None:  # noqa: ANN401 - as logging takes it
    """Log an event with fields of plain data.

    Parameters
    ----------
    level
        As in :mod:`logging`.
    event
        A short, constant name.
    fields
        What is known of it; texts are masked.
    more
        Passed on to :meth:`logging.Logger.log`, such as ``exc_info``.
    """
    LOG.log(level, event, extra={_FIELDS: dict(fields or {})}, **more)


class _Gathered(logging.Logger):
    """A logger of a library whose lines go to the one handler, whatever it sets up itself."""

    def addHandler(self, hdlr: logging.Handler) -> None:  # noqa: N802 - of the standard library
        """Take no handler where the library is one of those that bring their own."""
        if not self.name.startswith(_LIBRARIES):
            super().addHandler(hdlr)

    @property
    def propagate(self) -> bool:
        """Tell that the line goes on to the one handler."""
        return self.name.startswith(_LIBRARIES) or self._propagate

    @propagate.setter
    def propagate(self, value: bool) -> None:
        self._propagate = value


class People:
    """Short names of people in the log, the same for the same person.

    Parameters
    ----------
    folder
        Where the key is kept; None to have one until the process ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._key = secrets.token_bytes(_KEY_BYTES) if folder is None else _key(folder)

    def short(self, person_id: str) -> str:
        """Return the short name of a person, empty for nobody."""
        if not person_id:
            return ""
        digest = hmac.new(self._key, person_id.encode(), hashlib.sha256)
        return digest.hexdigest()[:_HASH_DIGITS]


def _key(folder: Path) -> bytes:
    """Return the key of a server, made at its first start."""
    path = folder / KEY_FILE
    made = secrets.token_bytes(_KEY_BYTES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:  # noqa: PTH123 - the mode is set as it is made
            handle.write(made)
    except FileExistsError:
        found = path.read_bytes()
        return found if len(found) == _KEY_BYTES else made
    except OSError:
        # A log without lasting names is better than no server.
        LOG.warning("the key of the log cannot be kept; people have other names after a restart")
    return made


_PEOPLE = [People()]


def people() -> People:
    """Return the short names of this process."""
    return _PEOPLE[0]


def start(
    style: Style, *, key_folder: Path | None = None, stream: TextIO | None = None
) -> logging.Handler:
    """Let everything that is logged from now on go to one handler.

    Parameters
    ----------
    style
        How lines look.
    key_folder
        Where the key of the short names of people is kept, None for a passing one.
    stream
        Where lines go, standard error unless told.

    Returns
    -------
    logging.Handler
        The one handler.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines(style))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, Lines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    _PEOPLE[0] = People(key_folder)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_failed
    logging.setLoggerClass(_Gathered)
    gather()
    return handler


def gather() -> None:
    """Take their handlers from the loggers that libraries have set up until now.

    The access log of the web server is silenced: it tells whole addresses, and requests
    are logged by the web door.
    """
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.startswith(_LIBRARIES):
            for handler in list(logger.handlers):
                logger.removeHandler(handler)
            logger.propagate = True
    logging.getLogger(_ACCESS).disabled = True


def _thread_failed(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is not None and what.exc_type is not SystemExit:
        error = (what.exc_type, what.exc_value, what.exc_traceback)
        LOG.error("a thread failed", exc_info=error)
