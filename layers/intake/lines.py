"""Lines of a table that are no records: sums, remarks, repeated headings, empty ones.

They are left out and said, each with its row and text. What a line is, is told by
tables of words; a record whose id is given is kept whatever its name contains.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from layers.frames import GEOMETRY
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import LayerSpec
    from layers.intake.columns import Columns
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue

_SUMS = (
    "合计|小计|总计|共计|累计|总和|汇总|平均值?|均值|sub-?total|grandtotal|total|sum|average|avg"
)
_SUM = re.compile(rf"(?:本页|全区|全部|年度|本年|本月)?(?:{_SUMS})(?:[(:\d共].*)?")
_SUM_OF = re.compile(rf".+(?:{_SUMS})")

_SIGNED = (
    "备注|注|附注|说明|填表说明|填报说明|填表人|填报人|填表日期|填报日期|填报时间|审核人?|审批|复核人?|制表人?"
    "|制表日期|制表时间|编制人?|编制单位|单位负责人|负责人|填报单位|填表单位|打印时间|打印日期|联系人|联系电话"
    "|电话|日期|数据来源|资料来源|来源|单位|盖章|签字|note|notes|source|preparedby|checkedby|date"
)
_REMARK = re.compile(rf"[(※*]?(?:{_SIGNED})\d*[).、]?(?:[:].*)?|[※*].+|[(]?注\d*[).、].*")
_SENTENCE = re.compile(r"[。；;！!]")
_SECTION = re.compile(
    r"[(]?[一二三四五六七八九十]+[)、.,].+|第[一二三四五六七八九十\d]+(?:部分|章|节|类).*"
)

# An id that none of these words is in, which is the usual case.
_ORDINARY = re.compile(r"[A-Za-z]{0,2}-?[0-9]+")

_RUNNING = frozenset({"序号", "序", "no", "no.", "行号", "#", "index", "row"})
_PLACEHOLDERS = frozenset(
    {"-", "--", "---", "–", "—", "——", "/", "\\", "无", "n/a", "na", ".", "…"}
)

_TWO = 2


@dataclass(frozen=True, slots=True)
class _Line:
    """A row as far as it is filled, in plain spelling.

    Attributes
    ----------
    key, name
        What stands under the id and the name of the layer; empty if nothing.
    cells
        Heading and text of the filled cells.
    texts
        Whether each of them is a text, and no number or date.
    shown
        The first filled cell as it stands.
    """

    key: str
    name: str
    cells: Sequence[tuple[str, str]]
    texts: Sequence[bool]
    shown: str

    @property
    def lone(self) -> bool:
        """Tell whether nothing but one text stands in the row, or its copies."""
        return len({text for _, text in self.cells}) == 1 and all(self.texts)


def drop_lines(raw: Raw, columns: Columns, spec: LayerSpec, request: Request) -> Raw:
    """Leave out the lines that are no records.

    Parameters
    ----------
    raw
        A table as read.
    columns
        Which of its columns is what.
    spec
        The layer; its id and name decide what a record is.
    request
        The file, for the findings.

    Returns
    -------
    Raw
        The other rows with their numbers, in order; a finding for every row that
        was left out, none of the earlier ones about those rows, and how many they are.
    """
    headings = [h for h in raw.frame.columns if not (raw.shapes and h == GEOMETRY)]
    frame = raw.frame[headings]
    filled = frame.notna().to_numpy().tolist()
    values = frame.to_numpy(dtype=object).tolist()
    plain = [_plain(str(heading)) for heading in headings]
    at = {heading: i for i, heading in enumerate(headings)}
    key, name = (
        at.get(columns.fields.get(field, ""), -1) for field in (spec.id_field, spec.name_field)
    )
    mapped = {at[h] for h in (*columns.fields.values(), *columns.places.values()) if h in at}
    running = {i for i, word in enumerate(plain) if word in _RUNNING and i not in mapped}
    kept = np.ones(len(frame), dtype=bool)
    issues: list[Issue] = []
    empty: list[int] = []
    for i, (cells, there) in enumerate(zip(values, filled, strict=True)):
        known = key >= 0 and there[key]
        if known and not _is_odd(cells[key], plain[key], cells[name], cells[0]):
            continue
        line = _line(cells, there, plain, key, name)
        if not line.cells:
            continue
        row = int(raw.rows.iloc[i])
        code = next((code for code, holds in _RULES.items() if holds(line)), "")
        if code:
            issues.append(request.issue(code, row, value=line.shown))
        elif _is_empty(cells, there, running):
            empty.append(row)
        else:
            continue
        kept[i] = False
    if empty:
        issues.append(request.issue("empty_rows_dropped", empty[0], count=len(empty)))
    if kept.all():
        return raw
    gone = set(raw.rows[~kept])
    earlier = (issue for issue in raw.issues if issue.row == 0 or issue.row not in gone)
    return replace(
        raw,
        frame=raw.frame[kept].reset_index(drop=True),
        rows=raw.rows[kept].reset_index(drop=True),
        issues=(*earlier, *issues),
        dropped=raw.dropped + len(gone),
    )


def _plain(text: str) -> str:
    """Return a text without width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _is_odd(key: object, heading: str, name: object, first: object) -> bool:
    """Tell whether a row with an id needs a closer look: most rows do not."""
    if isinstance(first, str) and first.rstrip().endswith((":", "：")):
        return True
    if isinstance(name, str) and _SUM.fullmatch(_label(_plain(name))):
        return True
    if not isinstance(key, str):
        return False
    if _ORDINARY.fullmatch(key):
        return key.casefold() in heading
    text = _plain(key)
    whole = any(p.fullmatch(_label(text)) for p in (_SUM, _SUM_OF, _REMARK, _SECTION))
    return whole or text in heading or _is_placeholder(text) or bool(_SENTENCE.search(text))


