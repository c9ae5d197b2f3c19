"""Reader of workbooks: XLSX, XLSM, XLS and ODS, whatever their name says.

The content decides how a file is read, because offices rename files: a CSV or a
web page called ``.xls`` is common. Of several sheets the one is read whose
headings the catalogue knows best, and that is said.
"""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn
from xml.parsers import expat

import python_calamine
from python_calamine import SheetTypeEnum
from python_calamine import SheetVisibleEnum

from layers.errors import Text
from layers.intake.columns import normalise
from layers.intake.readers.grids import Grid
from layers.intake.readers.grids import table
from layers.intake.readers.headings import find_headings
from layers.intake.readers.headings import vocabulary
from layers.intake.readers.sheet_kinds import ODS
from layers.intake.readers.sheet_kinds import TEXT
from layers.intake.readers.sheet_kinds import XLSX
from layers.intake.readers.sheet_kinds import content_kind
from layers.intake.readers.sheet_kinds import note_other_kind
from layers.intake.readers.sheet_kinds import refuse_protected
from layers.intake.readers.sheet_parts import Notes
from layers.intake.readers.sheet_parts import TooLargeError
from layers.intake.readers.sheet_parts import UnsafeXmlError
from layers.intake.readers.sheet_parts import ods_notes
from layers.intake.readers.sheet_parts import xlsx_notes
from layers.intake.readers.tables import read_csv
from layers.intake.setting import catalogue_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

    from layers.intake.readers.headings import Range
    from layers.intake.readers.headings import Row
    from layers.intake.readers.sheet_kinds import Kind
    from layers.intake.source import Raw
    from layers.intake.source import Request

_MAX_SHEETS = 100
_PREVIEW = 60

_NOT_DATA = frozenset(
    {
        "数据字典",
        "字典",
        "字段说明",
        "说明",
        "填报说明",
        "填写说明",
        "填表说明",
        "使用说明",
        "选项",
        "目录",
        "dictionary",
        "readme",
        "instructions",
        "choices",
        "lists",
        "notes",
        "contents",
    }
)
"""Sheets that explain others; they are read only if they are asked for."""

