"""Targets, terms and values as the tests write them down."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.errors import Text
from layers.targets import Target
from layers.targets import standing_of

if TYPE_CHECKING:
    from layers.targets import Standing

CATALOGUE = load_catalogue()
TODAY = dt.date(2025, 9, 15)
REVENUE = Target(
    target_id="revenue",
    title=Text("产业规模", "Revenue"),
    kind="total",
    unit=Text("亿元", "100 million yuan"),
    number=1400.0,
    end=dt.date(2026, 12, 31),
    parts=("A", "B"),
)
RESEARCH = Target(
    target_id="research",
    title=Text("研发占比", "Research share"),
    kind="ratio",
    unit=Text("%", "%"),
    number=5.0,
    end=dt.date(2026, 12, 31),
)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def frame(key: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of a layer, through its contract: nothing that could not be imported."""
    spec = CATALOGUE.layer(key)
    raw = pd.DataFrame(list(rows), columns=list(spec.field_names), dtype=object)
    checked = conform(raw, spec)
    assert checked.rejected.empty, checked.rejected
    return pd.DataFrame(checked.accepted)


def terms(target_id: str, **given: Any) -> pd.DataFrame:
    whole = {
        "scope": "在区企业",
        "base_value": 1000,
        "base_date": "2023-12-31",
        "owner": "科经委",
    }
    return frame("target_terms", {"target_id": target_id, **whole, **given})


def values(target_id: str, *rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"target_id": target_id, "basis": "rolling"}
    return frame(
        "target_values",
        *({"value_id": f"v{n}", **usual, **row} for n, row in enumerate(rows)),
    )


def standing(
    target: Target,
    *rows: dict[str, Any],
    today: dt.date = TODAY,
    **given: Any,
) -> Standing:
    tables = {
        "target_terms": terms(target.target_id, **given),
        "target_values": values(target.target_id, *rows),
    }
    return standing_of(tables, target, today)


def told(one: Standing) -> str:
    return " | ".join(reason.zh for reason in one.reasons)
