from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod
from pyproj import Transformer

from geo.gcj import wgs84_to_gcj02
from layers.catalogue import EDITION_DIR
from layers.errors import IntakeError
from layers.intake.columns import find_places
from layers.intake.placing.locate import locate
from layers.intake.placing.locate import rank_systems
from layers.intake.placing.whereabouts import candidates
from layers.intake.placing.whereabouts import clear_candidate
from layers.intake.read import read_raw
from layers.intake.source import Request
from layers.systems import find_system

if TYPE_CHECKING:
    from pathlib import Path

    from layers.intake.placing.locate import Located

LON, LAT = 121.52, 31.30


@pytest.fixture(scope="module")
def district() -> Any:
    return gpd.read_file(EDITION_DIR / "district.geojson").to_crs(4490).geometry.iloc[0]


# --- what the numbers alone say --------------------------------------------

# Coordinates, the systems that fit them, and whether the axes are the other way round.
ORACLE = [
    ([121.52, 31.3], ["CGCS2000", "GCJ02", "BD09"], False),
    ([31.3, 121.52], ["CGCS2000", "GCJ02", "BD09"], True),
    ([642843.682, 3462989.435], ["EPSG:4549"], False),
    ([3462989.435, 642843.682], ["EPSG:4549"], True),
    ([357156.318, 3462989.435], ["EPSG:4550", "EPSG:32651"], False),
    ([40642843.682, 3462989.435], ["EPSG:4528"], False),
    ([41357156.318, 3462989.435], ["EPSG:4529"], False),
    ([3462989.435, 40642843.682], ["EPSG:4528"], True),
    ([21357156.318, 3462989.435], ["EPSG:4499"], False),
    ([13525318.131, 3669166.111], ["EPSG:3857"], False),
]


@pytest.mark.parametrize(("xy", "names", "swapped"), ORACLE)
def test_the_oracle_of_coordinate_guesses(
    district: Any, xy: list[float], names: list[str], swapped: bool
) -> None:
    ranked = candidates([xy], district=district)
    assert [one.name for one in ranked[: len(names)]] == names
    assert all(one.swapped == swapped for one in ranked[: len(names)])
    assert all(one.share_inside == 1.0 for one in ranked[: len(names)])
    for one in ranked[: len(names)]:
        assert set(one.ambiguous_with) == set(names) - {one.name}
        assert "100%" in one.reason.zh
        assert ("已交换" in one.reason.zh) == swapped
    best = clear_candidate(ranked)
    assert best == (ranked[0] if len(names) == 1 else None)


def test_small_numbers_are_a_local_grid_of_which_nothing_is_known(district: Any) -> None:
    ranked = candidates([[4500.2, 8123.9]], district=district)
    assert ranked[0].system is None
    assert ranked[0].name == "LOCAL"
    assert "参数不公开" in ranked[0].reason.zh
    assert np.isnan(ranked[0].lonlat([[4500.2, 8123.9]])).all()
    assert clear_candidate(ranked) is None


@pytest.mark.parametrize(
    "xy", [[[0.0, 0.0]], [], [[np.nan, 1.0]], [[np.inf, np.inf]], [[1e30, 1e30]]]
)
def test_numbers_that_lead_nowhere_have_no_candidate(district: Any, xy: Any) -> None:
    assert clear_candidate(candidates(np.array(xy).reshape(-1, 2), district=district)) is None


def test_centres_and_displacements_are_those_of_pyproj(district: Any) -> None:
    xy = [[357156.318, 3462989.435]]
    ranked = {one.name: one for one in candidates(xy, district=district)}
    centre = {}
    for code in (4550, 32651):
        centre[code] = Transformer.from_crs(code, 4490, always_xy=True).transform(
            xy[0][0], xy[0][1]
        )
        assert ranked[f"EPSG:{code}"].centre == pytest.approx(centre[code], abs=1e-9)
        assert ranked[f"EPSG:{code}"].lonlat(xy)[0] == pytest.approx(centre[code], abs=1e-9)
    apart = Geod(ellps="GRS80").inv(*centre[4550], *centre[32651])[2]
    assert ranked["EPSG:4550"].displacement_m == 0.0
    assert ranked["EPSG:32651"].displacement_m == pytest.approx(apart, abs=1e-6)
    assert apart == pytest.approx(1385, abs=5)
    degrees = candidates([[121.5056, 31.2990]], district=district)
    assert degrees[1].displacement_m == pytest.approx(475.7, abs=3)
    assert degrees[2].displacement_m == pytest.approx(1121.9, abs=6)


