"""Layers in PostGIS: complete, described, styled, and written only where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely

from layers.errors import UsageError
from tests.layers.database.database_hand import CATALOGUE
from tests.layers.database.database_hand import HOSTILE
from tests.layers.database.database_hand import few
from tests.layers.database.database_hand import landuse
from tests.layers.database.database_hand import parks
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from tests.layers.database.database_hand import Base


def test_rows_types_and_shapes_are_those_of_the_layer(base: Base) -> None:
    made = put(base, {"parks": parks(5, {0: HOSTILE}), "landuse": landuse()})
    assert [(one.layer, one.rows, one.added, one.same) for one in made.layers] == [
        ("parks", 5, 5, False),
        ("landuse", 4, 4, False),
    ]
    assert base.one("SELECT name FROM atlas.parks WHERE park_id = 'P00000'") == HOSTILE
    assert base.rows("SELECT park_id, accuracy_m FROM atlas.parks WHERE accuracy_m IS NULL") == [
        ("P00002", None)
    ]
    kinds = base.rows("SELECT GeometryType(geometry), count(*) FROM atlas.parks GROUP BY 1")
    assert sorted(kinds, key=str) == [("POINT", 2), ("POLYGON", 2), (None, 1)]
    about = "SELECT type, srid FROM geometry_columns WHERE f_table_name = 'landuse'"
    assert base.rows(about) == [("MULTIPOLYGON", 4490)]
    wkb = base.one("SELECT ST_AsBinary(geometry) FROM atlas.parks WHERE park_id = 'P00003'")
    assert shapely.from_wkb(bytes(wkb)) == parks(5).geometry[3]
    types = dict(
        base.rows(
            "SELECT column_name::text, data_type::text FROM information_schema.columns"
            " WHERE table_schema = 'atlas' AND table_name = 'parks'"
        )
    )
    wanted = {"text": "text", "number": "double precision", "integer": "bigint", "date": "date"}
    wanted |= {"boolean": "boolean", "month": "text"}
    for field in CATALOGUE.layer("parks").fields:
        assert types[field.name] == wanted[field.type]


def test_there_are_a_key_and_an_index_of_places(base: Base) -> None:
    put(base, {"parks": parks(5)})
    found = base.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'parks'")
    told = " ".join(text for (text,) in found)
    assert "UNIQUE" in told
    assert "park_id" in told
    assert "gist (geometry)" in told


def test_table_and_columns_say_what_they_are(base: Base) -> None:
    put(base, {"parks": parks(5)}, 7, wish_export_id="AAAA-BBBB-CCCC")
    about = base.one("SELECT obj_description('atlas.parks'::regclass)")
    spec = CATALOGUE.layer("parks")
    assert about.startswith(f"{spec.title.zh}（示意")
    for word in ("版本: 7", "AAAA-BBBB-CCCC", "内部资料", "2026-11-26T16:00:00+08:00"):
        assert word in about
    comments = dict(
        base.rows(
            "SELECT attname::text, col_description(attrelid, attnum) FROM pg_attribute"
            " WHERE attrelid = 'atlas.parks'::regclass AND attnum > 0"
        )
    )
    unit = spec.field("accuracy_m")
    assert comments["accuracy_m"] == f"{unit.title.zh}（{unit.unit}）"
    assert comments["name"] == spec.field("name").title.zh


def test_the_same_version_again_touches_nothing(base: Base) -> None:
    tables = {"parks": parks(5), "landuse": landuse()}
    put(base, tables, wish_export_id="AAAA-AAAA-AAAA")
    kept = "SELECT xmin::text, * FROM atlas.atlas_publications ORDER BY number"
    styles = "SELECT id, xmin::text FROM layer_styles ORDER BY id"
    before = [base.state("parks"), base.state("landuse"), base.rows(kept), base.rows(styles)]
    again = put(base, tables, wish_by="别人", wish_export_id="BBBB-BBBB-BBBB")
    assert [one.same for one in again.layers] == [True, True]
    after = [base.state("parks"), base.state("landuse"), base.rows(kept), base.rows(styles)]
    assert after == before
    assert "AAAA-AAAA-AAAA" in base.one("SELECT obj_description('atlas.parks'::regclass)")


def test_only_rows_that_differ_are_written(base: Base) -> None:
    put(base, {"parks": parks(6)})
    before = dict(base.rows("SELECT park_id, xmin::text FROM atlas.parks"))
    new = parks(7, {4: "新名"}).drop(index=[2]).reset_index(drop=True)
    (one,) = put(base, {"parks": new}, 1).layers
    assert (one.added, one.changed, one.removed) == (1, 1, 1)
    after = dict(base.rows("SELECT park_id, xmin::text FROM atlas.parks"))
    untouched = {"P00000", "P00001", "P00003", "P00005"}
    assert {key for key in before if after.get(key) == before[key]} == untouched
    assert base.one("SELECT name FROM atlas.parks WHERE park_id = 'P00004'") == "新名"
    versions = "SELECT layer, version, rows FROM atlas.atlas_publications ORDER BY number"
    assert base.rows(versions) == [("parks", 0, 6), ("parks", 1, 6)]


def test_what_somebody_changed_in_the_table_is_put_right(base: Base) -> None:
    put(base, {"parks": parks(5)})
    base.run(
        "UPDATE atlas.parks SET name = 'x' WHERE park_id = 'P00000'",
        "UPDATE atlas.parks SET geometry = NULL WHERE park_id = 'P00003'",
        "DELETE FROM atlas.parks WHERE park_id = 'P00004'",
        "INSERT INTO atlas.parks (park_id) VALUES ('strange')",
    )
    (one,) = put(base, {"parks": parks(5)}).layers
    assert (one.added, one.changed, one.removed, one.same) == (1, 2, 1, False)
    (again,) = put(base, {"parks": parks(5)}).layers
    assert again.same


def test_rights_and_views_of_others_stay(base: Base) -> None:
    put(base, {"parks": parks(5)})
    base.run(
        "DROP ROLE IF EXISTS reader_of_parks",
        "CREATE ROLE reader_of_parks",
        "GRANT SELECT ON atlas.parks TO reader_of_parks",
        "CREATE VIEW atlas.mine AS SELECT park_id, name FROM atlas.parks",
        "ALTER TABLE atlas.parks DROP COLUMN accuracy_m",
    )
    put(base, {"parks": parks(5, {0: "改"})}, 1)
    assert base.one("SELECT name FROM atlas.mine WHERE park_id = 'P00000'") == "改"
    assert base.one("SELECT has_table_privilege('reader_of_parks', 'atlas.parks', 'SELECT')")
    assert base.one("SELECT count(accuracy_m) FROM atlas.parks") == 4
    base.run("DROP OWNED BY reader_of_parks", "DROP ROLE reader_of_parks")


def test_a_column_that_is_gone_is_emptied_and_stays(base: Base) -> None:
    put(base, {"parks": parks(5)})
    base.run(
        "ALTER TABLE atlas.parks ADD COLUMN old_field text",
        "UPDATE atlas.parks SET old_field = '旧'",
        "UPDATE atlas.atlas_publications SET columns = columns || ' old_field'",
        "CREATE VIEW atlas.old AS SELECT old_field FROM atlas.parks",
    )
    put(base, {"parks": parks(5)}, 1)
    assert base.one("SELECT count(old_field) FROM atlas.parks") == 0
    assert base.one("SELECT count(*) FROM atlas.old") == 5
    told = (
        "SELECT col_description(attrelid, attnum) FROM pg_attribute"
        " WHERE attrelid = 'atlas.parks'::regclass AND attname = 'old_field'"
    )
    assert base.one(told) == "已不再发布"
    base.run(
        "DROP VIEW atlas.old",
        "ALTER TABLE atlas.parks DROP COLUMN old_field",
        "UPDATE atlas.atlas_publications SET columns = columns || ' old_field'",
    )
    assert put(base, {"parks": parks(5)}, 2).layers[0].version == 2


def test_internal_layers_are_not_in_a_public_copy(base: Base) -> None:
    units = few("units", [])
    made = put(base, {"parks": parks(5), "units": units}, audience="public")
    assert [one.layer for one in made.layers] == ["parks"]
    assert base.one("SELECT to_regclass('atlas.units')::text") is None
    assert any(CATALOGUE.layer("units").title.zh in note.zh for note in made.notes)


def test_a_parcel_too_small_for_a_public_copy_becomes_a_point(base: Base) -> None:
    small = [shapely.box(121.5, 31.3, 121.50002, 31.30002), shapely.box(121.5, 31.3, 121.6, 31.4)]
    put(base, {"landuse": few("landuse", small)}, audience="public")
    kinds = base.rows("SELECT GeometryType(geometry) FROM atlas.landuse ORDER BY parcel_id")
    assert kinds == [("POINT",), ("POLYGON",)]


def test_a_public_copy_has_nothing_internal(base: Base) -> None:
    spec = CATALOGUE.layer("parks")
    made = put(base, {"parks": parks(5)}, audience="public")
    there = "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'parks'"
    columns = {name for (name,) in base.rows(there)}
    assert columns == {
        *(f.name for f in spec.fields if f.sensitivity == "public"),
        "data_mark",
        "geometry",
    }
    x = base.one("SELECT ST_X(geometry) FROM atlas.parks WHERE park_id = 'P00003'")
    assert x == pytest.approx(121.453, abs=1e-9)
    assert any("公开版" in note.zh for note in made.notes)
    with pytest.raises(UsageError, match="public"):
        put(base, {"parks": parks(5)})
