"""The details of an audit in words: titles for their names, and for values that are codes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.audit import Action
from layers.i18n import number
from views.text import LANGUAGE_NAMES
from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

# What ties records together for the program, and tells a reader nothing.
_UNSAID = frozenset({"step", "made", "content", "order", "wish"})


def subject(action: str, about: str) -> str:
    """Return in words what an action was about, where that is a code."""
    if action != Action.ACCESS:
        return about
    titles = {"token made": _("Token made"), "token taken back": _("Token taken back")}
    return titles.get(about, about)


def describer() -> Callable[[Mapping[str, Any]], str]:
    """Return what tells the details of a record in one line, without what is empty."""
    titles, codes = _titles(), _codes()

    def describe(told: Mapping[str, Any]) -> str:
        parts = [
            f"{titles.get(key, key)}: {_plain(key, value, codes)}"
            for key, value in told.items()
            if key not in _UNSAID and value not in (None, "", [], {})
        ]
        return " · ".join(parts)

    return describe


def _plain(key: str, value: object, codes: Mapping[str, Mapping[str, str]]) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_plain(key, one, codes) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(key, one, codes)}" for name, one in value.items())
    if isinstance(value, int | float):
        return number(value, lang(), digits=0 if isinstance(value, int) else 2)
    return codes.get(key, {}).get(str(value), str(value))


def _titles() -> dict[str, str]:
    return {
        "added": _("Added"),
        "audience": _("Audience"),
        "bytes": _("Bytes"),
        "carriers": _("Carriers"),
        "changed": _("Changed"),
        "cleared": _("Versions cleared"),
        "command": _("Command"),
        "crs": _("Coordinate system"),
        "days": _("Days"),
        "error": _("Error"),
        "files": _("Files"),
        "format": _("Format"),
        "formats": _("Format"),
        "kind": _("Kind"),
        "lang": _("Language"),
        "layers": _("Layers"),
        "message": _("Remark"),
        "note": _("What for"),
        "number": _("Number of the pack"),
        "of": _("Of whom"),
        "parameters": _("Parameters"),
        "reason": _("Reason"),
        "removed": _("Removed"),
        "rejected": _("Rejected"),
        "remarks": _("Remark"),
        "rows": _("Rows"),
        "rows_in": _("Rows in the file"),
        "sha256": _("Checksum"),
        "source": _("Source"),
        "state": _("State"),
        "token": _("Id of the token"),
        "undone": _("Version taken back"),
        "versions": _("Versions"),
        "what": _("Product"),
        "workspace": _("Workspace"),
    }


def _codes() -> dict[str, Mapping[str, str]]:
    return {
        "audience": {"internal": _("internal"), "public": _("public")},
        "kind": {"profile": _("Profile"), "scenario": _("Scenario")},
        "lang": LANGUAGE_NAMES,
        "reason": {"no role": _("no role")},
        "source": {"history": _("history of versions")},
        "state": {"begun": _("begun"), "done": _("done"), "failed": _("failed")},
        "what": {
            "batch": _("Batch"),
            "export": _("Layers"),
            "pack": _("Operator pack"),
            "report": _("Chapter"),
            "sheet": _("Plan sheet"),
        },
        "workspace": {"made": _("made")},
    }
