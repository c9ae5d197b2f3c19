"""Sheets of what lies in several layers: the objects of a task, and results of an analysis."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import STORAGE_CRS
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.i18n import number
from layers.marks import is_sample
from layers.sheet import words
from layers.sheet.records import SheetLayer
from layers.style import LayerStyle
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    import pandas as pd
    import pyproj
    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.i18n import Lang
    from layers.sheet.records import Featured
    from layers.sheet.records import Overlay
    from layers.sheet.records import SheetRequest

_RING = Symbol(shape="circle", size=22.0, fill="none", stroke="#b14500", width=3.2)
_RINGS = LayerStyle("", _RING, (), by_prefix=False, label_field="", label_min_zoom=0)


def seen_by(featured: Featured, catalogue: Catalogue, request: SheetRequest) -> Featured:
    """Return what is featured of layers that the audience of a sheet may see."""
    if request.audience == "internal":
        return featured
    public = {
        key: ids
        for key, ids in featured.objects.items()
        if catalogue.layer(key).sensitivity == "public"
    }
    return replace(featured, objects=public)


def featured_rows(
    featured: Featured, tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> dict[str, pd.DataFrame]:
    """Return the rows of the objects, by layer; ids that no layer has are left out."""
    found = {}
    for key, ids in featured.objects.items():
        if key in tables:
            rows = tables[key][tables[key][catalogue.layer(key).id_field].isin(ids)]
            if len(rows):
                found[key] = rows
    return found


def places_of(rows: Iterable[pd.DataFrame], name: str) -> gpd.GeoSeries:
    """Return where objects are, EPSG:4490.

    Raises
    ------
    ExportUsageError
        If none of them has a place: nothing is drawn that has no location.
    """
    shapes = [np.asarray(frame["geometry"], dtype=object) for frame in rows if "geometry" in frame]
    there = np.concatenate(shapes) if shapes else np.empty(0, dtype=object)
    there = there[~(shapely.is_missing(there) | shapely.is_empty(there))]
    if not len(there):
        raise ExportUsageError(
            Text(
                f"任务“{name}”没有已定位的空间对象，不能出图；请先在“行动方案”里关联对象，"
                "或为其补充位置",
                f"the task '{name}' has no located object, so there is nothing to draw; link "
                "objects to it on the page of the action plan, or locate them",
            )
        )
    return gpd.GeoSeries(there, crs=STORAGE_CRS)


def facts_of(
    featured: Featured, rows: Mapping[str, pd.DataFrame], catalogue: Catalogue, lang: Lang
) -> tuple[tuple[str, str], ...]:
    """Return what is told beside the map: how many objects of which layers, and the rest."""
    counted = [
        (
            f"{words.TASK_OBJECTS.get(lang)} · {catalogue.layer(key).title.get(lang)}",
            number(len(frame), lang),
        )
        for key, frame in rows.items()
    ]
    return (*((name.get(lang), value.get(lang)) for name, value in featured.facts), *counted)


def any_sample(rows: Iterable[pd.DataFrame]) -> bool:
    """Tell whether an object is sample data."""
    return any(bool(is_sample(frame).any()) for frame in rows)


def ring(layer: SheetLayer, mine: NDArray[np.bool_], lang: str, *, legend: bool) -> SheetLayer:
    """Return strong outlines of the objects among their like.

    Parameters
    ----------
    layer
        As it is drawn, in the CRS of the sheet.
    mine
        Which of its features are objects.
    lang
        ``zh`` or ``en``.
    legend
        Whether it is listed in the legend: once for all layers.
    """
    own = gpd.GeoDataFrame(layer.frame[mine])
    return replace(
        layer,
        key="subject",
        title=words.SUBJECTS["task"].get(lang),
        frame=own,
        style=_RINGS,
        sketch=np.zeros(len(own), dtype=bool),
        labels=(),
        priority=0,
        legend=legend,
    )


def overlay_layer(overlay: Overlay, system: pyproj.CRS, lang: str) -> SheetLayer:
    """Return what an analysis found as a layer of a sheet."""
    return SheetLayer(
        key="overlay",
        title=overlay.title.get(lang),
        frame=overlay.frame.to_crs(system),
        style=overlay.style,
        sketch=np.zeros(len(overlay.frame), dtype=bool),
    )
