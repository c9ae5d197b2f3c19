from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from geo.consolidation.tenancies import LOCKS
from tests.geo.consolidation.registers import ask
from tests.geo.consolidation.registers import carrier_table
from tests.geo.consolidation.registers import changed
from tests.geo.consolidation.registers import dropped
from tests.geo.consolidation.registers import let
from tests.geo.consolidation.registers import locks
from tests.geo.consolidation.registers import place
from tests.geo.consolidation.registers import possible
from tests.geo.consolidation.registers import random_town
from tests.geo.consolidation.registers import town
from tests.geo.consolidation.registers import unit_table
from tests.geo.consolidation.registers import vacant

SEEDS = range(60)


def told(found: Any, name: str) -> dict[str, Any]:
    """Return why a row takes no part, or only as something that stays."""
    rows = found.unused[found.unused["id"].eq(name)]
    assert len(rows) == 1
    row: dict[str, Any] = rows.iloc[0].to_dict()
    return row


@pytest.mark.parametrize(
    ("change", "lock"),
    [
        ({}, ""),
        ({"floor_area_m2": -300.0}, "area_unknown"),
        ({"floor_area_m2": None}, "area_unknown"),
        ({"floor_area_m2": 0.0}, ""),
        ({"protected": True}, "protected"),
        ({"protected": None}, ""),
        ({"state": "own_use"}, "state"),
        ({"state": "locked"}, "state"),
        ({"state": None}, "state"),
        ({"lease_end": None}, "lease_unknown"),
        ({"lease_end": None, "breakable": None}, "lease_unknown"),
        ({"lease_end": None, "breakable": True}, ""),
        ({"lease_end": "2027-12-31"}, ""),
        ({"lease_end": "2028-01-01"}, "lease"),
        ({"lease_end": "2028-01-01", "breakable": None}, "lease"),
        ({"lease_end": "2028-01-01", "breakable": True}, ""),
        ({"lease_end": "2019-01-01"}, ""),
        ({"carrier_id": "nowhere", "park_id": "P"}, "unlocated"),
        ({"floor_area_m2": -1.0, "carrier_id": "nowhere", "park_id": "P"}, "unlocated"),
        ({"lease_end": None, "protected": True}, "protected"),
        ({"lease_end": None, "state": "own_use"}, "state"),
    ],
)
def test_what_holds_a_unit_in_place(change: dict[str, Any], lock: str) -> None:
    carriers, units = town()
    found = ask(carriers, changed(units, "b1", **change))
    assert locks(found)["b1"] == lock
    assert any(unit == "b1" for unit, _host in possible(found)) == (not lock)


def test_without_columns_of_leases_nobody_may_move() -> None:
    carriers, units = town()
    found = ask(carriers, units[["unit_id", "carrier_id", "floor_area_m2", "state"]])
    assert set(locks(found).values()) == {"lease_unknown"}
    assert len(found.problem.hosts) == 3
    assert possible(found) == set()


def test_what_an_operator_uses_itself_may_move_if_asked_for_and_has_no_lease_to_wait_for() -> None:
    carriers, units = town()
    units = changed(units, "b1", state="own_use", lease_end=None)
    assert locks(ask(carriers, units))["b1"] == "state"
    found = ask(carriers, units, own_use_movable=True)
    assert locks(found)["b1"] == ""
    row = found.problem.units.set_index("unit_id").loc["b1"]
    assert row["move_date"] == pd.Timestamp("2027-12-31")


@pytest.mark.parametrize(
    ("end", "day", "year"),
    [
        ("2019-05-05", "2026-01-01", 0),
        ("2026-01-01", "2026-01-01", 0),
        ("2026-12-31", "2026-12-31", 0),
        ("2027-01-02", "2027-01-02", 1),
        ("2027-12-31", "2027-12-31", 1),
        ("2033-01-01", "2027-12-31", 1),
        (None, "2027-12-31", 1),
    ],
)
def test_a_unit_moves_when_its_lease_ends_within_the_time_of_the_plan(
    end: str | None, day: str, year: int
) -> None:
    carriers, units = town()
    found = ask(carriers, changed(units, "b1", lease_end=end, breakable=True))
    row = found.problem.units.set_index("unit_id").loc["b1"]
    assert (row["move_date"], row["year"]) == (pd.Timestamp(day), year)


