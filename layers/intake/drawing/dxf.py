"""Reader of CAD drawings in the exchange format DXF, text or binary."""

from __future__ import annotations

import io
import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any

from layers.errors import IntakeError
from layers.errors import Text
from layers.intake.drawing import dxf_walk
from layers.intake.drawing.dxf_bytes import expanded
from layers.intake.drawing.dxf_bytes import survey
from layers.intake.drawing.dxf_parts import parts_of
from layers.intake.drawing.dxf_parts import raw_of
from layers.intake.drawing.dxf_shapes import GAP_M
from layers.intake.drawing.dxf_shapes import shapes_of
from layers.intake.drawing.dxf_text import escaped
from layers.intake.drawing.dxf_text import readable
from layers.intake.drawing.dxf_text import tidy
from layers.intake.drawing.dxf_text import words_of
from layers.intake.drawing.dxf_units import units_of
from layers.intake.kinds import ADVICE
from layers.systems import find_system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from ezdxf.audit import Auditor
    from ezdxf.document import Drawing

    from layers.intake.drawing.dxf_bytes import Survey
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

MAX_TAGS = 8_000_000
"""How many values a drawing may hold: about 90 MB of text, and 3 GB of memory."""

_DWG = re.compile(rb"AC(?:1\.\d|10\d\d)")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_MARK = b"\xef\xbb\xbf"

# How the versions of the format are called in the "save as" of CAD programs.
_RELEASES: Mapping[str, str] = {
    "AC1009": "R12",
    "AC1012": "R13",
    "AC1014": "R14",
    "AC1015": "2000",
    "AC1018": "2004",
    "AC1021": "2007",
    "AC1024": "2010",
    "AC1027": "2013",
    "AC1032": "2018",
}

# The EPSG code in the description of a coordinate system that CAD programs write.
_EPSG_ALIAS = re.compile(
    r'<Alias\s+id="(\d{4,6})"\s+type="CoordinateSystem"\s*>'
    r"(?:(?!</Alias>)[\s\S]){0,400}<Namespace>EPSG Code</Namespace>"
)
_NEAR = 1e-3


def read_dxf(request: Request) -> Raw:
    """Read a kind of shapes of a drawing: areas, lines, points or texts.

    Closed polylines, circles, hatches and what lines enclose become polygons; texts
    and attributes of blocks are given to the areas they lie in. Only model space is
    read; block references are expanded. ``request.part`` says what to read: 面, 线, 点
    or 文字, or one of them on one CAD layer, as ``面/用地``.

    Returns
    -------
    Raw
        Shapes in metres (or in degrees, if the drawing is), columns 图层, 图层状态,
        图元类型, 句柄, 颜色, 块名, 文字, and one for every tag of block attributes.

    Raises
    ------
    IntakeError
        If the file is no drawing, is too large or its blocks become too much;
        IntakeUsageError if the part asked for is not there.
    """
    data = _bytes(request)
    found = survey(data, dxf_walk.MAX_ENTITIES, MAX_TAGS)
    _check_size(found, request)
    words = words_of(found, request)
    units = units_of(found, request)
    with _damage_refused(request):
        drawing, auditor = _load(readable(data, words.encoding or "ascii", whole=found.whole))
        met = dxf_walk.walk(drawing, units, request)
        about_file = tuple(_about_file(found, auditor, drawing, request))
    gap = GAP_M * units.metre
    parts = parts_of(met, shapes_of(met.pieces, gap), request, gap_m=GAP_M)
    system, about_system = _system(drawing, request)
    issues = (
        *words.issues,
        *about_file,
        *units.issues,
        *about_system,
    )
    facts = {
        "kind": _kind(found),
        "encoding": Text(words.encoding or "ASCII", words.encoding or "ASCII"),
    }
    if system is not None:
        facts["crs"] = Text(system.name, system.name)
    return raw_of(parts, request, issues, system, facts)


def _bytes(request: Request) -> bytes:
    data = request.path.read_bytes()
    if _DWG.match(data):
        advice = ADVICE[".dwg"]
        request.refuse(f"其实是 DWG。{advice.zh}", f"it is a DWG; {advice.en}")
    if data.startswith(_WIDE):
        data = data.decode("utf-16", "replace").encode("utf-8")
    return data.removeprefix(_MARK)


