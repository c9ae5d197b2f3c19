"""KML: what Google Earth and other readers find in the document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from defusedxml.ElementTree import parse

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.errors import ExportError
from layers.errors import Text
from layers.export.kml import check_kml
from layers.export.kml import write_kml
from layers.export.kml_parts import style_lines
from layers.export.sheets import MARK_FIELD
from layers.export.sheets import layer_sheet
from layers.export.sheets import table_sheet
from layers.intake import intake
from layers.style import Symbol
from tests.layers import roundtrip_hand as hand
from tests.layers.roundtrip_hand import PLACES
from tests.layers.roundtrip_hand import STYLE

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from layers.export.sheets import Sheet

SPACE = "{http://www.opengis.net/kml/2.2}"


def _write(sheets: list[Sheet], path: Path, lang: str = "zh") -> Element:
    write_kml(sheets, path, hand.notes(sheets[0], lang))
    check_kml(sheets, path, hand.notes(sheets[0], lang))
    root: Element = parse(path).getroot()
    return root


def _texts(root: Element, tag: str) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SPACE}{tag}")]


def test_colours_are_opacity_blue_green_red() -> None:
    symbol = Symbol(fill="#112233", stroke="#A0B0C0", fill_opacity=0.5, opacity=0.8, width=2.5)
    lines = "".join(style_lines("s", symbol, labelled=True))
    assert "<PolyStyle><color>66332211</color><outline>1</outline></PolyStyle>" in lines
    assert "<LineStyle><color>ccc0b0a0</color><width>2.5</width></LineStyle>" in lines
    assert "<IconStyle><color>cc332211</color>" in lines


def test_an_area_without_fill_is_an_outline_and_labels_may_be_off() -> None:
    lines = "".join(style_lines("s", Symbol(fill="none", stroke="#010203"), labelled=False))
    assert "<PolyStyle><fill>0</fill><outline>1</outline></PolyStyle>" in lines
    assert "<LabelStyle><scale>0</scale></LabelStyle>" in lines
    assert "<IconStyle><color>ff030201</color>" in lines


def test_every_row_points_to_the_style_of_its_class(tmp_path: Path) -> None:
    root = _write([hand.sheet(PLACES["polygons"], style=STYLE)], tmp_path / "a.kml")
    styles = {s.get("id") for s in root.iter(f"{SPACE}Style")}
    assert styles == {"style_0_default", "style_0_0", "style_0_1"}
    urls = _texts(root, "styleUrl")
    assert urls == ["#style_0_0", "#style_0_1", "#style_0_default", "#style_0_0"]


def test_nothing_points_to_another_computer(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    root = _write([hand.sheet(PLACES["mixed"], style=STYLE)], path)
    text = path.read_text(encoding="utf-8")
    assert text.count("http") == 1
    assert 'xmlns="http://www.opengis.net/kml/2.2"' in text
    assert not {"href", "Icon", "NetworkLink"} & {e.tag.removeprefix(SPACE) for e in root.iter()}
    assert "CDATA" not in text


def test_attributes_are_typed_and_titled(tmp_path: Path) -> None:
    root = _write([hand.sheet(PLACES["points"])], tmp_path / "a.kml")
    fields = {f.get("name"): f for f in root.iter(f"{SPACE}SimpleField")}
    kinds = {name: f.get("type") for name, f in fields.items()}
    assert kinds["编码"] == "string"
    assert kinds["rentable_area_mu"] == "double"
    assert kinds["历史保护"] == "bool"
    assert kinds["楼层"] == "int"
    # An int of KML ends at 2**31.
    assert kinds["企业数"] == "double"
    shown = fields["rentable_area_mu"].find(f"{SPACE}displayName")
    assert shown is not None
    assert shown.text == "rentable_area_mu（亩）"


def test_the_description_is_a_table_for_people_and_safe(tmp_path: Path) -> None:
    root = _write([hand.sheet(PLACES["points"])], tmp_path / "a.kml")
    second = root.findall(f".//{SPACE}Placemark")[1].findtext(f"{SPACE}description", "")
    assert "<td>丙<br/>丁 &amp; &lt;戊&gt;</td>" in second
    assert "<td>rentable_area_mu</td><td>2.5</td><td>亩</td>" in second
    assert "<td>乙类</td>" in second
    first = root.findall(f".//{SPACE}Placemark")[0].findtext(f"{SPACE}description", "")
    assert "<td>历史保护</td><td>是</td>" in first
    # Unknown is no row, and no zero.
    assert "rentable_area_m2<" not in first


def test_marks_stand_in_the_document_and_at_every_row(tmp_path: Path) -> None:
    sheet = hand.sheet(PLACES["points"], "EPSG:4549")
    frame = sheet.frame.assign(sample=pd.Series([True, False, None, True], dtype="boolean"))
    marked = table_sheet(frame, "x", title=Text("样", "Sample"), titles={}, lang="zh")
    root = _write([marked], tmp_path / "a.kml")
    told = root.findtext(f"{SPACE}Document/{SPACE}description", "")
    assert "内部资料 注意保管" in told
    assert "示例数据" in told
    assert "由 EPSG:4549 转换" in told
    folder = root.find(f"{SPACE}Document/{SPACE}Folder")
    assert folder is not None
    assert folder.findtext(f"{SPACE}Snippet") == "示例数据"
    snippets = [p.findtext(f"{SPACE}Snippet") for p in folder.iter(f"{SPACE}Placemark")]
    assert snippets == ["示例数据", None, None, "示例数据"]
    data = [d.text for d in folder.iter(f"{SPACE}SimpleData") if d.get("name") == MARK_FIELD.name]
    assert data == ["示例数据", "示例数据"]


def test_coordinates_are_degrees_of_wgs84_whatever_the_system_is(tmp_path: Path) -> None:
    for crs in ("EPSG:4490", "EPSG:4549", "EPSG:4550", "EPSG:4326"):
        root = _write([hand.sheet([hand.POINT] * 4, crs)], tmp_path / "a.kml")
        for text in _texts(root, "coordinates"):
            lon, lat = text.split(",")
            assert (float(lon), float(lat)) == pytest.approx((hand.LON, hand.LAT), abs=2e-8)


def test_unplaced_rows_are_placemarks_without_geometry(tmp_path: Path) -> None:
    root = _write([hand.sheet(PLACES["unlocated"])], tmp_path / "a.kml")
    placed = [p.find(f"{SPACE}Point") is not None for p in root.iter(f"{SPACE}Placemark")]
    assert placed == [True, False, True, False]


def test_several_layers_are_folders_that_keep_their_own_titles(tmp_path: Path) -> None:
    one = hand.sheet(PLACES["points"], style=STYLE)
    title = Text("另一层 & <b>", "Other")
    fields = tuple(replace(f, title=Text(f"{f.title.zh}二", f.title.en)) for f in one.fields)
    two = replace(hand.sheet(PLACES["lines"]), key="other", title=title, fields=fields)
    empty = replace(hand.sheet(PLACES["polygons"], rows=0, style=STYLE), key="empty")
    path = tmp_path / "layers.kml"
    root = _write([one, two, empty], path)
    names = [f.findtext(f"{SPACE}name") for f in root.iter(f"{SPACE}Folder")]
    assert names == ["示例载体", "另一层 & <b>", "示例载体"]
    assert pyogrio.read_dataframe(path, layer="另一层 & <b>")["编码"].tolist() == [
        "甲1",
        "乙2",
        "丙3",
        "丁4",
    ]
    with pytest.raises(ExportError, match="图层数"):
        check_kml([one, two], path, hand.notes(one))
    with pytest.raises(ExportError, match="样式"):
        check_kml([one, replace(two, style=STYLE), empty], path, hand.notes(one))


def test_titles_that_are_alike_are_told_apart(tmp_path: Path) -> None:
    named = Text("面积", "Area")
    columns = {"a": ["1", "2"], "b": ["3", None], "geometry": [None, None]}
    frame = gpd.GeoDataFrame(columns, geometry="geometry", crs="EPSG:4490")
    titles = {"a": named, "b": named}
    sheet = table_sheet(frame, "twice", title=named, titles=titles, lang="zh")
    root = _write([sheet], tmp_path / "a.kml")
    assert _texts(root, "displayName") == ["面积", "面积 b"]


BUNDLED = load_catalogue()


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return dict(load_edition(BUNDLED).tables)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("key", [spec.key for spec in BUNDLED.layers if spec.geometry])
def test_a_layer_of_the_edition_comes_back_through_the_intake(
    tables: dict[str, Any], tmp_path: Path, key: str, lang: str
) -> None:
    spec = BUNDLED.layer(key)
    crs = tables[key].crs
    sheet = layer_sheet(tables[key], spec, crs=crs, audience="internal", lang=lang)
    path = tmp_path / f"{key}.kml"
    _write([sheet], path, lang)
    if not len(tables[key]):
        return
    result = intake(path, spec, BUNDLED, tables=tables)
    assert result.rejected.empty
    fields = list(spec.field_names)
    pd.testing.assert_frame_equal(
        pd.DataFrame(result.accepted[fields]), pd.DataFrame(tables[key][fields]), check_like=True
    )


def test_a_document_that_breaks_off_is_refused(tmp_path: Path) -> None:
    sheet = hand.sheet(PLACES["points"])
    path = tmp_path / "a.kml"
    _write([sheet], path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ExportError, match="文件"):
        check_kml([sheet], path, hand.notes(sheet))
