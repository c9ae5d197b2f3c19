"""What backups and checks say when something is wrong, and what to do then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text
from layers.errors import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

_MB = 1_000_000


class BackupError(WorkspaceError):
    """A backup cannot be made, read or unpacked."""


def not_kept_here(path: Path) -> BackupError:
    """Return the error that `path` is neither a workspace nor a city."""
    return BackupError(
        Text(
            f"{path} 既不是工作区也不是全市工作区；请检查 --workspace",
            f"{path} is neither a workspace nor a city; check --workspace",
        )
    )


def inside(out: Path, root: Path) -> BackupError:
    """Return the error that a backup would lie in what it is a backup of."""
    return BackupError(
        Text(
            f"备份文件 {out} 不能放在工作区 {root} 之内；请另选文件夹，最好在另一块磁盘上",
            f"the backup {out} must not lie in the workspace {root}; choose another folder,"
            " best on another disk",
        )
    )


def exists_already(out: Path) -> BackupError:
    """Return the error that there is a file at `out`."""
    return BackupError(
        Text(
            f"{out} 已存在；请另取文件名，或加 --replace 覆盖",
            f"{out} exists; choose another name, or add --replace",
        )
    )


def no_room(place: Path, needed: int, free: int) -> BackupError:
    """Return the error that the disk of `place` has too little room, bytes."""
    return BackupError(
        Text(
            f"{place} 所在磁盘空间不足：需要约 {needed / _MB:,.1f} MB，剩余 {free / _MB:,.1f} MB；"
            "请清理磁盘或另选位置",
            f"the disk of {place} has too little room: about {needed / _MB:,.1f} MB are needed,"
            f" {free / _MB:,.1f} MB are free; make room or choose another place",
        )
    )


def restless(root: Path) -> BackupError:
    """Return the error that files were replaced again and again while they were copied."""
    return BackupError(
        Text(
            f"备份期间 {root} 中的文件不断被替换（可能正在写入批量结果）；请稍后再试",
            f"files of {root} were replaced again and again during the backup (a batch may be"
            " writing its results); try again later",
        )
    )


def no_backup(path: Path, why: str) -> BackupError:
    """Return the error that `path` is no backup that can be read."""
    return BackupError(
        Text(
            f"{path} 不是可用的备份（{why}）；请改用另一份备份",
            f"{path} is no backup that can be used ({why}); use another one",
        )
    )


def of_another(path: Path, root: Path) -> BackupError:
    """Return the error that a backup is not one of the workspace it is compared with."""
    return BackupError(
        Text(
            f"{path} 不是 {root} 的备份，而是另一个工作区的；请另选备份，或检查 --workspace",
            f"{path} is no backup of {root} but of another workspace; choose another backup, or"
            " check --workspace",
        )
    )


def newer_backup(path: Path, version: int) -> BackupError:
    """Return the error that a newer program made the backup."""
    return BackupError(
        Text(
            f"{path} 由较新的程序写成（格式 {version}）；请升级程序后再恢复",
            f"{path} was written by a newer program (format {version}); upgrade the program",
        )
    )


def spoiled(path: Path, name: str) -> BackupError:
    """Return the error that a file in the backup is not what was backed up."""
    return BackupError(
        Text(
            f"备份 {path} 中的“{name}”已损坏，与备份时的校验值不符；未恢复任何内容，"
            "请改用另一份备份",
            f"'{name}' in the backup {path} is damaged: it is not what was backed up; nothing"
            " was restored, use another backup",
        )
    )


def unreadable_records(path: Path, names: list[str]) -> BackupError:
    """Return the error that it is not known which versions records refer to."""
    shown = "、".join(names[:5])
    listed = ", ".join(names[:5])
    return BackupError(
        Text(
            f"{path} 中有 {len(names)} 项记录无法读取（{shown}），不能确定它们引用了哪些版本，"
            "因此未清理；请先运行 atlas workspace verify",
            f"{len(names)} records in {path} cannot be read ({listed}), so it is not known which"
            " versions they refer to and nothing was cleared; run 'atlas workspace verify' first",
        )
    )
