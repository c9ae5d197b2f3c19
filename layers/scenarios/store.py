"""Scenarios in the workspace: one folder each, one file a revision, none overwritten.

A revision is made beside its place and moved there in one step that fails if somebody
else has taken the number, so of two writers the second gets a conflict, and a process
that is killed leaves every revision as it was. What is removed lies in a bin.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

from layers.jsonfile import NewerFormatError
from layers.jsonfile import TooLargeError
from layers.jsonfile import claim
from layers.jsonfile import of_format
from layers.jsonfile import read_json
from layers.jsonfile import to_json
from layers.scenarios.content import as_content
from layers.scenarios.content import from_content
from layers.scenarios.records import LONGEST_NAME
from layers.scenarios.records import name_key
from layers.scenarios.refusals import ScenarioConflictError
from layers.scenarios.refusals import ScenarioError
from layers.scenarios.refusals import damaged_scenario
from layers.scenarios.refusals import name_taken
from layers.scenarios.refusals import newer_scenario
from layers.scenarios.refusals import no_revision
from layers.scenarios.refusals import no_scenario
from layers.scenarios.refusals import not_in_bin
from layers.scenarios.refusals import saved_meanwhile
from layers.scenarios.refusals import scenario_too_large
from layers.scenarios.refusals import scenarios_unwritable
from layers.scenarios.refusals import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.scenarios.records import Scenario
    from layers.workspace import Workspace

FOLDER = "scenarios"
"""Name of the folder of scenarios in a workspace; no layer has it."""

FORMAT = "atlas-scenario"
FORMAT_VERSION = 1

MAX_BYTES = 16_000_000
"""Largest revision: a hundred steps that move two thousand units each."""

_FILE = "scenario.json"
_MOST_BESIDE = 1_000
_BIN = ".bin"
_SLUG = re.compile(r"[0-9a-f]{32}")
_REVISION = re.compile(r"[1-9][0-9]*", re.ASCII)
_BIN_ID = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{32})-[0-9a-f]{8}", re.ASCII)
_BIN_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Removed:
    """A scenario in the bin.

    Attributes
    ----------
    bin_id
        What :func:`restore_removed` knows it by.
    removed
        When it was removed, UTC in ISO 8601.
    scenario
        Its last revision.
    """

    bin_id: str
    removed: str
    scenario: Scenario


def save(workspace: Workspace, scenario: Scenario) -> Scenario:
    """Write a scenario as its next revision.

    Parameters
    ----------
    workspace
        The workspace.
    scenario
        What to write; its revision is the one that was changed, 0 for a new scenario.

    Returns
    -------
    Scenario
        As it was written, with the new revision and its time.

    Raises
    ------
    ScenarioConflictError
        If the name is taken, or somebody saved since; nothing is written.
    ScenarioError
        If it is too large or cannot be written; all revisions are as they were.
    ValueError
        If a part of it has another type than it declares; it is named.
    """
    folder = _folder(workspace, scenario.name)
    current = _last(folder)
    if current != scenario.revision:
        raise _conflict(scenario, current)
    return _write(folder, scenario)


def save_beside(workspace: Workspace, scenario: Scenario) -> Scenario:
    """Write a scenario under its name with the next free number, beside what has that name.

    For whoever saves second: the scenario of the first stays as it is.

    Raises
    ------
    ScenarioError
        As for :func:`save`.
    """
    for number in range(2, _MOST_BESIDE):
        end = f" ({number})"
        # The name, not its number, gives way where both are too long together.
        name = scenario.name.strip()[: LONGEST_NAME - len(end)] + end
        try:
            return save(workspace, replace(scenario, name=name, revision=0, created=""))
        except ScenarioConflictError:
            continue
    raise name_taken(scenario.name)


def load(workspace: Workspace, name: str, revision: int | None = None) -> Scenario:
    """Read a scenario, by default its last revision.

    Raises
    ------
    ScenarioError
        If there is no such scenario or revision, or the file is damaged, foreign, too
        large or of a newer program; it is left as it is.
    """
    folder = _folder(workspace, name)
    known = _revisions(folder)
    if not known:
        raise no_scenario(name)
    if revision is not None and revision not in known:
        raise no_revision(name, revision, known)
    return _read_last(folder, known[-1]) if revision is None else _read(folder, revision)


def revisions(workspace: Workspace, name: str) -> tuple[int, ...]:
    """Return the revisions of a scenario in order; none if there is no such scenario."""
    return _revisions(_folder(workspace, name))


def restore(workspace: Workspace, name: str, revision: int, *, author: str) -> Scenario:
    """Make a former revision the last one, as a new revision, and return it.

    It works when the last revision is damaged, too.

    Raises
    ------
    ScenarioError
        As for :func:`load` and :func:`save`.
    """
    former = load(workspace, name, revision)
    # It may be of the time before the scenario was renamed.
    kept = former.name if name_key(former.name) == name_key(name) else name
    current = _last(_folder(workspace, name))
    return save(workspace, replace(former, name=kept, author=author, revision=current))


def list_scenarios(
    workspace: Workspace,
) -> tuple[tuple[Scenario, ...], dict[str, ScenarioError]]:
    """Return all scenarios, the latest first, and what is wrong with those not readable.

    Returns
    -------
    scenarios
        The last revision of each.
    problems
        By the file, as a path inside the workspace.

    Raises
    ------
    ScenarioError
        If the folder cannot be looked into.
    """
    scenarios, problems = [], {}
    for folder in _entries(workspace.path / FOLDER):
        if _SLUG.fullmatch(folder.name) and (last := _last(folder)):
            try:
                scenarios.append(_read_last(folder, last))
            except ScenarioError as error:
                problems[shown_path(folder / str(last) / _FILE)] = error
    scenarios.sort(key=lambda scenario: (scenario.saved, scenario.name), reverse=True)
    return tuple(scenarios), problems


def copy(workspace: Workspace, name: str, new_name: str, author: str) -> Scenario:
    """Save the last revision of a scenario under another name, as a scenario of its own.

    Raises
    ------
    ScenarioError
        As for :func:`load` and :func:`save`.
    """
    source = load(workspace, name)
    return save(workspace, replace(source, name=new_name, author=author, revision=0, created=""))


def rename(workspace: Workspace, name: str, new_name: str, author: str) -> Scenario:
    """Give a scenario another name, as a new revision; its former revisions go along.

    Killed half-way it leaves the scenario under both names. A revision that somebody
    saves under the old name at the same moment goes to the bin with it.

    Raises
    ------
    ScenarioConflictError
        If the new name is taken, or somebody saved since it was read.
    ScenarioError
        As for :func:`load` and :func:`save`.
    """
    scenario = replace(load(workspace, name), name=new_name, author=author)
    source, target = _folder(workspace, name), _folder(workspace, new_name)
    if source == target:
        return save(workspace, scenario)
    if _last(target):
        raise name_taken(new_name)
    aside = _aside(source.parent)
    try:
        shutil.copytree(source, aside)
        renamed = _write(aside, scenario)
        if _last(source) != scenario.revision:
            raise saved_meanwhile(name, scenario.revision, _last(source))
        _move(aside, target, new_name)
    except OSError as error:
        raise scenarios_unwritable(source.parent, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    remove(workspace, name)
    return renamed


def remove(workspace: Workspace, name: str) -> str:
    """Move a scenario to the bin, damaged or not, and return its id there.

    Raises
    ------
    ScenarioError
        If there is no such scenario, or it cannot be moved.
    """
    folder = _folder(workspace, name)
    if not _last(folder):
        raise no_scenario(name)
    time = dt.datetime.now(dt.UTC).strftime(_BIN_TIME)
    bin_id = f"{time}-{folder.name}-{secrets.token_hex(4)}"
    try:
        (folder.parent / _BIN).mkdir(exist_ok=True)
        folder.rename(folder.parent / _BIN / bin_id)
    except OSError as error:
        raise scenarios_unwritable(folder, error) from error
    return bin_id


def list_removed(workspace: Workspace) -> tuple[Removed, ...]:
    """Return what lies in the bin and can be read, the latest first.

    Raises
    ------
    ScenarioError
        If the bin cannot be looked into.
    """
    found = []
    for folder in _entries(workspace.path / FOLDER / _BIN):
        match = _BIN_ID.fullmatch(folder.name)
        if match is not None and (last := _last(folder)):
            with suppress(ScenarioError, ValueError):
                time = dt.datetime.strptime(match[1], _BIN_TIME).replace(tzinfo=dt.UTC)
                found.append(Removed(folder.name, time.isoformat(), _read(folder, last)))
    return tuple(reversed(found))


def restore_removed(workspace: Workspace, bin_id: str) -> Scenario:
    """Take a scenario out of the bin with all its revisions, and return the last.

    Raises
    ------
    ScenarioConflictError
        If another scenario has its name by now.
    ScenarioError
        If there is nothing of that id in the bin, or it cannot be moved or read.
    """
    match = _BIN_ID.fullmatch(bin_id)
    folder = workspace.path / FOLDER / _BIN / bin_id
    if match is None or not (last := _last(folder)):
        raise not_in_bin(bin_id)
    scenario = _read(folder, last)
    target = _folder(workspace, scenario.name)
    try:
        _move(folder, target, scenario.name)
    except OSError as error:
        raise scenarios_unwritable(folder, error) from error
    return scenario


def _folder(workspace: Workspace, name: str) -> Path:
    return workspace.path / FOLDER / _slug(name)


def _slug(name: str) -> str:
    """Return the folder's name: no text of a planner becomes part of a path."""
    return hashlib.sha256(name_key(name).encode()).hexdigest()[:32]


