"""What a snapshot holds: versions of the layers, and what was found from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "yangpu-atlas snapshot"
FORMAT_VERSION = 1

SCATTER, SITES, SPACE = "scatter", "sites", "space"
LINKAGE, TASKS, TARGETS = "linkage", "tasks", "targets"
PARTS = (SCATTER, SITES, SPACE, LINKAGE, TASKS, TARGETS)
"""What is found; a part is left out where its layers are missing."""

PART_TITLES = {
    SCATTER: Text("分散标识", "Flags of scatter"),
    SITES: Text("点位", "Sites"),
    SPACE: Text("载体状态", "States of building space"),
    LINKAGE: Text("三区联动", "Linkage"),
    TASKS: Text("任务", "Tasks"),
    TARGETS: Text("目标", "Targets"),
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What one analysis found.

    Attributes
    ----------
    rule
        Version of the rule and its parameters, as text: two parts are like for like only if
        this is equal.
    rows
        Plain data, ordered by id.
    """

    rule: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a workspace stood at a moment; never changed once it is taken.

    Attributes
    ----------
    number
        1, 2, 3 … in the order in which they were taken; 0 for one that is not kept.
    name, note
        What people call it.
    author, account
        Who took it.
    taken_at
        UTC in ISO 8601.
    day
        The day of the question, ISO 8601, by the clock of whoever took it.
    versions
        Version of every layer.
    parts
        What was found, by the names of :data:`PARTS`.
    previous
        SHA-256 of the snapshot before; empty for the first.
    sha256
        Of everything above; empty for one that is not kept.
    """

    number: int
    name: str
    note: str
    author: str
    account: str
    taken_at: str
    day: str
    versions: Mapping[str, int]
    parts: Mapping[str, Part]
    previous: str = ""
    sha256: str = ""


def content_of(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as plain data, without its hash."""
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "number": snapshot.number,
        "name": snapshot.name,
        "note": snapshot.note,
        "author": snapshot.author,
        "account": snapshot.account,
        "taken_at": snapshot.taken_at,
        "day": snapshot.day,
        "versions": dict(sorted(snapshot.versions.items())),
        "parts": {
            key: {"rule": part.rule, "rows": list(part.rows)}
            for key, part in sorted(snapshot.parts.items())
        },
        "previous": snapshot.previous,
    }


def hash_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of plain data, whatever the order of its keys."""
    plain = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def from_content(content: Mapping[str, Any]) -> Snapshot:
    """Return the snapshot that plain data is.

    Raises
    ------
    ValueError
        Naming what is wrong.
    """
    try:
        parts = {
            str(key): Part(str(part["rule"]), tuple(dict(row) for row in part["rows"]))
            for key, part in content["parts"].items()
        }
        versions = {str(key): int(value) for key, value in content["versions"].items()}
        texts = {
            name: str(content[name])
            for name in (
                "name",
                "note",
                "author",
                "account",
                "taken_at",
                "day",
                "previous",
                "sha256",
            )
        }
        return Snapshot(number=int(content["number"]), versions=versions, parts=parts, **texts)
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise ValueError(msg) from error
