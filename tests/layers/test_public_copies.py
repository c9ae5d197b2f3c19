"""A public copy is not taken for a newer state of the rows that it was made from."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.export import export_layers
from layers.export.package import export_package
from layers.intake import Choices
from layers.intake import Request
from layers.intake import intake
from layers.intake import read_isolated
from layers.intake import read_raw
from layers.intake.public_copies import PublicCopyError
from layers.intake.readers.parts import PartError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from layers.intake import IntakeResult

CATALOGUE = load_catalogue()
SPEC = CATALOGUE.layer("parks")
ENDINGS = {
    "gpkg": ".gpkg",
    "xlsx": ".xlsx",
    "geojson": ".geojson",
    "csv": ".zip",
    "shp": ".zip",
    "fgb": ".fgb",
    "kml": ".kml",
    "dxf": ".dxf",
}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Return the layers of the edition, the parks at places of their own, off the grid."""
    found: dict[str, Any] = dict(load_edition(CATALOGUE).tables)
    parks = gpd.GeoDataFrame(found["parks"])
    moved = parks.geometry.translate(0.0000213, 0.0000347)
    found["parks"] = parks.set_geometry(moved)
    return found


def _written(
    tables: dict[str, pd.DataFrame], path: Path, fmt: str, audience: Any, lang: str = "zh"
) -> Path:
    crs = "EPSG:4549" if fmt == "dxf" else "EPSG:4490"
    export_layers(
        tables, [SPEC], CATALOGUE, fmt=fmt, path=path, crs=crs, audience=audience, lang=lang
    )
    return path


def _read(path: Path, tables: dict[str, pd.DataFrame], **choices: Any) -> IntakeResult:
    return intake(path, SPEC, CATALOGUE, Choices(**choices), tables=tables)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("fmt", list(ENDINGS))
def test_every_format_tells_that_it_is_a_public_copy(
    tables: dict[str, pd.DataFrame], tmp_path: Path, fmt: str, lang: str
) -> None:
    for audience in ("public", "internal"):
        path = tmp_path / f"{audience}{ENDINGS[fmt]}"
        _written(tables, path, fmt, audience, lang)
        raw = read_raw(Request(path, "parks", part=_part(path)))
        assert (raw.public is not None) == (audience == "public")


def _part(path: Path) -> str:
    try:
        return read_raw(Request(path, "parks")).part
    except PartError as error:
        return error.parts[0]


def test_it_is_refused_where_rows_are_kept(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    path = _written(tables, tmp_path / "a.geojson", "geojson", "public")
    with pytest.raises(PublicCopyError) as caught:
        _read(path, tables)
    assert "--public-copy" in caught.value.text.zh
    assert "--public-copy" in caught.value.text.en
    assert SPEC.title.zh in caught.value.text.zh


def test_it_is_taken_if_that_is_wanted_and_where_nothing_is_kept(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    path = _written(tables, tmp_path / "a.geojson", "geojson", "public")
    located = int(tables["parks"].geometry.notna().sum())
    assert _read(path, tables, public_copy=True).located == located
    nothing = {**tables, "parks": tables["parks"].iloc[:0]}
    assert _read(path, nothing).located == located


def test_a_reader_in_a_process_of_its_own_tells_it_too(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    path = _written(tables, tmp_path / "a.gpkg", "gpkg", "public")
    assert read_isolated(Request(path, "parks")).public is not None


def test_a_shapefile_taken_out_of_its_zip_is_known_by_its_notes(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    path = _written(tables, tmp_path / "a.zip", "shp", "public")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
    assert read_raw(Request(tmp_path / "out" / "parks_polygon.shp", "parks")).public is not None


def test_a_package_tells_it(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    for audience in ("public", "internal"):
        path = tmp_path / f"{audience}.zip"
        export_package(
            tables, [SPEC], CATALOGUE, formats=["gpkg", "csv"], path=path, audience=audience
        )
        with zipfile.ZipFile(path) as archive:
            part = next(n for n in archive.namelist() if n.endswith("parks.csv"))
        raw = read_raw(Request(path, "parks", part=part))
        assert (raw.public is not None) == (audience == "public")


def test_a_table_without_notes_is_known_by_its_places(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    path = _written(tables, tmp_path / "a.csv", "csv", "public")
    (found,) = [i for i in _read(path, tables).issues if i.code == "places_coarse"]
    located = int(tables["parks"].geometry.notna().sum())
    assert found.severity == "warning"
    assert f"{located} 个已有对象" in found.message.zh


def test_a_table_with_finer_places_is_not(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    path = _written(tables, tmp_path / "a.csv", "csv", "internal")
    assert "places_coarse" not in {issue.code for issue in _read(path, tables).issues}


def test_coarse_places_of_what_is_kept_coarse_are_no_loss(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    path = _written(tables, tmp_path / "a.csv", "csv", "public")
    result = _read(path, tables)
    kept = {**tables, "parks": result.accepted}
    xy = shapely.get_coordinates(result.accepted[["geometry"]].to_numpy()[:, 0])
    assert np.abs(xy * 10_000 - np.round(xy * 10_000)).max() < 1e-3
    assert "places_coarse" not in {issue.code for issue in _read(path, kept).issues}


@pytest.mark.parametrize("text", ["公开版：坐标取整到", "Public copy: coordinates are rounded to"])
def test_a_cell_that_quotes_the_notes_is_no_notice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"名称,备注\n甲园,{text} 0.0001\n", encoding="utf-8")
    assert read_raw(Request(path, "parks")).public is None
