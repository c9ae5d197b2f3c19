"""Random placements that are the same wherever and in whatever portions they are drawn.

Every number of the stream has its place: it depends on the seed, the number of sites,
the number of the draw and nothing else. So blocks, workers and the other parks cannot
change a placement.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def uniforms(
    seed: int, sites: int, draws: range, *, width: int, attempt: int = 0
) -> NDArray[np.float64]:
    """Return the uniform numbers of some draws.

    Parameters
    ----------
    seed
        At least 0.
    sites
        Number of sites that are placed; each number has a stream of its own.
    draws
        Which draws, a range with step 1.
    width
        Numbers a draw takes.
    attempt
        How often the draw was rejected before.

    Returns
    -------
    numpy.ndarray
        In [0, 1), shape (draws, `width`).
    """
    bits = np.random.PCG64(np.random.SeedSequence([seed, sites, attempt]))
    # One step of this generator is one number, so the stream can be entered anywhere.
    bits.advance(draws.start * width)
    return np.random.Generator(bits).random((len(draws), width))


def ordered_sample(uniform: NDArray[np.float64], population: int) -> NDArray[np.intp]:
    """Return ordered samples without replacement, all equally likely.

    The j-th number chooses among the `population` - j members that are left; which
    member that is follows from the earlier ones, passed in ascending order.

    Parameters
    ----------
    uniform
        In [0, 1), shape (draws, n) with n ≤ `population`.
    population
        Number of members.

    Returns
    -------
    numpy.ndarray
        Members 0 … `population` - 1, different within a row, shape (draws, n).
    """
    draws, size = uniform.shape
    chosen = np.empty((size, draws), dtype=np.intp)
    passed = np.empty((size, draws), dtype=np.intp)
    for place in range(size):
        left = population - place
        member = np.minimum((uniform[:, place] * left).astype(np.intp), left - 1)
        for earlier in passed[:place]:
            member += member >= earlier
        chosen[place] = passed[place] = member
        passed[: place + 1].sort(axis=0)
    return chosen.T


def all_ordered_samples(population: int, size: int) -> NDArray[np.intp]:
    """Return every ordered sample without replacement, shape (number of them, `size`)."""
    return np.array(list(permutations(range(population), size)), dtype=np.intp)
