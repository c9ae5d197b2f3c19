"""A plan sheet in the hands of other programs: fonts, text, and a kilometre on paper."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.sheet import SheetRequest
from layers.sheet import sheet_content
from layers.sheet import write_sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.sheet import SheetReport

DPI = 400


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SheetReport:
    catalogue = load_catalogue()
    request = SheetRequest("district", size="A3", fields={"unit": "杨浦区规划资源局"})
    tables = load_edition(catalogue).tables
    content = sheet_content(tables, catalogue, request, stamp=dt.date(2026, 11, 26))
    return write_sheet(content, tmp_path_factory.mktemp("sheet") / "district.pdf")


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 -- programs of the system


def test_every_font_is_embedded_as_a_subset_with_its_characters(
    drawn: SheetReport, needs: Callable[[str], str]
) -> None:
    fonts = run(needs("pdffonts"), str(drawn.path)).splitlines()[2:]
    assert fonts
    for line in fonts:
        assert "AtlasSans" in line
        assert re.search(r"CID TrueType +Identity-H +yes yes yes", line)


def test_the_chinese_comes_back_as_text(drawn: SheetReport, needs: Callable[[str], str]) -> None:
    text = run(needs("pdftotext"), "-layout", str(drawn.path), "-")
    for told in (
        "杨浦园空间分布图",
        "内部资料 注意保管",
        "示例数据",
        "图例",
        "未来谷",
        "杨数浦",
        "比例尺 1:40,000",
        "CGCS2000",
        "EPSG:4549",
        "杨浦区规划资源局",
        "坐标北",
    ):
        assert told in text


def test_a_kilometre_on_the_bar_is_a_kilometre_at_the_stated_scale(
    drawn: SheetReport, needs: Callable[[str], str], tmp_path: Path
) -> None:
    """The bar is measured on the paper as poppler draws it."""
    pdf = str(drawn.path)
    run(needs("pdftoppm"), "-r", str(DPI), "-gray", "-png", pdf, str(tmp_path / "page"))
    (file,) = tmp_path.glob("page*.png")
    with Image.open(file) as picture:
        dark = np.asarray(picture.convert("L")) < 60
    # The bar lies above its title block and under the words that tell the scale.
    words = run(needs("pdftotext"), "-bbox", pdf, "-").splitlines()
    km = next(line for line in words if ">km<" in line)
    x, y = (float(re.search(f'{name}="([\\d.]+)"', km)[1]) for name in ("xMin", "yMax"))  # type: ignore[index] # poppler writes both
    left, right = round((x - 260) / 72 * DPI), round(x / 72 * DPI)
    rows = dark[round(y / 72 * DPI) : round((y + 14) / 72 * DPI), left:right]
    # The outline of the bar is its longest line: two kilometres, and half a line at each end.
    longest = max(max(_runs(row), default=0) for row in rows)
    kilometre_mm = longest / 2 / DPI * 25.4
    assert kilometre_mm == pytest.approx(1e6 / drawn.scale, abs=0.2)


def _runs(row: NDArray[np.bool_]) -> list[int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return [int(n) for n in edges[1::2] - edges[::2]]
