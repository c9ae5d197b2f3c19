"""Points known in a city's own grid and in the national system, from a planner's list.

Their coordinates are as secret as the parameters that follow from them: no message
repeats one, and printing the points shows only the file. See
:mod:`layers.intake.placing.local_grid`.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from layers.intake.columns import normalise
from layers.intake.placing.degrees import parse_degrees
from layers.intake.read import read_raw
from layers.intake.setting import catalogue_here
from layers.intake.source import Request
from layers.systems import System
from layers.systems import find_system

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.intake.source import Raw

    Points = NDArray[np.float64]

# Headings of a list of control points.
_POINT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "id", "点名", "点号", "编号", "名称"),
    "x": ("x", "localx", "local_x", "x_local", "地方x", "城市x", "x坐标"),
    "y": ("y", "localy", "local_y", "y_local", "地方y", "城市y", "y坐标"),
    "lon": ("lon", "lng", "longitude", "经度", "东经"),
    "lat": ("lat", "latitude", "纬度", "北纬"),
    "target_x": ("target_x", "targetx", "x_target", "目标x", "国家x", "2000x", "cgcs2000x"),
    "target_y": ("target_y", "targety", "y_target", "目标y", "国家y", "2000y", "cgcs2000y"),
}


@dataclass(frozen=True, slots=True, eq=False)
class ControlPoints:
    """Points known in a city's grid and in the national system.

    Attributes
    ----------
    path
        The file.
    names
        Name of every point.
    local
        x and y in the grid, n × 2.
    lonlat
        Longitude and latitude in EPSG:4490, n × 2.
    """

    path: Path
    names: tuple[str, ...] = field(repr=False)
    local: Points = field(repr=False)
    lonlat: Points = field(repr=False)


def read_control_points(
    path: Path, *, target: str | None = None, read: Callable[[Request], Raw] = read_raw
) -> ControlPoints:
    """Read a list of control points.

    Parameters
    ----------
    path
        CSV or a workbook with the columns 点名, x, y (the grid) and either 经度, 纬度
        (CGCS2000) or 目标x, 目标y in the system `target`, x being east.
    target
        ``EPSG:n`` of 目标x and 目标y.
    read
        How the file is read; a file of a stranger is read in a process of its own.

    Raises
    ------
    IntakeError
        If the file cannot be read, a column is missing, or a row has no full set of
        numbers; the message names rows and columns but no coordinate.
        IntakeUsageError if `target` is no system that is known to a metre.
    """
    request = Request(path)
    raw = read(request)
    columns = _columns(raw, request)
    lonlat_given = {"lon", "lat"} <= columns.keys()
    there = ("lon", "lat") if lonlat_given else ("target_x", "target_y")
    numbers = _numbers(raw, columns, ("x", "y", *there), request)
    system = _target("CGCS2000" if lonlat_given else target, request)
    lonlat = np.column_stack(system.lonlat(numbers[:, 2], numbers[:, 3]))
    if not np.isfinite(lonlat).all():
        request.refuse(
            f"有控制点不在 {system.name} 的范围之内", f"a control point is outside of {system.name}"
        )
    if "name" in columns:
        names = tuple(str(cell) for cell in raw.frame[columns["name"]])
    else:
        names = tuple(str(row) for row in raw.rows)
    return ControlPoints(path, names, numbers[:, :2], lonlat)


def _columns(raw: Raw, request: Request) -> dict[str, str]:
    names = {alias: key for key, aliases in _POINT_COLUMNS.items() for alias in aliases}
    # A city calls its grid by its own name: 某市x.
    names |= {f"{area}{axis}": axis for area in catalogue_here().place.areas for axis in "xy"}
    found: dict[str, str] = {}
    for heading in map(str, raw.frame.columns):
        if (key := names.get(normalise(heading))) is not None:
            found.setdefault(key, heading)
    there = {"lon", "lat"} <= found.keys() or {"target_x", "target_y"} <= found.keys()
    if not {"x", "y"} <= found.keys() or not there:
        request.refuse(
            "控制点须有 x、y（地方坐标）和 经度、纬度（CGCS2000）或 目标x、目标y 各列",
            "control points need the columns x, y (local grid) and lon, lat (CGCS2000) or"
            " target_x, target_y",
        )
    return found


def _numbers(raw: Raw, columns: Mapping[str, str], keys: Sequence[str], request: Request) -> Points:
    read = np.column_stack([parse_degrees(raw.frame[columns[key]]).numbers for key in keys])
    wrong = np.argwhere(np.isnan(read))
    if len(wrong):
        row, key = int(raw.rows[wrong[0, 0]]), columns[keys[wrong[0, 1]]]
        request.refuse(
            f"控制点数据第 {row} 行的“{key}”不是数字；请补齐或删去该行",
            f"'{key}' of control point row {row} is no number; complete or delete the row",
        )
    return np.asarray(read, dtype=np.float64)


def _target(name: str | None, request: Request) -> System:
    system = None if name is None else find_system(name)
    if system is None or system.correct is not None or not system.datum_known:
        request.refuse_wish(
            "控制点的目标坐标须指明坐标系（CGCS2000 的 EPSG 编码，如 EPSG:4549）",
            "name the system of the control points' target coordinates (an EPSG code of CGCS2000,"
            " such as EPSG:4549)",
        )
    return system
