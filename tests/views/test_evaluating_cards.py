"""The page 评价: other years and cards, judgements in pairs, scorecards of one's own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from tests.views.evaluating_hand import CARD
from tests.views.evaluating_hand import address
from tests.views.evaluating_hand import bare
from tests.views.evaluating_hand import figures
from tests.views.evaluating_hand import make_hand
from tests.views.evaluating_hand import opened
from tests.views.evaluating_hand import text
from tests.views.evaluating_hand import watch_charts
from tests.views.evaluating_hand import watch_files
from tests.views.evaluating_hand import weight
from views.evaluating import charts
from views.evaluating import scorecard
from views.evaluating import words

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_hand(tmp_path_factory.mktemp("hand") / "workspace")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    return watch_charts(monkeypatch)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    return watch_files(monkeypatch)


def test_years_compared_name_the_gap_that_took_the_grade(
    monkeypatch: pytest.MonkeyPatch,
    hand: Path,
    drawn: dict[str, pd.DataFrame],
    saved: dict[str, dict[str, Any]],
) -> None:
    at = opened(monkeypatch, hand, view="comparison")
    assert figures(at)["change grade"] == "1"
    assert figures(at)["lose their grade"] == "1"
    first = at.dataframe[0].value.iloc[0]
    assert first["Name"] == "园U3"
    assert (first["Grade before"], first["Grade after"]) == ("excellent", "no grade")
    assert first["The criterion that did it"] == "Technology contracts"
    assert first["By"] == "data came, or are missing"
    # Who is unknown on both sides is not drawn.
    assert set(drawn["pairs"]["label"]) == {"园U1", "园U2", "园U3"}
    assert list(drawn["pairs"]["side"][:2]) == ["2024", "2025"]
    pairs = drawn["pairs"].set_index(["label", "side"])["decided"]
    assert pairs[~pairs].index.tolist() == [("园U3", "2025")]
    kept = saved["evaluation_university_compared"]
    assert any(remark.en.startswith("Effect (points):") for remark in kept["remarks"])
    assert "Effect (points): by how many points" in text(at)


def test_bars_without_a_grade_are_grey_and_dashed() -> None:
    frame = pd.DataFrame(
        {"label": ["a"], "side": ["x"], "low": [1.0], "high": [9.0], "decided": [False]}
    ).assign(grade="")
    drawn = charts.pairs(frame, words.bands(CARD), ("x", "y")).to_dict()
    grounds = [layer for layer in drawn["layer"] if "strokeDash" in layer["encoding"]]
    ranked = charts.scores(frame, words.bands(CARD), "").to_dict()["layer"]
    same = next(layer for layer in ranked if "strokeDash" in layer["encoding"])["encoding"]
    assert len(grounds) == 2
    for layer in grounds:
        assert layer["encoding"]["strokeDash"] == same["strokeDash"]
        assert layer["encoding"]["color"]["value"] == same["color"]["value"]
        assert layer["encoding"]["stroke"]["value"] == same["stroke"]["value"]


def test_cards_can_be_compared_once_there_are_two(
    monkeypatch: pytest.MonkeyPatch, hand: Path
) -> None:
    at = opened(monkeypatch, hand, view="comparison")
    at.button_group(key="evaluate_compare:en").set_value("cards").run()
    assert any("one version of this card only" in i.value for i in at.info)
    weight(at, "contract_value").set_value(0.0).run()
    assert not at.exception
    first = at.dataframe[0].value.iloc[0]
    assert first["Name"] == "园U3"
    assert (first["Grade before"], first["Grade after"]) == ("no grade", "excellent")
    assert first["The criterion that did it"] == "Technology contracts"


def judge(at: AppTest, one: str, two: str, value: Fraction) -> None:
    at.selectbox(key=f"evaluate_pair:university:{one}:{two}:en").set_value(value)


def test_consistent_judgements_become_weights(monkeypatch: pytest.MonkeyPatch, hand: Path) -> None:
    at = opened(monkeypatch, hand, view="weights")
    # Weights of 40, 25, 25 and 10: of the scale 2 is the nearest to 1.6 and 3 to 2.5, as ratios.
    said = [box.value for box in at.selectbox if str(box.key).startswith("evaluate_pair:")]
    # The left column first.
    assert said == [2, 4, 3, 2, 1, 3]
    assert at.button(key="evaluate_ahp_apply").disabled
    assert any("Nothing is judged yet" in i.value for i in at.info)
    for other in ("talent", "service", "space"):
        judge(at, "transfer", other, Fraction(3))
    for one, two in combinations(("talent", "service", "space"), 2):
        judge(at, one, two, Fraction(1))
    at.run()
    assert not at.button(key="evaluate_ahp_apply").disabled
    assert not any("Nothing is judged yet" in i.value for i in at.info)
    # Three times each of three equals: 3 / 6 and 1 / 6.
    assert figures(at)["Technology transfer"] == "50.0%"
    assert figures(at)["Space"] == "16.7%"
    assert figures(at)["consistency ratio CR (at most 0.10)"] == "0.000"
    at.button(key="evaluate_ahp_apply").click().run()
    assert not at.exception
    assert weight(at, "transfer_projects").value == pytest.approx(50 * 15 / 40)
    assert weight(at, "lcc").value == pytest.approx(100 / 6 * 4 / 10, abs=1e-4)
    assert "Technology transfer** · 50.0%" in text(at)


def test_judgements_that_contradict_each_other_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, hand: Path
) -> None:
    at = opened(monkeypatch, hand, view="weights")
    judge(at, "transfer", "talent", Fraction(9))
    judge(at, "talent", "service", Fraction(9))
    judge(at, "transfer", "service", Fraction(1, 9))
    at.run()
    assert float(figures(at)["consistency ratio CR (at most 0.10)"]) > 0.1
    assert len(at.error) == 1
    assert not [b for b in at.button if b.key == "evaluate_ahp_apply"]


def test_entropy_is_shown_and_moves_nothing(monkeypatch: pytest.MonkeyPatch, hand: Path) -> None:
    at = opened(monkeypatch, hand, view="weights")
    advice = at.dataframe[0].value
    # U1 and U2 are known throughout and as far apart on every criterion.
    assert list(advice["Weight by entropy (advice)"].round(6)) == [10.0] * 10
    assert list(advice["Weight of the card"]) == [c.weight for c in CARD.criteria]
    assert "never used by itself" in text(at)
    assert address(at) == {"view": "weights"}


def test_the_card_as_used_can_be_read_again(monkeypatch: pytest.MonkeyPatch, hand: Path) -> None:
    used = CARD.with_weights({"contract_value": 25.0}, "+weights")
    at = opened(monkeypatch, hand, view="scorecard")
    at.file_uploader[0].upload("mine.toml", scorecard.toml(used))
    at.run()
    assert not at.exception
    assert not at.error
    assert used.version in text(at)
    assert weight(at, "contract_value").value == 25
    assert at.button_group(key="evaluate_own:en").value is True
    at.button(key="evaluate_file_away").click().run()
    assert weight(at, "contract_value").value == 10


def test_a_file_with_other_limits_is_held_against_the_bundled_card(
    monkeypatch: pytest.MonkeyPatch, hand: Path
) -> None:
    grades = tuple(replace(g, least=72.0) if g.key == "优" else g for g in CARD.grades)
    other = replace(CARD, version="own-1", grades=grades, approved_by="<b>区科委</b>")
    at = opened(monkeypatch, hand, view="scorecard")
    at.file_uploader[0].upload("mine.toml", scorecard.toml(other))
    at.run()
    assert "<b>区科委" not in bare(at)
    assert figures(at)["excellent"] == "2"
    at.button_group(key="evaluate_view:en").set_value("comparison").run()
    at.button_group(key="evaluate_compare:en").set_value("cards").run()
    assert not at.exception
    first = at.dataframe[0].value.iloc[0]
    assert first["Name"] == "园U3"
    assert first["By"] == "the limits of the grades"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"not toml [",
        b"cards = 3\nversion = 'x'",
        b"x = " + b"[" * 5000 + b"]" * 5000,
        scorecard.toml(CARD).replace(b"weight = 15", b"weight = -15"),
        scorecard.toml(CARD).replace(b'key = "university"', b'key = "carrier"'),
        scorecard.toml(CARD) + b"\n#" + b"x" * 1_000_000,
    ],
    ids=["binary", "no toml", "no cards", "deep", "negative", "grades nobody", "large"],
)
def test_a_file_that_is_no_scorecard_is_refused_and_the_page_stays(
    monkeypatch: pytest.MonkeyPatch, hand: Path, content: bytes
) -> None:
    at = opened(monkeypatch, hand, view="scorecard")
    at.file_uploader[0].upload("<img src=x>.toml", content)
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert "<img src=x>.toml" in text(at)
    # It is named, with every mark of Markdown and HTML escaped.
    assert "<img" not in bare(at).replace("\\<", "")
    assert figures(at)["excellent"] == "1"
    assert "evaluate_own:en" not in {str(group.key) for group in at.get("button_group")}


def test_an_old_refusal_is_gone_after_a_good_file(
    monkeypatch: pytest.MonkeyPatch, hand: Path
) -> None:
    at = opened(monkeypatch, hand, view="scorecard")
    at.file_uploader[0].upload("bad.toml", b"not toml [")
    at.run()
    assert "bad.toml" in at.error[0].value.replace("\\", "")
    at.file_uploader[0].upload("good.toml", scorecard.toml(CARD))
    at.run()
    assert not at.error
    at.button(key="evaluate_file_away").click().run()
    assert not at.error


@pytest.mark.parametrize(("name", "there"), [("university", True), ("operator", False)])
def test_classes_of_land_are_listed_for_land_only(
    monkeypatch: pytest.MonkeyPatch, hand: Path, name: str, there: bool
) -> None:
    at = opened(monkeypatch, hand, view="scorecard", class_=name)
    assert any(box.label == "Grades read as A to D" for box in at.expander) == there


@pytest.mark.parametrize(("lang", "unit"), [("zh", "家/万㎡"), ("en", "firms/10,000 m²")])
def test_units_follow_the_language(
    monkeypatch: pytest.MonkeyPatch, hand: Path, lang: str, unit: str
) -> None:
    at = opened(monkeypatch, hand, lang, view="scorecard", class_="operator")
    titles = {"zh": "单位", "en": "Unit"}
    assert unit in list(at.dataframe[0].value[titles[lang]])


def test_the_approver_is_named_and_escaped(monkeypatch: pytest.MonkeyPatch, hand: Path) -> None:
    other = replace(CARD, approved_by="<b>区科委</b>")
    at = opened(monkeypatch, hand, view="scorecard")
    at.file_uploader[0].upload("mine.toml", scorecard.toml(other))
    at.run()
    assert "Weights approved by &lt;b&gt;区科委&lt;/b&gt;" in bare(at)
    assert "Weights are suggestions" not in bare(at)
