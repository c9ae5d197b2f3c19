"""What measures of tasks are computed from, and how one is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from typing import TypeAlias

import pandas as pd

from layers.access import access_of
from layers.analysis import scatter_of
from layers.errors import Text
from layers.evaluation import evaluate
from layers.evaluation import periods
from layers.i18n import number
from layers.marks import is_sample
from layers.scorecards import load_scorecards
from layers.underuse import underuse_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd

    from geo.scatter import ScatterResult
    from layers.access import Access
    from layers.catalogue import Catalogue
    from layers.evaluation import Evaluation
    from layers.plan.board import Board
    from layers.plan.definition import Task
    from layers.underuse import Underuse

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_UNIVERSITY = "university"
NOT_SUPPLIED = Text("未提供", "not supplied")


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured value.

    Attributes
    ----------
    key
        Of the measure.
    title
        What is measured.
    value, unit
        The number and its unit; None if there is none.
    text
        As people read it; why there is no value, if there is none.
    layers
        What it is from.
    as_of
        The latest date that the rows carry, None if they carry none.
    sample
        Whether sample data is in it.
    internal
        Whether it tells what only the office may see.
    """

    key: str
    title: Text
    value: float | None
    unit: Text
    text: Text
    layers: tuple[str, ...]
    as_of: dt.date | None = None
    sample: bool = False
    internal: bool = False


class Results:
    """What measures are computed from; every analysis is made at most once, when it is asked.

    Parameters
    ----------
    tables
        Layers by key.
    catalogue
        Describes them.
    board
        How the tasks stand.
    calendar
        How the data calendar stands, see :func:`layers.calendar.calendar_of`; None without
        one.
    scatter, underuse, access
        Make the analyses; the usual ones by default. A page hands in its cached ones.
    """

    def __init__(
        self,
        tables: Tables,
        catalogue: Catalogue,
        board: Board,
        calendar: pd.DataFrame | None = None,
        *,
        scatter: Callable[[], ScatterResult] | None = None,
        underuse: Callable[[], Underuse] | None = None,
        access: Callable[[], Access] | None = None,
    ) -> None:
        self.tables, self.catalogue = tables, catalogue
        self.board, self.calendar = board, calendar
        self._scatter = scatter or (lambda: scatter_of(tables, catalogue))
        self._underuse = underuse or (lambda: underuse_of(tables, catalogue))
        self._access = access or (lambda: access_of(tables, catalogue))

    @cached_property
    def scatter(self) -> ScatterResult:
        """Scatter of the parks."""
        return self._scatter()

    @cached_property
    def underuse(self) -> Underuse:
        """Judgement of the carriers."""
        return self._underuse()

    @cached_property
    def access(self) -> Access:
        """Linkage of the parks."""
        return self._access()

    @cached_property
    def university(self) -> Evaluation | None:
        """Evaluation of the university parks in the latest year; None without numbers."""
        card = load_scorecards(self.catalogue.folder).cards[_UNIVERSITY]
        years = periods(self.tables, card)
        if not years:
            return None
        return evaluate(self.tables, self.catalogue, card, max(years))

    def has(self, key: str) -> bool:
        """Tell whether a layer has rows."""
        return bool(len(self.tables.get(key, ())))

    def frame(self, key: str) -> pd.DataFrame:
        """Return a layer that has rows."""
        return self.tables[key]

    def meridian(self) -> float:
        """Return the central meridian of the district."""
        return self.catalogue.central_meridian


Measure: TypeAlias = Callable[["Results", "Task"], list[Measured]]


def told(
    key: str,
    title: Text,
    value: float | None,
    unit: Text,
    used: Mapping[str, pd.DataFrame],
    *,
    text: Text | None = None,
    digits: int = 0,
    internal: bool = False,
) -> Measured:
    """Return a value with what it is from."""
    shown = text or Text(
        f"{number(value, 'zh', digits=digits)} {unit.zh}".strip(),
        f"{number(value, 'en', digits=digits)} {unit.en}".strip(),
    )
    days = [frame["data_date"].max() for frame in used.values() if "data_date" in frame]
    known = [day for day in days if not pd.isna(day)]
    return Measured(
        key,
        title,
        value,
        unit,
        shown,
        tuple(used),
        max(known).date() if known else None,
        any(bool(is_sample(frame).any()) for frame in used.values()),
        internal,
    )


COUNT = Text("个", "")
PLACES = Text("处", "")
AREA = Text("m²", "m²")
SHARE = Text("%", "%")
HOMES = Text("套", "dwellings")
