"""Underused building space: vacancy, output, a rule with six states, and how sure it is.

Read it in this order: :mod:`~geo.underuse.parameters` (the judgements),
:mod:`~geo.underuse.areas` and :mod:`~geo.underuse.facts` (what is known, as intervals),
:mod:`~geo.underuse.rule` (the states), :mod:`~geo.underuse.reasons` (the words).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.underuse.areas import recoverable_interval
from geo.underuse.areas import vacancy_interval
from geo.underuse.facts import evidence
from geo.underuse.facts import underuse_facts
from geo.underuse.gaps import Gaps
from geo.underuse.gaps import parse_gaps
from geo.underuse.parameters import RULE_VERSION
from geo.underuse.parameters import TAX
from geo.underuse.parameters import YARDSTICKS
from geo.underuse.parameters import UnderuseParameters
from geo.underuse.reasons import STATE_NAMES_EN
from geo.underuse.reasons import reason
from geo.underuse.rule import HOLDS
from geo.underuse.rule import STATES
from geo.underuse.rule import exact_state
from geo.underuse.rule import judge
from geo.underuse.rule import what_would_change

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "HOLDS",
    "RULE_VERSION",
    "STATES",
    "STATE_NAMES_EN",
    "YARDSTICKS",
    "Gaps",
    "UnderuseParameters",
    "evidence",
    "exact_state",
    "judge",
    "parse_gaps",
    "reason",
    "recoverable_interval",
    "underuse",
    "underuse_facts",
    "vacancy_interval",
    "what_would_change",
]


def underuse(
    carriers: pd.DataFrame,
    parameters: UnderuseParameters,
    *,
    benchmarks: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Judge the building space of a register.

    Parameters
    ----------
    carriers
        The register, columns as in the catalogue; an absent one is unknown.
    parameters
        The day of the question, thresholds and weights.
    benchmarks
        Median output by class, to judge by frozen medians.

    Returns
    -------
    pandas.DataFrame
        Index of `carriers`: the facts of :func:`underuse_facts`, the judgement of
        :func:`judge`, and ``vacancy_rate``, ``vacant_months``, ``recoverable_area_m2``
        (NaN unless exact), ``tax_yuan_m2`` and ``peer_median_tax_yuan_m2`` (NaN where
        another yardstick is used), ``reason_zh``, ``reason_en``, ``rule_version``.

    Raises
    ------
    ValueError
        If two rows have one index label.
    """
    facts = underuse_facts(carriers, parameters, benchmarks=benchmarks)
    judged = judge(facts, parameters)
    tax = facts["yardstick"].eq(TAX)
    told = [
        reason(fact, found, parameters)
        for fact, found in zip(facts.to_dict("records"), judged.to_dict("records"), strict=True)
    ]
    return facts.join(judged).assign(
        vacancy_rate=_exact(facts, "vacancy").where(facts["flaw"].eq("")),
        vacant_months=_exact(facts, "months"),
        recoverable_area_m2=_exact(facts, "recoverable"),
        tax_yuan_m2=facts["output_low"].where(tax),
        peer_median_tax_yuan_m2=facts["peer_median"].where(tax),
        reason_zh=pd.Series([s.zh for s in told], index=carriers.index, dtype="str"),
        reason_en=pd.Series([s.en for s in told], index=carriers.index, dtype="str"),
        rule_version=RULE_VERSION,
    )


def _exact(facts: pd.DataFrame, name: str) -> pd.Series:
    low, high = facts[f"{name}_low"], facts[f"{name}_high"]
    return low.where(low.eq(high)).astype("float64")
