"""OpenStreetMap files, ``.osm.pbf`` and ``.osm``, streamed through GDAL's OSM driver.

They are not read in the process of the intake: its readers send a whole table back and
stop at the size of a planner's file, while an extract of a city has to be streamed. What
makes that process safe is done here too. The content must be OpenStreetMap before GDAL sees
it, so that no other driver takes the file; the OSM driver opens no other file but the two
that it is given here, its settings and its own scratch file; XML with a document type is
refused, and blocks are bounded.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import warnings
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from xml.etree.ElementTree import ParseError

import pyarrow as pa
import pyogrio
import shapely
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from pyogrio.errors import DataLayerError
from pyogrio.errors import DataSourceError
from pyogrio.errors import FeatureError

from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.errors import Text
from layers.opendata.elements import Credit
from layers.opendata.elements import Element
from layers.opendata.elements import Elements
from layers.opendata.licences import OSM_DATASET
from layers.opendata.licences import OSM_LICENCE
from layers.opendata.wire import Relation
from layers.opendata.wire import WireError
from layers.opendata.wire import check_pbf
from layers.opendata.wire import iso_time
from layers.opendata.wire import pbf_relations
from layers.opendata.wire import pbf_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from layers.opendata.elements import Box
    from layers.opendata.rules import LayerRules
    from layers.opendata.rules import Shape

BATCH = 20_000
"""Objects that are in memory at a time."""

_HEAD = 4096
_DRIVER = "OSM"
_GDAL_LAYERS: Mapping[Shape, str] = {"point": "points", "line": "lines", "area": "multipolygons"}
# Every other layer of the driver; it wants a word of all.
_SECTIONS = (*_GDAL_LAYERS.values(), "multilinestrings", "other_relations")
_OF_LAYER = frozenset({"osm_id", "osm_way_id", "osm_version", "osm_timestamp", "other_tags"})
_POLYGONS = frozenset({"multipolygon", "boundary"})
_NODE, _WAY, _RELATION = "node", "way", "relation"
_DAMAGED = (DataSourceError, DataLayerError, FeatureError, OSError, pa.ArrowException, WireError)


@dataclass(frozen=True, slots=True)
class OsmFile:
    """A file of OpenStreetMap.

    Attributes
    ----------
    path
        Where it lies.
    remarks
        What GDAL said while it read, each thing once.
    """

    path: Path
    remarks: dict[str, None] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> OsmFile:
        """Look whether a file is OpenStreetMap, by its content.

        Raises
        ------
        IntakeError
            If it is not there, or something else.
        """
        if not path.is_file():
            raise IntakeUsageError(Text(f"找不到文件 {path}", f"there is no file {path}"))
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if not (_is_pbf(head) or _is_xml(head)):
            raise IntakeError(
                Text(
                    f"{path.name} 不是 OpenStreetMap 文件（.osm.pbf 或 .osm）",
                    f"{path.name} is no OpenStreetMap file (.osm.pbf or .osm)",
                )
            )
        return cls(path)

    @property
    def data_time(self) -> str:
        """Up to when the file has all changes, ISO 8601; empty if it does not say."""
        with self._readable():
            return pbf_time(self.path) if self._pbf else ""

    def read(self, rules: LayerRules, box: Box | None = None) -> Iterator[Elements]:
        """Yield the objects that the rules take, some at a time.

        Lines that enclose no area but should, and relations that cannot be put together,
        come without a shape and with a problem; of those nobody knows whether they lie in
        the box, so that all of them come.

        Raises
        ------
        IntakeError
            If the file is damaged.
        """
        drawn: set[int] = set()
        with self._readable(), tempfile.TemporaryDirectory(prefix="atlas-osm-") as folder:
            settings = Path(folder) / "osmconf.ini"
            settings.write_text(_settings(rules), encoding="utf-8")
            if self._pbf:
                check_pbf(self.path)
            for shape in rules.shapes:
                for found in self._stream(shape, rules, settings):
                    drawn.update(_relation_numbers(found))
                    yield found.within(box)
            if "area" in rules.shapes:
                if rules.open_ways != "ignore":
                    for found in self._stream("line", rules, settings):
                        yield _without_shape(found.within(box), "ring_open")
                yield from self._broken(rules, drawn)

    @property
    def _pbf(self) -> bool:
        with self.path.open("rb") as file:
            return _is_pbf(file.read(_HEAD))

    def _stream(self, shape: Shape, rules: LayerRules, settings: Path) -> Iterator[Elements]:
        options = {"CONFIG_FILE": str(settings), "TAGS_FORMAT": "JSON"}
        self._probe(shape, options)
        query = _query(shape, rules)
        with _scratch(settings.parent), ExitStack() as opened:
            with self._listening():
                about, reader = opened.enter_context(
                    pyogrio.open_arrow(
                        self.path, sql=query, batch_size=BATCH, use_pyarrow=True, **options
                    )
                )
            shapes = about["geometry_name"] or "wkb_geometry"
            while (batch := self._next(reader)) is not None:
                yield _elements(batch, shapes, shape, rules)

    def _probe(self, shape: Shape, options: Mapping[str, str]) -> None:
        """Let GDAL go through the file once and keep nothing.

        Its streams end without a word where the file is damaged; this way of reading does
        not. It costs a tenth of the time.
        """
        query = f"SELECT osm_id FROM {_GDAL_LAYERS[shape]} WHERE osm_id = '-1'"  # noqa: S608
        with self._listening(), _scratch(Path(options["CONFIG_FILE"]).parent):
            pyogrio.raw.read(self.path, sql=query, read_geometry=False, **options)

    def _next(self, reader: Any) -> pa.RecordBatch | None:  # noqa: ANN401 -- a reader of pyarrow
        # Only while GDAL reads: what others warn of between two batches is theirs.
        with self._listening():
            return next(iter(reader), None)

    def _broken(self, rules: LayerRules, drawn: set[int]) -> Iterator[Elements]:
        relations = pbf_relations(self.path) if self._pbf else _xml_relations(self.path)
        lost = [
            Element(
                f"{_RELATION}/{found.number}",
                found.tags,
                (_credit(_RELATION, found.number, found.version, found.time),),
                "relation_broken",
            )
            for found in relations
            if found.number not in drawn
            and found.tags.get("type") in _POLYGONS
            and rules.taken(found.tags) is not None
        ]
        if lost:
            yield Elements.of(lost, [None] * len(lost))

    @contextmanager
    def _listening(self) -> Iterator[None]:
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            yield
        self.remarks.update(dict.fromkeys(str(note.message) for note in notes))

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (*_DAMAGED, ParseError, DefusedXmlException) as error:
            name = self.path.name
            raise IntakeError(
                Text(
                    f"{name} 已损坏或不完整（{error}）；请重新下载",
                    f"{name} is damaged or incomplete ({error}); fetch it again",
                )
            ) from error


def _is_pbf(head: bytes) -> bool:
    # Length of the head of a block, then its field 1: a text of nine letters.
    return head[4:15] == b"\x0a\x09OSMHeader"


def _is_xml(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith((b"<?xml", b"<osm")) and b"<osm" in text and b"<!DOCTYPE" not in text


@contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    """Let GDAL put the places of nodes, which may be many, into a folder of ours."""
    name = "CPL_TMPDIR"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: str(folder)})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _query(shape: Shape, rules: LayerRules) -> str:
    """Return what GDAL is asked for: objects that have all keys of a rule."""
    asked = " OR ".join(
        "(" + " AND ".join(f'"{key}" IS NOT NULL' for key in rule.tags) + ")" for rule in rules.take
    )
    return f"SELECT * FROM {_GDAL_LAYERS[shape]} WHERE {asked}"  # noqa: S608 -- our own table


def _settings(rules: LayerRules) -> str:
    """Return the settings of the driver: the keys that decide are columns, all else is JSON."""
    areas = rules.keys if "area" in rules.shapes else ("area",)
    lines = [f"closed_ways_are_polygons={','.join(areas)}", "attribute_name_laundering=no"]
    for section in _SECTIONS:
        lines += [
            f"[{section}]",
            "osm_id=yes",
            "osm_version=yes",
            "osm_timestamp=yes",
            f"attributes={','.join(rules.keys)}",
            "other_tags=yes",
        ]
    return "\n".join(lines) + "\n"


def _elements(batch: pa.RecordBatch, shapes: str, shape: Shape, rules: LayerRules) -> Elements:
    """Return the objects of a batch of GDAL that the rules take."""
    plain = batch.drop_columns([shapes]).to_pydict()
    kept, items = [], []
    for at, cells in enumerate(zip(*plain.values(), strict=True)):
        row = dict(zip(plain, cells, strict=True))
        tags = _tags(row)
        if rules.taken(tags) is None:
            continue
        kind, number = _number(row, shape)
        version, time = int(row["osm_version"] or 0), row["osm_timestamp"]
        told = "" if time is None else iso_time(time.replace(tzinfo=dt.UTC).timestamp())
        items.append(Element(f"{kind}/{number}", tags, (_credit(kind, number, version, told),)))
        kept.append(at)
    wkb = batch.column(shapes).to_numpy(zero_copy_only=False)[kept]
    drawn = shapely.from_wkb(wkb, on_invalid="ignore")
    if shape == "area":
        # Every area comes as several; what is one is one again.
        parts = shapely.get_num_geometries(drawn) == 1
        drawn[parts] = shapely.get_geometry(drawn[parts], 0)
    return Elements.of(items, drawn)


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    own = {
        key: value for key, value in row.items() if key not in _OF_LAYER and isinstance(value, str)
    }
    other = row.get("other_tags")
    return {**(json.loads(other) if isinstance(other, str) else {}), **own}


def _number(row: Mapping[str, Any], shape: Shape) -> tuple[str, str]:
    way = row.get("osm_way_id")
    if isinstance(way, str):
        return _WAY, way
    kinds: Mapping[Shape, str] = {"point": _NODE, "line": _WAY, "area": _RELATION}
    return kinds[shape], str(row["osm_id"])


def _relation_numbers(found: Elements) -> Iterator[int]:
    for item in found.items:
        kind, _, number = item.number.partition("/")
        if kind == _RELATION:
            yield int(number)


def _credit(kind: str, number: int | str, version: int, time: str) -> Credit:
    record = f"{kind}/{number}" + (f" v{version}" if version > 0 else "")
    return Credit(OSM_DATASET, OSM_LICENCE, record, time)


def _without_shape(found: Elements, problem: str) -> Elements:
    items = [Element(e.number, e.tags, e.credits, problem) for e in found.items]
    return Elements.of(items, [None] * len(items))


def _xml_relations(path: Path) -> Iterator[Relation]:
    """Yield every relation of a ``.osm``, forgetting each object behind it."""
    parsed = iterparse(str(path), events=("start", "end"), forbid_dtd=True)
    _, root = next(parsed)
    for event, node in parsed:
        if event != "end" or node.tag not in (_NODE, _WAY, _RELATION):
            continue
        if node.tag == _RELATION:
            tags = {tag.get("k", ""): tag.get("v", "") for tag in node.iter("tag")}
            version = int(node.get("version", "0"))
            yield Relation(int(node.get("id", "0")), version, node.get("timestamp", ""), tags)
        root.clear()
