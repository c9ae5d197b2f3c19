"""What is not overwritten, and that a publication is there whole or not at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.errors import ExportError
from layers.errors import UsageError
from tests.layers.database.database_hand import landuse
from tests.layers.database.database_hand import parks
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from layers.errors import Text
    from tests.layers.database.database_hand import Base

NAMES = {i: f"新{i}" for i in range(5)}


def test_a_table_of_others_is_not_overwritten(base: Base) -> None:
    base.run(
        "CREATE SCHEMA atlas",
        "CREATE TABLE atlas.parks (park_id text, own text)",
        "INSERT INTO atlas.parks VALUES ('theirs', 'x')",
    )
    with pytest.raises(ExportError, match=r"atlas\.parks.*--take-over"):
        put(base, {"landuse": landuse(), "parks": parks(5)})
    assert base.rows("SELECT * FROM atlas.parks") == [("theirs", "x")]
    assert base.one("SELECT to_regclass('atlas.landuse')::text") is None
    put(base, {"parks": parks(5)}, wish_take_over=True)
    assert base.one("SELECT count(*) FROM atlas.parks") == 5
    assert base.one("SELECT count(own) FROM atlas.parks") == 0
    (again,) = put(base, {"parks": parks(5)}).layers
    assert again.same


def test_a_column_of_another_type_is_named(base: Base) -> None:
    base.run("CREATE SCHEMA atlas", "CREATE TABLE atlas.parks (park_id int8, accuracy_m text)")
    with pytest.raises(ExportError, match=r"park_id 现为 int8，应为 text；accuracy_m 现为 text"):
        put(base, {"parks": parks(5)}, wish_take_over=True)


def test_a_view_is_no_table(base: Base) -> None:
    base.run("CREATE SCHEMA atlas", "CREATE VIEW atlas.parks AS SELECT 1 AS park_id")
    with pytest.raises(ExportError, match="视图"):
        put(base, {"parks": parks(5)}, wish_take_over=True)


def test_another_workspace_and_an_older_version_are_refused(base: Base) -> None:
    put(base, {"parks": parks(5)}, 3)
    with pytest.raises(ExportError, match=r"规划员.*另一个工作区"):
        put(base, {"parks": parks(5)}, 4, wish_workspace="w2")
    with pytest.raises(ExportError, match=r"版本 3.*版本 2"):
        put(base, {"parks": parks(5)}, 2)
    put(base, {"parks": parks(4)}, 2, wish_take_over=True)
    assert base.one("SELECT count(*) FROM atlas.parks") == 4


@pytest.mark.parametrize(
    ("choices", "words"),
    [({"audience": "public"}, "internal"), ({"crs": "EPSG:4549"}, "EPSG:4490.*EPSG:4549")],
)
def test_one_schema_has_one_copy_in_one_system(
    base: Base, choices: dict[str, Any], words: str
) -> None:
    put(base, {"parks": parks(5)})
    with pytest.raises((ExportError, UsageError), match=words):
        put(base, {"parks": parks(5)}, 1, wish_take_over=True, **choices)
    put(base, {"parks": parks(5)}, 1, schema="other", **choices)
    assert base.one("SELECT count(*) FROM other.parks") == 5


def test_without_postgis_it_says_what_to_do(make_base: Any) -> None:
    base = make_base(postgis=False)
    with pytest.raises(ExportError, match="CREATE EXTENSION postgis"):
        put(base, {"parks": parks(5)})
    assert base.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'atlas'") == 0


def test_a_system_that_postgis_does_not_know_is_named(base: Base) -> None:
    base.run("DELETE FROM spatial_ref_sys WHERE srid = 4490")
    with pytest.raises(ExportError, match="EPSG:4490"):
        put(base, {"parks": parks(5)})


def test_systems_may_have_other_numbers(base: Base) -> None:
    base.run("UPDATE spatial_ref_sys SET srid = 994490 WHERE srid = 4490")
    put(base, {"parks": parks(5)})
    srid = "SELECT DISTINCT ST_SRID(geometry) FROM atlas.parks WHERE geometry IS NOT NULL"
    assert base.one(srid) == 994490


def test_a_dry_run_counts_and_writes_nothing(base: Base) -> None:
    (one,) = put(base, {"parks": parks(5)}, wish_dry_run=True).layers
    assert (one.added, one.same) == (5, False)
    assert base.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'atlas'") == 0
    assert base.one("SELECT to_regclass('layer_styles')::text") is None


def test_a_user_without_rights_is_told_so(base: Base) -> None:
    base.run(
        "DROP ROLE IF EXISTS poor", "CREATE ROLE poor LOGIN", "CREATE SCHEMA atlas",
        "GRANT USAGE ON SCHEMA atlas TO poor",
    )  # fmt: skip
    base.uri = base.uri.replace("postgres@", "poor@")
    with pytest.raises(ExportError, match="权限不足"):
        put(base, {"parks": parks(5)})


def test_a_user_who_may_not_write_styles_publishes_without(base: Base) -> None:
    base.run(
        "DROP ROLE IF EXISTS plain", "CREATE ROLE plain LOGIN", "CREATE SCHEMA atlas",
        "GRANT USAGE, CREATE ON SCHEMA atlas TO plain",
    )  # fmt: skip
    base.uri = base.uri.replace("postgres@", "plain@")
    made = put(base, {"parks": parks(5)})
    assert made.problem
    assert any("layer_styles" in note.zh for note in made.notes)
    assert base.one("SELECT count(*) FROM atlas.parks") == 5
    assert put(base, {"parks": parks(5)}).layers[0].same


@pytest.mark.parametrize(
    ("moment", "words"), [("Land use", "数据库未变"), ("committing", "再发布一次")]
)
def test_an_ended_connection_leaves_the_old_state(base: Base, moment: str, words: str) -> None:
    put(base, {"parks": parks(5), "landuse": landuse()})
    before = [base.state("parks"), base.state("landuse")]
    ended = []

    def end(what: Text, _share: float) -> None:
        # The parks are written by then, and nothing is committed.
        if what.en == moment:
            ended.append(moment)
            base.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'atlas publish' AND datname = current_database()"
            )

    with pytest.raises(ExportError, match=words):
        put(base, {"parks": parks(5, NAMES), "landuse": landuse(2)}, 1, progress=end)
    assert ended == [moment]
    assert [base.state("parks"), base.state("landuse")] == before
    assert base.one("SELECT max(version) FROM atlas.atlas_publications") == 0
    put(base, {"parks": parks(5, NAMES), "landuse": landuse(2)}, 1)
    assert base.one("SELECT count(*) FROM atlas.landuse") == 2


def test_readers_see_the_old_rows_until_the_end(base: Base) -> None:
    put(base, {"parks": parks(5), "landuse": landuse()})
    seen = []

    def look(_what: Text, _share: float) -> None:
        seen.append(
            (
                base.one("SELECT count(*) FROM atlas.parks WHERE name LIKE '新%'"),
                base.one("SELECT count(*) FROM atlas.landuse"),
            )
        )

    put(base, {"parks": parks(5, NAMES), "landuse": landuse(2)}, 1, progress=look)
    assert len(seen) >= 4
    assert set(seen) == {(0, 4)}
    assert base.one("SELECT count(*) FROM atlas.parks WHERE name LIKE '新%'") == 5


def test_two_publishers_queue(base: Base) -> None:
    put(base, {"parks": parks(5)})
    told: list[str] = []
    second = threading.Thread(
        target=lambda: put(
            base, {"parks": parks(6)}, 2, progress=lambda what, _share: told.append(what.en)
        )
    )

    def begin(what: Text, _share: float) -> None:
        if what.en == "committing":
            second.start()
            for _ in range(300):
                if any("somebody else" in text for text in told):
                    return
                threading.Event().wait(0.1)

    put(base, {"parks": parks(5, NAMES)}, 1, progress=begin)
    second.join(60)
    assert any("somebody else" in text for text in told)
    assert base.one("SELECT count(*) FROM atlas.parks") == 6
    order = base.rows("SELECT version FROM atlas.atlas_publications ORDER BY number")
    assert order == [(0,), (1,), (2,)]


def test_who_waits_too_long_is_told(base: Base) -> None:
    put(base, {"parks": parks(5)})

    def publish_too(what: Text, _share: float) -> None:
        if what.en == "committing":
            with pytest.raises(ExportError, match="1 秒"):
                put(base, {"parks": parks(6)}, 2, wish_wait_s=1)

    put(base, {"parks": parks(5, NAMES)}, 1, progress=publish_too)
    assert base.one("SELECT count(*) FROM atlas.parks") == 5


def test_the_password_is_told_nobody(base: Base) -> None:
    base.uri = base.uri.replace("postgres@", "nobody:s3cret%20word@")
    with pytest.raises(ExportError) as caught:
        put(base, {"parks": parks(5)})
    told = f"{caught.value} {caught.value.text}"
    assert "s3cret" not in told
    assert "nobody@127.0.0.1" in told
