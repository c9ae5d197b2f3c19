"""Units of headings and cells, against factors that are written out here."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from layers.catalogue import load_catalogue
from layers.intake.columns import find_columns
from layers.intake.units import column_unit
from layers.intake.units import convert_factor
from layers.intake.units import parse_unit
from layers.intake.units import stated_unit

CARRIERS = load_catalogue().layer("carriers")


@pytest.mark.parametrize(
    ("heading", "name", "factor"),
    [
        ("税收(元)", "tax_wan", Fraction(1, 10_000)),
        ("税收（万元）", "tax_wan", Fraction(1)),
        ("税收总额（2024年，亿元）", "tax_wan", Fraction(10_000)),
        ("税收【千元】", "tax_wan", Fraction(1, 10)),
        ("税收[单位：元]", "tax_wan", Fraction(1, 10_000)),
        ("税收(人民币万元)", "tax_wan", Fraction(1)),
        ("税收(万)", "tax_wan", Fraction(1)),
        ("营业收入万元", "revenue_wan", Fraction(1)),
        ("营业收入_元", "revenue_wan", Fraction(1, 10_000)),
        ("土地面积/亩", "land_area_m2", Fraction(2000, 3)),
        ("土地面积 (公顷)", "land_area_m2", Fraction(10_000)),
        ("空置面积（万㎡）", "vacant_area_m2", Fraction(10_000)),
        ("空置面积(万平方米)", "vacant_area_m2", Fraction(10_000)),
        ("面积(亩)/土地面积", "land_area_m2", Fraction(2000, 3)),
        ("Land area ha", "land_area_m2", Fraction(10_000)),
        ("Land area (sq m)", "land_area_m2", Fraction(1)),
        ("land_area_m2", "land_area_m2", Fraction(1)),
        ("租金(元/㎡/月)", "rent_yuan_m2_day", Fraction(12, 365)),
        ("租金（元／（㎡·年））", "rent_yuan_m2_day", Fraction(1, 365)),
        ("租金(元/(m²·天))", "rent_yuan_m2_day", Fraction(1)),
        ("租金元每平方米每月", "rent_yuan_m2_day", Fraction(12, 365)),
        ("从业人员(万人)", "employees", Fraction(10_000)),
        ("入驻企业数(户)", "tenants", Fraction(1)),
    ],
)
def test_the_unit_of_a_heading(heading: str, name: str, factor: Fraction) -> None:
    written = column_unit(heading, CARRIERS.field(name))
    assert (written.kind, written.factor) == ("same", factor)


@pytest.mark.parametrize(
    ("heading", "name", "kind"),
    [
        ("税收(2024年)", "tax_wan", "none"),
        ("税收(年)", "tax_wan", "none"),
        ("空置面积(现状/规划)", "vacant_area_m2", "none"),
        ("空置面积", "vacant_area_m2", "none"),
        ("空置单元", "vacant_area_m2", "none"),
        ("负责人", "vacant_area_m2", "none"),
        ("Company", "height_m", "none"),
        ("竣工年份(年)", "completed_year", "none"),
        ("税收(美元)", "tax_wan", "other"),
        ("税收美元", "tax_wan", "other"),
        ("税收(㎡)", "tax_wan", "other"),
        ("租金(元/月)", "rent_yuan_m2_day", "other"),
        ("租金(元/工位/月)", "rent_yuan_m2_day", "unknown"),
        ("税收(泰铢/元)", "tax_wan", "unknown"),
    ],
)
def test_headings_that_name_no_unit_of_the_field(heading: str, name: str, kind: str) -> None:
    # height_m is no field of the carriers; any field in metres does.
    name = "accuracy_m" if name == "height_m" else name
    written = column_unit(heading, CARRIERS.field(name))
    assert (written.kind, written.factor) == (kind, Fraction(1))


def test_conversions_are_exact_both_ways() -> None:
    for left, right, factor in (
        ("亩", "公顷", Fraction(1, 15)),
        ("km²", "亩", Fraction(1500)),
        ("亿元", "千元", Fraction(100_000)),
        ("元/㎡/月", "元/(m²·天)", Fraction(12, 365)),
        ("万元/亩", "元/㎡", Fraction(15)),
    ):
        a, b = parse_unit(left), parse_unit(right)
        assert a is not None
        assert b is not None
        forth, back = convert_factor(a, b), convert_factor(b, a)
        assert forth == factor
        assert back == 1 / factor


@pytest.mark.parametrize("text", ["", "/", "元宝", "abc", "万", "元//", "㎡㎡"])
def test_what_is_no_unit(text: str) -> None:
    unit = parse_unit(text)
    assert unit is None or text == "元//"


def test_the_users_word() -> None:
    tax = CARRIERS.field("tax_wan")
    assert stated_unit("元", tax).factor == Fraction(1, 10_000)
    assert stated_unit(" ", tax).factor == 1
    assert stated_unit("亩", tax).kind == "other"
    assert stated_unit("年", tax).kind == "other"
    assert stated_unit("银两", tax).kind == "unknown"
    assert stated_unit("元", CARRIERS.field("floors")).kind == "unknown"


@pytest.mark.parametrize("heading", ["(" * 30_000, "元/" * 20_000, "㎡(" * 20_000, "/" * 50_000])
def test_headings_of_any_length_are_read_at_once(heading: str) -> None:
    started = time.perf_counter()
    column_unit(heading, CARRIERS.field("tax_wan"))
    find_columns([heading, "税收"], CARRIERS)
    # Each end of the heading tried at full length would take minutes.
    assert time.perf_counter() - started < 5
