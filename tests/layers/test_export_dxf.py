from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any
from zipfile import ZipFile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from ezdxf.filemanagement import readfile
from ezdxf.lldxf.tagwriter import TagCollector
from pyproj import Transformer

from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.dxf import check_dxf
from layers.export.dxf import write_dxf
from layers.intake.drawing.dxf import read_dxf
from layers.intake.source import Request
from layers.style import Symbol
from tests.layers.dxf_sheets import HOLED
from tests.layers.dxf_sheets import NOTES
from tests.layers.dxf_sheets import STAMP
from tests.layers.dxf_sheets import STYLE
from tests.layers.dxf_sheets import E
from tests.layers.dxf_sheets import N
from tests.layers.dxf_sheets import box
from tests.layers.dxf_sheets import drawn
from tests.layers.dxf_sheets import of
from tests.layers.dxf_sheets import parks
from tests.layers.dxf_sheets import sheet

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "园区.dxf"


# --- shapes and layers -------------------------------------------------------


def test_rings_are_closed_polylines_and_one_hatch_a_polygon(path: Path) -> None:
    drawing = drawn(parks(), path)
    rings = of(drawing, "LWPOLYLINE")
    assert len(rings) == 2 + 1 + 3
    assert all(ring.closed for ring in rings)
    first = shapely.Polygon(rings[0].get_points("xy"), [rings[1].get_points("xy")])
    assert first.equals(HOLED)
    assert first.area == 100**2 - 20**2
    solid = [h for h in of(drawing, "HATCH") if h.dxf.solid_fill]
    lines = [h for h in of(drawing, "HATCH") if not h.dxf.solid_fill]
    assert len(solid) == 1 + 0 + 2, "the class that is drawn as an outline has no fill"
    assert [hatch.dxf.pattern_name for hatch in lines] == ["ATLAS_DIAGONAL"]
    outer, hole = solid[0].paths
    assert outer.path_type_flags & 1
    assert not hole.path_type_flags & 1
    assert shapely.Polygon([v[:2] for v in outer.vertices]).area == 100**2
    assert shapely.Polygon([v[:2] for v in hole.vertices]).area == 20**2


def test_layers_are_named_and_coloured_by_class(path: Path) -> None:
    drawing = drawn(parks(), path)
    colours = {
        layer.dxf.name: layer.dxf.true_color
        for layer in drawing.layers
        if layer.dxf.hasattr("true_color")
    }
    assert colours == {
        "园区-大学科技园": 0x0072B2,
        "园区-商务_园区": 0xD55E00,
        "园区-特色园": 0x009E73,
    }
    assert {"园区-注记", "说明"} <= {layer.dxf.name for layer in drawing.layers}
    assert {e.dxf.layer for e in of(drawing, "LWPOLYLINE")} == set(colours)
    strokes = {e.dxf.true_color for e in of(drawing, "LWPOLYLINE", "园区-大学科技园")}
    assert strokes == {0x33414E}
    hatch = next(h for h in of(drawing, "HATCH", "园区-特色园"))
    assert hatch.transparency == pytest.approx(1 - 0.85, abs=1 / 255)


def test_layer_names_follow_the_language(path: Path) -> None:
    drawing = drawn(parks(), path, replace(NOTES, lang="en"))
    assert of(drawing, "TEXT", "Parks-labels")
    assert of(drawing, "MTEXT", "Notes")
    assert of(drawing, "LWPOLYLINE", "Parks-University")


def test_sketches_and_dashes_have_their_own_linetypes(path: Path) -> None:
    drawing = drawn(parks(), path, scale=1000)
    by_layer = {e.dxf.layer: e.dxf.get("linetype", "BYLAYER") for e in of(drawing, "LWPOLYLINE")}
    assert by_layer == {
        "园区-大学科技园": "ATLAS_SKETCH",
        "园区-商务_园区": "BYLAYER",
        "园区-特色园": "ATLAS_DASH_6_4",
    }
    tags = drawing.linetypes.get("ATLAS_SKETCH").pattern_tags.tags
    lengths = [tag.value for tag in tags if tag.code == 49]
    pixel = 25.4 / 96  # millimetres on paper are metres at 1:1000
    assert lengths == pytest.approx([4 * pixel, -9 * pixel], abs=1e-3)


def test_points_are_blocks_of_the_size_on_paper(path: Path) -> None:
    points = sheet(
        [shapely.Point(E + 1.23456, N), shapely.MultiPoint([(E, N), (E + 5, N)])],
        park_id=["A", "B"],
        name=["甲", "乙"],
        park_class=["u", "x"],
    )
    star = replace(STYLE, default=Symbol(shape="star", size=12, fill="none"))
    drawing = drawn(replace(points, style=star), path, scale=500)
    signs = of(drawing, "INSERT")
    assert [sign.dxf.name for sign in signs] == ["ATLAS_CIRCLE"] + 2 * ["ATLAS_STAR_OUTLINE"]
    assert signs[0].dxf.insert.x == E + 1.235
    assert signs[1].dxf.xscale == pytest.approx(6 * 25.4 / 96 / 1000 * 500)
    assert [e.dxf.location.x for e in of(drawing, "POINT")] == [E + 1.235, E, E + 5]
    corners = of_block(drawing, "ATLAS_STAR_OUTLINE")
    assert len(corners) == 10
    assert max(y for _, y in corners) == pytest.approx(1.25)
    assert not drawing.blocks.get("ATLAS_STAR_OUTLINE").query("HATCH")
    assert drawing.blocks.get("ATLAS_CIRCLE").query("HATCH")


