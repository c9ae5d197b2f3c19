"""What the test against chance places spaces on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.chance import Stock
from geo.land import Land
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.errors import UsageError
from layers.stock import ELIGIBLE_CODES
from layers.stock import LEAST_STOCK
from layers.stock import ChanceChoice
from layers.stock import chance_of

if TYPE_CHECKING:
    from layers.catalogue import Catalogue

WEST, SOUTH = 121.50, 31.28


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def layer(catalogue: Catalogue, key: str, content: list[dict[str, Any]]) -> Any:
    spec = catalogue.layer(key)
    result = conform(pd.DataFrame(content, dtype=object), spec)
    assert len(result.accepted) == len(content)
    return result.accepted


def square(east: float, north: float, side: float = 0.0002) -> shapely.Polygon:
    west, south = WEST + east, SOUTH + north
    return shapely.box(west, south, west + side, south + side)


def buildings(catalogue: Catalogue, uses: list[Any], codes: list[Any] | None = None) -> Any:
    codes = codes or [None] * len(uses)
    rows = [
        {
            "building_id": f"B{i}",
            "use": use,
            "land_use_code": code,
            "geometry": square(0.001 * i, 0),
        }
        for i, (use, code) in enumerate(zip(uses, codes, strict=True))
    ]
    return layer(catalogue, "buildings", rows)


def carriers(catalogue: Catalogue, count: int) -> Any:
    rows = [
        {
            "carrier_id": f"C{i}",
            "name": f"载体{i}",
            "carrier_class": "incubator" if i % 2 else "business",
            "geometry": shapely.Point(WEST + 0.001 * i, SOUTH) if i else None,
        }
        for i in range(count)
    ]
    return layer(catalogue, "carriers", rows)


def size(found: Any) -> int:
    assert isinstance(found.null, Stock)
    return len(found.null.xy)


def test_buildings_count_by_use_or_by_land_use_code(catalogue: Catalogue) -> None:
    uses = ["rd", "office", "industrial", "retail", "residential", None, None, None]
    codes = [None, "0701", None, None, None, "080201", "0701", "1001"]
    tables = {"buildings": buildings(catalogue, uses, codes)}
    found = chance_of(tables, catalogue, ChanceChoice("buildings"), 50)
    assert found is not None
    assert (found.label, size(found)) == ("buildings", 5)
    only = chance_of(tables, catalogue, ChanceChoice("buildings", ("retail", "rd")), 50)
    assert size(only) == 2


def test_hosts_are_the_middles_of_the_buildings_in_metres(catalogue: Catalogue) -> None:
    tables = {"buildings": buildings(catalogue, ["rd", "rd"])}
    found = chance_of(tables, catalogue, ChanceChoice("buildings"), 50)
    assert found is not None
    assert isinstance(found.null, Stock)
    apart = np.hypot(*(found.null.xy[1] - found.null.xy[0]))
    assert apart == pytest.approx(95.3, abs=0.3)  # 0.001° of longitude at 31.28° N


def test_carriers_without_a_place_are_no_hosts(catalogue: Catalogue) -> None:
    tables = {"carriers": carriers(catalogue, 41)}
    found = chance_of(tables, catalogue, ChanceChoice(), 50)
    assert found is not None
    assert (found.label, size(found)) == ("carriers", 40)
    some = chance_of(tables, catalogue, ChanceChoice("carriers", ("incubator",)), 50)
    assert size(some) == 20


def test_the_fuller_list_is_taken(catalogue: Catalogue) -> None:
    tables = {"carriers": carriers(catalogue, 41), "buildings": buildings(catalogue, ["rd"] * 39)}
    found = chance_of(tables, catalogue, ChanceChoice(), 50)
    assert found is not None
    assert found.label == "carriers"
    tables["buildings"] = buildings(catalogue, ["rd"] * 40)
    found = chance_of(tables, catalogue, ChanceChoice(), 50)
    assert found is not None
    assert found.label == "buildings"


def landuse(catalogue: Catalogue, *codes: str) -> Any:
    rows = [
        {
            "parcel_id": f"L{i}",
            "land_use_code": code,
            "geometry": square(0.01 * i, 0, 0.01),
        }
        for i, code in enumerate(codes)
    ]
    return layer(catalogue, "landuse", rows)


def district(catalogue: Catalogue) -> Any:
    return layer(catalogue, "district", [{"name": "区", "geometry": square(0, 0, 0.04)}])


def area_m2(found: Any) -> float:
    assert isinstance(found.null, Land)
    return float(shapely.area(found.null.area))


def test_with_too_few_buildings_the_land_is_taken(catalogue: Catalogue) -> None:
    tables = {
        "carriers": carriers(catalogue, LEAST_STOCK),  # one of them has no place
        "district": district(catalogue),
    }
    found = chance_of(tables, catalogue, ChanceChoice(), 70)
    assert found is not None
    assert found.label == "district"
    assert isinstance(found.null, Land)
    assert found.null.separation_m == 70
    whole = area_m2(found)
    tables["landuse"] = landuse(catalogue, "0701", "1701")
    found = chance_of(tables, catalogue, ChanceChoice(), 70)
    assert found is not None
    assert found.label == "district_cut"
    # Two parcels of 1/16 of the district each are housing and water.
    assert area_m2(found) == pytest.approx(whole * 14 / 16, rel=1e-3)
    tables["landuse"] = landuse(catalogue, "0701", "100101", "0802")
    found = chance_of(tables, catalogue, ChanceChoice("land"), 70)
    assert found is not None
    assert found.label == "landuse"
    assert area_m2(found) == pytest.approx(whole * 2 / 16, rel=1e-3)


def test_few_carriers_are_better_than_nothing(catalogue: Catalogue) -> None:
    found = chance_of({"carriers": carriers(catalogue, 5)}, catalogue, ChanceChoice(), 50)
    assert found is not None
    assert (found.label, size(found)) == ("carriers", 4)


def test_without_anything_there_is_no_test(catalogue: Catalogue) -> None:
    assert chance_of({}, catalogue, ChanceChoice(), 50) is None
    assert chance_of({}, catalogue, ChanceChoice("none"), 50) is None
    empty = {"carriers": carriers(catalogue, 3).iloc[:0]}
    assert chance_of(empty, catalogue, ChanceChoice(), 50) is None


@pytest.mark.parametrize("kind", ["buildings", "carriers", "land"])
def test_a_stock_that_was_asked_for_and_is_not_there_is_an_error(
    catalogue: Catalogue, kind: Any
) -> None:
    with pytest.raises(UsageError, match="another stock"):
        chance_of({}, catalogue, ChanceChoice(kind), 50)


def test_unknown_uses_are_named_with_what_there_is(catalogue: Catalogue) -> None:
    tables = {"buildings": buildings(catalogue, ["rd"])}
    with pytest.raises(UsageError, match=r"no use lab.*rd, office"):
        chance_of(tables, catalogue, ChanceChoice("buildings", ("lab",)), 50)


@pytest.mark.parametrize(("draws", "seed"), [(0, 1), (999, -1), (100_000, 1)])
def test_numbers_that_mean_nothing_are_refused(draws: int, seed: int) -> None:
    with pytest.raises(UsageError, match="draws must be 1 to 99,999"):
        ChanceChoice(draws=draws, seed=seed)


def test_the_codes_are_codes_of_the_national_list() -> None:
    listed = pd.read_csv(load_catalogue().folder / "landuse.csv", dtype="str")["code"]
    assert all(listed.str.startswith(code).any() for code in ELIGIBLE_CODES)


def test_draws_and_seed_travel(catalogue: Catalogue) -> None:
    tables = {"carriers": carriers(catalogue, 40)}
    found = chance_of(tables, catalogue, ChanceChoice(draws=199, seed=7), 50)
    assert found is not None
    assert (found.draws, found.seed) == (199, 7)
    assert isinstance(tables["carriers"], gpd.GeoDataFrame)
