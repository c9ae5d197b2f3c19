"""Whether a workspace is whole: every version of every layer, every record, the audit.

All of it is read as a page would read it. What is found is told with the remedy; a
workspace with damage in one place goes on being used in all others.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.audit.checking import check
from layers.batch.commands import COMMANDS
from layers.batch.results import read_results
from layers.city import City
from layers.city import is_city
from layers.city.city import GUESTS
from layers.city.city import OUTLINES
from layers.cleared import cleared_versions
from layers.cleared import read_record
from layers.cleared import records
from layers.editing.drafts import FOLDER as DRAFTS
from layers.editing.drafts import DraftStore
from layers.edition import catalogue_of
from layers.errors import AtlasError
from layers.errors import Text
from layers.intake.profiles import FOLDER as PROFILES
from layers.intake.profiles import Profiles
from layers.keeping.contents import needed_files
from layers.keeping.leftovers import leftovers
from layers.keeping.log import read_log
from layers.plan.board import EVIDENCE
from layers.plan.evidence import EvidenceStore
from layers.scenarios import store as scenarios
from layers.snapshots import store as snapshots
from layers.snapshots.store import SNAPSHOTS
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from pathlib import Path

    from layers.scenarios.records import Scenario

__all__ = ["Flaw", "verify"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not as it should be.

    Attributes
    ----------
    where
        Path in the workspace, with the version of a layer as ``@version``.
    text
        What is wrong, and what to do.
    grave
        Whether something is damaged or lost; what was left behind by a killed process
        only takes room.
    """

    where: str
    text: Text
    grave: bool = True


def verify(root: Path, *, progress: Callable[[int, int], None] | None = None) -> tuple[Flaw, ...]:
    """Read everything in a workspace or a city and return what is wrong with it.

    Parameters
    ----------
    root
        The folder.
    progress
        Told how many versions were read, of how many.

    Returns
    -------
    tuple of Flaw
        Empty if all is well.

    Raises
    ------
    AtlasError
        If it is no workspace and no city, or of a newer program.
    """
    catalogue = catalogue_of(root)
    places = [root]
    found: list[Flaw] = []
    if is_city(root):
        city = City.open(root)
        places = [district.path for district in city.districts]
        found += _of_city(city)
    opened = []
    for place in places:
        try:
            opened.append(Workspace.open(place, catalogue))
        except AtlasError as error:
            if place == root:
                raise
            found.append(Flaw(_name(root, place), error.text))
    told = _Told(sum(max(v, 0) + 1 for w in opened for v in _versions(w).values()), progress)
    for workspace in opened:
        found += _of_workspace(workspace, root, told)
    found += [
        Flaw(_name(root, left.path), _left(left.size), grave=False) for left in leftovers(root)
    ]
    return tuple(found)


