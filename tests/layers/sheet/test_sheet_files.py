"""Plan sheets as files: paper, scale, font, marks, and what is refused."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
from defusedxml import ElementTree
from PIL import Image

from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.sheet import SheetRequest
from layers.sheet import map_picture
from layers.sheet import write_atlas
from layers.sheet import write_sheet
from layers.sheet.checking import check_sheet
from layers.sheet.layout import choose
from layers.sheet.layout import grid_step
from layers.sheet.layout import window

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.catalogue import Catalogue

DAY = dt.date(2026, 11, 26)


def test_a_pdf_has_its_paper_and_its_font_and_is_the_same_again(sheet: Any, tmp_path: Path) -> None:
    content = sheet("park", "S01", size="A4", fields={"unit": "规划局㙍𠮷"})
    report = write_sheet(content, tmp_path / "a.pdf")
    again = write_sheet(content, tmp_path / "b.pdf")
    data = (tmp_path / "a.pdf").read_bytes()
    assert data == (tmp_path / "b.pdf").read_bytes()
    (box,) = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", data)
    found = sorted(float(v) * 25.4 / 72 for v in box)
    assert found == pytest.approx(sorted((report.width_mm, report.height_mm)), abs=0.02)
    assert sorted((report.width_mm, report.height_mm)) == [210, 297]
    assert b"/FontFile2" in data
    assert b"/Type3" not in data
    assert report.scale == again.scale
    assert report.totals["carriers"] >= 3


def test_a_kilometre_of_the_map_is_a_kilometre_on_paper(sheet: Any, tmp_path: Path) -> None:
    """The frame of an SVG is measured, and so is what lies between two grid lines."""
    content = sheet(size="A3")
    report = write_sheet(content, tmp_path / "a.svg")
    page, scale = choose(content)
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    texts = {
        "".join(element.itertext()): element
        for element in root.iter("{http://www.w3.org/2000/svg}text")
    }
    shown = window(content.extent, page.map, scale)
    step = grid_step(scale, page.unit)
    lines = np.arange(np.ceil(shown[0] / step), np.floor(shown[2] / step) + 1) * step
    places = [float(texts[f"{line:.0f}"].get("x", "nan")) * 25.4 / 72 for line in lines]
    apart = np.diff(places)
    assert apart == pytest.approx(np.full(len(apart), step * 1000 / report.scale), abs=0.02)
    middle = page.map.left + (lines - shown[0]) * 1000 / scale
    assert places == pytest.approx(middle, abs=0.02)
    assert "比例尺 1:40,000" in texts
    assert {"杨浦园空间分布图（现状）", "图例", "内部资料 注意保管", "坐标北", "审图号"} <= set(
        texts
    )
    assert "@font-face" in (tmp_path / "a.svg").read_text("utf-8")
    assert "http" not in re.sub(
        r'xmlns[:\w]*="[^"]+"|"http://(www.w3.org|purl.org)[^"]*"|http://www.w3.org/Graphics[^"]*'
        r"|https://matplotlib.org/?",
        "",
        (tmp_path / "a.svg").read_text("utf-8"),
    )


def test_a_png_has_the_dots_of_its_paper(sheet: Any, tmp_path: Path) -> None:
    write_sheet(sheet("zone", "Z03", size="A4"), tmp_path / "a.png", dpi=100)
    with Image.open(tmp_path / "a.png") as picture:
        assert sorted(picture.size) == pytest.approx([210 / 25.4 * 100, 297 / 25.4 * 100], abs=1)
        assert picture.info["Title"].startswith("功能区空间图")


def test_the_drawn_point_is_where_it_should_be(sheet: Any, tmp_path: Path) -> None:
    """One carrier alone: the pixels of its colour have their middle at its place."""
    content = sheet("park", "S01", size="A4")
    own = next(layer for layer in content.layers if layer.title == "本园区载体")
    first = replace(own, frame=own.frame.iloc[:1], labels=("",), sketch=own.sketch[:1])
    alone = replace(content, layers=(first,), inset=None)
    report = write_sheet(alone, tmp_path / "a.png", dpi=200)
    page, scale = choose(alone)
    shown = window(alone.extent, page.map, scale)
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    red = np.abs(pixels - np.array([0xB1, 0x45, 0x00])).sum(axis=2) < 60
    top = round((page.height - page.map.top) / 25.4 * 200)
    bottom = round((page.height - page.map.bottom) / 25.4 * 200)
    rows, columns = np.nonzero(red[top:bottom])
    x, y = columns.mean() * 25.4 / 200, page.height - (rows.mean() + top) * 25.4 / 200
    point = first.frame.geometry.iloc[0]
    assert x == pytest.approx(page.map.left + (point.x - shown[0]) * 1000 / scale, abs=0.2)
    assert y == pytest.approx(page.map.bottom + (point.y - shown[1]) * 1000 / scale, abs=0.2)
    assert report.totals == {"carriers": 1}


def test_hostile_names_are_printed_and_not_run(
    sheet: Any, tables: Mapping[str, pd.DataFrame], tmp_path: Path
) -> None:
    parks = tables["parks"].copy()
    parks.loc[parks["park_id"].eq("S01"), "name"] = (
        r"$\frac{1}{0}$<script>&" + "\N{RIGHT-TO-LEFT OVERRIDE}" + r"🏙 \n{}"
    )
    content = sheet("park", "S01", size="A4", tables={**tables, "parks": parks})
    report = write_sheet(content, tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    told = "".join(root.itertext())
    assert r"$\frac{1}{0}$<script>&" in told
    assert "🏙" not in report.missing or "〓" in told


def test_other_endings_are_refused(sheet: Any, tmp_path: Path) -> None:
    with pytest.raises(ExportUsageError, match=r"\.pdf"):
        write_sheet(sheet(), tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
def test_a_damaged_file_is_not_kept(
    sheet: Any, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sheet("park", "S01", size="A4")
    write_sheet(content, tmp_path / f"good{suffix}", dpi=60)
    with pytest.raises(ExportError, match="回读校验"):
        check_sheet(tmp_path / f"good{suffix}", 400.0, 210.0, 60)
    other = replace(content, request=replace(content.request, size="A3"))
    monkeypatch.setattr(
        "layers.sheet.draw.check_sheet", lambda path, *_: check_sheet(path, 1, 1, 60)
    )
    with pytest.raises(ExportError, match="回读校验"):
        write_sheet(other, tmp_path / f"bad{suffix}", dpi=60)
    assert [p.name for p in tmp_path.iterdir()] == [f"good{suffix}"]


def test_english_sheets_have_no_chinese_but_data_and_marks(sheet: Any, tmp_path: Path) -> None:
    content = sheet("zone", "Z03", size="A4", lang="en")
    write_sheet(content, tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    texts = {
        "".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")
    }
    assert {"Legend", "Notes", "Sources", "Grid north", "Review no."} <= texts
    for text in texts & {"图例", "说明", "比例尺", "坐标北", "指标"}:
        pytest.fail(text)


def test_a_picture_for_a_page_is_of_its_size_and_counts_what_it_shows(sheet: Any) -> None:
    content = sheet()
    made = map_picture(content, width_mm=160, height_mm=190, dpi=100)
    with Image.open(io.BytesIO(made.png)) as picture:
        assert picture.size == pytest.approx((160 / 25.4 * 100, 190 / 25.4 * 100), abs=1)
    assert made.scale in content.template.scales
    assert made.totals == content.seen_in(made.extent)
    assert made.totals["parks"] == content.totals["parks"] == 33
    assert made.png == map_picture(content, width_mm=160, height_mm=190, dpi=100).png


def test_an_atlas_has_a_sheet_for_every_located_park_behind_its_index(
    catalogue: Catalogue, tables: Mapping[str, pd.DataFrame], tmp_path: Path
) -> None:
    told: list[tuple[int, int, str]] = []
    parks = tables["parks"].copy()
    wanted = ["S03", "S01", "S02"]
    carriers = tables["carriers"]
    own = tables["units"]["park_id"].eq("S02")
    gone = set(tables["units"].loc[own, "carrier_id"]) | set(
        carriers.loc[carriers["park_id"].eq("S02"), "carrier_id"]
    )
    parks.loc[parks["park_id"].eq("S02"), "geometry"] = None
    somewhere = carriers[~carriers["carrier_id"].isin(gone)]
    report = write_atlas(
        {**tables, "parks": parks, "carriers": somewhere},
        catalogue,
        SheetRequest("district", size="A4"),
        tmp_path / "atlas.pdf",
        stamp=DAY,
        parks=wanted,
        progress=lambda *step: told.append(step),
    )
    assert report.without == ("S02",)
    assert [park for park, _page, _scale in report.sheets] == ["S03", "S01"]
    assert report.pages == 3
    data = (tmp_path / "atlas.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b(?!s)", data)) == 3
    assert [(done, count) for done, count, _title in told] == [(0, 2), (1, 2)]


def test_an_atlas_of_nothing_or_of_strangers_is_refused(
    catalogue: Catalogue, tables: Mapping[str, pd.DataFrame], tmp_path: Path
) -> None:
    request = SheetRequest("park", size="A4")
    with pytest.raises(ExportUsageError, match="X9"):
        write_atlas(tables, catalogue, request, tmp_path / "a.pdf", stamp=DAY, parks=["X9"])
    with pytest.raises(ExportUsageError, match=r"\.pdf"):
        write_atlas(tables, catalogue, request, tmp_path / "a.png", stamp=DAY)
    with pytest.raises(ExportUsageError, match="没有园区"):
        write_atlas({}, catalogue, request, tmp_path / "a.pdf", stamp=DAY)
