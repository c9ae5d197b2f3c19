"""Rejected rows, and what is known of the file that they came in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pyproj
from pyproj.exceptions import CRSError

from layers.contract import REJECT_COLUMNS
from layers.frames import GEOMETRY
from layers.intake.columns import PLACES
from layers.intake.columns import normalise
from layers.systems import find_system
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.intake.run import IntakeResult

FORMS: Mapping[str, str] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), ".csv"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), ".xlsx"),
    **dict.fromkeys((".geojson", ".json"), ".geojson"),
    **dict.fromkeys((".gpkg", ".shp", ".fgb", ".gdb", ".tab", ".mif", ".dxf"), ".gpkg"),
    **dict.fromkeys((".kml", ".kmz", ".ovkml", ".ovkmz"), ".gpkg"),
}
"""Form of the rejected rows by suffix of what was sent."""

_SYSTEM_HEADING = "坐标系"

# A number that is written like this reads back as the same text; an id with a
# leading zero or of 18 digits does not, and stays text.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*[1-9])?")
_EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Rejects:
    """Rejected rows, and what their form asks for.

    Attributes
    ----------
    result
        What became of the file.
    part
        Name of the sheet or layer that was read; empty if it is not known.
    """

    result: IntakeResult
    part: str

    @property
    def verdicts(self) -> pd.DataFrame:
        """The columns :data:`layers.contract.REJECT_COLUMNS`."""
        # A file of rejected rows that comes back has such columns of its own before them.
        return self.result.rejected.iloc[:, -len(REJECT_COLUMNS) :]

    @property
    def cells(self) -> pd.DataFrame:
        """The file's own columns without the shapes."""
        own = self.result.rejected.drop(columns=list(REJECT_COLUMNS))
        return own if self.shapes is None else own.drop(columns=GEOMETRY, errors="ignore")

    @property
    def shapes(self) -> NDArray[Any] | None:
        """The shapes as they stood in the file, None if it has none."""
        return self.result.rejected_shapes

    @property
    def crs(self) -> pyproj.CRS | None:
        """The system that the file names, or in which it was read; None for shifted ones."""
        if self.result.system_wkt:
            try:
                return pyproj.CRS.from_wkt(self.result.system_wkt)
            except CRSError:
                return None
        system = find_system(self.result.crs) if self.result.crs else None
        return None if system is None or system.correct is not None else system.crs

    @property
    def table(self) -> pd.DataFrame:
        """All columns with the shapes as WKT, for files that have no shapes of their own."""
        own = self.result.rejected.drop(columns=list(REJECT_COLUMNS))
        code = self.crs.to_epsg() if self.shapes is not None and self.crs is not None else None
        told = {normalise(str(name)) for name in own.columns} & set(PLACES["coord_system"])
        if code is not None and not told:
            own[_SYSTEM_HEADING] = f"EPSG:{code}"
        return pd.concat([own, self.verdicts], axis=1)


def typed(cell: Any) -> str | float:  # noqa: ANN401 -- text, or the number of a row
    """Return a number if the text is one and reads back as the same text."""
    if not isinstance(cell, str):
        return int(cell)
    digits = sum(map(str.isdigit, cell))
    if digits <= _EXACT_DIGITS and _NUMBER.fullmatch(cell) and cell_text(float(cell)) == cell:
        return float(cell)
    return cell


def typed_columns(cells: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns are numbers where all that stands there is numbers."""
    made = cells.copy()
    for name in cells.columns:
        there = cells[name].dropna().map(typed)
        if len(there) and all(isinstance(value, float) for value in there):
            made[name] = pd.to_numeric(cells[name])
    return made
