"""Runs the corpus: every file is made once, and handed to the chain once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

import pytest

import layers.delivery
from layers.catalogue import load_catalogue
from layers.delivery import Options
from layers.delivery import deliver
from layers.delivery import snapshot
from layers.errors import IntakeError
from layers.intake import read_isolated
from layers.intake.placing.local_grid import grid_from_proj
from layers.startup import open_or_create

if TYPE_CHECKING:
    from pathlib import Path

    from layers.delivery import Delivery
    from layers.delivery import Snapshot
    from layers.workspace import Workspace
    from tests.corpus.case import Case


class Desk:
    """A workspace of the bundled edition that is only read, and a folder for each file.

    Attributes
    ----------
    workspace
        Nothing is ever written to it.
    before
        What it held at first. As it never changes it is read once and not for each file.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        self.workspace, _ = open_or_create(base / "workspace", load_catalogue(), author="corpus")
        self.before = snapshot(self.workspace)
        self._numbers = count()
        self._files: dict[str, Path] = {}
        self._found: dict[str, Delivery | IntakeError] = {}

    def file(self, case: Case) -> Path:
        """Return the file of a case."""
        if case.name not in self._files:
            folder = self.base / f"file{next(self._numbers)}"
            folder.mkdir()
            self._files[case.name] = case.make(folder)
        return self._files[case.name]

    def delivered(self, case: Case) -> Delivery | IntakeError:
        """Return what the chain makes of a case, or its refusal."""
        if case.name not in self._found:
            try:
                self._found[case.name] = self._deliver(case)
            except IntakeError as error:
                self._found[case.name] = error
        return self._found[case.name]

    def _deliver(self, case: Case) -> Delivery:
        choices = case.choices
        if case.proj:
            choices = replace(choices, local=grid_from_proj(case.proj))
        with self.read_once():
            return deliver(
                self.workspace,
                self.file(case),
                case.layer,
                author="corpus",
                message=case.name,
                options=Options(choices, dry_run=True),
                read=read_isolated,
            )

    def read_once(self) -> Remembered:
        """Let deliveries to this workspace use what was read of it at first."""
        return Remembered(self)


class Remembered:
    """While it is entered, the workspace of a desk is not read again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        def remembered(workspace: Workspace) -> Snapshot:
            assert workspace.path == self._desk.workspace.path
            return self._desk.before

        self._patch.setattr(layers.delivery, "snapshot", remembered)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


@cache
def desk(base: Path) -> Desk:
    """Return the one desk of a test session; `base` is the folder of the session."""
    folder = base / "corpus"
    folder.mkdir()
    return Desk(folder)
