"""The second edition: always the same, sound, fictional, and marked as sample."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from data.make_operation import MARKET
from editions.make_linjiang import FOLDER
from editions.make_linjiang import PARKS
from editions.make_linjiang import generate
from layers.catalogue import load_catalogue
from layers.edition import Edition
from layers.edition import load_edition
from layers.edition import load_sources
from layers.edition import open_edition
from layers.marks import is_sample

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".geojson", ".csv"})
GENERATED = [name for name in WRITTEN if name != "sources.csv"]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load_edition(open_edition(FOLDER))


@pytest.mark.parametrize("name", GENERATED)
def test_regenerated_files_are_the_committed_ones(tmp_path: Path, name: str) -> None:
    generate(tmp_path)
    committed = (FOLDER / name).read_bytes().replace(b"\r\n", b"\n")
    assert (tmp_path / name).read_bytes() == committed


def test_another_seed_gives_other_spaces_of_the_same_parks(tmp_path: Path) -> None:
    generate(tmp_path, seed=1)
    same = {"district", "zones", "parks", "stations", "barriers", "crossings"}
    for name in GENERATED:
        equal = (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
        assert equal == (name.partition(".")[0] in same), name


def test_every_file_of_the_folder_belongs_to_a_layer() -> None:
    named = {spec.file for spec in open_edition(FOLDER).layers} - {""}
    assert {path.name for path in FOLDER.iterdir()} == {*named, "catalogue.toml", "sources.csv"}


def test_nothing_is_found_wrong_with_any_row(edition: Edition) -> None:
    assert edition.issues == ()
    assert len(edition.tables["parks"]) == len(PARKS) == 12
    assert len(edition.tables["carriers"]) == sum(park.carriers for park in PARKS) + 4
    assert set(edition.tables["zones"]["belt"]) == {"滨江带", "书院带"}
    assert edition.tables["district"]["district_code"].tolist() == ["900101"]


def test_every_row_is_sample_or_sketch_and_of_a_listed_source(edition: Edition) -> None:
    sources = load_sources(FOLDER)
    known = dict(zip(sources["source_id"], sources["quality"], strict=True))
    for key, frame in edition.tables.items():
        if frame.empty:
            continue
        assert {known[source] for source in frame["source"]} == {"X"}, key
        if "sample" in frame:
            assert is_sample(frame).all(), key
        elif "boundary_status" in frame:
            assert set(frame["boundary_status"]) == {"sketch"}, key
        else:
            assert frame["note"].str.contains("示例").all(), key


def test_areas_of_a_carrier_are_the_sums_of_its_units(edition: Edition) -> None:
    units, carriers = edition.tables["units"], edition.tables["carriers"]
    sums = units.pivot_table(
        index="carrier_id", columns="state", values="floor_area_m2", aggfunc="sum", fill_value=0
    )
    told = carriers.dropna(subset="vacant_area_m2").set_index("carrier_id")
    assert 0.8 * len(carriers) < len(told) < len(carriers)
    for state in ("leased", "vacant"):
        expected = sums.loc[told.index, state].astype(float)
        pd.testing.assert_series_equal(
            told[f"{state}_area_m2"].astype(float), expected, check_names=False
        )


def test_indicators_are_of_parks_operators_and_the_market(edition: Edition) -> None:
    known = {
        *edition.tables["parks"]["park_id"],
        *edition.tables["operators"]["operator_id"],
        MARKET,
    }
    assert set(edition.tables["indicators"]["subject_id"]) <= known
    cards = Counter(edition.tables["indicators"]["card"])
    assert set(cards) == {"university", "characteristic", "incubator", "operator"}


def test_no_place_is_in_the_bundled_district(edition: Edition) -> None:
    west, _south, east, _north = load_catalogue().place.bounds
    for frame in edition.tables.values():
        if len(frame) and "geometry" in frame:
            bounds = frame.total_bounds
            assert bounds[2] < west or bounds[0] > east


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 400_000
