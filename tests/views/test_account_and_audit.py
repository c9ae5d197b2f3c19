"""账户 and 审计: tokens are shown once; the audit tells what was done, and if it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from layers.audit import Action
from layers.audit import Door
from layers.audit import Recorder
from layers.audit import Wish
from layers.audit import read
from layers.audit.files import files_of
from layers.catalogue import load_catalogue
from layers.export import ready_files
from layers.startup import open_or_create
from layers.team import Role
from layers.team.tokens import Tokens
from tests.views.offers_hand import offered
from tests.views.role_hand import PEOPLE
from tests.views.role_hand import work_as

if TYPE_CHECKING:
    from pathlib import Path

SLOW_S = 60
HOSTILE = "<img src=x onerror=alert(1)>**fett**"


def _page(name: str) -> None:
    import importlib

    from views import store

    store.begin_run()
    importlib.import_module(f"views.{name}").render()


def _open(name: str) -> AppTest:
    at = AppTest.from_function(_page, args=(name,), default_timeout=SLOW_S)
    at.session_state["lang"] = "zh"
    return at.run()


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    open_or_create(path, load_catalogue(), author="test", empty=True)
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    return path


def _said(at: AppTest) -> str:
    return "\n".join(m.value for m in (*at.markdown, *at.code, *at.success, *at.info))


def test_a_token_is_shown_once_works_and_can_be_taken_back(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, tmp_path: Path
) -> None:
    state = tmp_path / "team"
    work_as(monkeypatch, PEOPLE[Role.VIEWER], state)
    at = _open("account")
    assert not at.exception
    assert "https://atlas.example.org/ogc" in [code.value for code in at.code]
    at.text_input(key="account_token_note").set_value(HOSTILE)
    at.button(key="account_make").click().run()
    assert not at.exception
    assert not at.error
    (text,) = [code.value for code in at.code if code.value.startswith("atlas_")]
    known = Tokens(state).accept(text)
    assert known is not None
    assert known.person_id == PEOPLE[Role.VIEWER].person_id
    at.run()
    assert text not in _said(at)
    shown = "".join(m.value for m in at.markdown)
    assert "\\<img" in shown
    assert "<img" not in shown.replace("\\<", "")
    at.button(key=f"account_revoke:own:{known.token_id}").click().run()
    assert Tokens(state).accept(text) is None
    told = read(workspace)
    assert set(told["action"]) == {"access"}
    assert len(told) == 2
    assert text not in str(told.to_dict())


def test_the_administrator_alone_sees_and_takes_back_tokens_of_others(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, tmp_path: Path
) -> None:
    assert workspace.is_dir()
    state = tmp_path / "team"
    _text, token = Tokens(state).make(PEOPLE[Role.PLANNER], "QGIS")
    work_as(monkeypatch, PEOPLE[Role.STEWARD], state)
    assert "id-planner" not in _said(_open("account"))
    work_as(monkeypatch, PEOPLE[Role.ADMIN], state)
    at = _open("account")
    at.button(key=f"account_revoke:others:{token.token_id}").click().run()
    assert not at.exception
    assert Tokens(state).all() == []


def _recorded(workspace: Path, count: int) -> None:
    recorder = Recorder.of(workspace, PEOPLE[Role.PLANNER], Door.WEB)
    for number in range(count):
        recorder.exported(f"AAAA-BBBB-{number:04}", {"parks": number}, f"{HOSTILE}{number}.gpkg")


def test_the_audit_is_listed_filtered_and_saved(workspace: Path) -> None:
    _recorded(workspace, 205)
    at = _open("auditing")
    assert not at.exception
    assert len(at.dataframe[0].value) == 200
    assert at.dataframe[0].value["文件编号"].iloc[0] == "AAAA-BBBB-0204"
    at.number_input(key="audit_page").set_value(2).run()
    assert at.dataframe[0].value["文件编号"].iloc[-1] == "AAAA-BBBB-0000"
    at.text_input(key="audit_export").set_value(" aaaa-bbbb-0007 ").run()
    (row,) = at.dataframe[0].value.to_dict("records")
    assert (row["人员"], row["操作"], row["角色"]) == ("Peter", "导出", "规划员")
    assert row["图层与版本"].endswith(" v7")
    offer = ready_files().find(offered(at)["audit.csv"])
    assert offer is not None
    assert offer.make is not None
    saved = offer.make().decode("utf-8-sig")
    assert "AAAA-BBBB-0007" in saved
    assert "AAAA-BBBB-0008" not in saved
    at.text_input(key="audit_person").set_value("nobody").run()
    assert not at.dataframe
    assert at.info
    assert not at.exception


def test_details_are_told_in_words_and_what_is_empty_is_left_out(workspace: Path) -> None:
    recorder = Recorder.of(workspace, PEOPLE[Role.PLANNER], Door.WEB)
    wish = {"what": "export", "formats": [], "format": "gpkg", "crs": "", "audience": "public"}
    recorder.exported("AAAA-BBBB-0001", {"parks": 1}, "a.gpkg", **wish)
    recorder.access("token made", note="QGIS", days=1500)
    with recorder.doing(Action.CHANGE, layers={"parks": 1}) as step:
        step.done({"parks": 2}, added=0, changed=1)
    recorder.exported("AAAA-BBBB-0002", {}, "b.gpkg", novel={"x": [HOSTILE]})
    shown = _open("auditing").dataframe[0].value
    assert list(shown["详情"]) == [
        f"novel: x {HOSTILE}",
        "新增: 0 · 修改: 1 · 状态: 完成",
        "用途: QGIS · 有效天数: 1,500",
        "成果: 图层 · 格式: gpkg · 用途: 公开",
    ]
    assert list(shown["对象"])[2] == "生成令牌"


def test_a_record_that_was_changed_is_found(workspace: Path) -> None:
    _recorded(workspace, 3)
    at = _open("auditing")
    at.button(key="audit_check").click().run()
    assert at.success
    (path, *_rest) = files_of(workspace / "audit")
    path.write_bytes(path.read_bytes().replace(b"BBBB-0001", b"BBBB-0009"))
    at.button(key="audit_check").click().run()
    assert not at.exception
    assert path.name.replace(".", "\\.") in at.error[0].value.replace("\\-", "-")
    assert len(read(workspace, Wish())) >= 2
