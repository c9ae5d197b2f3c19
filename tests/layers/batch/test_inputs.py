"""Folders of GeoParquet: what is believed of files that anybody may have made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from pandas.testing import assert_frame_equal

from layers.batch.inputs import Chunk
from layers.batch.inputs import CityInput
from layers.batch.inputs import ParquetInput
from layers.batch.inputs import WorkspaceInput
from layers.batch.inputs import open_input
from layers.batch.staging import stage
from layers.city.making import create_city
from layers.errors import AtlasError
from layers.errors import IntakeError
from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.workspace import Workspace
from tests.layers.batch.city_hand import city
from tests.layers.batch.inputs_hand import CATALOGUE
from tests.layers.batch.inputs_hand import HALO_M
from tests.layers.batch.inputs_hand import MemoryInput
from tests.layers.batch.inputs_hand import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LON, LAT = 121.5, 31.25


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return city()


def stations(crs: str | None = "EPSG:4490", shapes: list[Any] | None = None) -> gpd.GeoDataFrame:
    places = shapes or [shapely.Point(LON, LAT), None]
    names = {"id": [f"S{n}" for n in range(len(places))], "name": ["站"] * len(places)}
    return gpd.GeoDataFrame(names, geometry=places, crs=crs)


def read(folder: Path, key: str = "stations", rows: int = 1000) -> list[Chunk]:
    return list(ParquetInput(folder, CATALOGUE, rows=rows).chunks(key))


def with_metadata(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Write the metadata of GeoParquet anew."""
    table = pq.read_table(path)
    about = json.loads(table.schema.metadata[b"geo"])
    told = change(about)
    text = told if isinstance(told, str) else json.dumps(about)
    pq.write_table(table.replace_schema_metadata({"geo": text}), path)


