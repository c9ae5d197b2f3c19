"""The file of rejected rows that goes back to the sender, in the form that came.

The same columns in the same order, then what is wrong with every row and what to
do. When the rows are put right and the file is imported, the delivery is whole.

Shapes go back as GeoPackage, whatever form they had: a Shapefile cuts headings to
10 bytes, holds one kind of shape, and the attributes of a DXF or KML file have no
place for reasons; a GeoPackage takes all of it and opens in the same programs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from layers.aside import made_aside
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.intake.rejecting.reject_rows import FORMS
from layers.intake.rejecting.reject_rows import Rejects
from layers.intake.rejecting.reject_shapes import write_geojson
from layers.intake.rejecting.reject_shapes import write_gpkg
from layers.intake.rejecting.reject_tables import write_csv
from layers.intake.rejecting.reject_tables import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from layers.intake.run import IntakeResult

_WRITERS: Mapping[str, Callable[[Rejects, Path], None]] = {
    ".csv": write_csv,
    ".tsv": write_csv,
    ".txt": write_csv,
    ".xlsx": write_xlsx,
    ".gpkg": write_gpkg,
    ".geojson": write_geojson,
    ".json": write_geojson,
}
_SPATIAL = (".gpkg", ".geojson", ".json")


def rejects_suffix(result: IntakeResult) -> str:
    """Return the suffix of the sender's own form: ``.csv``, ``.xlsx``, ``.gpkg`` or ``.geojson``.

    What was in an archive goes back as GeoPackage if it has shapes, else as workbook.
    """
    otherwise = ".xlsx" if result.rejected_shapes is None else ".gpkg"
    return FORMS.get(Path(result.file).suffix.lower(), otherwise)


def write_rejects(result: IntakeResult, path: Path, *, part: str = "") -> Path:
    """Write the rejected rows: the file's own columns, then row and reasons.

    Parameters
    ----------
    result
        What became of the file.
    path
        Where to; its suffix chooses the form (``.csv``, ``.tsv``, ``.txt``, ``.xlsx``,
        ``.gpkg``, ``.geojson``). With another suffix, or none, it is the sender's own
        form, see :func:`rejects_suffix`.
    part
        Name of the sheet or layer that was read, so that it is called the same again.

    Notes
    -----
    A CSV has the encoding and the separator of the file that was sent (UTF-8 with a
    byte order mark, which spreadsheets need for Chinese text, if that is not known),
    and no cell of it is run as a formula. Features of a GeoJSON file go back as they
    stood there, also those that cannot be read.

    Raises
    ------
    ExportError
        If the file cannot be written; ExportUsageError if it is the file that
        was read, which holds the only copy of the planner's rows, or if the form
        cannot carry the rows.
    """
    if result.path is not None and _is_same(path, result.path):
        raise ExportUsageError(
            Text(
                f"{path.name} 就是导入的原文件，不能写入拒收行；请换一个文件名",
                f"{path.name} is the imported file itself and is not overwritten with rejected"
                " rows; choose another name",
            )
        )
    suffix = path.suffix.lower()
    own = rejects_suffix(result)
    form = suffix if suffix in _WRITERS else own
    if form in _SPATIAL and form != own and result.rejected_shapes is None:
        raise ExportUsageError(
            Text(
                f"{result.file} 没有图形，拒收行不能写成 {form}；请改用 {own}",
                f"{result.file} has no shapes, so its rejected rows are not written as {form};"
                f" use {own}",
            )
        )
    with made_aside(path, f"rejects{form}") as made:
        _WRITERS[form](Rejects(result, part), made)
    return path


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False  # one of them is not there
