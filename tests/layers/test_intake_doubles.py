"""Rows of one file with one id: what is mended and sent again ends like a clean delivery."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.delivery import deliver
from layers.intake.rejecting.rejects import write_rejects
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.intake import IntakeResult

    _Row = tuple[str, str, str]

HEAD = ["载体编码", "楼栋名称", "总建筑面积"]
# The last two say the same of one building; every broken area is mended to 700.
ROWS: tuple[_Row, ...] = (
    ("R1", "好楼", "100"),
    ("R2", "坏楼", "abc"),
    ("R2", "重复楼", "300"),
    ("R2", "又重复楼", "四百"),
)
MENDED = "700"


def _workspace(folder: Path) -> Workspace:
    return Workspace.create(folder, load_catalogue(), author="t", edition=None)


def _deliver(workspace: Workspace, frame: pd.DataFrame, path: Path) -> IntakeResult:
    frame.to_csv(path, index=False)
    return deliver(workspace, path, "carriers", author="t", message="x").result


def _stored(workspace: Workspace) -> list[tuple[str, str, float]]:
    frame = workspace.read("carriers")[["carrier_id", "name", "gross_area_m2"]]
    return sorted(frame.itertuples(index=False, name=None))


def _mended(frame: pd.DataFrame, doubles: Sequence[bool]) -> pd.DataFrame:
    """Return rows as a planner mends them: numbers for words, and other codes for doubles."""
    area = frame["总建筑面积"].where(frame["总建筑面积"].str.isdecimal(), MENDED)
    code = frame["载体编码"].mask(pd.Series(doubles, index=frame.index), "N-" + frame["楼栋名称"])
    return frame.assign(总建筑面积=area, 载体编码=code)


@pytest.mark.parametrize("order", list(permutations(ROWS)))
def test_mended_rejects_end_like_a_clean_delivery(tmp_path: Path, order: tuple[_Row, ...]) -> None:
    frame = pd.DataFrame(order, columns=HEAD)
    workspace = _workspace(tmp_path / "w")
    result = _deliver(workspace, frame, tmp_path / "坏.csv")
    assert result.rows_in == 4
    back = pd.read_csv(write_rejects(result, tmp_path / "退回.csv"), dtype=str)
    again = _mended(back[HEAD], back["_code"].str.contains("duplicate").tolist())
    assert _deliver(workspace, again, tmp_path / "改.csv").rejected.empty

    clean = _workspace(tmp_path / "clean")
    whole = _mended(frame, frame["载体编码"].duplicated().tolist())
    assert _deliver(clean, whole, tmp_path / "好.csv").rejected.empty
    assert _stored(workspace) == _stored(clean)
    assert len(_stored(workspace)) == 4


def test_a_double_is_not_taken_in_place_of_a_broken_row_and_overwritten_later(
    tmp_path: Path,
) -> None:
    frame = pd.DataFrame(ROWS[:3], columns=HEAD)
    workspace = _workspace(tmp_path / "w")
    result = _deliver(workspace, frame, tmp_path / "r1.csv")
    assert result.accepted["name"].tolist() == ["好楼"]
    # Whoever mends the area only is told again of the double, and nothing is lost.
    back = pd.read_csv(write_rejects(result, tmp_path / "退回.csv"), dtype=str)
    again = _deliver(workspace, _mended(back[HEAD], [False, False]), tmp_path / "改.csv")
    assert again.rejected["_code"].tolist() == ["duplicate"]
    assert _stored(workspace) == [("R1", "好楼", 100), ("R2", "坏楼", 700)]
    clean = _workspace(tmp_path / "clean")
    _deliver(clean, _mended(frame, [False] * 3), tmp_path / "好.csv")
    assert _stored(workspace) == _stored(clean)
