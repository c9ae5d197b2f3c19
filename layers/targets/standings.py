"""How the numeric targets stand: status, index, what is still needed, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import pandas as pd

from geo.monitoring import MONITORING_DEFAULTS
from geo.monitoring import MONITORING_RULE_VERSION
from geo.monitoring import MonitoringParameters
from geo.monitoring import attained_share
from geo.monitoring import elapsed_share
from geo.monitoring import growth_needed
from geo.monitoring import points_needed
from geo.monitoring import progress_index
from geo.monitoring import required_path
from geo.monitoring import status_of
from geo.monitoring import years_between
from layers.edition_files import EDITION_DIR
from layers.errors import Text
from layers.targets import remarks
from layers.targets.definitions import AT_LEAST
from layers.targets.definitions import RATIO
from layers.targets.definitions import TERMS
from layers.targets.definitions import VALUES
from layers.targets.definitions import targets_of
from layers.targets.readings import readings_of
from layers.targets.terms import terms_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from layers.targets.definitions import Target
    from layers.targets.readings import Reading
    from layers.targets.terms import Terms

TARGET_LAYERS = (TERMS, VALUES)
"""Layers that the standing of a target is computed from."""
_NAN = math.nan


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target stands on a day.

    Attributes
    ----------
    target, terms
        What is to be reached, and what people gave of it.
    readings
        Everything that was reported, the first first.
    today
        The day of the question.
    parameters
        The limits of the statuses.
    latest
        The reading that the status is judged by; without one, None.
    status
        One of :data:`layers.targets.remarks.STATUS_TITLES`.
    is_final
        Whether the day of the target is over.
    index
        The progress index; NaN if there is none.
    attained, elapsed
        Shares of the way and of the time; NaN if not known.
    growth
        Growth needed a year from the latest reading, as a share of 1, of a total.
    points
        Change needed a year from the latest reading, in the unit, of a ratio.
    gap
        What the latest reading lacks, in the unit of the target: of a share in % these are
        percentage points. Negative where it is beyond the target.
    numerator_gap
        What the numerator of a ratio lacks at the denominator of the latest reading, in the
        unit of the numerator.
    reasons
        Why, and what a reader must know.
    """

    target: Target
    terms: Terms
    readings: tuple[Reading, ...]
    today: dt.date
    parameters: MonitoringParameters = MONITORING_DEFAULTS
    latest: Reading | None = None
    status: str = "no_terms"
    is_final: bool = False
    index: float = _NAN
    attained: float = _NAN
    elapsed: float = _NAN
    growth: float = _NAN
    points: float = _NAN
    gap: float = _NAN
    numerator_gap: float = _NAN
    reasons: tuple[Text, ...] = field(default=())

    @property
    def age_days(self) -> int | None:
        """Days since the end of the period of the latest reading; None if there is none."""
        return None if self.latest is None else (self.today - self.latest.period_end).days

    @property
    def sample(self) -> bool:
        """Whether the latest reading is sample data."""
        return self.latest is not None and self.latest.sample

    def path(self) -> pd.DataFrame:
        """Return the path that is needed, quarter by quarter; empty without a base.

        Returns
        -------
        pandas.DataFrame
            See :func:`geo.monitoring.required_path`.
        """
        start, end = self.terms.base_date, self.target.end
        if start is None or self.terms.missing or self.status == "undecided":
            return pd.DataFrame(columns=["date", "middle", "low", "high"])
        ends = [time.date() for time in pd.date_range(start, end, freq="QE")]
        return required_path(
            self.terms.base_value,
            self.target.number,
            start,
            end,
            [start, *ends, end],
            self.parameters.band,
        )


def standings_of(
    tables: Mapping[str, pd.DataFrame],
    today: dt.date,
    folder: Path = EDITION_DIR,
    parameters: MonitoringParameters = MONITORING_DEFAULTS,
) -> list[Standing]:
    """Return how every target stands on a day: those of the plan, then the suggested ones.

    Parameters
    ----------
    tables
        Layers by key; those of :data:`TARGET_LAYERS` are looked at.
    today
        The day of the question.
    folder
        The edition folder, whose plan names the targets.
    parameters
        The limits of the statuses.

    Raises
    ------
    CatalogueError
        If the plan of the edition is not to be believed.
    """
    return [standing_of(tables, target, today, parameters) for target in targets_of(tables, folder)]


def standing_of(
    tables: Mapping[str, pd.DataFrame],
    target: Target,
    today: dt.date,
    parameters: MonitoringParameters = MONITORING_DEFAULTS,
) -> Standing:
    """Return how one target stands on a day; see :func:`standings_of`."""
    terms = terms_of(tables, target.target_id)
    readings = readings_of(tables, target, today)
    return _Judge(target, terms, readings, today, parameters).standing()


