"""Personal tokens and the people they belong to."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.team.people import Person
from layers.team.people import Role
from layers.team.registry import Registry
from layers.team.tokens import LONGEST_DAYS
from layers.team.tokens import MOST_TOKENS
from layers.team.tokens import Tokens
from tests.gate_hand import make_team
from tests.team_hand import ROLES
from tests.team_hand import write_members

if TYPE_CHECKING:
    from pathlib import Path

    from layers.team.settings import Team

MORNING = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
PLANNER = Person("u-planner", "王规划", Role.PLANNER)
ADMIN = Person("u-admin", "陈管理", Role.ADMIN)
STEWARD = Person("u-steward", "赵管数", Role.STEWARD)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += dt.timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(tmp_path: Path, clock: Clock) -> Tokens:
    return Tokens(tmp_path, clock)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_token_is_taken_until_it_expires(tokens: Tokens, clock: Clock) -> None:
    text, made = tokens.make(PLANNER, " QGIS\n at  my desk ", 30)
    assert made.note == "QGIS at my desk"
    found = tokens.accept(text)
    assert found is not None
    assert found.person_id == "u-planner"
    clock.pass_days(29.9)
    assert tokens.accept(text) is not None
    clock.pass_days(0.2)
    assert tokens.accept(text) is None
    assert tokens.of("u-planner") == []


def test_the_token_itself_is_not_kept(tokens: Tokens, tmp_path: Path) -> None:
    text, made = tokens.make(PLANNER)
    (path,) = _files(tmp_path)
    secret = text.removeprefix(f"atlas_{made.token_id}_")
    assert len(secret) == 43  # 256 bits
    assert secret not in path.read_text("ascii")
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:0],
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text.upper(),
        lambda text: f" {text}",
        lambda text: text.replace("atlas_", "atlas_../../"),
        lambda text: "atlas_" + "0" * 16 + text[22:],
        lambda text: text + "\n",
    ],
)
def test_only_the_token_itself_is_taken(tokens: Tokens, change: object) -> None:
    text, _made = tokens.make(PLANNER)
    assert callable(change)
    assert tokens.accept(change(text)) is None
    assert tokens.accept(text) is not None


def test_when_it_was_used_is_kept_to_the_hour(tokens: Tokens, clock: Clock) -> None:
    text, made = tokens.make(PLANNER)
    assert made.used is None
    assert tokens.of("u-planner")[0].used is None
    tokens.accept(text)
    assert tokens.of("u-planner")[0].used == MORNING.replace(minute=0)
    clock.now += dt.timedelta(hours=3)
    tokens.accept(text)
    assert tokens.of("u-planner")[0].used == MORNING.replace(hour=12, minute=0)


def test_who_may_take_a_token_back(tokens: Tokens) -> None:
    text, made = tokens.make(PLANNER)
    assert not tokens.revoke(made.token_id, STEWARD)
    assert not tokens.revoke("../../config", ADMIN)
    assert tokens.accept(text) is not None
    assert tokens.revoke(made.token_id, PLANNER)
    assert tokens.accept(text) is None
    assert not tokens.revoke(made.token_id, PLANNER)
    other, second = tokens.make(PLANNER)
    assert tokens.revoke(second.token_id, ADMIN)
    assert tokens.accept(other) is None


def test_nobody_gathers_tokens(tokens: Tokens, clock: Clock) -> None:
    for _number in range(MOST_TOKENS):
        tokens.make(PLANNER, days=10)
    with pytest.raises(UsageError):
        tokens.make(PLANNER)
    assert tokens.make(STEWARD)[1].person_id == "u-steward"
    clock.pass_days(11)
    tokens.make(PLANNER)
    assert len(tokens.of("u-planner")) == 1


@pytest.mark.parametrize("days", [0, -1, LONGEST_DAYS + 1])
def test_a_token_is_not_for_ever(tokens: Tokens, days: int) -> None:
    with pytest.raises(UsageError):
        tokens.make(PLANNER, days=days)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"person_id": "u-admin"}'])
def test_a_damaged_file_is_no_token(tokens: Tokens, tmp_path: Path, content: str) -> None:
    text, _made = tokens.make(PLANNER)
    _files(tmp_path)[0].write_text(content, "ascii")
    assert tokens.accept(text) is None
    assert tokens.all() == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "tokens").write_text("a file where the folder is to be", "ascii")
    with pytest.raises(WorkspaceError):
        Tokens(tmp_path, clock).make(PLANNER)


# --- people


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    return make_team(tmp_path, monkeypatch, {"server": {"token_idle_days": 60}})


def test_somebody_who_stays_away_is_nobody(team: Team, clock: Clock) -> None:
    people = Registry(team, clock)
    assert people.person("u-planner") is None
    people.signed_in({"sub": "u-planner", "name": "王规划", "phone": "021"})
    assert people.person("u-planner") == PLANNER
    clock.pass_days(59)
    assert people.person("u-planner") == PLANNER
    clock.pass_days(2)
    assert people.person("u-planner") is None
    people.signed_in({"sub": "u-planner", "name": "王规划"})
    assert people.person("u-planner") == PLANNER


def test_no_more_is_kept_of_somebody_than_his_role_needs(team: Team, clock: Clock) -> None:
    Registry(team, clock).signed_in(
        {"sub": "u-planner", "name": "王规划", "phone": "021", "groups": ["x"], "picture": "y"}
    )
    (path,) = _files(team.state)
    kept = json.loads(path.read_text("ascii"))
    assert kept["claims"] == {"sub": "u-planner", "name": "王规划"}
    assert "u-planner" not in path.name


def test_a_role_that_is_taken_away_is_gone_for_his_tokens(team: Team, clock: Clock) -> None:
    people = Registry(team, clock)
    people.signed_in({"sub": "u-planner", "name": "王规划"})
    write_members(team.path.parent / "members.toml", ROLES | {"planner": None})
    assert people.person("u-planner") is None


def test_a_sign_out_is_kept_and_ends_no_later_sign_in(team: Team, clock: Clock) -> None:
    people = Registry(team, clock)
    assert people.ended("u-planner") == 0
    people.signed_in({"sub": "u-planner"})
    people.signed_out("u-planner")
    assert people.ended("u-planner") == int(MORNING.timestamp())
    clock.pass_days(1)
    people.signed_in({"sub": "u-planner"})
    assert Registry(team, clock).ended("u-planner") == int(MORNING.timestamp())
    assert people.person("u-planner") is not None


@pytest.mark.parametrize("person_id", ["../../x", "CON", "甲" * 80, "a/b\\c", "x" * 255])
def test_any_id_has_a_file_of_its_own(team: Team, clock: Clock, person_id: str) -> None:
    people = Registry(team, clock)
    people.signed_in({"sub": person_id})
    people.signed_out(person_id)
    assert people.ended(person_id) > 0
    (path,) = _files(team.state)
    assert path.parent == team.state / "people"