def test_rows_come_back_as_they_were_however_the_files_are_cut(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    for key in ("carriers", "units"):
        write(tables[key], tmp_path / f"{key}.parquet")
        pieces = read(tmp_path, key, rows=7)
        assert [p.rows_in for p in pieces[:-1]] == [7] * (len(pieces) - 1)
        whole = pd.concat([piece.frame for piece in pieces], ignore_index=True)
        assert_frame_equal(whole, tables[key], check_exact=True)
        assert np.concatenate([p.rows for p in pieces]).tolist() == [*range(1, len(whole) + 1)]


@pytest.mark.parametrize("code", [4549, 4528, 32651, 4326])
def test_any_system_with_a_code_is_brought_to_cgcs2000(code: int, tmp_path: Path) -> None:
    expected = stations("EPSG:4490")
    write(expected.to_crs(code), tmp_path / "stations.parquet")
    (chunk,) = read(tmp_path)
    assert chunk.frame.crs == "EPSG:4490"
    back = pyproj.Transformer.from_crs(code, 4490, always_xy=True)
    point = expected.to_crs(code).geometry.iloc[0]
    assert (chunk.frame.geometry.x[0], chunk.frame.geometry.y[0]) == back.transform(
        point.x, point.y
    )
    assert chunk.frame.geometry.iloc[1] is None


def test_an_old_datum_is_read_and_told(tmp_path: Path) -> None:
    write(stations("EPSG:4490").to_crs(2436), tmp_path / "stations.parquet")
    (chunk,) = read(tmp_path)
    assert "datum_shift_unknown" in {issue.code for issue in chunk.issues}


def test_a_missing_system_is_longitude_and_latitude_by_the_standard(tmp_path: Path) -> None:
    path = write(stations("EPSG:4326"), tmp_path / "stations.parquet")
    with_metadata(path, lambda about: about["columns"]["geometry"].pop("crs"))
    (chunk,) = read(tmp_path)
    assert chunk.frame.geometry.iloc[0] == shapely.Point(LON, LAT)


REFUSED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "an unknown system": lambda about: about["columns"]["geometry"].update(crs=None),
    "another encoding": lambda about: about["columns"]["geometry"].update(encoding="point"),
    "edges on the sphere": lambda about: about["columns"]["geometry"].update(edges="spherical"),
    "a column that is not there": lambda about: about.update(primary_column="shape"),
    "no json": lambda _about: "{",
    "a list": lambda _about: "[]",
    "a system that is a text": lambda about: about["columns"]["geometry"].update(crs="/etc/passwd"),
    "a system without a code": lambda about: about["columns"]["geometry"].update(
        crs=pyproj.CRS("+proj=tmerc +lon_0=121.47 +lat_0=31.2 +ellps=GRS80").to_json_dict()
    ),
    "a code that is none": lambda about: about["columns"]["geometry"].update(
        crs={"id": {"authority": "EPSG", "code": 999999}}
    ),
    "a code of somebody else": lambda about: about["columns"]["geometry"].update(
        crs={"id": {"authority": "ESRI", "code": 102100}}
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_geometry_that_cannot_be_understood_is_refused_with_the_name_of_the_file(
    what: str, tmp_path: Path
) -> None:
    path = write(stations(), tmp_path / "stations" / "north.parquet")
    with_metadata(path, REFUSED[what])
    with pytest.raises(IntakeError, match=r"stations/north\.parquet"):
        read(tmp_path)


def test_native_geoarrow_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stations.parquet"
    stations(shapes=[shapely.Point(LON, LAT)]).to_parquet(path, geometry_encoding="geoarrow")
    with pytest.raises(IntakeError, match=r"'point'.*only WKB"):
        read(tmp_path)


def test_a_column_of_bytes_without_a_word_about_its_system_is_refused(tmp_path: Path) -> None:
    wkb = shapely.to_wkb(shapely.Point(LON, LAT))
    table = pa.table({"id": ["S1"], "name": ["站"], "geometry": pa.array([wkb], pa.binary())})
    pq.write_table(table, tmp_path / "stations.parquet")
    with pytest.raises(IntakeError, match="its coordinate system is not told"):
        read(tmp_path)


def test_wkb_that_is_none_rejects_its_row_only(tmp_path: Path) -> None:
    path = write(stations(), tmp_path / "stations.parquet")
    table = pq.read_table(path)
    drawn = pa.array([b"\x01\x01nonsense", None], pa.binary())
    at = table.column_names.index("geometry")
    pq.write_table(table.set_column(at, "geometry", drawn), path)
    (chunk,) = read(tmp_path)
    assert list(chunk.frame["id"]) == ["S1"]
    assert chunk.rejected["_code"].tolist() == ["geometry_unreadable"]
    assert chunk.rows.tolist() == [2]


def test_wrong_values_are_rejected_with_reasons_and_unknown_columns_told(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "building_id": ["b1", "b2", "b3", None],
            "floors": ["3", "three", "900", "1"],
            "use": ["rd", "office", None, None],
            "colour": "red",
        }
    )
    write(rows, tmp_path / "buildings.parquet")
    (chunk,) = read(tmp_path, "buildings")
    assert list(chunk.frame["building_id"]) == ["b1"]
    assert chunk.frame["floors"].dtype == "Int64"
    found = chunk.rejected.set_index("_row")["_code"].to_dict()
    assert found == {2: "not_a_number", 3: "out_of_range", 4: "required"}
    assert chunk.rows_in == len(chunk.frame) + len(chunk.rejected)
    told = [issue.message.en for issue in chunk.issues if issue.code == "columns_dropped"]
    assert len(told) == 1
    assert "colour" in told[0]


def test_aliases_are_not_guessed(tmp_path: Path) -> None:
    write(pd.DataFrame({"编码": ["S1"], "name": ["站"]}), tmp_path / "stations.parquet")
    (chunk,) = read(tmp_path)
    assert len(chunk.rejected) == chunk.rows_in == 1


def test_ids_that_are_figures_keep_all_of_them(tmp_path: Path) -> None:
    """A column of whole numbers with a gap must not pass through floating point."""
    big = 2**53 + 1
    table = pa.table({"carrier_id": ["c1", "c2"], "name": ["甲", "乙"], "park_id": [big, None]})
    pq.write_table(table, tmp_path / "carriers.parquet")
    (chunk,) = read(tmp_path, "carriers")
    assert chunk.frame["park_id"][0] == str(big)
    assert pd.isna(chunk.frame["park_id"][1])


def test_rows_of_a_file_without_any_wanted_column_are_counted_and_rejected(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2, 3]}), tmp_path / "units.parquet")
    write(stations()[["geometry"]], tmp_path / "stations.parquet")
    for key, count in (("units", 3), ("stations", 2)):
        (chunk,) = read(tmp_path, key)
        assert (chunk.rows_in, len(chunk.rejected)) == (count, count)


