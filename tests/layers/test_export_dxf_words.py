from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.export.dxf_words import MAX_DATA
from layers.export.dxf_words import layer_name
from layers.export.dxf_words import plain
from layers.export.dxf_words import read_record
from layers.export.dxf_words import record_tags
from layers.export.dxf_words import record_titles
from layers.values import clean_text
from tests.layers.dxf_sheets import FIELDS
from tests.layers.dxf_sheets import HOLED
from tests.layers.dxf_sheets import box
from tests.layers.dxf_sheets import data
from tests.layers.dxf_sheets import drawn
from tests.layers.dxf_sheets import of
from tests.layers.dxf_sheets import parks
from tests.layers.dxf_sheets import sheet

if TYPE_CHECKING:
    from pathlib import Path

# Everything that some CAD program takes for a code; the texts behind are what it shows.
HOSTILE = {
    "100%%c": "100％％c",
    "%%%%u": "％％％％u",
    "50% of 3%": "50% of 3%",
    "a\\Pb{c}\\~d": "a\\Pb{c}\\~d",
    "\\U+4E2D\\M+5D6D0": "＼U+4E2D＼M+5D6D0",
    "x^Jy^ z^": "x^Jy^ z＾",
    "<b>&\"'": "<b>&\"'",
    "楼😀𠮷": "楼😀𠮷",
    "tab\there": "tab\there",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "园区.dxf"


def test_labels_are_texts_in_a_chinese_style(path: Path) -> None:
    drawing = drawn(parks(), path, scale=5000)
    labels = of(drawing, "TEXT")
    assert [label.plain_text() for label in labels] == ["大学园", "商务园", "特色园"]
    assert {label.dxf.layer for label in labels} == {"园区-注记"}
    assert {label.dxf.style for label in labels} == {"ATLAS_HZ"}
    assert {label.dxf.height for label in labels} == {12.5}
    assert HOLED.contains(shapely.Point(labels[0].dxf.align_point.vec2))
    style = drawing.styles.get("ATLAS_HZ")
    assert style.dxf.font == "simhei.ttf"
    assert (1000, "SimHei") in [(t.code, t.value) for t in style.get_xdata("ACAD")]


def test_note_says_what_a_reader_must_know(path: Path) -> None:
    drawing = drawn(parks(), path)
    note = of(drawing, "MTEXT", "说明")[0].plain_text()
    for told in (
        "内部资料 注意保管",
        "示例数据",
        "单位：米",
        "1:2000",
        "字高 5 米",
        "“园区”：4 条，图中 3 条，未绘出 1 条",
        "2026-03-31T09:30:00+08:00",
    ):
        assert told in note


@pytest.mark.parametrize(("typed", "shown"), HOSTILE.items())
def test_hostile_text_is_shown_as_typed(path: Path, typed: str, shown: str) -> None:
    made = sheet([box(10)], park_id=[typed], name=[typed])
    drawing = drawn(made, path)
    (label,) = of(drawing, "TEXT")
    assert label.plain_text() == shown
    several = drawn(sheet([box(10)], park_id=["a"], name=[f"{typed}\n{typed}"]), path)
    (paragraph,) = of(several, "MTEXT", "园区-注记")
    assert paragraph.plain_text() == f"{shown}\n{shown}"


def test_a_newline_does_not_begin_a_tag(path: Path) -> None:
    made = sheet([box(10)], park_id=["P\n  0\nEOF"], name=["甲\n  0\nEOF\n乙"])
    drawing = drawn(made, path)
    assert data(of(drawing, "LWPOLYLINE")[0])[0] == (1000, "园区编码=P^J  0^JEOF")
    text = path.read_bytes()
    assert text.count(b"\r\nEOF\r\n") == 1
    assert text.endswith(b"\r\nEOF\r\n")


def test_attributes_are_typed_and_the_unknown_is_left_out(path: Path) -> None:
    drawing = drawn(parks(), path)
    first, hole, second, third, more, _ = map(data, of(drawing, "LWPOLYLINE"))
    assert first == [
        (1000, "园区编码=P1"),
        (1000, "园区名称=大学园"),
        (1000, "类别=u"),
        (1000, "面积（m²）="),
        (1040, 9600.123456789011),
        (1000, "企业数="),
        (1040, 0.0),
        (1000, "历史保护=是"),
        (1000, "数据日期=2026-03-31"),
        (1000, "边界状态=sketch"),
    ]
    assert hole == [(1000, "-")]
    assert (1000, f"企业数={2**53 + 1}") in second, "no floating-point number holds it"
    assert not any("面积" in str(value) for _, value in second)
    assert (1040, -0.5) in third
    assert more == [(1000, "+")]


def test_long_texts_are_cut_into_strings_of_255_bytes(path: Path) -> None:
    long = "汉^楼" * 300
    drawing = drawn(sheet([box(10)], park_id=[long]), path)
    strings = [value for _, value in data(of(drawing, "LWPOLYLINE")[0])]
    assert len(strings) > 3
    assert max(len(value.encode()) for value in strings) <= 255
    joined = strings[0].removeprefix("园区编码=") + "".join(
        value.removeprefix("园区编码+=") for value in strings[1:]
    )
    assert joined.replace("^ ", "^") == long


def test_too_many_attributes_end_in_a_mark_that_is_checked(path: Path) -> None:
    made = sheet([box(10), box(10, 20)], park_id=["P1", "P2"], name=["汉" * 6000, "短"])
    drawing = drawn(replace(made, style=None), path)
    first, second = of(drawing, "LWPOLYLINE")
    assert data(first) == [(1000, "园区编码=P1"), (1000, "…")]
    assert data(second) == [(1000, "园区编码=P2"), (1000, "园区名称=短")]
    assert MAX_DATA < 16_383


def test_only_fields_of_the_sheet_are_written(path: Path) -> None:
    made = parks()
    fields = tuple(field for field in FIELDS if field.name != "area_m2")
    drawn(replace(made, fields=fields, frame=made.frame.drop(columns="area_m2")), path)
    assert "面积" not in path.read_text(encoding="utf-8")
    assert "9600.12345" not in path.read_text(encoding="utf-8")


def test_fields_of_one_title_are_told_apart(path: Path) -> None:
    fields = (FIELDS[0], replace(FIELDS[1], title=FIELDS[0].title))
    made = sheet([box(10)], park_id=["A"], name=["B"])
    frame = made.frame[["park_id", "name", "geometry"]]
    drawing = drawn(replace(made, fields=fields, frame=frame, style=None), path)
    assert data(of(drawing, "LWPOLYLINE")[0]) == [
        (1000, "园区编码=A"),
        (1000, "园区编码 (name)=B"),
    ]


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_any_text_comes_back_from_extended_data(typed: str) -> None:
    text = clean_text(typed)
    titles = record_titles(FIELDS[:1], "zh")
    tags = record_tags({"park_id": text or None}, titles, "zh")
    assert all(len(value.encode()) <= 255 and "\n" not in value for _, value in tags)
    assert read_record(tags).cells == ({"园区编码": plain(text)} if text else {})


def test_names_of_layers_are_allowed_and_unique() -> None:
    taken = {"0", "defpoints"}
    assert layer_name('<a>/\\":;?*|=`,^', taken) == "_a_" + 12 * "_"
    assert layer_name("Defpoints", taken) == "Defpoints 2"
    assert layer_name("园区", taken) == "园区"
    assert layer_name("园区", taken) == "园区 2"
    assert layer_name("PARK", taken) == "PARK"
    assert layer_name("park", taken) == "park 2"
    long = layer_name("汉" * 200, taken)
    assert len(long.encode()) <= 255
    assert len(layer_name("汉" * 200, taken).encode()) <= 255
    assert layer_name(" ", taken) == "_"


def test_sheets_of_one_title_do_not_share_layers(path: Path) -> None:
    other = replace(parks(), key="other")
    drawing = drawn([parks(), other], path)
    assert len(of(drawing, "LWPOLYLINE", "园区-大学科技园")) == 2
    assert len(of(drawing, "LWPOLYLINE", "园区-大学科技园 2")) == 2
