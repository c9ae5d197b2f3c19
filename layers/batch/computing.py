"""Computing: the layers of a scope are read and given to the function of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.batch.commands import COMMANDS
from layers.batch.commands import TABLE
from layers.batch.commands import Question
from layers.batch.ledger import folder_of
from layers.batch.places import read_centres
from layers.batch.staging import Stage
from layers.batch.tables import to_table
from layers.batch.tables import write_part
from layers.batch.task import Work
from layers.frames import empty_frame
from layers.stock import chance_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from geo.chance import Chance
    from layers.batch.task import Part
    from layers.batch.task import Task
    from layers.batch.wish import CommandName
    from layers.catalogue import Catalogue

    Tables = dict[str, gpd.GeoDataFrame | pd.DataFrame]

_NEEDED = ("carriers", "units")


def compute(task: Task, folder: Path) -> Work:
    """Compute all parts of a task of a command and write their tables.

    Parameters
    ----------
    task
        The task.
    folder
        Where the files go.
    """
    command, stage, catalogue = COMMANDS[task.command], Stage.open(task.stage), task.catalogue()
    tables: dict[str, list[pa.Table]] = {}
    notes: dict[str, Any] = {}
    for part in task.parts:
        layers = tables_of(stage, part.scope, task.command, catalogue, whole=False)
        chance = _chance(task, part, layers, catalogue) if task.command == "scatter" else None
        parks = None if part.parks is None else list(part.parks)
        question = Question(layers, catalogue, task.wish, part.as_of, parks, chance)
        answer = command.answer(question)
        notes[part.scope] = answer.notes
        for name, frame in answer.tables.items():
            tables.setdefault(name, []).append(to_table(frame, part.scope))
    rows = {name: write_part(found, folder / f"{name}.parquet") for name, found in tables.items()}
    return Work(rows[TABLE], notes)


def tables_of(
    stage: Stage, scope: str, command: CommandName, catalogue: Catalogue, *, whole: bool
) -> Tables:
    """Return the layers of a scope that a command reads.

    Parameters
    ----------
    stage
        Where they are.
    scope
        The district code.
    command
        Which command.
    catalogue
        Describes the layers.
    whole
        Whether the buildings, which may be many, are to be among them.
    """
    keys = tuple(k for k in COMMANDS[command].layers if whole or k != "buildings")
    found = stage.tables(scope, keys)
    # What the city has and this district has not is no missing layer.
    staged = set(stage.accounts["layer"])
    lacking = [key for key in _NEEDED if key in keys and key in staged and key not in found]
    return {**found, **{key: empty_frame(catalogue.layer(key)) for key in lacking}}


def _chance(task: Task, part: Part, layers: Tables, catalogue: Catalogue) -> Chance | None:
    """Return what the parks of a scope are held against, from the centres found before."""
    centres: Mapping[str, NDArray[np.float64]] = {}
    if part.places:
        centres = {"buildings": read_centres(folder_of(task.out, part.places))}
    return chance_of(
        layers, catalogue, task.wish.chance, task.wish.scatter.site_gap_m, centres=centres
    )
