from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.consolidation import consolidate
from geo.consolidation.frontier import solve_frontier
from geo.consolidation.start import pinned_plan
from tests.geo.consolidation.registers import ask
from tests.geo.consolidation.registers import by_hand
from tests.geo.consolidation.registers import changed
from tests.geo.consolidation.registers import let
from tests.geo.consolidation.registers import locks
from tests.geo.consolidation.registers import possible
from tests.geo.consolidation.registers import random_town
from tests.geo.consolidation.registers import town
from tests.geo.consolidation.registers import unit_table
from tests.geo.consolidation.registers import vacant

if TYPE_CHECKING:
    from geo.consolidation.overrides import Override
    from geo.consolidation.register import Register


def asked(*overrides: Override, **more: Any) -> Register:
    """Return the register of the town with overrides; a change of a unit is by its id."""
    carriers, units = town()
    for name, change in more.pop("units", {}).items():
        units = changed(units, name, **change)
    return ask(carriers, units, overrides=overrides, **more)


def unverified(found: Register, unit: str, host: str) -> list[str]:
    pairs = found.problem.pairs.set_index(["unit_id", "host_id"])["unverified"]
    return str(pairs[unit, host]).split(";")


def only(found: Register) -> tuple[tuple[Override, ...], str]:
    """Return the overrides of the one conflict and why."""
    (conflict,) = found.conflicts
    assert conflict.reason.zh
    return conflict.overrides, conflict.reason.en


def untouched(found: Register, **more: Any) -> None:
    """Check that a problem is as if no override had been given."""
    plain = asked(**more)
    pd.testing.assert_frame_equal(found.problem.pairs, plain.problem.pairs)
    assert locks(found) == locks(plain)
    assert found.problem.pinned == {}
    assert found.problem.fixed_anchors == {}


PIN = by_hand("pin", unit_id="b1", host_id="d2")


def test_a_pinned_unit_has_one_host_and_goes_there_in_every_plan() -> None:
    found = asked(PIN)
    assert found.conflicts == ()
    assert found.problem.pinned == {"b1": "d2"}
    assert {host for unit, host in possible(found) if unit == "b1"} == {"d2"}
    unit = found.problem.units["unit_id"].tolist().index("b1")
    row = found.problem.hosts["host_id"].tolist().index("d2")
    steps = consolidate(found).frontier.steps
    assert steps
    assert all(step.host[unit] == row for step in steps)


def test_a_pin_that_fits_anyway_is_nothing_to_verify_by_hand() -> None:
    assert "override" not in unverified(asked(PIN), "b1", "d2")


@pytest.mark.parametrize(
    ("change", "parameters"),
    [
        ({"b1": {"rent_yuan_m2_day": 1.0}, "d2": {"rent_yuan_m2_day": 9.0}}, {}),
        ({"b1": {"needs": "crane"}}, {}),
        ({"d2": {"available_from": "2027-12-01"}}, {}),
        ({}, {"max_move_m": 5.0}),
    ],
)
def test_a_planner_may_pin_what_does_not_fit_and_it_is_marked(
    change: dict[str, Any], parameters: dict[str, Any]
) -> None:
    assert ("b1", "d2") not in possible(asked(units=change, **parameters))
    found = asked(PIN, units=change, **parameters)
    assert found.conflicts == ()
    assert "override" in unverified(found, "b1", "d2")


@pytest.mark.parametrize(
    ("change", "fee"),
    [
        ({"lease_end": "2030-01-01"}, True),
        ({"lease_end": None}, False),
        ({"state": "own_use", "lease_end": None}, False),
    ],
)
def test_a_planner_may_pin_a_unit_that_only_lease_or_state_hold(
    change: dict[str, Any], *, fee: bool
) -> None:
    found = asked(PIN, units={"b1": change})
    assert (found.conflicts, locks(found)["b1"]) == ((), "")
    assert "override" in unverified(found, "b1", "d2")
    move = found.problem.pairs.set_index("unit_id").loc["b1"]
    assert (move["break_fee_wan"] > 0) == fee


@pytest.mark.parametrize(
    ("change", "lock"),
    [
        ({"protected": True}, "protected"),
        ({"floor_area_m2": None}, "area_unknown"),
        ({"carrier_id": "nowhere", "park_id": "P"}, "unlocated"),
    ],
)
def test_what_must_stay_or_is_not_known_cannot_be_pinned(change: dict[str, Any], lock: str) -> None:
    found = asked(PIN, units={"b1": change})
    overrides, said = only(found)
    assert overrides == (PIN,)
    assert said == f"unit b1 cannot move ({lock}) and cannot be pinned"
    untouched(found, units={"b1": change})


