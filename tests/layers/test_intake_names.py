from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.intake.naming.names import building_number
from layers.intake.naming.names import doors
from layers.intake.naming.names import doors_disagree
from layers.intake.naming.names import few
from layers.intake.naming.names import names_disagree
from layers.intake.naming.names import normalise_address
from layers.intake.naming.names import normalise_name
from layers.intake.naming.names import similar

SAME_BUILDING = [
    "3号楼",
    "3幢",
    "3#",
    "３＃",
    "3＃楼",
    "三号楼",
    "叁号楼",
    "第3栋",
    "3 座",
    "03号楼",
    "（3号楼）",
    "③号楼",
    "Building 3",
    "BLOCK 3",
]


@pytest.mark.parametrize("text", SAME_BUILDING)
def test_ways_to_write_a_building_are_one(text: str) -> None:
    assert normalise_name(text) == "3幢"
    assert building_number(text) == "3"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("湾谷A8栋10楼", "a8"),
        ("A座", "a"),
        ("Tower B", "b"),
        ("a-8栋", "a8"),
        ("十二号楼", "12"),
        ("二十号楼", "20"),
        ("一百零五号楼", "105"),
        ("二〇三幢", "203"),
        ("1-3号楼", "1-3"),
        ("3号楼A座", "3/a"),
        ("KIC3号楼", "3"),
        ("赤峰路65号（1号楼）", "1"),
        ("赤峰路65号-3号楼", "3"),
        ("10楼", ""),
        ("B2楼", ""),
        ("三九商务楼", ""),
        ("五角丰达商务广场", ""),
        ("国定路323号", ""),
        ("国定路323#", ""),
    ],
)
def test_building_numbers(text: str, number: str) -> None:
    assert building_number(text) == number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("启迪之星（上海）孵化器", "启迪之星[上海]孵化器"),
        ("创邑·海上海", "创邑海上海"),
        ("ＩＮＮＯ 创智", "inno创智"),
        ("上海理工大学", "理工大学"),
        ("上海市杨浦区图书馆", "图书馆"),
        ("东外滩一号", "东外滩1号"),
        ("复旦 软件园\n", "复旦软件园"),
        (12.0, "12"),
    ],
)
def test_names_of_one_thing_are_one(one: object, other: str) -> None:
    assert normalise_name(one) == normalise_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3号楼", "13号楼"),
        ("1-3号楼", "13号楼"),
        ("A座", "B座"),
        ("3号楼", "3楼"),
        ("某某有限公司", "某某"),
        ("3.5", "35"),
        ("大连路588/688号", "大连路588688号"),
    ],
)
def test_names_of_two_things_stay_two(one: str, other: str) -> None:
    assert normalise_name(one) != normalise_name(other)


@pytest.mark.parametrize("text", ["上海", "上海市", "杨浦区", "上海路12号"])
def test_a_prefix_that_is_all_or_a_road_stays(text: str) -> None:
    assert normalise_name(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "国定路323号",
        "国定路 323 号",
        "上海市杨浦区国定路３２３号",
        "中国上海市杨浦区国定路323号",
        "200433 上海市杨浦区五角场街道国定路323号",
        "上海杨浦区国定路323#",
        "国定路三百二十三号",
        "国定路0323号",
    ],
)
def test_ways_to_write_an_address_are_one(text: str) -> None:
    assert normalise_address(text) == "国定路323号"


@pytest.mark.parametrize("text", ["五角场街道", "江湾镇", "定海路街道"])
def test_a_subdistrict_without_a_road_stays(text: str) -> None:
    assert normalise_address(text) == text


