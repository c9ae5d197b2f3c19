"""A chapter from the layers to the file: computed, drawn, compared, written, read back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

from layers.aside import made_aside
from layers.audit.export_id import export_id_text
from layers.edition import load_sources
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.report.basis import make_basis
from layers.report.blocks import shown
from layers.report.check import check_report
from layers.report.figures import ROOM_MM
from layers.report.figures import check_totals
from layers.report.figures import sheet_map
from layers.report.kinds import build_chapter
from layers.report.proposal import proposal_of
from layers.report.request import ReportReport
from layers.report.template import fill_template
from layers.report.template import open_template
from layers.report.template import placed_counts
from layers.report.template import room_mm
from layers.report.wordset import LEVELS
from layers.report.wordset import TEXT_CM
from layers.report.wordset import new_document
from layers.report.writer import Writer
from layers.stock import DEFAULT_CHANCE
from layers.wordfile import fix_times
from layers.wordfile import property_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import pandas as pd

    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue
    from layers.report.basis import Basis
    from layers.report.blocks import Chapter
    from layers.report.figures import Draw
    from layers.report.request import ReportRequest
    from layers.scenarios import Scenario
    from layers.underuse import Underuse

    Progress = Callable[[Text, float], None]

_SUFFIX = ".docx"
_CONTENTS = Text("目录", "Contents")
_STEPS = {
    "compute": (Text("计算指标", "Computing"), 0.0),
    "draw": (Text("绘制地图", "Drawing the map"), 0.4),
    "write": (Text("写入文档", "Writing the document"), 0.8),
    "check": (Text("回读校验", "Reading it back"), 0.95),
    "done": (Text("完成", "Done"), 1.0),
}
# Room for a caption and its notes beneath a map.
_CAPTION_MM = 45.0


def write_report(  # noqa: PLR0913 -- the choices of the chapter, each with its own name
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    request: ReportRequest,
    path: Path,
    *,
    versions: Mapping[str, int],
    stamp: date,
    scenario: Scenario | None = None,
    sources: pd.DataFrame | None = None,
    scatter: ScatterResult | None = None,
    underuse: Underuse | None = None,
    draws: int = DEFAULT_CHANCE.draws,
    draw: Draw = sheet_map,
    progress: Progress | None = None,
) -> ReportReport:
    """Write a chapter as a Word document, read it back and compare it.

    Parameters
    ----------
    tables
        Layers of the workspace by key, EPSG:4490, with everything that is internal.
    catalogue
        Their description.
    request
        What is asked for.
    path
        The ``.docx`` file.
    versions
        Version of every layer of the workspace.
    stamp
        Day of the chapter; equal inputs and stamp give equal bytes.
    scenario
        A saved scenario with a chosen step: needed for its own chapter, a section of the
        district's. A public chapter never has it.
    sources
        List of sources; that of the edition if left out.
    scatter, underuse
        Results of the same layers that are there already.
    draws
        Random placements of the test against chance, if scatter is computed here.
    draw
        Draws the map.
    progress
        Told what is done, and the share of the work.

    Returns
    -------
    ReportReport
        What was handed out.

    Raises
    ------
    ExportUsageError
        If the choices contradict each other, there is no such park, zone or placeholder,
        or the template could do harm.
    ExportError
        If a table and the map differ, or the file read back; then there is no new file.
    """
    tell = progress or _silent
    _check_wish(request, path, scenario)
    template = None if request.template is None else open_template(request.template)
    tell(*_STEPS["compute"])
    basis = make_basis(
        tables,
        catalogue,
        request,
        versions=versions,
        stamp=stamp,
        sources=load_sources(catalogue.folder) if sources is None else sources,
        scenario=None if request.public else scenario,
        draws=draws,
        scatter=scatter,
        underuse=underuse,
    )
    chapter = _chapter(basis, draw, _room(template), draws, tell)
    tell(*_STEPS["write"])
    with made_aside(path, f"report{_SUFFIX}") as made:
        placed = _write(made, chapter, template, request, stamp)
        tell(*_STEPS["check"])
        check_report(made, chapter, placed=placed)
    tell(*_STEPS["done"])
    return ReportReport(
        path,
        chapter.title,
        *placed_counts(chapter, placed),
        checked=True,
        notes=chapter.marks,
    )


def _chapter(
    basis: Basis, draw: Draw, room: tuple[float, float], draws: int, tell: Progress
) -> Chapter:
    """Return the chapter with its map, if its tables and the map agree."""
    kind, proposal = basis.request.kind, None
    if basis.scenario is not None and kind in {"district", "scenario"}:
        proposal = proposal_of(
            basis.scenario, basis.everything, basis.catalogue, basis.versions, draws
        )
    tell(*_STEPS["draw"])
    plan = None if proposal is None or kind != "scenario" else proposal.tables
    picture = draw(basis, plan=plan, room_mm=room)
    chapter: Chapter = shown(build_chapter(basis, picture, proposal))
    check_totals(chapter.tables.values(), picture.totals)
    return chapter


def _silent(_told: Text, _share: float) -> None:
    """Tell nobody."""


def _check_wish(request: ReportRequest, path: Path, scenario: Scenario | None) -> None:
    if path.suffix.lower() != _SUFFIX:
        raise ExportUsageError(
            Text(f"文件名 {path.name} 须以 .docx 结尾", f"the name {path.name} must end in .docx")
        )
    if request.kind == "scenario" and scenario is None:
        raise ExportUsageError(
            Text(
                f"没有方案“{request.subject}”；请先在整合页保存",
                f"there is no scenario '{request.subject}'; save it on the consolidation page",
            )
        )


def _room(template: Any) -> tuple[float, float]:  # noqa: ANN401 - of python-docx
    if template is None:
        return ROOM_MM
    width, height = room_mm(template)
    return min(width, ROOM_MM[0]), min(height - _CAPTION_MM, ROOM_MM[1])


def _write(
    made: Path,
    chapter: Chapter,
    template: Any,  # noqa: ANN401 - of python-docx
    request: ReportRequest,
    stamp: date,
) -> frozenset[str] | None:
    """Write the document and return the placeholders of the template, if there is one."""
    if template is None:
        document, placed = new_document(chapter), None
        _fill(document, chapter)
    else:
        document, placed = template, fill_template(template, chapter)
    _properties(document, chapter, request.export_id, stamp)
    document.save(str(made))
    fix_times(made, stamp)
    return placed


def _properties(document: Any, chapter: Chapter, export_id: str, stamp: date) -> None:  # noqa: ANN401 - of python-docx
    told = document.core_properties
    # The name of whoever is logged in is nobody's business.
    told.author = told.last_modified_by = property_text(chapter.author)
    told.title, told.comments = property_text(chapter.title), "；".join(chapter.marks)
    told.created = told.modified = dt.datetime(stamp.year, stamp.month, stamp.day, tzinfo=dt.UTC)
    told.revision = 1
    if export_id:
        # Also where the planner's own template has no place for the versions of the data.
        told.identifier = export_id
        told.comments += "；" + export_id_text(export_id).get(chapter.lang)


def _fill(document: Any, chapter: Chapter) -> None:  # noqa: ANN401 - of python-docx
    """Write title, marks, contents and all sections into the built-in document."""
    document.add_paragraph(chapter.title, style="Title")
    first = document.add_paragraph()
    first.alignment = 1
    first.add_run(" · ".join((*chapter.marks, chapter.day))).bold = True
    heading = document.add_paragraph()
    heading.add_run(_CONTENTS.get(chapter.lang)).bold = True
    end = document.add_paragraph()
    writer = Writer(document, chapter, _numbers(chapter), TEXT_CM * 10.0)
    outline = _outline(chapter)
    writer.contents(end, [entry for entry in outline if entry[0] < LEVELS])
    for section, (level, _text, mark) in zip(chapter.sections, outline, strict=True):
        writer.heading(end, section.title, level, mark)
        writer.blocks(end, section.blocks)
    end._p.getparent().remove(end._p)  # noqa: SLF001 - python-docx removes nothing


def _numbers(chapter: Chapter) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for kind, keys in (("table", chapter.tables), ("figure", chapter.figures)):
        found |= {(kind, key): number for number, key in enumerate(keys, start=1)}
    return found


def _outline(chapter: Chapter) -> list[tuple[int, str, str]]:
    """Return level, numbered text and bookmark of every heading."""
    counts = [0] * LEVELS
    found = []
    for place, section in enumerate(chapter.sections, start=1):
        level = section.level
        counts[level - 1] += 1
        counts[level:] = [0] * (LEVELS - level)
        number = ".".join(str(count) for count in counts[:level])
        found.append((level, f"{number} {section.title}", f"_Toc{place:08d}"))
    return found
