from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from layers.intake.placing.degrees import looks_packed
from layers.intake.placing.degrees import looks_written
from layers.intake.placing.degrees import parse_degrees
from layers.intake.placing.degrees import parse_pairs

# 121°30′20″ and 121°30′20.5″, worked by hand.
SECONDS, HALF_SECOND = 121.50555555555556, 121.50569444444444


def one(cell: Any) -> tuple[float, bool]:
    read = parse_degrees(pd.Series([cell], dtype=object))
    return float(read.numbers[0]), bool(read.bad[0])


@pytest.mark.parametrize(
    ("cell", "degrees"),
    [
        ("121°30′20″", SECONDS),
        ("121°30'20.5\"", HALF_SECOND),
        ("121º30′20''", SECONDS),
        ("121°30’20”", SECONDS),
        ("121˚30ʹ20ʺ", SECONDS),
        ("121°30′20", SECONDS),
        ("１２１°３０′２０″", SECONDS),
        (" 121° 30′ 20″ ", SECONDS),
        ("E121°30′", 121.5),
        ("121°30′E", 121.5),
        ("121°30.5′", 121 + 30.5 / 60),
        ("东经121度30分20秒", SECONDS),
        ("东经：121.5", 121.5),
        ("经度121.5", 121.5),
        ("121.5度", 121.5),
        ("121.5°", 121.5),
        ("北纬31°18′", 31.3),
        ("W121°30′", -121.5),
        ("-121°30′", -121.5),
        ("南纬31.3", -31.3),
        ("121 30 20.5", HALF_SECOND),
        ("121:30:20", SECONDS),
        ("121：30：20", SECONDS),
        ("121-30-20", SECONDS),
        ("121.5", 121.5),
        (121.5, 121.5),
        ("１２１．５", 121.5),
        # Metres and packed figures are numbers, and are judged by where they lead.
        ("642843.682", 642843.682),
        ("1213020.5", 1213020.5),
    ],
)
def test_spellings_of_one_coordinate(cell: Any, degrees: float) -> None:
    value, bad = one(cell)
    assert not bad
    assert value == pytest.approx(degrees, abs=1e-12)


@pytest.mark.parametrize(
    "cell",
    [
        "121°60′00″",
        "121°30′60″",
        "121:60:00",
        "121-30",
        "121:30",
        "121 30",
        "121.5°30′",
        "121°30.5′20″",
        "E121.5W",
        "-121.5W",
        "约121.5",
        "121.5o",
        "181°",
        "121°30′20″.5",
        "国定路323号",
        "121-30:20",
        "1" * 5000,
        "°" * 100,
    ],
)
def test_what_is_no_coordinate_is_bad_and_stays_unknown(cell: str) -> None:
    value, bad = one(cell)
    # A number of thousands of digits is none that can be kept.
    assert bad
    assert np.isnan(value)


@pytest.mark.parametrize("cell", ["-", "——", "/", "暂无", "N/A", "未定位", None, "", "  "])
def test_cells_that_say_that_nothing_is_known_are_empty_and_not_zero(cell: Any) -> None:
    value, bad = one(cell)
    assert not bad
    assert np.isnan(value)


def test_conversions_are_counted_with_an_example() -> None:
    read = parse_degrees(pd.Series(["121.5", "121°30′", "东经121度", "x", "-", None], dtype=object))
    assert (read.written, read.example, read.unknown) == (2, "121°30′", 1)
    assert read.bad.tolist() == [False, False, False, True, False, False]


@pytest.mark.parametrize("cells", [[], [np.nan], [1.5, np.nan]])
def test_columns_of_numbers_stay_as_they_are(cells: list[float]) -> None:
    read = parse_degrees(pd.Series(cells, dtype=float))
    np.testing.assert_array_equal(read.numbers, cells)
    assert not read.bad.any()
    assert read.written == 0


@pytest.mark.parametrize(
    "cell",
    [
        "121.5,31.3",
        "121.5，31.3",
        "121.5、31.3",
        "121.5;31.3",
        "121.5/31.3",
        "121.5 31.3",
        "121.5\n31.3",
        "(121.5, 31.3)",
        "（121.5，31.3）",
        "[121.5, 31.3]",
        "121.5，31.3，",
        "(31.3, 121.5)",
        "31.3 121.5",
        "121°30′,31°18′",
        "121°30′00″ 31°18′00″",
        "121°30′31°18′",
        "东经121.5 北纬31.3",
        "北纬31.3,东经121.5",
        "E121°30′N31°18′",
        "31.3N121.5E",
        "东经121度30分北纬31度18分",
        "lng:121.5,lat:31.3",
        "经度：121.5，纬度：31.3",
        "121 30 00 31 18 00",
        "１２１．５，３１．３",
    ],
)
def test_spellings_of_a_pair(cell: str) -> None:
    read = parse_pairs(pd.Series([cell], dtype=object))
    assert not read.bad[0]
    assert (read.lon[0], read.lat[0]) == pytest.approx((121.5, 31.3), abs=1e-12)


@pytest.mark.parametrize(
    "cell",
    [
        "121.5",
        "121.5,",
        "121.5,31.3,4.2",
        "121 30 20",
        "1,2,3 4",
        "E121.5,E31.3",
        "121.5,x",
        "121.5056, -",
        "121°61′,31°18′",
        "国定路323号,31.3",
        "," * 1000,
    ],
)
def test_what_is_no_pair_is_bad(cell: str) -> None:
    read = parse_pairs(pd.Series([cell], dtype=object))
    assert read.bad[0]
    assert np.isnan(read.lon[0])
    assert np.isnan(read.lat[0])


def test_pairs_of_metres_keep_their_order_and_pairs_of_degrees_are_turned() -> None:
    cells = ["642843.682,3462989.435", "3462989.435,642843.682", "31.3,121.5", "-", None]
    read = parse_pairs(pd.Series(cells, dtype=object))
    assert read.lon[:3].tolist() == [642843.682, 3462989.435, 121.5]
    assert read.lat[:3].tolist() == [3462989.435, 642843.682, 31.3]
    assert (read.turned, read.written, read.unknown) == (1, 0, 1)
    assert not read.bad.any()


def test_marks_and_packed_figures_are_told() -> None:
    assert looks_written("121°61′")
    assert not looks_written("121.5o")
    assert looks_packed(np.array([1213020.5, 1212959.0]), np.array([311815.0, 311800.0]))
    assert not looks_packed(np.array([642843.682]), np.array([3462989.435]))
    assert not looks_packed(np.array([]), np.array([]))
