"""Copies of the judgement that may leave the office."""

from __future__ import annotations

from typing import Any

import pytest

from layers.catalogue import load_catalogue
from layers.underuse import INTERNAL_COLUMNS
from layers.underuse import RankChoice
from layers.underuse import audience_copy
from layers.underuse import leasing_facts
from layers.underuse import underuse_layer
from layers.underuse import underuse_of
from tests.layers.packs_hand import SECRETS
from tests.underuse_hand import tables

CATALOGUE = load_catalogue()
FEW = RankChoice(draws=50)


def odd_tables() -> dict[str, Any]:
    """Return the register with taxes that are not round, so that a search finds them."""
    taxes = {1: 117.31, 3: 1196.37, 4: 1151.02, 5: 1163.7, 6: 1109.47, 7: 1300.5}
    return tables(**{f"C{number}": {"tax_wan": tax} for number, tax in taxes.items()})


def text_of(frame: Any) -> str:
    text: str = frame.to_csv(index=False)
    return text


def test_the_internal_copy_is_the_table_itself() -> None:
    found = underuse_of(tables(), CATALOGUE, choice=FEW)
    assert audience_copy(found.table, "internal") is found.table
    with pytest.raises(ValueError, match="`audience`"):
        audience_copy(found.table, "everybody")


def test_a_public_copy_names_no_firm_and_no_tax() -> None:
    there = odd_tables()
    found = underuse_of(there, CATALOGUE, choice=FEW)
    internal, public = text_of(found.table), text_of(audience_copy(found.table, "public"))
    output = found.table[["output_low", "ratio_low", "score_low"]].stack()
    numbers = [repr(value) for value in output if value not in {0.0, 1.0, 0.5}]
    secrets = [*(s for s in SECRETS if s in internal), *numbers]
    assert "绝密运营公司" in secrets
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in public] == []
    assert not INTERNAL_COLUMNS & set(audience_copy(found.table, "public").columns)


def test_public_reasons_say_which_side_and_not_how_much() -> None:
    found = underuse_of(odd_tables(), CATALOGUE, choice=FEW)
    public: Any = audience_copy(found.table, "public").set_index("carrier_id")
    internal: Any = found.table.set_index("carrier_id")
    assert "元/㎡" in internal["reason_zh"]["C1"]
    assert not public["reason_zh"].str.contains("元/㎡").any()
    assert not public["reason_en"].str.contains("yuan").any()
    assert "低于同类中位数的 50%" in public["reason_zh"]["C1"]
    assert public["reason_zh"].equals(internal["public_reason_zh"].rename("reason_zh"))
    # What is neither tax nor output is told as it is.
    assert public["reason_zh"]["C8"] == internal["reason_zh"]["C8"]


def test_no_median_tells_how_much_tax_half_of_it_is() -> None:
    found = underuse_of(odd_tables(), CATALOGUE, choice=FEW)
    assert found.table["peer_median_tax_yuan_m2"].notna().any()
    assert not {"peer_median_tax_yuan_m2", "peer_median"} & set(
        audience_copy(found.table, "public").columns
    )


def test_public_contributions_hide_output_and_rent_and_what_leads_to_them() -> None:
    found = underuse_of(odd_tables(), CATALOGUE, choice=FEW)
    copy: Any = audience_copy(found.contributions, "public")
    public = copy.set_index(["subject_id", "criterion"])
    numbers = [name for name in public if name.endswith(("_low", "_high"))]
    assert len(numbers) == 6
    for criterion, hidden in {
        "vacancy": False,
        "vacant_months": False,
        "output_ratio": True,
        "rent": True,
    }.items():
        rows = public.xs(criterion, level="criterion")[numbers]
        assert rows.isna().all(axis=None) == hidden
    assert len(public) == len(found.contributions)
    assert found.contributions["raw_low"].notna().any()


def test_a_public_layer_and_public_leasing_facts_have_no_internal_columns() -> None:
    there = tables()
    found = underuse_of(there, CATALOGUE, choice=FEW)
    layer = audience_copy(underuse_layer(found, there), "public")
    assert layer.geometry.notna().sum() == 3
    assert not INTERNAL_COLUMNS & set(layer.columns)
    leasing = leasing_facts(there, CATALOGUE)
    assert {"rent_yuan_m2_day", "operator"} <= set(leasing.columns)
    assert not INTERNAL_COLUMNS & set(audience_copy(leasing, "public").columns)