def of_block(drawing: Any, name: str) -> list[tuple[float, float]]:
    (outline,) = drawing.blocks.get(name).query("LWPOLYLINE")
    return list(outline.get_points("xy"))


def test_lines_stay_open_and_areas_among_points_are_pale(path: Path) -> None:
    line = shapely.LineString([(E, N), (E + 10, N), (E + 10, N + 10), (E, N)])
    made = sheet([line, box(10)], park_id=["L", "A"], name=["线", "面"], park_class=["s", "s"])
    drawing = drawn(made, path)
    lines = of(drawing, "LWPOLYLINE")
    assert [entity.closed for entity in lines] == [False, True]
    assert lines[0].get_points("xy") == list(line.coords)
    (fill,) = of(drawing, "HATCH")
    assert fill.transparency == pytest.approx(0.7, abs=1 / 255)
    assert lines[1].dxf.true_color == 0x009E73


def test_parts_on_top_of_each_other_and_third_coordinates(path: Path) -> None:
    high = shapely.force_3d(box(10), z=7.5)
    tiny = shapely.Polygon([(E, N), (E + 1e-4, N), (E + 1e-4, N + 1e-4)])
    drawing = drawn(sheet([high, tiny], park_id=["H", "T"]), path)
    assert [len(ring.get_points()) for ring in of(drawing, "LWPOLYLINE")] == [4, 3]


# --- coordinates -------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326"])
def test_degrees_are_refused_and_the_remedy_named(path: Path, crs: str) -> None:
    degrees = sheet([shapely.Point(121.5, 31.3)], crs=crs)
    with pytest.raises(ExportUsageError, match="EPSG:4534 至 4554"):
        write_dxf([degrees], path, NOTES)
    assert not path.exists()


def test_tables_alone_make_no_drawing(path: Path) -> None:
    made = parks()
    table = replace(made, frame=pd.DataFrame(made.frame.drop(columns="geometry")))
    with pytest.raises(ExportUsageError, match="XLSX"):
        write_dxf([table], path, NOTES)
    drawing = drawn([made, replace(table, key="units", title=Text("单元", "Units"))], path)
    assert "“单元”没有图形，未绘出" in of(drawing, "MTEXT", "说明")[0].plain_text()


def test_an_export_claims_only_what_the_drawing_holds(
    export: Any, shared: Catalogue, tables: dict[str, Any], path: Path
) -> None:
    report = export(shared, tables, "units parks", path, crs="EPSG:4549")
    assert report.layers == (("parks", 2, 2),)
    note = of(readfile(path), "MTEXT", "说明")[0].plain_text()
    missing = ["不在此文件中：“单元”（没有图形的表，1 行）", "不在此文件中：“园区”未定位的 1 条"]
    for told in (note, "\n".join(sentence.zh for sentence in report.notes)):
        assert [line for line in told.splitlines() if "不在此文件" in line] == missing
        assert "只在表中" not in told
    zipped = path.with_name("园区.zip")
    assert export(shared, tables, "units parks", zipped, fmt="dxf", crs="EPSG:4549").layers == (
        ("parks", 2, 2),
    )
    with ZipFile(zipped) as archive:
        readme = archive.read("README.txt").decode("utf-8-sig")
    assert "行数: 2\n已定位: 2\n" in readme
    assert all(line in readme for line in missing)


def test_an_export_of_tables_alone_makes_no_drawing(
    export: Any, shared: Catalogue, tables: dict[str, Any], path: Path
) -> None:
    with pytest.raises(ExportUsageError, match=r"“单元”没有图形.*XLSX"):
        export(shared, tables, "units", path, crs="EPSG:4549")
    assert not path.exists()


@pytest.mark.parametrize(("code", "east"), [(4549, (6e5, 7e5)), (4550, (3e5, 4e5))])
def test_coordinates_are_metres_of_the_system(
    path: Path, code: int, east: tuple[float, float]
) -> None:
    lonlat = gpd.GeoSeries([shapely.Point(121.505612, 31.299034)], crs=4490)
    made = sheet(lonlat.to_crs(code).tolist(), crs=f"EPSG:{code}", park_id=["P"])
    drawing = drawn(made, path)
    x, y = Transformer.from_crs(4490, code, always_xy=True).transform(121.505612, 31.299034)
    (point,) = of(drawing, "POINT")
    assert point.dxf.location.x == pytest.approx(x, abs=6e-4)
    assert point.dxf.location.y == pytest.approx(y, abs=6e-4)
    assert east[0] < point.dxf.location.x < east[1], "X is east"
    assert drawing.header["$INSUNITS"] == 6
    assert drawing.header["$MEASUREMENT"] == 1
    assert drawing.dxfversion == "AC1024"
    note = of(drawing, "MTEXT", "说明")[0].plain_text()
    assert f"EPSG:{code}" in note
    assert "X = 东，Y = 北" in note


