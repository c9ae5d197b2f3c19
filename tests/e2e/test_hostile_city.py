"""Hostile names of districts: on the page of the city and on those of a district."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import city_hand
from tests.e2e.conftest import running
from tests.e2e.hand import open_app
from tests.e2e.hostile_page import check
from tests.e2e.hostile_page import open_everything
from tests.hostile_hand import MIXED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(city_hand, "AWAY_NAME", MIXED)
        made = city_hand.make_city(tmp_path_factory.mktemp("poisoned-city") / "city")
    assert MIXED in {district.title.zh for district in made.districts}
    with running(made.path) as address:
        yield address


@pytest.mark.parametrize("address", ["?lang=zh", f"map?district={city_hand.AWAY}&lang=zh"])
def test_nothing_runs_and_nothing_breaks(poisoned: str, page: Page, address: str) -> None:
    open_app(page, poisoned, address)
    check(page)
    open_everything(page)
