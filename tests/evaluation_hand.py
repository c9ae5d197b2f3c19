"""A card and layers that scores can be worked out from by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.scorecards import CardGroup
from geo.scorecards import Criterion
from geo.scorecards import Grade
from geo.scorecards import Scorecard
from layers.catalogue import load_catalogue
from layers.contract import conform

if TYPE_CHECKING:
    from collections.abc import Sequence

GRADES = (
    Grade("优", "excellent", 85),
    Grade("良", "good", 70),
    Grade("合格", "pass", 60),
    Grade("不合格", "fail", 0),
)
STRAIGHT = ((0.0, 0.0), (100.0, 100.0))


def rows(layer: str, *content: dict[str, Any]) -> Any:
    """Return rows of a layer as the intake would leave them."""
    taken = conform(pd.DataFrame(list(content), dtype=object), load_catalogue().layer(layer))
    assert len(taken.accepted) == len(content), taken.issues
    return taken.accepted


def criterion(key: str, weight: float, group: str = "g", **changes: Any) -> Criterion:
    """Return a criterion whose value is its raw number unless told otherwise."""
    given: dict[str, Any] = {
        "points": STRAIGHT,
        "direction": "more",
        "title_zh": f"指标{key}",
        "title_en": f"criterion {key}",
        **changes,
    }
    return Criterion(key=key, group=group, weight=weight, **given)


def card(*criteria: Criterion, key: str = "university", **changes: Any) -> Scorecard:
    """Return a card of these criteria for the parks of the class `key`."""
    groups = dict.fromkeys(criterion.group for criterion in criteria)
    given: dict[str, Any] = {
        "subjects": (("parks", "park_class", key), ("parks", "second_class", key)),
        "grades": GRADES,
        **changes,
    }
    return Scorecard(
        key=key,
        version=f"{key}-test",
        title_zh="测试评价表",
        title_en="Card of the tests",
        groups=tuple(CardGroup(group, f"大类{group}", f"heading {group}") for group in groups),
        criteria=criteria,
        **given,
    )


def park(park_id: str, **values: Any) -> dict[str, Any]:
    return {"park_id": park_id, "name": f"园{park_id}", "park_class": "university", **values}


def record(subject: str, indicator: str, value: float | None, **values: Any) -> dict[str, Any]:
    """Return one row of ``indicators``."""
    period = values.get("period", 2025)
    return {
        "record_id": f"{subject}-{period}-{indicator}-{values.pop('number', 1)}",
        "card": "university",
        "subject_id": subject,
        "period": period,
        "indicator": indicator,
        "value": value,
        "data_date": f"{period}-12-31",
        "source": "台账",
        **values,
    }


def tables(
    parks: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """Return the layers of an evaluation."""
    return {
        "parks": rows("parks", *parks),
        "indicators": rows("indicators", *records),
        **{key: rows(key, *content) for key, content in more.items()},
    }
