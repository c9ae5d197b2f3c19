"""GDAL's own programs read our files and show their Chinese names and values."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.export.flatgeobuf import write_fgb
from layers.export.geofiles import write_geojson
from layers.export.geofiles import write_gpkg
from layers.export.kml import write_kml
from layers.export.shapefile import write_shp
from layers.export.text import write_csv
from tests.layers import roundtrip_hand as hand
from tests.layers.roundtrip_hand import PLACES
from tests.layers.roundtrip_hand import STYLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRITERS: dict[str, Callable[..., None]] = {
    "gpkg": write_gpkg,
    "geojson": write_geojson,
    "csv": write_csv,
    "fgb": write_fgb,
    "kml": write_kml,
    "shp": write_shp,
}


def _told(needs: Callable[[str], str], path: Path, *options: str) -> str:
    command = [needs("ogrinfo"), "-ro", "-al", *options, str(path)]
    # Whatever the planner's computer is set to, the files say it themselves.
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("DXF_", "SHAPE_", "OGR_"))}
    env = {**plain, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, check=True, env=env)  # noqa: S603
    assert b"ERROR" not in done.stderr, done.stderr.decode()
    return done.stdout.decode("utf-8")


def _written(tmp_path: Path, fmt: str, **options: Any) -> Path:
    places = options.pop("places", "polygons")
    sheet = hand.sheet(PLACES[places], style=STYLE, **options)
    path = tmp_path / f"carriers.{fmt}"
    WRITERS[fmt]([sheet], path, hand.notes(sheet))
    return path


@pytest.mark.parametrize("rare", [False, True])
@pytest.mark.parametrize("fmt", WRITERS)
def test_names_and_values_are_right(
    needs: Callable[[str], str], tmp_path: Path, fmt: str, *, rare: bool
) -> None:
    told = _told(needs, _written(tmp_path, fmt, rare=rare))
    # Ten bytes of a name are five characters in GBK, three in UTF-8.
    most = (3 if rare else 5) if fmt == "shp" else None
    expected = {
        "总建筑面积_平方米": r"-12\.34567890123",
        "名称": '甲,"乙"$',
        "企业数": r"-3(\.0*)?$",
        "空置起始": "2026-03$",
        "数据日期": "2026[/-]03[/-]31",
    }
    for name, value in expected.items():
        # In the words of ogrinfo: name (type) = value.
        assert re.search(rf"^ *{name[:most]} \(\w+\) = {value}", told, re.MULTILINE)
    if rare:
        assert "㙍路🙂" in told
        assert "𠮷野 €" in told


@pytest.mark.parametrize("fmt", ["gpkg", "fgb", "kml", "shp"])
def test_unknown_is_not_zero(needs: Callable[[str], str], tmp_path: Path, fmt: str) -> None:
    told = _told(needs, _written(tmp_path, fmt, places="points"))
    second = told.split("OGRFeature(")[2 if fmt != "fgb" else _place_of(told, "乙2")]
    assert "乙2" in second
    for name in ("企业数", "历史保护", "数据日期"):
        # A value that is unknown is left out or called null.
        assert not re.search(rf"{name} \([^)]*\)+ = (?!\(null\))", second), second


def _place_of(told: str, key: str) -> int:
    parts = told.split("OGRFeature(")
    return next(i for i, part in enumerate(parts) if i and key in part)


@pytest.mark.parametrize("crs", hand.SYSTEMS)
@pytest.mark.parametrize("fmt", ["gpkg", "fgb", "shp"])
def test_the_system_is_known(
    needs: Callable[[str], str], tmp_path: Path, fmt: str, crs: str
) -> None:
    path = _written(tmp_path, fmt, crs=crs)
    told = _told(needs, path, "-so", "-nomd")
    assert f'ID["EPSG",{crs[5:]}]]' in told


def test_an_old_program_takes_the_table_for_gbk_without_the_cpg(
    needs: Callable[[str], str], tmp_path: Path
) -> None:
    path = _written(tmp_path, "shp", places="lines")
    path.with_suffix(".cpg").unlink()
    told = _told(needs, path)
    assert "名称 (String) = 甲" in told


def test_rows_without_place_stand_in_a_table(needs: Callable[[str], str], tmp_path: Path) -> None:
    path = _written(tmp_path, "shp", places="mixed")
    told = _told(needs, path.with_name("carriers_table.dbf"))
    assert "Feature Count: 1" in told
    assert "编码 (String) = 丁4" in told
