"""The page 低效空间: one carrier's card, and what is shown where little is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import cast

import pandas as pd
import pytest
import streamlit as st

from geo.underuse import STATES
from tests.views.underused_hand import run_page
from tests.views.underused_hand import tables_of
from tests.views.underused_hand import text_of
from tests.views.underused_hand import workspace_of
from views.underused import detail
from views.underused import words

if TYPE_CHECKING:
    from pathlib import Path


def test_the_history_tells_every_version_that_changed_the_carrier(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def emptier(carriers: pd.DataFrame) -> pd.DataFrame:
        own = carriers["carrier_id"].eq("B04")
        area = carriers.loc[own, "leased_area_m2"].iloc[0]
        carriers.loc[own, "leased_area_m2"] = 0
        carriers.loc[own, "vacant_area_m2"] += area
        return carriers

    path = workspace_of(tmp_path / "w", emptier)
    at = run_page(monkeypatch, path, carrier="B04")
    at.session_state["underused_history:B04"] = True
    at.run()
    assert not at.exception
    past = next(d.value for d in at.dataframe if "Message" in d.value)
    assert list(past["Version"]) == [1, 0]
    assert past["Author"].iloc[0] == "planner"
    carriers = tables_of(path)["carriers"].set_index("carrier_id").loc["B04"]
    offered = carriers["rentable_area_m2"] - carriers["locked_area_m2"]
    assert past["Vacancy (%)"].iloc[0] == f"{100 * carriers['vacant_area_m2'] / offered:,.1f}"
    assert past["Vacancy (%)"].iloc[0] != past["Vacancy (%)"].iloc[1]


@pytest.mark.parametrize(
    ("entry", "is_link"),
    [
        ("https://example.cn/a.jpg", True),
        ("http://10.0.0.8/photos/3?x=1&y=2", True),
        ("HTTPS://example.cn/B.PDF", True),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("//example.cn/a.jpg", False),
        ("https:///a.jpg", False),
        ("https://exa mple.cn", False),
        ("http://[::1", False),
        ("照片/3.jpg", False),
        ('https://example.cn/"><img/src=x>', True),
    ],
)
def test_only_web_addresses_become_links_and_nothing_breaks_out_of_them(
    entry: str, is_link: bool
) -> None:
    html = detail.link(entry)
    assert html.startswith("<a ") is is_link
    if is_link:
        assert 'rel="noopener noreferrer"' in html
        assert 'target="_blank"' in html
    assert "<img" not in html
    assert "<script" not in html


def test_photos_and_files_are_listed_as_links_and_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def linked(carriers: pd.DataFrame) -> pd.DataFrame:
        own = carriers["carrier_id"].eq("B04")
        carriers.loc[own, "links"] = "https://example.cn/a.jpg; javascript:alert(1) ;"
        return carriers

    at = run_page(monkeypatch, workspace_of(tmp_path / "w", linked), carrier="B04")
    text = text_of(at)
    assert text.count('href="https://example.cn/a.jpg"') == 1
    assert "<li>javascript:alert(1)</li>" in text


def test_nothing_to_judge_is_told(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    at = run_page(monkeypatch, empty)
    assert not at.exception
    assert any("Import a carriers layer first" in i.value for i in at.info)


@pytest.mark.parametrize("view", ["list", "order", "todo", "matches", "packs"])
def test_a_register_that_knows_nothing_is_shown_as_that(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, view: str
) -> None:
    kept = {"carrier_id", "name", "geometry", "sample", "source", "accuracy_m"}

    def blank(carriers: pd.DataFrame) -> pd.DataFrame:
        for name in set(carriers.columns) - kept:
            carriers[name] = carriers[name].where(carriers["carrier_id"].isna())
        return carriers

    path = workspace_of(tmp_path / "w", blank)
    at = run_page(monkeypatch, path, underused_view=view, carrier="B04")
    assert not at.exception
    figures = re.findall(r"<div><b>([^<]+)</b>", text_of(at))
    everything = str(len(tables_of(path)["carriers"]))
    assert figures[STATES[::-1].index("待核")] == everything
    # Unknown is a dash, never 0 m².
    assert figures[7].startswith("—")


def test_a_carrier_without_units_says_so(monkeypatch: pytest.MonkeyPatch, bundled: Path) -> None:
    tables = tables_of(bundled)
    without = set(tables["carriers"]["carrier_id"]) - set(tables["units"]["carrier_id"])
    at = run_page(monkeypatch, bundled, carrier=min(without))
    assert any("No units are recorded" in i.value for i in at.info)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (3.0, 3.0, "3"),
        (0.0, 0.0, "0"),
        (0.0, 1234.0, "0 – 1,234"),
        (12.0, float("inf"), "at least 12"),
        (0.0, float("inf"), "—"),
        (float("nan"), 7.0, "at most 7"),
        (float("nan"), float("nan"), "—"),
    ],
)
def test_an_interval_is_never_told_as_a_number_it_is_not(
    monkeypatch: pytest.MonkeyPatch, low: float, high: float, expected: str
) -> None:
    # Put back afterwards: AppTest tells pills apart by titles in this language.
    monkeypatch.setitem(cast("dict[str, str]", st.session_state), "lang", "en")
    assert words.span(low, high) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(3, 9, "3–9"), (4, 4, "4"), (float("nan"), 2, "—"), (pd.NA, pd.NA, "—")],
)
def test_a_rank_is_an_interval(low: object, high: object, expected: str) -> None:
    assert words.ranks(low, high) == expected
