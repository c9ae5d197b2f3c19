from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from deltalake import DeltaTable

from layers.contract import conform
from layers.edition import Edition
from layers.errors import ConflictError
from layers.errors import WorkspaceError
from layers.frames import empty_frame
from layers.manifest import MANIFEST
from layers.workspace import ABSENT
from layers.workspace import Workspace
from layers.workspace import default_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[2]
HERE = shapely.Point(121.5, 31.3)


def frame_of(catalogue: Catalogue, *rows: dict[str, Any], layer: str = "carriers") -> Any:
    checked = conform(pd.DataFrame(list(rows), dtype=object), catalogue.layer(layer))
    assert checked.rejected.empty
    return checked.accepted


def put(workspace: Workspace, *rows: dict[str, Any], **options: Any) -> int:
    frame = frame_of(workspace.catalogue, *rows)
    return workspace.commit("carriers", frame, author="甲", message="改", **options)


@pytest.fixture
def workspace(small: Catalogue, tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "工作区", small, author="甲")


FULL = {
    "carrier_id": "C1",
    "name": "同济晶度大厦",
    "gross_area_m2": 1234.5,
    "tenants": 2**53 - 1,
    "protected": True,
    "data_date": "2026-03-31",
    "vacant_since": "2026-03",
    "geometry": HERE,
}


def test_what_was_committed_is_read_with_its_types(workspace: Workspace) -> None:
    assert workspace.version("carriers") == ABSENT
    assert workspace.keys() == ()
    written = frame_of(workspace.catalogue, FULL, {"carrier_id": "C2"})
    assert workspace.commit("carriers", written, author="甲", message="首次") == 0
    read = Workspace.open(workspace.path, workspace.catalogue).read("carriers")
    pd.testing.assert_frame_equal(pd.DataFrame(read), pd.DataFrame(written))
    assert isinstance(read, gpd.GeoDataFrame)
    assert read.crs == "EPSG:4490"
    assert workspace.keys() == ("carriers",)


def test_rows_and_places_are_counted_without_reading(workspace: Workspace) -> None:
    assert (workspace.rows("carriers"), workspace.rows("carriers", located=True)) == (0, 0)
    put(workspace, FULL, {"carrier_id": "C2"}, {"carrier_id": "C3", "geometry": HERE})
    assert (workspace.rows("carriers"), workspace.rows("carriers", located=True)) == (3, 2)
    put(workspace, {"carrier_id": "C2"})
    assert (workspace.rows("carriers"), workspace.rows("carriers", located=True)) == (1, 0)
    assert workspace.rows("carriers", 0, located=True) == 2


def test_columns_of_nulls_keep_their_types(workspace: Workspace) -> None:
    put(workspace, {"carrier_id": "C1"})
    read = workspace.read("carriers")
    assert read.dtypes.equals(empty_frame(workspace.catalogue.layer("carriers")).dtypes)
    fields = {f.name: str(f.type) for f in DeltaTable(workspace.path / "carriers").schema().fields}
    assert "long" in fields["tenants"]
    assert "boolean" in fields["protected"]
    assert "date" in fields["data_date"]
    assert "binary" in fields["geometry"]


def test_empty_layers(workspace: Workspace) -> None:
    spec = workspace.catalogue.layer("carriers")
    assert workspace.read("carriers").empty
    assert workspace.commit("carriers", empty_frame(spec), author="甲", message="空") == 0
    assert workspace.read("carriers").dtypes.equals(empty_frame(spec).dtypes)
    assert put(workspace, FULL) == 1
    assert len(workspace.read("carriers")) == 1


