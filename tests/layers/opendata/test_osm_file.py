"""OpenStreetMap files: what is read, what cannot be drawn, and what is refused."""

from __future__ import annotations

import warnings
import zlib
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import osmium
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.errors import IntakeError
from layers.opendata import osm_file
from layers.opendata.elements import Box
from layers.opendata.osm_file import OsmFile
from layers.opendata.rules import layer_rules
from layers.opendata.wire import WireError
from layers.opendata.wire import _fields
from layers.opendata.wire import _varint
from layers.opendata.wire import pbf_relations
from tests.opendata_hand import TIME
from tests.opendata_hand import Drawing
from tests.opendata_hand import quarter
from tests.opendata_hand import square

if TYPE_CHECKING:
    from pathlib import Path

    from layers.opendata.elements import Element

SUFFIXES = pytest.mark.parametrize("suffix", [".osm.pbf", ".osm"])


def read(path: Path, layer: str, box: Box | None = None) -> dict[str, tuple[Element, Any]]:
    found: dict[str, tuple[Element, Any]] = {}
    for batch in OsmFile.open(path).read(layer_rules("osm", layer), box):
        for item, shape in zip(batch.items, batch.shapes, strict=True):
            assert item.number not in found
            found[item.number] = (item, shape)
    return found


@SUFFIXES
def test_buildings_of_a_quarter_and_what_is_wrong_with_them(tmp_path: Path, suffix: str) -> None:
    found = read(quarter(tmp_path / f"q{suffix}"), "buildings")
    problems = {number: item.problem for number, (item, _) in found.items() if item.problem}
    assert problems == {
        "way/104": "ring_open",
        "relation/1001": "relation_broken",
        "relation/1002": "relation_broken",
    }
    assert set(found) - set(problems) == {"way/100", "way/103", "relation/1000"}
    assert all(shape is None for number, (_, shape) in found.items() if number in problems)


@SUFFIXES
def test_a_hole_is_a_hole(tmp_path: Path, suffix: str) -> None:
    _, shape = read(quarter(tmp_path / f"q{suffix}"), "buildings")["relation/1000"]
    around = shapely.Polygon(square(121.510, 31.300, 0.002))
    hole = shapely.Polygon(square(121.5105, 31.3005, 0.001))
    assert shape.geom_type == "Polygon"
    assert len(shape.interiors) == 1
    assert shape.normalize().equals_exact(around.difference(hole).normalize(), 1e-9)


@SUFFIXES
def test_every_object_keeps_its_version_time_and_licence(tmp_path: Path, suffix: str) -> None:
    item, _ = read(quarter(tmp_path / f"q{suffix}"), "buildings")["way/103"]
    assert item.credits == (("OpenStreetMap", "ODbL-1.0", "way/103 v5", TIME),)
    assert item.tags["building:levels"] == "12"
    lost, _ = read(quarter(tmp_path / f"q{suffix}"), "buildings")["relation/1001"]
    assert lost.credits == (("OpenStreetMap", "ODbL-1.0", "relation/1001 v3", TIME),)


@SUFFIXES
def test_lines_nodes_and_areas_each_reach_their_layer(tmp_path: Path, suffix: str) -> None:
    path = quarter(tmp_path / f"q{suffix}")
    (station,) = read(path, "stations").values()
    assert (station[0].tags["name"], station[1].geom_type) == ("五角场", "Point")
    (campus,) = read(path, "campuses").values()
    assert campus[1].geom_type == "Polygon"
    assert {
        i.tags.get("waterway", i.tags.get("railway")) for i, _ in read(path, "barriers").values()
    } == {"canal", "rail"}
    assert len(read(path, "walkways")) == 2


def test_small_batches_give_the_same_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = quarter(tmp_path / "q.osm.pbf")
    whole = read(path, "buildings")
    monkeypatch.setattr(osm_file, "BATCH", 1)
    batches = list(OsmFile.open(path).read(layer_rules("osm", "buildings")))
    assert max(len(batch.items) for batch in batches) <= 3
    assert [i.number for batch in batches for i in batch.items] == list(whole)


def test_a_box_keeps_what_meets_it_and_what_has_no_place(tmp_path: Path) -> None:
    path = quarter(tmp_path / "q.osm.pbf")
    found = read(path, "buildings", Box(121.5195, 31.2995, 121.5205, 31.3005))
    drawn = {number for number, (item, _) in found.items() if not item.problem}
    assert drawn == {"way/103"}
    # Relations that lie elsewhere were put together and are not told as broken.
    broken = {n for n, (item, _) in found.items() if item.problem == "relation_broken"}
    assert broken == {"relation/1001", "relation/1002"}


def test_lines_of_a_boundary_are_no_open_districts(tmp_path: Path) -> None:
    city = Drawing()
    tags: dict[str, Any] = {"boundary": "administrative", "admin_level": "6"}
    half = square(121.5, 31.3)
    south, north = city.way(half[:3], **tags), city.way([*half[2:], half[0]], **tags)
    city.relation([(south, "outer"), (north, "outer")], name="杨浦区", **tags)
    found = read(city.write(tmp_path / "d.osm.pbf"), "district")
    ((item, shape),) = found.values()
    assert (item.tags["name"], item.problem) == ("杨浦区", "")
    assert shape.area == pytest.approx(1e-6)


