"""The page 低效空间: states, filters, order, what is missing, one carrier, packs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest

from geo.underuse import RULE_VERSION
from geo.underuse import STATE_NAMES_EN
from geo.underuse import STATES
from layers.catalogue import load_catalogue
from layers.underuse import RankChoice
from layers.underuse import default_underuse
from layers.underuse import leasing_facts
from layers.underuse import missing_data
from layers.underuse import underuse_of
from tests.views.underused_hand import run_page
from tests.views.underused_hand import tables_of
from tests.views.underused_hand import text_of
from views.underused import states

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from streamlit.testing.v1 import AppTest

    from layers.underuse import Underuse

SEVEREST = STATES[-1]


def _judged(workspace: Path, ranking: RankChoice | None = None, **numbers: Any) -> Underuse:
    tables = tables_of(workspace)
    rule = default_underuse(tables, **numbers)
    return underuse_of(tables, load_catalogue(), rule, choice=ranking or RankChoice())


def _chart_rows(at: AppTest) -> pd.DataFrame:
    """Return the frame that a chart of the page is drawn from, as its table shows it."""
    spec = json.loads(at.get("vega_lite_chart")[0].proto.spec)
    assert spec["layer"]
    return next(
        d.value for d in at.dataframe if {"Best rank", "Sure (points)"} & set(d.value.columns)
    )


@pytest.fixture(scope="module")
def usual(bundled: Path) -> Underuse:
    """Return what the page shows as long as nobody moves anything."""
    return _judged(bundled)


@pytest.fixture(scope="module")
def names(bundled: Path) -> dict[str, str]:
    """Return the English names of the carriers."""
    carriers = tables_of(bundled)["carriers"]
    shown = carriers["name_en"].fillna(carriers["name"]).fillna(carriers["carrier_id"])
    return dict(zip(carriers["carrier_id"], shown, strict=True))


def _intervals(found: Underuse) -> list[str]:
    ends = found.table[["rank_low", "rank_high"]].astype("float64").to_numpy().tolist()
    return [
        "—" if np.isnan(low) else f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}"
        for low, high in ends
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_opens_with_every_state_counted_and_says_what_it_is_made_from(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse, lang: str
) -> None:
    at = run_page(monkeypatch, bundled, lang)
    assert not at.exception
    assert not at.error
    assert not at.warning
    figures = re.findall(r"<div><b>([^<]+)</b><span>([^<]+)</span></div>", text_of(at))
    counts = usual.table["state"].value_counts()
    assert [int(number) for number, _title in figures[:6]] == [counts[s] for s in STATES[::-1]]
    exact = usual.table["recoverable_area_m2"]
    assert figures[6][0].split("\u202f")[0] == f"{exact.sum():,.0f}"
    assert f"{exact[usual.table['state'].eq(SEVEREST)].sum():,.0f}\u202f" in figures[6][1]
    text = text_of(at)
    assert usual.parameters.as_of.isoformat() in text
    assert RULE_VERSION in text
    assert {"zh": "示例数据", "en": "Sample data"}[lang] in text
    assert len(at.dataframe[0].value) == len(usual.table)


def test_the_table_shows_rows_most_severe_first_with_reason_and_rank_interval(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse, names: dict[str, str]
) -> None:
    shown = run_page(monkeypatch, bundled).dataframe[0].value
    assert list(shown["Building"]) == [names[one] for one in usual.table["carrier_id"]]
    assert list(shown["Why this state"]) == list(usual.table["reason_en"])
    np.testing.assert_allclose(shown["Evidence"], usual.table["evidence_share"] * 100)
    assert [text.removesuffix(" ▼") for text in shown["Rank"]] == _intervals(usual)
    worst = usual.table["p_worst_third"].ge(0.9)
    assert list(shown["Rank"].str.endswith("▼")) == list(worst)
    assert worst.any()


def test_the_map_draws_every_located_carrier_by_its_state(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    at = run_page(monkeypatch, bundled)
    arguments = json.loads(at.get("component_instance")[0].proto.json_args)
    payload = re.search(r"AtlasMap\.draw\(map_div, \w+, (\{.*\})\);", arguments["feature_group"])
    assert payload
    layers = json.loads(payload.group(1))["layers"]
    drawn = next(layer for layer in layers if layer["key"] == "carriers")
    carriers = tables_of(bundled)["carriers"]
    placed = carriers.loc[carriers.geometry.notna(), "carrier_id"]
    ids = {f["id"].partition(":")[2] for f in drawn["data"]["features"]}
    assert ids == set(placed)
    looks = {
        f["id"].partition(":")[2]: drawn["symbols"][f["properties"]["symbol"]]
        for f in drawn["data"]["features"]
    }
    table = usual.table[usual.table["carrier_id"].isin(placed)]
    pairs = {
        (state, looks[one]["shape"], looks[one]["fill"])
        for one, state in zip(table["carrier_id"], table["state"], strict=True)
    }
    # One look a state, and no shape twice: nothing is told by colour alone.
    assert len(pairs) == len({state for state, *_look in pairs}) == len(STATES)
    assert len({shape for _state, shape, _fill in pairs}) == len(STATES)
    assert f"{len(carriers) - len(placed)} carriers are not located" in text_of(at)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_the_severest_state_is_the_darkest_and_every_badge_can_be_read() -> None:
    symbols = {e.value: e.symbol for e in states.style("name").classes}
    light = {state: _luminance(symbol.fill) for state, symbol in symbols.items()}
    assert min(light, key=lambda state: light[state]) == SEVEREST
    assert light[STATES[-1]] < light[STATES[-2]] < light[STATES[-3]]
    for state in STATES:
        ground, ink = re.findall(r"(?:background|;color):(#\w{6})", states.badge(state))
        pair = sorted((_luminance(ground), _luminance(ink)))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("view", ["order", "todo", "matches", "packs"])
def test_every_view_runs_with_a_carrier_chosen(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, lang: str, view: str
) -> None:
    at = run_page(monkeypatch, bundled, lang, underused_view=view, carrier="B04")
    assert not at.exception
    assert not at.error
    # The view that is not chosen is not made: the map belongs to the list.
    assert not at.get("component_instance")


def test_filters_keep_what_is_not_known_and_say_so_until_it_is_hidden(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    facts = leasing_facts(tables_of(bundled), load_catalogue())["largest_vacant_m2"]
    large, unknown = int(facts.ge(1500).sum()), int(facts.isna().sum())
    assert large
    assert unknown
    at = run_page(monkeypatch, bundled)
    at.number_input(key="underused_filter:largest_vacant_m2:0").set_value(1500.0).run()
    blocks = at.dataframe[0].value["Largest vacant block (m²)"]
    assert blocks.ge(1500).sum() == large
    assert blocks.isna().sum() == unknown
    assert len(blocks) == large + unknown
    hidden = len(usual.table) - large - unknown
    assert f"Filters hide {hidden} of {len(usual.table)} carriers." in text_of(at)
    assert f"Largest block at least (m²) {unknown}" in text_of(at)
    at.toggle(key="underused_filter:certain:0").set_value(v=True).run()
    assert len(at.dataframe[0].value) == large
    assert "Shown although not known" not in text_of(at)
    at.button(key="underused_clear").click().run()
    assert len(at.dataframe[0].value) == len(usual.table)
    assert "Filters hide" not in text_of(at)


def test_an_unknown_rent_is_no_reason_to_lose_space(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    rents = leasing_facts(tables_of(bundled), load_catalogue())["rent_yuan_m2_day"]
    at = run_page(monkeypatch, bundled)
    at.number_input(key="underused_filter:rent_yuan_m2_day:0").set_value(4.0).run()
    shown = next(v for k, v in at.dataframe[0].value.items() if str(k).startswith("Rent"))
    assert shown.isna().sum() == rents.isna().sum() > 0
    assert (shown.dropna() <= 4.0).all()
    assert len(shown) == rents.le(4.0).sum() + rents.isna().sum()


def test_filters_of_state_place_and_industry_agree_with_the_facts(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    facts = leasing_facts(tables_of(bundled), load_catalogue()).reindex(usual.table["carrier_id"])
    near = facts["metro_walk_m"].le(600).to_numpy()
    field = load_catalogue().layer("zones").field("belt")
    belt = field.choices[0].value
    inside = facts["belts"].fillna("").str.split(";").map(lambda found: belt in found).to_numpy()
    state = usual.table["state"].isin([STATES[0], SEVEREST]).to_numpy()
    at = run_page(monkeypatch, bundled, "zh")  # pills are told apart by their titles in Chinese
    at.toggle(key="underused_filter:certain:0").set_value(v=True)
    at.number_input(key="underused_filter:metro_walk_m:0").set_value(600.0)
    at.button_group(key="underused_filter:state:0").set_value([STATES[0], SEVEREST])
    at.button_group(key="underused_filter:belts:0").set_value([belt]).run()
    expected = usual.table.loc[near & inside & state, "name"]
    assert 0 < len(expected) < len(usual.table)
    assert list(at.dataframe[0].value["楼栋名称"]) == list(expected)


def test_an_industry_is_found_in_a_list_of_several(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse, names: dict[str, str]
) -> None:
    admitted = leasing_facts(tables_of(bundled), load_catalogue())["allowed_industries"]
    lists = admitted.dropna().str.split(";")
    industry = lists[lists.map(len) > 1].iloc[0][0]
    at = run_page(monkeypatch, bundled)
    at.toggle(key="underused_filter:certain:0").set_value(v=True)
    at.multiselect(key="underused_filter:allowed_industries:0").set_value([industry]).run()
    found = set(lists.index[lists.map(lambda one: industry in one)])
    expected = [names[one] for one in usual.table["carrier_id"] if one in found]
    assert list(at.dataframe[0].value["Building"]) == expected


def test_filters_that_leave_nothing_are_told_and_cleared_at_once(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    at = run_page(monkeypatch, bundled)
    at.toggle(key="underused_filter:certain:0").set_value(v=True)
    at.number_input(key="underused_filter:vacant_area_m2:0").set_value(1e9).run()
    assert not at.exception
    assert not at.dataframe
    assert any("No building space matches" in i.value for i in at.info)
    at.button(key="underused_clear_all").click().run()
    assert len(at.dataframe[0].value) == len(usual.table)


def test_a_moved_threshold_says_how_many_states_change_and_can_be_undone(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    moved = _judged(bundled, vacancy_floor=0.6, market_vacancy=0.6)
    now = moved.table.set_index("carrier_id")["state"]
    before = usual.table.set_index("carrier_id")["state"].reindex(now.index)
    changed = int(now.ne(before).sum())
    assert changed
    at = run_page(monkeypatch, bundled)
    at.number_input(key="underused:vacancy_floor:0").set_value(60.0)
    at.number_input(key="underused:market_vacancy:0").set_value(60.0).run()
    assert f"{changed} carriers have another state" in at.warning[0].value
    assert list(at.dataframe[0].value["Why this state"]) == list(moved.table["reason_en"])
    at.button(key="underused_reset").click().run()
    assert not at.warning
    assert at.number_input(key="underused:vacancy_floor:1").value == 30.0


def test_weights_move_the_order_and_no_state(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    at = run_page(monkeypatch, bundled)
    at.number_input(key="underused:weight:vacant_months:0").set_value(90.0).run()
    weights = tuple(
        (c.key, 90.0 if c.key == "vacant_months" else float(c.weight)) for c in usual.card.criteria
    )
    moved = _judged(bundled, RankChoice(weights=weights))
    shown = at.dataframe[0].value
    assert "0 carriers have another state" in at.warning[0].value
    assert list(shown["State"].str[2:]) == list(usual.table["state"].map(STATE_NAMES_EN))
    assert [text.removesuffix(" ▼") for text in shown["Rank"]] == _intervals(moved)
    assert _intervals(moved) != _intervals(usual)


def test_a_month_that_is_none_is_refused_and_nothing_is_judged_by_it(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = run_page(monkeypatch, bundled)
    at.text_input(key="underused:market_date:0").set_value("2025-13").run()
    assert not at.exception
    assert "2025-06" in at.error[0].value
    assert not at.dataframe
    at.text_input(key="underused:market_date:0").set_value("2025-12").run()
    assert not at.error
    assert "2025-12" in text_of(at)


def test_the_order_draws_the_intervals_of_the_ranking_and_counts_ties(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse, names: dict[str, str]
) -> None:
    ranked = usual.table[usual.table["rank_low"].notna()]
    chosen = ranked.iloc[3]
    at = run_page(monkeypatch, bundled, underused_view="order", carrier=chosen["carrier_id"])
    shown = _chart_rows(at)
    ordered = ranked.sort_values(["rank_low", "rank_high", "carrier_id"]).head(30)
    assert list(shown["Best rank"]) == list(ordered["rank_low"])
    assert list(shown["Worst rank"]) == list(ordered["rank_high"])
    assert [c.partition(" · ")[0] for c in shown["Carrier"]] == [
        names[one] for one in ordered["carrier_id"]
    ]
    ties = sum(
        not (row.rank_low > chosen["rank_high"] or row.rank_high < chosen["rank_low"])
        for row in ranked.itertuples()
        if row.carrier_id != chosen["carrier_id"]
    )
    assert f"; {ties} others overlap with it" in text_of(at)


def test_the_todo_list_is_that_of_the_layers_and_can_be_narrowed(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    missing = missing_data(usual, tables_of(bundled), load_catalogue())
    at = run_page(monkeypatch, bundled, underused_view="todo")
    shown = at.dataframe[0].value
    assert list(shown["What is missing"]) == list(missing["field_title_en"])
    assert list(shown["Could change the state"]) == list(missing["matters"].astype("bool"))
    at.toggle(key="underused_matters").set_value(v=True).run()
    assert len(at.dataframe[0].value) == missing["matters"].sum()
    at.toggle(key="underused_matters").set_value(v=False)
    party = at.selectbox(key="underused_party:en")
    party.select_index(1).run()
    first = at.dataframe[0].value["To ask"]
    assert 0 < len(first) < len(missing)
    assert (first == first.iloc[0]).all()


def test_the_card_tells_state_reason_contributions_and_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    missing = missing_data(usual, tables_of(bundled), load_catalogue())
    candidates = usual.table[usual.table["carrier_id"].isin(missing["carrier_id"])]
    row = candidates.iloc[0]
    at = run_page(monkeypatch, bundled, carrier=row["carrier_id"])
    assert not at.exception
    assert row["reason_en"] in text_of(at)
    points = _chart_rows(at)
    assert points["Sure (points)"].sum() == pytest.approx(row["score_low"], abs=0.05)
    assert points["At most (points)"].sum() == pytest.approx(row["score_high"], abs=0.05)
    assert points["Weight (points)"].sum() == pytest.approx(100, abs=0.05)
    own = missing[missing["carrier_id"].eq(row["carrier_id"])]
    table = next(d.value for d in at.dataframe if "What is missing" in d.value)
    assert list(table["What is missing"]) == list(own["field_title_en"])


def test_carriers_put_aside_are_those_of_the_pack(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = run_page(monkeypatch, bundled, carrier="B04")
    at.checkbox(key="underused_pack:B04").check().run()
    shown = at.dataframe[0].value
    assert shown["In the pack"].sum() == 1
    at.button_group(key="underused_view:en").set_value("packs").run()
    assert at.session_state["underused_view"] == "packs"
    (chosen,) = [m for m in at.multiselect if str(m.key).startswith("pack_carriers")]
    assert chosen.value == ["B04"]
    at.button_group(key="underused_view:en").set_value("list").run()
    at.checkbox(key="underused_pack:B04").uncheck().run()
    assert at.dataframe[0].value["In the pack"].sum() == 0


def test_the_rows_shown_can_be_put_aside_together_and_taken_out_again(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    at = run_page(monkeypatch, bundled, "zh")
    at.button_group(key="underused_filter:state:0").set_value([SEVEREST]).run()
    at.button(key="underused_pack_all").click().run()
    expected = usual.table.loc[usual.table["state"].eq(SEVEREST), "carrier_id"]
    assert list(at.session_state["underused_pack"]) == list(expected)
    at.button(key="underused_pack_none").click().run()
    assert list(at.session_state["underused_pack"]) == []


def test_the_public_file_has_no_firm_tax_or_output(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: Underuse
) -> None:
    from views import tables

    saved: dict[str, tuple[pd.DataFrame, bool]] = {}

    def save(frame: pd.DataFrame, name: str, *_more: Any, internal: bool, **_rest: Any) -> None:
        saved[name] = (frame, internal)

    monkeypatch.setattr(tables, "save", save)
    at = run_page(monkeypatch, bundled)
    assert not at.exception
    inside, marked = saved["underused_space"]
    outside, open_to_all = saved["underused_space_public"]
    assert marked
    assert not open_to_all
    assert list(inside["carrier_id"]) == list(outside["carrier_id"])
    assert list(inside["carrier_id"]) == list(usual.table["carrier_id"])
    hidden = {"tax_yuan_m2", "operator", "owner", "output_low", "ratio_low"}
    assert hidden <= set(inside)
    assert not hidden & set(outside)
    text = outside.to_csv()
    for operator in usual.table["operator"].dropna().unique():
        assert operator not in text
    assert not (outside["reason_en"] == inside["reason_en"]).all()