@pytest.mark.parametrize("size", [0, 3, 40, 300])
def test_a_damaged_file_is_named(size: int, tmp_path: Path) -> None:
    path = write(stations(), tmp_path / "stations" / "broken.parquet")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(IntakeError, match=r"stations/broken\.parquet is damaged"):
        read(tmp_path)


def test_a_file_with_a_flipped_byte_is_an_error_or_rows_but_never_a_crash(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    whole = write(tables["carriers"], tmp_path / "carriers.parquet").read_bytes()
    rng = np.random.default_rng(3)
    outcomes = set()
    for place in rng.integers(0, len(whole), 60).tolist():
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        (tmp_path / "carriers.parquet").write_bytes(bytes(broken))
        try:
            outcomes.add(sum(chunk.rows_in for chunk in read(tmp_path, "carriers")) >= 0)
        except IntakeError as error:
            outcomes.add("carriers.parquet" in error.text.en)
    assert outcomes == {True}


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    columns = [pa.array(["a"]), pa.array(["b"])]
    table = pa.Table.from_arrays(columns, names=["unit_id", "unit_id"])
    pq.write_table(table, tmp_path / "units.parquet")
    with pytest.raises(IntakeError, match="unit_id"):
        read(tmp_path, "units")


def test_hive_folders_name_the_district_at_any_level(tmp_path: Path) -> None:
    base = tmp_path / "parks"
    parks = pd.DataFrame({"park_id": ["P1"], "name": ["甲"]})
    write(parks, base / "year=2026" / "district_code=310110" / "0.parquet")
    own = parks.assign(park_id="P2", district_code="310115")
    write(own, base / "district_code=310104" / "more" / "0.parquet")
    write(
        parks.assign(park_id="P3"), base / "district_code=__HIVE_DEFAULT_PARTITION__" / "x.parquet"
    )
    found = {chunk.frame["park_id"][0]: chunk for chunk in read(tmp_path, "parks")}
    assert {park: chunk.district for park, chunk in found.items()} == {
        "P1": "310110",
        "P2": "310104",
        "P3": "",
    }
    # The folder becomes the column, where the file does not say it.
    assert found["P1"].frame["district_code"].tolist() == ["310110"]
    assert found["P2"].frame["district_code"].tolist() == ["310115"]
    assert found["P3"].frame["district_code"].isna().all()


@pytest.mark.parametrize("name", ["..%2F..%2Fetc", "a%20b", "_", "%00"])
def test_a_hive_folder_that_is_no_code_is_refused(name: str, tmp_path: Path) -> None:
    parks = pd.DataFrame({"park_id": ["P1"], "name": ["甲"]})
    write(parks, tmp_path / "parks" / f"district_code={name}" / "0.parquet")
    with pytest.raises(UsageError, match="cannot be a district code"):
        ParquetInput(tmp_path, CATALOGUE)


def test_hidden_files_are_no_data_and_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(stations(), folder / "stations" / "a.parquet")
    write(stations(), folder / "stations" / "_temporary" / "b.parquet")
    write(stations(), folder / "stations" / ".c.parquet")
    assert len(read(folder)) == 1
    outside = write(stations(), tmp_path / "secret.parquet")
    (folder / "stations" / "d.parquet").symlink_to(outside)
    with pytest.raises(UsageError, match=r"d\.parquet leads out"):
        ParquetInput(folder, CATALOGUE)


def test_a_folder_without_a_layer_says_what_was_looked_for(tmp_path: Path) -> None:
    write(stations(), tmp_path / "Stations.geo.parquet")
    with pytest.raises(UsageError, match=r"<layer>\.parquet.*carriers"):
        ParquetInput(tmp_path, CATALOGUE)
    with pytest.raises(UsageError, match="there is no"):
        open_input(str(tmp_path / "nothing"), CATALOGUE)


def test_a_fingerprint_follows_the_bytes_and_names_of_files(tmp_path: Path) -> None:
    path = write(stations(), tmp_path / "stations.parquet")
    first = ParquetInput(tmp_path, CATALOGUE).fingerprint()
    assert ParquetInput(tmp_path, CATALOGUE).fingerprint() == first
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(bytes(data))
    assert ParquetInput(tmp_path, CATALOGUE).fingerprint() != first


def test_a_file_that_is_written_while_it_is_read_is_refused(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    path = write(tables["units"], tmp_path / "units.parquet")
    source = ParquetInput(tmp_path, CATALOGUE, rows=5)
    chunks = source.chunks("units")
    next(chunks)
    path.touch()
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(IntakeError, match=r"units\.parquet was changed"):
        list(chunks)


def test_a_workspace_is_read_at_the_versions_it_had(tables: dict[str, Any], tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="测试")
    workspace.commit("units", tables["units"], author="测试", message="m")
    source = open_input(str(workspace.path), CATALOGUE)
    assert isinstance(source, WorkspaceInput)
    before = source.fingerprint()
    workspace.commit("units", tables["units"].iloc[:3], author="测试", message="m")
    rows = sum(chunk.rows_in for chunk in source.chunks("units"))
    assert (rows, source.fingerprint()) == (len(tables["units"]), before)
    later = open_input(str(workspace.path), CATALOGUE)
    assert later.fingerprint() != before
    assert later.describe()["versions"] == {"units": 1}


def test_a_damaged_workspace_names_the_layer(tables: dict[str, Any], tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="测试")
    workspace.commit("units", tables["units"], author="测试", message="m")
    source = WorkspaceInput(workspace.path, CATALOGUE)
    for path in (workspace.path / "units").glob("*.parquet"):
        path.write_bytes(b"PAR1")
    with pytest.raises(WorkspaceError, match="units"):
        list(source.chunks("units"))


def test_a_city_counts_every_row_of_its_districts_once(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    """Guests are copies; surroundings are kept by every district and counted there."""
    first = stage(MemoryInput(tables), tmp_path / "s", CATALOGUE, halo_m=HALO_M)
    create_city(tmp_path / "c", first, CATALOGUE, author="测试")
    source = open_input(str(tmp_path / "c"), CATALOGUE)
    assert isinstance(source, CityInput)
    again = stage(source, tmp_path / "s2", CATALOGUE, halo_m=0)
    assert again.digest == first.digest
    assert_frame_equal(again.parks, first.parks, check_exact=True)
    assert again.guests == first.guests
    accounts = again.accounts.set_index("layer")
    for key in ("parks", "carriers", "units", "buildings"):
        assert accounts.loc[key, "rows_in"] == len(tables[key])
    assert accounts.loc["barriers", "rows_in"] == sum(
        first.rows(scope).get("barriers", 0) for scope in first.scopes
    )


def test_a_row_that_moves_between_districts_of_a_city_is_not_doubled(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    first = stage(MemoryInput(tables), tmp_path / "s", CATALOGUE, halo_m=HALO_M)
    made = create_city(tmp_path / "c", first, CATALOGUE, author="测试")
    source, target = (made.workspace(d.code, CATALOGUE) for d in made.districts[:2])
    moved = source.read("buildings").iloc[:1]
    both = pd.concat([moved, target.read("buildings")], ignore_index=True)
    target.commit("buildings", both, author="测试", message="moved")
    found = stage(CityInput(made.path, CATALOGUE), tmp_path / "s2", CATALOGUE, halo_m=HALO_M)
    account = found.accounts.set_index("layer").loc["buildings"]
    assert (account["rows_in"], account["rejected"]) == (len(tables["buildings"]) + 1, 1)


@pytest.mark.parametrize("text", ["postgresql://u:secret@127.0.0.1:1/db", "postgres://:s@h:x/"])
def test_an_address_is_taken_for_a_database(text: str) -> None:
    with pytest.raises(AtlasError) as caught:
        open_input(text, CATALOGUE)
    assert "secret" not in str(caught.value)
