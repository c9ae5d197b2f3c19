"""Synthetic cities: they pass the contract, are what was asked for, and come in any parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import sparse
from scipy import stats
from scipy.sparse.csgraph import connected_components

from geo.underuse import STATES
from layers.batch.inputs.folder import ParquetInput
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.edition import catalogue_of
from layers.edition import load_sources
from layers.edition import open_edition
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.synthetic import CitySize
from layers.synthetic import SyntheticCity
from layers.synthetic import city_layers
from layers.synthetic import synthetic_catalogue
from layers.synthetic import write_city
from layers.synthetic.draws import Draws
from layers.synthetic.ground import BANK_M
from layers.synthetic.parks import MOST_CARRIERS
from layers.underuse import underuse_of

if TYPE_CHECKING:
    from layers.catalogue import Catalogue

    Layers = dict[str, gpd.GeoDataFrame | pd.DataFrame]

SIZE = CitySize(districts=5, parks=150, carriers=2500, buildings=6000, units=9000, streets=True)
LINJIANG = Path(__file__).parents[3] / "editions" / "linjiang"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def city(catalogue: Catalogue) -> Layers:
    return city_layers(SIZE, catalogue)


def metric(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(frame).to_crs("EPSG:4549")


def assert_same(first: pd.DataFrame, second: pd.DataFrame) -> None:
    if GEOMETRY in first:
        assert_geodataframe_equal(gpd.GeoDataFrame(first), gpd.GeoDataFrame(second))
        first, second = first.drop(columns=GEOMETRY), second.drop(columns=GEOMETRY)
    assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second), check_exact=True)


def test_there_are_as_many_rows_as_were_asked_for(city: Layers) -> None:
    rows = {key: len(city[key]) for key in ("district", "parks", "carriers", "buildings", "units")}
    assert rows == {
        "district": 5, "parks": 150, "carriers": 2500, "buildings": 6000, "units": 9000,
    }  # fmt: skip


def test_no_row_is_rejected_or_changed_by_the_contract(city: Layers, catalogue: Catalogue) -> None:
    for key, frame in city.items():
        checked = conform(frame, catalogue.layer(key), tables=city)
        assert checked.rejected.empty, key
        assert [issue.code for issue in checked.issues] == [], key
        assert_same(checked.accepted, frame)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    size=st.builds(
        CitySize,
        districts=st.integers(1, 7),
        parks=st.integers(0, 6),
        carriers=st.integers(0, 40),
        buildings=st.integers(0, 60),
        units=st.none() | st.integers(0, 90),
        seed=st.integers(0, 2**40),
        streets=st.booleans(),
    )
)
def test_cities_of_any_size_pass_the_contract(size: CitySize) -> None:
    catalogue = load_catalogue()
    made = city_layers(size, catalogue)
    for key, frame in made.items():
        assert conform(frame, catalogue.layer(key), tables=made).rejected.empty, key
    for key in ("parks", "carriers", "buildings"):
        assert len(made.get(key, ())) == getattr(size, key)
    assert len(made["district"]) == size.districts


@pytest.mark.parametrize("at_once", [1000, 777, 10**9])
def test_a_folder_holds_the_same_rows_however_many_are_written_at_once(
    tmp_path: Path, catalogue: Catalogue, city: Layers, at_once: int
) -> None:
    told: list[tuple[str, int, int]] = []
    write_city(
        SIZE,
        tmp_path / "city",
        catalogue,
        rows_at_once=at_once,
        progress=lambda layer, done, rows: told.append((layer, done, rows)),
    )
    assert {path.name for path in (tmp_path / "city").iterdir()} == set(city)
    for key, frame in city.items():
        files = sorted((tmp_path / "city" / key).iterdir())
        assert len(files) == -(-len(frame) // at_once)
        read = gpd.read_parquet if GEOMETRY in frame else pd.read_parquet
        whole = pd.concat([read(file) for file in files], ignore_index=True)
        assert_same(conform(whole, catalogue.layer(key)).accepted, frame)
        assert (key, len(frame), len(frame)) in told


def test_every_row_can_be_made_by_itself(city: Layers, catalogue: Catalogue) -> None:
    maker = SyntheticCity(SIZE, catalogue)
    for key, frame in city.items():
        for row in (0, len(frame) // 3, len(frame) - 1):
            alone = maker.part(key, row, row + 1)
            assert_same(alone, frame.iloc[[row]].reset_index(drop=True))
        assert len(maker.part(key, len(frame), len(frame) + 5)) == 0


def test_a_layer_does_not_depend_on_the_size_of_those_it_does_not_name(
    city: Layers, catalogue: Catalogue
) -> None:
    other = CitySize(districts=5, parks=150, carriers=900, buildings=10, units=50)
    made = city_layers(other, catalogue)
    assert_same(made["parks"], city["parks"])
    few = CitySize(districts=5, parks=3, carriers=5, buildings=6000)
    assert_same(city_layers(few, catalogue)["buildings"], city["buildings"])


def test_another_seed_gives_another_city_of_the_same_size(
    city: Layers, catalogue: Catalogue
) -> None:
    other = city_layers(
        CitySize(districts=5, parks=150, carriers=2500, buildings=60, units=9000, seed=1), catalogue
    )
    assert len(other["units"]) == len(city["units"])
    same = other["parks"].geometry.geom_equals(city["parks"].geometry)
    assert not same.any()
    assert not other["carriers"]["rent_yuan_m2_day"].equals(city["carriers"]["rent_yuan_m2_day"])


@pytest.mark.parametrize("districts", [1, 2, 3, 16, 200])
def test_the_districts_tile_the_city(catalogue: Catalogue, districts: int) -> None:
    size = CitySize(districts=districts, parks=0, carriers=0, buildings=0)
    outlines = city_layers(size, catalogue)["district"]
    assert outlines["district_code"].to_list() == [str(900101 + i) for i in range(districts)]
    shapes = outlines.geometry
    assert shapes.is_valid.all()
    assert shapes.geom_type.eq("Polygon").all()
    whole = shapely.union_all(shapes.to_numpy())
    # No gaps and no overlaps but slivers of rounded corners: a centimetre along the borders.
    sliver = whole.length * 1e-6
    assert abs(whole.area - shapely.area(shapes.to_numpy()).sum()) < sliver
    filled = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole)))
    assert shapely.area(filled).sum() - whole.area < sliver


def test_there_are_parks_on_the_border_of_districts_and_parks_across_it(city: Layers) -> None:
    districts = gpd.GeoDataFrame(city["district"])
    parks = gpd.GeoDataFrame(city["parks"])
    points = parks[parks.geom_type.eq("Point")]
    at = gpd.sjoin(points, districts[["district_code", "geometry"]], lsuffix="own", rsuffix="of")
    assert at["park_id"].duplicated().any()
    carriers = gpd.GeoDataFrame(city["carriers"])
    centres = carriers.set_geometry(carriers.representative_point())
    lies = gpd.sjoin(centres[centres["park_id"].notna()], districts[["district_code", "geometry"]])
    pairs = lies[["park_id", "district_code"]].drop_duplicates()
    assert pairs["park_id"].duplicated().sum() > 10
    assert parks.geometry.isna().any()
    assert carriers.geometry.isna().any()
    assert {"Point", "Polygon"} <= set(carriers.geom_type.dropna())
    stated = parks["district_code"].dropna()
    assert 0 < len(stated) < len(parks) / 4
    assert stated.isin(districts["district_code"]).all()


def test_parks_have_one_to_sixty_carriers_and_few_have_many(catalogue: Catalogue) -> None:
    size = CitySize(districts=4, parks=1000, carriers=10_000, buildings=0)
    carriers = SyntheticCity(size, catalogue).part("carriers", 0, 10_000)
    held = carriers["park_id"].value_counts()
    assert held.between(1, MOST_CARRIERS).all()
    assert held.max() == MOST_CARRIERS
    assert held.median() <= held.mean() * 0.75
    assert 0.80 < carriers["park_id"].notna().mean() <= 0.85
    assert len(held) == 1000 - 10  # one in 97 has none


def test_areas_add_up_over_units_and_over_parts(city: Layers) -> None:
    carriers = city["carriers"].set_index("carrier_id")
    parts = carriers[[f"{s}_area_m2" for s in ("own_use", "leased", "locked", "vacant")]]
    closed = parts.notna().all(axis=1) & carriers["rentable_area_m2"].notna()
    assert closed.sum() > 1000
    assert (parts[closed].sum(axis=1) == carriers["rentable_area_m2"][closed]).all()
    units = city["units"]
    whole = units.groupby("carrier_id").agg(
        area=("floor_area_m2", "sum"), known=("floor_area_m2", "count"), units=("unit_id", "size")
    )
    whole = whole[whole["known"] == whole["units"]].join(carriers["rentable_area_m2"]).dropna()
    assert len(whole) > 500
    assert (whole["area"] == whole["rentable_area_m2"]).all()
    vacant = units[units["state"].eq("vacant")].groupby("carrier_id")["floor_area_m2"].sum()
    both = pd.concat([vacant, carriers["vacant_area_m2"]], axis=1).loc[whole.index].dropna()
    off = both["floor_area_m2"] != both["vacant_area_m2"]
    assert off.mean() < 0.05  # the state of a hundredth of the units is not known


def test_units_of_guests_are_of_parks_nearby(city: Layers) -> None:
    units = city["units"].merge(
        city["carriers"][["carrier_id", "park_id"]], on="carrier_id", suffixes=("", "_of_carrier")
    )
    guests = units.dropna(subset=["park_id", "park_id_of_carrier"]).query(
        "park_id != park_id_of_carrier"
    )
    assert 0.02 < len(guests) / len(units) < 0.2
    assert units["park_id"].isna().any()


def test_every_state_of_underused_space_occurs(city: Layers, catalogue: Catalogue) -> None:
    states = underuse_of(city, catalogue).table["state"].value_counts()
    assert set(states.index) == set(STATES)
    assert states.min() > 20


def test_every_row_says_that_it_is_invented(city: Layers, catalogue: Catalogue) -> None:
    for key, frame in city.items():
        assert frame["source"].eq("synthetic-city seed=2026").all(), key
        if catalogue.layer(key).has_field("sample"):
            assert frame["sample"].all(), key
        for field in ("name", "tenant"):
            if field in frame and key not in {"buildings", "walkways"}:
                assert frame[field].dropna().str.startswith("示例").all(), key
    assert {"zones", "district"} <= city.keys()
    assert city["zones"]["boundary_status"].eq("sketch").all()


def test_buildings_do_not_overlap_and_keep_off_the_river(city: Layers) -> None:
    shapes = metric(city["buildings"]).geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == other).all()
    river = metric(city["barriers"]).geometry.union_all()
    assert shapely.distance(shapely.centroid(shapes), river).min() > BANK_M * 0.5
    assert (shapely.get_num_interior_rings(shapes) == 1).sum() == SIZE.buildings // 50


def test_the_river_is_one_line_with_bridges_on_it(city: Layers) -> None:
    river = shapely.line_merge(city["barriers"].geometry.union_all())
    assert river.geom_type == "LineString"
    bridges = city["crossings"]
    assert shapely.distance(bridges.geometry.to_numpy(), river).max() < 1e-12
    assert set(bridges["walkable"]) == {True, False}


def test_all_streets_hang_together(city: Layers) -> None:
    lines = city["walkways"].geometry.to_numpy()
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    _places, node = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    node = node.reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(node)), (node[:, 0], node[:, 1])))
    size = int(node.max()) + 1
    graph = sparse.coo_array((graph.data, graph.coords), shape=(size, size))
    assert connected_components(graph)[0] == 1
    assert len(lines) == 2 * (size - round(size**0.5))


def test_another_edition_has_a_city_of_its_own_belts_and_meridian() -> None:
    catalogue = open_edition(LINJIANG)
    made = city_layers(CitySize(districts=2, parks=5, carriers=50, buildings=90), catalogue)
    belts = {choice.value for choice in catalogue.layer("zones").field("belt").choices}
    assert set(made["zones"]["belt"]) <= belts
    west, _south, east, _north = made["district"].total_bounds
    assert west < catalogue.central_meridian < east
    for key, frame in made.items():
        assert conform(frame, catalogue.layer(key), tables=made).rejected.empty, key


def test_draws_are_even_and_of_the_row_alone() -> None:
    draws = Draws(7, "parks")
    rows = np.arange(200_000)
    drawn = draws.uniform("a", rows)
    assert stats.kstest(drawn, "uniform").pvalue > 0.001
    assert np.array_equal(draws.uniform("a", rows[5000:5003]), drawn[5000:5003])
    others = [
        draws.uniform("b", rows),
        Draws(8, "parks").uniform("a", rows),
        Draws(7, "units").uniform("a", rows),
        np.roll(drawn, 1),
    ]
    assert max(abs(np.corrcoef(drawn, other)[0, 1]) for other in others) < 0.01
    logs = np.log(draws.lognormal("c", rows, 100.0, 0.5) / 100.0) / 0.5
    assert stats.kstest(logs, "norm").pvalue > 0.001
    picked = pd.Series(draws.pick("d", rows, ("x", "y", "z"), (1, 2, 7))).value_counts(
        normalize=True
    )
    assert np.allclose(picked[["x", "y", "z"]], [0.1, 0.2, 0.7], atol=0.01)
    assert set(draws.integers("e", rows, 3, 5)) == {3, 4, 5}


@pytest.mark.parametrize("name", ["parks", "carriers", "buildings", "units", "seed"])
def test_a_negative_size_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}`"):
        CitySize(**{name: -1})  # type: ignore[arg-type]


def test_a_city_without_districts_is_refused() -> None:
    with pytest.raises(ValueError, match="`districts`"):
        CitySize(districts=0)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, catalogue: Catalogue) -> None:
    small = CitySize(districts=1, parks=1, carriers=1, buildings=1)
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError):
        write_city(small, tmp_path, catalogue)
    with pytest.raises(UsageError):
        write_city(small, tmp_path / "mine.txt", catalogue)
    with pytest.raises(ValueError, match="`rows_at_once`"):
        write_city(small, tmp_path / "new", catalogue, rows_at_once=0)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    write_city(small, tmp_path / "empty", catalogue)
    assert (tmp_path / "empty" / "parks" / "part-00001.parquet").is_file()


def test_a_folder_that_breaks_off_is_not_there(tmp_path: Path, catalogue: Catalogue) -> None:
    def breaks(layer: str, done: int, rows: int) -> None:
        if layer == "parks" and done == rows:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_city(CitySize(2, 9, 90, 90), tmp_path / "city", catalogue, progress=breaks)
    assert list(tmp_path.iterdir()) == []


def test_a_generated_folder_carries_the_edition_of_no_place(tmp_path: Path) -> None:
    size = CitySize(districts=2, parks=5, carriers=30, buildings=40, seed=7)
    write_city(size, tmp_path / "city", synthetic_catalogue())
    found = catalogue_of(tmp_path / "city")
    assert (found.edition, found.title.zh) == ("synthetic", "虚拟城市（示例）")
    assert found.layer("district").title.zh == "区界"
    sources = load_sources(found.folder).set_index("source_id")
    assert sources.loc["synthetic-city seed=7", "title_en"] == "Synthetic city (sample)"
    source = ParquetInput(tmp_path / "city", found)
    assert set(source.keys()) == set(city_layers(size, found))
    belts = set()
    for chunk in source.chunks("zones"):
        assert chunk.rejected.empty
        belts |= set(chunk.frame["belt"])
    assert belts == {"示例东带", "示例西带"}
    told = [text for spec in found.layers for text in (spec.title, spec.description)]
    assert not [t for t in told if "杨" in t.zh or "Yang" in t.en]


def test_a_city_of_another_edition_carries_that_one(tmp_path: Path) -> None:
    size = CitySize(districts=1, parks=2, carriers=5, buildings=5)
    write_city(size, tmp_path / "city", open_edition(LINJIANG))
    assert catalogue_of(tmp_path / "city").edition == "linjiang"
    write_city(size, tmp_path / "plain", load_catalogue())
    assert not (tmp_path / "plain" / "edition").exists()
