"""One layer of a file that GDAL opens, read by one driver and no other."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError
from pyogrio.errors import DataSourceError
from pyogrio.errors import FeatureError
from pyogrio.errors import FieldError
from pyogrio.errors import GeometryError
from pyproj.exceptions import CRSError

from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.readers.facts import shape_facts
from layers.intake.readers.parts import choose_part
from layers.intake.source import Raw
from layers.systems import system_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

# What GDAL and shapely raise on a file that is damaged in one way or another.
DAMAGED = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    GeometryError,
    CRSError,
    shapely.errors.ShapelyError,
    OSError,
    UnicodeDecodeError,
)

# PROJ would open the grid files that a definition names; "@null" is none.
_GRIDS = re.compile(r'PARAMETERFILE|grids"?\s*[=,]\s*"?(?!\s*@null)', re.IGNORECASE)
_LONGEST_DEFINITION = 20_000


@dataclass(frozen=True, slots=True)
class Format:
    """A format that GDAL reads.

    Attributes
    ----------
    driver
        Name of the driver of GDAL; no other may open the file.
    name
        What people call it.
    hidden
        Names of layers that are no data and are not offered.
    """

    driver: str
    name: Text
    hidden: re.Pattern[str] = re.compile("(?!)")


def read_layer(request: Request, path: Path, kind: Format, *, encoding: str | None = None) -> Raw:
    """Read one layer of a private file.

    Parameters
    ----------
    request
        Names the file and what to read of it.
    path
        The file or folder that GDAL opens; not what the planner has.
    kind
        What it must be.
    encoding
        Encoding of the text; by default as GDAL knows it.

    Raises
    ------
    IntakeError
        If it is damaged or something else; PartError if the layer is not clear.
    """
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        try:
            raw = _layer(request, path, kind, encoding)
        except DAMAGED as error:
            request.refuse(
                f"{kind.name.zh} 已损坏；请重新导出",
                f"the {kind.name.en} is damaged ({without_folder(error, path)}); export it again",
                error,
            )
    return replace(raw, issues=(*raw.issues, *reader_notes(notes, path, request)))


def reader_notes(
    notes: Iterable[warnings.WarningMessage], path: Path, request: Request
) -> list[Issue]:
    """Return what GDAL had to say about the file at `path`, each thing once."""
    told = dict.fromkeys(without_folder(note.message, path) for note in notes)
    return [request.issue("reader_note", problem=problem) for problem in told]


def without_folder(message: object, path: Path) -> str:
    """Return a message of GDAL without the folder of a private copy, which means nothing."""
    return str(message).replace(f"{path.parent}/", "").replace(f"{path.parent}\\", "")


def _layer(request: Request, path: Path, kind: Format, encoding: str | None) -> Raw:
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    offered = tuple(name for name in names if not kind.hidden.match(name))
    chosen = choose_part(offered, request)
    about = pyogrio.read_info(path, layer=chosen, encoding=encoding)
    # GDAL goes by content; no other driver may have taken the file.
    if about["driver"] != kind.driver:
        request.refuse(f"不是 {kind.name.zh} 文件", f"it is no {kind.name.en}")
    found = pyogrio.read_dataframe(path, layer=chosen, encoding=encoding, on_invalid="ignore")
    facts = {"kind": kind.name}
    if len(names) > 1:
        facts["part"] = Text(chosen, chosen)
    rows = pd.Series(range(1, len(found) + 1), dtype="int64")
    if not isinstance(found, gpd.GeoDataFrame):
        # A plain column of that name would be taken for shapes.
        frame = found.rename(columns={GEOMETRY: f"{GEOMETRY} (2)"})
        return Raw(frame, rows, (), part=chosen, parts=offered, facts=facts)
    # The active geometry may have another name than ours.
    frame = pd.DataFrame(found.drop(columns=found.geometry.name))
    shapes = found.geometry.to_numpy()
    issues: list[Issue] = []
    if shapely.is_missing(shapes).any():
        drawn, _ = pyogrio.raw.read(path, layer=chosen, encoding=encoding, columns=[])[2:]
        shapes, issues = mend_missing(shapes, drawn, request)
    frame[GEOMETRY] = pd.Series(shapes, index=frame.index, dtype=object)
    system = system_of_file(found.crs)
    return Raw(
        frame,
        rows,
        tuple(issues),
        system=system,
        shapes=True,
        lonlat_if_unknown=False,
        part=chosen,
        parts=offered,
        facts={**facts, **shape_facts(shapes, system)},
    )


def mend_missing(
    shapes: NDArray[Any], drawn: NDArray[Any], request: Request
) -> tuple[NDArray[Any], list[Issue]]:
    """Return shapes with open rings closed, and what cannot be read at all.

    Parameters
    ----------
    shapes
        Shapes, ``None`` where there is none or it could not be read.
    drawn
        The same as WKB, ``None`` only where there is none.
    request
        Names the file for the findings.
    """
    shapes = shapes.copy()
    broken = np.flatnonzero(shapely.is_missing(shapes) & [wkb is not None for wkb in drawn])
    shapes[broken] = shapely.from_wkb(drawn[broken], on_invalid="fix")
    lost = broken[shapely.is_missing(shapes[broken])]
    issues = [
        request.issue("geometry_unreadable", int(i) + 1, GEOMETRY, problem="WKB") for i in lost
    ]
    if closed := len(broken) - len(lost):
        issues.append(request.issue("rings_closed", count=closed))
    return shapes, issues


def system_of_file(crs: pyproj.CRS | None) -> System | None:
    """Return the system of a CRS that came with a file, if it is one of a map.

    A file without CRS may be stamped "undefined", which PROJ calls engineering. A
    definition that names grid files is not taken, because PROJ would open them.
    """
    if crs is None or not (crs.is_geographic or crs.is_projected):
        return None
    return None if _GRIDS.search(crs.to_wkt()) else system_of(crs)


def system_of_wkt(text: str) -> System | None:
    """Return the system that a .prj describes, ``None`` if it is no system of a map."""
    if len(text) > _LONGEST_DEFINITION or _GRIDS.search(text):
        return None
    try:
        return system_of_file(pyproj.CRS.from_wkt(text.strip("\0 \r\n\t")))
    except CRSError:
        return None
