"""What a journal tells, as a table; the newest first, and no more than is asked for."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

from layers.audit.files import FOLDER
from layers.audit.files import day_of
from layers.audit.files import files_of
from layers.audit.files import lines_of
from layers.audit.files import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from layers.audit.events import Action
    from layers.audit.events import Event

COLUMNS = (
    "time",
    "number",
    "action",
    "door",
    "person_id",
    "name",
    "role",
    "layers",
    "subject",
    "export_id",
    "detail",
    "file",
    "line",
)
"""Columns of an audit; ``time`` is UTC, ``layers`` and ``detail`` are dictionaries."""

MOST = 5_000
STEP, STATE = "step", "state"
BEGUN, DONE, FAILED = "begun", "done", "failed"
"""What ``detail`` says of an action that takes a while, see :class:`Recorder`."""

MADE = "made"
"""Keys in ``detail`` of the layers that an action wrote a version of."""

_A_DAY = dt.timedelta(days=1)
_MS = "milliseconds"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which records are wanted.

    Attributes
    ----------
    since, until
        Times with a zone; both ends are in.
    actions
        Which actions; empty for all.
    person
        Id or name of a person; empty for all.
    layer
        Key of a layer; empty for all.
    export_id
        Id of an exported file; empty for all.
    most
        How many rows at most, the newest.
    """

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    actions: frozenset[Action] = field(default_factory=frozenset)
    person: str = ""
    layer: str = ""
    export_id: str = ""
    most: int = MOST

    def takes(self, row: dict[str, Any]) -> bool:
        """Tell whether a row of an audit is wanted."""
        return (
            (not self.actions or row["action"] in self.actions)
            and (not self.person or self._is_person(row))
            and (not self.layer or self.layer in row["layers"])
            and (not self.export_id or self.export_id == row["export_id"])
            and (self.since is None or row["time"] >= self.since)
            and (self.until is None or row["time"] <= self.until)
        )

    def _is_person(self, row: dict[str, Any]) -> bool:
        wanted = self.person.casefold()
        return wanted in {row["person_id"].casefold(), row["name"].casefold()}

    def takes_day(self, day: dt.date) -> bool:
        """Tell whether a day may hold what is wanted."""
        first = dt.date.min if self.since is None else self.since.astimezone(dt.UTC).date()
        last = dt.date.max if self.until is None else self.until.astimezone(dt.UTC).date()
        return first <= day <= last


_ALL = Wish()


def read(folder: Path, wish: Wish = _ALL) -> pd.DataFrame:
    """Return what the journal of a folder tells.

    Files are looked into from the newest day back, as far as is needed. Of an action that
    takes a while one row is returned: as it ended, or as begun if its end is not known.

    Parameters
    ----------
    folder
        The workspace, or the city.
    wish
        Which records.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`, the newest first; ``attrs["more"]`` tells whether there are
        more than ``wish.most``.

    Raises
    ------
    WorkspaceError
        If a file cannot be read. What is no record is passed over; see
        :func:`layers.audit.checking.check`.
    """
    found: list[dict[str, Any]] = []
    for files in _days(folder / FOLDER, wish):
        rows = [row for path in files for row in _rows(path, wish)]
        found += sorted(_folded(rows), key=_order, reverse=True)
        if len(found) > wish.most:
            break
    return as_frame(found[: wish.most], more=len(found) > wish.most)


def as_frame(rows: Iterable[dict[str, Any]], *, more: bool = False) -> pd.DataFrame:
    """Return rows of an audit as its table."""
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    frame["time"] = pd.to_datetime(frame["time"], utc=True).astype("datetime64[us, UTC]")
    for name in ("number", "line"):
        frame[name] = pd.to_numeric(frame[name]).astype("Int64")
    for name in ("action", "door", "person_id", "name", "role", "subject", "export_id", "file"):
        frame[name] = frame[name].astype("str")
    frame.attrs["more"] = more
    return frame


def row_of_event(event: Event, time: dt.datetime, **places: Any) -> dict[str, Any]:  # noqa: ANN401 -- any cell
    """Return an event that stands in no journal as a row of an audit."""
    told = {"number": None, "file": "", "line": None, **places}
    return {**_row(event.as_dict()), "time": time, **told}


def _days(folder: Path, wish: Wish) -> Iterator[list[Path]]:
    """Yield the files that may hold what is wanted, a day at a time, the newest first."""
    by_day: dict[dt.date, list[Path]] = {}
    for path in files_of(folder):
        day = day_of(path.name)
        if day is not None and wish.takes_day(day):
            by_day.setdefault(day, []).append(path)
    for day in sorted(by_day, reverse=True):
        yield by_day[day]


def _rows(path: Path, wish: Wish) -> Iterator[dict[str, Any]]:
    marks = _marks(wish)
    for number, line, _is_whole in lines_of(path):
        if not all(any(mark in line for mark in some) for some in marks):
            continue
        record = record_of(line)
        time = None if record is None else _time(record["time"])
        if record is None or time is None:
            continue
        row = _row(record) | {
            "time": time,
            "number": record["number"],
            "file": path.name,
            "line": number,
        }
        if wish.takes(row):
            yield row


def _marks(wish: Wish) -> list[list[bytes]]:
    """Return what stands in the line of a record that is wanted, one of each list.

    To look for it is many times quicker than to read every record.
    """
    found = [[json.dumps(action.value).encode("ascii") for action in wish.actions]]
    found += [[json.dumps(text).encode("ascii")] for text in (wish.layer, wish.export_id) if text]
    return [marks for marks in found if marks]


def _row(record: dict[str, Any]) -> dict[str, Any]:
    texts = ("action", "door", "person_id", "name", "role", "subject", "export_id")
    found: dict[str, Any] = {name: _text(record.get(name, "")) for name in texts}
    layers, detail = record.get("layers"), record.get("detail")
    found["layers"] = (
        {_text(key): version for key, version in layers.items() if type(version) is int}
        if isinstance(layers, dict)
        else {}
    )
    found["detail"] = _plain(detail) if isinstance(detail, dict) else {}
    return found


def _text(value: object) -> str:
    """Return text without halves of surrogate pairs, which no table and no page carries."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(value: Any) -> Any:  # noqa: ANN401 -- any part of a record
    if isinstance(value, dict):
        return {_text(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return _text(value) if isinstance(value, str) else value


def _time(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(dt.UTC) if found.tzinfo else None


def _folded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave the beginning of an action out where its end stands, too."""
    ended = {
        row["detail"].get(STEP) for row in rows if row["detail"].get(STATE) in {DONE, FAILED}
    } - {None}
    return [
        row
        for row in rows
        if row["detail"].get(STATE) in {DONE, FAILED} or row["detail"].get(STEP) not in ended
    ]


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["time"], row["file"], row["line"] or 0
