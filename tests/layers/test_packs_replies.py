"""A reply sheet that comes back: read without a further word, kept, and compared."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd
import pytest

from layers.intake import Request
from layers.intake import guess_layer
from layers.intake import intake
from layers.intake import read_raw
from layers.packs import EVIDENCE_TITLES
from layers.packs import evidence
from layers.packs import write_pack
from layers.underuse import underuse_of
from layers.workspace import Workspace
from tests.layers.packs_hand import CATALOGUE
from tests.layers.packs_hand import VERSIONS
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import four
from tests.layers.packs_hand import frame_of
from tests.layers.packs_hand import tables_of

if TYPE_CHECKING:
    from pathlib import Path

SPEC = CATALOGUE.layer("replies")
LANGS = ("zh", "en")
TITLES = {lang: {field.name: field.title.get(lang) for field in SPEC.fields} for lang in LANGS}


def _sent(folder: Path, lang: str, audience: Any = "public") -> Path:
    tables = four()
    report = write_pack(
        folder,
        tables,
        CATALOGUE,
        underuse_of(tables, CATALOGUE),
        ["C1", "C2", "C4"],
        audience=audience,
        lang=lang,
        number="P20261126-甲",
        versions=VERSIONS,
    )
    return report.xlsx


def _replied(path: Path, lang: str, answers: dict[int, dict[str, Any]]) -> Path:
    """Fill in rows (from 1) of the first sheet as a person would."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    titles = [str(cell.value).split("（")[0].split(" (")[0].rstrip("*") for cell in page[1]]
    for row, answer in answers.items():
        for name, value in answer.items():
            page.cell(row + 1, titles.index(TITLES[lang][name]) + 1, value)
    book.save(path)
    return path


@pytest.mark.parametrize("audience", ["public", "internal"])
@pytest.mark.parametrize("lang", LANGS)
def test_a_filled_sheet_comes_back_with_every_cell(
    tmp_path: Path, lang: str, audience: str
) -> None:
    interest = {c.value: c.title.get(lang) for c in SPEC.field("interest").choices}
    answers: dict[int, dict[str, Any]] = {
        1: {
            "operator": "示例运营机构 1",
            "interest": interest["yes"],
            "vacant_area_m2": 4_800.5,
            "wanted_area_m2": 2_000,
            "rent_offer_yuan_m2_day": 3.25,
            "industries": "数字经济;其他",
            "start": dt.date(2027, 3, 1),
            "conditions": "免租期三个月",
            "data_date": dt.date(2026, 12, 1),
            "note": "已现场核实",
        },
        2: {"interest": interest["maybe"], "vacant_area_m2": 0},
        3: {"interest": interest["no"]},
    }
    path = _replied(_sent(tmp_path, lang, audience), lang, answers)
    result = intake(path, SPEC, CATALOGUE, tables=four())
    assert (result.rows_in, len(result.rejected)) == (3, 0)
    rows = result.accepted.set_index("carrier_id")
    first = rows.loc["C1"]
    assert first["reply_id"] == "P20261126-甲-C1"
    assert first["pack"] == "P20261126-甲"
    assert (first["operator"], first["interest"]) == ("示例运营机构 1", "yes")
    assert (first["vacant_area_m2"], first["wanted_area_m2"]) == (4_800.5, 2_000)
    assert first["rent_offer_yuan_m2_day"] == 3.25
    assert first["industries"] == "数字经济;其他"
    assert first["start"] == pd.Timestamp(2027, 3, 1)
    assert first["data_date"] == pd.Timestamp(2026, 12, 1)
    assert (first["conditions"], first["note"]) == ("免租期三个月", "已现场核实")
    # Nothing vacant is an answer, an empty cell is none.
    assert rows.loc["C2", "vacant_area_m2"] == 0
    assert rows["vacant_area_m2"].isna().to_dict() == {"C1": False, "C2": False, "C4": True}
    assert list(rows["interest"]) == ["yes", "maybe", "no"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_reply_about_a_sample_comes_back_as_a_sample(tmp_path: Path, lang: str) -> None:
    path = _sent(tmp_path, lang)
    page = openpyxl.load_workbook(path).worksheets[0]
    headings = [cell.value for cell in page[1]]
    column = headings.index(TITLES[lang]["sample"]) + 1
    told = [page.cell(row, column).value for row in (2, 3, 4)]
    assert told == (["是", "是", "否"] if lang == "zh" else ["yes", "yes", "no"])
    result = intake(path, SPEC, CATALOGUE, tables=four())
    assert len(result.rejected) == 0
    rows = result.accepted.set_index("carrier_id")
    assert rows["sample"].to_dict() == {"C1": True, "C2": True, "C4": False}


@pytest.mark.parametrize("lang", LANGS)
def test_columns_for_reading_are_left_out_and_that_is_said(tmp_path: Path, lang: str) -> None:
    result = intake(_sent(tmp_path, lang), SPEC, CATALOGUE, tables=four())
    (dropped,) = [issue for issue in result.issues if issue.code == "columns_dropped"]
    shown = ("载体名称（供核对）", "载体坐落（供核对）")
    if lang == "en":
        shown = ("Carrier (for reading)", "Where it is (for reading)")
    assert all(title in dropped.message.zh for title in shown)
    assert dropped.severity == "info"


@pytest.mark.parametrize("lang", LANGS)
def test_a_returned_pack_is_never_taken_for_a_register_of_carriers(
    tmp_path: Path, lang: str
) -> None:
    path = _sent(tmp_path, lang)
    raw = read_raw(Request(path))
    assert raw.part.startswith(SPEC.title.get(lang))
    assert guess_layer(raw, CATALOGUE, f"{path.stem} {raw.part}") == "replies"


@pytest.mark.parametrize("lang", LANGS)
def test_the_sheet_checks_what_is_typed(tmp_path: Path, lang: str) -> None:
    page = openpyxl.load_workbook(_sent(tmp_path, lang)).worksheets[0]
    rules = {rule.type: rule for rule in page.data_validations.dataValidation}
    assert set(rules) == {"list", "decimal", "date"}
    interest = [choice.title.get(lang) for choice in SPEC.field("interest").choices]
    assert rules["list"].formula1 == f'"{",".join(interest)}"'
    assert (rules["decimal"].operator, rules["decimal"].formula1) == ("greaterThanOrEqual", "0")
    # One row a carrier, none of them an example, with the headings in sight.
    assert page.max_row == 4
    assert page.freeze_panes == "E2"
    asked = page.max_column - 10
    assert all(cell.value is None for row in page.iter_rows(2, 4, asked + 1) for cell in row)


def test_a_wrong_reply_is_rejected_with_its_reason(tmp_path: Path) -> None:
    path = _replied(
        _sent(tmp_path, "zh"), "zh", {1: {"vacant_area_m2": -5}, 2: {"carrier_id": "不存在"}}
    )
    result = intake(path, SPEC, CATALOGUE, tables=four())
    assert len(result.accepted) == 1
    assert len(result.rejected) == 2


def test_replies_are_kept_in_the_workspace_beside_an_untouched_register(tmp_path: Path) -> None:
    tables = four()
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="test", edition=None)
    workspace.commit("carriers", tables["carriers"], author="test", message="register")
    before = workspace.version("carriers")
    path = _replied(
        _sent(tmp_path, "zh"), "zh", {1: {"interest": "有意向", "vacant_area_m2": 4_500}}
    )
    result = intake(path, SPEC, CATALOGUE, tables=tables)
    workspace.commit("replies", result.accepted, author="test", message=path.name)
    kept = {key: workspace.read(key) for key in ("carriers", "replies")}
    found = evidence(kept, "C1")
    assert list(found["reply_id"]) == ["P20261126-甲-C1"]
    # 4,500 m² found, 5,000 m² in the register.
    assert found["difference_m2"].iloc[0] == -500
    assert found["difference_percent"].iloc[0] == pytest.approx(-10.0)
    assert workspace.version("carriers") == before


def _reply(number: int, **changes: Any) -> dict[str, Any]:
    row = {"reply_id": f"R{number}", "carrier_id": "C1", "vacant_area_m2": 5_500.0}
    return row | changes


def test_evidence_is_of_one_carrier_the_newest_first() -> None:
    replies = [
        _reply(1, data_date="2026-01-01"),
        _reply(2, data_date="2026-08-01"),
        _reply(3, data_date=None),
        _reply(4, data_date="2026-08-01", carrier_id="C2"),
        _reply(5, data_date="2026-08-01", vacant_area_m2=None),
    ]
    tables = tables_of(carrier(1), carrier(2), replies=replies)
    found = evidence(tables, "C1")
    assert list(found["reply_id"]) == ["R2", "R5", "R1", "R3"]
    assert found["register_vacant_m2"].eq(5_000).all()
    assert found["difference_m2"].isna().tolist() == [False, True, False, False]
    assert set(EVIDENCE_TITLES) <= set(found.columns)


@pytest.mark.parametrize(("registered", "metres"), [(0.0, 5_500.0), (None, math.nan)])
def test_a_share_of_nothing_is_not_known(registered: float | None, metres: float) -> None:
    tables = tables_of(carrier(1, vacant_area_m2=registered), replies=[_reply(1)])
    row = evidence(tables, "C1").iloc[0]
    assert row["difference_m2"] == pytest.approx(metres, nan_ok=True)
    assert math.isnan(row["difference_percent"])


def test_replies_of_a_carrier_that_is_gone_are_kept() -> None:
    tables = tables_of(carrier(2))
    tables["replies"] = frame_of("replies", [_reply(1)])
    assert math.isnan(evidence(tables, "C1")["difference_m2"].iloc[0])
    del tables["carriers"]
    assert len(evidence(tables, "C1")) == 1


def test_without_replies_there_is_no_evidence() -> None:
    assert evidence(four(), "C1").empty
    assert evidence({}, "C1").empty
