"""GDAL, and QGIS with it, reads our drawings without being told an encoding."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.export.dxf import check_dxf
from layers.export.dxf import write_dxf
from layers.export.notes import Notes
from layers.export.sheets import Sheet
from layers.style import LayerStyle
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

E, N = 643_000.0, 3_466_000.0


def test_ogrinfo_shows_chinese_and_metres(needs: Callable[[str], str], tmp_path: Path) -> None:
    ogrinfo = needs("ogrinfo")
    title = Text("园区边界", "Park boundaries")
    holed = shapely.box(E, N, E + 100, N + 100).difference(
        shapely.box(E + 40, N + 40, E + 60, N + 60)
    )
    frame = gpd.GeoDataFrame(
        {"name": pd.Series(["复旦大学科技园𠮷", "点%%c园"], dtype="str")},
        geometry=[holed, shapely.Point(E + 200.125, N)],
        crs="EPSG:4549",
    )
    fields = (FieldSpec("name", "text", Text("园区名称", "Name")),)
    style = LayerStyle("", Symbol(fill="#0072b2"), (), False, "name", 14)  # noqa: FBT003 -- by_prefix
    sheet = Sheet("parks", title, title, fields, frame, style, "name", "name")
    stamp = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
    notes = Notes("zh", (Text("内部资料", "internal"),), pd.DataFrame(), pd.DataFrame(), stamp)
    path = tmp_path / "园区.dxf"
    write_dxf([sheet], path, notes)
    check_dxf([sheet], path, notes)

    plain = {key: value for key, value in os.environ.items() if key != "DXF_ENCODING"}
    answer = subprocess.run(  # noqa: S603 -- a file of our own
        [ogrinfo, "-q", "-al", str(path)], capture_output=True, check=True, env=plain
    )
    told = answer.stdout.decode("utf-8")
    assert "Layer (String) = 园区边界\n" in told
    assert "Layer (String) = 园区边界-注记\n" in told
    assert "Text (String) = 复旦大学科技园𠮷\n" in told
    assert "Text (String) = 点％％c园\n" in told
    assert "CGCS2000 / 3-degree Gauss-Kruger CM 120E（EPSG:4549）" in told
    assert f"POINT Z ({E + 200.125} {N:.0f}" in told
    assert "BRUSH(fc:#0072b2" in told
    # The hole is a ring of its own in the fill.
    assert any("POLYGON ((" in line and "),(" in line for line in told.splitlines())
