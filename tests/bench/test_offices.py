"""Generated parks to consolidate, and the ways to solve them that the bench compares."""

from __future__ import annotations

import math
from itertools import pairwise
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from bench import bench_consolidate as bench
from bench.offices import NEAREST
from bench.offices import VACANT_SHARE
from bench.offices import offices
from geo.consolidation.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

TINY_SEEDS = range(25)


def tiny(seed: int) -> Problem:
    problem = offices(2, (1, 3), 7, 4, 0.9, presences=5, seed=seed)
    # More room than the generator leaves, so that there is something to give up.
    hosts = problem.hosts.assign(capacity_m2=problem.hosts["capacity_m2"] * 2)
    return Problem.make(problem.units, hosts, problem.pairs)


def every_plan(problem: Problem) -> Iterator[NDArray[np.intp]]:
    choices = [
        [-1, *problem.pairs.loc[problem.pairs["unit"].eq(unit), "host"]]
        for unit in range(len(problem.units))
    ]
    for hosts in product(*choices):
        yield np.array(hosts, dtype=np.intp)


def feasible(problem: Problem) -> list[tuple[int, float]]:
    found = []
    for host in every_plan(problem):
        try:
            found.append(bench.checked(problem, host))
        except AssertionError:
            continue
    return found


@pytest.fixture(scope="module")
def small() -> Problem:
    return offices(movable=0.8)


@pytest.mark.parametrize(
    ("name", "parks", "presences", "units", "binaries"),
    [("601@80", 20, 100, 601, 8300), ("1288@80", 40, 240, 1288, 18130)],
)
def test_an_instance_has_the_sizes_of_the_published_table(
    name: str, parks: int, presences: int, units: int, binaries: int
) -> None:
    sizes, movable = bench.INSTANCES[name]
    problem = offices(sites=bench.SITES, **sizes, movable=movable)
    assert len(problem.units) == units
    assert len(problem.presences) == presences
    assert problem.presences["park_id"].nunique() == parks
    assert problem.presences.groupby("park_id").size().between(*bench.SITES).all()
    these = bench.plain_model(problem)
    assert units + len(these.unit) + these.places == pytest.approx(binaries, rel=0.1)


def test_a_movable_unit_looks_at_15_to_17_hosts(small: Problem) -> None:
    assert len(small.hosts) == 71
    assert small.movable.sum() == 481
    looked_at = small.pairs.groupby("unit").size()
    assert looked_at.max() == NEAREST
    assert 15 <= len(small.pairs) / small.movable.sum() <= 17


def test_units_fit_into_the_hosts_they_look_at(small: Problem) -> None:
    units, hosts = small.units.loc[small.pairs["unit"]], small.hosts.loc[small.pairs["host"]]
    assert (units["area_m2"].to_numpy() <= hosts["capacity_m2"].to_numpy()).all()
    takes = np.stack(hosts["industries"].to_list())
    assert takes[np.arange(len(takes)), units["industry"].to_numpy()].all()
    every = np.stack(small.hosts["industries"].to_list()).sum(axis=1)
    assert every.min() >= 2
    assert every.max() < takes.shape[1]


def test_vacant_space_is_scarce_and_sites_are_shared(small: Problem) -> None:
    vacant, let = small.hosts["capacity_m2"].sum(), small.units["area_m2"].sum()
    assert vacant / (vacant + let) == pytest.approx(VACANT_SHARE, abs=1e-4)
    assert small.presences.groupby("site")["park_id"].nunique().gt(1).sum() >= 5


def test_every_park_has_one_large_site(small: Problem) -> None:
    area = small.units.groupby(["park_id", "site"])["area_m2"].sum()
    share = area.groupby("park_id").max() / area.groupby("park_id").sum()
    even = 1 / area.groupby("park_id").size()
    assert (share > even).all()
    assert share.median() > 0.35


def test_units_that_move_at_a_smaller_share_are_among_those_of_a_larger() -> None:
    by_share = [offices(movable=share) for share in (0.45, 0.8, 1.0)]
    for fewer, more in pairwise(by_share):
        assert not (fewer.movable & ~more.movable).any()
        same = ["unit_id", "park_id", "site", "area_m2", "zone_share"]
        pd.testing.assert_frame_equal(fewer.units[same], more.units[same])
        pd.testing.assert_frame_equal(fewer.hosts, more.hosts)
        known = fewer.pairs.merge(more.pairs, how="left", indicator=True)
        assert known["_merge"].eq("both").all()
    assert by_share[-1].movable.all()


def test_a_seed_is_an_instance(small: Problem) -> None:
    again, other = offices(movable=0.8), offices(movable=0.8, seed=1)
    for name in ("units", "hosts", "pairs"):
        pd.testing.assert_frame_equal(getattr(small, name), getattr(again, name))
    assert not small.units["area_m2"].equals(other.units["area_m2"])


