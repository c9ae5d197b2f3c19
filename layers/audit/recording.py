"""What doors and pages call to record what somebody does, one line each."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from layers.audit.events import Action
from layers.audit.events import Door
from layers.audit.events import Event
from layers.audit.journal import journal_of
from layers.audit.reading import BEGUN
from layers.audit.reading import DONE
from layers.audit.reading import FAILED
from layers.audit.reading import MADE
from layers.audit.reading import STATE
from layers.audit.reading import STEP
from layers.errors import AtlasError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from pathlib import Path

    from layers.audit.journal import Journal
    from layers.team import Person

_LOG = logging.getLogger(__name__)
_LONGEST, _MOST_ENTRIES, _DEEPEST = 500, 200, 4


@dataclass(slots=True)
class Step:
    """What came of an action, filled in while it is done.

    Attributes
    ----------
    layers, detail
        As of :class:`Event`; added to what was known before.
    """

    layers: dict[str, int] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    def done(self, layers: Mapping[str, int] | None = None, **detail: object) -> None:
        """Say what came of it: the new versions of layers, and counts."""
        self.layers |= layers or {}
        self.detail |= detail


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records what one person does through one door.

    What changes something or takes something out is recorded before it is done, and an
    error of the journal keeps it from being done. ``seen`` and ``live`` never stop anybody,
    and whoever works alone may take files out of a folder that he cannot write to.

    Attributes
    ----------
    journal
        Where it is recorded.
    door
        Through which door it is done.
    person_id, name, role
        Who; see :class:`Event`.
    """

    journal: Journal
    door: Door
    person_id: str = ""
    name: str = ""
    role: str = ""

    @classmethod
    def of(cls, folder: Path, person: Person, door: Door, name: str = "") -> Recorder:
        """Return the recorder of a person.

        Parameters
        ----------
        folder
            The workspace; the city for what belongs to no district.
        person
            Who; alone on a computer he has no id, and no role is recorded.
        door
            Through which door.
        name
            What to call somebody who did not sign in.
        """
        role = person.role.value if person.person_id else ""
        return cls(journal_of(folder), door, person.person_id, person.name or name, role)

    @property
    def who(self) -> str:
        """What tells the person from others in the id of an export."""
        return self.person_id or self.name

    @contextmanager
    def doing(
        self,
        action: Action,
        *,
        layers: Mapping[str, int] | Iterable[str] = (),
        subject: str = "",
        export_id: str = "",
        **detail: object,
    ) -> Iterator[Step]:
        """Record that an action begins, and what came of it when the block ends.

        The end is recorded as well as can be: a change that was made cannot be refused any
        more. Where it is missing the action stands as begun.

        Parameters
        ----------
        action
            What is done.
        layers
            Their versions before, or only their keys.
        subject, export_id
            As of :class:`Event`.
        **detail
            What else is known, plain data.

        Yields
        ------
        Step
            Takes what came of it.

        Raises
        ------
        WorkspaceError
            If the beginning cannot be recorded; then nothing may be done.
        """
        known = dict(layers) if isinstance(layers, Mapping) else {}
        named = {} if isinstance(layers, Mapping) else {"layers": sorted(layers)}
        event = self._event(action, known, subject, export_id, {**named, **detail})
        mark = {STEP: secrets.token_hex(8)}
        self.journal.record(_with(event, {**mark, STATE: BEGUN}))
        step = Step()
        try:
            yield step
        except BaseException as error:
            self._try(_with(event, {**mark, STATE: FAILED, "error": type(error).__name__}))
            raise
        made = {MADE: sorted(step.layers)} if step.layers else {}
        ended = replace(event, layers={**known, **step.layers})
        self._try(_with(ended, {**_plain(step.detail), **made, **mark, STATE: DONE}))

    def exported(
        self, export_id: str, layers: Mapping[str, int], subject: str, /, **detail: object
    ) -> None:
        """Record an export whose file is made and not yet handed out.

        Raises
        ------
        WorkspaceError
            If somebody signed in and it cannot be recorded; then the file must not be
            handed out.
        """
        self._let_out(self._event(Action.EXPORT, layers, subject, export_id, detail))

    @contextmanager
    def exporting(
        self, export_id: str, layers: Mapping[str, int], subject: str, /, **detail: object
    ) -> Iterator[None]:
        """Record an export before its file is written, and if it failed that it did.

        Raises
        ------
        WorkspaceError
            If somebody signed in and it cannot be recorded; then no file may be written.
        """
        event = self._event(Action.EXPORT, layers, subject, export_id, detail)
        mark = {STEP: secrets.token_hex(8)}
        self._let_out(_with(event, mark))
        try:
            yield
        except BaseException as error:
            self._try(_with(event, {**mark, STATE: FAILED, "error": type(error).__name__}))
            raise

    def fetched(
        self,
        subject: str,
        export_id: str = "",
        layers: Mapping[str, int] | None = None,
        **detail: object,
    ) -> None:
        """Record that a prepared file is taken.

        Raises
        ------
        WorkspaceError
            If somebody signed in and it cannot be recorded; then the file must not be
            handed out.
        """
        self._let_out(self._event(Action.FETCH, layers or {}, subject, export_id, detail))

    def saved(
        self,
        kind: str,
        name: str,
        layers: Mapping[str, int] | None = None,
        **detail: object,
    ) -> None:
        """Record that a scenario, a register or a profile is about to be written.

        Raises
        ------
        WorkspaceError
            If it cannot be recorded; then it must not be written.
        """
        self._record(Action.RECORD, layers or {}, name, "", {"kind": kind, **detail})

    def founded(self, layers: Mapping[str, int], edition: str) -> None:
        """Record that a workspace was made from an edition; see :meth:`Journal.record`."""
        made = {STATE: DONE, MADE: sorted(layers)}
        self._record(Action.IMPORT, layers, edition, "", {"workspace": "made", **made})

    def signed_in(self, **detail: object) -> None:
        """Record a sign-in; see :meth:`Journal.record` for its error."""
        self._record(Action.SIGN_IN, {}, "", "", detail)

    def signed_out(self, **detail: object) -> None:
        """Record that somebody left; see :meth:`Journal.record` for its error."""
        self._record(Action.SIGN_OUT, {}, "", "", detail)

    def refused(self, subject: str, **detail: object) -> None:
        """Record that somebody was refused something; see :meth:`Journal.record`."""
        self._record(Action.REFUSED, {}, subject, "", detail)

    def access(self, subject: str, **detail: object) -> None:
        """Record that a right or a token is about to be given or taken; may be refused."""
        self._record(Action.ACCESS, {}, subject, "", detail)

    def seen(self, page: str, layers: Mapping[str, int], *, refused: bool = False) -> None:
        """Record as well as can be that somebody looks at a page, or finds it closed."""
        action = Action.REFUSED if refused else Action.SEE
        self._try(self._event(action, layers, page, "", {}))

    def live(self, subject: str, layers: Mapping[str, int] | None = None, **detail: object) -> None:
        """Record as well as can be that a program reads a layer live."""
        self._try(self._event(Action.LIVE, layers or {}, subject, "", detail))

    def _let_out(self, event: Event) -> None:
        if self.person_id:
            self.journal.record(event)
        else:
            self._try(event)

    def _record(
        self,
        action: Action,
        layers: Mapping[str, int],
        subject: str,
        export_id: str,
        detail: Mapping[str, Any],
    ) -> None:
        self.journal.record(self._event(action, layers, subject, export_id, detail))

    def _event(
        self,
        action: Action,
        layers: Mapping[str, int],
        subject: str,
        export_id: str,
        detail: Mapping[str, Any],
    ) -> Event:
        return Event(
            action,
            self.door,
            _short(self.person_id),
            _short(self.name),
            self.role,
            {str(key): int(version) for key, version in layers.items()},
            _short(subject),
            export_id,
            _plain(detail),
        )

    def _try(self, event: Event) -> None:
        try:
            self.journal.record(event)
        except AtlasError as error:
            told = (event.action.value, error.text.en)
            _LOG.warning("an event of the audit was not recorded (%s): %s", *told)


def _with(event: Event, more: Mapping[str, Any]) -> Event:
    return replace(event, detail={**event.detail, **more})


def _short(text: object) -> str:
    told = str(text)
    return told if len(told) <= _LONGEST else told[:_LONGEST] + "…"


def _plain(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 -- any plain data
    """Return plain data of bounded size; what is no plain data as its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < _DEEPEST and isinstance(value, Mapping):
        entries = list(value.items())[:_MOST_ENTRIES]
        return {_short(key): _plain(part, depth + 1) for key, part in entries}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_plain(part, depth + 1) for part in list(value)[:_MOST_ENTRIES]]
    return _short(value)
