"""The settings of a team server: one TOML file, read strictly and once.

Examples
--------
``atlas team example`` prints one with comments, ``atlas team check FILE`` says what
was understood.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import urlsplit

from layers.paths import default_path
from layers.team.addresses import address
from layers.team.addresses import folder
from layers.team.addresses import is_loopback
from layers.team.addresses import networks
from layers.team.addresses import public_url
from layers.team.allowance import Allowance
from layers.team.members import MembersFile
from layers.team.members import role_of
from layers.team.people import Person
from layers.team.people import Role
from layers.team.reading import Table
from layers.team.reading import read_toml
from layers.team.secret import Secret
from layers.team.secret import secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT = "ATLAS_TEAM"
"""The variable that names the settings file of the team server of this process."""

STATE_FOLDER = "team"
"""Name of the folder in the workspace where the server keeps people and tokens."""

_SHORTEST_COOKIE_SECRET = 32
_LONGEST_ID = 255
_LONGEST_NAME = 100
# What cannot be seen, or turns the direction of writing, has no place in a name.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Provider:
    """The OpenID Connect provider that people sign in with.

    Attributes
    ----------
    metadata_url
        Where it describes itself: ``…/.well-known/openid-configuration``.
    client_id, client_secret
        How it knows this server.
    cookie_secret
        With what this server signs the cookie of whoever signed in.
    scope
        What is asked of it.
    prompt
        What it asks people at each sign-in, see OpenID Connect Core 3.1.2.1.
    """

    metadata_url: str
    client_id: str
    client_secret: Secret
    cookie_secret: Secret
    scope: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Roles:
    """How a role is found.

    Attributes
    ----------
    default
        The role of whoever signed in and has no other; None for no role.
    claim
        The claim whose values have roles; a dotted path leads into nested claims.
    by_value
        Roles of its values.
    members
        The list of people, None if there is none.
    """

    default: Role | None
    claim: str
    by_value: Mapping[str, Role | None]
    members: MembersFile | None


@dataclass(frozen=True, slots=True)
class Team:
    """The settings of the team server; read them with :func:`load_team`.

    Attributes
    ----------
    path
        The file.
    public_url
        The address under which people open the app, without a slash at its end.
    listen, port
        Where the server listens for its proxy.
    trusted_proxies
        Addresses and networks of proxies; nobody else is answered.
    upload_mb
        The largest file that may be imported, in MB.
    session_hours
        After how many hours somebody must sign in again.
    token_idle_days
        After how many days without a sign-in somebody's tokens are not taken.
    provider, roles, limits
        See there.
    id_claim, name_claim
        The claims that tell who somebody is, and what he is called.
    folder
        Where the server keeps people and tokens; None for the workspace's own folder.
    """

    path: Path
    public_url: str
    listen: str
    port: int
    trusted_proxies: tuple[str, ...]
    upload_mb: int
    session_hours: int
    token_idle_days: int
    provider: Provider
    roles: Roles
    limits: Allowance
    id_claim: str
    name_claim: str
    folder: Path | None

    @property
    def state(self) -> Path:
        """Folder of people and tokens."""
        return self.folder or default_path() / STATE_FOLDER

    @property
    def host(self) -> str:
        """Host of the public address as browsers send it: with a port if it is not the usual."""
        return urlsplit(self.public_url).netloc

    @property
    def is_https(self) -> bool:
        """Whether people reach the app through TLS."""
        return self.public_url.startswith("https://")

    def person(self, claims: Mapping[str, Any]) -> Person | None:
        """Return who somebody is by what the provider said of him.

        The list of people goes before the claim, the claim before the default; among the
        values of the claim the greatest role counts. An e-mail counts only if the provider
        says that it is verified.

        Returns
        -------
        Person or None
            None if he has no role, or the claims do not tell who he is.

        Raises
        ------
        TeamError
            If the list of people cannot be read; nobody has a role then.
        """
        person_id = self.person_id(claims)
        if not person_id:
            return None
        role = self._role(person_id, claims)
        return None if role is None else Person(person_id, self.name_of(claims), role)

    def person_id(self, claims: Mapping[str, Any]) -> str:
        """Return what the provider calls somebody, empty if it does not say."""
        found = claims.get(self.id_claim)
        if not isinstance(found, str) or len(found) > _LONGEST_ID or _UNSEEN.search(found):
            return ""
        return found.strip()

    def name_of(self, claims: Mapping[str, Any]) -> str:
        """Return what somebody is called, without signs that cannot be seen."""
        for claim in (self.name_claim, "preferred_username", "email"):
            found = claims.get(claim)
            if isinstance(found, str) and _UNSEEN.sub("", found).strip():
                return _UNSEEN.sub("", found).strip()[:_LONGEST_NAME]
        return self.person_id(claims)

    def kept_claims(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return what must be kept of somebody to know his role when he is not signed in."""
        kept: dict[str, Any] = {
            self.id_claim: self.person_id(claims),
            self.name_claim: self.name_of(claims),
        }
        if claims.get("email_verified") is True and isinstance(claims.get("email"), str):
            kept |= {"email": claims["email"], "email_verified": True}
        values = [value for value in self._values(claims) if value in self.roles.by_value]
        return kept | ({self.roles.claim: values} if values else {})

    def _role(self, person_id: str, claims: Mapping[str, Any]) -> Role | None:
        if self.roles.members is not None:
            members = self.roles.members.members()
            if person_id in members.ids:
                return members.ids[person_id]
            email = claims.get("email")
            if claims.get("email_verified") is True and isinstance(email, str):
                email = email.strip().casefold()
                if email in members.emails:
                    return members.emails[email]
        given = [
            self.roles.by_value[one] for one in self._values(claims) if one in self.roles.by_value
        ]
        if given:
            order = list(Role)  # the least first
            real = [role for role in given if role is not None]
            return max(real, key=order.index) if real else None
        return self.roles.default

    def _values(self, claims: Mapping[str, Any]) -> list[str]:
        """Return the values of the claim of roles."""
        if not self.roles.claim:
            return []
        found: Any = claims.get(self.roles.claim)
        if found is None:
            found = claims
            for part in self.roles.claim.split("."):
                found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, str):
            return [found]
        return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def load_team(path: Path) -> Team:
    """Read the settings of a team server.

    Raises
    ------
    TeamError
        If the file, a secret or the list of people cannot be read, or a setting is not
        known, missing, of another kind or not safe; file, key and remedy are named.
    """
    path = path.expanduser().absolute()
    whole = Table(path, "", read_toml(path))
    server, oidc = whole.table("server"), whole.table("oidc")
    team = Team(
        path=path,
        public_url=public_url(server, "public_url"),
        listen=address(server, "listen", "127.0.0.1"),
        port=server.whole("port", 8501, 1, 65535),
        trusted_proxies=networks(server, "trusted_proxies", ["127.0.0.1", "::1"]),
        upload_mb=server.whole("upload_mb", 200, 1, 2000),
        session_hours=server.whole("session_hours", 12, 1, 24 * 7),
        token_idle_days=server.whole("token_idle_days", 90, 1, 3650),
        folder=folder(server, "state"),
        provider=_provider(oidc),
        id_claim=oidc.text("id_claim", "sub"),
        name_claim=oidc.text("name_claim", "name"),
        roles=_roles(whole.table("roles")),
        limits=_limits(whole.table("limits")),
    )
    for table in (server, oidc, whole):
        table.end()
    if team.roles.members is not None:
        team.roles.members.members()
    return team


