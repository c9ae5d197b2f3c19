"""A planner without a browser: what the browser says to the server, and what it hears.

Speaks Streamlit's protocol over its web socket, one question at a time: a page is asked
for or a widget is changed, and the answer is whole when the script has finished. Files go
up and come down over HTTP as they do from the browser.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    import httpx
    from streamlit.proto.Common_pb2 import FileURLs
    from websockets.asyncio.client import ClientConnection

XSRF = "_streamlit_xsrf"
PATIENCE_S = 300.0
_ENDS = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
_KEY = re.compile(r"^\$\$(?:ID|WIDGET_ID|GENERATED_WIDGET_ID)-[0-9a-f]+-(?P<key>.*)$", re.DOTALL)
_TRIGGERS = {"button", "download_button"}


class PageError(Exception):
    """The page showed an error that is none of the planner's, or did not come."""


@dataclass
class Widget:
    """A widget of the page as the server described it."""

    kind: str
    proto: Any

    @property
    def identifier(self) -> str:
        """Its id on the page."""
        return str(self.proto.id)

    @property
    def key(self) -> str:
        """The name that the program gave it, ``None`` if it gave none."""
        found = _KEY.match(self.identifier)
        return found["key"] if found else ""


@dataclass
class Seen:
    """What a page has shown."""

    widgets: dict[str, Widget] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, element: Any) -> None:  # noqa: ANN401 - the messages have no common type
        """Take an element of the page in."""
        kind = element.WhichOneof("type")
        if kind is None:
            return
        proto = getattr(element, kind)
        if kind == "exception":
            self.errors.append(f"{proto.type}: {proto.message}")
        if hasattr(proto, "id") and proto.id:
            self.widgets[proto.id] = Widget(kind, proto)
        for name in ("body", "json_args", "label"):
            value = getattr(proto, name, "")
            if isinstance(value, str) and value:
                self.texts.append(value)

    def by_key(self, key: str) -> Widget | None:
        """Return a widget by the name that the program gave it."""
        return next((one for one in self.widgets.values() if one.key == key), None)

    def by_start(self, start: str) -> Widget | None:
        """Return a widget by the beginning of its name."""
        return next((one for one in self.widgets.values() if one.key.startswith(start)), None)

    def by_label(self, label: str) -> Widget | None:
        """Return a widget that can be used by what stands on it."""
        for one in self.widgets.values():
            usable = not getattr(one.proto, "disabled", False)
            if usable and getattr(one.proto, "label", "") == label:
                return one
        return None

    def find(self, pattern: str) -> Iterator[re.Match[str]]:
        """Return what of the texts looks like a pattern."""
        for text in self.texts:
            yield from re.finditer(pattern, text)


class Planner:
    """One open page of the app.

    Parameters
    ----------
    web
        A client of the server that is signed in, if the server wants that.
    address
        Of the server, without a slash at its end.
    """

    def __init__(self, web: httpx.AsyncClient, address: str) -> None:
        self.web = web
        self.address = address
        self.page = ""
        self.seen = Seen()
        self._socket: ClientConnection | None = None
        self._values: dict[str, WidgetState] = {}
        self._session = ""
        self._query = ""

    async def open(self) -> None:
        """Load the frame of the page and open its socket."""
        (await self.web.get(f"{self.address}/", headers={"Accept": "text/html"})).raise_for_status()
        # The cookie against forged requests comes with this.
        (await self.web.get(f"{self.address}/_stcore/host-config")).raise_for_status()
        (await self.web.get(f"{self.address}/_stcore/health")).raise_for_status()
        cookies = {cookie.name: cookie.value or "" for cookie in self.web.cookies.jar}
        self._socket = await connect(
            self.address.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit", cookies.get(XSRF, "none")],  # type: ignore[list-item]
            additional_headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())},
            origin=self.address,  # type: ignore[arg-type]
            max_size=None,
            proxy=None,
        )

    async def close(self) -> None:
        """Close the page."""
        if self._socket is not None:
            await self._socket.close()

    async def go(self, page: str, query: str = "") -> Seen:
        """Open a page by its address."""
        self.page, self._query, self._values = page, query, {}
        return await self._run({})

    async def set(self, widget: Widget, value: Any) -> Seen:  # noqa: ANN401 - as the widget has it
        """Change a widget, or press it."""
        state = WidgetState(id=widget.identifier)
        if widget.kind in _TRIGGERS:
            state.trigger_value = True
            return await self._run({widget.identifier: state})
        _fill(state, value)
        self._values[widget.identifier] = state
        return await self._run({})

    async def upload(self, widget: Widget, name: str, content: bytes) -> Seen:
        """Give a file to a widget that takes one."""
        urls = await self._urls(name)
        answer = await self.web.put(
            self.address + urls.upload_url,
            files={"file": (name, content, "application/octet-stream")},
            headers={"X-Xsrftoken": self.web.cookies.get(XSRF) or ""},
        )
        answer.raise_for_status()
        state = WidgetState(id=widget.identifier)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(content), urls.file_id
        info.file_urls.CopyFrom(urls)
        self._values[widget.identifier] = state
        return await self._run({})

    async def _urls(self, name: str) -> FileURLs:
        wish = BackMsg()
        wish.file_urls_request.request_id = uuid.uuid4().hex
        wish.file_urls_request.file_names.append(name)
        wish.file_urls_request.session_id = self._session
        await self._send(wish)
        while True:
            message = await self._hear()
            if message.WhichOneof("type") == "file_urls_response":
                if message.file_urls_response.error_msg:
                    raise PageError(message.file_urls_response.error_msg)
                found: FileURLs = message.file_urls_response.file_urls[0]
                return found

    async def _run(self, pressed: Mapping[str, WidgetState]) -> Seen:
        wish = BackMsg()
        rerun = wish.rerun_script
        rerun.page_name, rerun.query_string = self.page, self._query
        rerun.context_info.url = f"{self.address}/{self.page}"
        rerun.context_info.locale = "zh-CN"
        rerun.widget_states.widgets.extend([*self._values.values(), *pressed.values()])
        await self._send(wish)
        self.seen = await self._answer()
        gone = self._values.keys() - self.seen.widgets.keys()
        for identifier in gone:
            del self._values[identifier]
        return self.seen

    async def _answer(self) -> Seen:
        seen = Seen()
        while True:
            message = await self._hear()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                seen = Seen()
                self._session = message.new_session.initialize.session_id
            elif kind == "delta" and message.delta.HasField("new_element"):
                seen.add(message.delta.new_element)
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "page_not_found":
                raise PageError(self.page)
            elif kind == "script_finished" and message.script_finished in _ENDS:
                if seen.errors:
                    raise PageError("; ".join(seen.errors))
                return seen
            elif kind == "script_finished" and (
                message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR
            ):
                raise PageError(self.page)

    async def _send(self, message: BackMsg) -> None:
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _hear(self) -> ForwardMsg:
        assert self._socket is not None
        async with asyncio.timeout(PATIENCE_S):
            data = await self._socket.recv()
        assert isinstance(data, bytes)
        message = ForwardMsg()
        message.ParseFromString(data)
        return message


def _fill(state: WidgetState, value: Any) -> None:  # noqa: ANN401 - as the widget has it
    if isinstance(value, bool):
        state.bool_value = value
    elif isinstance(value, str):
        state.string_value = value
    elif isinstance(value, list) and all(isinstance(one, float) for one in value) and value:
        state.double_array_value.data.extend(value)
    elif isinstance(value, list):
        state.string_array_value.data.extend(value)
    else:
        state.double_value = value
