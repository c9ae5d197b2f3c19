"""The judgements in the rule of underused space, each a number that a planner may move."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import fields
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from geo.parameters import in_one_line
from geo.parameters import require

if TYPE_CHECKING:
    from collections.abc import Mapping

RULE_VERSION = "underuse-2026.1"
"""Name of the rule; it changes when a result could change."""

TAX = "tax"
INCUBATED = "incubated"
YARDSTICKS: Mapping[str, str] = MappingProxyType({"university": INCUBATED, "incubator": INCUBATED})
"""Yardstick of output by class of carrier: firms in incubation, elsewhere tax."""

EVIDENCE = ("vacancy", "duration", "output", "completion", "date")
"""What the evidence share counts."""

_SHARES = (
    "vacancy_floor",
    "market_vacancy",
    "low_output_share",
    "warning_vacancy",
    "evidence_share",
    "kept_vacancy",
)
_MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])")
_LENGTHS = ("vacant_months", "ramp_up_months", "stale_months")


@dataclass(frozen=True, slots=True)
class UnderuseParameters:
    """Thresholds of the rule. Every one is a judgement [J] unless noted.

    Attributes
    ----------
    as_of
        The day on which the question is asked.
    vacancy_floor
        Vacancy from which on a building is too empty, share in [0, 1].
    market_vacancy
        Vacancy of comparable space on the market; a building is too empty only if it
        is at least as empty. The default is the share of grade A offices outside the
        centre of Shanghai in the first half of 2025, as the press quotes CBRE.
    market_date
        The month that `market_vacancy` is of.
    vacant_months
        Months of vacancy from which on it is structural.
    low_output_share
        Output below this share of the median of its class is low.
    warning_vacancy
        Low output alone is a warning from this vacancy on; 0 warns by output alone.
    ramp_up_months
        For so long after completion or a full refit a building is watched only.
    stale_months
        Data older than this says nothing about today.
    evidence_share
        With less of the evidence known no judgement is printed.
    kept_vacancy
        Vacancy that is kept for normal turnover and not counted as recoverable.
    least_peers
        With fewer peers that report there is no median to compare with.
    weight_vacancy, weight_duration, weight_output, weight_completion, weight_date
        Weights of the evidence, used as shares of their sum.
    """

    as_of: date
    vacancy_floor: float = 0.30
    market_vacancy: float = 0.246
    market_date: str = "2025-06"
    vacant_months: float = 12.0
    low_output_share: float = 0.50
    warning_vacancy: float = 0.20
    ramp_up_months: float = 24.0
    stale_months: float = 12.0
    evidence_share: float = 0.80
    kept_vacancy: float = 0.15
    least_peers: int = 3
    weight_vacancy: float = 0.40
    weight_duration: float = 0.15
    weight_output: float = 0.25
    weight_completion: float = 0.10
    weight_date: float = 0.10

    def __post_init__(self) -> None:
        """Refuse values that mean nothing.

        Raises
        ------
        ValueError
            Naming the parameter, its value and what it must be.
        """
        if not hasattr(self.as_of, "toordinal"):
            msg = f"`as_of` must be a date, not {self.as_of!r}."
            raise ValueError(msg)
        if not _MONTH.fullmatch(self.market_date):
            msg = f"`market_date` must be a month such as 2025-06, not {self.market_date!r}."
            raise ValueError(msg)
        for name in _SHARES:
            require(name, (getattr(self, name),), least=0.0, most=1.0)
        for name in _LENGTHS:
            require(name, (getattr(self, name),), least=0.0)
        require("least_peers", (self.least_peers,), least=1.0)
        for name in EVIDENCE:
            require(f"weight_{name}", (getattr(self, f"weight_{name}"),), least=0.0)
        if not sum(self.weights.values()) > 0:
            msg = "The weights of the evidence must not all be 0."
            raise ValueError(msg)

    @property
    def high_vacancy(self) -> float:
        """Vacancy from which on a building is too empty: not better than the market."""
        return max(self.vacancy_floor, self.market_vacancy)

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each piece of evidence, not yet normalised."""
        return {name: float(getattr(self, f"weight_{name}")) for name in EVIDENCE}

    def as_dict(self) -> dict[str, float | str]:
        """Return all parameters by name, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}

    def as_text(self) -> str:
        """Return all parameters as one line, ``name=value; …``, to travel with a number."""
        return in_one_line(self.as_dict())
