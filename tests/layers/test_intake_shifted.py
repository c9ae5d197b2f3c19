from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from geo.gcj import gcj02_to_wgs84
from geo.gcj import wgs84_to_bd09
from geo.gcj import wgs84_to_gcj02
from layers.catalogue import EDITION_DIR
from layers.catalogue import load_catalogue
from layers.errors import IntakeError
from layers.intake.columns import find_columns
from layers.intake.placing.locate import locate
from layers.intake.placing.shifted import check_shift
from layers.intake.placing.shifted import detect_shift
from layers.intake.placing.shifted import shift_of
from layers.intake.read import read_raw
from layers.intake.run import intake
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

    from layers.intake.placing.locate import Located
    from layers.intake.placing.shifted import ShiftReport

SPEC = load_catalogue().layer("carriers")
KNOWN = gpd.read_file(EDITION_DIR / "carriers.geojson").to_crs(4490)
LOCATED = KNOWN[KNOWN.geometry.notna()].reset_index(drop=True)
TRUE = shapely.get_coordinates(LOCATED.geometry.to_numpy())
HELD = pd.DataFrame(
    {
        "key": LOCATED["carrier_id"],
        "name": LOCATED["name"],
        "lon": TRUE[:, 0],
        "lat": TRUE[:, 1],
    }
)


def shifted(shift: Any, points: Any = TRUE) -> Any:
    return points if shift is None else np.column_stack(shift(*points.T))


def deliver(folder: Path, points: Any, columns: tuple[str, ...] = ("carrier_id", "name")) -> Path:
    """Write the bundled carriers with other coordinates, as somebody would send them."""
    frame = LOCATED[list(columns)].assign(经度=points[:, 0], 纬度=points[:, 1])
    path = folder / "高德点位.csv"
    frame.to_csv(path, index=False)
    return path


def take(path: Path, crs: str | None, tables: Any = None) -> tuple[Located, ShiftReport, list[str]]:
    request = Request(path, "carriers")
    raw = read_raw(request)
    columns = find_columns(list(raw.frame.columns), SPEC)
    located = locate(raw, columns.places, request, crs)
    named = raw.frame[list(columns.fields.values())].set_axis(list(columns.fields), axis=1)
    report = shift_of(located, named, SPEC, {"carriers": KNOWN} if tables is None else tables)
    return located, report, [issue.code for issue in check_shift(report, crs, request)]


@pytest.mark.parametrize(
    ("shift", "kind"),
    [
        (None, "none"),
        (wgs84_to_gcj02, "GCJ02"),
        (wgs84_to_bd09, "BD09"),
        (gcj02_to_wgs84, "inverse GCJ02"),
    ],
)
@pytest.mark.parametrize("columns", [["key"], ["name"], ["key", "name"]])
def test_every_shift_is_recognised_by_id_or_name(shift: Any, kind: str, columns: Any) -> None:
    report = detect_shift(HELD[columns], shifted(shift), HELD)
    assert (report.best, report.confident) == (kind, True)
    assert report.after_m < 0.01
    assert report.matched >= 3
    # Independently of the product: how far the points are away.
    _, _, away = Geod(ellps="GRS80").inv(*TRUE.T, *shifted(shift).T)
    if columns != ["name"]:
        assert report.matched == len(TRUE)
        assert report.before_m == pytest.approx(np.median(away), abs=1e-6)


def test_an_amap_copy_of_the_bundled_carriers_is_recognised_and_comes_back(tmp_path: Path) -> None:
    path = deliver(tmp_path, shifted(wgs84_to_gcj02))
    with pytest.raises(IntakeError) as caught:
        take(path, None)
    for text in (caught.value.text.zh, caught.value.text.en):
        assert "高德点位.csv" in text
        assert "--crs GCJ02" in text
        assert "--crs CGCS2000" in text
        assert str(len(TRUE)) in text
        assert "47" in text  # 466-485 m in the district
    located, report, codes = take(path, "GCJ02")
    assert (report.best, codes) == ("GCJ02", ["shift_confirmed"])
    assert located.geometry is not None
    back = shapely.get_coordinates(located.geometry)
    _, _, away = Geod(ellps="GRS80").inv(*TRUE.T, *back.T)
    assert np.max(away) < 0.01


