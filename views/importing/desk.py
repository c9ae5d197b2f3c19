"""The file on the planner's desk: kept in her session until it is committed or given up."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import streamlit as st

from layers.delivery import Snapshot
from layers.delivery import prepare
from layers.delivery_split import split_parts
from layers.errors import AtlasError
from layers.intake import Choices
from layers.intake import Request
from layers.intake import read_isolated
from layers.intake import run_chain
from layers.intake.kinds import main_file
from layers.intake.readers.parts import PartError
from layers.intake.wide import CARRIERS
from layers.intake.wide import UNITS
from layers.intake.wide import is_wide
from views import store
from views import uploads
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from layers.catalogue import LayerSpec
    from layers.delivery import Prepared
    from layers.errors import Text
    from layers.intake import IntakeResult
    from layers.intake import Raw

    Folder = tempfile.TemporaryDirectory[str]

T = TypeVar("T")
HALVES = (CARRIERS, UNITS)
_WORK = "import_work"
_WAITING = "import_waiting"
_ROUND = "import_round"
RESTART = "import_restart"
"""Set when the page is to begin at its first step in the next run."""

# Fewer rows are done before a bar is seen.
_MANY = 1_000


@dataclass
class Work:
    """A file on its way.

    Attributes
    ----------
    folder
        Where its copy lies; deleted with the session.
    path
        The file, or the main one of several parts.
    raw
        What is imported: the file as read, or one half of it.
    base
        The layers that it is compared with. They stay the same until the planner asks
        for newer ones, so that what is committed is what she saw.
    whole
        The file as read, if `raw` is a half.
    half
        ``carriers`` or ``units`` of a table that holds both.
    layer
        Key of the layer it is for; empty until chosen.
    choices
        What the planner decided so far.
    replace
        Whether the file is the whole layer.
    partial
        Whether only ticked changes are written.
    skipped
        Ids of changes that are not ticked.
    profile
        Name of the profile that was taken up.
    revision
        Counts decisions; results of an older one are made anew.
    """

    folder: Folder
    path: Path
    raw: Raw
    base: Snapshot
    whole: Raw | None = None
    half: str = ""
    layer: str = ""
    choices: Choices = field(default_factory=Choices)
    replace: bool = False
    partial: bool = False
    skipped: frozenset[str] = frozenset()
    profile: str = ""
    revision: int = 0
    made: dict[str, tuple[int, Any]] = field(default_factory=dict)

    @property
    def spec(self) -> LayerSpec:
        """The layer it is for."""
        return store.catalogue().layer(self.layer)

    @property
    def request(self) -> Request:
        """How the file is asked for."""
        choices, edition = self.choices, store.catalogue().folder
        return Request(self.path, self.layer, choices.encoding, choices.part, edition)

    @property
    def token(self) -> str:
        """Names the file and what was decided; widgets that show a result carry it."""
        return f"{round_number()}:{self.revision}"

    @property
    def is_behind(self) -> bool:
        """Whether somebody wrote a layer since it was compared."""
        return dict(self.base.versions) != dict(store.versions())

    def decide(self, **choices: Any) -> None:  # noqa: ANN401 - the fields of Choices
        """Change what was decided."""
        self.choices = replace(self.choices, **choices)
        self.renew()

    def choose_layer(self, key: str) -> None:
        """Say which layer it is for; decisions about fields of another one go."""
        if self.layer:
            self.forget()
        self.layer = key
        self.renew()

    def replacing(self, *, whole: bool) -> None:
        """Say whether the file is the whole layer."""
        if whole != self.replace:
            self.replace = whole
            self.renew()

    def forget(self) -> None:
        """Take all decisions about columns, rows and places back; keep how the file is read."""
        self.choices = Choices(encoding=self.choices.encoding, part=self.choices.part)
        self.profile = ""
        self.renew()

    def catch_up(self) -> None:
        """Compare with the newest versions of the layers."""
        self.base = _base()
        self.renew()

    def renew(self) -> None:
        """Let results be made anew; ticks were set on changes that may be others now."""
        self.revision += 1
        self.partial, self.skipped = False, frozenset()


@dataclass
class Waiting:
    """A file of several parts, of which one must be chosen before it can be read."""

    folder: Folder
    path: Path
    parts: tuple[str, ...]


def work() -> Work | None:
    """Return the file on the desk."""
    found = st.session_state.get(_WORK)
    return found if isinstance(found, Work) else None


def waiting() -> Waiting | None:
    """Return the file of which a part must be chosen."""
    found = st.session_state.get(_WAITING)
    return found if isinstance(found, Waiting) else None


def round_number() -> int:
    """Return what tells the widgets of one file from those of the next."""
    return int(st.session_state.get(_ROUND, 0))


def next_round() -> None:
    """Let all widgets of this page begin anew."""
    st.session_state[_ROUND] = round_number() + 1


def clear() -> None:
    """Take the file off the desk."""
    for name in (_WORK, _WAITING):
        found = st.session_state.pop(name, None)
        if isinstance(found, Work | Waiting):
            found.folder.cleanup()
    next_round()


def take(files: Sequence[UploadedFile], progress: Callable[[Text, float], None]) -> None:
    """Read uploaded files: one, or the parts of one Shapefile.

    Raises
    ------
    IntakeError
        If they cannot be read, or are several files.
    """
    folder = tempfile.TemporaryDirectory(prefix="atlas-import-", ignore_cleanup_errors=True)
    try:
        path = _spool(files, Path(folder.name))
        uploads.forget(files)
        _read(folder, path, "", progress)
    except PartError as error:
        st.session_state[_WAITING] = Waiting(folder, path, error.parts)
    except BaseException:
        folder.cleanup()
        raise


def take_part(part: str, progress: Callable[[Text, float], None]) -> None:
    """Read a part of the file that is waiting.

    Raises
    ------
    IntakeError
        If it cannot be read.
    """
    found = waiting()
    assert found is not None
    _read(found.folder, found.path, part, progress)
    st.session_state.pop(_WAITING)


def _read(folder: Folder, path: Path, part: str, progress: Callable[[Text, float], None]) -> None:
    request = Request(path, part=part, edition=store.catalogue().folder)
    raw = read_isolated(request, progress=progress)
    made = Work(folder, path, raw, _base(), choices=Choices(part=part))
    st.session_state[_WORK] = made
    if holds_both(made):
        take_half(made, HALVES[0])


def read_again(found: Work, progress: Callable[[Text, float], None], **how: Any) -> None:  # noqa: ANN401 - the fields of Choices
    """Read the file again with another part or encoding; all other decisions go.

    Raises
    ------
    IntakeError
        If it cannot be read that way; everything is then as it was.
    """
    wished = replace(Choices(encoding=found.choices.encoding, part=found.choices.part), **how)
    request = replace(found.request, encoding=wished.encoding, part=wished.part)
    found.raw = read_isolated(request, progress=progress)
    found.whole, found.half = None, ""
    if wished.part != found.choices.part:
        found.layer = ""
    found.choices, found.profile = wished, ""
    found.renew()
    if holds_both(found):
        take_half(found, HALVES[0])


def holds_both(found: Work) -> bool:
    """Tell whether the file is one table of carriers and their units."""
    carriers, units = (store.catalogue().layer(name) for name in HALVES)
    # The page asks in every run, and a large table takes long to look through.
    return kept(found, "both", lambda: is_wide(found.whole or found.raw, carriers, units))


def take_half(found: Work, half: str) -> None:
    """Go on with the carriers or the units of a table that holds both, or with all of it.

    Raises
    ------
    IntakeError
        If it does not hold both.
    """
    whole = found.whole or found.raw
    found.whole, found.raw, found.half = None, whole, ""
    if half:
        parts = split_parts(store.current().workspace, whole, found.request)
        found.whole, found.raw, found.half = whole, parts[HALVES.index(half)], half
        found.layer = half
    found.forget()


def other_half(found: Work) -> None:
    """Put the units on the desk after the carriers were committed."""
    next_round()
    # The switch of the steps is on the page already; the next run sets it back.
    st.session_state[RESTART] = True
    found.replace = False
    # This run began before the carriers were there, and the units refer to them.
    store.begin_run()
    found.base = _base()
    take_half(found, HALVES[1])


def _spool(files: Sequence[UploadedFile], folder: Path) -> Path:
    """Write uploads to disk under their own names; return the main one.

    Raises
    ------
    IntakeError
        If they are not the parts of one file.
    """
    # The browser sends a name, not a path; whatever it sends, only its last part counts.
    names = [Path(f.name.replace("\\", "/")).name or f"upload-{i}" for i, f in enumerate(files)]
    main = main_file(names)
    for name, upload in zip(names, files, strict=True):
        with (folder / name).open("wb") as target:
            target.write(upload.getbuffer())
    return folder / main


def _base() -> Snapshot:
    return Snapshot(dict(store.versions()), store.tables(), store.problems())


def result(found: Work) -> IntakeResult:
    """Return what becomes of the file as things are decided now.

    Raises
    ------
    IntakeError
        If a decision is missing or contradicts the file.
    """
    return kept(found, "result", lambda: _process(found))


def prepared(found: Work) -> Prepared:
    """Return what the layer becomes, and how that differs from the version compared with."""
    outcome = result(found)
    return kept(
        found,
        "prepared",
        lambda: prepare(
            store.current().workspace,
            found.layer,
            outcome,
            replace=found.replace,
            base=found.base,
        ),
    )


def _process(found: Work) -> IntakeResult:
    bar = st.progress(0.0) if len(found.raw.frame) > _MANY else None

    def progress(text: Text, share: float) -> None:
        if bar is not None:
            bar.progress(share, text=pick(text))

    try:
        return run_chain(
            found.raw,
            found.request,
            found.spec,
            store.catalogue(),
            found.choices,
            tables=found.base.tables,
            progress=progress,
        )
    finally:
        if bar is not None:
            bar.empty()


def kept(found: Work, name: str, make: Callable[[], T]) -> T:
    """Return the result of a kind for what is decided now; an error is remembered like one."""
    known = found.made.get(name)
    if known is None or known[0] != found.revision:
        try:
            known = (found.revision, make())
        except AtlasError as error:
            known = (found.revision, error)
        found.made[name] = known
    outcome: T | AtlasError = known[1]
    if isinstance(outcome, AtlasError):
        raise outcome
    return outcome
