from __future__ import annotations

import datetime as dt
import pickle
import zipfile
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt  # type: ignore[import-untyped]

from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.intake.readers import sheet_parts
from layers.intake.readers.tables import read_csv
from layers.intake.readers.workbooks import read_workbook
from layers.intake.source import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.intake.source import Raw

HEAD = ["载体编码", "楼栋名称", "总建筑面积", "数据时点"]
ROWS = [["C1", "甲", 100.5, dt.date(2026, 3, 31)], ["C2", "乙", 80, None]]

OPEN_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    ' office:version="1.2"><office:body><office:spreadsheet>{tables}</office:spreadsheet>'
    "</office:body></office:document-content>"
)


def codes(raw: Raw) -> list[str]:
    return [issue.code for issue in raw.issues]


def xlsx(path: Path, sheets: Any) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def xls(path: Path, sheets: Any) -> Path:
    book = xlwt.Workbook(encoding="utf-8")
    style = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, rows in sheets.items():
        page = book.add_sheet(name)
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    page.write(i, j, cell, style)
                elif cell is not None:
                    page.write(i, j, cell)
    book.save(str(path))
    return path


def _cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str) and value.startswith("<"):
        return value
    if isinstance(value, dt.date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return (
        f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    )


def ods(path: Path, sheets: Any, doctype: str = "") -> Path:
    tables = ""
    for name, rows in sheets.items():
        lines = "".join(
            f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows
        )
        tables += f'<table:table table:name="{name}">{lines}</table:table>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr("content.xml", OPEN_DOCUMENT.format(doctype=doctype, tables=tables))
    return path


WRITERS: dict[str, Callable[..., Path]] = {"xlsx": xlsx, "xlsm": xlsx, "xls": xls, "ods": ods}


# --- kinds of workbooks ----------------------------------------------------


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_kind_gives_the_same_table(tmp_path: Path, suffix: str) -> None:
    path = WRITERS[suffix](tmp_path / f"台账.{suffix}", {"载体": [HEAD, *ROWS]})
    raw = read_workbook(Request(path))
    assert list(raw.frame.columns) == HEAD
    assert raw.frame["总建筑面积"].tolist() == [100.5, 80]
    day, unknown = raw.frame["数据时点"].tolist()
    assert (day.year, day.month, day.day) == (2026, 3, 31)
    assert unknown is None
    assert raw.rows.tolist() == [1, 2]
    assert (raw.part, raw.parts, codes(raw)) == ("载体", ("载体",), [])
    assert pickle.loads(pickle.dumps(raw)).frame.equals(raw.frame)  # noqa: S301 -- our own


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
@pytest.mark.parametrize("called", ["xlsx", "xls", "ods", "csv"])
def test_the_content_decides_and_a_wrong_name_is_said(
    tmp_path: Path, suffix: str, called: str
) -> None:
    path = WRITERS[suffix](tmp_path / f"a.{called}", {"载体": [HEAD, *ROWS]})
    read = read_csv if called == "csv" else read_workbook
    raw = read(Request(path))
    assert raw.frame["载体编码"].tolist() == ["C1", "C2"]
    assert codes(raw) == ([] if suffix == called else ["content_of_other_kind"])


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_csv_called_a_workbook_is_read_as_csv(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes("载体编码\t楼栋名称\nC1\t甲\n".encode(encoding))
    raw = read_workbook(Request(path))
    assert raw.frame["楼栋名称"].tolist() == ["甲"]
    assert codes(raw)[0] == "content_of_other_kind"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><table><tr><td>\xe8\xbd\xbd</td></tr></table></html>", "网页"),
        (b'\xef\xbb\xbf  <!DOCTYPE html>\n<meta charset="gbk">', "网页"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "网页"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com"/>', "XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "不是工作簿"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") * 99, "已损坏"),
        (b"PK\x03\x04broken", "已损坏"),
        (b"\x00\x01\x02", "不是工作簿"),
        (b"just words", "不是工作簿"),
    ],
)
def test_what_is_no_workbook_is_refused_with_advice(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    with pytest.raises(IntakeError, match=message):
        read_workbook(Request(path))


# --- several sheets --------------------------------------------------------

UNITS = [["单元编码", "载体编码", "楼层", "面积"], ["U1", "C1", "3", 50]]
GUIDE = [["字段", "说明"], *[[f"字段{i}", "x"] for i in range(9)]]


def test_the_sheet_that_is_known_best_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    sheets = {"封面": [["杨浦区"]], "说明": GUIDE, "租约": UNITS, "楼宇": [HEAD, *ROWS]}
    path = xlsx(tmp_path / "a.xlsx", sheets)
    raw = read_workbook(Request(path, "carriers"))
    assert raw.part == "楼宇"
    assert raw.parts == ("封面", "说明", "租约", "楼宇")
    (issue,) = raw.issues
    assert issue.code == "sheet_chosen"
    assert "租约" in issue.message.zh
    assert "封面" not in issue.message.zh
    assert read_workbook(Request(path, "units")).part == "租约"
    named = read_workbook(Request(path, "carriers", part="租约"))
    assert (named.part, codes(named)) == ("租约", [])
    with pytest.raises(IntakeUsageError, match=r"租.*楼宇"):
        read_workbook(Request(path, part="租"))


def test_a_lone_data_sheet_is_read_without_a_word(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"填写说明": GUIDE, "空": [], "表": [HEAD, *ROWS]})
    raw = read_workbook(Request(path, "carriers"))
    assert (raw.part, raw.parts, codes(raw)) == ("表", ("填写说明", "表"), [])


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_offered_but_not_chosen(tmp_path: Path, state: Any) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"旧": [HEAD, *ROWS, *ROWS], "新": [HEAD[:2], ["C9", "丁"]]})
    book = openpyxl.load_workbook(path)
    book["旧"].sheet_state = state
    book.create_chartsheet("图")
    book.save(path)
    raw = read_workbook(Request(path, "carriers"))
    assert (raw.part, raw.parts, codes(raw)) == ("新", ("旧", "新"), [])
    assert read_workbook(Request(path, part="旧")).rows.tolist() == [1, 2, 3, 4]


