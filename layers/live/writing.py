"""Features as GeoJSON text, a page at a time.

The rows are written column by column and the places by GEOS: ten thousand outlines take
a fifth of a second, where objects of Python would take several.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import shapely

from layers.export.geofiles import json_rows
from layers.frames import has_geometry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.live.snapshots import Snapshot
    from layers.live.systems import LiveSystem


def features_text(
    snapshot: Snapshot, rows: NDArray[Any], system: LiveSystem, fields: Sequence[str]
) -> list[str]:
    """Return rows of a snapshot as GeoJSON features.

    Parameters
    ----------
    snapshot
        The layer.
    rows
        Their numbers.
    system
        Of the coordinates; in another than CRS84 they stand in its order of axes.
    fields
        The properties to write.

    Returns
    -------
    list of str
        One JSON object a row, with ``id``; ``geometry`` is ``null`` without a place.
    """
    part = snapshot.sheet.frame.iloc[rows]
    chosen = tuple(snapshot.fields[name] for name in fields)
    ids = part[snapshot.spec.id_field].astype(str)
    properties = json_rows(replace(snapshot.sheet, frame=part, fields=chosen))
    return [
        f'{{"type":"Feature","id":{_json(name)},"properties":{row},"geometry":{shape}}}'
        for name, row, shape in zip(ids, properties, _shapes(part, system), strict=True)
    ]


def _shapes(part: Any, system: LiveSystem) -> list[str]:  # noqa: ANN401 - a frame with or without places
    if not has_geometry(part):
        return ["null"] * len(part)
    shapes = part.geometry.to_numpy()
    return [text or "null" for text in shapely.to_geojson(system.coordinates(shapes))]


def collection_text(about: Mapping[str, Any], features: Sequence[str]) -> str:
    """Return a feature collection: its members, and the features one a line."""
    opening = _json({"type": "FeatureCollection", **about})[:-1]
    return f'{opening},"features":[\n' + ",\n".join(features) + "\n]}"


def feature_text(feature: str, about: Mapping[str, Any]) -> str:
    """Return one feature with further members."""
    return f"{feature[:-1]},{_json(about)[1:]}" if about else feature


def _json(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
