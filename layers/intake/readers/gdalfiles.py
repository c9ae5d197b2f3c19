"""Readers of FlatGeobuf, FileGDB and MapInfo files."""

from __future__ import annotations

import re
import shutil
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from xml.etree.ElementTree import ParseError

import pandas as pd
import pyogrio
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.readers.charset import Claim
from layers.intake.readers.charset import Samples
from layers.intake.readers.charset import codec_of
from layers.intake.readers.charset import decide
from layers.intake.readers.charset import text_in
from layers.intake.readers.dbf import unique_headings
from layers.intake.readers.gdal_layer import DAMAGED
from layers.intake.readers.gdal_layer import Format
from layers.intake.readers.gdal_layer import read_layer
from layers.intake.source import files_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.intake.source import Raw
    from layers.intake.source import Request

_FLATGEOBUF = Format("FlatGeobuf", Text("FlatGeobuf", "FlatGeobuf"))
_FLATGEOBUF_MAGIC = b"fgb\x03fgb"
_FILEGDB = Format(
    "OpenFileGDB", Text("FileGDB", "FileGDB"), re.compile(r"GDB_|T_[0-9]+_", re.IGNORECASE)
)
_GDB_TABLE = ".gdbtable"
_MAPINFO = Format("MapInfo File", Text("MapInfo", "MapInfo"))

# What belongs to a file of that suffix: what is needed, and what may be there.
_MAPINFO_PARTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ".tab": ((".dat",), (".map", ".id")),
    ".mif": ((".mid",), ()),
}
# A table of another type names other files, which may lie anywhere.
_NATIVE = re.compile(rb"^\s*Type\s+NATIVE\b", re.IGNORECASE | re.MULTILINE)
_REACHES_OUT = re.compile(
    rb"^\s*(?:Open\s+Table|Create\s+View|File\s+\")|IsSeamless\"\s*=\s*\"TRUE",
    re.IGNORECASE | re.MULTILINE,
)
_CHARSET = re.compile(rb"(\bcharset\s+\"?)([\w.-]+)", re.IGNORECASE)
_NO_CHARSET = b"Neutral"
_MIF_HEAD = 4096
_LONGEST_TAB = 1024 * 1024
# Every byte is a letter in it, so that nothing is lost until the encoding is known.
_BYTES = "ISO-8859-1"


def read_flatgeobuf(request: Request) -> Raw:
    """Read a FlatGeobuf.

    Raises
    ------
    IntakeError
        If it is none, or damaged.
    """
    with request.path.open("rb") as file:
        if file.read(len(_FLATGEOBUF_MAGIC)) != _FLATGEOBUF_MAGIC:
            request.refuse("不是 FlatGeobuf 文件", "it is no FlatGeobuf")
    return read_layer(request, request.path, _FLATGEOBUF)


def read_filegdb(request: Request) -> Raw:
    """Read one layer of a FileGDB, which is a folder.

    The aliases of the fields are the headings where every field has one of its own:
    the names of official databases are initials that nobody reads.

    Raises
    ------
    IntakeError
        If it is none, or damaged; PartError if the layer is not clear.
    """
    files = [path for path in files_of(request.path) if path.parent == request.path]
    if not any(path.suffix.lower() == _GDB_TABLE for path in files):
        request.refuse(
            "不是 FileGDB（文件夹内没有 .gdbtable）；请打包整个 .gdb 文件夹",
            "it is no FileGDB (there is no .gdbtable in the folder); pack the whole .gdb folder",
        )
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "copy.gdb"
        copy.mkdir()
        for path in files:
            shutil.copyfile(path, copy / path.name)
        raw = read_layer(request, copy, _FILEGDB)
        aliases = _aliases(copy, raw.part)
    used = [name for name in raw.frame.columns if aliases.get(name, name) != name]
    if not used:
        return raw
    plain = [name for name in raw.frame.columns if name != GEOMETRY]
    headings = unique_headings(aliases.get(name, name) for name in plain)
    frame = raw.frame.rename(columns=dict(zip(plain, headings, strict=True)))
    example = f"{used[0]} → {aliases[used[0]]}"
    issue = request.issue("names_by_alias", value=example, count=len(used))
    return replace(raw, frame=frame, issues=(*raw.issues, issue))


def _aliases(database: Path, layer: str) -> dict[str, str]:
    """Return the alias of every field that has one; none if the database does not tell."""
    try:
        with warnings.catch_warnings():
            # What GDAL has to say was said when the layer was read.
            warnings.simplefilter("ignore", RuntimeWarning)
            items = pyogrio.read_dataframe(
                database, layer="GDB_Items", columns=["Name", "Definition"], read_geometry=False
            )
        described = items.loc[items["Name"] == layer, "Definition"].dropna()
        fields = [
            field
            for definition in described
            for field in fromstring(definition, forbid_dtd=True).iter("GPFieldInfoEx")
        ]
    except (*DAMAGED, ParseError, DefusedXmlException, KeyError):
        return {}
    found = {field.findtext("Name", ""): field.findtext("AliasName", "") for field in fields}
    return {name: alias.strip() for name, alias in found.items() if alias.strip()}


