"""The tabs 运营机构匹配 and 机构资料包 by themselves, on workspaces of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.export import ready_files
from layers.matching import matches_of
from layers.underuse import underuse_of
from layers.workspace import Workspace
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import operator
from tests.layers.packs_hand import tables_of

if TYPE_CHECKING:
    from pathlib import Path

SLOW_S = 60
TEXTS = ("markdown", "caption", "info", "success", "warning", "error", "html")
HOSTILE = "<b>x</b> [y](javascript:1) $z$"


def _matches() -> None:
    import streamlit as st

    from layers.underuse import underuse_of
    from views import store
    from views.underused import matches

    store.begin_run()
    judged = underuse_of(store.tables(), store.catalogue())
    matches.show(judged, st.session_state.get("wanted"))


def _packs() -> None:
    import streamlit as st

    from layers.underuse import underuse_of
    from views import store
    from views.underused import packs

    store.begin_run()
    judged = underuse_of(store.tables(), store.catalogue())
    packs.show(judged, st.session_state.get("wanted", ()))


def _workspace(folder: Path, **layers: list[dict[str, Any]]) -> Path:
    tables = tables_of(*(carrier(n) for n in (1, 2, 3)), carrier(4, sample=False), **layers)
    path = folder / "workspace"
    workspace = Workspace.create(path, load_catalogue(), author="test", edition=None)
    for key, frame in tables.items():
        if len(frame):
            workspace.commit(key, frame, author="test", message="made by hand")
    return path


def _run(
    page: Any,
    monkeypatch: pytest.MonkeyPatch,
    workspace: Path,
    lang: str = "zh",
    wanted: Any = None,
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    app = AppTest.from_function(page, default_timeout=SLOW_S)
    app.session_state["lang"] = lang
    if wanted is not None:
        app.session_state["wanted"] = wanted
    app.run()
    assert not app.exception
    return app


def _said(app: AppTest) -> str:
    return "\n".join(
        str(getattr(entry, "value", "") or getattr(entry.proto, "body", ""))
        for kind in TEXTS
        for entry in app.get(kind)
    )


@pytest.fixture
def operated(tmp_path: Path) -> Path:
    operators = [
        operator(1),
        operator(2),
        operator(3, industries="绿色低碳"),
        operator(4, name="绝密运营公司"),
    ]
    return _workspace(tmp_path, operators=operators)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_operators_the_way_to_them_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    app = _run(_matches, monkeypatch, _workspace(tmp_path), lang)
    assert ("导入页" if lang == "zh" else "import page") in app.info[0].value
    assert len(app.dataframe) == 0
    assert app.button(key="match_import").label


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_operators_are_ranked_for_the_carrier_of_the_page(
    operated: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    app = _run(_matches, monkeypatch, operated, lang, wanted="C2")
    assert app.selectbox(key="match_carrier:C2").value == "C2"
    shown = app.dataframe[-1].value
    workspace = Workspace.open(operated, load_catalogue())
    tables = {key: workspace.read(key) for key in workspace.keys()}  # noqa: SIM118 - a method
    judged = underuse_of(tables, load_catalogue())
    expected = matches_of(tables, load_catalogue(), judged.table)
    own = expected[expected["carrier_id"].eq("C2")]
    assert list(shown.iloc[:, 1]) == list(own["operator_name"])
    assert list(shown.iloc[:2, 0]) == list(own["rank"].iloc[:2])
    assert set(shown.iloc[:, 3]) == (
        {"候选", "不适合", "现运营单位"}
        if lang == "zh"
        else {"candidate", "does not fit", "runs it already"}
    )
    assert shown.iloc[0, 4] == own[f"reasons_{lang}"].iloc[0]
    # Made from sample data, and that is said.
    assert ("示例数据" if lang == "zh" else "Sample data") in _said(app)


def test_carriers_are_ranked_for_an_operator(
    operated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _run(_matches, monkeypatch, operated)
    app.session_state["match_view:zh"] = "operator"
    app.run()
    app.selectbox(key="match_operator").set_value("OP1").run()
    assert not app.exception
    shown = app.dataframe[-1].value
    assert len(shown) == 4
    assert list(shown.iloc[:, 0]) == [1, 1, 1, 1]
    assert set(shown.iloc[:, 2]) <= {"正常", "观察", "待核", "预警", "疑似低效", "低效"}


def test_moved_weights_move_the_scores(operated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _run(_matches, monkeypatch, operated, wanted="C1")
    before = str(app.dataframe[-1].value.iloc[0, 2])
    app.number_input(key="match_weight_industry").set_value(0.0).run()
    assert not app.exception
    assert str(app.dataframe[-1].value.iloc[0, 2]) != before
    for name in ("class", "size", "record"):
        app.number_input(key=f"match_weight_{name}").set_value(0.0)
    app.run()
    assert not app.exception
    assert "建议权重" in app.error[0].value
    assert str(app.dataframe[-1].value.iloc[0, 2]) == before


def test_nothing_that_fits_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _workspace(tmp_path, operators=[operator(1, industries="绿色低碳")])
    app = _run(_matches, monkeypatch, path, wanted="C1")
    assert "没有适合" in app.info[0].value
    assert len(app.dataframe[-1].value) == 1


def test_a_pack_of_the_ticked_carriers_is_made_and_offered(
    operated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _run(_packs, monkeypatch, operated, wanted=("C3", "C1"))
    assert app.multiselect[0].value == ["C3", "C1"]
    assert app.radio(key="pack_audience").value == "public"
    app.text_input(key="pack_number").set_value("P-7")
    app.button(key="pack_build").click().run()
    assert not app.exception
    said = _said(app)
    assert "P-7.xlsx" in said
    assert "P-7.docx" in said
    assert "未送审不得公开" in said
    token = re.search(r"/exports/([\w-]+)/P-7\.xlsx", said)
    assert token is not None
    path = ready_files().path(token.group(1))
    assert path is not None
    with path.open("rb") as stream:
        page = openpyxl.load_workbook(stream).worksheets[0]
        assert [row[2] for row in page.iter_rows(2, values_only=True)] == ["C3", "C1"]
    # Another wish is not answered by an older file.
    app.radio(key="pack_audience").set_value("internal").run()
    assert "P-7.xlsx" not in _said(app)


def test_a_number_that_is_no_file_name_is_refused(
    operated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _run(_packs, monkeypatch, operated, wanted=("C1",))
    app.text_input(key="pack_number").set_value("a/b")
    app.button(key="pack_build").click().run()
    assert not app.exception
    assert "编号" in app.error[0].value
    assert "/exports/" not in _said(app)


def test_without_ticked_carriers_some_are_to_be_chosen(
    operated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _run(_packs, monkeypatch, operated, "en", wanted=("gone",))
    assert app.multiselect[0].value == []
    assert any("at least one carrier" in entry.value for entry in app.info)
    assert any("No replies have come back" in entry.value for entry in app.info)


def test_replies_are_shown_beside_the_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = {"carrier_id": "C1", "interest": "yes", "sample": True}
    replies = [
        {**reply, "reply_id": "R1", "vacant_area_m2": 4_500.0, "conditions": HOSTILE},
        {**reply, "reply_id": "R2", "carrier_id": "C2"},
    ]
    path = _workspace(tmp_path, replies=replies)
    app = _run(_packs, monkeypatch, path, wanted=("C1",))
    shown = app.dataframe[-1].value
    assert list(shown["核实与台账之差（m²）"]) == [-500.0]
    assert list(shown["核实与台账之差（%）"]) == [-10.0]
    assert list(shown["承接意向"]) == ["有意向"]
    assert "示例数据" in _said(app)
    other = _run(_packs, monkeypatch, path, wanted=("C3",))
    assert any("所选载体还没有回复" in entry.value for entry in other.info)
    everything = _run(_packs, monkeypatch, path)
    assert len(everything.dataframe[-1].value) == 2
