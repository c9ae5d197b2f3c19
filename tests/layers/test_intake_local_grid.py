from __future__ import annotations

import copy
import logging
import traceback
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import CRS
from pyproj import Transformer

from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.intake.columns import find_places
from layers.intake.placing.control_points import read_control_points
from layers.intake.placing.local_grid import fit_grid
from layers.intake.placing.local_grid import grid_from_proj
from layers.intake.placing.locate import locate
from layers.intake.read import read_raw
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

# An invented grid; no city has it.
SECRET = ("31.2345678", "121.4765432", "-1234.567", "8765.4321", "1.0000345")
LAT_0, LON_0, X_0, Y_0, K = SECRET
PROJ = f"+proj=tmerc +lat_0={LAT_0} +lon_0={LON_0} +k={K} +x_0={X_0} +y_0={Y_0} +ellps=GRS80"
PLACES = np.array(
    [[121.50, 31.28], [121.55, 31.32], [121.52, 31.30], [121.48, 31.31], [121.53, 31.26]]
)


def in_grid(lonlat: Any, proj: str = PROJ) -> Any:
    move = Transformer.from_crs(4490, CRS.from_proj4(proj), always_xy=True)
    return np.column_stack(move.transform(*np.asarray(lonlat).T))


def control(
    folder: Path, local: Any, *, head: str = "点名,x,y,经度,纬度", there: Any = PLACES
) -> Path:
    lines = [
        f"K{i},{x!r},{y!r},{a!r},{b!r}"
        for i, ((x, y), (a, b)) in enumerate(zip(local.tolist(), there.tolist(), strict=True))
    ]
    path = folder / "控制点.csv"
    path.write_text(head + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def away_m(grid: Any, local: Any) -> Any:
    """Return how far (m) local coordinates come from their true places, in EPSG:4549."""
    plane = Transformer.from_crs(4490, 4549, always_xy=True)
    here = np.column_stack(plane.transform(*grid.system.lonlat(*local.T)))
    return np.hypot(*(here - np.column_stack(plane.transform(*PLACES.T))).T)


# --- a PROJ string ---------------------------------------------------------


def test_a_proj_string_leads_to_the_true_places() -> None:
    assert away_m(grid_from_proj(PROJ), in_grid(PLACES)).max() < 1e-6
    assert (
        away_m(grid_from_proj(PROJ + " +units=m +no_defs +type=crs"), in_grid(PLACES)).max() < 1e-6
    )


def test_north_first_is_taken_from_the_axis_word() -> None:
    grid = grid_from_proj(PROJ + " +axis=neu")
    assert away_m(grid, in_grid(PLACES)[:, ::-1]).max() < 1e-6


def test_another_ellipsoid_is_warned_of_unless_its_shift_is_given(desk: Any) -> None:
    old = PROJ.replace("GRS80", "krass")
    path = desk.csv("carrier_id,x,y\nC1,4500.2,8123.9\n")
    for proj, warned in ((old, True), (old + " +towgs84=1,2,3", False), (PROJ, False)):
        codes = [issue.code for issue in located(path, grid_from_proj(proj)).issues]
        assert ("datum_shift_unknown" in codes) == warned
        assert "local_grid_used" in codes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EPSG:4549",
        PROJ.replace("+ellps=GRS80", ""),
        PROJ.replace(f"+lon_0={LON_0}", ""),
        PROJ.replace("tmerc", "longlat"),
        PROJ.replace("tmerc", "pipeline"),
        PROJ + " +init=epsg:4326",
        PROJ + " +nadgrids=/etc/passwd",
        PROJ + " +geoidgrids=@null",
        PROJ + " +step +inv",
        PROJ + f" +lon_0={LON_0}",
        PROJ + " +lat_1=../x",
        PROJ + " +towgs84=1,2",
        PROJ + " +units=us-ft",
        PROJ + " +datum=NAD27",
        PROJ.replace(K, "1e400"),
        PROJ.replace(LAT_0, "31d14'"),
        PROJ.replace(LAT_0, "3123456789.1"),
        PROJ.replace("+proj", "proj"),
        PROJ.replace(K, "0"),
        PROJ.replace("+ellps=GRS80", "+a=0 +b=0"),
        PROJ + " " * 500 + "+no_defs",
        PROJ + " +k_0=2" * 100,
    ],
)
def test_anything_else_is_refused_without_repeating_it(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(IntakeUsageError, match="PROJ") as caught:
        grid_from_proj(text)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert not any(number in told for number in SECRET)
    assert "passwd" not in told


# --- control points --------------------------------------------------------


@pytest.mark.parametrize("north_first", [False, True])
@pytest.mark.parametrize("model", ["similarity", "affine"])
def test_control_points_lead_to_the_true_places(
    tmp_path: Path, north_first: bool, model: Any
) -> None:
    local = in_grid(PLACES)[:, :: -1 if north_first else 1]
    points = read_control_points(control(tmp_path, local))
    assert points.names == ("K0", "K1", "K2", "K3", "K4")
    grid = fit_grid(points, central_meridian=121.5, model=model)
    assert grid.rmse_m is not None
    assert grid.rmse_m < 0.05
    assert away_m(grid, local).max() < 0.05
    assert grid.north_first == north_first or model == "affine"
    assert grid.residuals is not None
    assert grid.residuals["name"].tolist() == list(points.names)
    table = grid.residuals
    assert np.hypot(table["east_m"], table["north_m"]).tolist() == table["distance_m"].tolist()
    assert "局部拟合" in grid.label.zh
    assert "5 个控制点" in grid.label.zh


def test_targets_may_be_metres_of_a_named_system(tmp_path: Path) -> None:
    there = np.column_stack(Transformer.from_crs(4490, 4549, always_xy=True).transform(*PLACES.T))
    path = control(tmp_path, in_grid(PLACES), head="点号,x,y,目标x,目标y", there=there)
    points = read_control_points(path, target="EPSG:4549")
    assert away_m(fit_grid(points, central_meridian=121.5), in_grid(PLACES)).max() < 0.05
    for target in (None, "GCJ02", "EPSG:2437", "nonsense"):
        with pytest.raises(IntakeUsageError, match="目标坐标"):
            read_control_points(path, target=target)


def test_a_blunder_is_refused_and_named(tmp_path: Path) -> None:
    local = in_grid(PLACES)
    local[2, 0] += 5.0
    points = read_control_points(control(tmp_path, local))
    with pytest.raises(IntakeError, match=r"控制点\.csv.*K2") as caught:
        fit_grid(points, central_meridian=121.5)
    assert "0.5 m" in caught.value.text.en
    assert fit_grid(points, central_meridian=121.5, accept_rmse_m=5.0).rmse_m is not None


@pytest.mark.parametrize(
    ("rows", "scale", "message"),
    [
        ([0, 1], 1.0, "至少要 3 个"),
        ([0, 0, 0], 1.0, "重合"),
        ([0, 1, 2, 3], 0.001, "米为单位"),
    ],
)
def test_points_that_prove_nothing_are_refused(
    tmp_path: Path, rows: list[int], scale: float, message: str
) -> None:
    path = control(tmp_path, in_grid(PLACES)[rows] * scale, there=PLACES[rows])
    with pytest.raises(IntakeError, match=message):
        fit_grid(read_control_points(path), central_meridian=121.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("点名,x,y\nK1,1,2\n", "目标x"),
        ("点名,经度,纬度\nK1,121.5,31.3\n", "地方坐标"),
        ("点名,x,y,经度,纬度\nK1,1,2,121.5,31.3\nK2,1,,121.5,31.3\n", "第 2 行的“y”"),
        ("点名,x,y,经度,纬度\nK1,1,2,121.5,31.3\nK2,1,8765x4321,121.5,31.3\n", "第 2 行的“y”"),
    ],
)
def test_lists_that_are_not_complete(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "控制点.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IntakeError, match=message) as caught:
        read_control_points(path)
    assert "8765x4321" not in str(caught.value)


# --- a file in the grid ----------------------------------------------------


def located(path: Path, grid: Any, crs: str | None = None, **more: Any) -> Any:
    request = Request(path, "carriers")
    raw = read_raw(request)
    return locate(raw, find_places(raw.frame.columns), request, crs, local=grid, **more)


def a_table(desk: Any, local: Any) -> Path:
    lines = [f"C{i},{x!r},{y!r}" for i, (x, y) in enumerate(local.tolist())]
    path: Path = desk.csv("carrier_id,x,y\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("crs", [None, "LOCAL", "local"])
def test_a_file_in_the_grid_is_located_and_called_local(desk: Any, crs: str | None) -> None:
    result = located(a_table(desk, in_grid(PLACES)), grid_from_proj(PROJ), crs)
    assert result.crs == "LOCAL"
    assert set(result.systems) == {"LOCAL"}
    for shape, place in zip(result.geometry, PLACES, strict=True):
        assert shape.equals_exact(shapely.Point(place), 1e-9)
    assert [issue.code for issue in result.issues] == ["local_grid_used"]


def test_swapped_axes_are_found_by_the_district(desk: Any) -> None:
    district = shapely.MultiPoint(PLACES).convex_hull
    # Far enough to the north that the two orders cannot both lie in the district.
    proj = PROJ.replace(Y_0, "58765.4321")
    path = a_table(desk, in_grid(PLACES, proj)[:, ::-1])
    result = located(path, grid_from_proj(proj), district=district)
    assert result.swapped
    assert result.geometry[0].equals_exact(shapely.Point(PLACES[0]), 1e-9)
    assert not located(path, grid_from_proj(proj)).swapped


def test_degrees_are_not_taken_for_the_grid(desk: Any) -> None:
    for points in (PLACES, PLACES[:, ::-1].copy()):
        with pytest.raises(IntakeError, match="经纬度"):
            located(a_table(desk, points), grid_from_proj(PROJ))


def test_local_needs_its_grid_and_allows_no_other_system(desk: Any) -> None:
    path = a_table(desk, in_grid(PLACES))
    with pytest.raises(IntakeUsageError, match="LOCAL"):
        located(path, None, "LOCAL")
    with pytest.raises(IntakeUsageError, match="只给一个"):
        located(path, grid_from_proj(PROJ), "EPSG:4549")


def test_nothing_of_the_parameters_is_printed(desk: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fitted = fit_grid(
        read_control_points(control(desk.folder, in_grid(PLACES))), central_meridian=121.5
    )
    for grid in (grid_from_proj(PROJ), fitted, copy.copy(fitted)):
        result = located(a_table(desk, in_grid(PLACES)), grid)
        told = f"{grid!r} {grid} {grid.system!r} {grid.label} {result.issues!r} {result.crs}"
        told += caplog.text
        assert "LOCAL" in told
        assert not any(number.strip("-") in told for number in SECRET)
        assert "tmerc" not in told