def read_mapinfo(request: Request) -> Raw:
    """Read a MapInfo table (.tab with .dat, .map, .id) or interchange file (.mif with .mid).

    The text is decoded here and not by GDAL, because the charset that a file names is
    often that of the machine which wrote it and not that of the text.

    Raises
    ------
    IntakeError
        If a part is missing or damaged, or the table names other files.
    """
    suffix = request.path.suffix.lower()
    needed, others = _MAPINFO_PARTS[suffix]
    parts = _beside(request.path, (*needed, *others))
    for part in needed:
        if part not in parts:
            names = ", ".join((suffix, *needed, *others))
            request.refuse(
                f"缺少 {part}（属性表）；请把同名的 {names} 一并提供，或打包为 .zip",
                f"its {part} (the table) is missing; provide {names} of the same name together,"
                " or packed as .zip",
            )
    data = request.path.read_bytes()
    if suffix == ".tab":
        _check_table(data, request)
        head, rest = data, b""
    else:
        head, rest = data[:_MIF_HEAD], data[_MIF_HEAD:]
    charset = _CHARSET.search(head)
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / f"copy{suffix}"
        copy.write_bytes(_CHARSET.sub(rb"\1" + _NO_CHARSET, head) + rest)
        for part, path in parts.items():
            shutil.copyfile(path, copy.with_suffix(part))
        raw = read_layer(request, copy, _MAPINFO, encoding=_BYTES)
    raw = replace(raw, part="", parts=())
    return _decoded(raw, charset[2].decode("ascii") if charset else "", request)


def _beside(path: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    stem = path.stem.casefold()
    return {
        part.suffix.lower(): part
        for part in path.parent.iterdir()
        if part.stem.casefold() == stem and part.suffix.lower() in suffixes
        if part.is_file() and not part.is_symlink()
    }


def _check_table(data: bytes, request: Request) -> None:
    if len(data) > _LONGEST_TAB or not data.lstrip().lower().startswith(b"!table"):
        request.refuse("不是 MapInfo 表（.tab）", "it is no MapInfo table (.tab)")
    if not _NATIVE.search(data) or _REACHES_OUT.search(data):
        request.refuse(
            "该 .tab 引用其他文件（视图、无缝图层或外部表），不予打开；"
            "请在 MapInfo 中另存为独立的表，或导出 MIF",
            "this .tab refers to other files (a view, a seamless layer or an external table);"
            " save it as a table of its own in MapInfo, or export MIF",
        )


def _decoded(raw: Raw, charset: str, request: Request) -> Raw:
    """Return what was read as bytes as the text that it is."""
    frame = raw.frame
    headings = [name for name in frame.columns if name != GEOMETRY]
    texts = [n for n in headings if pd.api.types.infer_dtype(frame[n], skipna=True) == "string"]
    found = {name: [_bytes(cell) for cell in frame[name]] for name in texts}
    samples = Samples()
    samples.add((name.encode(_BYTES) for name in headings), _LONGEST_TAB)
    for values in found.values():
        known = {value for value in values if value}
        # The width of the field is not told; the longest value may fill it.
        samples.add(known, max(map(len, known), default=0))
    codec = codec_of(charset)
    claims = [Claim(codec, Text("Charset", "its Charset"))] if codec else []
    decision = decide(samples, claims, request)
    cut: list[str] = []
    columns: dict[str, Any] = {}
    for name in frame.columns:
        if name not in found:
            columns[name] = frame[name]
            continue
        read = {v: text_in(v, decision.codec) for v in set(found[name]) if v}
        cut += [text for text, shortened in read.values() if shortened]
        columns[name] = [read[v][0] if v else None for v in found[name]]
    decoded = pd.DataFrame(columns, index=frame.index)
    plain = unique_headings(text_in(name.encode(_BYTES), decision.codec)[0] for name in headings)
    decoded = decoded.rename(columns=dict(zip(headings, plain, strict=True)))
    issues = [request.issue("text_cut", value=min(cut), count=len(cut))] if cut else []
    return replace(
        raw,
        frame=decoded,
        issues=(*raw.issues, *decision.issues, *issues),
        facts={**raw.facts, "encoding": decision.told},
    )


def _bytes(cell: object) -> bytes:
    return cell.encode(_BYTES) if isinstance(cell, str) else b""
