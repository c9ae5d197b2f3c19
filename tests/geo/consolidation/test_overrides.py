from __future__ import annotations

import json
from typing import Any

import pytest

from geo.consolidation.overrides import KINDS
from geo.consolidation.overrides import Override
from geo.consolidation.overrides import conflicts_between
from tests.geo.consolidation.registers import by_hand

COMPLETE: dict[Any, dict[str, str]] = {
    "pin": {"unit_id": "u", "host_id": "h"},
    "stay": {"unit_id": "u"},
    "forbid": {"unit_id": "u", "host_id": "h"},
    "anchor": {"park_id": "P", "carrier_id": "A"},
    "exclude": {"host_id": "h"},
    "protect": {"carrier_id": "A"},
}


def test_every_kind_is_tried() -> None:
    assert set(COMPLETE) == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, about in COMPLETE.items() for name in about]
)
def test_what_a_kind_must_name_cannot_be_left_out(kind: Any, name: str) -> None:
    about = {key: value for key, value in COMPLETE[kind].items() if key != name}
    with pytest.raises(ValueError, match=f"`{kind}` needs .*`{name}`"):
        by_hand(kind, **about)


@pytest.mark.parametrize("kind", ["forbid", "exclude"])
def test_a_host_or_its_carrier_but_not_both(kind: Any) -> None:
    about = COMPLETE[kind] | {"carrier_id": "A"}
    with pytest.raises(ValueError, match="`host_id` or `carrier_id`"):
        by_hand(kind, **about)
    assert by_hand(kind, **{k: v for k, v in about.items() if k != "host_id"}).carrier_id == "A"


@pytest.mark.parametrize("name", ["author", "time", "reason"])
def test_nothing_is_settled_without_who_when_and_why(name: str) -> None:
    signed = {"author": "li", "time": "2026-01-01T00:00:00Z", "reason": "看过"}
    with pytest.raises(ValueError, match=f"An override needs its `{name}`"):
        Override(kind="stay", unit_id="u", **(signed | {name: " "}))


def test_an_unknown_kind_is_refused() -> None:
    unknown: Any = "order"
    with pytest.raises(ValueError, match=r"`kind` must be one of pin, .*'order'"):
        by_hand(unknown, unit_id="u")


@pytest.mark.parametrize("kind", KINDS)
def test_an_override_survives_json(kind: Any) -> None:
    given = by_hand(kind, **COMPLETE[kind])
    assert Override.from_dict(json.loads(json.dumps(given.as_dict()))) == given


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"firm": "x"}, "`firm` is not a field"),
        ({"unit_id": 7}, "`unit_id` is not a field of an override, or not a text"),
        ({"unit_id": None}, "`unit_id`"),
        ({"kind": "order"}, "`kind` must be one of"),
    ],
)
def test_what_is_no_override_is_refused(change: dict[str, Any], said: str) -> None:
    values = by_hand("stay", unit_id="u").as_dict() | change
    with pytest.raises(ValueError, match=said):
        Override.from_dict(values)


@pytest.mark.parametrize("name", ["kind", "author", "time", "reason"])
def test_a_missing_field_is_named(name: str) -> None:
    values = by_hand("stay", unit_id="u").as_dict()
    del values[name]
    with pytest.raises(ValueError, match=f"needs its `{name}`"):
        Override.from_dict(values)


PIN = by_hand("pin", unit_id="u", host_id="h")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (by_hand("pin", unit_id="u", host_id="k"), "is pinned to h and to k"),
        (by_hand("stay", unit_id="u"), "is pinned to a host and to its place"),
        (by_hand("forbid", unit_id="u", host_id="h"), "is pinned and forbidden"),
        (by_hand("exclude", host_id="h"), "pinned to h, which is excluded"),
    ],
)
def test_contradictions_that_show_without_data(other: Override, said: str) -> None:
    for given in ([PIN, other], [other, PIN]):
        (found,) = conflicts_between(given)
        assert set(found.overrides) == {PIN, other}
        assert found.reason.zh
    (found,) = conflicts_between([PIN, other])
    assert said in found.reason.en


@pytest.mark.parametrize(
    "other",
    [
        by_hand("pin", unit_id="u", host_id="h"),
        by_hand("pin", unit_id="v", host_id="h"),
        by_hand("stay", unit_id="v"),
        by_hand("forbid", unit_id="u", host_id="k"),
        by_hand("forbid", unit_id="v", host_id="h"),
        by_hand("exclude", host_id="k"),
        by_hand("anchor", park_id="P", carrier_id="A"),
    ],
)
def test_what_can_be_kept_together_is_no_contradiction(other: Override) -> None:
    assert conflicts_between([PIN, other]) == []


def test_the_same_thing_settled_twice_has_one_target() -> None:
    again = Override(
        kind="pin",
        author="wang",
        time="2026-02-01T00:00:00Z",
        reason="再看",
        unit_id="u",
        host_id="h",
    )
    assert again.target == PIN.target
    assert again != PIN
