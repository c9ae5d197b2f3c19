"""The commands that publish layers in PostGIS and read tables from it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
from adbc_driver_postgresql import dbapi

from layers.audit import read as read_audit
from layers.catalogue import load_catalogue
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.layers.database.database_hand import Base
from tests.layers.database.database_hand import bases
from tests.layers.database.database_hand import landuse
from tests.layers.database.database_hand import parks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
SECRET = "s3cret-word"  # noqa: S105 -- what must not be seen again


@pytest.fixture(scope="module")
def make_base() -> Iterator[Any]:
    with bases() as made:
        yield made


@pytest.fixture
def base(make_base: Any) -> Base:
    found: Base = make_base()
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a workspace of parks and parcels."""
    opened = Workspace.create(tmp_path / "w", load_catalogue(), author="我")
    opened.commit("parks", parks(5), author="我", message="开始")
    opened.commit("landuse", landuse(), author="我", message="开始")
    return opened


def change(opened: Workspace) -> None:
    names = {i: f"新{i}" for i in range(5)}
    opened.commit("parks", parks(5, names), author="我", message="改名")
    opened.commit("landuse", landuse(2), author="我", message="删去")


def publish(base: Base, opened: Workspace, *options: object, code: int = 0) -> dict[str, Any]:
    done = run("publish", base.address(), *options, "-w", opened.path, "--json")
    assert done.exit_code == code, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def events(opened: Workspace, action: str) -> list[Any]:
    found = read_audit(opened.path)
    return list(found[found["action"] == action].to_dict("records"))


def test_all_layers_are_published_and_then_up_to_date(base: Base, workspace: Workspace) -> None:
    told = publish(base, workspace, "--author", "王工")
    assert {one["layer"]: one["added"] for one in told["layers"]} == {"parks": 5, "landuse": 4}
    (event,) = events(workspace, "publish")
    assert event["export_id"] == told["export_id"]
    assert event["name"] == "王工"
    assert event["layers"] == {"parks": 0, "landuse": 0}
    assert told["export_id"] in base.one("SELECT obj_description('atlas.parks'::regclass)")
    register = "SELECT DISTINCT published_by, export_id, workspace FROM atlas.atlas_publications"
    assert base.rows(register) == [("王工", told["export_id"], workspace.identity)]
    again = publish(base, workspace, "parks")
    assert [one["same"] for one in again["layers"]] == [True]
    done = run("publish", base.address(), "parks", "-w", workspace.path)
    assert "已是最新" in done.stderr


def test_a_dry_run_writes_nothing_and_is_no_event(base: Base, workspace: Workspace) -> None:
    told = publish(base, workspace, "--dry-run")
    assert told["dry_run"]
    assert base.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'atlas'") == 0
    assert not events(workspace, "publish")


def test_a_journal_that_cannot_be_written_stops_it(base: Base, workspace: Workspace) -> None:
    (workspace.path / "audit").write_text("a file in the way of the folder")
    done = run("publish", base.address(), "-w", workspace.path, "--dry-run")
    assert done.exit_code == 0
    with pytest.raises(Exception, match="audit"):
        run("publish", base.address(), "-w", workspace.path)
    assert base.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'atlas'") == 0


