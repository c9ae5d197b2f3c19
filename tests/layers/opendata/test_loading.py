"""From objects to a file: formats, what stands beside it, and what is rejected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.errors import UsageError
from layers.opendata.elements import Credit
from layers.opendata.elements import Element
from layers.opendata.elements import Elements
from layers.opendata.loading import Report
from layers.opendata.loading import Wish
from layers.opendata.loading import load
from layers.opendata.loading import sidecar_of
from layers.opendata.rules import layer_rules
from tests.opendata_hand import TIME
from tests.opendata_hand import square

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOGUE = load_catalogue()
SUFFIXES = [".gpkg", ".parquet", ".geojson"]


def element(number: int, **tags: str) -> tuple[Element, Any]:
    credit = Credit("OpenStreetMap", "ODbL-1.0", f"way/{number} v1", TIME)
    shape = shapely.Polygon(square(121.5 + number / 1000, 31.3, 0.0005))
    return Element(f"way/{number}", {"building": "yes", **tags}, (credit,)), shape


def batches(*groups: list[tuple[Element, Any]]) -> Iterator[Elements]:
    for group in groups:
        yield Elements.of([item for item, _ in group], [shape for _, shape in group])


def wish(out: Path, layer: str = "buildings") -> Wish:
    rejects = out.with_name("rejects.csv")
    return Wish(layer_rules("osm", layer), out, rejects, "x.osm.pbf", {"file": "x.osm.pbf"})


def mixed() -> Iterator[Elements]:
    """Return two batches: two good buildings, one in several parts, one open, one afar."""
    (first, shape), (second, other) = element(1, name="甲", height="12 m"), element(2)
    both = shapely.MultiPolygon([other, shapely.Polygon(square(121.6, 31.3))])
    lost, _ = element(3, name="=HYPERLINK()")
    afar, _ = element(4)
    return batches(
        [(first, shape)],
        [
            (second, both),
            (Element(lost.number, lost.tags, lost.credits, "ring_open"), None),
            (afar, shapely.Polygon(square(0, 0))),
        ],
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_in_are_rows_out_and_rejected(tmp_path: Path, suffix: str) -> None:
    report = load(mixed(), wish(tmp_path / f"b{suffix}"), CATALOGUE)
    assert (report.rows_in, report.accepted, report.rejected) == (4, 2, 2)
    rejected = pd.read_csv(tmp_path / "rejects.csv", dtype="str")
    assert rejected["building_id"].tolist() == ["way/3", "way/4"]
    assert rejected["_code"].tolist() == ["ring_open", "coordinates_out_of_range"]
    assert rejected["name"].iloc[0] == "'=HYPERLINK()"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_says_the_same(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"b{suffix}"
    load(mixed(), wish(path), CATALOGUE)
    options = {"layer": "buildings"} if suffix == ".gpkg" else {}
    back = gpd.read_parquet(path) if suffix == ".parquet" else gpd.read_file(path, **options)
    assert [*back.columns] == [*CATALOGUE.layer("buildings").field_names, "geometry"]
    assert back["building_id"].tolist() == ["way/1", "way/2"]
    assert back["name"].fillna("").tolist() == ["甲", ""]
    assert back["height_m"].tolist()[0] == 12.0
    assert pd.isna(back["height_m"].tolist()[1])
    assert pd.isna(back["floors"]).all()
    assert set(back["source"]) == {"openstreetmap"}
    expected = [shape for batch in mixed() for shape in batch.shapes[:1]]
    # GeoJSON rounds to 8 decimals of a degree, a millimetre.
    assert (shapely.hausdorff_distance(back.geometry.to_numpy(), expected) <= 1e-8).all()
    assert shapely.get_num_geometries(back.geometry.to_numpy()).tolist() == [1, 2]
    if suffix != ".geojson":
        assert back.crs == "EPSG:4490"


def test_the_notice_stands_in_every_format_and_beside_it(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        load(mixed(), wish(tmp_path / f"b{suffix}"), CATALOGUE)
    words = "© OpenStreetMap contributors"
    assert words in pq.read_metadata(tmp_path / "b.parquet").metadata[b"notice_zh"].decode()
    assert words in json.loads((tmp_path / "b.geojson").read_text(encoding="utf-8"))["notice"][1]
    (readme,) = {name for name, _ in pyogrio.list_layers(tmp_path / "b.gpkg")} - {"buildings"}
    assert words in pyogrio.read_dataframe(tmp_path / "b.gpkg", layer=readme)["notice_en"].iloc[0]
    beside = json.loads(sidecar_of(tmp_path / "b.gpkg").read_text(encoding="utf-8"))
    assert beside["attribution"] == words
    assert beside["licences"] == [{"licence": "ODbL-1.0", "rows": 2}]
    assert (beside["rows_in"], beside["accepted"], beside["rejected"]) == (4, 2, 2)
    assert beside["mapping_version"] == layer_rules("osm", "buildings").version
    assert {f["code"]: f["count"] for f in beside["findings"]}["ring_open"] == 1


def test_findings_name_the_object_and_count_the_others(tmp_path: Path) -> None:
    group = [element(n, height="hoch") for n in range(1, 4)]
    (tmp_path / "rejects.csv").write_text("of an earlier run", encoding="utf-8")
    report = load(batches(group), wish(tmp_path / "b.parquet"), CATALOGUE)
    count, first = report.findings["open_value_unreadable"]
    assert count == 3
    assert first.line("en").startswith("x.osm.pbf way/1 · height_m: 'hoch' is not a number")
    assert not (tmp_path / "rejects.csv").exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_found_is_an_empty_layer(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"b{suffix}"
    report = load(iter(()), wish(path), CATALOGUE)
    assert (report.rows_in, report.accepted) == (0, 0)
    if suffix == ".geojson":
        assert json.loads(path.read_text(encoding="utf-8"))["features"] == []
    else:
        back = (
            gpd.read_parquet(path)
            if suffix == ".parquet"
            else gpd.read_file(path, layer="buildings")
        )
        assert len(back) == 0
        assert "building_id" in back.columns


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_load_that_breaks_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"b{suffix}"
    path.write_bytes(b"old")

    def broken() -> Iterator[Elements]:
        yield from mixed()
        msg = "the line is cut"
        raise ConnectionResetError(msg)

    with pytest.raises(Exception, match="the line is cut"):
        load(broken(), wish(path), CATALOGUE)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_format_that_is_not_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.gpkg"):
        load(mixed(), wish(tmp_path / "b.shp"), CATALOGUE)
    assert not list(tmp_path.iterdir())


def test_progress_is_told_batch_by_batch(tmp_path: Path) -> None:
    told: list[int] = []
    load(mixed(), wish(tmp_path / "b.parquet"), CATALOGUE, progress=told.append)
    assert told == [1, 4]


def test_several_licences_are_all_in_the_notice() -> None:
    report = Report()
    report.datasets.update(["OpenStreetMap", "Microsoft ML Buildings"])
    report.licences.update(["ODbL-1.0", ""])
    assert report.notice.en == (
        "Data: © OpenStreetMap contributors, © Overture Maps Foundation, Microsoft ML Buildings;"
        " licence: ODbL-1.0; some objects name no licence"
    )
