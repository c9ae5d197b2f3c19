"""The page 评价: other years and cards, judgements in pairs, scorecards of one's own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.views.evaluating_hand import CARD
from tests.views.evaluating_hand import address
from tests.views.evaluating_hand import bare
from tests.views.evaluating_hand import figures
from tests.views.evaluating_hand import make_hand
from tests.views.evaluating_hand import opened
from tests.views.evaluating_hand import text
from tests.views.evaluating_hand import watch_charts
from tests.views.evaluating_hand import weight
from views.evaluating import scorecard

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from streamlit.testing.v1 import AppTest


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_hand(tmp_path_factory.mktemp("hand") / "workspace")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    return watch_charts(monkeypatch)


def test_years_compared_name_the_gap_that_took_the_grade(
    monkeypatch: pytest.MonkeyPatch, hand: Path, drawn: dict[str, pd.DataFrame]
) -> None:
    at = opened(monkeypatch, hand, view="comparison")
    assert figures(at)["change grade"] == "1"
    assert figures(at)["lose their grade"] == "1"
    first = at.dataframe[0].value.iloc[0]
    assert first["Name"] == "园U3"
    assert (first["Grade before"], first["Grade after"]) == ("excellent", "no grade")
    assert first["The criterion that did it"] == "Technology contracts"
    assert first["By"] == "a gap"
    # Who is unknown on both sides is not drawn.
    assert set(drawn["pairs"]["label"]) == {"园U1", "园U2", "园U3"}
    assert list(drawn["pairs"]["side"][:2]) == ["2024", "2025"]


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
    for other in ("talent", "service", "space"):
        judge(at, "transfer", other, Fraction(3))
    at.run()
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
    assert "<img" not in bare(at)
    assert figures(at)["excellent"] == "1"
    assert "evaluate_own:en" not in {str(group.key) for group in at.get("button_group")}
