"""Scorecards, catalogue, code and documentation say the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import pytest
import tomli_w

from data.make_scorecards_doc import DOCUMENT
from data.make_scorecards_doc import document_text
from geo.underuse.rule import STATES
from layers.catalogue import load_catalogue
from layers.errors import UsageError
from layers.evaluation import MEASURES
from layers.scorecards import CARRIER_CARD
from layers.scorecards import SCORECARDS_FILE
from layers.scorecards import ScorecardError
from layers.scorecards import load_scorecards
from layers.scorecards import read_scorecards
from layers.scorecards import weighted
from layers.scorecards import write_scorecards

if TYPE_CHECKING:
    from pathlib import Path

    from layers.scorecards import Scorecards

CARRIER_MEASURES = {"vacancy", "vacant_months", "output_ratio", "rent"}


@pytest.fixture(scope="module")
def cards() -> Scorecards:
    return load_scorecards()


def test_the_cards_are_the_classes_of_the_catalogue(cards: Scorecards) -> None:
    field = load_catalogue().layer("indicators").field("card")
    assert [choice.value for choice in field.choices] == list(cards.evaluated)
    assert set(cards.cards) == {CARRIER_CARD, *cards.evaluated}


def test_every_subject_is_a_layer_field_and_value_of_the_catalogue(cards: Scorecards) -> None:
    catalogue = load_catalogue()
    for card in cards.cards.values():
        for layer, field, value in card.subjects:
            spec = catalogue.layer(layer)
            if field:
                assert value in {choice.value for choice in spec.field(field).choices}


def test_every_measure_is_one_that_the_layers_give(cards: Scorecards) -> None:
    for card in cards.cards.values():
        known = CARRIER_MEASURES if card.key == CARRIER_CARD else set(MEASURES)
        used = {criterion.measure for criterion in card.criteria} - {""}
        assert used <= known, card.key
    every = {c.measure for key in cards.evaluated for c in cards.cards[key].criteria}
    assert set(MEASURES) <= every


def test_the_document_is_current(cards: Scorecards) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document_text(cards), (
        "run python -m data.make_scorecards_doc"
    )


def test_the_document_has_every_criterion_with_weight_and_anchors(cards: Scorecards) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    sections = dict(
        section.split("\n", 1) for section in text.split("\n## ")[1 : len(cards.cards) + 1]
    )
    for card, (head, body) in zip(cards.cards.values(), sections.items(), strict=True):
        assert head == f"`{card.key}` {card.title_zh} {card.title_en}"
        assert card.version in body
        lines = {line.split("`")[1]: line for line in body.splitlines() if line.startswith("| `")}
        for criterion in card.criteria:
            cells = [cell.strip() for cell in lines[criterion.key].split("|")]
            assert float(cells[3]) == criterion.weight
            anchors = [pair.split(" → ") for pair in cells[5].split("；")]
            assert [(float(x), float(y)) for x, y in anchors] == [*criterion.points]
        for grade in card.grades:
            assert f"| {grade.key} {grade.title_en} | {grade.least:g} |" in body
    for disposal in cards.disposals:
        assert disposal.words.zh in text


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("university", [40, 25, 25, 10]),
        ("characteristic", [40, 25, 20, 15]),
        ("operator", [30, 25, 20, 15, 10]),
        ("incubator", [30, 50, 20]),
    ],
)
def test_headings_weigh_what_was_proposed(
    cards: Scorecards, key: str, expected: list[float]
) -> None:
    card = cards.cards[key]
    groups = [sum(c.weight for c in card.criteria if c.group == g.key) for g in card.groups]
    assert groups == expected
    assert sum(c.weight for c in card.criteria) == 100


def test_space_never_weighs_more_than_fifteen_percent(cards: Scorecards) -> None:
    spatial = {"occupancy", "lcc", "zone_share", "vacancy_change"}
    for key in cards.evaluated:
        card = cards.cards[key]
        share = sum(
            weight
            for criterion, weight in zip(card.criteria, card.weights, strict=True)
            if criterion.measure in spatial
        )
        assert share <= 0.15 + 1e-9, key


def test_grades_and_the_rule_for_giving_them(cards: Scorecards) -> None:
    for card in cards.cards.values():
        assert [(grade.key, grade.least) for grade in card.grades] == [
            ("优", 85),
            ("良", 70),
            ("合格", 60),
            ("不合格", 0),
        ]
        assert card.evidence_share == 0.8
    months = {key: cards.cards[key].new_months for key in cards.evaluated}
    assert months == {"university": 24, "characteristic": 24, "incubator": 24, "operator": 12}


def test_every_weight_is_a_suggestion_until_somebody_approves(cards: Scorecards) -> None:
    for card in cards.cards.values():
        assert "建议值" in card.source
        assert card.approved_by == ""
        assert all(criterion.source for criterion in card.criteria)


def test_every_decided_state_and_grade_is_read_as_one_class(cards: Scorecards) -> None:
    for state in STATES:
        found = [d.key for d in cards.disposals if state in d.states]
        assert len(found) == (0 if state in {"待核", "疑似低效"} else 1), state
        assert (cards.of_state(state) is None) == (not found)
    grades = cards.cards["university"].grades
    assert [getattr(cards.of_grade(grade.key), "key", None) for grade in grades] == list("ABCD")
    assert cards.of_grade("") is None
    known = {state for d in cards.disposals for state in d.states}
    assert known <= set(STATES)


def test_what_is_written_is_read_again(cards: Scorecards, tmp_path: Path) -> None:
    written = write_scorecards(cards, tmp_path / "一份.toml")
    assert read_scorecards(written) == cards


def plain(cards: Scorecards) -> dict[str, Any]:
    return {
        "version": "v",
        "cards": [card.as_dict() for card in cards.cards.values()],
        "disposal": [],
    }


def remove(document: dict[str, Any], name: str) -> None:
    del document["cards"][1]["criteria"][2][name]


def weigh(document: dict[str, Any], weight: object) -> None:
    document["cards"][1]["criteria"][2]["weight"] = weight


def twice(document: dict[str, Any]) -> None:
    document["cards"].append(document["cards"][1])


def turn(document: dict[str, Any]) -> None:
    document["cards"][1]["criteria"][0]["points"].reverse()


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda d: remove(d, "weight"), ("university", "university_origin", "weight")),
        (lambda d: remove(d, "points"), ("university", "university_origin", "points")),
        (lambda d: weigh(d, -1), ("university", "university_origin", "weight")),
        (lambda d: weigh(d, float("nan")), ("university", "university_origin", "weight")),
        (lambda d: weigh(d, float("inf")), ("university", "university_origin", "weight")),
        (lambda d: weigh(d, "15"), ("university", "university_origin", "weight")),
        (turn, ("university", "transfer_projects", "points")),
        (lambda d: d["cards"][1].pop("grades"), ("university", "grades")),
        (lambda d: d["cards"][1].update(colour="red"), ("university", "colour")),
        (lambda d: d["cards"][1].update(evidence_share=1.5), ("university", "evidence_share")),
        (twice, ("twice",)),
        (lambda d: d.pop("cards"), ("cards",)),
        (lambda d: d.pop("version"), ("version",)),
    ],
)
def test_a_damaged_file_is_told_by_card_and_criterion(
    cards: Scorecards, tmp_path: Path, damage: Any, named: tuple[str, ...]
) -> None:
    document = plain(cards)
    damage(document)
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps(document), encoding="utf-8")
    with pytest.raises(ScorecardError) as refused:
        read_scorecards(path)
    for sentence in (refused.value.text.zh, refused.value.text.en):
        assert all(name in sentence for name in ("mine.toml", *named)), sentence


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"cards = [", "mine.toml"),
        (b"\xff\xfe\x00", "mine.toml"),
        (b"# " + b"x" * 1_000_001, "bytes"),
        (b"version = 'v'\ncards = 3", "mine.toml"),
        (b"version = 'v'\ncards = [1]", "mine.toml"),
        (b"version = 'v'\ncards = " + b"[" * 5000 + b"]" * 5000, "mine.toml"),
    ],
)
def test_what_is_no_file_of_scorecards_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ScorecardError) as refused:
        read_scorecards(path)
    assert told in refused.value.text.en


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match="找不到"):
        read_scorecards(tmp_path / SCORECARDS_FILE)


def test_an_edition_without_cards_has_the_bundled_ones(tmp_path: Path) -> None:
    assert load_scorecards(tmp_path) == load_scorecards()


def test_a_message_names_the_file_as_its_owner_does(tmp_path: Path) -> None:
    path = tmp_path / "upload.toml"
    path.write_text("cards = 3", encoding="utf-8")
    with pytest.raises(ScorecardError) as refused:
        read_scorecards(path, "我的评价表.toml")
    for text in (refused.value.text.zh, refused.value.text.en):
        assert "我的评价表.toml" in text
        assert "upload" not in text


@pytest.mark.parametrize(
    ("weights", "zh", "en"),
    [
        (
            {"colour": 1.0},
            "没有指标“colour”；可用的指标：target_leased, absorption, ",
            "no criterion 'colour'",
        ),
        ({"absorption": -1.0}, "“absorption”的权重不能是 -1", "cannot be -1"),
        ({"absorption": float("nan")}, "不能是 nan", "cannot be nan"),
        ({"absorption": float("inf")}, "不能是 inf", "cannot be inf"),
    ],
)
def test_a_weight_that_means_nothing_is_told_in_both_languages(
    cards: Scorecards, weights: dict[str, float], zh: str, en: str
) -> None:
    with pytest.raises(UsageError) as refused:
        weighted(cards.cards["operator"], weights)
    assert zh in refused.value.text.zh
    assert en in refused.value.text.en
    assert "Scorecard" not in refused.value.text.zh


def test_weights_that_are_all_zero_are_told_in_both_languages(cards: Scorecards) -> None:
    card = cards.cards["operator"]
    with pytest.raises(UsageError) as refused:
        weighted(card, dict.fromkeys(card.keys, 0.0))
    assert "权重全部为 0" in refused.value.text.zh
    assert "all weights are 0" in refused.value.text.en


def test_units_are_said_in_both_languages(cards: Scorecards) -> None:
    units = {(c.unit, c.unit_en) for card in cards.cards.values() for c in card.criteria}
    chinese = re.compile("[\u3300-\u9fff]")
    assert [en for zh, en in units if chinese.search(en)] == []
    assert ("家/千㎡", "firms/1000 m²") in units
    assert ("%", "%") in units
