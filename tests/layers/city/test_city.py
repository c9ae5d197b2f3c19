"""A city: ordinary workspaces under one roof, and what is kept of all of them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from layers.batch.staging import Stage
from layers.batch.staging import stage
from layers.city import City
from layers.city import is_city
from layers.city.making import create_city
from layers.city.making import overview
from layers.errors import Text
from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.frames import empty_frame
from layers.workspace import Workspace
from tests.layers.batch.city_hand import EAST
from tests.layers.batch.city_hand import NORTH
from tests.layers.batch.city_hand import A
from tests.layers.batch.city_hand import B
from tests.layers.batch.city_hand import C
from tests.layers.batch.city_hand import city
from tests.layers.batch.inputs_hand import CATALOGUE
from tests.layers.batch.inputs_hand import MemoryInput
from tests.layers.batch.inputs_hand import layer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("stage")
    return stage(MemoryInput(city()), folder, CATALOGUE, halo_m=2000)


@pytest.fixture(scope="module")
def whole(staged: Stage, tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("made") / "city"
    title = Text("示例市", "Sample City")
    return create_city(folder, staged, CATALOGUE, author="测试", title=title)


@pytest.fixture
def made(whole: City, tmp_path: Path) -> City:
    """Return a copy that a test may change."""
    return City.open(shutil.copytree(whole.path, tmp_path / "city"))


def test_districts_are_by_code_and_what_belongs_to_none_is_the_last(whole: City) -> None:
    assert is_city(whole.path)
    assert [district.code for district in whole.districts] == [A, B, C, ""]
    assert whole.districts[0].title == Text("示例区0", "示例区0")
    assert whole.districts[-1].title == Text("未分区", "Unassigned")
    assert whole.districts[-1].path.name == "_"
    assert whole.title == Text("示例市", "Sample City")
    assert whole.edition == CATALOGUE.edition


def test_a_district_is_an_ordinary_workspace_with_the_layers_of_its_scope(
    whole: City, staged: Stage
) -> None:
    for district in whole.districts:
        workspace = Workspace.open(district.path, CATALOGUE)
        expected = staged.tables(district.code, CATALOGUE.keys)
        assert workspace.keys() == tuple(expected)
        assert district.rows == {key: len(frame) for key, frame in expected.items()}
        for key, frame in expected.items():
            assert_frame_equal(workspace.read(key), frame, check_exact=True)


def test_its_history_says_where_the_rows_came_from(whole: City, staged: Stage) -> None:
    history = whole.workspace(A, CATALOGUE).history("carriers")
    (row,) = history.to_dict("records")
    assert (row["author"], row["message"], row["source_file"]) == ("测试", "memory tests", "tests")
    assert row["source_sha256"] == staged.fingerprint
    assert row["rows"] == staged.rows(A)["carriers"]


def test_an_unknown_district_names_those_that_are_close(whole: City) -> None:
    with pytest.raises(UsageError, match="900101"):
        whole.district("90010l")
    with pytest.raises(UsageError):
        whole.workspace("../..", CATALOGUE)


def test_outlines_are_one_a_district_and_say_that_they_are_sketches(whole: City) -> None:
    outlines = whole.outlines()
    assert list(outlines["district_code"]) == [A, B, C]
    assert set(outlines["boundary_status"]) == {"sketch"}
    assert outlines.crs == STORAGE_CRS
    assert outlines.geometry.is_valid.all()


def test_an_overview_has_fewer_vertices_within_the_tolerance_and_common_borders() -> None:
    """A wavy border of two districts; the same line on both sides after simplifying."""
    wave = [(EAST + 1e-5 * (n % 2), NORTH + n * 1e-4) for n in range(101)]
    top, low = wave[-1][1], wave[0][1]
    left = shapely.Polygon([*wave, (EAST - 0.02, top), (EAST - 0.02, low)])
    right = shapely.Polygon([*wave, (EAST + 0.02, top), (EAST + 0.02, low)])
    rows = [
        {"name": "西", "district_code": "1", "geometry": left},
        {"name": "东", "district_code": "2", "geometry": right, "boundary_status": "official"},
    ]
    given = gpd.GeoDataFrame(layer("district", rows))
    found = overview(given, CATALOGUE.central_meridian)
    assert list(found["boundary_status"].fillna("")) == ["", "official"]
    assert shapely.get_num_coordinates(found.geometry.to_numpy()).max() < 20
    plane = found.to_crs(district_crs(CATALOGUE.central_meridian)).geometry
    assert plane.iloc[0].intersection(plane.iloc[1]).area < 1
    before = given.to_crs(plane.crs).geometry
    for old, new in zip(before, plane, strict=True):
        assert shapely.hausdorff_distance(old, new) < 20


def test_an_overview_joins_the_rows_of_a_district() -> None:
    parts = [shapely.box(x, 31, x + 0.1, 31.1) for x in (121.0, 121.3)]
    rows = [
        {"name": "岛", "district_code": "1", "boundary_status": "sketch", "geometry": parts[1]},
        {"name": "陆", "district_code": "1", "boundary_status": "official", "geometry": parts[0]},
    ]
    found = overview(gpd.GeoDataFrame(layer("district", rows)), 121.5)
    assert len(found) == 1
    assert found["boundary_status"].tolist() == ["sketch"]
    assert found.geometry.iloc[0].geom_type == "MultiPolygon"
    nothing = gpd.GeoDataFrame(empty_frame(CATALOGUE.layer("district")))
    assert overview(nothing, 121.5).empty


def test_a_summary_and_its_notes_are_kept_together(made: City) -> None:
    assert made.summary("scatter") is None
    assert made.notes("scatter") == {}
    table = pd.DataFrame(
        {
            "district_code": pd.Series([A, "*"], dtype="str"),
            "parks": pd.array([3, None], dtype="Int64"),
            "sample": pd.array([True, None], dtype="boolean"),
            "share": [0.1 + 0.2, float("nan")],
        }
    )
    made.write_summary("scatter", table.iloc[:1], {"time": "2026-11-25T08:00:00+00:00"})
    made.write_summary("scatter", table, {"time": "2026-11-26T08:00:00+00:00", "rule": "3"})
    again = City.open(made.path)
    found = again.summary("scatter")
    assert found is not None
    assert_frame_equal(found, table, check_exact=True)
    assert again.notes("scatter") == {"time": "2026-11-26T08:00:00+00:00", "rule": "3"}
    assert len(list((made.path / "summaries").iterdir())) == 2
    assert again.summary("underused") is None


def test_a_summary_that_cannot_be_written_leaves_the_old_one(made: City) -> None:
    made.write_summary("scatter", pd.DataFrame({"district_code": [A]}), {"n": 1})
    with pytest.raises(ValueError, match="JSON"):
        made.write_summary("scatter", pd.DataFrame({"district_code": [B]}), {"n": float("nan")})
    found = made.summary("scatter")
    assert found is not None
    assert found["district_code"].tolist() == [A]
    assert made.notes("scatter") == {"n": 1}


@pytest.mark.parametrize("name", ["../x", "Scatter", "", "a/b", "x" * 41])
def test_a_summary_has_a_plain_name(made: City, name: str) -> None:
    with pytest.raises(ValueError, match="`name`"):
        made.write_summary(name, pd.DataFrame(), {})
    with pytest.raises(ValueError, match="`name`"):
        made.summary(name)


def test_a_summary_that_points_elsewhere_is_not_read(made: City) -> None:
    made.write_summary("scatter", pd.DataFrame({"district_code": [A]}), {})
    path = made.path / "summaries" / "scatter.json"
    content = json.loads(path.read_text())
    for file in ("../outlines.parquet", "scatter-x.parquet", None, 3):
        path.write_text(json.dumps({**content, "file": file}))
        with pytest.raises(WorkspaceError, match="scatter"):
            made.summary("scatter")


def test_rows_are_counted_anew_after_an_import(made: City, staged: Stage) -> None:
    workspace = made.workspace(B, CATALOGUE)
    workspace.commit("units", workspace.read("units").iloc[:1], author="测试", message="m")
    assert City.open(made.path).district(B).rows["units"] == staged.rows(B)["units"] > 1
    assert made.counted(CATALOGUE).district(B).rows["units"] == 1
    assert City.open(made.path).district(B).rows["units"] == 1
    assert City.open(made.path).identity == made.identity


def test_a_city_is_not_made_where_something_is(staged: Stage, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("stay")
    with pytest.raises(WorkspaceError, match="not an empty folder"):
        create_city(tmp_path, staged, CATALOGUE, author="测试")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_city_that_was_cut_off_is_not_there(staged: Stage, tmp_path: Path) -> None:
    def stop(done: int, _of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_city(tmp_path / "c", staged, CATALOGUE, author="测试", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_rejected_rows_come_with_the_city(tmp_path: Path) -> None:
    tables: dict[str, Any] = city()
    tables["parks"] = pd.concat([tables["parks"], tables["parks"].iloc[:1]], ignore_index=True)
    staged = stage(MemoryInput(tables, size=5), tmp_path / "s", CATALOGUE, halo_m=0)
    made = create_city(tmp_path / "c", staged, CATALOGUE, author="测试")
    rejected = pd.read_parquet(made.path / "rejected" / "parks.parquet")
    assert rejected["_code"].tolist() == ["duplicate"]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"version": 99},
        {"districts": [{"code": "../../x", "title": {"zh": "", "en": ""}, "rows": {}}]},
        {"districts": [{"code": "1", "rows": {}}]},
        {"districts": None},
    ],
)
def test_a_damaged_city_is_refused(made: City, change: dict[str, Any]) -> None:
    path = made.path / "city.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(WorkspaceError, match=r"city\.json"):
        City.open(made.path)


def test_a_folder_that_is_no_city_says_how_to_make_one(tmp_path: Path) -> None:
    assert not is_city(tmp_path)
    with pytest.raises(WorkspaceError, match="atlas batch city"):
        City.open(tmp_path)
