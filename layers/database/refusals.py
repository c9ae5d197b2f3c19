"""What is said when layers cannot be published, and what to do then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence


def no_postgis(shown: str) -> ExportError:
    """Return the error that a database has no PostGIS."""
    return ExportError(
        Text(
            f"{shown} 没有安装 PostGIS；请数据库管理员执行 CREATE EXTENSION postgis",
            f"there is no PostGIS in {shown}; ask the administrator of the database for"
            " CREATE EXTENSION postgis",
        )
    )


def no_system(shown: str, crs: str) -> ExportError:
    """Return the error that PostGIS does not know a coordinate system."""
    return ExportError(
        Text(
            f"{shown} 的 spatial_ref_sys 中没有 {crs}；请升级 PostGIS 后重试，"
            "或用 --crs EPSG:4326 等库中已有的坐标系",
            f"spatial_ref_sys of {shown} does not have {crs}; upgrade PostGIS, or choose a"
            " system that it has, such as --crs EPSG:4326",
        )
    )


def busy(seconds: int) -> ExportError:
    """Return the error that somebody else kept what is needed for too long."""
    return ExportError(
        Text(
            f"等待 {seconds} 秒后仍有人在发布，或占用要更新的表；数据库未变，请稍后再试",
            f"after {seconds} seconds somebody is still publishing, or holds a table that is to"
            " be changed; the database is as it was, try again later",
        )
    )


def not_allowed(shown: str, said: str) -> ExportError:
    """Return the error that the user of the database may not do something."""
    return ExportError(
        Text(
            f"该用户在 {shown} 中权限不足（{said}）；数据库未变，"
            "请数据库管理员授予该模式的 USAGE 与 CREATE 权限，表须由同一用户发布",
            f"this user lacks rights in {shown} ({said}); the database is as it was. Ask the"
            " administrator for USAGE and CREATE on the schema; the same user must publish"
            " its tables",
        )
    )


def unsure(shown: str, said: str) -> ExportError:
    """Return the error that the connection ended while the server was to keep what was written."""
    return ExportError(
        Text(
            f"提交到 {shown} 时连接中断（{said}），不知是否已生效，但不会只写入一半；"
            "请再发布一次：已生效时会显示“已是最新”",
            f"the connection to {shown} ended while committing ({said}): all of it is there, or"
            " nothing. Publish again; if it is there you are told that it is up to date",
        )
    )


def foreign(table: str) -> ExportError:
    """Return the error that a table of that name is somebody else's."""
    return ExportError(
        Text(
            f"表 {table} 已存在，且不是本程序发布的，不予覆盖；请换一个模式（?schema=名称），"
            "确认可以覆盖其全部内容时加 --take-over",
            f"the table {table} is there already and was not published by this program, so it is"
            " not overwritten; choose another schema (?schema=name), or add --take-over if all"
            " of its content may go",
        )
    )


def no_table(table: str) -> ExportError:
    """Return the error that something of that name is no table."""
    return ExportError(
        Text(
            f"{table} 是视图或外部表，不能发布到其中；请换一个模式（?schema=名称）",
            f"{table} is a view or a foreign table; choose another schema (?schema=name)",
        )
    )


def other_workspace(table: str, by: str, time: str) -> ExportError:
    """Return the error that a table was published from another workspace."""
    return ExportError(
        Text(
            f"表 {table} 由 {by} 于 {time} 从另一个工作区发布；请换一个模式（?schema=名称），"
            "确认要以本工作区取代时加 --take-over",
            f"the table {table} was published from another workspace by {by} at {time}; choose"
            " another schema (?schema=name), or add --take-over to put this one in its place",
        )
    )


def newer(table: str, theirs: int, ours: int) -> ExportError:
    """Return the error that a later version is published already."""
    return ExportError(
        Text(
            f"表 {table} 已发布版本 {theirs}，比本工作区的版本 {ours} 新；"
            "请确认工作区不是旧副本，确要退回时加 --take-over",
            f"the table {table} has version {theirs}, which is newer than version {ours} of this"
            " workspace; make sure that it is no old copy, or add --take-over to go back",
        )
    )


def other_copy(table: str, theirs: str, ours: str) -> ExportUsageError:
    """Return the error that a table holds the copy for the other audience."""
    return ExportUsageError(
        Text(
            f"表 {table} 是 {theirs} 版，不能改为 {ours} 版：内部版与公开版须分开放；"
            "请换一个模式（?schema=名称）",
            f"the table {table} is the {theirs} copy and does not become the {ours} one: the two"
            " must stand apart; choose another schema (?schema=name)",
        )
    )


def other_columns(table: str, columns: Sequence[tuple[str, str, str]]) -> ExportError:
    """Return the error that columns of a table have other types.

    Parameters
    ----------
    table
        The table.
    columns
        Name, type that is there, and type that is needed.
    """
    zh = "；".join(f"{name} 现为 {there}，应为 {wanted}" for name, there, wanted in columns)
    en = "; ".join(f"{name} is {there}, not {wanted}" for name, there, wanted in columns)
    return ExportError(
        Text(
            f"表 {table} 的列类型不符（{zh}）；请换一个模式（?schema=名称），或先改名、删除该表",
            f"columns of the table {table} have other types ({en}); choose another schema"
            " (?schema=name), or rename or drop the table first",
        )
    )
