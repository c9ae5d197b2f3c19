from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from layers.edition import SOURCE_COLUMNS
from layers.edition import load_edition
from layers.edition import load_sources
from layers.errors import IntakeError

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue


def write_parks(folder: Path) -> None:
    parks = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"park_id": "P1", "name": "甲园"},
                "geometry": {"type": "Point", "coordinates": [121.5, 31.3]},
            }
        ],
    }
    (folder / "parks.geojson").write_text(json.dumps(parks), encoding="utf-8")


def write_units(folder: Path) -> None:
    (folder / "units.csv").write_text(
        "unit_id,carrier_id,floor_area_m2\nU1,C1,10\nU2,C9,10\nU3,C1,1o\n", encoding="utf-8"
    )


def test_a_missing_and_a_broken_file_leave_the_rest(small: Catalogue) -> None:
    write_parks(small.folder)
    write_units(small.folder)
    (small.folder / "carriers.csv").write_bytes(b"\x00\x01")
    edition = load_edition(small)
    assert list(edition.tables) == list(small.keys)
    assert len(edition.tables["parks"]) == 1
    assert edition.tables["carriers"].empty
    assert "tenants" in edition.tables["carriers"]
    # Nobody knows the carriers, so no unit can be blamed for naming one.
    assert edition.tables["units"]["unit_id"].tolist() == ["U1", "U2"]
    errors = [(i.layer, i.row, i.code, i.file) for i in edition.issues if i.severity == "error"]
    assert errors == [
        ("carriers", 0, "file_unreadable", "carriers.csv"),
        ("units", 3, "not_a_number", "units.csv"),
    ]
    (small.folder / "parks.geojson").unlink()
    missing = next(i for i in load_edition(small).issues if i.layer == "parks")
    assert "不存在" in missing.message.zh
    assert "parks.geojson" in missing.line("en")


def test_references_are_checked_in_the_right_order(small: Catalogue) -> None:
    write_parks(small.folder)
    write_units(small.folder)
    (small.folder / "carriers.csv").write_text(
        "carrier_id,park_id,lon,lat\nC1,P1,121.5,31.3\nC2,P9,121.5,31.3\n", encoding="utf-8"
    )
    edition = load_edition(small)
    assert edition.tables["carriers"]["carrier_id"].tolist() == ["C1"]
    assert edition.tables["units"]["unit_id"].tolist() == ["U1"]
    codes = [(i.layer, i.row, i.code) for i in edition.issues]
    assert codes == [
        ("carriers", 2, "unknown_reference"),
        ("units", 3, "not_a_number"),
        ("units", 2, "unknown_reference"),
    ]


def test_layers_without_a_file_are_empty_and_no_fault(small: Catalogue) -> None:
    edition = load_edition(small)
    assert edition.tables["zones"].empty
    assert "zones" not in {i.layer for i in edition.issues}


def test_sources(tmp_path: Path) -> None:
    assert load_sources(tmp_path).columns.tolist() == list(SOURCE_COLUMNS)
    path = tmp_path / "sources.csv"
    path.write_text("source_id,title_zh,more\nosm,开放地图,x\n", encoding="utf-8")
    sources = load_sources(tmp_path)
    assert sources["title_zh"].tolist() == ["开放地图"]
    assert sources["licence"].isna().all()
    path.write_bytes(b"\x00")
    with pytest.raises(IntakeError, match=r"sources\.csv"):
        load_sources(tmp_path)