def test_a_whole_carrier_cannot_be_pinned() -> None:
    carriers, units = town()
    pin = by_hand("pin", unit_id="B", host_id="d2")
    found = ask(carriers, units[~units["unit_id"].eq("b1")], overrides=[pin])
    assert only(found) == ((pin,), "unit B cannot move (undivided) and cannot be pinned")


def test_a_pin_within_the_units_own_site() -> None:
    pin = by_hand("pin", unit_id="a1", host_id="a2")
    found = asked(pin)
    assert only(found) == ((pin,), "a2 is at the site where unit a1 already is")
    untouched(found)


def test_stay_and_protect_hold_what_could_move() -> None:
    assert locks(asked(by_hand("stay", unit_id="b1"))) == {
        "a1": "", "b1": "override", "c1": "", "d1": "lease",
    }  # fmt: skip
    held = asked(by_hand("protect", carrier_id="D"), by_hand("protect", carrier_id="C"))
    assert locks(held) == {"a1": "", "b1": "", "c1": "override", "d1": "lease"}
    assert not any(unit == "c1" for unit, _host in possible(held))


def test_a_site_may_be_protected_for_one_park_only() -> None:
    change = {"b1": {"carrier_id": "C", "park_id": "P"}}
    one = asked(by_hand("protect", carrier_id="C", park_id="P"), units=change)
    assert (one.conflicts, locks(one)["b1"], locks(one)["c1"]) == ((), "override", "")
    both = asked(by_hand("protect", carrier_id="C"), units=change)
    assert (locks(both)["b1"], locks(both)["c1"]) == ("override", "override")


def test_protecting_a_carrier_protects_its_whole_site() -> None:
    found = asked(by_hand("protect", carrier_id="E"), site_gap_m=1000.0)
    assert locks(found) == {"a1": "override", "b1": "override", "c1": "override", "d1": "lease"}


@pytest.mark.parametrize("lease_end", ["2026-12-31", "2031-01-01"])
def test_a_unit_at_a_protected_site_cannot_be_pinned_whatever_its_lease(lease_end: str) -> None:
    protect = by_hand("protect", carrier_id="B")
    for given in ((PIN, protect), (protect, PIN)):
        found = asked(*given, units={"b1": {"lease_end": lease_end}})
        overrides, said = only(found)
        assert PIN in overrides
        assert said == "unit b1 cannot move (override) and cannot be pinned"
        assert locks(found)["b1"]
        assert found.problem.pinned == {}


def test_forbidden_moves_and_excluded_hosts_are_gone_and_nothing_else() -> None:
    plain = possible(asked())
    assert {("b1", "a2"), ("b1", "d2"), ("c1", "a2")} <= plain
    forbidden = asked(by_hand("forbid", unit_id="b1", host_id="a2"))
    assert possible(forbidden) == plain - {("b1", "a2")}
    carrier = asked(by_hand("forbid", unit_id="b1", carrier_id="A"))
    assert possible(carrier) == plain - {("b1", "a2")}
    excluded = asked(by_hand("exclude", host_id="a2"))
    assert possible(excluded) == {(unit, host) for unit, host in plain if host != "a2"}
    whole = asked(by_hand("exclude", carrier_id="A"))
    assert possible(whole) == possible(excluded)
    assert whole.conflicts == ()


@pytest.mark.parametrize(
    ("name", "override"),
    [
        ("unit_id", by_hand("pin", unit_id="gone", host_id="a2")),
        ("host_id", by_hand("pin", unit_id="b1", host_id="gone")),
        ("host_id", by_hand("exclude", host_id="a1")),
        ("unit_id", by_hand("stay", unit_id="a2")),
        ("unit_id", by_hand("forbid", unit_id="gone", carrier_id="A")),
        ("carrier_id", by_hand("protect", carrier_id="gone")),
        ("carrier_id", by_hand("anchor", park_id="P", carrier_id="gone")),
        ("park_id", by_hand("anchor", park_id="gone", carrier_id="A")),
        ("park_id", by_hand("protect", carrier_id="A", park_id="gone")),
    ],
)
def test_what_is_no_longer_in_the_data_is_told_and_changes_nothing(
    name: str, override: Override
) -> None:
    found = asked(override)
    overrides, said = only(found)
    assert overrides == (override,)
    value = getattr(override, name)
    assert said.startswith(f"there is no {value} ({name}) in the current data")
    untouched(found)


def test_a_unit_of_a_park_that_was_not_chosen_takes_no_part() -> None:
    found = asked(by_hand("stay", unit_id="c1"), parks=["P"])
    assert "takes no part" in only(found)[1]


