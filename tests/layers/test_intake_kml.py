from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from typing import Any

import pytest
import shapely

from layers.errors import IntakeError
from layers.intake.read import read_raw
from layers.intake.readers.kml_text import read_description
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

POINT = "<Point><coordinates>121.5,31.3,0</coordinates></Point>"
RING = "121.5,31.3 121.6,31.3 121.6,31.4 121.5,31.4 121.5,31.3"


def kml(body: str, *, head: str = '<?xml version="1.0" encoding="UTF-8"?>', attrs: str = "") -> str:
    ns = 'xmlns="http://www.opengis.net/kml/2.2"'
    return f"{head}\n<kml {ns} {attrs}><Document><name>文档</name>{body}</Document></kml>"


def mark(inner: str = POINT, name: str = "甲") -> str:
    return f"<Placemark><name>{name}</name>{inner}</Placemark>"


def read(tmp_path: Path, text: str | bytes, name: str = "a.kml", **more: Any) -> Any:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_raw(Request(path, **more))


def drawn(tmp_path: Path, inner: str) -> Any:
    return read(tmp_path, kml(mark(inner))).frame["geometry"].iloc[0]


def codes(raw: Any) -> list[str]:
    return [issue.code for issue in raw.issues]


# --- attributes -------------------------------------------------------------


def test_placemarks_in_nested_folders_keep_their_path(tmp_path: Path) -> None:
    body = (
        mark(name="0")
        + "<Folder><name>杨浦</name>"
        + mark(name="1")
        + "<Folder>"
        + mark(name="2")
        + "<name>五角场</name></Folder>"
        + mark(name="3")
        + "</Folder>"
        + mark(name="4")
    )
    raw = read(tmp_path, kml(body))
    assert raw.frame["name"].tolist() == ["0", "1", "2", "3", "4"]
    assert raw.frame["文件夹"].tolist() == [None, "杨浦", "杨浦/五角场", "杨浦", None]
    assert raw.rows.tolist() == [1, 2, 3, 4, 5]
    assert raw.system.name == "EPSG:4326"
    assert raw.issues == ()


def test_extended_data_become_columns_under_the_names_that_people_see(tmp_path: Path) -> None:
    body = (
        '<Schema id="s"><SimpleField name="f1" type="double">'
        "<displayName>&lt;b&gt;建筑面积&lt;/b&gt;</displayName></SimpleField></Schema>"
        + mark(
            '<ExtendedData><Data name="编码"><displayName>载体编码</displayName><value>C1</value>'
            '</Data><SchemaData schemaUrl="#s"><SimpleData name="f1">12.5</SimpleData>'
            "</SchemaData></ExtendedData>" + POINT
        )
        + mark('<ExtendedData xmlns:c="urn:c"><c:层数>6</c:层数></ExtendedData>')
    )
    frame = read(tmp_path, kml(body)).frame
    assert frame["载体编码"].tolist() == ["C1", None]
    assert frame["建筑面积"].tolist() == ["12.5", None]
    assert frame["层数"].tolist() == [None, "6"]
    assert "description" not in frame
    assert "文件夹" not in frame


@pytest.mark.parametrize(("other", "columns"), [("甲", ["name"]), ("乙", ["name", "name (2)"])])
def test_an_attribute_called_name_is_not_lost(
    tmp_path: Path, other: str, columns: list[str]
) -> None:
    data = f'<ExtendedData><Data name="name"><value>{other}</value></Data></ExtendedData>'
    frame = read(tmp_path, kml(mark(data))).frame
    assert list(frame.columns) == [*columns, "geometry"]
    assert frame["name"].tolist() == [other]


ARCGIS = """<html><head><title>x</title><style>td {color: red}</style></head><body>
<table><tr style="text-align:center"><td>创智天地</td></tr><tr><td>
<table><tr><td>载体编码</td><td>C1</td></tr><tr bgcolor="#D4E4F3">
<td>面积</td><td>12 &amp; 3</td></tr>
<tr><td>备注</td><td>&lt;Null&gt;</td></tr></table></td></tr></table></body></html>"""


