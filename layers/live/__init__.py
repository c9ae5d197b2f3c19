"""Live layers: what an OGC API – Features endpoint hands out of the current versions.

Nothing here knows of HTTP. A :class:`Snapshot` is one version of one layer as one audience
may have it; a :class:`Query` is what was asked of it; :func:`layers.live.writing.features_text`
writes the answer as GeoJSON.
"""

from __future__ import annotations

from layers.live.asking import PINNED
from layers.live.asking import Query
from layers.live.asking import asked
from layers.live.kept import Shelf
from layers.live.kept import shelf
from layers.live.places import LivePlace
from layers.live.places import districts_of
from layers.live.places import place_of
from layers.live.refusals import LiveRefusal
from layers.live.snapshots import Snapshot

LIVE_ROUTE = "/ogc"
"""Where the endpoint is; that of a district of a city is below, under the district's name."""

__all__ = [
    "LIVE_ROUTE",
    "PINNED",
    "LivePlace",
    "LiveRefusal",
    "Query",
    "Shelf",
    "Snapshot",
    "asked",
    "districts_of",
    "place_of",
    "shelf",
]
