"""Measures of tasks: by hand on small tables, and nothing unknown is told as 0."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point
from shapely import box

from geo.crs import STORAGE_CRS
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.frames import empty_frame
from layers.plan import Measured
from layers.plan import Results
from layers.plan import board
from layers.plan import load_plan
from layers.plan import measured

CATALOGUE = load_catalogue()
_PLAN = load_plan(CATALOGUE.folder)
assert _PLAN is not None
PLAN = _PLAN
TODAY = dt.date(2026, 11, 27)
# A zone of a tenth of a degree; places in it and beside it.
INSIDE, OUTSIDE = Point(121.55, 31.05), Point(121.75, 31.05)


def layer(key: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as the workspace would hold them."""
    frame = pd.DataFrame(rows, dtype=object)
    if CATALOGUE.layer(key).geometry:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=STORAGE_CRS)
    # Older rows came in before a proof was asked for.
    spec = CATALOGUE.layer(key)
    fields = tuple(dataclasses.replace(field, proof=False) for field in spec.fields)
    checked = conform(frame, dataclasses.replace(spec, fields=fields))
    assert checked.rejected.empty, checked.rejected
    return checked.accepted


def values(task_id: str, **tables: list[dict[str, Any]]) -> dict[str, Measured]:
    made = {key: layer(key, rows) for key, rows in tables.items()}
    every = {spec.key: empty_frame(spec) for spec in CATALOGUE.layers} | made
    found = board(PLAN, every, CATALOGUE, TODAY, lambda _sha256: False)
    return {one.key: one for one in measured(PLAN.task(task_id), Results(every, CATALOGUE, found))}


def carrier(name: str, place: Point | None, **cells: Any) -> dict[str, Any]:
    return {"carrier_id": name, "name": name, "geometry": place, "source": "x", **cells}


ZONE = {
    "zone_id": "Z1",
    "name": "Z",
    "belt": "未来谷",
    "boundary_status": "sketch",
    "source": "x",
    "geometry": box(121.5, 31.0, 121.6, 31.1),
}


def test_space_in_a_zone_is_a_share_of_what_is_known() -> None:
    rows = [
        carrier("A", INSIDE, gross_area_m2=300, rentable_area_m2=200, vacant_area_m2=50),
        carrier("B", OUTSIDE, gross_area_m2=700, rentable_area_m2=500, vacant_area_m2=500),
        carrier("C", INSIDE),
        # Vacant space without the space it is of says nothing of a rate.
        carrier("D", INSIDE, vacant_area_m2=900),
    ]
    found = values("T17", carriers=rows, zones=[ZONE])
    assert found["belt_share"].value == pytest.approx(30)
    assert "300 m²，占全部载体 1,000 m²" in found["belt_share"].text.zh
    assert "另有 2 处载体位置或面积不明" in found["belt_share"].text.zh
    assert found["belt_vacancy"].value == pytest.approx(25)


def test_a_zone_of_which_nothing_is_known_is_not_zero() -> None:
    found = values("T17", carriers=[carrier("A", INSIDE)], zones=[ZONE])
    assert found["belt_share"].value is None
    assert found["belt_share"].text.zh == "未提供"
    assert found["belt_vacancy"].value is None
    assert found["belt_vacancy"].text.zh == "未提供"


def unit(name: str, industry: str | None, area: float | None, state: str = "leased") -> Any:
    return {
        "unit_id": name,
        "carrier_id": "A",
        "state": state,
        "industry": industry,
        "floor_area_m2": area,
    }


@pytest.mark.parametrize(
    ("units", "value", "said"),
    [
        ([unit("1", "生命健康", 100), unit("2", "生命健康", 50)], 150, "150 m²"),
        ([unit("1", "生命健康", 100), unit("2", "生命健康", None)], 100, "另有 1 个单元面积不明"),
        ([unit("1", "生命健康", None)], None, "未提供"),
        ([unit("1", None, 100)], None, "未提供；1 个已租单元未填产业"),
        ([unit("1", "绿色低碳", 100)], 0, "0 m²"),
        ([unit("1", "生命健康", 100), unit("2", None, 9)], 100, "1 个已租单元未填产业"),
        ([unit("1", "生命健康", 100), unit("2", "生命健康", 7, "vacant")], 100, "100 m²"),
    ],
)
def test_space_let_to_an_industry(units: list[Any], value: float | None, said: str) -> None:
    found = values("T08", units=units)["industry_生命健康"]
    assert found.value == value
    assert said in found.text.zh
    assert found.internal


def facility(name: str, opened: str, campus: str | None = "C1") -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "kind": "canteen",
        "open_to_tenants": opened,
        "campus_id": campus,
        "source": "x",
        "geometry": INSIDE,
    }


