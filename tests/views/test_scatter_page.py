"""The page 分散: moved parameters, the views of the district, the argument about a park."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from streamlit.testing.v1 import AppTest

from geo.crs import STORAGE_CRS
from geo.scatter import ScatterParameters
from geo.scatter import chance_distances
from layers.analysis import scatter_of
from layers.catalogue import load_catalogue
from layers.frames import empty_frame
from layers.startup import open_or_create
from layers.stock import ChanceChoice
from layers.timeline import Moment
from layers.workspace import Workspace
from views import park_argument
from views.scattering import forms
from views.scattering import trend

if TYPE_CHECKING:
    from pathlib import Path

    from geo.scatter import ScatterResult

SLOW_S = 60
MESSAGES = ("markdown", "caption", "info", "success", "warning", "error", "html")
RANDOM = {
    "zh": "不比把它的空间随机撒在全区的楼宇上更紧凑。",
    "en": "No more compact than if its spaces had been thrown at random on the district's "
    "buildings.",
}
COMPACT = {
    "zh": "明显比把它的空间随机撒在全区的楼宇上更紧凑。",
    "en": "Significantly more compact than if its spaces had been thrown at random on the "
    "district's buildings.",
}


def _page() -> None:
    from views import scattering
    from views import store

    store.begin_run()
    scattering.render()


def _run(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, lang: str = "en", **address: str
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    at = AppTest.from_function(_page, default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    for name, text in address.items():
        at.query_params[name] = text
    return at.run()


def _text(at: AppTest) -> str:
    """Return what the page says, without the escapes of Markdown."""
    found = [str(getattr(e.proto, "body", "")) for kind in MESSAGES for e in at.get(kind)]
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(found))


def _charts(at: AppTest) -> list[dict[str, Any]]:
    return [json.loads(e.proto.spec) for e in at.get("vega_lite_chart")]


def _address(at: AppTest) -> dict[str, str]:
    return {name: "".join(text) for name, text in at.query_params.items()}


def _result(path: Path, chance: ChanceChoice | None = None, **numbers: float) -> ScatterResult:
    workspace = Workspace.open(path, load_catalogue())
    tables = {key: workspace.read(key) for key in workspace.keys()}  # noqa: SIM118
    rule = ScatterParameters(**numbers)  # type: ignore[arg-type]
    return scatter_of(tables, load_catalogue(), rule, chance=chance or ChanceChoice())


@pytest.fixture(scope="module")
def usual(bundled: Path) -> ScatterResult:
    """Return what the page shows as long as nobody moves anything."""
    return _result(bundled)


def _park(result: ScatterResult, condition: str) -> str:
    return str(result.table.query(condition)["park_id"].iloc[0])


def test_it_opens_on_the_default_rule_with_a_clean_address(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    at = _run(monkeypatch, bundled)
    assert not at.exception
    assert not at.error
    assert not at.warning
    assert len(at.dataframe[0].value) == len(usual.table)
    assert _address(at) == {}
    figures = re.findall(r"<b>([^<]+)</b>", _text(at))
    red = usual.table["flag"].eq("red").sum()
    enclaves = (usual.table["sites"] - 1).sum()
    assert figures[:6] == [
        str(len(usual.table)),
        *figures[1:3],
        str(red),
        figures[4],
        str(enclaves),
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("view", "mark"), [("forms", "circle"), ("ranking", "rule"), ("zones", "bar")]
)
def test_only_the_chosen_view_is_drawn(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, lang: str, view: str, mark: str
) -> None:
    at = _run(monkeypatch, bundled, lang, view=view)
    assert not at.exception
    (chart,) = _charts(at)
    assert f'"type": "{mark}"' in json.dumps(chart)
    assert len(at.dataframe) == 1
    assert len(at.dataframe[0].value) > 0


def test_a_moved_parameter_says_which_parks_change_colour(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    moved = _result(bundled, walk_m=500.0)
    changed = moved.table[moved.table["flag"].ne(usual.table["flag"])]
    assert len(changed)
    at = _run(monkeypatch, bundled)
    at.slider(key="scatter:walk_m").set_value(500.0).run()
    assert f"defaults: {len(changed)}." in at.warning[0].value
    listed = at.dataframe[0].value
    assert list(listed["Why this flag"]) == list(changed["reason_en"])
    assert (listed["By default"] != listed["Now"]).all()
    assert _address(at) == {"walk_m": "500"}


def test_a_moved_parameter_that_changes_nothing_is_told_too(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, unlocated_limit="0.21")
    assert not at.warning
    assert any("No park changes colour" in i.value for i in at.info)


def test_back_to_defaults_undoes_everything_but_the_view(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, walk_m="500", seed="7", stock="carriers", view="zones")
    assert at.slider(key="scatter:walk_m").value == 500.0
    at.button(key="scatter_reset").click().run()
    assert at.slider(key="scatter:walk_m").value == 800.0
    assert at.number_input(key="scatter:seed").value == 2024
    assert _address(at) == {"view": "zones"}
    assert not at.warning


def test_a_link_gives_the_numbers_that_were_set_by_hand(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    by_hand = _run(monkeypatch, bundled)
    by_hand.slider(key="scatter:detour").set_value(1.52).run()
    by_hand.number_input(key="scatter:seed").set_value(11).run()
    link = _address(by_hand)
    assert link == {"detour": "1.52", "seed": "11"}
    opened = _run(monkeypatch, bundled, **link)
    for one, other in zip(by_hand.dataframe, opened.dataframe, strict=True):
        pd.testing.assert_frame_equal(one.value, other.value)


@pytest.mark.parametrize(
    "address",
    [
        {"walk_m": "far"},
        {"walk_m": "nan"},
        {"detour": "9"},
        {"seed": "-1"},
        {"seed": "99999999999999999999"},
        {"draws": "1000000000"},
        {"stock": "moon"},
        {"view": "<img>"},
        {"uses": "office"},
        {"stock": "carriers", "uses": "business,office"},
    ],
)
def test_what_a_link_says_wrongly_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, address: dict[str, str]
) -> None:
    at = _run(monkeypatch, bundled, **address)
    name, text = list(address.items())[-1]
    assert not at.exception
    assert f"{name}={text}" in _text(at)
    assert name not in _address(at)
    assert len(at.dataframe) >= 1


def test_thresholds_that_contradict_each_other_are_explained_and_can_be_moved_back(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled)
    at.number_input(key="scatter:green_share").set_value(0.5).run()
    assert not at.exception
    assert "`red_share` <= `green_share`" in _text(at)
    assert not at.dataframe
    at.number_input(key="scatter:green_share").set_value(0.9).run()
    assert not at.error
    assert len(at.dataframe) == 1


def test_throwing_again_takes_another_seed(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    at = _run(monkeypatch, bundled)
    at.button(key="scatter_again").click().run()
    assert _address(at) == {"seed": "2025"}
    again = _result(bundled, ChanceChoice(seed=2025))
    assert not again.table["p_low"].equals(usual.table["p_low"])
    shown = at.dataframe[-1].value["Chance test p"].dropna()
    np.testing.assert_allclose(np.sort(shown), np.sort(again.table["p_low"].dropna()))


def test_a_stock_that_is_not_there_is_told_and_the_page_stays(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, stock="buildings")
    assert not at.exception
    assert "buildings" in at.error[0].value
    at.selectbox(key="scatter:stock:en").set_value("carriers").run()
    assert not at.error
    assert _address(at) == {"stock": "carriers"}


def test_uses_narrow_the_stock_and_go_with_it(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, stock="carriers", uses="business")
    assert not at.exception
    assert _address(at) == {"stock": "carriers", "uses": "business"}
    at.selectbox(key="scatter:stock:en").set_value("auto").run()
    assert not at.exception
    assert _address(at) == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("condition", "sentence"), [("p_low > 0.05", RANDOM), ("p_low <= 0.05", COMPACT)]
)
def test_a_park_is_told_what_the_test_against_chance_means(
    monkeypatch: pytest.MonkeyPatch,
    bundled: Path,
    usual: ScatterResult,
    lang: str,
    condition: str,
    sentence: dict[str, str],
) -> None:
    at = _run(monkeypatch, bundled, lang, park=_park(usual, condition))
    assert not at.exception
    assert sentence[lang] in _text(at)
    assert len(_charts(at)) == 2


def test_a_park_whose_placements_were_all_counted_says_so_and_has_no_error(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    exact = usual.table.query("chance_method == 'exact'").iloc[0]
    at = _run(monkeypatch, bundled, park=exact["park_id"])
    assert f"Every one of {exact['draws']:,} placements was counted" in _text(at)
    assert "Monte-Carlo error" not in _text(at)


def test_a_park_with_one_site_is_not_tested(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    at = _run(monkeypatch, bundled, park=_park(usual, "sites == 1"))
    assert not at.exception
    assert any("one site only" in i.value for i in at.info)
    assert len(_charts(at)) == 1  # the runs alone


def test_a_park_without_any_place_has_neither_test_nor_runs(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    at = _run(monkeypatch, bundled, park=_park(usual, "sites.isna()"))
    assert not at.exception
    assert not _charts(at)


def test_a_park_says_what_the_moved_parameters_do_to_it(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    moved = _result(bundled, walk_m=500.0).table
    park = moved.loc[moved["flag"].ne(usual.table["flag"])].iloc[0]
    at = _run(monkeypatch, bundled, park=park["park_id"], walk_m="500")
    assert f"with these parameters it is ▲ {park['flag']}" in _text(at)
    assert park["reason_en"] in _text(at)


def test_nothing_to_measure_is_told(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    at = _run(monkeypatch, empty)
    assert not at.exception
    assert at.info
    assert not at.slider


def test_without_two_sites_anywhere_the_pictures_say_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "one"
    workspace, _issues = open_or_create(path, load_catalogue(), author="t")
    units = workspace.read("units")
    first = units.groupby("park_id")["carrier_id"].transform("first")
    workspace.commit("units", units.assign(carrier_id=first), author="t", message="m")
    carriers = workspace.read("carriers")
    held = carriers["carrier_id"].isin(first)
    workspace.commit("carriers", carriers[held], author="t", message="m")
    assert _result(path).table["sites"].max() == 1
    for view in ("forms", "ranking"):
        at = _run(monkeypatch, path, view=view)
        assert not at.exception
        assert any("No park has two sites" in i.value for i in at.info)


def test_the_trend_needs_two_versions(monkeypatch: pytest.MonkeyPatch, bundled: Path) -> None:
    at = _run(monkeypatch, bundled, view="trend")
    assert not at.exception
    assert any("one version only" in i.value for i in at.info)


def test_the_trend_shows_a_park_that_moved_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "moved"
    workspace, _issues = open_or_create(path, load_catalogue(), author="t")
    before = _result(path)
    park = _park(before, "flag == 'red'")
    units = workspace.read("units")
    own = units["park_id"].eq(park)
    units.loc[own, "carrier_id"] = units.loc[own, "carrier_id"].iloc[0]
    workspace.commit("units", units, author="planner", message="moved together")
    at = _run(monkeypatch, path, view="trend")
    assert not at.exception
    assert [s.label for s in at.selectbox if s.key in {"scatter_before", "scatter_after"}]
    table = at.dataframe[-1].value
    row = table[table["Flag before"].eq("■ red")].iloc[0]
    assert row["Flag after"] == "● green"
    assert row["Sites before"] == before.table.set_index("park_id").loc[park, "sites"]
    assert row["Sites after"] == 1
    assert len(_charts(at)) == 1


def test_what_was_written_in_one_go_is_one_moment() -> None:
    def at(second: int, layer: str, message: str = "start") -> Moment:
        return Moment(f"2026-03-01T08:00:{second:02}.000+00:00", (layer,), "t", message)

    later = Moment("2026-04-01T08:00:00.000+00:00", ("parks",), "t", "start")
    found = trend.offered(
        [later, at(9, "units", "other"), at(2, "units"), at(1, "carriers"), at(0, "parks")]
    )
    assert found == [later, at(9, "units", "other"), at(2, "units")]
    assert trend.offered([at(0, "parks")]) == []


def test_a_barrier_that_decides_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "barrier"
    workspace, _issues = open_or_create(path, load_catalogue(), author="t")
    result = _result(path)
    park = _park(result, "flag == 'green' and sites == 2 and largest_site_share < 0.85")
    sites = result.sites[result.sites["park_id"].eq(park)]
    (x1, y1), (x2, y2) = shapely.get_coordinates(sites.geometry.to_numpy())
    across, middle = np.array([y1 - y2, x2 - x1]), np.array([x1 + x2, y1 + y2]) / 2
    line = shapely.LineString([middle - 30 * across, middle + 30 * across])
    place = gpd.GeoSeries([line], crs=sites.crs).to_crs(STORAGE_CRS)
    spec = load_catalogue().layer("barriers")
    empty = empty_frame(spec)
    row = dict.fromkeys(empty.columns) | {"id": "r", "name": "river"}
    frame = pd.DataFrame([row | {"geometry": place.iloc[0]}])[list(empty.columns)]
    frame = gpd.GeoDataFrame(
        frame.astype(empty.drop(columns="geometry").dtypes.to_dict()),
        geometry="geometry",
        crs=STORAGE_CRS,
    )
    workspace.commit("barriers", frame, author="t", message="river")
    at = _run(monkeypatch, path, park=park)
    assert not at.exception
    assert "pairs across a barrier without a known crossing: 1" in _text(at)
    assert "Walking straight it would be ● green" in _text(at)


def test_the_bars_hold_every_draw_and_the_dark_ones_those_as_compact(
    usual: ScatterResult,
) -> None:
    tested = usual.table[usual.table["p_low"].notna()]
    assert set(tested["chance_method"]) == {"exact", "sampled"}
    for row in tested.itertuples():
        own_m, draws_m = chance_distances(usual, str(row.park_id))
        frame = park_argument.bins(draws_m, own_m)
        assert frame["draws"].sum() == draws_m.size == row.draws
        compact = frame.loc[frame["to_m"].le(own_m), "draws"].sum()
        # The park itself is one more arrangement, unless all were counted.
        itself = 1 if str(row.chance_method) == "sampled" else 0
        share = (int(compact) + itself) / (draws_m.size + itself)
        assert share == pytest.approx(row.p_low)
        assert (frame["to_m"] > frame["from_m"]).all()


def test_bars_of_equal_draws() -> None:
    frame = park_argument.bins(np.full(5, 100.0), 100.0)
    assert frame["draws"].sum() == 5
    frame = park_argument.bins(np.array([10.0, 20.0]), 5.0)
    assert frame.loc[frame["to_m"].le(5.0), "draws"].sum() == 0


def test_every_panel_is_centred_and_its_links_end_at_sites(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    panels = {str(p): str(p) for p in usual.table.query("sites >= 2")["park_id"]}
    frame = forms.frame(usual, panels)
    sites, links = (frame[frame["kind"].eq(kind)] for kind in ("site", "link"))
    assert len(sites) == usual.table["sites"].where(usual.table["sites"] >= 2).sum()
    assert len(links) == len(sites) - len(panels)
    for _park_id, own in sites.groupby("panel"):
        assert own["share"].sum() == pytest.approx(1)
        assert np.average(own["x_m"], weights=own["share"]) == pytest.approx(0, abs=1e-6)
        assert np.average(own["y_m"], weights=own["share"]) == pytest.approx(0, abs=1e-6)
    spots = {(p, round(x, 3), round(y, 3)) for p, x, y in sites[["panel", "x_m", "y_m"]].to_numpy()}
    for x, y in (("x_m", "y_m"), ("x2_m", "y2_m")):
        ends = {(p, round(a, 3), round(b, 3)) for p, a, b in links[["panel", x, y]].to_numpy()}
        assert ends <= spots
    assert forms.half_width_m(frame) >= frame[["x_m", "y_m", "x2_m", "y2_m"]].abs().max().max()
    at = _run(monkeypatch, bundled, view="forms")
    assert len(_charts(at)[0]["facet"]["sort"]) == len(panels)


def test_the_parts_of_a_park_in_the_zones_add_up(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, usual: ScatterResult
) -> None:
    at = _run(monkeypatch, bundled, view="zones")
    table = at.dataframe[0].value
    total = table.groupby("Park")["Share of the park"].sum()
    np.testing.assert_allclose(total, 1.0)
    assert len(total) == usual.table["zone_share"].notna().sum()


def test_columns_of_charts_are_fixed_names(monkeypatch: pytest.MonkeyPatch, bundled: Path) -> None:
    """A name from data would be read as Vega's path or Altair's shorthand."""
    for view in ("forms", "ranking", "zones"):
        text = json.dumps(_charts(_run(monkeypatch, bundled, view=view)))
        fields = set(re.findall(r'"field": "([^"]*)"', text))
        assert fields
        assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in fields)
