"""Checks of numbers and dates: within a row, over a column, and across layers.

All of it is tables: what must not be more than what, what cannot be before what, and
which median betrays a wrong unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.errors import Text
from layers.intake.checks.checking import Hit
from layers.intake.checks.checking import days
from layers.intake.checks.checking import numbers
from layers.intake.checks.checking import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from layers.intake.checks.checking import Scene

ROUNDING = 0.001
"""A part is more than its whole if it is by this share: areas are rounded in registers [J]."""

LEASED_SHARE = 0.05
LEASED_M2 = 10.0
"""Leased areas of two tables of one month differ by both at most [J]."""

UNITS_SHARE = 0.01
"""Units add up to more than their building by this share at most [J]."""

FLOOR_RATIO = 20.0
"""Gross area over land area: no plot of a Chinese city is built up more densely [J]."""

# Layer, a part, and the whole that it is a part of.
_PARTS: tuple[tuple[str, str, str], ...] = (
    ("carriers", "vacant_area_m2", "rentable_area_m2"),
    ("carriers", "leased_area_m2", "rentable_area_m2"),
    ("carriers", "locked_area_m2", "rentable_area_m2"),
    ("carriers", "rentable_area_m2", "gross_area_m2"),
    ("carriers", "above_ground_area_m2", "gross_area_m2"),
    ("carriers", "largest_vacant_m2", "vacant_area_m2"),
    ("carriers", "registered_tenants", "tenants"),
    ("carriers", "rd_wan", "revenue_wan"),
    ("carriers", "district_tax_wan", "tax_wan"),
)

# Layer, what is first, and what cannot be before it.
_ORDERS: tuple[tuple[str, str, str], ...] = (
    ("units", "lease_start", "lease_end"),
    ("carriers", "completed", "refitted"),
    ("carriers", "completed", "vacant_since"),
    ("replies", "data_date", "start"),
    ("tasks", "start", "end"),
    ("tasks", "submitted_on", "confirmed_on"),
)

# Layer, and what has happened by the date of the data.
_PAST: tuple[tuple[str, str], ...] = (
    ("carriers", "vacant_since"),
    ("carriers", "completed"),
    ("carriers", "completed_year"),
    ("carriers", "refitted"),
    ("parks", "established"),
    ("incubators", "established"),
    ("platforms", "established"),
    ("milestones", "done_on"),
    ("evidence", "added_on"),
)
_DATA_DATE = "data_date"
_TODAY = Text("今天", "today")
_FROM_LAYER = Text("（图层中原有值）", " (kept from the layer)")


@dataclass(frozen=True, slots=True)
class _UnitRule:
    """A median between two bounds betrays that a column stands in another unit.

    Attributes
    ----------
    layer, field
        The column.
    per
        The column by which it is divided, empty for none.
    factor
        By which it is multiplied, so that the quotient has the unit `measure`.
    above, below
        Between which medians the unit is suspected.
    beside
        Another column and the median that it must be above.
    measure
        Unit of the median.
    guess
        What may have happened.
    """

    layer: str
    field: str
    per: str
    factor: float
    above: float
    below: float
    beside: tuple[str, float] | None
    measure: Text
    guess: Text


_YUAN_PER_M2 = Text("元/m²", "yuan/m²")
_YUAN_FOR_WAN = Text(
    "以元填入了万元的列", "yuan may have been written where 10 000 yuan are the unit"
)

# The bounds are ours [J]: a tenth or less of what a slip makes of usual values.
_UNIT_RULES: tuple[_UnitRule, ...] = (
    *(
        _UnitRule(
            "carriers", name, "gross_area_m2", 1e4, bound, np.inf, None, _YUAN_PER_M2, _YUAN_FOR_WAN
        )
        for name, bound in (
            ("tax_wan", 1e5),
            ("district_tax_wan", 1e5),
            ("rd_wan", 1e6),
            ("revenue_wan", 5e6),
        )
    ),
    _UnitRule(
        "carriers",
        "land_area_m2",
        "",
        1.0,
        0.0,
        200.0,
        ("gross_area_m2", 5000.0),
        Text("m²", "m²"),
        Text("以亩填入了平方米的列", "mu may have been written where square metres are the unit"),
    ),
    *(
        _UnitRule(
            layer,
            "rent_yuan_m2_day",
            "",
            1.0,
            20.0,
            600.0,
            None,
            Text("元/(m²·天)", "yuan/(m²·day)"),
            Text("按月的租金填入了按天的列", "rents by the month may stand for rents by the day"),
        )
        for layer in ("carriers", "units")
    ),
)


def part_above_whole(scene: Scene) -> Iterator[Hit]:
    """Find parts that are more than their whole."""
    for part, whole in _of(scene, _PARTS):
        parts, wholes = numbers(scene.after, part), numbers(scene.after, whole)
        for i in np.flatnonzero(scene.mine & (parts > wholes * (1 + ROUNDING))):
            details = {"whole": f"{wholes[i]:,.6g}", **_titles(scene, part=part, whole=whole)}
            details |= _origins(scene, part=part, whole=whole)
            yield Hit(scene.ids[i], part, f"{parts[i]:,.6g}", details)


def floor_ratio_high(scene: Scene) -> Iterator[Hit]:
    """Find buildings with far more floor than ground."""
    gross, land = (numbers(scene.after, f"{name}_area_m2") for name in ("gross", "land"))
    ratio = np.divide(gross, land, out=np.full(len(gross), np.nan), where=land > 0)
    for i in np.flatnonzero(scene.mine & (ratio > FLOOR_RATIO)):
        details = {"gross": f"{gross[i]:,.1f}", "ratio": f"{ratio[i]:,.1f}"}
        details |= _origins(scene, gross="gross_area_m2", land="land_area_m2")
        yield Hit(scene.ids[i], "land_area_m2", f"{land[i]:,.1f}", details)


def dates_reversed(scene: Scene) -> Iterator[Hit]:
    """Find dates that lie before what came first."""
    for early, late in _of(scene, _ORDERS):
        apart = days(scene.after, late) < days(scene.after, early)
        told = texts(scene.after, early), texts(scene.after, late)
        for i in np.flatnonzero(scene.mine & apart):
            details = {"early": _day(told[0][i]), **_titles(scene, early=early, late=late)}
            details |= _origins(scene, early=early, late=late)
            yield Hit(scene.ids[i], late, _day(told[1][i]), details)


def date_in_future(scene: Scene) -> Iterator[Hit]:
    """Find what happened after the date of the data, or after today if that is unknown."""
    dated = days(scene.after, _DATA_DATE)
    known = ~np.isnat(dated)
    limit = np.where(known, np.minimum(dated, scene.today), scene.today)
    names = [name for (name,) in _of(scene, _PAST)]
    for name in (*names, *([_DATA_DATE] if scene.spec.has_field(_DATA_DATE) else [])):
        ends = np.full(len(dated), scene.today) if name == _DATA_DATE else limit
        told = texts(scene.after, name)
        for i in np.flatnonzero(scene.mine & (days(scene.after, name) > ends)):
            by_data = bool(known[i]) and name != _DATA_DATE and dated[i] <= scene.today
            against = scene.spec.field(_DATA_DATE).title if by_data else _TODAY
            details = {"limit": str(ends[i])[:10], **_titles(scene, title=name)}
            details |= {"against_zh": against.zh, "against_en": against.en}
            yield Hit(scene.ids[i], name, _day(told[i]), details)


def negative_tax(scene: Scene) -> Iterator[Hit]:
    """Find taxes below 0: refunds may make them so, and so does a slip."""
    taxes = numbers(scene.after, "tax_wan")
    for i in np.flatnonzero(scene.mine & (taxes < 0)):
        details = {**_titles(scene, title="tax_wan"), **_origins(scene, tax="tax_wan")}
        yield Hit(scene.ids[i], "tax_wan", f"{taxes[i]:,.6g}", details)


def unit_suspect(scene: Scene) -> Iterator[Hit]:
    """Find columns of the file whose median speaks of another unit."""
    frame = scene.after[scene.mine]
    for rule in _UNIT_RULES:
        if rule.layer != scene.spec.key or (rule.beside and _beside(frame, rule.beside)):
            continue
        values = numbers(frame, rule.field) * rule.factor
        if rule.per:
            per = numbers(frame, rule.per)
            # What is beyond all bounds is left out with the rest that is no number.
            with np.errstate(over="ignore"):
                values = np.divide(values, per, out=np.full(len(per), np.nan), where=per > 0)
        values = values[np.isfinite(values)]
        if len(values) and rule.above < (median := float(np.median(values))) < rule.below:
            details = {"count": len(values), **_titles(scene, title=rule.field)}
            for lang in ("zh", "en"):
                details[f"measure_{lang}"] = rule.measure.get(lang)
                details[f"guess_{lang}"] = rule.guess.get(lang)
            yield Hit("", rule.field, f"{median:,.6g}", details)


def leased_differs(scene: Scene) -> Iterator[Hit]:
    """Find carriers whose leased units do not add up to their leased area.

    A carrier of which the state or the area of a unit is unknown is not compared.
    """
    units = scene.layer("units")
    area, state = numbers(units, "floor_area_m2"), texts(units, "state")
    leased = np.where(state == "leased", area, 0.0)
    sums = _sums(units, np.where((state == "") | np.isnan(area), np.nan, leased))
    for carrier, reported, known, total in _compared(scene, sums, "leased_area_m2"):
        if abs(total - known) > max(LEASED_SHARE * known, LEASED_M2):
            details = {"carrier": carrier, "units": f"{total:,.1f}", "leased": f"{known:,.1f}"}
            yield Hit(reported, _field(scene, "leased_area_m2"), f"{total:,.1f}", details)


def units_exceed_carrier(scene: Scene) -> Iterator[Hit]:
    """Find carriers whose units add up to more than the building; unknown ones add nothing."""
    units = scene.layer("units")
    sums = _sums(units, np.nan_to_num(numbers(units, "floor_area_m2")))
    for carrier, reported, known, total in _compared(scene, sums, "gross_area_m2"):
        if total > known * (1 + UNITS_SHARE):
            details = {"carrier": carrier, "units": f"{total:,.1f}", "gross": f"{known:,.1f}"}
            yield Hit(reported, _field(scene, "gross_area_m2"), f"{total:,.1f}", details)


def _of(scene: Scene, table: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, ...]]:
    """Return the rows of a table that are about the layer and about fields that it has."""
    for layer, *names in table:
        if layer == scene.spec.key and all(scene.spec.has_field(name) for name in names):
            yield tuple(names)


def _titles(scene: Scene, **names: str) -> dict[str, object]:
    """Return titles of fields in both languages, under the given words."""
    return {
        f"{word}_{lang}": scene.spec.field(name).title.get(lang)
        for word, name in names.items()
        for lang in ("zh", "en")
    }


def _origins(scene: Scene, **names: str) -> dict[str, str]:
    """Return where values of fields come from, if not from the file, under the given words."""
    return {
        f"{word}_from_{lang}": _FROM_LAYER.get(lang) if name in scene.kept_fields else ""
        for word, name in names.items()
        for lang in ("zh", "en")
    }


def _day(text: str) -> str:
    return text[:10]


def _beside(frame: pd.DataFrame, beside: tuple[str, float]) -> bool:
    """Tell whether the other column does not speak for a slip: unknown, or small as well."""
    values = numbers(frame, beside[0])
    values = values[np.isfinite(values)]
    return not len(values) or float(np.median(values)) <= beside[1]


def _sums(units: pd.DataFrame, values: NDArray[np.float64]) -> pd.Series[float]:
    """Return sums by carrier; one unknown value makes the sum unknown."""
    by = pd.DataFrame({"carrier": texts(units, "carrier_id"), "value": values})
    grouped = by[by["carrier"].ne("")].groupby("carrier")["value"]
    return grouped.sum().where(grouped.count() == grouped.size())


def _compared(
    scene: Scene, sums: pd.Series[float], field: str
) -> Iterator[tuple[str, str, float, float]]:
    """Return carrier, id of the row to report, number of the carrier, and sum of its units."""
    carriers = scene.layer("carriers")
    known = pd.Series(numbers(carriers, field), index=texts(carriers, "carrier_id"))
    table = pd.DataFrame({"known": known, "total": sums.reindex(known.index)}).dropna()
    told = texts(scene.after, "carrier_id")[scene.mine]
    ids = texts(scene.after, scene.spec.id_field)[scene.mine]
    # Of the units of a carrier the first one in the file stands for all.
    first = dict(zip(told[::-1].tolist(), ids[::-1].tolist(), strict=True))
    for carrier, *pair in table.itertuples():
        if carrier in first:
            yield str(carrier), first[carrier], *map(float, pair)


def _field(scene: Scene, name: str) -> str:
    return name if scene.spec.has_field(name) else "floor_area_m2"
