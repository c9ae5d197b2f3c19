"""Public copies leave empty what tells of one or two firms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyproj
import pytest

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.export.few import without_few
from layers.export.sheets import layer_sheet
from layers.style import layer_style
from layers.themes import Theme
from layers.themes import resolve

if TYPE_CHECKING:
    from layers.export.sheets import Audience

CATALOGUE = load_catalogue()
CARRIERS = CATALOGUE.layer("carriers")
COUNTS = ("tenants", "registered_tenants", "incubated")
SHARES = ("leased_area_m2", "vacant_area_m2", "largest_vacant_m2", "employees")


@pytest.fixture(scope="module")
def carriers() -> pd.DataFrame:
    return load_edition(CATALOGUE).tables["carriers"]


def delivered(carriers: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    crs = pyproj.CRS("EPSG:4490")
    return layer_sheet(carriers, CARRIERS, crs=crs, audience=audience, lang="zh").frame


def test_no_public_row_tells_of_fewer_than_three_firms(carriers: pd.DataFrame) -> None:
    few = carriers[list(COUNTS)].isin([1, 2])
    assert few.to_numpy().any()  # the bundled edition has such rows
    shown = delivered(carriers, "public")
    assert not shown[list(COUNTS)].isin([1, 2]).to_numpy().any()
    for name in SHARES:
        assert shown.loc[few.any(axis=1).to_numpy(), name].isna().all()


def test_other_numbers_and_internal_copies_stay(carriers: pd.DataFrame) -> None:
    few = carriers[list(COUNTS)].isin([1, 2])
    public, internal = delivered(carriers, "public"), delivered(carriers, "internal")
    for name in COUNTS:
        kept = ~few[name].to_numpy()
        pd.testing.assert_series_equal(
            public.loc[kept, name], carriers.loc[kept, name], check_names=False
        )
        pd.testing.assert_series_equal(internal[name], carriers[name], check_names=False)
    rest = ~few.any(axis=1).to_numpy()
    for name in SHARES:
        pd.testing.assert_series_equal(
            public.loc[rest, name], carriers.loc[rest, name], check_names=False
        )


def test_none_and_unknown_are_not_few() -> None:
    frame = pd.DataFrame(
        {
            "tenants": pd.array([0, None, 3, 2], dtype="Int64"),
            "leased_area_m2": [1.0, 2.0, 3.0, 4.0],
        }
    )
    shown = without_few(frame, CARRIERS)
    assert shown["tenants"].isna().tolist() == [False, True, False, True]
    assert shown["leased_area_m2"].isna().tolist() == [False, False, False, True]
    assert without_few(frame, CARRIERS, least=1) is frame


def test_a_public_style_has_no_classes_of_firms(carriers: pd.DataFrame) -> None:
    base = layer_style(CARRIERS, CATALOGUE.folder)
    theme = Theme("carriers", "tenants", "graduated", "quantiles", 4, "blues")
    style = resolve(theme, CARRIERS, carriers, base)
    crs = pyproj.CRS("EPSG:4490")
    made = layer_sheet(carriers, CARRIERS, crs=crs, audience="public", lang="zh", style=style)
    assert made.style is not None
    assert made.style.classes == ()
    assert made.style.breaks == ()
