"""The loop that the rank intervals are timed against finds the same."""

from __future__ import annotations

import pandas as pd
import pytest

from bench import bench_smaa


@pytest.mark.parametrize("share", bench_smaa.UNKNOWN_SHARES)
def test_the_loop_finds_our_numbers_from_the_promised_streams(share: float) -> None:
    given = bench_smaa.task(60, 12, draws=300, unknown_share=share)
    assert (given.high > given.low).any() == (share > 0)
    ours, plain = bench_smaa.ours(given), bench_smaa.plain(given)
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-12, atol=0)
    assert (plain["rank_low"] < plain["rank_high"]).any()
    assert 0 < plain["p_worst_third"].mean() < 1


def test_every_run_asks_for_what_was_promised() -> None:
    given = bench_smaa.task()
    assert given.low.shape == (2000, 12)
    assert given.draws == 5000
    assert given.weights.sum() == pytest.approx(1)


def test_different_numbers_stop_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    given = bench_smaa.task(10, 3, draws=20)
    runs = {
        work: bench_smaa.Run(1.0, 1.0, work(given)) for work in (bench_smaa.ours, bench_smaa.plain)
    }
    runs[bench_smaa.plain].table["rank_low"] += 1
    monkeypatch.setattr(bench_smaa, "measured", lambda work, _given: runs[work])
    with pytest.raises(AssertionError):
        bench_smaa.compare(given)