def test_nothing_movable_is_a_problem_without_pairs() -> None:
    problem = offices(1, (1, 1), 3, 2, 0.0, presences=1)
    assert problem.pairs.empty
    assert bench.plain(problem, None, 10.0).bound == 1


@pytest.mark.parametrize("presences", [3, 11, 9])
def test_presences_that_cannot_be_dealt_out_are_refused(presences: int) -> None:
    with pytest.raises(ValueError, match="`presences` must be from 2 to 5"):
        offices(2, (2, 5), 8, 3, presences=presences)


@pytest.mark.parametrize("name", [bench.OURS, "ours, bare model", "plain, scipy HiGHS"])
def test_every_side_agrees_with_brute_force(name: str) -> None:
    solve, _package = bench.SOLVERS[name]
    given_up = 0
    for seed in TINY_SEEDS:
        problem = tiny(seed)
        plans = feasible(problem)
        fewest = min(presences for presences, _cost in plans)
        answer = solve(problem, None, 10.0)
        assert answer.host is not None
        assert bench.checked(problem, answer.host)[0] == fewest == round(answer.bound)
        cheapest = min(cost for presences, cost in plans if presences <= fewest)
        answer = solve(problem, fewest, 10.0)
        assert answer.host is not None
        presences, cost = bench.checked(problem, answer.host)
        assert presences <= fewest
        assert cost == pytest.approx(cheapest)
        given_up += len(problem.presences) - fewest
    assert given_up >= 10


@pytest.mark.filterwarnings("ignore:PULP_CBC_CMD is deprecated")
@pytest.mark.parametrize(
    ("name", "package"), [("plain, CP-SAT", "ortools"), ("plain, PuLP CBC", "pulp")]
)
def test_other_solvers_agree_with_the_plain_model(name: str, package: str) -> None:
    pytest.importorskip(package)
    solve, _package = bench.SOLVERS[name]
    for seed in TINY_SEEDS[:5]:
        problem = tiny(seed)
        for most in (None, len(problem.presences) - 1):
            expected, answer = bench.plain(problem, most, 10.0), solve(problem, most, 10.0)
            assert (answer.host is None) == (expected.host is None)
            if expected.host is not None:
                assert answer.bound == pytest.approx(expected.bound)


def test_a_plan_that_breaks_a_rule_is_found_out() -> None:
    problem = offices(2, (1, 3), 7, 4, 1.0, presences=5, seed=3)
    stays = np.full(len(problem.units), -1, dtype=np.intp)
    assert bench.checked(problem, stays) == (5, 0.0)
    into = problem.pairs["host"].mode()[0]
    small = Problem.make(problem.units, problem.hosts.assign(capacity_m2=1.0), problem.pairs)
    overfull = stays.copy()
    overfull[problem.pairs.loc[problem.pairs["host"].eq(into), "unit"]] = into
    with pytest.raises(AssertionError, match="overfull"):
        bench.checked(small, overfull)
    unasked = Problem.make(problem.units, problem.hosts, problem.pairs.iloc[:0])
    with pytest.raises(AssertionError, match="may not go to"):
        bench.checked(unasked, overfull)


def test_a_bound_above_a_plan_of_another_side_is_found_out() -> None:
    ours = bench.Line("one", bench.OURS, 83, 10.0, 83, 0.0, 1.0)
    other = bench.Line("one", "other", 84, 9.0, 80, 4 / 84, 60.0)
    lost = bench.Line("one", "lost", math.nan, math.nan, math.nan, math.nan, 60.0)
    bench.agreed([ours, other, lost])
    with pytest.raises(AssertionError, match="other proves 84"):
        bench.agreed([ours, other._replace(bound=84), lost])


def test_a_time_without_a_proof_is_a_lower_limit_of_the_ratio(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = bench.Line("one", bench.OURS, 83, 10.0, 83, 0.0, 2.0)
    done = bench.Line("one", "done", 83, 9.0, 83, 0.0, 30.0)
    left = bench.Line("one", "left", 84, 9.0, 80, 4 / 84, 60.0)
    bench.show([ours, done, left])
    ratios = [line.split()[-1] for line in capsys.readouterr().out.splitlines()]
    assert ratios == ["1.0", "15.0", ">30.0"]
    bench.show([ours._replace(gap=0.1), left])
    assert all(
        line.split()[-1] in {"2.00", "60.00"} for line in capsys.readouterr().out.splitlines()
    )


def test_what_needs_no_further_package_is_always_there() -> None:
    assert set(bench.SOLVERS) - set(bench.installed()) <= {"plain, CP-SAT", "plain, PuLP CBC"}
