"""What a drawing offers to be read, and what is read of it, as a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from layers.errors import Text
from layers.findings import shorten
from layers.frames import GEOMETRY
from layers.intake.drawing.dxf_curves import SAGITTA_M
from layers.intake.drawing.dxf_texts import SEPARATOR
from layers.intake.drawing.dxf_texts import give
from layers.intake.source import Raw

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.intake.drawing.dxf_shapes import Drawn
    from layers.intake.drawing.dxf_shapes import Shapes
    from layers.intake.drawing.dxf_walk import Piece
    from layers.intake.drawing.dxf_walk import Walk
    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

AREAS, POINTS, LINES, TEXTS = "面", "点", "线", "文字"
"""Kinds of shapes that a drawing offers, those that are preferred first."""

_BY_LAYER = "/"
_COLUMNS = ("图层", "图层状态", "图元类型", "句柄", "颜色", "块名", "文字")
_HEIGHT = "标高"
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a shape, and what is known of it.

    Attributes
    ----------
    piece, shape
        See :class:`layers.intake.drawing.dxf_shapes.Drawn`.
    text
        Texts in it; its own, if it is a text.
    tags
        Attributes of blocks.
    spare
        Whether it went into another row: a text or attributes into an area, a line
        into a border.
    """

    piece: Piece
    shape: shapely.Geometry
    text: str = ""
    tags: Mapping[str, str] | None = None
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """All rows of a drawing, by kind, and what is to be said of them."""

    rows: Mapping[str, tuple[Row, ...]]
    issues: tuple[Issue, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Kinds that are there, and with several CAD layers each kind on each layer."""
        kinds = tuple(kind for kind, rows in self.rows.items() if rows)
        layers = {kind: sorted({row.piece.look.layer for row in self.rows[kind]}) for kind in kinds}
        if len({layer for names in layers.values() for layer in names}) <= 1:
            return kinds
        single = [f"{kind}{_BY_LAYER}{layer}" for kind in kinds for layer in layers[kind]]
        return (*kinds, *single)

    @property
    def preferred(self) -> str:
        """The kind that is read if nobody chooses.

        The outlines of symbols with attributes are no areas that anybody drew, so they
        come after the points.
        """
        drawn = any(row.piece.look.symbol < 0 for row in self.rows[AREAS])
        order = (AREAS, POINTS, LINES, TEXTS) if drawn else (POINTS, AREAS, LINES, TEXTS)
        return next((kind for kind in order if self.rows[kind]), AREAS)

    def chosen(self, name: str) -> tuple[Row, ...]:
        """Return the rows of a kind, or of a kind on one CAD layer."""
        kind, _, layer = name.partition(_BY_LAYER)
        return tuple(r for r in self.rows[kind] if not layer or r.piece.look.layer == layer)


def parts_of(met: Walk, shapes: Shapes, request: Request, *, gap_m: float) -> Parts:
    """Sort what is drawn by kind, and give texts and attributes to the areas.

    Parameters
    ----------
    met, shapes
        What was met in the drawing, and its shapes.
    request
        Names the file for the findings.
    gap_m
        The tolerance in metres, for the findings.
    """
    given = give(shapes.areas, met.texts, met.places)
    rows = {
        AREAS: tuple(
            Row(a.piece, a.shape, given.texts.get(i, ""), given.tags.get(i))
            for i, a in enumerate(shapes.areas)
        ),
        POINTS: tuple(
            Row(p, _point(p), tags=p.tags, spare=bool(p.tags) and p.look.symbol in given.attached)
            for p in met.places
        ),
        LINES: tuple(
            Row(line.piece, line.shape, spare=i in shapes.enclosing)
            for i, line in enumerate(shapes.lines)
        ),
        TEXTS: tuple(
            Row(t, _point(t), SEPARATOR.join(t.text), spare=i in given.used)
            for i, t in enumerate(met.texts)
            if t.kind != "ATTRIB"
        ),
    }
    issues = [*_about_shapes(met, shapes, request, gap_m), *_about_unread(met, shapes, request)]
    if given.texts:
        issues.append(
            request.issue(
                "cad_texts_given",
                texts=len(given.used),
                count=len(given.texts),
                several=given.several,
            )
        )
    if given.attached:
        issues.append(request.issue("cad_attributes_given", count=len(given.attached)))
    if given.unclear:
        issues.append(request.issue("cad_attributes_unclear", count=given.unclear))
    return Parts(rows, tuple(issues))


def _point(piece: Piece) -> shapely.Point:
    return shapely.Point(piece.outline.runs[0][0])


def _about_shapes(met: Walk, shapes: Shapes, request: Request, gap_m: float) -> Iterator[Issue]:
    if shapes.gaps:
        gap = f"{max(shapes.gaps):.3g}"
        yield request.issue(
            "cad_ring_closed", count=len(shapes.gaps), gap=gap, tolerance=f"{gap_m:g}"
        )
    if joined := [area for area in shapes.areas if area.joined]:
        yield request.issue(
            "cad_lines_joined",
            count=len(joined),
            lines=len(shapes.enclosing),
            layers=_listed(_layers(joined)),
            tolerance=f"{gap_m:g}",
        )
    if met.curved:
        yield request.issue("cad_curves_flattened", count=met.curved, sagitta=f"{SAGITTA_M:g}")
    if met.heights:
        yield request.issue("cad_heights_dropped", count=met.heights)
    if met.expanded:
        yield request.issue("cad_blocks_expanded", count=met.expanded)


def _layers(drawn: Iterable[Drawn | Row]) -> list[str]:
    return list(dict.fromkeys(one.piece.look.layer for one in drawn))


def _about_unread(met: Walk, shapes: Shapes, request: Request) -> Iterator[Issue]:
    for code, counts in (
        ("cad_types_skipped", met.skipped),
        ("cad_solids_skipped", met.solids),
        ("cad_proxies_skipped", met.proxies),
        ("cad_damaged_skipped", met.damaged),
    ):
        if counts:
            yield request.issue(code, value=_counted(counts), count=counts.total())
    if met.outside:
        yield request.issue("cad_outside_skipped", value=_listed(sorted(met.outside)))
    if shapes.collapsed:
        yield request.issue("cad_collapsed_skipped", count=shapes.collapsed)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{shorten(name)} × {count}" for name, count in counts.most_common(_SHOWN))


def _listed(names: Sequence[str]) -> str:
    more = ["…"] if len(names) > _SHOWN else []
    return ", ".join([*map(shorten, names[:_SHOWN]), *more])


def raw_of(
    parts: Parts,
    request: Request,
    issues: Iterable[Issue],
    system: System | None,
    facts: Mapping[str, Text],
) -> Raw:
    """Return the part that is asked for, or the preferred one, as a reader hands it on.

    Raises
    ------
    IntakeUsageError
        If there is no such part.
    """
    names = parts.names
    part = request.part or parts.preferred
    if request.part and request.part not in names:
        listed = ", ".join(names) or "—"
        request.refuse_wish(
            f"没有“{request.part}”这一部分；可读取：{listed}",
            f"it has no part '{request.part}'; use one of: {listed}",
        )
    rows = parts.chosen(part)
    told = {**facts}
    if rows:
        told |= {"part": _told(part, rows), "extent": _extent(rows)}
    return Raw(
        _table(rows),
        pd.Series(range(1, len(rows) + 1), dtype="int64"),
        (*issues, *parts.issues, *_about_choice(parts, part, rows, request)),
        system=system,
        shapes=True,
        lonlat_if_unknown=False,
        part=part if names else "",
        parts=names,
        facts=told,
    )


def _about_choice(
    parts: Parts, part: str, rows: Sequence[Row], request: Request
) -> Iterator[Issue]:
    hidden = [row for row in rows if row.piece.look.state]
    if hidden:
        layers = _listed(_layers(hidden))
        yield request.issue("cad_hidden_layers", value=layers, count=len(hidden))
    taken = {id(row) for row in rows}
    left = Counter(
        {
            kind: sum(id(row) not in taken and not row.spare for row in some)
            for kind, some in parts.rows.items()
        }
    )
    if +left:
        yield request.issue("cad_parts_left", part=part, value=_counted(+left))


def _told(part: str, rows: Sequence[Row]) -> Text:
    layers = Counter(row.piece.look.layer for row in rows)
    return Text(
        f"{part}：{len(rows)} 个；图层 {_counted(layers)}",
        f"{part}: {len(rows)}; layers {_counted(layers)}",
    )


def _extent(rows: Sequence[Row]) -> Text:
    west, south, east, north = shapely.total_bounds([row.shape for row in rows])
    # Degrees need more digits than metres to say the same.
    digits = 6 if np.abs([west, south, east, north]).max() <= 180 else 3  # noqa: PLR2004
    told = f"X {west:.{digits}f} – {east:.{digits}f}, Y {south:.{digits}f} – {north:.{digits}f}"
    return Text(told, told)


def _table(rows: Sequence[Row]) -> pd.DataFrame:
    fixed = [
        (
            look.layer,
            look.state,
            row.piece.kind,
            row.piece.handle,
            look.colour,
            look.block,
            row.text,
        )
        for row in rows
        for look in (row.piece.look,)
    ]
    frame = pd.DataFrame(fixed, columns=list(_COLUMNS), dtype=object)
    frame = frame.where(frame != "", None)
    heights = [row.piece.height or None for row in rows]
    if any(heights):
        frame[_HEIGHT] = pd.Series(heights, dtype=object)
    for tag in dict.fromkeys(tag for row in rows for tag in row.tags or ()):
        cells = [(row.tags or {}).get(tag) for row in rows]
        frame[_free(tag, frame.columns)] = pd.Series(cells, dtype=object)
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.shape for row in rows]
    frame[GEOMETRY] = pd.Series(shapes, index=frame.index, dtype=object)
    return frame


def _free(tag: str, taken: Iterable[str]) -> str:
    """Return a heading for a tag that no other column has."""
    used = {*taken, GEOMETRY}
    number = 2
    name = tag
    while name in used:
        name, number = f"{tag} ({number})", number + 1
    return name
