"""A folder of GeoParquet as input: one file or one folder of files a layer.

``<layer>.parquet`` or ``<layer>/**/*.parquet``; below a layer, folders may be named as
Hive does it, ``district_code=900101``. The files come from anybody and are checked row
by row.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from typing import NoReturn
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo.batch.scopes import CODE
from layers.batch.inputs.checked import Place
from layers.batch.inputs.checked import checked
from layers.batch.inputs.checked import place_notes
from layers.batch.inputs.checked import wanted_columns
from layers.batch.inputs.chunk import CHUNK_ROWS
from layers.batch.inputs.geoparquet import geometry_column
from layers.batch.inputs.pieces import in_pieces
from layers.city.codes import check_code
from layers.errors import IntakeError
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.systems import system_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.batch.inputs.chunk import Chunk
    from layers.batch.inputs.geoparquet import GeometryColumn
    from layers.catalogue import Catalogue
    from layers.specs import LayerSpec

_ENDING = ".parquet"
_DAMAGED = (pa.ArrowException, OSError, ValueError, KeyError, RecursionError)
_UNREAL = ("_", ".")  # how Spark and others call what is no data
_HASHED_AT_ONCE = 1024**2


class _File(NamedTuple):
    """A file of a layer."""

    path: Path
    name: str
    district: str | None
    state: tuple[int, int]


class ParquetInput:
    """The layers in a folder of GeoParquet.

    Parameters
    ----------
    folder
        The folder.
    catalogue
        Which layers and columns there can be.
    rows
        How many rows are read at once.

    Raises
    ------
    UsageError
        If the folder has no file of any layer, or a Hive folder names no district.
    """

    settled = False

    def __init__(self, folder: Path, catalogue: Catalogue, *, rows: int = CHUNK_ROWS) -> None:
        self._folder, self._catalogue, self._rows = folder, catalogue, rows
        found = {key: _files(folder, key) for key in catalogue.keys}
        self._files = {key: files for key, files in found.items() if files}
        if not self._files:
            raise _no_layers(folder, catalogue)
        self._fingerprint = ""

    def describe(self) -> dict[str, Any]:
        """Return kind, folder and number of files of each layer."""
        counts = {key: len(files) for key, files in self._files.items()}
        return {"kind": "geoparquet", "path": str(self._folder), "files": counts}

    def keys(self) -> tuple[str, ...]:
        """Return the layers that have a file."""
        return tuple(self._files)

    def fingerprint(self) -> str:
        """Return a hash of the names and contents of all files.

        Raises
        ------
        IntakeError
            If a file cannot be read.
        """
        if not self._fingerprint:
            files = [file for found in self._files.values() for file in found]
            told = [[file.name, file.path.stat().st_size, _hash(file)] for file in files]
            self._fingerprint = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        return self._fingerprint

    def chunks(self, key: str) -> Iterator[Chunk]:
        """Read a layer piece by piece, its files by name.

        Raises
        ------
        IntakeError
            If a file is damaged, or its geometry cannot be understood.
        """
        spec = self._catalogue.layer(key)
        for file in self._files[key]:
            yield from self._chunks(file, spec)

    def _chunks(self, file: _File, spec: LayerSpec) -> Iterator[Chunk]:
        try:
            # A map of the file would fall from under us if somebody cut it short.
            with pq.ParquetFile(file.path, memory_map=False) as source:
                schema = source.schema_arrow
                geometry = geometry_column(schema, file.name) if spec.geometry else None
                taken, place, notes = _prepared(schema, geometry, file, spec)
                names = taken if geometry is None else [*taken, geometry.name]
                # Rows without a single column that is wanted are rows as well.
                names = names or schema.names[:1]
                batches = source.iter_batches(self._rows, columns=names, use_threads=False)
                first = 1
                for table in in_pieces(batches, self._rows):
                    wkb = None if geometry is None else _wkb(table.column(geometry.name))
                    yield checked(_filed(table, taken, file, spec), wkb, place, first, notes)
                    first, notes = first + table.num_rows, ()
            # What was read must be what the fingerprint is of.
            if _state(file.path) != file.state:
                raise _changed(file.name)
        except IntakeError:
            raise
        except _DAMAGED as error:
            _refuse(file.name, error)


def _prepared(
    schema: pa.Schema, geometry: GeometryColumn | None, file: _File, spec: LayerSpec
) -> tuple[list[str], Place, tuple[Any, ...]]:
    """Return the columns to read, where they are, and what is to be said of the file."""
    names = [name for name in schema.names if geometry is None or name != geometry.name]
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        _refuse(file.name, ValueError(f"{', '.join(twice)} × 2"))
    taken, dropped = wanted_columns([n for n in names if n != GEOMETRY], spec)
    if file.district is not None:
        # The folder says it; a column of the same name would only say it again.
        taken = [name for name in taken if name != CODE or spec.has_field(CODE)]
    crs = None if geometry is None else geometry.crs
    place = Place(spec, file.name, crs, file.district)
    same = crs is None or system_of(crs).datum_known
    return taken, place, place_notes(place, dropped, same_datum=same)


def _filed(table: pa.Table, taken: list[str], file: _File, spec: LayerSpec) -> pa.Table:
    """Return the columns that are taken; the folder fills gaps of the district code."""
    found = table.select(taken)
    if file.district is None or not spec.has_field(CODE):
        return found
    code = pa.scalar(file.district or None, pa.string())
    if CODE not in taken:
        return found.append_column(CODE, pa.repeat(code, table.num_rows))
    told = found.column(CODE).cast(pa.string())
    return found.set_column(taken.index(CODE), CODE, pc.coalesce(told, code))


def _wkb(column: pa.ChunkedArray) -> Any:  # noqa: ANN401 - an array of objects
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks])
    return column.to_numpy(zero_copy_only=False)


def _files(folder: Path, key: str) -> list[_File]:
    """Return the files of a layer by name; links that lead out of the folder are none."""
    single = folder / f"{key}{_ENDING}"
    found = [single] if single.is_file() else []
    below = folder / key
    if below.is_dir():
        found += sorted(path for path in below.rglob(f"*{_ENDING}") if path.is_file())
    root = folder.resolve()
    files = []
    for path in found:
        parts = path.relative_to(folder).parts
        if any(part.startswith(_UNREAL) for part in parts):
            continue
        if not path.resolve().is_relative_to(root):
            raise _outside(path)
        files.append(_File(path, "/".join(parts), _district(parts), _state(path)))
    return files


def _district(parts: tuple[str, ...]) -> str | None:
    """Return the district that the folders of a file name."""
    told = None
    for part in parts[1:-1]:
        name, equals, value = part.partition("=")
        if equals and name == CODE:
            value = unquote(value)
            told = "" if value == "__HIVE_DEFAULT_PARTITION__" else value
            check_code(told, "/".join(parts))
    return told


def _state(path: Path) -> tuple[int, int]:
    """Return what changes when somebody writes a file."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _hash(file: _File) -> str:
    digest = hashlib.sha256()
    try:
        with file.path.open("rb") as opened:
            while block := opened.read(_HASHED_AT_ONCE):
                digest.update(block)
    except OSError as error:
        _refuse(file.name, error)
    return digest.hexdigest()


def _refuse(name: str, error: Exception) -> NoReturn:
    raise IntakeError(
        Text(
            f"{name} 已损坏或不是 Parquet 文件（{error}）；请重新导出",
            f"{name} is damaged or no Parquet file ({error}); export it again",
        )
    ) from error


def _changed(name: str) -> IntakeError:
    return IntakeError(
        Text(
            f"读取期间 {name} 被改动；请待写入结束后重新运行",
            f"{name} was changed while it was read; run again when nobody writes it any more",
        )
    )


def _outside(path: Path) -> UsageError:
    return UsageError(
        Text(
            f"{path} 指向文件夹之外；请把文件本身放入文件夹",
            f"{path} leads out of the folder; put the file itself there",
        )
    )


def _no_layers(folder: Path, catalogue: Catalogue) -> UsageError:
    names = ", ".join(catalogue.keys)
    return UsageError(
        Text(
            f"{folder} 中没有任何图层；应有 <图层>.parquet 或 <图层>/**/*.parquet，"
            f"图层名为：{names}",
            f"there is no layer in {folder}; looked for <layer>.parquet and"
            f" <layer>/**/*.parquet, where the layer is one of: {names}",
        )
    )
