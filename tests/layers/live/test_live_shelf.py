"""Snapshots: the copy of an audience, read once, kept within bounds of memory."""

from __future__ import annotations

import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from bench.city import make_workspace
from layers.catalogue import load_catalogue
from layers.errors import WorkspaceError
from layers.export import export_layers
from layers.live import Shelf
from layers.live import asked
from layers.live import shelf
from layers.live import snapshots
from layers.live.asking import MOST
from layers.live.snapshots import make_snapshot
from layers.live.systems import live_systems
from layers.live.writing import features_text
from layers.workspace import Workspace
from tests import live_hand as hand

if TYPE_CHECKING:
    from pathlib import Path

    from layers.team import Audience

SYSTEMS = live_systems(121.5)
BUILDINGS = 50_000


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return hand.make_workspace(tmp_path_factory.mktemp("shelf") / "workspace")


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_a_snapshot_is_what_an_export_of_the_audience_has(
    workspace: Workspace, tmp_path: Path, audience: Audience
) -> None:
    snapshot = make_snapshot(workspace, "carriers", 0, audience)
    query = asked([], snapshot, SYSTEMS)
    texts = features_text(snapshot, query.rows(snapshot), query.system, query.fields)
    live = [json.loads(text) for text in texts]
    path = tmp_path / "carriers.geojson"
    export_layers(
        {"carriers": workspace.read("carriers")},
        [workspace.catalogue.layer("carriers")],
        workspace.catalogue,
        fmt="geojson",
        path=path,
        audience=audience,
    )
    exported = json.loads(path.read_text("utf-8"))["features"]
    assert [f["properties"] for f in live] == [f["properties"] for f in exported]
    assert [f["geometry"] for f in live] == [f["geometry"] for f in exported]


def test_a_layer_has_one_kind_of_outline(tmp_path: Path) -> None:
    workspace = hand.make_workspace(tmp_path / "workspace")
    two = shapely.MultiPolygon([hand.SQUARE, shapely.box(121.52, 31.3, 121.53, 31.31)])
    belt = workspace.catalogue.layer("zones").field("belt").choices[0].value
    rows = [
        {
            "zone_id": name,
            "name": name,
            "belt": belt,
            "boundary_status": "sketch",
            "geometry": shape,
        }
        for name, shape in (("Z1", hand.SQUARE), ("Z2", two))
    ]
    hand.commit(workspace, "zones", rows)
    frame = make_snapshot(workspace, "zones", 0, "internal").sheet.frame
    assert isinstance(frame, gpd.GeoDataFrame)
    assert set(frame.geometry.geom_type) == {"MultiPolygon"}


def test_an_old_version_is_as_it_was(workspace: Workspace, tmp_path: Path) -> None:
    other = hand.make_workspace(tmp_path / "workspace")
    hand.commit(other, "parks", hand.PARKS[:1])
    assert len(make_snapshot(other, "parks", 0, "internal").sheet.frame) == 3
    now = make_snapshot(other, "parks", 1, "internal")
    assert len(now.sheet.frame) == 1
    assert now.written >= make_snapshot(other, "parks", 0, "internal").written
    with pytest.raises(WorkspaceError):
        make_snapshot(workspace, "parks", 1, "internal")


def test_the_extent_is_in_degrees_and_days(workspace: Workspace) -> None:
    extent = make_snapshot(workspace, "parks", 0, "internal").extent
    assert extent.box == pytest.approx((121.50, 31.289962, 121.51, 31.31))
    assert [day.isoformat() for day in extent.days] == ["2026-03-31", "2026-06-30"]
    assert (extent.kinds, extent.rows) == (("point", "polygon"), 3)
    table = make_snapshot(workspace, "units", 0, "internal").extent
    assert (table.box, table.kinds, table.rows) == ((), (), 5)


def test_many_who_ask_at_once_read_a_layer_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    make = snapshots.make_snapshot

    def counted(*args: Any) -> snapshots.Snapshot:
        read.append(args[1])
        return make(*args)

    monkeypatch.setattr("layers.live.kept.make_snapshot", counted)
    kept = Shelf()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept.snapshot(workspace, "parks", 0, "public"), range(40)))
    assert read == ["parks"]
    assert len(set(map(id, found))) == 1
    assert kept.snapshot(workspace, "parks", 0, "internal") is not found[0]


def test_the_shelf_forgets_what_was_not_used_but_knows_where_it_was(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_snapshot(workspace, "parks", 0, "internal").weight
    kept = Shelf(most_bytes=one + 1)
    first = kept.snapshot(workspace, "parks", 0, "internal")
    kept.snapshot(workspace, "units", 0, "internal")
    assert kept.weight <= max(one + 1, make_snapshot(workspace, "units", 0, "internal").weight)

    def no_more(*_args: Any) -> snapshots.Snapshot:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr("layers.live.kept.make_snapshot", no_more)
        assert kept.extent(workspace, "parks", 0, "internal") == first.extent
        with pytest.raises(AssertionError):
            kept.snapshot(workspace, "parks", 0, "internal")
    assert kept.snapshot(workspace, "parks", 0, "internal") is not first


def test_fifty_thousand_buildings_are_paged_within_bounds(tmp_path: Path) -> None:
    """All pages together give every building once; a page takes tens of megabytes at most."""
    make_workspace(tmp_path / "workspace", BUILDINGS)
    workspace = Workspace.open(tmp_path / "workspace", load_catalogue())
    kept = Shelf()
    snapshot = kept.snapshot(workspace, "buildings", 0, "internal")
    assert BUILDINGS * 200 < snapshot.weight < 128 * 2**20
    seen: list[str] = []
    tracemalloc.start()
    for offset in range(0, BUILDINGS, MOST):
        query = asked([("limit", str(MOST)), ("offset", str(offset))], snapshot, SYSTEMS)
        rows = query.rows(snapshot)
        assert len(rows) == BUILDINGS
        page = rows[query.offset : query.offset + query.limit]
        texts = features_text(snapshot, page, query.system, query.fields)
        seen += [json.loads(text)["id"] for text in texts]
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 96 * 2**20
    assert seen == sorted(set(seen))
    assert len(seen) == BUILDINGS
    box = [("bbox", "121.50,31.28,121.51,31.29")]
    near = asked(box, snapshot, SYSTEMS).rows(snapshot)
    frame = snapshot.sheet.frame
    assert isinstance(frame, gpd.GeoDataFrame)
    wanted = frame.geometry.intersects(shapely.box(121.50, 31.28, 121.51, 31.29))
    assert near.tolist() == np.flatnonzero(wanted.to_numpy()).tolist()
    assert 0 < len(near) < BUILDINGS


def test_there_is_one_shelf() -> None:
    assert shelf() is shelf()
