"""A city of two districts made by hand from the bundled edition, for the tests of the doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from layers.batch.inputs import open_input
from layers.batch.staging import stage
from layers.catalogue import load_catalogue
from layers.city.making import create_city
from layers.edition import load_edition

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from layers.catalogue import LayerSpec
    from layers.city import City

HOME, AWAY = "310110", "900101"
"""Codes: the bundled district, and a copy of half of its parks that lies east of it."""

AWAY_NAME = "临江区（示例）"
_EAST_DEG = 0.14
_LAYERS = ("district", "zones", "parks", "carriers", "units", "stations")


def make_city(path: Path) -> City:
    """Make the city in a folder that is not there yet."""
    folder = path.with_name(f"{path.name}-layers")
    catalogue = load_catalogue()
    tables = load_edition(catalogue).tables
    for key in _LAYERS:
        spec = catalogue.layer(key)
        (folder / key).mkdir(parents=True)
        for code, frame in ((HOME, tables[key]), (AWAY, _moved(tables[key], spec))):
            frame.assign(**_codes(spec, code)).to_parquet(folder / key / f"{code}.parquet")
    source = open_input(str(folder), catalogue)
    staged = stage(source, path.with_name(f"{path.name}-stage"), catalogue, halo_m=2000.0)
    return create_city(path, staged, catalogue, author="test")


def _codes(spec: LayerSpec, code: str) -> dict[str, str]:
    return {"district_code": code} if spec.key in {"district", "parks"} else {}


def _moved(frame: gpd.GeoDataFrame | pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Return a layer of the other district: moved, with ids and names of its own."""
    ids = [spec.id_field, *(f.name for f in spec.fields if f.references is not None)]
    other = frame.assign(**{name: "L" + frame[name] for name in ids if name in frame})
    if isinstance(other, gpd.GeoDataFrame):
        other = other.set_geometry(other.geometry.translate(_EAST_DEG, 0.0))
    if "name" in other:
        other = other.assign(name=other["name"] + "（临江）")
    if spec.key == "district":
        return other.assign(name=AWAY_NAME, name_en="Linjiang (sample)", boundary_status="sketch")
    return other.iloc[: len(other) // 2] if spec.key == "parks" else other
