"""Symbols at one place are set apart, and only these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.sheet.apart import set_apart
from layers.sheet.records import SheetLayer
from layers.style import LayerStyle
from layers.style import Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = (0.0, 0.0, 1000.0, 1000.0)


def layer(points: list[tuple[float, float]], key: str = "parks", size: float = 10) -> SheetLayer:
    frame = gpd.GeoDataFrame(
        {"id": range(len(points))}, geometry=[shapely.Point(p) for p in points], crs=4549
    )
    style = LayerStyle("", Symbol(size=size), (), by_prefix=False, label_field="", label_min_zoom=0)
    return SheetLayer(key, key, frame, style, np.zeros(len(points), dtype=bool))


def places(layers: list[SheetLayer]) -> NDArray[np.float64]:
    return np.concatenate([shapely.get_coordinates(one.frame.geometry) for one in layers])


def test_two_symbols_at_one_place_stand_beside_each_other() -> None:
    moved, count = set_apart([layer([(500, 500)]), layer([(500, 500)], "carriers")], SHOWN, 2.0)
    assert count == 2
    xy = places(moved)
    assert xy.mean(axis=0) == pytest.approx([500, 500])
    # Symbols of 10 px are 20 m here, and stand nearly a symbol apart.
    assert np.hypot(*(xy[0] - xy[1])) == pytest.approx(19)


def test_what_is_seen_anyway_stays_where_it_is() -> None:
    layers = [layer([(100, 100), (111, 100), (900, 900)])]
    moved, count = set_apart(layers, SHOWN, 2.0)
    assert count == 0
    np.testing.assert_array_equal(places(moved), places(layers))


def test_areas_plans_and_what_lies_outside_stay() -> None:
    area = layer([(500, 500)])
    area.frame.geometry = area.frame.buffer(50)
    plan = layer([(500, 500), (500, 500)], "sites")
    outside = layer([(2000, 2000), (2000, 2000)])
    moved, count = set_apart([area, plan, outside], SHOWN, 2.0)
    assert count == 0
    assert moved == [area, plan, outside]


def test_nothing_to_draw_is_nothing_to_move() -> None:
    assert set_apart([], SHOWN, 1.0) == ([], 0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(450, 550).map(float), st.integers(450, 550).map(float)),
        min_size=1,
        max_size=12,
    )
)
def test_no_symbol_goes_far_and_coinciding_ones_part(points: list[tuple[float, float]]) -> None:
    metres = 1.0
    moved, count = set_apart([layer(points)], SHOWN, metres)
    before, after = np.array(points), places(moved)
    assert len(after) == len(before)
    together = np.hypot(*(before[:, None] - before[None]).transpose(2, 0, 1)) == 0
    np.fill_diagonal(together, val=False)
    apart = np.hypot(*(after[:, None] - after[None]).transpose(2, 0, 1))
    assert (apart[together] > 4).all()
    near = np.hypot(*(before[:, None] - before[None]).transpose(2, 0, 1)) <= 5
    alone = near.sum(axis=1) == 1
    np.testing.assert_array_equal(after[alone], before[alone])
    assert count == int((~alone).sum())
