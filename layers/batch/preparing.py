"""From a stage to tasks: who asks what of which scope, on which day, against which stock."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import pandas as pd

from geo.batch.plan import plan_partitions
from layers.batch.commands import COMMANDS
from layers.batch.ledger import code_version
from layers.batch.owners import owners_of
from layers.batch.task import Part
from layers.batch.task import Task
from layers.batch.task import edition_of
from layers.errors import AtlasError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from geo.batch.plan import Member
    from geo.batch.plan import Plan
    from layers.batch.staging import Stage
    from layers.batch.task import Step
    from layers.batch.wish import BatchWish
    from layers.batch.wish import CommandName
    from layers.catalogue import Catalogue

_DATED = ("carriers", "units")


class _Scope(NamedTuple):
    """What is asked of a scope as a whole: the day, and how many subjects it has."""

    day: date | None
    rows: int


class Preparation:
    """Makes the tasks of a command from a stage.

    Parameters
    ----------
    command
        What to compute.
    stage
        Where the layers are.
    out
        Folder of the command.
    catalogue
        Describes the layers.
    wish
        Parameters and division.
    """

    def __init__(
        self,
        command: CommandName,
        stage: Stage,
        out: Path,
        catalogue: Catalogue,
        wish: BatchWish,
    ) -> None:
        self.command, self.stage, self.out = command, stage, out
        self.catalogue, self.wish = catalogue, wish
        self._edition = edition_of(catalogue, out)
        self._code = code_version()
        self.owners = owners_of(stage)
        self._scopes = {scope: self._look(scope) for scope in stage.scopes}

    @property
    def days(self) -> dict[str, date]:
        """Day of the question by scope; empty if the command does not ask for one."""
        return {scope: s.day for scope, s in self._scopes.items() if s.day is not None}

    @property
    def subjects(self) -> dict[str, int]:
        """How many subjects each scope has: parks, carriers, or itself."""
        return {scope: found.rows for scope, found in self._scopes.items()}

    def plan(self) -> Plan:
        """Return the partitions: of parks, or of whole scopes with what has no park."""
        wish, splittable = self.wish, COMMANDS[self.command].splittable
        parks = self.stage.parks
        if not splittable:
            alone = [scope for scope, rows in self.subjects.items() if rows]
            rest = pd.DataFrame({"scope": alone, "rows": 0}).assign(park_id=None, x=None, y=None)
            listed = parks[parks["scope"].isin(alone)]
            parks = pd.concat([listed, rest.astype(listed.dtypes[rest.columns].to_dict())])
        return plan_partitions(
            parks,
            by=wish.by,
            count=wish.partitions,
            tile_m=wish.tile_m,
            halo_m=wish.halo_m,
            splittable=splittable,
        )

    def places(self) -> dict[str, Task]:
        """Return the tasks that find the places of every scope; none if no command asks."""
        if self.command != "scatter":
            return {}
        return {s: self._task("places", (Part(s, None),)) for s in self.stage.scopes}

    def clusters(self, places: Mapping[str, Task], shares: int) -> list[Task]:
        """Return the tasks that find the walking clusters of the whole city.

        Parameters
        ----------
        places
            Result of :meth:`places`.
        shares
            How many tasks, at least 1.
        """
        parts = tuple(Part(scope, None, places=task.key) for scope, task in places.items())
        return [self._task("clusters", parts, (mine, shares)) for mine in range(shares)]

    def tasks(self, plan: Plan, places: Mapping[str, Task]) -> list[Task]:
        """Return the task of every partition, in the order of the plan.

        Parameters
        ----------
        plan
            Result of :meth:`plan`.
        places
            Result of :meth:`places`.
        """
        keys = {scope: task.key for scope, task in places.items()}
        found = []
        for partition in plan.partitions:
            parts = tuple(self._part(member, keys) for member in partition.members)
            found.append(self._task("compute", parts))
        return found

    def _look(self, scope: str) -> _Scope:
        command = COMMANDS[self.command]
        if command.day is None:
            return _Scope(None, int(self.stage.parks["scope"].eq(scope).sum()))
        guests = self.owners.guests.get(scope, frozenset())
        rows = self.stage.rows(scope).get("carriers", 0) - len(guests)
        if rows <= 0:
            return _Scope(None, 0)
        try:
            day = self.wish.as_of or command.day(self.stage.tables(scope, _DATED))
        except AtlasError:
            # Whoever does the task meets the same, and then it is told of this scope alone.
            day = None
        return _Scope(day, rows if command.subject else 1)

    def _part(self, member: Member, places: Mapping[str, str]) -> Part:
        scope, parks = member
        return Part(
            scope,
            parks,
            as_of=self._scopes[scope].day,
            places=places.get(scope, ""),
            rows=self.subjects[scope] if parks is None else len(parks),
        )

    def _task(self, step: Step, parts: tuple[Part, ...], share: tuple[int, int] = (0, 1)) -> Task:
        return Task(
            self.command,
            step,
            self.stage.folder,
            self.stage.digest,
            self.out,
            self._edition,
            self.wish,
            parts,
            self._code,
            share,
        )
