from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from openpyxl import Workbook

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.errors import IntakeError
from layers.intake.naming.addresses import REVIEW_COLUMNS
from layers.intake.naming.addresses import apply_places
from layers.intake.naming.addresses import read_choices
from layers.intake.naming.addresses import review_places
from layers.intake.naming.addresses import with_accuracy
from layers.intake.naming.addresses import write_review
from layers.intake.source import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

CATALOGUE = load_catalogue()
SPEC = CATALOGUE.layer("carriers")
LON, LAT = 121.505612, 31.299034
REQUEST = Request(Path("台账.xlsx"), "carriers")
FORK = shapely.box(LON, LAT, LON + 0.003, LAT + 0.003) - shapely.box(
    LON + 0.001, LAT, LON + 0.002, LAT + 0.0029
)


def _layer(layer: str, *records: dict[str, Any]) -> gpd.GeoDataFrame:
    rows = [{"source": "s", **record} for record in records]
    checked = conform(pd.DataFrame(rows, dtype=object), CATALOGUE.layer(layer))
    assert checked.rejected.empty, checked.issues
    return checked.accepted


def _at(step: int) -> shapely.Point:
    return shapely.Point(LON + step / 1000, LAT)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {
        "carriers": _layer(
            "carriers",
            {"carrier_id": "C1", "name": "国定大厦", "address": "国定路323号", "geometry": _at(1)},
            {
                "carrier_id": "C2",
                "name": "创智天地",
                "address": "淞沪路234-388号",
                "geometry": _at(2),
                "accuracy_m": 50,
            },
            {"carrier_id": "C3", "name": "未定位大厦", "address": "国权路9号"},
            {
                "carrier_id": "C4",
                "name": "科技园3号楼",
                "address": "国康路46号",
                "geometry": _at(4),
            },
            {"carrier_id": "C5", "name": "3号楼", "geometry": _at(5)},
            {
                "carrier_id": "C6",
                "name": "科技园5号楼",
                "address": "国康路46号",
                "geometry": _at(6),
            },
        ),
        "parks": _layer(
            "parks",
            {"park_id": "P1", "name": "长阳创谷", "name_en": "Changyang Campus", "geometry": FORK},
        ),
    }


def _review(
    tables: Mapping[str, pd.DataFrame],
    *rows: dict[str, Any],
    geometry: Any = None,
    least: float = 75,
) -> pd.DataFrame:
    named = pd.DataFrame(list(rows), dtype=object)
    numbers = pd.Series(range(10, 10 + len(named)))
    review = review_places(
        named, geometry, SPEC, tables, REQUEST, numbers, catalogue=CATALOGUE, least=least
    )
    assert list(review.columns) == list(REVIEW_COLUMNS)
    assert (review["score"].between(least, 100)).all()
    return review


