"""What intake knows of a place comes from the edition that a file is read for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
import xlsxwriter
from pyproj import Transformer

from geo.crs import STORAGE_CRS
from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.edition import open_edition
from layers.intake import Choices
from layers.intake import Request
from layers.intake import intake
from layers.intake import read_isolated
from layers.intake import read_raw
from layers.intake.naming.names import normalise_address
from layers.intake.naming.names import normalise_name
from layers.intake.placing.control_points import read_control_points
from layers.intake.placing.whereabouts import candidates
from layers.intake.setting import catalogue_here
from layers.intake.setting import reading_for
from layers.sheet.wrapping import two_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.catalogue import Catalogue
    from layers.intake import Raw

LINJIANG = Path(__file__).resolve().parents[2] / "editions" / "linjiang"


@pytest.fixture
def linjiang() -> Catalogue:
    return open_edition(LINJIANG)


def test_areas_in_front_of_a_name_are_those_of_the_edition(linjiang: Catalogue) -> None:
    here, there = "楚云市临江区望江路12号", "上海市杨浦区国定路323号"
    with reading_for(linjiang):
        assert normalise_address(here) == "望江路12号"
        assert normalise_name("中国楚云市图书馆") == "图书馆"
        assert normalise_name("楚云路12号") == "楚云路12号"
        assert normalise_address(there) == there
    assert normalise_address(here) == here
    assert normalise_address(there) == "国定路323号"


def test_what_is_read_for_ends_with_the_block(linjiang: Catalogue) -> None:
    with reading_for(linjiang):
        with reading_for(None):
            assert catalogue_here() is linjiang
        with reading_for(load_catalogue()):
            assert catalogue_here() is load_catalogue()
        assert catalogue_here() is linjiang
    with pytest.raises(ZeroDivisionError), reading_for(linjiang):
        _ = 1 / 0
    assert catalogue_here() is load_catalogue()


def test_a_file_is_understood_by_the_addresses_of_its_edition(
    linjiang: Catalogue, tmp_path: Path
) -> None:
    tables = load_edition(linjiang).tables
    file = tmp_path / "units.csv"
    file.write_text(
        "unit_id,carrier_id,park_id,floor_area_m2\nX1,L01-1,楚云市书院大学科技园,100\n", "utf-8"
    )
    spec = linjiang.layer("units")
    done = intake(file, spec, linjiang, Choices(), tables=tables)
    assert done.accepted["park_id"].tolist() == ["L01"]


@pytest.mark.parametrize("read", [read_raw, read_isolated])
def test_headings_are_known_from_the_catalogue_of_the_edition(
    read: Callable[[Request], Raw], tmp_path: Path
) -> None:
    text = (LINJIANG / "catalogue.toml").read_text("utf-8")
    own = '[[layers]]\nkey = "stations"\nfields = [{ name = "name", aliases = ["驿名"] },'
    own += ' { name = "lines", aliases = ["几路"] }]\n'
    head, _, tail = text.partition('[[layers]]\nkey = "stations"\n')
    (tmp_path / "catalogue.toml").write_text(head + own + tail, "utf-8")
    book = tmp_path / "站.xlsx"
    # Of two sheets that look alike, the one with known headings is for the layer.
    with xlsxwriter.Workbook(book) as out:
        for name, headings in (("甲", ["甲列", "乙列"]), ("乙", ["驿名", "几路"])):
            sheet = out.add_worksheet(name)
            sheet.write_row(0, 0, headings)
            sheet.write_row(1, 0, ["望江路", "一"])
            sheet.write_row(2, 0, ["东堤", "二"])
    assert read(Request(book, "stations", edition=tmp_path)).part == "乙"
    assert read(Request(book, "stations")).part == "甲"


@pytest.mark.parametrize(("meridian", "name"), [(114, "EPSG:4547"), (117, "EPSG:4548")])
def test_the_zones_that_are_tried_are_those_of_the_district(meridian: int, name: str) -> None:
    district = shapely.box(meridian - 0.1, 29.9, meridian + 0.1, 30.1)
    there = Transformer.from_crs(STORAGE_CRS, name, always_xy=True)
    xy = np.column_stack(there.transform([meridian - 0.05, meridian + 0.05], [29.95, 30.05]))
    found = candidates(xy, district=district)
    assert found[0].name == name
    assert found[0].share_inside == 1.0
    assert f"中央经线 {meridian}°" in found[0].reason.zh


def test_without_a_district_the_meridian_of_the_edition_says_which_zones(
    linjiang: Catalogue,
) -> None:
    xy = [[510_000.0, 3_320_000.0]]
    with reading_for(linjiang):
        assert "EPSG:4547" in {one.name for one in candidates(xy)}
        assert "EPSG:4549" not in {one.name for one in candidates(xy)}
    assert {"EPSG:4549", "EPSG:4550"} <= {one.name for one in candidates(xy)}


def test_a_grid_may_be_called_by_the_name_of_the_city(linjiang: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(
        "点名,楚云x,楚云y,经度,纬度\nA,0,0,114.1,30\nB,0,100,114.1,30.001\nC,90,0,114.101,30\n",
        "utf-8",
    )
    with reading_for(linjiang):
        assert read_control_points(file).local.tolist() == [[0, 0], [0, 100], [90, 0]]


def test_words_of_the_place_are_not_broken(linjiang: Catalogue) -> None:
    name = "望江路楚云市集甲乙丙"
    assert two_lines(name) == "望江路楚云\n市集甲乙丙"
    assert two_lines(name, linjiang.place.words) == "望江路楚云市\n集甲乙丙"
