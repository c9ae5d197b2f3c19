from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from layers.catalogue import Catalogue
from layers.catalogue import load_catalogue
from layers.errors import CatalogueError
from layers.errors import ExportError
from layers.intake import intake
from layers.intake.columns import find_columns
from layers.intake.templates import write_template
from layers.targets import plan_targets
from layers.wording.templates import GUIDE_COLUMNS
from layers.wording.templates import HELP_SHEET
from layers.wording.templates import RULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUNDLED = load_catalogue()
KEYS = BUNDLED.keys
TARGET = plan_targets(BUNDLED.folder)[0].target_id
LANGS = ("zh", "en")


def _headings(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path)
    return [str(cell.value) for cell in book.worksheets[0][1]]


def _fill(path: Path, *rows: dict[str, Any]) -> Path:
    """Fill in the first sheet as a person would, by the headings that begin so."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    for number, row in enumerate(rows, start=2):
        for start, value in row.items():
            (at,) = [i for i, c in enumerate(page[1], 1) if str(c.value).split("（")[0] == start]
            page.cell(number, at, value)
    book.save(path)
    return path


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", KEYS)
def test_every_heading_is_recognised(tmp_path: Path, key: str, lang: str) -> None:
    spec = BUNDLED.layer(key)
    headings = _headings(write_template(spec, BUNDLED, tmp_path / "t.xlsx", lang=lang))
    found = find_columns(headings, spec)
    # What only the app writes is not asked for.
    asked = {field.name for field in spec.fields if not field.by_app}
    assert set(found.fields) == asked
    assert found.doubled == ()
    assert len(headings) == len(asked) + len(found.places)
    wanted = {"lon", "lat", "coord_system"} if "point" in spec.geometry else {"wkt", "coord_system"}
    assert set(found.places) == (wanted if spec.geometry else set())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", ["carriers", "units", "parks", "zones"])
def test_an_empty_template_has_no_rows(tmp_path: Path, key: str, lang: str) -> None:
    spec = BUNDLED.layer(key)
    path = write_template(spec, BUNDLED, tmp_path / "t.xlsx", lang=lang)
    result = intake(path, spec, BUNDLED)
    assert (result.rows_in, len(result.rejected)) == (0, 0)
    assert "no_rows" in [issue.code for issue in result.issues]


def test_a_filled_template_is_taken_with_every_cell(tmp_path: Path) -> None:
    spec = BUNDLED.layer("carriers")
    path = write_template(spec, BUNDLED, tmp_path / "t.xlsx", lang="zh")
    _fill(
        path,
        {
            "载体编码*": "007",
            "楼栋名称": "甲楼",
            "载体类别": "商务楼宇",
            "产权性质": "国有",
            "运营合同到期": dt.datetime(2027, 6, 30),  # noqa: DTZ001 -- a day in a sheet
            "总建筑面积": 12000.5,
            "建筑面积依据": "公布数",
            "层数": 12,
            "竣工年份": 1998,
            "竣工年月": "2008-07",
            "可租面积": 1000,
            "自用面积": 0,
            "已租面积": 600,
            "锁定装修面积": 100,
            "空置面积": 300,
            "实收均价": 3.5,
            "入驻企业数": 30,
            "税收总额": -12.5,
            "保护建筑": "是",
            "示例数据": "否",
            "数据时点": dt.datetime(2026, 3, 31),  # noqa: DTZ001 -- a day in a sheet
            "经度": 121.505612,
            "纬度": 31.299034,
            "坐标系": "CGCS2000",
        },
        {"载体编码*": "008", "楼栋名称": "只有名字的楼"},
    )
    result = intake(path, spec, BUNDLED)
    assert (result.rows_in, len(result.accepted)) == (2, 2)
    assert {issue.severity for issue in result.issues} <= {"info"}
    row = result.accepted.iloc[0]
    assert row["carrier_id"] == "007"
    assert row["name"] == "甲楼"
    assert (row["carrier_class"], row["tenure"], row["area_basis"]) == (
        "business",
        "state",
        "stated",
    )
    assert (row["gross_area_m2"], row["floors"], row["own_use_area_m2"]) == (12000.5, 12, 0)
    assert (row["completed"], row["rent_yuan_m2_day"], row["tax_wan"]) == ("2008-07", 3.5, -12.5)
    assert (bool(row["protected"]), bool(row["sample"])) == (True, False)
    assert str(row["data_date"])[:10] == "2026-03-31"
    assert (row["geometry"].x, row["geometry"].y) == pytest.approx((121.505612, 31.299034))
    empty = result.accepted.iloc[1].drop(["carrier_id", "name"])
    assert empty.isna().all()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", KEYS)
def test_the_examples_of_the_instructions_are_values(tmp_path: Path, key: str, lang: str) -> None:
    spec = BUNDLED.layer(key)
    path = write_template(spec, BUNDLED, tmp_path / "t.xlsx", lang=lang)
    book = openpyxl.load_workbook(path)
    guide = {str(row[0]): row for row in book[HELP_SHEET.get(lang)].iter_rows(values_only=True)}
    places = list(GUIDE_COLUMNS)
    page = book.worksheets[0]
    # Examples of areas do not add up, and an example of a reference would refer to nothing.
    skipped = {"own_use_area_m2", "leased_area_m2", "locked_area_m2", "vacant_area_m2"}
    given = {}
    for column, title in enumerate([str(cell.value) for cell in page[1]], start=1):
        row = guide[title]
        example, name = row[places.index("example")], str(row[places.index("name")])
        if example and name not in skipped:
            page.cell(2, column, example)
            given[name] = example
        elif row[places.index("required")]:
            # Terms and values are taken of a target that the plan has.
            page.cell(2, column, TARGET if name == "target_id" else "名")
    book.save(path)
    result = intake(path, spec, BUNDLED)
    wrong = [i.line("zh") for i in result.issues if i.severity == "error"]
    assert (result.rows_in, len(result.accepted), wrong) == (1, 1, [])
    accepted = result.accepted.iloc[0]
    assert [n for n in given if spec.has_field(n) and accepted.isna()[n]] == []
    assert not spec.geometry or accepted["geometry"] is not None


def test_lists_ranges_and_formats_follow_the_catalogue(tmp_path: Path) -> None:
    spec = BUNDLED.layer("carriers")
    path = write_template(spec, BUNDLED, tmp_path / "t.xlsx", lang="zh")
    page = openpyxl.load_workbook(path).worksheets[0]
    titles = {str(cell.value): get_column_letter(n) for n, cell in enumerate(page[1], start=1)}
    rules = {str(rule.sqref).split(":")[0]: rule for rule in page.data_validations.dataValidation}
    tenure = rules[f"{titles['产权性质']}2"]
    assert (tenure.type, tenure.formula1) == ("list", '"国有,集体,高校,民营,外资"')
    floors = rules[f"{titles['层数']}2"]
    assert (floors.type, floors.formula1, floors.formula2) == ("whole", "0", "200")
    protected = rules[f"{titles['保护建筑']}2"]
    assert protected.formula1 == '"是,否"'
    system = rules[f"{titles['坐标系']}2"]
    assert system.formula1 == '"CGCS2000,WGS84,GCJ02,BD09"'
    formats = {title: page.column_dimensions[letter] for title, letter in titles.items()}
    assert formats["载体编码*"].number_format == "@"
    assert formats["竣工年月"].number_format == "@"
    assert formats["数据时点"].number_format == "yyyy-mm-dd"
    assert page.freeze_panes == "B2"
    assert page.max_row == 1


def test_every_heading_has_a_comment_and_a_line_of_instructions(tmp_path: Path) -> None:
    spec = BUNDLED.layer("units")
    path = write_template(spec, BUNDLED, tmp_path / "t.xlsx", lang="zh")
    book = openpyxl.load_workbook(path)
    cells = book.worksheets[0][1]
    assert all(cell.comment is not None for cell in cells)
    lines = [[str(c) for c in row] for row in book[HELP_SHEET.zh].iter_rows(values_only=True)]
    told = {line[0]: line for line in lines}
    assert {str(cell.value) for cell in cells} <= told.keys()
    assert any("不要填 0" in line[0] for line in lines)
    assert sum(line[0].startswith(("1.", "6.")) for line in lines) == 2
    (reference,) = [line for line in lines if line[-1] == "carrier_id"]
    assert "载体" in reference[list(GUIDE_COLUMNS).index("allowed")]
    assert len(RULES) == 6


def test_a_list_that_is_too_long_stands_on_a_hidden_sheet(
    tmp_path: Path, make_catalogue: Callable[..., Catalogue], field: Callable[..., str]
) -> None:
    long = [f"很长的类别名称第{n}号，带说明" for n in range(40)]
    choices = "\n".join(
        f'  {{ value = "v{n}", title_zh = "{t}", title_en = "Kind {n}, long" }},'
        for n, t in enumerate(long)
    )
    kind = field("kind", "text", "种类", choices="park_class")
    made = make_catalogue(extra={"units": [kind]})
    text = (made.folder / "catalogue.toml").read_text("utf-8")
    text = text.replace(kind, kind.replace("park_class", "kinds"))
    text = text.replace("[choices]\n", f"[choices]\nkinds = [\n{choices}\n]\n")
    other = tmp_path / "other"
    other.mkdir()
    (other / "catalogue.toml").write_text(text, "utf-8")
    catalogue = load_catalogue(other)
    spec = catalogue.layer("units")
    for lang, title in (("zh", long[7]), ("en", "Kind 7, long")):
        path = write_template(spec, catalogue, tmp_path / f"{lang}.xlsx", lang=lang)
        book = openpyxl.load_workbook(path)
        hidden = book.worksheets[-1]
        assert hidden.sheet_state == "hidden"
        assert hidden["A8"].value == title
        rules = book.worksheets[0].data_validations.dataValidation
        assert any(f"'{hidden.title}'!$A$1:$A$40" in str(rule.formula1) for rule in rules)
        heads = [str(cell.value) for cell in book.worksheets[0][1]]
        book.worksheets[0].cell(2, 1, "U1")
        book.worksheets[0].cell(2, heads.index("种类" if lang == "zh" else "kind") + 1, title)
        book.save(path)
        assert intake(path, spec, catalogue).accepted["kind"].tolist() == ["v7"]


def test_a_layer_of_another_catalogue_is_refused(tmp_path: Path, small: Catalogue) -> None:
    with pytest.raises(CatalogueError):
        write_template(BUNDLED.layer("stations"), small, tmp_path / "t.xlsx", lang="zh")
    assert not (tmp_path / "t.xlsx").exists()


def test_a_template_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(ExportError, match="磁盘空间"):
        write_template(BUNDLED.layer("units"), BUNDLED, tmp_path / "file" / "t.xlsx", lang="zh")
