"""Headings of files that are new: joined ones, surveyors' axes, columns left out."""

from __future__ import annotations

import pytest

from layers.catalogue import load_catalogue
from layers.errors import IntakeError
from layers.intake.columns import find_columns
from layers.intake.columns import find_places
from layers.intake.columns import unused

CATALOGUE = load_catalogue()
CARRIERS = CATALOGUE.layer("carriers")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("面积/可租", "rentable_area_m2"),
        ("面积(㎡)/可租面积", "rentable_area_m2"),
        ("面积情况/空置面积/㎡", "vacant_area_m2"),
        ("基本信息/名称", "name"),
        ("基本信息/编码", "carrier_id"),
        ("载体/编码", "carrier_id"),
        ("园区/编码", "park_id"),
        ("园区/名称", "park_id"),
        ("产权/性质", "tenure"),
        ("运营单位/名称", "operator"),
        ("入驻企业/数量", "tenants"),
        ("土地面积/亩", "land_area_m2"),
        ("租金/元/㎡/月", "rent_yuan_m2_day"),
        ("税收总额/2024年", "tax_wan"),
        ("2024年/税收（万元）", "tax_wan"),
        ("2025年经济指标/税收总额(万元)", "tax_wan"),
        # Titles of the catalogue that have a stroke themselves.
        ("楼栋名称/号", "name"),
        ("锁定/装修面积", "locked_area_m2"),
    ],
)
def test_headings_joined_from_two_rows(heading: str, field: str) -> None:
    assert find_columns([heading, "层数"], CARRIERS).fields[field] == heading


@pytest.mark.parametrize(
    ("layer", "heading", "field"),
    [
        ("facilities", "向企业开放", "open_to_tenants"),
        ("housing", "可供套数", "units_available"),
        ("tasks", "提请人", "submitted_by"),
        ("tasks", "提请日期", "submitted_on"),
    ],
)
def test_headings_of_the_plan_and_what_is_around_parks(
    layer: str, heading: str, field: str
) -> None:
    assert find_columns([heading, "层数"], CATALOGUE.layer(layer)).fields[field] == heading


@pytest.mark.parametrize(
    "heading",
    [
        "企业信息/名称",
        "运营单位/联系人",
        "联系人/编码",
        "土地面积/来源说明",
        "/",
        "//名称",
        "a/b/c",
    ],
)
def test_joined_headings_that_mean_something_else(heading: str) -> None:
    columns = find_columns([heading, "层数"], CARRIERS)
    assert heading not in columns.fields.values()


def test_a_whole_heading_goes_before_a_joined_one() -> None:
    columns = find_columns(["面积/可租", "可租面积"], CARRIERS)
    assert columns.fields["rentable_area_m2"] == "可租面积"
    assert columns.doubled == (("面积/可租", "rentable_area_m2"),)


@pytest.mark.parametrize(
    ("headings", "lon", "lat"),
    [
        (("X坐标(北)", "Y坐标（东）"), "Y坐标（东）", "X坐标(北)"),
        (("纵坐标", "横坐标"), "横坐标", "纵坐标"),
        (("纵坐标(X)", "横坐标(Y)"), "横坐标(Y)", "纵坐标(X)"),
        (("X坐标", "Y坐标"), "X坐标", "Y坐标"),
        (("X", "y"), "X", "y"),
        (("东坐标(m)", "北坐标(m)"), "东坐标(m)", "北坐标(m)"),
        (("坐标/经度", "坐标/纬度"), "坐标/经度", "坐标/纬度"),
        (("Easting", "Northing"), "Easting", "Northing"),
    ],
)
def test_the_axes_of_surveyors(headings: tuple[str, str], lon: str, lat: str) -> None:
    places = find_columns([*headings, "层数"], CARRIERS).places
    assert (places["lon"], places["lat"]) == (lon, lat)
    if "/" not in headings[0]:
        assert find_places(headings) == {"lon": lon, "lat": lat}


@pytest.mark.parametrize("heading", ["坐标", "经纬度", "经纬度(高德)", "位置坐标"])
def test_both_coordinates_in_one_cell(heading: str) -> None:
    assert find_columns([heading, "层数"], CARRIERS).places == {"lonlat": heading}
    assert find_places([heading]) == {"lonlat": heading}


@pytest.mark.parametrize("word", ["", "-"])
def test_a_column_that_is_left_out(word: str) -> None:
    headings = ["楼栋名称", "楼名", "税收"]
    columns = find_columns(headings, CARRIERS, {"楼栋名称": word})
    assert columns.fields == {"name": "楼名", "tax_wan": "税收"}
    assert not columns.doubled
    assert unused(headings, columns) == ["楼栋名称"]


def test_a_wrong_word_in_the_mapping_is_still_refused() -> None:
    with pytest.raises(IntakeError, match="nmae"):
        find_columns(["楼名"], CARRIERS, {"楼名": "nmae"})


def test_no_joined_heading_takes_what_a_title_of_the_catalogue_says() -> None:
    # Every title and alias of every layer is that field, alone in a file.
    for spec in CATALOGUE.layers:
        for field in spec.fields:
            assert find_columns([field.title.zh], spec).fields == {field.name: field.title.zh}
