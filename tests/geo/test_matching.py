from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.lists import items_of
from geo.matching import COLUMNS
from geo.matching import MatchParameters
from geo.matching import match

PARAMETERS = MatchParameters()
INDUSTRIES = ("数字经济", "生命健康", "绿色低碳")
CLASSES = ("university", "incubator", "business")

CARRIER: dict[str, Any] = {
    "carrier_id": "C1",
    "carrier_class": "business",
    "allowed_industries": "数字经济;生命健康",
    "operator": None,
    "recoverable_area_m2": 4_000.0,
}
OPERATOR: dict[str, Any] = {
    "operator_id": "O1",
    "name": "示例运营机构 01",
    "industries": "数字经济",
    "classes": "business;incubator",
    "size_min_m2": 1_000.0,
    "size_max_m2": 10_000.0,
    "projects": 2,
    "absorbed_m2_year": 1_000.0,
}


def _match(*changes: dict[str, Any], parameters: MatchParameters = PARAMETERS) -> pd.DataFrame:
    """Match one carrier and one operator, each with some other values."""
    carrier, operator = (dict(entry) for entry in (CARRIER, OPERATOR))
    for change in changes:
        for name, value in change.items():
            (carrier if name in carrier or name.startswith(_CARRIERS) else operator)[name] = value
    return match(pd.DataFrame([carrier]), pd.DataFrame([operator]), parameters)


_CARRIERS = ("recoverable_", "vacant_", "hold")


def _plain(carrier: dict[str, Any], operator: dict[str, Any]) -> tuple[float, bool]:
    """Score a pair of which everything is known, without arrays."""
    admitted, served = set(carrier["industries"]), set(operator["industries"])
    industry = len(admitted & served) / len(admitted)
    of_class = 1.0 if carrier["class"] in operator["classes"] else 0.0
    area, least, most = carrier["area"], operator["least"], operator["most"]
    if least <= area <= most:
        size = 1.0
    elif area < least:
        size = max(0.0, (area - least / 1.5) / (least - least / 1.5))
    else:
        size = max(0.0, (most * 1.5 - area) / (most * 1.5 - most))
    let = 1.0 if area <= 2 * operator["absorbed"] else 2 * operator["absorbed"] / area
    record = (min(operator["projects"] / 5, 1.0) + let) / 2
    score = 35 * industry + 20 * of_class + 20 * size + 25 * record
    return score, min(industry, of_class, size) > 0 and area > 0


