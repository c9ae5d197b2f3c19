"""The plain maps that our sheets are timed against show the same, on pages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pytest

from bench import bench_sheets

if TYPE_CHECKING:
    from pathlib import Path


def _pages(path: Path) -> int:
    return len(bench_sheets._PAGE.findall(path.read_bytes()))


def test_both_sides_draw_each_park_at_the_same_scale(tmp_path: Path) -> None:
    given = bench_sheets.task(2)
    ours = bench_sheets.ours(given, tmp_path / "ours.pdf")
    plain = bench_sheets.plain(given, tmp_path / "plain.pdf")
    assert [park for park, _ in plain.maps] == list(given.parks)
    assert ours.maps == plain.maps
    assert _pages(tmp_path / "plain.pdf") == 2
    assert _pages(tmp_path / "ours.pdf") == 3  # with the index


def test_without_parks_both_draw_the_district(tmp_path: Path) -> None:
    given = bench_sheets.task(0)
    ours = bench_sheets.ours(given, tmp_path / "ours.pdf")
    plain = bench_sheets.plain(given, tmp_path / "plain.pdf")
    assert ours.maps == plain.maps
    assert [park for park, _ in ours.maps] == [""]
    assert _pages(tmp_path / "plain.pdf") == _pages(tmp_path / "ours.pdf") == 1


def test_the_bundled_parks_are_enough_for_the_atlas() -> None:
    assert len(bench_sheets.task(bench_sheets.PARKS).parks) == bench_sheets.PARKS == 30


@pytest.mark.parametrize(
    "changed", [{"pages": 1}, {"drawn": bench_sheets.Drawn(1.0, (("a", 500), ("b", 1000)))}]
)
def test_different_maps_stop_the_bench(
    changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench_sheets.Run(bench_sheets.Drawn(1.0, (("a", 500), ("b", 500))), 1.0, 1.0, 2)
    runs = {bench_sheets.ours: run, bench_sheets.plain: run._replace(**changed)}
    monkeypatch.setattr(bench_sheets, "measured", lambda work, _parks: runs[work])
    with pytest.raises(AssertionError, match="did not draw the same"):
        bench_sheets.compare(2)


def test_the_ratios_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = bench_sheets.Run(bench_sheets.Drawn(2.0, (("a", 500),)), 100.0, 50.0, 2)
    base = bench_sheets.Run(bench_sheets.Drawn(1.0, (("a", 500),)), 50.0, 10.0, 1)
    runs = {bench_sheets.ours: fast, bench_sheets.plain: base}
    monkeypatch.setattr(bench_sheets, "measured", lambda work, _parks: runs[work])
    bench_sheets.compare(1)
    printed = [line.split() for line in capsys.readouterr().out.splitlines() if "ratio" in line]
    assert [line[-2] for line in printed] == ["0.50", "0.50", "0.20"]
