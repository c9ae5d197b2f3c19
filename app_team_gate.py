"""The gate of a team server: nobody passes without a sign-in and a role, on any route.

In its order: the caller is a trusted proxy, the name is the public one, the path is plain,
somebody signed in (by the cookie; for the live layers also by a token), he has a role, and
the role opens this route. What pages show of the data is decided behind it, by the same
role, which is looked up at each request.
"""

from __future__ import annotations

import logging
import re
import time
from ipaddress import ip_address
from ipaddress import ip_network
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.responses import PlainTextResponse
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app_gate import add_headers
from app_gate import is_our_name
from app_health import HEALTH_ROUTE
from app_identity import Identities
from app_identity import cookies_of
from app_identity import cookies_set
from app_identity import headers_of
from app_signin import FAILED
from app_signin import NEXT_COOKIE
from app_signin import OVER
from app_signin import SIGN_IN
from app_signin import SIGN_OUT
from app_signin import is_page
from app_signin import kept_next
from app_signin import no_role_page
from app_signin import refused_page
from app_signin import sign_in_page
from app_signin import sign_out_page
from app_signin import to_provider
from app_watch import CLOSED
from app_watch import Watch
from layers.audit import Door
from layers.audit import Recorder
from layers.audit import journal_of
from layers.errors import AtlasError
from layers.errors import Text
from layers.paths import default_path
from layers.team.addresses import is_loopback
from layers.team.people import Person
from layers.team.people import Right
from layers.team.people import Role

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp
    from starlette.types import Message
    from starlette.types import Receive
    from starlette.types import Scope
    from starlette.types import Send

    from app_identity import Identity
    from layers.team.settings import Team

_LOG = logging.getLogger("atlas")
PERSON = "atlas.person"
_OWN = "atlas.is_own"
STRANGER = Person("", "", Role.VIEWER)
"""Whom the routes meet that are open without a sign-in: somebody with the least role."""

CALLBACK = "/oauth2callback"
OPEN = frozenset({HEALTH_ROUTE, SIGN_IN, "/auth/login", CALLBACK})
"""The paths that are served without a sign-in, by GET and HEAD only."""

LIVE = "/ogc"
UPLOAD = "/_stcore/upload_file"
# What the app has no use for: Streamlit's door for software agents, and its own numbers.
_SHUT = ("/_stcore/agent", "/_stcore/metrics", "/_stcore/script-health-check")
_SAFE = frozenset({"GET", "HEAD"})
# Where a browser says that a request comes from which we did not cause; old ones say nothing.
_ELSEWHERE = frozenset({"cross-site", "same-site"})
_ODD = re.compile(r"//|\\|[\x00-\x1f\x7f]|/\.{1,2}(/|$)")
_MOST_TOLD = 500
_TELL_AGAIN_S = 3600
_AUTH_COOKIE = re.compile(rb"_streamlit_user(_tokens)?(_[0-9]+)?=")
_MAX_AGE = re.compile(rb"max-age=[1-9][0-9]*", re.IGNORECASE)

_PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)
_VIEWER = Text("您的角色是只读，不能上传文件。", "Your role is to view: you cannot upload files.")
_SIGN_IN_FIRST = Text("请先登录。", "Please sign in first.")
_NO_ROLE = Text("您没有角色；请联系管理员。", "You have no role; ask the administrator.")
_LIST_BROKEN = Text(
    "人员名单无法读取，暂时不能确认您的角色；请联系管理员。",
    "The list of people cannot be read, so your role is not known; tell the administrator.",
)


