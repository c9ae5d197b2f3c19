"""The web app on a city: its page, its districts, and nothing read that nobody looks at."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from bench.city import buildings
from bench.city import make_workspace
from geo.parameters import RULE_VERSION
from layers import ramps
from layers.analysis import SCATTER_LAYERS
from layers.analysis import scatter_of
from layers.batch.engine import serial_engine
from layers.batch.inputs import open_input
from layers.batch.results import write_results
from layers.batch.run import run_batch
from layers.batch.wish import BatchWish
from layers.catalogue import load_catalogue
from layers.city import City
from layers.edition import load_edition
from layers.workspace import Workspace
from tests.city_hand import AWAY
from tests.city_hand import AWAY_NAME
from tests.city_hand import HOME
from tests.city_hand import make_city
from views.city import picture

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN = Path(__file__).resolve().parents[2] / "views" / "main.py"
SLOW_S = 90
MANY = 1_500


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city that no test changes."""
    return make_city(tmp_path_factory.mktemp("city") / "city").path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Note every layer that is read: name of the workspace's folder, and key."""
    noted: list[tuple[str, str]] = []
    usual = Workspace.read

    def read(self: Workspace, key: str, version: int | None = None) -> Any:
        noted.append((self.path.name, key))
        return usual(self, key, version)

    monkeypatch.setattr(Workspace, "read", read)
    return noted


def _page(name: str) -> None:
    import importlib

    from views import store

    store.begin_run()
    importlib.import_module(f"views.{name}").render()


