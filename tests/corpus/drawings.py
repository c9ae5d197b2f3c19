"""CAD drawings: code pages, units, gaps, hatches and blocks."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING
from typing import Any

from ezdxf.filemanagement import new

from layers.intake import Choices
from tests.corpus.case import NAMES
from tests.corpus.case import Case
from tests.corpus.makers import data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ezdxf.document import Drawing

    Draw = Callable[[Drawing, Any], None]

# A place in the district, EPSG:4549 (metres).
E, N = 642_600.0, 3_464_000.0
# A square of 100 m on the ground: the plane of 4549 is 1.00025 times too long there.
_HECTARE = 10_000 / 1.00025**2
_NAMED = Choices(crs="EPSG:4549", mapping={"文字": "name"})


def _square(side: float, x: float = E, y: float = N, scale: float = 1.0) -> list[Any]:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return [(scale * a, scale * b) for a, b in corners]


def dxf(draw: Draw, version: str = "R2010", units: int = 6, codec: str = "") -> Any:
    """Make a drawing; with a codec its bytes are in it, whatever its header says."""

    def make(folder: Path) -> Path:
        drawing = new(version, units=units)
        draw(drawing, drawing.modelspace())
        text = io.StringIO()
        drawing.write(text)
        path = folder / "总图.dxf"
        path.write_bytes(text.getvalue().encode(codec or drawing.output_encoding))
        return path

    return make


def _area(_: Drawing, model: Any) -> None:
    model.add_lwpolyline(_square(100), close=True, dxfattribs={"layer": "用地红线"})
    model.add_text(NAMES[0], height=3).set_placement((E + 50, N + 50))


def _gap(_: Drawing, model: Any) -> None:
    corners = [*_square(100), (E, N + 0.05)]
    model.add_lwpolyline(corners, dxfattribs={"layer": "用地红线"})
    model.add_text(NAMES[0], height=3).set_placement((E + 50, N + 50))


def _wide_gap(_: Drawing, model: Any) -> None:
    model.add_lwpolyline([*_square(100), (E, N + 5)], dxfattribs={"layer": "用地红线"})


def _millimetres(_: Drawing, model: Any) -> None:
    model.add_lwpolyline(_square(100, scale=1000), close=True)
    model.add_text(NAMES[0], height=3000).set_placement((1000 * E + 50_000, 1000 * N + 50_000))


def _hatch(_: Drawing, model: Any) -> None:
    hatch = model.add_hatch(dxfattribs={"layer": "绿地"})
    hatch.paths.add_polyline_path(_square(100), is_closed=True, flags=1)
    hatch.paths.add_polyline_path(_square(50, E + 25, N + 25), is_closed=True, flags=16)
    model.add_text(NAMES[0], height=3).set_placement((E + 5, N + 5))


def _blocks(drawing: Drawing, model: Any) -> None:
    block = drawing.blocks.new("楼")
    block.add_lwpolyline([(0, 0), (20, 0), (20, 10), (0, 10)], close=True)
    block.add_attdef("载体编码", (0, 0))
    for number, name in enumerate(NAMES[:2], start=1):
        place = (E + 100 * number, N)
        inserted = model.add_blockref("楼", place)
        inserted.add_attrib("载体编码", f"X{number:02d}", place)
        inserted.add_attrib("楼栋名称", name, place)


def _circle(_: Drawing, model: Any) -> None:
    model.add_circle((E, N), 50)
    model.add_text(NAMES[0], height=3).set_placement((E, N))


def _endless(drawing: Drawing, model: Any) -> None:
    block = drawing.blocks.new("甲")
    block.add_blockref("甲", (1, 1))
    model.add_blockref("甲", (E, N))


CASES = (
    Case(
        name="DXF of 2000 in GBK",
        layer="buildings",
        make=dxf(_area, "R2000", codec="gbk"),
        choices=_NAMED,
        accepted=1,
        has=("id_generated", "cad_texts_given"),
        areas={NAMES[0]: _HECTARE},
    ),
    Case(
        name="DXF without a coordinate system",
        layer="buildings",
        make=dxf(_area),
        choices=Choices(mapping={"文字": "name"}),
        refused="是米而不是经纬度",
    ),
    Case(
        name="DXF with nothing mapped",
        layer="buildings",
        make=dxf(_area),
        choices=Choices(crs="EPSG:4549"),
        refused="表头中没有图层“建筑”的任何字段",
    ),
    Case(
        name="DXF in millimetres",
        layer="buildings",
        make=dxf(_millimetres, units=4),
        choices=_NAMED,
        accepted=1,
        has=("cad_units_scaled",),
        areas={NAMES[0]: _HECTARE},
    ),
    Case(
        name="DXF in metres that says millimetres",
        layer="buildings",
        make=dxf(_area, units=4),
        choices=_NAMED,
        accepted=1,
        has=("cad_units_doubted",),
        areas={NAMES[0]: _HECTARE},
    ),
    Case(
        name="DXF with a small gap",
        layer="buildings",
        make=dxf(_gap),
        choices=_NAMED,
        accepted=1,
        has=("cad_ring_closed",),
        areas={NAMES[0]: _HECTARE},
    ),
    Case(
        name="DXF with a wide gap",
        layer="buildings",
        make=dxf(_wide_gap),
        choices=Choices(crs="EPSG:4549", mapping={"图层": "name"}),
        rejected=1,
        has=("wrong_geometry",),
        lacks=("cad_ring_closed",),
    ),
    Case(
        name="DXF with a hatch around a hole",
        layer="buildings",
        make=dxf(_hatch),
        choices=_NAMED,
        accepted=1,
        areas={NAMES[0]: _HECTARE * 0.75},
    ),
    Case(
        name="DXF with attributes of blocks",
        make=dxf(_blocks),
        choices=Choices(crs="EPSG:4549"),
        accepted=2,
        has=("cad_blocks_expanded",),
        cells={"X01": {"name": NAMES[0]}, "X02": {"name": NAMES[1]}},
    ),
    Case(
        name="DXF with a circle",
        layer="buildings",
        make=dxf(_circle),
        choices=_NAMED,
        accepted=1,
        has=("cad_curves_flattened",),
        areas={NAMES[0]: math.pi * 2500 / 1.00025**2},
    ),
    Case(
        name="DXF whose block holds itself",
        layer="buildings",
        make=dxf(_endless),
        choices=_NAMED,
        refused="图块互相引用",
    ),
    Case(
        name="DXF with a part that is not there",
        layer="buildings",
        make=dxf(_area),
        choices=Choices(part="线/道路"),
        refused="没有“线/道路”这一部分",
    ),
    Case(
        name="a text that is called DXF",
        layer="buildings",
        make=data("总图.dxf", "不是图纸\n".encode()),
        refused="不是 DXF 图纸",
    ),
)