@pytest.mark.parametrize(
    ("rows", "severities"),
    [(2, {"crs_assumed": "warning"}), (len(TRUE), {"crs_confirmed": "info"})],
)
def test_an_assumed_system_is_a_warning_until_known_places_confirm_it(
    tmp_path: Path, rows: int, severities: dict[str, str]
) -> None:
    path = deliver(tmp_path, TRUE)
    text = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(text[: rows + 1]), encoding="utf-8")
    known = KNOWN.reindex(columns=[*SPEC.field_names, "geometry"])
    result = intake(path, SPEC, load_catalogue(), tables={"carriers": known})
    found = {i.code: i for i in result.issues if i.code in {"crs_assumed", "crs_confirmed"}}
    assert {code: issue.severity for code, issue in found.items()} == severities
    if "crs_confirmed" in found:
        assert f" {rows} 处" in found["crs_confirmed"].message.zh
    else:
        assert "--crs GCJ02" in found["crs_assumed"].remedy.zh


def test_names_are_asked_only_where_ids_are_not_enough() -> None:
    rows = pd.concat([HELD] * 40, ignore_index=True)
    rows["key"] = [f"K{i}" for i in range(len(rows))]
    rows["name"] = [f"楼 {i}" for i in range(len(rows))]
    by_both = detect_shift(rows, rows[["lon", "lat"]], rows)
    assert by_both.matched == len(rows)
    # A name that belongs to another place would be a match of its own.
    wrong = rows.assign(key=[*rows["key"][:-1], "X"])
    assert detect_shift(wrong, wrong[["lon", "lat"]], rows).matched == len(rows) - 1
    few, known = wrong.tail(50), rows
    assert detect_shift(few, few[["lon", "lat"]], known).matched == 50


@pytest.mark.parametrize("word", ["CGCS2000", "WGS84", "EPSG:4490"])
def test_the_word_to_keep_it_as_it_is_keeps_it_with_a_warning(tmp_path: Path, word: str) -> None:
    path = deliver(tmp_path, shifted(wgs84_to_gcj02))
    located, _, codes = take(path, word)
    assert codes == ["shift_contradicted"]
    assert located.geometry is not None
    assert shapely.get_coordinates(located.geometry) == pytest.approx(shifted(wgs84_to_gcj02))


def test_a_second_correction_is_refused(tmp_path: Path) -> None:
    # Or the layer was imported from this file without a correction: then that is undone first.
    with pytest.raises(IntakeError, match=r"若坐标已纠正过.*先撤销.*workspace undo carriers"):
        take(deliver(tmp_path, TRUE), "GCJ02")
    with pytest.raises(IntakeError, match="已纠正过"):
        take(deliver(tmp_path, TRUE), "百度坐标")
    # Corrected twice already: there is no word that would mend it.
    twice = deliver(tmp_path, shifted(gcj02_to_wgs84))
    with pytest.raises(IntakeError, match="原始坐标"):
        take(twice, "GCJ02")
    assert take(twice, None)[2] == ["shift_corrected_twice"]


def test_the_wrong_shift_is_warned_of(tmp_path: Path) -> None:
    baidu = deliver(tmp_path, shifted(wgs84_to_bd09))
    assert take(baidu, "GCJ02")[2] == ["shift_contradicted"]
    assert take(baidu, "BD09")[2] == ["shift_confirmed"]
    with pytest.raises(IntakeError, match="--crs BD09"):
        take(baidu, None)


@pytest.mark.parametrize("crs", [None, "auto", "CGCS2000"])
def test_true_coordinates_pass_without_a_word(tmp_path: Path, crs: str | None) -> None:
    located, report, codes = take(deliver(tmp_path, TRUE), crs)
    assert (report.best, report.confident, codes) == ("none", True, [])
    assert located.geometry is not None


