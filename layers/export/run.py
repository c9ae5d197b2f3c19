"""Exports: made ready, written aside, read back, and only then put in place."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from layers.aside import made_aside
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.excel import check_xlsx
from layers.export.excel import write_xlsx
from layers.export.geofiles import check_geojson
from layers.export.geofiles import check_gpkg
from layers.export.geofiles import check_json
from layers.export.geofiles import check_lonlat
from layers.export.geofiles import check_parquet
from layers.export.geofiles import write_geojson
from layers.export.geofiles import write_gpkg
from layers.export.geofiles import write_json
from layers.export.geofiles import write_parquet
from layers.export.notes import Notes
from layers.export.notes import make_notes
from layers.export.notes import table_notes
from layers.export.sheets import export_crs
from layers.export.sheets import layer_sheet
from layers.export.sheets import table_sheet
from layers.export.text import check_csv
from layers.export.text import write_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.export.sheets import Audience
    from layers.export.sheets import Sheet

    Step = Callable[[Sequence[Sheet], Path, Notes], None]

_ZIP = ".zip"


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
    """

    suffix: str
    write: Step
    check: Step
    several: bool = False


FORMATS: Mapping[str, Format] = {
    "gpkg": Format(".gpkg", write_gpkg, check_gpkg, several=True),
    "xlsx": Format(".xlsx", write_xlsx, check_xlsx, several=True),
    "geojson": Format(".geojson", write_geojson, check_geojson),
    "csv": Format(".csv", write_csv, check_csv),
}
"""Formats of layers."""

TABLE_FORMATS: Mapping[str, Format] = {
    **{entry.suffix: entry for entry in FORMATS.values()},
    ".json": Format(".json", write_json, check_json),
    ".parquet": Format(".parquet", write_parquet, check_parquet),
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
        ``(key, rows, located)`` of every layer.
    crs
        Coordinate system as ``EPSG:n``; empty without geometry.
    checked
        Always true: a file that does not read back as written is not kept.
    notes
        What the reader must know: marks, audience, what was left out.
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
        one layer; several go into a ``.zip``.
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

    Raises
    ------
    ExportError
        If the file cannot be written or differs when it is read back; then
        there is no new file and an old one is as it was. ExportUsageError if
        the choices contradict each other.
    """
    chosen = _format(fmt, tuple(FORMATS), FORMATS.get(fmt))
    _check_ending(path, chosen)
    public = audience == "public"
    left_out = [spec for spec in specs if public and spec.sensitivity == "internal"]
    kept = [spec for spec in specs if spec not in left_out]
    if not kept:
        raise _nothing(left_out)
    system = export_crs(crs)
    sheets = [
        layer_sheet(tables[spec.key], spec, crs=system, audience=audience, lang=lang)
        for spec in kept
    ]
    notes = make_notes(sheets, left_out, catalogue, audience=audience, lang=lang, sources=sources)
    files = _put(sheets, path, chosen, notes)
    return _report(sheets, path, files, notes)


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
    notes = table_notes(sheet, lang, internal=internal, remarks=remarks)
    files = _put([sheet], path, chosen, notes)
    return _report([sheet], path, files, notes)


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
    groups = [list(sheets)] if chosen.several else [[sheet] for sheet in sheets]
    written = []
    for group in groups:
        name = group[0].key if len(group) == 1 else "layers"
        file = made.with_name(f"{name}{chosen.suffix}")
        chosen.write(group, file, notes)
        chosen.check(group, file, notes)
        written.append(file)
    readme = made.with_name("README.txt")
    readme.write_text(_readme_text(notes), encoding="utf-8-sig")
    _pack(made, [*written, readme])
    return [file.name for file in (*written, readme)]


def _pack(made: Path, files: Sequence[Path]) -> None:
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    with zipfile.ZipFile(made) as archive:
        broken = archive.testzip()
    if broken is not None:
        raise ExportError(
            Text(
                f"回读校验未通过，文件未写出：压缩包中的 {broken}",
                f"the file read back differs and was not kept: {broken} in the zip",
            )
        )


def _readme_text(notes: Notes) -> str:
    blocks = [[sentence.get(notes.lang) for sentence in notes.sentences]]
    blocks += [
        [f"{name}: {value}" for name, value in record.items() if value]
        for record in notes.readme.fillna("").to_dict("records")
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _report(
    sheets: Sequence[Sheet], path: Path, files: tuple[Path, ...], notes: Notes
) -> ExportReport:
    crs = next((s.crs.to_string() for s in sheets if s.crs is not None), "")
    layers = tuple((s.key, len(s.frame), s.located) for s in sheets)
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
