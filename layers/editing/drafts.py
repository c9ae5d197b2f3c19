"""Unsaved edits kept in files, so that they outlive a page and a server.

A draft is one JSON file. It is written aside and moved to its place, so that a
process that is killed leaves the draft as it was; what it leaves beside is never
read. The name of a draft cannot be guessed, and on a team server only its owner
opens it.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.editing.refusals import DraftError
from layers.editing.refusals import EditError
from layers.editing.refusals import bad_draft_id
from layers.editing.refusals import damaged_draft
from layers.editing.refusals import draft_too_large
from layers.editing.refusals import draft_unwritable
from layers.editing.refusals import foreign_draft
from layers.editing.refusals import newer_draft
from layers.editing.refusals import no_draft
from layers.editing.session import EditSession
from layers.jsonfile import NewerFormatError
from layers.jsonfile import TooLargeError
from layers.jsonfile import of_format
from layers.jsonfile import read_json
from layers.jsonfile import to_json

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "drafts"
"""Name of the folder of drafts in a workspace; no layer has it."""

FORMAT = "atlas-draft"
FORMAT_VERSION = 1

MAX_BYTES = 32_000_000
"""Largest draft: a thousand redrawn outlines of a thousand vertices each."""

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft in the list.

    Attributes
    ----------
    draft_id
        What opens it; show it to nobody but its owner.
    saved
        When it was written, UTC in ISO 8601.
    session
        The edits.
    owner
        Who made it, see :attr:`layers.team.Person.person_id`. Empty if it was made
        without sign-in, or by a program that knew no owners.
    """

    draft_id: str
    saved: str
    session: EditSession
    owner: str = ""

    def is_open_to(self, person_id: str) -> bool:
        """Tell whether a person may see it; one without an owner is open to all."""
        return self.owner in ("", person_id) or not person_id


class DraftStore:
    """The drafts in a folder, usually ``workspace.path / FOLDER``.

    Parameters
    ----------
    folder
        It is made when the first draft is written; the folder around it must
        be there.
    person_id
        Who opens them; he sees his own, and those without an owner. Empty alone on a
        computer, where everything is his.
    """

    def __init__(self, folder: Path, person_id: str = "") -> None:
        self.folder = folder
        self.person_id = person_id

    def save(self, session: EditSession, draft_id: str | None = None) -> str:
        """Write a draft and return its id.

        Parameters
        ----------
        session
            The edits.
        draft_id
            Which draft to replace; by default a new one with an id of its own.

        Raises
        ------
        DraftError
            If it is larger than :data:`MAX_BYTES`, cannot be written, or there is one of
            another person; a draft that was there is as it was.
        """
        draft_id = secrets.token_hex(16) if draft_id is None else draft_id
        path = self._path(draft_id)
        self._require_own(draft_id)
        content = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "owner": self.person_id,
            "saved": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "session": session.as_dict(),
        }
        try:
            data = to_json(content, MAX_BYTES)
        except TooLargeError as error:
            raise draft_too_large(error.size, MAX_BYTES) from error
        aside = self.folder / f".{draft_id}-{secrets.token_hex(8)}"
        try:
            self.folder.mkdir(exist_ok=True)
            aside.write_bytes(data)
            aside.replace(path)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise draft_unwritable(self.folder, error) from error
        return draft_id

    def load(self, draft_id: str) -> EditSession:
        """Read a draft.

        Raises
        ------
        DraftError
            If the id is none, there is no such draft, it is another person's, or the
            file is damaged, foreign, too large or of a newer program; it is left as it is.
        """
        draft = self._read(draft_id)
        if not draft.is_open_to(self.person_id):
            raise foreign_draft()
        return draft.session

    def list(self) -> tuple[tuple[Draft, ...], dict[str, DraftError]]:
        """Return the drafts that are open, the latest first, and why others cannot be read.

        Raises
        ------
        DraftError
            If the folder cannot be looked into.
        """
        try:
            names = [path.name for path in self.folder.iterdir()] if self.folder.exists() else []
        except OSError as error:
            raise draft_unwritable(self.folder, error) from error
        drafts, problems = [], {}
        for name in sorted(names):
            draft_id = name.removesuffix(".json")
            if name == f"{draft_id}.json" and _ID.fullmatch(draft_id):
                try:
                    drafts.append(self._read(draft_id))
                except DraftError as error:
                    problems[draft_id] = error
        drafts = [draft for draft in drafts if draft.is_open_to(self.person_id)]
        drafts.sort(key=lambda draft: draft.saved, reverse=True)
        return tuple(drafts), problems

    def discard(self, draft_id: str) -> None:
        """Remove a draft, damaged or not; nothing happens if there is none.

        Raises
        ------
        DraftError
            If the id is none, the draft is another person's, or the file cannot be removed.
        """
        path = self._path(draft_id)
        self._require_own(draft_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise draft_unwritable(path, error) from error

    def _require_own(self, draft_id: str) -> None:
        try:
            draft = self._read(draft_id)
        except DraftError:
            return  # there is none, or nobody can read whose it was
        if not draft.is_open_to(self.person_id):
            raise foreign_draft()

    def _path(self, draft_id: str) -> Path:
        """Return the file of a draft; only a token can be its name, never a path."""
        if not _ID.fullmatch(draft_id):
            raise bad_draft_id()
        return self.folder / f"{draft_id}.json"

    def _read(self, draft_id: str) -> Draft:
        path = self._path(draft_id)
        try:
            content = of_format(read_json(path, MAX_BYTES), FORMAT, FORMAT_VERSION)
            session = EditSession.from_dict(content.get("session"))
        except TooLargeError as error:
            raise draft_too_large(error.size, MAX_BYTES) from error
        except NewerFormatError as error:
            raise newer_draft(path, error.version, FORMAT_VERSION) from error
        except FileNotFoundError as error:
            raise no_draft(draft_id) from error
        except EditError as error:
            raise damaged_draft(path, error.text.en) from error
        except (OSError, ValueError) as error:
            raise damaged_draft(path, str(error)) from error
        owner = content.get("owner", "")
        if not isinstance(owner, str):
            raise damaged_draft(path, "owner")
        return Draft(draft_id, str(content.get("saved", "")), session, owner)