def _frames(
    carriers: list[dict[str, Any]], operators: list[dict[str, Any]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    left = pd.DataFrame(
        {
            "carrier_id": [f"C{i}" for i in range(len(carriers))],
            "carrier_class": [c["class"] for c in carriers],
            "allowed_industries": [c["industries"] and ";".join(c["industries"]) for c in carriers],
            "recoverable_area_m2": [c["area"] for c in carriers],
        }
    )
    right = pd.DataFrame(
        {
            "operator_id": [f"O{i}" for i in range(len(operators))],
            "industries": [o["industries"] and ";".join(o["industries"]) for o in operators],
            "classes": [o["classes"] and ";".join(o["classes"]) for o in operators],
            "size_min_m2": [o["least"] for o in operators],
            "size_max_m2": [o["most"] for o in operators],
            "projects": [o["projects"] for o in operators],
            "absorbed_m2_year": [o["absorbed"] for o in operators],
        }
    )
    return left, right


_SOME = st.lists(st.sampled_from(INDUSTRIES), min_size=1, max_size=3, unique=True)
_AREA = st.sampled_from([0.0, 500.0, 900.0, 1_000.0, 4_000.0, 11_000.0, 15_000.0, 40_000.0])
KNOWN_CARRIER = st.fixed_dictionaries(
    {"class": st.sampled_from(CLASSES), "industries": _SOME, "area": _AREA}
)
KNOWN_OPERATOR = st.fixed_dictionaries(
    {
        "industries": _SOME,
        "classes": st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2, unique=True),
        "least": st.sampled_from([200.0, 1_000.0, 3_000.0]),
        "most": st.sampled_from([3_000.0, 10_000.0, 30_000.0]),
        "projects": st.integers(0, 8),
        "absorbed": st.sampled_from([0.0, 300.0, 2_000.0, 9_000.0]),
    }
)


@given(
    st.lists(KNOWN_CARRIER, min_size=1, max_size=4),
    st.lists(KNOWN_OPERATOR, min_size=1, max_size=4),
)
@settings(derandomize=True, deadline=None, max_examples=150)
def test_known_pairs_score_as_a_plain_loop_does(
    carriers: list[dict[str, Any]], operators: list[dict[str, Any]]
) -> None:
    found = match(*_frames(carriers, operators), PARAMETERS)
    rows = {(r["carrier_id"], r["operator_id"]): r for r in found.to_dict("records")}
    assert len(rows) == len(carriers) * len(operators)
    for (i, carrier), (j, operator) in product(enumerate(carriers), enumerate(operators)):
        row = rows[f"C{i}", f"O{j}"]
        score, fits = _plain(carrier, operator)
        assert row["score"] == pytest.approx(score, abs=1e-6)
        assert row["fits"] == fits
        assert row["unknown"] == ""


@given(KNOWN_CARRIER, KNOWN_OPERATOR, st.sets(st.integers(0, 8)))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_what_is_not_known_widens_the_score_and_never_makes_a_misfit(
    carrier: dict[str, Any], operator: dict[str, Any], hidden: set[int]
) -> None:
    names = [*((0, n) for n in carrier), *((1, n) for n in operator)]
    known = (carrier, operator)
    shown = tuple(
        {n: None if names.index((side, n)) in hidden else v for n, v in entry.items()}
        for side, entry in enumerate(known)
    )
    full = match(*_frames([carrier], [operator]), PARAMETERS).iloc[0]
    row = match(*_frames([shown[0]], [shown[1]]), PARAMETERS).iloc[0]
    assert row["score_low"] - 1e-6 <= full["score"] <= row["score_high"] + 1e-6
    assert row["fits"] or not full["fits"]
    # Hidden values are told exactly where they leave the score open.
    assert (row["unknown"] != "") == (row["score_low"] < row["score_high"])


@given(
    st.lists(KNOWN_CARRIER, min_size=1, max_size=3),
    st.lists(KNOWN_OPERATOR, min_size=1, max_size=6),
)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_ranks_count_the_better_candidates(
    carriers: list[dict[str, Any]], operators: list[dict[str, Any]]
) -> None:
    found = match(*_frames(carriers, operators), PARAMETERS)
    keys = list(zip(found["score_low"], found["score_high"], strict=True))
    for name, by in (("rank", "carrier_id"), ("carrier_rank", "operator_id")):
        for at, row in enumerate(found.itertuples()):
            rivals = [
                keys[i]
                for i in range(len(found))
                if found[by].iloc[i] == getattr(row, by) and found["fits"].iloc[i]
            ]
            better = sum(rival > keys[at] for rival in rivals)
            rank = getattr(row, name)
            assert pd.isna(rank) if not row.fits else rank == better + 1


def test_the_order_of_rows_changes_nothing() -> None:
    rng = np.random.default_rng(7)
    carriers = [
        {"class": CLASSES[i % 3], "industries": list(INDUSTRIES[: 1 + i % 3]), "area": 900.0 * i}
        for i in range(6)
    ]
    operators = [
        {
            "industries": [INDUSTRIES[i % 3]],
            "classes": list(CLASSES[: 1 + i % 3]),
            "least": 1_000.0,
            "most": 3_000.0 + i,
            "projects": i,
            "absorbed": 500.0,
        }
        for i in range(5)
    ]
    left, right = _frames(carriers, operators)
    straight = match(left, right, PARAMETERS)
    mixed = match(left.iloc[rng.permutation(6)], right.iloc[rng.permutation(5)], PARAMETERS)
    by = ["carrier_id", "operator_id"]
    pd.testing.assert_frame_equal(
        straight.sort_values(by, ignore_index=True), mixed.sort_values(by, ignore_index=True)
    )


def test_a_pair_by_hand() -> None:
    row = _match().iloc[0]
    # 35·1/2 + 20·1 + 20·1 + 25·(2/5 + 2000/4000)/2
    assert row["score"] == pytest.approx(17.5 + 20 + 20 + 11.25)
    assert (row["rank"], row["carrier_rank"], row["fits"], row["present"]) == (1, 1, True, False)
    assert row["reasons_zh"] == (
        "服务准入产业 1/2（数字经济）；服务该类载体；可盘活面积 4,000 m² 符合承接范围"
        " 1,000–10,000 m²；同类项目 2 个，年去化 1,000 m²，约需 4.0 年（超过 2 年）"
    )
    assert "serves 1/2 of the industries admitted (数字经济)" in row["reasons_en"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"industries": "绿色低碳"}, "不重合"),
        ({"classes": "university"}, "不服务该类载体"),
        ({"recoverable_area_m2": 15_000.0}, "远超出承接范围"),
        ({"recoverable_area_m2": 660.0}, "远超出承接范围"),
        ({"recoverable_area_m2": 0.0, "size_min_m2": 0.0}, "没有可盘活面积"),
    ],
)
def test_a_misfit_has_no_rank_and_says_so_first(change: dict[str, Any], told: str) -> None:
    row = _match(change).iloc[0]
    assert not row["fits"]
    assert pd.isna(row["rank"])
    assert pd.isna(row["carrier_rank"])
    assert told in row["reasons_zh"].split("；")[0]


