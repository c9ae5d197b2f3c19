"""Shapefiles as they are sent: without parts, in GBK, in archives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from layers.intake import Choices
from tests.corpus.case import NAMES
from tests.corpus.case import Case
from tests.corpus.case import Gate
from tests.corpus.case import spot
from tests.corpus.makers import data
from tests.corpus.makers import dbf
from tests.corpus.makers import packed
from tests.corpus.makers import shapefile
from tests.corpus.makers import zipped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.corpus.case import Make

POINTS = [shapely.Point(spot(n)) for n in (1, 2, 3)]
_READ = {f"X{n:02d}": {"name": NAMES[n - 1]} for n in (1, 2, 3)}
_AT = {f"X{n:02d}": spot(n) for n in (1, 2, 3)}
_KEY, _NAME = "编码", "名称"


def _table(codec: str = "gbk", language: int = 0x57) -> bytes:
    """Return a table of three buildings."""
    fields = [(_KEY.encode("gbk"), b"C", 10, 0), (_NAME.encode("gbk"), b"C", 30, 0)]
    if codec != "gbk":
        fields = [(b"id", b"C", 10, 0), (b"name", b"C", 30, 0)]
    records = [
        b" " + f"X{n:02d}".encode().ljust(10) + NAMES[n - 1].encode(codec).ljust(30)
        for n in (1, 2, 3)
    ]
    return dbf(fields, records, language)


TABLE = _table()
"""Three buildings, in GBK."""


def _numbered(name: bytes, cells: Sequence[bytes], marks: bytes = b"   ") -> bytes:
    """Return a table of three buildings with a column of numbers; `marks` deletes records."""
    fields = [(b"carrier_id", b"C", 10, 0), (name, b"N", 10, 1)]
    records = [
        marks[n : n + 1] + f"X{n + 1:02d}".encode().ljust(10) + cell.rjust(10)
        for n, cell in enumerate(cells)
    ]
    return dbf(fields, records)


def _two(folder: Path) -> Path:
    for name, count in (("一期", 3), ("二期", 3)):
        shapefile(POINTS[:count], _table(), name=name)(folder)
    return folder / "一期.shp"


def _with_link(folder: Path) -> Path:
    """Make a Shapefile whose table is a link to one elsewhere."""
    path = shapefile(POINTS, _table())(folder)
    table = path.with_suffix(".dbf")
    elsewhere = folder / "elsewhere.bin"
    table.rename(elsewhere)
    table.symlink_to(elsewhere)
    return path


def _cut(make: Make, suffix: str, share: float) -> Make:
    def cut(folder: Path) -> Path:
        path = make(folder)
        part = path.with_suffix(suffix)
        part.write_bytes(part.read_bytes()[: int(part.stat().st_size * share)])
        return path

    return cut


CASES = (
    Gate(
        name="Shapefile in GBK without .cpg and .prj",
        make=shapefile(POINTS, _table()),
        accepted=3,
        has=("encoding_assumed", "prj_missing", "crs_assumed"),
        lacks=("columns_dropped",),
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="Shapefile in a zip of Windows with Chinese names",
        make=zipped(shapefile(POINTS, _table()), folder_in="下发数据/", codec="gbk"),
        accepted=3,
        has=("encoding_assumed", "prj_missing"),
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="Shapefile whose table names its language",
        make=shapefile(POINTS, _table(language=0x4D), crs="EPSG:4490"),
        accepted=3,
        lacks=("encoding_assumed", "prj_missing", "crs_assumed"),
        cells=_READ,
    ),
    Gate(
        name="Shapefile in UTF-8 without .cpg",
        make=shapefile(POINTS, _table("utf-8"), crs="EPSG:4490"),
        accepted=3,
        lacks=("encoding_assumed", "text_cut"),
        cells=_READ,
    ),
    Gate(
        name="Shapefile with a wrong .cpg",
        make=shapefile(POINTS, _table(), crs="EPSG:4490", cpg="UTF-8"),
        accepted=3,
        has=("encoding_claim_wrong",),
        cells=_READ,
    ),
    Gate(
        name="Shapefile with a .cpg that names nothing",
        make=shapefile(POINTS, _table(), crs="EPSG:4490", cpg="Chinese (PRC)"),
        accepted=3,
        has=("cpg_unknown",),
        cells=_READ,
    ),
    Gate(
        name="Shapefile without .shx",
        make=shapefile(POINTS, _table(), crs="EPSG:4490", without=[".shx"]),
        accepted=3,
        has=("shx_rebuilt",),
        places=_AT,
    ),
    Gate(
        name="Shapefile with half of its .shx",
        make=_cut(shapefile(POINTS, _table(), crs="EPSG:4490"), ".shx", 0.9),
        accepted=3,
        has=("shx_replaced",),
        places=_AT,
    ),
    Gate(
        name="Shapefile without .dbf",
        make=shapefile(POINTS, _table(), without=[".dbf"]),
        refused="缺少 .dbf（属性表）",
    ),
    Gate(
        name="Shapefile whose .dbf is a link",
        make=_with_link,
        refused="缺少 .dbf（属性表）",
    ),
    Gate(
        name="the table of a Shapefile alone",
        make=shapefile(POINTS, _table(), without=[".shp", ".shx"], give=".dbf"),
        refused="只有属性表（.dbf），没有图形",
    ),
    Gate(
        name="the table beside its Shapefile",
        make=shapefile(POINTS, _table(), crs="EPSG:4490", give=".dbf"),
        accepted=3,
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="Shapefile whose shapes are cut off",
        make=_cut(shapefile(POINTS, _table(), crs="EPSG:4490"), ".shp", 0.3),
        refused="无法读取",
    ),
    Gate(
        name="Shapefile whose table is cut off",
        make=_cut(shapefile(POINTS, _table(), crs="EPSG:4490"), ".dbf", 0.9),
        accepted=2,
        rejected=1,
        has=("dbf_short", "required"),
    ),
    Gate(
        name="Shapefile with more shapes than records",
        make=shapefile([*POINTS, shapely.Point(spot(4))], _table(), crs="EPSG:4490"),
        accepted=3,
        rejected=1,
        has=("dbf_shp_differ", "required"),
    ),
    Case(
        name="Shapefile with deleted records and stars for numbers",
        make=shapefile(
            POINTS,
            _numbered(b"gross_m2", [b"1200.5", b"**********", b"3.0"], b"  *"),
            crs="EPSG:4490",
        ),
        accepted=2,
        has=("dbf_deleted", "numbers_lost"),
        cells={"X01": {"gross_area_m2": 1200.5}, "X02": {"gross_area_m2": None}},
        places={"X02": spot(2)},
    ),
    Case(
        name="Shapefile whose field name was cut to ten bytes",
        make=shapefile(
            POINTS, _numbered("总建筑面积".encode()[:10], [b"1", b"2", b"3.5"]), crs="EPSG:4490"
        ),
        choices=Choices(mapping={"总建筑": "gross_area_m2"}),
        accepted=3,
        cells={"X03": {"gross_area_m2": 3.5}},
    ),
    Gate(
        name="Shapefile whose texts were cut in a character",
        make=shapefile(
            POINTS[:1],
            dbf(
                [(b"id", b"C", 4, 0), (b"name", b"C", 10, 0)],
                [b" X01 " + "科技创新园区".encode()[:10]],
            ),
            crs="EPSG:4490",
            cpg="UTF-8",
        ),
        accepted=1,
        has=("text_cut",),
        cells={"X01": {"name": "科技创"}},
    ),
    Gate(
        name="Shapefile in an encoding that the planner names",
        make=shapefile(POINTS, _table(), crs="EPSG:4490", cpg="UTF-8"),
        choices=Choices(encoding="GBK"),
        accepted=3,
        lacks=("encoding_claim_wrong",),
        cells=_READ,
    ),
    Gate(
        name="two Shapefiles in a zip",
        make=zipped(_two),
        refused="选择读取哪一个",
    ),
    Gate(
        name="one of two Shapefiles in a zip",
        make=zipped(_two),
        choices=Choices(part="二期.shp"),
        accepted=3,
        cells=_READ,
    ),
    Gate(
        name="a zip with nothing to read",
        make=data("交付.zip", packed({"说明.pdf": b"%PDF", "图.jpg": b"x"})),
        refused="压缩包内没有可读取的文件",
    ),
    Gate(
        name="Shapefile on another datum",
        make=shapefile(POINTS, _table(), crs="EPSG:4610"),
        accepted=3,
        has=("datum_shift_unknown",),
    ),
)