def _line(
    cells: Sequence[object], there: Sequence[bool], headings: Sequence[str], key: int, name: int
) -> _Line:
    found: list[tuple[str, str]] = []
    texts: list[bool] = []
    told = {key: "", name: ""}
    shown = ""
    for i, cell in enumerate(cells):
        if not there[i]:
            continue
        # Numbers cannot be words; spelling them is what would take the time.
        text = _plain(cell) if isinstance(cell, str) else "0"
        if not text:
            continue
        shown = shown or cell_text(cell).strip()
        found.append((headings[i], text))
        texts.append(isinstance(cell, str))
        if i in told:
            told[i] = text
    told[-1] = ""
    return _Line(told[key], told[name], found, texts, shown)


def _is_empty(cells: Sequence[object], there: Sequence[bool], running: set[int]) -> bool:
    """Tell whether nothing but a running number and placeholders stands in a row."""
    return all(
        i in running or not there[i] or (isinstance(cell, str) and _is_placeholder(cell))
        for i, cell in enumerate(cells)
    )


def _is_placeholder(cell: str) -> bool:
    text = _plain(cell)
    return not text or text in _PLACEHOLDERS


def _is_heading(line: _Line) -> bool:
    """Tell whether every cell says what its column is called."""
    several = len(line.cells) >= _TWO or (bool(line.key) and line.cells[0][0] == line.key)
    return several and all(line.texts) and all(text in heading for heading, text in line.cells)


def _is_total(line: _Line) -> bool:
    """Tell whether the id or the name is a word for sums, or any first cell without an id."""
    key, name = _label(line.key), _label(line.name)
    if _SUM.fullmatch(key) or (name and _SUM.fullmatch(name)):
        return True
    if key:
        # 东园小计 over the columns of id and name, which were merged.
        return bool(_SUM_OF.fullmatch(key)) and (name in ("", key) or bool(_SUM_OF.fullmatch(name)))
    first = [_label(text) for _, text in line.cells[:_TWO]]
    return any(map(_SUM.fullmatch, first)) or any(map(_SUM_OF.fullmatch, (first[0], name)))


def _label(text: str) -> str:
    return text.strip(":*")


def _is_remark(line: _Line) -> bool:
    """Tell whether a row is a remark, a signature, or a lone sentence."""
    told = [bool(_REMARK.fullmatch(text)) for _, text in line.cells]
    signed = line.cells[0][1].endswith(":") or not line.key or bool(_REMARK.fullmatch(line.key))
    if signed and told[0] and 2 * sum(told) >= len(told):
        return True
    return line.lone and bool(_SENTENCE.search(line.cells[0][1]))


def _is_section(line: _Line) -> bool:
    return line.lone and bool(_SECTION.fullmatch(line.cells[0][1]))


_RULES: Mapping[str, Callable[[_Line], bool]] = {
    "heading_row_dropped": _is_heading,
    "total_row_dropped": _is_total,
    "remark_row_dropped": _is_remark,
    "section_row_dropped": _is_section,
}
"""Finding code, and what a line with it is like; the first that holds is taken."""
