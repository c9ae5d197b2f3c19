"""Hostile text on a team server: names of people besides all the rest, by role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.hand import idle
from tests.e2e.hand import sign_in
from tests.e2e.hostile_page import check
from tests.e2e.hostile_page import open_everything
from tests.hostile_hand import MIXED
from tests.hostile_hand import make_poisoned
from tests.team_hand import running_team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.team_hand import TeamServer

pytestmark = pytest.mark.e2e
FEW = 300
PAGES = {
    "viewer": ("", "parks", "scatter", "compare", "export", "data", "account"),
    "admin": ("audit", "account", "edit"),
}
"""Pages that are others for a role than for somebody who works alone."""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    path = tmp_path_factory.mktemp("poisoned-team") / "workspace"
    make_poisoned(path, FEW)
    with running_team(path) as server:
        for claims in server.provider.claims.values():
            claims["name"] = MIXED
        yield server


@pytest.mark.parametrize("role", PAGES)
def test_nothing_runs_and_nothing_breaks(team: TeamServer, page: Page, role: str) -> None:
    sign_in(page, team, role)
    expect(page.get_by_text("<img src=x").first).to_be_visible()
    for address in PAGES[role]:
        page.goto(f"{team.address}/{address}?lang=zh")
        idle(page)
        check(page)
        open_everything(page)
