from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import Catalogue
from layers.catalogue import load_catalogue
from layers.intake.naming.references import resolve_references
from layers.intake.source import Request

PARKS = [
    ("S01", "复旦大学国家大学科技园", "Fudan Park"),
    ("B01", "长阳创谷", None),
    ("B02", "湾谷科技园", "Bay Valley"),
    ("B03", "湾谷科技园（二期）", None),
    ("X1", "示例园", None),
    ("X2", "示 例 园", None),
    ("X3", "3号楼", None),
    ("X4", None, None),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _resolve(
    catalogue: Catalogue, cells: list[Any], parks: list[Any] | None = None
) -> tuple[list[Any], dict[str, Any]]:
    frame = pd.DataFrame(
        {"carrier_id": range(len(cells)), "park_id": pd.Series(cells, dtype=object)}
    )
    before = frame.copy()
    known = pd.DataFrame(PARKS if parks is None else parks, columns=["park_id", "name", "name_en"])
    named, issues = resolve_references(
        frame,
        catalogue.layer("carriers"),
        {"parks": known},
        Request(Path("台账.xlsx"), "carriers"),
        pd.Series(range(1, len(cells) + 1)),
        catalogue=catalogue,
    )
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(named.drop(columns="park_id"), before.drop(columns="park_id"))
    assert len({issue.code for issue in issues}) == len(issues)
    return list(named["park_id"]), {issue.code: issue for issue in issues}


@pytest.mark.parametrize(
    ("cell", "record"),
    [
        ("复旦大学国家大学科技园", "S01"),
        ("上海市 复旦大学国家大学科技园 ", "S01"),
        ("fudan PARK", "S01"),
        ("湾谷科技园", "B02"),
        ("湾谷科技园 2期", "B03"),
        ("[湾谷科技园]（二期）", "B03"),
    ],
)
def test_the_name_of_one_record_becomes_its_id(
    catalogue: Catalogue, cell: str, record: str
) -> None:
    cells, issues = _resolve(catalogue, [cell])
    assert cells == [record]
    assert list(issues) == ["reference_by_name"]
    assert issues["reference_by_name"].severity == "info"


@pytest.mark.parametrize("cell", ["S01", "B03", None, "", "  ", float("nan")])
def test_ids_and_empty_cells_stay_and_are_not_told(catalogue: Catalogue, cell: object) -> None:
    cells, issues = _resolve(catalogue, [cell])
    assert cells == [cell] or pd.isna(cells[0])
    assert issues == {}


def test_one_finding_counts_all_rows_of_a_column(catalogue: Catalogue) -> None:
    cells, issues = _resolve(catalogue, ["长阳创谷", "S01", "长阳创谷", "FUDAN PARK", None])
    assert cells[:4] == ["B01", "S01", "B01", "S01"]
    message = issues["reference_by_name"].message.zh
    assert "3 行" in message
    assert "长阳创谷 → B01" in message
    assert issues["reference_by_name"].field == "park_id"


def test_a_name_of_several_records_stays_and_the_ids_are_told(catalogue: Catalogue) -> None:
    cells, issues = _resolve(catalogue, ["示例园", "示例园"])
    assert cells == ["示例园", "示例园"]
    assert list(issues) == ["reference_ambiguous"]
    assert issues["reference_ambiguous"].severity == "warning"
    assert "X1 / X2" in issues["reference_ambiguous"].message.en


def test_two_names_of_one_record_are_not_ambiguous(catalogue: Catalogue) -> None:
    cells, _ = _resolve(catalogue, ["ABC"], [("P", "ABC", "abc")])
    assert cells == ["P"]


def test_a_similar_name_is_told_and_not_taken(catalogue: Catalogue) -> None:
    cells, issues = _resolve(catalogue, ["复旦大学国家大学科学园", "完全不同的名字"])
    assert cells == ["复旦大学国家大学科学园", "完全不同的名字"]
    assert list(issues) == ["reference_suggested"]
    assert "1 行" in issues["reference_suggested"].message.zh
    assert "S01" in issues["reference_suggested"].message.zh


def test_a_mere_building_number_is_told_and_not_taken(catalogue: Catalogue) -> None:
    cells, issues = _resolve(catalogue, ["三号楼"])
    assert cells == ["三号楼"]
    assert list(issues) == ["reference_suggested"]


def test_an_id_that_is_also_a_name_is_an_id(catalogue: Catalogue) -> None:
    cells, issues = _resolve(catalogue, ["P1"], [("P1", "甲园", None), ("P2", "P1", None)])
    assert cells == ["P1"]
    assert issues == {}


@pytest.mark.parametrize("parks", [[], None])
def test_without_records_nothing_is_done(catalogue: Catalogue, parks: list[Any] | None) -> None:
    tables = {} if parks is None else {"parks": pd.DataFrame(columns=["park_id", "name"])}
    named = pd.DataFrame({"park_id": ["长阳创谷"]})
    request = Request(Path("a.csv"), "carriers")
    spec = catalogue.layer("carriers")
    result, issues = resolve_references(
        named, spec, tables, request, pd.Series([1]), catalogue=catalogue
    )
    assert result is named
    assert issues == ()


def test_braces_in_a_name_are_text(catalogue: Catalogue) -> None:
    cells, issues = _resolve(catalogue, ["{row}园"], [("P", "{row} 园", None)])
    assert cells == ["P"]
    assert "{row}园 → P" in issues["reference_by_name"].message.zh
