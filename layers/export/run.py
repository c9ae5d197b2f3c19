"""Exports: made ready, written aside, read back, and only then put in place."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from layers.aside import made_aside
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.dxf import check_dxf
from layers.export.dxf import write_dxf
from layers.export.excel import check_xlsx
from layers.export.excel import write_xlsx
from layers.export.flatgeobuf import check_fgb
from layers.export.flatgeobuf import write_fgb
from layers.export.geofiles import check_geojson
from layers.export.geofiles import check_gpkg
from layers.export.geofiles import check_json
from layers.export.geofiles import check_lonlat
from layers.export.geofiles import check_parquet
from layers.export.geofiles import write_geojson
from layers.export.geofiles import write_gpkg
from layers.export.geofiles import write_json
from layers.export.geofiles import write_parquet
from layers.export.kml import check_kml
from layers.export.kml import write_kml
from layers.export.notes import Gaps
from layers.export.notes import Notes
from layers.export.notes import Stamp
from layers.export.notes import make_notes
from layers.export.notes import only_tables
from layers.export.notes import table_notes
from layers.export.shapefile import check_shp
from layers.export.shapefile import write_shp
from layers.export.sheets import export_crs
from layers.export.sheets import layer_sheet
from layers.export.sheets import table_sheet
from layers.export.text import check_csv
from layers.export.text import write_csv
from layers.style import layer_style
from layers.themes import Theme
from layers.themes import resolve

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.export.sheets import Audience
    from layers.export.sheets import Sheet
    from layers.style import LayerStyle

    Step = Callable[[Sequence[Sheet], Path, Notes], None]

README = "README.txt"
"""Name of the notes in a zip."""

_ZIP = ".zip"
_PLAIN_FILE, _UNIX = 0o100644, 3


@dataclass(frozen=True, slots=True)
class Format:
    """One file format: how it is written and read back.

    Attributes
    ----------
    suffix
        Ending of its files.
    write, check
        The pair of functions.
    several
        Whether one file holds several layers; otherwise they go into a zip.
    alone
        Whether one file is enough; otherwise it has siblings, and all go into a zip.
    tables
        Whether it holds layers without geometry.
    unplaced
        Whether it holds rows without place.
    """

    suffix: str
    write: Step
    check: Step
    several: bool = False
    alone: bool = True
    tables: bool = True
    unplaced: bool = True

    def fitting(self, sheets: Sequence[Sheet]) -> tuple[list[Sheet], Gaps]:
        """Return the sheets that it holds, and what it does not hold of `sheets`."""
        fits = [sheet for sheet in sheets if self.tables or sheet.crs is not None]
        apart = [sheet for sheet in sheets if not (self.tables or sheet.crs is not None)]
        return fits, Gaps(apart, not self.unplaced)


FORMATS: Mapping[str, Format] = {
    "gpkg": Format(".gpkg", write_gpkg, check_gpkg, several=True),
    "xlsx": Format(".xlsx", write_xlsx, check_xlsx, several=True),
    "geojson": Format(".geojson", write_geojson, check_geojson),
    "csv": Format(".csv", write_csv, check_csv),
    "shp": Format(".shp", write_shp, check_shp, alone=False),
    "fgb": Format(".fgb", write_fgb, check_fgb, tables=False),
    "parquet": Format(".parquet", write_parquet, check_parquet),
    "kml": Format(".kml", write_kml, check_kml, several=True),
    "dxf": Format(".dxf", write_dxf, check_dxf, several=True, tables=False, unplaced=False),
}
"""Formats of layers."""

TABLE_FORMATS: Mapping[str, Format] = {
    **{entry.suffix: entry for entry in FORMATS.values() if entry.alone},
    ".json": Format(".json", write_json, check_json),
}
"""Formats of result tables, by the ending of the file."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was handed out.

    Attributes
    ----------
    path
        The file.
    files
        The files in it, if it is a zip; else the file itself.
    layers
        ``(key, rows, located)`` of every layer in the file; the rows that are in it.
    crs
        Coordinate system as ``EPSG:n``; empty without geometry.
    checked
        Always true: a file that does not read back as written is not kept.
    notes
        What the reader must know: marks, audience, what was left out or is not in the
        file.
    """

    path: Path
    files: tuple[Path, ...]
    layers: tuple[tuple[str, int, int], ...]
    crs: str
    checked: bool
    notes: tuple[Text, ...]


def export_layers(  # noqa: PLR0913 -- the choices of the export page, each with its own name
    tables: Mapping[str, pd.DataFrame],
    specs: Sequence[LayerSpec],
    catalogue: Catalogue,
    *,
    fmt: str,
    path: Path,
    crs: str = "EPSG:4490",
    audience: Audience = "internal",
    lang: str = "zh",
    sources: pd.DataFrame | None = None,
    styles: Mapping[str, LayerStyle] | None = None,
    stamp: dt.datetime | None = None,
    export_id: str = "",
) -> ExportReport:
    """Write layers to a file, read it back and compare it.

    Parameters
    ----------
    tables
        Frames by layer key, EPSG:4490.
    specs
        The layers to write, in order.
    catalogue
        The catalogue, for the notes.
    fmt
        A key of :data:`FORMATS`.
    path
        The file, with the ending of its format or ``.zip``. GeoJSON and CSV hold
        one layer; several go into a ``.zip``. FlatGeobuf and DXF hold no tables without
        geometry, DXF no rows without place either: they are left out, and the notes
        say so.
    crs
        ``EPSG:n`` on CGCS2000 or WGS 84; axes are east, north. GeoJSON takes
        4490 and 4326 only.
    audience
        ``internal`` or ``public``; a public copy has no internal layers and
        fields, and coordinates rounded to about 10 m.
    lang
        ``zh`` or ``en``, for titles and notes.
    sources
        List of sources, for the notes.
    styles
        How the layers are drawn, by key; a layer without one as the catalogue says.
    stamp
        The time that the file names; now by default. Equal data and stamp give equal files.
    export_id
        What the audit knows the file by, where the format has room for it; empty for none.

    Raises
    ------
    ExportError
        If the file cannot be written or differs when it is read back; then
        there is no new file and an old one is as it was. ExportUsageError if
        the choices contradict each other, or nothing is left to be written.
    ValueError
        If `stamp` has no time zone.
    """
    dated = Stamp.of(stamp)
    chosen = _format(fmt, tuple(FORMATS), FORMATS.get(fmt))
    _check_ending(path, chosen)
    kept, left_out = for_audience(specs, audience)
    system = export_crs(crs)
    drawn = styles_of(kept, tables, catalogue, styles or {})
    sheets = [
        layer_sheet(
            tables[spec.key],
            spec,
            crs=system,
            audience=audience,
            lang=lang,
            style=drawn[spec.key],
        )
        for spec in kept
    ]
    sheets, gaps = chosen.fitting(sheets)
    if not sheets:
        raise only_tables((fmt,), gaps.tables)
    notes = make_notes(
        sheets,
        left_out,
        catalogue,
        audience=audience,
        lang=lang,
        sources=sources,
        stamp=dated,
        gaps=gaps,
        export_id=export_id,
    )
    files = _put(sheets, path, chosen, notes)
    return _report(sheets, path, files, notes, gaps)


def for_audience(
    specs: Sequence[LayerSpec], audience: Audience
) -> tuple[list[LayerSpec], list[LayerSpec]]:
    """Return the layers that an audience may have, and those that are left out.

    Raises
    ------
    ExportError
        If nothing is kept; ExportUsageError if nothing was chosen.
    """
    public = audience == "public"
    left_out = [spec for spec in specs if public and spec.sensitivity == "internal"]
    kept = [spec for spec in specs if spec not in left_out]
    if not kept:
        raise _nothing(left_out)
    return kept, left_out


def styles_of(
    specs: Sequence[LayerSpec],
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    chosen: Mapping[str, LayerStyle],
) -> dict[str, LayerStyle | None]:
    """Return how each layer is drawn: as was chosen, else as the catalogue says."""
    return {
        spec.key: chosen.get(spec.key) or usual_style(spec, tables[spec.key], catalogue)
        for spec in specs
    }


def usual_style(spec: LayerSpec, frame: pd.DataFrame, catalogue: Catalogue) -> LayerStyle | None:
    """Return the style of the catalogue with the classes of the data; None for a table."""
    if not spec.geometry:
        return None
    return resolve(Theme(spec.key), spec, frame, layer_style(spec, catalogue.folder))


def export_table(
    frame: pd.DataFrame,
    path: Path,
    *,
    title: Text | None = None,
    titles: Mapping[str, Text] | None = None,
    lang: str = "zh",
    internal: bool = False,
    remarks: Sequence[Text] = (),
) -> ExportReport:
    """Write a result table to a file, read it back and compare it.

    Parameters
    ----------
    frame
        The table; a GeoDataFrame keeps its geometry in .gpkg, .geojson and
        .parquet, and its places in .csv and .xlsx.
    path
        The file; its ending, a key of :data:`TABLE_FORMATS`, is the format.
    title
        What the table is; the name of the file by default.
    titles
        Column titles, for workbooks.
    lang
        ``zh`` or ``en``.
    internal
        Whether it holds what the catalogue calls internal; then it carries the
        same mark as an internal delivery of layers, wherever the format has
        room for notes (not in .csv, .json and .parquet).
    remarks
        What else belongs to the numbers: rule version, parameters, layer versions;
        written where the format has room for notes.

    Raises
    ------
    ExportError
        If the file cannot be written or differs when it is read back;
        ExportUsageError if the ending is not known.
    """
    chosen = _format(path.suffix, tuple(TABLE_FORMATS), TABLE_FORMATS.get(path.suffix.lower()))
    named = title or Text(path.stem, path.stem)
    sheet = table_sheet(frame, path.stem, title=named, titles=titles or {}, lang=lang)
    fits, gaps = chosen.fitting([sheet])
    if not fits:
        raise only_tables((chosen.suffix,), [sheet])
    notes = table_notes(sheet, lang, internal=internal, remarks=remarks, gaps=gaps)
    files = _put(fits, path, chosen, notes)
    return _report(fits, path, files, notes, gaps)


def _format(name: str, known: tuple[str, ...], found: Format | None) -> Format:
    if found is None:
        listed = ", ".join(known)
        raise ExportUsageError(
            Text(
                f"不支持的格式“{name}”；可用：{listed}",
                f"the format '{name}' is not supported; use one of {listed}",
            )
        )
    return found


def _check_ending(path: Path, chosen: Format) -> None:
    """Refuse a name that would make programs take the file for another format."""
    if path.suffix.lower() not in (chosen.suffix, _ZIP):
        raise ExportUsageError(
            Text(
                f"文件名 {path.name} 与格式不符；请以 {chosen.suffix} 或 {_ZIP} 结尾",
                f"the name {path.name} does not fit the format; end it in {chosen.suffix}"
                f" or {_ZIP}",
            )
        )


def _put(sheets: Sequence[Sheet], path: Path, chosen: Format, notes: Notes) -> tuple[Path, ...]:
    """Write and check beside the target, then move into place in one step."""
    zipped = path.suffix.lower() == _ZIP
    if chosen.suffix == ".geojson":
        for sheet in sheets:
            check_lonlat(sheet)
    if not (chosen.alone or zipped):
        raise ExportUsageError(
            Text(
                f"一个图层的 {chosen.suffix} 由几个文件组成；请用 .zip 文件名",
                f"a layer in {chosen.suffix} is a set of files; name a .zip file",
            )
        )
    if len(sheets) > 1 and not (chosen.several or zipped):
        raise ExportUsageError(
            Text(
                f"一个 {chosen.suffix} 文件只能放一个图层；多个图层请用 .zip 文件名",
                f"a {chosen.suffix} file holds one layer; name a .zip file for several",
            )
        )
    with made_aside(path, f"export{_ZIP if zipped else chosen.suffix}") as made:
        names = _fill(sheets, made, chosen, notes, zipped=zipped)
    return tuple(Path(name) for name in names) if zipped else (path,)


def _fill(
    sheets: Sequence[Sheet], made: Path, chosen: Format, notes: Notes, *, zipped: bool
) -> list[str]:
    if not zipped:
        chosen.write(sheets, made, notes)
        chosen.check(sheets, made, notes)
        return [made.name]
    folder = made.parent / "files"
    write_format(sheets, chosen, folder, notes)
    (folder / README).write_text(readme_text(notes), encoding="utf-8-sig")
    return pack(folder, made, notes.stamp)


def write_format(sheets: Sequence[Sheet], chosen: Format, folder: Path, notes: Notes) -> None:
    """Write sheets in one format into a folder, read every file back and compare it.

    Parameters
    ----------
    sheets
        What is written.
    chosen
        The format.
    folder
        Where the files go; made if it is not there. A file is named after its layer.
    notes
        What is said beside the data.

    Raises
    ------
    ExportError
        If a file cannot be written or differs when it is read back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    groups = [list(sheets)] if chosen.several else [[sheet] for sheet in sheets]
    for group in groups:
        name = group[0].key if len(group) == 1 else "layers"
        file = folder / f"{name}{chosen.suffix}"
        chosen.write(group, file, notes)
        chosen.check(group, file, notes)


