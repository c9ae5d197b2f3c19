"""Going through the model of a drawing, block references expanded.

Paper space is only counted. Blocks come from strangers: how deep they nest, how
much they become and how many points that makes is limited.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from layers.errors import IntakeError
from layers.intake.drawing.dxf_curves import SAGITTA_M
from layers.intake.drawing.dxf_outlines import OUTLINES
from layers.intake.drawing.dxf_outlines import Outline
from layers.intake.drawing.dxf_outlines import text_lines
from layers.intake.drawing.dxf_outlines import text_place
from layers.intake.drawing.dxf_text import tidy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    from ezdxf.document import Drawing
    from numpy.typing import NDArray

    from layers.intake.drawing.dxf_outlines import Entity
    from layers.intake.drawing.dxf_units import Units
    from layers.intake.source import Request

    Points = NDArray[np.float64]

MAX_ENTITIES = 2_000_000
"""How many things a file may hold, and how many its blocks may become."""
MAX_DEPTH = 16
"""How deep blocks may hold blocks."""
MAX_POINTS = 20_000_000
"""How many points all outlines together may have."""

# Metres; what a damaged number says may be finite and still nowhere.
_FARTHEST = 1e9
_HELP_LAYER = "defpoints"
_FROM_OUTSIDE = "0"
_BY_BLOCK, _BY_LAYER = 0, 256
_TEXTS = ("TEXT", "MTEXT")
_READ = frozenset({"INSERT", "POINT", *_TEXTS, *OUTLINES})
_SILENT = frozenset({"SEQEND", "VIEWPORT", "ATTDEF"})
_PROXY = ("ACAD_PROXY", "TCH_", "ACDBZOMBIE")
_SOLIDS = frozenset(
    {"REGION", "3DSOLID", "BODY", "SURFACE", "PLANESURFACE", "EXTRUDEDSURFACE", "MESH", "POLYLINE"}
)
# What a planner must hear about a layer, by what the drawing says of it.
_STATES: Mapping[str, str] = {"is_frozen": "冻结", "is_off": "关闭"}
_INVISIBLE = "隐藏"


@dataclass(frozen=True, slots=True)
class Look:
    """How an entity looks and where it comes from.

    Attributes
    ----------
    layer, state
        CAD layer, and ``关闭``, ``冻结`` or ``隐藏`` if it is not to be seen.
    colour
        ``#rrggbb``.
    block
        Name of the block that it is part of, or that it refers to.
    symbol
        Number of the block reference with attributes that it is part of; -1: of none.
    """

    layer: str = _FROM_OUTSIDE
    state: str = ""
    colour: str = "#ffffff"
    block: str = ""
    symbol: int = -1


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that is drawn.

    Attributes
    ----------
    kind, handle
        Type of the entity and its name within the file.
    look
        See :class:`Look`.
    outline
        Its points in metres (or degrees); of a text or a block reference, its place.
    height
        Elevation, 0 if it has none or several.
    text
        Lines of a text.
    size
        Height of the letters of a text.
    tags
        Attributes of a block reference by tag.
    """

    kind: str
    handle: str
    look: Look
    outline: Outline
    height: float = 0.0
    text: tuple[str, ...] = ()
    size: float = 0.0
    tags: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """What was met in a drawing.

    Attributes
    ----------
    pieces
        What is drawn by outlines.
    places
        Points and block references.
    texts
        TEXT and MTEXT, and the attributes of block references (those have a
        ``look.symbol``).
    skipped, solids, proxies, damaged
        Number of entities that were not read, by type.
    outside
        Names of blocks that are in other files.
    curved, heights, expanded
        Number of entities with curves, with several elevations, and out of blocks.
    """

    pieces: list[Piece] = dataclass_field(default_factory=list)
    places: list[Piece] = dataclass_field(default_factory=list)
    texts: list[Piece] = dataclass_field(default_factory=list)
    skipped: Counter[str] = dataclass_field(default_factory=Counter)
    solids: Counter[str] = dataclass_field(default_factory=Counter)
    proxies: Counter[str] = dataclass_field(default_factory=Counter)
    damaged: Counter[str] = dataclass_field(default_factory=Counter)
    outside: set[str] = dataclass_field(default_factory=set)
    curved: int = 0
    heights: int = 0
    expanded: int = 0