@pytest.mark.parametrize("name", ["示例运营机构 01", " 示例运营机构 01 ", "O1"])
def test_the_present_operator_is_no_candidate(name: str) -> None:
    row = _match({"operator": name}).iloc[0]
    assert row["present"]
    assert pd.isna(row["rank"])
    assert row["reasons_zh"].startswith("现为该载体的运营单位")
    assert "already" in row["reasons_en"].split(";")[0]


@pytest.mark.parametrize("hold", ["renewal", "contracted", "not_assessed"])
def test_held_space_is_no_offer(hold: str) -> None:
    row = _match({"hold": hold}).iloc[0]
    assert not row["fits"]
    assert pd.isna(row["rank"])
    assert row["reasons_zh"].startswith("已登记保留用途")
    assert _match({"hold": None}).iloc[0]["fits"]


def test_an_unknown_operator_of_the_carrier_is_nobody() -> None:
    # Two empty names are not one name.
    assert not _match({"operator": None, "name": None}).iloc[0]["present"]


def test_a_little_outside_the_limits_still_fits() -> None:
    row = _match({"recoverable_area_m2": 12_500.0}).iloc[0]
    assert row["fits"]
    # Half way to 1.5 times the largest area.
    expected = 17.5 + 20 + 20 * 0.5 + 25 * (0.4 + 2_000 / 12_500) / 2
    assert row["score"] == pytest.approx(expected)
    assert "略超出承接范围" in row["reasons_zh"]


@pytest.mark.parametrize(
    ("change", "low", "high", "unknown"),
    [
        ({"allowed_industries": None}, 51.25, 86.25, "allowed_industries"),
        ({"industries": " "}, 51.25, 86.25, "industries"),
        ({"carrier_class": None}, 48.75, 68.75, "carrier_class"),
        ({"classes": None}, 48.75, 68.75, "classes"),
        ({"size_max_m2": None}, 48.75, 68.75, "size_max_m2"),
        ({"projects": None}, 63.75, 76.25, "projects"),
        ({"absorbed_m2_year": None}, 62.5, 75.0, "absorbed_m2_year"),
    ],
)
def test_one_unknown_leaves_its_part_open(
    change: dict[str, Any], low: float, high: float, unknown: str
) -> None:
    row = _match(change).iloc[0]
    assert row["fits"]
    assert math.isnan(row["score"])
    assert (row["score_low"], row["score_high"]) == pytest.approx((low, high))
    assert row["unknown"] == unknown
    assert "未知" in row["reasons_zh"] or "待核" in row["reasons_zh"]


