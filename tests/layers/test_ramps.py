"""Every reader can tell the classes apart, whatever colours they see."""

from __future__ import annotations

from itertools import combinations
from itertools import pairwise

import numpy as np
import pytest

from layers.ramps import DASHES
from layers.ramps import DIVERGING
from layers.ramps import HATCHES
from layers.ramps import MOST_CATEGORIES
from layers.ramps import PALETTE
from layers.ramps import RAMPS
from layers.ramps import SHAPES
from layers.ramps import UNKNOWN_COLOUR
from layers.ramps import UNKNOWN_DASH
from layers.ramps import UNKNOWN_HATCH
from layers.ramps import UNKNOWN_SHAPE
from layers.ramps import diverging
from layers.ramps import ramp_colours
from layers.ramps import sequential
from layers.style import SKETCH_DASH

# Smallest difference (CIE 1976, CIELAB) of classes that stand beside each other in a
# legend, and of any two categories. About 2.3 is just noticeable on touching areas
# (M. Mahy and others, 1994); areas of a map lie apart, so we ask for four times that.
NEIGHBOURS = 9.0
CATEGORIES = 15.0

# Linear RGB as a dichromat sees it: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes,
# "A physiologically-based model for simulation of color vision deficiency", IEEE TVCG
# 15(6), 2009, severity 1.0.
SIGHTS = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# IEC 61966-2-1 (sRGB): linear RGB to XYZ, white D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
EVERY_SIGHT = pytest.mark.parametrize("sight", SIGHTS)
ONE_WAY = [ramp for ramp in RAMPS if ramp != DIVERGING]


def _lab(colours: tuple[str, ...], sight: str) -> np.ndarray:
    """CIELAB of colours as somebody sees them, shape (n, 3)."""
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ SIGHTS[sight].T, 0, 1)
    ratio = seen @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    cubic = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = cubic.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def _closest_neighbours(colours: tuple[str, ...], sight: str) -> float:
    return float(np.linalg.norm(np.diff(_lab(colours, sight), axis=0), axis=1).min())


def test_the_measure_agrees_with_known_colours() -> None:
    # White, black and sRGB red by CIE 15 with D65.
    lab = _lab(("#ffffff", "#000000", "#ff0000"), "normal")
    assert lab[0] == pytest.approx([100, 0, 0], abs=0.01)
    assert lab[1] == pytest.approx([0, 0, 0], abs=0.01)
    assert lab[2] == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


@EVERY_SIGHT
def test_a_simulated_reader_sees_grey_as_grey(sight: str) -> None:
    assert SIGHTS[sight].sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


def test_red_and_green_look_alike_to_two_readers_of_three() -> None:
    pair = ("#b0644a", "#7d7a45")  # equally light
    distance = {sight: float(np.linalg.norm(np.subtract(*_lab(pair, sight)))) for sight in SIGHTS}
    assert distance["normal"] > 30
    assert max(distance["protan"], distance["deutan"]) < 20
    assert distance["tritan"] > 25


@EVERY_SIGHT
@pytest.mark.parametrize("count", range(2, 8))
@pytest.mark.parametrize("ramp", ONE_WAY)
def test_a_ramp_darkens_step_by_step_for_everybody(ramp: str, count: int, sight: str) -> None:
    colours = sequential(ramp, count)
    assert len(colours) == count
    lightness = _lab(colours, sight)[:, 0]
    assert (np.diff(lightness) < -NEIGHBOURS).all()
    assert _closest_neighbours(colours, sight) >= NEIGHBOURS


SIDES = [
    (below, above, middle)
    for below in range(8)
    for above in range(8)
    for middle in (False, True)
    if 2 <= below + above + middle <= 7
]


@EVERY_SIGHT
@pytest.mark.parametrize(("below", "above", "middle"), SIDES)
def test_a_diverging_ramp_is_lightest_at_zero_for_everybody(
    below: int, above: int, middle: bool, sight: str
) -> None:
    colours = diverging(below, above, middle=middle)
    assert len(set(colours)) == len(colours) == below + above + middle
    assert _closest_neighbours(colours, sight) >= NEIGHBOURS
    lightness = _lab(colours, sight)[:, 0]
    assert (np.diff(lightness[:below]) > 0).all()
    assert (np.diff(lightness[below + middle :]) < 0).all()
    if middle:
        assert lightness[below] == lightness.max()


def test_the_same_distance_from_zero_is_the_same_step_on_both_sides() -> None:
    colours = diverging(1, 4, middle=True)
    steps = _lab(colours, "normal")[:, 0]
    assert abs(steps[0] - steps[2]) < 6  # first blue and first orange
    assert steps[0] - steps[-1] > 40


@pytest.mark.parametrize(
    ("edges", "sides"),
    [
        ((-4.0, -2.0, 0.0, 2.0), "bbo"),  # zero belongs to the class that ends with it
        ((-4.0, -2.0, 2.0, 4.0), "bno"),
        ((0.0, 1.0, 2.0), "oo"),
        ((0.0, 0.0, 2.0), "oo"),
        ((-3.0, -2.0, -1.0), "bb"),
        ((-1.0, 1.0), "n"),
    ],
)
def test_blue_is_below_zero_and_orange_above(edges: tuple[float, ...], sides: str) -> None:
    blue = {c for n in range(3, 8) for c in sequential("blues", n)}
    orange = {c for n in range(3, 8) for c in sequential("oranges", n)}
    colours = ramp_colours(DIVERGING, edges)
    assert "".join("b" if c in blue else "o" if c in orange else "n" for c in colours) == sides


@pytest.mark.parametrize("ramp", RAMPS)
@pytest.mark.parametrize("count", range(1, 8))
def test_every_ramp_colours_every_number_of_classes(ramp: str, count: int) -> None:
    edges = tuple(float(n) for n in range(-3, count - 2))
    colours = ramp_colours(ramp, edges)
    assert len(colours) == count
    assert all(len(c) == 7 and int(c[1:], 16) >= 0 for c in colours)


@EVERY_SIGHT
def test_any_two_categories_differ_for_everybody(sight: str) -> None:
    lab = _lab((*PALETTE, UNKNOWN_COLOUR), sight)
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(lab, 2)) >= CATEGORIES


def test_there_is_a_mark_for_every_category_and_another_for_unknown() -> None:
    for marks, unknown in (
        (SHAPES, UNKNOWN_SHAPE),
        (HATCHES, UNKNOWN_HATCH),
        (DASHES, UNKNOWN_DASH),
    ):
        assert len(set(marks)) == len(marks) == MOST_CATEGORIES / 2
        assert unknown not in marks
    assert SKETCH_DASH not in {*DASHES, UNKNOWN_DASH}


def test_seven_classes_keep_their_steps_even() -> None:
    for ramp in ONE_WAY:
        steps = [a - b for a, b in pairwise(_lab(sequential(ramp, 7), "normal")[:, 0].tolist())]
        assert max(steps) - min(steps) < 1.5, ramp