def walk(drawing: Drawing, units: Units, request: Request) -> Walk:
    """Go through the model of a drawing.

    Parameters
    ----------
    drawing
        The drawing as ezdxf holds it.
    units
        What becomes of its coordinates.
    request
        Names the file if it must be refused.

    Raises
    ------
    IntakeError
        If block references nest too deeply or become too much.
    """
    walker = _Walker(drawing, units, request)
    matrix = np.diag([units.factor, units.factor, units.factor, 1.0])
    # What overflows is not finite, and that is looked at.
    with np.errstate(all="ignore"):
        walker.through(drawing.modelspace(), matrix, Look(), 0)
    return walker.met


class _Walker:
    def __init__(self, drawing: Drawing, units: Units, request: Request) -> None:
        self.met = Walk()
        self._drawing = drawing
        self._sagitta = SAGITTA_M * units.metre
        self._request = request
        self._layers: dict[str, tuple[str, str]] = {}
        self._entities = 0
        self._points = 0
        self._symbols = 0

    def through(self, entities: Iterable[Entity], matrix: Points, around: Look, depth: int) -> None:
        for entity in entities:
            kind = entity.dxftype()
            self._entities += 1
            self._check(self._entities, MAX_ENTITIES)
            if kind not in _READ:
                self._count_unread(kind, entity)
                continue
            try:
                look = self._look(entity, around)
                if look.layer.casefold() == _HELP_LAYER:
                    self.met.skipped["Defpoints"] += 1
                elif kind == "INSERT":
                    self._insert(entity, matrix, look, depth)
                else:
                    self._draw(kind, entity, matrix, look)
                    self.met.expanded += depth > 0
            except IntakeError:
                raise
            except Exception:  # noqa: BLE001 -- a damaged entity fails in any way; the others are read
                self.met.damaged[kind] += 1

    def _check(self, count: int, limit: int) -> None:
        if count > limit:
            self._request.refuse(
                f"图块展开后超过 {limit:,} 个图元或顶点；请清理（PURGE）或拆分图纸后导入",
                f"expanded it has more than {limit:,} entities or vertices;"
                " purge or split the drawing",
            )

    def _draw(self, kind: str, entity: Entity, matrix: Points, look: Look) -> None:
        if kind in _TEXTS:
            self._text(entity, matrix, look)
        elif kind == "POINT":
            at = np.array([tuple(entity.dxf.location)[:3]], dtype=float)
            self.met.places.append(self._placed(kind, entity, at, matrix, look))
        elif (outline := OUTLINES[kind](entity, self._local_sagitta(matrix))) is None:
            self.met.solids[kind] += 1
        else:
            self._outline(kind, entity, outline, matrix, look)

    def _count_unread(self, kind: str, entity: Entity) -> None:
        if kind in _SILENT:
            return
        # Objects of programs on top of the CAD program are kept by ezdxf as they are.
        if kind.startswith(_PROXY) or type(entity).__name__ == "DXFTagStorage":
            self.met.proxies[kind] += 1
        elif kind in _SOLIDS:
            self.met.solids[kind] += 1
        else:
            self.met.skipped[kind] += 1

    def _outline(
        self, kind: str, entity: Entity, outline: Outline, matrix: Points, look: Look
    ) -> None:
        runs = tuple(_moved(run, matrix) for run in outline.runs if len(run))
        self._points += sum(map(len, runs))
        self._check(self._points, MAX_POINTS)
        if not runs or not all(map(_on_earth, runs)):
            self.met.damaged[kind] += 1
            return
        heights = {float(level) for run in runs for level in (run[:, 2].min(), run[:, 2].max())}
        self.met.heights += len(heights) > 1
        self.met.curved += outline.curved
        height = heights.pop() if len(heights) == 1 else 0.0
        flat = replace(outline, runs=tuple(run[:, :2] for run in runs))
        self.met.pieces.append(Piece(kind, _handle(entity), look, flat, height))

    def _placed(self, kind: str, entity: Entity, at: Points, matrix: Points, look: Look) -> Piece:
        moved = _moved(at, matrix)
        if not _on_earth(moved):
            msg = "not on earth"
            raise ValueError(msg)
        return Piece(kind, _handle(entity), look, Outline((moved[:, :2],)), float(moved[0, 2]))

    def _text(self, entity: Entity, matrix: Points, look: Look) -> None:
        lines = tuple(line for line in map(tidy, text_lines(entity)) if line)
        kind = entity.dxftype()
        placed = self._placed(kind, entity, text_place(entity), matrix, look)
        letters = entity.dxf.char_height if kind == "MTEXT" else entity.dxf.height
        size = float(letters) * _scale(matrix)
        if lines:
            self.met.texts.append(replace(placed, text=lines, size=size))

    def _insert(self, entity: Entity, matrix: Points, look: Look, depth: int) -> None:
        name = tidy(str(entity.dxf.get("name", "")))
        block = entity.block()
        if block is None:
            self.met.damaged["INSERT"] += 1
            return
        if depth >= MAX_DEPTH:
            self._request.refuse(
                f"图块嵌套超过 {MAX_DEPTH} 层；请炸开（EXPLODE）后导入",
                f"its blocks are nested more than {MAX_DEPTH} deep; explode them",
            )
        if block.block.is_xref or block.block.is_xref_overlay:
            self.met.outside.add(name)
            return
        self._check(self._entities + abs(entity.mcount), MAX_ENTITIES)
        for single in entity.multi_insert() if entity.mcount > 1 else (entity,):
            self._reference(
                single, _handle(entity), block, matrix, replace(look, block=name), depth
            )

    def _reference(
        self, entity: Entity, handle: str, block: Entity, matrix: Points, look: Look, depth: int
    ) -> None:
        at = np.array([tuple(entity.ocs().to_wcs(entity.dxf.insert))[:3]], dtype=float)
        placed = self._placed("INSERT", entity, at, matrix, look)
        tags = {
            tidy(str(attrib.dxf.tag)): "；".join(filter(None, map(tidy, text_lines(attrib))))
            for attrib in entity.attribs
        }
        tags = {tag: text for tag, text in tags.items() if tag and text}
        inner = look
        if tags:
            inner = replace(look, symbol=self._symbols)
            self._symbols += 1
            for attrib in entity.attribs:
                self._text_of_attribute(attrib, matrix, inner)
        self.met.places.append(replace(placed, handle=handle, look=inner, tags=tags))
        own = np.array(list(entity.matrix44()), dtype=float).reshape(4, 4)
        self.through(block, own @ matrix, inner, depth + 1)

    def _text_of_attribute(self, attrib: Entity, matrix: Points, look: Look) -> None:
        if not attrib.is_invisible:
            self._text(attrib, matrix, look)

    def _local_sagitta(self, matrix: Points) -> float:
        scale = _scale(matrix)
        return self._sagitta / scale if scale > 0 else self._sagitta

    def _look(self, entity: Entity, around: Look) -> Look:
        dxf = entity.dxf
        own = dxf.get("layer", _FROM_OUTSIDE)
        inherits = own == _FROM_OUTSIDE and bool(around.block)
        key = around.layer if inherits else own
        state, layer_colour = self._layer(key)
        if dxf.get("invisible", 0):
            state = _INVISIBLE
        colour = self._colour(dxf, layer_colour, around)
        layer = around.layer if inherits else tidy(str(own))
        return replace(around, layer=layer, state=state or around.state, colour=colour)

    def _colour(self, dxf: Entity, of_layer: str, around: Look) -> str:
        true_colour = dxf.get("true_color")
        if true_colour is not None:
            return f"#{true_colour & 0xFFFFFF:06x}"
        number = dxf.get("color", _BY_LAYER)
        if number == _BY_BLOCK:
            return around.colour
        return _hex(number) or of_layer

    def _layer(self, name: str) -> tuple[str, str]:
        """Return the state and the colour of a layer."""
        key = str(name).casefold()
        if key not in self._layers:
            self._layers[key] = self._looked_up(name)
        return self._layers[key]

    def _looked_up(self, name: str) -> tuple[str, str]:
        if name not in self._drawing.layers:
            return "", "#ffffff"
        layer: Any = self._drawing.layers.get(name)
        state = next((said for test, said in _STATES.items() if getattr(layer, test)()), "")
        true_colour = layer.dxf.get("true_color")
        if true_colour is not None:
            return state, f"#{true_colour & 0xFFFFFF:06x}"
        return state, _hex(abs(layer.dxf.color)) or "#ffffff"


def _hex(number: int) -> str:
    from ezdxf.colors import aci2rgb

    if not _BY_BLOCK < number < _BY_LAYER:
        return ""
    red, green, blue = aci2rgb(number)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _handle(entity: Entity) -> str:
    return str(entity.dxf.get("handle") or "")


def _moved(points: Points, matrix: Points) -> Points:
    moved: Points = points @ matrix[:3, :3] + matrix[3, :3]
    return moved


def _on_earth(points: Points) -> bool:
    """Whether coordinates are numbers that a plane on the earth may have."""
    return bool((np.abs(points) < _FARTHEST).all())


def _scale(matrix: Points) -> float:
    return float(np.linalg.norm(matrix[:2, :2], axis=1).max())
