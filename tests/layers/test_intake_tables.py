from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd
import pytest
import shapely
import xlsxwriter

from layers.errors import CatalogueError
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import IntakeError
from layers.intake import intake
from layers.intake import write_rejects
from layers.intake.columns import normalise

if TYPE_CHECKING:
    from pathlib import Path

LON, LAT = 121.5056, 31.2990
HEAD = "carrier_id,name,gross_area_m2,lon,lat\n"


# --- CSV -------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_the_encodings_of_chinese_offices(desk: Any, encoding: str, delimiter: str) -> None:
    text = HEAD + f"C1,同济晶度大厦𠮷,1200,{LON},{LAT}\n"
    result = desk.take(desk.csv(text.replace(",", delimiter), encoding))
    assert result.accepted["name"][0] == "同济晶度大厦𠮷"
    assert result.accepted["gross_area_m2"][0] == 1200
    assert result.accepted.geometry[0].equals_exact(shapely.Point(LON, LAT), 1e-9)
    assert ("encoding_assumed" in desk.codes(result)) == (encoding == "gb18030")
    assert "crs_assumed" in desk.codes(result)
    assert result.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("gb18030", "GB18030"),
        ("utf-16", "UTF-16"),
    ],
)
def test_the_encoding_is_called_by_its_name(desk: Any, encoding: str, told: str) -> None:
    result = desk.take(desk.csv(HEAD + "C1,杨浦,,,\n", encoding))
    assert result.facts["encoding"].zh == told


def test_the_users_encoding_is_taken_at_its_word(desk: Any) -> None:
    path = desk.csv(HEAD + "C1,杨浦,,,\n", "gbk")
    assert desk.take(path, encoding="gbk").accepted["name"][0] == "杨浦"
    with pytest.raises(IntakeError, match="utf-8"):
        desk.take(path, encoding="utf-8")
    with pytest.raises(IntakeError, match="klingon"):
        desk.take(path, encoding="klingon")


def test_rows_in_are_accepted_or_rejected_with_their_number(desk: Any, tmp_path: Path) -> None:
    text = (
        HEAD + f"C1,甲,100,{LON},{LAT}\n\n,,,,\nC2,乙,1O0,{LON},{LAT}\nC1,丙,5,{LON},{LAT}\n"
        f"C3,丁,5,121.5o,{LAT}\nC4,戊,5,{LON},\nC5,己,5,,\n"
    )
    result = desk.take(desk.csv(text))
    assert result.rows_in == 6
    assert result.accepted["carrier_id"].tolist() == ["C1", "C5"]
    assert result.accepted.geometry.notna().tolist() == [True, False]
    assert result.rejected["_row"].tolist() == [4, 5, 6, 7]
    assert result.rejected["lon"].tolist() == [str(LON), str(LON), "121.5o", str(LON)]
    errors = {i.row: i.code for i in result.issues if i.severity == "error"}
    assert errors == {4: "not_a_number", 5: "duplicate", 6: "not_a_number", 7: "half_coordinate"}
    assert result.sha256 == hashlib.sha256((tmp_path / "台账.csv").read_bytes()).hexdigest()


def test_ragged_rows(desk: Any) -> None:
    text = HEAD + f"C1,有,逗号,5,{LON},{LAT}\nC2,短\nC3,尾,1,,,,\n"
    result = desk.take(desk.csv(text))
    assert result.accepted["carrier_id"].tolist() == ["C2", "C3"]
    found = {(i.row, i.code, i.severity) for i in result.issues}
    assert {(1, "too_many_cells", "error"), (2, "too_few_cells", "warning")} <= found
    assert not any(row == 3 for row, _, _ in found)


def test_quoted_newlines_and_separators(desk: Any) -> None:
    text = HEAD + f'C1,"一, ""二""\n三",5,{LON},{LAT}\nC2,四,x,,\n'
    result = desk.take(desk.csv(text))
    assert result.accepted["name"][0] == '一, "二"\n三'
    assert result.rejected["_row"].tolist() == [2]


