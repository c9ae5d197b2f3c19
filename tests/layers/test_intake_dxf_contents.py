from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import ezdxf.enums
import pytest
import shapely

from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.intake.drawing import dxf_walk
from tests.layers.dxf_drawings import E
from tests.layers.dxf_drawings import N
from tests.layers.dxf_drawings import areas
from tests.layers.dxf_drawings import codes
from tests.layers.dxf_drawings import new
from tests.layers.dxf_drawings import reader
from tests.layers.dxf_drawings import square
from tests.layers.dxf_drawings import told
from tests.layers.dxf_drawings import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ezdxf.document import Drawing

    from tests.layers.dxf_drawings import Read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


# --- text and attributes -----------------------------------------------------


def test_text_goes_to_the_area_it_lies_in_in_reading_order(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(100), close=True)
    model.add_lwpolyline(square(100, E + 200), close=True)
    for text, x, y in (("科研", 60, 80.3), ("A-01", 10, 80), ("容积率2.5", 10, 20)):
        model.add_text(text, height=2).set_placement((E + x, N + y))
    model.add_text("图名", height=5).set_placement((E, N + 400))
    raw = read(doc)
    assert list(raw.frame["文字"]) == ["A-01；科研；容积率2.5", None]
    assert "3 处文字" in told(raw, "cad_texts_given")
    assert "其中 1 个面" in told(raw, "cad_texts_given")
    assert "文字 × 1" in told(raw, "cad_parts_left")
    assert len(read(doc, part="文字").frame) == 4


def test_the_smallest_of_nested_areas_gets_the_text(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(500), close=True)
    model.add_lwpolyline(square(50, E + 10, N + 10), close=True)
    # The same building as a hatch over its outline.
    model.add_hatch().paths.add_polyline_path(square(50, E + 10, N + 10), is_closed=True)
    model.add_text("1号楼", height=2).set_placement((E + 20, N + 20))
    model.add_text("大学科技园", height=2).set_placement((E + 300, N + 300))
    texts = list(read(doc).frame["文字"])
    assert sorted(texts) == ["1号楼", "1号楼", "大学科技园"]


def test_formatted_and_centred_texts(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(100), close=True)
    mtext = model.add_mtext(r"{\fSimSun|b0;园区\P\C1;二期}", dxfattribs={"char_height": 2})
    mtext.set_location((E + 50, N + 50))
    centred = model.add_text("90%%d", height=2)
    centred.set_placement((E + 50, N + 20), align=ezdxf.enums.TextEntityAlignment.CENTER)
    # The first point of a centred text is wherever the CAD program left it.
    centred.dxf.insert = (0, 0)
    assert read(doc).frame["文字"][0] == "园区；二期；90°"


@pytest.fixture
def symbols() -> Drawing:
    """A building with a block reference in it that carries two attributes."""
    doc, model = new()
    block = doc.blocks.new("楼牌")
    block.add_circle((0, 0), 2)
    block.add_attdef("名称", (0, 0))
    block.add_attdef("编号", (0, 1))
    model.add_lwpolyline(square(100), close=True, dxfattribs={"layer": "建筑"})
    insert = model.add_blockref("楼牌", (E + 50, N + 50), dxfattribs={"layer": "注记"})
    insert.add_attrib("名称", "创新中心", (E + 50, N + 50))
    insert.add_attrib("编号", "B-07", (E + 50, N + 51))
    return doc


def test_attributes_go_to_the_only_area_around(read: Read, symbols: Drawing) -> None:
    raw = read(symbols, part="面/建筑")
    assert list(raw.frame["名称"]) == ["创新中心"]
    assert list(raw.frame["编号"]) == ["B-07"]
    assert raw.frame["文字"].isna().all()
    assert "cad_attributes_given" in codes(raw)
    # The circle of the symbol itself; its point is in the area.
    assert told(raw, "cad_parts_left").endswith("没有读取：面 × 1")


def test_attributes_are_columns_of_the_points(read: Read, symbols: Drawing) -> None:
    raw = read(symbols, part="点")
    (row,) = raw.frame.to_dict("records")
    assert (row["块名"], row["名称"], row["编号"]) == ("楼牌", "创新中心", "B-07")
    assert (row["图元类型"], row["图层"]) == ("INSERT", "注记")
    assert row["geometry"].equals(shapely.Point(E + 50, N + 50))


