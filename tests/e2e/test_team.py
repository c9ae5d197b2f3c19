"""A team in a real browser: three roles sign in, go where a link led, and sign out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from layers.audit import read
from tests.e2e.conftest import new_context
from tests.e2e.conftest import watched
from tests.e2e.hand import idle
from tests.e2e.hand import sign_in
from tests.team_hand import PEOPLE
from tests.team_hand import running_team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from playwright.sync_api import Page
    from playwright.sync_api import WebSocket

    from tests.team_hand import TeamServer

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    with running_team(tmp_path_factory.mktemp("team") / "workspace") as running:
        yield running


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Return a page on which refusals are not failures: they are what is tested."""
    context = new_context(browser)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", ["viewer", "planner", "steward"])
def test_a_role_signs_in_and_is_named(page: Page, team: TeamServer, name: str) -> None:
    sign_in(page, team, name, "/?lang=zh")
    expect(page.get_by_text(PEOPLE[name][1]).first).to_be_visible()
    told = read(team.workspace)
    assert list(told[told["person_id"] == f"u-{name}"]["action"])[-1] == "sign_in"


def test_a_stranger_meets_nothing_of_the_app(stranger: Page, team: TeamServer) -> None:
    sockets: list[WebSocket] = []
    asked: list[str] = []
    stranger.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108 - it is not taken otherwise
    stranger.on("request", lambda request: asked.append(request.url))
    stranger.goto(f"{team.address}/scatter")
    expect(stranger.get_by_role("link", name="登录")).to_be_visible()
    assert not sockets
    assert [url for url in asked if not url.endswith("favicon.ico")] == [f"{team.address}/scatter"]
    assert stranger.evaluate("document.scripts.length") == 0


def test_a_link_leads_where_it_led_before_the_sign_in(page: Page, team: TeamServer) -> None:
    sign_in(page, team, "planner", "/scatter?lang=English")
    expect(page.get_by_role("link", name="Scatter", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{team.address}/scatter?lang=English")
    names = {cookie["name"]: cookie for cookie in page.context.cookies(team.address)}
    assert "atlas_next" not in names
    assert names["_streamlit_user"]["httpOnly"]
    assert names["_streamlit_user"]["sameSite"] == "Lax"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "/%2F/evil.example",
        "javascript:1",
    ],
)
def test_the_sign_in_leads_to_no_other_site(stranger: Page, team: TeamServer, target: str) -> None:
    stranger.goto(f"{team.address}/sign-in?next={target}")
    stranger.get_by_role("link", name="viewer", exact=True).click()
    idle(stranger)
    assert stranger.url.split("?")[0] == f"{team.address}/"


def test_a_sign_in_that_is_cancelled_is_told(stranger: Page, team: TeamServer) -> None:
    stranger.goto(f"{team.address}/parks")
    stranger.get_by_role("link", name="登录").click()
    stranger.get_by_role("link", name="cancel").click()
    expect(stranger.get_by_text("登录未完成")).to_be_visible()
    stranger.get_by_role("link", name="登录").click()
    stranger.get_by_role("link", name="viewer", exact=True).click()
    idle(stranger)


def test_whoever_has_no_role_is_told_what_to_do(stranger: Page, team: TeamServer) -> None:
    stranger.goto(f"{team.address}/")
    stranger.get_by_role("link", name="登录").click()
    stranger.get_by_role("link", name="nobody", exact=True).click()
    expect(stranger.get_by_text("u-nobody")).to_be_visible()
    stranger.get_by_role("link", name="退出登录").click()
    expect(stranger.get_by_role("link", name="登录", exact=False)).to_be_visible()
    assert "u-nobody" not in stranger.content()


def test_whoever_signs_out_is_out(stranger: Page, team: TeamServer) -> None:
    sign_in(stranger, team, "admin", "/?lang=zh")
    before = len(team.provider.signed_out)
    stranger.goto(f"{team.address}/auth/logout")
    expect(stranger.get_by_role("link", name="登录")).to_be_visible()
    assert len(team.provider.signed_out) == before + 1
    stranger.goto(f"{team.address}/scatter")
    expect(stranger.get_by_role("link", name="登录")).to_be_visible()
    assert not [c for c in stranger.context.cookies() if c["name"].startswith("_streamlit_user")]


def test_another_site_cannot_sign_anybody_out(stranger: Page, team: TeamServer) -> None:
    sign_in(stranger, team, "planner", "/?lang=zh")
    before = len(team.provider.signed_out)
    # The page of another site: the same computer under its other name.
    elsewhere = team.provider.address.replace("127.0.0.1", "localhost")
    stranger.route(
        f"{elsewhere}/lure",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<a href="{team.address}/auth/logout">free holiday</a>',
        ),
    )
    stranger.goto(f"{elsewhere}/lure")
    stranger.get_by_role("link", name="free holiday").click()
    expect(stranger.get_by_role("heading", name="退出登录？")).to_be_visible()
    assert len(team.provider.signed_out) == before
    stranger.goto(f"{team.address}/?lang=zh")
    idle(stranger)
    expect(stranger.get_by_text(PEOPLE["planner"][1]).first).to_be_visible()
    stranger.goto(f"{elsewhere}/lure")
    stranger.get_by_role("link", name="free holiday").click()
    stranger.get_by_role("link", name="退出登录").click()
    expect(stranger.get_by_role("link", name="登录")).to_be_visible()
    assert len(team.provider.signed_out) == before + 1


def test_the_button_of_the_account_signs_out(stranger: Page, team: TeamServer) -> None:
    sign_in(stranger, team, "planner", "/account?lang=zh")
    stranger.get_by_role("button", name="退出登录").click()
    expect(stranger.get_by_role("link", name="登录")).to_be_visible()
    assert not [c for c in stranger.context.cookies() if c["name"].startswith("_streamlit_user")]


def test_a_role_that_changes_holds_from_the_next_click(browser: Browser, team: TeamServer) -> None:
    with watched(browser) as page:
        sign_in(page, team, "planner2", "/?lang=zh")
        expect(page.get_by_role("link", name="导入", exact=True)).to_be_visible()
        team.set_role("planner2", "viewer")
        try:
            page.get_by_role("link", name="分散", exact=True).click()
            expect(page.get_by_role("link", name="导入", exact=True)).to_have_count(0)
        finally:
            team.set_role("planner2", "planner")


def test_a_role_that_is_taken_away_ends_the_page(stranger: Page, team: TeamServer) -> None:
    opened: list[str] = []
    sign_in(stranger, team, "planner2", "/?lang=zh")
    team.set_role("planner2", None)
    try:
        stranger.on("websocket", lambda socket: opened.append(socket.url))
        stranger.get_by_role("link", name="分散", exact=True).click()
        told = stranger.get_by_text("登录已失效，请刷新本页")
        expect(told).to_contain_text("reload this page")
        # The browser cuts what is wider than its box.
        assert told.evaluate(
            "one => { while (one.scrollWidth <= one.clientWidth && one.role !== 'dialog'"
            " && one.parentElement) one = one.parentElement;"
            " return one.role === 'dialog' || !one.parentElement; }"
        )
        assert not opened
        stranger.reload()
        expect(stranger.get_by_text("u-planner2")).to_be_visible()
    finally:
        team.set_role("planner2", "planner")
