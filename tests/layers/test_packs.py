"""Packs: what is in them, what is not, and that both files open."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import docx
import openpyxl
import pytest

from layers.errors import AtlasError
from layers.errors import ExportError
from layers.errors import UsageError
from layers.packs import MOST_CARRIERS
from layers.packs import PackReport
from layers.packs import checking
from layers.packs import new_number
from layers.packs import write_pack
from layers.packs import writing
from layers.underuse import underuse_of
from tests.layers.packs_hand import CATALOGUE
from tests.layers.packs_hand import SECRETS
from tests.layers.packs_hand import VERSIONS
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import four
from tests.layers.packs_hand import tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from layers.export.sheets import Audience
    from layers.packs.content import Pack

LANGS = ("zh", "en")


def _pack(
    folder: Path,
    tables: dict[str, Any] | None = None,
    ids: tuple[str, ...] = ("C2", "C1", "C4"),
    *,
    audience: Audience = "public",
    lang: str = "zh",
    number: str | None = "P-1",
) -> PackReport:
    known = four() if tables is None else tables
    return write_pack(
        folder,
        known,
        CATALOGUE,
        underuse_of(known, CATALOGUE),
        ids,
        audience=audience,
        lang=lang,
        number=number,
        versions=VERSIONS,
    )


def _unzipped(path: Path) -> str:
    """Return everything that stands in a file, whatever part it stands in."""
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(name) for name in archive.namelist() if not name.endswith(".png")]
    return "\n".join(part.decode("utf-8", errors="ignore") for part in parts)


def _told(path: Path) -> list[str]:
    """Return the paragraphs and cells of a brief."""
    document = docx.Document(str(path))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return [p.text for p in document.paragraphs] + cells


def _list(path: Path) -> list[dict[str, Any]]:
    first, *rows = openpyxl.load_workbook(path).worksheets[1].iter_rows(values_only=True)
    return [dict(zip(map(str, first), row, strict=True)) for row in rows]


@pytest.mark.parametrize("lang", LANGS)
def test_both_files_are_named_by_the_number(tmp_path: Path, lang: str) -> None:
    report = _pack(tmp_path / "new" / "folder", lang=lang)
    assert report.xlsx == tmp_path / "new" / "folder" / "P-1.xlsx"
    assert report.docx == tmp_path / "new" / "folder" / "P-1.docx"
    assert report.carriers == ("C2", "C1", "C4")
    assert sorted(p.name for p in report.xlsx.parent.iterdir()) == ["P-1.docx", "P-1.xlsx"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_public_copy_holds_no_internal_value(tmp_path: Path, lang: str) -> None:
    report = _pack(tmp_path, audience="public", lang=lang)
    for path in (report.xlsx, report.docx):
        inside = _unzipped(path)
        assert [secret for secret in SECRETS if secret in inside] == []
        # Tax per m² above ground, with and without a comma.
        assert not re.search(r"7,?968\.[56]", inside)
        # No coordinates, in whatever precision.
        assert not re.search(r"121\.[5][0-9]|31\.[23][0-9]", inside)
        assert "未送审不得公开" in inside


def test_an_internal_copy_tells_operators_owners_rents_and_tax(tmp_path: Path) -> None:
    report = _pack(tmp_path, audience="internal")
    for path in (report.xlsx, report.docx):
        inside = _unzipped(path)
        assert "绝密运营公司" in inside
        assert "绝密产权公司" in inside
        assert "7.77" in inside
        assert "内部资料 注意保管" in inside
        assert "未送审不得公开" not in inside
        # Links, notes and names of tenants are for the register only.
        assert not [s for s in ("secret.example", "绝密备注", "绝密租户公司") if s in inside]
    # 87,654,300 yuan on 11,000 m² above ground.
    tax = _list(report.xlsx)[0]["单位面积税收（元/(m²·年)）"]
    assert tax == pytest.approx(7_968.5727, abs=1e-3)


def test_the_list_tells_what_an_operator_needs(tmp_path: Path) -> None:
    row = _list(_pack(tmp_path).xlsx)[0]
    assert row["图号"] == 1
    assert (row["载体编码"], row["楼栋名称"]) == ("C2", "示例楼 2 号")
    assert (row["所属园区"], row["载体类别"], row["产权性质"]) == ("示例园", "商务楼宇", "国有")
    assert (row["可租面积（m²）"], row["空置面积（m²）"]) == (10_000, 5_000)
    assert row["空置率（%）"] == pytest.approx(50.0)
    assert row["最大连续空置（m²）"] == 2_000
    # (50 % − 15 %) of 10,000 m².
    assert row["可盘活面积（m²）"] == pytest.approx(3_500.0)
    assert row["准入产业"] == "数字经济;生命健康"
    assert row["功能区"] == "未来谷"
    assert row["数据时点"] == dt.datetime(2026, 9, 30)  # noqa: DTZ001 - of a workbook
    assert row["载体数据标记"] == "示例数据"
    assert row["判定理由"]


def test_sample_rows_carry_their_mark_and_others_do_not(tmp_path: Path) -> None:
    report = _pack(tmp_path)
    assert [row["载体数据标记"] for row in _list(report.xlsx)] == ["示例数据", "示例数据", None]
    cards = [text for text in _told(report.docx) if re.match(r"\d  ", text)]
    assert cards == ["1  示例楼 2 号〔示例数据〕", "2  示例楼 1 号〔示例数据〕", "3  示例楼 4 号"]
    assert "含示例数据，不反映真实占用情况" in _told(report.docx)
    real = _pack(tmp_path / "real", ids=("C4",))
    assert "示例数据" not in "".join(_told(real.docx))


def test_carriers_without_a_place_are_named_and_not_drawn(tmp_path: Path) -> None:
    report = _pack(tmp_path)
    assert "未定位，图中没有：3 示例楼 4 号" in _told(report.docx)
    assert "1 of the carriers" in report.notes[-1].en
    nowhere = _pack(tmp_path / "nowhere", ids=("C4",))
    assert "所选载体均未定位，没有总览图" in _told(nowhere.docx)
    assert len(docx.Document(str(nowhere.docx)).inline_shapes) == 0


@pytest.mark.parametrize("lang", LANGS)
def test_both_files_say_what_they_rest_on(tmp_path: Path, lang: str) -> None:
    tables = four()
    judged = underuse_of(tables, CATALOGUE)
    report = _pack(tmp_path, tables, lang=lang)
    readme = openpyxl.load_workbook(report.xlsx).worksheets[2].iter_rows(values_only=True)
    for told in ("\n".join(_told(report.docx)), "\n".join(str(row) for row in readme)):
        assert judged.table["rule_version"].iloc[0] in told
        assert judged.parameters.as_text().split(";")[0] in told
        assert "carriers v3" in told
        assert "2026-09-30" in told
        assert "P-1" in told
        # A listed source by its title; what was typed and is not listed may be a firm.
        assert ("行动方案" if lang == "zh" else "action plan") in told


def test_what_is_not_known_is_a_dash_on_the_card_and_an_empty_cell(tmp_path: Path) -> None:
    blank = {"rentable_area_m2": None, "vacant_area_m2": None, "largest_vacant_m2": None}
    report = _pack(tmp_path, tables_of(carrier(1, **blank, address=None)), ids=("C1",))
    row = _list(report.xlsx)[0]
    assert row["空置面积（m²）"] is None
    assert row["空置率（%）"] is None
    cells = _told(report.docx)
    assert cells[cells.index("空置面积") + 1] == "—"
    assert cells[cells.index("地址") + 1] == "—"
    assert any(text.startswith("未知项：") and "空置面积" in text for text in cells)


def test_text_from_data_stays_text(tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://x.example")\x0b<w:p>&\u2028'
    tables = tables_of(carrier(1, name=hostile, address="@SUM(A1)"))
    report = _pack(tmp_path, tables, ids=("C1",))
    for page in openpyxl.load_workbook(report.xlsx).worksheets:
        assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n", "d"}
        assert not page._hyperlinks  # type: ignore[attr-defined] # openpyxl has no other way
    assert any('=HYPERLINK("http://x.example")' in text for text in _told(report.docx))


def test_chinese_fonts_are_named_and_no_theme_takes_their_place(tmp_path: Path) -> None:
    with zipfile.ZipFile(_pack(tmp_path).docx) as archive:
        styles = archive.read("word/styles.xml").decode()
    assert 'w:eastAsia="宋体"' in styles
    assert 'w:eastAsia="黑体"' in styles
    assert "eastAsiaTheme" not in styles
    assert 'w:eastAsia="zh-CN"' in styles


def test_nobody_who_is_logged_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "zhangsan")
    monkeypatch.setenv("LOGNAME", "zhangsan")
    report = _pack(tmp_path)
    told = docx.Document(str(report.docx)).core_properties
    assert told.author == told.last_modified_by == CATALOGUE.title.zh
    assert "zhangsan" not in _unzipped(report.xlsx) + _unzipped(report.docx)


@pytest.mark.parametrize(
    ("ids", "said"),
    [(("C9",), "C1"), ((), "1 至"), (("C1", "X"), "X")],
)
def test_carriers_must_be_known(tmp_path: Path, ids: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _pack(tmp_path, ids=ids)
    assert list(tmp_path.iterdir()) == []


def test_a_carrier_that_is_named_twice_is_there_once(tmp_path: Path) -> None:
    assert _pack(tmp_path, ids=("C1", "C2", "C1")).carriers == ("C1", "C2")


def test_a_pack_has_a_most(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert MOST_CARRIERS == 300
    monkeypatch.setattr("layers.packs.facts.MOST_CARRIERS", 2)
    with pytest.raises(UsageError, match="3"):
        _pack(tmp_path)


@pytest.mark.parametrize("number", ["", "a/b", "../x", "a b", "x" * 41, "a.b"])
def test_a_number_must_suit_a_file_name(tmp_path: Path, number: str) -> None:
    with pytest.raises(UsageError, match="编号"):
        _pack(tmp_path, number=number)


def test_without_a_number_the_time_is_one(tmp_path: Path) -> None:
    assert new_number(dt.datetime(2026, 11, 26, 8, 5, 9, tzinfo=dt.UTC)) == "P20261126-080509"
    assert re.fullmatch(r"P\d{8}-\d{6}", _pack(tmp_path, number=None).number)


def test_without_carriers_there_is_no_pack(tmp_path: Path) -> None:
    tables = four()
    judged = underuse_of(tables, CATALOGUE)
    del tables["carriers"]
    with pytest.raises(AtlasError, match="carriers"):
        write_pack(
            tmp_path,
            tables,
            CATALOGUE,
            judged,
            ("C1",),
            audience="public",
            lang="zh",
            versions=VERSIONS,
        )


@pytest.mark.parametrize("ending", [".xlsx", ".docx"])
def test_a_file_that_differs_when_read_back_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    old = tmp_path / f"P-1{ending}"
    old.write_bytes(b"as it was")
    name = "write_book" if ending == ".xlsx" else "write_brief"
    write = getattr(writing, name)

    def wrong(pack: Any, path: Path) -> None:
        facts = pack.facts
        other = replace(facts, frame=facts.frame.assign(name=["甲", "乙", "丙"]))
        write(replace(pack, facts=other), path)

    monkeypatch.setattr(writing, name, wrong)
    with pytest.raises(ExportError, match="回读校验未通过"):
        _pack(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == b"as it was"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="无法写入"):
        _pack(tmp_path / "file")


def test_a_changed_fact_is_found_when_the_workbook_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    check = checking.check_book

    def remembered(pack: Pack, made: Path) -> None:
        kept.append(pack)
        check(pack, made)

    monkeypatch.setattr(writing, "check_book", remembered)
    path = _pack(tmp_path).xlsx
    book = openpyxl.load_workbook(path)
    titles = [cell.value for cell in book.worksheets[1][1]]
    book.worksheets[1].cell(2, titles.index("空置面积（m²）") + 1, 5_001)
    book.save(path)
    with pytest.raises(ExportError, match="5001"):
        check(kept[0], path)
