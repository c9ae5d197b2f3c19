"""Overture Maps: releases with and without columns, row groups, sources and licences."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
import shapely

from layers.errors import IntakeError
from layers.opendata import overture
from layers.opendata.elements import Box
from layers.opendata.overture import Overture
from layers.opendata.rules import layer_rules
from tests.opendata_hand import OSM_SOURCE
from tests.opendata_hand import TIME
from tests.opendata_hand import overture_file
from tests.opendata_hand import square

if TYPE_CHECKING:
    from pathlib import Path

    from layers.opendata.elements import Element

BUILDINGS = "theme=buildings/type=building/part-0.parquet"
SEGMENTS = "theme=transportation/type=segment/part-0.parquet"
FLAGS = pa.list_(pa.struct({"values": pa.list_(pa.string()), "between": pa.list_(pa.float64())}))
RESTRICTIONS = pa.list_(
    pa.struct(
        {
            "access_type": pa.string(),
            "when": pa.struct({"mode": pa.list_(pa.string()), "during": pa.string()}),
        }
    )
)


def read(root: Path, layer: str, box: Box | None = None) -> dict[str, tuple[Element, Any]]:
    batches = Overture.open(str(root)).read(layer_rules("overture", layer), box)
    return {
        item.number: (item, shape)
        for batch in batches
        for item, shape in zip(batch.items, batch.shapes, strict=True)
    }


def building(number: int, **more: Any) -> dict[str, Any]:
    shape = shapely.Polygon(square(121.5 + number / 100, 31.3))
    return {"id": f"08b-{number}", "shape": shape, "sources": [OSM_SOURCE], **more}


def test_a_building_with_all_columns(tmp_path: Path) -> None:
    names = {"primary": "Tower", "common": [("zh", "大厦"), ("en", "Tower")]}
    more = {"names": names, "subtype": "commercial", "class": "office", "height": 40.25}
    types = {"height": pa.float64(), "num_floors": pa.int32()}
    overture_file(tmp_path / BUILDINGS, [building(0, num_floors=12, **more)], types=types)
    ((item, shape),) = read(tmp_path, "buildings").values()
    assert item.tags == {
        "type": "building",
        "name": "Tower",
        "name:zh": "大厦",
        "name:en": "Tower",
        "subtype": "commercial",
        "class": "office",
        "height": "40.25",
        "num_floors": "12",
    }
    assert item.credits == (("OpenStreetMap", "ODbL-1.0", "w123@7", TIME),)
    assert shape.equals(shapely.Polygon(square(121.5, 31.3)))


def test_an_older_release_without_most_columns(tmp_path: Path) -> None:
    overture_file(tmp_path / BUILDINGS, [building(0)])
    ((item, _),) = read(tmp_path, "buildings").values()
    assert item.tags == {"type": "building"}


def test_licences_are_as_the_row_says(tmp_path: Path) -> None:
    sources = [
        {"dataset": "OpenStreetMap"},
        {"dataset": "Esri Community Maps", "license": "CC-BY-4.0"},
        {"dataset": "Microsoft ML Buildings", "record_id": None},
    ]
    rows = [building(0, sources=sources), building(1, sources=None), building(2, sources=[])]
    overture_file(tmp_path / BUILDINGS, rows)
    found = read(tmp_path, "buildings")
    assert [(c.dataset, c.licence) for c in found["08b-0"][0].credits] == [
        ("OpenStreetMap", "ODbL-1.0"),
        ("Esri Community Maps", "CC-BY-4.0"),
        ("Microsoft ML Buildings", ""),
    ]
    assert found["08b-1"][0].credits == found["08b-2"][0].credits == (("?", "", "", ""),)


def test_only_row_groups_that_the_box_can_touch_are_read(tmp_path: Path) -> None:
    overture_file(tmp_path / BUILDINGS, [building(n) for n in range(40)], group=5)
    source = Overture.open(str(tmp_path))
    box = Box(121.5995, 31.0, 121.6255, 32.0)
    rules = layer_rules("overture", "buildings")
    numbers = [i.number for batch in source.read(rules, box) for i in batch.items]
    whole = [
        n
        for n, (_, shape) in read(tmp_path, "buildings").items()
        if shape.intersects(shapely.box(*box))
    ]
    assert numbers == whole == ["08b-10", "08b-11", "08b-12"]
    assert source.groups == {"read": 1, "left": 7}


def test_a_box_next_to_everything_reads_nothing(tmp_path: Path) -> None:
    overture_file(tmp_path / BUILDINGS, [building(n) for n in range(10)], group=5)
    source = Overture.open(str(tmp_path))
    assert not list(source.read(layer_rules("overture", "buildings"), Box(0, 0, 1, 1)))
    assert source.groups == {"read": 0, "left": 2}


def test_themes_and_types_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    overture_file(tmp_path / BUILDINGS, [building(0)])
    part = building(1)
    overture_file(tmp_path / "theme=buildings/type=building_part/p.parquet", [part])
    assert list(read(tmp_path, "buildings")) == ["08b-0"]
    assert list(read(tmp_path / "theme=buildings/type=building", "buildings")) == ["08b-0"]
    assert list(read(tmp_path / BUILDINGS, "buildings")) == ["08b-0"]
    with pytest.raises(IntakeError, match="theme=transportation/type=segment"):
        read(tmp_path, "walkways")


def segment(name: str, subtype: str, kind: str, **more: Any) -> dict[str, Any]:
    line = shapely.LineString([(121.5, 31.3), (121.6, 31.3)])
    return {"id": name, "shape": line, "subtype": subtype, "class": kind, **more}


def test_streets_railways_and_their_flags(tmp_path: Path) -> None:
    whole = [{"values": ["is_bridge"], "between": None}]
    half = [{"values": ["is_bridge"], "between": [0.0, 0.5]}]
    denied: dict[str, Any] = {"access_type": "denied", "when": None}
    walkers = {"access_type": "denied", "when": {"mode": ["foot"], "during": None}}
    cars = {"access_type": "denied", "when": {"mode": ["motor_vehicle"], "during": None}}
    night = {"access_type": "denied", "when": {"mode": ["foot"], "during": "22:00-06:00"}}
    rows = [
        segment("street", "road", "residential"),
        segment("bridge", "road", "footway", road_flags=whole),
        segment("steps", "road", "steps"),
        segment("motorway", "road", "motorway"),
        segment("viaduct", "road", "motorway", road_flags=whole),
        segment("half", "road", "motorway", road_flags=half),
        segment("rail", "rail", "standard_gauge"),
        segment("metro", "rail", "subway"),
        segment("closed", "road", "service", access_restrictions=[denied]),
        segment("no-foot", "road", "service", access_restrictions=[walkers]),
        segment("no-cars", "road", "service", access_restrictions=[cars]),
        segment("at-night", "road", "service", access_restrictions=[night]),
    ]
    types = {"road_flags": FLAGS, "access_restrictions": RESTRICTIONS}
    overture_file(tmp_path / SEGMENTS, rows, types=types)
    assert set(read(tmp_path, "walkways")) == {"street", "bridge", "steps", "no-cars", "at-night"}
    assert set(read(tmp_path, "barriers")) == {"motorway", "half", "rail"}
    rules = layer_rules("overture", "walkways")
    kinds = {n: rules.fields_of(i.tags)["kind"] for n, (i, _) in read(tmp_path, "walkways").items()}
    assert (kinds["street"], kinds["bridge"], kinds["steps"]) == ("street", "bridge", "stairs")


def test_districts_of_the_country_only(tmp_path: Path) -> None:
    shape = shapely.Polygon(square(121.5, 31.3))
    rows = [
        {"id": n, "shape": shape, "subtype": s, "country": c, "names": {"primary": n}}
        for n, s, c in [
            ("杨浦区", "county", "CN"),
            ("上海市", "region", "CN"),
            ("X", "county", "US"),
        ]
    ]
    path = tmp_path / "theme=divisions/type=division_area/p.parquet"
    overture_file(path, rows, types={"country": pa.string()})
    assert list(read(tmp_path, "district")) == ["杨浦区"]


def test_small_batches_give_the_same_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overture_file(tmp_path / BUILDINGS, [building(n) for n in range(25)], group=10)
    whole = read(tmp_path, "buildings")
    monkeypatch.setattr(overture, "BATCH", 3)
    source = Overture.open(str(tmp_path))
    batches = list(source.read(layer_rules("overture", "buildings")))
    assert max(len(batch.items) for batch in batches) == 3
    assert [i.number for batch in batches for i in batch.items] == list(whole)


@pytest.mark.parametrize("content", [b"", b"PAR1 nothing PAR1", b"id,name\n"])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(IntakeError, match=r"x\.parquet"):
        read(tmp_path / "x.parquet", "buildings")


def test_other_tables_are_refused_by_what_they_lack(tmp_path: Path) -> None:
    path = tmp_path / BUILDINGS
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"id": ["1"]}), path)
    with pytest.raises(IntakeError, match="geometry"):
        read(tmp_path, "buildings")
    with pytest.raises(IntakeError, match="nowhere"):
        Overture.open(str(tmp_path / "nowhere"))


def test_a_folder_of_s3_is_read_like_one_of_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overture_file(tmp_path / "bucket" / "release" / BUILDINGS, [building(0)])
    asked: list[dict[str, Any]] = []

    def s3(**options: Any) -> pafs.FileSystem:
        asked.append(options)
        return pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem())

    monkeypatch.setattr(pafs, "S3FileSystem", s3)
    source = Overture.open("s3://bucket/release/")
    batches = source.read(layer_rules("overture", "buildings"))
    assert [i.number for batch in batches for i in batch.items] == ["08b-0"]
    assert asked == [{"anonymous": True, "region": "us-west-2"}]