def test_wrong_wishes_are_refused(
    base: Base,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told(*arguments: object) -> str:
        return refused(monkeypatch, capsys, *arguments, "-w", workspace.path)

    assert "layer=" in told("publish", base.address() + "&layer=parks")
    assert "postgresql://" in told("publish", "postgis://[broken")
    assert "nothing_like_it" in told("publish", base.address(), "nothing_like_it")
    assert "EPSG:2437" in told("publish", base.address(), "--crs", "EPSG:2437")
    assert "nowhere" in told("import", base.uri + "?schema=nowhere", "-l", "parks")


def test_a_table_becomes_a_layer(base: Base, workspace: Workspace, tmp_path: Path) -> None:
    publish(base, workspace)
    base.run("UPDATE atlas.parks SET name = '新名' WHERE park_id = 'P00003'")
    base.run("UPDATE atlas.parks SET park_class = '不存在的类' WHERE park_id = 'P00004'")
    address = base.address().replace("postgres@", f"postgres:{SECRET}@")
    rejects = tmp_path / "rejects"
    done = run(
        "import", address, "-l", "parks", "-w", workspace.path, "--rejects", rejects, "--json"
    )
    told = json.loads(done.stdout)
    assert (told["rows_in"], told["accepted"], told["rejected"]) == (5, 4, 1)
    assert (told["added"], told["changed"], told["removed"]) == (0, 1, 0)
    assert done.exit_code == 1
    assert rejects.with_suffix(".gpkg").is_file()
    last = workspace.history("parks").iloc[0]
    assert last["source_file"].endswith(f"{base.uri.rsplit('/', 1)[-1]}?schema=atlas&layer=parks")
    assert len(last["source_sha256"]) == 64
    everything = b"".join(p.read_bytes() for p in workspace.path.rglob("*") if p.is_file())
    assert SECRET.encode() not in everything
    assert SECRET not in done.stdout + done.stderr
    (event,) = events(workspace, "import")
    assert "schema=atlas&layer=parks" in event["subject"]


def test_what_was_published_changes_nothing_when_it_comes_back(
    base: Base, workspace: Workspace
) -> None:
    publish(base, workspace)
    for key in ("parks", "landuse"):
        done = run("import", base.address(), "-l", key, "-w", workspace.path, "--json", "--replace")
        told = json.loads(done.stdout)
        assert (told["added"], told["changed"], told["removed"]) == (0, 0, 0)
        assert told["rows_in"] == told["accepted"]


def test_a_table_is_looked_at(base: Base, workspace: Workspace) -> None:
    publish(base, workspace)
    done = run("inspect", base.address() + "&layer=parks", "-w", workspace.path, "--json")
    told = json.loads(done.stdout)
    assert told["rows"] == 5
    assert told["facts"]["kind"]["zh"] == "PostGIS 表"


def test_a_killed_publisher_leaves_the_old_state(base: Base, workspace: Workspace) -> None:
    publish(base, workspace)
    before = [base.state("parks"), base.state("landuse")]
    change(workspace)
    command = [sys.executable, "-m", "cli", "publish", base.address(), "parks", "landuse"]
    with closing(dbapi.connect(base.uri)) as holder, closing(holder.cursor()) as cursor:
        # A row of the second layer is held, so that the publisher stops in its middle.
        cursor.execute("SELECT 1 FROM atlas.landuse WHERE parcel_id = 'L3' FOR UPDATE")
        cursor.fetchall()
        publisher = subprocess.Popen(  # noqa: S603 -- our own command
            [*command, "-w", str(workspace.path)], cwd=ROOT
        )
        try:
            _until_waiting(base)
        finally:
            os.kill(publisher.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            publisher.wait(60)
        holder.rollback()
    _until_gone(base)
    assert [base.state("parks"), base.state("landuse")] == before
    assert base.one("SELECT count(*) FROM atlas.atlas_publications") == 2
    told = publish(base, workspace)
    assert {one["layer"]: one["changed"] for one in told["layers"]}["parks"] == 5
    assert base.one("SELECT count(*) FROM atlas.landuse") == 2


_AT_WORK = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atlas publish'"
    " AND datname = current_database()"
)


def _until_waiting(base: Base) -> None:
    """Wait until the publisher waits for the row that is held."""
    for _ in range(900):
        if base.one(f"{_AT_WORK} AND wait_event_type = 'Lock'"):
            return
        threading.Event().wait(0.1)
    pytest.fail("the publisher never came to the row")


def _until_gone(base: Base) -> None:
    """Wait until the server has noticed that the publisher is no more."""
    for _ in range(900):
        if not base.one(_AT_WORK):
            return
        threading.Event().wait(0.1)
    pytest.fail("the server still waits for the publisher")