def _best(review: pd.DataFrame) -> tuple[Any, ...]:
    return tuple(review.loc[0, ["candidate_id", "score", "how"]])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"name": "国定 大厦"}, ("C1", 100.0, "name")),
        ({"name": "changyang campus"}, ("P1", 100.0, "name")),
        ({"address": "上海市杨浦区国定路 323 号"}, ("C1", 100.0, "address")),
        ({"name": "国定大厦", "address": "国定路323号"}, ("C1", 100.0, "name+address")),
        ({"name": "某公司", "address": "国定路323号A座10楼1002室"}, ("C1", 90.0, "address")),
        ({"address": "淞沪路300号"}, ("C2", 90.0, "address")),
        ({"name": "某公司", "address": "长阳创谷"}, ("P1", 100.0, "name")),
        ({"name": "科技园三号楼", "address": "国康路46号"}, ("C4", 100.0, "name+address")),
    ],
)
def test_what_is_found(
    tables: dict[str, Any], row: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert _best(_review(tables, row)) == expected


@pytest.mark.parametrize(
    "row",
    [
        {"name": "国定大厦", "address": "国定路325号"},
        {"address": "国定路325号"},
        {"address": "国权路323号"},
        {"address": "淞沪路389号"},
        {"name": "科技园4号楼", "address": "国康路46号"},
        {"name": "3号楼"},
        {"name": "未定位大厦"},
        {"name": "完全不同的名字"},
        {"name": None, "address": "  "},
        {"name": "国"},
    ],
)
def test_what_is_not_found(tables: dict[str, Any], row: dict[str, Any]) -> None:
    assert _review(tables, row).empty


def test_another_door_on_the_road_scores_sixty_at_most(tables: dict[str, Any]) -> None:
    review = _review(tables, {"name": "国定大厦", "address": "国定路325号"}, least=50)
    assert review.loc[0, "candidate_id"] == "C1"
    assert review.loc[0, "score"] == 60


def test_a_similar_name_scores_the_share_of_letters_that_stay(tables: dict[str, Any]) -> None:
    # 国定大厦 and 国定路大厦: one letter of nine is put in.
    review = _review(tables, {"name": "国定路大厦"})
    assert _best(review) == ("C1", 89.0, "name")


def test_a_list_says_all_of_the_candidate(tables: dict[str, Any]) -> None:
    review = _review(tables, {"name": "甲"}, {"name": "某公司", "address": "淞沪路300号"})
    (record,) = review.to_dict("records")
    assert record == {
        "row": 11,
        "name": "某公司",
        "address": "淞沪路300号",
        "candidate_layer": "carriers",
        "candidate_id": "C2",
        "candidate_name": "创智天地",
        "candidate_address": "淞沪路234-388号",
        "score": 90.0,
        "how": "address",
        "lon": pytest.approx(_at(2).x, abs=1e-12),
        "lat": pytest.approx(LAT, abs=1e-12),
        "accuracy_m": 50.0,
    }


def test_a_polygon_stands_for_a_point_within_it(tables: dict[str, Any]) -> None:
    review = _review(tables, {"name": "长阳创谷"})
    assert not FORK.contains(FORK.centroid)
    assert FORK.contains(shapely.Point(*review.loc[0, ["lon", "lat"]]))


def test_three_candidates_at_most_the_best_first() -> None:
    carriers = _layer(
        "carriers",
        *({"carrier_id": f"C{n}", "name": f"科创楼{n}期", "geometry": _at(n)} for n in range(1, 8)),
        {"carrier_id": "C9", "name": "科创大楼一期东", "geometry": _at(9)},
    )
    review = _review({"carriers": carriers}, {"name": "科创大楼1期"}, least=60)
    assert list(review["candidate_id"]) == ["C9", "C1", "C2"]
    assert len(review) == 3
    assert review["score"].is_monotonic_decreasing


def test_located_rows_are_not_listed(tables: dict[str, Any]) -> None:
    rows = ({"name": "国定大厦"}, {"name": "国定大厦"}, {"name": "国定大厦"})
    geometry = np.array([_at(0), None, shapely.Point()], dtype=object)
    assert list(_review(tables, *rows, geometry=geometry)["row"]) == [11, 12]


def test_rows_whose_record_keeps_its_place_are_not_listed(tables: dict[str, Any]) -> None:
    rows = ({"carrier_id": "C1", "name": "国定大厦"}, {"carrier_id": "C3", "name": "国定大厦"})
    assert list(_review(tables, *rows)["row"]) == [11]
    # A file that does place rows would leave this one without.
    geometry = np.array([None, _at(0)], dtype=object)
    assert list(_review(tables, *rows, geometry=geometry)["row"]) == [10]


@pytest.mark.parametrize("present", [{}, {"carriers": _layer("carriers").iloc[:0]}])
def test_without_known_objects_the_list_is_empty(present: dict[str, Any]) -> None:
    review = _review(present, {"name": "国定大厦"})
    assert review.empty
    assert review["row"].dtype == "int64"


def test_the_order_of_rows_changes_no_candidate(tables: dict[str, Any]) -> None:
    rows = [{"name": "国定大厦"}, {"address": "国定路323号"}, {"name": "长阳创谷x"}]
    one = _review(tables, *rows)
    other = _review(tables, *rows[::-1])
    other["row"] = 22 - other["row"]
    other = other.sort_values("row", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(one, other)


# --- what the planner accepted ---------------------------------------------


def _apply(
    tables: Mapping[str, pd.DataFrame], geometry: list[Any], choices: dict[int, tuple[str, str]]
) -> tuple[list[Any], dict[str, Any]]:
    shapes = np.array(geometry, dtype=object)
    placed, issues = apply_places(
        shapes,
        choices,
        tables,
        REQUEST,
        pd.Series(range(10, 10 + len(shapes))),
        catalogue=CATALOGUE,
    )
    assert list(shapes) == geometry
    return list(placed), {issue.code: issue for issue in issues}


def test_accepted_candidates_place_rows(tables: dict[str, Any]) -> None:
    placed, issues = _apply(
        tables, [None, None, _at(0), None], {10: ("carriers", "C1"), 11: ("parks", "P1")}
    )
    assert placed[0].equals_exact(_at(1), 1e-12)
    assert FORK.contains(placed[1])
    assert placed[2:] == [_at(0), None]
    assert list(issues) == ["placed_by_address"]
    assert "2 行" in issues["placed_by_address"].message.zh


@pytest.mark.parametrize(
    "choice",
    [
        {99: ("carriers", "C1")},
        {10: ("carriers", "C99")},
        {10: ("carriers", "C3")},
        {10: ("no_layer", "C1")},
        {11: ("carriers", "C1")},
        {10: ("geocoder", "121.5")},
        {10: ("geocoder", "121.5,nan")},
        {10: ("geocoder", "1e999,31")},
        {10: ("geocoder", "121.5,131")},
        {10: ("geocoder", "../etc,passwd")},
    ],
)
def test_what_cannot_be_applied_is_told(
    tables: dict[str, Any], choice: dict[int, tuple[str, str]]
) -> None:
    placed, issues = _apply(tables, [None, _at(0)], choice)
    assert placed == [None, _at(0)]
    assert list(issues) == ["place_not_taken"]
    assert issues["place_not_taken"].severity == "warning"


def test_an_answer_of_a_geocoder_can_be_accepted(tables: dict[str, Any]) -> None:
    placed, _ = _apply(tables, [None], {10: ("geocoder", "121.5056120,31.2990340")})
    assert placed == [shapely.Point(LON, LAT)]


# --- the reviewed file -----------------------------------------------------


def _reviewed(tables: Mapping[str, pd.DataFrame], marks: list[Any]) -> pd.DataFrame:
    rows = [{"name": name} for name in ("国定大厦", "创智天地", "长阳创谷", "科技园3号楼")]
    return _review(tables, *rows, least=90).assign(accept=pd.Series(marks, dtype=object))


MARKS = ["是", None, "√", "否"]
ACCEPTED = {10: ("carriers", "C1"), 12: ("parks", "P1")}


@pytest.mark.parametrize("lang", ["key", "zh", "en"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_reviewed_list_is_read(
    tables: dict[str, Any], tmp_path: Path, lang: str, suffix: str
) -> None:
    review = _reviewed(tables, MARKS)
    titles = (
        {key: title.get(lang) for key, title in REVIEW_COLUMNS.items()} if lang != "key" else {}
    )
    review = review.rename(columns=titles | ({"accept": "采用"} if lang == "zh" else {}))
    path = tmp_path / f"复核{suffix}"
    if suffix == ".csv":
        review.to_csv(path, index=False, encoding="gb18030")
    else:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(review.columns))
        for record in review.astype(object).where(review.notna(), None).itertuples(index=False):
            sheet.append(list(record))
        book.save(path)
    assert read_choices(path) == ACCEPTED


@pytest.mark.parametrize("mark", ["1", "true", "TRUE", "Y", "有"])
def test_marks_of_acceptance(tables: dict[str, Any], tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.csv"
    _reviewed(tables, [mark, "0", "", "no"]).to_csv(path, index=False)
    assert read_choices(path) == {10: ("carriers", "C1")}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"accept": ["也许", "", "", ""]}, "是或否"),
        ({"row": ["x", 11, 12, 13]}, "数据行号"),
        ({"candidate_id": ["", "C2", "P1", "C4"]}, "候选编码"),
        ({"row": [10, 11, 10, 13]}, "两个候选"),
    ],
)
def test_a_list_that_cannot_be_understood_is_refused(
    tables: dict[str, Any], tmp_path: Path, change: dict[str, Any], match: str
) -> None:
    path = tmp_path / "a.csv"
    _reviewed(tables, MARKS).assign(**change).to_csv(path, index=False)
    with pytest.raises(IntakeError, match=match):
        read_choices(path)