def test_a_plan_of_one_day_moves_whose_lease_has_ended() -> None:
    carriers, units = town()
    day = pd.Timestamp("2026-12-31").date()
    found = ask(carriers, units, as_of=day, horizon=day)
    assert locks(found) == {"a1": "lease", "b1": "", "c1": "lease", "d1": "lease"}
    assert set(found.problem.units["move_date"]) == {pd.Timestamp(day)}
    assert set(found.problem.units["year"]) == {0}


def test_a_unit_of_unknown_area_stays_counts_nothing_and_is_told() -> None:
    carriers, units = town()
    for area in (None, -300.0):
        found = ask(carriers, changed(units, "b1", floor_area_m2=area))
        assert found.problem.units.set_index("unit_id")["area_m2"]["b1"] == 0.0
        assert told(found, "b1")["field"] == "floor_area_m2"
        assert found.problem.limits.yearly_m2 == pytest.approx(10.0 * (500 + 400 + 200))


def test_a_carrier_that_is_not_divided_is_one_unit_that_stays() -> None:
    carriers, units = town()
    carriers = changed(carriers, "B", gross_area_m2=4000.0)
    found = ask(carriers, dropped(units, "b1"))
    row = found.problem.units.set_index("unit_id").loc["B"]
    assert (row["lock"], row["area_m2"], row["park_id"]) == ("undivided", 4000.0, "P")
    assert told(found, "B")["reason_en"] == "the carrier has no units and stays as a whole"
    assert "E" not in locks(ask(carriers, dropped(units, "b1", "e1")))  # it belongs to nobody


def test_an_undivided_carrier_and_a_unit_of_its_name_are_two() -> None:
    carriers, units = town()
    found = ask(carriers, units.assign(unit_id=units["unit_id"].replace("b1", "C")).iloc[[0, 2]])
    assert {"C", "C*"} <= set(locks(found))


def test_a_unit_in_an_unknown_carrier_is_at_a_place_of_its_own() -> None:
    carriers, units = town()
    found = ask(carriers, changed(units, "b1", carrier_id="Z9", park_id="P"))
    assert found.problem.units.set_index("unit_id")["site"]["b1"] == "Z9"
    assert told(found, "b1")["field"] == "carrier_id"


def test_a_unit_without_a_carrier_or_park_takes_no_part() -> None:
    carriers, units = town()
    found = ask(carriers, changed(units, "b1", carrier_id=None))
    assert "b1" not in locks(found)
    assert told(found, "b1")["field"] == "park_id"


def test_a_unit_in_a_carrier_without_location_stays_and_a_vacant_one_takes_nobody() -> None:
    carriers, units = town()
    carriers.loc[carriers["carrier_id"].isin(["B", "D"]), "geometry"] = None
    found = ask(carriers, units)
    assert locks(found) == {"a1": "", "b1": "unlocated", "c1": "", "d1": "unlocated"}
    assert found.problem.hosts["host_id"].tolist() == ["a2", "e1"]
    assert told(found, "d2")["reason_en"] == "vacant, but its carrier has no location"
    assert set(found.problem.units["site"]) == {"A", "B", "C", "D"}


@pytest.mark.parametrize("area", [0.0, -600.0, None])
def test_vacant_space_without_a_size_takes_nobody(area: float | None) -> None:
    carriers, units = town()
    found = ask(carriers, changed(units, "d2", floor_area_m2=area))
    assert found.problem.hosts["host_id"].tolist() == ["a2", "e1"]
    assert told(found, "d2")["field"] == "floor_area_m2"