def test_withdrawn_systems_are_listed_last_and_make_nothing_ambiguous(district: Any) -> None:
    ranked = candidates([[642843.682, 3462989.435]], district=district)
    old = [one for one in ranked if one.name in ("EPSG:2385", "EPSG:2437")]
    assert len(old) == 2
    assert all("停用" in one.reason.zh and one.ambiguous_with == ("EPSG:4549",) for one in old)
    assert ranked[0].ambiguous_with == ()


def test_shares_count_places_around_the_district_and_not_far_away(district: Any) -> None:
    # Three inside, one 1 km off the western edge of the outline, one in Pudong airport.
    west = district.bounds[0]
    edge = district.exterior.interpolate(0)
    points = [[LON, LAT], [LON, LAT + 0.002], [121.51, 31.29], [edge.x, edge.y], [121.80, 31.14]]
    ranked = candidates(points, district=district)
    assert ranked[0].share_inside == pytest.approx(0.8)
    assert ranked[0].share_in_country == 1.0
    assert west < LON
    near = candidates(points, district=district, around_m=100_000.0)
    assert near[0].share_inside == 1.0


def test_a_declared_system_is_the_first_among_equals(district: Any) -> None:
    declared = find_system("EPSG:32651")
    ranked = candidates([[357156.318, 3462989.435]], district=district, declared=declared)
    assert ranked[0].name == "EPSG:32651"
    assert "文件已写明" in ranked[0].reason.zh
    assert [one.name for one in ranked].count("EPSG:32651") == 1


def test_without_a_district_the_zones_cannot_be_told_apart() -> None:
    ranked = candidates([[642843.682, 3462989.435]])
    assert {"EPSG:4549", "EPSG:4550"} <= {one.name for one in ranked}
    assert clear_candidate(ranked) is None
    assert "全国" in ranked[0].reason.zh


def test_a_large_file_is_sampled(district: Any) -> None:
    xy = np.tile([642843.682, 3462989.435], (300_000, 1))
    xy[::2] += [10.0, 20.0]
    assert clear_candidate(candidates(xy, district=district)) is not None


# --- what becomes of a file ------------------------------------------------


def place(path: Path, crs: str | None = None, **more: Any) -> tuple[Located, list[str]]:
    request = Request(path, "carriers")
    raw = read_raw(request)
    located = locate(raw, find_places(raw.frame.columns), request, crs, **more)
    return located, [issue.code for issue in located.issues]


def metres(code: int, lonlat: Any = ((LON, LAT), (121.51, 31.29), (121.53, 31.305))) -> Any:
    move = Transformer.from_crs(4490, code, always_xy=True)
    return [move.transform(*point) for point in lonlat]


def table(desk: Any, rows: Any, head: str = "x,y") -> Path:
    lines = [f"C{i},{x!r},{y!r}" for i, (x, y) in enumerate(rows)]
    path: Path = desk.csv(f"carrier_id,{head}\n" + "\n".join(lines) + "\n")
    return path


def test_metres_of_no_system_are_refused_with_what_they_may_be(desk: Any, district: Any) -> None:
    path = table(desk, metres(4550))
    with pytest.raises(IntakeError) as caught:
        place(path, district=district)
    for text in (caught.value.text.zh, caught.value.text.en):
        assert text.index("1) EPSG:4550") < text.index("2) EPSG:32651")
        assert "--crs EPSG:4550" in text
        assert "EPSG:4528" not in text
    assert "米" in caught.value.text.zh
    ranked = rank_systems(
        read_raw(Request(path)), {"lon": "x", "lat": "y"}, Request(path), district
    )
    assert ranked[0].name == "EPSG:4550"


@pytest.mark.parametrize("turn", [False, True])
def test_auto_takes_what_is_clear(desk: Any, district: Any, turn: bool) -> None:
    rows = [(y, x) if turn else (x, y) for x, y in metres(4549)]
    located, codes = place(table(desk, rows), "auto", district=district)
    assert located.geometry is not None
    assert located.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    assert located.crs == "EPSG:4549"
    assert "crs_chosen" in codes
    assert ("axes_swapped" in codes) == turn == located.swapped


def test_auto_does_not_choose_between_what_is_ambiguous(desk: Any, district: Any) -> None:
    with pytest.raises(IntakeError, match="EPSG:32651"):
        place(table(desk, metres(4550)), "AUTO", district=district)
    with pytest.raises(IntakeError, match="地方坐标"):
        place(table(desk, [(4500.2, 8123.9)]), "auto", district=district)


def test_auto_takes_degrees_as_they_are(desk: Any, district: Any) -> None:
    located, codes = place(table(desk, [(LON, LAT)]), "auto", district=district)
    assert codes == ["crs_assumed"]
    assert located.crs == "EPSG:4326"


