"""Sound rows that do not go together: listed, and never deleted."""

from __future__ import annotations

from tests.corpus.case import HEAD
from tests.corpus.case import NAMES
from tests.corpus.case import Case
from tests.corpus.case import column
from tests.corpus.case import row
from tests.corpus.case import spot
from tests.corpus.makers import csv
from tests.corpus.makers import xlsx

_PARTS = ("可租面积", "自用面积", "已租面积", "锁定面积", "空置面积")
_UNITS = ("单元编码", "载体编码", "面积(㎡)", "状态")
WIDE = (
    [*HEAD, "总建筑面积", "层数", "单元编码", "室号", "单元面积", "承租人", "起租日"],
    [*row(1), 900, 6, "U11", "301", 120, "甲公司", "2025-01-01"],
    [*[None] * 4, None, None, "U12", "302", 80, "乙公司", "2025-02-01"],
    [*row(2), 500, 4, "U21", "101", 60, None, None],
)


def _square(west: float, south: float, side: float = 0.001) -> str:
    east, north = west + side, south + side
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return f'"POLYGON (({", ".join(f"{x!r} {y!r}" for x, y in ring)}))"'


CASES = (
    Case(
        name="areas that do not close",
        make=csv([*HEAD, *_PARTS], row(1, 1000, 0, 500, 0, 300), row(2, 1000, 0, 700, 0, 300)),
        accepted=2,
        has=("areas_do_not_close",),
    ),
    Case(
        name="known parts above the whole",
        make=csv([*HEAD, *_PARTS], row(1, 1000, "", 900, "", 300)),
        accepted=1,
        has=("areas_exceed_total",),
    ),
    Case(
        name="vacancy above rentable",
        make=csv([*HEAD, "可租面积", "空置面积"], *column(1000), row(2, 1000, 1200)),
        accepted=2,
        has=("part_above_whole",),
    ),
    Case(
        name="far from its park",
        make=csv([*HEAD, "园区编码"], *column("D04")),
        accepted=1,
        has=("outside_park",),
        lacks=("outside_district",),
    ),
    Case(
        name="in Urumqi",
        make=csv(HEAD, row(1), ["X02", NAMES[1], 87.6168, 43.8256]),
        accepted=2,
        has=("outside_district",),
        places={"X02": (87.6168, 43.8256)},
    ),
    Case(
        name="one name and building in two spellings",
        make=csv(HEAD, ["X01", "梧桐大厦3号楼", *spot(1)], ["X02", "梧桐大厦 三号楼", *spot(2)]),
        accepted=2,
        has=("duplicate_name",),
        lacks=("same_place",),
    ),
    Case(
        name="two buildings of one name and different numbers",
        make=csv(HEAD, ["X01", "梧桐大厦3号楼", *spot(1)], ["X02", "梧桐大厦5号楼", *spot(2)]),
        accepted=2,
        lacks=("duplicate_name",),
    ),
    Case(
        name="a known building under another id",
        make=csv(HEAD, ["X01", "国正中心", 121.5016, 31.3111]),
        accepted=1,
        has=("duplicate_name",),
    ),
    Case(
        name="two buildings in one place",
        make=csv(HEAD, row(1), ["X02", NAMES[1], *spot(1)]),
        accepted=2,
        has=("same_place",),
    ),
    Case(
        name="parks that overlap",
        layer="parks",
        make=csv(
            ("园区编码", "园区名称", "wkt"),
            ["X01", "试验园甲", _square(121.52, 31.29)],
            ["X02", "试验园乙", _square(121.5205, 31.29)],
            ["X03", "试验园丙", _square(121.5215, 31.29)],
        ),
        accepted=3,
        has=("parks_overlap",),
    ),
    Case(
        name="parks that touch",
        layer="parks",
        make=csv(
            ("园区编码", "园区名称", "wkt"),
            ["X01", "试验园甲", _square(121.5, 31.29, 0.0009765625)],
            ["X02", "试验园乙", _square(121.5009765625, 31.29, 0.0009765625)],
        ),
        accepted=2,
        lacks=("parks_overlap",),
    ),
    Case(
        name="leases that end before they start",
        layer="units",
        make=csv(
            (*_UNITS, "起租日", "到期日"), ["U1", "B01", 30, "已租", "2027-01-01", "2026-01-01"]
        ),
        accepted=1,
        has=("dates_reversed",),
    ),
    Case(
        name="data of the year 2099",
        make=csv([*HEAD, "数据时点"], *column("2099-01-01")),
        accepted=1,
        has=("date_in_future",),
    ),
    Case(
        name="yuan in the column of ten thousands",
        make=csv([*HEAD, "总建筑面积", "税收总额(万元)"], row(1, 34000, 4271000)),
        accepted=1,
        has=("unit_suspect",),
    ),
    Case(
        name="mu in the column of square metres",
        make=csv([*HEAD, "总建筑面积", "土地面积(㎡)"], row(1, 34000, 12)),
        accepted=1,
        has=("unit_suspect", "floor_ratio_high"),
    ),
    Case(
        name="units that exceed their building",
        layer="units",
        make=csv(_UNITS, ["U1", "B01", 30000, "已租"]),
        accepted=1,
        has=("leased_differs", "units_exceed_carrier"),
    ),
    Case(
        name="units and carriers in one table, taken for carriers",
        make=xlsx(WIDE[0], WIDE[1], [*row(1), *WIDE[2][4:]], WIDE[3]),
        accepted=2,
        rejected=1,
        has=("duplicate",),
    ),
)
