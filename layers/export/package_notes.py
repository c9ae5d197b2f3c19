"""What a package says about itself: for people, for programs, and what is not in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.errors import Text
from layers.export.notes import AUDIENCE_MARKS
from layers.export.run import FORMATS
from layers.export.run import readme_text
from layers.export.sheets import export_crs
from layers.public_copy import PUBLIC_GRID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.export.notes import Notes
    from layers.export.sheets import Audience
    from layers.export.sheets import Sheet

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
STYLES = "styles"
"""Folder of the styles as files, for layers that are not a GeoPackage."""

_AXES = {
    True: Text("坐标顺序：经度、纬度，单位度", "axes: longitude, latitude, degrees"),
    False: Text(
        "坐标顺序：X 为东坐标，Y 为北坐标，单位米（测量习惯的 X 指北，与此相反）",
        "axes: X east, Y north, metres (surveyors in China call north X)",
    ),
}

_OPENED: Mapping[str, Text] = {
    "gpkg": Text(
        "QGIS：把文件拖入窗口，样式与注记自动加载；ArcGIS Pro：添加数据，选库中的图层",
        "QGIS: drop the file on the window, styles and labels load by themselves;"
        " ArcGIS Pro: Add Data, choose the layers in it",
    ),
    "shp": Text(
        "ArcGIS：添加 .shp（编码见 .cpg，字段全名见“字段对照表”）；QGIS 同时加载 .qml；"
        "没有图形的表和未定位的行在 _table.dbf 中",
        "ArcGIS: add the .shp (encoding in .cpg, full field names in the codebook);"
        " QGIS loads the .qml with it; tables without geometry and rows without place are"
        " in _table.dbf",
    ),
    "geojson": Text("QGIS、网页地图：直接打开", "QGIS, web maps: open it"),
    "fgb": Text("QGIS 3.16 以上：把文件拖入窗口", "QGIS 3.16 or later: drop it on the window"),
    "parquet": Text(
        "Python：geopandas.read_parquet；QGIS 需带 Arrow 的 GDAL",
        "Python: geopandas.read_parquet; QGIS needs a GDAL with Arrow",
    ),
    "kml": Text("Google Earth、奥维：打开即可", "Google Earth: open it"),
    "dxf": Text(
        "AutoCAD：打开后输入 ZOOM 回车 E 回车；图形单位为米，勿再缩放",
        "AutoCAD: open it, then ZOOM, E; the unit is the metre, do not scale it",
    ),
    "xlsx": Text("Excel、WPS：直接打开，含数据字典", "Excel: open it; it has a dictionary"),
    "csv": Text("Excel：双击即可，中文不会乱码（UTF-8 带 BOM）", "Excel: open it (UTF-8 with BOM)"),
    STYLES: Text(
        "QGIS：图层属性 → 样式 → 加载 .qml；GeoServer 等用 .sld",
        "QGIS: layer properties, Style, Load the .qml; .sld is for GeoServer and others",
    ),
}


@dataclass(frozen=True, slots=True)
class Part:
    """The layers as one format has them.

    Attributes
    ----------
    fmt
        The format, which is also the folder; empty for none yet.
    crs
        Their coordinate system as ``EPSG:n``.
    sheets
        The layers that are written.
    skipped
        Keys of the layers that the format cannot draw.
    notes
        What is said beside the data.
    """

    fmt: str
    crs: str
    sheets: tuple[Sheet, ...]
    skipped: tuple[str, ...]
    notes: Notes


@dataclass(frozen=True, slots=True)
class Contents:
    """A package before it is written.

    Attributes
    ----------
    catalogue, audience
        Of what, for whom.
    kept, left_out
        Layers that are in it, and internal ones that a public copy does not have.
    versions
        Version of each layer in the workspace, if it is known.
    main
        The layers that any format has, in the chosen coordinate system.
    parts
        The layers as each format has them.
    """

    catalogue: Catalogue
    audience: Audience
    kept: Sequence[LayerSpec]
    left_out: Sequence[LayerSpec]
    versions: Mapping[str, int]
    main: Part
    parts: tuple[Part, ...]

    def rows(self, sheet: Sheet) -> int:
        """Return how many rows of a layer are in the package, in the format that has most."""
        whole = any(
            FORMATS[part.fmt].unplaced and sheet.key in (s.key for s in part.sheets)
            for part in self.parts
        )
        return len(sheet.frame) if whole else sheet.located

    def unplaced(self) -> Iterator[tuple[Sheet, tuple[str, ...]]]:
        """Yield the layers with rows without place, and the formats that lack these rows."""
        for sheet in self.main.sheets:
            lack = tuple(
                part.fmt
                for part in self.parts
                if not FORMATS[part.fmt].unplaced and sheet.key not in part.skipped
            )
            if lack and sheet.located < len(sheet.frame):
                yield sheet, lack

    def hidden(self, spec: LayerSpec) -> tuple[FieldSpec, ...]:
        """Return the internal fields of a layer that this package does not have."""
        if self.audience == "internal":
            return ()
        return tuple(f for f in spec.fields if f.sensitivity == "internal")


def remarks(contents: Contents) -> list[Text]:
    """Say what is not as the user asked for it, and what was left out.

    Returns
    -------
    list of Text
        Formats in another coordinate system than the chosen one, layers that a format
        cannot hold, rows that are not drawn, internal fields; the internal layers stand in
        the notes of the main part.
    """
    return [
        *_other_systems(contents),
        *_not_drawn(contents),
        *_unplaced(contents),
        *(_hidden_fields(contents, spec) for spec in contents.kept if contents.hidden(spec)),
    ]


def _other_systems(contents: Contents) -> Iterator[Text]:
    for part in contents.parts:
        if part.crs != contents.main.crs:
            name = export_crs(part.crs).name
            degrees = bool(export_crs(part.crs).is_geographic)
            zh, en = ("经纬度", "degrees") if degrees else ("真实米制坐标", "true metres")
            yield Text(
                f"{part.fmt} 只能用{zh}，因此写成 {part.crs}（{name}），其他格式为"
                f" {contents.main.crs}",
                f"{part.fmt} carries {en} only and is written in {part.crs} ({name}), the"
                f" others in {contents.main.crs}",
            )


def _not_drawn(contents: Contents) -> Iterator[Text]:
    titles = {spec.key: spec.title for spec in contents.kept}
    for key, title in titles.items():
        formats = ", ".join(part.fmt for part in contents.parts if key in part.skipped)
        # What no format has is told by the notes of the main part.
        if formats and key not in contents.main.skipped:
            yield Text(
                f"“{title.zh}”是没有图形的表，不在 {formats} 中",
                f"'{title.en}' is a table without geometry and not in {formats}",
            )


def _unplaced(contents: Contents) -> Iterator[Text]:
    for sheet, lack in contents.unplaced():
        title, formats = sheet.title, ", ".join(lack)
        missing = len(sheet.frame) - sheet.located
        if contents.rows(sheet) == sheet.located:
            continue  # no format has them, as the notes of the main part say
        yield Text(
            f"“{title.zh}”未定位的 {missing} 条不在 {formats} 中",
            f"Not in {formats}: '{title.en}', not located (rows: {missing})",
        )


def _hidden_fields(contents: Contents, spec: LayerSpec) -> Text:
    fields = contents.hidden(spec)
    zh, en = "、".join(f.title.zh for f in fields), ", ".join(f.title.en for f in fields)
    return Text(
        f"“{spec.title.zh}”的内部字段未导出：{zh}",
        f"Left out of '{spec.title.en}' as internal: {en}",
    )


def package_readme(contents: Contents) -> str:
    """Return the notes of a package for people who open a text file."""
    notes = contents.main.notes
    lang, title = notes.lang, contents.catalogue.title
    head = [
        Text(f"{title.zh}：数据包", f"{title.en}: data package").get(lang),
        AUDIENCE_MARKS[contents.audience].get(lang),
        Text(
            f"版本：{contents.catalogue.edition} {contents.catalogue.version_text}",
            f"Edition: {contents.catalogue.edition} {contents.catalogue.version_text}",
        ).get(lang),
        notes.dated.get(lang),
    ]
    blocks = [
        "\n".join(head),
        _block(Text("内容", "Contents"), _folders(contents), lang),
        _block(Text("工作区版本", "Workspace versions"), _versions(contents), lang),
        _block(Text("取舍", "What is different or left out"), remarks(contents), lang),
        _block(Text("校验", "Checksums"), [_CHECKED], lang),
        Text("图层", "Layers").get(lang) + "\n" + readme_text(notes),
    ]
    return "\n\n".join(filter(None, blocks))


_CHECKED = Text(
    f"{SUMS} 含全部文件的 SHA-256：Linux、macOS 用 sha256sum -c {SUMS}，"
    "Windows 用 certutil -hashfile 文件 SHA256；所有文件写出后均已回读比对",
    f"{SUMS} holds the SHA-256 of all files: sha256sum -c {SUMS}, on Windows certutil -hashfile"
    " FILE SHA256; every file was read back and compared",
)


def _block(title: Text, lines: Sequence[Text], lang: str) -> str:
    told = [title.get(lang), *(f"- {line.get(lang)}" for line in lines)]
    return "\n".join(told) if lines else ""


def _folders(contents: Contents) -> list[Text]:
    told = []
    for part in contents.parts:
        if not part.sheets:
            told.append(
                Text(f"{part.fmt}：没有可写的图层", f"{part.fmt}: no layer that it can hold")
            )
            continue
        system, opened = _system(part), _OPENED[part.fmt]
        told.append(
            Text(
                f"{part.fmt}/ {system.zh}。{opened.zh}",
                f"{part.fmt}/ {system.en}. {opened.en}",
            )
        )
    if any(sheet.style is not None for sheet in contents.main.sheets):
        opened = _OPENED[STYLES]
        told.append(Text(f"{STYLES}/ {opened.zh}", f"{STYLES}/ {opened.en}"))
    return [*told, Text(f"{MANIFEST} 本说明的机读版", f"{MANIFEST}: the same for programs")]


def _system(part: Part) -> Text:
    if all(sheet.crs is None for sheet in part.sheets):
        return Text("表格，无坐标", "tables, no coordinates")
    system = export_crs(part.crs)
    axes = _AXES[bool(system.is_geographic)]
    named = f"{part.crs} {system.name}"
    return Text(f"{named}，{axes.zh}", f"{named}, {axes.en}")


def _versions(contents: Contents) -> list[Text]:
    unknown = Text("未知", "unknown")
    told = []
    for spec in contents.kept:
        version = contents.versions.get(spec.key)
        zh, en = (unknown.zh, unknown.en) if version is None else (f"{version}", f"{version}")
        told.append(Text(f"{spec.key} {spec.title.zh}：{zh}", f"{spec.key} {spec.title.en}: {en}"))
    return told


def manifest_text(contents: Contents, sums: Mapping[str, str], sizes: Mapping[str, int]) -> str:
    """Return the notes of a package for programs, as JSON.

    Parameters
    ----------
    contents
        The package.
    sums, sizes
        SHA-256 in hexadecimal and bytes of every file, by its name in the zip.
    """
    notes, catalogue = contents.main.notes, contents.catalogue
    public = contents.audience == "public"
    told = {
        "edition": catalogue.edition,
        "catalogue_version": catalogue.version_text,
        "time": notes.stamp.isoformat(timespec="seconds"),
        **({"export_id": notes.export_id} if notes.export_id else {}),
        "audience": contents.audience,
        "audience_mark": AUDIENCE_MARKS[contents.audience].zh,
        "language": notes.lang,
        "crs": contents.main.crs,
        "rounded_to": PUBLIC_GRID if public else None,
        "layers": [_layer(contents, at) for at in range(len(contents.main.sheets))],
        "formats": [_format(part, sums) for part in contents.parts],
        "left_out": _left_out(contents),
        "notes": [_both(text) for text in (*notes.sentences, *remarks(contents))],
        "files": [
            {"path": name, "bytes": sizes[name], "sha256": sums[name]} for name in sorted(sums)
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _layer(contents: Contents, at: int) -> dict[str, Any]:
    sheet, notes = contents.main.sheets[at], contents.main.notes
    source = notes.readme["来源" if notes.lang == "zh" else "source"].iloc[at]
    return {
        "key": sheet.key,
        "title": _both(sheet.title),
        "version": contents.versions.get(sheet.key),
        "rows": contents.rows(sheet),
        "located": sheet.located,
        "sample": sheet.sample,
        "sketch": sheet.sketch,
        "sources": source.splitlines(),
        "fields": [f.name for f in sheet.fields],
    }


def _format(part: Part, sums: Mapping[str, str]) -> dict[str, Any]:
    spatial = any(sheet.crs is not None for sheet in part.sheets)
    system = export_crs(part.crs)
    return {
        "format": part.fmt,
        "crs": part.crs if spatial else None,
        "crs_name": system.name if spatial else None,
        "axes": _both(_AXES[bool(system.is_geographic)]) if spatial else None,
        "layers": [sheet.key for sheet in part.sheets],
        "files": [name for name in sorted(sums) if name.startswith(f"{part.fmt}/")],
    }


def _left_out(contents: Contents) -> list[dict[str, Any]]:
    layers = [{"layer": spec.key, "why": "internal layer"} for spec in contents.left_out]
    fields = [
        {"layer": spec.key, "field": field.name, "why": "internal field"}
        for spec in contents.kept
        for field in contents.hidden(spec)
    ]
    skipped = [
        {"layer": key, "format": part.fmt, "why": "no geometry"}
        for part in contents.parts
        for key in part.skipped
    ]
    unplaced = [
        {
            "layer": sheet.key,
            "format": fmt,
            "why": "no place",
            "rows": len(sheet.frame) - sheet.located,
        }
        for sheet, lack in contents.unplaced()
        for fmt in lack
    ]
    return [*layers, *fields, *skipped, *unplaced]