def test_auto_does_not_choose_degrees_that_may_be_shifted(tmp_path: Path, district: Any) -> None:
    path = tmp_path / "奥维.ovkml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>甲</name>'
        f"<Point><coordinates>{LON},{LAT}</coordinates></Point></Placemark></kml>",
        encoding="utf-8",
    )
    for word in (None, "auto"):
        with pytest.raises(IntakeError) as caught:
            place(path, word, district=district)
        text = caught.value.text
        assert text.zh.startswith("文件 奥维.ovkml 还差一项选择：")
        assert text.en.startswith("奥维.ovkml needs a decision: ")
        for name in ("CGCS2000", "GCJ02", "BD09", "--crs"):
            assert name in text.zh
            assert name in text.en
        assert "第 3 步" in text.zh
    assert place(path, "GCJ02", district=district)[0].crs == "GCJ02"


@pytest.mark.parametrize("code", [4549, 4550, 4528, 32651, 3857])
def test_north_before_east_is_swapped_if_nothing_fits_otherwise(
    desk: Any, district: Any, code: int
) -> None:
    rows = [(y, x) for x, y in metres(code)]
    located, codes = place(table(desk, rows), f"EPSG:{code}", district=district)
    assert codes.count("axes_swapped") == 1
    assert located.geometry is not None
    assert located.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    (issue,) = [i for i in located.issues if i.code == "axes_swapped"]
    assert issue.severity == "warning"
    assert "3 行" in issue.message.zh
    straight, codes = place(table(desk, metres(code)), f"EPSG:{code}", district=district)
    assert "axes_swapped" not in codes
    assert not straight.swapped


def test_all_latitudes_in_the_longitude_column_are_swapped(desk: Any) -> None:
    rows = [(LAT, LON), (31.29, 121.51)]
    result = desk.take(table(desk, rows, "lon,lat"))
    assert result.accepted.geometry[0].equals_exact(shapely.Point(LON, LAT), 1e-12)
    assert desk.codes(result).count("axes_swapped") == 1


def test_a_single_swapped_row_is_rejected_by_row(desk: Any) -> None:
    result = desk.take(table(desk, [(LON, LAT), (LAT, LON)], "lon,lat"))
    assert result.accepted["carrier_id"].tolist() == ["C0"]
    assert "axes_swapped" not in desk.codes(result)
    assert "coordinates_swapped" in desk.codes(result)


def test_the_users_word_about_the_axes_is_taken(desk: Any, district: Any) -> None:
    path = table(desk, [(LAT, LON)], "lon,lat")
    located, codes = place(path, swap=False, district=district)
    assert located.geometry is not None
    assert (located.geometry[0].x, "axes_swapped" in codes) == (pytest.approx(LAT), False)
    located, codes = place(table(desk, [(LON, LAT)]), swap=True)
    assert located.geometry is not None
    assert (located.geometry[0].x, "axes_swapped" in codes) == (pytest.approx(LAT), True)


@pytest.mark.parametrize(("named", "doubted"), [("EPSG:4549", True), ("EPSG:4550", False)])
def test_a_named_system_that_leads_elsewhere_is_doubted(
    desk: Any, district: Any, named: str, doubted: bool
) -> None:
    located, codes = place(table(desk, metres(4550)), named, district=district)
    assert located.crs == named
    assert ("crs_doubtful" in codes) == doubted
    # Nothing is known better about a file of another city.
    far = table(desk, [(116.4, 39.9), (116.5, 39.8)], "lon,lat")
    assert "crs_doubtful" not in place(far, "EPSG:4490", district=district)[1]


@pytest.mark.parametrize("crs", ["EPSG:4490", "GCJ02"])
def test_heights_stay_until_they_are_told_of(desk: Any, crs: str) -> None:
    points = [desk.point(LAT, LON), {"type": "Point", "coordinates": [31.29, 121.51, 12.5]}]
    features = [desk.feature(p, carrier_id=f"C{i}") for i, p in enumerate(points)]
    result = desk.take(desk.geojson(features), crs=crs)
    assert {"axes_swapped", "height_dropped"} <= set(desk.codes(result))
    assert result.accepted.geometry.notna().all()


def test_degrees_named_as_shifted_and_swapped(desk: Any) -> None:
    x, y = (float(v) for v in wgs84_to_gcj02(LON, LAT))
    located, codes = place(table(desk, [(y, x)], "lon,lat"), "GCJ02")
    assert located.geometry is not None
    assert located.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    assert {"axes_swapped", "shift_corrected"} <= set(codes)
    assert located.before is not None
    assert (located.before[0].x, located.before[0].y) == pytest.approx((x, y), abs=1e-12)
    assert located.systems is not None
    assert located.systems.tolist() == ["GCJ02"]


