"""What the public copy of a workspace is: its catalogue, and the rows of a layer.

Somebody who may not see what is internal is shown this copy, by every page alike: a
layer or a field that is not in his catalogue is in no legend, filter, card or form.
Files for the public are made from all data by :mod:`layers.export`, which keeps to the
same rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from layers.export.few import without_few
from layers.export.sheets import coarse

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec


def public_catalogue(catalogue: Catalogue) -> Catalogue:
    """Return a catalogue without what is internal.

    Parameters
    ----------
    catalogue
        The catalogue of an edition.

    Returns
    -------
    Catalogue
        Without internal layers and fields; a reference to one of them is gone, and so is
        a style that would tell by its colours or labels what stands in one.
    """
    # What cannot be named by its rows' own keys cannot be shown at all.
    layers = [
        spec
        for spec in catalogue.layers
        if spec.sensitivity == "public" and _is_public(spec.field(spec.id_field))
    ]
    known = {
        (spec.key, field.name) for spec in layers for field in spec.fields if _is_public(field)
    }
    return replace(catalogue, layers=tuple(_public_layer(spec, known) for spec in layers))


def public_rows(
    frame: gpd.GeoDataFrame | pd.DataFrame, spec: LayerSpec
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return the rows of a layer as a public copy has them.

    Parameters
    ----------
    frame
        All rows, EPSG:4490 if there is geometry.
    spec
        The layer in the catalogue of the edition, with its internal fields.

    Returns
    -------
    DataFrame
        The same index, without internal fields; empty where a cell tells of one or two
        firms (:func:`layers.export.few.without_few`); places on a grid of 0.0001 degrees,
        about 10 m.
    """
    names = [f.name for f in spec.fields if _is_public(f) and f.name in frame]
    shown = pd.DataFrame(without_few(frame, spec))[names]
    if not isinstance(frame, gpd.GeoDataFrame):
        return shown
    return gpd.GeoDataFrame(shown, geometry=coarse(frame.geometry.to_numpy()), crs=frame.crs)


def _is_public(field: FieldSpec) -> bool:
    return field.sensitivity == "public"


def _public_layer(spec: LayerSpec, known: set[tuple[str, str]]) -> LayerSpec:
    fields = tuple(
        field if field.references in known else replace(field, references=None)
        for field in spec.fields
        if _is_public(field)
    )
    names = {field.name for field in fields}
    style = dict(spec.style)
    if style.get("field", "") not in {"", *names}:
        drop = {"kind", "field", "classes", "scheme", "k", "ramp"}
        style = {name: value for name, value in style.items() if name not in drop}
    if style.get("label_field", "") not in {"", *names}:
        style.pop("label_field")
    name_field = spec.name_field if spec.name_field in names else spec.id_field
    return replace(spec, fields=fields, style=style, name_field=name_field)
