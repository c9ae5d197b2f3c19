"""What is known of building space, as intervals: an unknown cell is a range, never 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.underuse.areas import CLOSURE
from geo.underuse.areas import recoverable_interval
from geo.underuse.areas import vacancy_interval
from geo.underuse.parameters import EVIDENCE
from geo.underuse.parameters import INCUBATED
from geo.underuse.parameters import TAX
from geo.underuse.parameters import YARDSTICKS
from geo.underuse.register import PARTS
from geo.underuse.register import joined_names
from geo.underuse.register import known_columns
from geo.vacancy import vacant_months

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geo.underuse.parameters import UnderuseParameters

_YEAR_MONTHS = 12
_PER = {TAX: 1e4, INCUBATED: 1e3}  # 万元 to yuan on 1 m²; firms on 1,000 m²


def underuse_facts(
    carriers: pd.DataFrame,
    parameters: UnderuseParameters,
    *,
    benchmarks: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what is known of every carrier, as intervals.

    Parameters
    ----------
    carriers
        The register, columns as in the catalogue; an absent one is unknown.
    parameters
        The day of the question, thresholds and weights.
    benchmarks
        Median output by class, to judge by frozen medians; of the carriers themselves
        by default.

    Returns
    -------
    pandas.DataFrame
        Index of `carriers`. ``vacancy_low``, ``vacancy_high`` in [0, 1] and ``flaw``;
        ``months_low``, ``months_high`` of vacancy (``inf`` for no upper end);
        ``yardstick`` (``tax``: yuan per m² and year; ``incubated``: firms per 1,000 m²),
        ``output_low``, ``output_high`` (equal; NaN if unknown) and ``output_area``
        (``above_ground`` or ``gross``, which area it is over), ``peer_median``, ``peers``,
        ``peers_known``, ``ratio_low``, ``ratio_high`` to the median, NaN if unknown;
        ``age_low``, ``age_high`` in months since completion or refit;
        ``data_age_months``, full ones; ``hold``, ``doubted``; ``knows_…`` for each of
        :data:`geo.underuse.parameters.EVIDENCE`, ``evidence_share`` in [0, 1];
        ``recoverable_low``, ``recoverable_high`` in m²; ``missing``, the fields that
        would tell more, joined by ``;``.

    Raises
    ------
    ValueError
        If two rows have one index label.
    """
    if not carriers.index.is_unique:
        msg = "`carriers` must have an index without repeated labels."
        raise ValueError(msg)
    known = known_columns(carriers)
    vacancy = vacancy_interval(carriers)
    recoverable = recoverable_interval(carriers, parameters.kept_vacancy)
    facts = pd.DataFrame(
        {
            "vacancy_low": vacancy["low"],
            "vacancy_high": vacancy["high"],
            "flaw": vacancy["flaw"],
            "recoverable_low": recoverable["low"],
            "recoverable_high": recoverable["high"],
            "hold": known["hold"].fillna("").astype(str),
            "doubted": known["doubted"],
        },
        index=carriers.index,
    )
    facts = facts.join(_ages(known, parameters.as_of)).join(_outputs(known, parameters, benchmarks))
    facts = facts.join(_months(known, facts, parameters.as_of))
    facts["data_age_months"] = _data_age(known["data_date"], parameters.as_of)
    facts = facts.join(evidence(facts, parameters))
    return facts.assign(missing=_missing(known, facts))


