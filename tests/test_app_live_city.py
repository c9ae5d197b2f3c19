"""The live layers of a city: a service for every district, and a list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import live_hand as hand
from tests.city_hand import AWAY
from tests.city_hand import AWAY_NAME
from tests.city_hand import HOME
from tests.city_hand import make_city

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def _city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    path = make_city(tmp_path_factory.mktemp("city") / "city").path
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_WORKSPACE", str(path))
        patch.delenv("ATLAS_TEAM", raising=False)
        yield


def test_the_landing_page_of_a_city_leads_to_its_districts() -> None:
    told = hand.ask("/ogc").json()
    children = {one["title"]: one["href"] for one in told["links"] if one["rel"] == "child"}
    assert children[AWAY_NAME] == f"{hand.HOST}/ogc/{AWAY}"
    landing = hand.ask(children[AWAY_NAME]).json()
    assert AWAY_NAME in landing["title"]
    assert hand.link(landing, "data") == f"{hand.HOST}/ogc/{AWAY}/collections"
    assert hand.ask(f"{children[AWAY_NAME]}/").status_code == 200


def test_each_district_answers_with_its_own_rows() -> None:
    home, away = (
        set(hand.ids(hand.ask(f"/ogc/{code}/collections/carriers/items?limit=10000")))
        for code in (HOME, AWAY)
    )
    assert home
    assert away
    assert home != away
    page = hand.ask(f"/ogc/{AWAY}/collections/carriers/items?limit=1").json()
    following = hand.link(page, "next")
    assert following is not None
    assert following.startswith(f"{hand.HOST}/ogc/{AWAY}/collections/carriers/items?")
    assert hand.ids(hand.ask(following))[0] in away


@pytest.mark.parametrize(
    "path",
    [
        "/ogc/collections",
        "/ogc/collections/parks/items",
        "/ogc/conformance",
        "/ogc/000000/collections",
        "/ogc/..%2F..%2Fetc/collections",
        f"/ogc/{HOME}/{AWAY}/collections",
    ],
)
def test_what_belongs_to_no_district_is_not_there(path: str) -> None:
    answer = hand.ask(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "NotFound"


def test_the_copies_of_neighbours_do_not_reach_a_viewer_unrounded() -> None:
    features = hand.ask(
        f"/ogc/{AWAY}/collections/carriers/items?limit=10000", person=hand.VIEWER
    ).json()["features"]
    placed = [f["geometry"]["coordinates"] for f in features if f["geometry"]]
    assert placed
    assert all(round(value, 4) == value for xy in placed for value in xy)
    assert hand.ask(f"/ogc/{AWAY}/collections/units", person=hand.VIEWER).status_code == 403
