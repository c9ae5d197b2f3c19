"""The bench of exports times whole files on both sides."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from bench import bench_export
from bench.city import buildings
from layers.catalogue import load_catalogue
from layers.export.package import PACKAGE_FORMATS
from layers.export.run import FORMATS
from layers.export.run import export_layers

if TYPE_CHECKING:
    from pathlib import Path


def city(rows: int) -> gpd.GeoDataFrame:
    return buildings(rows, load_catalogue().layer(bench_export.LAYER))


def test_every_format_has_a_plain_side() -> None:
    assert bench_export.PLAIN.keys() == FORMATS.keys()
    assert set(PACKAGE_FORMATS) <= FORMATS.keys()
    assert bench_export.ROWS == 50_000


def test_both_sides_write_all_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = bench_export.compare(city(40), tmp_path, ("gpkg", "csv", "fgb"))
    assert list(times) == ["gpkg", "csv", "fgb", "package"]
    assert times["package"].plain == times["gpkg"].plain + times["csv"].plain
    assert len(gpd.read_file(tmp_path / "plain.gpkg")) == 40
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        lines = archive.read("csv/buildings.csv").decode("utf-8-sig").splitlines()
    assert len(lines) == 41
    assert times["package"].size == (tmp_path / "package.zip").stat().st_size
    told = capsys.readouterr().out
    assert "100% done" in told
    assert told.splitlines()[-1].startswith("package ")


def test_a_file_without_all_rows_stops_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few(tables: dict[str, gpd.GeoDataFrame], *given: object, **options: object) -> object:
        first = {key: frame.head(3) for key, frame in tables.items()}
        return original(first, *given, **options)  # type: ignore[arg-type]

    original = export_layers
    monkeypatch.setattr(bench_export, "export_layers", few)
    with pytest.raises(RuntimeError, match="instead of 5 rows"):
        bench_export.exported(city(5), "csv", tmp_path)
