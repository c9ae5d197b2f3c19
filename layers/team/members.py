"""The list of people: which role somebody has, by the provider's id or by a verified e-mail.

The file is TOML or CSV. It is read again whenever it changes, so that a role that is
taken out of it is gone at the next request. A list that cannot be read gives nobody a
role: a slip of the pen must not leave somebody in who was meant to be out.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from dataclasses import field
from threading import Lock
from typing import TYPE_CHECKING

from layers.team.people import Role
from layers.team.reading import Table
from layers.team.reading import read_bytes
from layers.team.reading import read_toml
from layers.team.reading import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NO_ROLE = "none"
"""What stands for no role, also against a role that a claim would give."""

_HEADINGS = {
    "id": "id",
    "编号": "id",
    "email": "email",
    "邮箱": "email",
    "role": "role",
    "角色": "role",
}


@dataclass(frozen=True, slots=True)
class Members:
    """Roles by id and by e-mail, None for no role.

    Attributes
    ----------
    ids
        Roles by what the provider calls somebody.
    emails
        Roles by e-mail, in small letters.
    """

    ids: Mapping[str, Role | None] = field(default_factory=dict)
    emails: Mapping[str, Role | None] = field(default_factory=dict)


class MembersFile:
    """The list of people in a file, read again when the file changes.

    Parameters
    ----------
    path
        A ``.toml`` with the tables ``[ids]`` and ``[emails]``, or a ``.csv`` with the
        columns id, email and role.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._members = Members()

    def members(self) -> Members:
        """Return who is in the list now.

        Raises
        ------
        TeamError
            If it cannot be read.
        """
        with self._lock:
            stamp = self._now()
            if stamp != self._stamp:
                self._members = read_members(self.path)
                self._stamp = stamp
            return self._members

    def _now(self) -> tuple[int, int, int]:
        try:
            stat = self.path.stat()
        except OSError as error:
            self._stamp = None
            zh, en = f"无法读取（{error.strerror}）", f"cannot be read ({error.strerror})"
            raise refusal(self.path, "", zh, en) from error
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def read_members(path: Path) -> Members:
    """Read a list of people.

    Raises
    ------
    TeamError
        If it cannot be read, names a role that does not exist, or somebody twice.
    """
    return _of_csv(path) if path.suffix.lower() == ".csv" else _of_toml(path)


def role_of(path: Path, where: str, text: str) -> Role | None:
    """Return the role of a name; ``none`` is no role."""
    name = text.strip().lower()
    if name == NO_ROLE:
        return None
    try:
        return Role(name)
    except ValueError:
        known = ", ".join([*Role, NO_ROLE])
        zh, en = f"没有角色“{text}”；可用的有 {known}", f"there is no role '{text}'; use {known}"
        raise refusal(path, where, zh, en) from None


def _of_toml(path: Path) -> Members:
    whole = Table(path, "", read_toml(path))
    ids, emails = whole.pairs("ids"), whole.pairs("emails")
    whole.end()
    found: dict[str, Role | None] = {}
    for email, role in emails.items():
        _add(path, found, f"emails.{email}", _email(email), role)
    return Members({one: role_of(path, f"ids.{one}", role) for one, role in ids.items()}, found)


def _of_csv(path: Path) -> Members:
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        zh, en = "不是 UTF-8 编码；请另存为 UTF-8", "is not in UTF-8; save it as UTF-8"
        raise refusal(path, "", zh, en) from error
    rows = list(csv.reader(io.StringIO(text)))
    names = [_HEADINGS.get(cell.strip().lower(), "") for cell in rows[0]] if rows else []
    if "role" not in names or not {"id", "email"} & set(names):
        zh, en = "首行应有列 id、email、role", "the first row must name the columns id, email, role"
        raise refusal(path, "", zh, en)
    ids: dict[str, Role | None] = {}
    emails: dict[str, Role | None] = {}
    for number, row in enumerate(rows[1:], start=2):
        values = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
        if not any(values.values()):
            continue
        where = f"第 {number} 行 / line {number}"
        if values.get("id"):
            _add(path, ids, where, values["id"], values.get("role", ""))
        if values.get("email"):
            _add(path, emails, where, _email(values["email"]), values.get("role", ""))
        if not values.get("id") and not values.get("email"):
            raise refusal(path, where, "缺少 id 或 email", "id or email is missing")
    return Members(ids, emails)


def _add(path: Path, to: dict[str, Role | None], where: str, key: str, role: str) -> None:
    if key in to:
        raise refusal(path, where, f"“{key}”出现两次", f"'{key}' is there twice")
    to[key] = role_of(path, where, role)


def _email(text: str) -> str:
    return text.strip().casefold()
