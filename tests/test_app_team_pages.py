"""Every page of a real team server, opened by its address through the websocket by every role.

What a planner was shown, the address of a file or of tiles, is then asked for by others.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

import httpx
import pytest

from bench.planner import Planner
from tests.team_hand import running_team

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import Callable
    from collections.abc import Iterator

    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    from tests.team_hand import TeamServer

ROLES = ("viewer", "planner", "steward", "admin")
ALL = frozenset(ROLES)
INSIDERS = ALL - {"viewer"}
# A page of the app by its address, and who sees it; one that is not here fails the test.
PAGES = {
    "home": ALL,
    "map": ALL,
    "parks": ALL,
    "scatter": ALL,
    "consolidate": INSIDERS,
    "space": INSIDERS,
    "linkage": ALL,
    "evaluate": INSIDERS,
    "plan": ALL,
    "calendar": ALL,
    "edit": INSIDERS,
    "compare": ALL,
    "export": ALL,
    "data": ALL,
    "import": INSIDERS,
    "audit": frozenset({"admin"}),
    "account": ALL,
}
REFUSED = "不能打开本页"
_EXPORT = r"/exports/[\w-]+/[^\"'&<> ]+"


class Reader(Planner):
    """A page that also hears of the navigation."""

    def __init__(self, web: httpx.AsyncClient, address: str) -> None:
        super().__init__(web, address)
        self.pages: set[str] = set()

    async def _hear(self) -> ForwardMsg:
        message = await super()._hear()
        if message.WhichOneof("type") == "navigation":
            self.pages = {one.url_pathname for one in message.navigation.app_pages}
        return message


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    with running_team(tmp_path_factory.mktemp("team") / "workspace") as running:
        yield running


def as_somebody(team: TeamServer, name: str, do: Callable[[Reader], Awaitable[Any]]) -> Any:
    """Sign somebody in, open the app, do something with it and close it."""

    async def work() -> Any:
        with closing(team.signed_in(name)) as client:
            jar = httpx.Cookies(client.cookies)
        headers = {"Origin": team.address}
        async with httpx.AsyncClient(
            cookies=jar, headers=headers, trust_env=False, timeout=120
        ) as web:
            reader = Reader(web, team.address)
            await reader.open()
            try:
                return await do(reader)
            finally:
                await reader.close()

    with ThreadPoolExecutor(1) as pool:  # the browser tests leave a loop in this thread
        return pool.submit(asyncio.run, work()).result()


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_for_its_roles_and_is_refused_to_others(
    team: TeamServer, role: str
) -> None:
    async def walk(reader: Reader) -> dict[str, bool]:
        found = {}
        for page in PAGES:
            seen = await reader.go(page if page != "home" else "", "lang=zh")
            found[page] = not any(REFUSED in text for text in seen.texts)
            assert seen.texts
        assert reader.pages - {""} == set(PAGES) - {"home"} or reader.pages == set(PAGES)
        return found

    found = as_somebody(team, role, walk)
    assert found == {page: role in who for page, who in PAGES.items()}


def test_a_file_goes_to_whoever_had_it_made(team: TeamServer) -> None:
    async def make(reader: Reader) -> str:
        seen = await reader.go("export", "lang=zh")
        button = seen.by_key("export_build")
        assert button is not None
        seen = await reader.set(button, value=True)
        address = next(found.group() for found in seen.find(_EXPORT))
        own = await reader.web.get(team.address + address)
        assert own.status_code == 200
        assert own.content
        return address

    def fetch(address: str) -> Callable[[Reader], Awaitable[int]]:
        async def get(reader: Reader) -> int:
            return (await reader.web.get(team.address + address)).status_code

        return get

    address = as_somebody(team, "planner", make)
    for name in ("viewer", "planner2", "admin"):
        assert as_somebody(team, name, fetch(address)) == 403
    assert httpx.get(team.address + address, trust_env=False).status_code == 401
    address = as_somebody(team, "viewer", make)
    assert as_somebody(team, "planner", fetch(address)) == 403


def test_a_planner_uploads_a_file_and_a_viewer_cannot(team: TeamServer) -> None:
    content = "载体编号,载体名称\nX-1,楼\n".encode()

    async def upload(reader: Reader) -> str:
        seen = await reader.go("import", "lang=zh")
        asked = next(one for one in seen.widgets.values() if one.kind == "file_uploader")
        before = list(seen.texts)
        seen = await reader.upload(asked, "台账.csv", content)  # fails if it is refused
        assert seen.texts != before
        return reader._session

    async def push(reader: Reader) -> int:
        """Send a file into the session of somebody else, as a form would."""
        answer = await reader.web.put(
            f"{team.address}/_stcore/upload_file/{session}/x",
            files={"file": ("台账.csv", content)},
            headers={"X-Xsrftoken": reader.web.cookies.get("_streamlit_xsrf") or ""},
        )
        return answer.status_code

    session = as_somebody(team, "planner", upload)
    assert session
    assert as_somebody(team, "viewer", push) == 403