def _app(
    monkeypatch: pytest.MonkeyPatch, path: Path, lang: str = "中文", **address: str
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    at = AppTest.from_file(MAIN, default_timeout=SLOW_S)
    at.query_params["lang"] = lang
    for name, text in address.items():
        at.query_params[name] = text
    return at.run()


def _district(monkeypatch: pytest.MonkeyPatch, path: Path, name: str, page: str) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    at = AppTest.from_function(_page, args=(page,), default_timeout=SLOW_S)
    at.query_params["district"] = name
    return at.run()


def _alone(monkeypatch: pytest.MonkeyPatch, path: Path, page: str) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    return AppTest.from_function(_page, args=(page,), default_timeout=SLOW_S).run()


def _said(at: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "error", "warning", "html", "code")
    found = [
        getattr(e.proto, "body", "") or e.proto.code_text if kind == "code" else e.proto.body
        for kind in kinds
        for e in at.get(kind)
    ]
    return "\n".join(map(str, found))


def _drawn(at: AppTest) -> dict[str, Any]:
    """Return the features that the map was told to draw, by id."""
    arguments = json.loads(at.get("component_instance")[0].proto.json_args)
    payload = re.search(r"AtlasMap\.draw\(map_div, \w+, (\{.*\})\);", arguments["feature_group"])
    assert payload
    layers = json.loads(payload.group(1))["layers"]
    return {f["id"]: f for layer in layers for f in layer["data"]["features"]}


def _ids(city: Path, key: str) -> dict[str, set[str]]:
    """Return the ids of all rows of a layer, by district."""
    catalogue = load_catalogue()
    return {
        district.code: set(
            Workspace.open(district.path, catalogue).read(key)[catalogue.layer(key).id_field]
        )
        for district in City.open(city).districts
    }


def _open(at: AppTest, name: str) -> AppTest:
    return at.selectbox(key="district_switch").set_value(name).run()


def _summary(**numbers: Mapping[str, float | None]) -> pd.DataFrame:
    """Return a summary of a batch of scatter with a column a number, by district."""
    base = dict.fromkeys(("parks", "judged", "red", "enclaves", "sites_unknown"))
    frame = pd.DataFrame({**{n: pd.Series(dtype="float64") for n in base}, **numbers})
    frame = frame.rename_axis("district_code").reset_index()
    return frame.assign(missing=0, sample=True)


def test_the_page_of_the_city_comes_first_and_lists_what_the_districts_hold(
    monkeypatch: pytest.MonkeyPatch, city: Path, reads: list[tuple[str, str]]
) -> None:
    at = _app(monkeypatch, city)
    assert not at.exception
    assert not at.error
    assert not reads, "the page of a city reads no layer"
    assert set(_drawn(at)) == {f"district:{HOME}", f"district:{AWAY}"}
    shown = at.dataframe[0].value.set_index("编码")
    for title, key in (("园区", "parks"), ("载体", "carriers")):
        held = _ids(city, key)
        assert shown[title].sum() == len(set().union(*held.values())), "none is counted twice"
        told = shown[title].astype("float64").to_dict()
        assert all(0 < told[code] <= len(held[code]) for code in (HOME, AWAY))
    assert shown.loc[AWAY, "行政区"] == AWAY_NAME


def test_without_a_batch_the_page_says_which_command_makes_one(
    monkeypatch: pytest.MonkeyPatch, city: Path
) -> None:
    at = _app(monkeypatch, city)
    commands = [code.value for code in at.code]
    for command, told in zip(("scatter", "underused", "consolidate"), commands, strict=True):
        assert told.startswith(f"atlas batch {command} ")
        assert told.count(str(city)) == 2
    assert "尚未计算" in _said(at)


def test_a_batch_is_shown_with_its_rule_its_marks_and_what_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_city(tmp_path / "city")
    everywhere = {HOME: 8.0, AWAY: 0.0, "*": 8.0}
    table = _summary(
        parks={HOME: 10, AWAY: 4, "*": 14},
        judged=everywhere,
        red={HOME: 2, AWAY: 0, "*": 2},
        enclaves={HOME: 12, AWAY: None, "*": 12},
        sites_unknown={HOME: 0, AWAY: 4, "*": 4},
    )
    versions = {d.code: made.workspace(d.code, load_catalogue()).versions() for d in made.districts}
    notes = {
        "rule_version": RULE_VERSION,
        "parameters": {"walk_m": 777},
        "input": {
            "kind": "city",
            "path": "/data/*city*",
            "fingerprint": "0123456789abcdef",
            "versions": versions,
        },
    }
    made.write_summary("scatter", table, notes=notes)
    at = _app(monkeypatch, made.path)
    shown = at.dataframe[0].value.set_index("编码")
    assert shown.loc[HOME, "红色园区占已判定园区的比例 (%)"] == pytest.approx(25.0)
    # Of four parks none could be judged: no share of them is red, and none is 0 %.
    unknown = shown.isna()
    assert unknown.loc[AWAY, "红色园区占已判定园区的比例 (%)"]
    assert unknown.loc[AWAY, "飞地数"]
    assert set(shown["批量计算"]) == {"与数据一致"}
    said = _said(at)
    assert "示例数据" in said
    assert "777" in said
    assert RULE_VERSION in said.replace("\\", "")
    assert "飞地数 · 未知 4" in said
    assert "红色园区 · 不判定 6" in said
    assert "输入 /data/*city*" in said.replace("\\", "")
    assert "内容指纹 0123456789ab" in said
    assert "0123456789abc" not in said
    assert "规则版本与本程序不同" not in said
    assert len(at.code) == 2

    at.selectbox(key="city_number").set_value("enclaves").run()
    symbols = {key: f["properties"]["symbol"] for key, f in _drawn(at).items()}
    assert symbols[f"district:{HOME}"] != symbols[f"district:{AWAY}"]


def test_the_batch_and_the_page_of_a_district_have_the_same_numbers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_city(tmp_path / "city")
    catalogue = load_catalogue()
    with serial_engine() as engine:
        report = run_batch(
            "scatter",
            open_input(str(made.path), catalogue),
            tmp_path / "out",
            catalogue,
            BatchWish(),
            engine=engine,
        )
    write_results(made.path, report, author="test")
    at = _app(monkeypatch, made.path)
    assert not at.exception
    shown = at.dataframe[0].value.set_index("编码").astype({"红色园区": "float64"})
    for code in (HOME, AWAY):
        workspace = made.workspace(code, catalogue)
        table = scatter_of(
            {key: workspace.read(key) for key in workspace.versions()}, catalogue
        ).table
        assert shown["红色园区"].to_dict()[code] == table["flag"].eq("red").sum() > 0
        page = _district(monkeypatch, made.path, code, "parks")
        assert len(page.dataframe[0].value) == len(table)
    assert set(shown["批量计算"]) == {"与数据一致"}
    assert "步行连片" in _said(at)


def test_only_the_district_whose_layer_has_changed_is_out_of_date(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_city(tmp_path / "city")
    catalogue = load_catalogue()
    versions = {d.code: made.workspace(d.code, catalogue).versions() for d in made.districts}
    numbers: dict[str, Mapping[str, float | None]] = {
        name: {HOME: 1.0, AWAY: 1.0, "*": 2.0} for name in ("parks", "judged", "red")
    }
    made.write_summary(
        "scatter", _summary(**numbers), notes={"input": {"kind": "city", "versions": versions}}
    )
    away = made.workspace(AWAY, catalogue)
    away.commit("stations", away.read("stations"), author="test", message="no layer of scatter")
    at = _app(monkeypatch, made.path)
    assert "待重算" not in _said(at)
    away.commit("carriers", away.read("carriers"), author="test", message="one of scatter")
    at = _app(monkeypatch, made.path)
    shown = at.dataframe[0].value.set_index("编码")["批量计算"]
    assert shown[HOME] == "与数据一致"
    assert "待重算" in shown[AWAY]
    assert re.search(f"待重算：{AWAY_NAME}", _said(at).replace("\\", ""))


def test_a_result_that_cannot_be_dated_is_not_called_up_to_date_silently(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_city(tmp_path / "city")
    numbers: dict[str, Mapping[str, float | None]] = {
        name: {HOME: 1.0, AWAY: 1.0, "*": 2.0} for name in ("parks", "judged", "red")
    }
    notes = {"rule_version": "0.0", "input": {"kind": "folder"}}
    made.write_summary("scatter", _summary(**numbers), notes=notes)
    at = _app(monkeypatch, made.path)
    assert "规则版本与本程序不同" in _said(at)
    assert "无法判断" in _said(at)
    assert set(at.dataframe[0].value["批量计算"]) == {"无法判断"}


def test_a_link_to_a_district_opens_it_and_reads_no_other(
    monkeypatch: pytest.MonkeyPatch, city: Path, reads: list[tuple[str, str]]
) -> None:
    at = _app(monkeypatch, city, district=AWAY)
    assert not at.exception
    assert at.query_params["district"] in (AWAY, [AWAY])
    assert at.markdown[0].value == f"### {AWAY_NAME}"
    assert {folder for folder, _key in reads} == {AWAY}


def test_the_page_of_parks_reads_the_layers_of_scatter_only(
    monkeypatch: pytest.MonkeyPatch, city: Path, reads: list[tuple[str, str]]
) -> None:
    at = _district(monkeypatch, city, AWAY, "parks")
    assert not at.exception
    assert not at.error
    assert {folder for folder, _key in reads} == {AWAY}
    assert "carriers" in {key for _folder, key in reads} <= set(SCATTER_LAYERS)


def _with_buildings(path: Path) -> None:
    """Make a workspace of a district and many buildings, which nobody has switched on."""
    catalogue = load_catalogue()
    workspace = Workspace.create(path, catalogue, author="test")
    frames = {"district": load_edition(catalogue).tables["district"]}
    frames["buildings"] = buildings(MANY, catalogue.layer("buildings"))
    for key, frame in frames.items():
        workspace.commit(key, frame, author="test", message="made")


def test_a_large_layer_is_read_when_it_is_switched_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reads: list[tuple[str, str]]
) -> None:
    _with_buildings(tmp_path / "w")
    at = _alone(monkeypatch, tmp_path / "w", "overview")
    assert not at.exception
    assert {key for _folder, key in reads} == {"district"}
    box = at.checkbox(key="layer_on:buildings")
    assert box.label.endswith(f"{MANY:,}")
    box.set_value(True).run()
    assert not at.exception
    assert {key for _folder, key in reads} == {"district", "buildings"}


def test_the_home_page_reads_no_buildings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reads: list[tuple[str, str]]
) -> None:
    """But for those without a place, which wait on it for somebody."""
    _with_buildings(tmp_path / "w")
    at = _app(monkeypatch, tmp_path / "w")
    assert not at.exception
    assert "未定位的对象: **0**" in {box.label.removeprefix("○ ") for box in at.expander}
    assert {key for _folder, key in reads} == set()
    workspace = Workspace.open(tmp_path / "w", load_catalogue())
    found = workspace.read("buildings")
    found.loc[:2, "geometry"] = None
    workspace.commit("buildings", found, author="test", message="three lose their place")
    reads.clear()
    at = _app(monkeypatch, tmp_path / "w")
    assert "未定位的对象: **3**" in {box.label.removeprefix("● ") for box in at.expander}
    assert {key for _folder, key in reads} == {"buildings"}


def test_the_page_of_building_space_reads_no_buildings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reads: list[tuple[str, str]]
) -> None:
    make_workspace(tmp_path / "w", MANY)
    reads.clear()
    at = _alone(monkeypatch, tmp_path / "w", "underused")
    assert not at.exception
    read = {key for _folder, key in reads}
    assert "carriers" in read
    assert "buildings" not in read


