"""The public copy of a workspace: the same as a public file has, for every page."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.export.sheets import layer_sheet
from layers.public import public_catalogue
from layers.public import public_rows
from layers.systems import find_system

WHOLE = load_catalogue()
PUBLIC = public_catalogue(WHOLE)


def test_a_public_catalogue_has_no_internal_layer_field_or_way_to_one() -> None:
    assert set(PUBLIC.keys) == {s.key for s in WHOLE.layers if s.sensitivity == "public"}
    assert len(PUBLIC.keys) < len(WHOLE.keys)
    for spec in PUBLIC.layers:
        names = set(spec.field_names)
        assert all(field.sensitivity == "public" for field in spec.fields)
        assert {spec.id_field, spec.name_field} <= names
        assert spec.style.get("field", "") in {"", *names}
        for field in spec.fields:
            if field.references is not None:
                assert PUBLIC.layer(field.references[0]).has_field(field.references[1])
    assert WHOLE.layer("carriers").has_field("tax_wan")


@pytest.mark.parametrize("name", ["style", "label_field", "name_field", "id_field"])
def test_what_hangs_on_an_internal_field_goes_with_it(name: str) -> None:
    parks = WHOLE.layer("parks")
    field = replace(parks.field("park_class"), sensitivity="internal")
    fields = tuple(field if f.name == field.name else f for f in parks.fields)
    changed = replace(parks, fields=fields)
    if name == "label_field":
        changed = replace(changed, style={**parks.style, "label_field": field.name})
    elif name != "style":
        changed = replace(changed, **{name: field.name})  # type: ignore[arg-type] # both are texts
    found = public_catalogue(replace(WHOLE, layers=(changed,)))
    if name == "id_field":
        assert found.layers == ()
        return
    (public,) = found.layers
    assert field.name not in (public.name_field, *public.field_names)
    assert field.name not in public.style.values()
    assert "classes" not in public.style


@pytest.mark.parametrize("key", [s.key for s in PUBLIC.layers])
def test_rows_on_the_screen_are_those_of_a_public_file(key: str) -> None:
    tables = load_edition(WHOLE).tables
    if key not in tables:
        pytest.skip("the edition has no such layer")
    frame, spec = tables[key], WHOLE.layer(key)
    system = find_system("EPSG:4490")
    assert system is not None
    sheet = layer_sheet(frame, spec, crs=system.crs, audience="public", lang="zh")
    shown = public_rows(frame, spec)
    names = [f.name for f in spec.fields if f.sensitivity == "public"]
    assert [name for name in shown.columns if name != "geometry"] == names
    assert shown.index.equals(frame.index)
    for name in names:
        if spec.field(name).type != "text":  # a file has texts without signs that break it
            pd.testing.assert_series_equal(
                shown[name].reset_index(drop=True), sheet.frame[name], check_names=False
            )
    if isinstance(shown, gpd.GeoDataFrame):
        there = shapely.normalize(sheet.frame.geometry.to_numpy())
        assert np.array_equal(shapely.normalize(shown.geometry.to_numpy()), there)


def test_few_firms_are_hidden_and_places_are_coarse() -> None:
    rows = load_edition(WHOLE).tables["carriers"].head(3)
    counts = pd.DataFrame({"tenants": [1, 3, np.nan], "registered_tenants": np.nan})
    areas = pd.DataFrame({"incubated": np.nan, "vacant_area_m2": [10.0, 20.0, 30.0]})
    places = np.array([shapely.Point(0.123456, 0.987654)] * 3, dtype=object)
    told = pd.DataFrame(rows).assign(**dict(counts.items()), **dict(areas.items()))  # type: ignore[arg-type]
    frame = gpd.GeoDataFrame(told, geometry=places, crs="EPSG:4490")
    shown = public_rows(frame, WHOLE.layer("carriers"))
    assert isinstance(shown, gpd.GeoDataFrame)
    assert shown["vacant_area_m2"].isna().tolist() == [True, False, False]
    assert shown["tenants"].isna().tolist() == [True, False, True]
    assert shown.geometry.iloc[0].coords[0] == (0.1235, 0.9877)
    assert frame["vacant_area_m2"].tolist() == [10.0, 20.0, 30.0]
