"""Files that were made to do harm."""

from __future__ import annotations

import sqlite3
import stat
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

import shapely

from tests.corpus.case import HEAD
from tests.corpus.case import NAMES
from tests.corpus.case import PLAIN
from tests.corpus.case import Case
from tests.corpus.case import Gate
from tests.corpus.case import row
from tests.corpus.case import spot
from tests.corpus.drawings import E
from tests.corpus.drawings import N
from tests.corpus.drawings import dxf
from tests.corpus.makers import KML
from tests.corpus.makers import csv
from tests.corpus.makers import data
from tests.corpus.makers import feature
from tests.corpus.makers import frame
from tests.corpus.makers import geojson
from tests.corpus.makers import lines
from tests.corpus.makers import ods
from tests.corpus.makers import packed
from tests.corpus.makers import placemark
from tests.corpus.makers import point
from tests.corpus.makers import shapefile
from tests.corpus.makers import xlsx
from tests.corpus.shapefiles import POINTS
from tests.corpus.shapefiles import TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from ezdxf.document import Drawing

_TABLE = lines(HEAD, row(1), row(2)).encode()
_VRT = (
    b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/http://127.0.0.1/x.csv'
    b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
)
_MARK = placemark("X01", "{}", point(*spot(1)))
_XXE = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_LAUGHS = (
    '<!DOCTYPE kml [<!ENTITY a0 "哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
_GRID_PRJ = (
    'PROJCS["x",GEOGCS["x",DATUM["x",SPHEROID["GRS80",6378137,298.257222101],'
    'EXTENSION["PROJ4_GRIDS","/etc/passwd"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",121.5],UNIT["metre",1]]'
)


def _kml(doctype: str, name: str) -> bytes:
    plain = KML.format(_MARK.format(name))
    head, _, rest = plain.partition("\n")
    return f"{head}\n{doctype}{rest}".encode()


def _linked(folder: Path) -> Path:
    path = folder / "交付.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("台账.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return path


def _locked(content: bytes) -> bytes:
    """Return an archive whose only member says that it is encrypted (APPNOTE 4.4.4, bit 0)."""
    made = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(mark) + offset] |= 1
    return bytes(made)


def _far_cell(folder: Path) -> Path:
    path = xlsx(HEAD, row(1))(folder)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", far)
    path.write_bytes(packed(parts))
    return path


def _virtual(folder: Path) -> Path:
    path = folder / "库.gpkg"
    frame([shapely.Point(spot(1))], carrier_id=["X01"]).to_file(
        path, layer="carriers", driver="GPKG", engine="pyogrio"
    )
    made = "CREATE VIRTUAL TABLE x USING VirtualShape('/etc/passwd', 'UTF-8', 4326)"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema=1")
        database.execute("INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, ?)", (made,))
        database.commit()
    return path


def _disguised(folder: Path) -> Path:
    path = shapefile(POINTS, TABLE)(folder)
    path.write_bytes(_VRT)
    return path


def _with_grids(folder: Path) -> Path:
    path = shapefile(POINTS, TABLE, crs="EPSG:4490")(folder)
    path.with_suffix(".prj").write_text(_GRID_PRJ, encoding="ascii")
    return path


def _exploding(drawing: Drawing, model: Any) -> None:
    for depth in range(10):
        block = drawing.blocks.new(f"b{depth}")
        for number in range(10):
            if depth:
                block.add_blockref(f"b{depth - 1}", (number, depth))
            else:
                block.add_line((0, 0), (number + 1, 1))
    model.add_blockref("b9", (E, N))


def _tab(folder: Path) -> Path:
    path = folder / "要素.tab"
    path.write_bytes(b'!table\n!version 100\nOpen Table "/etc/x"\nCreate View a As Select * From x')
    path.with_suffix(".dat").write_bytes(b"x")
    return path


