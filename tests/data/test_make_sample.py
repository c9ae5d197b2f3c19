"""The sample is generated, always the same, and only where it may be."""

from __future__ import annotations

import csv
import json
import shutil
from random import Random
from typing import TYPE_CHECKING

import pytest

from data.make_sample import INDUSTRIES
from data.make_sample import NEEDS
from data.make_sample import fixed_part
from data.make_sample import generate
from data.make_sample import read_features
from data.make_sample import split
from layers.catalogue import EDITION_DIR

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = ("units.csv", "carriers.geojson")


def copy_inputs(folder: Path) -> None:
    for name in ("catalogue.toml", "carriers.geojson", "parks.geojson", "sample_holdings.csv"):
        shutil.copy(EDITION_DIR / name, folder)


@pytest.mark.parametrize("name", WRITTEN)
def test_regenerated_files_are_the_committed_ones(tmp_path: Path, name: str) -> None:
    generate(EDITION_DIR, tmp_path)
    # A checkout may translate line ends; the generator never writes them.
    committed = (EDITION_DIR / name).read_bytes().replace(b"\r\n", b"\n")
    assert (tmp_path / name).read_bytes() == committed


def test_generating_twice_changes_nothing(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    generate(tmp_path, tmp_path, seed=5)
    first = [(tmp_path / name).read_bytes() for name in WRITTEN]
    generate(tmp_path, tmp_path, seed=5)
    assert [(tmp_path / name).read_bytes() for name in WRITTEN] == first


def test_another_seed_changes_the_sample_and_nothing_else(tmp_path: Path) -> None:
    generate(EDITION_DIR, tmp_path, seed=7)
    ours = read_features(EDITION_DIR / "carriers.geojson")
    other = read_features(tmp_path / "carriers.geojson")
    assert [f["geometry"] for f in other] == [f["geometry"] for f in ours]
    assert [fixed_part(f["properties"]) for f in other] == [
        fixed_part(f["properties"]) for f in ours
    ]
    assert (tmp_path / "units.csv").read_bytes() != (EDITION_DIR / "units.csv").read_bytes()


def test_a_new_building_changes_no_other_row(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    path = tmp_path / "carriers.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    new = {"carrier_id": "Z99", "name": "新楼", "carrier_class": "business", "source": "estimate"}
    document["features"].append({"type": "Feature", "properties": new, "geometry": None})
    path.write_text(json.dumps(document), encoding="utf-8")
    generate(tmp_path, tmp_path)
    assert read_features(path)[:-1] == read_features(EDITION_DIR / "carriers.geojson")
    assert read_features(path)[-1]["properties"]["sample"] is True


def test_a_holding_in_an_unknown_carrier_is_refused(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    with (tmp_path / "sample_holdings.csv").open("a", encoding="utf-8") as stream:
        stream.write("S01,NOWHERE,500\nS01,F05,500\n")
    with pytest.raises(ValueError, match="F05, NOWHERE"):
        generate(tmp_path, tmp_path)


def test_what_a_carrier_takes_and_offers_is_named_as_the_units_name_it() -> None:
    carriers = [f["properties"] for f in read_features(EDITION_DIR / "carriers.geojson")]
    known = {"allowed_industries": {name for name, _ in INDUSTRIES}, "provides": set(NEEDS)}
    for field, values in known.items():
        filled = [c[field].split(";") for c in carriers if field in c]
        assert {value for row in filled for value in row} == values
        assert all(len(set(row)) == len(row) for row in filled)
        sampled = sum(c.get("sample", False) for c in carriers)
        assert 0.3 < len(filled) / sampled < 0.65
        assert all(c["sample"] for c in carriers if field in c)


def test_only_vacant_units_become_available_and_in_the_months_of_the_plan() -> None:
    with (EDITION_DIR / "units.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    dated = [row for row in rows if row["available_from"]]
    assert {row["state"] for row in dated} == {"vacant"}
    assert 0.05 < len(dated) / sum(row["state"] == "vacant" for row in rows) < 0.15
    assert min(r["available_from"] for r in dated) >= "2026-11-30"
    assert max(r["available_from"] for r in dated) <= "2027-12-31"


@pytest.mark.parametrize(("total", "parts"), [(1, 1), (1000, 3), (99_999, 30)])
def test_parts_add_up(total: int, parts: int) -> None:
    pieces = split(total, parts, Random("any"))  # noqa: S311 - a test draws no secrets
    assert len(pieces) == parts
    assert sum(pieces) == total
    assert min(pieces) > 0
