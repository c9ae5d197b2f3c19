from __future__ import annotations

import io
import math
import random
import re
import struct
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.errors import IntakeError
from layers.wording.drawing import FINDINGS
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
    from pathlib import Path

    from ezdxf.document import Drawing

    from layers.intake.source import Raw
    from tests.layers.dxf_drawings import Read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


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


# --- words -------------------------------------------------------------------


def words(version: str, page: str = "gbk") -> Drawing:
    doc, model = new(version)
    doc.encoding = page
    doc.layers.add("规划用地")
    model.add_lwpolyline(square(100), close=True, dxfattribs={"layer": "规划用地"})
    model.add_text("杨浦滨江科创园", height=2).set_placement((E + 50, N + 50))
    return doc


def page_of(data: bytes, page: bytes) -> bytes:
    changed = re.sub(rb"(\$DWGCODEPAGE\r?\n *3\r?\n)[^\r\n]*", rb"\g<1>" + page, data)
    assert changed != data or page in data
    return changed


def utf8_text(doc: Drawing) -> bytes:
    text = io.StringIO()
    doc.write(text)
    return text.getvalue().encode("utf-8")


def read_as(raw: Raw) -> tuple[str, str]:
    return raw.frame["图层"][0], raw.frame["文字"][0]


@pytest.mark.parametrize("version", ["R2000", "R2004"])
def test_a_drawing_in_gbk(read: Read, version: str) -> None:
    data = written(words(version))
    assert "规划用地".encode("gbk") in data
    raw = read(data)
    assert read_as(raw) == ("规划用地", "杨浦滨江科创园")
    assert raw.facts["encoding"].zh == "gb18030"
    assert "cad_encoding_assumed" not in codes(raw)


@pytest.mark.parametrize("page", [b"ANSI_1252", b"dos437", b"?", b"GB2312", b"ANSI_936", b"gb2312"])
def test_gbk_under_any_page(read: Read, page: bytes) -> None:
    raw = read(page_of(written(words("R2000")), page))
    assert read_as(raw) == ("规划用地", "杨浦滨江科创园")
    assert ("cad_encoding_assumed" in codes(raw)) == (page in (b"ANSI_1252", b"dos437", b"?"))


def test_gbk_without_a_page(read: Read) -> None:
    data = written(words("R2000"))
    raw = read(re.sub(rb" *9\r?\n\$DWGCODEPAGE\r?\n *3\r?\n[^\r\n]*\r?\n", b"", data))
    assert read_as(raw) == ("规划用地", "杨浦滨江科创园")
    assert "杨浦" in told(raw, "cad_encoding_assumed") or "规划" in told(
        raw, "cad_encoding_assumed"
    )


def test_utf8_under_a_chinese_page(read: Read) -> None:
    raw = read(page_of(utf8_text(words("R2000")), b"ANSI_936"))
    assert read_as(raw) == ("规划用地", "杨浦滨江科创园")
    assert "ANSI_936" in told(raw, "cad_encoding_assumed")


def test_gbk_in_a_version_that_is_always_utf8(read: Read) -> None:
    raw = read(utf8_text(words("R2010")).decode().encode("gbk"))
    assert read_as(raw) == ("规划用地", "杨浦滨江科创园")
    assert "cad_encoding_assumed" in codes(raw)


def test_a_short_word_that_is_both_gbk_and_utf8(read: Read) -> None:
    doc, model = new("R2000")
    doc.encoding = "gbk"
    model.add_text("园路").set_placement((E, N))
    assert "园路".encode("gbk").decode("utf-8")
    assert read(doc).frame["文字"][0] == "园路"


