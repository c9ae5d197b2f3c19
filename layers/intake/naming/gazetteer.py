"""The located objects that we know, to be found by name or address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
import shapely

from layers.frames import has_geometry
from layers.intake.naming.names import doors
from layers.intake.naming.names import normalise_address
from layers.intake.naming.names import normalise_name
from layers.intake.naming.names import similar
from layers.intake.naming.references import ENGLISH_NAME
from layers.intake.naming.twins import ADDRESS
from layers.intake.naming.twins import cell_texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.intake.naming.names import Door

GAZETTEER = ("carriers", "parks", "campuses", "incubators", "platforms", "stations", "places")
"""Layers whose objects may say where a row lies; of equal scores the earlier goes first."""

ACCURACY = "accuracy_m"

_EXACT, _SAME_DOOR = 100.0, 90.0
# How many objects at one address are looked at, and how many doors of one run.
_MOST, _LONGEST_RUN = 50, 1_000


class Entry(NamedTuple):
    """A located object; `lon` and `lat` are those of a point inside of it, in degrees."""

    layer: str
    id: str
    name: str
    address: str
    lon: float
    lat: float
    accuracy_m: float


class Hit(NamedTuple):
    """That a text may speak of an entry.

    Attributes
    ----------
    entry
        Position of the entry.
    by
        Whether its ``name`` or its ``address`` is like the text.
    score
        From 0 to 100.
    """

    entry: int
    by: str
    score: float


@dataclass(frozen=True)
class Gazetteer:
    """Located objects by name and address.

    Attributes
    ----------
    entries
        The objects.
    said
        Name and address of every object in normal form, joined.
    texts
        Normal form → the objects that bear it, and whether as ``name`` or ``address``.
    """

    entries: Sequence[Entry]
    said: Sequence[str]
    texts: Mapping[str, Sequence[tuple[int, str]]]

    def find(self, queries: Iterable[str], least: float) -> dict[str, list[Hit]]:
        """Return for every text the objects that it may speak of.

        The same text scores 100 and the same door on the same road 90; only for a text
        that has neither are similar texts looked for.

        Parameters
        ----------
        queries
            Normal forms.
        least
            Lower scores (0 to 100) are left out.
        """
        hits: dict[str, list[Hit]] = {}
        rest = []
        for query in sorted(set(queries)):
            scores = dict.fromkeys(self._same_doors(query), _SAME_DOOR)
            if query in self.texts:
                scores[query] = _EXACT
            if scores:
                hits[query] = list(self._bearers(scores))
            else:
                rest.append(query)
        choices = sorted(self.texts)
        for i, choice, score in similar(rest, choices, least):
            hits.setdefault(rest[i], []).extend(self._bearers({choices[choice]: score}))
        return hits

    @cached_property
    def _numbers(self) -> dict[str, dict[int, list[tuple[Door, str]]]]:
        """Road → number → the doors that have it, and the texts that name them."""
        roads: dict[str, dict[int, list[tuple[Door, str]]]] = {}
        for text in self.texts:
            for door in doors(text):
                there = roads.setdefault(door.road, {})
                for number in _run(door):
                    there.setdefault(number, []).append((door, text))
        return roads

    @cached_property
    def _roads_like(self) -> dict[str, list[str]]:
        """What was found of roads that were asked for already."""
        return {}

    def _same_doors(self, query: str) -> list[str]:
        found: dict[str, None] = {}
        for door in doors(query):
            if door.road not in self._roads_like:
                self._roads_like[door.road] = [
                    road
                    for road in self._numbers
                    if road.endswith(door.road) or door.road.endswith(road)
                ]
            for road in self._roads_like[door.road]:
                for number in _run(door):
                    there = self._numbers[road].get(number, ())
                    found.update((text, None) for other, text in there if door.meets(other))
                    if len(found) > _MOST:
                        return list(found)
        return list(found)

    def _bearers(self, scores: Mapping[str, float]) -> Iterator[Hit]:
        for text, score in scores.items():
            for entry, kind in self.texts[text][:_MOST]:
                yield Hit(entry, kind, score)


def read_gazetteer(
    tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, keys: Iterable[str] = GAZETTEER
) -> Gazetteer:
    """Return the located objects of the layers that are there.

    Parameters
    ----------
    tables
        Layers by key, in EPSG:4490.
    catalogue
        Says what the objects of a layer are called by.
    keys
        The layers to ask.
    """
    entries: list[Entry] = []
    said: list[str] = []
    texts: dict[str, list[tuple[int, str]]] = {}
    for spec, frame in _located(keys, tables, catalogue):
        for entry, english in _entries(spec, frame):
            name, address = normalise_name(entry.name), normalise_address(entry.address)
            for text, kind in (
                (name, "name"),
                (normalise_name(english), "name"),
                (address, "address"),
            ):
                texts.setdefault(text, []).append((len(entries), kind))
            entries.append(entry)
            said.append(f"{name}|{address}")
    texts.pop("", None)
    return Gazetteer(entries, said, texts)


def _located(
    keys: Iterable[str], tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> Iterator[tuple[LayerSpec, gpd.GeoDataFrame]]:
    for key in keys:
        frame = tables.get(key)
        if frame is not None and key in catalogue.keys and has_geometry(frame):
            there = ~(frame.geometry.isna() | frame.geometry.is_empty)
            yield catalogue.layer(key), frame[there.to_numpy()]


def _entries(spec: LayerSpec, frame: gpd.GeoDataFrame) -> Iterator[tuple[Entry, str]]:
    """Return the objects of a layer, and their English names."""
    columns = (spec.id_field, spec.name_field, ADDRESS, ENGLISH_NAME)
    points = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))
    accuracy: Any = frame[ACCURACY] if ACCURACY in frame else np.full(len(frame), np.nan)
    cells = (cell_texts(frame, column) for column in columns)
    for key, name, address, english, (lon, lat), metres in zip(
        *cells, points, accuracy, strict=True
    ):
        yield Entry(spec.key, key, name, address, float(lon), float(lat), float(metres)), english


def _run(door: Door) -> range:
    return range(door.low, min(door.high, door.low + _LONGEST_RUN) + 1)
