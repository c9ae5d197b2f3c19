"""The page 评价: grades and intervals by hand, moved weights, one subject, gaps, files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests.evaluation_hand import park
from tests.evaluation_hand import record
from tests.evaluation_hand import rows
from tests.views.evaluating_hand import CARD
from tests.views.evaluating_hand import GOOD
from tests.views.evaluating_hand import HOSTILE
from tests.views.evaluating_hand import VIEWS
from tests.views.evaluating_hand import address
from tests.views.evaluating_hand import bare
from tests.views.evaluating_hand import figures
from tests.views.evaluating_hand import make_hand
from tests.views.evaluating_hand import opened
from tests.views.evaluating_hand import records
from tests.views.evaluating_hand import text
from tests.views.evaluating_hand import watch_charts
from tests.views.evaluating_hand import watch_files
from tests.views.evaluating_hand import weight

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_hand(tmp_path_factory.mktemp("hand") / "workspace")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    return watch_charts(monkeypatch)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    return watch_files(monkeypatch)


def test_decided_grades_come_first_and_what_is_unknown_is_an_interval(
    monkeypatch: pytest.MonkeyPatch, hand: Path, drawn: dict[str, pd.DataFrame]
) -> None:
    at = opened(monkeypatch, hand)
    assert figures(at) == {
        "subjects": "4",
        "excellent": "1",
        "good": "0",
        "pass": "0",
        "fail": "1",
        "no grade": "1",
        "without data": "1",
        "on the list for talks or exit": "1",
    }
    frame = drawn["scores"]
    assert list(frame["label"]) == ["园U1", "园U2", "园U3", HOSTILE]
    assert list(frame["low"].round(9)) == [100, 0, 76.5, 0]
    assert list(frame["high"].round(9)) == [100, 0, 86.5, 100]
    assert list(frame["decided"]) == [True, True, False, False]
    told = text(at)
    assert "Weights are suggestions" in told
    assert CARD.version in told
    assert "Nothing is known of 1" in told
    # Nothing was generated here, so nothing is called a sample.
    assert "Sample data" not in told


def test_only_near_certainty_is_called_worst(
    monkeypatch: pytest.MonkeyPatch, hand: Path, drawn: dict[str, pd.DataFrame]
) -> None:
    at = opened(monkeypatch, hand)
    frame = drawn["ranks"].set_index("label")
    assert list(frame["rank_low"][:3]) == [1, 3, 2]
    assert list(frame["rank_high"][:3]) == [1, 3, 2]
    assert list(frame["worst"]) == [False, True, False, False]
    assert [("▼" in chance) for chance in frame["chance"]] == [False, True, False, False]
    assert frame.loc[HOSTILE, "chance"] == "—"
    shown = at.dataframe[0].value
    assert [("▼" in cell) for cell in shown["P(last third)"]] == [False, True, False, False]
    assert shown["Two-year rule"][1] == "2 years failed in a row: talks or exit"
    assert shown["Read as A to D"][1].startswith("D ")
    assert shown["Read as A to D"][2] == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_and_shows_no_text_of_data_as_markup(
    monkeypatch: pytest.MonkeyPatch, hand: Path, lang: str, view: str
) -> None:
    at = opened(monkeypatch, hand, lang, view=view, subject="U4")
    assert not at.error
    assert HOSTILE not in bare(at)
    assert "<img" not in bare(at)


def test_a_moved_weight_changes_a_grade_and_stands_in_the_address(
    monkeypatch: pytest.MonkeyPatch, hand: Path, drawn: dict[str, pd.DataFrame]
) -> None:
    at = opened(monkeypatch, hand)
    assert address(at) == {}
    weight(at, "contract_value").set_value(0.0).run()
    assert not at.exception
    # Without its only gap U3 is at 85, the limit of excellent.
    assert "Moved weights change 1 grades: 园U3: no grade → **excellent**" in text(at)
    assert "Sum: 90.0" in text(at)
    assert f"{CARD.version}+weights" in text(at)
    assert drawn["scores"].set_index("label").loc["园U3", "low"] == pytest.approx(85)
    assert address(at) == {"weights": "contract_value:0"}
    at.button(key="evaluate_reset").click().run()
    assert address(at) == {}
    assert weight(at, "contract_value").value == 10
    assert "Moved weights" not in text(at)


def test_a_link_with_weights_gives_the_same_page(
    monkeypatch: pytest.MonkeyPatch, hand: Path
) -> None:
    at = opened(monkeypatch, hand, period="2025", weights="contract_value:0,training:7.5")
    assert not at.warning or "not understood" not in at.warning[0].value
    assert weight(at, "contract_value").value == 0
    assert weight(at, "training").value == 7.5
    assert "Sum: 92.5" in text(at)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("weights", "contract_value:nan"),
        ("weights", "contract_value:-1"),
        ("weights", "nothing:3"),
        ("weights", "<i>"),
        ("period", "1999"),
        ("period", "２０２５"),
        ("class_", "carrier"),
        ("view", "../x"),
    ],
)
def test_what_a_link_says_wrong_is_told_and_left_out(
    monkeypatch: pytest.MonkeyPatch, hand: Path, name: str, said: str
) -> None:
    at = opened(monkeypatch, hand, **{name: said})
    assert said in text(at)
    assert "<i>" not in bare(at)
    assert figures(at)["subjects"] == "4"
    assert address(at) == {}


def test_weights_that_are_all_zero_are_told(monkeypatch: pytest.MonkeyPatch, hand: Path) -> None:
    at = opened(monkeypatch, hand, weights=",".join(f"{key}:0" for key in CARD.keys))
    assert len(at.error) == 1
    assert not at.dataframe
    at.button(key="evaluate_reset").click().run()
    assert not at.error
    assert figures(at)["excellent"] == "1"


def test_a_subjects_parts_add_to_the_weights_and_the_gap_is_unknown(
    monkeypatch: pytest.MonkeyPatch, hand: Path, drawn: dict[str, pd.DataFrame]
) -> None:
    at = opened(monkeypatch, hand, view="subject", subject="U3")
    parts = drawn["contributions"].pivot_table(index="label", columns="part", values="points")
    assert parts.sum().round(9).to_dict() == {"earned": 76.5, "not earned": 13.5, "unknown": 10}
    # The gap could move it by 5 points, and nothing else by more than 2.25.
    assert parts["unknown"].idxmax() == "① Technology contracts"
    parts.index = parts.index.str.removeprefix("① ").str.lstrip("②③ ")
    by_title = {c.title_en: c.weight for c in CARD.criteria}
    pd.testing.assert_series_equal(
        parts.sum(axis=1).round(9), pd.Series(by_title), check_names=False, check_like=True
    )
    assert "Contributions add to the score: 76.5 – 86.5." in text(at)
    shown = at.dataframe[0].value.set_index("Criterion")
    assert shown.loc["Technology contracts", "Value"] == "—"
    assert shown.loc["Technology contracts", "State"] == "not reported"
    assert shown.loc["Internships and courses", "Source"] == "台账"
    years = drawn["scores"]
    assert list(years["label"]) == ["2025", "2024"]
    assert list(years["low"].round(9)) == [76.5, 85]
    assert list(years["grade"]) == ["no grade", "excellent"]


def test_two_failed_years_are_said_on_the_card(monkeypatch: pytest.MonkeyPatch, hand: Path) -> None:
    at = opened(monkeypatch, hand, view="subject", subject="U2")
    assert [e.value for e in at.error] == ["2 years failed in a row: talks or exit"]
    at = opened(monkeypatch, hand, view="subject", subject="U2", period="2024")
    assert not at.error
    assert [w.value for w in at.warning] == ["warning: failed this year"]


def test_a_subject_of_another_class_is_told(monkeypatch: pytest.MonkeyPatch, hand: Path) -> None:
    at = opened(monkeypatch, hand, view="subject", subject="S01")
    assert len(at.warning) == 1
    assert at.selectbox(key="evaluate_subject:university:en").value == "U1"


def test_coverage_counts_what_is_known_and_why_the_rest_is_not(
    monkeypatch: pytest.MonkeyPatch,
    hand: Path,
    drawn: dict[str, pd.DataFrame],
    saved: dict[str, dict[str, Any]],
) -> None:
    at = opened(monkeypatch, hand, view="coverage")
    wide = drawn["coverage"].pivot_table(index="criterion", columns="state", values="n")
    counted = wide[["known", "not_reported", "missing"]].T
    assert list(counted["contract_value"]) == [2, 1, 1]
    assert list(counted["talents"]) == [3, 0, 1]
    assert (wide.sum(axis=1) == 4).all()
    assert "11 of 40 values are missing or open" in text(at)
    missing = saved["evaluation_university_2025_missing"]
    assert len(missing["frame"]) == 11
    assert missing["internal"] is True
    assert at.dataframe[-1].value["Points left open"].iloc[0] == 15


def test_files_for_the_public_name_no_operator(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, saved: dict[str, dict[str, Any]]
) -> None:
    at = opened(monkeypatch, bundled, class_="operator", period="2025")
    inside, outside = (saved[f"evaluation_operator_2025{tail}"] for tail in ("", "_public"))
    assert (inside["internal"], outside["internal"]) == (True, False)
    assert "name" in inside["frame"]
    assert "name" not in outside["frame"]
    names = set(inside["frame"]["name"])
    told = outside["frame"].to_string()
    assert not [name for name in names if name in told]
    assert inside["frame"]["sample"].all()
    assert "Sample data" in text(at)
    assert any(CARD.version[-6:] in remark.en for remark in inside["remarks"])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("class_", ["university", "characteristic", "incubator", "operator"])
def test_the_bundled_edition_opens_for_every_class(
    monkeypatch: pytest.MonkeyPatch,
    bundled: Path,
    drawn: dict[str, pd.DataFrame],
    lang: str,
    class_: str,
) -> None:
    at = opened(monkeypatch, bundled, lang, class_=class_)
    assert not at.error
    frame = drawn["scores"]
    assert frame["label"].is_unique
    assert (frame["low"] <= frame["high"]).all()
    # Whoever has no grade stands below those who have one.
    assert frame["decided"].is_monotonic_decreasing
    assert len(at.dataframe[0].value) == len(frame)


def test_without_records_the_page_says_so_and_shows_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, drawn: dict[str, pd.DataFrame]
) -> None:
    path = tmp_path / "none"
    workspace, _issues = open_or_create(path, load_catalogue(), author="t", empty=True)
    parks = rows("parks", park("U1"), park("U2"))
    workspace.commit("parks", parks, author="t", message="m")
    at = opened(monkeypatch, path, view="coverage")
    assert "Nobody has recorded an indicator" in text(at)
    assert figures(at)["without data"] == "2"
    wide = drawn["coverage"].pivot_table(index="criterion", columns="state", values="share")
    assert (wide["missing"] == 1).all()
    assert "20 of 20 values" in text(at)


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_workspace_has_nobody_and_says_so(
    monkeypatch: pytest.MonkeyPatch, empty: Path, view: str
) -> None:
    at = opened(monkeypatch, empty, view=view)
    assert not at.error
    assert figures(at)["subjects"] == "0"
    if view not in {"weights", "scorecard"}:
        assert "Nobody is of this class" in text(at)


def test_a_record_that_is_not_used_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "odd"
    workspace, _issues = open_or_create(path, load_catalogue(), author="t", empty=True)
    workspace.commit("parks", rows("parks", park("U1")), author="t", message="m")
    found = [*records("U1", GOOD, 2025), record("NOBODY", "talents", 3.0)]
    workspace.commit("indicators", rows("indicators", *found), author="t", message="m")
    at = opened(monkeypatch, path)
    assert "1 records of this class and year are not used" in text(at)
    assert at.dataframe[-1].value["Why it is not used"].tolist() == ["no such subject"]