def test_traditional_characters_of_big5(read: Read) -> None:
    data = page_of(utf8_text(words("R2000")), b"ANSI_950")
    raw = read(
        data.decode()
        .replace("杨浦滨江科创园", "臺北科學園區")
        .replace("规划", "規劃")
        .encode("big5")
    )
    assert read_as(raw) == ("規劃用地", "臺北科學園區")


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe"])
def test_byte_order_marks(read: Read, mark: bytes) -> None:
    text = utf8_text(words("R2010")).decode()
    raw = read(mark + text.encode("utf-8" if len(mark) == 3 else "utf-16-le"))
    assert read_as(raw) == ("规划用地", "杨浦滨江科创园")


def test_escapes_are_read(read: Read) -> None:
    doc, model = new("R2000")
    model.add_lwpolyline(square(100), close=True)
    model.add_text("AAAA").set_placement((E + 10, N + 90))
    model.add_text("BBBB").set_placement((E + 10, N + 50))
    model.add_text("CCCC").set_placement((E + 10, N + 10))
    data = written(doc)
    for mark, escape in (
        (b"AAAA", rb"\U+56ED\U+533A"),
        (b"BBBB", rb"\M+5D4B0\M+5C7F8"),
        (b"CCCC", rb"\U+D83D\U+DE00\U+D800"),
    ):
        data = data.replace(mark, escape)
    assert read(data).frame["文字"][0] == "园区；园区；😀\ufffd"


def test_a_long_text_is_not_cut_within_a_character(read: Read) -> None:
    doc, model = new("R2000")
    doc.encoding = "gbk"
    model.add_lwpolyline(square(100), close=True)
    model.add_mtext("MARK", dxfattribs={"insert": (E + 5, N + 5), "char_height": 1})
    long = "园区改造" * 100
    whole = long.encode("gbk")
    pieces = [whole[i : i + 249] for i in range(0, len(whole), 249)]
    tags = b"".join(b"  3\r\n%s\r\n" % piece for piece in pieces[:-1])
    data, count = re.subn(
        rb" *1\r?\nMARK\r?\n", lambda _: tags + b"  1\r\n%s\r\n" % pieces[-1], written(doc)
    )
    assert count == 1
    assert read(data).frame["文字"][0] == long


def test_the_encoding_asked_for_goes_first(read: Read) -> None:
    data = page_of(written(words("R2000")), b"ANSI_1252")
    assert read_as(read(data, encoding="gbk")) == ("规划用地", "杨浦滨江科创园")
    for wrong in ("utf-8", "no-such"):
        with pytest.raises(IntakeError, match=wrong):
            read(data, encoding=wrong)


def test_damaged_words_among_good_ones(read: Read) -> None:
    doc = words("R2010")
    model = doc.modelspace()
    for i in range(20):
        model.add_text(f"楼{i}").set_placement((E + 1 + i, N + 2))
    data = written(doc).replace("楼7".encode(), b"\xe6\xa5" + b"7")
    raw = read(data)
    assert "\ufffd7" in raw.frame["文字"][0]
    assert raw.facts["encoding"].zh == "utf-8"
    assert "1 处" in told(raw, "cad_text_damaged")


# --- units and places --------------------------------------------------------


@pytest.mark.parametrize(("units", "factor"), [(4, 0.001), (5, 0.01), (14, 0.1), (7, 1000)])
def test_units_of_the_header_are_converted_and_told(read: Read, units: int, factor: float) -> None:
    doc, model = new(units=units)
    side = 250 / factor
    model.add_lwpolyline([*square(side, side, side), (side, side + 0.05 / factor)])
    model.add_circle((0, 0), 100 / factor)
    raw = read(doc)
    box, ring = areas(raw)
    assert box == pytest.approx(62_500, abs=8)
    assert ring == pytest.approx(math.pi * 1e4, abs=7)
    assert f"{factor:g}" in told(raw, "cad_units_scaled")


def test_millimetres_of_a_template_over_a_plan_in_metres(read: Read) -> None:
    doc, model = new(units=4)
    model.add_lwpolyline(square(100), close=True)
    raw = read(doc)
    assert areas(raw) == [pytest.approx(10_000)]
    assert "mm" in told(raw, "cad_units_doubted")


