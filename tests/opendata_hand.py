"""A hand that draws small pieces of OpenStreetMap and of Overture Maps."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import osmium
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from osmium.osm.mutable import Node
from osmium.osm.mutable import Relation
from osmium.osm.mutable import Way

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

Place = tuple[float, float]
TIME = "2024-02-01T08:00:00Z"
SQUARE: list[Place] = [(121.50, 31.30), (121.51, 31.30), (121.51, 31.31), (121.50, 31.31)]


def square(west: float, south: float, side: float = 0.001) -> list[Place]:
    """Return the corners of a square, the first one not repeated."""
    east, north = west + side, south + side
    return [(west, south), (east, south), (east, north), (west, north)]


@dataclass
class Drawing:
    """Objects of OpenStreetMap; places that are the same are one node."""

    nodes: list[Node] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    known: dict[Place, int] = field(default_factory=dict)

    def node(self, place: Place, **tags: str) -> int:
        """Draw a node of its own and return its id."""
        number = len(self.nodes) + 1
        self.nodes.append(Node(id=number, version=2, timestamp=TIME, location=place, tags=tags))
        return number

    def way(self, places: Sequence[Place], *, closed: bool = False, **tags: str) -> int:
        """Draw a way and return its id; two underscores in a key stand for a colon."""
        for place in places:
            if place not in self.known:
                self.known[place] = self.node(place)
        numbers = [self.known[place] for place in places]
        made = Way(
            id=100 + len(self.ways),
            version=5,
            timestamp=TIME,
            nodes=[*numbers, numbers[0]] if closed else numbers,
            tags={key.replace("__", ":"): value for key, value in tags.items()},
        )
        self.ways.append(made)
        return 100 + len(self.ways) - 1

    def relation(self, members: Sequence[tuple[int, str]], **tags: str) -> int:
        """Draw a multipolygon of ways and return its id."""
        number = 1000 + len(self.relations)
        made = [("w", way, role) for way, role in members]
        self.relations.append(
            Relation(
                id=number,
                version=3,
                timestamp=TIME,
                members=made,
                tags={"type": "multipolygon", **tags},
            )
        )
        return number

    def write(self, path: Path, *, replicated: str = "") -> Path:
        """Write all to a file of the format that its suffix names."""
        header = osmium.io.Header()
        if replicated:
            header.set("osmosis_replication_timestamp", replicated)
        with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
            for node in self.nodes:
                writer.add_node(node)
            for way in self.ways:
                writer.add_way(way)
            for relation in self.relations:
                writer.add_relation(relation)
        return path


def quarter(path: Path) -> Path:
    """Write a quarter with every kind of object, good and bad, and return the file.

    Of buildings there are a plain one, one with a hole and an office; an open ring; a
    relation whose ring is open, and one of which a member is missing. A canal, a railway in
    a tunnel, a bridge for walking over the canal, a private way, a station and a campus.
    """
    city = Drawing()
    city.way(square(121.500, 31.300), closed=True, building="yes")
    outer = city.way(square(121.510, 31.300, 0.002), closed=True)
    inner = city.way(square(121.5105, 31.3005, 0.001), closed=True)
    city.relation([(outer, "outer"), (inner, "inner")], building="yes", name="中庭楼")
    office = {"building__levels": "12", "height": "40'", "addr__street": "国定路"}
    more = {"addr__housenumber": "335号", "name__en": "Tower", "name": "大厦"}
    city.way(square(121.520, 31.300), closed=True, building="office", **office, **more)
    city.way(square(121.530, 31.300), building="yes", name="未闭合")
    half = city.way(square(121.540, 31.300))
    city.relation([(half, "outer")], building="yes", name="缺边")
    city.relation([(outer, "outer"), (9999, "inner")], building="yes", name="缺员")
    city.way([(121.500, 31.320), (121.560, 31.320)], waterway="canal", name="虬江")
    city.way([(121.500, 31.330), (121.560, 31.330)], railway="rail", tunnel="yes")
    city.way([(121.500, 31.340), (121.560, 31.340)], railway="rail")
    city.way([(121.505, 31.319), (121.505, 31.321)], highway="footway", bridge="yes")
    city.way([(121.505, 31.321), (121.505, 31.325)], highway="residential", name="政民路")
    city.way([(121.515, 31.319), (121.515, 31.321)], highway="service", bridge="yes", foot="no")
    city.way([(121.525, 31.310), (121.525, 31.315)], highway="service", access="private")
    city.node((121.515, 31.302), railway="station", station="subway", name="五角场")
    city.way(square(121.550, 31.300, 0.004), closed=True, amenity="university", name="某大学")
    return city.write(path, replicated="2026-11-20T00:00:00Z")


SOURCES = pa.list_(
    pa.struct(
        {
            "property": pa.string(),
            "dataset": pa.string(),
            "license": pa.string(),
            "record_id": pa.string(),
            "update_time": pa.string(),
            "confidence": pa.float64(),
        }
    )
)
NAMES = pa.struct({"primary": pa.string(), "common": pa.map_(pa.string(), pa.string())})
BBOX = pa.struct({side: pa.float32() for side in ("xmin", "xmax", "ymin", "ymax")})

OSM_SOURCE = {"dataset": "OpenStreetMap", "record_id": "w123@7", "update_time": TIME}


def overture_file(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    types: Mapping[str, pa.DataType] | None = None,
    group: int = 1000,
) -> Path:
    """Write rows as a file of Overture Maps and return it.

    Parameters
    ----------
    path
        The file; its folders are made.
    rows
        Values by column; ``shape`` is a shapely geometry.
    types
        Further columns; a column that no row of the schema has is left out.
    group
        Rows in a row group.
    """
    known: dict[str, pa.DataType] = {
        "id": pa.string(),
        "subtype": pa.string(),
        "class": pa.string(),
        "names": NAMES,
        "sources": SOURCES,
        **(types or {}),
    }
    columns = {
        name: pa.array([row.get(name) for row in rows], kind)
        for name, kind in known.items()
        if any(name in row for row in rows)
    }
    shapes = [row["shape"] for row in rows]
    sides = [dict(zip(("xmin", "ymin", "xmax", "ymax"), s.bounds, strict=True)) for s in shapes]
    columns["geometry"] = pa.array([shapely.to_wkb(shape) for shape in shapes], pa.binary())
    columns["bbox"] = pa.array(sides, BBOX)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path