def test_attributes_within_two_areas_are_given_to_none(read: Read, symbols: Drawing) -> None:
    symbols.modelspace().add_lwpolyline(square(500, E - 50, N - 50), close=True)
    raw = read(symbols)
    assert "名称" not in raw.frame
    assert "cad_attributes_unclear" in codes(raw)
    building = raw.frame[raw.frame["图层"] == "建筑"].iloc[0]
    assert building["文字"] == "B-07；创新中心"


def test_symbols_alone_are_points_and_not_their_circles(read: Read, symbols: Drawing) -> None:
    model = symbols.modelspace()
    for line in list(model.query("LWPOLYLINE")):
        line.destroy()
    raw = read(symbols)
    assert raw.part == "点"
    assert list(raw.frame["名称"]) == ["创新中心"]
    assert "面 × 1" in told(raw, "cad_parts_left")


def test_a_tag_called_as_a_column_or_as_the_geometry(read: Read) -> None:
    doc, model = new()
    doc.blocks.new("P")
    insert = model.add_blockref("P", (E, N))
    insert.add_attrib("图层", "甲", (E, N))
    insert.add_attrib("geometry", "乙", (E, N))
    raw = read(doc, part="点")
    assert raw.frame["图层 (2)"][0] == "甲"
    assert raw.frame["geometry (2)"][0] == "乙"
    assert raw.frame["geometry"][0].equals(shapely.Point(E, N))


# --- blocks ------------------------------------------------------------------


def test_a_block_is_scaled_turned_and_nested(read: Read) -> None:
    doc, model = new()
    inner = doc.blocks.new("单元", base_point=(1, 1))
    inner.add_lwpolyline(square(10, 1, 1), close=True)
    inner.add_circle((1, 1), 3)
    outer = doc.blocks.new("楼")
    outer.add_blockref("单元", (0, 0), dxfattribs={"xscale": 2, "yscale": 3})
    model.add_blockref("楼", (E, N), dxfattribs={"rotation": 90, "layer": "建筑"})
    raw = read(doc)
    box, oval = raw.frame["geometry"]
    assert box.bounds == pytest.approx((E - 30, N, E, N + 20))
    assert oval.area == pytest.approx(math.pi * 6 * 9, abs=1)
    assert list(raw.frame["块名"]) == ["单元", "单元"]
    # What is drawn on layer 0 of a block is on the layer of the reference.
    assert list(raw.frame["图层"]) == ["建筑", "建筑"]
    assert "2 个图元" in told(raw, "cad_blocks_expanded")


def test_an_array_of_blocks(read: Read) -> None:
    doc, model = new()
    doc.blocks.new("车位").add_lwpolyline(square(2, 0, 0), close=True)
    grid = {"row_count": 2, "column_count": 3, "row_spacing": 10, "column_spacing": 5}
    model.add_blockref("车位", (E, N), dxfattribs=grid)
    raw = read(doc)
    corners = sorted(shape.bounds[:2] for shape in raw.frame["geometry"])
    assert corners == sorted((E + 5 * i, N + 10 * j) for i in range(3) for j in range(2))
    assert len(read(doc, part="点").frame) == 6


def bomb(levels: int, width: int) -> Drawing:
    doc, model = new()
    doc.blocks.new("L0").add_line((0, 0), (1, 1))
    for level in range(1, levels):
        block = doc.blocks.new(f"L{level}")
        for i in range(width):
            block.add_blockref(f"L{level - 1}", (i, 0))
    model.add_blockref(f"L{levels - 1}", (E, N))
    return doc


@pytest.mark.parametrize(("levels", "width"), [(10, 12), (15, 40), (40, 1), (60, 2)])
def test_a_bomb_of_blocks_is_refused_at_once(read: Read, levels: int, width: int) -> None:
    with pytest.raises(IntakeError, match="图块"):
        read(bomb(levels, width))


def test_blocks_as_deep_as_allowed_are_read(read: Read) -> None:
    assert len(read(bomb(dxf_walk.MAX_DEPTH, 1), part="线").frame) == 1


def test_blocks_that_hold_each_other_are_refused(read: Read) -> None:
    doc, model = new()
    one, two = doc.blocks.new("A"), doc.blocks.new("B")
    one.add_blockref("B", (0, 0))
    two.add_blockref("A", (0, 0))
    model.add_blockref("A", (E, N))
    with pytest.raises(IntakeError, match="互相引用"):
        read(doc)


def test_an_array_bomb_is_refused(read: Read) -> None:
    doc, model = new()
    doc.blocks.new("A").add_line((0, 0), (1, 1))
    grid = {"row_count": 30_000, "column_count": 30_000, "row_spacing": 1, "column_spacing": 1}
    model.add_blockref("A", (E, N), dxfattribs=grid)
    with pytest.raises(IntakeError, match="PURGE"):
        read(doc)