@pytest.mark.parametrize("units", [0, 1, 4, 6])
def test_grid_coordinates_in_millimetres(read: Read, units: int) -> None:
    doc, model = new(units=units)
    model.add_lwpolyline([(x * 1000, y * 1000) for x, y in square(100)], close=True)
    raw = read(doc)
    assert areas(raw) == [pytest.approx(10_000)]
    assert raw.frame["geometry"][0].bounds == pytest.approx((E, N, E + 100, N + 100))
    assert ("cad_units_scaled" if units == 4 else "cad_units_guessed") in codes(raw)


@pytest.mark.parametrize(("units", "code"), [(0, "cad_units_unknown"), (1, "cad_units_doubted")])
def test_no_unit_and_inches_are_metres_with_a_word(read: Read, units: int, code: str) -> None:
    doc, model = new(units=units)
    model.add_lwpolyline(square(100), close=True)
    raw = read(doc)
    assert areas(raw) == [pytest.approx(10_000)]
    assert code in codes(raw)


@pytest.mark.parametrize(("x", "y"), [(N, E), (31.3, 121.5), (N, 40_643_000.0)])
def test_swapped_axes_are_told_and_left(read: Read, x: float, y: float) -> None:
    doc, model = new()
    model.add_lwpolyline(square(0.001, x, y), close=True)
    raw = read(doc)
    assert "cad_axes_swapped" in codes(raw)
    assert raw.frame["geometry"][0].bounds[:2] == (x, y)


def geodata(doc: Drawing, *, shifted: float = 0, epsg: str = "4549") -> None:
    data = doc.modelspace().new_geodata()
    data.coordinate_system_definition = (
        '<?xml version="1.0" encoding="UTF-16" standalone="no" ?><Dictionary version="1.0">'
        f'<Alias id="{epsg}" type="CoordinateSystem"><ObjectId>CGCS2000</ObjectId>'
        "<Namespace>EPSG Code</Namespace></Alias></Dictionary>"
    )
    data.dxf.design_point = (E, N, 0)
    data.dxf.reference_point = (E + shifted, N, 0)
    data.dxf.north_direction = (0, 1)
    data.dxf.horizontal_unit_scale = 1


def test_a_geographic_location_names_the_system(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(100), close=True)
    geodata(doc)
    raw = read(doc)
    assert raw.system is not None
    assert raw.system.name == "EPSG:4549"


@pytest.mark.parametrize("wrong", [{"shifted": 1000}, {"epsg": "999999"}])
def test_an_unclear_location_is_told_and_not_used(read: Read, wrong: dict[str, Any]) -> None:
    doc, model = new()
    model.add_lwpolyline(square(100), close=True)
    geodata(doc, **wrong)
    raw = read(doc)
    assert raw.system is None
    assert "cad_crs_unused" in codes(raw)


# --- damage ------------------------------------------------------------------


@pytest.mark.parametrize("version", ["R12", "R2000", "R2010"])
def test_a_binary_drawing_is_the_same(read: Read, version: str) -> None:
    doc, model = new(version)
    doc.encoding = "gbk"
    doc.layers.add("用地")
    model.add_polyline2d(square(100), close=True, dxfattribs={"layer": "用地"})
    model.add_text("园区").set_placement((E + 5, N + 5))
    text, binary = read(doc), read(written(doc, binary=True))
    assert binary.frame.drop(columns="geometry").equals(text.frame.drop(columns="geometry"))
    assert list(binary.frame["geometry"]) == list(text.frame["geometry"])
    assert binary.frame["文字"][0] == "园区"


@pytest.mark.parametrize("mark", [b"AC1015", b"AC1032", b"AC1.50"])
def test_a_dwg_under_another_name_gets_the_advice(read: Read, mark: bytes) -> None:
    with pytest.raises(IntakeError, match="DWG"):
        read(mark + bytes(200))


