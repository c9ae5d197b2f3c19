"""Every page, with data and without, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.export import ready_files
from layers.startup import open_or_create
from layers.workspace import Workspace

MAIN = Path(__file__).resolve().parents[2] / "views" / "main.py"
PAGES = ("overview", "parks", "scattering", "underused", "edit", "compare", "output", "data")
SLOW_S = 60


def _page(name: str) -> None:
    import importlib

    from views import store

    store.begin_run()
    importlib.import_module(f"views.{name}").render()


def _run(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, name: str, lang: str = "zh", **state: object
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    at = AppTest.from_function(_page, args=(name,), default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    for key, value in state.items():
        at.query_params[key] = str(value)
    return at.run()


def _all_text(at: AppTest) -> str:
    parts = []
    for kind in ("markdown", "caption", "info", "success", "error", "html"):
        for element in at.get(kind):
            proto = element.proto
            parts.append(str(getattr(proto, "body", "")))
    return "\n".join(parts)


def _picture(at: AppTest) -> dict[str, Any]:
    """Return what the map of a page was told to draw."""
    arguments = json.loads(at.get("component_instance")[0].proto.json_args)
    payload = re.search(r"AtlasMap\.draw\(map_div, \w+, (\{.*\})\);", arguments["feature_group"])
    assert payload
    drawn: dict[str, Any] = json.loads(payload.group(1))
    return drawn


def _drawn_ids(at: AppTest) -> set[str]:
    return {f["id"] for layer in _picture(at)["layers"] for f in layer["data"]["features"]}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_runs_on_the_bundled_edition(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, name: str, lang: str
) -> None:
    at = _run(monkeypatch, bundled, name, lang)
    assert not at.exception
    assert not at.error
    headings = "\n".join(m.value for m in at.markdown if m.value.startswith("###"))
    assert headings
    assert bool(re.search(r"[\u4e00-\u9fff]", headings)) is (lang == "zh")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_what_to_do_when_there_is_nothing(
    monkeypatch: pytest.MonkeyPatch, empty: Path, name: str
) -> None:
    at = _run(monkeypatch, empty, name)
    assert not at.exception
    assert at.info


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_whole_app_opens_on_the_home_page(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, lang: str
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    at = AppTest.from_file(MAIN, default_timeout=SLOW_S)
    at.query_params["lang"] = {"zh": "中文", "en": "English"}[lang]
    at.run()
    assert not at.exception
    heading = next(m.value for m in at.markdown if m.value.startswith("###"))
    assert heading.endswith({"zh": "首页", "en": "Home"}[lang])


def test_a_workspace_that_cannot_be_read_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "holiday.txt").write_text("not a workspace")
    monkeypatch.setenv("ATLAS_WORKSPACE", str(tmp_path))
    at = AppTest.from_file(MAIN, default_timeout=SLOW_S).run()
    assert not at.exception
    # The signs that Markdown would take for its own are escaped.
    assert str(tmp_path) in re.sub(r"\\(.)", r"\1", at.error[0].value)


def test_the_overview_draws_located_objects_only_and_marks_samples(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "overview")
    workspace = Workspace.open(bundled, load_catalogue())
    drawn = _drawn_ids(at)
    for spec in load_catalogue().layers:
        if spec.geometry and spec.key in workspace.keys() and spec.visible:  # noqa: SIM118
            frame = workspace.read(spec.key)
            located = frame[frame.geometry.notna()]
            wanted = {f"{spec.key}:{i}" for i in located[spec.id_field]}
            assert {i for i in drawn if i.startswith(f"{spec.key}:")} == wanted
    assert any("示例" in mark for mark in _picture(at)["marks"])
    assert any("示意" in mark for mark in _picture(at)["marks"])


def test_switching_a_layer_off_takes_it_from_the_map(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "overview")
    before = {i.partition(":")[0] for i in _drawn_ids(at)}
    at.checkbox(key="layer_on:stations").uncheck().run()
    after = {i.partition(":")[0] for i in _drawn_ids(at)}
    assert before - after == {"stations"}


def test_searching_selects_rings_and_moves_there_once(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "overview")
    at.selectbox(key="search").set_value("parks:C08").run()
    assert at.session_state["selected"] == "parks:C08"
    first = _picture(at)["focus"]
    assert first["bounds"][0][0] < first["bounds"][1][0]
    at.checkbox(key="layer_on:places").uncheck().run()
    assert _picture(at)["focus"]["token"] == first["token"]
    assert "湾谷科技园" in _all_text(at)


def test_layers_can_be_reordered_and_put_back(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "overview")
    at.session_state["open_order"] = True
    at.run()

    def order() -> list[str]:
        return [
            layer["data"]["features"][0]["id"].partition(":")[0] for layer in _picture(at)["layers"]
        ]

    original = order()
    at.button(key="up:district").click().run()
    assert order()[0] == original[1]
    assert order()[1] == original[0]
    next(b for b in at.button if b.label == "恢复默认顺序").click().run()
    assert order() == original


def test_no_script_is_asked_of_another_host(monkeypatch: pytest.MonkeyPatch, bundled: Path) -> None:
    at = _run(monkeypatch, bundled, "overview")
    arguments = json.loads(at.get("component_instance")[0].proto.json_args)
    links = [*arguments["js_links"], *arguments["css_links"]]
    assert links
    assert all(link.startswith("../../atlas/") for link in links)
    assert "http" not in arguments["script"]


def test_a_park_page_shows_tree_reason_and_units(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "parks", park="S10")
    assert not at.exception
    assert "判定理由" in _all_text(at)
    kinds = {i.partition(":")[0] for i in _drawn_ids(at)}
    assert {"tree", "spaces", "clusters", "zones"} <= kinds
    spaces = {i for i in _drawn_ids(at) if i.startswith("spaces:")}
    edges = {i for i in _drawn_ids(at) if i.startswith("tree:")}
    sites = int(re.search(r"<td>点位数.*?</td><td>(\d+)</td>", _all_text(at), re.DOTALL).group(1))  # type: ignore[union-attr]
    assert len(edges) == sites - 1
    assert len(spaces) >= sites


def test_a_park_without_any_space_is_explained(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "parks", park="B08")
    assert not at.exception
    assert {i.value for i in at.info} == {"该园区没有登记任何建筑空间。"}


def test_a_park_without_floor_areas_speaks_of_numbers_and_not_of_areas(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "parks", park="F19")
    numbers = _all_text(at)
    assert "占空间处数（缺面积）的比例" in numbers
    assert "占建筑面积的比例" not in numbers
    assert "稳健性 —" in numbers


def test_an_unknown_park_falls_back_to_the_list(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "parks", park="nothing")
    assert not at.exception
    assert "nothing" in at.warning[0].value
    assert len(at.dataframe[0].value) == 58


def test_filters_of_parks_narrow_and_can_leave_nothing(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "parks")
    at.text_input(key="parks_name").set_value("示例园区").run()
    assert len(at.dataframe[0].value) == 22
    at.text_input(key="parks_name").set_value("(.*").run()
    assert not at.exception
    assert at.info


@pytest.mark.parametrize("fmt", ["gpkg", "shp", "dxf", "kml", "xlsx", "geojson", "csv", "package"])
def test_an_export_is_prepared_and_offered(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, fmt: str
) -> None:
    at = _run(monkeypatch, bundled, "output")
    at.radio(key="export_format:zh").set_value(fmt).run()
    at.button(key="export_build").click().run()
    assert not at.exception
    assert not at.error
    assert at.success
    address = re.search(r'href="/exports/([\w-]+)/([^"]+)" download', _all_text(at))
    assert address
    kept = ready_files().path(address.group(1))
    assert kept is not None
    assert kept.stat().st_size > 0
    assert address.group(2).startswith("yangpu_zones_parks_carriers")


HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}`</script>![x](http://evil.example/a.png)"


@pytest.fixture
def poisoned(tmp_path: Path) -> Path:
    """Return a workspace in which every text field that takes any text is hostile."""
    path = tmp_path / "poisoned"
    workspace, _issues = open_or_create(path, load_catalogue(), author="test")
    for spec in load_catalogue().layers:
        frame = workspace.read(spec.key)
        free = [
            f.name
            for f in spec.fields
            if f.type == "text" and not f.choices and not f.references and f.name != spec.id_field
        ]
        if len(frame):
            workspace.commit(
                spec.key, frame.assign(**dict.fromkeys(free, HOSTILE)), author="e", message=HOSTILE
            )
    return path


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("overview", {"selected": "parks:C08"}),
        ("parks", {}),
        ("parks", {"park": "S10"}),
        ("scattering", {"walk_m": "500"}),
        ("scattering", {"park": "S10"}),
        ("scattering", {"view": "forms"}),
        ("scattering", {"view": "trend"}),
        ("underused", {"carrier": "D05"}),
        ("underused", {"carrier": "D05", "underused_view": "order"}),
        ("underused", {"underused_view": "todo"}),
        ("data", {}),
    ],
)
def test_hostile_text_is_shown_and_never_run(
    monkeypatch: pytest.MonkeyPatch, poisoned: Path, name: str, state: dict[str, str]
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(poisoned))
    at = AppTest.from_function(_page, args=(name,), default_timeout=SLOW_S)
    at.session_state["lang"] = "zh"
    for key, value in state.items():
        at.session_state[key] = value
        at.query_params[key] = value
    at.run()
    assert not at.exception
    assert "<img src=x" not in _all_text(at)
    written = "\n".join(e.value for e in (*at.markdown, *at.caption, *at.info, *at.error))
    assert "](http" not in written
    if at.get("component_instance"):
        script = json.loads(at.get("component_instance")[0].proto.json_args)["feature_group"]
        assert "<img" not in script
        assert "</script" not in script
        assert HOSTILE in json.dumps(_picture(at), ensure_ascii=False)


def test_changing_the_wish_withdraws_the_old_file(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _run(monkeypatch, bundled, "output")
    at.button(key="export_build").click().run()
    assert "下载" in _all_text(at)
    at.radio(key="export_audience:zh").set_value("public").run()
    assert "下载" not in _all_text(at)
    assert "_internal.gpkg · " in _all_text(at)  # it can still be fetched from the list


def test_what_has_no_place_is_listed(monkeypatch: pytest.MonkeyPatch, bundled: Path) -> None:
    at = _run(monkeypatch, bundled, "data")
    tables = [d.value for d in at.dataframe]
    listed = next(t for t in tables if "编码" in t and "地址" in t)
    assert {"E08", "E11", "E15", "F62"} <= set(listed["编码"])
