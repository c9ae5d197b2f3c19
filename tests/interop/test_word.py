"""The chapter opened by LibreOffice: pages, headings, Chinese and figures as people see them."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.fonts import FontMissingError
from layers.fonts import cjk_face
from layers.report import ReportRequest
from layers.report import write_report
from layers.report.figures import ROOM_MM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MOST_SECONDS = 240


def _run(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 -- programs of the system, arguments of our own
        command, capture_output=True, check=True, timeout=_MOST_SECONDS
    )
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module", params=["zh", "en"])
def printed(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    needs: Callable[[str], str],
) -> tuple[Path, str]:
    """Return the chapter of a park as LibreOffice prints it, and its language."""
    office = needs("soffice")
    try:
        cjk_face()
    except FontMissingError as error:
        pytest.skip(f"NOT CHECKED IN WORD: {error}")
    folder, lang = tmp_path_factory.mktemp("word"), str(request.param)
    catalogue = load_catalogue()
    tables = load_edition(catalogue).tables
    write_report(
        tables,
        catalogue,
        ReportRequest("park", "B01", lang=lang),
        folder / "chapter.docx",
        versions=dict.fromkeys(catalogue.keys, 1),
        stamp=dt.date(2026, 11, 26),
        draws=49,
    )
    profile = f"-env:UserInstallation=file://{folder}/profile"
    source = str(folder / "chapter.docx")
    _run(office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), source)
    return folder / "chapter.pdf", lang


def test_text_headings_and_captions_come_back(
    printed: tuple[Path, str], needs: Callable[[str], str]
) -> None:
    path, lang = printed
    text = _run(needs("pdftotext"), "-layout", str(path), "-")
    flat = re.sub(r"\s+", "", text)
    expected = {
        "zh": (
            "复旦大学国家大学科技园",
            "1基本情况",
            "2园区空间分散程度",
            "表1",
            "图1",
            "内部资料注意保管",
        ),
        "en": ("FudanUniversityNationalSciencePark", "1Overview", "Table1", "Figure1", "internal"),
    }
    for words in expected[lang]:
        assert words in flat
    assert "{{" not in flat
    assert "�" not in flat
    assert "Errore" not in flat


def test_pages_are_few_and_numbered(printed: tuple[Path, str], needs: Callable[[str], str]) -> None:
    path, _ = printed
    pages = _run(needs("pdftotext"), "-layout", str(path), "-").rstrip("\f").split("\f")
    assert 4 <= len(pages) <= 20
    last = [line.strip() for line in pages[-1].splitlines() if line.strip()][-1]
    assert last == str(len(pages))


def test_the_map_is_on_a_page_at_its_size(
    printed: tuple[Path, str], needs: Callable[[str], str]
) -> None:
    path, lang = printed
    pages = _run(needs("pdftotext"), "-layout", str(path), "-").split("\f")
    scale = "比例尺1:" if lang == "zh" else "Scale1:"
    page = next(n for n, t in enumerate(pages, 1) if scale in re.sub(r"\s+", "", t))
    listed = _run(needs("pdfimages"), "-list", str(path)).splitlines()[2:]
    # page, number, type, width, height, colour, …, x-ppi in the thirteenth column
    images = [line.split() for line in listed]
    (image,) = [columns for columns in images if columns[2] == "image"]
    assert int(image[0]) == page
    width_mm = int(image[3]) / int(image[12]) * 25.4
    assert width_mm == pytest.approx(ROOM_MM[0], abs=1.0)
