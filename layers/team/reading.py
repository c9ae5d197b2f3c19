"""Reading a settings file strictly: what is not known, missing or of another kind is refused."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING
from typing import Any

from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_FILE = 4_000_000


class TeamError(UsageError):
    """The settings of the team server, or its list of people, are not to be used as they are."""


def refusal(path: Path, key: str, zh: str, en: str) -> TeamError:
    """Return the error that something is wrong at `key` of the file `path`."""
    where_zh, where_en = (f" 中的 {key}", f": {key}") if key else ("", "")
    return TeamError(Text(f"{path}{where_zh}：{zh}", f"{path}{where_en}: {en}"))


def read_bytes(path: Path) -> bytes:
    """Return the content of a small file.

    Raises
    ------
    TeamError
        If it cannot be read or is much too large for what it is to be.
    """
    try:
        with path.open("rb") as handle:
            content = handle.read(_LARGEST_FILE + 1)
    except OSError as error:
        zh, en = f"无法读取（{error.strerror}）；请检查路径与权限", "cannot be read"
        raise refusal(
            path, "", zh, f"{en} ({error.strerror}); check path and permissions"
        ) from error
    if len(content) > _LARGEST_FILE:
        raise refusal(path, "", "文件过大，不是配置文件", "is too large to be a settings file")
    return content


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises
    ------
    TeamError
        If it cannot be read or is no TOML; line and column are named.
    """
    try:
        return tomllib.loads(read_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        zh, en = "不是 UTF-8 编码；请另存为 UTF-8", "is not in UTF-8; save it as UTF-8"
        raise refusal(path, "", zh, en) from error
    except tomllib.TOMLDecodeError as error:
        zh, en = f"不是有效的 TOML（{error}）", f"is no valid TOML ({error})"
        raise refusal(path, "", f"{zh}；请改正该处", f"{en}; correct it there") from error


class Table:
    """One table of a settings file; what is not asked for by name is refused by :meth:`end`.

    Parameters
    ----------
    path
        The file, for what is said of it.
    name
        Name of the table, empty for the whole file.
    data
        What stands in it.
    """

    def __init__(self, path: Path, name: str, data: dict[str, Any]) -> None:
        self.path = path
        self.name = name
        self._data = dict(data)
        self._known: list[str] = []

    def error(self, key: str, zh: str, en: str) -> TeamError:
        """Return the error that something is wrong at a key."""
        return refusal(self.path, f"{self.name}.{key}" if self.name else key, zh, en)

    def table(self, key: str) -> Table:
        """Return a table in this one, an empty one if it is not there."""
        found = self._take(key, {})
        if not isinstance(found, dict):
            raise self.error(key, f"应为一节 [{key}]", f"must be a table, [{key}]")
        return Table(self.path, f"{self.name}.{key}" if self.name else key, found)

    @property
    def names(self) -> list[str]:
        """Return the keys that are there."""
        return list(self._data)

    def has(self, key: str) -> bool:
        """Tell whether a key is there."""
        return key in self._data

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there and not be empty."""
        found = self._take(key, default)
        if found is None or (default is None and found == ""):
            raise self.error(key, "缺少此项，请填写", "is missing; fill it in")
        if not isinstance(found, str):
            raise self.error(key, "应为带引号的文字", "must be a text in quotes")
        return found

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        found = self._take(key, default)
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            zh, en = f"应为 {low} 至 {high} 的整数", f"must be a whole number from {low} to {high}"
            raise self.error(key, zh, en)
        return found

    def texts(self, key: str, default: list[str]) -> list[str]:
        """Return a list of texts."""
        found = self._take(key, default)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self.error(key, '应为文字列表，例如 ["a"]', 'must be a list of texts, like ["a"]')
        return found

    def pairs(self, key: str) -> dict[str, str]:
        """Return a table of texts by text."""
        found = self.table(key)
        return {name: found.text(name) for name in found.names}

    def end(self) -> None:
        """Refuse what nobody asked for, a key that is misspelt for instance."""
        unknown = sorted(set(self._data) - set(self._known))
        if unknown:
            known = ", ".join(self._known)
            zh, en = f"没有这一项；可用的有 {known}", f"is not known; known are {known}"
            raise self.error(unknown[0], zh, en)

    def _take(self, key: str, default: Any) -> Any:  # noqa: ANN401 - whatever stands there
        self._known.append(key)
        return self._data.get(key, default)
