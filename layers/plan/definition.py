"""The action plan of an edition: its tasks, what each is measured by, where its objects are."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

from layers.edition_files import own_file
from layers.errors import CatalogueError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLAN_FILE = "plan.toml"
Kind = Literal["task", "safeguard"]
MeasureType = Literal["milestone", "spatial", "count", "score", "economic"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MEASURE_TYPES: tuple[MeasureType, ...] = get_args(MeasureType)
_KEPT = 64


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """Which rows of a layer are objects of a task.

    Attributes
    ----------
    layer
        Key of the layer.
    field, values
        Only rows of which the field has one of these values; all rows without a field.
    """

    layer: str
    field: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the plan, or a safeguard.

    Attributes
    ----------
    task_id
        ``T01`` … or ``S01`` …
    number
        As the document counts.
    kind
        ``task`` or ``safeguard``.
    title
        A short name.
    unit
        What is counted or watched.
    measure_type
        How it is measured; a milestone is never told as a share in percent.
    measures
        Keys of :data:`layers.plan.measures.MEASURES`.
    objects
        Rules that find its objects; empty if it has none.
    without_objects
        Why it has none.
    belt
        The zone that it is about; empty for no particular one.
    source
        Key of its source.
    """

    task_id: str
    number: int
    kind: Kind
    title: Text
    unit: Text
    measure_type: MeasureType
    measures: tuple[str, ...]
    objects: tuple[ObjectRule, ...]
    without_objects: Text
    belt: str
    source: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The action plan of an edition.

    Attributes
    ----------
    version
        Of the file, told wherever the board is.
    title
        Of the document.
    document
        Its number.
    start, end
        From when until when.
    source
        Key of its source.
    tasks
        Tasks and safeguards, in the order of the document.
    """

    version: str
    title: Text
    document: str
    start: dt.date
    end: dt.date
    source: str
    tasks: tuple[Task, ...]

    def task(self, task_id: str) -> Task:
        """Return a task.

        Raises
        ------
        KeyError
            If the plan has none of this id.
        """
        for task in self.tasks:
            if task.task_id == task_id:
                return task
        raise KeyError(task_id)

    def has(self, task_id: str) -> bool:
        """Tell whether the plan has a task."""
        return any(task.task_id == task_id for task in self.tasks)


def load_plan(folder: Path) -> Plan | None:
    """Return the plan of an edition; None if it has none.

    The plan of the bundled edition is that of its place: an edition without a plan of its
    own has none.

    Parameters
    ----------
    folder
        The edition folder; the file is ``plan.toml``.

    Raises
    ------
    CatalogueError
        If the file is not to be believed, or a task in it contradicts itself.
    """
    path = own_file(folder.resolve(), PLAN_FILE)
    return None if path is None else _cached(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=_KEPT)
def _cached(
    path: Path,
    changed: int,  # noqa: ARG001 - part of the key of the cache
) -> Plan | None:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _wrong(path, str(error)) from error
    if "plan" not in raw and "tasks" not in raw:
        return None
    try:
        return _plan(raw)
    except KeyError as error:
        raise _wrong(path, f"{error} is missing") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise _wrong(path, str(error)) from error


def _plan(raw: Mapping[str, Any]) -> Plan:
    head = raw["plan"]
    found = Plan(
        version=str(raw["version"]),
        title=Text(str(head["title_zh"]), str(head["title_en"])),
        document=str(head.get("document", "")),
        start=_day(head["start"]),
        end=_day(head["end"]),
        source=str(head.get("source", "")),
        tasks=tuple(_task(entry) for entry in raw.get("tasks", [])),
    )
    ids = [task.task_id for task in found.tasks]
    if len(set(ids)) < len(ids):
        msg = "[[tasks]]: a `task_id` is there twice"
        raise ValueError(msg)
    return found


def _task(raw: Mapping[str, Any]) -> Task:
    found = Task(
        task_id=str(raw["task_id"]),
        number=int(raw["number"]),
        kind=raw["kind"],
        title=Text(str(raw["title_zh"]), str(raw["title_en"])),
        unit=Text(str(raw["unit_zh"]), str(raw["unit_en"])),
        measure_type=raw["measure_type"],
        measures=tuple(map(str, raw.get("measures", ()))),
        objects=tuple(_rule(entry) for entry in raw.get("objects", ())),
        without_objects=Text(
            str(raw.get("without_objects_zh", "")), str(raw.get("without_objects_en", ""))
        ),
        belt=str(raw.get("belt", "")),
        source=str(raw.get("source", "")),
    )
    if found.kind not in KINDS or found.measure_type not in MEASURE_TYPES:
        msg = f"{found.task_id}: '{found.kind}' or '{found.measure_type}' is unknown"
        raise ValueError(msg)
    if bool(found.objects) == bool(found.without_objects.zh):
        msg = f"{found.task_id}: it has objects, or says why it has none"
        raise ValueError(msg)
    return found


def _rule(raw: Mapping[str, Any]) -> ObjectRule:
    rule = ObjectRule(
        str(raw["layer"]), str(raw.get("field", "")), tuple(map(str, raw.get("values", ())))
    )
    if bool(rule.field) != bool(rule.values):
        msg = f"objects of {rule.layer}: `field` and `values` belong together"
        raise ValueError(msg)
    return rule


def _day(value: object) -> dt.date:
    if type(value) is not dt.date:
        msg = f"{value!r} is no day"
        raise TypeError(msg)
    return value


def _wrong(path: Path, what: str) -> CatalogueError:
    return CatalogueError(
        Text(f"行动方案文件 {path.name} 有误：{what}", f"error in the plan {path.name}: {what}")
    )