@pytest.mark.parametrize(("name", "limit"), [("MAX_ENTITIES", 50), ("MAX_POINTS", 40)])
def test_too_much_is_refused(
    read: Read, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    doc, model = new()
    for _ in range(60):
        model.add_lwpolyline(square(10), close=True)
    monkeypatch.setattr(dxf_walk, name, limit)
    with pytest.raises(IntakeError, match=str(limit)):
        read(doc)


def test_other_files_are_not_read(read: Read, tmp_path: Path) -> None:
    other, there = new()
    there.add_lwpolyline(square(10), close=True)
    other.saveas(tmp_path / "底图.dxf")
    doc, model = new()
    doc.add_xref_def("底图.dxf", "底图")
    model.add_blockref("底图", (0, 0))
    raw = read(doc)
    assert raw.frame.empty
    assert "底图" in told(raw, "cad_outside_skipped")


# --- what is not read, and what is chosen ------------------------------------


def test_nothing_is_lost_without_a_word(read: Read) -> None:
    doc, model = new()
    doc.layers.add("隐藏层").off()
    doc.layers.add("冻结层").freeze()
    for layer in ("隐藏层", "冻结层", "Defpoints"):
        model.add_lwpolyline(square(10), close=True, dxfattribs={"layer": layer})
    model.add_linear_dim(base=(E, N + 5), p1=(E, N), p2=(E + 9, N)).render()
    model.add_polymesh((3, 3))
    model.add_point((E, N))
    doc.layout("Layout1").add_circle((0, 0), 1)
    raw = read(doc)
    assert list(raw.frame["图层状态"]) == ["关闭", "冻结"]
    assert "2 行" in told(raw, "cad_hidden_layers")
    assert "DIMENSION × 1" in told(raw, "cad_types_skipped")
    assert "Defpoints × 1" in told(raw, "cad_types_skipped")
    assert "POLYLINE × 1" in told(raw, "cad_solids_skipped")
    assert "1 个图元" in told(raw, "cad_paper_skipped")
    assert "点 × 1" in told(raw, "cad_parts_left")


def test_objects_of_add_on_programs_are_told(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(10), close=True)
    wall = "0\nTCH_WALL\n5\nFFF1\n330\n{}\n100\nAcDbEntity\n8\n0\n100\nTDbWall\n10\n1.0\n20\n2.0\n"
    owner = doc.modelspace().layout_key
    text = written(doc).decode().replace("\r\n", "\n")
    head, tail = text.split("ENTITIES\n", 1)
    raw = read(f"{head}ENTITIES\n{wall.format(owner)}{tail}".encode())
    assert len(raw.frame) == 1
    assert "TCH_WALL × 1" in told(raw, "cad_proxies_skipped")


def test_parts_are_offered_by_kind_and_layer(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(10), close=True, dxfattribs={"layer": "用地-现状"})
    model.add_lwpolyline(square(20), close=True, dxfattribs={"layer": "建筑"})
    model.add_line((E, N), (E + 9, N), dxfattribs={"layer": "建筑"})
    raw = read(doc)
    assert raw.parts == ("面", "线", "面/建筑", "面/用地-现状", "线/建筑")
    assert len(raw.frame) == 2
    one = read(doc, part="面/用地-现状")
    assert areas(one) == [pytest.approx(100)]
    assert "面 × 1, 线 × 1" in told(one, "cad_parts_left")
    with pytest.raises(IntakeUsageError, match="面/建筑"):
        read(doc, part="面/绿地")


@pytest.mark.parametrize(
    ("draw", "part"),
    [
        (lambda m: m.add_point((E, N)), "点"),
        (lambda m: m.add_line((E, N), (E + 1, N)), "线"),
        (lambda m: m.add_text("甲").set_placement((E, N)), "文字"),
    ],
)
def test_without_areas_the_next_kind_is_read(
    read: Read, draw: Callable[[Any], Any], part: str
) -> None:
    doc, model = new()
    draw(model)
    raw = read(doc)
    assert (raw.part, raw.parts, len(raw.frame)) == (part, (part,), 1)


@pytest.mark.parametrize("version", ["R12", "R2010"])
def test_an_empty_drawing_has_no_rows(read: Read, version: str) -> None:
    raw = read(new(version)[0])
    assert raw.frame.empty
    assert "geometry" in raw.frame
    assert raw.parts == ()
