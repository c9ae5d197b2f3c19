"""What the standard wants of each answer, as JSON Schema in our own words.

The clauses are those of OGC API – Features: part 1 (OGC 17-069r4), part 2 (18-058r1),
part 3 (19-079r2) and part 5 (23-058). The schemas of the standard itself are not part of
this project; :mod:`tests.test_live_standard` also holds the answers against those where a
copy of them is named.
"""

from __future__ import annotations

from typing import Any

URI: dict[str, Any] = {"type": "string", "pattern": "^https?://[^ ]+$"}
# RFC 3339, in UTC
MOMENT: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
}
LINK: dict[str, Any] = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": URI,
        "rel": {"type": "string"},
        "type": {"type": "string"},
        "title": {"type": "string"},
        "hreflang": {"type": "string"},
    },
}


def _links(*rels: str) -> dict[str, Any]:
    wanted = [{"contains": {"properties": {"rel": {"const": rel}}}} for rel in rels]
    return {"type": "array", "items": LINK, "allOf": wanted}


# 7.2.2, /req/core/root-success
LANDING: dict[str, Any] = {
    "type": "object",
    "required": ["links"],
    "properties": {
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": _links("service-desc", "conformance", "data"),
    },
}
# 7.4.2, /req/core/conformance-success
CONFORMANCE: dict[str, Any] = {
    "type": "object",
    "required": ["conformsTo"],
    "properties": {
        "conformsTo": {
            "type": "array",
            "items": URI,
            "contains": {
                "const": "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
            },
        }
    },
}
# 7.13.2 and 7.14.2, /req/core/fc-md-items-links, /req/core/fc-md-extent
_INTERVAL = {
    "type": "array",
    "minItems": 2,
    "maxItems": 2,
    "items": {"oneOf": [{"type": "null"}, MOMENT]},
}
_EXTENT = {
    "type": "object",
    "properties": {
        "spatial": {
            "type": "object",
            "properties": {
                "bbox": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "array",
                        "items": {"type": "number"},
                        "oneOf": [{"minItems": n, "maxItems": n} for n in (4, 6)],
                    },
                }
            },
        },
        "temporal": {
            "type": "object",
            "properties": {"interval": {"type": "array", "minItems": 1, "items": _INTERVAL}},
        },
    },
}
# 18-058r1, clause 6.2: crs is a list of URIs, the default among them; storageCrs is of them
COLLECTION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "links", "crs", "storageCrs"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": _links("self", "items"),
        "extent": _EXTENT,
        "itemType": {"const": "feature"},
        "crs": {
            "type": "array",
            "items": URI,
            "contains": {"const": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        },
        "storageCrs": URI,
    },
}
COLLECTIONS: dict[str, Any] = {
    "type": "object",
    "required": ["links", "collections"],
    "properties": {
        "links": _links("self"),
        "collections": {"type": "array", "items": COLLECTION},
    },
}

_POSITION = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}


def _nested(least: int, inner: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "items": inner}


# RFC 7946, 3.1: a ring has four positions at least
_COORDINATES: dict[str, dict[str, Any]] = {
    "Point": _POSITION,
    "MultiPoint": _nested(0, _POSITION),
    "LineString": _nested(2, _POSITION),
    "MultiLineString": _nested(0, _nested(2, _POSITION)),
    "Polygon": _nested(1, _nested(4, _POSITION)),
    "MultiPolygon": _nested(0, _nested(1, _nested(4, _POSITION))),
}
GEOMETRY: dict[str, Any] = {
    "oneOf": [
        {"type": "null"},
        *(
            {
                "type": "object",
                "required": ["type", "coordinates"],
                "properties": {"type": {"const": name}, "coordinates": coordinates},
                "not": {"required": ["crs"]},
            }
            for name, coordinates in _COORDINATES.items()
        ),
    ]
}
# RFC 7946, 3.2; 7.16.2, /req/core/f-links: an item has self and collection
FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": ["string", "integer"]},
        "geometry": GEOMETRY,
        "properties": {"type": ["object", "null"]},
    },
    "not": {"anyOf": [{"required": [name]} for name in ("coordinates", "geometries", "features")]},
}
ITEM: dict[str, Any] = {
    "allOf": [
        FEATURE,
        {"required": ["links"], "properties": {"links": _links("self", "collection")}},
    ]
}
# 7.15.7 and 7.15.8, /req/core/fc-response, fc-links, fc-timeStamp, fc-numberMatched
ITEMS: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features", "links", "timeStamp", "numberMatched", "numberReturned"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": FEATURE},
        "links": _links("self"),
        "timeStamp": MOMENT,
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
    "not": {
        "anyOf": [{"required": [name]} for name in ("coordinates", "geometry", "properties", "crs")]
    },
}
# 7.5.1
EXCEPTION: dict[str, Any] = {
    "type": "object",
    "required": ["code"],
    "properties": {"code": {"type": "string"}, "description": {"type": "string"}},
}
# 19-079r2, clause 6.2; 23-058, clauses 6 and 7
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "$id", "type", "properties"],
    "properties": {
        "$schema": {"const": "https://json-schema.org/draft/2020-12/schema"},
        "$id": URI,
        "type": {"const": "object"},
        "properties": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["title"],
                "properties": {"x-ogc-role": {"type": "string"}},
                "anyOf": [
                    {"required": ["type"]},
                    {"required": ["format"], "properties": {"format": {"pattern": "^geometry-"}}},
                ],
            },
        },
    },
}
