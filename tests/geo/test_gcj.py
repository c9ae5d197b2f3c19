from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geo.crs import GRS80
from geo.gcj import bd09_to_gcj02
from geo.gcj import bd09_to_wgs84
from geo.gcj import gcj02_to_bd09
from geo.gcj import gcj02_to_wgs84
from geo.gcj import wgs84_to_bd09
from geo.gcj import wgs84_to_gcj02

ALL = (
    wgs84_to_gcj02,
    gcj02_to_wgs84,
    gcj02_to_bd09,
    bd09_to_gcj02,
    wgs84_to_bd09,
    bd09_to_wgs84,
)


def shanghai() -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    lon, lat = np.meshgrid(np.linspace(120.8, 122.2, 60), np.linspace(30.6, 31.9, 60))
    return [lon.ravel(), lat.ravel()]


def test_eviltransform_vectors(oracle: dict[str, Any]) -> None:
    for vector in oracle["F2.gcj_eviltransform_vectors"]["vectors"]:
        got = wgs84_to_gcj02(*vector["wgs"])
        assert np.array(got) == pytest.approx(np.array(vector["gcj_expected"]), abs=1e-12)


def test_wandergis_vectors() -> None:
    point = (116.404, 39.915)
    assert np.array(wgs84_to_gcj02(*point)) == pytest.approx(
        np.array([116.41024449916938, 39.91640428150164]), abs=1e-12
    )
    assert np.array(gcj02_to_bd09(*point)) == pytest.approx(
        np.array([116.41036949371029, 39.92133699351021]), abs=1e-12
    )
    # Published from one-step inverses, which are good to about a metre only.
    assert np.array(bd09_to_gcj02(*point)) == pytest.approx(
        np.array([116.39762729119315, 39.90865673957631]), abs=2e-5
    )
    assert np.array(gcj02_to_wgs84(*point)) == pytest.approx(
        np.array([116.39775550083061, 39.91359571849836]), abs=2e-5
    )


def test_yangpu_point_and_its_offsets(oracle: dict[str, Any]) -> None:
    expected = oracle["F2.gcj_bd_yangpu"]
    for convert, name, offset in (
        (wgs84_to_gcj02, "gcj", "offset_wgs_gcj_m"),
        (wgs84_to_bd09, "bd", "offset_wgs_bd_m"),
    ):
        got = convert(*expected["wgs"])
        assert np.array(got) == pytest.approx(np.array(expected[name]), abs=5e-9)
        _, _, metres = GRS80.inv(*expected["wgs"], *map(float, got))
        assert metres == pytest.approx(expected[offset], abs=0.02)


@pytest.mark.parametrize(
    ("forward", "back"),
    [
        (wgs84_to_gcj02, gcj02_to_wgs84),
        (gcj02_to_bd09, bd09_to_gcj02),
        (wgs84_to_bd09, bd09_to_wgs84),
    ],
)
def test_round_trip_over_shanghai(forward: Any, back: Any) -> None:
    lon, lat = shanghai()
    got_lon, got_lat = back(*forward(lon, lat))
    assert np.abs(got_lon - lon).max() < 1e-9
    assert np.abs(got_lat - lat).max() < 1e-9


def test_the_round_trip_test_would_catch_a_one_step_inverse() -> None:
    lon, lat = shanghai()
    shifted_lon, shifted_lat = wgs84_to_gcj02(lon, lat)
    twice_lon, _ = wgs84_to_gcj02(shifted_lon, shifted_lat)
    assert np.abs(2 * shifted_lon - twice_lon - lon).max() > 1e-6


@pytest.mark.parametrize("convert", ALL)
def test_outside_china_nothing_moves(convert: Any) -> None:
    lon, lat = [-104.9903, 153.0251, -43.1729, 0.0, 180.0], [39.7392, -27.4698, -22.9068, 0.0, 90.0]
    got_lon, got_lat = convert(lon, lat)
    assert got_lon.tolist() == lon
    assert got_lat.tolist() == lat


@pytest.mark.parametrize("convert", ALL)
def test_unknown_stays_unknown_beside_known(convert: Any) -> None:
    lon, lat = convert([np.nan, 121.5, 121.5], [31.3, np.nan, 31.3])
    assert np.isnan(lon[0])
    assert np.isnan(lat[1])
    assert np.isfinite([lon[2], lat[2]]).all()
    assert [lon[2], lat[2]] == [float(value) for value in convert(121.5, 31.3)]


@pytest.mark.parametrize("convert", ALL)
def test_shapes_broadcast_and_input_is_not_changed(convert: Any) -> None:
    lon, lat = np.full((2, 3), 121.5), np.array([31.2, 31.3, 31.4])
    got_lon, got_lat = convert(lon, lat)
    assert got_lon.shape == got_lat.shape == (2, 3)
    assert (lon == 121.5).all()
    assert lat.tolist() == [31.2, 31.3, 31.4]
    assert convert([], [])[0].size == 0
