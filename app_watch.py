"""A websocket of the team server is watched while it is open: it may be so for hours."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message
    from starlette.types import Receive
    from starlette.types import Send

    from layers.team.people import Person

CLOSED = 1008
"""The code with which a websocket is refused or ended: its person may not be here."""


class Watch:
    """Watches a websocket: it ends when its person may not be here any more.

    If he is here with another role, his next click runs the whole page anew: pieces of a
    page that run alone hold what was read for the role before.

    Parameters
    ----------
    look
        Tells who the websocket belongs to now, None if to nobody any more.
    person
        Who it belonged to when it was opened.
    receive, send
        The websocket.
    """

    _LOOK_AGAIN_S = 2.0

    def __init__(
        self,
        look: Callable[[], Person | None],
        person: Person,
        receive: Receive,
        send: Send,
    ) -> None:
        self._look, self._person = look, person
        self._receive, self._send = receive, send
        self._looked = time.monotonic()
        self._ended = False
        self._is_stale = False

    async def receive(self) -> Message:
        """Return what the browser says, as long as it may say something."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        if not await self._is_good():
            return {"type": "websocket.disconnect", "code": CLOSED}
        return self._as_whole_run(message) if self._is_stale else message

    async def send(self, message: Message) -> None:
        """Send what the app says, but look again now and then, also while nobody asks."""
        due = time.monotonic() - self._looked >= self._LOOK_AGAIN_S
        if due and message["type"] == "websocket.send":
            await self._is_good()
        if not self._ended:
            self._ended = message["type"] == "websocket.close"
            await self._send(message)

    async def _is_good(self) -> bool:
        if self._ended:
            return False
        self._looked = time.monotonic()
        now = self._look()
        if now is None:
            self._ended = True
            await self._send({"type": "websocket.close", "code": CLOSED})
            return False
        self._is_stale = self._is_stale or now != self._person
        self._person = now
        return True

    def _as_whole_run(self, message: Message) -> Message:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        wish = BackMsg()
        try:
            wish.ParseFromString(message.get("bytes") or b"")
        except ValueError:  # DecodeError: Streamlit itself refuses it
            return message
        if wish.WhichOneof("type") != "rerun_script":
            return message
        wish.rerun_script.fragment_id = ""
        self._is_stale = False
        return {"type": "websocket.receive", "bytes": wish.SerializeToString()}
