"""The package: all chosen layers in all chosen formats, in one zip that checks itself.

Every file is read back by the check of its format, the zip is tested, and the checksums
are verified from the zip before it is put in place. Equal data of one time give equal
bytes.
"""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml.ElementTree import fromstring
from shapely.errors import ShapelyError

from geo.crs import STORAGE_CRS
from layers.aside import made_aside
from layers.errors import AtlasError
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.notes import Gaps
from layers.export.notes import Stamp
from layers.export.notes import make_notes
from layers.export.notes import only_tables
from layers.export.package_notes import MANIFEST
from layers.export.package_notes import STYLES
from layers.export.package_notes import SUMS
from layers.export.package_notes import Contents
from layers.export.package_notes import Part
from layers.export.package_notes import manifest_text
from layers.export.package_notes import package_readme
from layers.export.package_notes import remarks
from layers.export.run import FORMATS
from layers.export.run import README
from layers.export.run import ExportReport
from layers.export.run import for_audience
from layers.export.run import pack
from layers.export.run import styles_of
from layers.export.run import write_format
from layers.export.sheets import export_crs
from layers.export.sheets import layer_sheet
from layers.export.styling import qml_text
from layers.export.styling import sld_text
from layers.grids import usual_grid
from layers.systems import LONLAT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.export.sheets import Audience
    from layers.export.sheets import Sheet
    from layers.style import LayerStyle

    Progress = Callable[[Text, float], None]
    Step = tuple[Text, Callable[[], None]]

PACKAGE_FORMATS = ("gpkg", "shp", "geojson", "kml", "dxf", "xlsx", "csv")
"""Formats of a package unless others are asked for."""

_ZIP = ".zip"
_LONLAT_FORMATS: Mapping[str, tuple[str, ...]] = {
    "geojson": (STORAGE_CRS, LONLAT),
    "kml": (LONLAT,),
}
_METRE_FORMATS = frozenset({"dxf"})
# A placemark without place is of no use beside the other files of a package.
_NO_TABLES = frozenset({"kml"})
_READ_SIZE = 1 << 20
# What writers and readers raise; a full disk goes on to whoever made the place.
_FAILURES = (RuntimeError, ValueError, SyntaxError, ShapelyError)


