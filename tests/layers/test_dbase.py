"""Field names of Shapefiles: bytes, not characters."""

from __future__ import annotations

import pytest

from layers.catalogue import load_catalogue
from layers.dbase import cut_name
from layers.errors import IntakeError
from layers.intake import find_columns


def test_a_name_that_fits_stays() -> None:
    assert cut_name("空置面积", "gbk") == "空置面积"
    assert cut_name("", "gbk") == ""


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("最大连续空", "largest_vacant_m2"),
        ("属地注册企", "registered_tenants"),
        ("运营合同到", "operator_contract_end"),
    ],
)
def test_headings_that_a_shapefile_cut_are_known(heading: str, field: str) -> None:
    carriers = load_catalogue().layer("carriers")
    assert find_columns(["载体编码", heading], carriers).fields[field] == heading


def test_what_two_fields_begin_with_is_not_guessed() -> None:
    carriers = load_catalogue().layer("carriers")
    with pytest.raises(IntakeError):
        find_columns(["建筑面"], carriers)
