"""Archives: what is in them, and one thing of it unpacked to a private folder.

An archive is hostile until unpacked: sizes in it may be lies, names may point
elsewhere, members may be links. All of it is refused before a byte is written, and
bytes are counted while they are written.
"""

from __future__ import annotations

import re
import stat
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from layers.errors import AtlasError
from layers.errors import Text
from layers.intake.readers.parts import part_error
from layers.intake.source import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.intake.source import Raw
    from layers.intake.source import Request

MAX_MEMBERS = 2000
MAX_UNPACKED = 4 * MAX_BYTES
MAX_RATIO = 200
# Empty columns of a table shrink a lot too; small files harm nobody.
HARMLESS = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_LONGEST_NAME = 200

_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075

# What zipfile raises on an archive that is damaged in one way or another.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
)

# Left in archives by the programs that made them.
_LITTER = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE
)
_UNSAFE = re.compile(r"^[/~]|^[A-Za-z]:|[\x00-\x1f\x7f]")
# What a file name of Windows must not have.
_FORBIDDEN = re.compile(r'[<>:"|?*]')

_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".bz2", ".xz")
_GEODATABASE, _GDB_TABLE = ".gdb", ".gdbtable"
# Read only if there is nothing better: notes, and parts of a Shapefile without it.
_SECOND_BEST = (".txt", ".dbf", ".shx", ".prj", ".cpg")
# What belongs to a file of another suffix, by that suffix; all of the same name.
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".tab", ".dat", ".map", ".id", ".ind"),
    ".mif": (".mif", ".mid"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive.

    Attributes
    ----------
    name
        Its path within the archive, as people read it, with ``/``.
    info
        What :mod:`zipfile` knows of it.
    """

    name: str
    info: zipfile.ZipInfo

    @property
    def path(self) -> PurePosixPath:
        """Return the name as a path, which is never looked up."""
        return PurePosixPath(self.name)


def read_zip(request: Request) -> Raw:
    """Read one of the files in an archive.

    The only one that can be read, or the one that ``request.part`` names: a member,
    or ``member/part`` for a sheet or layer of it.

    Raises
    ------
    IntakeError
        If the archive is damaged, encrypted, too large or made to do harm, or the
        member cannot be read; PartError if the member is not clear.
    """
    # Here and not above, because that module finds this one by its table.
    from layers.intake.read import READERS
    from layers.intake.read import read_raw

    readable = [suffix for suffix in READERS if suffix != ".zip"]
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        with opened(request) as archive:
            members = members_of(archive, request)
            things = _things(members, readable, request)
            if not things:
                _refuse_useless(members, request)
            chosen, inner = _chosen(list(things), request)
            path = things[chosen].unpacked(archive, Path(folder), request)
        raw = read_raw(replace(request, path=path, part=inner))
    if inner and not raw.parts:
        raise part_error(list(things), request)
    return _under(raw, chosen, list(things), request)


def _under(raw: Raw, chosen: str, offered: Sequence[str], request: Request) -> Raw:
    """Return what was read as a part of the archive."""
    inner = [f"{chosen}/{part}" for part in raw.parts] if len(raw.parts) > 1 else [chosen]
    part = f"{chosen}/{raw.part}" if len(raw.parts) > 1 else chosen
    parts = [one for name in offered for one in (inner if name == chosen else [name])]
    return replace(
        raw,
        issues=tuple(replace(issue, file=request.path.name) for issue in raw.issues),
        part=part,
        parts=tuple(parts),
        facts={**raw.facts, "part": Text(part, part)},
    )


@contextmanager
def opened(request: Request) -> Iterator[zipfile.ZipFile]:
    """Open an archive; whatever it holds that is damaged refuses the file.

    Raises
    ------
    IntakeError
        If it is no archive, or damaged.
    """
    try:
        with zipfile.ZipFile(request.path) as archive:
            yield archive
    except AtlasError:
        raise
    except _DAMAGED as error:
        request.refuse(
            "不是 ZIP 压缩包或已损坏；请重新压缩",
            f"it is no ZIP archive or is damaged ({type(error).__name__}); pack it again",
            error,
        )


def members_of(archive: zipfile.ZipFile, request: Request) -> list[Member]:
    """Return the files in an archive.

    Raises
    ------
    IntakeError
        If there are too many, they say that they are too large, one is encrypted, a
        link, or has a name that points out of the archive.
    """
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        request.refuse(
            f"压缩包内有 {len(infos)} 个文件，超过 {MAX_MEMBERS} 个的上限；请只打包所需的文件",
            f"it has {len(infos)} files, more than the limit of {MAX_MEMBERS};"
            " pack only what is needed",
        )
    members = [Member(_name(info), info) for info in infos]
    for member in members:
        _check(member, request)
    return [m for m in members if not m.name.endswith("/") and not _LITTER.search(m.name)]


def _name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member.

    Archives of Windows have names in GBK, those of macOS in UTF-8, and neither says so.
    """
    raw = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        raw = _guessed(raw.encode("cp437"), info.extra)
    return raw.replace("\\", "/")


def _guessed(data: bytes, extra: bytes) -> str:
    unicode_name = _unicode_path(data, extra)
    if unicode_name:
        return unicode_name
    for codec in ("utf-8", "gb18030"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("cp437")


def _unicode_path(name: bytes, extra: bytes) -> str:
    """Return the name that Info-ZIP and WinRAR write beside the one in the local encoding."""
    at = 0
    while at + 4 <= len(extra):
        tag, size = (int.from_bytes(extra[at + i : at + i + 2], "little") for i in (0, 2))
        block = extra[at + 4 : at + 4 + size]
        # Version 1, and a checksum of the name that it stands for.
        start = b"\1" + zlib.crc32(name).to_bytes(4, "little")
        if tag == _UNICODE_PATH and block.startswith(start):
            return block[5:].decode("utf-8", "replace")
        at += 4 + size
    return ""


def _check(member: Member, request: Request) -> None:
    info, name = member.info, member.name
    parts = name.rstrip("/").split("/")
    if (
        _UNSAFE.search(name)
        or ".." in parts
        or max(len(part.encode()) for part in parts) > _LONGEST_NAME
    ):
        request.refuse(
            f"压缩包内的文件名 {name[:80]!r} 指向包外或含特殊字符，不予解压；请重新压缩",
            f"the name {name[:80]!r} in the archive points out of it or has odd characters;"
            " pack it again",
        )
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        request.refuse(
            f"压缩包内的“{name}”是链接，不予解压；请打包文件本身",
            f"'{name}' in the archive is a link; pack the file itself",
        )
    if info.flag_bits & _ENCRYPTED:
        request.refuse(
            "压缩包有密码；请解压后导入，或去掉密码重新压缩",
            "the archive has a password; unpack it, or pack it again without one",
        )


def unpack(
    archive: zipfile.ZipFile, members: Sequence[Member], folder: Path, request: Request
) -> None:
    """Write members into a private folder, each under its last name.

    Raises
    ------
    IntakeError
        If they unpack to too much, whatever the archive says about their sizes.
    """
    written = 0
    packed = max(sum(member.info.compress_size for member in members), 1)
    limit = min(MAX_UNPACKED, max(HARMLESS, packed * MAX_RATIO))
    for member in members:
        target = folder / _safe_name(member.path.name)
        with archive.open(member.info) as source, target.open("xb") as file:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > limit:
                    request.refuse("解压后过大；请拆分后导入", "it unpacks to too much; split it")
                file.write(chunk)


def _safe_name(name: str) -> str:
    """Return a name as any system can write it."""
    return _FORBIDDEN.sub("_", name).rstrip(". ") or "_"


@dataclass(frozen=True, slots=True)
class _Thing:
    """What can be read in an archive: a file with what belongs to it, or a FileGDB."""

    members: list[Member]
    database: str = ""

    def unpacked(self, archive: zipfile.ZipFile, folder: Path, request: Request) -> Path:
        if not self.database:
            unpack(archive, self.members, folder, request)
            return folder / _safe_name(self.members[0].path.name)
        inside = folder / _safe_name(self.database)
        inside.mkdir()
        unpack(archive, self.members, inside, request)
        return inside


def _things(
    members: Sequence[Member], suffixes: Sequence[str], request: Request
) -> dict[str, _Thing]:
    """Return what can be read in an archive, by name."""
    things = _databases(members, request)
    inside = {member.name for thing in things.values() for member in thing.members}
    for member in members:
        if member.name not in inside and member.path.suffix.lower() in suffixes:
            things[member.name] = _Thing(_family(member, members))
    partners = {member.name for thing in things.values() for member in thing.members[1:]} - inside
    best = {name: thing for name, thing in things.items() if name not in partners}
    first = {
        name: thing
        for name, thing in best.items()
        if PurePosixPath(name).suffix.lower() not in _SECOND_BEST
    }
    return first or best


def _databases(members: Sequence[Member], request: Request) -> dict[str, _Thing]:
    """Return the FileGDBs: folders with tables of one, whatever they are called."""
    folders = dict.fromkeys(m.path.parent for m in members if m.path.suffix.lower() == _GDB_TABLE)
    found = {}
    for folder in folders:
        stem = folder.name or request.path.stem
        stem = stem[: -len(_GEODATABASE)] if stem.lower().endswith(_GEODATABASE) else stem
        name = str(folder) if folder.name else f"{stem}{_GEODATABASE}"
        within = [member for member in members if member.path.parent == folder]
        found[name] = _Thing(within, f"{stem}{_GEODATABASE}")
    return found


def _family(member: Member, members: Sequence[Member]) -> list[Member]:
    path = member.path
    suffixes = _TOGETHER.get(path.suffix.lower(), ())
    stem = path.stem.casefold()
    others = [
        other
        for other in members
        if other.name != member.name
        and other.path.parent == path.parent
        and other.path.stem.casefold() == stem
        and other.path.suffix.lower() in suffixes
    ]
    return [member, *others]


def _chosen(offered: Sequence[str], request: Request) -> tuple[str, str]:
    """Return the member to read and the part of it."""
    if not request.part:
        if len(offered) == 1:
            return offered[0], ""
        raise part_error(offered, request)
    for name in sorted(offered, key=len, reverse=True):
        if request.part == name:
            return name, ""
        if request.part.startswith(f"{name}/"):
            return name, request.part.removeprefix(f"{name}/")
    # A member may be called by its last name, a part of the only member by its own.
    ends = [name for name in offered if name.endswith(f"/{request.part}")]
    if len(ends) == 1:
        return ends[0], ""
    if len(offered) == 1:
        return offered[0], request.part
    raise part_error(offered, request)


def _refuse_useless(members: Sequence[Member], request: Request) -> None:
    nested = [m.name for m in members if m.path.suffix.lower() in _ARCHIVES]
    if nested:
        request.refuse(
            f"压缩包内还是压缩包（{nested[0]}）；请解压后只打包所需的文件",
            f"it holds another archive ({nested[0]}); unpack that and pack only what is needed",
        )
    found = ", ".join(m.name for m in members[:5]) or "—"
    request.refuse(
        f"压缩包内没有可读取的文件（有：{found}）；请打包 Shapefile 的全部部件或其他可用格式",
        f"nothing in the archive can be read (it has: {found});"
        " pack all parts of a Shapefile or another format",
    )
