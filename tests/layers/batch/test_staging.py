"""Staging: every row is in the districts it should be in, once, whatever way it came."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from geo.batch.scopes import CODE
from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from layers.batch.inputs import ParquetInput
from layers.batch.inputs import WorkspaceInput
from layers.batch.staging import Stage
from layers.batch.staging import StageError
from layers.batch.staging import spool
from layers.batch.staging import stage
from layers.belonging import parks_elsewhere
from layers.workspace import Workspace
from tests.layers.batch.city_hand import EAST
from tests.layers.batch.city_hand import NORTH
from tests.layers.batch.city_hand import A
from tests.layers.batch.city_hand import B
from tests.layers.batch.city_hand import C
from tests.layers.batch.city_hand import city
from tests.layers.batch.inputs_hand import CATALOGUE
from tests.layers.batch.inputs_hand import HALO_M
from tests.layers.batch.inputs_hand import MemoryInput
from tests.layers.batch.inputs_hand import layer
from tests.layers.batch.inputs_hand import write

if TYPE_CHECKING:
    from pathlib import Path

    from layers.batch.inputs import BatchInput


OWNED = ("parks", "carriers", "units", "buildings")


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return city()


@pytest.fixture(scope="module")
def staged(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("stage")
    return stage(MemoryInput(tables), folder, CATALOGUE, halo_m=HALO_M)


def ids(staged: Stage, scope: str, key: str) -> set[str]:
    found = staged.tables(scope, (key,)).get(key)
    return set() if found is None else set(found[CATALOGUE.layer(key).id_field])


def guests(staged: Stage, scope: str, key: str) -> set[str]:
    rows = staged.guest_rows
    return set(rows.loc[rows["scope"].eq(scope) & rows["layer"].eq(key), "id"])


def test_the_scopes_are_the_districts_and_what_belongs_to_none(staged: Stage) -> None:
    assert staged.scopes == ("", A, B, C)


@pytest.mark.parametrize("key", OWNED)
def test_every_owned_row_is_in_exactly_one_district_and_otherwise_a_guest(
    staged: Stage, tables: dict[str, Any], key: str
) -> None:
    found = [i for s in staged.scopes for i in ids(staged, s, key) - guests(staged, s, key)]
    assert sorted(found) == sorted(tables[key][CATALOGUE.layer(key).id_field])


def test_rows_are_as_they_were_and_ordered_by_id(staged: Stage, tables: dict[str, Any]) -> None:
    for key in OWNED:
        spec = CATALOGUE.layer(key)
        whole = tables[key].set_index(spec.id_field, drop=False)
        for scope in staged.scopes:
            for frame in staged.chunks(scope, key):
                assert list(frame[spec.id_field]) == sorted(frame[spec.id_field])
                expected = whole.loc[frame[spec.id_field]].reset_index(drop=True)
                if key == "parks":
                    # A visitor says where it is at home.
                    visits = expected["park_id"].isin(guests(staged, scope, key))
                    homes = expected["park_id"].map(staged.parks.set_index("park_id")["scope"])
                    homes = homes.replace("", "_").astype("str")
                    expected[CODE] = expected[CODE].mask(visits, homes)
                assert_frame_equal(frame, expected, check_exact=True)


def test_a_park_is_never_cut_and_its_carriers_go_with_it(
    staged: Stage, tables: dict[str, Any]
) -> None:
    carriers = tables["carriers"].dropna(subset="park_id")
    for park, rows in carriers.groupby("park_id"):
        where = [s for s in staged.scopes if ids(staged, s, "carriers") >= set(rows["carrier_id"])]
        assert len(where) >= 1, park
    scope = staged.parks.set_index("park_id")["scope"]
    # Two of four carriers are in A, and one each in B and C.
    assert scope["THREE"] == A
    # One carrier on the corner of all three: the smallest code.
    assert scope["CORNER"] == A
    # A code in the register goes before the place.
    assert scope["CODED"] == C
    assert scope["FAR"] == scope["LOST"] == scope["NOWHERE"] == ""


def test_a_park_that_holds_units_elsewhere_sees_these_carriers_and_units(
    staged: Stage, tables: dict[str, Any]
) -> None:
    units, scope = tables["units"], staged.parks.set_index("park_id")["scope"]
    assert scope["GUEST"] == A
    park_of = tables["carriers"].set_index("carrier_id")["park_id"]
    held = units[units["park_id"].eq("GUEST")]
    away = held[held["carrier_id"].map(park_of).map(scope).ne(A)]
    assert len(away) > 0
    assert staged.guests == {A: frozenset(away["carrier_id"])}
    assert guests(staged, A, "units") == set(away["unit_id"])
    # The districts are told whose park it is that has space in their carriers.
    homes = held["carrier_id"].map(park_of).map(scope)
    assert C in set(homes)
    for code in set(homes) - {A, ""}:
        parks = staged.tables(code, ("parks", "district"))
        assert "GUEST" in set(parks["parks"]["park_id"])
        assert parks_elsewhere(parks) == {"GUEST"}
    # Only the units of that park come with the carrier, not those of others in it.
    others = set(units.loc[units["carrier_id"].isin(away["carrier_id"]), "unit_id"])
    assert not (others - set(away["unit_id"])) & ids(staged, A, "units")


def test_rows_in_are_rows_staged_and_rejected(staged: Stage, tables: dict[str, Any]) -> None:
    accounts = staged.accounts.set_index("layer")
    assert set(accounts.index) == set(tables)
    assert accounts["rows_in"].to_dict() == {key: len(frame) for key, frame in tables.items()}
    assert (accounts["rows_in"] == accounts["staged"] + accounts["rejected"]).all()
    assert accounts.loc["carriers", "guests"] == len(staged.guests[A])
    # Only parks of the register are rows; others are known by their carriers alone.
    nowhere = staged.parks.loc[staged.parks["scope"].eq(""), "park_id"]
    listed = nowhere.isin(tables["parks"]["park_id"])
    assert 0 < listed.sum() < len(nowhere)
    assert accounts.loc["parks", "unassigned"] == listed.sum()


def test_surroundings_are_given_to_every_district_within_the_halo(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    """Against distances in the plane, one by one."""
    rng = np.random.default_rng(4)
    places = rng.uniform(-0.09, 0.09, (150, 2)) + np.array([EAST, NORTH])
    rows = [
        {"id": f"S{n:03d}", "name": "站", "geometry": shapely.Point(place)}
        for n, place in enumerate(places)
    ]
    some = {**tables, "stations": layer("stations", rows)}
    halo_m = 1500.0
    found = stage(MemoryInput(some, size=7), tmp_path, CATALOGUE, halo_m=halo_m)
    plane = some["stations"].to_crs(district_crs(CATALOGUE.central_meridian))
    outlines = tables["district"].to_crs(plane.crs).set_index("district_code").geometry
    expected = {
        code: set(plane.loc[plane.distance(outlines[code]) <= halo_m, "id"]) for code in (A, B, C)
    }
    own = tables["carriers"].set_index("carrier_id").loc[sorted(ids(found, "", "carriers"))]
    west, south, east, north = own.to_crs(plane.crs).representative_point().total_bounds
    around = plane.distance(shapely.box(west, south, east, north)) <= halo_m
    seen = set().union(*expected.values()) | set(plane.loc[around, "id"])
    unseen = set(plane["id"]) - seen
    for code, stations in expected.items():
        assert 0 < len(stations) < len(rows)
        assert ids(found, code, "stations") == stations
    # What nobody sees is not dropped.
    assert unseen
    assert ids(found, "", "stations") == set(plane.loc[around, "id"]) | unseen
    account = found.accounts.set_index("layer").loc["stations"]
    assert account["rows_in"] == account["staged"] == len(rows)
    assert account["unassigned"] == len(set(plane["id"]) - set().union(*expected.values()))


def test_without_a_halo_only_what_touches_is_given(tables: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"id": "S1", "name": "站", "geometry": shapely.Point(EAST - 0.01, NORTH - 0.01)}]
    some = {**tables, "stations": layer("stations", rows)}
    found = stage(MemoryInput(some), tmp_path, CATALOGUE, halo_m=0)
    assert [s for s in found.scopes if ids(found, s, "stations")] == [A]


def test_without_districts_everything_is_one_scope(tables: dict[str, Any], tmp_path: Path) -> None:
    some = {k: f for k, f in tables.items() if k != "district"}
    some["parks"] = some["parks"].assign(district_code=pd.Series(None, dtype="str"))
    found = stage(MemoryInput(some), tmp_path, CATALOGUE, halo_m=HALO_M)
    assert found.scopes == ("",)
    for key, frame in some.items():
        assert len(found.tables("", (key,))[key]) == len(frame)
    assert found.districts.empty


def test_one_district_alone_has_everything_as_its_page_does(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    some = {**tables, "district": tables["district"].iloc[:1]}
    some["parks"] = some["parks"].assign(district_code=pd.Series(None, dtype="str"))
    found = stage(MemoryInput(some), tmp_path, CATALOGUE, halo_m=0)
    assert found.scopes == (A,)
    assert found.rows(A) == {k: len(some[k]) for k in CATALOGUE.keys if k in some}


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(size=st.integers(3, 500), seed=st.integers(0, 99))
def test_neither_chunks_nor_the_order_of_rows_change_anything(
    staged: Stage,
    tables: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    seed: int,
) -> None:
    source = MemoryInput(tables, size=size, seed=seed)
    again = stage(source, tmp_path_factory.mktemp("again"), CATALOGUE, halo_m=HALO_M)
    assert again.digest == staged.digest
    assert_frame_equal(again.parks, staged.parks, check_exact=True)
    assert_frame_equal(again.guest_rows, staged.guest_rows)
    assert_frame_equal(again.accounts, staged.accounts)


def test_large_layers_are_written_in_parts_that_are_the_same_rows(
    staged: Stage, tables: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "PART_ROWS", 16)
    monkeypatch.setattr(spool, "_MOST_BYTES", 4000)
    sizes = (29, 400)
    found = [
        stage(MemoryInput(tables, size=n), tmp_path / str(n), CATALOGUE, halo_m=HALO_M)
        for n in sizes
    ]
    assert found[0].digest == found[1].digest
    for scope in staged.scopes:
        if "buildings" not in staged.rows(scope):
            continue
        pieces = list(found[0].chunks(scope, "buildings"))
        assert [len(piece) for piece in pieces[:-1]] == [16] * (len(pieces) - 1)
        whole = found[0].tables(scope, ("buildings",))["buildings"]
        assert_frame_equal(whole, staged.tables(scope, ("buildings",))["buildings"])
    assert len(list((tmp_path / "29" / f"scope={A}" / "buildings").iterdir())) > 1


def test_one_changed_value_changes_the_digest(
    staged: Stage, tables: dict[str, Any], tmp_path: Path
) -> None:
    for number, (key, name, value) in enumerate(
        [("carriers", "tax_wan", 1e-9), ("units", "sample", False), ("parks", "note", "一")]
    ):
        frame = tables[key].copy()
        frame.loc[3, name] = value
        found = stage(
            MemoryInput({**tables, key: frame}), tmp_path / str(number), CATALOGUE, halo_m=HALO_M
        )
        assert found.digest != staged.digest, (key, name)


def test_unknown_and_empty_are_told_apart_by_the_digest(tmp_path: Path) -> None:
    rows = [{"id": f"S{n}", "name": "站"} for n in range(3)]
    digests = set()
    for number, note in enumerate([(None, "ab", "c"), (None, "a", "bc"), ("ab", None, "c")]):
        told = [{**row, "note": text} for row, text in zip(rows, note, strict=True)]
        source = MemoryInput({"stations": layer("stations", told)})
        digests.add(stage(source, tmp_path / str(number), CATALOGUE, halo_m=0).digest)
    assert len(digests) == 3


def test_a_complete_stage_is_taken_as_it_is(tables: dict[str, Any], tmp_path: Path) -> None:
    source = MemoryInput(tables)
    first = stage(source, tmp_path, CATALOGUE, halo_m=HALO_M)
    reads = source.reads
    again = stage(source, tmp_path, CATALOGUE, halo_m=HALO_M)
    assert (source.reads, again.digest) == (reads, first.digest)
    stage(source, tmp_path, CATALOGUE, halo_m=HALO_M + 1)
    assert source.reads == 2 * reads


def test_a_stage_with_a_lost_file_is_made_anew(tables: dict[str, Any], tmp_path: Path) -> None:
    source = MemoryInput(tables)
    first = stage(source, tmp_path, CATALOGUE, halo_m=HALO_M)
    (tmp_path / f"scope={A}" / "units.parquet").unlink()
    again = stage(source, tmp_path, CATALOGUE, halo_m=HALO_M)
    assert again.digest == first.digest
    assert ids(again, A, "units") == ids(first, A, "units")


def test_a_stage_that_was_cut_off_is_never_taken_for_complete(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    old = stage(MemoryInput(tables), tmp_path, CATALOGUE, halo_m=HALO_M)
    (tmp_path / "notes of mine.txt").write_text("stay")
    changed = {**tables, "units": tables["units"].iloc[:20]}
    source = MemoryInput(changed, size=6)
    source.fails_at = "units"
    with pytest.raises(StageError, match="the disk is gone"):
        stage(source, tmp_path, CATALOGUE, halo_m=HALO_M)
    with pytest.raises(StageError, match="no complete stage"):
        Stage.open(tmp_path)
    source.fails_at = ""
    found = stage(source, tmp_path, CATALOGUE, halo_m=HALO_M)
    assert found.digest != old.digest
    fresh = stage(MemoryInput(changed), tmp_path / "fresh", CATALOGUE, halo_m=HALO_M)
    assert found.digest == fresh.digest
    assert (tmp_path / "notes of mine.txt").read_text() == "stay"
    assert not list(tmp_path.glob(".making*"))


def test_a_damaged_file_is_named(tables: dict[str, Any], tmp_path: Path) -> None:
    stage(MemoryInput(tables), tmp_path, CATALOGUE, halo_m=HALO_M)
    path = tmp_path / f"scope={A}" / "carriers.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StageError, match=r"carriers\.parquet"):
        Stage.open(tmp_path).tables(A, ("carriers",))


def test_the_halo_must_be_a_length(tables: dict[str, Any], tmp_path: Path) -> None:
    for halo_m in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="`halo_m`"):
            stage(MemoryInput(tables), tmp_path, CATALOGUE, halo_m=halo_m)


def test_a_workspace_and_a_folder_of_the_same_rows_give_the_same(
    staged: Stage, tables: dict[str, Any], tmp_path: Path
) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="测试")
    for key, frame in tables.items():
        workspace.commit(key, frame, author="测试", message="m")
        write(frame.iloc[: len(frame) // 2], tmp_path / "p" / key / "x" / "1.parquet")
        write(frame.iloc[len(frame) // 2 :], tmp_path / "p" / key / "2.parquet")
    sources: tuple[BatchInput, ...] = (
        WorkspaceInput(workspace.path, CATALOGUE, rows=13),
        ParquetInput(tmp_path / "p", CATALOGUE),
    )
    for number, source in enumerate(sources):
        found = stage(source, tmp_path / str(number), CATALOGUE, halo_m=HALO_M)
        assert found.digest == staged.digest
        assert_frame_equal(found.accounts, staged.accounts)


def test_the_second_row_with_an_id_is_rejected_and_both_places_are_named(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "p"
    carriers = tables["carriers"]
    for key in ("district", "parks"):
        write(tables[key], folder / f"{key}.parquet")
    write(carriers.iloc[:10], folder / "carriers" / "a.parquet")
    write(carriers.iloc[8:], folder / "carriers" / "b.parquet")
    found = stage(ParquetInput(folder, CATALOGUE), tmp_path / "s", CATALOGUE, halo_m=HALO_M)
    account = found.accounts.set_index("layer").loc["carriers"]
    assert (account["rows_in"], account["rejected"]) == (len(carriers) + 2, 2)
    rejected = pq.read_table(found.rejects / "carriers.parquet").to_pandas()
    assert list(rejected["carrier_id"]) == list(carriers["carrier_id"].iloc[8:10])
    assert list(rejected["_row"]) == [1, 2]
    assert set(rejected["_source"]) == {"carriers/b.parquet"}
    assert "row 9 of carriers/a.parquet" in rejected["_reason_en"].iloc[0]
    assert "carriers/b.parquet" in rejected["_reason_zh"].iloc[0]
    assert found.notes.set_index("code").loc["duplicate", "count"] == 2


def test_an_id_stays_with_the_first_row_in_whatever_chunks_they_come(tmp_path: Path) -> None:
    """The first is rejected for another reason, and the second must not take its place."""
    rows = pd.DataFrame(
        {"id": ["S1", "S2", "S1", "S3"], "name": [None, "乙", "甲", "丙"], "status": "built"}
    )
    write(rows, tmp_path / "p" / "stations.parquet")
    kept = []
    for size in (1, 2, 4):
        source = ParquetInput(tmp_path / "p", CATALOGUE, rows=size)
        found = stage(source, tmp_path / str(size), CATALOGUE, halo_m=HALO_M)
        kept.append((sorted(ids(found, "", "stations")), found.digest))
    assert kept[0][0] == ["S2", "S3"]
    assert kept[0] == kept[1] == kept[2]


def test_two_districts_with_one_id_do_not_share_a_park(tmp_path: Path) -> None:
    """What the second has under it is rejected as well: it is no part of the first."""
    folder = tmp_path / "p"
    point = gpd.GeoSeries([shapely.Point(EAST, NORTH)], crs=STORAGE_CRS)
    for code in (A, B):
        park = pd.DataFrame({"park_id": ["P1"], "name": [f"园{code}"]})
        carrier = pd.DataFrame({"carrier_id": [f"C{code}"], "name": ["楼"], "park_id": ["P1"]})
        write(park, folder / "parks" / f"district_code={code}" / "0.parquet")
        write(
            gpd.GeoDataFrame(carrier, geometry=point),
            folder / "carriers" / f"district_code={code}" / "0.parquet",
        )
    found = stage(ParquetInput(folder, CATALOGUE), tmp_path / "s", CATALOGUE, halo_m=HALO_M)
    assert ids(found, A, "carriers") == {f"C{A}"}
    assert found.rows(B) == {}
    rejected = pq.read_table(found.rejects / "carriers.parquet").to_pandas()
    assert list(rejected["carrier_id"]) == [f"C{B}"]
    assert "'P1'" in rejected["_reason_en"].iloc[0]


@pytest.mark.parametrize("code", ["../../etc", "a/b", "_", ".", "x" * 41, "C:", "a b", "%2e%2e"])
def test_a_code_that_is_no_name_of_a_folder_is_rejected(code: str, tmp_path: Path) -> None:
    parks = layer(
        "parks",
        [{"park_id": "P1", "name": "甲", "district_code": code}, {"park_id": "P2", "name": "乙"}],
    )
    found = stage(MemoryInput({"parks": parks}), tmp_path / "s", CATALOGUE, halo_m=HALO_M)
    assert found.scopes == ("",)
    assert ids(found, "", "parks") == {"P2"}
    assert found.accounts.set_index("layer").loc["parks", "rejected"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_indicators_go_with_what_they_are_about_and_operators_to_all(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    common = {"card": "characteristic", "period": 2025, "indicator": "x"}
    subjects = {"R1": "CODED", "R2": "THREE", "R3": "OP1"}
    some = {
        **tables,
        "operators": layer("operators", [{"operator_id": "OP1", "name": "运营"}]),
        "indicators": layer(
            "indicators",
            [{"record_id": r, "subject_id": s, **common} for r, s in subjects.items()],
        ),
    }
    found = stage(MemoryInput(some), tmp_path, CATALOGUE, halo_m=HALO_M)
    expected = {A: {"R2", "R3"}, B: {"R3"}, C: {"R1", "R3"}, "": {"R3"}}
    assert {s: ids(found, s, "indicators") for s in found.scopes} == expected
    assert all(ids(found, s, "operators") == {"OP1"} for s in found.scopes)
    accounts = found.accounts.set_index("layer")
    assert accounts.loc[["operators", "indicators"], "staged"].tolist() == [1, 3]


def test_the_plan_knows_where_parks_are_and_how_many_carriers_they_have(
    staged: Stage, tables: dict[str, Any]
) -> None:
    parks = staged.parks.set_index("park_id")
    carriers = tables["carriers"].to_crs(district_crs(CATALOGUE.central_meridian))
    chain = carriers[carriers["park_id"].eq("CHAIN")].geometry.representative_point()
    assert parks.loc["CHAIN", "rows"] == 8
    assert parks.loc["CHAIN", "x"] == pytest.approx(chain.x.mean(), abs=1e-3)
    assert parks.loc["CHAIN", "y"] == pytest.approx(chain.y.mean(), abs=1e-3)
    assert parks["x"].isna()["LOST"]
    assert parks.loc["NOWHERE", "rows"] == 0
    assert set(parks.index) >= {"CHAIN", "BORDER", "GUEST", "NOWHERE"}
