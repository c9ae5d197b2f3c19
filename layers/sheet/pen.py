"""Text and lines on paper: one axes in millimetres, and the measures of text."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from layers.fonts import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from layers.fonts import TextFont
    from layers.sheet.layout import Box

    Floats = NDArray[np.float64]

POINTS_PER_MM = 72.0 / 25.4
INK = "#1f2d3a"
_LEADING = 1.32
# Type that does not fit is set smaller down to this share.
_LEAST_SHARE = 0.7
# Signs that may not begin a line (GB/T 15834) and those that may not end one.
_NOT_FIRST = set("，。、；：？！）》」』”’…—·,.;:?!)]}%")
_NOT_LAST = set("（《「『“‘([{")


class Pen:
    """Draws on the page in millimetres, in one font.

    Parameters
    ----------
    axes
        Covers the page; its data units are millimetres.
    font
        The characters that can be drawn.
    unit
        Factor of all font sizes and line widths.
    """

    def __init__(self, axes: Axes, font: TextFont, unit: float) -> None:
        self.axes = axes
        self.font = font
        self.unit = unit

    def measure(self, text: str, size: float, bold: bool = False) -> tuple[float, float]:
        """Return width and height of one line, millimetres; `size` in points as printed."""
        shown = fitted(text, self.font).split("\n")
        widest = max((_width(line, self.font.family, bold) for line in shown), default=0)
        lines = text.count("\n") + 1
        return widest * size / POINTS_PER_MM, lines * size * 1.16 / POINTS_PER_MM

    def line_mm(self, size: float) -> float:
        """Return the height of a line of text with its leading, millimetres."""
        return size * self.unit * _LEADING / POINTS_PER_MM

    def text(  # noqa: PLR0913 -- what a word on paper is
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        align: str = "left",
        base: str = "baseline",
        colour: str = INK,
        turned: float = 0.0,
    ) -> None:
        """Write one line; `size` in points before the unit of the page."""
        self.axes.text(
            x,
            y,
            fitted(text, self.font),
            fontsize=size * self.unit,
            fontfamily=self.font.family,
            fontweight="bold" if bold else "normal",
            ha=align,
            va=base,
            color=colour,
            rotation=turned,
            parse_math=False,
            zorder=30,
        )

    def wrapped(self, text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
        """Return a text in lines of at most `width` millimetres."""
        limit = width * POINTS_PER_MM / (size * self.unit)
        lines: list[str] = []
        for part in fitted(text, self.font).split("\n"):
            lines += _broken(_words(part), limit, self.font.family, bold=bold)
        return lines

    def fitting(
        self, x: float, y: float, width: float, text: str, size: float, *, bold: bool = False
    ) -> None:
        """Write one line around the height `y`, in smaller type or cut if there is no room."""
        found = size
        while (
            found > _LEAST_SHARE * size and self.measure(text, found * self.unit, bold)[0] > width
        ):
            found -= 0.2
        lines = self.wrapped(text, width, found, bold=bold)
        shown = lines[0] if len(lines) == 1 else lines[0][:-1] + "…"
        self.text(x, y, shown, found, bold=bold, base="center_baseline")

    def paragraph(
        self,
        box: Box,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: str = INK,
        hanging: float = 0.0,
    ) -> float:
        """Write a text into the width of a box, below `y`; return where the next begins.

        Lines that would leave the box below are not written, and the last one that is
        ends in an ellipsis.
        """
        lines = self.wrapped(text, box.width - hanging, size, bold=bold)
        step = self.line_mm(size)
        room = max(int((y - box.bottom) / step + 1e-6), 0)
        if len(lines) > room:
            lines = lines[:room]
            if lines:
                lines[-1] = lines[-1][:-1] + "…"
        for number, line in enumerate(lines):
            left = box.left + (hanging if number else 0.0)
            self.text(left, y - step * (number + 0.78), line, size, bold=bold, colour=colour)
        return y - step * len(lines)

    def line(
        self,
        xs: Sequence[float] | Floats,
        ys: Sequence[float] | Floats,
        width: float,
        *,
        colour: str = INK,
        zorder: float = 25,
        dash: tuple[float, ...] = (),
    ) -> None:
        """Draw a line; `width` in points before the unit of the page, `dash` in widths."""
        self.axes.plot(
            xs,
            ys,
            color=colour,
            linewidth=width * self.unit,
            linestyle=(0, dash) if dash else "solid",
            solid_capstyle="butt",
            zorder=zorder,
        )

    def box(self, box: Box, width: float, *, fill: str = "none", colour: str = INK) -> None:
        """Draw a rectangle."""
        self.axes.fill(
            [box.left, box.right, box.right, box.left],
            [box.bottom, box.bottom, box.top, box.top],
            facecolor=fill,
            edgecolor=colour if width else "none",
            linewidth=width * self.unit,
            joinstyle="miter",
            zorder=24,
        )


@lru_cache(maxsize=20_000)
def _width(text: str, family: str, bold: bool) -> float:
    """Return the width of a text in ems of its font."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not text:
        return 0.0
    face = FontProperties(family=family, weight="bold" if bold else "normal", size=100)
    width, _height, _descent = text_to_path.get_text_width_height_descent(text, face, ismath=False)
    return float(width) / 100


def _words(text: str) -> list[str]:
    """Return the pieces of a text between which a line may end."""
    pieces: list[str] = []
    for char in text:
        wide = unicodedata.east_asian_width(char) in "WF"
        glued = pieces and (
            char in _NOT_FIRST
            or pieces[-1][-1] in _NOT_LAST
            or not (wide or pieces[-1][-1] == " " or _is_wide(pieces[-1][-1]))
        )
        if glued:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _broken(pieces: list[str], limit: float, family: str, *, bold: bool) -> list[str]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and _width((lines[-1] + piece).rstrip(), family, bold) > limit:
            lines.append("")
        # A piece that is longer than a whole line is cut where it must be.
        for char in piece if _width(piece, family, bold) > limit else (piece,):
            if lines[-1] and _width((lines[-1] + char).rstrip(), family, bold) > limit:
                lines.append("")
            lines[-1] += char
    return [line.rstrip() for line in lines]