@pytest.mark.parametrize(
    ("rows", "value", "said"),
    [
        ([facility("1", "是"), facility("2", "否")], 1, "共 2 处，0 处不明"),
        ([facility("1", "是"), facility("2", "")], 1, "共 2 处，1 处不明"),
        ([facility("1", "")], None, "未提供"),
        ([facility("1", "是", None)], None, "未提供"),
    ],
)
def test_open_facilities_of_campuses(rows: list[Any], value: float | None, said: str) -> None:
    found = values("T10", facilities=rows)["open_facilities"]
    assert found.value == value
    assert said in found.text.zh


def test_incubators_and_the_firms_in_them() -> None:
    rows = [
        {"id": "I1", "name": "I1", "source": "x", "geometry": INSIDE, "floor_area_m2": 4000},
        {"id": "I2", "name": "I2", "source": "x", "geometry": INSIDE},
    ]
    space = [
        carrier("A", INSIDE, carrier_class="incubator", gross_area_m2=2000, incubated=30),
        carrier("B", INSIDE, carrier_class="incubator", gross_area_m2=9000),
        carrier("C", INSIDE, carrier_class="other", gross_area_m2=9000, incubated=30),
    ]
    found = values("T12", incubators=rows, carriers=space)
    assert found["incubators"].value == 2
    assert found["incubators_area"].value == 4000
    assert "2 家中 1 家" in found["incubators_area"].text.zh
    assert found["incubated"].value == pytest.approx(15)
    assert values("T12", incubators=rows[1:])["incubators_area"].text.zh == "未提供"


def test_platforms_are_told_by_status_and_an_unknown_one_is_said() -> None:
    rows = [
        {"id": f"P{n}", "name": f"P{n}", "kind": kind, "status": status, "source": "x"}
        | {"geometry": INSIDE}
        for n, (kind, status) in enumerate(
            [("research", "built"), ("research", None), ("transfer", "built")]
        )
    ]
    found = values("T04", platforms=rows)["institutes"]
    assert found.value == 2
    assert "未提供 1" in found.text.zh


def approved(name: str, kind: str, until: str | None = None) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "kind": kind,
        "approval_no": "1",
        "approved_by": "x",
        "approved_on": "2026-01-01",
        "valid_until": until,
        "source": "x",
        "geometry": INSIDE,
    }


def test_low_altitude_counts_only_what_is_still_approved() -> None:
    rows = [
        approved("1", "route"),
        approved("2", "route", "2026-11-27"),
        approved("3", "route", "2026-11-26"),
        approved("4", "scene"),
    ]
    found = values("T07", low_altitude=rows)
    assert (found["low_altitude_route"].value, found["low_altitude_scene"].value) == (2, 1)


@pytest.mark.parametrize(
    "lacking",
    [{"approval_no": "无"}, {"approved_by": "—"}, {"approved_on": "2026-11-28"}],
)
def test_what_proves_no_approval_is_not_counted_and_that_is_said(lacking: dict[str, str]) -> None:
    """They came in before the layer asked for a proof, or are of another day."""
    rows = [approved("1", "route"), {**approved("2", "route"), **lacking}, approved("3", "scene")]
    found = values("T07", low_altitude=rows)
    assert found["low_altitude_route"].value == 1
    assert (
        "另有 1 个批准文号、单位或日期不能证明已批准，不计" in found["low_altitude_route"].text.zh
    )
    assert found["low_altitude_scene"].text.zh == "1 个"


def test_tasks_with_an_owner_and_a_date_are_counted() -> None:
    rows = [
        {"task_id": "T01", "owner": "甲", "data_date": "2026-11-01"},
        {"task_id": "T02", "owner": "乙"},
        {"task_id": "S01", "owner": "丙", "data_date": "2026-11-01"},
    ]
    assert values("S03", tasks=rows)["recorded"].text.zh == "1/18 项"


def test_parks_without_a_place_are_said_beside_the_sum_of_sites() -> None:
    common = {"park_class": "business", "boundary_status": "sketch", "source": "x"}
    parks: list[dict[str, Any]] = [
        {"park_id": name, "name": name, "geometry": None, **common} for name in ("P", "Q")
    ]
    space = [
        carrier("A", INSIDE, park_id="P", gross_area_m2=100),
        carrier("B", OUTSIDE, park_id="P", gross_area_m2=100),
        carrier("C", None, park_id="Q", gross_area_m2=100),
    ]
    found = values("T02", parks=parks, carriers=space)
    assert found["sites"].value == 2
    assert "1/2 个园区可定位" in found["sites"].text.zh
