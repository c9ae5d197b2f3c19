"""The records of plan sheets: what is wanted, and what is to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Literal

import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyproj
    from numpy.typing import NDArray

    from layers.errors import Text
    from layers.export.sheets import Audience
    from layers.sheet.template import Kind
    from layers.sheet.template import Template
    from layers.style import LayerStyle

Orientation = Literal["auto", "portrait", "landscape"]

Extent = tuple[float, float, float, float]
"""West, south, east, north, metres of the CRS of the sheet."""


@dataclass(frozen=True, slots=True)
class SheetRequest:
    """Which sheet is wanted.

    Attributes
    ----------
    kind
        What it is about.
    subject
        ``zone_id``, ``park_id``, ``task_id`` or the name of a scenario; empty for the
        district.
    size
        Name of a paper of the template, ``A4`` to ``A0``.
    scale
        Denominator; None for the largest round scale at which everything fits.
    orientation
        ``portrait``, ``landscape``, or ``auto`` for the one with the larger scale.
    audience
        For whom; a public sheet shows nothing internal.
    lang
        ``zh`` or ``en``.
    crs
        A projected CRS in metres; empty for that of the template.
    fields
        What the planner writes into the title block, by the keys of
        :data:`layers.sheet.words.OWN_FIELDS`.
    export_id
        What the audit knows the file by, printed among the notes; empty for none.
    """

    kind: Kind
    subject: str = ""
    size: str = "A3"
    scale: int | None = None
    orientation: Orientation = "auto"
    audience: Audience = "internal"
    lang: str = "zh"
    crs: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    export_id: str = ""


@dataclass(frozen=True, slots=True)
class SheetLayer:
    """One layer of the map.

    Attributes
    ----------
    key, title
        What it is.
    frame
        Features in the CRS of the sheet, all with geometry.
    style
        How they are drawn.
    sketch
        Which of them have a sketched boundary.
    labels
        Name of each feature, empty for none.
    priority
        Names of a higher one come first; 0 for no names.
    legend
        Whether it is listed in the legend.
    """

    key: str
    title: str
    frame: gpd.GeoDataFrame
    style: LayerStyle
    sketch: NDArray[np.bool_]
    labels: tuple[str, ...] = ()
    priority: int = 0
    legend: bool = True


@dataclass(frozen=True, slots=True)
class SheetContent:
    """A sheet before it is drawn; all text is in the language of the request.

    Attributes
    ----------
    request, template
        What was wanted, and by which template.
    title, status
        What it is called, and whether it shows what is or what is planned.
    crs
        Of all coordinates; metres.
    extent
        The subject with its margin.
    layers
        Bottom first.
    inset
        Outline of the district, for the map of the location; None for no such map.
    facts
        ``(name, value)`` that are told beside the map.
    notes
        Sentences: marks, audience, versions.
    sources
        One line a source, the first of them.
    of_sources
        How many sources there are in all.
    badges
        Marks that are printed large: audience, 示例数据, 示意.
    stamp
        Date of the sheet.
    words
        Names of the place, which are not broken in two lines.
    """

    request: SheetRequest
    template: Template
    title: str
    status: str
    crs: pyproj.CRS
    extent: Extent
    layers: tuple[SheetLayer, ...]
    inset: gpd.GeoDataFrame | None
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    of_sources: int
    badges: tuple[str, ...]
    stamp: date
    words: tuple[str, ...] = ()

    @property
    def totals(self) -> Mapping[str, int]:
        """Features of every layer that lie in the extent, by key."""
        return self.seen_in(self.extent)

    def seen_in(self, window: Extent) -> dict[str, int]:
        """Return how many features of every layer lie in a window, by key."""
        box = shapely.box(*window)
        found: dict[str, int] = {}
        for layer in self.layers:
            seen = int(shapely.intersects(layer.frame.geometry.to_numpy(), box).sum())
            found[layer.key] = found.get(layer.key, 0) + seen
        return found


@dataclass(frozen=True, slots=True)
class Featured:
    """Objects of several layers that a sheet is about: those of a task of the plan.

    Attributes
    ----------
    name
        Of the task, for the title.
    objects
        Ids by key of their layer.
    facts
        ``(name, value)`` that are told beside the map; fit for the audience of the sheet.
    sample
        Whether any of what is told is sample data.
    """

    name: Text
    objects: Mapping[str, frozenset[str]]
    facts: tuple[tuple[Text, Text], ...] = ()
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """What an analysis found, drawn above the layers.

    Attributes
    ----------
    title
        For the legend.
    frame
        Features in EPSG:4490, those without a place left out.
    style
        How they are drawn.
    facts
        ``(name, value)`` that are told beside the map.
    notes
        By which rule, with which parameters and from what it was found.
    sample
        Whether it is made from sample data.
    """

    title: Text
    frame: gpd.GeoDataFrame
    style: LayerStyle
    facts: tuple[tuple[Text, Text], ...] = ()
    notes: tuple[Text, ...] = ()
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Extras:
    """What a sheet may show beside the layers of the workspace.

    Attributes
    ----------
    plan
        ``moves`` and ``sites`` of :func:`layers.proposals.proposal_tables`; needed for a
        scenario.
    findings
        The frame of a scatter result; gives the figures of a park.
    styles
        How layers are drawn, by key; a layer without one as the catalogue says.
    sources
        List of sources of :func:`layers.edition.load_sources`.
    versions
        Version of every layer, by key.
    featured
        What a sheet of a task is about; needed for one.
    overlay
        What a sheet of an analysis shows; needed for a sheet of linkage.
    """

    plan: Mapping[str, pd.DataFrame] | None = None
    findings: pd.DataFrame | None = None
    styles: Mapping[str, LayerStyle] = field(default_factory=dict)
    sources: pd.DataFrame | None = None
    versions: Mapping[str, int] = field(default_factory=dict)
    featured: Featured | None = None
    overlay: Overlay | None = None
