"""The routes of the web door besides Streamlit's own: tiles, assets, base maps, exports.

Every answer is plain: what is asked for, or a status with one sentence. A page decides
who is shown a layer or offered a file; here everybody is held to it, with the role that
he has at the moment of the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import FileResponse
from starlette.responses import PlainTextResponse
from starlette.responses import Response
from starlette.routing import Mount
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from app_health import health_routes
from app_live import live_routes
from layers.basemaps import BASEMAP_ROUTE
from layers.basemaps import shelf
from layers.errors import AtlasError
from layers.errors import Text
from layers.export import EXPORT_ROUTE
from layers.export import ready_files
from layers.picture import TILE_ROUTE
from layers.team import ALONE
from layers.team import Person
from layers.tiles import Refusal
from layers.tiles import service
from layers.tiles.service import NO_TILE
from layers.tiles.service import TILE_MEDIA_TYPE
from layers.webmap import LEAFLET_ROUTE
from layers.webmap import MAP_ROUTE
from layers.webmap import bundle
from layers.webmap import leaflet_dir

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from layers.tiles.service import Ticket

# The address of a tile names its content, so it never has to be asked for again.
_KEEP = "private, max-age=31536000, immutable"
_FORGET = "no-store"
_BYTES = "application/octet-stream"
_PERSON = "atlas.person"
# The browser is on this computer: to compress and unpack a tile takes longer than to send it.
_AS_IT_IS = {"Content-Encoding": "identity"}

_NOTHING = Text("没有此地址。", "There is nothing at this address.")
_UNREADABLE = Text(
    "该图层已无法读取，请重新打开页面。",
    "This layer cannot be read any more; open its page again.",
)
_NOT_KEPT = Text(
    "该文件已不再保留，请回到页面重新生成。",
    "This file is not kept any more; prepare it again on its page.",
)
_OF_OTHERS = Text(
    "该文件是他人生成的，请自行生成。",
    "This file was prepared for somebody else; prepare your own.",
)
_FOR_PLANNERS = Text("您的角色不能看该图层。", "This layer is shown to planners only.")


def routes() -> list[BaseRoute]:
    """Return the routes; the last one of each family catches what has no meaning."""
    tile = TILE_ROUTE + "/{layer}/{version}"
    return [
        *health_routes(),
        *live_routes(),
        Mount(LEAFLET_ROUTE, StaticFiles(directory=leaflet_dir())),
        Route(MAP_ROUTE + "/atlas.{ending}", _asset),
        Route(tile + "/state/{state}", _state),
        Route(tile + "/{z}/{x}/{y}.mvt", _tile),
        Route(TILE_ROUTE + "/{rest:path}", _nothing),
        Route(BASEMAP_ROUTE + "/{token}/{z}/{x}/{y}", _base_tile),
        Route(BASEMAP_ROUTE + "/{rest:path}", _nothing),
        Route(EXPORT_ROUTE + "/{token}/{name}", _export),
        Route(EXPORT_ROUTE + "/{rest:path}", _nothing),
    ]


def person_of(request: HTTPConnection) -> Person:
    """Return who asks: whom the gate of a team server let in, else whoever works alone."""
    person = request.scope.get(_PERSON, ALONE)
    assert isinstance(person, Person)
    return person


def _nothing(_request: Request) -> Response:
    return _refused(Refusal(404, _NOTHING))


def _asset(request: Request) -> Response:
    ending = request.path_params["ending"]
    if ending not in {"js", "css"}:
        return _nothing(request)
    media_type = "text/javascript" if ending == "js" else "text/css"
    return Response(bundle(ending), media_type=media_type, headers={"Cache-Control": _KEEP})


def _tile(request: Request) -> Response:
    try:
        ticket = _ticket(request)
        z, x, y = (_number(request.path_params[name]) for name in ("z", "x", "y"))
        content = service().tile(ticket, z, x, y, request.query_params.get("state", ""))
    except Refusal as refusal:
        return _refused(refusal)
    except AtlasError:
        # Its text may name a folder of this computer; the page that runs again shows it.
        return _refused(Refusal(404, _UNREADABLE))
    headers = {"Cache-Control": _age(ticket)} | _AS_IT_IS
    if not content:
        return Response(status_code=204, headers=headers)
    return Response(content, media_type=TILE_MEDIA_TYPE, headers=headers)


def _state(request: Request) -> Response:
    try:
        ticket = _ticket(request)
        state = service().state(ticket, request.path_params["state"])
    except Refusal as refusal:
        return _refused(refusal)
    return Response(
        state.classes.tobytes(),
        media_type=_BYTES,
        headers={"Cache-Control": _age(ticket)} | _AS_IT_IS,
    )


def _base_tile(request: Request) -> Response:
    """Hand out a tile of a local base map file."""
    try:
        z, x, y = (_number(request.path_params[name]) for name in ("z", "x", "y"))
        content, media_type = shelf().tile(request.path_params["token"], z, x, y)
    except Refusal as refusal:
        return _refused(refusal)
    except KeyError:
        return _nothing(request)
    if not content:
        # Perhaps the file could not be read for a moment only.
        return Response(status_code=204, headers={"Cache-Control": _FORGET})
    return Response(content, media_type=media_type, headers={"Cache-Control": _KEEP})


def _export(request: Request) -> Response:
    """Hand out a prepared file, under the name that it was offered with."""
    offer = ready_files().find(request.path_params["token"])
    if offer is None:
        return _refused(Refusal(404, _NOT_KEPT))
    if not offer.is_for(person_of(request)):
        return _refused(Refusal(403, _OF_OTHERS))
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(offer.name, safe='')}",
        "Cache-Control": _FORGET,
    }
    try:
        content = None if offer.make is None else offer.make()
        offer.record()
    except AtlasError as error:
        # The browser shows it in place of the page; its text says what to do.
        return _refused(Refusal(409, error.text))
    if content is not None:
        return Response(content, media_type=_BYTES, headers=headers)
    assert offer.path is not None  # it is finished, or it is made here
    return FileResponse(offer.path, media_type=_BYTES, headers=headers)


def _ticket(request: Request) -> Ticket:
    ticket = service().admit(request.path_params["layer"], request.path_params["version"])
    if not ticket.edition.is_for(person_of(request)):
        raise Refusal(403, _FOR_PLANNERS)
    return ticket


def _age(ticket: Ticket) -> str:
    return _FORGET if ticket.edition.restricted else _KEEP


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004 - no tile has more digits
        raise Refusal(400, NO_TILE)
    return int(text)


def _refused(refusal: Refusal) -> Response:
    return PlainTextResponse(
        str(refusal), status_code=refusal.status, headers={"Cache-Control": _FORGET}
    )
