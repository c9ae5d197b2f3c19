"""输出 in a real browser: what is offered can be downloaded and opened."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.hand import download
from tests.e2e.hand import go
from tests.e2e.hand import idle
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


def downloaded(page: Page) -> tuple[str, bytes]:
    found = download(page, page.locator("a.atlas-download").first)
    return found.suggested_filename, found.path().read_bytes()


def choose(page: Page, what: str) -> None:
    page.get_by_role("radio", name=what, exact=True).click()
    idle(page)


def test_a_package_holds_the_formats_that_were_chosen(page: Page, server: str) -> None:
    open_app(page, server)
    go(page, "输出")
    page.get_by_text("成果包：多种格式、样式与说明（.zip）").click()
    expect(page.get_by_text("成果包中的格式")).to_be_visible()
    page.get_by_role("button", name="生成文件").click()
    expect(page.get_by_text("已写出，并读回比对一致。")).to_be_visible()
    name, data = downloaded(page)
    assert name.endswith("_internal.zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert {"README.txt", "manifest.json", "SHA256SUMS", "gpkg/layers.gpkg"} <= set(names)
    assert any(n.startswith("shp/") and n.endswith("字段对照表.csv") for n in names)


def test_a_sheet_is_seen_before_it_is_made(page: Page, server: str) -> None:
    open_app(page, server)
    go(page, "输出")
    choose(page, "图纸")
    picture = page.get_by_test_id("stImage").locator("img")
    expect(picture).to_be_visible()
    width = picture.evaluate(
        "e => new Promise(done => { const tell = () => done(e.naturalWidth);"
        " e.complete ? tell() : e.addEventListener('load', tell); })"
    )
    assert width > 800
    page.get_by_role("button", name="生成文件").click()
    expect(page.get_by_text("已写出，并读回比对一致。")).to_be_visible()
    name, data = downloaded(page)
    assert name == "district_yangpu_A3_internal.pdf"
    assert data.startswith(b"%PDF-")
    expect(page.get_by_text("最近的成果")).to_be_visible()


def test_a_chapter_is_made_in_the_language_of_the_page(page: Page, server: str) -> None:
    open_app(page, server)
    go(page, "输出")
    choose(page, "English")
    choose(page, "Chapter")
    page.get_by_text("One zone").click()
    idle(page)
    page.get_by_role("button", name="Prepare the chapter").click()
    expect(page.get_by_text("Written, read back and compared.")).to_be_visible()
    name, data = downloaded(page)
    assert name.endswith("_internal.docx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "Figure" in archive.read("word/document.xml").decode("utf-8")