@pytest.mark.parametrize(
    "other",
    [
        by_hand("pin", unit_id="b1", host_id="a2"),
        by_hand("stay", unit_id="b1"),
        by_hand("forbid", unit_id="b1", host_id="d2"),
        by_hand("exclude", host_id="d2"),
    ],
)
def test_of_two_that_contradict_each_other_none_is_applied(other: Override) -> None:
    for given in ((PIN, other), (other, PIN)):
        found = asked(*given)
        assert set(only(found)[0]) == {PIN, other}
        untouched(found)
        assert found.overrides == given


@pytest.mark.parametrize(
    "other",
    [by_hand("forbid", unit_id="b1", carrier_id="D"), by_hand("exclude", carrier_id="D")],
)
def test_a_pin_into_a_carrier_that_is_shut_is_told(other: Override) -> None:
    for given in ((PIN, other), (other, PIN)):
        found = asked(*given)
        overrides, said = only(found)
        assert PIN in overrides
        assert said == "the move of unit b1 to d2 is pinned and forbidden"
        assert found.problem.pinned == {}


def test_the_same_pin_twice_is_one_pin() -> None:
    again = replace(PIN, author="wang", reason="再看")
    found = asked(PIN, again)
    assert (found.conflicts, found.problem.pinned) == ((), {"b1": "d2"})


def test_other_overrides_hold_beside_a_contradiction() -> None:
    stay = by_hand("stay", unit_id="c1")
    found = asked(PIN, by_hand("stay", unit_id="b1"), stay)
    assert len(found.conflicts) == 1
    assert locks(found)["c1"] == "override"


def test_pins_that_do_not_fit_into_one_host_together() -> None:
    pins = (by_hand("pin", unit_id="b1", host_id="d2"), by_hand("pin", unit_id="a1", host_id="d2"))
    found = asked(*pins)
    overrides, said = only(found)
    assert set(overrides) == set(pins)
    assert said == "the units pinned to d2 need 800 m² and it has 600 m²"
    untouched(found)
    assert asked(*pins, area_ratio=0.75).problem.pinned == {"a1": "d2", "b1": "d2"}


def test_a_lease_holds_again_when_its_pin_does_not_fit() -> None:
    pin = by_hand("pin", unit_id="d1", host_id="e1")
    found = asked(pin)
    assert only(found)[0] == (pin,)
    assert locks(found)["d1"] == "lease"


PINS = (
    by_hand("pin", unit_id="b1", host_id="a2"),
    by_hand("pin", unit_id="c1", host_id="d2"),
    by_hand("stay", unit_id="a1"),
)


@pytest.mark.parametrize(
    ("parameters", "together"),
    [
        ({"budget_wan": 60.0}, False),
        ({"budget_wan": 80.0}, True),
        ({"yearly_share": 0.20}, False),
        ({"yearly_share": 0.29}, True),
    ],
)
def test_pins_that_break_a_limit_of_the_plan_together(
    parameters: dict[str, Any], *, together: bool
) -> None:
    found = asked(*PINS, **parameters)
    assert locks(found)["a1"] == "override"
    assert found.overrides == PINS
    if together:
        assert (found.conflicts, len(found.problem.pinned)) == ((), 2)
        return
    overrides, said = only(found)
    assert set(overrides) == set(PINS[:2])
    assert said.startswith("together the pinned moves break")
    assert found.problem.pinned == {}
    assert {"b1", "c1"} <= {unit for unit, _host in possible(found)}


def test_pins_at_more_places_than_the_anchors_of_a_park_reach() -> None:
    pins = (by_hand("pin", unit_id="b1", host_id="a2"), by_hand("pin", unit_id="a1", host_id="k"))
    carriers, units = town()
    units = pd.concat([units, unit_table([vacant("k", "C", 500.0)])], ignore_index=True)
    new_place = by_hand("anchor", park_id="P", carrier_id="C")
    one = ask(carriers, units, overrides=pins, anchors=1, walk_m=100.0)
    assert set(only(one)[0]) == set(pins)
    # A and C are both a walk from B; or C, which is new to the park, is a second anchor.
    around_b = ask(carriers, units, overrides=pins, anchors=1, walk_m=1400.0)
    two = ask(carriers, units, overrides=(*pins, new_place), anchors=2, walk_m=100.0)
    assert around_b.conflicts == two.conflicts == ()
    assert around_b.problem.pinned == two.problem.pinned == {"a1": "k", "b1": "a2"}


def test_other_conflicts_are_told_beside_impossible_pins() -> None:
    stale = by_hand("stay", unit_id="gone")
    found = asked(*PINS, stale, budget_wan=60.0)
    assert {conflict.overrides for conflict in found.conflicts} == {(stale,), PINS[:2]}


