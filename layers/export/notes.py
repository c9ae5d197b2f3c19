"""What every delivery says about itself: marks, sources, dictionary, audience."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import Text
from layers.export.sheets import DISTORTED
from layers.export.sheets import SAMPLE
from layers.export.sheets import SKETCH

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
_COARSE = Text(
    "公开版：坐标取整到约 10 米，内部字段未导出",
    "Public copy: coordinates are rounded to about 10 m, internal fields are left out",
)


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
    """

    lang: str
    sentences: tuple[Text, ...]
    readme: pd.DataFrame
    dictionary: pd.DataFrame
    stamp: dt.datetime


def make_notes(
    sheets: Sequence[Sheet],
    left_out: Sequence[LayerSpec],
    catalogue: Catalogue,
    *,
    audience: Audience,
    lang: str,
    sources: pd.DataFrame | None,
    stamp: dt.datetime | None = None,
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
    """
    time = stamp or _now()
    sentences = [AUDIENCE_MARKS[audience]]
    if audience == "public":
        sentences.append(_COARSE)
    if any(sheet.distorted for sheet in sheets):
        sentences.append(DISTORTED)
    sentences += [
        Text(f"内部图层“{s.title.zh}”未导出", f"The internal layer '{s.title.en}' is left out")
        for s in left_out
    ]
    sentences += [sentence for sheet in sheets for sentence in _mark_sentences(sheet)]
    marks = (AUDIENCE_MARKS[audience].get(lang), catalogue.version_text, _told(time))
    readme = pd.DataFrame([_readme_row(s, marks, lang, sources) for s in sheets], dtype="str")
    return Notes(lang, tuple(sentences), readme, _dictionary(sheets, lang), time)


def table_notes(sheet: Sheet, lang: str, *, internal: bool, remarks: Sequence[Text] = ()) -> Notes:
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
    """
    audience = [AUDIENCE_MARKS["internal"]] if internal else []
    time = _now()
    marks = ("".join(mark.get(lang) for mark in audience), "", _told(time))
    readme = pd.DataFrame([_readme_row(sheet, marks, lang, None)], dtype="str")
    sentences = (*audience, *_mark_sentences(sheet), *remarks)
    return Notes(lang, sentences, readme, _dictionary([sheet], lang), time)


def heading(field: FieldSpec, lang: str) -> str:
    """Return the title of a field with its unit, in the brackets of the language."""
    title = field.title.get(lang)
    if not field.unit:
        return title
    return f"{title}（{field.unit}）" if lang == "zh" else f"{title} ({field.unit})"


def _now() -> dt.datetime:
    return dt.datetime.now().astimezone()


def _told(time: dt.datetime) -> str:
    return time.isoformat(timespec="seconds")


def _mark_sentences(sheet: Sheet) -> list[Text]:
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
        sentences.append(
            Text(
                f"“{title.zh}”有 {missing} 条未定位，只在表中",
                f"{missing} rows of '{title.en}' are not located and stand in the table only",
            )
        )
    return sentences


def _readme_row(
    sheet: Sheet, marks: tuple[str, str, str], lang: str, sources: pd.DataFrame | None
) -> dict[str, str]:
    crs = "" if sheet.crs is None else f"{sheet.crs.to_string()} {sheet.crs.name}"
    if sheet.distorted:
        crs = f"{crs} – {DISTORTED.get(lang)}"
    audience, version, time = marks
    cells = (
        ("图层", "layer", sheet.key),
        ("名称", "title", sheet.title.get(lang)),
        ("说明", "description", sheet.description.get(lang)),
        ("行数", "rows", str(len(sheet.frame))),
        ("已定位", "located", str(sheet.located)),
        ("坐标系", "crs", crs),
        ("来源", "source", _source_text(sheet.frame, lang, sources)),
        ("示例标记", "sample", SAMPLE.get(lang) if sheet.sample else ""),
        ("示意标记", "sketch", SKETCH.get(lang) if sheet.sketch else ""),
        ("使用范围", "audience", audience),
        ("目录版本", "catalogue_version", version),
        ("导出时间", "exported", time),
    )
    return {zh if lang == "zh" else en: value for zh, en, value in cells}


def _source_text(frame: pd.DataFrame, lang: str, sources: pd.DataFrame | None) -> str:
    """Return the sources of a layer with title, publisher and licence where they are listed."""
    if "source" not in frame:
        return ""
    ids = frame["source"].dropna().str.split(";").explode().str.strip()
    known = {} if sources is None else sources.fillna("").set_index("source_id").to_dict("index")
    lines = []
    for source in sorted(set(ids) - {""}):
        entry = known.get(source, {})
        parts = (entry.get(f"title_{lang}"), entry.get("publisher"), entry.get("licence"))
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