def _ages(known: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return the months since completion or refit, whichever is later.

    A blank refit is read as no refit known, and one that is still to come is none. What
    was refitted or stood empty at a time was built by then.
    """
    exact = vacant_months(known["completed"], as_of)
    january = (as_of.year - known["completed_year"]) * _YEAR_MONTHS + (as_of.month - 1)
    month = pd.to_datetime(known["refitted"], format="%Y-%m", errors="coerce")
    refit = vacant_months(known["refitted"], as_of).mask(month.gt(pd.Timestamp(as_of)))
    since = vacant_months(known["vacant_since"], as_of)
    year_high = january.clip(lower=0).fillna(np.inf)
    year_low = (january - (_YEAR_MONTHS - 1)).clip(lower=0).fillna(0.0)
    proven = pd.concat([refit, since, year_low], axis=1).max(axis=1)
    built_high = exact.fillna(year_high)
    built_low = exact.fillna(proven.clip(upper=year_high))
    return pd.DataFrame(
        {
            "age_low": np.fmin(built_low, refit),
            "age_high": np.fmin(built_high, refit),
            "built_high": built_high,
        }
    )


def _months(known: pd.DataFrame, facts: pd.DataFrame, as_of: date) -> pd.DataFrame:
    month = pd.to_datetime(known["vacant_since"], format="%Y-%m", errors="coerce")
    # A month that is still to come says nothing of how long space has stood empty.
    since = vacant_months(known["vacant_since"], as_of).mask(month.gt(pd.Timestamp(as_of)))
    full = facts["vacancy_high"].eq(0)
    low = since.fillna(0.0).mask(full, 0.0)
    # Nothing stands empty for longer than the building stands.
    high = since.fillna(facts["built_high"]).mask(full, 0.0)
    return pd.DataFrame({"months_low": low, "months_high": high})


def _data_age(dates: pd.Series, as_of: date) -> pd.Series:
    months = (as_of.year - dates.dt.year) * _YEAR_MONTHS + (as_of.month - dates.dt.month)
    full: pd.Series[float] = (months - (dates.dt.day > as_of.day)).astype("float64")
    return full


def _outputs(
    known: pd.DataFrame, parameters: UnderuseParameters, benchmarks: Mapping[str, float] | None
) -> pd.DataFrame:
    """Return output per area by the yardstick of the class, against the median of the class."""
    classes = known["carrier_class"]
    yardstick = classes.map(YARDSTICKS).fillna(TAX).where(classes.notna(), TAX).astype(str)
    above, gross = (
        known[name].where(known[name].gt(0)) for name in ("above_ground_area_m2", "gross_area_m2")
    )
    # More rentable than there is: one of the two is wrong, so neither is divided by.
    gross = gross.mask(known["rentable_area_m2"] > gross * (1 + CLOSURE))
    area = above.fillna(gross)
    amount = known["tax_wan"].where(yardstick.eq(TAX), known["incubated"])
    output = amount * yardstick.map(_PER).astype("float64") / area
    peers = output.groupby(classes.fillna("").astype(str))
    reporting = peers.transform("count").where(classes.notna(), 0)
    median = peers.transform("median").where(reporting.ge(parameters.least_peers))
    if benchmarks is not None:
        median = classes.map(dict(benchmarks)).astype("float64")
    ratio = output / median.where(median.gt(0) & np.isfinite(median))
    basis = np.select([above.notna(), gross.notna()], ["above_ground", "gross"], "")
    return pd.DataFrame(
        {
            "yardstick": yardstick,
            "output_low": output,
            "output_high": output,
            "output_area": np.where(output.notna(), basis, ""),
            "peer_median": median,
            "peers": peers.transform("size").where(classes.notna(), 0),
            "peers_known": reporting,
            "ratio_low": ratio,
            "ratio_high": ratio,
        }
    )


def evidence(facts: pd.DataFrame, parameters: UnderuseParameters) -> pd.DataFrame:
    """Return which pieces of evidence are known, and their share of the weight.

    Parameters
    ----------
    facts
        Intervals as in :func:`underuse_facts`.
    parameters
        Thresholds and weights.

    Returns
    -------
    pandas.DataFrame
        ``knows_…`` for each of :data:`geo.underuse.parameters.EVIDENCE` and
        ``evidence_share``. A month count or an age that is not exact is known when no
        value of its range would be judged otherwise.
    """
    ramp, months = parameters.ramp_up_months, parameters.vacant_months
    knows = {
        "vacancy": facts["vacancy_low"].eq(facts["vacancy_high"]) & facts["flaw"].eq(""),
        "duration": facts["months_low"].ge(months) | facts["months_high"].lt(months),
        "output": facts["ratio_low"].notna(),
        "completion": facts["age_low"].ge(ramp) | facts["age_high"].lt(ramp),
        "date": facts["data_age_months"].le(parameters.stale_months),
    }
    weights = parameters.weights
    known = pd.DataFrame(knows)[list(EVIDENCE)].astype("float64")
    share = known.mul(pd.Series(weights)).sum(axis=1)
    found = pd.DataFrame({f"knows_{name}": knows[name] for name in EVIDENCE})
    # Twelve digits are enough, and 0.4 + 0.15 + 0.25 is then 0.8.
    return found.assign(evidence_share=(share / sum(weights.values())).round(12))


def _missing(known: pd.DataFrame, facts: pd.DataFrame) -> pd.Series:
    """Name the fields that would tell more where something is not known."""
    blank = known.isna()
    areas = ("rentable_area_m2", *PARTS)
    tax = facts["yardstick"].eq(TAX)
    no_area = blank["above_ground_area_m2"] & blank["gross_area_m2"]
    wanted = {
        **{name: blank[name] & ~facts["knows_vacancy"] for name in areas},
        "vacant_since": blank["vacant_since"] & ~facts["knows_duration"],
        "tax_wan": blank["tax_wan"] & tax,
        "incubated": blank["incubated"] & ~tax,
        "gross_area_m2": no_area,
        "carrier_class": blank["carrier_class"],
        "completed": blank["completed"] & ~facts["knows_completion"],
        "data_date": blank["data_date"],
    }
    return pd.Series(joined_names(pd.DataFrame(wanted)), index=known.index, dtype="str")
