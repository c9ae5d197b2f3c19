"""Shapefiles: what a planner's program finds in the folder."""

from __future__ import annotations

import csv
import datetime as dt
import struct
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import load_catalogue
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.export import shapefile
from layers.export.dbf import dbf_bytes
from layers.export.shapefile import check_shp
from layers.export.shapefile import write_shp
from layers.export.shp_names import short_names
from layers.export.shp_names import table_encoding
from layers.frames import to_type
from tests.layers import roundtrip_hand as hand
from tests.layers.roundtrip_hand import PLACES
from tests.layers.roundtrip_hand import STYLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.catalogue import FieldType
    from layers.export.sheets import Sheet

# The worked example of names cut to ten bytes.
NAMES = (
    "载体名称",
    "总建筑面积_平方米",
    "总建筑面积_地上",
    "单位面积税收",
    "YDYHFLDM",
    "rentable_area_m2",
    "rentable_area_mu",
)
IN_GBK = (
    "载体名称",
    "总建筑面积",
    "总建筑面1",
    "单位面积税",
    "YDYHFLDM",
    "rentable_a",
    "rentable_1",
)
IN_UTF8 = ("载体名", "总建筑", "总建筑1", "单位面", "YDYHFLDM", "rentable_a", "rentable_1")


def _write(sheet: Sheet, folder: Path, lang: str = "zh") -> Path:
    path = folder / f"{sheet.key}.shp"
    write_shp([sheet], path, hand.notes(sheet, lang))
    check_shp([sheet], path, hand.notes(sheet, lang))
    return path


def _with(sheet: Sheet, name: str, values: list[Any]) -> Sheet:
    kind = next(f.type for f in sheet.fields if f.name == name)
    column = to_type(pd.Series(values, dtype=object), kind)
    return replace(sheet, frame=sheet.frame.assign(**{name: column}))


def _csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


# --- names -------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "short"), [("gbk", IN_GBK), ("utf-8", IN_UTF8)])
def test_names_without_a_short_one_are_cut_between_characters(
    encoding: str, short: tuple[str, ...]
) -> None:
    found = short_names([hand.field(name) for name in NAMES], encoding)
    assert tuple(found.values()) == short
    assert tuple(found) == NAMES


def test_the_short_name_of_the_catalogue_is_kept_and_others_make_room() -> None:
    fields = [
        hand.field("gross_area_above_ground"),
        hand.field("gross_area_m2", short="gross_area"),
        hand.field("x", short="GROSS_AREA"),
        hand.field("y", short="名字超过十个字节"),
        hand.field("Y"),
    ]
    assert list(short_names(fields).values()) == ["gross_are1", "gross_area", "x", "y", "Y1"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.sampled_from("载体面积aAbB_1"), min_size=1, max_size=40))
def test_short_names_fit_and_differ(encoding: str, names: list[str]) -> None:
    long = list(dict.fromkeys("".join(names[i:]) for i in range(len(names))))
    found = list(short_names([hand.field(name) for name in long], encoding).values())
    assert len({name.casefold() for name in found}) == len(long)
    assert all(1 <= len(name.encode(encoding)) <= 10 for name in found)


def test_every_layer_of_the_catalogue_keeps_its_short_names() -> None:
    for layer in load_catalogue().layers:
        assert list(short_names(layer.fields).values()) == [f.short for f in layer.fields]


# --- encoding ----------------------------------------------------------------


def test_every_character_of_gbk_is_read_alike_by_gdal(tmp_path: Path) -> None:
    characters = []
    for code in range(0x80, 0x10000):
        try:
            chr(code).encode("gbk")
        except UnicodeEncodeError:
            continue
        characters.append(chr(code))
    assert len(characters) > 21_000
    sheet = replace(hand.sheet(None), fields=(hand.field("字"),))
    frame = pd.DataFrame({"字": pd.Series(characters, dtype="str")})
    path = _write(replace(sheet, frame=frame, id_field=""), tmp_path)
    table = path.with_name("carriers_table.dbf")
    assert pyogrio.read_dataframe(table)["字"].tolist() == characters
    assert table.read_bytes()[29] == 0x4D
    assert table.with_suffix(".cpg").read_text() == "GBK"


