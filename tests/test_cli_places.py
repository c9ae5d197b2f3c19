"""Where the rows of a file lie, as said on the command line: systems, grids and addresses."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from geo.gcj import wgs84_to_gcj02
from layers.catalogue import load_catalogue
from layers.errors import IntakeError
from layers.errors import UsageError
from layers.workspace import Workspace
from tests.cli_hand import HEAD
from tests.cli_hand import PLACES
from tests.cli_hand import apart_m
from tests.cli_hand import metres
from tests.cli_hand import placed
from tests.cli_hand import read
from tests.cli_hand import run
from tests.cli_hand import take
from tests.cli_hand import write

if TYPE_CHECKING:
    from pathlib import Path

# A grid of nobody: turned a little, with an origin that no other number here has.
GRID = "+proj=tmerc +lat_0=31.2345678 +lon_0=121.4654321 +x_0=-3456.789 +y_0=-1234.567"
GRID = f"{GRID} +k=1 +ellps=GRS80 +units=m"
SECRETS = ("31.2345678", "121.4654321", "3456.789", "1234.567", "tmerc")


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundled") / "workspace"
    assert run("workspace", "init", "--workspace", path).exit_code == 0
    return path


@pytest.fixture
def workspace(bundled: Path, tmp_path: Path) -> Path:
    """Return a workspace of the bundled edition, which the test may change."""
    return shutil.copytree(bundled, tmp_path / "workspace")


def _plane(folder: Path, xy: list[tuple[float, float]], name: str = "测绘.csv") -> Path:
    rows = "".join(f"X{i},新楼{i},{x:.4f},{y:.4f}\n" for i, (x, y) in enumerate(xy))
    return write(folder, f"载体编码,楼栋名称,X,Y\n{rows}", name)


# --- where on earth --------------------------------------------------------


def test_auto_takes_the_only_system_that_fits(workspace: Path, tmp_path: Path) -> None:
    file = _plane(tmp_path, metres(4549))
    with pytest.raises(IntakeError, match="EPSG:4549"):
        run("import", file, "-l", "carriers", "-w", workspace)
    told = take(workspace, file, "--crs", "auto")
    assert told["crs"] == "EPSG:4549"
    assert apart_m(placed(workspace)) < 0.01


def test_auto_does_not_choose_between_systems_that_both_fit(
    workspace: Path, tmp_path: Path
) -> None:
    """CGCS2000 with the central meridian 123°, and zone 51 of UTM: 1.4 km apart."""
    file = _plane(tmp_path, metres(4550))
    with pytest.raises(IntakeError) as caught:
        run("import", file, "-l", "carriers", "-w", workspace, "--crs", "auto")
    assert "EPSG:4550" in caught.value.text.zh
    assert "EPSG:32651" in caught.value.text.en
    assert "X0" not in read(workspace, "carriers").index


# --- rows without a place --------------------------------------------------


def test_rows_are_placed_only_where_the_review_says_so(workspace: Path, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        f"{HEAD},地址\nX1,湾谷科技园A楼,,,国权北路1688弄\nX2,某某楼,,,不知何处1号\n"
        "X3,长阳创谷B楼,,,长阳路1687号\n",
    )
    review, filled = tmp_path / "复核.csv", tmp_path / "复核后.csv"
    told = take(workspace, file, "--places-review", review, "--dry-run")
    assert told["accepted"] == 3
    listed = pd.read_csv(review, encoding="utf-8-sig", dtype=str)
    assert set(listed["数据行号"]) == {"1", "3"}
    assert listed["采用"].isna().all()
    first = listed[(listed["数据行号"] == "1") & (listed["候选编码"] == "C08")].index[0]
    listed["采用"] = listed["采用"].astype(object)
    listed.loc[first, "采用"] = "是"
    listed.to_csv(filled, index=False, encoding="utf-8-sig")
    take(workspace, file, "--places", filled)
    stored = read(workspace, "carriers")
    assert stored.loc["X1"].geometry is not None
    chosen = read(workspace, str(listed.loc[first, "候选图层"])).loc["C08"].geometry
    assert chosen.distance(stored.loc["X1"].geometry) == 0
    assert stored.loc["X2"].geometry is None
    assert stored.loc["X3"].geometry is None


def test_control_points_are_used_and_stand_nowhere(
    workspace: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    grid = Transformer.from_crs(4490, GRID, always_xy=True)
    spots = [(121.48, 31.27), (121.56, 31.27), (121.56, 31.33), (121.48, 31.33), (121.52, 31.30)]
    local = [grid.transform(*spot) for spot in spots]
    rows = [
        f"P{i},{x:.4f},{y:.4f},{lon},{lat}"
        for i, ((x, y), (lon, lat)) in enumerate(zip(local, spots, strict=True))
    ]
    points = write(tmp_path, "点名,x,y,经度,纬度\n" + "\n".join(rows), "控制点.csv")
    own = [grid.transform(*place) for place in PLACES]
    file = _plane(tmp_path, own)
    done = run(
        *("import", file, "-l", "carriers", "-w", workspace, "--control-points", points),
        *("--save-profile", "地方坐标"),
    )
    assert done.exit_code == 0, done.stderr
    for name in ("P0", "P4"):
        assert name in done.stderr
    told = done.stdout + done.stderr + "".join(capfd.readouterr())
    assert apart_m(placed(workspace)) < 0.05
    numbers = [f"{n:.4f}"[:-2] for pair in (*local, *own) for n in pair]
    assert not [n for n in numbers if n in told]
    for path in workspace.rglob("*"):
        assert "地方坐标" not in path.name
        if path.is_file():
            content = path.read_bytes()
            assert not [n for n in (*numbers, "控制点") if n.encode() in content], path


def test_control_points_that_do_not_fit_are_refused(workspace: Path, tmp_path: Path) -> None:
    grid = Transformer.from_crs(4490, GRID, always_xy=True)
    spots = [(121.48, 31.27), (121.56, 31.27), (121.56, 31.33), (121.48, 31.33)]
    rows = [
        "P{},{:.3f},{:.3f},{},{}".format(i, *grid.transform(lon, lat), lon, lat + 0.0002 * (i == 2))
        for i, (lon, lat) in enumerate(spots)
    ]
    points = write(tmp_path, "点名,x,y,经度,纬度\n" + "\n".join(rows), "控制点.csv")
    file = _plane(tmp_path, [grid.transform(*place) for place in PLACES])
    wish = ("import", file, "-l", "carriers", "-w", workspace, "--control-points", points)
    with pytest.raises(IntakeError, match="P2"):
        run(*wish)
    assert "X0" not in read(workspace, "carriers").index
    assert run(*wish, "--accept-rmse", 50).exit_code == 0


def test_a_grid_from_a_file_is_used_and_stands_nowhere(workspace: Path, tmp_path: Path) -> None:
    grid = Transformer.from_crs(4490, GRID, always_xy=True)
    file = _plane(tmp_path, [grid.transform(*place) for place in PLACES])
    proj = write(tmp_path, f"{GRID}\n", "坐标系.txt", "utf-8-sig")
    done = run(
        *("import", file, "-l", "carriers", "-w", workspace, "--proj-file", proj, "--json"),
        *("--save-profile", "p"),
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["crs"] == "LOCAL"
    assert apart_m(placed(workspace)) < 0.01
    assert not [s for s in SECRETS if s in done.stdout + done.stderr]
    for path in workspace.rglob("*"):
        if path.is_file():
            assert not [s for s in SECRETS if s.encode() in path.read_bytes()], path
    assert not (workspace / "profiles").exists()


def test_a_grid_is_given_in_one_way(workspace: Path, tmp_path: Path) -> None:
    proj = write(tmp_path, GRID, "坐标系.txt")
    wish = ("import", _plane(tmp_path, metres(4549)), "-l", "carriers", "-w", workspace)
    assert run(*wish, "--proj-file", proj, "--control-points", proj).exit_code == 2
    assert run(*wish, "--proj-file", tmp_path / "没有.txt").exit_code == 2
    bad = write(tmp_path, "+proj=tmerc +lat_0=31.2345678 +nadgrids=/etc/passwd", "坏.txt")
    with pytest.raises(UsageError) as caught:
        run(*wish, "--proj-file", bad)
    assert "第 3 项" in caught.value.text.zh
    assert not [word for word in ("31.2345678", "passwd") if word in str(caught.value)]


def test_an_import_without_its_correction_is_undone_and_made_again(tmp_path: Path) -> None:
    """The remedy that the error names leads out of it, also after the first import of all."""
    places = np.column_stack(wgs84_to_gcj02(*np.array(PLACES).T))
    rows = "".join(f"X{i},新楼{i},{x:.7f},{y:.7f}\n" for i, (x, y) in enumerate(places))
    file = write(tmp_path, f"{HEAD}\n{rows}")
    own = tmp_path / "own"
    assert run("workspace", "init", "--empty", "--workspace", own).exit_code == 0
    take(own, file)
    assert apart_m(placed(own)) > 400
    with pytest.raises(IntakeError, match="atlas workspace undo carriers"):
        run("import", file, "-l", "carriers", "-w", own, "--crs", "GCJ02")
    assert run("workspace", "undo", "carriers", "-w", own).exit_code == 0
    assert read(own, "carriers").empty
    take(own, file, "--crs", "GCJ02")
    assert apart_m(placed(own)) < 1
    # What was undone is kept.
    assert len(Workspace.open(own, load_catalogue()).read("carriers", 0)) == len(PLACES)