def pack(folder: Path, made: Path, stamp: dt.datetime) -> list[str]:
    """Put all files of a folder into a zip, the same bytes for the same files and time.

    Parameters
    ----------
    folder
        What is packed, with its folders.
    made
        The zip to write.
    stamp
        The time that every entry carries.

    Returns
    -------
    list of str
        The names in the zip, in their order.

    Raises
    ------
    ExportError
        If the zip cannot be read back.
    """
    names = sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
    time = stamp.astimezone(UTC).timetuple()[:6]
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, time)
            entry.external_attr = _PLAIN_FILE << 16
            # The system that made it is written too, and must not depend on it.
            entry.create_system = _UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)
    with zipfile.ZipFile(made) as archive:
        broken = archive.testzip()
    if broken is not None:
        raise ExportError(
            Text(
                f"回读校验未通过，文件未写出：压缩包中的 {broken}",
                f"the file read back differs and was not kept: {broken} in the zip",
            )
        )
    return names


def readme_text(notes: Notes) -> str:
    """Return what the notes say, for people who open a text file."""
    blocks = [[sentence.get(notes.lang) for sentence in notes.sentences]]
    blocks += [
        [f"{name}: {value}" for name, value in record.items() if value]
        for record in notes.readme.fillna("").to_dict("records")
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _report(
    sheets: Sequence[Sheet], path: Path, files: tuple[Path, ...], notes: Notes, gaps: Gaps
) -> ExportReport:
    crs = next((s.crs.to_string() for s in sheets if s.crs is not None), "")
    layers = tuple((s.key, gaps.rows(s), s.located) for s in sheets)
    return ExportReport(path, files, layers, crs, checked=True, notes=notes.sentences)


def _nothing(left_out: Sequence[LayerSpec]) -> ExportError:
    if not left_out:
        return ExportUsageError(Text("没有选择图层", "no layer was chosen"))
    listed = ", ".join(spec.key for spec in left_out)
    return ExportError(
        Text(
            f"所选图层（{listed}）均为内部资料，不能公开导出",
            f"all chosen layers ({listed}) are internal and not exported to the public",
        )
    )
