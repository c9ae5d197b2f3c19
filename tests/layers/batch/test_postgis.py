"""PostGIS as input, against a real server: the same rows, the same numbers, no secrets."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
import shapely
from adbc_driver_postgresql import dbapi
from pandas.testing import assert_frame_equal

from layers.batch.inputs import ParquetInput
from layers.batch.inputs import open_input
from layers.batch.inputs.postgis import PostgisInput
from layers.batch.staging import stage
from layers.database.address import read_address
from layers.errors import AtlasError
from layers.errors import IntakeError
from layers.errors import UsageError
from tests.layers.batch.city_hand import city
from tests.layers.batch.inputs_hand import CATALOGUE
from tests.layers.batch.inputs_hand import HALO_M
from tests.layers.batch.inputs_hand import MemoryInput
from tests.layers.batch.inputs_hand import write
from tests.layers.batch.postgis_server import server

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from pathlib import Path

    Execute = Callable[..., None]

_NUMBERS = count(1)
_TYPES = {
    "text": "text",
    "month": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
}


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture(scope="module")
def execute(root: str) -> Iterator[Execute]:
    """Return a function that changes the database ``postgres``, in which PostGIS is."""
    with closing(dbapi.connect(f"{root}/postgres")) as connection:

        def run(*statements: str) -> None:
            with closing(connection.cursor()) as cursor:
                for statement in statements:
                    cursor.execute(statement)
            connection.commit()

        run("CREATE EXTENSION postgis")
        yield run


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return city()


@pytest.fixture(scope="module")
def atlas(root: str, execute: Execute, tables: dict[str, Any]) -> str:
    """Put the city into the schema ``atlas`` and return its address."""
    execute("CREATE SCHEMA atlas")
    for key, frame in tables.items():
        execute(*_statements("atlas", key, frame))
    return f"{root}/postgres?schema=atlas"


def _statements(schema: str, key: str, frame: pd.DataFrame) -> Iterator[str]:
    spec = CATALOGUE.layer(key)
    columns = [f'"{field.name}" {_TYPES[field.type]}' for field in spec.fields]
    if spec.geometry:
        columns.append('"geom" geometry(Geometry, 4490)')
    yield f'CREATE TABLE "{schema}"."{key}" ({", ".join(columns)})'
    for _, row in frame.iloc[::-1].iterrows():
        cells = [_literal(row[field.name]) for field in spec.fields]
        if spec.geometry:
            shape = row["geometry"]
            cells.append("NULL" if shape is None else _drawn(shape, 4490))
        yield f'INSERT INTO "{schema}"."{key}" VALUES ({", ".join(cells)})'  # noqa: S608


def _drawn(shape: Any, srid: int) -> str:
    return f"ST_SetSRID('{shapely.to_wkb(shape, hex=True)}'::geometry, {srid})"


def _literal(value: Any) -> str:
    if pd.isna(value):
        return "NULL"
    if isinstance(value, pd.Timestamp):
        return f"'{value:%Y-%m-%d}'"
    return "'" + (repr(value) if isinstance(value, float) else str(value)).replace("'", "''") + "'"


def read(address: str, key: str = "stations", rows: int = 1000) -> list[Any]:
    source = PostgisInput(address, CATALOGUE, rows=rows)
    try:
        return list(source.chunks(key))
    finally:
        source.close()


@pytest.fixture
def schema(root: str, execute: Execute) -> Iterator[tuple[str, str]]:
    """Make a schema of its own and return its name and its address."""
    name = f"s{next(_NUMBERS)}"
    execute(f"CREATE SCHEMA {name}")
    yield name, f"{root}/postgres?schema={name}"
    execute(f"DROP SCHEMA {name} CASCADE")


def test_the_same_rows_give_the_same_stage_bit_for_bit(
    atlas: str, tables: dict[str, Any], tmp_path: Path
) -> None:
    source = PostgisInput(atlas, CATALOGUE, rows=17)
    found = stage(source, tmp_path / "s", CATALOGUE, halo_m=HALO_M)
    source.close()
    expected = stage(MemoryInput(tables), tmp_path / "m", CATALOGUE, halo_m=HALO_M)
    assert found.digest == expected.digest
    assert_frame_equal(found.accounts, expected.accounts)
    for scope in expected.scopes:
        for key, frame in expected.tables(scope, CATALOGUE.keys).items():
            assert_frame_equal(found.tables(scope, (key,))[key], frame, check_exact=True)


def test_another_srid_gives_what_a_file_in_it_gives(
    schema: tuple[str, str], execute: Execute, tables: dict[str, Any], tmp_path: Path
) -> None:
    """The transformation is ours in both cases, so that the bits are the same."""
    name, address = schema
    plane = tables["buildings"].to_crs(4549)
    execute(f"CREATE TABLE {name}.buildings (building_id text, geometry geometry(Polygon, 4549))")
    for row in plane.itertuples():
        drawn = _drawn(row.geometry, 4549)
        execute(f"INSERT INTO {name}.buildings VALUES ('{row.building_id}', {drawn})")  # noqa: S608
    write(plane[["building_id", "geometry"]], tmp_path / "buildings.parquet")
    (by_file,) = ParquetInput(tmp_path, CATALOGUE).chunks("buildings")
    (by_table,) = read(address, "buildings")
    assert_frame_equal(by_table.frame, by_file.frame, check_exact=True)


def test_a_geography_is_longitude_and_latitude(schema: tuple[str, str], execute: Execute) -> None:
    name, address = schema
    execute(
        f"CREATE TABLE {name}.stations (id text, name text, place geography(Point, 4326))",
        f"INSERT INTO {name}.stations VALUES ('S1', '站', 'POINT(121.5 31.25)')",  # noqa: S608
    )
    (chunk,) = read(address)
    assert chunk.frame.geometry.iloc[0] == shapely.Point(121.5, 31.25)


def test_values_of_every_type_are_read_or_their_row_is_rejected(
    schema: tuple[str, str], execute: Execute
) -> None:
    name, address = schema
    execute(
        f"CREATE TYPE {name}.mood AS ENUM ('leased', 'vacant')",
        f"CREATE TABLE {name}.units (unit_id char(6), carrier_id varchar, floor_area_m2 numeric,"
        f" state {name}.mood, lease_end timestamp, data_date date, sample boolean, colour int[])",
        f"INSERT INTO {name}.units VALUES"  # noqa: S608
        " ('u1', 'c', 12.50, 'leased', '2027-01-31 00:00', '2026-02-28', true, '{1}'),"
        " ('u2', 'c', 'NaN', 'vacant', 'infinity', 'infinity', false, NULL),"
        " ('u3', 'c', 1e400, NULL, NULL, '0044-03-15 BC', NULL, NULL),"
        " (NULL, 'c', 1, NULL, NULL, NULL, NULL, NULL)",
    )
    (chunk,) = read(address, "units")
    assert chunk.frame["unit_id"].tolist() == ["u1"]
    row = chunk.frame.iloc[0]
    assert (row["floor_area_m2"], row["state"], row["sample"]) == (12.5, "leased", True)
    assert (row["lease_end"], row["data_date"]) == (
        pd.Timestamp("2027-01-31"),
        pd.Timestamp("2026-02-28"),
    )
    assert (chunk.rows_in, len(chunk.rejected)) == (4, 3)
    assert any("colour" in i.message.en for i in chunk.issues if i.code == "columns_dropped")


@pytest.mark.parametrize(("kind", "srid"), [("geometry", 0), ("geometry(Point, 900913)", 900913)])
def test_geometry_without_a_known_system_is_refused(
    schema: tuple[str, str], execute: Execute, kind: str, srid: int
) -> None:
    name, address = schema
    execute(
        f"CREATE TABLE {name}.stations (id text, name text, geom {kind})",
        f"INSERT INTO {name}.stations VALUES"  # noqa: S608
        f" ('S1', '站', ST_SetSRID(ST_Point(121.5, 31.2), {srid}))",
    )
    with pytest.raises(IntakeError, match=rf"SRID \({srid}\).*'geom' of {name}\.stations"):
        read(address)


def test_several_systems_or_geometry_columns_are_refused(
    schema: tuple[str, str], execute: Execute
) -> None:
    name, address = schema
    execute(
        f"CREATE TABLE {name}.stations (id text, name text, geom geometry)",
        f"INSERT INTO {name}.stations VALUES"  # noqa: S608
        " ('S1', '站', ST_SetSRID(ST_Point(1, 2), 4490)),"
        " ('S2', '站', ST_SetSRID(ST_Point(1, 2), 4326))",
    )
    with pytest.raises(IntakeError, match="4326, 4490"):
        read(address)
    execute(f"ALTER TABLE {name}.stations ADD COLUMN shape geometry(Point, 4490)")
    with pytest.raises(IntakeError, match="geom, shape"):
        read(address)
    execute(f"ALTER TABLE {name}.stations ADD COLUMN geometry geometry(Point, 4490)")
    (chunk,) = read(address)
    assert chunk.frame["id"].tolist() == ["S1", "S2"]


def test_names_that_are_sql_stay_names(root: str, execute: Execute) -> None:
    name = 'x"; DROP SCHEMA atlas; --'
    quoted = '"' + name.replace('"', '""') + '"'
    column = '"g"" FROM pg_user; --"'
    execute(
        f"CREATE SCHEMA {quoted}",
        f"CREATE TABLE {quoted}.stations (id text, name text,"
        f' {column} geometry(Point, 4490), "x; DROP TABLE stations" int)',
        f"INSERT INTO {quoted}.stations VALUES"  # noqa: S608
        " ('S1''; --', '站', ST_SetSRID(ST_Point(121.5, 31.2), 4490), 1)",
    )
    address = f"{root}/postgres?schema={quote(name)}"
    source = PostgisInput(address, CATALOGUE)
    assert source.fingerprint()
    (chunk,) = source.chunks("stations")
    source.close()
    assert chunk.frame["id"].tolist() == ["S1'; --"]
    assert chunk.frame.geometry.iloc[0] == shapely.Point(121.5, 31.2)
    execute(f"DROP SCHEMA {quoted} CASCADE")


def test_nothing_can_be_written(atlas: str) -> None:
    source = PostgisInput(atlas, CATALOGUE)
    with pytest.raises(IntakeError, match="read-only"):
        source._database.rows("CREATE TABLE atlas.mine (x int)")
    source.close()


def test_all_layers_are_read_in_the_state_of_the_beginning(
    schema: tuple[str, str], execute: Execute
) -> None:
    name, address = schema
    execute(
        f"CREATE TABLE {name}.operators (operator_id text, name text)",
        f"INSERT INTO {name}.operators VALUES ('a', '甲')",  # noqa: S608
    )
    source = PostgisInput(address, CATALOGUE)
    before = source.fingerprint()
    execute(f"INSERT INTO {name}.operators VALUES ('b', '乙')")  # noqa: S608
    (chunk,) = source.chunks("operators")
    assert chunk.rows_in == 1
    source.close()
    later = PostgisInput(address, CATALOGUE)
    assert later.fingerprint() != before
    later.close()


def test_a_fingerprint_is_of_the_rows_and_not_of_their_order(
    schema: tuple[str, str], execute: Execute
) -> None:
    name, address = schema
    execute(f"CREATE TABLE {name}.operators (operator_id text, name text)")
    found = []
    one, other, changed = "('a', '甲')", "('b', '乙')", "('b', '丙')"
    for rows in (f"{one}, {other}", f"{other}, {one}", f"{one}, {changed}"):
        execute(
            f"TRUNCATE {name}.operators",
            f"INSERT INTO {name}.operators VALUES {rows}",  # noqa: S608
        )
        source = PostgisInput(address, CATALOGUE)
        found.append(source.fingerprint())
        source.close()
    assert found[0] == found[1] != found[2]


def test_what_may_not_be_read_is_named(
    root: str, schema: tuple[str, str], execute: Execute
) -> None:
    name, _ = schema
    port = root.rpartition(":")[2]
    execute(
        f"CREATE ROLE r{name} LOGIN PASSWORD 'geheim'",
        f"CREATE TABLE {name}.units (unit_id text)",
        f"CREATE TABLE {name}.parks (park_id text)",
    )
    address = f"postgresql://r{name}:geheim@127.0.0.1:{port}/postgres?schema={name}"
    with pytest.raises(IntakeError, match=f"may not read {name};"):
        PostgisInput(address, CATALOGUE)
    execute(f"GRANT USAGE ON SCHEMA {name} TO r{name}", f"GRANT SELECT ON {name}.units TO r{name}")
    with pytest.raises(IntakeError, match=rf"may not read {name}\.parks"):
        PostgisInput(address, CATALOGUE)
    execute(f"GRANT SELECT ON {name}.parks TO r{name}")
    source = PostgisInput(address, CATALOGUE)
    assert "geheim" not in str(source.describe())
    assert source.keys() == ("parks", "units")
    source.close()
    execute(f"DROP OWNED BY r{name}", f"DROP ROLE r{name}")


def test_a_schema_that_is_not_there_and_one_without_layers(
    root: str, schema: tuple[str, str], atlas: str
) -> None:
    assert atlas
    with pytest.raises(UsageError, match=r"no schema 'atlass'.*atlas"):
        open_input(f"{root}/postgres?schema=atlass", CATALOGUE)
    with pytest.raises(UsageError, match="no table of any layer"):
        open_input(schema[1], CATALOGUE)


@pytest.mark.parametrize(
    "tail", ["nodb?schema=atlas", "postgres?sslmode=require&password=ge%20heim&schema=atlas"]
)
def test_what_cannot_be_reached_is_told_without_the_password(root: str, tail: str) -> None:
    port = root.rpartition(":")[2]
    with pytest.raises(IntakeError, match="cannot connect to") as caught:
        open_input(f"postgresql://postgres:ge%20heim@127.0.0.1:{port}/{tail}", CATALOGUE)
    said = f"{caught.value!r} {caught.value.__cause__} {caught.value.text}"
    assert "heim" not in said
    assert "postgres@127.0.0.1" in said


def test_the_default_schema_is_public_and_options_reach_the_driver() -> None:
    found = read_address("postgresql://u:p%40ss@h:5433/db?sslmode=require")
    assert (found.schema, found.shown) == ("public", "postgresql://u@h:5433/db?schema=public")
    assert found.uri == "postgresql://u:p%40ss@h:5433/db?sslmode=require&connect_timeout=15"
    assert found.masked("x p@ss y p%40ss") == "x *** y ***"
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:sesame@h:99999/db",
        "postgresql://u:sesame@h:x/db",
        "postgresql://u:sesame@h/db?schema=",
        "postgresql://u:sesame@[::1/db",
        "postgresql://u:sesame@h/db#f",
    ],
)
def test_no_address_is_told_without_repeating_it(text: str) -> None:
    with pytest.raises(AtlasError, match="no address of a database") as caught:
        open_input(text, CATALOGUE)
    assert "sesame" not in f"{caught.value}"
