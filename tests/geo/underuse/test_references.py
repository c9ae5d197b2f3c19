"""Reference buildings with all six states, every number worked out by hand.

Judged on 2026-11-23. Business buildings that report have 300, 300, 1,800, 2,000, 2,100
and 2,400 yuan/m²: the median is (1,800 + 2,000) / 2 = 1,900; 6 of 7 report. University
parks have 1.2, 3.0 and 4.0 firms on 1,000 m²: the median is 3.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import pytest

from geo.underuse import RULE_VERSION
from geo.underuse import STATES
from geo.underuse import judge
from geo.underuse import reason
from geo.underuse import underuse
from geo.underuse import underuse_facts
from tests.geo.underuse.registers import RULE
from tests.geo.underuse.registers import register

if TYPE_CHECKING:
    import pandas as pd

BIG: dict[str, Any] = {
    "rentable_area_m2": 20_000.0,
    "own_use_area_m2": 2_000.0,
    "locked_area_m2": 1_000.0,
    "gross_area_m2": 20_000.0,
}
UNIVERSITY: dict[str, Any] = {"carrier_class": "university", "tax_wan": 90_000.0}
ROWS: dict[str, dict[str, Any]] = {
    # 9,000 / (20,000 − 1,000) = 47.4 % since 2025-05; 600 万元 / 20,000 m² = 300 yuan/m²
    "inefficient": BIG
    | {
        "leased_area_m2": 8_000.0,
        "vacant_area_m2": 9_000.0,
        "vacant_since": "2025-05",
        "tax_wan": 600.0,
    },
    # 6,000 / 19,000 = 31.6 % since 2025-11, tax blank; evidence 1 − .25
    "suspected": BIG
    | {
        "leased_area_m2": 11_000.0,
        "vacant_area_m2": 6_000.0,
        "vacant_since": "2025-11",
        "tax_wan": None,
    },
    # 2,500 / 10,000 = 25 % for 6 months; 300 yuan/m²
    "warning": {
        "leased_area_m2": 7_500.0,
        "vacant_area_m2": 2_500.0,
        "vacant_since": "2026-05",
        "tax_wan": 300.0,
    },
    # completed 2025-01: 22 months; 2,100 yuan/m²
    "watched": {
        "completed": "2025-01",
        "leased_area_m2": 2_000.0,
        "vacant_area_m2": 8_000.0,
        "vacant_since": "2025-02",
        "tax_wan": 2_100.0,
    },
    # leased and vacant unknown: of 10,000 m² anything may be vacant; evidence 1 − .40
    "open": {
        "leased_area_m2": None,
        "vacant_area_m2": None,
        "vacant_since": "2025-02",
        "tax_wan": 2_000.0,
    },
    # 500 / 10,000 = 5 %; 1,800 yuan/m²
    "normal": {},
    "rich": {"tax_wan": 2_400.0},
    # 4,000 / 10,000 = 40 % for 14 months; 12 firms on 10,000 m², 1.2 / 3.0 = 40 %
    "campus": UNIVERSITY
    | {
        "leased_area_m2": 6_000.0,
        "vacant_area_m2": 4_000.0,
        "vacant_since": "2025-09",
        "incubated": 12.0,
    },
    "campus two": UNIVERSITY | {"incubated": 30.0},
    "campus three": UNIVERSITY | {"incubated": 40.0},
}


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    carriers = register(*ROWS.values())
    return underuse(carriers.set_axis(list(ROWS), axis="index"), RULE)


# state, vacancy, months, ratio, age, evidence, recoverable = vacant − 15 % of what is on offer
EXPECTED: dict[str, tuple[Any, ...]] = {
    "inefficient": ("低效", 9 / 19, 18, 300 / 1_900, 200, 1.0, 9_000 - 0.15 * 19_000),
    "suspected": ("疑似低效", 6 / 19, 12, None, 200, 0.75, 6_000 - 0.15 * 19_000),
    "warning": ("预警", 0.25, 6, 300 / 1_900, 200, 1.0, 2_500 - 0.15 * 10_000),
    "watched": ("观察", 0.8, 21, 2_100 / 1_900, 22, 1.0, 8_000 - 0.15 * 10_000),
    "open": ("待核", None, 21, 2_000 / 1_900, 200, 0.6, None),
    "normal": ("正常", 0.05, 2, 1_800 / 1_900, 200, 1.0, 0.0),
    "campus": ("低效", 0.4, 14, 1.2 / 3.0, 200, 1.0, 4_000 - 0.15 * 10_000),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_reference_building(found: pd.DataFrame, name: str) -> None:
    row = found.loc[name]
    state, vacancy, months, ratio, age, share, recoverable = EXPECTED[name]
    nan = float("nan")
    numbers = [vacancy, months, ratio, age, share, recoverable]
    columns = "vacancy_rate vacant_months ratio_low age_low evidence_share recoverable_area_m2"
    told = [row[column] for column in columns.split()]
    assert row["state"] == state
    expected = [nan if number is None else number for number in numbers]
    assert told == pytest.approx(expected, nan_ok=True)


def test_all_six_states_are_among_them(found: pd.DataFrame) -> None:
    assert set(found.loc[list(EXPECTED), "state"]) == set(STATES)


def test_medians_and_yardsticks(found: pd.DataFrame) -> None:
    business = found[found["yardstick"].eq("tax")]
    assert business["peer_median_tax_yuan_m2"].tolist() == [1_900.0] * 7
    assert (set(business["peers"]), set(business["peers_known"])) == ({7}, {6})
    campus = found[found["yardstick"].eq("incubated")]
    assert campus["peer_median"].tolist() == [3.0] * 3
    assert campus[["tax_yuan_m2", "peer_median_tax_yuan_m2"]].isna().all(axis=None)
    assert found["tax_yuan_m2"].iloc[[0, 2]].tolist() == [300.0, 300.0]
    assert set(found["rule_version"]) == {RULE_VERSION}


def test_what_is_open_has_an_interval(found: pd.DataFrame) -> None:
    """Anything of 10,000 m² may be vacant: 0 to 100 %, 0 to 10,000 − 1,500 m²."""
    row = found.loc["open"]
    assert (row["vacancy_low"], row["vacancy_high"]) == (0.0, 1.0)
    assert (row["recoverable_low"], row["recoverable_high"]) == (0.0, 8_500.0)
    assert (row["possible"], row["blockers"]) == ("预警;正常", "vacancy")
    assert row["missing"] == "leased_area_m2;vacant_area_m2"


ZH = {
    "inefficient": "空置率 47.4%（≥30%），已空置 18 个月（≥12）；单位面积税收 300 元/㎡，"
    "为同类中位数 1,900 元/㎡（填报 6/7 家）的 16%（<50%）：低效",
    "suspected": "空置率 31.6%（≥30%），已空置 12 个月（≥12）；单位面积税收未知；"
    "可能为 低效 或 预警：疑似低效",
    "warning": "空置率 25.0%（<30%），已空置 6 个月（<12）；单位面积税收 300 元/㎡，"
    "为同类中位数 1,900 元/㎡（填报 6/7 家）的 16%（<50%）：预警",
    "watched": "竣工或整体改造 22 个月（不足 24 个月），爬坡期：观察",
    "open": "空置率未知，已空置 21 个月（≥12）；单位面积税收 2,000 元/㎡，"
    "为同类中位数 1,900 元/㎡（填报 6/7 家）的 105%（≥50%）；可能为 预警 或 正常：待核",
    "campus": "空置率 40.0%（≥30%），已空置 14 个月（≥12）；在孵企业密度 1.20 家/千㎡，"
    "为同类中位数 3.00 家/千㎡（填报 3/3 家）的 40%（<50%）：低效",
}


@pytest.mark.parametrize("name", ZH)
def test_the_reason_names_values_thresholds_and_what_is_unknown(
    found: pd.DataFrame, name: str
) -> None:
    assert found["reason_zh"][name] == ZH[name]


def test_the_reason_in_english(found: pd.DataFrame) -> None:
    assert found["reason_en"]["inefficient"] == (
        "Vacancy 47.4% (≥30%), for 18 months (≥12); tax per m² 300 yuan, 16% of the median"
        " 1,900 yuan of its class (6/7 report) (<50%): inefficient"
    )
    assert str(found["reason_en"]["suspected"]).endswith(
        "tax per m² unknown; could be inefficient or warning: suspected inefficient"
    )


def _secrets(fact: dict[str, Any]) -> set[str]:
    """Return output, median and ratio as an internal reason writes them."""
    digits = 0 if fact["yardstick"] == "tax" else 2
    amounts = {f"{fact[name]:,.{digits}f}" for name in ("output_low", "peer_median")}
    return amounts | {f"{fact['ratio_low']:.0%}"}


def test_a_public_reason_has_no_number_of_output() -> None:
    """Neither the output nor the median nor their ratio, in any state and language."""
    carriers = register(*ROWS.values(), {"carrier_class": "characteristic", "tax_wan": 777.0})
    facts = underuse_facts(carriers, RULE)
    judged = judge(facts, RULE)
    hidden = 0
    for fact, row in zip(facts.to_dict("records"), judged.to_dict("records"), strict=True):
        secrets = _secrets({str(name): value for name, value in fact.items()})
        shown, internal = reason(fact, row, RULE, public=True), reason(fact, row, RULE)
        for text, whole in zip(shown, internal, strict=True):
            assert not secrets & set(re.findall(r"[-\d.,]+%?", text))
            assert not any(unit in text for unit in ("元/", "家/千", "yuan"))
            hidden += len(secrets & set(re.findall(r"[-\d.,]+%?", whole)))
    assert hidden > 40
    shown = reason(facts.iloc[0].to_dict(), judged.iloc[0].to_dict(), RULE, public=True)
    assert "单位面积税收低于同类中位数的 50%" in shown.zh
    assert "tax per m² below 50% of the median of its class" in shown.en


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        ({"hold": "renewal"}, "已锁定待更新", "held for renewal"),
        ({"hold": "contracted"}, "已签约待交付", "contracted"),
        ({"hold": "not_assessed"}, "登记为不参评", "not assessed"),
        ({"vacant_area_m2": 9_000.0}, "面积相互矛盾", "contradict"),
        (
            {"locked_area_m2": 10_000.0, "leased_area_m2": 0.0, "vacant_area_m2": 0.0},
            "没有可租空间",
            "nothing is on offer",
        ),
        (
            {"completed": None, "vacant_since": None},
            "竣工时间未知，不能排除爬坡期",
            "completed is unknown",
        ),
        ({"completed": None, "completed_year": 2025}, "竣工或整体改造 11–22 个月", "11–22 months"),
        ({"vacant_since": None}, "空置时长未知", "for an unknown time"),
        (
            {"tax_wan": 1.0, "vacant_area_m2": 4_000.0, "leased_area_m2": 6_000.0}
            | {"data_date": "2025-07-01", "vacant_since": "2024-01"},
            "数据已 16 个月（超过 12 个月）",
            "16 months old",
        ),
        ({"tax_wan": None}, "证据占比 75%，不足 80%", "evidence share 75%"),
        (
            {"locked_area_m2": None, "own_use_area_m2": None, "leased_area_m2": 5_000.0},
            "空置率 5.0%–9.1%（<30%）",
            "5.0%–9.1%",
        ),
    ],
)
def test_a_reason_says_what_stands_in_the_way(row: dict[str, Any], zh: str, en: str) -> None:
    found = underuse(register(row), RULE, benchmarks={"business": 1_800.0}).iloc[0]
    assert zh in found["reason_zh"]
    assert en.lower() in found["reason_en"].lower()
    assert found["reason_zh"].endswith(f"：{found['state']}")


def test_no_number_is_rounded_onto_a_threshold() -> None:
    """29.96 % is below 30 % and must not be told as 30.0 %; so must 49.7 % and 50 %."""
    row = {"vacant_area_m2": 2_996.0, "leased_area_m2": 7_004.0, "tax_wan": 894.0}
    found = underuse(register(row), RULE, benchmarks={"business": 1_800.0}).iloc[0]
    assert "空置率 29.96%（<30%）" in found["reason_zh"]
    assert "49.7%（<50%）" in found["reason_zh"]


def test_too_few_peers_are_told() -> None:
    rows: list[dict[str, Any]] = [{"tax_wan": 300.0}, {"tax_wan": None}]
    told = underuse(register(*rows), RULE)["reason_zh"].iloc[0]
    assert "单位面积税收 300 元/㎡，同类填报 1/2 家，无中位数可比" in told