def test_characters_beyond_gbk_make_the_table_utf8_and_that_is_said(tmp_path: Path) -> None:
    sheet = hand.sheet(PLACES["points"], rare=True)
    assert table_encoding(sheet) == "utf-8"
    path = _write(sheet, tmp_path)
    read = pyogrio.read_dataframe(path)
    assert read["note"].fillna("").tolist() == ["㙍路🙂", "𠮷野 €", "", "ä ß ñ"]
    assert path.with_suffix(".cpg").read_text() == "UTF-8"
    assert path.with_suffix(".dbf").read_bytes()[29] == 0
    assert "GBK 以外的字" in path.with_name("carriers_说明.txt").read_text("utf-8-sig")
    assert table_encoding(hand.sheet(PLACES["points"])) == "gbk"


# --- the table ---------------------------------------------------------------


def _table(kind: FieldType, values: list[Any]) -> bytes:
    frame = pd.DataFrame({"f": to_type(pd.Series(values, dtype=object), kind)})
    day = dt.date(2026, 3, 31)
    return dbf_bytes(frame, [hand.field("f", kind)], {"f": "f"}, encoding="gbk", day=day)


@pytest.mark.parametrize(
    ("kind", "values", "described", "cells"),
    [
        ("number", [0.5, None, -12.0], (b"N", 6, 2), [b"  0.50", b"      ", b"-12.00"]),
        ("number", [1e30, 2.5, None], (b"F", 7, 1), [b"1.0e+30", b"2.5e+00", b"       "]),
        ("number", [None], (b"N", 1, 2), [b" "]),
        ("integer", [7, None, -10], (b"N", 3, 0), [b"  7", b"   ", b"-10"]),
        ("boolean", [True, False, None], (b"C", 5, 0), [b"true ", b"false", b"     "]),
        ("date", ["2026-03-31", None], (b"D", 8, 0), [b"20260331", b" " * 8]),
        ("month", ["2026-03", None], (b"C", 7, 0), [b"2026-03", b" " * 7]),
        ("text", ["甲", "ab\nc", None], (b"C", 4, 0), [b"\xbc\xd7  ", b"ab\nc", b"    "]),
    ],
)
def test_bytes_of_a_table(
    kind: FieldType, values: list[Any], described: tuple[bytes, int, int], cells: list[bytes]
) -> None:
    """By the description of dBase III: 32 bytes of head, 32 a field, then the rows."""
    data = _table(kind, values)
    version, year, month, day, rows, start, width = struct.unpack_from("<4BIHH", data)
    assert (version, year, month, day) == (3, 126, 3, 31)
    assert (rows, start, width) == (len(values), 65, 1 + described[1])
    name, letter, wide, decimals = struct.unpack_from("<11sc4xBB", data, 32)
    assert (name.rstrip(b"\0"), letter, wide, decimals) == (b"f", *described)
    assert data[64:65] == b"\r"
    assert data[65:] == b"".join(b" " + cell for cell in cells) + b"\x1a"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.none() | st.floats(-1e37, 1e37) | st.floats(-1e4, 1e4).map(lambda n: round(n, 2)),
        min_size=1,
        max_size=8,
    )
)
def test_numbers_keep_every_digit(values: list[float | None]) -> None:
    data = _table("number", values)
    width = data[48]
    cells = [data[66 + i * (1 + width) :][:width].decode() for i in range(len(values))]
    assert [float(cell) if cell.strip() else None for cell in cells] == values


def test_more_columns_than_a_table_can_have_are_refused(tmp_path: Path) -> None:
    fields = tuple(hand.field(f"f{i}") for i in range(300))
    frame = pd.DataFrame({f.name: pd.Series(["长" * 120], dtype="str") for f in fields})
    sheet = replace(hand.sheet(None), fields=fields, frame=frame, id_field="")
    with pytest.raises(ExportUsageError, match="300 个字段"):
        write_shp([sheet], tmp_path / "a.shp", hand.notes(sheet))


