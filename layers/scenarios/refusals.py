"""What scenarios say when something cannot be done, and what to do then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import ConflictError
from layers.errors import Text
from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.findings import shorten
from layers.refusals import why_unwritable

if TYPE_CHECKING:
    from pathlib import Path


class ScenarioError(WorkspaceError):
    """A scenario cannot be kept or read."""


class ScenarioUsageError(UsageError, ScenarioError):
    """A name, an author or a reason cannot be used; nothing was written."""


class ScenarioConflictError(ConflictError, ScenarioError):
    """Somebody else saved first; nothing was written."""


def shown_path(path: Path) -> str:
    """Return a file of a scenario by the part of its path inside the workspace."""
    return "/".join(path.parts[-4:])


def bad_text(what: Text, text: object, most: int) -> ScenarioUsageError:
    """Return the error that a text is empty, too long, or holds what no line can show."""
    shown = shorten(repr(text))
    return ScenarioUsageError(
        Text(
            f"{what.zh}须为 1 至 {most} 个字符的一行文字，不能含换行和控制字符，而不是 {shown}",
            f"{what.en} must be one line of 1 to {most} characters without line breaks and"
            f" control characters, not {shown}",
        )
    )


def no_scenario(name: str) -> ScenarioUsageError:
    """Return the error that there is no such scenario."""
    shown = shorten(name)
    return ScenarioUsageError(
        Text(
            f"没有名为“{shown}”的方案；它可能已改名或移除",
            f"there is no scenario '{shown}'; it may have been renamed or removed",
        )
    )


def no_revision(name: str, revision: int, known: tuple[int, ...]) -> ScenarioError:
    """Return the error that a scenario has no such revision."""
    shown, there = shorten(name), ", ".join(map(str, known))
    return ScenarioError(
        Text(
            f"方案“{shown}”没有第 {revision} 稿；现有：{there}",
            f"scenario '{shown}' has no revision {revision}; it has {there}",
        )
    )


def not_in_bin(bin_id: str) -> ScenarioError:
    """Return the error that nothing of that id was removed."""
    shown = shorten(bin_id)
    return ScenarioError(
        Text(f"回收站中没有“{shown}”", f"there is no '{shown}' among the removed scenarios")
    )


def name_taken(name: str) -> ScenarioConflictError:
    """Return the error that another scenario has the name."""
    shown = shorten(name)
    return ScenarioConflictError(
        Text(
            f"已有名为“{shown}”的方案（不分大小写与全半角）；请换一个名称，或打开已有方案再改",
            f"there is a scenario '{shown}' already (case and width of letters do not count);"
            " choose another name, or open that one and change it",
        )
    )


def saved_meanwhile(name: str, ours: int, theirs: int) -> ScenarioConflictError:
    """Return the error that the stored revision is not the one that was changed."""
    shown = shorten(name)
    return ScenarioConflictError(
        Text(
            f"方案“{shown}”已被他人更新（您改的是第 {ours} 稿，现为第 {theirs} 稿）；"
            "请重新打开后再改，或另存为新方案；您的修改尚未写入",
            f"scenario '{shown}' was saved by somebody else (you changed revision {ours}, now it"
            f" has {theirs}); open it again, or save yours under another name; it was not written",
        )
    )


def damaged_scenario(path: Path, what: str) -> ScenarioError:
    """Return the error that a file cannot be read; it is left as it is."""
    file, shown = shown_path(path), shorten(what)
    return ScenarioError(
        Text(
            f"方案文件 {file} 已损坏或不是方案（{shown}）；文件未改动，可恢复较早的一稿",
            f"the scenario file {file} is damaged or no scenario ({shown}); it was left as it is,"
            " an earlier revision can be restored",
        )
    )


def newer_scenario(path: Path, version: int, ours: int) -> ScenarioError:
    """Return the error that a scenario was written by a newer program."""
    file = shown_path(path)
    return ScenarioError(
        Text(
            f"方案文件 {file} 的格式版本为 {version}，本程序只读到 {ours}；请升级程序",
            f"the scenario file {file} has format version {version}, this program reads up to"
            f" {ours}; upgrade the program",
        )
    )


def scenario_too_large(what: str, size: int, limit: int) -> ScenarioError:
    """Return the error that a scenario is larger than one may be (bytes)."""
    shown = shorten(what)
    return ScenarioError(
        Text(
            f"方案“{shown}”有 {size / 1e6:.1f} MB，超过上限 {limit / 1e6:.1f} MB；请减少园区或步数",
            f"the scenario '{shown}' has {size / 1e6:.1f} MB, more than {limit / 1e6:.1f} MB; take"
            " fewer parks or steps",
        )
    )


def scenarios_unwritable(path: Path, error: Exception) -> ScenarioError:
    """Return the error that scenarios cannot be read or kept at `path`."""
    why = why_unwritable(str(error))
    return ScenarioError(
        Text(
            f"无法在 {path} 读写方案（{why.zh}）；请检查权限与磁盘空间",
            f"cannot read or keep scenarios at {path} ({why.en}); check permissions and disk space",
        )
    )
