"""What a chapter is made from: layers, results of the analyses, and who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import to_metric
from geo.zones import zone_shares
from layers import i18n
from layers.analysis import scatter_of
from layers.errors import Text
from layers.export.few import without_few
from layers.frames import empty_frame
from layers.frames import has_geometry
from layers.marks import is_located
from layers.stock import ChanceChoice
from layers.underuse import underuse_of
from layers.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.report.request import ReportRequest
    from layers.scenarios import Scenario
    from layers.underuse import Underuse

_HALF = 0.5
WAN = 10_000.0
"""Areas in text are told in 万 m², ten thousand square metres."""


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """What a chapter is made from.

    Attributes
    ----------
    tables
        Layers by key as the audience may have them, EPSG:4490.
    catalogue, request, sources
        Their description, what was asked for, and the list of sources.
    versions
        Version of every layer of the workspace.
    stamp
        Day of the chapter.
    scatter, underuse
        Results for all parks and carriers; None if there are no carriers.
    scenario
        A saved consolidation scenario, or None.
    everything
        The layers with what is internal; results are computed from these.
    """

    tables: Mapping[str, pd.DataFrame]
    catalogue: Catalogue
    request: ReportRequest
    sources: pd.DataFrame
    versions: Mapping[str, int]
    stamp: date
    scatter: ScatterResult | None
    underuse: Underuse | None
    scenario: Scenario | None
    everything: Mapping[str, pd.DataFrame]

    @property
    def lang(self) -> str:
        """Language of the chapter."""
        return self.request.lang

    def say(self, zh: str, en: str) -> str:
        """Return the sentence in the language of the chapter."""
        return zh if self.lang == "zh" else en

    def table(self, key: str) -> pd.DataFrame:
        """Return a layer; without rows if there is none."""
        found = self.tables.get(key)
        return empty_frame(self.catalogue.layer(key)) if found is None else found

    def number(self, value: object, *, digits: int = 0) -> str:
        """Return a number as text has it; a dash if unknown."""
        return i18n.number(value, "zh" if self.lang == "zh" else "en", digits=digits)

    def percent(self, value: object) -> str:
        """Return a share as a percentage; a dash if unknown."""
        return i18n.percent(value, "zh" if self.lang == "zh" else "en")

    def area(self, value_m2: float) -> str:
        """Return a floor area as text tells it."""
        if i18n.unknown(value_m2):
            return i18n.UNKNOWN
        if self.lang == "zh":
            return f"{self.number(value_m2 / WAN, digits=2)} 万 m²"
        return f"{self.number(value_m2)} m²"


def make_basis(  # noqa: PLR0913 -- everything a chapter rests on, each by name
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    request: ReportRequest,
    *,
    versions: Mapping[str, int],
    stamp: date,
    sources: pd.DataFrame,
    scenario: Scenario | None,
    draws: int,
    scatter: ScatterResult | None = None,
    underuse: Underuse | None = None,
) -> Basis:
    """Compute what is told and take away what the audience may not have.

    Parameters
    ----------
    tables, catalogue, request, versions, stamp, sources, scenario
        As in :class:`Basis`, the layers with everything.
    draws
        Random placements of the test against chance.
    scatter, underuse
        Results that are there already, of the same layers.
    """
    carriers = len(tables.get("carriers", ())) > 0
    if carriers and scatter is None:
        scatter = scatter_of(tables, catalogue, chance=ChanceChoice(draws=draws))
    if carriers and underuse is None:
        underuse = underuse_of(tables, catalogue)
    shown = _public(tables, catalogue) if request.public else tables
    return Basis(
        tables=shown,
        catalogue=catalogue,
        request=request,
        sources=sources,
        versions=versions,
        stamp=stamp,
        scatter=scatter,
        underuse=underuse,
        scenario=scenario,
        everything=tables,
    )


def _public(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue) -> dict[str, pd.DataFrame]:
    """Return the layers without internal ones, internal fields, and what tells of few firms."""
    kept = {}
    for spec in catalogue.layers:
        if spec.key in tables and spec.sensitivity != "internal":
            internal = {f.name for f in spec.fields if f.sensitivity == "internal"}
            frame = without_few(tables[spec.key], spec)
            kept[spec.key] = frame.drop(columns=[c for c in frame.columns if c in internal])
    return kept


def left_out(basis: Basis) -> tuple[LayerSpec, ...]:
    """Return the layers with rows that the audience may not have."""
    return tuple(
        spec
        for spec in basis.catalogue.layers
        if len(basis.everything.get(spec.key, ())) and spec.key not in basis.tables
    )


def located_count(frame: pd.DataFrame) -> int:
    """Return how many rows have a place."""
    return int(is_located(frame).sum())


def inside(basis: Basis, key: str, zone: pd.DataFrame) -> pd.Series[bool]:
    """Tell which rows of a layer are in a zone.

    Parameters
    ----------
    basis
        The layers.
    key
        Which layer.
    zone
        One row of the zones.

    Returns
    -------
    pandas.Series of bool
        Index of the layer: points in the zone, and footprints of which at least half
        is; never a row without place.
    """
    frame = basis.table(key)
    if not has_geometry(frame) or not has_geometry(zone) or not located_count(zone):
        return pd.Series(data=False, index=frame.index)
    meridian = basis.catalogue.central_meridian
    metric = [to_metric(gpd.GeoDataFrame(f), central_meridian=meridian) for f in (frame, zone)]
    shares = zone_shares(*metric)
    # On the line counts as in: a sketched line does not decide against a park.
    within = shares["inside"].fillna(0.0) + shares["border"].fillna(0.0)
    return within.ge(_HALF)


def named(frame: pd.DataFrame, spec: LayerSpec, lang: str) -> pd.Series[Any]:
    """Return what rows are called in a language: the name, else the id.

    Parameters
    ----------
    frame, spec
        A layer and its description.
    lang
        ``zh`` or ``en``.
    """
    found: pd.Series[Any] = pd.Series(np.nan, index=frame.index, dtype="str")
    choices = [f"{spec.name_field}_en"] if lang == "en" else []
    for name in (*choices, spec.name_field, spec.id_field):
        if name in frame.columns:
            found = found.combine_first(frame[name].astype("str"))
    # Word keeps no control characters, and a name is one line.
    return found.map(lambda name: " ".join(clean_text(name).split()), na_action="ignore")


def known_sum(values: pd.Series[Any]) -> float:
    """Return the sum of what is known; NaN if nothing is."""
    return float(values.sum(min_count=1))


NOT_MEASURED = Text(
    "没有载体数据，本节未计算。",
    "There are no carriers, so this section was not computed.",
)
