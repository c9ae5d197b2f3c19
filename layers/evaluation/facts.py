"""The raw numbers of a card and a year, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.evaluation.measures import MEASURE_COLUMNS
from layers.evaluation.measures import MEASURES
from layers.evaluation.measures import Ground
from layers.evaluation.measures import measure
from layers.evaluation.measures import registered_elsewhere
from layers.evaluation.records import CHANGE
from layers.evaluation.records import records_of
from layers.evaluation.subjects import subjects_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.scorecards import Criterion
    from geo.scorecards import Scorecard
    from layers.catalogue import Catalogue

    Tables = Mapping[str, pd.DataFrame]

ORIGINS = ("recorded", "layers", "difference", "none")
"""Where a number comes from: a record, a measure of the layers, two records, nowhere."""

CELL_COLUMNS = (
    "subject_id",
    "criterion",
    "raw_low",
    "raw_high",
    "said",
    "origin",
    "data_date",
    "source",
    "basis",
    "sample",
)
"""Columns of the cells; ``said`` is what the register says of the value, empty for nothing."""

_REPEATED = "doubtful"


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known for a card and a year.

    Attributes
    ----------
    period
        The year.
    subjects
        Whom the card is about, see :func:`layers.evaluation.subjects.subjects_of`, with
        ``registered_elsewhere_share`` (NaN unknown; only parks have one).
    cells
        One row a subject and criterion, columns :data:`CELL_COLUMNS`; NaN is unknown.
    unused
        Rows of ``indicators`` for this card and year that were not used, and why.
    rows_in
        How many rows the layer has for this card and year.
    """

    period: int
    subjects: pd.DataFrame
    cells: pd.DataFrame
    unused: pd.DataFrame
    rows_in: int

    def wide(self, name: str, card: Scorecard) -> pd.DataFrame:
        """Return a column of the cells, subjects by the criteria of a card."""
        wide = self.cells.pivot(index="subject_id", columns="criterion", values=name)  # noqa: PD010 - text too
        index = pd.Index(self.subjects["subject_id"])
        return wide.reindex(index=index, columns=list(card.keys))


def facts_of(tables: Tables, catalogue: Catalogue, card: Scorecard, period: int) -> Facts:
    """Gather the raw numbers of a card and a year.

    Parameters
    ----------
    tables
        Layers by key, of :data:`layers.evaluation.EVALUATION_LAYERS` those that are
        there.
    catalogue
        Describes the layers.
    card
        Says whom, and by what.
    period
        The year.

    Returns
    -------
    Facts
        A recorded number comes first; where nobody recorded one, a measure of the layers
        stands in if the layers are of that year.

    Raises
    ------
    UsageError
        If the card names a field that its layer does not have.
    """
    subjects = subjects_of(tables, catalogue, card, period)
    ids = tuple(subjects["subject_id"])
    records = records_of(tables, card, period, ids)
    recorded = _recorded(records.used, records.unused)
    ground = Ground(tables, catalogue, card, period, ids)
    cells = pd.concat(
        [_column(recorded, criterion, ground) for criterion in card.criteria], ignore_index=True
    )
    subjects = _with_registered(subjects, registered_elsewhere(tables, catalogue))
    rows_in = len(records.used) + len(records.unused)
    return Facts(period, subjects, cells, records.unused, rows_in)


def _with_registered(subjects: pd.DataFrame, elsewhere: pd.DataFrame) -> pd.DataFrame:
    """Add the share registered elsewhere; one from sample data makes its park a sample."""
    found = elsewhere.reindex(subjects["subject_id"].where(subjects["layer"].eq("parks")))
    return subjects.assign(
        registered_elsewhere_share=found["share"].astype("float64").to_numpy(),
        sample=subjects["sample"] | found["sample"].eq(other=True).to_numpy(),
    )


def _recorded(used: pd.DataFrame, unused: pd.DataFrame) -> pd.DataFrame:
    """Return the recorded cells; one with two rows is there without a number."""
    names = {"indicator": "criterion", "value_state": "said"}
    found = used.rename(columns=names).assign(raw_low=used["value"], raw_high=used["value"])
    twice = unused[unused["why"].eq("repeated")].drop_duplicates(["subject_id", "indicator"])
    unclear = twice.rename(columns=names).assign(raw_low=np.nan, raw_high=np.nan, said=_REPEATED)
    joined = pd.concat([found.assign(origin="recorded"), unclear.assign(origin="recorded")])
    return joined.set_index("subject_id")


def _column(recorded: pd.DataFrame, criterion: Criterion, ground: Ground) -> pd.DataFrame:
    """Return the cells of one criterion for all subjects."""
    rows = recorded[recorded["criterion"].eq(criterion.key)]
    cells = rows.reindex(pd.Index(ground.subjects, name="subject_id", dtype="str"))
    cells = cells.assign(
        criterion=criterion.key,
        origin=cells["origin"].fillna("none"),
        said=cells["said"].fillna(""),
        sample=cells["sample"].fillna(value=False).astype("bool"),
        data_date=pd.to_datetime(cells["data_date"]),
    )
    open_to = cells["said"].isin(["", "not_reported"])
    if criterion.measure in MEASURES and open_to.any():
        cells = _filled(cells, open_to, criterion.measure, ground)
    text = {name: cells[name].fillna("").astype("str") for name in ("source", "basis")}
    return cells.assign(**text).reset_index()[list(CELL_COLUMNS)]


def _filled(
    cells: pd.DataFrame, open_to: pd.Series[bool], name: str, ground: Ground
) -> pd.DataFrame:
    """Put what the layers give into the cells that nobody filled."""
    found = measure(name, ground)
    ids = cells.index[open_to].intersection(found.index)
    if not len(ids):
        return cells
    given = found.loc[ids]
    cells = cells.copy()
    for column in MEASURE_COLUMNS:
        target = f"raw_{column}" if column in {"low", "high"} else column
        cells.loc[ids, target] = given[column].astype(cells[target].dtype)
    cells.loc[ids, "origin"] = "difference" if name == CHANGE else "layers"
    cells.loc[ids, "said"] = "reported"
    return cells
