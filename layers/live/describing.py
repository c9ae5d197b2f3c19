"""Layers in the words of the standard: schemas of their fields, and how they are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.errors import Text
from layers.live.snapshots import collection_name
from layers.live.systems import STORAGE_URI

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    from layers.catalogue import Choice
    from layers.catalogue import FieldSpec
    from layers.catalogue import FieldType
    from layers.catalogue import LayerSpec
    from layers.live.snapshots import Extent
    from layers.live.systems import LiveSystem

LANGUAGES: Mapping[str, str] = {"zh": "zh-CN", "en": "en-US"}
"""Languages of the answers, the usual one first."""

_TYPES: Mapping[FieldType, dict[str, Any]] = {
    "text": {"type": "string"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_FORMATS = {
    "point": "geometry-point-or-multipoint",
    "line": "geometry-linestring-or-multilinestring",
    "polygon": "geometry-polygon-or-multipolygon",
}
_NAMES = {
    "point": Text("点", "points"),
    "line": Text("线", "lines"),
    "polygon": Text("面", "areas"),
}
_ANY = "geometry-any"
_WORLD = (-180.0, -90.0, 180.0, 90.0)


def field_schema(field: FieldSpec, lang: str) -> dict[str, Any]:
    """Return what a field holds, as JSON Schema with title and unit.

    Parameters
    ----------
    field
        The field.
    lang
        ``zh`` or ``en``.
    """
    title = field.title.get(lang)
    told = {"title": f"{title} ({field.unit})" if field.unit else title, **_TYPES[field.type]}
    if field.unit:
        told["x-ogc-unit"] = field.unit
    if field.choices:
        # A value that a later catalogue allows must not make an answer invalid.
        told["description"] = "; ".join(_word(choice, lang) for choice in field.choices)
    return told


def _word(choice: Choice, lang: str) -> str:
    title = choice.title.get(lang)
    return title if title == choice.value else f"{choice.value} = {title}"


def geometry_schema(spec: LayerSpec, kind: str, lang: str) -> dict[str, Any] | None:
    """Return what the place of a feature is (OGC 23-058), ``None`` for a table.

    Parameters
    ----------
    spec
        The layer.
    kind
        The one kind of places of a part of it, empty for all.
    lang
        ``zh`` or ``en``.
    """
    if not spec.geometry:
        return None
    only = kind or (spec.geometry[0] if len(spec.geometry) == 1 else "")
    title = Text("位置", "Place").get(lang)
    kinds = _FORMATS.get(only, _ANY)
    return {"title": title, "x-ogc-role": "primary-geometry", "format": kinds}


def title_of(spec: LayerSpec, kind: str, lang: str) -> str:
    """Return what a layer, or its part with one kind of places, is called."""
    if not kind:
        return spec.title.get(lang)
    title, name = spec.title, _NAMES[kind]
    return Text(f"{title.zh}（{name.zh}）", f"{title.en} ({name.en})").get(lang)


def _description(spec: LayerSpec, extent: Extent, kind: str, lang: str) -> str:
    told = spec.description
    if kind or len(extent.kinds) <= 1:
        return told.get(lang)
    parts = [collection_name(spec.key, part) for part in extent.kinds]
    zh = f"{told.zh}。兼有几种几何；在 QGIS 或 ArcGIS 中请分别打开 {'、'.join(parts)}"
    en = f"{told.en}. Places of several kinds; in QGIS or ArcGIS open {', '.join(parts)} instead"
    return Text(zh, en).get(lang)


def collection_of(
    spec: LayerSpec,
    kind: str,
    extent: Extent,
    systems: Iterable[LiveSystem],
    *,
    group: Text,
    lang: str,
    provider: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a layer as a resource in the settings of pygeoapi.

    Parameters
    ----------
    spec, kind, extent
        The layer, its part with one kind of places or ``""``, and where its rows are.
    systems
        The systems it can be asked in.
    group
        Its group, as a keyword.
    lang
        ``zh`` or ``en``.
    provider
        Settings of the plug-in that answers, besides those of the layer.
    """
    # The library wants a box; :func:`without_places` takes it out again.
    extents: dict[str, Any] = {"spatial": {"bbox": list(extent.box or _WORLD)}}
    if extent.days:
        first, last = (day.isoformat() for day in extent.days)
        extents["temporal"] = {"begin": f"{first}T00:00:00Z", "end": f"{last}T23:59:59Z"}
    return {
        "type": "collection",
        "title": title_of(spec, kind, lang),
        "description": _description(spec, extent, kind, lang),
        "keywords": [group.get(lang)],
        "links": [],
        "extents": extents,
        "providers": [
            {
                "type": "feature",
                "id_field": spec.id_field,
                "title_field": spec.name_field,
                "storage_crs": STORAGE_URI,
                "crs": [system.uri for system in systems],
                **provider,
            }
        ],
    }


def without_places(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a collection without the box that stands for no place at all."""
    extent = dict(told["extent"])
    if extent["spatial"]["bbox"] == [list(_WORLD)]:
        del extent["spatial"]
    rest = {name: value for name, value in told.items() if name != "extent"}
    return rest | ({"extent": extent} if extent else {})