def test_the_table_that_arcgis_makes_of_attributes_becomes_columns(tmp_path: Path) -> None:
    raw = read(tmp_path, kml(mark(f"<description><![CDATA[{ARCGIS}]]></description>{POINT}")))
    assert raw.frame["载体编码"].tolist() == ["C1"]
    assert raw.frame["面积"].tolist() == ["12 & 3"]
    assert raw.frame["备注"].isna().all()
    assert raw.frame["description"].tolist() == ["创智天地"]
    assert codes(raw) == ["kml_tables_split"]


@pytest.mark.parametrize(
    ("text", "table", "rest"),
    [
        ("面积 < 500 平", {}, "面积 < 500 平"),
        ("<b>一</b><br/>二 <a href='http://x'>三</a>", {}, "一\n二 三"),
        ("<table><tr><td>a</td><td>b</td><td>c</td></tr></table>x", {}, "a\tb\tc\nx"),
        (
            "<table><tr><td>a</td><td>1</td></tr><tr><td>a</td><td>2</td></tr></table>",
            {},
            "a\t1\na\t2",
        ),
        ("<table><tr><th>a：</th><td>1</td></tr></table>后", {"a": "1"}, "后"),
        ("<script>alert(1)</script>文", {}, "文"),
        ("<table><tr><td>a</td><td>1</td>", {"a": "1"}, ""),
        ("<table><tr><td>a<td>1<tr><td>b<td>2</table>c", {"a": "1", "b": "2"}, "c"),
        ("<td>a</td></tr></table></table>b", {}, "a b"),
    ],
)
def test_descriptions(text: str, table: dict[str, str], rest: str) -> None:
    found, left = read_description(text)
    assert found == table
    assert left.split() == rest.split()


# --- shapes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("inner", "wkt"),
    [
        (POINT, "POINT (121.5 31.3)"),
        ("<Point><coordinates> 121.5 , 31.3 </coordinates></Point>", "POINT (121.5 31.3)"),
        ("<Point><coordinates>121.5,31.3,</coordinates></Point>", "POINT (121.5 31.3)"),
        ("<Point><coordinates>121.5,31.3,4</coordinates></Point>", "POINT Z (121.5 31.3 4)"),
        (
            "<LineString><coordinates>\n1,2\t3,4,0\n5,6</coordinates></LineString>",
            "LINESTRING (1 2, 3 4, 5 6)",
        ),
        (
            "<LinearRing><coordinates>1,2 3,4 5,6 1,2</coordinates></LinearRing>",
            "LINESTRING (1 2, 3 4, 5 6, 1 2)",
        ),
        (
            (
                "<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 9,0 9,9 0,9 0,0"
                "</coordinates>"
                "</LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>"
                "1,1 2,1 2,2 1,1</coordinates></LinearRing></innerBoundaryIs></Polygon>"
            ),
            "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 2 1, 2 2, 1 1))",
        ),
        (
            (
                "<MultiGeometry><MultiGeometry><Point><coordinates>1,2</coordinates></Point>"
                "</MultiGeometry><Point><coordinates>3,4</coordinates></Point></MultiGeometry>"
            ),
            "MULTIPOINT ((1 2), (3 4))",
        ),
        (
            (
                "<MultiGeometry><Point><coordinates>1,2</coordinates></Point><LineString>"
                "<coordinates>1,2 3,4</coordinates></LineString></MultiGeometry>"
            ),
            "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4))",
        ),
        (
            (
                '<gx:Track xmlns:gx="urn:gx"><when>2024</when><gx:coord>1 2 0</gx:coord>'
                "<gx:coord>3 4 0</gx:coord></gx:Track>"
            ),
            "LINESTRING (1 2, 3 4)",
        ),
        (
            (
                '<gx:MultiTrack xmlns:gx="urn:gx"><gx:Track><gx:coord>1 2</gx:coord><gx:coord>3 4'
                "</gx:coord></gx:Track><gx:Track><gx:coord>5 6</gx:coord><gx:coord>7 8</gx:coord>"
                "</gx:Track></gx:MultiTrack>"
            ),
            "MULTILINESTRING ((1 2, 3 4), (5 6, 7 8))",
        ),
    ],
)
def test_geometries(tmp_path: Path, inner: str, wkt: str) -> None:
    assert drawn(tmp_path, inner).wkt == wkt