def test_header_only_and_empty_files(desk: Any) -> None:
    result = desk.take(desk.csv(HEAD))
    assert result.rows_in == 0
    assert desk.codes(result)[-1] == "no_rows"
    assert str(result.accepted["gross_area_m2"].dtype) == "float64"
    for text, message in (("", "空"), ("\n\n", "表头"), (",,\n1,2,3\n", "表头")):
        path = desk.csv(text)
        if text.startswith(","):
            with pytest.raises(IntakeError, match="没有图层"):
                desk.take(path)
        else:
            with pytest.raises(IntakeError, match=message):
                desk.take(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x01\x02\x03", "不是文本文件"),
        (b"\xff\xff\xff", "GB18030|gb18030"),
        (b'carrier_id,name\nC1,"never closed\n', "引号"),
    ],
)
def test_files_that_are_no_csv(desk: Any, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(IntakeError, match=message):
        desk.take(path)


def test_formula_guards_are_taken_off(desk: Any) -> None:
    result = desk.take(desk.csv(HEAD + "C1,'=1+1,5,,\nC2,''quoted,5,,\n"))
    assert result.accepted["name"].tolist() == ["=1+1", "''quoted"]


def test_wkt_of_any_length(desk: Any) -> None:
    ring = shapely.Point(LON, LAT).buffer(0.001, quad_segs=5000)
    text = f'carrier_id,wkt\nC1,"{ring.wkt}"\nC2,POLYGON ((\nC3,\n'
    assert len(text) > 131072
    result = desk.take(desk.csv(text))
    assert result.accepted.geometry[0].equals_exact(ring, 1e-12)
    assert result.rejected["_row"].tolist() == [2]
    assert "geometry_unreadable" in desk.codes(result)


# --- columns ---------------------------------------------------------------


def test_headings_by_title_alias_unit_width_and_short_name(desk: Any) -> None:
    text = "*载体编码,楼名,总建筑面积(㎡),可租面积（m²）,QYS,Tax Wan,备注\nC1,甲,１２０,100,3,7,x\n"
    result = desk.take(desk.csv(text))
    row = result.accepted.iloc[0]
    assert row[["carrier_id", "name"]].tolist() == ["C1", "甲"]
    assert row[["gross_area_m2", "rentable_area_m2", "tenants", "tax_wan"]].tolist() == [
        120,
        100,
        3,
        7,
    ]
    dropped = next(i for i in result.issues if i.code == "columns_dropped")
    assert dropped.message.zh.endswith("备注")
    assert "no_geometry" in desk.codes(result)


@pytest.mark.parametrize(
    ("heading", "plain"),
    [
        ("实收均价（元/(m²·天)）", "实收均价"),
        ("实收均价 (元/（㎡·天）)", "实收均价"),
        ("实收均价［元/(㎡·天)］", "实收均价"),
        ("实收均价【元】", "实收均价"),
        ("* 实收均价〔元〕", "实收均价"),
        ("a(b)(c)", "a(b)"),
        ("(备注)", "(备注)"),
        ("a(b]", "a(b]"),
        ("a)b)", "a)b)"),
        ("", ""),
    ],
)
def test_the_unit_in_brackets_may_have_brackets(heading: str, plain: str) -> None:
    assert normalise(heading) == plain


def test_brackets_that_tell_titles_apart(make_catalogue: Any, field: Any, tmp_path: Path) -> None:
    month = field("built", "month", "竣工（年月）")
    year = field("built_year", "integer", "竣工（年）", unit="年")
    catalogue = make_catalogue(extra={"carriers": [month, year]})
    path = tmp_path / "a.csv"
    path.write_text("载体编码,竣工(年)（年）,竣工(年月)\nC1,2013,2013-05\n", encoding="utf-8")
    row = intake(path, catalogue.layer("carriers"), catalogue).accepted.iloc[0]
    assert (row["built"], row["built_year"]) == ("2013-05", 2013)


def test_the_users_mapping_goes_first(desk: Any) -> None:
    path = desk.csv(f"号,name,楼名,东,北\nC1,错,对,{LON},{LAT}\n")
    mapping = {"号": "carrier_id", "楼名": "name", "东": "lon", "北": "lat"}
    result = desk.take(path, mapping=mapping)
    assert result.accepted["name"][0] == "对"
    assert result.accepted.geometry[0] is not None
    assert "column_not_used" in desk.codes(result)
    with pytest.raises(IntakeError, match="楼名"):
        desk.take(path, mapping={"楼": "name"})
    with pytest.raises(IntakeError, match="tenants"):
        desk.take(path, mapping={"号": "tenant"})


def test_a_file_of_another_kind_names_what_was_expected(desk: Any) -> None:
    with pytest.raises(IntakeError, match=r"甲, 乙.*载体编码"):
        desk.take(desk.csv("甲,乙\n1,2\n"))


def test_doubled_headings(desk: Any) -> None:
    result = desk.take(desk.csv("carrier_id,name,name\nC1,一,二\n"))
    assert result.accepted["name"][0] == "一"


# --- XLSX ------------------------------------------------------------------


def test_xlsx_with_types_and_empty_rows(desk: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["载体编码", "楼名", "总建筑面积", "数据日期", "空置起始", "经度", "纬度", None])
    page.append([7, "=1+1", 120.5, pd.Timestamp(2026, 3, 31), "2026-03", LON, LAT, None])
    page["B2"].data_type = "s"
    page.append([None] * 8)
    page.append(["C2", "乙", "12x", 45292, None, None, None, None])
    path = tmp_path / "台账.xlsx"
    book.save(path)
    result = desk.take(path)
    row = result.accepted.iloc[0]
    assert row["carrier_id"] == "7"
    assert row["name"] == "=1+1"
    assert row["gross_area_m2"] == 120.5
    assert row["data_date"] == pd.Timestamp(2026, 3, 31)
    assert row["vacant_since"] == "2026-03"
    assert result.rejected["_row"].tolist() == [3]
    assert "12x" in result.rejected["_reason_zh"][0]
    # Beside a real date a serial number is one too, and it is said.
    assert "45292" not in result.rejected["_reason_zh"][0]
    assert "serial_date" in desk.codes(result)


def test_workbooks_that_are_none(desk: Any, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.xlsx"
    garbage.write_bytes(b"\xd0\xcf\x11\xe0" * 100)
    other = tmp_path / "zip.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "hello")
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("[Content_Types].xml", "<not xml")
        archive.writestr("xl/workbook.xml", "<not xml")
    empty = tmp_path / "empty.xlsx"
    openpyxl.Workbook().save(empty)
    for path in (garbage, other, broken, empty):
        with pytest.raises(IntakeError, match=path.name):
            desk.take(path)


def test_an_archive_that_unpacks_to_too_much(desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(10_001):
            archive.writestr(str(i), "")
    with pytest.raises(IntakeError, match="解压"):
        desk.take(path)


def _book(path: Path, rows: Any) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def test_formulas_without_result_are_never_read_as_empty(desk: Any, tmp_path: Path) -> None:
    # openpyxl writes formulas without results, as every program but a spreadsheet.
    rows = [
        ["载体编码", "楼名", "总建筑面积", None],
        ["C1", "甲", 100, "=1+1"],
        ["C2", "乙", "=50*2", None],
        [None, None, "=SUM(C2:C3)", None],
        ["C3", "丙", None, None],
    ]
    result = desk.take(_book(tmp_path / "台账.xlsx", rows))
    assert result.rows_in == 4
    assert result.accepted["carrier_id"].tolist() == ["C1", "C3"]
    found = [i for i in result.issues if i.code == "formula_without_result"]
    assert [(i.row, i.field, i.severity) for i in found] == [
        (2, "总建筑面积", "error"),
        (3, "总建筑面积", "error"),
    ]
    assert "C3" in found[0].message.zh
    assert "打开并保存" in found[0].remedy.zh
    assert "计算结果" in result.rejected["_reason_zh"][0]


def test_formulas_in_columns_that_are_not_used_reject_nothing(desk: Any, tmp_path: Path) -> None:
    rows = [
        ["载体编码", "楼名", "总建筑面积", "得房率", "楼栋名称"],
        ["C1", "甲", 100, "=C2/2", "=B2"],
        ["C2", "乙", "=50*2", "=C3/2", "乙"],
        ["C3", "丙", 300, "=C4/2", "丙"],
    ]
    result = desk.take(_book(tmp_path / "台账.xlsx", rows))
    assert result.accepted["carrier_id"].tolist() == ["C1", "C3"]
    found = [i for i in result.issues if i.code.startswith("formula")]
    assert [(i.code, i.row, i.field, i.severity) for i in found] == [
        ("formula_without_result", 2, "总建筑面积", "error"),
        ("formula_unused", 0, "得房率", "info"),
        ("formula_unused", 0, "楼栋名称", "info"),
    ]
    assert "3 格" in found[1].message.zh
    assert "第 1 行" in found[1].message.zh
    # The remedy does not say again what is wrong.
    assert "没有计算结果" not in found[0].remedy.zh


def test_what_is_wrong_with_a_row_of_totals_goes_with_it(desk: Any, tmp_path: Path) -> None:
    rows = [
        ["载体编码", "楼名", "总建筑面积"],
        ["C1", "甲", 100],
        ["合计", None, "=SUM(C2:C2)"],
    ]
    result = desk.take(_book(tmp_path / "台账.xlsx", rows))
    assert (result.rows_in, result.dropped, len(result.rejected)) == (1, 1, 0)
    assert [(i.code, i.row) for i in result.issues if i.row] == [("total_row_dropped", 2)]


def test_a_heading_that_is_a_formula_without_result_is_named(desk: Any, tmp_path: Path) -> None:
    rows = [["载体编码", '="总建筑"&"面积"'], ["C1", 100]]
    result = desk.take(_book(tmp_path / "a.xlsx", rows))
    (issue,) = (i for i in result.issues if i.code == "formula_without_result")
    assert (issue.row, issue.severity) == (0, "error")
    assert "B1" in issue.message.en


def test_formulas_with_a_result_are_read(desk: Any, tmp_path: Path) -> None:
    made, path = tmp_path / "made.xlsx", tmp_path / "saved.xlsx"
    book = xlsxwriter.Workbook(made)
    page = book.add_worksheet()
    page.write_row(0, 0, ["载体编码", "楼名", "总建筑面积"])
    page.write_row(1, 0, ["C1"])
    page.write_formula(1, 1, '=IF(A1="","甲","")', None, "nothing")
    page.write_formula(1, 2, "=6*7", None, 42)
    book.close()
    # A spreadsheet writes the empty text, which is a result, as a text without content.
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>nothing</v>", b"<v></v>"))
    result = desk.take(path)
    assert "formula_without_result" not in desk.codes(result)
    assert result.accepted["gross_area_m2"].tolist() == [42]
    assert result.accepted["name"].isna().all()


# --- the whole way ---------------------------------------------------------


def test_rejects_go_back_under_the_files_own_headings(desk: Any, tmp_path: Path) -> None:
    text = "载体编码,楼名,总建筑面积,经度,纬度,备注\nC1,=cmd|x,1x,121.5,31.3,'保留\n"
    result = desk.take(desk.csv(text, "gbk"))
    back = write_rejects(result, tmp_path / "rejects.csv")
    data = back.read_bytes()
    assert data.decode("gb18030").startswith("载体编码,楼名,总建筑面积,经度,纬度,备注,_row")
    assert b"'=cmd|x" in data
    mended = tmp_path / "mended.csv"
    mended.write_bytes(data.replace(b"1x", b"1", 1))
    again = desk.take(mended)
    assert again.accepted["name"].tolist() == ["=cmd|x"]
    assert again.accepted["gross_area_m2"].tolist() == [1]
    assert "备注" in str([i.message.zh for i in again.issues])
    assert "_row" not in str([i.message.zh for i in again.issues])


def test_rejects_never_replace_the_file_itself(desk: Any, tmp_path: Path) -> None:
    path = desk.csv(HEAD + "C1,甲,1x,,\n")
    before = path.read_bytes()
    result = desk.take(path)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    for same in (path, link, tmp_path / "." / path.name):
        with pytest.raises(ExportUsageError, match="原文件"):
            write_rejects(result, same)
    assert path.read_bytes() == before
    assert write_rejects(result, tmp_path / "新" / "r.csv").is_file()


def test_rejects_that_cannot_be_written_leave_the_old_file(
    desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = desk.take(desk.csv(HEAD + "C1,甲,1x,,\n"))
    (tmp_path / "folder").mkdir()
    for wrong in (tmp_path / "folder", tmp_path / "台账.csv" / "r.csv"):
        with pytest.raises(ExportError, match="磁盘空间"):
            write_rejects(result, wrong)
    old = tmp_path / "old.csv"
    old.write_text("old", encoding="utf-8")

    def full(_: pd.DataFrame, path: Path, **options: Any) -> None:
        assert options
        path.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(ExportError, match="磁盘已满"):
        write_rejects(result, old)
    assert old.read_text(encoding="utf-8") == "old"
    assert not list(tmp_path.glob(".atlas-*"))


def test_units_follow_their_carriers(desk: Any) -> None:
    carriers = desk.take(desk.csv(HEAD + "C1,甲,,,\n")).accepted
    path = desk.csv("unit_id,carrier_id,floor_area_m2\nU1,C1,5\nU2,C2,5\n", name="units.csv")
    result = desk.take(path, "units", tables={"carriers": carriers})
    assert result.accepted["unit_id"].tolist() == ["U1"]
    assert "C2" in result.rejected["_reason_zh"][0]
    assert result.crs == ""


def test_a_layer_of_another_catalogue_is_refused(desk: Any) -> None:
    stranger = replace(desk.catalogue.layer("carriers"), key="nothing")
    with pytest.raises(CatalogueError, match="nothing"):
        intake(desk.csv(HEAD), stranger, desk.catalogue)