def test_an_unknown_code_is_told_as_text_on_the_page_of_the_city(
    monkeypatch: pytest.MonkeyPatch, city: Path
) -> None:
    at = _app(monkeypatch, city, district="<b>9*9*9</b>")
    assert not at.exception
    assert "\\<b\\>9\\*9\\*9" in at.error[0].value
    assert at.dataframe, "the districts are there to choose from"
    assert "district" not in at.query_params
    at.run()
    assert not at.error


@pytest.mark.parametrize("lang", ["中文", "English"])
def test_switching_the_district_forgets_the_one_before_but_not_the_language(
    monkeypatch: pytest.MonkeyPatch, city: Path, lang: str
) -> None:
    at = _open(_app(monkeypatch, city, lang), HOME)
    assert at.query_params["district"] in (HOME, [HOME])
    at.session_state["selected"] = "parks:B01"
    at.session_state["layer_filter:parks"] = "status=open"
    at.session_state["kept:anything"] = "of the district before"
    at.run()
    assert at.session_state["kept:anything"] == "of the district before"
    _open(at, AWAY)
    # The browser is shown no page first, so that it drops what stood in its widgets.
    assert not at.get("component_instance")
    for name in ("selected", "layer_filter:parks", "kept:anything"):
        assert name not in at.session_state
    at.run()
    assert not at.exception
    assert all("parks:L" in key for key in _drawn(at) if key.startswith("parks:"))
    assert any(key.startswith("parks:L") for key in _drawn(at))
    heading = {"中文": AWAY_NAME, "English": "Linjiang (sample)"}[lang]
    assert at.markdown[0].value.replace("\\", "") == f"### {heading}"