def _aside(folder: Path) -> Path:
    return folder / f".{secrets.token_hex(16)}"


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.iterdir()) if folder.exists() else ()
    except OSError as error:
        raise scenarios_unwritable(folder, error) from error


def _revisions(folder: Path) -> tuple[int, ...]:
    if not folder.is_dir():
        return ()
    names = (path.name for path in _entries(folder))
    return tuple(sorted(int(name) for name in names if _REVISION.fullmatch(name)))


def _last(folder: Path) -> int:
    return max(_revisions(folder), default=0)


def _conflict(scenario: Scenario, current: int) -> ScenarioError:
    if scenario.revision == 0:
        return name_taken(scenario.name)
    return saved_meanwhile(scenario.name, scenario.revision, current)


def _write(folder: Path, scenario: Scenario) -> Scenario:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    new = replace(
        scenario, created=scenario.created or now, saved=now, revision=scenario.revision + 1
    )
    content = {"format": FORMAT, "version": FORMAT_VERSION, **as_content(new)}
    # What could not be read again must not be written.
    from_content(content, new.revision)
    try:
        data = to_json(content, MAX_BYTES)
    except TooLargeError as error:
        raise scenario_too_large(new.name, error.size, MAX_BYTES) from error
    target = folder / str(new.revision)
    try:
        if new.revision == 1:
            folder.parent.mkdir(exist_ok=True)
            folder.mkdir(exist_ok=True)
        claim(target, _FILE, data, _aside(target.parent))
    except OSError as error:
        # Another writer took the number, or moved the whole scenario away.
        if target.exists() or (scenario.revision and not folder.exists()):
            raise _conflict(scenario, _last(folder)) from error
        raise scenarios_unwritable(folder, error) from error
    return new


def _move(folder: Path, target: Path, name: str) -> None:
    """Move a scenario to the place of its name, which must be free."""
    # The folder of a first save that was refused may still be there, empty.
    with suppress(OSError):
        target.rmdir()
    try:
        folder.rename(target)
    except OSError as error:
        if target.exists():
            raise name_taken(name) from error
        raise


def _read(folder: Path, revision: int) -> Scenario:
    path = folder / str(revision) / _FILE
    try:
        content = of_format(read_json(path, MAX_BYTES), FORMAT, FORMAT_VERSION)
        scenario = from_content(content, revision)
    except TooLargeError as error:
        raise scenario_too_large(shown_path(path), error.size, MAX_BYTES) from error
    except NewerFormatError as error:
        raise newer_scenario(path, error.version, FORMAT_VERSION) from error
    except (OSError, ValueError) as error:
        raise damaged_scenario(path, str(error)) from error
    return scenario


def _read_last(folder: Path, revision: int) -> Scenario:
    """Read the revision that says what the scenario is called."""
    scenario = _read(folder, revision)
    if _slug(scenario.name) != folder.name:
        # A folder copied by hand would be opened under the other's name.
        raise damaged_scenario(folder / str(revision) / _FILE, "`name` belongs to another folder.")
    return scenario