# --- what does not fit stands beside it --------------------------------------


def test_each_kind_of_geometry_and_the_unplaced_rows_have_a_file(tmp_path: Path) -> None:
    sheet = hand.sheet(PLACES["mixed"], "EPSG:4549", style=STYLE)
    _write(sheet, tmp_path)
    kinds = {"point": "甲1", "polygon": "乙2", "line": "丙3"}
    for kind, key in kinds.items():
        read = pyogrio.read_dataframe(tmp_path / f"carriers_{kind}.shp")
        assert read["编码"].tolist() == [key]
        for ending in (".shx", ".prj", ".cpg", ".qml", ".sld"):
            assert (tmp_path / f"carriers_{kind}{ending}").stat().st_size > 0
    table = pyogrio.read_dataframe(tmp_path / "carriers_table.dbf")
    assert table["编码"].tolist() == ["丁4"]
    assert not (tmp_path / "carriers.shp").exists()
    assert "GEOGCS[" in (tmp_path / "carriers_line.prj").read_text()
    said = (tmp_path / "carriers_说明.txt").read_text("utf-8-sig")
    assert "内部资料 注意保管" in said
    assert "carriers_table：1 行" in said


def test_the_codebook_gives_full_names_titles_units_and_choices(tmp_path: Path) -> None:
    _write(hand.sheet(PLACES["points"]), tmp_path)
    head, *rows = _csv(tmp_path / "carriers_字段对照表.csv")
    assert head == ["短字段名", "字段", "名称", "英文名称", "类型", "单位", "取值"]
    book = {row[0]: row[1:] for row in rows}
    full = "总建筑面积_平方米"
    assert book["总建筑面积"] == [full, full, full, "number", "m²", ""]
    assert book["类别"][-1] == "a 甲类; b 乙类"
    assert list(book) == list(pyogrio.read_info(tmp_path / "carriers.shp")["fields"])


def test_the_style_names_the_short_fields(tmp_path: Path) -> None:
    sheet = hand.sheet(PLACES["polygons"])
    long = "很长很长的类别"
    fields = tuple(replace(f, name=long) if f.name == "类别" else f for f in sheet.fields)
    renamed = replace(
        sheet,
        fields=fields,
        frame=sheet.frame.rename(columns={"类别": long}),
        style=replace(STYLE, field=long),
    )
    path = _write(renamed, tmp_path)
    for ending in (".qml", ".sld"):
        text = path.with_suffix(ending).read_text(encoding="utf-8")
        assert long not in text
        assert "很长很长的" in text


@pytest.mark.parametrize("rare", [False, True])
def test_long_texts_stand_in_full_beside_the_table(tmp_path: Path, rare: bool) -> None:
    long = ("园区" * 200 + ("𠮷" if rare else "尾")) * 2
    texts = ["a" * 254, "=" + long, "末尾空格  ", "   "]
    sheet = _with(hand.sheet(PLACES["unlocated"]), "note", texts)
    _write(sheet, tmp_path)
    head, *rows = _csv(tmp_path / "carriers_长文本.csv")
    assert head == ["文件", "记录", "编码", "短字段名", "字段", "全文"]
    assert [row[:5] for row in rows] == [
        ["carriers", "2", "丙3", "note", "note"],
        ["carriers_table", "1", "乙2", "note", "note"],
        ["carriers_table", "2", "丁4", "note", "note"],
    ]
    # The apostrophe keeps spreadsheets from running it.
    assert [row[5] for row in rows] == ["末尾空格  ", "'=" + long, "   "]
    held = pyogrio.read_dataframe(tmp_path / "carriers_table.dbf")["note"]
    assert held[0].endswith("…")
    assert held[0][:-1] == ("=" + long)[: len(held[0]) - 1]
    assert len(held[0].encode("utf-8" if rare else "gbk")) <= 254
    assert "3 处文字" in (tmp_path / "carriers_说明.txt").read_text("utf-8-sig")