def test_two_sessions_on_two_districts_do_not_mix(
    monkeypatch: pytest.MonkeyPatch, city: Path
) -> None:
    parks: dict[str, list[pd.DataFrame]] = {}
    for code in (HOME, AWAY, HOME):
        at = _district(monkeypatch, city, code, "parks")
        parks.setdefault(code, []).append(at.dataframe[0].value)
    assert all("临江" in name or name.startswith("L") for name in parks[AWAY][0]["园区"])
    assert not any("临江" in name for name in parks[HOME][0]["园区"])
    first, again = parks[HOME]
    pd.testing.assert_frame_equal(first, again)


def test_a_workspace_has_neither_the_page_of_a_city_nor_the_switch(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _app(monkeypatch, bundled, district=HOME)
    assert not at.exception
    assert not [box for box in at.selectbox if box.label == "行政区"]
    assert at.get("component_instance")


def test_a_layer_that_cannot_be_read_is_told_and_the_rest_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_city(tmp_path / "city")
    for file in (made.path / "districts" / AWAY / "zones").glob("*.parquet"):
        content = bytearray(file.read_bytes())
        # The footer says how many rows there are; the rows themselves are gone.
        content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
        file.write_bytes(bytes(content))
    at = _app(monkeypatch, made.path, district=AWAY)
    assert not at.exception
    assert any("zones" in error.value.replace("\\", "") for error in at.error)
    assert any(key.startswith("parks:") for key in _drawn(at))


def test_an_empty_map_says_that_nothing_has_a_place_yet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, city: Path
) -> None:
    catalogue = load_catalogue()
    workspace = Workspace.create(tmp_path / "w", catalogue, author="test")
    parks = load_edition(catalogue).tables["parks"]
    workspace.commit("parks", parks.assign(geometry=None), author="test", message="no places")
    at = _alone(monkeypatch, tmp_path / "w", "overview")
    assert not at.exception
    assert "尚无已定位的对象" in _said(at)
    assert "尚无已定位的对象" not in _said(_app(monkeypatch, city, district=HOME))


def test_unknown_is_hatched_in_grey_and_never_the_colour_of_zero() -> None:
    values = pd.Series([0.0, np.nan, 3.0, 7.0])
    style = picture.style_of(values, whole=True)
    numbers = style.class_of(values).tolist()
    assert numbers[1] == -1
    assert numbers[0] == 0
    assert style.default.hatch
    assert style.default.fill == ramps.UNKNOWN_COLOUR
    assert style.default.fill not in {entry.symbol.fill for entry in style.classes}
    lightness = [int(entry.symbol.fill[1:3], 16) for entry in style.classes]
    assert lightness == sorted(lightness, reverse=True)


def test_a_city_of_which_nothing_is_known_has_no_class() -> None:
    style = picture.style_of(pd.Series([np.nan, np.nan]), whole=False)
    assert style.classes == ()
    assert style.class_of(pd.Series([np.nan, 1.0])).tolist() == [-1, -1]
