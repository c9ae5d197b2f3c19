"""The sample occupancy behaves like an inventory, and is marked as a sample.

Sites, clusters and forms are computed here from their definitions, with shapely
and scipy, and not through ``geo``.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from layers.catalogue import EDITION_DIR

TO_METRES = Transformer.from_crs(
    "EPSG:4326", "+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80", always_xy=True
)
SITE_GAP_M = 50
WALK_M = 800
DETOUR = 1.324
STATES = ("own_use", "leased", "locked", "vacant")
NAMED_FORMS = {
    "B01": "core_satellites",
    "B02": "multipolar",
    "B03": "single",
    "B04": "core_satellites",
    "B05": "contiguous",
    "B06": "contiguous",
    "B07": "single",
    "C08": "single",
    "C09": "contiguous",
}
# The form that each sample park was made to have, in the order S01, S02, …
SAMPLE_FORMS = (
    ["contiguous"] * 4
    + ["concentrated"] * 4
    + ["core_satellites"] * 5
    + ["multipolar"] * 4
    + ["scattered"] * 5
)


@cache
def properties(name: str) -> list[dict[str, Any]]:
    features = json.loads((EDITION_DIR / name).read_text(encoding="utf-8"))["features"]
    return [f["properties"] | {"_geometry": f["geometry"]} for f in features]


@pytest.fixture(scope="module")
def carriers() -> pd.DataFrame:
    return pd.DataFrame(properties("carriers.geojson")).set_index("carrier_id")


@pytest.fixture(scope="module")
def filled(carriers: pd.DataFrame) -> pd.DataFrame:
    return carriers[carriers["sample"]]


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return pd.read_csv(EDITION_DIR / "units.csv", dtype={"park_id": "str"})


@cache
def places() -> dict[str, tuple[float, float]]:
    return {
        row["carrier_id"]: TO_METRES.transform(*row["_geometry"]["coordinates"])
        for row in properties("carriers.geojson")
        if row["_geometry"]
    }


def count_and_label(adjacent: np.ndarray) -> tuple[int, np.ndarray]:
    count, label = connected_components(adjacent)
    return int(count), label


def form_of(areas: dict[str, float]) -> tuple[str, int]:
    """Form and number of sites of a park that holds `areas` (m²) by carrier."""
    located = [carrier for carrier in areas if carrier in places()]
    at = np.array([places()[carrier] for carrier in located])
    distance = cdist(at, at)
    sites, _ = count_and_label(distance <= SITE_GAP_M)
    clusters, cluster = count_and_label(distance * DETOUR <= WALK_M)
    share = np.bincount(cluster, [areas[c] for c in located])
    share = share / share.sum()
    if sites == 1:
        return "single", sites
    if clusters == 1:
        return "contiguous", sites
    if share.max() >= 0.9:
        return "concentrated", sites
    if share.max() > 0.6:
        return "core_satellites", sites
    return ("multipolar" if 1 / (share**2).sum() <= 3.5 else "scattered"), sites


@pytest.fixture(scope="module")
def forms(units: pd.DataFrame) -> dict[str, tuple[str, int]]:
    held = units.groupby(["park_id", "carrier_id"])["floor_area_m2"].sum()
    parks = held.index.get_level_values("park_id").unique()
    return {park: form_of(held.loc[park].to_dict()) for park in parks}


def test_at_least_25_parks_have_2_to_14_sites(forms: dict[str, tuple[str, int]]) -> None:
    sites = [count for _, count in forms.values()]
    assert sum(2 <= count <= 14 for count in sites) >= 25
    assert max(sites) == 14
    assert min(sites) == 1


def test_sample_parks_cover_the_forms(forms: dict[str, tuple[str, int]]) -> None:
    expected = {f"S{n:02d}": form for n, form in enumerate(SAMPLE_FORMS, start=1)}
    assert {park: forms[park][0] for park in expected} == expected
    counts = Counter(form for form, _ in forms.values())
    assert set(counts) == set(SAMPLE_FORMS) | {"single"}
    assert min(counts.values()) >= 4


def test_named_parks_are_shown_with_modest_samples(forms: dict[str, tuple[str, int]]) -> None:
    assert {park: forms[park][0] for park in NAMED_FORMS} == NAMED_FORMS
    named = {form for park, (form, _) in forms.items() if not park.startswith("S")}
    assert named == {"single", "contiguous", "core_satellites", "multipolar"}


def test_some_holdings_are_not_located(units: pd.DataFrame) -> None:
    lost = units[~units["carrier_id"].isin(list(places()))]
    by_park = lost.groupby("park_id")["floor_area_m2"].sum()
    total = units.groupby("park_id")["floor_area_m2"].sum()
    share = (by_park / total).dropna()
    # One park has a small unlocated share: it must still be judged.
    assert list(share.index) == ["S06"]
    assert 0 < share["S06"] < 0.2


def test_holdings_are_those_of_the_list(units: pd.DataFrame, carriers: pd.DataFrame) -> None:
    with (EDITION_DIR / "sample_holdings.csv").open(encoding="utf-8", newline="") as stream:
        listed = {
            (r["park_id"], r["carrier_id"]): int(r["floor_area_m2"]) for r in csv.DictReader(stream)
        }
    own = units["park_id"] == units["carrier_id"].map(carriers["park_id"])
    held = units[~own].groupby(["park_id", "carrier_id"])["floor_area_m2"].sum()
    assert held.to_dict() == listed
    shared = units.dropna(subset=["park_id"]).groupby("carrier_id")["park_id"].nunique()
    assert (shared >= 2).sum() >= 20


def test_areas_close_exactly_and_come_from_the_units(
    filled: pd.DataFrame, units: pd.DataFrame
) -> None:
    by_state = units.pivot_table(
        index="carrier_id", columns="state", values="floor_area_m2", aggfunc="sum", fill_value=0
    ).reindex(filled.index)
    for state in STATES:
        assert (filled[f"{state}_area_m2"] == by_state[state]).all()
    parts = filled[[f"{state}_area_m2" for state in STATES]].sum(axis="columns")
    assert (parts == filled["rentable_area_m2"]).all()
    assert (filled["rentable_area_m2"] <= filled["gross_area_m2"]).all()
    vacant = units[units["state"] == "vacant"].groupby("carrier_id")["floor_area_m2"].max()
    largest = vacant.reindex(filled.index, fill_value=0)
    assert (filled["largest_vacant_m2"] == largest).all()


def test_vacant_carriers_say_since_when(filled: pd.DataFrame) -> None:
    vacant = filled["vacant_area_m2"] > 0
    assert (filled["vacant_since"].notna() == vacant).all()
    assert (filled["vacant_since"][vacant] < filled["data_date"][vacant].str[:7]).all()


def test_tenants_are_the_leased_units(filled: pd.DataFrame, units: pd.DataFrame) -> None:
    leased = units[units["state"] == "leased"].groupby("carrier_id").size()
    assert (filled["tenants"] == leased.reindex(filled.index, fill_value=0)).all()
    for part in ("registered_tenants", "incubated"):
        known = filled[part].notna()
        assert (filled[part][known] <= filled["tenants"][known]).all()


def test_only_signed_units_have_tenants_and_leases(units: pd.DataFrame) -> None:
    signed = units["state"].isin(["leased", "locked"])
    for field in ("tenant", "lease_end"):
        assert (units[field].notna() == signed).all()
    assert units["tenant"].dropna().str.fullmatch(r"示例企业-\d{4}").all()
    assert units["tenant"].dropna().is_unique
    ends = units["lease_end"].dropna()
    assert ends.min() >= "2026-12-31"
    assert ends.max() <= "2031-12-31"


def test_numbers_are_those_of_a_real_inventory(filled: pd.DataFrame, units: pd.DataFrame) -> None:
    assert 900 <= len(units) <= 1500
    assert units.groupby("carrier_id").size().between(3, 30).all()
    assert (units["floor_area_m2"] > 0).all()
    vacancy = filled["vacant_area_m2"].sum() / filled["rentable_area_m2"].sum()
    assert vacancy == pytest.approx(0.25, abs=0.03)
    assert 0.08 < filled["tax_wan"].isna().mean() < 0.22
    taxed = filled.dropna(subset=["tax_wan"])
    assert ((taxed["tax_wan"] > 0) == (taxed["leased_area_m2"] > 0)).all()
    locked = filled["locked_area_m2"] / filled["rentable_area_m2"]
    assert (locked > 0.25).sum() >= 2
    assert filled["data_date"].value_counts().to_dict().keys() == {"2026-09-30", "2025-03-31"}


def test_some_carriers_stand_empty_for_long(filled: pd.DataFrame) -> None:
    vacancy = filled["vacant_area_m2"] / filled["rentable_area_m2"]
    months = pd.PeriodIndex(filled["data_date"].str[:7], freq="M").astype("int64") - pd.PeriodIndex(
        filled["vacant_since"].fillna("2026-09"), freq="M"
    ).astype("int64")
    assert ((vacancy >= 0.3) & (months >= 12)).sum() >= 10


def test_everything_generated_is_marked(carriers: pd.DataFrame, units: pd.DataFrame) -> None:
    assert units["sample"].all()
    assert (units["source"] == "sample-generator").all()
    with_units = carriers.index.isin(units["carrier_id"])
    assert (carriers["sample"] == with_units).all()
    assert (carriers["source"].str.contains("sample-generator") == with_units).all()
    assert carriers["note"][with_units].str.contains("占用数据为示例").all()


def test_some_carriers_stay_unknown(carriers: pd.DataFrame) -> None:
    unknown = carriers[~carriers["sample"]]
    assert 8 <= len(unknown) <= 15
    for field in ("rentable_area_m2", "vacant_area_m2", "tenants", "tax_wan", "data_date"):
        assert unknown[field].isna().all()