def test_a_unit_of_no_park_takes_no_part_but_vacant_space_of_nobody_does() -> None:
    carriers, units = town()
    more = pd.concat([units, unit_table([let("e2", "E", 80.0, "2026-06-30")])], ignore_index=True)
    found = ask(carriers, more)
    assert "e2" not in locks(found)
    assert "e1" in set(found.problem.hosts["host_id"])
    assert told(found, "e2")["reason_zh"] == "不属于任何园区，不参与"


def test_a_unit_belongs_to_the_park_it_names_before_that_of_its_carrier() -> None:
    carriers, units = town()
    found = ask(carriers, changed(units, "b1", park_id="Q"))
    assert found.problem.units.set_index("unit_id")["park_id"]["b1"] == "Q"


def test_only_the_chosen_parks_take_part_with_vacant_space_of_all() -> None:
    carriers, units = town()
    found = ask(carriers, units, parks=["P"])
    assert (set(locks(found)), found.parks) == ({"a1", "b1"}, ("P",))
    assert found.problem.hosts["host_id"].tolist() == ["a2", "d2", "e1"]
    assert told(found, "c1")["reason_en"] == "belongs to park Q, which was not chosen"
    nobody = ask(carriers, units, parks=["X"])
    assert (len(nobody.problem.units), nobody.parks) == (0, ())


def test_what_is_sample_data_stays_marked() -> None:
    carriers, units = town()
    carriers = changed(carriers, "B", sample=True)
    found = ask(carriers, changed(units, "d2", sample=True))
    units_marked = found.problem.units.set_index("unit_id")["sample"]
    assert units_marked.to_dict() == {"a1": False, "b1": True, "c1": False, "d1": False}
    assert found.problem.hosts.set_index("host_id")["sample"]["d2"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_is_a_unit_a_host_or_told_why_not_and_only_one_of_them(seed: int) -> None:
    carriers, units = random_town(seed)
    found = ask(carriers, units, parks=None if seed % 2 else ["P"])
    taking_part = [*found.problem.units["unit_id"], *found.problem.hosts["host_id"]]
    lock = locks(found)
    out = [name for name in found.unused["id"] if name not in lock]
    undivided = {name for name in lock if lock[name] == "undivided"}
    rows = sorted(set(taking_part) - undivided) + sorted(set(out) - set(carriers["carrier_id"]))
    assert sorted(rows) == sorted(units["unit_id"])
    assert found.unused["id"].is_unique
    told_to_stay = {name for name in found.unused["id"] if name in lock}
    gaps = {"undivided", "unlocated", "area_unknown", "lease_unknown"}
    assert told_to_stay == {name for name, why in lock.items() if why in gaps}
    assert set(lock.values()) <= {"", *LOCKS}
    assert found.unused.notna().all(axis=None)


def test_empty_tables() -> None:
    carriers, units = town()
    nothing = ask(carriers.iloc[:0], units.iloc[:0])
    assert (len(nothing.problem.units), len(nothing.problem.hosts), len(nothing.unused)) == (
        0,
        0,
        0,
    )
    without_units = ask(carriers, units.iloc[:0])
    assert set(locks(without_units).values()) == {"undivided"}
    without_carriers = ask(carriers.iloc[:0], units)
    assert len(without_carriers.problem.units) == 0
    assert sorted(without_carriers.unused["id"]) == sorted(units["unit_id"])


def test_tables_with_no_more_than_the_columns_they_need() -> None:
    carriers = carrier_table([place("A", (0, 0), "P"), place("B", (900, 0), "P")])
    units = unit_table([let("a", "A", 10.0, "2026-05-05"), vacant("b", "B", 20.0)])
    found = ask(carriers[["carrier_id", "geometry"]], units[["unit_id", "carrier_id"]])
    assert found.unused["field"].tolist() == ["park_id", "park_id"]
