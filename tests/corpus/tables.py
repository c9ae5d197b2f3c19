"""Tables in every encoding and kind of workbook, and under wrong names."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from layers.intake import Choices
from tests.corpus.case import HEAD
from tests.corpus.case import NAMES
from tests.corpus.case import PLAIN
from tests.corpus.case import Case
from tests.corpus.case import Gate
from tests.corpus.case import row
from tests.corpus.case import spot
from tests.corpus.makers import csv
from tests.corpus.makers import data
from tests.corpus.makers import lines
from tests.corpus.makers import ods
from tests.corpus.makers import xls
from tests.corpus.makers import xlsx
from tests.corpus.makers import zipped

if TYPE_CHECKING:
    from pathlib import Path

_ROWS = (PLAIN, row(1), row(2))
_READ = {"X01": {"name": NAMES[0]}, "X02": {"name": NAMES[1]}}
_AT = {"X01": spot(1), "X02": spot(2)}
_DATED = ((*HEAD, "数据时点"), row(1, dt.date(2026, 3, 31)), row(2, None))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
_PAGE = "<html><body><table><tr><td>载体编码</td></tr></table></body></html>"


def _text(encoding: str, *, mark: str = ",", before: str = "") -> bytes:
    return (before + lines(*_ROWS, mark=mark)).encode(encoding)


def _halved(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


CASES = (
    Gate(
        name="UTF-8 with a byte order mark",
        make=data("台账.csv", _text("utf-8-sig")),
        accepted=2,
        lacks=("encoding_assumed", "columns_dropped"),
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="GB18030",
        make=data("台账.csv", _text("gb18030")),
        accepted=2,
        has=("encoding_assumed",),
        cells=_READ,
    ),
    Gate(
        name="UTF-16 of Excel",
        make=data("台账.txt", _text("utf-16", mark="\t")),
        accepted=2,
        lacks=("encoding_assumed",),
        cells=_READ,
    ),
    Gate(
        name="Big5 that the planner names",
        make=data(
            "台账.csv",
            f"id,name,lon,lat\nX01,楊浦大廈,{spot(1)[0]},{spot(1)[1]}\n".encode("big5"),
        ),
        choices=Choices(encoding="big5"),
        accepted=1,
        cells={"X01": {"name": "楊浦大廈"}},
    ),
    Gate(
        name="the planner names the wrong encoding",
        make=data("台账.csv", _text("gb18030")),
        choices=Choices(encoding="utf-8"),
        refused="不是 utf-8 文字",
    ),
    Gate(
        name="an encoding that is none",
        make=data("台账.csv", _text("gb18030")),
        choices=Choices(encoding="klingon"),
        refused="不认识的编码“klingon”",
    ),
    Gate(
        name="semicolons and the mark of Excel",
        make=data("台账.csv", _text("utf-8", mark=";", before="sep=;\n")),
        accepted=2,
        cells=_READ,
    ),
    Gate(
        name="commas in full width",
        make=data("台账.txt", _text("utf-8", mark="，")),
        accepted=2,
        cells=_READ,
    ),
    Gate(
        name="old line ends",
        make=data("台账.csv", _text("utf-8").replace(b"\n", b"\r")),
        accepted=2,
        cells=_READ,
    ),
    Case(
        name="XLSX",
        make=xlsx(*_DATED),
        accepted=2,
        cells={"X01": {"data_date": dt.date(2026, 3, 31)}},
    ),
    Case(
        name="XLS",
        make=xls(*_DATED),
        accepted=2,
        cells={"X01": {"data_date": dt.date(2026, 3, 31)}, "X02": {"data_date": None}},
        places=_AT,
    ),
    Gate(name="ODS", make=ods(*_ROWS), accepted=2, cells=_READ, places=_AT),
    Gate(
        name="a CSV that is called XLS",
        make=data("台账.xls", _text("gb18030")),
        accepted=2,
        has=("content_of_other_kind", "encoding_assumed"),
        cells=_READ,
    ),
    Gate(
        name="an XLSX that is called XLS",
        make=xlsx(*_ROWS, name="台账.xls"),
        accepted=2,
        has=("content_of_other_kind",),
        cells=_READ,
    ),
    Gate(
        name="an XLSX that is called CSV",
        make=xlsx(*_ROWS, name="台账.csv"),
        accepted=2,
        has=("content_of_other_kind",),
        cells=_READ,
    ),
    Gate(
        name="a web page that is called XLS",
        make=data("导出.xls", _PAGE.encode()),
        refused="内容是网页表格",
    ),
    Gate(
        name="a workbook with a password",
        make=data("台账.xlsx", _OLE + "EncryptedPackage".encode("utf-16-le") + bytes(512)),
        refused="工作簿设有打开密码",
    ),
    Gate(name="an empty file", make=data("台账.csv", b""), refused="文件是空的"),
    Gate(name="blanks only", make=data("台账.csv", b"\n \n\n"), refused="没有表头"),
    Gate(
        name="bytes that are no text",
        make=data("台账.csv", b"\x00\x01\x02\xff" * 64),
        refused="不是文本文件",
    ),
    Gate(
        name="half of a workbook",
        make=lambda folder: _halved(xlsx(*_ROWS)(folder)),
        refused="不是工作簿或已损坏",
    ),
    Case(
        name="DWG",
        make=data("总图.dwg", b"AC1032" + bytes(64)),
        layer="parks",
        refused="AutoCAD 2010 DXF",
    ),
    Case(
        name="DWG that is called DXF",
        make=data("总图.dxf", b"AC1032" + bytes(64)),
        layer="parks",
        refused="其实是 DWG",
    ),
    Gate(name="ovobj", make=data("点位.ovobj", b"ov"), refused="ovobj 是奥维互动地图的封闭格式"),
    Case(
        name="MapGIS",
        make=data("用地.wp", b"WMAP"),
        layer="landuse",
        refused="MapGIS 中导出为 Shapefile",
    ),
    Gate(name="RAR", make=data("交付.rar", b"Rar!"), refused="改用 .zip 压缩"),
    Gate(name="Word", make=data("台账.docx", b"PK\x03\x04"), refused="复制到 Excel"),
    Gate(name="PDF", make=data("台账.pdf", b"%PDF"), refused="不支持的文件类型“.pdf”"),
    Gate(
        name="a table in a zip",
        make=zipped(csv(*_ROWS), folder_in="下发/"),
        accepted=2,
        cells=_READ,
    ),
)
