"""Pages as somebody with a role on a team server sees them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.team import Person
from layers.team import Role
from views import who

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

PEOPLE = {
    role: Person(f"id-{role.value}", name, role)
    for role, name in zip(Role, ("Vera", "Peter", "Stella", "Ada"), strict=True)
}
_ASKING = (who.__name__, "views.account.live", "views.account.tokens")


@dataclass
class Team:
    """What pages ask of the settings of a team server; the gate and the provider are not here."""

    now: Person | None
    state: Path
    public_url: str = "https://atlas.example.org"

    def person(self, claims: Mapping[str, Any]) -> Person | None:
        """Return who is at work, whatever the provider said."""
        assert isinstance(claims, dict)
        return self.now


def work_as(monkeypatch: pytest.MonkeyPatch, person: Person | None, state: Path) -> Team:
    """Let all sessions of this test be of one person on a team server."""
    team = Team(person, state)
    for name in _ASKING:
        monkeypatch.setattr(importlib.import_module(name), "team", lambda: team)
    return team
