"""The pages that somebody sees who is not in: to sign in, without a role, and out of order.

They stand on their own: no script, no file, no websocket, so that a stranger meets
nothing of the app behind them.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from urllib.parse import quote

from starlette.responses import HTMLResponse
from starlette.responses import RedirectResponse

from layers.errors import Text

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

SIGN_IN = "/sign-in"
SIGN_OUT = "/auth/logout"
NEXT_COOKIE = "atlas_next"
_CALLBACK = "/oauth2callback"
_NEXT_FOR_S = 900
_LONGEST_NEXT = 2000
# A page of the app and its state, never another host: the path is one part of letters.
_PAGE = re.compile(r"/[A-Za-z0-9_-]*")
_NEXT = re.compile(r"/[A-Za-z0-9_-]*(\?[A-Za-z0-9_.~!$&'()*+,;=:@/?%-]*)?")

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
_STYLE = (
    "body{margin:0;background:#f3f6f8;color:#1f2d3a;font:16px/1.6 'Source Sans 3','PingFang SC',"
    "'Microsoft YaHei','Noto Sans CJK SC',sans-serif}"
    "main{max-width:30rem;margin:12vh auto 0;padding:2rem;background:#fff;"
    "border:1px solid #d5dde4;border-radius:6px}"
    "h1{font-size:1.3rem;margin:0 0 1rem}p{margin:.6rem 0}"
    "a.go{display:inline-block;margin:1rem 0 .4rem;padding:.6rem 1.6rem;border-radius:4px;"
    "background:#0b5c8a;color:#fff;text-decoration:none}"
    "a.go:focus{outline:3px solid #7db8d8}[lang=en]{color:#4a5a68;font-size:.9rem}"
    "code{user-select:all;overflow-wrap:anywhere;background:#f3f6f8;padding:.1rem .4rem}"
    ".note{border-left:4px solid #b3541e;padding-left:.8rem}"
)

OVER = Text("登录已失效，请刷新本页。", "Signed out: reload this page.")
"""Short, because the browser shows it in a narrow box that cuts what is longer."""
FAILED = Text(
    "登录未完成：已取消，或身份提供方未确认。请重试。",
    "The sign-in was not completed: it was cancelled or not confirmed. Please try again.",
)


def is_page(path: str) -> bool:
    """Tell whether a path may be that of a page of the app."""
    return _PAGE.fullmatch(path) is not None


def wanted_page(scope: Scope) -> str:
    """Return path and state of the page that a request asks for."""
    query = scope.get("query_string", b"").decode("latin-1")
    return safe_next(scope["path"] + (f"?{query}" if query else ""))


def safe_next(text: str) -> str:
    """Return an address to go on to after the sign-in, ``/`` for one that is none of ours."""
    good = len(text) <= _LONGEST_NEXT and _NEXT.fullmatch(text) is not None
    return text if good and not text.startswith((SIGN_IN, _CALLBACK)) else "/"


def sign_in_page(scope: Scope, *, note: Text | None = None, status: int = 200) -> Response:
    """Return the page with the button that leads to the provider."""
    after = "/" if scope["path"] == _CALLBACK else wanted_page(scope)
    target = f"{SIGN_IN}?next={quote(after, safe='')}"
    told = "" if note is None else f'<div class="note">{_both(note)}</div>'
    text = Text("请使用单位账号登录。", "Please sign in with your account at work.")
    button = f'<a class="go" href="{html.escape(target)}">登录 · Sign in</a>'
    return _page(Text("登录", "Sign in"), told + _both(text) + button, status)


def no_role_page(person_id: str, name: str) -> Response:
    """Return the page for somebody who signed in and has no role."""
    text = Text(
        "您已登录，但尚未获得角色，不能查看本图谱。请把下面的编号交给管理员。",
        "You have signed in, but you have no role here yet. Give this id to the administrator.",
    )
    who = f"<p>{html.escape(name)}<br><code>{html.escape(person_id)}</code></p>"
    out = f'<a class="go" href="{SIGN_OUT}">退出登录 · Sign out</a>'
    return _page(Text("没有角色", "No role"), _both(text) + who + out, 403)


def sign_out_page() -> Response:
    """Return the page that asks whoever was led to the sign-out by another site."""
    text = Text(
        "另一个网站的链接要您退出登录。如果不是您的意思，请返回首页。",
        "A link on another site asks to sign you out. If you do not want that, go back.",
    )
    out = f'<a class="go" href="{SIGN_OUT}">退出登录 · Sign out</a>'
    back = '<p><a href="/">返回首页 · Back</a></p>'
    return _page(Text("退出登录？", "Sign out?"), _both(text) + out + back, 200)


def refused_page(text: Text, status: int) -> Response:
    """Return a page that says why something is not shown."""
    back = '<a class="go" href="/">返回首页 · Back</a>'
    return _page(Text("无法显示", "Not shown"), _both(text) + back, status)


def to_provider(scope: Scope) -> Response:
    """Return the answer that leads to ``st.login``'s own route, and keeps where to go on to."""
    from streamlit.auth_util import encode_provider_token

    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("next", ["/"])[0]
    # The query came in unpacked form: what is not plain is packed again.
    after = safe_next(quote(asked, safe="/?=&%+,;:@!$'()*~.-_"))
    token = encode_provider_token("default")
    answer = RedirectResponse(f"/auth/login?provider={token}", status_code=303)
    packed = base64.urlsafe_b64encode(after.encode()).decode()
    answer.set_cookie(
        NEXT_COOKIE, packed, max_age=_NEXT_FOR_S, path=_CALLBACK, httponly=True, samesite="lax"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def kept_next(cookies: dict[str, str]) -> str:
    """Return where to go on to after the sign-in."""
    try:
        text = base64.urlsafe_b64decode(cookies.get(NEXT_COOKIE, "").encode()).decode("ascii")
    except (binascii.Error, ValueError):
        return "/"
    return safe_next(text)


def _both(text: Text) -> str:
    return f'<p>{html.escape(text.zh)}</p><p lang="en">{html.escape(text.en)}</p>'


def _page(title: Text, body: str, status: int) -> Response:
    head = f"{html.escape(title.zh)} · {html.escape(title.en)}"
    content = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{head}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{head}</h1>{body}</main></body></html>"
    )
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": PAGE_POLICY}
    return HTMLResponse(content, status_code=status, headers=headers)
