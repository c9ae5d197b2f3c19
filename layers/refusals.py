"""What the workspace says when it cannot do something, and what to do then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import ConflictError
from layers.errors import Text
from layers.errors import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import LayerSpec


def conflict(key: str, what: str) -> ConflictError:
    """Return the error that somebody else committed to layer `key` first."""
    return ConflictError(
        Text(
            f"图层“{key}”已被他人更新（{what}）；请重新载入后再改，您的修改尚未写入",
            f"layer '{key}' was changed by somebody else ({what}); load it again and repeat"
            " your change, which was not written",
        )
    )


def damaged(path: Path, what: str, error: Exception) -> WorkspaceError:
    """Return the error that `what` in the workspace at `path` cannot be read."""
    return WorkspaceError(
        Text(
            f"工作区 {path} 中的“{what}”已损坏（{error}）；请从备份恢复，或新建工作区后重新导入",
            f"'{what}' in the workspace {path} is damaged ({error}); restore it from a backup,"
            " or make a new workspace and import again",
        )
    )


def no_version(key: str, version: int, current: int) -> WorkspaceError:
    """Return the error that layer `key` has no such `version`."""
    return WorkspaceError(
        Text(
            f"图层“{key}”没有版本 {version}；现有 0 至 {current}",
            f"layer '{key}' has no version {version}; it has 0 to {current}",
        )
    )


def unwritable(path: Path, error: Exception) -> WorkspaceError:
    """Return the error that `path` cannot be written."""
    why = why_unwritable(str(error))
    return WorkspaceError(
        Text(
            f"无法写入 {path}（{why.zh}）；请检查权限与磁盘空间",
            f"cannot write to {path} ({why.en}); check permissions and disk space",
        )
    )


def why_unwritable(error: str) -> Text:
    """Return why something cannot be written, in the words of people where that is known.

    Parameters
    ----------
    error
        What the system or a library says; libraries tell of the same in words of their own.
    """
    for sign, said in _SAID.items():
        if sign in error:
            return said
    return Text(error, error)


_FULL = Text("磁盘已满", "the disk is full")
_READ_ONLY = Text("磁盘或文件夹为只读", "the disk or folder is read-only")
_SAID = {
    "No space left": _FULL,
    "not enough space": _FULL,  # Windows
    "disk is full": _FULL,
    "Disk quota exceeded": _FULL,
    "Read-only file system": _READ_ONLY,
    "write protected": _READ_ONLY,  # Windows
}


def unreadable(path: Path, error: Exception) -> WorkspaceError:
    """Return the error that the folder `path` cannot be looked into."""
    return WorkspaceError(
        Text(
            f"无法读取 {path}（{error}）；请检查权限，或另选文件夹",
            f"cannot read {path} ({error}); check permissions, or choose another folder",
        )
    )


def no_folder(path: Path) -> WorkspaceError:
    """Return the error that a workspace cannot be at `path`, where a file is."""
    return WorkspaceError(
        Text(
            f"{path} 是文件，而工作区是文件夹；请另选一个空文件夹（atlas workspace init 可新建）",
            f"{path} is a file, but a workspace is a folder; choose an empty folder"
            " ('atlas workspace init' makes one)",
        )
    )


def no_home(path: Path) -> WorkspaceError:
    """Return the error that it is not known whose home ``~`` is."""
    return WorkspaceError(
        Text(
            f"{path} 中的 ~ 无法解析；请写完整路径",
            f"it is not known which folder ~ is in {path}; write the full path",
        )
    )


def unusable_name(path: Path, part: str) -> WorkspaceError:
    """Return the error that the storage would misread `part` of `path`."""
    return WorkspaceError(
        Text(
            f"工作区路径 {path} 含有“{part}”，存储层会误读；"
            "请改用名称中没有 # ? [ ] ^ | \\ 和 %20 一类字符的文件夹",
            f"the path {path} has '{part}' in it, which the storage would misread;"
            " use folders without # ? [ ] ^ | \\ and escapes such as %20 in their names",
        )
    )


def not_a_layer(spec: LayerSpec, what: str) -> WorkspaceError:
    """Return the error that a frame is not one of the layer `spec`."""
    return WorkspaceError(
        Text(
            f"数据不符合图层“{spec.key}”的规定（{what}）；请先经 conform 检查",
            f"the data is not a frame of layer '{spec.key}' ({what}); check it with conform first",
        )
    )


def not_empty(path: Path) -> WorkspaceError:
    """Return the error that a workspace cannot be made in a folder with something in it."""
    return WorkspaceError(
        Text(
            f"{path} 不是空文件夹；请另选一个文件夹",
            f"{path} is not an empty folder; choose another one",
        )
    )


def no_workspace(path: Path) -> WorkspaceError:
    """Return the error that there is no workspace at `path`."""
    return WorkspaceError(
        Text(
            f"{path} 不是工作区；请用 atlas workspace init 新建，或另选文件夹",
            f"{path} is no workspace; make one with 'atlas workspace init'"
            " or choose another folder",
        )
    )


def other_edition(path: Path, edition: str) -> WorkspaceError:
    """Return the error that the workspace at `path` belongs to another `edition`."""
    return WorkspaceError(
        Text(
            f"{path} 属于另一图集“{edition}”；请另选工作区",
            f"{path} belongs to another edition, '{edition}'; choose another workspace",
        )
    )


def newer_catalogue(path: Path, theirs: str, ours: str) -> WorkspaceError:
    """Return the error that the workspace was written with a newer catalogue."""
    return WorkspaceError(
        Text(
            f"{path} 由较新的图层目录 {theirs} 写成，本程序为 {ours}；请升级程序后再打开",
            f"{path} was written with the newer catalogue {theirs}; this program has {ours}."
            " Upgrade the program",
        )
    )


def replaced() -> WorkspaceError:
    """Tell that another workspace stands in the folder by now."""
    return WorkspaceError(
        Text(
            "该工作区已被另一个取代，请刷新页面",
            "another workspace has taken this one's place; load the page again",
        )
    )