CASES = (
    Case(
        name="a zip bomb",
        make=data("交付.zip", packed({"台账.csv": bytes(70 << 20)})),
        refused="解压后过大",
    ),
    Case(
        name="a zip with too many files",
        make=data("交付.zip", packed({f"{n}.csv": b"" for n in range(2001)})),
        refused="超过 2000 个的上限",
    ),
    Case(
        name="a zip that points out of itself",
        make=data("交付.zip", packed({"../../台账.csv": _TABLE})),
        refused="指向包外",
    ),
    Case(
        name="a zip with an absolute path",
        make=data("交付.zip", packed({"/etc/台账.csv": _TABLE})),
        refused="指向包外",
    ),
    Case(
        name="a zip with a drive of Windows",
        make=data("交付.zip", packed({"C:\\台账.csv": _TABLE})),
        refused="指向包外",
    ),
    Case(name="a zip with a link", make=_linked, refused="是链接，不予解压"),
    Case(
        name="a zip with a password",
        make=data("交付.zip", _locked(packed({"台账.csv": _TABLE}))),
        refused="压缩包有密码",
    ),
    Case(
        name="a zip in a zip",
        make=data("交付.zip", packed({"内层.zip": packed({"台账.csv": _TABLE})})),
        refused="压缩包内还是压缩包",
    ),
    Case(
        name="a zip that is none",
        make=data("交付.zip", b"PK\x03\x04" + bytes(99)),
        refused="不是 ZIP 压缩包或已损坏",
    ),
    Case(
        name="a KMZ that points out of itself",
        make=data("点位.kmz", packed({"../doc.kml": KML.encode()})),
        refused="指向包外",
    ),
    Case(
        name="KML with an entity that is a file",
        make=data("点位.kml", _kml(_XXE, "&x;")),
        refused="含文档类型声明（DTD）或实体",
    ),
    Case(
        name="KML of a billion laughs",
        make=data("点位.kml", _kml(_LAUGHS, "&a9;")),
        refused="含文档类型声明（DTD）或实体",
    ),
    Case(
        name="KML that is nested without end",
        make=data("点位.kml", KML.format("<Folder>" * 5000 + "</Folder>" * 5000).encode()),
        refused="嵌套层次过深",
    ),
    Case(
        name="ODS with an entity that is a file",
        make=ods(HEAD, row(1), doctype='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        refused="XML 文档类型声明",
    ),
    Case(name="a cell at the end of the sheet", make=_far_cell, refused="单元格过多"),
    Gate(
        name="formulas in a CSV",
        make=csv(
            PLAIN,
            ["X01", "=1+1", *spot(1)],
            ["X02", '"=HYPERLINK(""http://127.0.0.1"",""点我"")"', *spot(2)],
            ["X03", "@SUM(A1)", *spot(3)],
        ),
        accepted=3,
        cells={
            "X01": {"name": "=1+1"},
            "X02": {"name": '=HYPERLINK("http://127.0.0.1","点我")'},
            "X03": {"name": "@SUM(A1)"},
        },
    ),
    Gate(
        name="a command in a workbook",
        make=xlsx(PLAIN, ["X01", "=cmd|' /C calc'!A0", *spot(1)], row(2)),
        accepted=1,
        rejected=1,
        has=("formula_without_result",),
    ),
    Case(name="a VRT", make=data("要素.vrt", _VRT), refused="不支持的文件类型“.vrt”"),
    Case(name="a VRT called GPKG", make=data("要素.gpkg", _VRT), refused="不是 GeoPackage 文件"),
    Case(name="a VRT called FGB", make=data("要素.fgb", _VRT), refused="不是 FlatGeobuf 文件"),
    Case(name="a VRT called KML", make=data("要素.kml", _VRT), refused="不是 KML 文件"),
    Case(name="a VRT called SHP", make=_disguised, refused="不是 Shapefile（.shp）"),
    Case(name="GeoPackage that reads other files", make=_virtual, refused="不予打开"),
    Case(
        name="TAB that reads other files",
        make=_tab,
        refused="该 .tab 引用其他文件",
    ),
    Gate(
        name=".prj that names a file",
        make=_with_grids,
        accepted=3,
        has=("prj_unreadable", "crs_assumed"),
    ),
    Case(
        name="GeoJSON nested without end",
        make=data("要素.geojson", b"[" * 200_000),
        refused="不是 GeoJSON",
    ),
    Case(
        name="GeoJSON with numbers without end",
        make=geojson(
            feature({"type": "Point", "coordinates": [float("inf"), 31.29]}, carrier_id="X01"),
            feature({"type": "Point", "coordinates": list(spot(2))}, carrier_id="X02"),
            feature("POINT", carrier_id="X03"),
            "no feature",
        ),
        accepted=1,
        rejected=3,
        has=("not_finite", "geometry_unreadable"),
    ),
    Case(
        name="DXF whose blocks explode",
        layer="buildings",
        make=dxf(_exploding),
        refused="展开后超过",
    ),
    Gate(
        name="a very long text",
        make=csv(PLAIN, ["X01", NAMES[0] * 20_000, *spot(1)], row(2)),
        accepted=2,
    ),
)
