"""What an audit records: one event, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What somebody did."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    REFUSED = "refused"
    SEE = "see"
    IMPORT = "import"
    CHANGE = "change"
    RESTORE = "restore"
    RECORD = "record"
    EXPORT = "export"
    FETCH = "fetch"
    LIVE = "live"
    PUBLISH = "publish"
    BACKUP = "backup"
    VACUUM = "vacuum"
    ACCESS = "access"


class Door(StrEnum):
    """Through which door it was done."""

    WEB = "web"
    BATCH = "batch"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody did.

    Attributes
    ----------
    action, door
        What, and through which door.
    person_id, name, role
        Who; empty where nobody signed in.
    layers
        Versions by key of the layers that it was about.
    subject
        What else it was about: the name of a page, a file or a scenario.
    export_id
        The id that a file carries, empty for none.
    detail
        What else is known, plain data: rows, format, audience, reason.
    """

    action: Action
    door: Door
    person_id: str = ""
    name: str = ""
    role: str = ""
    layers: Mapping[str, int] = field(default_factory=dict)
    subject: str = ""
    export_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the event as plain data, without what is empty."""
        told: dict[str, Any] = {"action": self.action.value, "door": self.door.value}
        rest = ("person_id", "name", "role", "layers", "subject", "export_id", "detail")
        for name in rest:
            value = getattr(self, name)
            if value:
                told[name] = dict(value) if isinstance(value, Mapping) else value
        return told