_DAMAGED = (
    python_calamine.CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,  # of an archive with a password
    NotImplementedError,  # of a compression that is not known
    StopIteration,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class _Page:
    """A sheet with data, and what speaks for reading it.

    Attributes
    ----------
    name
        Its name.
    hidden
        Whether people do not see it.
    explains
        Whether it is one of :data:`_NOT_DATA`.
    fitting, known
        How many of its headings the layer asked for knows, and any layer.
    titled
        Whether its name begins with the title of the layer.
    records
        Whether there is anything below the headings.
    sheet, notes
        What it holds.
    """

    name: str
    hidden: bool
    explains: bool
    fitting: int
    known: int
    titled: bool
    records: bool
    sheet: Any
    notes: Notes

    @property
    def rank(self) -> tuple[int, ...]:
        """How well the sheet fits; the largest is read, the first of several."""
        told = (self.fitting, self.titled, self.known)
        return (not self.explains, not self.hidden, self.records and self.known > 0, *told)

    @property
    def plausible(self) -> bool:
        """Tell whether people may have meant this sheet."""
        return not self.explains and not self.hidden and self.records and self.known > 1


def read_workbook(request: Request) -> Raw:
    """Read a sheet of a workbook.

    Parameters
    ----------
    request
        The file; `part` is the name of the sheet, empty for the one whose
        headings are known best. `layer` helps to choose.

    Returns
    -------
    Raw
        Empty cells are ``None``, dates are dates. `parts` are the sheets with
        data.

    Raises
    ------
    IntakeError
        If the file is no workbook, is damaged or protected, or unpacks to too
        much; IntakeUsageError if there is no such sheet.
    """
    kind = content_kind(request)
    issues = note_other_kind(kind, request)
    if kind is TEXT:
        return read_csv(request, earlier=issues)
    with _guarded(request):
        pages = _pages(request, kind)
    chosen = _chosen(pages, request)
    with _guarded(request):
        grid = Grid(
            _rows(chosen.sheet),
            merged=[*_merged(chosen.sheet), *chosen.notes.merged],
            pending=chosen.notes.pending,
            errors=chosen.notes.errors,
        )
    others = [page.name for page in pages if page.plausible and page is not chosen]
    if others and not request.part:
        names = "、".join(others)
        issues.append(request.issue("sheet_chosen", chosen=chosen.name, others=names))
    return table(
        grid,
        request,
        issues,
        part=chosen.name,
        parts=tuple(page.name for page in pages),
        facts={"kind": kind.title, "part": Text(chosen.name, chosen.name)},
    )


def sheet_records(path: Path, name: str) -> list[Row]:
    """Return the cells of a sheet of our own workbook, in rows of one width.

    Empty cells are ``None``.

    Raises
    ------
    CalamineError
        If the file is no workbook or has no such sheet.
    """
    return _rows(python_calamine.load_workbook(path).get_sheet_by_name(name))


@contextmanager
def _guarded(request: Request) -> Iterator[None]:
    """Turn what goes wrong while reading into a sentence."""
    try:
        yield
    except python_calamine.PasswordError as error:
        refuse_protected(request, error)
    except TooLargeError as error:
        request.refuse(
            "工作表的单元格过多；请删去数据以外的内容或拆分后导入",
            "a sheet has too many cells; delete what is not data, or split it",
            error,
        )
    except UnsafeXmlError as error:
        request.refuse(
            "工作簿含 XML 文档类型声明，可能引用外部文件；请用表格软件另存为 .xlsx",
            "its XML declares a document type, which may reach for other files; save it again",
            error,
        )
    except _DAMAGED as error:
        _refuse_damaged(request, error)
    except BaseException as error:
        # A panic of the reader is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        _refuse_damaged(request, None)


def _refuse_damaged(request: Request, error: Exception | None) -> NoReturn:
    request.refuse(
        "不是工作簿或已损坏；请用表格软件另存为 .xlsx",
        f"it is no workbook or is damaged ({type(error).__name__}); save it as .xlsx",
        error,
    )


def _pages(request: Request, kind: Kind) -> list[_Page]:
    """Return the sheets with anything in them, in the order of the workbook."""
    # What an ODS holds is unpacked as soon as it is opened, so it is looked at before.
    told = ods_notes(request.path) if kind is ODS else {}
    pages: list[_Page] = []
    # From a path, the reader would trust the suffix.
    with request.path.open("rb") as stream, python_calamine.load_workbook(stream) as book:
        sheets = [s for s in book.sheets_metadata if s.typ is SheetTypeEnum.WorkSheet]
        for found in sheets[:_MAX_SHEETS]:
            name = found.name
            notes = xlsx_notes(request.path, name) if kind is XLSX else told.get(name, Notes())
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                hidden = found.visible is not SheetVisibleEnum.Visible
                pages.append(_page(name, hidden, sheet, notes, request.layer))
    return pages


def _page(name: str, hidden: bool, sheet: Any, notes: Notes, layer: str) -> _Page:  # noqa: ANN401 -- as the reader returns it
    preview = [_plain(row) for row in sheet.to_python(skip_empty_area=False, nrows=_PREVIEW)]
    headings = find_headings(preview, [*_merged(sheet), *notes.merged])
    names = headings.names if headings else ()
    end = headings.end if headings else 0
    catalogue, known = catalogue_here(), vocabulary()
    title = catalogue.layer(layer).title if layer in catalogue.keys else None
    return _Page(
        name=name,
        hidden=hidden,
        explains=normalise(name) in _NOT_DATA,
        fitting=known.count(names, layer),
        known=known.count(names),
        titled=title is not None and name.startswith((title.zh, title.en)),
        records=sheet.end[0] > end,
        sheet=sheet,
        notes=notes,
    )


def _chosen(pages: Sequence[_Page], request: Request) -> _Page:
    """Return the sheet asked for, or the one that fits best."""
    if request.part:
        for page in pages:
            if page.name == request.part:
                return page
        names = "、".join(page.name for page in pages)
        request.refuse_wish(
            f"没有名为“{request.part}”的数据表；现有：{names}",
            f"it has no sheet '{request.part}' with data; there are: {names}",
        )
    if not pages:
        request.refuse("没有数据，也没有表头", "there are neither headings nor data")
    return max(pages, key=lambda page: page.rank)


def _plain(row: Sequence[Any]) -> list[Any]:
    # Empty cells are empty texts to the reader.
    return [None if cell == "" else cell for cell in row]


def _rows(sheet: Any) -> list[Row]:  # noqa: ANN401 -- as the reader returns it
    return [_plain(row) for row in sheet.to_python(skip_empty_area=False)]


def _merged(sheet: Any) -> list[Range]:  # noqa: ANN401 -- as the reader returns it
    ranges = sheet.merged_cell_ranges or ()
    return [(top, left, bottom, right) for (top, left), (bottom, right) in ranges]
