"""The documents of OGC API – Features, made by pygeoapi and put right where it is not.

What is ours, and why (pygeoapi 0.21):

- conformance: its list of classes is a list of the module that grows with every question,
  and claims HTML and editing;
- the OpenAPI document: it refers to schemas on another host, which an office without
  internet cannot read, and offers formats that are not served;
- links: those to HTML (whose pages load scripts from other hosts), JSON-LD, processes and
  tiles are taken out;
- unknown parameters, ``datetime`` and ``bbox`` are read by :mod:`layers.live.asking`: the
  library ignores the first, takes half a date for one, and turns only two corners of a box,
  which on a grid away from its meridian is off by a hundred metres in ten kilometres;
- features are written by :mod:`layers.live.writing`.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import urlencode

from layers.errors import Text
from layers.live.asking import MOST
from layers.live.asking import PINNED
from layers.live.asking import USUAL
from layers.live.describing import LANGUAGES
from layers.live.describing import field_schema
from layers.live.describing import geometry_schema
from layers.live.describing import without_places
from layers.live.refusals import LiveRefusal
from layers.live.refusals import no_item
from layers.live.writing import collection_text
from layers.live.writing import feature_text
from layers.live.writing import features_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from types import ModuleType

    from layers.live.asking import Query
    from layers.live.provider import Question
    from layers.live.snapshots import Snapshot
    from layers.live.systems import LiveSystem

    Run = Callable[..., tuple[dict[str, str], int, str]]

CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
)

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"

_OK = 200
# 19-079r2 and 23-058 want this very text; the library writes it with http.
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MISSING = 404
_KINDS = frozenset({JSON, GEOJSON, SCHEMA, OPENAPI})
# The last part of a relation: that of the standard is a URI.
_RELATIONS: Mapping[str, Text] = {
    "self": Text("本文档", "This document"),
    "root": Text("服务首页", "Landing page"),
    "service-desc": Text("接口定义（OpenAPI）", "API definition (OpenAPI)"),
    "conformance": Text("符合的标准条款", "Conformance"),
    "data": Text("图层清单", "Layers"),
    "items": Text("要素（GeoJSON）", "Features (GeoJSON)"),
    "collection": Text("图层说明", "About the layer"),
    "next": Text("下一页", "Next page"),
    "prev": Text("上一页", "Previous page"),
    "schema": Text("字段说明", "Fields"),
    "queryables": Text("可筛选的字段", "Fields that can be asked for"),
    "child": Text("行政区", "District"),
}


@dataclass(frozen=True)
class Service:
    """One service in one language: what the documents have in common.

    Attributes
    ----------
    base
        Address of the landing page.
    title
        What is served.
    lang
        ``zh`` or ``en``.
    """

    base: str
    title: Text
    lang: str

    def landing(self) -> dict[str, Any]:
        """Return the landing page (OGC 17-069r4, clause 7.2)."""
        return self._cleaned(self._run("landing_page", {}))

    def conformance(self) -> dict[str, Any]:
        """Return which classes of the standards are met (clause 7.4)."""
        return {"conformsTo": list(CONFORMS_TO)}

    def collections(self, resources: Mapping[str, Any]) -> dict[str, Any]:
        """Return the list of layers (clause 7.13)."""
        told = self._run("describe_collections", resources)
        told["collections"] = [self._cleaned(without_places(one)) for one in told["collections"]]
        return self._cleaned(told)

    def collection(self, resources: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Return a layer (clause 7.14)."""
        return self._cleaned(without_places(self._run("describe_collections", resources, key)))

    def queryables(self, resources: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """Return the fields that can be asked for (OGC 19-079r2, clause 6.2)."""
        key = question.snapshot.collection
        told = self._run("get_collection_queryables", resources, key, module="itemtypes")
        told["additionalProperties"] = False
        return self._with_fields(told, question)

    def schema(self, resources: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """Return the fields of a feature (OGC 23-058)."""
        key = question.snapshot.collection
        told = self._run("get_collection_schema", resources, key)
        return self._with_fields(told, question)

    def items(self, resources: Mapping[str, Any], question: Question, query: Query) -> str:
        """Return a page of features (clause 7.15)."""
        snapshot = question.snapshot
        asked = {"limit": str(query.limit), "offset": str(query.offset), "crs": query.system.uri}
        told = self._run(
            "get_collection_items", resources, snapshot.collection, module="itemtypes", asked=asked
        )
        rows = question.rows
        assert rows is not None  # the library asked the provider, or there was an error
        about = {
            "timeStamp": told["timeStamp"],
            "numberMatched": told["numberMatched"],
            "numberReturned": told["numberReturned"],
            "links": self._pages(snapshot, query, told["numberMatched"]),
            **self._version(snapshot),
        }
        return collection_text(about, features_text(snapshot, rows, query.system, query.fields))

    def item(
        self, resources: Mapping[str, Any], question: Question, name: str, system: LiveSystem
    ) -> str:
        """Return one feature (clause 7.16).

        Raises
        ------
        LiveRefusal
            404 if there is none.
        """
        snapshot = question.snapshot
        asked = {"crs": system.uri}
        try:
            told = self._run(
                "get_collection_item", resources, snapshot.collection, name, module="itemtypes",
                asked=asked,
            )  # fmt: skip
        except LiveRefusal as refusal:
            if refusal.status == _MISSING:
                raise no_item(snapshot.collection, name) from refusal
            raise
        assert question.rows is not None  # the library asked the provider
        (feature,) = features_text(snapshot, question.rows, system, tuple(snapshot.fields))
        about = {"links": self._links(told["links"]), **self._version(snapshot)}
        return feature_text(feature, about)

    def link(self, rel: str, href: str, kind: str, title: Text | None = None) -> dict[str, str]:
        """Return a link with its title."""
        said = title or _RELATIONS[rel.rsplit("/", 1)[-1]]
        return {"rel": rel, "type": kind, "title": said.get(self.lang), "href": href}

    def _run(
        self,
        name: str,
        resources: Mapping[str, Any],
        *rest: str,
        module: str = "",
        asked: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Let the library make a document; its own refusals become ours."""
        home = _library() if not module else _items_library()
        params = {"lang": LANGUAGES[self.lang], **(asked or {})}
        request = SimpleNamespace(query_params=params, headers={}, scope={"path": ""})
        api = self._api(resources)
        run: Run = getattr(home, name)
        _headers, status, text = run(api, _library().APIRequest(request, api.locales), *rest)
        told: dict[str, Any] = json.loads(text)
        if status != _OK:
            said = str(told.get("description", ""))
            raise LiveRefusal(int(status), str(told.get("code", "")), Text(said, said))
        return told

    def _api(self, resources: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the library has no types
        library = _library()
        # Its own constructor sets up logging for the whole process, a manager of processes,
        # and copies the settings, which hold a layer here.
        api = object.__new__(library.API)
        about = {"title": self.title.get(self.lang), "description": self._description(),
                 "url": self.base}  # fmt: skip
        limits = {"default_items": USUAL, "max_items": MOST, "on_exceed": "throttle"}
        server = {"url": self.base, "languages": list(LANGUAGES.values()), "limits": limits}
        api.config = {
            "server": server,
            "metadata": {"identification": about},
            "resources": dict(resources),
        }
        api.api_headers = {}
        api.base_url = self.base
        api.pretty_print = False
        api.locales = library.l10n.get_locales(api.config)
        api.default_locale = api.locales[0]
        return api

    def _description(self) -> str:
        return Text(
            "图层的当前版本，只读。坐标为 CGCS2000 经纬度，与 WGS 84 相差在分米以内",
            "The current versions of the layers, read-only. Coordinates are longitude and latitude"
            " of CGCS2000, which agrees with WGS 84 within decimetres",
        ).get(self.lang)

    def _cleaned(self, told: dict[str, Any]) -> dict[str, Any]:
        return {**told, "links": self._links(told["links"])}

    def _links(self, links: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
        """Return the links that lead somewhere, with titles in the language of the answer."""
        known = (link for link in links if link["rel"].rsplit("/", 1)[-1] in _RELATIONS)
        kept = (link for link in known if link.get("type") in _KINDS)
        return [self.link(link["rel"], link["href"], link["type"]) for link in kept]

    def _with_fields(self, told: dict[str, Any], question: Question) -> dict[str, Any]:
        """Put titles, units and the kind of place in, which the library leaves out."""
        snapshot = question.snapshot
        place = geometry_schema(snapshot.spec, snapshot.kind, self.lang)
        properties: dict[str, Any] = {} if place is None else {"geometry": place}
        for name, field in snapshot.fields.items():
            properties[name] = field_schema(field, self.lang)
            if name == snapshot.spec.id_field:
                properties[name]["x-ogc-role"] = "id"
            if name == snapshot.time_field:
                properties[name]["x-ogc-role"] = "primary-instant"
        named = told["$id"].partition("?")[0]
        return {**told, "$schema": _DRAFT, "$id": named, "properties": properties}

    def _pages(self, snapshot: Snapshot, query: Query, matched: int) -> list[dict[str, str]]:
        """Return links to this page and its neighbours, all of one version."""
        home = f"{self.base}/collections/{snapshot.collection}"
        given = {name: value for name, value in query.given if name not in {"offset", PINNED}}
        given |= {"limit": str(query.limit), PINNED: str(snapshot.version)}

        def page(rel: str, offset: int) -> dict[str, str]:
            told = urlencode({**given, "offset": offset})
            return self.link(rel, f"{home}/items?{told}", GEOJSON)

        links = [page("self", query.offset)]
        if query.offset + query.limit < matched:
            links.append(page("next", query.offset + query.limit))
        if query.offset:
            links.append(page("prev", max(query.offset - query.limit, 0)))
        return [*links, self.link("collection", home, JSON)]

    def _version(self, snapshot: Snapshot) -> dict[str, Any]:
        return {
            "atlas:version": snapshot.version,
            "atlas:notice": [notice.get(self.lang) for notice in snapshot.notices],
        }


@cache
def _library() -> ModuleType:
    """Import pygeoapi, which takes most of a second, when somebody asks for the first time."""
    import pygeoapi.api

    # It logs what was asked, with every wrong question and many a right one.
    logging.getLogger("pygeoapi").setLevel(logging.CRITICAL)
    module: ModuleType = pygeoapi.api
    return module


@cache
def _items_library() -> ModuleType:
    _library()
    import pygeoapi.api.itemtypes

    module: ModuleType = pygeoapi.api.itemtypes
    return module