def _check_size(found: Survey, request: Request) -> None:
    if not found.sections:
        request.refuse(
            "不是 DXF 图纸；请在 CAD 中另存为 AutoCAD 2010 DXF",
            "it is no DXF drawing; save it as AutoCAD 2010 DXF",
        )
    if found.tags > MAX_TAGS:
        request.refuse(
            f"图纸内容超过 {MAX_TAGS:,} 项；请清理（PURGE）或拆分图纸后导入",
            f"it has more than {MAX_TAGS:,} values; purge or split the drawing",
        )
    limit = dxf_walk.MAX_ENTITIES
    if found.entities > limit:
        request.refuse(
            f"图元超过 {limit:,} 个；请清理（PURGE）或拆分图纸后导入",
            f"it has more than {limit:,} entities; purge or split the drawing",
        )
    size = expanded(found, dxf_walk.MAX_DEPTH, limit)
    if size is None or size > limit:
        request.refuse(
            f"图块互相引用、嵌套超过 {dxf_walk.MAX_DEPTH} 层，或展开后超过 {limit:,} 个图元；"
            "请清理（PURGE）或炸开（EXPLODE）后导入",
            f"its blocks hold each other, are nested more than {dxf_walk.MAX_DEPTH} deep or"
            f" become more than {limit:,} entities; purge or explode them",
        )


def _load(text: str) -> tuple[Drawing, Auditor]:
    """Build the drawing; a file that is sound takes half the time that mending takes."""
    from ezdxf import filemanagement
    from ezdxf import recover

    # What ezdxf mends is counted from its audit; its log would only print it again.
    log = logging.getLogger("ezdxf")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    try:
        drawing = filemanagement.read(io.StringIO(text))
        return drawing, drawing.audit()
    except Exception:  # noqa: BLE001 -- whatever is wrong is mended, or fails again
        return recover.read(io.BytesIO(escaped(text)))


@contextmanager
def _damage_refused(request: Request) -> Iterator[None]:
    try:
        yield
    except IntakeError:
        raise
    except Exception as error:  # noqa: BLE001 -- a damaged drawing fails in any way
        request.refuse(
            "图纸已损坏；请在 CAD 中用 RECOVER 修复并另存后导入",
            f"the drawing is damaged ({type(error).__name__}); mend it with RECOVER, save it again",
            error,
        )


def _about_file(
    found: Survey, auditor: Auditor, drawing: Drawing, request: Request
) -> Iterator[Issue]:
    faults = [*auditor.errors, *auditor.fixes]
    if faults:
        example = tidy(str(faults[0].message))
        yield request.issue("cad_repaired", value=example, count=len(faults))
    if not found.whole:
        yield request.issue("cad_cut_off")
    paper = sum(
        entity.dxftype() != "VIEWPORT"
        for layout in drawing.layouts
        if not layout.is_modelspace
        for entity in layout
    )
    if paper:
        yield request.issue("cad_paper_skipped", count=paper)


def _kind(found: Survey) -> Text:
    version = f"{_RELEASES.get(found.version, '')} {found.version}".strip() or "?"
    return Text(f"CAD 图纸 DXF（{version}）", f"CAD drawing, DXF ({version})")


def _system(drawing: Drawing, request: Request) -> tuple[System | None, tuple[Issue, ...]]:
    """Return the system of the drawing's geographic location, if it is the one it is drawn in."""
    try:
        location: Any = drawing.modelspace().get_geodata()
        if location is None:
            return None, ()
        written = str(location.coordinate_system_definition)
        same = _drawn_in_place(location)
    except Exception:  # noqa: BLE001 -- a damaged location says nothing
        return None, ()
    codes = _EPSG_ALIAS.findall(written)
    system = find_system(f"EPSG:{codes[0]}") if len(codes) == 1 else None
    if system is not None and same:
        return system, ()
    name = system.name if system is not None else "—"
    return None, (request.issue("cad_crs_unused", value=name),)


def _drawn_in_place(location: Any) -> bool:  # noqa: ANN401 -- GEODATA of ezdxf
    """Whether coordinates of the drawing are those of the system: not shifted, turned or scaled."""
    drawn, real = location.dxf.design_point, location.dxf.reference_point
    north = location.dxf.north_direction
    return bool(
        abs(drawn.x - real.x) <= _NEAR
        and abs(drawn.y - real.y) <= _NEAR
        and abs(north.x) <= _NEAR * abs(north.y)
        and north.y > 0
        and abs(location.dxf.horizontal_unit_scale - 1) <= _NEAR
    )
