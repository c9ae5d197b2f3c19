from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapely import LineString
from shapely import box

from geo.access import GROUP_NAMES
from geo.access import GROUPS
from geo.layout import OPEN_GROUND
from geo.layout import Surroundings
from tests.geo.access.town import METRE_FOR_METRE
from tests.geo.access.town import campus
from tests.geo.access.town import destinations
from tests.geo.access.town import facility
from tests.geo.access.town import gate
from tests.geo.access.town import judged
from tests.geo.access.town import series
from tests.geo.access.town import spaces
from tests.geo.access.town import station

RIVER = series(LineString([(500, -9000), (500, 9000)]))
LINKED = replace(METRE_FOR_METRE, campus_link="linked")


def told(
    *rows: dict[str, Any],
    known: set[str] | None = None,
    around: Surroundings = OPEN_GROUND,
    rule: Any = METRE_FOR_METRE,
    at: Any = (0, 0),
    **columns: list[Any],
) -> tuple[str, str]:
    found = judged(spaces(at, **columns), destinations(*rows, known=known), around, rule).spaces
    return str(found["reason_zh"].iloc[0]), str(found["reason_en"].iloc[0])


def test_a_decided_space_tells_its_three_conditions() -> None:
    rows = [
        gate("北门", (640, 0), "K"),
        station("江湾体育场", (0, 700)),
        *[facility(group, (0, 10), group) for group in GROUPS[:4]],
    ]
    known = {f"facility:{group}" for group in GROUPS}
    zh, en = told(*rows, known=known)
    assert zh == (
        "联动2类。校园：至“北门”步行640 m，在1,000 m以内；"
        "轨道：至“江湾体育场”步行700 m，超过600 m；"
        "社区：800 m以内有4组设施，达到4组，缺运动、公园绿地。"
    )
    assert en == (
        "Linkage class 2. Campus: 640 m on foot to “北门”, within 1,000 m; "
        "Rail: 700 m on foot to “江湾体育场”, beyond 600 m; "
        "Community: 4 groups of facilities within 800 m, at least 4, "
        "missing sport and parks and greens."
    )


def test_a_walk_is_not_rounded_onto_the_threshold_it_misses() -> None:
    zh, _ = told(station("S", (600.04, 0)))
    assert "步行600.04 m，超过600 m" in zh


def test_the_way_is_told() -> None:
    led, en = told(gate("G", (600, 0), "K"), around=Surroundings(RIVER, series((500, 200))))
    assert "经通道步行" in led
    assert "through a crossing" in en
    street = Surroundings(walkways=series(LineString([(0, 0), (900, 0)])))
    assert "沿路网步行600 m" in told(gate("G", (600, 0), "K"), around=street)[0]


def test_what_is_open_is_told_as_open() -> None:
    zh, en = told(campus("东校区", box(300, 0, 400, 9)), station("S", (0, 1)))
    assert zh.startswith("联动2类（核实后在1至3类之间）。")
    assert "“东校区”未登记校门，按其位置估算步行300 m，估计在1,000 m以内" in zh
    assert "no gate of “东校区” is registered" in en
    assert "未提供生活配套设施或均被阻隔，未知" in zh
    point, _ = told(campus("K", (1200, 0)))
    assert "“K”只有点位而无校门，至该点步行1,200 m，是否有校门在1,000 m以内未知" in point


def test_what_is_behind_a_barrier_is_to_be_verified() -> None:
    zh, en = told(gate("G", (900, 0), "K"), station("S", (700, 0)), around=Surroundings(RIVER))
    assert "至“G”直线900 m，被阻隔且没有已登记的通道，需路网核实" in zh
    assert "to be verified with a walking network" in en
    assert "至“S”直线700 m，被阻隔，且超过600 m" in zh


def test_why_there_is_nothing_to_walk_to() -> None:
    nothing, en = told()
    assert nothing.startswith(
        "联动类别未知。校园：未提供校门与校区，未知；轨道：未提供轨道站，未知；"
    )
    assert en.startswith("Linkage unknown. Campus: neither gates nor campuses were supplied;")
    empty, _ = told(known={"gate", "station"})
    assert "校园：没有可以进入的已登记校门或校区；轨道：没有已登记的轨道站" in empty
    unlinked, _ = told(gate("G", (1, 0), "K"), rule=LINKED)
    assert "园区未登记依托高校，未知" in unlinked
    elsewhere, _ = told(gate("G", (1, 0), "K"), rule=LINKED, university=["East"])
    assert "依托高校的校门与校区未登记，未知" in elsewhere
    assert told(at=None)[0] == "空间未定位，三项条件均无法判断。"


def test_groups_are_told_as_there_missing_and_unknown() -> None:
    rows = [facility(group, (0, 10), group) for group in GROUPS[:3]]
    zh, en = told(*rows, known={f"facility:{GROUPS[3]}"})
    assert "800 m以内有3组设施，是否达到4组未知，缺托育医疗，运动、公园绿地未知" in zh
    assert "3 groups of facilities within 800 m, whether 4 are reached is unknown" in en
    few, _ = told(*rows, known={f"facility:{group}" for group in GROUPS})
    assert "不足4组" in few
    assert {name.zh for name in GROUP_NAMES.values()} >= {"托育医疗", "食堂餐饮"}
