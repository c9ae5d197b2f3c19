"""Anchors 锚点: the few areas around which a park receives its moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from geo.consolidation.problem import Problem


def possible_middles(
    problem: Problem, park: str, sites: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Return which of some sites can be walked to from each possible middle of an anchor.

    A middle is a site that the park is at today, or one that is asked for: moves gather
    what there is, and a new place for a park is a planner's decision. One that reaches no
    more of the sites than another is left out, unless it is asked for.

    Parameters
    ----------
    problem
        The problem.
    park
        The park whose anchors they are.
    sites
        Sites that could receive units of the park.

    Returns
    -------
    dict
        Sites by middle, the middles in order.
    """
    fixed = problem.fixed_anchors.get(park, frozenset())
    own = problem.units.loc[problem.units["park_id"].eq(park), "site"]
    reach = {site: problem.around.get(site, frozenset({site})) & sites for site in fixed.union(own)}
    kept: dict[frozenset[str], str] = {}
    for middle in sorted(reach, key=lambda m: (-len(reach[m]), m)):
        if reach[middle] and not any(reach[middle] <= wider for wider in kept):
            kept[reach[middle]] = middle
    return {middle: reach[middle] for middle in sorted(fixed.union(kept.values()))}


def cover(
    sites: Iterable[str], areas: Sequence[frozenset[str]], most: int
) -> tuple[int, ...] | None:
    """Return few areas that together hold all sites; None if so many do not.

    Parameters
    ----------
    sites
        What must be held.
    areas
        What there is to choose from.
    most
        How many may be chosen.
    """
    left = frozenset(sites)
    if not left:
        return ()
    if most <= 0:
        return None
    # One of the areas that hold this site must be among them.
    first = min(left)
    for number, area in enumerate(areas):
        if first in area:
            others = cover(left - area, areas, most - 1)
            if others is not None:
                return (number, *others)
    return None
