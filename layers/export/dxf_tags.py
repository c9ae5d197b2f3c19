"""Entities of a CAD drawing as tags: group codes and values, as DXF R2010 writes them.

A drawing has three entities a feature. The library that writes the rest of it needs a
millisecond for each, which is minutes for a city; written as text they take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING
from typing import Any

from layers.export.dxf_words import APPID
from layers.export.dxf_words import line_text
from layers.export.dxf_words import paragraph_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from layers.export.dxf_words import Tag

    Pairs = Sequence[tuple[float, float]]
    # Angle (°), base point, offset, dashes; gaps are below zero.
    HatchLine = tuple[float, tuple[float, float], tuple[float, float], Sequence[float]]

CLOSED, THROUGH_CORNERS = 1, 128
"""Flags of a polyline: it is a ring; its dashes go on behind its corners."""

_OUTER, _HOLE = 1 | 2, 16 | 2
_CUSTOM_PATTERN = 2
_VISIBLE = 0x02000000
_CHUNK = 250


@dataclass(frozen=True, slots=True)
class Ink:
    """What an entity looks like.

    Attributes
    ----------
    layer
        CAD layer.
    colour
        0xRRGGBB; ``None`` as the layer.
    linetype
        Empty as the layer.
    weight
        Line weight, 1/100 mm; ``None`` as the layer.
    opacity
        0 (invisible) to 1; ``None`` as the layer.
    """

    layer: str
    colour: int | None = None
    linetype: str = ""
    weight: int | None = None
    opacity: float | None = None

    @property
    def tags(self) -> str:
        """The tags, in the order of the format."""
        parts = [f"  8\n{self.layer}\n"]
        if self.linetype:
            parts.append(f"  6\n{self.linetype}\n")
        if self.weight is not None:
            parts.append(f"370\n{self.weight}\n")
        if self.colour is not None:
            parts.append(f"420\n{self.colour}\n")
        if self.opacity is not None:
            parts.append(f"440\n{_VISIBLE | round(self.opacity * 255)}\n")
        return "".join(parts)


@dataclass(slots=True)
class Entities:
    """The entities of the model space, one after the other.

    Attributes
    ----------
    owner
        Handle of the model space.
    handles
        Gives the next free handle of the drawing with ``next()``.
    texts
        The entities so far.
    """

    owner: str
    handles: Any
    texts: list[str] = dataclass_field(default_factory=list)

    def polyline(self, ink: Ink, points: Pairs, flags: int, tags: Iterable[Tag]) -> None:
        """Add a LWPOLYLINE; a ring has no last point that repeats the first."""
        body = f"100\nAcDbPolyline\n 90\n{len(points)}\n 70\n{flags}\n{_vertices(points)}"
        self._add("LWPOLYLINE", ink, body, tags)

    def point(self, ink: Ink, at: tuple[float, float], tags: Iterable[Tag]) -> None:
        """Add a POINT."""
        self._add("POINT", ink, f"100\nAcDbPoint\n{_place(10, at)}", tags)

    def reference(
        self, ink: Ink, block: str, at: tuple[float, float], size: float, tags: Iterable[Tag]
    ) -> None:
        """Add an INSERT of a block, enlarged by `size`."""
        scales = f" 41\n{size}\n 42\n{size}\n 43\n{size}\n"
        body = f"100\nAcDbBlockReference\n  2\n{block}\n{_place(10, at)}{scales}"
        self._add("INSERT", ink, body, tags)

    def hatch(
        self,
        ink: Ink,
        rings: Sequence[Pairs],
        name: str = "SOLID",
        lines: Sequence[HatchLine] | None = None,
    ) -> None:
        """Add a HATCH: solid, or of lines; the first ring is the outer edge, the others holes."""
        solid = int(lines is None)
        edges = "".join(
            f" 92\n{_HOLE if number else _OUTER}\n 72\n0\n 73\n1\n 93\n{len(ring)}\n"
            f"{_vertices(ring)} 97\n0\n"
            for number, ring in enumerate(rings)
        )
        body = (
            "100\nAcDbHatch\n 10\n0.0\n 20\n0.0\n 30\n0.0\n210\n0.0\n220\n0.0\n230\n1.0\n"
            f"  2\n{name}\n 70\n{solid}\n 71\n0\n 91\n{len(rings)}\n{edges} 75\n0\n"
            f" 76\n{1 if solid else _CUSTOM_PATTERN}\n"
        )
        self._add("HATCH", ink, f"{body}{'' if lines is None else _pattern(lines)} 98\n0\n")

    def text(
        self, ink: Ink, text: str, at: tuple[float, float], height: float, style: str, *, left: bool
    ) -> None:
        """Add a TEXT in one line: with its middle at `at`, or with the middle of its left side."""
        body = (
            f"100\nAcDbText\n{_place(10, at)} 40\n{height}\n  1\n{line_text(text)}\n  7\n{style}\n"
            f" 72\n{0 if left else 1}\n{_place(11, at)}100\nAcDbText\n 73\n2\n"
        )
        self._add("TEXT", ink, body)

    def paragraph(
        self,
        ink: Ink,
        text: str,
        at: tuple[float, float],
        height: float,
        style: str,
        *,
        width: float,
        attached: int,
    ) -> None:
        """Add an MTEXT.

        Parameters
        ----------
        ink, text, at, height, style
            As for a line of text.
        width
            Where lines are broken, in metres.
        attached
            Which point of it is at `at`: 1 top left, 4 middle left, 5 middle.
        """
        written = paragraph_text(text)
        pieces = [written[start : start + _CHUNK] for start in range(0, len(written), _CHUNK)]
        told = "".join(f"  3\n{piece}\n" for piece in pieces[:-1]) + f"  1\n{pieces[-1]}\n"
        body = (
            f"100\nAcDbMText\n{_place(10, at)} 40\n{height}\n 41\n{width}\n 71\n{attached}\n"
            f"{told}  7\n{style}\n"
        )
        self._add("MTEXT", ink, body)

    def _add(self, kind: str, ink: Ink, body: str, tags: Iterable[Tag] = ()) -> None:
        told = "".join(f"{code}\n{value}\n" for code, value in tags)
        data = f"1001\n{APPID}\n{told}" if told else ""
        self.texts.append(
            f"  0\n{kind}\n  5\n{self.handles.next()}\n330\n{self.owner}\n100\nAcDbEntity\n"
            f"{ink.tags}{body}{data}"
        )


def _vertices(points: Pairs) -> str:
    return "".join([f" 10\n{x}\n 20\n{y}\n" for x, y in points])


def _place(code: int, at: tuple[float, float]) -> str:
    return f" {code}\n{at[0]}\n {code + 10}\n{at[1]}\n {code + 20}\n0.0\n"


def _pattern(lines: Sequence[HatchLine]) -> str:
    told = [f" 52\n0.0\n 41\n1.0\n 77\n0\n 78\n{len(lines)}\n"]
    for angle, base, offset, dashes in lines:
        told.append(
            f" 53\n{angle}\n 43\n{base[0]}\n 44\n{base[1]}\n 45\n{offset[0]}\n 46\n{offset[1]}\n"
            f" 79\n{len(dashes)}\n"
        )
        told += [f" 49\n{dash}\n" for dash in dashes]
    return "".join(told)
