"""Small cards and tables for the tests of the scorecards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from geo.scorecards import CardGroup
from geo.scorecards import Criterion
from geo.scorecards import Grade
from geo.scorecards import Scorecard

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.scorecards.card import Direction
    from geo.scorecards.values import Points

FULL: Points = ((0.0, 0.0), (100.0, 100.0))
GRADES = (
    Grade("优", "excellent", 85.0),
    Grade("良", "good", 70.0),
    Grade("合格", "pass", 60.0),
    Grade("不合格", "fail", 0.0),
)
KEYS = ("a", "b", "c", "d")


def criterion(
    key: str,
    weight: float = 1.0,
    points: Points = FULL,
    direction: Direction = "more",
    group: str = "g",
) -> Criterion:
    return Criterion(key, group, weight, points, direction)


def card(
    weights: dict[str, float] | list[Criterion],
    *,
    grades: tuple[Grade, ...] = GRADES,
    evidence_share: float = 0.8,
) -> Scorecard:
    """Make a card of criteria, or of weights of criteria from 0 to 100."""
    parts: Sequence[Criterion] = (
        [criterion(key, weight) for key, weight in weights.items()]
        if isinstance(weights, dict)
        else weights
    )
    return Scorecard(
        key="test",
        version="2026.1",
        title_zh="测试",
        title_en="Test",
        subjects=(("parks", "", ""),),
        groups=tuple(CardGroup(g, g, g) for g in sorted({part.group for part in parts})),
        criteria=tuple(parts),
        grades=grades,
        evidence_share=evidence_share,
    )


def table(rows: Mapping[str, Sequence[float | None]], keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Make raw values by place; None is not known."""
    frame = pd.DataFrame.from_dict(dict(rows), orient="index", columns=list(keys))
    return frame.astype("float64")


@st.composite
def criteria(draw: Callable[[st.SearchStrategy[object]], object], key: str) -> Criterion:
    """A criterion with two to five anchors, either direction."""
    raw = draw(st.lists(st.integers(-50, 50), min_size=2, max_size=5, unique=True))
    assert isinstance(raw, list)
    size = len(raw)
    value = draw(
        st.lists(st.integers(0, 100), min_size=size, max_size=size).filter(
            lambda v: min(v) < max(v)
        )
    )
    assert isinstance(value, list)
    more = bool(draw(st.booleans()))
    weight = draw(st.integers(1, 40))
    assert isinstance(weight, int)
    ordered = sorted(value) if more else sorted(value, reverse=True)
    points = tuple((float(x), float(v)) for x, v in zip(sorted(raw), ordered, strict=True))
    return criterion(key, float(weight), points, "more" if more else "less")


@st.composite
def cards(draw: Callable[[st.SearchStrategy[object]], object]) -> Scorecard:
    """A card of two to six criteria."""
    count = draw(st.integers(2, 6))
    assert isinstance(count, int)
    parts = [draw(criteria(f"k{number}")) for number in range(count)]
    return card([part for part in parts if isinstance(part, Criterion)])


def raw_tables(made: Scorecard, seed: int, places: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make raw intervals: a third known, a third between two ends, a third with an open end."""
    rng = np.random.default_rng(seed)
    shape = (places, len(made.keys))
    low = np.round(rng.uniform(-60, 60, shape), 1)
    kind = rng.integers(0, 6, shape)
    high = np.where(kind < 2, low, low + np.round(rng.uniform(0, 40, shape), 1))
    low = np.where(np.isin(kind, (4, 5)), np.nan, low)
    high = np.where(kind == 5, np.nan, high)
    index = pd.Index([f"p{number}" for number in range(places)])
    keys = list(made.keys)
    return pd.DataFrame(low, index, keys), pd.DataFrame(high, index, keys)