def test_a_long_text_that_was_lost_is_noticed(tmp_path: Path) -> None:
    sheet = _with(hand.sheet(PLACES["points"]), "note", ["长" * 300, "b", None, None])
    path = _write(sheet, tmp_path)
    (tmp_path / "carriers_长文本.csv").unlink()
    with pytest.raises(ExportError, match="note"):
        check_shp([sheet], path, hand.notes(sheet))


def test_a_collection_is_refused_with_its_row(tmp_path: Path) -> None:
    several = shapely.GeometryCollection([hand.POINT, hand.BOX])
    sheet = hand.sheet([hand.POINT, several, hand.POINT, hand.POINT])
    with pytest.raises(ExportUsageError, match=r"第 2 行.*GeometryCollection"):
        write_shp([sheet], tmp_path / "carriers.shp", hand.notes(sheet))


def test_more_than_two_gigabytes_are_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = hand.sheet(PLACES["polygons"])
    path = _write(sheet, tmp_path)
    size = path.stat().st_size
    for limit, refused in ((size, False), (size - 101, True)):
        monkeypatch.setattr(shapefile, "MOST_BYTES", limit)
        target = tmp_path / f"{limit}" / "carriers.shp"
        target.parent.mkdir()
        if refused:
            with pytest.raises(ExportUsageError, match="格式上限"):
                write_shp([sheet], target, hand.notes(sheet))
            assert list(target.parent.iterdir()) == []
        else:
            write_shp([sheet], target, hand.notes(sheet))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _flip(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\xd2\xd22", b"\xbc\xba2"))


def _rename(path: Path) -> None:
    path.write_text(path.read_text("utf-8-sig").replace("总建筑面1", "总建筑面2"), "utf-8-sig")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("carriers.shp", _cut),
        ("carriers.dbf", _cut),
        ("carriers.dbf", _flip),
        ("carriers_字段对照表.csv", _rename),
        ("carriers.qml", _cut),
        ("carriers.prj", _cut),
    ],
)
def test_damaged_files_are_refused(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    sheet = hand.sheet(PLACES["polygons"], "EPSG:4549", style=STYLE)
    path = _write(sheet, tmp_path)
    damage(tmp_path / name)
    with pytest.raises(ExportError, match="回读校验"):
        check_shp([sheet], path, hand.notes(sheet))


def test_the_english_files_are_english(tmp_path: Path) -> None:
    sheet = _with(hand.sheet(PLACES["points"]), "note", ["长" * 300, "b", None, None])
    _write(sheet, tmp_path, "en")
    assert _csv(tmp_path / "carriers_字段对照表.csv")[0][0] == "short_name"
    assert _csv(tmp_path / "carriers_长文本.csv")[0][0] == "file"
    assert "Encoding of the tables: GBK" in (tmp_path / "carriers_说明.txt").read_text("utf-8-sig")


PRINTED = st.text(st.characters(exclude_categories=["C"]), max_size=300)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(PRINTED, min_size=1, max_size=4))
def test_any_text_survives(tmp_path: Path, texts: list[str]) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    sheet = hand.sheet(PLACES["points"], rows=len(texts))
    path = _write(_with(sheet, "note", [text or None for text in texts]), tmp_path)
    read = dict(enumerate(pyogrio.read_dataframe(path)["note"].fillna("")))
    long = tmp_path / "carriers_长文本.csv"
    if long.exists():
        # The apostrophe keeps spreadsheets from running it.
        read |= {int(row[1]) - 1: row[5].removeprefix("'") for row in _csv(long)[1:]}
    for i, text in enumerate(texts):
        assert read[i].removeprefix("'") == text.removeprefix("'")


def test_places_are_not_moved(tmp_path: Path) -> None:
    sheet = hand.sheet(PLACES["polygons"], "EPSG:4549")
    read = pyogrio.read_dataframe(_write(sheet, tmp_path))
    ours = shapely.normalize(sheet.frame.geometry.to_numpy())
    theirs = shapely.normalize(read.geometry.to_numpy())
    apart = np.abs(shapely.get_coordinates(ours) - shapely.get_coordinates(theirs))
    assert apart.max() == 0
