"""The address of a database, and how it is told without what opens it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import parse_qsl
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlencode
from urllib.parse import urlsplit

from layers.errors import Text
from layers.errors import UsageError

_DATABASE = re.compile(r"(?:postgres(?:ql)?|postgis)://", re.IGNORECASE)
_SCHEME = "postgresql"
_SCHEMA = "schema"
_LAYER = "layer"
_PUBLIC = "public"
_TIMEOUT = "connect_timeout"
_SECONDS = "15"
_SECRET = ("password", "sslpassword")
_MASK = "***"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is.

    Attributes
    ----------
    uri
        What the driver is given; it may have a password in it and is shown to nobody.
    shown
        The same for people: user, host, database and schema.
    schema
        Where the tables are.
    secrets
        Texts that must not be shown.
    table
        The one table that is meant, of ``&layer=name``; empty if none is named.
    """

    uri: str = field(repr=False)
    shown: str
    schema: str
    secrets: tuple[str, ...] = field(repr=False)
    table: str = ""

    def shown_of(self, table: str) -> str:
        """Return the address of a table, for people."""
        return f"{self.shown}&{_LAYER}={table}"

    def masked(self, text: str) -> str:
        """Return a message without the password, should the driver have repeated it."""
        for secret in self.secrets:
            text = text.replace(secret, _MASK)
        return text


def is_database(text: str) -> bool:
    """Tell whether a text is the address of a database and not of a file or folder."""
    return _DATABASE.match(text) is not None


def read_address(text: str) -> Address:
    """Return the parts of ``postgresql://user@host:port/database?schema=atlas``.

    ``postgis://`` and ``postgres://`` say the same.

    A password may stand in the address, in ``PGPASSWORD``, or in ``.pgpass``. Other options
    of libpq are passed on.

    Parameters
    ----------
    text
        The address; without ``schema`` the schema is ``public``. ``layer`` names a table.

    Raises
    ------
    UsageError
        If it is no address; the message does not repeat it.
    """
    try:
        parts = urlsplit(text)
        user, host, port = parts.username or "", parts.hostname or "", parts.port
        options = parse_qsl(parts.query, keep_blank_values=True, errors="strict")
        hidden = [parts.password or "", *(v for n, v in options if n.lower() in _SECRET)]
    except ValueError as error:
        raise _no_address() from error
    schema, table = dict(options).get(_SCHEMA, _PUBLIC), dict(options).get(_LAYER, "")
    rest = [(name, value) for name, value in options if name not in (_SCHEMA, _LAYER)]
    if _TIMEOUT not in dict(rest):
        rest.append((_TIMEOUT, _SECONDS))
    if not schema or parts.fragment:
        raise _no_address()
    # Put together by hand: an address of a local socket has no host, and keeps its slashes.
    uri = f"{_SCHEME}://{parts.netloc}{parts.path}?{urlencode(rest, quote_via=quote)}"
    host = f"[{host}]" if ":" in host else host
    place = f"{unquote(user)}@{host}" if user else host
    shown = f"{_SCHEME}://{place}{'' if port is None else f':{port}'}{parts.path}?schema={schema}"
    # Longer ones first, so that nothing is left of one that begins with another.
    spelled = ((secret, unquote(secret), quote(unquote(secret), safe="")) for secret in hidden)
    secrets = {text for texts in spelled for text in texts if text}
    return Address(uri, shown, schema, tuple(sorted(secrets, key=len, reverse=True)), table)


def _no_address() -> UsageError:
    return UsageError(
        Text(
            "数据库地址有误；应为 postgresql://用户@主机:端口/数据库?schema=模式，"
            "特殊字符写成 %xx，密码也可放在 PGPASSWORD 或 .pgpass",
            "this is no address of a database; write postgresql://user@host:port/database"
            "?schema=name, special characters as %xx; the password may also stand in PGPASSWORD"
            " or .pgpass",
        )
    )
