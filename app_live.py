"""The routes of the live layers: OGC API – Features, read-only, for QGIS, ArcGIS and GDAL.

Each request sees the layers with the role that its person has at that moment: a viewer
gets public copies. Every answer is JSON, also to a browser; a list of features names the
version that it is of, and its further pages are of the same version.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from app_live_standard import GEOJSON
from app_live_standard import JSON
from app_live_standard import OPENAPI
from app_live_standard import SCHEMA
from app_live_standard import Service
from app_live_visit import Visit
from app_live_visit import language_of
from layers.errors import AtlasError
from layers.live import LIVE_ROUTE
from layers.live import LiveRefusal
from layers.live import asked
from layers.live import districts_of
from layers.live.asking import COMMON
from layers.live.asking import ITEM
from layers.live.asking import once
from layers.live.asking import system_of
from layers.live.describing import LANGUAGES
from layers.live.describing import title_of
from layers.live.openapi import openapi_document
from layers.live.places import city_title
from layers.live.refusals import nothing_here
from layers.live.refusals import unreadable_layer
from layers.live.snapshots import collection_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from layers.live import Snapshot

    Answer = Callable[[Visit], Response]

_FORGET = "no-store"
# Kept, but asked for again each time: a role may be taken away, a version may be new.
_ASK_AGAIN = "private, no-cache"
_VARY = "Authorization, Cookie, Accept-Language"
_UNCHANGED = 304


def live_routes() -> list[BaseRoute]:
    """Return the routes; the last one catches what has no meaning."""
    layer = "/collections/{layer}"
    answers: Mapping[str, Answer] = {
        "": _landing,
        "/": _landing,
        "/conformance": _conformance,
        "/openapi": _openapi,
        "/collections": _collections,
        layer: _collection,
        f"{layer}/queryables": _queryables,
        f"{layer}/schema": _schema,
        f"{layer}/items": _items,
        f"{layer}/items/{{item:path}}": _item,
    }
    homes = (LIVE_ROUTE, f"{LIVE_ROUTE}/{{district}}")
    found: list[BaseRoute] = [
        Route(home + path, _door(answer), methods=["GET"])
        for home in homes
        for path, answer in answers.items()
    ]
    return [*found, Route(f"{LIVE_ROUTE}/{{rest:path}}", _door(_nothing), methods=["GET"])]


def _door(answer: Answer) -> Callable[[Request], Response]:
    """Return a route that answers a refusal as the standard wants it (clause 7.5.1)."""

    def asked_for(request: Request) -> Response:
        visit = Visit(request)
        try:
            visit.check()
            return answer(visit)
        except LiveRefusal as refusal:
            visit.tell_refusal(refusal)
            return _refused(refusal, language_of(request))
        except AtlasError as error:
            # Its text may name a folder of this computer: it goes to the log only.
            visit.log(error)
            layer = request.path_params.get("layer", "")
            return _refused(unreadable_layer(layer), language_of(request))

    return asked_for


def _nothing(_visit: Visit) -> Response:
    raise nothing_here()


def _landing(visit: Visit) -> Response:
    once(visit.given, COMMON)
    districts = None if visit.district else districts_of()
    if districts is None:
        return _json(visit.service.landing(), JSON)
    # A city is a list of services: every district has its own layers and versions.
    title = city_title().get(visit.lang)
    home = Service(visit.root, city_title(), visit.lang)
    links = [
        home.link("child", f"{visit.root}/{district.path.name}", JSON, district.title)
        for district in districts
    ]
    return _json({"title": title, "links": [home.link("self", visit.root, JSON), *links]}, JSON)


def _conformance(visit: Visit) -> Response:
    once(visit.given, COMMON)
    return _json(visit.service.conformance(), JSON)


def _openapi(visit: Visit) -> Response:
    once(visit.given, COMMON)
    layers = [
        (collection_name(spec.key, kind), title_of(spec, kind, visit.lang), visit.fields(spec))
        for spec, kind in visit.collections()
    ]
    workspace = visit.place.workspace
    document = openapi_document(
        visit.base,
        visit.place.title.get(visit.lang),
        workspace.catalogue.version_text,
        layers,
        tuple(visit.systems),
        lang=visit.lang,
    )
    return _json(document, OPENAPI)


def _collections(visit: Visit) -> Response:
    once(visit.given, COMMON)
    resources = {
        collection_name(spec.key, kind): visit.resource(spec, kind)
        for spec, kind in visit.collections()
    }
    return _json(visit.service.collections(resources), JSON)


def _collection(visit: Visit) -> Response:
    once(visit.given, COMMON)
    spec, kind = visit.collection()
    name = collection_name(spec.key, kind)
    return _json(visit.service.collection({name: visit.resource(spec, kind)}, name), JSON)


def _queryables(visit: Visit) -> Response:
    once(visit.given, COMMON)
    question = visit.question()
    resources = visit.asked_resource(question)
    return _json(visit.service.queryables(resources, question), SCHEMA)


def _schema(visit: Visit) -> Response:
    once(visit.given, COMMON)
    question = visit.question()
    return _json(visit.service.schema(visit.asked_resource(question), question), SCHEMA)


def _items(visit: Visit) -> Response:
    question = visit.question()
    query = asked(visit.given, question.snapshot, visit.systems)
    question.query = query
    visit.tell_seen(question.snapshot)

    def text() -> str:
        return visit.service.items(visit.asked_resource(question), question, query)

    return _of_version(visit, question.snapshot, query.system.uri, text)


def _item(visit: Visit) -> Response:
    system = system_of(once(visit.given, ITEM), "crs", visit.systems)
    question = visit.question()
    name = visit.request.path_params["item"]
    visit.tell_seen(question.snapshot)

    def text() -> str:
        return visit.service.item(visit.asked_resource(question), question, name, system)

    return _of_version(visit, question.snapshot, system.uri, text)


def _of_version(visit: Visit, snapshot: Snapshot, system: str, text: Callable[[], str]) -> Response:
    """Return features of a version, or that whoever asks has them already."""
    tag = visit.tag(snapshot)
    headers = {
        "ETag": tag,
        "Last-Modified": snapshot.written.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "Cache-Control": _FORGET if snapshot.restricted else _ASK_AGAIN,
        "Content-Crs": f"<{system}>",
        "Content-Language": LANGUAGES[visit.lang],
        "Vary": _VARY,
    }
    if visit.has(tag):
        return Response(status_code=_UNCHANGED, headers=headers)
    return Response(text(), media_type=GEOJSON, headers=headers)


def _json(content: Mapping[str, Any], kind: str) -> Response:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    return Response(text, media_type=kind, headers={"Cache-Control": _FORGET, "Vary": _VARY})


def _refused(refusal: LiveRefusal, lang: str) -> Response:
    told = {"code": refusal.code, "description": refusal.text.get(lang)}
    answer = _json(told, JSON)
    answer.status_code = refusal.status
    return answer