@pytest.mark.parametrize("junk", [b"a,b\n1,2\n", bytes(500), b"PK\x03\x04" + bytes(60), b"0\n"])
def test_what_is_no_drawing_is_refused(read: Read, junk: bytes) -> None:
    with pytest.raises(IntakeError, match="DXF"):
        read(junk)


def test_a_drawing_that_is_cut_off_is_told(read: Read) -> None:
    doc, model = new()
    for i in range(10):
        model.add_lwpolyline(square(100, E + 200 * i), close=True)
    data = written(doc)
    raw = read(data[: data.rindex(b"LWPOLYLINE")])
    assert 8 <= len(raw.frame) <= 9
    assert "cad_cut_off" in codes(raw)


def test_broken_numbers_lose_one_entity_and_not_the_file(read: Read) -> None:
    doc, model = new()
    for i in range(3):
        model.add_circle((E + 300 * i, N), 77.125)
    data = written(doc).replace(b"77.125", b"1e999", 1)
    raw = read(data)
    assert len(raw.frame) == 2
    assert "CIRCLE × 1" in told(raw, "cad_damaged_skipped")


def test_a_stray_line_between_tags_is_passed_over(read: Read) -> None:
    doc, model = new()
    model.add_circle((E, N), 77.125)
    data = (
        written(doc)
        .replace(b"CIRCLE\r\n", b"CIRCLE\r\nrubbish here\r\n")
        .replace(b"CIRCLE\n", b"CIRCLE\nrubbish here\n")
    )
    assert areas(read(data)) == [pytest.approx(math.pi * 77.125**2, abs=5)]


def test_structural_faults_are_counted(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline(square(100), close=True, dxfattribs={"layer": "甲"})
    data = written(doc)
    raw = read(re.sub(rb" *0\r?\nENDSEC\r?\n", b"", data, count=1))
    assert len(raw.frame) == 1
    assert "cad_repaired" in codes(raw)


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_is_read_or_refused(read: Read, symbols: Drawing, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- damage, not a secret
    data = bytearray(written(symbols, binary=seed % 3 == 0))
    for _ in range(30):
        data[chance.randrange(len(data))] = chance.randrange(256)
    cut = chance.choice([len(data), chance.randrange(len(data))])
    try:
        read(bytes(data[:cut]))
    except IntakeError as error:
        assert "园区.dxf" in error.text.zh  # noqa: PT017 -- reading it is as good


def test_degenerate_outlines_are_counted(read: Read) -> None:
    doc, model = new()
    model.add_lwpolyline([(E, N), (E, N)])
    model.add_lwpolyline([(E, N), (E + 1, N)], close=True)
    model.add_lwpolyline(square(10), close=True)
    model.add_hatch().paths.add_polyline_path([(E, N), (E + 1, N)], is_closed=True)
    raw = read(doc)
    assert len(raw.frame) == 1
    assert "2 个" in told(raw, "cad_collapsed_skipped")
    assert "线 × 1" in told(raw, "cad_parts_left")


def test_binary_numbers_are_packed_as_the_format_says(read: Read) -> None:
    mark = b"AutoCAD Binary DXF\r\n\x1a\x00"
    tags = [(0, b"SECTION\0"), (2, b"ENTITIES\0"), (0, b"CIRCLE\0"), (8, b"0\0")]
    tags += [(c, struct.pack("<d", v)) for c, v in ((10, E), (20, N), (30, 0.0), (40, 100.0))]
    tags += [(0, b"ENDSEC\0"), (0, b"EOF\0")]
    raw = read(mark + b"".join(bytes([code]) + value for code, value in tags))
    assert areas(raw) == [pytest.approx(math.pi * 1e4, abs=7)]


def test_every_finding_has_the_same_places_in_both_languages() -> None:
    for code, finding in FINDINGS.items():
        zh, en = (
            set(re.findall(r"{(\w+)}", text)) for text in (finding.message.zh, finding.message.en)
        )
        assert zh == en, code