def test_a_limit_that_cannot_matter_is_not_asked_for() -> None:
    # Below the smallest area, however large the largest one is.
    row = _match({"recoverable_area_m2": 900.0, "size_max_m2": None}).iloc[0]
    assert row["unknown"] == ""
    assert not math.isnan(row["score"])


def test_the_area_is_taken_from_the_best_that_is_known() -> None:
    bounds = {"recoverable_area_m2": None, "recoverable_low": 4_000.0, "recoverable_high": 12_500.0}
    row = _match(bounds).iloc[0]
    assert row["unknown"] == "recoverable_area_m2"
    assert row["score_high"] == pytest.approx(68.75)
    assert row["score_low"] == pytest.approx(17.5 + 20 + 10 + 25 * (0.4 + 0.16) / 2)
    vacant = _match({"recoverable_area_m2": None, "vacant_area_m2": 4_000.0}).iloc[0]
    assert vacant["score"] == pytest.approx(68.75)
    nothing = _match({"recoverable_area_m2": None}).iloc[0]
    assert nothing["unknown"] == "recoverable_area_m2"
    assert "可盘活面积未知" in nothing["reasons_zh"]


def test_a_worse_record_never_helps() -> None:
    scores = [_match({"projects": n}).iloc[0]["score"] for n in range(8)]
    assert scores == sorted(scores)
    lets = [_match({"absorbed_m2_year": float(n)}).iloc[0]["score"] for n in range(0, 4_000, 400)]
    assert lets == sorted(lets)


def test_weights_count_by_their_proportions() -> None:
    doubled = replace(
        PARAMETERS,
        weight_industry=0.7,
        weight_class=0.4,
        weight_size=0.4,
        weight_record=0.5,
    )
    assert _match(parameters=doubled).iloc[0]["score"] == pytest.approx(68.75)
    only = replace(PARAMETERS, weight_class=0.0, weight_size=0.0, weight_record=0.0)
    assert _match(parameters=only).iloc[0]["score"] == pytest.approx(50.0)


def test_nothing_to_match_is_an_empty_table() -> None:
    carriers, operators = pd.DataFrame([CARRIER]), pd.DataFrame([OPERATOR])
    for left, right in ((carriers[:0], operators), (carriers, operators[:0])):
        found = match(left, right, PARAMETERS)
        assert found.empty
        assert tuple(found.columns) == COLUMNS


@pytest.mark.parametrize(("side", "name"), [(0, "carrier_id"), (1, "operator_id")])
@pytest.mark.parametrize("ids", [["A", "A"], ["A", None]])
def test_ids_must_be_there_once(side: int, name: str, ids: list[str | None]) -> None:
    frames = [pd.DataFrame([CARRIER]), pd.DataFrame([OPERATOR])]
    frames[side] = pd.concat([frames[side]] * 2, ignore_index=True)
    frames[side][name] = ids
    with pytest.raises(ValueError, match=f"`{name}`"):
        match(frames[0], frames[1], PARAMETERS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weight_industry", -0.1),
        ("weight_record", math.nan),
        ("near_size_factor", 1.0),
        ("enough_projects", 0.0),
        ("let_years", math.inf),
    ],
)
def test_senseless_parameters_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"`{name}`"):
        replace(PARAMETERS, **{name: value})


def test_some_part_must_count() -> None:
    with pytest.raises(ValueError, match="`weight_industry`"):
        MatchParameters(0.0, 0.0, 0.0, 0.0)


def test_parameters_travel_as_text() -> None:
    assert PARAMETERS.as_text().startswith("weight_industry=0.35; weight_class=0.2; ")
    assert MatchParameters(**PARAMETERS.as_dict()) == PARAMETERS


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("a;b", ("a", "b")),
        (" a；b、 c，d|e,f ", ("a", "b", "c", "d", "e", "f")),
        ("a;;a; ", ("a",)),
        ("", ()),
        (None, ()),
        (math.nan, ()),
        (3, ()),
    ],
)
def test_lists_in_cells_are_read_with_every_separator(cell: object, items: tuple[str, ...]) -> None:
    assert items_of(cell) == items
