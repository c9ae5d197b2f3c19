"""Field names of Shapefiles: bytes, not characters."""

from __future__ import annotations

import pytest

from layers.catalogue import load_catalogue
from layers.dbase import cut_name
from layers.dbase import short_names
from layers.errors import IntakeError
from layers.intake import find_columns

NAMES = (
    "载体名称",
    "总建筑面积_平方米",
    "总建筑面积_地上",
    "单位面积税收",
    "YDYHFLDM",
    "rentable_area_m2",
    "rentable_area_mu",
)
# The worked example F3.
IN_GBK = (
    "载体名称",
    "总建筑面积",
    "总建筑面1",
    "单位面积税",
    "YDYHFLDM",
    "rentable_a",
    "rentable_1",
)
IN_UTF8 = ("载体名", "总建筑", "总建筑1", "单位面", "YDYHFLDM", "rentable_a", "rentable_1")


@pytest.mark.parametrize(("encoding", "short"), [("gbk", IN_GBK), ("utf-8", IN_UTF8)])
def test_names_are_cut_between_characters_and_told_apart(
    encoding: str, short: tuple[str, ...]
) -> None:
    assert short_names(NAMES, encoding) == short
    assert max(len(name.encode(encoding)) for name in short) <= 10


def test_many_names_of_one_beginning_stay_apart() -> None:
    short = short_names([f"总建筑面积之{i}" for i in range(120)], "gbk")
    assert len(set(short)) == 120
    assert max(len(name.encode("gbk")) for name in short) <= 10


def test_a_name_that_fits_stays() -> None:
    assert cut_name("空置面积", "gbk") == "空置面积"
    assert cut_name("", "gbk") == ""


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("最大连续空", "largest_vacant_m2"),
        ("属地注册企", "registered_tenants"),
        ("运营合同到", "operator_contract_end"),
    ],
)
def test_headings_that_a_shapefile_cut_are_known(heading: str, field: str) -> None:
    carriers = load_catalogue().layer("carriers")
    assert find_columns(["载体编码", heading], carriers).fields[field] == heading


def test_what_two_fields_begin_with_is_not_guessed() -> None:
    carriers = load_catalogue().layer("carriers")
    with pytest.raises(IntakeError):
        find_columns(["建筑面"], carriers)
