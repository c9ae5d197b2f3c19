"""Reader of Shapefiles: several files that belong together.

The shapes go through GDAL, from a private copy and without the table, so that
nothing is written beside the planner's file and no encoding is guessed; the table
is read by :mod:`layers.intake.readers.dbf`.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.readers.charset import Claim
from layers.intake.readers.charset import codec_of
from layers.intake.readers.dbf import read_dbf
from layers.intake.readers.facts import finite_coordinates
from layers.intake.readers.facts import shape_facts
from layers.intake.readers.gdal_layer import DAMAGED
from layers.intake.readers.gdal_layer import mend_missing
from layers.intake.readers.gdal_layer import reader_notes
from layers.intake.readers.gdal_layer import system_of_wkt
from layers.intake.readers.gdal_layer import without_folder
from layers.intake.source import Raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.intake.readers.dbf import Table
    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_CODE = 9994
_HEADER = 100
_HALF_TURN, _QUARTER_TURN = 180.0, 90.0
_CPG = Text(".cpg 文件", "the .cpg file")
_LONGEST_NOTE = 20_000

_LONELY: Mapping[str, Text] = {
    ".dbf": Text(
        "只有属性表（.dbf），没有图形", "this is only the table (.dbf) without the shapes"
    ),
    ".shx": Text("只有索引（.shx），没有图形", "this is only the index (.shx) without the shapes"),
    ".prj": Text(
        "只有坐标系说明（.prj），没有图形",
        "this is only the coordinate system (.prj) without the shapes",
    ),
    ".cpg": Text(
        "只有编码说明（.cpg），没有图形", "this is only the encoding (.cpg) without the shapes"
    ),
}
_TOGETHER = Text(
    "请把同名的 .shp、.dbf、.shx、.prj（有则附 .cpg）一并提供，或打包为 .zip",
    "provide .shp, .dbf, .shx and .prj of the same name (and .cpg if there is one) together,"
    " or packed as .zip",
)


def read_shapefile(request: Request) -> Raw:
    """Read a Shapefile from its parts, which lie beside the .shp under the same name.

    Without .shx the index is made again. Without .prj no system is named, and
    degrees may be assumed only if all coordinates can be degrees. The encoding is
    found as in :mod:`layers.intake.readers.charset`.

    Raises
    ------
    IntakeError
        If a part is missing that cannot be done without, or is damaged.
    """
    parts = _parts(request.path)
    if ".dbf" not in parts:
        request.refuse(
            f"缺少 .dbf（属性表）；{_TOGETHER.zh}",
            f"its .dbf (the table) is missing; {_TOGETHER.en}",
        )
    drawn, issues = _drawings(parts, request)
    table = read_dbf(parts[".dbf"].read_bytes(), _claims(parts, request, issues), request)
    frame, drawn = _joined(table, drawn, request, issues)
    shapes = np.asarray(shapely.from_wkb(drawn, on_invalid="ignore"), dtype=object)
    shapes, mended = mend_missing(shapes, drawn, request)
    frame = frame.assign(**{GEOMETRY: pd.Series(shapes, index=frame.index, dtype=object)})
    system = _system(parts, request, issues)
    facts = {
        "kind": Text("Shapefile", "Shapefile"),
        "encoding": table.encoding,
        **shape_facts(shapes, system),
    }
    return Raw(
        frame,
        pd.Series(range(1, len(frame) + 1), dtype="int64"),
        (*issues, *table.issues, *mended),
        system=system,
        shapes=True,
        lonlat_if_unknown=_may_be_degrees(shapes),
        facts=facts,
    )


def read_lonely_part(request: Request) -> Raw:
    """Read the Shapefile of which one part was given.

    Raises
    ------
    IntakeError
        If its .shp does not lie beside it: which parts to send together.
    """
    shp = _parts(request.path).get(".shp")
    if shp is None:
        lonely = _LONELY[request.path.suffix.lower()]
        request.refuse(f"{lonely.zh}；{_TOGETHER.zh}", f"{lonely.en}; {_TOGETHER.en}")
    return read_shapefile(replace(request, path=shp))


def _parts(path: Path) -> dict[str, Path]:
    """Return the files of a Shapefile by suffix, in whatever letter case they are.

    Symbolic links are left out, because nothing outside of what was delivered is read.
    """
    stem = path.stem.casefold()
    beside = [
        part
        for part in path.parent.iterdir()
        if part.stem.casefold() == stem and part.suffix.lower() in _PARTS
    ]
    # The same letters win over the same name in other letters.
    beside.sort(key=lambda part: (part.stem == path.stem, part.suffix == path.suffix, part.name))
    return {
        part.suffix.lower(): part for part in beside if part.is_file() and not part.is_symlink()
    }


def _drawings(parts: Mapping[str, Path], request: Request) -> tuple[NDArray[Any], list[Issue]]:
    """Return the shapes of all records as WKB, ``None`` where there is none."""
    size = parts[".shp"].stat().st_size
    if size < _HEADER or not _starts_right(parts[".shp"]):
        request.refuse("不是 Shapefile（.shp）", "it is no Shapefile (.shp)")
    issues = []
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "copy.shp"
        shutil.copyfile(parts[".shp"], copy)
        if ".shx" in parts and _index_fits(parts[".shx"], size):
            shutil.copyfile(parts[".shx"], copy.with_suffix(".shx"))
        else:
            code = "shx_replaced" if ".shx" in parts else "shx_rebuilt"
            issues.append(request.issue(code))
        drawn, noted = _drawn(copy, request)
    return drawn, [*issues, *noted]


def _drawn(copy: Path, request: Request) -> tuple[NDArray[Any], list[Issue]]:
    """Return the shapes as WKB, and what GDAL has to say about them."""
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
        try:
            about = pyogrio.read_info(copy)
            if about["driver"] != "ESRI Shapefile":
                request.refuse("不是 Shapefile（.shp）", "it is no Shapefile (.shp)")
            drawn = pyogrio.raw.read(copy, columns=[])[2]
        except DAMAGED as error:
            request.refuse(
                "图形（.shp）已损坏；请重新导出",
                f"its shapes (.shp) are damaged ({without_folder(error, copy)}); export it again",
                error,
            )
        finally:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
    return drawn, reader_notes(notes, copy, request)


def _starts_right(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == struct.pack(">i", _CODE)


def _index_fits(path: Path, size: int) -> bool:
    """Tell whether an index points to records within the file of shapes."""
    data = path.read_bytes()
    if len(data) < _HEADER or (len(data) - _HEADER) % 8 or not _starts_right(path):
        return False
    entries = np.frombuffer(data, ">i4", offset=_HEADER).reshape(-1, 2).astype(np.int64)
    # Counted in words of two bytes; a record has a header of four words.
    ends = 2 * (entries[:, 0] + entries[:, 1] + 4)
    return bool((2 * entries[:, 0] >= _HEADER).all() and (ends <= size).all())


def _claims(parts: Mapping[str, Path], request: Request, issues: list[Issue]) -> list[Claim]:
    if ".cpg" not in parts:
        return []
    written = _note(parts[".cpg"])
    codec = codec_of(written)
    if codec is None:
        issues.append(request.issue("cpg_unknown", value=written))
        return []
    return [Claim(codec, _CPG)]


def _system(parts: Mapping[str, Path], request: Request, issues: list[Issue]) -> System | None:
    if ".prj" not in parts:
        issues.append(request.issue("prj_missing"))
        return None
    written = _note(parts[".prj"])
    system = system_of_wkt(written)
    if system is None:
        issues.append(request.issue("prj_unreadable", value=written))
    return system


def _note(path: Path) -> str:
    """Return the text of a small file; what is longer is none."""
    with path.open("rb") as file:
        data = file.read(_LONGEST_NOTE)
    try:
        return data.decode("utf-8-sig").strip("\0 \r\n\t")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace").strip("\0 \r\n\t")


def _joined(
    table: Table, shapes: NDArray[Any], request: Request, issues: list[Issue]
) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Return attributes and shapes row by row; what has no counterpart is kept without."""
    frame, drawn = table.frame, shapes
    if len(shapes) != table.records:
        issues.append(request.issue("dbf_shp_differ", shapes=len(shapes), records=table.records))
        # Shapes beyond the table become rows of their own, without attributes.
        extra = max(len(shapes) - table.records, 0)
        frame = frame.reindex(range(len(frame) + extra))
        drawn = np.full(max(len(shapes), table.records), None, dtype=object)
        drawn[: len(shapes)] = shapes
    kept = np.concatenate([table.kept, np.arange(table.records, len(drawn))]).astype(np.intp)
    return frame, drawn[kept]


def _may_be_degrees(shapes: NDArray[Any]) -> bool:
    xy = np.abs(finite_coordinates(shapes))
    return bool((xy <= (_HALF_TURN, _QUARTER_TURN)).all())