def _read(text: str) -> list[tuple[str, int, int, str]]:
    return [(d.road, d.low, d.high, d.unit) for d in doors(normalise_address(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("淞沪路234-388号", [("淞沪路", 234, 388, "号")]),
        ("政立路485号—499号", [("政立路", 485, 499, "号")]),
        ("政立路499～485号", [("政立路", 485, 499, "号")]),
        ("军工路318、334号", [("军工路", 318, 318, "号"), ("军工路", 334, 334, "号")]),
        ("长阳路1687号 / 黄兴路158号", [("长阳路", 1687, 1687, "号"), ("黄兴路", 158, 158, "号")]),
        ("国权北路1688弄湾谷A8栋10楼", [("国权北路", 1688, 1688, "弄")]),
        ("国定路323", [("国定路", 323, 323, "")]),
        ("国定路33幢", []),
        ("彰武路", []),
    ],
)
def test_doors_of_an_address(text: str, expected: list[Any]) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "disagree"),
    [
        ("国定路323号", "国定路325号", True),
        ("国定路323号", "国权路323号", True),
        ("国定路323号", "国定路323弄", True),
        ("国定路323号", "国定路323", False),
        ("淞沪路300号", "淞沪路234-388号", False),
        ("淞沪路389号", "淞沪路234-388号", True),
        ("国定路323号", "国定路", False),
        ("近国定路323号", "国定路323号", False),
    ],
)
def test_doors_disagree(one: str, other: str, disagree: bool) -> None:
    pair = normalise_address(one), normalise_address(other)
    assert doors_disagree(*pair) is disagree
    assert doors_disagree(*reversed(pair)) is disagree


@pytest.mark.parametrize(
    ("one", "other", "disagree"),
    [
        ("复旦科技园", "复旦大学科技园", False),
        ("复旦科技园3号楼", "复旦科技园5号楼", True),
        ("复旦科技园", "互联宝地", True),
        ("", "互联宝地", False),
        ("湾谷", "湾谷科技园区一期二期三期", False),
    ],
)
def test_names_disagree(one: str, other: str, disagree: bool) -> None:
    assert names_disagree(normalise_name(one), normalise_name(other)) is disagree


@pytest.mark.parametrize(
    "cell", [None, np.nan, pd.NaT, pd.NA, "", " ", "　", "（）", "·", float("nan")]
)
def test_nothing_is_no_name(cell: object) -> None:
    assert normalise_name(cell) == normalise_address(cell) == building_number(cell) == ""


@pytest.mark.parametrize("cell", [True, 7, 3.5, dt.date(2024, 3, 1), ["a"], {"a": 1}, b"x", object])
def test_cells_of_any_type_are_taken(cell: object) -> None:
    assert isinstance(normalise_name(cell), str)
    assert isinstance(normalise_address(cell), str)


PIECES = st.lists(
    st.sampled_from(
        [*"上海市杨浦区国定路街道镇弄号楼幢栋座第一二十百〇零3109#-/、~（）·. aAbB", "200433"]
    ),
    max_size=14,
).map("".join)


@given(st.one_of(PIECES, st.text(max_size=40)))
def test_a_normal_form_is_text_and_any_text_has_one(text: str) -> None:
    for form in (normalise_name(text), normalise_address(text)):
        assert len(form) <= 4 * len(text) + 1
        assert not any(letter.isspace() for letter in form)
        assert not set("（）()·、#") & set(form)


def test_a_cell_of_a_megabyte_is_cut() -> None:
    assert len(normalise_address("路一" * 500_000)) <= 900


def _indel(one: str, other: str) -> int:
    """Return the insertions and deletions between two texts, by the textbook table."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], before if a == b else 1 + min(row[j], row[j - 1])
    return row[-1]


@given(
    st.lists(st.text("国定路科技园", min_size=1, max_size=6), max_size=8, unique=True),
    st.lists(st.text("国定路科技园", min_size=1, max_size=6), max_size=8, unique=True),
    st.sampled_from([50, 75, 90]),
)
def test_similar_texts_are_those_of_a_plain_comparison(
    queries: list[str], choices: list[str], least: int
) -> None:
    expected = {
        (i, j): 100 * (1 - _indel(a, b) / (len(a) + len(b)))
        for i, a in enumerate(queries)
        for j, b in enumerate(choices)
    }
    found = {(i, j): score for i, j, score in similar(queries, choices, least)}
    # Scores are whole numbers, so that a border case may fall to either side.
    assert all(abs(expected[pair] - score) <= 1 for pair, score in found.items())
    assert set(found) >= {pair for pair, score in expected.items() if score >= least + 1}
    assert not set(found) - {pair for pair, score in expected.items() if score >= least - 1}


def test_only_the_best_choices_are_told() -> None:
    choices = [f"科技园{n}" for n in range(1000, 1200)]
    found = list(similar(["科技园1100"], choices, 50))
    assert len(found) == 50
    assert found[0] == (0, 100, 100.0)


def test_a_few_examples() -> None:
    assert few([]) == ""
    assert few(["a", "b"]) == "a; b"
    assert few("abcdef") == "a; b; c …"