def test_an_anchor_set_by_hand_draws_the_moves() -> None:
    anchor = by_hand("anchor", park_id="P", carrier_id="C")
    found = asked(anchor, anchors=1, walk_m=1400.0)
    assert found.problem.fixed_anchors == {"P": frozenset({"C"})}
    for step in solve_frontier(found.problem).steps:
        park = found.problem.units["park_id"].to_numpy()
        into = step.host[(step.host >= 0) & (park == "P")]
        sites = set(found.problem.hosts["site"].to_numpy()[into])
        assert sites <= {"C", "D"}


def test_more_anchors_than_the_plan_allows() -> None:
    two = (
        by_hand("anchor", park_id="P", carrier_id="A"),
        by_hand("anchor", park_id="P", carrier_id="B"),
    )
    found = asked(*two, anchors=1)
    assert only(found) == (two, "park P was given 2 anchors; the parameters allow 1")
    untouched(found, anchors=1)
    assert asked(*two, anchors=2).problem.fixed_anchors == {"P": frozenset({"A", "B"})}
    assert asked(two[0], two[0], anchors=1).conflicts == ()
    assert "allow 0" in only(asked(two[0], anchors=0))[1]


def test_two_carriers_of_one_site_are_one_anchor() -> None:
    two = [by_hand("anchor", park_id="P", carrier_id=name) for name in ("A", "B")]
    found = asked(*two, anchors=1, site_gap_m=1000.0)
    assert found.problem.fixed_anchors == {"P": frozenset({"A"})}


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_settled_there_is_a_plan_and_each_override_holds_or_is_told(seed: int) -> None:
    carriers, units = random_town(seed)
    rng = np.random.default_rng(seed)
    overrides = _random_overrides(rng, [*carriers["carrier_id"]], units)
    found = ask(
        carriers, units, overrides=overrides, anchors=seed % 3, yearly_share=[0.3, 10.0][seed % 2]
    )
    frontier = solve_frontier(found.problem)
    assert frontier.steps
    told = {override for conflict in found.conflicts for override in conflict.overrides}
    held = locks(found)
    pairs = possible(found)
    for override in set(overrides) - told:
        if override.kind == "pin":
            assert found.problem.pinned[override.unit_id] == override.host_id
        elif override.kind == "stay":
            assert held[override.unit_id]
        elif override.kind in {"forbid", "exclude"}:
            shut = {override.host_id, *_hosts_at(found, override.carrier_id)}
            about = {override.unit_id} if override.unit_id else set(held)
            assert not any(unit in about and host in shut for unit, host in pairs)
    pins = {override for override in overrides if override.kind == "pin"}
    kept = {(pin.unit_id, pin.host_id) for pin in pins - told}
    assert set(found.problem.pinned.items()) == kept
    assert frontier.steps[0].host.tolist() == pinned_plan(found.problem).tolist()


def _hosts_at(found: Register, carrier: str) -> list[str]:
    hosts = found.problem.hosts
    return list(hosts["host_id"][hosts["carrier_id"].eq(carrier)])


def _random_overrides(
    rng: np.random.Generator, carriers: list[str], units: pd.DataFrame
) -> list[Override]:
    names = units["unit_id"].tolist()
    hosts = units.loc[units["state"].eq("vacant"), "unit_id"].tolist() or ["none"]
    makers = {
        "pin": lambda: {"unit_id": str(rng.choice(names)), "host_id": str(rng.choice(hosts))},
        "stay": lambda: {"unit_id": str(rng.choice(names))},
        "forbid": lambda: {"unit_id": str(rng.choice(names)), "host_id": str(rng.choice(hosts))},
        "exclude": lambda: {"carrier_id": str(rng.choice(carriers))},
        "anchor": lambda: {"park_id": "P", "carrier_id": str(rng.choice(carriers))},
        "protect": lambda: {"carrier_id": str(rng.choice(carriers)), "park_id": "P"},
    }
    kinds: list[Any] = ["pin", "pin", "pin", *makers]
    return [by_hand(kind, **makers[kind]()) for kind in rng.choice(kinds, 6)]


def test_a_tenant_that_fills_its_host_to_the_last_metre_can_be_pinned() -> None:
    carriers, units = town()
    units = pd.concat(
        [units, unit_table([let("b2", "B", 0.1, None), let("b3", "B", 0.2, None)])],
        ignore_index=True,
    )
    units = changed(units, "e1", floor_area_m2=0.3)
    pins = [by_hand("pin", unit_id=name, host_id="e1") for name in ("b2", "b3")]
    assert ask(carriers, units, overrides=pins).problem.pinned == {"b2": "e1", "b3": "e1"}