@pytest.mark.parametrize("inner", ["", "<Point/>", "<Point><coordinates/></Point>", "<Polygon/>"])
def test_nothing_drawn_is_nothing_and_no_error(tmp_path: Path, inner: str) -> None:
    raw = read(tmp_path, kml(mark(inner)))
    assert raw.frame["geometry"].isna().all()
    assert raw.issues == ()


def polygon(corners: str) -> str:
    ring = f"<LinearRing><coordinates>{corners}</coordinates></LinearRing>"
    return f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"


@pytest.mark.parametrize(
    "inner",
    [
        "<Point><coordinates>121.5</coordinates></Point>",
        "<Point><coordinates>东经,北纬</coordinates></Point>",
        "<Point><coordinates>1,2,3,4</coordinates></Point>",
        "<LineString><coordinates>1,2</coordinates></LineString>",
        polygon("0,0 1,1"),
    ],
)
def test_a_bad_geometry_rejects_its_row_only(tmp_path: Path, inner: str) -> None:
    raw = read(tmp_path, kml(mark() + mark(inner) + mark()))
    assert raw.frame["geometry"].isna().tolist() == [False, True, False]
    assert [(i.code, i.row, i.severity) for i in raw.issues] == [
        ("geometry_unreadable", 2, "error")
    ]


def test_an_open_ring_is_closed_and_said(tmp_path: Path) -> None:
    raw = read(tmp_path, kml(mark(polygon("0,0 2,0 2,2 0,2")) + mark(polygon(RING))))
    assert raw.frame["geometry"].iloc[0].equals(shapely.box(0, 0, 2, 2))
    assert codes(raw) == ["rings_closed"]
    assert "1 个" in raw.issues[0].message.zh


# --- encodings --------------------------------------------------------------


@pytest.mark.parametrize("said", ["gb2312", "GBK", "gb18030"])
def test_a_declared_chinese_encoding_is_followed(tmp_path: Path, said: str) -> None:
    text = kml(mark(name="杨浦园区"), head=f"<?xml version='1.0' encoding='{said}'?>")
    raw = read(tmp_path, text.encode("gb18030"))
    assert raw.frame["name"].tolist() == ["杨浦园区"]
    assert raw.issues == ()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_wins_over_the_declaration(tmp_path: Path, codec: str) -> None:
    text = kml(mark(name="杨浦"), head='<?xml version="1.0" encoding="gbk"?>')
    assert read(tmp_path, text.encode(codec)).frame["name"].tolist() == ["杨浦"]


def test_a_declaration_that_is_wrong_is_said(tmp_path: Path) -> None:
    raw = read(tmp_path, kml(mark(name="杨浦园区")).encode("gbk"))
    assert raw.frame["name"].tolist() == ["杨浦园区"]
    assert codes(raw) == ["encoding_claim_wrong", "encoding_assumed"]


def test_control_characters_and_forgotten_prefixes_do_not_lose_the_file(tmp_path: Path) -> None:
    track = "<gx:Track><gx:coord>1 2 0</gx:coord></gx:Track>"
    raw = read(tmp_path, kml(mark(track, name="杨\x0b浦&#x1F;&#0;")))
    assert raw.frame["name"].tolist() == ["杨浦"]
    assert raw.frame["geometry"].iloc[0].wkt == "POINT (1 2)"
    assert codes(raw) == ["kml_cleaned"]


# --- where ------------------------------------------------------------------