class _Told:
    """Counts the versions that were read."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def one(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _versions(workspace: Workspace) -> dict[str, int]:
    found = {}
    for key in workspace.keys():  # noqa: SIM118 -- no dictionary
        try:
            found[key] = workspace.version(key)
        except AtlasError:
            found[key] = 0  # told when it is read
    return found


def _of_workspace(workspace: Workspace, root: Path, told: _Told) -> Iterator[Flaw]:
    inside = _name(root, workspace.path)
    before = "" if inside == "." else f"{inside}/"
    for key in _versions(workspace):
        for flaw in _of_layer(workspace, key, told):
            yield Flaw(f"{before}{flaw.where}", flaw.text, flaw.grave)
    proofs = (*_of_snapshots(workspace.path), *_of_evidence(workspace))
    for flaw in (*_of_records(workspace), *proofs, *_of_audit(workspace.path)):
        yield Flaw(f"{before}{flaw.where}", flaw.text, flaw.grave)


def _of_layer(workspace: Workspace, key: str, told: _Told) -> Iterator[Flaw]:
    folder = workspace.path / key
    try:
        log = read_log(folder)
    except AtlasError as error:
        yield Flaw(key, error.text)
        return
    for version in (*range(log.commits[0].version), *log.gaps):
        yield Flaw(f"{key}@{version}", _NO_ENTRY)
    for path in records(folder):
        try:
            read_record(path)
        except (OSError, ValueError) as error:
            yield Flaw(_name(workspace.path, path), _unreadable(error))
    cleared = cleared_versions(folder)
    # A file of several versions is told once, with the first of them.
    there = {path.name for path in folder.iterdir()}
    lost = {versions[0] for name, versions in needed_files(log).items() if name not in there}
    for commit in log.commits:
        told.one()
        if commit.version not in cleared:
            yield from _of_version(workspace, key, commit.version, commit.details.get("rows"))
    yield from (Flaw(f"{key}@{version}", _LOST) for version in sorted(lost))


def _of_version(workspace: Workspace, key: str, version: int, rows: object) -> Iterator[Flaw]:
    where = f"{key}@{version}"
    try:
        frame = workspace.read(key, version)
    except AtlasError as error:
        yield Flaw(where, error.text)
        return
    if rows is not None and str(rows) != str(len(frame)):
        yield Flaw(where, _other_rows(str(rows), len(frame)))


def _of_records(workspace: Workspace) -> Iterator[Flaw]:
    catalogue = workspace.catalogue
    yield from _told_by(DRAFTS, lambda: DraftStore(workspace.path / DRAFTS).list()[1])
    yield from _told_by("", lambda: scenarios.list_scenarios(workspace)[1])
    yield from _of_revisions(workspace)
    for issue in Profiles(workspace.path / PROFILES, catalogue).list().issues:
        text = Text(issue.line("zh"), issue.line("en"))
        yield Flaw(f"{PROFILES}/{issue.file}", text)
    for command in COMMANDS:
        try:
            read_results(workspace, command)
        except AtlasError as error:
            yield Flaw(f"results/{command}", error.text)


def _told_by(folder: str, read: Callable[[], Mapping[str, AtlasError]]) -> Iterator[Flaw]:
    try:
        problems = read()
    except AtlasError as error:
        yield Flaw(folder, error.text)
        return
    for name, problem in problems.items():
        yield Flaw(f"{folder}/{name}".lstrip("/"), problem.text)


def _of_revisions(workspace: Workspace) -> Iterator[Flaw]:
    """Read the former revisions of scenarios; the last ones are read by their list."""
    listed: tuple[Scenario, ...] = ()
    with suppress(AtlasError):  # was told by the list
        listed, _problems = scenarios.list_scenarios(workspace)
    for scenario in listed:
        for revision in scenarios.revisions(workspace, scenario.name)[:-1]:
            try:
                scenarios.load(workspace, scenario.name, revision)
            except AtlasError as error:
                yield Flaw(f"{scenarios.FOLDER}/{scenario.name}@{revision}", error.text)


def _of_snapshots(folder: Path) -> Iterator[Flaw]:
    try:
        yield from (Flaw(SNAPSHOTS, problem.text) for problem in snapshots.verify(folder))
    except AtlasError as error:
        yield Flaw(SNAPSHOTS, error.text)


def _of_evidence(workspace: Workspace) -> Iterator[Flaw]:
    """Look for the files that rows of the evidence name, with the content that they had."""
    if EVIDENCE not in workspace.catalogue.keys:
        return
    store = EvidenceStore(workspace.path)
    with suppress(AtlasError):  # was told by the layer
        for row in workspace.read(EVIDENCE).to_dict("records"):
            if not store.is_sound(str(row["sha256"])):
                yield Flaw(f"{EVIDENCE}/{row['evidence_id']}", _no_evidence(row["file_name"]))


def _of_audit(folder: Path) -> Iterator[Flaw]:
    for finding in check(folder):
        yield Flaw(f"audit/{finding.file}:{finding.line}", finding.text, finding.grave)


def _of_city(city: City) -> Iterator[Flaw]:
    parts: list[tuple[str, Callable[[], object]]] = [
        (OUTLINES, city.outlines),
        (GUESTS, city.guests),
        *((f"summaries/{c}", lambda c=c: (city.summary(c), city.notes(c))) for c in COMMANDS),
    ]
    for where, read in parts:
        try:
            read()
        except AtlasError as error:
            yield Flaw(where, error.text)
    yield from _of_audit(city.path)


_NO_ENTRY = Text(
    "该版本的日志缺失；请从备份恢复",
    "the log has no entry of this version; restore it from a backup",
)
_LOST = Text(
    "该版本的数据文件不见了，且不是清理所致；请从备份恢复",
    "a data file of this version is gone and was not cleared; restore it from a backup",
)


def _other_rows(told: str, found: int) -> Text:
    return Text(
        f"历史记录为 {told} 行，实际读出 {found} 行；请从备份恢复",
        f"the history tells of {told} rows, but {found} were read; restore it from a backup",
    )


def _no_evidence(name: object) -> Text:
    return Text(
        f"佐证文件“{name}”缺失或内容已被改动；请从备份恢复",
        f"the evidence file '{name}' is gone or was altered; restore it from a backup",
    )


def _unreadable(error: Exception) -> Text:
    return Text(
        f"无法读取（{error}）；请从备份恢复该文件",
        f"it cannot be read ({error}); restore the file from a backup",
    )


def _left(size: int) -> Text:
    return Text(
        f"中断的程序留下的半成品（{size:,} 字节），不影响使用；"
        "满一天后 atlas workspace vacuum 会删除",
        f"left behind by a program that was killed ({size:,} bytes); it does no harm, and"
        " 'atlas workspace vacuum' removes it when it is a day old",
    )
