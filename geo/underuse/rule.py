"""The rule: from what is known of building space to one of six states.

A state is printed only if every value that the unknowns may take gives it. The rule is
monotone in each of its numbers, so that the ends of the ranges and the thresholds
between them show all there is.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.phrases import CLOSE
from geo.underuse.facts import evidence
from geo.underuse.parameters import EVIDENCE
from geo.underuse.register import joined_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.underuse.parameters import UnderuseParameters

    Floats = NDArray[np.float64]

INEFFICIENT = "低效"
SUSPECTED = "疑似低效"
WARNING = "预警"
WATCHED = "观察"
OPEN = "待核"
NORMAL = "正常"

STATES = (NORMAL, WATCHED, OPEN, WARNING, SUSPECTED, INEFFICIENT)
"""All states, what needs attention last."""

RAMP_UP = "ramp_up"
HOLDS = ("renewal", "contracted", "not_assessed")
"""Why a building is exempt: the register says what it is held for."""

_CODES = (NORMAL, WARNING, INEFFICIENT, WATCHED)  # what a number of exact_state means
_SHOWN = (INEFFICIENT, WARNING, WATCHED, NORMAL)
_ITEMS = ("vacancy", "duration", "output", "completion")


def exact_state(
    vacancy: Floats, months: Floats, ratio: Floats, age: Floats, parameters: UnderuseParameters
) -> NDArray[np.int8]:
    """Return the state of building space of which everything is known.

    Parameters
    ----------
    vacancy
        Share of the marketable space that stands empty, in [0, 1].
    months
        Months since the largest vacant block fell empty.
    ratio
        Output over the median of its class.
    age
        Months since completion or full refit.
    parameters
        The thresholds.

    Returns
    -------
    numpy.ndarray
        0 正常, 1 预警, 2 低效, 3 观察; the shape of the arguments together.
    """
    # Quotients meet their thresholds with a slack: 0.3 computed is not always 0.3.
    high = vacancy >= parameters.high_vacancy - CLOSE
    empty = high & (months >= parameters.vacant_months)
    low = ratio < parameters.low_output_share - CLOSE
    warned = empty | (low & (vacancy >= parameters.warning_vacancy - CLOSE))
    code = np.where(empty & low, 2, np.where(warned, 1, 0))
    return np.where(age < parameters.ramp_up_months, 3, code).astype(np.int8)


def judge(facts: pd.DataFrame, parameters: UnderuseParameters) -> pd.DataFrame:
    """Return the state of every carrier, and what keeps the open ones open.

    Parameters
    ----------
    facts
        Result of :func:`geo.underuse.facts.underuse_facts`.
    parameters
        The thresholds.

    Returns
    -------
    pandas.DataFrame
        ``state``, one of :data:`STATES`; ``possible``, the states that the unknowns
        leave open, joined by ``;``; ``exemption`` (empty, ``ramp_up`` or one of
        :data:`HOLDS`); ``blockers``, why nothing firmer is said, joined by ``;``
        (``contradiction``, ``doubted``, ``nothing_on_offer``, ``vacancy``, ``duration``,
        ``output``, ``completion``, ``stale``, ``evidence``); index of `facts`.
    """
    reach = _reachable(facts, parameters)
    alone = reach.sum(axis=1) == 1
    only = np.asarray(_CODES, dtype=object)[reach.argmax(axis=1)]
    fresh = facts["knows_date"].to_numpy()
    enough = facts["evidence_share"].to_numpy() >= parameters.evidence_share
    held = facts["hold"].isin(HOLDS).to_numpy()
    young = alone & (only == WATCHED)
    sound = facts["flaw"].eq("").to_numpy()
    settled = alone & enough & sound & fresh
    suspected = _suspected(facts, parameters) & fresh
    state = np.select([held | young, settled, suspected], [WATCHED, only, SUSPECTED], OPEN)
    exemption = np.where(held, facts["hold"], np.where(young, RAMP_UP, ""))
    return pd.DataFrame(
        {
            "state": pd.array(state, dtype="str"),
            "possible": pd.array(_listed(reach, state), dtype="str"),
            "exemption": pd.array(exemption, dtype="str"),
            "blockers": _blockers(facts, state, stale=~fresh, thin=alone & ~enough),
        },
        index=facts.index,
    )


def _reachable(facts: pd.DataFrame, parameters: UnderuseParameters) -> NDArray[np.bool_]:
    """Tell which exact states the ranges leave open, shape (carriers, 4)."""
    low, high = facts["vacancy_low"].to_numpy(), facts["vacancy_high"].to_numpy()
    steps = (parameters.warning_vacancy, parameters.high_vacancy)
    vacancies = (low, high, *(np.clip(step, low, high) for step in steps))
    ratios = (
        facts["ratio_low"].fillna(-np.inf).to_numpy(),
        facts["ratio_high"].fillna(np.inf).to_numpy(),
    )
    months = (facts["months_low"].to_numpy(), facts["months_high"].to_numpy())
    ages = (facts["age_low"].to_numpy(), facts["age_high"].to_numpy())
    reach = np.zeros((len(facts), len(_CODES)), dtype=bool)
    rows = np.arange(len(facts))
    for vacancy, month, ratio, age in product(vacancies, months, ratios, ages):
        reach[rows, exact_state(vacancy, month, ratio, age, parameters)] = True
    return reach


def _suspected(facts: pd.DataFrame, parameters: UnderuseParameters) -> NDArray[np.bool_]:
    """Tell where everything is known to be inefficient but the output."""
    empty = facts["flaw"].eq("") & facts["vacancy_low"].ge(parameters.high_vacancy - CLOSE)
    long = facts["months_low"].ge(parameters.vacant_months)
    grown = facts["age_low"].ge(parameters.ramp_up_months)
    return (empty & long & grown & ~facts["knows_output"]).to_numpy()


def _listed(reach: NDArray[np.bool_], state: NDArray[np.object_]) -> NDArray[np.object_]:
    table = pd.DataFrame({name: reach[:, _CODES.index(name)] for name in _SHOWN})
    return np.where(state == WATCHED, WATCHED, joined_names(table)).astype(object)


def _blockers(
    facts: pd.DataFrame,
    state: NDArray[np.object_],
    *,
    stale: NDArray[np.bool_],
    thin: NDArray[np.bool_],
) -> pd.Series:
    table = pd.DataFrame(
        {
            "contradiction": facts["flaw"].eq("contradiction"),
            "doubted": facts["flaw"].eq("doubted"),
            "nothing_on_offer": facts["flaw"].eq("nothing_on_offer"),
            **{name: ~facts[f"knows_{name}"] for name in _ITEMS},
            "stale": stale,
            "evidence": thin,
        }
    )
    named = np.where(np.isin(state, (OPEN, SUSPECTED)), joined_names(table), "")
    return pd.Series(named, index=facts.index, dtype="str")


_FIELD_ITEMS = {
    "vacant_since": "duration",
    "tax_wan": "output",
    "incubated": "output",
    "gross_area_m2": "output",
    "carrier_class": "output",
    "completed": "completion",
    "data_date": "date",
}


def what_would_change(facts: pd.DataFrame, parameters: UnderuseParameters) -> pd.DataFrame:
    """Say what each missing number could make of the state, the other unknowns left open.

    Parameters
    ----------
    facts
        Result of :func:`geo.underuse.facts.underuse_facts`, any rows of it.
    parameters
        The thresholds.

    Returns
    -------
    pandas.DataFrame
        One row for each field that is missing: ``row`` (label of `facts`), ``field``,
        ``item`` (which evidence it belongs to), ``state_if_best``, ``state_if_worst``
        (at the ends of its range that speak least and most for 低效; the best age is the
        least, which exempts) and ``matters``, whether either differs from the state
        without it.
    """
    now = judge(facts, parameters)["state"]
    best = {item: _with(facts, parameters, item, best=True) for item in EVIDENCE}
    worst = {item: _with(facts, parameters, item, best=False) for item in EVIDENCE}
    rows = []
    for position, (label, missing) in enumerate(facts["missing"].items()):
        for field in filter(None, missing.split(";")):
            item = _FIELD_ITEMS.get(field, "vacancy")
            ends = best[item].iloc[position], worst[item].iloc[position]
            rows.append((label, field, item, *ends, ends != (now.iloc[position],) * 2))
    columns = ["row", "field", "item", "state_if_best", "state_if_worst", "matters"]
    return pd.DataFrame(rows, columns=columns)


def _with(
    facts: pd.DataFrame, parameters: UnderuseParameters, item: str, *, best: bool
) -> pd.Series:
    """Return the states if one piece of evidence were known, at its best or worst."""
    changed = facts.assign(**_known_end(facts, item, best=best))
    known = evidence(changed, parameters)
    return judge(changed.assign(**{name: known[name] for name in known.columns}), parameters)[
        "state"
    ]


def _known_end(facts: pd.DataFrame, item: str, *, best: bool) -> dict[str, pd.Series | float]:
    end = "low" if best else "high"
    if item == "vacancy":
        rate = facts[f"vacancy_{end}"]
        # What is wrong can be put right; where nothing is on offer there is no rate.
        flaw = facts["flaw"].where(facts["flaw"].eq("nothing_on_offer"), "")
        months = {name: facts[name].mask(rate.eq(0), 0.0) for name in ("months_low", "months_high")}
        return {"vacancy_low": rate, "vacancy_high": rate, "flaw": flaw, **months}
    if item == "output":
        ratio = np.inf if best else -np.inf
        return {"ratio_low": ratio, "ratio_high": ratio}
    if item == "date":
        return {"data_age_months": 0.0 if best else np.inf}
    name = "months" if item == "duration" else "age"
    known = facts[f"{name}_{end}"]
    return {f"{name}_low": known, f"{name}_high": known}
