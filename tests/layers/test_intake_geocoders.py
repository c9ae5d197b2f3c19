from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from geo.gcj import wgs84_to_gcj02
from layers.catalogue import load_catalogue
from layers.intake.naming.addresses import REVIEW_COLUMNS
from layers.intake.naming.geocoders import ENVIRONMENT
from layers.intake.naming.geocoders import find_geocoder
from layers.intake.naming.geocoders import review_geocoded
from layers.intake.source import Request

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOGUE = load_catalogue()
LON, LAT = 121.505612, 31.299034
X, Y = (float(v) for v in wgs84_to_gcj02(LON, LAT))
ROWS = pd.DataFrame(
    {"name": ["甲", "乙", "丙", "丁"], "address": ["国定路1号", "国定路2号", "国定路1号", None]}
)


class Plug:
    """A geocoder that answers from a table and remembers what it was asked."""

    def __init__(self, answers: Any, system: str = "GCJ02") -> None:
        self.answers = answers
        self.system = system
        self.asked: list[str] = []

    def __call__(self, addresses: Any) -> Any:
        self.asked += addresses
        if isinstance(self.answers, Exception):
            raise self.answers
        if isinstance(self.answers, dict):
            return [self.answers.get(address) for address in addresses]
        return self.answers


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    def put(geocoder: Any) -> None:
        module = ModuleType("my_geocoder")
        module.ask = geocoder  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "my_geocoder", module)
        monkeypatch.setenv(ENVIRONMENT, "my_geocoder:ask")

    return put


def _review() -> tuple[pd.DataFrame, Any]:
    review, issues = review_geocoded(
        ROWS,
        None,
        CATALOGUE.layer("carriers"),
        {},
        Request(Path("a.csv"), "carriers"),
        pd.Series([1, 2, 3, 4]),
    )
    assert list(review.columns) == list(REVIEW_COLUMNS)
    (issue,) = issues
    return review, issue


def test_answers_enter_the_review_list_in_the_right_place(plug: Callable[[Any], None]) -> None:
    geocoder = Plug({"国定路1号": (X, Y, 80, "国定路1号门")})
    plug(geocoder)
    review, issue = _review()
    assert geocoder.asked == ["国定路1号", "国定路2号"]
    assert list(review["row"]) == [1, 3]
    first = review.loc[0]
    assert (first["lon"], first["lat"]) == pytest.approx((LON, LAT), abs=1e-8)
    assert first["candidate_id"] == "121.5056120,31.2990340"
    assert (first["candidate_layer"], first["how"], first["score"]) == ("geocoder", "geocoder", 80)
    assert first["candidate_name"] == "国定路1号门"
    assert issue.code == "geocoder_asked"
    assert "2 个地址" in issue.message.zh
    assert "1 个有结果" in issue.message.zh


@pytest.mark.parametrize(
    ("answers", "system", "problem"),
    [
        (RuntimeError("超过配额 {row}"), "GCJ02", "超过配额 {row}"),
        ([], "GCJ02", "0 answers to 2"),
        (7, "GCJ02", "TypeError"),
        ([("x", 1, 1, ""), None], "GCJ02", "ValueError"),
        ([(1, 2), None], "GCJ02", "ValueError"),
        ({}, "no such", "unknown system"),
    ],
)
def test_what_goes_wrong_in_a_plug_is_told(
    plug: Callable[[Any], None], answers: Any, system: str, problem: str
) -> None:
    plug(Plug(answers, system))
    review, issue = _review()
    assert review.empty
    assert (issue.code, issue.severity) == ("geocoder_failed", "warning")
    assert problem in issue.message.en


@pytest.mark.parametrize(
    "place", [(float("nan"), LAT), (LON, float("inf")), (LON, 95.0), (1e308, 1e308)]
)
@pytest.mark.parametrize("system", ["GCJ02", "WGS84", "EPSG:4549"])
def test_an_answer_that_is_no_place_is_none(
    plug: Callable[[Any], None], place: tuple[float, float], system: str
) -> None:
    plug(Plug({"国定路1号": (*place, 50, "")}, system))
    review, issue = _review()
    if system != "EPSG:4549":
        assert review.empty
        assert "0 个有结果" in issue.message.zh
    assert issue.code == "geocoder_asked"


@pytest.mark.parametrize(("score", "shown"), [(float("nan"), 0), (-3, 0), (1000, 100), ("88", 88)])
def test_scores_are_kept_within_bounds(
    plug: Callable[[Any], None], score: Any, shown: float
) -> None:
    plug(Plug({"国定路1号": (X, Y, score, None)}))
    review, _ = _review()
    assert review.loc[0, "score"] == shown


def test_off_unless_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert find_geocoder() is None
    review, issue = _review()
    assert review.empty
    assert issue.code == "geocoder_failed"


@pytest.mark.parametrize("name", ["no_such_module_here:ask", "my_geocoder", ":ask", "os:no_such"])
def test_a_name_that_is_no_plug_is_told(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(ENVIRONMENT, name)
    _, issue = _review()
    assert issue.code == "geocoder_failed"


def test_nobody_is_asked_when_every_row_has_a_place(plug: Callable[[Any], None]) -> None:
    import numpy as np
    import shapely

    geocoder = Plug({})
    plug(geocoder)
    review, issues = review_geocoded(
        ROWS,
        np.array([shapely.Point(LON, LAT)] * 4, dtype=object),
        CATALOGUE.layer("carriers"),
        {},
        Request(Path("a.csv"), "carriers"),
        pd.Series([1, 2, 3, 4]),
    )
    assert review.empty
    assert issues == ()
    assert geocoder.asked == []
