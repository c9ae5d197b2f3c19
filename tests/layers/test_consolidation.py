"""From layers to a register, a plan, and the scatter before and after it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from typing import Any
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from geo.consolidation import consolidate
from geo.consolidation.overrides import KINDS
from geo.consolidation.phrases import WHY
from geo.consolidation.solve import Status
from layers.catalogue import load_catalogue
from layers.consolidation import after_of
from layers.consolidation import before_after
from layers.consolidation import check_overrides
from layers.consolidation import default_parameters
from layers.consolidation import known_ids
from layers.consolidation import register_of
from layers.errors import AtlasError
from layers.errors import UsageError
from layers.proposals import COLUMN_TITLES
from layers.proposals import TABLE_TITLES
from layers.proposals import WORDS
from layers.proposals import as_json
from layers.proposals import proposal_remarks
from layers.proposals import proposal_tables
from layers.stock import ChanceChoice
from tests.consolidation_hand import settled
from tests.consolidation_hand import two_buildings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.consolidation import Consolidation
    from geo.consolidation.overrides import Override
    from geo.consolidation.parameters import ConsolidationParameters

CHANCE = ChanceChoice("none")


@pytest.fixture
def tables() -> dict[str, Any]:
    return two_buildings()


def parameters(tables: Mapping[str, Any], **changes: Any) -> ConsolidationParameters:
    # Without rents the cost of a move is its area times two numbers.
    plain: dict[str, Any] = {"double_rent_months": 0.0, "yearly_share": 1.0}
    return default_parameters(tables, **(plain | changes))


def solved(tables: Mapping[str, Any], *overrides: Override, **changes: Any) -> Consolidation:
    found = register_of(
        tables, load_catalogue(), parameters(tables, **changes), overrides=overrides
    )
    return consolidate(found)


def told(tables: Mapping[str, Any], answer: Consolidation) -> tuple[Any, dict[str, Any]]:
    """Return the tables and the JSON of the plan with the fewest presences."""
    step = answer.frontier.steps[-1] if answer.frontier.steps else None
    host = np.full(len(answer.register.problem.units), -1) if step is None else step.host
    states = after_of(tables, load_catalogue(), answer.register, host, chance=CHANCE)
    made = proposal_tables(answer, step, before_after(*states))
    return made, as_json(answer, step, made, {"units": 3, "platforms": 1})


# --- parameters and ids ------------------------------------------------------


def test_a_plan_starts_when_the_register_was_made(tables: dict[str, Any]) -> None:
    made = default_parameters(tables)
    assert (made.as_of, made.horizon) == (date(2026, 9, 30), date(2028, 9, 30))
    moved = default_parameters(tables, as_of=date(2027, 2, 28), budget_wan=5.0)
    assert (moved.horizon, moved.budget_wan) == (date(2029, 2, 28), 5.0)
    assert default_parameters(tables, horizon=date(2027, 1, 1)).horizon == date(2027, 1, 1)


def test_without_dates_a_plan_starts_today(tables: dict[str, Any]) -> None:
    undated = {"units": tables["units"].assign(data_date=pd.NaT)}
    before = date.today()  # noqa: DTZ011 - the clock of this computer, as planners read it
    for given in (undated, {}):
        assert before <= default_parameters(given).as_of <= date.today()  # noqa: DTZ011


def test_parameters_that_mean_nothing_are_refused(tables: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="budget_wan"):
        default_parameters(tables, budget_wan=-1.0)


def test_hosts_are_the_vacant_units(tables: dict[str, Any]) -> None:
    known = known_ids(tables)
    assert known == {
        "park_id": ["P1"],
        "carrier_id": ["C1", "C2"],
        "unit_id": ["U1", "U2", "V1"],
        "host_id": ["V1"],
    }


@pytest.mark.parametrize(
    ("override", "named"),
    [
        (settled("stay", unit_id="U9"), r"U9.*U1"),
        (settled("pin", unit_id="U1", host_id="V9"), r"V9.*V1"),
        (settled("pin", unit_id="U1", host_id="U2"), r"U2"),
        (settled("protect", carrier_id="C9"), r"C9.*C"),
        (settled("anchor", park_id="P9", carrier_id="C1"), r"P9.*P1"),
    ],
)
def test_an_override_about_nothing_is_refused(
    tables: dict[str, Any], override: Override, named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        check_overrides([settled("stay", unit_id="U1"), override], tables)


def test_an_override_that_outlived_its_unit_is_a_conflict(tables: dict[str, Any]) -> None:
    gone = settled("stay", unit_id="U9")
    answer = solved(tables, gone)
    assert [conflict.overrides for conflict in answer.register.conflicts] == [(gone,)]
    assert answer.frontier.steps[-1].presences == 1


def test_unknown_parks_and_missing_layers_are_refused(tables: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"P8.*P1"):
        register_of(tables, load_catalogue(), parameters(tables), ["P8"])
    for key in ("carriers", "units"):
        rest = {name: frame for name, frame in tables.items() if name != key}
        with pytest.raises(AtlasError, match=key):
            register_of(rest, load_catalogue(), parameters(tables))


# --- a plan ------------------------------------------------------------------


def test_one_move_closes_a_site(tables: dict[str, Any]) -> None:
    answer = solved(tables)
    steps = answer.frontier.steps
    assert [(s.presences, s.moves) for s in steps] == [(2, 0), (1, 1)]
    # (120 + 800) yuan for each of 300 m².
    assert steps[-1].cost_wan == pytest.approx(27.6)
    made, document = told(tables, answer)
    move = made["moves"].iloc[0]
    assert (move["unit_id"], move["from_carrier"], move["to_carrier"]) == ("U1", "C1", "C2")
    assert document["status"] == "optimal"
    assert document["gap"] == 0
    assert document["no_regret"] == ["U1"]
    assert document["plan"]["presences"] == 1
    assert document["plan"]["moves"][0]["lease_end"] == "2027-06-30"
    assert [row["unit_id"] for row in document["not_moved"]] == ["U2"]
    outcomes = {row["site_id"]: row["outcome"] for row in document["plan"]["sites"]}
    assert outcomes["C1"] == "surrender"


def test_scatter_is_measured_before_and_after(tables: dict[str, Any]) -> None:
    _made, document = told(tables, solved(tables))
    (before,), (after,) = document["plan"]["before"], document["plan"]["after"]
    assert before["sites"] == 2
    assert after["sites"] == 1
    assert before["longest_gap_m"] > 2800
    assert (before["flag"], after["flag"]) != (None, None)


def test_the_document_is_plain_json(tables: dict[str, Any]) -> None:
    import json

    tables["units"].loc[1, ["lease_end", "floor_area_m2"]] = None
    _made, document = told(tables, solved(tables))
    text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    assert json.loads(text) == document
    assert document["versions"] == {"units": 3}
    assert document["unused"]
    assert isinstance(document["blocking_leases"], list)
    for row in document["plan"]["sites"]:
        assert isinstance(row["blocking_units"], list)


def test_every_table_has_titles_sample_and_rule(tables: dict[str, Any]) -> None:
    tables["units"]["sample"] = [True, False, False]
    made, document = told(tables, solved(tables, settled("stay", unit_id="U2")))
    assert list(made) == list(TABLE_TITLES)
    for name, frame in made.items():
        columns = set(frame.columns) - {"geometry"}
        assert {"sample", "rule_version"} <= columns, name
        assert columns <= set(COLUMN_TITLES[name]), name
    assert made["moves"]["sample"].tolist() == [True]
    assert made["not_moved"]["sample"].tolist() == [False]
    assert made["frontier"]["sample"].all()
    assert document["sample"] is True
    assert made["moves"].crs == "EPSG:4490"


def test_every_code_in_a_table_has_a_word(tables: dict[str, Any]) -> None:
    made, _document = told(tables, solved(tables, settled("protect", carrier_id="C2")))
    for frame in made.values():
        for column in WORDS.keys() & set(frame.columns):
            assert set(frame[column].dropna()) <= set(WORDS[column]), column


def test_contradictions_are_told_and_bounds_all_the_same(tables: dict[str, Any]) -> None:
    answer = solved(
        tables, settled("pin", unit_id="U1", host_id="V1"), settled("stay", unit_id="U1")
    )
    made, document = told(tables, answer)
    assert document["conflicts"]
    assert len(document["conflicts"][0]["overrides"]) == 2
    assert made["conflicts"]["overrides"].iloc[0] == "pin U1 V1; stay U1"
    assert document["presences_before"] == 2
    assert document["lower_bound"] >= 1


def test_without_a_vacant_unit_nothing_moves_and_the_rest_is_told(
    tables: dict[str, Any],
) -> None:
    tables["units"] = tables["units"].iloc[:2]
    made, document = told(tables, solved(tables))
    assert document["frontier"][0]["presences"] == document["lower_bound"] == 2
    assert document["plan"]["moves"] == []
    assert made["moves"].empty
    assert set(made["not_moved"]["unit_id"]) == {"U1", "U2"}


def test_remarks_name_rule_versions_and_who_settled_what(tables: dict[str, Any]) -> None:
    override = settled("stay", unit_id="U2")
    answer = solved(tables, override, budget_wan=100.0)
    remarks = proposal_remarks(answer.register, {"units": 3, "platforms": 1}, [override])
    for language in ("zh", "en"):
        text = "\n".join(remark.get(language) for remark in remarks)
        for part in (answer.register.parameters.as_text(), "units v3", "U2", "王", "试"):
            assert part in text
        assert "platforms" not in text
    chinese = "\n".join(remark.zh for remark in remarks)
    assert "建议" in chinese
    assert "搬迁" not in chinese


def test_every_code_that_geo_has_has_a_word() -> None:
    assert set(WORDS["why"]) == set(WHY)
    assert set(WORDS["status"]) == set(get_args(Status))
    assert set(WORDS["kind"]) == set(KINDS)


def test_no_word_orders_anybody_to_move() -> None:
    titles = [*TABLE_TITLES.values()]
    titles += [title for columns in COLUMN_TITLES.values() for title in columns.values()]
    titles += [word for words in WORDS.values() for word in words.values()]
    assert not [title.zh for title in titles if "搬迁" in title.zh]