def test_a_workbook_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="表头"):
        read_workbook(Request(xlsx(tmp_path / "a.xlsx", {"空": []})))


# --- errors and formulas ---------------------------------------------------


def test_cells_with_errors_are_unknown_and_told_by_column(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD[:3])
    for row in range(1, 9):
        page.write_string(row, 0, f"C{row}")
        page.write_formula(row, 2, "=1/0", None, "#DIV/0!" if row < 8 else 5)
    page.write_formula(8, 1, "=VLOOKUP(1,A:A,1)", None, "#N/A")
    book.close()
    raw = read_workbook(Request(path))
    assert raw.frame["总建筑面积"].tolist() == [None] * 7 + [5]
    assert [(i.code, i.row, i.field, i.value) for i in raw.issues] == [
        ("cell_error", 1, "总建筑面积", "#DIV/0!"),
        ("cell_error", 8, "楼栋名称", "#N/A"),
    ]
    assert "C2, C3, C4, C5, C6 …" in raw.issues[0].message.zh
    assert "7 格" in raw.issues[0].message.zh
    assert "formula_without_result" not in codes(raw)


def test_errors_formulas_and_merged_cells_of_an_ods(tmp_path: Path) -> None:
    tall = (
        '<table:table-cell table:number-rows-spanned="2" office:value-type="string">'
        "<text:p>C1</text:p></table:table-cell>"
    )
    wrong = (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string"'
        ' office:string-value="" calcext:value-type="error"><text:p>#N/A</text:p>'
        "</table:table-cell>"
    )
    pending = '<table:table-cell table:formula="of:=[.A1]"/>'
    rows = [HEAD[:3], [tall, "甲", wrong], ["<table:covered-table-cell/>", "乙", pending]]
    raw = read_workbook(Request(ods(tmp_path / "a.ods", {"表": rows})))
    assert raw.frame["载体编码"].tolist() == ["C1", "C1"]
    found = {issue.code: issue for issue in raw.issues}
    assert set(found) == {"merged_filled", "cell_error", "formula_without_result"}
    assert (found["cell_error"].row, found["cell_error"].value) == (1, "#N/A")
    assert "C3" in found["formula_without_result"].message.zh


def test_addresses_count_from_the_sheet_not_from_the_headings(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[], ["载体台账"], [None, "载体编码", "楼栋名称", "空置面积"]]
    rows += [[None, "C1", "甲", "=1+1"]]
    raw = read_workbook(Request(xlsx(tmp_path / "a.xlsx", {"表": rows})))
    (issue,) = raw.issues
    assert (issue.code, issue.row, issue.field) == ("formula_without_result", 1, "空置面积")
    assert "D4" in issue.message.zh


def test_a_large_sheet_without_formulas_is_only_scanned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"表": [HEAD, *ROWS]})
    monkeypatch.setattr(sheet_parts, "_Cells", None)
    assert read_workbook(Request(path)).rows.tolist() == [1, 2]


# --- hostile workbooks -----------------------------------------------------


def _rewritten(path: Path, part: str, old: str, new: str) -> Path:
    """Return a copy of a workbook with one text of a part replaced."""
    made = path.with_name(f"made{path.suffix}")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == part:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode(), 1)
            after.writestr(name, data)
    return made


SHEET = "xl/worksheets/sheet1.xml"
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"表": [HEAD, *ROWS]})
    with pytest.raises(IntakeError, match="文档类型"):
        read_workbook(Request(_rewritten(path, SHEET, "<worksheet", f"{ENTITY}<worksheet")))
    document = ods(tmp_path / "a.ods", {"表": [HEAD, *ROWS]}, ENTITY)
    with pytest.raises(IntakeError, match="文档类型"):
        read_workbook(Request(document))


@pytest.mark.parametrize("far", ["XFD1048576", "BFD900000", "xfd999999"])
def test_a_cell_at_the_far_end_does_not_fill_the_memory(tmp_path: Path, far: str) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"表": [HEAD, *ROWS]})
    row = f'<row><c r="{far}"><v>1</v></c></row></sheetData>'
    with pytest.raises(IntakeError, match="单元格过多"):
        read_workbook(Request(_rewritten(path, SHEET, "</sheetData>", row)))


def test_a_styled_empty_cell_at_the_far_end_is_nothing(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"表": [HEAD, *ROWS]})
    row = '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    raw = read_workbook(Request(_rewritten(path, SHEET, "</sheetData>", row)))
    assert raw.rows.tolist() == [1, 2]


def test_repeated_cells_of_an_ods_do_not_fill_the_memory(tmp_path: Path) -> None:
    many = (
        '<table:table-cell table:number-columns-repeated="16384" office:value-type="float"'
        ' office:value="1"/>'
    )
    path = ods(tmp_path / "a.ods", {"表": [HEAD, *[[many]] * 800]})
    with pytest.raises(IntakeError, match="单元格过多"):
        read_workbook(Request(path))
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    fine = ods(tmp_path / "b.ods", {"表": [HEAD, *ROWS, [empty]]})
    assert read_workbook(Request(fine)).rows.tolist() == [1, 2]


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_damaged_part_is_refused(tmp_path: Path, part: str) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"表": [HEAD, ["C1", "=1", None, None]]})
    with pytest.raises(IntakeError, match="已损坏"):
        read_workbook(Request(_rewritten(path, part, "</", "<")))