def test_the_table_says_its_crs_and_layer(workspace: Workspace) -> None:
    put(workspace, FULL)
    table = DeltaTable(workspace.path / "carriers")
    assert table.metadata().name == "carriers"
    geometry = next(f for f in table.schema().fields if f.name == "geometry")
    assert geometry.metadata["crs"] == "EPSG:4490"
    assert table.history()[0]["catalogue_version"] == "2026.1.1"
    manifest = json.loads((workspace.path / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["crs"] == "EPSG:4490"
    assert manifest["edition"] == "small"


def test_history_says_who_when_why_and_from_what(workspace: Workspace) -> None:
    put(workspace, FULL)
    frame = frame_of(workspace.catalogue, FULL, {"carrier_id": "C2"})
    workspace.commit(
        "carriers",
        frame,
        author="乙",
        message="导入",
        source_file="台账.csv",
        source_sha256="ab" * 32,
        rows_in=5,
        rejected=3,
    )
    history = workspace.history("carriers")
    assert history["version"].tolist() == [1, 0]
    latest = history.iloc[0]
    assert latest["author"] == "乙"
    assert latest["message"] == "导入"
    assert (latest["rows"], latest["rows_in"], latest["rejected"]) == (2, 5, 3)
    assert latest["source_file"] == "台账.csv"
    assert latest["source_sha256"] == "ab" * 32
    assert pd.Timestamp(latest["time"]).tzname() == "UTC"
    assert len(workspace.history()) == 2
    assert workspace.history("parks").empty


def test_old_versions_restore_and_diff(workspace: Workspace) -> None:
    away = shapely.Point(121.51, 31.3)
    put(workspace, FULL, {"carrier_id": "C2", "name": "旧"}, {"carrier_id": "C3"})
    put(
        workspace,
        {**FULL, "geometry": away, "protected": None},
        {"carrier_id": "C2", "name": "新", "tenants": 0},
        {"carrier_id": "C4"},
    )
    assert workspace.read("carriers", 0)["carrier_id"].tolist() == ["C1", "C2", "C3"]
    diff = workspace.diff("carriers", 0, 1)
    changes = {tuple(row) for row in diff.itertuples(index=False)}
    assert changes == {
        ("C1", "changed", "geometry", "Point 121.500000 31.300000", "Point 121.510000 31.300000"),
        ("C1", "changed", "protected", "true", ""),
        ("C2", "changed", "name", "旧", "新"),
        ("C2", "changed", "tenants", "", "0"),
        ("C3", "removed", "", "", ""),
        ("C4", "added", "", "", ""),
    }
    assert workspace.restore("carriers", 0, author="丙", message="退回") == 2
    assert workspace.diff("carriers", 0, 2).empty
    assert workspace.history("carriers")["source_file"][0] == "carriers@0"
    for wrong in (7, -2):
        with pytest.raises(WorkspaceError, match=str(wrong)):
            workspace.read("carriers", wrong)
    with pytest.raises(WorkspaceError, match="parks"):
        workspace.restore("parks", 0, author="丙", message="")


def test_a_redrawn_polygon_is_no_change_but_a_moved_corner_is(workspace: Workspace) -> None:
    ring = [(121.5, 31.3), (121.501, 31.3), (121.501, 31.301), (121.5, 31.301)]
    turned = [*ring[2:], *ring[:2]][::-1]
    moved = [*ring[:3], (121.4999, 31.301)]
    for version in (ring, turned, moved):
        put(workspace, {"carrier_id": "C1", "geometry": shapely.Polygon(version)})
    assert workspace.diff("carriers", 0, 1).empty
    (row,) = workspace.diff("carriers", 1, 2).itertuples(index=False)
    assert "m², 5 vertices" in str(row.old)
    assert str(row.old) != str(row.new)


def test_the_second_of_two_writers_is_told(workspace: Workspace) -> None:
    other = Workspace.open(workspace.path, workspace.catalogue)
    put(workspace, FULL)
    seen = other.version("carriers")
    put(workspace, FULL, {"carrier_id": "C2"}, expected_version=seen)
    with pytest.raises(ConflictError, match="重新载入"):
        put(other, {"carrier_id": "C9"}, expected_version=seen)
    assert workspace.version("carriers") == 1
    assert len(workspace.read("carriers")) == 2


@pytest.mark.parametrize("first", ["nothing", "empty", "rows"])
def test_two_writers_at_the_same_moment(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Let the second commit happen between the first one's look and its write."""
    catalogue = workspace.catalogue
    if first != "nothing":
        frame = (
            frame_of(catalogue, FULL)
            if first == "rows"
            else empty_frame(catalogue.layer("carriers"))
        )
        workspace.commit("carriers", frame, author="甲", message="")
    rival = Workspace.open(workspace.path, catalogue)
    done: list[int] = []
    write = Workspace._write

    def late(self: Workspace, *arguments: Any) -> None:
        if self is workspace and not done:
            done.append(put(rival, {"carrier_id": "R"}))
        write(self, *arguments)

    monkeypatch.setattr(Workspace, "_write", late)
    with pytest.raises(ConflictError):
        put(workspace, {"carrier_id": "W"})
    assert workspace.read("carriers")["carrier_id"].tolist() == ["R"]
    assert workspace.version("carriers") == done[0]


def test_frames_that_are_not_of_the_layer_are_refused(workspace: Workspace) -> None:
    good = frame_of(workspace.catalogue, FULL)
    wrong = [
        good.to_crs("EPSG:4549"),
        pd.DataFrame(good.drop(columns="geometry")),
        good.drop(columns="tenants"),
        pd.concat([good, good], ignore_index=True),
        good.assign(tenants="many"),
        good.assign(carrier_id=None),
    ]
    for frame in wrong:
        with pytest.raises(WorkspaceError, match="carriers"):
            workspace.commit("carriers", frame, author="甲", message="")
    assert workspace.version("carriers") == ABSENT


def test_an_older_catalogue_is_read_and_a_newer_one_refused(
    tmp_path: Path, make_catalogue: Callable[..., Catalogue], field: Callable[..., str]
) -> None:
    old = make_catalogue(without=("tenants",))
    new = make_catalogue(
        version="2026.2.1", extra={"carriers": [field("floors", "integer", "层数")]}
    )
    path = tmp_path / "w"
    row = {name: value for name, value in FULL.items() if name != "tenants"}
    put(Workspace.create(path, old, author="甲"), row)
    upgraded = Workspace.open(path, new)
    read = upgraded.read("carriers")
    assert read["floors"].isna().all()
    assert str(read["floors"].dtype) == "Int64"
    assert read["name"][0] == FULL["name"]
    upgraded.commit("carriers", read.assign(floors=pd.array([9], "Int64")), author="乙", message="")
    assert upgraded.read("carriers")["floors"][0] == 9
    assert upgraded.read("carriers", 0)["floors"].isna().all()
    with pytest.raises(WorkspaceError, match=r"2026\.2\.1.*升级"):
        Workspace.open(path, old)


def test_a_field_that_changed_its_type(
    tmp_path: Path, make_catalogue: Callable[..., Catalogue], field: Callable[..., str]
) -> None:
    old = make_catalogue(extra={"carriers": [field("floors", "text", "层数")]})
    new = make_catalogue(
        version="2026.2.1", extra={"carriers": [field("floors", "integer", "层数")]}
    )
    workspace = Workspace.create(tmp_path / "w", old, author="甲")
    put(workspace, {"carrier_id": "C1", "floors": "12"})
    assert Workspace.open(tmp_path / "w", new).read("carriers")["floors"].tolist() == [12]
    put(workspace, {"carrier_id": "C1", "floors": "十二"})
    with pytest.raises(WorkspaceError, match="十二"):
        Workspace.open(tmp_path / "w", new).read("carriers")


def test_folders_that_are_no_workspace(
    small: Catalogue, tmp_path: Path, make_catalogue: Callable[..., Catalogue]
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("x", encoding="utf-8")
    for name in ("none", "file", "full"):
        with pytest.raises(WorkspaceError, match="atlas workspace init"):
            Workspace.open(tmp_path / name, small)
    for name in ("file", "full"):
        with pytest.raises(WorkspaceError, match="空文件夹"):
            Workspace.create(tmp_path / name, small, author="甲")
    (tmp_path / "empty").mkdir()
    made = Workspace.create(tmp_path / "empty", small, author="甲")
    assert not list(tmp_path.glob(".empty-*"))
    other = make_catalogue(edition="other")
    with pytest.raises(WorkspaceError, match="small"):
        Workspace.open(made.path, other)
    for damage in ("{", "[]", "{}", '{"edition": "small", "catalogue_version": "x"}'):
        (made.path / MANIFEST).write_text(damage, encoding="utf-8")
        with pytest.raises(WorkspaceError, match="损坏"):
            Workspace.open(made.path, small)


def test_a_damaged_table_is_named_and_the_others_are_read(workspace: Workspace) -> None:
    put(workspace, FULL)
    parks = frame_of(workspace.catalogue, {"park_id": "P1", "name": "甲"}, layer="parks")
    workspace.commit("parks", parks, author="甲", message="")
    for file in (workspace.path / "carriers").glob("*.parquet"):
        file.write_bytes(b"PAR1 no more")
    with pytest.raises(WorkspaceError, match=r"carriers.*损坏"):
        workspace.read("carriers")
    assert len(workspace.read("parks")) == 1
    for file in (workspace.path / "carriers" / "_delta_log").glob("*.json"):
        file.write_bytes(b"{")
    with pytest.raises(WorkspaceError, match=r"carriers.*损坏"):
        workspace.version("carriers")


def test_an_edition_fills_the_workspace(small: Catalogue, tmp_path: Path) -> None:
    tables = {spec.key: empty_frame(spec) for spec in small.layers}
    tables["carriers"] = frame_of(small, FULL)
    made = Workspace.create(tmp_path / "w", small, author="甲", edition=Edition(tables, ()))
    assert made.keys() == ("carriers",)
    info = made.info()
    assert info["layers"] == [{"layer": "carriers", "version": 0, "rows": 1}]
    assert info["catalogue_version"] == "2026.1.1"
    assert info["author"] == "甲"


def test_history_is_kept_over_a_checkpoint(workspace: Workspace) -> None:
    for _ in range(3):
        put(workspace, FULL)
    table = DeltaTable(workspace.path / "carriers")
    table.create_checkpoint()
    table.cleanup_metadata()
    assert workspace.history("carriers")["version"].tolist() == [2, 1, 0]
    assert table.metadata().configuration["delta.enableExpiredLogCleanup"] == "false"


def test_where_the_workspace_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(tmp_path))
    assert default_path() == tmp_path
    monkeypatch.delenv("ATLAS_WORKSPACE")
    assert default_path().parts[-2:] == ("yangpu-atlas", "workspace")


KILLED = """
import sys
from pathlib import Path
import pandas as pd
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.workspace import Workspace
catalogue = load_catalogue(Path(sys.argv[2]))
workspace = Workspace.open(Path(sys.argv[1]), catalogue)
for number in range(10_000):
    frame = pd.DataFrame({"carrier_id": [f"C{i:04}" for i in range(300)], "tenants": number})
    rows = conform(frame, catalogue.layer("carriers")).accepted
    print(workspace.commit("carriers", rows, author="k", message=str(number)), flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_killed_process_loses_nothing_committed(workspace: Workspace) -> None:
    command = [
        sys.executable, "-c", KILLED, str(workspace.path), str(workspace.catalogue.folder)
    ]  # fmt: skip
    last = -1
    for pause in (0.05, 0.11, 0.16):
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter, our own code
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = process.stdout.readline()
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read()
        process.stdout.close()
        process.wait()
        said = int(told.split()[-1])
        assert said > last
        # A commit that was made but not yet reported may be there too.
        last = workspace.version("carriers")
        assert last in (said, said + 1)
        rows = workspace.read("carriers")
        assert len(rows) == 300
        assert len(set(rows["tenants"])) == 1
    assert len(workspace.history("carriers")) == last + 1
    assert put(workspace, FULL) == last + 1
