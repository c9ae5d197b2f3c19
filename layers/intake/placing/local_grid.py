"""A city's own grid, by what the user knows of it: a PROJ string, or control points.

The parameters of such grids (those of the large cities) are not public, and the way between
them and the national system is classified. The product therefore ships none. What a user
gives is used for this one file in memory and stands nowhere else: in no finding, no error,
no log, no profile, no name of a version, and not in the printed form of these objects. The
system is only ever called ``LOCAL``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import NoReturn

import numpy as np
import pandas as pd
import pyproj
from pyproj.exceptions import ProjError

from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from geo.helmert import fit_affine
from geo.helmert import fit_similarity
from layers.errors import IntakeUsageError
from layers.errors import Text
from layers.intake.source import Request
from layers.systems import LOCAL
from layers.systems import System

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    from geo.helmert import Fit
    from layers.intake.placing.control_points import ControlPoints

    Points = NDArray[np.float64]
    Model = Literal["similarity", "affine"]

ACCEPT_RMSE_M = 0.5
"""A fit whose residuals are larger (root mean square, metres) is refused."""

ACCEPT_SCALE = 0.01
"""A grid of metres has a scale of 1; one that is off by more is not in metres."""

LEAST_POINTS: Mapping[Model, int] = {"similarity": 3, "affine": 4}
"""One more than the fit needs, because an exact fit shows no mistake."""

_FIT: Mapping[Model, Callable[[Points, Points], Fit]] = {
    "similarity": fit_similarity,
    "affine": fit_affine,
}

_DECIMAL = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,12})?")
_SHIFTS = re.compile(r"[+-]?[0-9.]{1,15}(?:,[+-]?[0-9.]{1,15}){2}(?:(?:,[+-]?[0-9.]{1,15}){4})?")
# What may stand in a PROJ string: a pattern a parameter. Nothing that names a file.
_PROJ: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("lat_0", "lon_0", "k", "k_0", "x_0", "y_0", "a", "b", "rf"), _DECIMAL),
    "proj": re.compile(r"e?tmerc"),
    "ellps": re.compile(r"GRS80|WGS84|krass|IAU76"),
    "datum": re.compile(r"WGS84"),
    "units": re.compile(r"m"),
    "axis": re.compile(r"enu|neu"),
    "type": re.compile(r"crs"),
    "towgs84": _SHIFTS,
    "no_defs": re.compile(r""),
}
_NEEDED = (("proj",), ("lon_0",), ("ellps", "datum", "a"))
_LONGEST = 400

_FITTED = Text("局部拟合", "local fit")
_GIVEN = Text("用户提供的投影参数", "projection given by the user")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LocalGrid:
    """A city's own grid as a way to longitude and latitude.

    Printing it shows its name only.

    Attributes
    ----------
    label
        How it came about and how good it is; without parameters.
    system
        What the intake reads a file with; its name is ``LOCAL``.
    residuals
        For a fit: ``name``, ``east_m``, ``north_m``, ``distance_m`` of every control
        point, fitted minus given; ``None`` for a PROJ string.
    rmse_m
        Root of the mean squared distance; ``None`` for a PROJ string.
    north_first
        For a fit: whether x of the control points is north.
    """

    label: Text
    system: System
    residuals: pd.DataFrame | None = None
    rmse_m: float | None = None
    north_first: bool = False

    def __repr__(self) -> str:
        """Return the name, and nothing that could be secret."""
        return f"LocalGrid({LOCAL})"


def grid_from_proj(text: str) -> LocalGrid:
    """Make a grid of a PROJ string.

    Parameters
    ----------
    text
        ``+key=value`` words: a transverse Mercator projection with its ellipsoid, metres.
        Nothing that names a file or a grid of shifts is taken.

    Raises
    ------
    IntakeUsageError
        If the string is anything else. The message names the word that is wrong and never
        a value.
    """
    words = _words(text)
    north_first = words.pop("axis", "enu") == "neu"
    plain = " ".join(f"+{key}={value}" if value else f"+{key}" for key, value in words.items())
    crs = _crs_or_none(plain)
    if crs is None:
        _refuse_proj("各项合在一起不成投影", "the words together are no projection")
    transformer = pyproj.Transformer.from_crs(crs, STORAGE_CRS, always_xy=True)
    known = words.get("ellps") in ("GRS80", "WGS84") or "datum" in words or "towgs84" in words

    def to_lonlat(x: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
        lon, lat = transformer.transform(*((y, x) if north_first else (x, y)))
        return np.asarray(lon), np.asarray(lat)

    return LocalGrid(_GIVEN, _system(to_lonlat, same_datum=known))


def fit_grid(
    points: ControlPoints,
    *,
    central_meridian: float,
    model: Model = "similarity",
    accept_rmse_m: float = ACCEPT_RMSE_M,
) -> LocalGrid:
    """Fit a grid to its control points.

    The points are brought to :func:`geo.crs.district_crs`, and the grid is fitted to that
    plane by least squares (:mod:`geo.helmert`). Four parameters cannot mirror, so both
    orders of x and y are tried and the one that fits is taken.

    Parameters
    ----------
    points
        At least :data:`LEAST_POINTS`.
    central_meridian
        Of the district, degrees east.
    model
        ``similarity`` (4 parameters) or ``affine`` (6 parameters).
    accept_rmse_m
        A fit with a larger root mean square residual (metres) is refused.

    Raises
    ------
    IntakeError
        If there are too few points, they lie badly, the grid is not in metres, or the
        residuals are too large; the message names the worst point and its residual.
    """
    least = LEAST_POINTS[model]
    if len(points.names) < least:
        Request(points.path).refuse(
            f"只有 {len(points.names)} 个控制点，至少要 {least} 个才能核对残差",
            f"{len(points.names)} control points; {least} are needed to check the residuals",
        )
    plane = district_crs(central_meridian)
    forward = pyproj.Transformer.from_crs(STORAGE_CRS, plane, always_xy=True)
    target = np.column_stack(forward.transform(points.lonlat[:, 0], points.lonlat[:, 1]))
    fits = [_fitted(points, order, target, model) for order in (slice(None), slice(None, None, -1))]
    north_first = fits[1].rmse < fits[0].rmse
    fit = fits[north_first]
    residuals = _residuals(points, fit)
    _check_fit(points, fit, residuals, accept_rmse_m)
    back = pyproj.Transformer.from_crs(plane, STORAGE_CRS, always_xy=True)

    def to_lonlat(x: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
        metres = fit.apply(np.column_stack([y, x] if north_first else [x, y]))
        lon, lat = back.transform(metres[:, 0], metres[:, 1])
        return np.asarray(lon), np.asarray(lat)

    how = len(points.names)
    label = Text(
        f"{_FITTED.zh}，{how} 个控制点，残差均方根 {fit.rmse:.3f} m",
        f"{_FITTED.en}, {how} control points, root mean square residual {fit.rmse:.3f} m",
    )
    system = _system(to_lonlat, same_datum=True)
    return LocalGrid(label, system, residuals, fit.rmse, north_first)


def _system(to_lonlat: Callable[..., Any], *, same_datum: bool) -> System:
    crs = pyproj.CRS.from_user_input(STORAGE_CRS)
    return System(LOCAL, crs, to_lonlat=to_lonlat, same_datum=same_datum)


def _words(text: str) -> dict[str, str]:
    """Return the words of a PROJ string, every one of them vetted."""
    words: dict[str, str] = {}
    for number, word in enumerate(text[:_LONGEST].split(), start=1):
        key, _, value = word.removeprefix("+").partition("=")
        allowed = _PROJ.get(key)
        if not word.startswith("+") or allowed is None or not allowed.fullmatch(value):
            # Only names that are known are repeated: anything else could be a value.
            name = f"“{key}”" if allowed is not None else ""
            _refuse_proj(
                f"第 {number} 项{name}不可用", f"word {number} {name.strip('“”')} cannot be used"
            )
        if key in words:
            _refuse_proj(f"“{key}”出现两次", f"'{key}' is there twice")
        words[key] = value
    for choices in _NEEDED:
        if not words.keys() & set(choices):
            listed = " / ".join(f"+{name}" for name in choices)
            _refuse_proj(f"缺少 {listed}", f"{listed} is missing")
    if len(text) > _LONGEST:
        _refuse_proj("过长", "it is too long")
    return words


def _crs_or_none(plain: str) -> pyproj.CRS | None:
    # The error of PROJ repeats the string, so that it must not be handed on.
    try:
        return pyproj.CRS.from_proj4(plain)
    except ProjError:
        return None


def _refuse_proj(zh: str, en: str) -> NoReturn:
    allowed = " ".join(f"+{name}" for name in _PROJ)
    raise IntakeUsageError(
        Text(
            f"地方坐标系的 PROJ 参数不可用：{zh}；只接受 {allowed}，投影为 tmerc，单位为米",
            f"the PROJ string of the local grid cannot be used: {en};"
            f" only {allowed} are taken, a tmerc projection in metres",
        )
    )


def _fitted(points: ControlPoints, order: slice, target: Points, model: Model) -> Fit:
    try:
        return _FIT[model](points.local[:, order], target)
    except ValueError:
        Request(points.path).refuse(
            "控制点重合或在一条直线上；请选分布开的点",
            "the control points coincide or lie on one line; choose points that are spread out",
        )


def _residuals(points: ControlPoints, fit: Fit) -> pd.DataFrame:
    east, north = fit.residuals.T
    return pd.DataFrame(
        {
            "name": list(points.names),
            "east_m": east,
            "north_m": north,
            "distance_m": np.hypot(east, north),
        }
    )


def _check_fit(
    points: ControlPoints, fit: Fit, residuals: pd.DataFrame, accept_rmse_m: float
) -> None:
    if fit.rmse > accept_rmse_m:
        worst = residuals.iloc[int(residuals["distance_m"].argmax())]
        name, away = worst["name"], f"{worst['distance_m']:.2f}"
        Request(points.path).refuse(
            f"控制点拟合的残差均方根 {fit.rmse:.2f} m，超过 {accept_rmse_m:g} m；"
            f"最大的是“{name}”{away} m。请核对该点两套坐标是否对应",
            f"the root mean square residual of the fit is {fit.rmse:.2f} m, more than"
            f" {accept_rmse_m:g} m; the largest is '{name}' with {away} m."
            " Check that its two pairs of coordinates are of one point",
        )
    if abs(fit.scale - 1.0) > ACCEPT_SCALE:
        Request(points.path).refuse(
            "控制点的地方坐标不是以米为单位，或两套坐标不对应",
            "the local coordinates of the control points are not in metres, or the two sets of"
            " coordinates do not belong together",
        )
