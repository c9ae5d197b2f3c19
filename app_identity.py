"""Who makes a request to the team server: read from the signed cookie, or from a token.

The cookie is the one that ``st.login`` sets; it is read here as strictly as it is written.
Streamlit itself takes it for thirty days and from whoever has a copy. Here it is over
after the hours of a session, and when its person signed out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from itsdangerous import BadData
from itsdangerous import URLSafeTimedSerializer
from starlette.requests import cookie_parser
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from layers.team.registry import Registry
from layers.team.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    from starlette.types import Scope

    from layers.team.people import Person
    from layers.team.settings import Team

_LEEWAY_S = 300
_MOST_CHUNKS = 20
_CHUNKS = re.compile(r"chunks-([0-9]{1,3})")
# The parts of one cookie are signed in one answer; parts of two sign-ins are no cookie.
_SIGNED_WITHIN_S = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who signed in.

    Attributes
    ----------
    person_id
        What the provider calls him.
    name
        What he is called.
    person
        Who he is here; None if he has no role.
    claims
        What the provider said of him.
    """

    person_id: str
    name: str
    person: Person | None
    claims: Mapping[str, Any]


class Identities:
    """Tells who makes a request.

    Parameters
    ----------
    team
        The settings of the server.
    """

    def __init__(self, team: Team) -> None:
        self._team = team

    @cached_property
    def registry(self) -> Registry:
        """The people who signed in."""
        return Registry(self._team)

    @cached_property
    def tokens(self) -> Tokens:
        """The personal tokens."""
        return Tokens(self._team.state)

    def by_cookie(self, cookies: Mapping[str, str]) -> Identity | None:
        """Return who signed in with these cookies, None if nobody did or it is over.

        Raises
        ------
        TeamError
            If the list of people cannot be read.
        """
        read = self._read(cookies)
        if read is None:
            return None
        claims, signed_s = read
        person_id = self._team.person_id(claims)
        if not person_id or not self._is_current(claims, signed_s):
            return None
        if signed_s < self.registry.ended(person_id):
            return None
        name = self._team.name_of(claims)
        return Identity(person_id, name, self._team.person(claims), claims)

    def by_token(self, authorization: str) -> Person | None:
        """Return whose token an ``Authorization`` header shows, Basic or Bearer.

        Raises
        ------
        TeamError
            If the list of people cannot be read.
        """
        token = self.tokens.accept(_shown(authorization))
        return None if token is None else self.registry.person(token.person_id)

    def _is_current(self, claims: Mapping[str, Any], signed_s: int) -> bool:
        times = [float(signed_s)]
        issued = claims.get("iat")
        if isinstance(issued, int | float) and not isinstance(issued, bool):
            times.append(float(issued))
        now = time.time()
        return max(times) <= now + _LEEWAY_S and now - min(times) <= self._team.session_hours * 3600

    def _read(self, cookies: Mapping[str, str]) -> tuple[dict[str, Any], int] | None:
        """Return the claims of the cookie, and when it was signed."""
        found = self._signed(cookies, USER_COOKIE_NAME)
        if found is None:
            return None
        text, signed_s = found
        chunks = _CHUNKS.fullmatch(text)
        if chunks is not None:
            names = [f"{USER_COOKIE_NAME}_{number + 1}" for number in range(int(chunks[1]))]
            parts = [self._signed(cookies, name) for name in names[: _MOST_CHUNKS + 1]]
            good = [part for part in parts if part is not None]
            times = [signed_s, *(when for _text, when in good)]
            if len(good) != len(names) or max(times) - min(times) > _SIGNED_WITHIN_S:
                return None
            text, signed_s = "".join(part for part, _when in good), min(times)
        try:
            claims = json.loads(text)
        except ValueError:
            return None
        if not isinstance(claims, dict) or claims.get("is_logged_in") is not True:
            return None
        if claims.get("origin") != self._team.public_url:
            return None
        return claims, signed_s

    def _signed(self, cookies: Mapping[str, str], name: str) -> tuple[str, int] | None:
        secret = self._team.provider.cookie_secret.value
        serializer = URLSafeTimedSerializer(secret, salt=name)
        try:
            value, signed = serializer.loads(cookies.get(name, ""), return_timestamp=True)
        except (BadData, UnicodeError, ValueError, OverflowError):
            return None
        return (value, int(signed.timestamp())) if isinstance(value, str) else None


def cookies_of(scope: Scope) -> dict[str, str]:
    """Return the cookies of a request."""
    found: dict[str, str] = {}
    for value in headers_of(scope, b"cookie"):
        found |= cookie_parser(value)
    return found


def cookies_set(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the cookies that an answer sets, without those that it takes away."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name.lower() == b"set-cookie":
            text = value.decode("latin-1")
            if "max-age=0" not in text.lower().replace(" ", ""):
                found |= cookie_parser(text.split(";", 1)[0])
    return found


def headers_of(scope: Scope, wanted: bytes) -> list[str]:
    """Return the values of a header of a request."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _shown(authorization: str) -> str:
    """Return the token in an ``Authorization`` header: the password, or what is borne."""
    scheme, _space, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return (
            base64.b64decode(rest.strip(), validate=True)
            .decode("ascii", "ignore")
            .partition(":")[2]
        )
    except (binascii.Error, ValueError):
        return ""