@pytest.mark.parametrize("column", ["accept", "row", "candidate_layer", "candidate_id"])
def test_a_list_without_a_column_is_refused(
    tables: dict[str, Any], tmp_path: Path, column: str
) -> None:
    path = tmp_path / "a.csv"
    _reviewed(tables, MARKS).drop(columns=column).to_csv(path, index=False)
    with pytest.raises(IntakeError, match=column):
        read_choices(path)


def test_a_placed_row_is_as_exact_as_what_it_was_placed_by(
    tables: dict[str, pd.DataFrame],
) -> None:
    named = pd.DataFrame({"carrier_id": ["X1", "X2", "X3"], "accuracy_m": [None, 5.0, None]})
    chosen = {1: ("carriers", "C2"), 2: ("carriers", "C2")}
    rows = pd.Series([1, 2, 3])
    told = with_accuracy(named, chosen, tables, rows, catalogue=CATALOGUE)["accuracy_m"]
    assert told.tolist()[:2] == [50, 5.0]
    assert told.isna().tolist() == [False, False, True]
    bare = with_accuracy(named[["carrier_id"]], chosen, tables, rows, catalogue=CATALOGUE)
    assert bare["accuracy_m"].tolist()[:2] == [50, 50]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_written_review_is_read_back_with_what_was_marked(
    tables: dict[str, pd.DataFrame], tmp_path: Path, lang: str
) -> None:
    named = pd.DataFrame({"name": ["国定大厦", "=1+1"], "address": ["国定路323号", "淞沪路300号"]})
    rows = pd.Series([4, 9])
    review = review_places(named, None, SPEC, tables, REQUEST, rows, catalogue=CATALOGUE)
    path = write_review(review, tmp_path / "review.csv", lang=lang)
    assert read_choices(path) == {}
    lines = path.read_text("utf-8-sig").splitlines()
    marked = [lines[0], *(("是" if line.startswith(",4,") else "") + line for line in lines[1:2])]
    path.write_text("\n".join([*marked, *lines[2:]]), encoding="utf-8-sig")
    assert read_choices(path) == {4: ("carriers", "C1")}
    assert not any(cell.startswith("=") for line in lines for cell in line.split(","))
