"""Proposals for headings that nobody knows: what is proposed, and above all what is not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.intake.columns import find_columns
from layers.intake.matching import LEAST_SCORE
from layers.intake.matching import propose
from layers.intake.source import Raw

if TYPE_CHECKING:
    from layers.intake.matching import ColumnMatch

CATALOGUE = load_catalogue()
CARRIERS = CATALOGUE.layer("carriers")
ROWS = 60


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return dict(load_edition(CATALOGUE).tables)


def _propose(columns: dict[str, list[Any]], **options: Any) -> dict[str, ColumnMatch]:
    spec = options.pop("spec", CARRIERS)
    chosen = options.get("mapping")
    frame = pd.DataFrame({"层数": [3] * len(next(iter(columns.values()))), **columns}, dtype=object)
    raw = Raw(frame, pd.Series(range(1, len(frame) + 1)), ())
    found = find_columns([*frame.columns], spec, chosen)
    matches = propose(raw, found, spec, **options)
    assert [m.heading for m in matches] == [*frame.columns]
    proposed = [m.target for m in matches if m.target]
    assert len(set(proposed)) == len(proposed)
    return {match.heading: match for match in matches}


@pytest.mark.parametrize(
    ("heading", "cells", "target"),
    [
        ("产权人类型", ["国有", "民企", "高校"], "tenure"),
        ("东向", [121.5012, 121.5123, 121.4999], "lon"),
        ("北向", ["31.30123", "31.29876", "31.31111"], "lat"),
        ("位置点", ["121.5012,31.3012", "121.5111, 31.2987", "(121.49,31.2951)"], None),
        ("位置点", ["121.5012,31.3012", "121.5111, 31.2987", "121.4999;31.2951"], "lonlat"),
        ("图形", ["POINT", "POLYGON 甲", "见附图"], None),
        ("图形", ["POINT (121.5 31.3)", "POINT (1 2)", "POLYGON ((0 0, 1 0, 1 1, 0 0))"], "wkt"),
        ("坐落位置", ["国定路323号", "四平路1239号", "控江路1500弄"], "address"),
        ("空置开始时间", ["2024年3月", "2024.5", "2023年12月"], "vacant_since"),
        ("可出租总面积", ["约100㎡", "200", "3,000"], None),
        ("入驻企业总数", ["3家", "5", "7"], "tenants"),
    ],
)
def test_one_column_alone(heading: str, cells: list[Any], target: str | None) -> None:
    match = _propose({heading: cells * 20})[heading]
    assert match.target == target
    assert match.how == ("content" if target else "none")
    assert (match.score >= LEAST_SCORE) == (target is not None)
    assert len(match.sample) == 3
    assert match.filled == 1


def test_ids_and_names_that_we_hold(tables: dict[str, pd.DataFrame]) -> None:
    parks = tables["parks"]
    names, ids = parks["name"].tolist()[:20], parks["park_id"].tolist()[:20]
    own = tables["carriers"]["carrier_id"].tolist()[:20]
    assert _propose({"归口": names}, tables=tables)["归口"].target == "park_id"
    assert _propose({"归口": ids}, tables=tables)["归口"].target == "park_id"
    assert _propose({"代号": own}, tables=tables)["代号"].target == "carrier_id"
    assert _propose({"归口": names})["归口"].target is None
    strangers = [f"不认识的园{i}" for i in range(20)]
    assert _propose({"归口": strangers}, tables=tables)["归口"].target is None


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("序号", list(range(1, ROWS + 1))),
        ("联系电话", ["13800000000"] * ROWS),
        ("指标A", [1.5, 2.5, 3.5] * 20),
        ("地下建筑面积", [100, 200, 300] * 20),
        ("区级税收占比", [0.1, 0.2, 0.3] * 20),
        ("亩均税收", [10, 20, 30] * 20),
        ("可租面积单价", [1, 2, 3] * 20),
        ("竣工起", ["2020-01-01"] * ROWS),
        ("空列", [None] * ROWS),
        ("评语", ["好", "中", "差"] * 20),
        ("坐标值", [121, 122, 123] * 20),
        ("其他", ["其他"] * ROWS),
    ],
)
def test_what_is_not_proposed(heading: str, cells: list[Any]) -> None:
    match = _propose({heading: cells})[heading]
    assert (match.target, match.how, match.score) == (None, "none", 0)


def test_two_columns_with_one_content_are_not_told_apart() -> None:
    cells = ["国有", "民营", "外资"] * 20
    matches = _propose({"甲方性质": cells, "乙方性质": cells})
    assert matches["甲方性质"].target is None
    assert matches["乙方性质"].target is None


def test_a_field_that_is_taken_is_not_proposed_again() -> None:
    cells = ["国有", "民营", "外资"] * 20
    matches = _propose({"产权性质": cells, "甲方": cells})
    assert (matches["产权性质"].target, matches["产权性质"].how) == ("tenure", "name")
    assert matches["甲方"].target is None


def test_where_a_match_comes_from() -> None:
    columns: dict[str, list[Any]] = {
        h: ["a", None] for h in ("楼", "栋", "楼名", "楼宇名称", "产权")
    }
    mapping = {"楼": "carrier_id", "栋": "address", "产权": "-"}
    matches = _propose(columns, mapping=mapping, profile={"栋": "address", "楼": "operator"})
    assert {h: m.how for h, m in matches.items()} == {
        "层数": "name",
        "楼": "user",
        "栋": "profile",
        "楼名": "name",
        "楼宇名称": "none",
        "产权": "none",
    }
    assert "楼名" in matches["楼宇名称"].note.zh
    assert matches["楼"].filled == 0.5
    assert matches["楼"].sample == ("a",)


def test_part_of_the_cells_being_wrong_lowers_the_score() -> None:
    good = ["国有", "民营", "外资"] * 20
    some = [*good[:54], *["?!"] * 6]
    full = _propose({"性质甲": good})["性质甲"].score
    assert _propose({"性质甲": some})["性质甲"].score <= full
    assert _propose({"性质甲": [*good[:40], *["??!"] * 20]})["性质甲"].target is None


def test_the_content_of_a_long_table_is_sampled_over_all_of_it() -> None:
    cells = ["国有", "民营"] * 300 + ["乱码"] * 1400
    assert _propose({"性质甲": cells})["性质甲"].target is None


def test_empty_tables_and_layers_without_places() -> None:
    assert _propose({"未知": []})["未知"].target is None
    units = CATALOGUE.layer("units")
    frame = pd.DataFrame({"面积": [1.0], "东向": [121.5012]}, dtype=object)
    raw = Raw(frame, pd.Series([1]), ())
    matches = propose(raw, find_columns([*frame.columns], units), units)
    assert matches[1].target is None


def test_cells_of_any_length_are_looked_at_quickly() -> None:
    started = time.perf_counter()
    match = _propose({"很长": ["路" * 30_000] * 500})["很长"]
    assert match.target is None
    assert max(map(len, match.sample)) <= 40
    assert time.perf_counter() - started < 10