def test_relations_are_those_that_osmium_reads(tmp_path: Path) -> None:
    city = Drawing()
    ways = [city.way(square(121 + n / 1000, 31.3, 0.0005), closed=True) for n in range(3000)]
    for n, way in enumerate(ways):
        city.relation([(way, "outer")], landuse="residential", name=f"小区{n}")
    path = city.write(tmp_path / "big.osm.pbf")
    expected = {
        made.id: (made.version, dict(made.tags))  # type: ignore[union-attr]
        for made in osmium.FileProcessor(str(path), osmium.osm.RELATION)
    }
    found = {r.number: (r.version, r.tags) for r in pbf_relations(path)}
    assert len(found) == 3000
    assert found == expected
    assert {r.time for r in pbf_relations(path)} == {TIME}


def test_the_date_of_the_data_is_that_of_the_header(tmp_path: Path) -> None:
    assert OsmFile.open(quarter(tmp_path / "q.osm.pbf")).data_time == "2026-11-20T00:00:00Z"
    assert OsmFile.open(Drawing().write(tmp_path / "n.osm.pbf")).data_time == ""
    assert OsmFile.open(quarter(tmp_path / "q.osm")).data_time == ""


def test_warnings_between_two_batches_are_not_swallowed(tmp_path: Path) -> None:
    file = OsmFile.open(quarter(tmp_path / "q.osm.pbf"))
    batches = file.read(layer_rules("osm", "buildings"))
    next(batches)
    with pytest.warns(UserWarning, match="ours"):
        warnings.warn("ours", UserWarning, stacklevel=1)
    list(batches)
    assert "ours" not in file.remarks


# --- what is refused -------------------------------------------------------

HOSTILE = {
    "vrt": b'<OGRVRTDataSource><OGRVRTLayer name="osm"><SrcDataSource>/etc/passwd'
    b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "text": b"osm_id,name\n1,x\n",
    "nothing": b"",
    "entities": b'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "b">]><osm version="0.6"/>',
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_what_is_no_openstreetmap_is_refused(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(IntakeError, match="OpenStreetMap"):
        OsmFile.open(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"none\.osm"):
        OsmFile.open(tmp_path / "none.osm")


@pytest.fixture(scope="module")
def streets() -> Drawing:
    """Return 9,000 streets that bend at random; they fill several blocks of a file."""
    bends = np.random.default_rng(7).uniform(0, 0.001, (9000, 4)).round(7)
    city = Drawing()
    for n, (a, b, c, d) in enumerate(bends.tolist()):
        west, south = 121 + n / 10000, 31.3 + c
        city.way([(west + a, south), (west + b, south + d)], highway="residential", name=f"{n}")
    return city


@SUFFIXES
def test_many_blocks_are_all_read(tmp_path: Path, streets: Drawing, suffix: str) -> None:
    found = read(streets.write(tmp_path / f"w{suffix}"), "walkways")
    assert [item.tags["name"] for item, _ in found.values()] == [f"{n}" for n in range(9000)]


@SUFFIXES
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.99])
def test_a_file_that_ends_early_is_damaged(
    tmp_path: Path, streets: Drawing, kept: float, suffix: str
) -> None:
    whole = streets.write(tmp_path / f"w{suffix}").read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(IntakeError, match=r"cut\.osm"):
        read(cut, "walkways")


def test_a_file_that_gdal_would_pass_over_is_refused(tmp_path: Path, streets: Drawing) -> None:
    plain, packed = streets.write(tmp_path / "w.osm.pbf"), tmp_path / "lz4.osm.pbf"
    form = osmium.io.File(str(packed), "pbf,pbf_compression=lz4")
    with osmium.SimpleWriter(form) as writer:
        for found in osmium.FileProcessor(str(plain)):
            writer.add(found)
    with pytest.raises(IntakeError, match="only zlib"):
        read(packed, "walkways")


def test_a_file_whose_content_gdal_cannot_read_is_damaged(tmp_path: Path) -> None:
    # So regular that GDAL takes the block for a bomb: packed a hundredfold.
    city = Drawing()
    for n in range(3000):
        city.way([(121 + n / 1000, 31.3), (121 + n / 1000, 31.4)], highway="residential")
    with pytest.raises(IntakeError, match=r"even\.osm\.pbf"):
        read(city.write(tmp_path / "even.osm.pbf"), "walkways")


def test_a_block_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    bomb = zlib.compress(b"\0" * (40 * 1024 * 1024))
    blob = b"\x1a" + varint(len(bomb)) + bomb
    head = b"\x0a\x09OSMHeader\x18" + varint(len(blob))
    path = tmp_path / "bomb.osm.pbf"
    path.write_bytes(len(head).to_bytes(4, "big") + head + blob)
    with pytest.raises(WireError, match="too long"):
        list(pbf_relations(path))


def varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


@settings(derandomize=True)
@given(st.integers(0, 2**64 - 1))
def test_numbers_of_the_wire_format_come_back(number: int) -> None:
    assert _varint(varint(number), 0) == (number, len(varint(number)))


@settings(derandomize=True, max_examples=300)
@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_an_error_that_says_so(data: bytes) -> None:
    try:
        found = list(_fields(data))
    except WireError:
        return
    assert all(isinstance(value, int | bytes) for _, value in found)
    assert sum(len(value) for _, value in found if isinstance(value, bytes)) <= len(data)
