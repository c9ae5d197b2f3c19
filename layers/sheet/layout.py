"""Where everything stands on the paper, and the scale of the map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import ExportUsageError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.sheet.records import Extent
    from layers.sheet.records import SheetContent
    from layers.sheet.template import Paper

MM_PER_M = 1000.0
_TITLE_MM, _COORDINATES_MM, _PANEL_MM, _FOOT_MM = 17.0, 6.0, 66.0, 84.0
_LEAST_GRID_MM = 45.0
_GOES_WITHOUT = 0.999


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the paper, millimetres from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Width, millimetres."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height, millimetres."""
        return self.top - self.bottom

    def inner(self, edge: float) -> Box:
        """Return the box without an edge all around."""
        return Box(self.left + edge, self.bottom + edge, self.right - edge, self.top - edge)


@dataclass(frozen=True, slots=True)
class Page:
    """The layout of one sheet.

    Attributes
    ----------
    width, height
        Of the paper as it lies, millimetres.
    unit
        Factor of all text and furniture.
    border
        The neat line around everything but the title.
    map
        The frame of the map; the coordinates stand around it.
    panel
        Where legend, notes and title block stand.
    upright
        Whether the panel is beside the map and not below it.
    """

    width: float
    height: float
    unit: float
    border: Box
    map: Box
    panel: Box
    upright: bool


def page_of(paper: Paper, *, landscape: bool) -> Page:
    """Return the layout of a paper.

    Parameters
    ----------
    paper
        Its size, upright.
    landscape
        Whether it lies; then the panel is beside the map, else below it.
    """
    width, height = (paper.height, paper.width) if landscape else (paper.width, paper.height)
    unit, edge = paper.unit, paper.margin
    border = Box(edge, edge, width - edge, height - edge - _TITLE_MM * unit)
    band = _COORDINATES_MM * unit
    if landscape:
        divide = border.right - _PANEL_MM * unit
        frame = Box(border.left, border.bottom, divide, border.top).inner(band)
        panel = Box(divide, border.bottom, border.right, border.top)
    else:
        divide = border.bottom + _FOOT_MM * unit
        frame = Box(border.left, divide, border.right, border.top).inner(band)
        panel = Box(border.left, border.bottom, border.right, divide)
    return Page(width, height, unit, border, frame, panel, upright=landscape)


def choose(content: SheetContent) -> tuple[Page, int]:
    """Return the layout and the denominator of the scale of a sheet.

    The larger of the round scales at which the extent fits is chosen, over both
    orientations unless one is asked for.

    Raises
    ------
    ExportUsageError
        If the extent does not fit at the scale that is asked for, or at none.
    """
    request = content.request
    paper = content.template.sizes[request.size]
    ways = {"portrait": (False,), "landscape": (True,), "auto": (False, True)}
    return choose_of(content, [page_of(paper, landscape=way) for way in ways[request.orientation]])


def choose_of(content: SheetContent, pages: Sequence[Page]) -> tuple[Page, int]:
    """Return the first of some layouts and the largest scale at which the extent fits.

    Raises
    ------
    ExportUsageError
        As :func:`choose`.
    """
    request, template = content.request, content.template
    scales = (request.scale,) if request.scale else template.scales
    if request.scale is not None and request.scale <= 0:
        raise _bad_scale(request.scale)
    for scale in scales:
        for page in pages:
            if fits(content.extent, page.map, scale):
                return page, scale
    raise _too_large(content, pages)


def fits(extent: Extent, frame: Box, scale: int) -> bool:
    """Tell whether an extent fits into a frame at 1 : `scale`."""
    west, south, east, north = extent
    metres = scale / MM_PER_M
    return (east - west) * _GOES_WITHOUT <= frame.width * metres and (
        north - south
    ) * _GOES_WITHOUT <= frame.height * metres


def window(extent: Extent, frame: Box, scale: int) -> Extent:
    """Return what a frame shows at 1 : `scale` around the middle of an extent, metres."""
    west, south, east, north = extent
    half = (frame.width * scale / MM_PER_M / 2, frame.height * scale / MM_PER_M / 2)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - half[0], y - half[1], x + half[0], y + half[1])


def round_length(most: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is at most `most`."""
    unit = 10.0 ** math.floor(math.log10(most))
    return max(unit * step for step in (1, 2, 5) if unit * step <= most * (1 + 1e-9))


def grid_step(scale: int, unit: float) -> float:
    """Return the distance of grid lines, metres: a round length, far enough apart to read."""
    least = _LEAST_GRID_MM * unit * scale / MM_PER_M
    step = round_length(least)
    return step if step >= least else round_length(step * 2.5)


def _bad_scale(scale: int) -> ExportUsageError:
    return ExportUsageError(
        Text(f"比例尺 1:{scale} 无效，分母须为正数", f"the scale 1:{scale} is not positive")
    )


def _too_large(content: SheetContent, pages: Sequence[Page]) -> ExportUsageError:
    """Say which scale and which paper would do."""
    template, request = content.template, content.request
    fitting = next(
        (s for s in template.scales if any(fits(content.extent, p.map, s) for p in pages)), None
    )
    larger = [
        name
        for name, paper in template.sizes.items()
        if any(
            fits(content.extent, page_of(paper, landscape=way).map, request.scale or 0)
            for way in (False, True)
        )
    ]
    zh = [f"此图幅可用 1:{fitting:,}"] if fitting else []
    zh += [f"该比例尺可用 {'、'.join(larger)}"] if larger else []
    en = [f"on this paper 1:{fitting:,} fits"] if fitting else []
    en += [f"at this scale {', '.join(larger)} fits"] if larger else []
    wanted = f"1:{request.scale:,}" if request.scale else "1:—"
    return ExportUsageError(
        Text(
            f"{request.size} 按 {wanted} 放不下“{content.title}”；{'；'.join(zh) or '请换图幅'}",
            f"'{content.title}' does not fit on {request.size} at {wanted};"
            f" {'; '.join(en) or 'choose another paper'}",
        )
    )
