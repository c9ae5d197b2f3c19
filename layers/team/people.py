"""Who somebody is and what he may do: four roles, and the rights of each.

Alone on a computer there is no sign-in and the user may do everything. On a team
server the provider says who somebody is, and the team file which role that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from typing import Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.specs import FieldSpec
    from layers.specs import LayerSpec

Audience = Literal["internal", "public"]


class Role(StrEnum):
    """What somebody is on a team server, the least first."""

    VIEWER = "viewer"
    PLANNER = "planner"
    STEWARD = "steward"
    ADMIN = "admin"


class Right(StrEnum):
    """What somebody may do.

    Every role may look at what is public and take public copies of it.
    """

    INTERNAL = "internal"
    """See and export internal layers, fields and results that name firms or leases."""

    WRITE = "write"
    """Edit, import, and keep scenarios, registers and profiles."""

    CURATE = "curate"
    """Bring back old versions and undo what others imported."""

    AUDIT = "audit"
    """See who did what."""


_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset(),
    Role.PLANNER: frozenset({Right.INTERNAL, Right.WRITE}),
    Role.STEWARD: frozenset({Right.INTERNAL, Right.WRITE, Right.CURATE}),
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is at work.

    Attributes
    ----------
    person_id
        What the provider calls him, without end the same; empty alone on a computer.
    name
        What commits and the audit show; empty if not known.
    role
        What he is.
    """

    person_id: str
    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Tell whether he has a right."""
        return right in _RIGHTS[self.role]

    @property
    def audience(self) -> Audience:
        """Of which copy he sees layers, results and files."""
        return "internal" if self.may(Right.INTERNAL) else "public"

    def sees(self, spec: LayerSpec, field: FieldSpec | None = None) -> bool:
        """Tell whether he may see a layer, or a field of it."""
        if self.may(Right.INTERNAL):
            return True
        return spec.sensitivity == "public" and (field is None or field.sensitivity == "public")


ALONE = Person("", "", Role.ADMIN)
"""Whoever works alone on a computer, without sign-in."""
