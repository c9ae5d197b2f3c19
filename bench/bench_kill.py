"""Whether anything is lost when the program is killed: ``python -m bench.bench_kill --kills 200``.

A victim imports files, edits a layer with drafts, exports and writes the audit, until
``kill -9`` takes it at a random moment; then the next one goes on in the same workspace.
After every kill: each version that was ever acknowledged is there and is what was written,
each version that is there is whole, the last draft comes back, each file under its name is
whole, and the audit has every record that was acknowledged. Only where there is ``fork``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bench.kill_victim import CARRIERS
from bench.kill_victim import EDITED
from bench.kill_victim import PARKS
from layers.audit.checking import check
from layers.audit.reading import Wish
from layers.audit.reading import read
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing.drafts import FOLDER
from layers.editing.drafts import DraftStore
from layers.errors import AtlasError
from layers.keeping.leftovers import leftovers
from layers.keeping.verifying import verify
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]

LONGEST_PAUSE_S = 2.0
"""A victim is killed at a moment between its first word and this, evenly distributed …"""

LONGEST_WRITE_S = 0.01
"""… and every second one within this time after it has begun to write a version."""

_WAIT_S = 60.0
_WORK = ("importing", "saving", "committing", "discarding", "exporting")


@dataclass
class Found:
    """What came of the kills.

    Attributes
    ----------
    kills
        How many.
    amid
        At what, by the last word of the victim.
    commits
        Versions that were acknowledged.
    unspoken
        Versions that were written, but not acknowledged any more.
    drafts, exports, records
        Drafts that came back, files and audit records that were acknowledged and are there.
    leftovers
        Files half made that were left behind.
    damage
        What was lost or damaged: sentences.
    seconds
        How long it took.
    """

    kills: int = 0
    amid: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    unspoken: int = 0
    drafts: int = 0
    exports: int = 0
    records: int = 0
    leftovers: int = 0
    damage: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(folder: Path, kills: int, seed: int) -> Found:
    """Kill victims and look at what they leave.

    Parameters
    ----------
    folder
        An empty folder.
    kills
        How many.
    seed
        Of the moments, and of what the victims do.
    """
    begun = time.monotonic()
    desk = folder / "desk"
    desk.mkdir(parents=True)
    check_ = _Check(_made(folder / "w"), desk)
    rng = random.Random(seed)  # noqa: S311 -- not for secrets
    with _nursery() as nursery:
        for number in range(kills):
            amid = bool(number % 2)
            pause = rng.uniform(0, LONGEST_WRITE_S if amid else LONGEST_PAUSE_S)
            _kill_one(nursery, check_, seed * 1000 + number, pause, amid_a_write=amid)
            check_.after_a_kill()
    check_.at_the_end()
    check_.found.seconds = time.monotonic() - begun
    return check_.found


def _made(path: Path) -> Workspace:
    catalogue = load_catalogue()
    workspace = Workspace.create(path, catalogue, author="k")
    rows = pd.DataFrame({"park_id": [EDITED, "P2"], "name": ["0", "二"]}, dtype=object)
    accepted = conform(rows, catalogue.layer(PARKS)).accepted
    workspace.commit(PARKS, accepted, author="k", message="0")
    return workspace


@contextmanager
def _nursery() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.kill_victim"]
    pipe = subprocess.PIPE
    # Its own errors are those of a victim, which must not have any.
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 -- our own code
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(_WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _kill_one(
    nursery: subprocess.Popen[str], check_: _Check, seed: int, pause: float, *, amid_a_write: bool
) -> None:
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{check_.workspace.path}\t{check_.desk}\t{seed}\n")
    nursery.stdin.flush()
    victim = int(nursery.stdout.readline())
    until = time.monotonic() + _WAIT_S
    while "ready" not in check_.said() and time.monotonic() < until:
        time.sleep(0.005)
    before = check_.data_files()
    while amid_a_write and check_.data_files() <= before and time.monotonic() < until:
        time.sleep(0.0005)
    time.sleep(pause)
    os.kill(victim, signal.SIGKILL)
    assert nursery.stdout.readline() == "gone\n"


class _Check:
    """Knows what the victims said, and holds it against what is there."""

    def __init__(self, workspace: Workspace, desk: Path) -> None:
        self.workspace, self.desk, self.found = workspace, desk, Found()
        self._heard = 0
        self._expected: dict[tuple[str, int], tuple[int, str]] = {}
        self._seen = {CARRIERS: -1, PARKS: 0}
        self._draft: tuple[str, int] | None = None
        self._recorded: set[str] = set()
        self._exported: set[str] = set()

    def said(self) -> list[str]:
        """Return what the victim of now has said: whole lines only."""
        try:
            text = (self.desk / "said").read_bytes()[self._heard :].decode()
        except FileNotFoundError:
            return []
        return text[: text.rfind("\n") + 1].splitlines()

    def data_files(self) -> set[str]:
        """Return the names of the data files of both layers, half made ones too."""
        return {
            entry.name
            for layer in self._seen
            if (self.workspace.path / layer).is_dir()
            for entry in os.scandir(self.workspace.path / layer)
            if ".parquet" in entry.name
        }

    def after_a_kill(self) -> None:
        lines = self.said()
        self.found.kills += 1
        last = lines[-1].split("\t")[0]
        self.found.amid[last if last in _WORK else "between"] += 1
        for line in lines:
            self._hear(*line.split("\t"))
        self._heard = (self.desk / "said").stat().st_size
        self._versions()
        self._drafts()
        self._files()

    def at_the_end(self) -> None:
        self._audit()
        for layer, version in self._expected:
            self._version(layer, version)
        flaws = verify(self.workspace.path)
        self.found.damage += [f"{flaw.where}: {flaw.text.en}" for flaw in flaws if flaw.grave]
        self.found.leftovers = len(leftovers(self.workspace.path))
        self.found.exports, self.found.records = len(self._exported), len(self._recorded)

    def _hear(self, what: str, *words: str) -> None:
        if what == "committed":
            layer, version, rows, mark = words
            self._expected[layer, int(version)] = (int(rows), mark)
            self.found.commits += 1
        elif what == "saved":
            self._draft = words[0], int(words[1])
        elif what == "discarding":
            self._draft = None
        elif what == "recorded":
            self._recorded.add(words[0])
        elif what == "exported":
            self._exported.add(words[0])

    def _versions(self) -> None:
        for layer, before in self._seen.items():
            current = self.workspace.version(layer)
            for version in range(before + 1, current + 1):
                self.found.unspoken += (layer, version) not in self._expected
                self._version(layer, version)
            self._seen[layer] = current
        gone = [at for at in self._expected if at[1] > self._seen[at[0]]]
        self.found.damage += [f"{layer}@{version} is gone" for layer, version in gone]

    def _version(self, layer: str, version: int) -> None:
        """Check that a version is what was said, or else that it is all of one write."""
        try:
            frame = self.workspace.read(layer, version)
        except AtlasError as error:
            self.found.damage.append(f"{layer}@{version}: {error.text.en}")
            return
        marks = set(map(str, frame["tenants"] if layer == CARRIERS else frame["name"][:1]))
        told = self._expected.get((layer, version))
        if len(marks) != 1 or (told and (len(frame), marks) != (told[0], {told[1]})):
            self.found.damage.append(f"{layer}@{version} has {len(frame)} rows of {marks}")

    def _drafts(self) -> None:
        if self._draft is None:
            return
        name, done = self._draft
        try:
            session = DraftStore(self.workspace.path / FOLDER).load(name)
        except AtlasError as error:
            self.found.damage.append(f"draft {name}: {error.text.en}")
            return
        self.found.drafts += 1
        if len(session.done) < done:
            self.found.damage.append(f"draft {name} has {len(session.done)} steps, not {done}")

    def _files(self) -> None:
        """Check the files that are there, said or not: under its name a file is whole."""
        there = {path.name for path in (self.desk / "out").glob("[!.]*.geojson")}
        for name in there:
            features = json.loads((self.desk / "out" / name).read_bytes())["features"]
            if len(features) != 2:
                self.found.damage.append(f"{name} has {len(features)} features")
        self.found.damage += [f"{name} is gone" for name in self._exported - there]

    def _audit(self) -> None:
        there = set(read(self.workspace.path, Wish(most=10**9))["subject"])
        self.found.damage += [f"audit: no {name}" for name in self._recorded - there]
        grave = [found for found in check(self.workspace.path) if found.grave]
        self.found.damage += [f"audit {found.file}:{found.line}" for found in grave]


def main() -> None:
    """Run and print what was found; ends with 1 if anything was lost or damaged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261126)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atlas-kill-") as folder:
        found = run(Path(folder), options.kills, options.seed)
    print(f"kills {found.kills} in {found.seconds:.0f} s, amid {dict(found.amid)}")
    print(f"versions acknowledged {found.commits}, written but not acknowledged {found.unspoken}")
    print(f"drafts back {found.drafts}, files {found.exports}, audit records {found.records}")
    print(f"half-made files left behind {found.leftovers}, damaged or lost {len(found.damage)}")
    for line in found.damage[:50]:
        print(f"  {line}")
    sys.exit(bool(found.damage))


if __name__ == "__main__":
    main()
