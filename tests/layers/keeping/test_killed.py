"""A few kills of ``bench.bench_kill``, which is run with two hundred by hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bench.bench_kill import run
from layers.keeping.verifying import verify
from layers.workspace import Workspace
from tests.layers.keeping.keeping_hand import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_killed_again_and_again_nothing_is_lost(tmp_path: Path) -> None:
    found = run(tmp_path, KILLS, seed=7)
    assert found.damage == []
    assert found.kills == KILLS
    # It did something, and was interrupted in it.
    assert found.commits > 0
    assert found.drafts > 0
    assert found.records > 0
    assert KILLS - found.amid["between"] > KILLS / 4


def test_the_check_would_see_a_loss(tmp_path: Path) -> None:
    """The check itself is checked: of a version that is gone it says so."""
    from bench import bench_kill

    (tmp_path / "desk").mkdir()
    made = bench_kill._made(tmp_path / "w")
    check = bench_kill._Check(made, tmp_path / "desk")
    said = [
        "ready",
        "committed\tparks\t0\t2\t9",
        "committed\tparks\t1\t2\t1",
        f"saved\t{'a' * 32}\t1",
    ]
    said += ["recorded\tin-1", "exported\t1.geojson"]
    (tmp_path / "desk" / "said").write_text("\n".join([*said, ""]), "utf-8")
    check.after_a_kill()
    check.at_the_end()
    damage = "\n".join(check.found.damage)
    for part in ("parks@0 has 2 rows", "parks@1 is gone", "draft aaaa", "1.geojson", "in-1"):
        assert part in damage, part
    assert Workspace.open(made.path, CATALOGUE).version("parks") == 0
    assert verify(made.path) == ()