def test_ovkml_names_no_system_and_asks(tmp_path: Path) -> None:
    raw = read(tmp_path, kml(mark()), "a.ovkml")
    assert raw.system is None
    assert not raw.lonlat_if_unknown
    assert codes(raw) == ["ovkml_shift"]
    assert "GCJ02" in raw.issues[0].remedy.zh


def test_a_kml_that_ovital_wrote_is_known_by_its_content(tmp_path: Path) -> None:
    assert codes(read(tmp_path, kml("<description>奥维互动地图</description>" + mark()))) == [
        "ovkml_shift"
    ]


@pytest.mark.parametrize("named", ["CGCS2000", "GCJ-02", "WGS84"])
def test_a_system_that_ovital_names_is_taken(tmp_path: Path, named: str) -> None:
    inner = f"<OvCoordType>{named}</OvCoordType>{POINT}"
    raw = read(tmp_path, kml(mark(inner) * 2), "a.ovkml")
    assert raw.system.name == named.replace("-", "")
    assert "坐标系" not in raw.frame
    assert raw.issues == ()


def test_systems_that_differ_from_row_to_row_stay_in_a_column(tmp_path: Path) -> None:
    body = "".join(mark(f"<OvCoordType>{n}</OvCoordType>{POINT}") for n in ("CGCS2000", "GCJ-02"))
    raw = read(tmp_path, kml(body), "a.ovkml")
    assert raw.system is None
    assert raw.frame["坐标系"].tolist() == ["CGCS2000", "GCJ-02"]


# --- links and harm ---------------------------------------------------------


def test_links_and_overlays_are_not_followed_but_counted(tmp_path: Path) -> None:
    body = (
        "<NetworkLink><Link><href>file:///etc/passwd</href></Link></NetworkLink>"
        "<Folder><GroundOverlay><Icon><href>http://127.0.0.1/</href></Icon></GroundOverlay></Folder>"
        + mark()
    )
    raw = read(tmp_path, kml(body))
    assert len(raw.frame) == 1
    assert sorted(codes(raw)) == ["kml_links", "kml_overlays"]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE kml SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        "<!DOCTYPE kml>",
    ],
)
def test_a_document_type_is_refused(tmp_path: Path, doctype: str) -> None:
    head = f'<?xml version="1.0"?>{doctype}'
    with pytest.raises(IntakeError, match="DTD") as caught:
        read(tmp_path, kml(mark(name="&x;" if "ENTITY x" in doctype else "a"), head=head))
    assert "root:" not in str(caught.value)


def test_broken_xml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="第 3 行"):
        read(tmp_path, kml("\n" + mark(inner="<Point>")))


@pytest.mark.parametrize("content", ["<html></html>", "<gpx/>", "x", "\0\0\0", "<kml>"])
def test_what_is_no_kml_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(IntakeError, match="KML"):
        read(tmp_path, content)


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="过深"):
        read(tmp_path, "<kml>" + "<Folder>" * 100_000)
    with pytest.raises(IntakeError, match="过深"):
        read(tmp_path, kml(mark("<MultiGeometry>" * 5000 + "</MultiGeometry>" * 5000)))


# --- kmz --------------------------------------------------------------------


def test_a_kmz_is_read_by_its_main_document(tmp_path: Path) -> None:
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("files/other.kml", kml(mark(name="other")))
        archive.writestr("doc.kml", kml(mark(name="main")))
        archive.writestr("files/icon.png", b"x")
    assert read_raw(Request(path)).frame["name"].tolist() == ["main"]


def test_an_ovkmz_is_one_of_ovital(tmp_path: Path) -> None:
    path = tmp_path / "a.ovkmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("数据.ovkml", kml(mark()))
    assert codes(read_raw(Request(path))) == ["ovkml_shift"]


def test_a_kmz_without_kml_or_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"x")
    with pytest.raises(IntakeError, match="没有 KML"):
        read_raw(Request(path))
    path.write_bytes(b"x")
    with pytest.raises(IntakeError, match="ZIP"):
        read_raw(Request(path))