def export_package(  # noqa: PLR0913 -- the choices of the export page, each with its own name
    tables: Mapping[str, pd.DataFrame],
    specs: Sequence[LayerSpec],
    catalogue: Catalogue,
    *,
    path: Path,
    formats: Sequence[str] = PACKAGE_FORMATS,
    crs: str = STORAGE_CRS,
    audience: Audience = "internal",
    lang: str = "zh",
    sources: pd.DataFrame | None = None,
    styles: Mapping[str, LayerStyle] | None = None,
    stamp: dt.datetime | None = None,
    versions: Mapping[str, int] | None = None,
    progress: Progress | None = None,
    export_id: str = "",
) -> ExportReport:
    """Write layers in several formats into one zip with notes, manifest and checksums.

    Parameters
    ----------
    tables
        Frames by layer key, EPSG:4490.
    specs
        The layers, in order.
    catalogue
        The catalogue, for the notes.
    path
        The file, ending in ``.zip``.
    formats
        Keys of :data:`layers.export.run.FORMATS`, each a folder of the zip. Layers
        without geometry are not in ``fgb``, ``kml`` and ``dxf``, rows without place not
        in ``dxf``; the notes say so.
    crs
        ``EPSG:n`` on CGCS2000 or WGS 84; axes are east, north. A format that cannot
        carry it is written in another one, which the notes name: GeoJSON and KML in
        longitude and latitude, DXF in the metres of
        :func:`layers.grids.usual_grid`.
    audience
        ``internal`` or ``public``, as in :func:`layers.export.run.export_layers`. In a
        public copy all systems show the same coordinates, rounded once in longitude and
        latitude: two independent roundings of one place would narrow it down.
    lang
        ``zh`` or ``en``, for titles and notes.
    sources
        List of sources, for the notes.
    styles
        How the layers are drawn, by key; a layer without one as the catalogue says.
    stamp
        The time that all files name, aware; now by default. With the time of the newest
        commit, equal versions of a workspace give equal bytes.
    versions
        Version of every layer in the workspace, for the notes.
    progress
        Called with what is done next and the share that is done, 0 to 1.
    export_id
        What the audit knows the package by; it stands in every file that has room for
        notes, and in the manifest. Empty for none.

    Returns
    -------
    ExportReport
        ``files`` are the names in the zip, ``crs`` is the chosen system; ``layers`` have
        the rows of the format that holds most.

    Raises
    ------
    ExportError
        Naming the format that could not be written or that differs when it is read
        back; then there is no new file and an old one is as it was. ExportUsageError if
        the choices contradict each other, or no format holds any of the layers.
    ValueError
        If `stamp` has no time zone.
    """
    dated = Stamp.of(stamp)
    _check_wish(path, formats)
    kept, left_out = for_audience(specs, audience)
    drawn = styles_of(kept, tables, catalogue, styles or {})
    order = _Order(
        tables, kept, left_out, catalogue, audience, lang, sources, drawn, dated, export_id
    )
    contents = Contents(
        catalogue,
        audience,
        kept,
        left_out,
        dict(versions or {}),
        *_parts(order, formats, crs),
    )
    names = _put(contents, path, progress or _silent)
    sheets = contents.main.sheets
    layers = tuple((s.key, contents.rows(s), s.located) for s in sheets)
    system = next((s.crs.to_string() for s in sheets if s.crs is not None), "")
    told = (*contents.main.notes.sentences, *remarks(contents))
    return ExportReport(path, tuple(map(Path, names)), layers, system, checked=True, notes=told)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is delivered to whom, in whatever coordinate system."""

    tables: Mapping[str, pd.DataFrame]
    kept: Sequence[LayerSpec]
    left_out: Sequence[LayerSpec]
    catalogue: Catalogue
    audience: Audience
    lang: str
    sources: pd.DataFrame | None
    styles: Mapping[str, LayerStyle | None]
    stamp: Stamp
    export_id: str

    def sheets(self, crs: str) -> tuple[Sheet, ...]:
        """Return the layers as they stand in a coordinate system."""
        system = export_crs(crs)
        return tuple(
            layer_sheet(
                self.tables[spec.key],
                spec,
                crs=system,
                audience=self.audience,
                lang=self.lang,
                style=self.styles[spec.key],
            )
            for spec in self.kept
        )

    def part(self, fmt: str, crs: str, sheets: Sequence[Sheet], gaps: Gaps) -> Part:
        """Return layers with what is said beside them, and beside what is left out."""
        notes = make_notes(
            sheets,
            self.left_out,
            self.catalogue,
            audience=self.audience,
            lang=self.lang,
            sources=self.sources,
            stamp=self.stamp,
            gaps=gaps,
            export_id=self.export_id,
        )
        return Part(fmt, crs, tuple(sheets), tuple(s.key for s in gaps.tables), notes)


def _silent(_what: Text, _share: float) -> None:
    """Tell nobody."""


def _parts(order: _Order, formats: Sequence[str], crs: str) -> tuple[Part, tuple[Part, ...]]:
    """Return the layers in the chosen system, and as they stand in every format."""
    name = export_crs(crs).to_string()
    sheets = order.sheets(name)
    ready = {name: sheets}
    parts = []
    for fmt in dict.fromkeys(formats):
        system = _system_of(fmt, name, sheets, order.catalogue.central_meridian)
        if system not in ready:
            ready[system] = order.sheets(system)
        holds = replace(FORMATS[fmt], tables=FORMATS[fmt].tables and fmt not in _NO_TABLES)
        parts.append(order.part(fmt, system, *holds.fitting(ready[system])))
    there = {sheet.key for part in parts for sheet in part.sheets}
    if not there:
        raise only_tables(tuple(part.fmt for part in parts), sheets)
    nowhere = [sheet for sheet in sheets if sheet.key not in there]
    unplaced = not any(FORMATS[part.fmt].unplaced and part.sheets for part in parts)
    kept = [sheet for sheet in sheets if sheet.key in there]
    return order.part("", name, kept, Gaps(nowhere, unplaced)), tuple(parts)


def _check_wish(path: Path, formats: Sequence[str]) -> None:
    if path.suffix.lower() != _ZIP:
        raise ExportUsageError(
            Text(
                f"数据包是 {_ZIP} 文件；{path.name} 请以 {_ZIP} 结尾",
                f"a package is a {_ZIP} file; end {path.name} in {_ZIP}",
            )
        )
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        named, listed = ", ".join(unknown), ", ".join(FORMATS)
        raise ExportUsageError(
            Text(
                f"数据包不支持格式“{named}”；可用：{listed}",
                f"a package has no format '{named}'; use one or more of {listed}",
            )
        )


def _system_of(fmt: str, crs: str, sheets: Sequence[Sheet], longitude: float) -> str:
    """Return the system in which a format is written when `crs` is asked for."""
    allowed = _LONLAT_FORMATS.get(fmt)
    if allowed is not None:
        return crs if crs in allowed else allowed[0]
    degrees = bool(export_crs(crs).is_geographic)
    untrue = degrees or any(sheet.distorted for sheet in sheets)
    return usual_grid(longitude) if fmt in _METRE_FORMATS and untrue else crs


def _put(contents: Contents, path: Path, progress: Progress) -> list[str]:
    """Make all files and the zip beside the target, then move it into place."""
    with made_aside(path, f"export{_ZIP}") as made:
        folder = made.with_name("package")
        folder.mkdir()
        steps = _steps(contents, folder)
        for number, (what, work) in enumerate(steps):
            progress(what, number / (len(steps) + 1))
            work()
        progress(Text("压缩并校验", "packing and checking"), len(steps) / (len(steps) + 1))
        names = pack(folder, made, contents.main.notes.stamp)
        _verify(made, names)
        progress(Text("完成", "done"), 1.0)
    return names


def _steps(contents: Contents, folder: Path) -> list[Step]:
    """Return what is to be done, one step a file that holds layers."""
    steps: list[Step] = []
    for part in contents.parts:
        chosen = FORMATS[part.fmt]
        groups = [part.sheets] if chosen.several else [(sheet,) for sheet in part.sheets]
        for group in filter(None, groups):
            titles = [sheet.title for sheet in group]
            zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
            steps.append(
                (Text(f"{part.fmt}：{zh}", f"{part.fmt}: {en}"), _work(part, group, folder))
            )
    steps.append((Text("样式与说明", "styles and notes"), lambda: _describe(contents, folder)))
    return steps


def _work(part: Part, group: tuple[Sheet, ...], folder: Path) -> Callable[[], None]:
    def work() -> None:
        with _naming(part.fmt):
            write_format(group, FORMATS[part.fmt], folder / part.fmt, part.notes)

    return work


@contextmanager
def _naming(fmt: str) -> Iterator[None]:
    """Let every failure say in which format it happened."""
    try:
        yield
    except AtlasError as error:
        text = Text(f"{fmt} 格式：{error.text.zh}", f"format {fmt}: {error.text.en}")
        raise type(error)(text) from error
    except _FAILURES as error:
        text = Text(
            f"{fmt} 格式写出失败，文件未写出：{error}",
            f"the format {fmt} failed and nothing was written: {error}",
        )
        raise ExportError(text) from error


def _describe(contents: Contents, folder: Path) -> None:
    """Write styles, notes, manifest and checksums, which is the last."""
    lang = contents.main.notes.lang
    for sheet in contents.main.sheets:
        if sheet.style is not None:
            _write_style(folder / STYLES, sheet, lang)
    (folder / README).write_text(package_readme(contents), encoding="utf-8-sig")
    files = {name: folder / name for name in _names(folder)}
    sums = {name: _sum_of_file(file) for name, file in files.items()}
    sizes = {name: file.stat().st_size for name, file in files.items()}
    (folder / MANIFEST).write_text(manifest_text(contents, sums, sizes), encoding="utf-8")
    sums[MANIFEST] = _sum_of_file(folder / MANIFEST)
    lines = (f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def _write_style(folder: Path, sheet: Sheet, lang: str) -> None:
    folder.mkdir(exist_ok=True)
    for ending, text in ((".qml", qml_text(sheet, lang)), (".sld", sld_text(sheet, lang))):
        file = folder / f"{sheet.key}{ending}"
        file.write_text(text, encoding="utf-8")
        with _naming(ending[1:]):
            fromstring(file.read_text(encoding="utf-8"))


def _names(folder: Path) -> list[str]:
    return sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())


def _sum_of_file(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _verify(made: Path, names: Sequence[str]) -> None:
    """Compare the zip with its own checksums.

    Raises
    ------
    ExportError
        If a file is missing, is not listed, or has another checksum.
    """
    with zipfile.ZipFile(made) as archive:
        lines = archive.read(SUMS).decode("utf-8").splitlines()
        sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        wrong = sorted(sums.keys() ^ (set(names) - {SUMS}))
        for name, digest in sums.items():
            with archive.open(name) as member:
                found = hashlib.sha256()
                while block := member.read(_READ_SIZE):
                    found.update(block)
            if found.hexdigest() != digest:
                wrong.append(name)
    if wrong:
        listed = ", ".join(wrong)
        raise ExportError(
            Text(
                f"数据包校验未通过，文件未写出：{listed} 与校验和不符",
                f"the package was not kept: {listed} differs from its checksum",
            )
        )