@cache
def team() -> Team | None:
    """Return the team that this process serves, None when it works alone.

    Raises
    ------
    TeamError
        See :func:`load_team`.
    """
    named = os.environ.get(ENVIRONMENT)
    return load_team(Path(named)) if named else None


def _provider(oidc: Table) -> Provider:
    key = "server_metadata_url"
    url = oidc.text(key).strip()
    parts = urlsplit(url)
    if parts.scheme != "https" and not (
        parts.scheme == "http" and is_loopback(parts.hostname or "")
    ):
        zh = "应以 https:// 开头"
        raise oidc.error(key, zh, "must begin with https://")
    key = "scope"
    scope = oidc.text(key, "openid email profile")
    if "openid" not in scope.split():
        raise oidc.error(key, "应含有 openid", "must have openid in it")
    return Provider(
        metadata_url=url,
        client_id=oidc.text("client_id"),
        client_secret=secret_of(oidc, "client_secret"),
        cookie_secret=secret_of(oidc, "cookie_secret", shortest=_SHORTEST_COOKIE_SECRET),
        scope=scope,
        prompt=oidc.text("prompt", "select_account"),
    )


def _roles(table: Table) -> Roles:
    default = table.text("default", "none")
    key = "claim"
    claim = table.text(key, "")
    by_value = {
        value: role_of(table.path, f"roles.map.{value}", role)
        for value, role in table.pairs("map").items()
    }
    members = table.text("members", "")
    table.end()
    if bool(claim) != bool(by_value):
        zh, en = "claim 与 [roles.map] 须一起填写", "claim and [roles.map] belong together"
        raise table.error(key, zh, en)
    return Roles(
        default=role_of(table.path, "roles.default", default or "none"),
        claim=claim,
        by_value=by_value,
        members=MembersFile(table.path.parent / members) if members else None,
    )


def _limits(table: Table) -> Allowance:
    found = Allowance(
        **{
            each.name: table.whole(each.name, getattr(Allowance(), each.name), 1, 1_000_000)
            for each in fields(Allowance)
        }
    )
    table.end()
    return found
