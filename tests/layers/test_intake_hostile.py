from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layers.errors import IntakeError
from layers.intake import source

HEAD = "carrier_id,name,gross_area_m2,lon,lat\n"
ROOT = Path(__file__).resolve().parents[2]


# --- hostile files ---------------------------------------------------------

VRT = """<OGRVRTDataSource><OGRVRTLayer name="passwd">
<SrcDataSource>/etc/passwd</SrcDataSource><SrcSQL>select * from passwd</SrcSQL>
</OGRVRTLayer></OGRVRTDataSource>"""


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".csv", ".xlsx", ".json"])
def test_a_vrt_under_another_name_is_refused(desk: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"parks{suffix}"
    path.write_text(VRT, encoding="utf-8")
    with pytest.raises(IntakeError) as caught:
        desk.take(path)
    assert "root:" not in str(caught.value)


def test_gdal_has_no_drivers_that_open_other_files() -> None:
    code = "import layers.intake, pyogrio; print('OGR_VRT' in pyogrio.list_drivers())"
    told = {k: v for k, v in os.environ.items() if k != "OGR_SKIP"}
    done = subprocess.run(  # noqa: S603 -- our own interpreter, our own code
        [sys.executable, "-c", code], cwd=ROOT, env=told, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_other_suffixes_and_missing_files(desk: Any, tmp_path: Path) -> None:
    for name in ("x.vrt", "x.shp", "x", "x.csv.exe"):
        (tmp_path / name).write_text("a,b\n", encoding="utf-8")
        with pytest.raises(IntakeError, match=r"\.gpkg"):
            desk.take(tmp_path / name)
    for path in (tmp_path / "none.csv", Path("/vsizip/x.gpkg")):
        with pytest.raises(IntakeError, match="不存在"):
            desk.take(path)


def test_a_file_that_is_too_large(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 10)
    with pytest.raises(IntakeError, match="拆分"):
        desk.take(desk.csv(HEAD))