def test_a_long_table_is_ranked_by_some_of_its_rows(desk: Any, district: Any) -> None:
    rows = metres(4549)
    text = "carrier_id,x,y\n" + "".join(f"E{i},,\n" for i in range(3000))
    text += "".join(f"C{i},{x},{y}\n" for i, (x, y) in enumerate(rows * 2000))
    request = Request(desk.csv(text), "carriers")
    raw = read_raw(request)
    ranked = rank_systems(raw, find_places(raw.headings), request, district)
    few = read_raw(Request(table(desk, rows), "carriers"))
    alone = rank_systems(few, find_places(few.headings), request, district)
    assert [(one.name, one.swapped, one.share_inside) for one in ranked] == [
        (one.name, one.swapped, one.share_inside) for one in alone
    ]
    assert rank_systems(raw, {}, request, district) == ()


def test_angles_and_pairs_are_read_from_tables(desk: Any) -> None:
    text = (
        "carrier_id,经度,纬度\nC1,121°31′12″,31°18′\nC2,东经121.52,北纬31.3\nC3,121.52,31.3\n"
        "C4,121°61′00″,31.3\nC5,-,-\nC6,121.52,/\nC7,121.5o,31.3\n"
    )
    result = desk.take(desk.csv(text))
    assert result.accepted["carrier_id"].tolist() == ["C1", "C2", "C3", "C5"]
    assert all(
        shape.equals_exact(shapely.Point(LON, LAT), 1e-12) for shape in result.accepted.geometry[:3]
    )
    assert result.accepted.geometry[3] is None
    errors = {i.row: i.code for i in result.issues if i.severity == "error"}
    assert errors == {4: "not_degrees", 6: "half_coordinate", 7: "not_a_number"}
    read = [i for i in result.issues if i.code == "degrees_read"]
    assert [(i.field, i.severity, "2 格" in i.message.zh) for i in read] == [
        ("经度", "info", True),
        ("纬度", "info", True),
    ]


def test_both_coordinates_in_one_cell(desk: Any) -> None:
    path = desk.csv(
        'carrier_id,位置\nC1,"121.52,31.3"\nC2,"(31.3, 121.52)"\n'
        "C3,121°31′12″ 31°18′\nC4,东头\nC5,\n"
    )
    request = Request(path, "carriers")
    located = locate(read_raw(request), {"lonlat": "位置"}, request, None)
    assert located.geometry is not None
    assert [shape is not None for shape in located.geometry] == [True, True, True, False, False]
    for shape in located.geometry[:3]:
        assert shape.equals_exact(shapely.Point(LON, LAT), 1e-12)
    found = {issue.code: (issue.row, issue.severity) for issue in located.issues}
    assert found == {
        "not_a_pair": (4, "error"),
        "degrees_read": (0, "info"),
        "latitude_first": (0, "info"),
        "crs_assumed": (0, "warning"),
    }


def test_packed_angles_are_never_guessed(desk: Any, district: Any) -> None:
    with pytest.raises(IntakeError, match="度分秒"):
        place(table(desk, [(1213020.5, 311800.0)]), district=district)


def test_a_table_without_places_or_rows_is_no_error(desk: Any, district: Any) -> None:
    located, codes = place(desk.csv("carrier_id,x,y\nC1,,\n"), district=district)
    assert located.geometry is not None
    assert located.geometry.tolist() == [None]
    # Of no place nothing is assumed.
    assert codes == []
    assert place(desk.csv("carrier_id\nC1\n"), district=district)[0].geometry is None


# --- names of systems ------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("高德坐标", "GCJ02"),
        ("高德地图坐标系", "GCJ02"),
        ("腾讯坐标", "GCJ02"),
        ("火星坐标系", "GCJ02"),
        ("百度坐标", "BD09"),
        ("BD-09", "BD09"),
        ("天地图", "CGCS2000"),
        ("国家2000坐标系", "CGCS2000"),
        ("2000国家大地坐标系", "CGCS2000"),
        ("2000坐标系", "CGCS2000"),
        ("WGS-84坐标系", "WGS84"),
        ("84坐标", "WGS84"),
        (" ＷＧＳ８４ ", "WGS84"),
        ("ＥＰＳＧ：4549", "EPSG:4549"),
        ("epsg 4549", "EPSG:4549"),
        ("CGCS2000_3_Degree_GK_CM_120E", "EPSG:4549"),
        ("CGCS2000 / 3-degree Gauss-Kruger CM 123E", "EPSG:4550"),
        ("WGS 84 / UTM zone 51N", "EPSG:32651"),
    ],
)
def test_names_that_people_give_systems(text: str, name: str) -> None:
    system = find_system(text)
    assert system is not None
    assert system.name == name


@pytest.mark.parametrize("text", ["84", "上海2000", "坐标系", "", "LOCAL", "auto", "+proj=tmerc"])
def test_names_that_say_too_little(text: str) -> None:
    assert find_system(text) is None
