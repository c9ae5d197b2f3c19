"""The rule: worked cases, a slow judge that tries every value, and what must never happen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.underuse import HOLDS
from geo.underuse import STATES
from geo.underuse import evidence
from geo.underuse import exact_state
from geo.underuse import judge
from geo.underuse import underuse
from geo.underuse import what_would_change
from tests.geo.underuse.registers import KNOWN
from tests.geo.underuse.registers import RULE
from tests.geo.underuse.registers import SEVERITY
from tests.geo.underuse.registers import facts_of
from tests.geo.underuse.registers import month_before
from tests.geo.underuse.registers import random_facts
from tests.geo.underuse.registers import register
from tests.geo.underuse.registers import slow_exact
from tests.geo.underuse.registers import slow_state
from tests.geo.underuse.registers import slow_states

often = settings(max_examples=150, deadline=None, derandomize=True, database=None)
UNKNOWN: dict[str, dict[str, Any]] = {
    "vacancy": {"vacancy_low": 0.0, "vacancy_high": 1.0},
    "duration": {"months_low": 0.0, "months_high": math.inf},
    "output": {"ratio_low": math.nan, "ratio_high": math.nan},
    "completion": {"age_low": 0.0, "age_high": math.inf},
    "date": {"data_age_months": math.nan},
}


def _one(**changes: Any) -> tuple[str, str, str, str]:
    found = judge(facts_of(changes), RULE).iloc[0]
    return found["state"], found["possible"], found["exemption"], found["blockers"]


def _exact(v: float, months: float, ratio: float, age: float) -> dict[str, float]:
    return {
        "vacancy_low": v,
        "vacancy_high": v,
        "months_low": months,
        "months_high": months,
        "ratio_low": ratio,
        "ratio_high": ratio,
        "age_low": age,
        "age_high": age,
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


@pytest.mark.parametrize("case", range(6))
def test_the_worked_cases(oracle: dict[str, Any], case: int) -> None:
    """Through a register of 10,000 m² on offer; the bracket says why."""
    told = oracle["C8.rule"]["cases"][case]
    vacant = None if told["v"] is None else 10_000 * told["v"]
    carrier = {
        "vacant_area_m2": vacant,
        "leased_area_m2": None if vacant is None else 10_000 - vacant,
        "vacant_since": None if told["months"] is None else month_before(told["months"]),
        "tax_wan": told["tax"],
        "completed": month_before(told["age"]),
    }
    found = underuse(register(carrier), RULE, benchmarks={"business": told["tax_med"]}).iloc[0]
    state, _, why = told["out"].partition("(")
    assert found["state"] == state
    assert {
        "": not found["blockers"] and not found["exemption"],
        "缺产出数据)": found["blockers"] == "output",
        "爬坡期)": found["exemption"] == "ramp_up",
        "缺空置数据)": "vacancy" in found["blockers"].split(";"),
    }[why]


@pytest.mark.parametrize("seed", range(4))
def test_every_value_of_the_unknowns_is_tried(seed: int) -> None:
    facts = random_facts(150, seed)
    judged = judge(facts, RULE)
    for fact, found in zip(_records(facts), _records(judged), strict=True):
        assert found["state"] == slow_state(fact), fact
        if found["state"] != "观察":
            assert set(found["possible"].split(";")) == slow_states(fact, 6), fact
    assert judged["state"].nunique() >= 5


def test_known_values_are_judged_as_the_rule_reads() -> None:
    values = np.meshgrid(
        [0.0, 0.1999, 0.2, 0.2999, 0.3, 1.0],
        [0, 11, 12, 99],
        [-1, 0.4999, 0.5, 2],
        [0, 23, 24, 900],
    )
    vacancy, months, ratio, age = values
    codes = exact_state(vacancy, months, ratio, age, RULE).ravel()
    names = [("正常", "预警", "低效", "观察")[code] for code in codes]
    assert names == [slow_exact(*point) for point in zip(*(v.ravel() for v in values), strict=True)]


def test_quotients_meet_their_thresholds_in_spite_of_binary_fractions() -> None:
    """0.1 · 3 is a hair more than 0.3, 0.7 − 0.4 a hair less; both are 30 %."""
    assert _one(vacancy_low=0.7 - 0.4, vacancy_high=0.7 - 0.4)[0] == "低效"
    assert _one(ratio_low=0.5 - 1e-16, ratio_high=0.5 - 1e-16)[0] == "预警"


SEVERE = st.tuples(
    st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.3, 0.6, 1.0]),
    st.sampled_from([0.0, 6.0, 12.0, 40.0]),
    st.sampled_from([0.0, 0.3, 0.5, 0.9, 2.0]),
    st.sampled_from([0.0, 0.1, 0.4]),
    st.sampled_from([0.0, 8.0, 30.0]),
    st.sampled_from([0.0, 0.2, 1.5]),
)


@often
@given(SEVERE)
def test_a_worse_number_never_improves_the_state(values: tuple[float, ...]) -> None:
    v, months, ratio, more, longer, less = values
    worse = _exact(min(v + more, 1.0), months + longer, ratio - less, 200.0)
    before, after = judge(facts_of(_exact(v, months, ratio, 200.0), worse), RULE)["state"]
    assert SEVERITY[after] >= SEVERITY[before]


@pytest.mark.parametrize("seed", range(4))
def test_worse_ends_never_improve_a_decided_state(seed: int) -> None:
    """With intervals: both ends of one number move to the worse side."""
    facts = random_facts(400, seed)
    before = judge(facts, RULE)["state"]
    moves = {
        "vacancy": facts[["vacancy_low", "vacancy_high"]].add(0.15).clip(upper=1.0),
        "months": facts[["months_low", "months_high"]].add(9.0),
        "ratio": facts[["ratio_low", "ratio_high"]].sub(0.3),
    }
    for moved in moves.values():
        worse = facts.assign(**{str(name): moved[name] for name in moved})
        worse = worse.assign(**{str(n): c for n, c in evidence(worse, RULE).items()})
        after = judge(worse, RULE)["state"]
        decided = before.isin(SEVERITY) & after.isin(SEVERITY)
        assert decided.sum() > 20
        assert after[decided].map(SEVERITY).ge(before[decided].map(SEVERITY)).all()


@pytest.mark.parametrize("share", [0.0, 0.8])
@pytest.mark.parametrize("seed", range(3))
def test_knowing_less_never_turns_one_decided_state_into_another(seed: int, share: float) -> None:
    """Even if a judgement needs no evidence but that all values agree."""
    rule = replace(RULE, evidence_share=share)
    facts = random_facts(1_000, seed)
    rng = np.random.default_rng(seed)
    less, more, gone = rng.random((4, 1_000)), rng.integers(0, 20, 1_000), rng.random(1_000) < 0.2
    less[rng.random((4, 1_000)) < 0.7] = 1.0
    wider = facts.assign(
        vacancy_low=facts["vacancy_low"] * less[0],
        vacancy_high=facts["vacancy_high"].where(less[1] == 1, 1.0),
        months_low=facts["months_low"] * less[2],
        months_high=facts["months_high"] + more,
        age_low=facts["age_low"] * less[3],
        ratio_low=facts["ratio_low"].mask(gone),
        ratio_high=facts["ratio_high"].mask(gone),
    )
    wider = wider.assign(**{str(n): c for n, c in evidence(wider, rule).items()})
    before, after = judge(facts, rule), judge(wider, rule)
    both = before["state"].isin(SEVERITY) & after["state"].isin(SEVERITY)
    assert both.sum() > 10
    assert after["state"][both].eq(before["state"][both]).all()
    kept = before["state"].ne("观察") & after["state"].ne("观察")
    for old, new in zip(before["possible"][kept], after["possible"][kept], strict=True):
        assert set(old.split(";")) <= set(new.split(";"))


def test_each_unknown_keeps_the_state_open_and_says_so() -> None:
    assert _one() == ("低效", "低效", "", "")
    assert _one(**UNKNOWN["output"]) == ("疑似低效", "低效;预警", "", "output")
    assert _one(**UNKNOWN["vacancy"]) == ("待核", "低效;预警;正常", "", "vacancy")
    assert _one(**UNKNOWN["duration"]) == ("待核", "低效;预警", "", "duration")
    assert _one(**UNKNOWN["completion"]) == ("待核", "低效;观察", "", "completion")
    assert _one(**UNKNOWN["date"]) == ("待核", "低效", "", "stale")


def test_suspicion_needs_everything_but_output() -> None:
    blank = UNKNOWN["output"]
    assert _one(**blank)[0] == "疑似低效"
    assert _one(**blank, vacancy_low=0.3, vacancy_high=0.9)[0] == "疑似低效"
    for name in ("vacancy", "duration", "completion", "date"):
        assert _one(**blank, **UNKNOWN[name])[0] == "待核", name
    assert _one(**blank, data_age_months=13.0)[3] == "output;stale"
    assert _one(**blank, flaw="contradiction", **UNKNOWN["vacancy"])[0] == "待核"
    anything = replace(RULE, vacancy_floor=0.0, market_vacancy=0.0)
    flawed = facts_of({**blank, "flaw": "nothing_on_offer", **UNKNOWN["vacancy"]}, rule=anything)
    assert judge(flawed, anything)["state"].tolist() == ["待核"]


def test_old_data_decide_nothing() -> None:
    assert _one(data_age_months=12.0)[0] == "低效"
    assert _one(data_age_months=13.0) == ("待核", "低效", "", "stale")
    assert _one(data_age_months=13.0, ratio_low=0.8, ratio_high=0.8) == (
        "待核",
        "预警",
        "",
        "stale",
    )
    assert _one(data_age_months=13.0, hold="renewal")[0] == "观察"


@pytest.mark.parametrize("hold", HOLDS)
def test_what_is_held_is_only_watched(hold: str) -> None:
    assert _one(hold=hold) == ("观察", "观察", hold, "")
    everything = {key: value for item in UNKNOWN.values() for key, value in item.items()}
    assert _one(hold=hold, **everything) == ("观察", "观察", hold, "")


def test_new_buildings_are_watched_if_surely_new() -> None:
    assert _one(age_low=0.0, age_high=23.0) == ("观察", "观察", "ramp_up", "")
    assert _one(age_low=23.0, age_high=24.0)[0] == "待核"
    assert _one(age_low=24.0, age_high=24.0)[0] == "低效"
    assert _one(age_low=5.0, age_high=5.0, **UNKNOWN["vacancy"])[2] == "ramp_up"


def test_agreeing_ends_are_not_enough_without_evidence() -> None:
    """Vacant for 3 months with high output is normal at any vacancy: but 60 % is known."""
    short = {"months_low": 3.0, "months_high": 3.0, "ratio_low": 1.0, "ratio_high": 1.0}
    assert _one(**short, **UNKNOWN["vacancy"]) == ("待核", "正常", "", "vacancy;evidence")
    lenient = replace(RULE, evidence_share=0.6)
    facts = facts_of({**short, **UNKNOWN["vacancy"]})
    assert judge(facts, lenient)["state"].tolist() == ["正常"]
    # However lenient: areas that contradict each other print nothing.
    wrong = facts_of({**short, **UNKNOWN["vacancy"], "flaw": "contradiction"})
    assert judge(wrong, lenient)["state"].tolist() == ["待核"]


def test_flaws_of_the_areas_are_to_be_verified() -> None:
    carriers = register(
        {"vacant_area_m2": 5_000.0},
        {"locked_area_m2": 10_000.0, "leased_area_m2": 0.0, "vacant_area_m2": 0.0},
    )
    found = underuse(carriers, RULE, benchmarks={"business": 1_800.0})
    assert found["state"].tolist() == ["待核", "待核"]
    assert found["blockers"].str.split(";").str[0].tolist() == ["contradiction", "nothing_on_offer"]
    assert found["blockers"].str.contains("vacancy").all()
    assert found["vacancy_rate"].isna().all()
    assert found["recoverable_area_m2"].tolist() == pytest.approx([np.nan, 0.0], nan_ok=True)


def test_low_output_alone_warns_from_its_own_vacancy_on() -> None:
    facts = facts_of(*({"vacancy_low": v, "vacancy_high": v} for v in (0.0, 0.19, 0.2)))
    assert judge(facts, RULE)["state"].tolist() == ["正常", "正常", "预警"]
    literal = replace(RULE, warning_vacancy=0.0)
    assert judge(facts, literal)["state"].tolist() == ["预警"] * 3
    late = replace(RULE, warning_vacancy=0.9)
    assert judge(facts_of({"months_low": 3.0, "months_high": 3.0}), late)["state"][0] == "正常"


def test_the_order_of_rows_changes_nothing() -> None:
    rng = np.random.default_rng(7)
    rows = [
        {
            "tax_wan": rng.choice([100.0, 900.0, 2_500.0, np.nan]),
            "vacant_area_m2": rng.choice([500.0, 4_000.0, np.nan]),
            "leased_area_m2": None,
            "carrier_class": rng.choice(["business", "university", "characteristic"]),
            "incubated": rng.choice([2.0, 30.0, np.nan]),
            "vacant_since": rng.choice(["2026-09", "2024-09"]),
            "completed": rng.choice(["2010-01", "2026-01", "unknown"]),
        }
        for _ in range(60)
    ]
    carriers = register(*rows)
    mixed = carriers.sample(frac=1.0, random_state=3)
    expected = underuse(carriers, RULE)
    assert expected["state"].nunique() >= 4
    pd.testing.assert_frame_equal(underuse(mixed, RULE).loc[carriers.index], expected)


def test_an_empty_register_has_no_states() -> None:
    found = underuse(register({}).iloc[:0], RULE)
    assert found.empty
    assert {"state", "possible", "blockers", "reason_zh", "missing"} <= set(found.columns)


def _filled(fact: dict[str, Any], item: str) -> list[dict[str, Any]]:
    """Return the facts with one unknown at every value that it may take."""
    if item == "output":
        return [fact | {"ratio_low": r, "ratio_high": r} for r in (-9.0, 0.0, 0.4, 0.5, 0.9, 9.0)]
    if item == "date":
        return [fact | {"data_age_months": age} for age in (0.0, 6.0, 12.0, 13.0, 90.0)]
    name = {"vacancy": "vacancy", "duration": "months", "completion": "age"}[item]
    low, high = fact[f"{name}_low"], fact[f"{name}_high"]
    steps = (
        [0.0, 0.1, 0.2, 0.25, 0.3, 0.8, 1.0] if item == "vacancy" else [0, 6, 11, 12, 23, 24, 99]
    )
    values = sorted({low, high, *(step for step in steps if low <= step <= high)})
    filled = [fact | {f"{name}_low": v, f"{name}_high": v} for v in values]
    if item == "vacancy":
        filled = [f | {"flaw": ""} for f in filled]
        # What is not vacant has not been vacant for any time.
        filled = [
            f | {"months_low": 0.0, "months_high": 0.0} if f["vacancy_low"] == 0 else f
            for f in filled
        ]
    return filled


FIELDS = {
    "vacant_area_m2": "vacancy",
    "vacant_since": "duration",
    "tax_wan": "output",
    "completed": "completion",
    "data_date": "date",
}


@pytest.mark.parametrize("seed", range(3))
def test_what_would_change_is_what_filling_in_changes(seed: int) -> None:
    facts = random_facts(60, 100 + seed).assign(missing=";".join(FIELDS))
    found = what_would_change(facts, RULE)
    assert found["item"].tolist() == list(FIELDS.values()) * len(facts)
    for row in found.itertuples():
        fact = _records(facts.loc[[row.row]])[0]
        states = [slow_state(filled, 3) for filled in _filled(fact, str(row.item))]
        ends = [row.state_if_best, row.state_if_worst]
        expected = states[::-1] if row.item == "output" else states
        assert ends == [expected[0], expected[-1]], (fact, row)
        assert row.matters == (set(ends) != {slow_state(fact)})
    assert found["matters"].nunique() == 2


def test_what_would_change_by_hand() -> None:
    facts = facts_of(
        UNKNOWN["output"] | {"missing": "tax_wan"},
        UNKNOWN["completion"] | {"missing": "completed"},
        UNKNOWN["vacancy"] | {"missing": "leased_area_m2;vacant_area_m2"},
        KNOWN,
    )
    rows = what_would_change(facts, RULE)
    assert rows.drop(columns="item").to_numpy().tolist() == [
        [0, "tax_wan", "预警", "低效", True],
        [1, "completed", "观察", "低效", True],
        [2, "leased_area_m2", "正常", "低效", True],
        [2, "vacant_area_m2", "正常", "低效", True],
    ]


def test_states_are_ordered_by_how_much_attention_they_need() -> None:
    assert STATES == ("正常", "观察", "待核", "预警", "疑似低效", "低效")