class TeamGate:
    """ASGI middleware: the gate of a team server; it must stand before all routes.

    Parameters
    ----------
    app
        What is served.
    team
        The settings of the server.
    """

    def __init__(self, app: ASGIApp, team: Team) -> None:
        self.app = app
        self._team = team
        self._identities = Identities(team)
        self._proxies = [ip_network(text) for text in team.trusted_proxies]
        self._told: dict[tuple[str, str], float] = {}
        behind = ProxyHeadersMiddleware(self._named, list(team.trusted_proxies))  # type: ignore[arg-type]
        self._behind_proxy: ASGIApp = behind  # type: ignore[assignment]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on who may pass, answer everybody else."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope[PERSON] = STRANGER
        scope[_OWN] = self._is_loopback(scope)
        closed = self._with_headers(send)
        if not self._is_proxy(scope):
            await _refuse(scope, receive, closed, 403, "Yangpu Atlas is reached through its proxy.")
            return
        await self._behind_proxy(scope, receive, closed)

    async def _named(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, hosts = scope["path"], headers_of(scope, b"host")
        is_ours = len(hosts) == 1 and self._is_public(hosts[0])
        if path == HEALTH_ROUTE and scope[_OWN]:
            is_ours = is_ours or is_our_name("".join(hosts))
        if not is_ours:
            await _refuse(scope, receive, send, 421, "There is no such site here.")
        elif not path.startswith("/") or _ODD.search(path) or scope.get("root_path"):
            await _refuse(scope, receive, send, 400, "This address is not well formed.")
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in _SAFE and scope["path"] in OPEN:
            await self._open(scope, receive, send)
            return
        try:
            person, answer = self._admitted(scope)
        except AtlasError:
            _LOG.exception("the list of people cannot be read")
            person, answer = None, _said(scope, _LIST_BROKEN, 503)
        if answer is None and person is not None:
            scope[PERSON] = person
            answer = self._not_allowed(scope, person)
            if answer is not None:
                await self._tell_refusal(person, scope["path"])
        if answer is not None:
            await answer(scope, receive, send)
        elif scope["path"] == SIGN_OUT:
            await self._sign_out(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _admitted(self, scope: Scope) -> tuple[Person | None, Response | None]:
        """Return who asks, or what he is answered instead."""
        shown = headers_of(scope, b"authorization")
        if _is_below(scope["path"], LIVE) and shown:
            person = self._identities.by_token(shown[0])
            return person, None if person is not None else _challenge()
        identity = self._identities.by_cookie(cookies_of(scope))
        if identity is None:
            return None, self._stranger(scope)
        if identity.person is None and scope["path"] == SIGN_OUT:
            return STRANGER, None
        if identity.person is None:
            if _wants_page(scope):
                return None, no_role_page(identity.person_id, identity.name)
            return None, _waiting(scope) or _said(scope, _NO_ROLE, 403)
        return identity.person, None

    def _stranger(self, scope: Scope) -> Response:
        if _is_below(scope["path"], LIVE):
            return _challenge()
        if _wants_page(scope):
            return sign_in_page(scope)
        return _waiting(scope) or _said(scope, _SIGN_IN_FIRST, 401)

    def _not_allowed(self, scope: Scope, person: Person) -> Response | None:
        """Return the refusal of a request of somebody with a role, None if he may."""
        path = scope["path"]
        if path.startswith(_SHUT):
            return _said(scope, Text("没有此地址。", "There is nothing here."), 404)
        if _is_below(path, UPLOAD) and not person.may(Right.WRITE):
            return _said(scope, _VIEWER, 403)
        origins = headers_of(scope, b"origin")
        if scope["method"] not in _SAFE and any(one != self._team.public_url for one in origins):
            text = Text("请求来自其他网站，已拒绝。", "The request comes from another site.")
            return _said(scope, text, 403)
        return None

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == SIGN_IN:
            await to_provider(scope)(scope, receive, send)
        elif scope["path"] == CALLBACK:
            await self._callback(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _callback(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Streamlit take the answer of the provider; then record it and lead on."""
        asked = scope.get("query_string", b"")
        start: list[Message] = []
        body: list[Message] = []

        async def keep(message: Message) -> None:
            (start if message["type"] == "http.response.start" else body).append(message)

        await self.app(scope, receive, keep)
        headers = MutableHeaders(scope=start[0])
        try:
            identity = self._identities.by_cookie(cookies_set(start[0]["headers"]))
        except AtlasError:
            _LOG.exception("the list of people cannot be read")
            await _said(scope, _LIST_BROKEN, 503)(scope, receive, send)
            return
        if identity is None and (b"code=" in asked or b"error=" in asked):
            await sign_in_page(scope, note=FAILED, status=403)(scope, receive, send)
            return
        if identity is not None:
            await run_in_threadpool(self._signed_in, identity)
            headers["Location"] = kept_next(cookies_of(scope))
            gone = f"{NEXT_COOKIE}=; Path={CALLBACK}; Max-Age=0; HttpOnly; SameSite=lax"
            headers.append("Set-Cookie", gone)
        for message in start + body:
            await send(message)

    async def _sign_out(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _ELSEWHERE.isdisjoint(headers_of(scope, b"sec-fetch-site")):
            await sign_out_page()(scope, receive, send)
            return
        identity = self._identities.by_cookie(cookies_of(scope))

        async def send_cleared(message: Message) -> None:
            if message["type"] == "http.response.start":
                # On a shared computer nobody finds the tiles of whoever was here before.
                MutableHeaders(scope=message)["Clear-Site-Data"] = '"cache"'
            await send(message)

        if identity is not None:
            await run_in_threadpool(self._signed_out, identity)
        await self.app(scope, receive, send_cleared)

    def _signed_in(self, identity: Identity) -> None:
        """Record a sign-in; nothing leaves by it, so a full disk keeps nobody out."""
        try:
            self._identities.registry.signed_in(identity.claims)
            if identity.person is None:
                self._recorder(identity).refused("sign-in", reason="no role")
            else:
                self._recorder(identity).signed_in()
        except AtlasError:
            _LOG.exception("a sign-in could not be recorded")

    def _signed_out(self, identity: Identity) -> None:
        try:
            self._identities.registry.signed_out(identity.person_id)
            self._recorder(identity).signed_out()
        except AtlasError:
            _LOG.exception("a sign-out could not be recorded")

    def _recorder(self, who: Identity | Person) -> Recorder:
        if isinstance(who, Person):
            return Recorder.of(default_path(), who, Door.WEB)
        if who.person is not None:
            return Recorder.of(default_path(), who.person, Door.WEB)
        return Recorder(journal_of(default_path()), Door.WEB, who.person_id, who.name)

    async def _tell_refusal(self, person: Person, path: str) -> None:
        """Record a refusal once an hour, so that nobody fills the disk by being refused."""
        subject = next((one for one in (UPLOAD, *_SHUT) if path.startswith(one)), "request")
        now, key = time.monotonic(), (person.person_id, subject)
        if now - self._told.get(key, -_TELL_AGAIN_S) < _TELL_AGAIN_S:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[key] = now
        try:
            await run_in_threadpool(self._recorder(person).refused, subject)
        except AtlasError:
            _LOG.exception("a refusal could not be recorded")

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a websocket on while its person stays who he was when it was opened."""
        if headers_of(scope, b"origin") != [self._team.public_url]:
            await _refuse(scope, receive, send, 403, "")
            return
        person = self._now(scope)
        if person is None:
            await _refuse(scope, receive, send, 403, "")
            return
        scope[PERSON] = person
        watch = Watch(lambda: self._now(scope), person, receive, send)
        await self.app(scope, watch.receive, watch.send)

    def _now(self, scope: Scope) -> Person | None:
        """Return who a websocket belongs to now, None if to nobody any more."""
        try:
            identity = self._identities.by_cookie(cookies_of(scope))
        except AtlasError:
            _LOG.exception("the list of people cannot be read")
            return None
        return None if identity is None else identity.person

    def _is_loopback(self, scope: Scope) -> bool:
        client = scope.get("client")
        return client is not None and is_loopback(client[0])

    def _is_proxy(self, scope: Scope) -> bool:
        client = scope.get("client")
        try:
            caller = ip_address(client[0]) if client else None
        except ValueError:
            return False
        return caller is not None and any(caller in network for network in self._proxies)

    def _is_public(self, host: str) -> bool:
        usual = ":443" if self._team.is_https else ":80"
        return host.lower().removesuffix(usual) == self._team.host.removesuffix(usual)

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.accept"}:
                message["headers"] = [
                    (name, self._cookie(value) if name.lower() == b"set-cookie" else value)
                    for name, value in message.get("headers", [])
                ]
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                add_headers(headers)
                headers["X-Frame-Options"] = "SAMEORIGIN"
                headers["Permissions-Policy"] = _PERMISSIONS
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                if self._team.is_https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        return send_with_headers

    def _cookie(self, value: bytes) -> bytes:
        """Return a cookie that ends with the session and, on TLS, never travels without it."""
        if _AUTH_COOKIE.match(value):
            hours = self._team.session_hours * 3600
            value = _MAX_AGE.sub(f"Max-Age={hours}".encode(), value)
        if self._team.is_https and b"; secure" not in value.lower():
            value += b"; Secure"
        return value


def _is_below(path: str, route: str) -> bool:
    return path == route or path.startswith(route + "/")


def _wants_page(scope: Scope) -> bool:
    accepted = ",".join(headers_of(scope, b"accept"))
    return scope["method"] in _SAFE and "text/html" in accepted and is_page(scope["path"])


def _said(scope: Scope, text: Text, status: int) -> Response:
    """Return a refusal: a page for whoever asked for one, else a sentence."""
    if _wants_page(scope):
        return refused_page(text, status)
    headers = {"Cache-Control": "no-store"}
    return PlainTextResponse(f"{text.zh} {text.en}", status_code=status, headers=headers)


def _waiting(scope: Scope) -> Response | None:
    """Return what the page of somebody shows whose line was cut; None for other requests.

    Streamlit asks these two addresses before it connects again, and shows what a 401 says,
    if it is JSON.
    """
    if not scope["path"].endswith(("/_stcore/health", "/_stcore/host-config")):
        return None
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(f"{OVER.zh} {OVER.en}", status_code=401, headers=headers)


def _challenge() -> Response:
    text = (
        "请使用个人令牌登录（用户名任意，密码填令牌），令牌在“我的账户”页生成。"
        " Sign in with a personal token: any user name, the token as the password."
    )
    headers = {"WWW-Authenticate": 'Basic realm="Yangpu Atlas"', "Cache-Control": "no-store"}
    return PlainTextResponse(text, status_code=401, headers=headers)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": CLOSED})
        return
    await PlainTextResponse(text, status_code=status)(scope, receive, send)