@dataclass(frozen=True)
class _Judge:
    """Judges one target; every step that ends the question gives the standing."""

    target: Target
    terms: Terms
    readings: tuple[Reading, ...]
    today: dt.date
    parameters: MonitoringParameters

    def standing(self) -> Standing:
        """Return the standing, looking first for what keeps it from being judged."""
        if self.terms.missing:
            return self._told("no_terms", remarks.terms_missing(self.terms.missing))
        start, base = self.terms.base_date, self.terms.base_value
        assert start is not None  # it is not missing
        if start >= self.target.end:
            return self._told("undecided", remarks.base_too_late())
        if self.today > self.target.end:
            return self._final(base)
        if self.target.reached(base):
            return self._told("undecided", remarks.base_reached())
        return self._under_way(start, base)

    def _under_way(self, start: dt.date, base: float) -> Standing:
        """Return the standing between the base and the day of the target."""
        latest = self._latest(start)
        if self.today <= start:
            return self._told("not_due", remarks.not_due(start))
        if latest is None:
            return self._told("no_data", *self._why_nothing())
        elapsed = elapsed_share(latest.period_end, start, self.target.end)
        index = progress_index(latest.value, base, self.target.number, elapsed)
        return self._told(
            status_of(index, elapsed, self.parameters),
            latest=latest,
            index=index,
            attained=attained_share(latest.value, base, self.target.number),
            elapsed=elapsed,
        )

    def _final(self, base: float) -> Standing:
        """Return the last standing: whether the value at the end is at the target."""
        told = [] if self.terms.lessons else [remarks.lessons_missing()]
        ended = [r for r in self._usable() if r.period_end == self.target.end]
        if not ended:
            return self._told("no_data", remarks.final_missing(self.target.end), *told)
        last = ended[0]
        attained = attained_share(last.value, base, self.target.number)
        met = self.target.reached(last.value)
        return self._told(
            "met" if met else "missed",
            *told,
            latest=last,
            index=_NAN if self.target.reached(base) else attained,
            attained=attained,
            elapsed=1.0,
        )

    def _usable(self) -> list[Reading]:
        return [r for r in self.readings if r.comparable and not math.isnan(r.value)]

    def _latest(self, start: dt.date) -> Reading | None:
        """Return the latest reading after the base; of one day that of the whole year."""
        after = [r for r in self._usable() if r.period_end > start]
        newest = max((r.period_end for r in after), default=None)
        return next((r for r in after if r.period_end == newest), None)

    def _why_nothing(self) -> list[Text]:
        if not self.readings:
            return [remarks.nothing_reported()]
        last = self.readings[-1]
        missing = [remarks.parts_missing(last.missing)] if last.missing else []
        return [remarks.nothing_comparable(), *missing, *last.problems]

    def _told(
        self,
        status: str,
        *reasons: Text,
        latest: Reading | None = None,
        index: float = _NAN,
        attained: float = _NAN,
        elapsed: float = _NAN,
    ) -> Standing:
        if latest is None:
            # Shown as what it is, without any index.
            latest = next(reversed(self._usable()), None)
        return Standing(
            target=self.target,
            terms=self.terms,
            readings=self.readings,
            today=self.today,
            parameters=self.parameters,
            latest=latest,
            status=status,
            is_final=self.today > self.target.end,
            index=index,
            attained=attained,
            elapsed=elapsed,
            reasons=(*reasons, *self._of_latest(latest)),
            **({} if status == "no_terms" else self._needed(latest)),
        )

    def _of_latest(self, latest: Reading | None) -> list[Text]:
        if latest is None:
            return []
        told = list(latest.problems)
        if latest.past:
            told.append(remarks.revised(len(latest.past)))
        lacking = [r for r in self.readings if r.period_end > latest.period_end and r.missing]
        return [*told, *(remarks.parts_missing(later.missing) for later in lacking[-1:])]

    def _needed(self, latest: Reading | None) -> dict[str, float]:
        """Return what is needed from the latest reading; nothing once the end is over."""
        if latest is None or self.today > self.target.end:
            return {}
        number, years = self.target.number, years_between(latest.period_end, self.target.end)
        # A value that is to fall lacks what it is above the target.
        sign = 1.0 if self.target.direction == AT_LEAST else -1.0
        gap = sign * (number - latest.value)
        if self.target.kind != RATIO:
            return {"growth": growth_needed(latest.value, number, years), "gap": gap}
        wanted = number / self.target.scale * latest.denominator
        return {
            "points": points_needed(latest.value, number, years),
            "gap": gap,
            "numerator_gap": sign * (wanted - latest.numerator),
        }


def monitoring_remarks(parameters: MonitoringParameters = MONITORING_DEFAULTS) -> list[Text]:
    """Return what belongs to every number of the targets: rule version and parameters."""
    told = f"{MONITORING_RULE_VERSION}; {parameters.as_text()}"
    return [Text(f"监测规则：{told}", f"Rule of monitoring: {told}")]
