"""The OpenAPI 3.0 document of the live layers: complete in itself, it refers to no other host."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.errors import Text
from layers.live.asking import ITEM
from layers.live.asking import ITEMS
from layers.live.asking import MOST
from layers.live.asking import PINNED
from layers.live.asking import USUAL
from layers.live.describing import LANGUAGES
from layers.live.describing import field_schema
from layers.live.systems import CRS84

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec

_ERROR = {
    "type": "object",
    "required": ["code"],
    "properties": {"code": {"type": "string"}, "description": {"type": "string"}},
}
_TITLES: Mapping[str, Text] = {
    "/": Text("服务首页", "Landing page"),
    "/conformance": Text("符合的标准条款", "Conformance"),
    "/openapi": Text("接口定义", "API definition"),
    "/collections": Text("图层清单", "Layers"),
    "/collections/{}": Text("图层说明", "About the layer"),
    "/collections/{}/queryables": Text("可筛选的字段", "Fields that can be asked for"),
    "/collections/{}/schema": Text("字段说明", "Fields"),
    "/collections/{}/items": Text("要素", "Features"),
    "/collections/{}/items/{{featureId}}": Text("一个要素", "One feature"),
}
_GENERAL = ("/", "/conformance", "/openapi", "/collections")
_KINDS = {
    "items": "application/geo+json",
    "openapi": "application/vnd.oai.openapi+json;version=3.0",
}
_SCHEMAS = frozenset({"queryables", "schema"})


def openapi_document(
    base: str,
    title: str,
    version: str,
    layers: Iterable[tuple[str, str, Sequence[FieldSpec]]],
    systems: Sequence[str],
    *,
    lang: str,
) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    base
        Address of the landing page.
    title, version
        Of what is served.
    layers
        Name, title and fields of every collection that the audience may have.
    systems
        URIs of the systems that can be asked for.
    lang
        ``zh`` or ``en``.
    """
    paths = {path: _path(path, path, ("f", "lang"), lang) for path in _GENERAL}
    for name, of, fields in layers:
        paths |= _layer_paths(name, of, fields, lang)
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "parameters": _parameters(systems, lang),
            "responses": {
                name: _answer(_ERROR, "application/json", lang)
                for name in ("Invalid", "NoRight", "NotFound")
            },
        },
    }


def _layer_paths(
    name: str, of: str, fields: Sequence[FieldSpec], lang: str
) -> dict[str, dict[str, Any]]:
    paths = {}
    for pattern in list(_TITLES)[len(_GENERAL) :]:
        path = pattern.format(name)
        names: tuple[str, ...] = ("f", "lang")
        if pattern.endswith("/items"):
            names = ITEMS
        elif pattern.endswith("{{featureId}}"):
            names = (*ITEM, "featureId")
        told = _path(path, pattern, names, lang, of=of, tag=name)
        if pattern.endswith("/items"):
            own = [_field_parameter(field, lang) for field in fields if field.name not in ITEMS]
            told["get"]["parameters"] += own
        paths[path] = told
    return paths


def _path(
    path: str, pattern: str, names: Iterable[str], lang: str, *, of: str = "", tag: str = ""
) -> dict[str, Any]:
    last = pattern.rsplit("/", 1)[-1]
    kind = _KINDS["items"] if "/items" in pattern else _KINDS.get(last, "application/json")
    if last in _SCHEMAS:
        kind = "application/schema+json"
    said = _TITLES[pattern].get(lang)
    operation = {
        "summary": f"{of} {said}".strip(),
        "operationId": _operation(path),
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in names],
        "responses": {
            "200": _answer({"type": "object"}, kind, lang),
            "400": {"$ref": "#/components/responses/Invalid"},
            "403": {"$ref": "#/components/responses/NoRight"},
            "404": {"$ref": "#/components/responses/NotFound"},
        },
    }
    return {"get": operation | ({"tags": [tag]} if tag else {})}


def _operation(path: str) -> str:
    words = (word.strip("{}") for word in path.split("/"))
    return "get" + "".join(word[:1].upper() + word[1:] for word in words)


def _answer(schema: Mapping[str, Any], kind: str, lang: str) -> dict[str, Any]:
    said = Text("答复", "The answer").get(lang)
    return {"description": said, "content": {kind: {"schema": dict(schema)}}}


def _field_parameter(field: FieldSpec, lang: str) -> dict[str, Any]:
    told = field_schema(field, lang)
    schema = {name: told[name] for name in ("type", "format") if name in told}
    return {
        "name": field.name,
        "in": "query",
        "description": told["title"],
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _parameters(systems: Sequence[str], lang: str) -> dict[str, Any]:
    whole = {"type": "integer", "minimum": 0}
    system = {"type": "string", "enum": list(systems), "default": CRS84}
    box = {
        "type": "array",
        "items": {"type": "number"},
        "oneOf": [{"minItems": size, "maxItems": size} for size in (4, 6)],
    }
    rows = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
    queries: dict[str, tuple[dict[str, Any], Text]] = {
        "f": ({"type": "string", "enum": ["json"]}, Text("格式", "Format")),
        "lang": ({"type": "string", "enum": list(LANGUAGES)}, Text("语言", "Language")),
        "crs": (system, Text("答复的坐标系", "System of the answer")),
        "bbox-crs": (system, Text("范围的坐标系", "System of the box")),
        "bbox": (box, Text("范围：小角点、大角点", "Box: lower corner, upper corner")),
        "datetime": (
            {"type": "string"},
            Text("数据日期或起止", "Date of the data, or an interval"),
        ),
        "limit": (rows, Text("每页最多几个", "How many features a page has at most")),
        "offset": (whole, Text("跳过前几个", "How many features to skip")),
        "properties": (
            {"type": "array", "items": {"type": "string"}},
            Text("只要这些字段", "Only these fields"),
        ),
        PINNED: (whole, Text("图层版本，不写为当前版本", "Version of the layer, else the current")),
    }
    found = {
        name: {
            "name": name,
            "in": "query",
            "description": said.get(lang),
            "required": False,
            "schema": schema,
            "style": "form",
            "explode": False,
        }
        for name, (schema, said) in queries.items()
    }
    found["featureId"] = {
        "name": "featureId",
        "in": "path",
        "description": Text("编号", "Id").get(lang),
        "required": True,
        "schema": {"type": "string"},
    }
    return found
