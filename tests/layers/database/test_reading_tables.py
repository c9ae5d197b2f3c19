"""A table of a database taken in as a file is: every row accepted or rejected with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
import shapely
from pandas.testing import assert_frame_equal

from geo.gcj import wgs84_to_gcj02
from layers.database.address import read_address
from layers.errors import AtlasError
from layers.errors import IntakeError
from layers.errors import UsageError
from layers.intake.choices import NO_CHOICES
from layers.intake.choices import Choices
from layers.intake.readers.database import read_table
from layers.intake.run import run_chain
from layers.intake.source import Request
from tests.layers.database.database_hand import CATALOGUE
from tests.layers.database.database_hand import HOSTILE
from tests.layers.database.database_hand import few
from tests.layers.database.database_hand import landuse
from tests.layers.database.database_hand import parks
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from layers.intake import IntakeResult
    from layers.intake import Raw
    from tests.layers.database.database_hand import Base


def request(key: str) -> Request:
    return Request(Path(f"atlas.{key}"), key)


def read(base: Base, key: str, schema: str = "atlas", **choices: Any) -> Raw:
    return read_table(read_address(base.address(schema)), request(key), **choices)


def take(base: Base, key: str, choices: Choices = NO_CHOICES) -> IntakeResult:
    spec = CATALOGUE.layer(key)
    found = run_chain(read(base, key), request(key), spec, CATALOGUE, choices)
    assert found.rows_in == len(found.accepted) + len(found.rejected)
    return found


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326"])
def test_what_was_published_comes_back_the_same(base: Base, crs: str) -> None:
    tables = {"parks": parks(7, {0: "名'\\ <b>${x}"}), "landuse": landuse()}
    put(base, tables, crs=crs)
    for key, frame in tables.items():
        found = take(base, key)
        assert found.rejected.empty
        plain = frame.drop(columns="geometry")
        assert_frame_equal(found.accepted.drop(columns="geometry"), plain)
        ours, theirs = (f.geometry.to_numpy() for f in (frame, found.accepted))
        assert (shapely.is_missing(ours) == shapely.is_missing(theirs)).all()
        there = ~shapely.is_missing(ours)
        assert shapely.equals_exact(
            ours[there], theirs[there], tolerance=1e-9, normalize=True
        ).all()
        assert (shapely.get_type_id(ours) == shapely.get_type_id(theirs)).all()


def test_metres_come_back_to_the_millimetre(base: Base) -> None:
    put(base, {"landuse": landuse()}, crs="EPSG:4549")
    found = take(base, "landuse")
    assert found.crs == "EPSG:4549"
    ours, theirs = landuse().geometry.to_numpy(), found.accepted.geometry.to_numpy()
    assert shapely.equals_exact(ours, theirs, tolerance=1e-8, normalize=True).all()


def test_columns_are_known_by_their_aliases_and_bad_rows_come_with_reasons(base: Base) -> None:
    base.run(
        'CREATE TABLE public."台账" ("载体编码" text, "楼栋名称" text, "建筑面积" numeric,'
        ' "登记" timestamptz, "几何" geometry(Point, 4549), "备注" jsonb)',
        'INSERT INTO public."台账" VALUES'
        " ('X1', '一号楼', 1200.50, now(), ST_SetSRID(ST_MakePoint(352000, 3463000), 4549), '{}'),"
        " ('X2', '二号楼', -5, now(), ST_SetSRID(ST_MakePoint(352000, 3463000), 4549), NULL),"
        " (NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    base_address = read_address(base.address("public") + "&layer=台账")
    raw = read_table(base_address, request("carriers"))
    assert raw.origin.endswith("schema=public&layer=台账")
    spec = CATALOGUE.layer("carriers")
    found = run_chain(raw, request("carriers"), spec, CATALOGUE)
    assert found.rows_in == len(found.accepted) + len(found.rejected)
    assert found.accepted["carrier_id"].tolist() == ["X1"]
    assert found.accepted["gross_area_m2"].tolist() == [1200.5]
    assert "X2" in found.rejected["载体编码"].tolist()
    assert found.file == raw.origin
    assert found.sha256 == raw.sha256


def test_the_fingerprint_is_of_the_content(base: Base) -> None:
    put(base, {"parks": parks(5)})
    first = read(base, "parks").sha256
    # The rows lie in another order afterwards, and say the same.
    base.run("UPDATE atlas.parks SET name = name WHERE park_id = 'P00001'")
    assert read(base, "parks").sha256 == first
    base.run("UPDATE atlas.parks SET name = 'x' WHERE park_id = 'P00003'")
    assert read(base, "parks").sha256 != first


def test_places_without_a_system_must_be_told(base: Base) -> None:
    base.run(
        "CREATE TABLE public.gates (id text, name text, geom geometry)",
        "INSERT INTO public.gates VALUES ('g1', '门', ST_MakePoint(121.5, 31.3))",
    )
    raw = read(base, "gates", "public")
    assert raw.system is None
    spec = CATALOGUE.layer("gates")
    with pytest.raises(IntakeError):
        run_chain(raw, request("gates"), spec, CATALOGUE)
    found = run_chain(raw, request("gates"), spec, CATALOGUE, Choices(crs="EPSG:4490"))
    assert len(found.accepted) == 1


def test_a_map_shift_beside_known_places_is_noticed(base: Base) -> None:
    known = few("gates", [shapely.Point(121.5 + i / 500, 31.3 - i / 700) for i in range(12)])
    lon, lat = wgs84_to_gcj02(known.geometry.x, known.geometry.y)
    put(base, {"gates": few("gates", [shapely.Point(x, y) for x, y in zip(lon, lat, strict=True)])})
    spec, raw = CATALOGUE.layer("gates"), read(base, "gates")
    beside = {"gates": known}
    with pytest.raises(IntakeError, match=r"GCJ02.*475 m"):
        run_chain(raw, request("gates"), spec, CATALOGUE, tables=beside)
    choices = Choices(crs="GCJ02")
    found = run_chain(raw, request("gates"), spec, CATALOGUE, choices, tables=beside)
    apart = known.geometry.to_numpy(), found.accepted.geometry.to_numpy()
    assert shapely.distance(*apart).max() < 1e-5


def test_several_systems_in_one_column_are_refused(base: Base) -> None:
    base.run(
        "CREATE TABLE public.gates (id text, geom geometry)",
        "INSERT INTO public.gates VALUES ('a', ST_SetSRID(ST_MakePoint(121.5, 31.3), 4490)),"
        " ('b', ST_SetSRID(ST_MakePoint(121.5, 31.3), 4326))",
    )
    with pytest.raises(IntakeError, match=r"4326, 4490"):
        read(base, "gates", "public")


def test_a_table_without_rows_and_one_without_places(base: Base) -> None:
    base.run("CREATE TABLE public.gates (id text, geom geometry(Point, 4490))")
    raw = read(base, "gates", "public")
    assert (len(raw.frame), raw.shapes) == (0, True)
    base.run(
        "CREATE VIEW public.units AS SELECT 'u1'::text AS unit_id, 5.5::numeric AS floor_area_m2"
    )
    raw = read(base, "units", "public")
    assert raw.frame.to_dict("list") == {"unit_id": ["u1"], "floor_area_m2": ["5.5"]}


def test_an_unknown_table_names_those_there_are(base: Base) -> None:
    base.run("CREATE TABLE public.gate (id text)")
    with pytest.raises(UsageError, match=r"gate.*&layer="):
        read(base, "gates", "public")


def test_a_table_that_is_too_large_is_refused(base: Base) -> None:
    put(base, {"parks": parks(500)})
    with pytest.raises(IntakeError, match="上限"):
        read(base, "parks", most=10_000)


def test_a_query_that_takes_too_long_is_given_up(base: Base) -> None:
    base.run("CREATE VIEW public.gates AS SELECT 'a'::text AS id, pg_sleep(30)::text AS name")
    with pytest.raises(IntakeError, match="statement timeout"):
        read(base, "gates", "public", seconds=1)


def test_reading_cannot_change_anything(base: Base) -> None:
    base.run(
        "CREATE TABLE public.seen (n int)",
        "CREATE FUNCTION public.note() RETURNS text LANGUAGE sql AS"
        " 'INSERT INTO public.seen VALUES (1); SELECT ''x''::text'",
        "CREATE VIEW public.gates AS SELECT public.note() AS id",
    )
    with pytest.raises(IntakeError, match="read-only"):
        read(base, "gates", "public")
    assert base.one("SELECT count(*) FROM public.seen") == 0


def test_hostile_texts_come_as_they_are(base: Base) -> None:
    put(base, {"parks": parks(3, {0: HOSTILE})})
    raw = read(base, "parks")
    assert raw.frame["name"][0] == HOSTILE
    assert all("s3cret" not in str(v) for v in (raw.origin, raw.facts))


def test_the_password_is_in_no_error_and_not_in_the_origin(base: Base) -> None:
    put(base, {"parks": parks(3)})
    base.uri = base.uri.replace("postgres@", "postgres:s3cret@")
    assert "s3cret" not in read(base, "parks").origin
    base.uri = base.uri.replace("postgres:", "nobody:")
    with pytest.raises(AtlasError) as caught:
        read(base, "parks")
    assert "s3cret" not in str(caught.value)
