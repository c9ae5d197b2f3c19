"""The layers brought to the matching of operators."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from geo.matching import RULE_VERSION
from geo.matching import MatchParameters
from layers.errors import AtlasError
from layers.export import export_table
from layers.matching import DEFAULTS
from layers.matching import MATCH_TITLE
from layers.matching import MATCH_TITLES
from layers.matching import PARAMETER_TITLES
from layers.matching import match_remarks
from layers.matching import matches_of
from layers.matching import unknown_titles
from tests.layers.packs_hand import CATALOGUE
from tests.layers.packs_hand import VERSIONS
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import four
from tests.layers.packs_hand import operator
from tests.layers.packs_hand import tables_of


def _judged(*ids: str, area: float | None = 3_500.0) -> pd.DataFrame:
    return pd.DataFrame(
        {"carrier_id": list(ids), "state": "低效", "recoverable_area_m2": [area] * len(ids)}
    )


def _tables(*operators: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return tables_of(carrier(1, **changes), carrier(2), operators=list(operators))


def test_every_pair_is_there_with_names_rule_and_parameters() -> None:
    found = matches_of(_tables(operator(1), operator(2)), CATALOGUE, _judged("C2", "C1"))
    assert list(found.columns) == list(MATCH_TITLES)
    pairs = list(zip(found["carrier_id"], found["operator_id"], strict=True))
    # More projects are the better record; the carriers stay in the order asked for.
    assert pairs == [("C2", "OP2"), ("C2", "OP1"), ("C1", "OP2"), ("C1", "OP1")]
    assert list(found["rank"]) == [1, 2, 1, 2]
    # Two like carriers share the rank.
    assert list(found["carrier_rank"]) == [1, 1, 1, 1]
    first = found.iloc[0]
    assert (first["carrier_name"], first["operator_name"]) == ("示例楼 2 号", "示例运营机构 2")
    assert (first["rule_version"], first["parameters"]) == (RULE_VERSION, DEFAULTS.as_text())
    # 35·1/2 + 20 + 20 + 25·(2/5 + 1)/2, for 3,500 m² that are let within two years.
    assert first["score"] == pytest.approx(75.0)


def test_the_register_tells_admission_class_and_present_operator() -> None:
    tables = _tables(
        operator(1, name="绝密运营公司"), operator(2, industries="绿色低碳"), operator(3)
    )
    found = matches_of(tables, CATALOGUE, _judged("C1")).set_index("operator_id")
    assert found["present"].to_dict() == {"OP1": True, "OP2": False, "OP3": False}
    assert found["fits"].to_dict() == {"OP1": True, "OP2": False, "OP3": True}
    assert found["rank"].dropna().to_dict() == {"OP3": 1}


_CLASS = CATALOGUE.layer("carriers").field("carrier_class")


@pytest.mark.parametrize(
    "typed",
    [
        "business",
        "商务楼宇",
        _CLASS.choice_title("business", "en").upper(),
        " 大学科技园、商务楼宇 ",
        "各类；商务楼宇",
    ],
)
def test_classes_may_be_typed_as_codes_or_titles(typed: str) -> None:
    found = matches_of(_tables(operator(1, classes=typed)), CATALOGUE, _judged("C1"))
    assert bool(found["fits"].iloc[0])
    assert found["unknown"].iloc[0] == ""


def test_a_class_that_is_no_class_is_not_known_and_no_misfit() -> None:
    row = matches_of(_tables(operator(1, classes="各类")), CATALOGUE, _judged("C1")).iloc[0]
    assert row["fits"]
    assert row["unknown"] == "classes"
    assert unknown_titles(row["unknown"], CATALOGUE, "zh") == "服务载体类别"


def test_without_a_recoverable_area_the_vacant_one_counts() -> None:
    known = matches_of(_tables(operator(1)), CATALOGUE, _judged("C1", area=5_000.0)).iloc[0]
    vacant = matches_of(_tables(operator(1)), CATALOGUE, _judged("C1", area=None)).iloc[0]
    assert vacant["score"] == known["score"]


@pytest.mark.parametrize(
    ("theirs", "own", "marked"), [(True, False, True), (False, True, True), (False, None, False)]
)
def test_a_pair_is_sample_data_if_either_side_is(theirs: bool, own: bool, marked: bool) -> None:
    tables = _tables(operator(1, sample=theirs), sample=own)
    assert bool(matches_of(tables, CATALOGUE, _judged("C1"))["sample"].iloc[0]) is marked


@pytest.mark.parametrize("missing", [True, False])
def test_no_operators_are_an_empty_table(missing: bool) -> None:
    tables = four()
    if missing:
        del tables["operators"]
    found = matches_of(tables, CATALOGUE, _judged("C1"))
    assert found.empty
    assert list(found.columns) == list(MATCH_TITLES)


def test_without_carriers_nothing_is_matched() -> None:
    with pytest.raises(AtlasError, match="carriers"):
        matches_of({}, CATALOGUE, _judged("C1"))


def test_remarks_name_rule_parameters_and_versions() -> None:
    parameters = MatchParameters(let_years=3.0)
    told = " ".join(text.en for text in match_remarks(parameters, VERSIONS))
    assert RULE_VERSION in told
    assert "let_years=3" in told
    assert "carriers v3, operators v3" in told


def test_every_parameter_has_a_title() -> None:
    assert set(PARAMETER_TITLES) == set(DEFAULTS.as_dict())


def test_titles_of_open_fields_are_those_of_the_catalogue() -> None:
    told = unknown_titles("allowed_industries;recoverable_area_m2;size_max_m2", CATALOGUE, "en")
    assert told == "Allowed industries, Recoverable area, Largest carrier"


def test_the_table_goes_into_a_workbook(tmp_path: Any) -> None:
    found = matches_of(_tables(operator(1), operator(2)), CATALOGUE, _judged("C1", "C2"))
    report = export_table(
        found, tmp_path / "m.xlsx", title=MATCH_TITLE, titles=MATCH_TITLES, internal=True
    )
    assert report.layers[0][1] == 4
