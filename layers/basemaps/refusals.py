"""Why a base map file cannot be used, and what to do then.

The names are those of :func:`layers.basemaps.content.one_line`.
"""

from __future__ import annotations

from layers.errors import AtlasError
from layers.errors import Text

_KINDS = "PMTiles (.pmtiles), MBTiles (.mbtiles)"


def missing(name: str, variable: str) -> AtlasError:
    """Return the error that there is no file where the variable says."""
    return _error(
        f"底图文件“{name}”不存在；请检查 {variable} 所指的路径",
        f"there is no base map file '{name}'; check the path that {variable} names",
    )


def unreadable(name: str, error: OSError) -> AtlasError:
    """Return the error that a file or folder cannot be looked into."""
    why = error.strerror or type(error).__name__
    return _error(
        f"无法读取“{name}”（{why}）；请检查权限与磁盘",
        f"cannot read '{name}' ({why}); check permissions and the disk",
    )


def link(name: str) -> AtlasError:
    """Return the error that a link lies in the folder instead of a file."""
    return _error(
        f"“{name}”是链接；请把文件本身放入底图文件夹",
        f"'{name}' is a link; put the file itself into the folder of base maps",
    )


def no_file(name: str) -> AtlasError:
    """Return the error that this is a folder, a pipe or the like."""
    return _error(
        f"“{name}”不是普通文件；请换成 {_KINDS} 文件",
        f"'{name}' is not an ordinary file; use a file of {_KINDS}",
    )


def empty(name: str) -> AtlasError:
    """Return the error that a file has no bytes."""
    return _error(
        f"底图文件“{name}”是空文件；请重新复制或下载",
        f"the base map file '{name}' is empty; copy or download it again",
    )


def foreign(name: str) -> AtlasError:
    """Return the error that a file is of another kind."""
    return _error(
        f"“{name}”不是底图文件；支持 {_KINDS}，请转换后再放入，或移走该文件",
        f"'{name}' is not a base map file; there can be {_KINDS}: convert it, or take it away",
    )


def old_version(name: str) -> AtlasError:
    """Return the error that a PMTiles file is older or newer than version 3."""
    return _error(
        f"“{name}”不是 PMTiles 第 3 版；请用 pmtiles convert 转换为第 3 版",
        f"'{name}' is not of PMTiles version 3; convert it with 'pmtiles convert'",
    )


def cut_short(name: str) -> AtlasError:
    """Return the error that a file ends before what it announces."""
    return _error(
        f"底图文件“{name}”不完整（文件比其声明的短）；请重新复制或下载",
        f"the base map file '{name}' is cut short (it announces more than there is);"
        " copy or download it again",
    )


def damaged(name: str) -> AtlasError:
    """Return the error that a file cannot be understood."""
    return _error(
        f"底图文件“{name}”已损坏或内容不合规范；请重新复制、下载或生成",
        f"the base map file '{name}' is damaged or against its specification;"
        " copy, download or make it again",
    )


def packed_otherwise(name: str, how: str) -> AtlasError:
    """Return the error that a file is packed in a way that cannot be unpacked here."""
    return _error(
        f"底图文件“{name}”采用 {how} 压缩，本系统只支持 gzip 或不压缩；请重新生成",
        f"the base map file '{name}' is compressed with {how}; only gzip or no compression"
        " can be read: make it again",
    )


def unsupported(name: str, kind: str) -> AtlasError:
    """Return the error that tiles are of a kind that the map does not show."""
    return _error(
        f"底图文件“{name}”的瓦片为 {kind} 格式；请转换为 PNG、JPEG、WebP 或 MVT 矢量瓦片",
        f"the tiles of '{name}' are {kind}; convert them to PNG, JPEG, WebP or vector tiles (MVT)",
    )


def strange_tiles(name: str) -> AtlasError:
    """Return the error that the first tiles are of no known kind."""
    return _error(
        f"底图文件“{name}”的瓦片无法识别；支持 PNG、JPEG、WebP 与 MVT 矢量瓦片"
        "（不压缩或 gzip），请重新生成",
        f"the tiles of '{name}' are of no known kind; there can be PNG, JPEG, WebP and vector"
        " tiles (MVT), plain or gzip: make it again",
    )


def no_tiles(name: str) -> AtlasError:
    """Return the error that a file holds no tile."""
    return _error(
        f"底图文件“{name}”中没有瓦片；请重新生成，或改用其他文件",
        f"there are no tiles in '{name}'; make it again, or use another file",
    )


def no_table(name: str) -> AtlasError:
    """Return the error that a database is not an MBTiles file."""
    return _error(
        f"“{name}”是 SQLite 数据库，但没有 MBTiles 的 tiles 表；请换成 {_KINDS} 文件",
        f"'{name}' is an SQLite database without the table 'tiles' of MBTiles;"
        f" use a file of {_KINDS}",
    )


def unfinished(name: str) -> AtlasError:
    """Return the error that part of a database still waits in a file beside it."""
    return _error(
        f"“{name}”尚有未写入的内容（旁边有 -wal 或 -journal 文件）；"
        "请关闭正在写入它的程序，或用 SQLite 打开并关闭一次后再试",
        f"'{name}' is not written to its end (a -wal or -journal file lies beside it); close"
        " the program that writes it, or open and close it once with SQLite, then try again",
    )


def laborious(name: str) -> AtlasError:
    """Return the error that finding one tile takes too much work."""
    return _error(
        f"底图文件“{name}”查找瓦片过慢；请为 tiles 表建立索引："
        "CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)",
        f"finding a tile in '{name}' takes too long; give its table an index:"
        " CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)",
    )


def changed(name: str) -> AtlasError:
    """Return the error that a file is not the one that was listed."""
    return _error(
        f"底图文件“{name}”已被更换、移走或删除；请刷新页面后重新选择",
        f"the base map file '{name}' was replaced, moved or deleted; reload the page and"
        " choose again",
    )


def shifted(name: str, reason: Text) -> AtlasError:
    """Return the error that a file says that its tiles are shifted."""
    return _error(
        f"底图文件“{name}”的名称或元数据表明：{reason.zh}"
        "。若其瓦片确已是 WGS84/CGCS2000，请改正文件名或元数据",
        f"the name or metadata of '{name}' tells: {reason.en}. If its tiles are in"
        " WGS84/CGCS2000 after all, correct the name or the metadata",
    )


def _error(zh: str, en: str) -> AtlasError:
    return AtlasError(Text(zh, en))
