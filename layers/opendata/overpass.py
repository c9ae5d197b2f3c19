"""OpenStreetMap through Overpass, with osmnx: only when the user goes online.

osmnx is told in full what it may do: one request to the server that was named, nothing kept
on disk, no other server asked for addresses.
"""

from __future__ import annotations

import json
import socket
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

from layers.errors import IntakeError
from layers.errors import Text
from layers.errors import UsageError
from layers.opendata.elements import Credit
from layers.opendata.elements import Element
from layers.opendata.elements import Elements
from layers.opendata.licences import OSM_DATASET
from layers.opendata.licences import OSM_LICENCE
from layers.opendata.rules import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from layers.opendata.elements import Box
    from layers.opendata.rules import LayerRules

OVERPASS = "https://overpass-api.de/api"
NOMINATIM = "https://nominatim.openstreetmap.org/"

_AGENT = "Yangpu Atlas, through osmnx"
_LIMIT_S = 180
# One request whatever its size, so that an answer is complete or is none.
_ANY_SIZE_M2 = 1e15
_KINDS = {"Point": "point", "LineString": "line", "Polygon": "area", "MultiPolygon": "area"}
_POLYGONS = frozenset({"multipolygon", "boundary"})


@dataclass(frozen=True, slots=True)
class Overpass:
    """A server of Overpass, and the place that it is asked for.

    Attributes
    ----------
    where
        A box, or the name of a place that Nominatim knows.
    url, nominatim_url
        The servers.
    times
        Up to when the server had all changes, as it answered.
    """

    where: Box | str
    url: str = OVERPASS
    nominatim_url: str = NOMINATIM
    times: list[str] = field(default_factory=list)

    @property
    def data_time(self) -> str:
        """Up to when the server had all changes, ISO 8601; empty if it did not say."""
        return min(self.times, default="")

    def read(self, rules: LayerRules, box: Box | None = None) -> Iterator[Elements]:
        """Ask the server once, and yield the objects that the rules take.

        Raises
        ------
        IntakeError
            If the server is not reached, refuses, or stops before it is done.
        """
        with tempfile.TemporaryDirectory(prefix="atlas-overpass-") as folder:
            answered, said = self._ask(rules, Path(folder))
            raw = _answers(Path(folder))
        if not raw:
            self._refuse(
                said or "服务器没有答完，请缩小范围",
                said or "the server did not finish; ask for less",
            )
        self.times.extend(_times(raw))
        elements = [item for answer in raw for item in answer["elements"]]
        found = _found(answered, rules)
        yield found.within(box)
        yield _lost(elements, {item.number for item in found.items}, rules)

    def _ask(self, rules: LayerRules, folder: Path) -> tuple[gpd.GeoDataFrame | None, str]:
        """Return what was found, None for nothing; and what osmnx said then."""
        import osmnx
        import requests
        from osmnx._errors import InsufficientResponseError

        tags = _query(rules)
        try:
            with self._settings(folder):
                if isinstance(self.where, str):
                    return osmnx.features_from_place(self.where, tags), ""
                return osmnx.features_from_bbox(self.where, tags), ""
        except InsufficientResponseError as error:
            # Nothing is there, or the place is not known; what was answered decides.
            return None, str(error) if "Nominatim" in str(error) else ""
        except (requests.RequestException, OSError, ValueError, LookupError, TypeError) as error:
            # A server may answer anything, and osmnx takes it for what it hopes for.
            told = f"{type(error).__name__}: {error}"
            self._refuse(told, told, error)

    @contextmanager
    def _settings(self, folder: Path) -> Iterator[None]:
        from osmnx import settings

        wanted: dict[str, Any] = {
            "overpass_url": self.url,
            "nominatim_url": self.nominatim_url,
            # The answers are looked at as they came, in a folder that goes at once.
            "use_cache": True,
            "cache_folder": folder,
            "doh_url_template": None,
            "http_user_agent": _AGENT,
            "log_file": False,
            "max_query_area_size": _ANY_SIZE_M2,
            # Slots are a rule of the public server; others may not tell of any.
            "overpass_rate_limit": self.url == OVERPASS,
            "requests_timeout": _LIMIT_S,
        }
        before = {name: getattr(settings, name) for name in wanted}
        resolver = socket.getaddrinfo
        try:
            for name, value in wanted.items():
                setattr(settings, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(settings, name, value)
            # osmnx puts its own in the place of Python's.
            socket.getaddrinfo = resolver

    def _refuse(self, zh: str, en: str, cause: BaseException | None = None) -> NoReturn:
        raise IntakeError(
            Text(f"{self.url} 未能答复：{zh}", f"{self.url} gave no answer: {en}")
        ) from cause


def needs_online(what: str) -> UsageError:
    """Return the error that something would have to be asked for, and nobody said it may."""
    return UsageError(
        Text(
            f"{what} 需要联网；加 --online 才会发出请求",
            f"{what} needs the internet; nothing is asked unless --online is given",
        )
    )


def _query(rules: LayerRules) -> dict[str, bool | str | list[str]]:
    """Return what Overpass is asked for: one key of every rule, with its values."""
    asked: dict[str, set[str]] = {}
    for rule in rules.take:
        key = min(rule.tags, key=lambda name: ANY in rule.tags[name])
        asked.setdefault(key, set()).update(rule.tags[key])
    return {key: True if ANY in values else sorted(values) for key, values in asked.items()}


def _answers(folder: Path) -> list[dict[str, Any]]:
    """Return what Overpass answered; osmnx does not keep an answer that is incomplete."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return [answer for answer in read if isinstance(answer, dict) and "elements" in answer]


def _times(answers: list[dict[str, Any]]) -> Iterator[str]:
    for answer in answers:
        time = answer.get("osm3s", {}).get("timestamp_osm_base", "")
        if isinstance(time, str) and time:
            yield time


def _found(answered: gpd.GeoDataFrame | None, rules: LayerRules) -> Elements:
    if answered is None or answered.empty:
        return Elements.of([], [])
    items, shapes = [], []
    cells = answered.drop(columns=answered.geometry.name).to_dict("records")
    for (kind, number), row, shape in zip(answered.index, cells, answered.geometry, strict=True):
        tags = {str(key): value for key, value in row.items() if isinstance(value, str)}
        drawn = _KINDS.get(shape.geom_type, "")
        if rules.taken(tags) is None:
            continue
        if drawn in rules.shapes:
            items.append(_element(kind, number, tags))
            shapes.append(shape)
        elif drawn == "line" and "area" in rules.shapes and rules.open_ways != "ignore":
            items.append(_element(kind, number, tags, "ring_open"))
            shapes.append(None)
    return Elements.of(items, shapes)


def _lost(elements: list[dict[str, Any]], drawn: set[str], rules: LayerRules) -> Elements:
    """Return relations that were answered and could not be put together."""
    lost = []
    if "area" in rules.shapes:
        for raw in elements:
            tags = raw.get("tags", {})
            known = f"{raw['type']}/{raw['id']}" in drawn
            if raw["type"] == "relation" and tags.get("type") in _POLYGONS and not known:
                item = _element("relation", raw["id"], tags, "relation_broken")
                lost += [item] if rules.taken(tags) is not None else []
    return Elements.of(lost, [None] * len(lost))


def _element(kind: str, number: int, tags: dict[str, str], problem: str = "") -> Element:
    name = f"{kind}/{number}"
    return Element(name, tags, (Credit(OSM_DATASET, OSM_LICENCE, name, ""),), problem)
