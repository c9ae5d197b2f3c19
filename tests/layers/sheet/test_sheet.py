"""Plan sheets: what they show, where it stands, and that the scale is true."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from layers.errors import ExportUsageError
from layers.sheet import Extras
from layers.sheet import load_template
from layers.sheet.layout import choose
from layers.sheet.layout import fits
from layers.sheet.layout import grid_step
from layers.sheet.layout import page_of
from layers.sheet.layout import round_length
from layers.sheet.layout import window
from layers.sheet.legend import legend_entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.sheet import SheetContent

DAY = dt.date(2026, 11, 26)
Tables = "dict[str, pd.DataFrame]"


def widths_and_heights(content: SheetContent) -> tuple[float, float]:
    west, south, east, north = content.extent
    return east - west, north - south


# --- layout ----------------------------------------------------------------


@pytest.mark.parametrize("size", ["A4", "A3", "A2", "A1", "A0"])
@pytest.mark.parametrize("landscape", [False, True])
def test_boxes_lie_in_the_paper_and_do_not_overlap(
    catalogue: Catalogue, size: str, landscape: bool
) -> None:
    paper = load_template(catalogue.folder).sizes[size]
    page = page_of(paper, landscape=landscape)
    assert (page.width > page.height) is landscape
    assert {page.width, page.height} == {paper.width, paper.height}
    for box in (page.border, page.map, page.panel):
        assert 0 < box.left < box.right < page.width
        assert 0 < box.bottom < box.top < page.height
    overlap = shapely.box(page.map.left, page.map.bottom, page.map.right, page.map.top)
    panel = shapely.box(page.panel.left, page.panel.bottom, page.panel.right, page.panel.top)
    assert overlap.intersection(panel).area == 0
    # The map is the larger part of every sheet.
    assert page.map.width * page.map.height > 0.45 * page.width * page.height


def test_iso_paper_sizes(catalogue: Catalogue) -> None:
    sizes = load_template(catalogue.folder).sizes
    for n in range(5):  # ISO 216
        long = round(1000 * 2 ** (0.25 - n / 2) - 0.2)
        short = round(1000 * 2 ** (-0.25 - n / 2) - 0.2)
        assert (sizes[f"A{n}"].width, sizes[f"A{n}"].height) == (short, long)


def test_the_largest_round_scale_at_which_it_fits_is_chosen(sheet: Any) -> None:
    content = sheet(size="A3")
    page, scale = choose(content)
    template = content.template
    assert scale in template.scales
    paper = template.sizes["A3"]
    pages = [page_of(paper, landscape=way) for way in (False, True)]
    wide, high = widths_and_heights(content)
    for other in template.scales:
        room = any(
            wide <= p.map.width * other / 1000 and high <= p.map.height * other / 1000
            for p in pages
        )
        assert room is (other >= scale)
    assert wide <= page.map.width * scale / 1000
    # The district is taller than wide, and so is its sheet.
    assert not page.upright
    assert 35_000 <= scale <= 40_000  # what planners use for a district of 12 km on A3


def test_a_scale_that_does_not_fit_is_refused_with_what_would_do(sheet: Any) -> None:
    content = sheet(size="A4", scale=10_000)
    with pytest.raises(ExportUsageError) as caught:
        choose(content)
    larger = [
        name
        for name, paper in content.template.sizes.items()
        if any(fits(content.extent, page_of(paper, landscape=w).map, 10_000) for w in (False, True))
    ]
    pages = [page_of(content.template.sizes["A4"], landscape=way) for way in (False, True)]
    (would_do, *_rest) = [
        scale
        for scale in content.template.scales
        if any(fits(content.extent, page.map, scale) for page in pages)
    ]
    assert f"1:{would_do:,}" in caught.value.text.zh
    assert all(name in caught.value.text.en for name in larger)
    with pytest.raises(ExportUsageError, match="1:-5"):
        choose(sheet(scale=-5))


@pytest.mark.parametrize(("most", "found"), [(9.99, 5), (10, 10), (0.3, 0.2), (4_999, 2_000)])
def test_round_lengths(most: float, found: float) -> None:
    assert round_length(most) == pytest.approx(found)


@pytest.mark.parametrize("scale", [500, 2_000, 7_500, 25_000, 40_000, 100_000])
def test_grid_lines_are_round_and_far_enough_apart(scale: int) -> None:
    step = grid_step(scale, 1.0)
    assert 45 <= step * 1000 / scale <= 115  # mm on paper
    assert float(f"{step:e}".split("e")[0]) in {1.0, 2.0, 5.0}


def test_the_window_is_as_large_as_the_paper_says(sheet: Any) -> None:
    content = sheet(size="A2")
    page, scale = choose(content)
    west, south, east, north = window(content.extent, page.map, scale)
    assert (east - west) * 1000 / scale == pytest.approx(page.map.width)
    assert (north - south) * 1000 / scale == pytest.approx(page.map.height)
    assert (west + east) / 2 == pytest.approx((content.extent[0] + content.extent[2]) / 2)


# --- content ---------------------------------------------------------------


def test_a_district_sheet_holds_the_district(
    sheet: Any, tables: Mapping[str, pd.DataFrame]
) -> None:
    content = sheet()
    project = pyproj.Transformer.from_crs(4490, 4549, always_xy=True)
    outline = shapely.get_coordinates(tables["district"].geometry.to_numpy())
    x, y = project.transform(*outline.T)
    west, _south, _east, north = content.extent
    assert west == pytest.approx(x.min() - 250, abs=0.01)
    assert north == pytest.approx(y.max() + 250, abs=0.01)
    assert content.totals["parks"] == int(tables["parks"].geometry.notna().sum())
    assert content.title == "杨浦园空间分布图"
    assert content.badges == ("内部资料 注意保管", "示例数据", "示意")
    assert content.inset is None
    assert any("EPSG:4490" not in note and "园区 25" in note for note in content.notes)
    assert any("园区 3" in note for note in content.notes)


def test_a_park_sheet_tells_its_own_carriers_from_others(
    sheet: Any, tables: Mapping[str, pd.DataFrame]
) -> None:
    content = sheet("park", "S01")
    own = set(tables["units"].loc[tables["units"]["park_id"].eq("S01"), "carrier_id"])
    own |= set(tables["carriers"].loc[tables["carriers"]["park_id"].eq("S01"), "carrier_id"])
    titles = {layer.title: layer for layer in content.layers}
    assert set(titles["本园区载体"].frame["carrier_id"]) <= own
    assert not set(titles["其他载体"].frame["carrier_id"]) & own
    west, south, east, north = content.extent
    places = titles["本园区载体"].frame.geometry
    assert shapely.box(west, south, east, north).buffer(-199).covers(places.union_all())
    assert content.inset is not None


def test_the_zone_that_is_meant_is_outlined(sheet: Any) -> None:
    content = sheet("zone", "Z03")
    outline = content.layers[-1]
    assert outline.title == "本功能区"
    assert list(outline.frame["zone_id"]) == ["Z03"]
    assert outline.style.default.fill == "none"


def test_the_figures_of_a_park_are_those_of_the_finding(sheet: Any) -> None:
    findings = pd.DataFrame(
        {
            "park_id": ["S01", "S02"],
            "flag": ["red", "green"],
            "spaces": [5, 1],
            "zone_share": [0.25, 1.0],
            "mean_distance_m": [np.nan, 0.0],
            "reason_zh": ["分散在五处", "集中"],
            "sample": [True, True],
        }
    )
    content = sheet("park", "S01", extras=Extras(findings=findings))
    assert dict(content.facts) == {
        "标识": "红",
        "空间数": "5",
        "功能区内占比": "25.0%",
        "判定理由": "分散在五处",
    }


@pytest.mark.parametrize(
    ("kind", "subject", "told"),
    [("park", "S0l", "S0l"), ("zone", "Z99", "Z"), ("scenario", "x", "方案")],
)
def test_a_subject_that_is_not_there_is_refused(
    sheet: Any, kind: str, subject: str, told: str
) -> None:
    with pytest.raises(ExportUsageError, match=told):
        sheet(kind, subject)


def test_a_park_without_place_has_no_sheet(sheet: Any, tables: Mapping[str, pd.DataFrame]) -> None:
    nowhere = {**tables, "parks": tables["parks"].assign(geometry=None)}
    nowhere["carriers"] = tables["carriers"].assign(geometry=None)
    nowhere = {
        k: gpd.GeoDataFrame(v, geometry="geometry", crs=4490) if "geometry" in v else v
        for k, v in nowhere.items()
    }
    with pytest.raises(ExportUsageError, match="没有已定位"):
        sheet("park", "S01", tables=nowhere)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "EPSG:4326"])
def test_a_sheet_needs_true_metres(sheet: Any, crs: str) -> None:
    with pytest.raises(ExportUsageError, match="EPSG:4549"):
        sheet(crs=crs)


def test_unknown_paper_and_title_fields_are_refused(sheet: Any) -> None:
    with pytest.raises(ExportUsageError, match="A7"):
        sheet(size="A7")
    with pytest.raises(ExportUsageError, match="boss"):
        sheet(fields={"boss": "x"})


def test_a_public_sheet_shows_coarse_places_and_no_internal_field(
    sheet: Any, catalogue: Catalogue
) -> None:
    content = sheet("park", "S01", audience="public")
    assert content.badges[0] == "未送审不得公开"
    for layer in content.layers:
        internal = {
            field.name
            for field in catalogue.layer(layer.key).fields
            if field.sensitivity == "internal"
        }
        assert not internal & set(layer.frame.columns)
        # Multiples of 0.0001 degrees, as in every public copy.
        degrees = shapely.get_coordinates(layer.frame.to_crs(4490).geometry.to_numpy()) * 1e4
        assert np.abs(degrees - np.round(degrees)).max() < 1e-4


def test_a_sheet_of_a_plan_shows_sites_and_moves(sheet: Any) -> None:
    line = shapely.LineString([(121.50, 31.30), (121.52, 31.31)])
    moves = gpd.GeoDataFrame(
        {
            "from_carrier": ["C1", "C1"],
            "to_carrier": ["C2", "C2"],
            "floor_area_m2": [120.0, 81.0],
            "confidence": ["checked", "to_verify"],
            "sample": [True, True],
        },
        geometry=[line, line],
        crs=4490,
    )
    sites = gpd.GeoDataFrame(
        {"park_id": ["B01", "B01"], "site_id": ["C1", "C2"], "outcome": ["surrender", "anchor"]},
        geometry=gpd.points_from_xy([121.50, 121.52], [31.30, 31.31]),
        crs=4490,
    )
    content = sheet("scenario", "先易后难", extras=Extras(plan={"moves": moves, "sites": sites}))
    assert content.title == "园区空间整合方案图：先易后难"
    assert content.status == "规划方案"
    assert dict(content.facts) == {
        "移位单元": "2",
        "移位面积": "201\u202fm²",
        "腾退": "1",
        "锚点": "1",
    }
    drawn = {layer.key: layer for layer in content.layers}
    assert len(drawn["moves"].frame) == 1  # one arrow for both units
    assert "示例数据" in content.badges
    titles = [
        entry.title
        for entry in legend_entries(
            content.layers,
            content.extent,
            "zh",
        )
    ]
    assert "建议腾挪" in titles


def test_the_legend_lists_what_is_seen_points_first(sheet: Any) -> None:
    content = sheet()
    entries = legend_entries(content.layers, content.extent, "zh")
    kinds = [entry.kind for entry in entries if entry.symbol is not None]
    whole = [kind for kind in kinds[:-1] if kind != "polygon"]
    assert whole == ["point"] * len(whole)
    titles = [entry.title for entry in entries]
    assert {"未来谷", "杨数浦", "大学科技园", "示意边界（虚线）"} <= set(titles)
    nowhere = legend_entries(content.layers, (0, 0, 1, 1), "zh")
    assert nowhere == []