def test_the_drawing_opens_on_what_is_drawn(path: Path) -> None:
    drawing = drawn(parks(), path)
    (view,) = drawing.viewports.get("*Active")
    assert view.dxf.center.x == pytest.approx(E + 190)
    assert view.dxf.center.y == pytest.approx(N + 50)
    assert tuple(drawing.header["$EXTMIN"])[:2] == (E, N)


# --- the file ----------------------------------------------------------------


def test_equal_data_give_equal_bytes_and_another_time_others(path: Path) -> None:
    drawn(parks(), path)
    first = path.read_bytes()
    drawn(parks(), path)
    assert path.read_bytes() == first
    later = replace(NOTES, stamp=STAMP + dt.timedelta(days=1))
    drawn(parks(), path, later)
    assert path.read_bytes() != first


def test_the_header_names_utf_8_as_windows_does(path: Path) -> None:
    drawn(parks(), path)
    assert b"$DWGCODEPAGE\r\n  3\r\nANSI_65001\r\n" in path.read_bytes()
    assert "园区-大学科技园" in path.read_bytes().decode("utf-8")


def test_entities_have_the_tags_that_the_library_writes(path: Path) -> None:
    """The library, having read the file, writes every entity as it stands there."""
    mixed = sheet([shapely.Point(E, N), box(5)], park_id=["A", "B"], name=["甲", "长" * 300])
    drawing = drawn([parks(), mixed], path)
    text = path.read_text(encoding="utf-8")
    body = text[text.index("ENTITIES\n") :].split("\n")
    ours = list(zip(body[1:-1:2], body[2::2], strict=False))
    theirs = [
        (tag.code, tag.value)
        for entity in drawing.modelspace()
        for tag in TagCollector.dxftags(entity, dxfversion=drawing.dxfversion)
    ]
    assert len(theirs) > 200
    assert [int(code) for code, _ in ours[: len(theirs)]] == [code for code, _ in theirs]


def test_an_empty_layer_makes_a_sound_drawing(path: Path) -> None:
    drawing = drawn(sheet([]), path)
    assert of(drawing, "LWPOLYLINE") == []
    assert "0 条" in of(drawing, "MTEXT", "说明")[0].plain_text()


def test_scale_must_be_above_zero(path: Path) -> None:
    with pytest.raises(ValueError, match="`scale`"):
        write_dxf([parks()], path, NOTES, scale=0)


# --- reading back ------------------------------------------------------------


def test_our_own_reader_reads_areas_and_labels(path: Path) -> None:
    drawn(parks(), path)
    raw = read_dxf(Request(path, "parks", part="面/园区-大学科技园"))
    kinds = raw.frame[raw.frame["图元类型"] == "HATCH"]
    assert shapely.equals(kinds["geometry"].iloc[0], HOLED)
    assert set(raw.frame["文字"].dropna()) == {"大学园"}
    texts = read_dxf(Request(path, "parks", part="文字/园区-注记"))
    assert texts.frame["文字"].tolist() == ["大学园", "商务园", "特色园"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("园区编码=P2", "园区编码=P9", "park_id"),
        ("9600.123456789011", "9600.12345678", "area_m2"),
        (f" 10\n{E + 200}\n", f" 10\n{E + 200.01}\n", "geometry|fills"),
        ("  1\n商务园\n", "  1\n商务国\n", "labels"),
        ("420\n29362\n", "420\n29363\n", "colour"),
        ("  6\nATLAS_SKETCH\n", "  6\nContinuous\n", "linetype"),
        ("EPSG:4549", "EPSG:4550", "text note"),
    ],
)
def test_a_file_that_differs_is_refused(path: Path, old: str, new: str, what: str) -> None:
    made = parks()
    write_dxf([made], path, NOTES)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ExportError, match=what):
        check_dxf([made], path, NOTES)


def test_a_missing_feature_is_noticed(path: Path) -> None:
    made = parks()
    shorter = replace(made, frame=made.frame.iloc[1:].reset_index(drop=True))
    write_dxf([shorter], path, NOTES)
    with pytest.raises(ExportError):
        check_dxf([made], path, NOTES)


def test_random_shapes_come_back_to_the_millimetre(path: Path) -> None:
    random = np.random.default_rng(8)
    shapes = []
    for _ in range(40):
        x, y = random.uniform(0, 5000, 2)
        blob = shapely.MultiPoint(random.normal((E + x, N + y), 60, (12, 2))).convex_hull
        shapes.append(blob.difference(blob.centroid.buffer(10)))
    drawing = drawn(sheet(shapes, park_id=[f"P{i}" for i in range(40)]), path)
    hatches = of(drawing, "HATCH")
    for shape, hatch in zip(shapes, hatches, strict=True):
        rings = [[v[:2] for v in edge.vertices] for edge in hatch.paths]
        back = shapely.Polygon(rings[0], rings[1:])
        assert back.symmetric_difference(shape).area < shape.length * 0.001