def test_places_known_roughly_still_show_the_shift() -> None:
    rng = np.random.default_rng(1)
    near = shifted(wgs84_to_gcj02) + rng.normal(0, 0.0003, TRUE.shape)
    report = detect_shift(HELD[["key"]], near, HELD)
    assert (report.best, report.confident) == ("GCJ02", True)
    assert 10 < report.after_m < 60


def test_too_few_or_scattered_matches_prove_nothing() -> None:
    points = shifted(wgs84_to_gcj02)
    assert not detect_shift(HELD[["key"]][:2], points[:2], HELD).confident
    assert detect_shift(HELD[["key"]][:3], points[:3], HELD).confident
    rng = np.random.default_rng(2)
    angle = rng.uniform(0, 2 * np.pi, len(TRUE))
    wild = TRUE + 0.0048 * np.column_stack([np.cos(angle), np.sin(angle)])
    report = detect_shift(HELD[["key"]], wild, HELD)
    assert (report.best, report.confident) == ("unknown", False)
    assert report.after_m == report.before_m


def test_mixed_files_prove_nothing() -> None:
    half = len(TRUE) // 2
    mixed = np.vstack([shifted(wgs84_to_gcj02)[:half], shifted(wgs84_to_bd09)[half:]])
    assert not detect_shift(HELD[["key"]], mixed, HELD).confident


def test_names_that_stand_twice_match_nobody() -> None:
    rows = pd.DataFrame({"name": ["甲楼", "甲楼", "乙楼"]})
    held = pd.DataFrame({"name": ["甲楼", "乙楼", "乙楼"], "lon": 121.5, "lat": 31.3})
    report = detect_shift(rows, [[121.5, 31.3]] * 3, held)
    assert (report.matched, report.best, report.confident) == (0, "unknown", False)


def test_names_match_in_any_spelling_and_ids_go_first() -> None:
    rows = pd.DataFrame({"key": ["A", None], "name": ["乙楼", "３号楼"]})
    held = pd.DataFrame(
        {
            "key": ["A", "B", "C"],
            "name": ["甲楼", "乙楼", "3幢"],
            "lon": [121.50, 121.51, 121.52],
            "lat": 31.3,
        }
    )
    report = detect_shift(rows, [[121.50, 31.3], [121.52, 31.3]], held)
    assert (report.matched, report.before_m) == (2, 0.0)


def test_rows_without_a_place_and_layers_without_rows_are_no_error(tmp_path: Path) -> None:
    nothing = detect_shift(HELD[["key"]], np.full_like(TRUE, np.nan), HELD)
    assert (nothing.matched, nothing.confident) == (0, False)
    assert check_shift(nothing, None, Request(tmp_path / "x.csv")) == ()
    path = deliver(tmp_path, TRUE)
    for tables in ({}, {"carriers": KNOWN.iloc[:0]}):
        assert take(path, "GCJ02", tables)[2] == []


def test_rows_that_name_their_own_system_are_left_out(tmp_path: Path) -> None:
    path = deliver(tmp_path, shifted(wgs84_to_gcj02))
    frame = pd.read_csv(path).assign(坐标系="GCJ02")
    frame.to_csv(path, index=False)
    _, report, codes = take(path, None)
    assert (report.matched, codes) == (0, [])


def test_polygons_are_compared_by_their_middle() -> None:
    boxes = shapely.box(TRUE[:, 0] - 1e-4, TRUE[:, 1] - 1e-4, TRUE[:, 0] + 1e-4, TRUE[:, 1] + 1e-4)
    middle = shapely.get_coordinates(shapely.centroid(boxes))
    report = detect_shift(HELD[["key"]], shifted(wgs84_to_gcj02, middle), HELD)
    assert (report.best, report.confident) == ("GCJ02", True)
