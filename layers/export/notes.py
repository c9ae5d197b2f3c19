"""What every delivery says about itself: marks, sources, dictionary, audience."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from layers.audit.export_id import export_id_text
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.sheets import DISTORTED
from layers.export.sheets import SAMPLE
from layers.export.sheets import SKETCH
from layers.frames import has_geometry
from layers.public_copy import COARSE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.export.sheets import Audience
    from layers.export.sheets import Sheet

AUDIENCE_MARKS: dict[Audience, Text] = {
    "internal": Text("内部资料 注意保管", "内部资料 注意保管 (internal, keep safe)"),
    "public": Text("未送审不得公开", "未送审不得公开 (not to be published before map review)"),
}
# The district's own time, without the rules of a zone: bytes must not depend on a computer.
_BEIJING = dt.timezone(dt.timedelta(hours=8))
_VERSION_TIME = Text("数据版本时间", "version_time")
_EXPORTED = Text("导出时间", "exported")
_EXPORT_ID = Text("导出编号", "export_id")


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time that a delivery names.

    Attributes
    ----------
    time
        In Beijing time, UTC+8.
    versioned
        Whether it is the time of the newest version of the data; else that of the export.
    """

    time: dt.datetime
    versioned: bool

    @classmethod
    def of(cls, time: dt.datetime | None) -> Stamp:
        """Return the stamp of a version of the data, or of an export now for ``None``.

        Raises
        ------
        ValueError
            If `time` has no time zone.
        """
        if time is None:
            return cls(dt.datetime.now(_BEIJING), versioned=False)
        if time.tzinfo is None:
            msg = "`stamp` has no time zone; it must be aware."
            raise ValueError(msg)
        return cls(time.astimezone(_BEIJING), versioned=True)


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a format cannot hold of what was asked for.

    Attributes
    ----------
    tables
        The sheets without geometry that are therefore left out.
    unplaced
        Whether rows without place are left out too.
    """

    tables: Sequence[Sheet] = ()
    unplaced: bool = False

    def rows(self, sheet: Sheet) -> int:
        """Return how many rows of a sheet are in the file."""
        return sheet.located if self.unplaced else len(sheet.frame)


NO_GAPS = Gaps()


@dataclass(frozen=True, slots=True)
class Notes:
    """What is written beside the data.

    Attributes
    ----------
    lang
        ``zh`` or ``en``.
    sentences
        Marks and what was left out, in both languages.
    readme
        One row a layer; headings and cells are text in `lang`.
    dictionary
        One row a field; headings and cells are text in `lang`.
    stamp
        The time that every file names, aware; equal data of one time give equal files.
    versioned
        Whether `stamp` is the time of the newest version of the data; else that of the
        export.
    export_id
        What the audit knows the delivery by, empty for none; it stands in `sentences` and
        `readme`, too.
    """

    lang: str
    sentences: tuple[Text, ...]
    readme: pd.DataFrame
    dictionary: pd.DataFrame
    stamp: dt.datetime
    versioned: bool = False
    export_id: str = ""

    @property
    def dated(self) -> Text:
        """The time in Beijing time, and what it is the time of, for people."""
        name, time = _name_of_time(versioned=self.versioned), _told(self.stamp)
        return Text(f"{name.zh}：{time}", f"{name.en.replace('_', ' ').capitalize()}: {time}")


def make_notes(  # noqa: PLR0913 -- everything that a delivery says of itself, each by name
    sheets: Sequence[Sheet],
    left_out: Sequence[LayerSpec],
    catalogue: Catalogue,
    *,
    audience: Audience,
    lang: str,
    sources: pd.DataFrame | None,
    stamp: Stamp | None = None,
    gaps: Gaps = NO_GAPS,
    export_id: str = "",
) -> Notes:
    """Say what a delivery of layers contains.

    Parameters
    ----------
    sheets
        The layers as they stand in the file.
    left_out
        Internal layers that a public copy does not have.
    catalogue
        Gives edition and version.
    audience, lang
        For whom, in which language.
    sources
        The list of sources of :func:`layers.edition.load_sources`.
    stamp
        The time that the delivery names; now by default.
    gaps
        What the file cannot hold; it is told, and is not counted as rows of the file.
    export_id
        What the audit knows the delivery by; empty for none.
    """
    stamp = stamp or Stamp.of(None)
    sentences = [AUDIENCE_MARKS[audience]]
    if audience == "public":
        sentences.append(COARSE)
    if any(sheet.distorted for sheet in sheets):
        sentences.append(DISTORTED)
    sentences += [
        Text(f"内部图层“{s.title.zh}”未导出", f"The internal layer '{s.title.en}' is left out")
        for s in left_out
    ]
    sentences += [_left_out_table(sheet) for sheet in gaps.tables]
    sentences += [sentence for sheet in sheets for sentence in _mark_sentences(sheet, gaps)]
    if export_id:
        sentences.append(export_id_text(export_id))
    marks = (AUDIENCE_MARKS[audience].get(lang), catalogue.version_text)
    own = {_EXPORT_ID.get(lang): export_id} if export_id else {}
    rows = [_readme_row(s, marks, lang, sources, stamp, gaps) | own for s in sheets]
    return Notes(
        lang,
        tuple(sentences),
        pd.DataFrame(rows, dtype="str"),
        _dictionary(sheets, lang),
        stamp.time,
        stamp.versioned,
        export_id,
    )


def table_notes(
    sheet: Sheet,
    lang: str,
    *,
    internal: bool,
    remarks: Sequence[Text] = (),
    gaps: Gaps = NO_GAPS,
) -> Notes:
    """Say what a single result table contains, and whether any of it is internal.

    Parameters
    ----------
    sheet
        The table.
    lang
        ``zh`` or ``en``.
    internal
        Whether it must not leave the office.
    remarks
        What else belongs to the numbers: rule version, parameters, layer versions.
    gaps
        What the file cannot hold.
    """
    audience = [AUDIENCE_MARKS["internal"]] if internal else []
    stamp = Stamp.of(None)
    marks = ("".join(mark.get(lang) for mark in audience), "")
    readme = pd.DataFrame([_readme_row(sheet, marks, lang, None, stamp, gaps)], dtype="str")
    sentences = (*audience, *_mark_sentences(sheet, gaps), *remarks)
    return Notes(lang, sentences, readme, _dictionary([sheet], lang), stamp.time)


def only_tables(formats: Sequence[str], sheets: Sequence[Sheet]) -> ExportUsageError:
    """Return the error that formats hold nothing of what was chosen, for want of geometry."""
    named = ", ".join(formats)
    zh = "、".join(f"“{sheet.title.zh}”" for sheet in sheets)
    en = ", ".join(f"'{sheet.title.en}'" for sheet in sheets)
    return ExportUsageError(
        Text(
            f"{zh}没有图形，不能写成 {named}；请用 CSV、XLSX 或 GeoPackage",
            f"without shapes there is nothing to write as {named}: {en}; write CSV, XLSX or"
            " a GeoPackage",
        )
    )


def heading(field: FieldSpec, lang: str) -> str:
    """Return the title of a field with its unit, in the brackets of the language."""
    title = field.title.get(lang)
    if not field.unit:
        return title
    return f"{title}（{field.unit}）" if lang == "zh" else f"{title} ({field.unit})"


def _name_of_time(*, versioned: bool) -> Text:
    return _VERSION_TIME if versioned else _EXPORTED


def _told(time: dt.datetime) -> str:
    return time.astimezone(_BEIJING).isoformat(timespec="seconds")


def _left_out_table(sheet: Sheet) -> Text:
    title, rows = sheet.title, len(sheet.frame)
    return Text(
        f"不在此文件中：“{title.zh}”（没有图形的表，{rows} 行）",
        f"Not in this file: '{title.en}' (table without geometry, rows: {rows})",
    )


def _mark_sentences(sheet: Sheet, gaps: Gaps) -> list[Text]:
    title = sheet.title
    sentences = []
    if sheet.sample:
        sentences.append(
            Text(f"“{title.zh}”含示例数据", f"'{title.en}' contains 示例数据 (sample data)")
        )
    if sheet.sketch:
        sentences.append(
            Text(f"“{title.zh}”的边界为示意", f"Boundaries of '{title.en}' are sketches (示意)")
        )
    missing = len(sheet.frame) - sheet.located
    if sheet.crs is not None and missing:
        sentences.append(_unplaced(title, missing, gaps))
    return sentences


def _unplaced(title: Text, missing: int, gaps: Gaps) -> Text:
    if gaps.unplaced:
        return Text(
            f"不在此文件中：“{title.zh}”未定位的 {missing} 条",
            f"Not in this file: '{title.en}', not located (rows: {missing})",
        )
    return Text(
        f"“{title.zh}”有 {missing} 条未定位，只在表中",
        f"In the table only: '{title.en}', not located (rows: {missing})",
    )


def _readme_row(
    sheet: Sheet,
    marks: tuple[str, str],
    lang: str,
    sources: pd.DataFrame | None,
    stamp: Stamp,
    gaps: Gaps,
) -> dict[str, str]:
    crs = "" if sheet.crs is None else f"{sheet.crs.to_string()} {sheet.crs.name}"
    if sheet.distorted:
        crs = f"{crs} – {DISTORTED.get(lang)}"
    audience, version = marks
    time = _name_of_time(versioned=stamp.versioned)
    cells = (
        ("图层", "layer", sheet.key),
        ("名称", "title", sheet.title.get(lang)),
        ("说明", "description", sheet.description.get(lang)),
        ("行数", "rows", str(gaps.rows(sheet))),
        ("已定位", "located", str(sheet.located) if has_geometry(sheet.frame) else ""),
        ("坐标系", "crs", crs),
        ("来源", "source", _source_text(sheet.frame, lang, sources)),
        ("示例标记", "sample", SAMPLE.get(lang) if sheet.sample else ""),
        ("示意标记", "sketch", SKETCH.get(lang) if sheet.sketch else ""),
        ("使用范围", "audience", audience),
        ("目录版本", "catalogue_version", version),
        (time.zh, time.en, _told(stamp.time)),
    )
    return {zh if lang == "zh" else en: value for zh, en, value in cells}


def _source_text(frame: pd.DataFrame, lang: str, sources: pd.DataFrame | None) -> str:
    """Return the sources of a layer with what the list of sources says of each.

    That is title, publisher, date and licence, as far as they are known.
    """
    if "source" not in frame:
        return ""
    ids = frame["source"].dropna().str.split(";").explode().str.strip()
    known = {} if sources is None else sources.fillna("").set_index("source_id").to_dict("index")
    lines = []
    for source in sorted(set(ids) - {""}):
        entry = known.get(source, {})
        parts = (entry.get(name) for name in (f"title_{lang}", "publisher", "date", "licence"))
        told = ", ".join(str(part) for part in parts if part)
        lines.append(f"{source}: {told}" if told else source)
    return "\n".join(lines)


def _dictionary(sheets: Sequence[Sheet], lang: str) -> pd.DataFrame:
    rows = []
    for sheet in sheets:
        for field in sheet.fields:
            low, high = (
                "" if bound is None else f"{bound:g}" for bound in (field.minimum, field.maximum)
            )
            choices = "; ".join(f"{c.value} {c.title.get(lang)}" for c in field.choices)
            cells = (
                ("图层", "layer", sheet.title.get(lang)),
                ("字段", "field", field.name),
                ("名称", "title", field.title.get(lang)),
                ("类型", "type", field.type),
                ("单位", "unit", field.unit),
                ("范围", "range", f"{low} … {high}" if low or high else ""),
                ("取值", "choices", choices),
            )
            rows.append({zh if lang == "zh" else en: value for zh, en, value in cells})
    return pd.DataFrame(rows, dtype="str")
