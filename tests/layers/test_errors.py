"""Wrong wishes are told from problems of the data: the command line ends with 2 and not with 1."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.analysis import scatter_of
from layers.errors import AtlasError
from layers.errors import CatalogueError
from layers.errors import ExportError
from layers.errors import IntakeError
from layers.errors import UsageError
from layers.export import export_layers
from layers.export import export_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.catalogue import Catalogue

Wish = tuple[type[AtlasError], "Callable[[], object]"]


@pytest.fixture
def wishes(shared: Catalogue, tables: dict[str, Any], desk: Any, tmp_path: Path) -> dict[str, Wish]:
    parks = [shared.layer("parks")]
    table = pd.DataFrame({"a": [1]})

    def export(name: str, fmt: str, crs: str = "EPSG:4490") -> Callable[[], object]:
        return lambda: export_layers(tables, parks, shared, fmt=fmt, path=tmp_path / name, crs=crs)

    there = desk.csv("park_id,name,lon,lat\nP1,甲,121.5,31.3\n")
    return {
        "layer": (CatalogueError, lambda: shared.layer("nothing")),
        "park": (AtlasError, lambda: scatter_of(tables, shared, parks=["nobody"])),
        "format": (ExportError, export("a.dwg", "dwg")),
        "ending": (ExportError, export("a.csv", "gpkg")),
        "table ending": (ExportError, lambda: export_table(table, tmp_path / "a.doc")),
        "crs of an export": (ExportError, export("a.gpkg", "gpkg", "EPSG:0")),
        "datum of an export": (ExportError, export("a.gpkg", "gpkg", "EPSG:2436")),
        "geojson in metres": (ExportError, export("a.geojson", "geojson", "EPSG:4549")),
        "crs of an import": (IntakeError, lambda: desk.take(there, "parks", crs="EPSG:0")),
        "missing file": (IntakeError, lambda: desk.take(tmp_path / "none.csv", "parks")),
    }


def test_wrong_wishes_are_usage_errors_and_what_they_were(wishes: dict[str, Wish]) -> None:
    for name, (kind, run) in wishes.items():
        with pytest.raises(UsageError) as caught:
            run()
        assert isinstance(caught.value, kind), name
        assert caught.value.text.zh, name
        assert caught.value.text.en, name


def test_a_damaged_file_is_no_wrong_wish(desk: Any, tmp_path: Path) -> None:
    for name in ("a.gpkg", "a.xlsx", "a.geojson"):
        (tmp_path / name).write_bytes(b"no")
        with pytest.raises(IntakeError) as caught:
            desk.take(tmp_path / name)
        assert not isinstance(caught.value, UsageError)
