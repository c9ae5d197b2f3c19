"""The numbers by which the districts of a city are coloured and listed."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from views.city import data
from views.text import _
from views.text import num

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from layers.city import City
    from views.city.data import Command
    from views.city.data import Run

USUAL = "parks"


@dataclass(frozen=True, slots=True)
class Number:
    """A number of every district.

    Attributes
    ----------
    title
        In the language of the session.
    of_code
        By code of the district; missing where it is not known.
    unit
        Behind the number; empty for a count.
    whole
        Whether it is a count.
    command
        By which batch it was computed; None for one that the city itself records.
    left_out
        By code, of how many rows the number is unknown and left out of the sum.
    judged
        Whether those rows are left out because no flag could be decided for them.
    """

    title: str
    of_code: pd.Series[float]
    unit: str = ""
    whole: bool = True
    command: Command | None = None
    left_out: pd.Series[float] | None = None
    judged: bool = False

    def text(self, code: str) -> str:
        """Return the number of a district as people read it; a dash if it is not known."""
        return num(self.of_code.get(code), digits=0 if self.whole else 1, unit=self.unit)

    @property
    def heading(self) -> str:
        """The title with its unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


def all_numbers(city: City) -> dict[str, Number]:
    """Return what there is to show of the districts, by name; first what needs no batch."""
    counted = {
        "parks": Number(_("Parks"), data.rows(city, "parks")),
        "carriers": Number(_("Carriers"), data.rows(city, "carriers")),
        "buildings": Number(_("Buildings"), data.rows(city, "buildings")),
    }
    found = {name: number for name, number in counted.items() if len(number.of_code)}
    makers: Mapping[Command, Callable[[Run], dict[str, Number]]] = {
        "scatter": _scatter,
        "underused": _underused,
        "consolidate": _consolidated,
    }
    for command, run in data.runs(city).items():
        found |= makers[command](run)
    return found


def _scatter(run: Run) -> dict[str, Number]:
    judged, red = _column(run, "judged"), _column(run, "red")
    share = 100 * red / judged.where(judged > 0)
    undecided = _column(run, "parks") - judged
    found = {
        "red": Number(_("Parks with a red flag"), red, left_out=undecided, judged=True),
        "red_share": Number(
            _("Red parks among those judged"),
            share,
            "%",
            whole=False,
            left_out=undecided,
            judged=True,
        ),
        "enclaves": Number(
            _("Enclaves"), _column(run, "enclaves"), left_out=_column(run, "sites_unknown")
        ),
    }
    return _of("scatter", found)


def _underused(run: Run) -> dict[str, Number]:
    found = {
        "vacant": Number(
            _("Vacant floor area"),
            _column(run, "vacant_area_m2"),
            "m²",
            left_out=_column(run, "vacant_area_unknown"),
        ),
        "recoverable": Number(
            _("Recoverable floor area, at least"),
            _column(run, "recoverable_low"),
            "m²",
            left_out=_column(run, "recoverable_unknown"),
        ),
    }
    return _of("underused", found)


def _consolidated(run: Run) -> dict[str, Number]:
    before, fewest = _column(run, "presences_before"), _column(run, "fewest")
    unsolved = _column(run, "unsolved")
    # The sum over districts leaves out those without a plan, so nothing can be taken from it.
    saved = (before - fewest).where(unsolved.fillna(0) == 0)
    found = {
        "presences": Number(_("Sites today"), before),
        "saved": Number(_("Sites that a plan can save"), saved, left_out=unsolved),
    }
    return _of("consolidate", found)


def _of(command: Command, found: dict[str, Number]) -> dict[str, Number]:
    return {name: replace(number, command=command) for name, number in found.items()}


def _column(run: Run, name: str) -> pd.Series[float]:
    """Return a column of a summary; unknown everywhere if the summary has none."""
    if name not in run.table:
        return pd.Series(float("nan"), index=run.table.index, dtype="float64")
    return pd.to_numeric(run.table[name], errors="coerce").astype("float64")
