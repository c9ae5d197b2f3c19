"""The judgement of all carriers, and their ranking by drawn weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.crs import STORAGE_CRS
from geo.scorecards import score
from geo.underuse import STATES
from geo.underuse import UnderuseParameters
from geo.underuse import underuse
from layers.analysis import require_layers
from layers.clock import local_day
from layers.export.sheets import export_crs
from layers.export.sheets import layer_sheet
from layers.frames import GEOMETRY
from layers.frames import has_geometry
from layers.marks import is_sample
from layers.scorecards import CARRIER_CARD
from layers.scorecards import load_scorecards
from layers.underuse.leasing import received_rent
from layers.underuse.public import public_reasons
from layers.underuse.ranking import DEFAULT_RANKING
from layers.underuse.ranking import RankChoice
from layers.underuse.ranking import finite
from layers.underuse.ranking import measures
from layers.underuse.ranking import of_card
from layers.underuse.ranking import ranks
from layers.underuse.ranking import weighted
from layers.underuse.ranking import with_worst
from layers.underuse.register import carrier_register

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geo.scorecards import Scorecard
    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

UNDERUSE_LAYERS = ("carriers", "units", "parks", "zones", "stations", "operators", "replies")
"""The layers that underused space is judged, searched and offered from."""

PUBLIC_COLUMNS = (
    "carrier_id",
    "name",
    "park_id",
    "vacancy_rate",
    "vacant_months",
    "tax_yuan_m2",
    "peer_median_tax_yuan_m2",
    "state",
    "recoverable_area_m2",
    "rank_low",
    "rank_high",
    "p_worst_third",
    "evidence_share",
    "reason_zh",
    "reason_en",
    "rule_version",
)
"""The columns that scripts may rely on, in their order; more follow."""

_MORE_COLUMNS = (
    "possible",
    "exemption",
    "blockers",
    "missing",
    "doubted",
    "flaw",
    "vacancy_low",
    "vacancy_high",
    "months_low",
    "months_high",
    "yardstick",
    "output_low",
    "output_high",
    "output_area",
    "peer_median",
    "peers",
    "peers_known",
    "ratio_low",
    "ratio_high",
    "age_low",
    "age_high",
    "data_age_months",
    "recoverable_low",
    "recoverable_high",
    "score_low",
    "score_high",
    "disposal",
    "carrier_class",
    "tenure",
    "operator",
    "owner",
    "data_date",
    "sample",
    "parameters",
    "public_reason_zh",
    "public_reason_en",
)
_OF_REGISTER = ("carrier_id", "name", "park_id", "carrier_class", "tenure", "operator", "owner")


@dataclass(frozen=True, slots=True, eq=False)
class Underuse:
    """The judgement of all carriers.

    Attributes
    ----------
    table
        One row a carrier, most severe state first: :data:`PUBLIC_COLUMNS` and more. An
        empty upper end (``…_high``) beside a known lower one has no limit.
        Rank 1 is the most underused; ranks are the ends of a 90 % interval.
    contributions
        One row a carrier and criterion of the ranking, see :class:`geo.scorecards.Scores`.
    facts
        What is known of each carrier, as intervals; index ``carrier_id``.
    parameters, card, choice
        What it was judged and ranked by.
    """

    table: pd.DataFrame
    contributions: pd.DataFrame
    facts: pd.DataFrame
    parameters: UnderuseParameters
    card: Scorecard
    choice: RankChoice


def default_underuse(tables: Tables, **changes: Any) -> UnderuseParameters:  # noqa: ANN401 - numbers or days
    """Return the parameters of a judgement on the day of the data.

    Parameters
    ----------
    tables
        Layers by key; the latest ``data_date`` of the carriers that is not still to come
        is the day of the question, so that the same data give the same answer on any
        day; today if no carrier has one.
    changes
        Parameters by name that are not to be the defaults.

    Raises
    ------
    AtlasError
        If there are no carriers.
    ValueError
        If a value means nothing, see :class:`geo.underuse.UnderuseParameters`.
    """
    require_layers(tables, "carriers")
    as_of: date | None = changes.pop("as_of", None)
    if as_of is None:
        dates = tables["carriers"]["data_date"]
        today = local_day()
        # A date that is still to come is a slip of the pen, and must not date the district.
        latest = dates[dates.le(pd.Timestamp(today))].max()
        as_of = today if pd.isna(latest) else latest.date()
    return UnderuseParameters(as_of=as_of, **changes)


def underuse_of(
    tables: Tables,
    catalogue: Catalogue,
    parameters: UnderuseParameters | None = None,
    *,
    choice: RankChoice = DEFAULT_RANKING,
    card: Scorecard | None = None,
) -> Underuse:
    """Judge and rank all carriers.

    Parameters
    ----------
    tables
        Layers by key; ``carriers`` is needed.
    catalogue
        Its folder has the scorecards.
    parameters
        The rule; that of :func:`default_underuse` if left out.
    choice
        How the ranking doubts its weights.
    card
        The card that is ranked by; ``carrier`` of the edition if left out.

    Raises
    ------
    AtlasError
        If there are no carriers; UsageError if weights mean nothing.
    """
    carriers = carrier_register(tables, catalogue)
    rule = parameters or default_underuse(tables)
    scorecards = load_scorecards(catalogue.folder)
    ranked_by = weighted(card or scorecards.cards[CARRIER_CARD], choice)
    found = underuse(carriers, rule)
    scores = score(*of_card(measures(found, received_rent(tables)), ranked_by), ranked_by)
    table = found.join(public_reasons(found, rule)).assign(
        **{name: carriers[name] for name in _OF_REGISTER},
        data_date=carriers["data_date"],
        sample=is_sample(carriers),
        disposal=_disposals(found["state"], {s: scorecards.of_state(s) for s in STATES}),
        parameters=f"{rule.as_text()}; {ranked_by.version}; {choice.as_text()}",
    )
    table = table.join(scores.table.set_index("subject_id")[["score_low", "score_high"]])
    table = with_worst(table.join(ranks(scores, choice, found["state"])))
    ordered = finite(_ordered(table))
    return Underuse(ordered, scores.contributions, found, rule, ranked_by, choice)


def underuse_layer(
    found: Underuse, tables: Tables, *, coarse: LayerSpec | None = None
) -> gpd.GeoDataFrame:
    """Return the judgement with the places of the carriers.

    Parameters
    ----------
    found
        The judgement.
    tables
        The layers that it was made from.
    coarse
        Description of the carriers; if it is given, places are as rough as in a public
        copy of that layer.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows of ``found.table`` in EPSG:4490; no geometry where a carrier is not
        located.
    """
    carriers = tables["carriers"]
    if not has_geometry(carriers):
        return gpd.GeoDataFrame(found.table, geometry=[None] * len(found.table), crs=STORAGE_CRS)
    shapes = carriers.geometry.to_numpy()
    if coarse is not None:
        crs = export_crs(STORAGE_CRS)
        public = layer_sheet(carriers, coarse, crs=crs, audience="public", lang="zh")
        shapes = public.frame[GEOMETRY].to_numpy()
    places = dict(zip(carriers["carrier_id"], shapes, strict=True))
    geometry = [places[carrier] for carrier in found.table["carrier_id"]]
    return gpd.GeoDataFrame(found.table, geometry=geometry, crs=STORAGE_CRS)


def _disposals(states: pd.Series[str], words: Mapping[str, Any]) -> pd.Series[str]:
    keys = {state: "" if found is None else found.key for state, found in words.items()}
    return states.map(keys).astype("str")


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    severity = table["state"].map({state: number for number, state in enumerate(STATES)})
    ordered = table.assign(_severity=severity).sort_values(
        ["_severity", "recoverable_high", "carrier_id"],
        ascending=[False, False, True],
        na_position="last",
    )
    return ordered[[*PUBLIC_COLUMNS, *_MORE_COLUMNS]].reset_index(drop=True)
