"""Hostile text in chapters, plan sheets and packs: nothing is run, linked or lost.

A kind of chapter or sheet that is not in the table fails the first test. In Word, marks
that turn the direction of writing are shown as U+FFFD, as on every page, because our own
words stand in the same line. On sheets they are left out, and what has no glyph is 〓.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import docx
import pytest

from layers.errors import ExportUsageError
from layers.report import ReportRequest
from layers.report.request import KINDS as REPORT_KINDS
from layers.sheet.template import KINDS as SHEET_KINDS
from layers.underuse import underuse_of
from tests.hostile_hand import MIXED
from tests.hostile_hand import PLANNED
from tests.hostile_hand import STRINGS
from tests.hostile_hand import TASK
from tests.layers import report_hand
from tests.layers.hostile_files import check_pdf
from tests.layers.hostile_files import docx_texts
from tests.layers.hostile_files import flat
from tests.layers.hostile_files import lacking
from tests.layers.hostile_files import neutral
from tests.layers.hostile_files import poisoned
from tests.layers.hostile_files import svg_text
from tests.layers.hostile_files import xlsx_cells

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from tests.layers.hostile_files import Poisoned

__all__ = ["poisoned"]

AUDIENCES = ("internal", "public")
SUBJECTS = ("district", "park", "zone", "scenario")
SHEETS = (*SUBJECTS, "task", "linkage")
CALLED_BY_THE_EDITION = ("district", "task", "linkage")
"""Subjects whose sheets have no name of the workspace in their titles."""

SHEET_FORMATS = ("pdf", "svg")
FONT_LACKS = ("أهلا", "👨", "\u2028", "\ufeff", "́")
"""Signs for which a sheet may have no glyph, so that 〓 stands for them."""


def _asked(poisoned: Poisoned, subject: str) -> list[str]:
    return {
        "district": ["--district"],
        "park": ["--park", poisoned.hostile_id("units", "park_id")],
        "zone": ["--zone", poisoned.hostile_id("zones", "zone_id")],
        "scenario": ["--scenario", PLANNED],
        "task": ["--task", TASK],
        "linkage": ["--linkage"],
    }[subject]


def _name(poisoned: Poisoned, subject: str) -> str:
    """Return the hostile name that the title has."""
    if subject == "district":
        return str(poisoned.read("district")["name"].iloc[0])
    if subject == "scenario":
        return PLANNED
    key, field = {"park": ("parks", "park_id"), "zone": ("zones", "zone_id")}[subject]
    frame = poisoned.read(key)
    name: pd.Series[str] = frame.loc[frame[field] == _asked(poisoned, subject)[1], "name"]
    return str(name.iloc[0])


def test_the_tables_have_every_kind() -> None:
    assert set(SUBJECTS) == set(REPORT_KINDS)
    assert set(SHEETS) == set(SHEET_KINDS)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_chapter_shows_text_as_text(
    tmp_path: Path, poisoned: Poisoned, subject: str, audience: str
) -> None:
    out = tmp_path / "out.docx"
    wish = ["report", *_asked(poisoned, subject), "--audience", audience, "-o", out]
    if (subject, audience) == ("scenario", "public"):
        with pytest.raises(ExportUsageError):
            poisoned.run(*wish)
        assert not out.exists()
        return
    poisoned.run(*wish)
    texts = docx_texts(out)
    assert any(neutral(_name(poisoned, subject)) in text for text in texts[:3])
    if subject == "district":
        parks = poisoned.read("parks")
        shown = parks if audience == "internal" else parks[["name"]]
        assert set(STRINGS) <= set(shown["name"])
        assert lacking({neutral(name) for name in shown["name"]}, texts) == []
    told = docx.Document(str(out)).core_properties
    assert told.title
    assert told.title.endswith(("…", "专题", "”"))


def test_the_chapter_of_a_district_tells_the_plan(tmp_path: Path, poisoned: Poisoned) -> None:
    out = tmp_path / "out.docx"
    poisoned.run("report", "--district", "--scenario", PLANNED, "-o", out)
    assert any(neutral(PLANNED) in text for text in docx_texts(out))


@pytest.mark.parametrize("text", ["{{title}}", "{{table:parks}}", "{{nothing}} }}{{", MIXED])
def test_a_name_is_no_placeholder_of_a_template(tmp_path: Path, text: str) -> None:
    """What stands in a name is not filled in, and does not count as a placeholder left over."""
    template = docx.Document()
    for line in ("{{title}}", "{{subject}} {{date}}", "{{table:facts}}"):
        template.add_paragraph(line)
    template.save(str(tmp_path / "own.docx"))
    parks = report_hand.edition()["parks"].copy()
    parks.loc[parks["park_id"] == "C08", "name"] = text
    tables: dict[str, Any] = {**report_hand.edition(), "parks": parks}
    out = tmp_path / "out.docx"
    report_hand.write(out, "park", "C08", tables=tables, template=tmp_path / "own.docx")
    assert neutral(f"{text}空间专题") in docx_texts(out)


@pytest.mark.parametrize("fmt", SHEET_FORMATS)
@pytest.mark.parametrize("subject", SHEETS)
def test_a_sheet_shows_text_as_text(
    tmp_path: Path, poisoned: Poisoned, subject: str, fmt: str
) -> None:
    out = tmp_path / f"out.{fmt}"
    fields = [f"unit={MIXED}", "checker=</text><b>"]
    poisoned.run(
        "sheet", *_asked(poisoned, subject), "-o", out, *(w for f in fields for w in ("--field", f))
    )
    if fmt == "pdf":
        check_pdf(out)
        return
    text = svg_text(out)
    assert "</text><b>" in text
    # Titles that have a hostile name are wrapped and cut.
    assert subject in CALLED_BY_THE_EDITION or flat(_name(poisoned, subject))[:12] in text


def test_an_atlas_of_sheets_shows_text_as_text(tmp_path: Path, poisoned: Poisoned) -> None:
    out = tmp_path / "atlas.pdf"
    parks = [park for park in poisoned.read("parks")["park_id"] if "<" in park][:3]
    poisoned.run("sheet", "--atlas", *(w for p in parks for w in ("--park", p)), "-o", out)
    check_pdf(out)


def test_every_text_that_fonts_have_is_on_the_sheet(tmp_path: Path, poisoned: Poisoned) -> None:
    out = tmp_path / "out.svg"
    poisoned.run("sheet", "--district", "--size", "A0", "-o", out)
    text = svg_text(out)
    # Names of hundreds of signs have no room on the map and are counted as left out.
    wanted = [
        s
        for s in STRINGS
        if not any(sign in neutral(s) for sign in (*FONT_LACKS, "\ufffd")) and len(s) < 500
    ]
    assert len(wanted) > 25
    assert [s for s in wanted if flat(s)[:10] not in text] == []


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_pack_shows_text_as_text(tmp_path: Path, poisoned: Poisoned, audience: str) -> None:
    workspace = poisoned.workspace
    tables = {key: poisoned.read(key) for key in workspace.keys()}  # noqa: SIM118 - no dict
    judged = underuse_of(tables, workspace.catalogue).table
    ids = judged.drop_duplicates("name")["carrier_id"].tolist()
    wishes = [word for key in ids for word in ("--carrier", key)]
    poisoned.run("underused", "--audience", audience, "--pack", tmp_path, *wishes)
    (brief,), (book,) = tmp_path.glob("*.docx"), tmp_path.glob("*.xlsx")
    carriers = poisoned.read("carriers").set_index("carrier_id").loc[ids]
    # Some carriers are not judged, among them those of a few texts.
    assert len(set(STRINGS) & set(carriers["name"])) > len(STRINGS) - 5
    texts = docx_texts(brief)
    assert lacking({neutral(name) for name in carriers["name"]}, texts) == []
    cells = xlsx_cells(book)
    assert set(carriers["name"]) <= set(cells)
    assert set(ids) <= set(cells)


def test_marks_that_turn_the_direction_are_shown(tmp_path: Path) -> None:
    """Left as they are they would turn our words behind the name."""
    assert ReportRequest("park", "C08").kind == "park"
    parks = report_hand.edition()["parks"].copy()
    parks.loc[parks["park_id"] == "C08", "name"] = "\u202egpj.exe"
    out = tmp_path / "out.docx"
    report_hand.write(out, "park", "C08", tables={**report_hand.edition(), "parks": parks})
    whole = "".join(docx_texts(out))
    assert "\ufffdgpj.exe" in whole
    assert "\u202e" not in whole
