"""A chapter of the bundled edition with a drawn-in-no-time map, for the tests of reports."""

from __future__ import annotations

import datetime as dt
import io
from functools import cache
from typing import TYPE_CHECKING
from typing import Any

import docx
import pyproj
from docx.oxml.ns import qn
from PIL import Image

from layers.analysis import scatter_of
from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.report import ReportRequest
from layers.report import write_report
from layers.report.figures import Picture
from layers.stock import ChanceChoice
from layers.underuse import underuse_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from geo.scatter import ScatterResult
    from layers.report import ReportReport
    from layers.report.basis import Basis
    from layers.underuse import Underuse

CATALOGUE = load_catalogue()
VERSIONS = dict.fromkeys(CATALOGUE.keys, 7)
STAMP = dt.date(2026, 11, 26)
DRAWN = ("district", "zones", "parks", "carriers")
EVERYWHERE = (-1e7, -1e7, 1e7, 1e7)


@cache
def edition() -> Mapping[str, pd.DataFrame]:
    """Return the layers of the bundled edition."""
    return load_edition(CATALOGUE).tables


@cache
def results() -> tuple[ScatterResult, Underuse]:
    """Return scatter and underused space of the bundled edition."""
    tables = edition()
    return scatter_of(tables, CATALOGUE, chance=ChanceChoice(draws=49)), underuse_of(
        tables, CATALOGUE
    )


def png() -> bytes:
    """Return a small picture."""
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(picture, "png")
    return picture.getvalue()


def quick_map(basis: Basis, *, plan: Any, room_mm: tuple[float, float]) -> Picture:
    """Return a white map that has all located features on it."""
    del plan
    totals = {
        key: int(basis.tables[key].geometry.notna().sum()) for key in DRAWN if key in basis.tables
    }
    crs = pyproj.CRS("EPSG:4549")
    return Picture(png(), 50_000, min(room_mm[0], 150.0), totals, crs, EVERYWHERE, ("示意",))


def write(path: Path, kind: Any = "district", subject: str = "", **options: Any) -> ReportReport:
    """Write a chapter of the bundled edition; `audience`, `lang`, `template` go to the request."""
    asked = {n: options.pop(n) for n in ("audience", "lang", "template") if n in options}
    scatter, underuse = results()
    given: dict[str, Any] = {
        "tables": edition(),
        "draw": quick_map,
        "scatter": scatter,
        "underuse": underuse,
    }
    given |= options
    tables = given.pop("tables")
    request = ReportRequest(kind, subject, **asked)
    return write_report(
        tables,
        CATALOGUE,
        request,
        path,
        versions=VERSIONS,
        stamp=STAMP,
        **given,
    )


def opened(path: Path) -> Any:
    """Return a document as python-docx opens it."""
    return docx.Document(str(path))


def texts(path: Path) -> list[str]:
    """Return all paragraphs of the text, those of tables too."""
    body = opened(path).element.body
    return [
        "".join(node.text or "" for node in paragraph.iter(qn("w:t")))
        for paragraph in body.iter(qn("w:p"))
    ]


def grid(path: Path, title: str) -> list[list[str]]:
    """Return the cells of the table of that caption, headings first."""
    for table in opened(path).element.body.iter(qn("w:tbl")):
        caption = table.tblPr.find(qn("w:tblCaption"))
        if caption is not None and caption.get(qn("w:val")) == title:
            return [
                [
                    "".join(node.text or "" for node in cell.iter(qn("w:t")))
                    for cell in row.findall(qn("w:tc"))
                ]
                for row in table.findall(qn("w:tr"))
            ]
    message = f"there is no table {title}"
    raise AssertionError(message)


def number(text: str) -> float:
    """Return a printed number."""
    return float(text.replace(",", ""))
