from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geo.helmert import fit_affine
from geo.helmert import fit_similarity

RNG = np.random.default_rng(4)
# A grid of the size of a city, and one in millions of metres.
SMALL = RNG.uniform(-20_000, 20_000, (7, 2))
LARGE = SMALL + np.array([40_642_843.0, 3_462_989.0])


def turned(points: Any, scale: float, angle: float, dx: float, dy: float) -> Any:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + [dx, dy]


def by_lstsq(source: Any, target: Any) -> Any:
    """Solve x' = a x - b y + c, y' = b x + a y + d by numpy, as an independent value."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        right += [u, v]
    return np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]


@pytest.mark.parametrize("angle", [0.0, 0.003, -2.5, np.pi / 2, np.pi])
@pytest.mark.parametrize("scale", [1.0, 0.9999, 1000.0])
def test_a_known_similarity_comes_back(scale: float, angle: float) -> None:
    target = turned(SMALL, scale, angle, 500_000.0, 3_456_789.0)
    fit = fit_similarity(SMALL, target)
    assert fit.scale == pytest.approx(scale, rel=1e-12)
    assert np.isclose(np.exp(1j * fit.rotation), np.exp(1j * angle), rtol=0, atol=1e-12)
    assert (fit.dx, fit.dy) == pytest.approx((500_000.0, 3_456_789.0), abs=1e-6)
    assert fit.rmse < 1e-8 * scale
    assert fit.n == 7
    assert np.abs(fit.apply(SMALL) - target).max() < 1e-7 * scale


def test_least_squares_agree_with_numpy() -> None:
    target = turned(SMALL, 1.0002, 0.01, 100.0, -50.0) + RNG.normal(0, 0.3, SMALL.shape)
    a, b, c, d = by_lstsq(SMALL, target)
    fit = fit_similarity(SMALL, target)
    assert fit.matrix == pytest.approx(np.array([[a, -b], [b, a]]), abs=1e-12)
    assert (fit.dx, fit.dy) == pytest.approx((c, d), abs=1e-8)
    assert fit.residuals == pytest.approx(fit.apply(SMALL) - target, abs=1e-7)
    lengths = np.hypot(*(fit.apply(SMALL) - target).T)
    assert fit.rmse == pytest.approx(np.sqrt((lengths**2).mean()), abs=1e-9)
    # No small change of any parameter does better.
    for step in np.eye(4) * 1e-6:
        p, q, r, s = np.add((a, b, c, d), step)
        other = SMALL @ np.array([[p, -q], [q, p]]).T + [r, s] - target
        assert (other**2).sum() >= (fit.residuals**2).sum()


def test_millions_of_metres_cost_no_digits() -> None:
    target = turned(SMALL, 1.0, 0.2, 0.0, 0.0)
    fit = fit_similarity(LARGE, target)
    assert fit.rmse < 1e-8
    assert np.abs(fit.apply(LARGE) - target).max() < 1e-6


def test_a_blunder_stands_out() -> None:
    target = turned(SMALL, 1.0, 0.2, 5.0, 6.0)
    target[3, 0] += 10.0
    fit = fit_similarity(SMALL, target)
    assert np.argmax(np.hypot(*fit.residuals.T)) == 3
    assert 1.0 < fit.rmse < 10.0


def test_a_mirrored_plane_is_met_by_affine_only() -> None:
    target = SMALL[:, ::-1] + [1000.0, 2000.0]
    assert fit_similarity(SMALL, target).rmse > 1000.0
    fit = fit_affine(SMALL, target)
    assert fit.rmse < 1e-9
    assert fit.matrix == pytest.approx(np.array([[0.0, 1.0], [1.0, 0.0]]), abs=1e-12)


def test_affine_agrees_with_numpy() -> None:
    true = np.array([[1.01, 0.2], [-0.1, 0.98]])
    target = SMALL @ true.T + [7.0, -8.0] + RNG.normal(0, 0.5, SMALL.shape)
    fit = fit_affine(SMALL, target)
    design = np.column_stack([SMALL, np.ones(7)])
    solved = np.linalg.lstsq(design, target, rcond=None)[0]
    assert fit.matrix == pytest.approx(solved[:2].T, abs=1e-12)
    assert (fit.dx, fit.dy) == pytest.approx(tuple(solved[2]), abs=1e-8)
    assert fit.scale == pytest.approx(np.sqrt(np.linalg.det(true)), abs=1e-3)


def test_two_points_are_met_exactly() -> None:
    fit = fit_similarity([[0, 0], [3, 4]], [[1, 1], [1, 11]])
    assert (fit.scale, fit.rmse) == pytest.approx((2.0, 0.0))
    assert fit_affine([[0, 0], [1, 0], [0, 1]], [[0, 0], [2, 0], [0, 3]]).rmse < 1e-12


@pytest.mark.parametrize("fit", [fit_similarity, fit_affine])
@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ([[0, 0]], [[0, 0]], "at least"),
        ([[0, 0]] * 3, [[0, 0]] * 2, "matched"),
        ([0, 1, 2], [0, 1, 2], "two columns"),
        ([[0, 0, 0]] * 3, [[0, 0, 0]] * 3, "two columns"),
        ([[0, 0], [1, 1], [np.nan, 2]], [[0, 0], [1, 1], [2, 2]], "finite"),
        ([[5e6, 3e6]] * 4, [[0, 0]] * 4, "coincide|one line"),
        ([[0, 0]] * 4, [[0, 0]] * 4, "coincide|one line"),
    ],
)
def test_points_that_fix_nothing_are_refused(
    fit: Any, source: Any, target: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit(source, target)


def test_points_on_a_line_fix_no_affine_map() -> None:
    line = [[0, 0], [1, 2], [2, 4], [3, 6]]
    assert fit_similarity(line, line).rmse < 1e-12
    with pytest.raises(ValueError, match="one line"):
        fit_affine(line, line)


def test_parameters_are_not_printed() -> None:
    fit = fit_similarity(SMALL, turned(SMALL, 1.5, 0.7, 12345.0, 6789.0))
    assert "12345" not in repr(fit)
    assert "1.5" not in repr(fit)
    assert "n=7" in repr(fit)
