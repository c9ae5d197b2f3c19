"""What the pages tell the audit, and that nothing leaves or changes where it cannot be told."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from layers.audit import Action
from layers.audit import Wish
from layers.audit import check
from layers.audit import read
from layers.export import ready_files
from layers.team import Person
from layers.team import Role

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SLOW_S = 240


@pytest.fixture
def workspace(bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "w"
    shutil.copytree(bundled, path)
    shutil.rmtree(path / "audit", ignore_errors=True)
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    return path


def _told(folder: Path, action: Action) -> pd.DataFrame:
    return read(folder, Wish(actions=frozenset({action})))


def _look() -> None:
    import streamlit as st

    from views import seen
    from views import store

    store.begin_run()
    if st.session_state.get("read"):
        store.table("parks")
    seen.page(st.session_state.get("page", "parks"), refused=st.session_state.get("no", False))


def test_a_page_is_told_once_with_the_layers_that_it_read(workspace: Path) -> None:
    at = AppTest.from_function(_look, default_timeout=SLOW_S)
    at.session_state["read"] = True
    at.run()
    at.run()
    found = _told(workspace, Action.SEE)
    assert [(row["subject"], row["layers"]) for row in found.to_dict("records")] == [
        ("parks", {"parks": 0})
    ]
    at.session_state["page"] = ""
    at.run()
    assert list(_told(workspace, Action.SEE)["subject"]) == ["home", "parks"]
    assert check(workspace) == []


def test_a_closed_page_is_told_as_refused(workspace: Path) -> None:
    at = AppTest.from_function(_look, default_timeout=SLOW_S)
    at.session_state["no"] = True
    at.run()
    assert list(_told(workspace, Action.REFUSED)["subject"]) == ["parks"]
    assert _told(workspace, Action.SEE).empty


def test_a_page_is_shown_where_the_audit_cannot_be_written(workspace: Path) -> None:
    (workspace / "audit").write_text("in the way", "ascii")
    at = AppTest.from_function(_look, default_timeout=SLOW_S).run()
    assert not at.exception


def _output() -> None:
    from views import output
    from views import store

    store.begin_run()
    output.render()


def _prepared() -> AppTest:
    at = AppTest.from_function(_output, default_timeout=SLOW_S)
    at.session_state["output_what"] = "layers"
    at.session_state["export_layers"] = ["zones"]
    at.run()
    return at.button(key="export_build").click().run()


def test_a_prepared_file_is_told_and_carries_its_id(workspace: Path) -> None:
    at = _prepared()
    assert not at.exception
    row = _told(workspace, Action.EXPORT).iloc[0]
    assert row["layers"] == {"zones": 0}
    assert row["detail"]["format"] == "gpkg"
    path = ready_files().path(at.session_state["output_ready"][0].token)
    assert path is not None
    with sqlite3.connect(path) as book:
        told = str(book.execute("SELECT description FROM gpkg_contents").fetchall())
    assert row["export_id"] in told


def test_nothing_is_prepared_where_the_audit_cannot_be_written(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "audit").write_text("in the way", "ascii")
    somebody = Person("u1", "甲", Role.PLANNER)
    monkeypatch.setattr("views.who.current", lambda: somebody)
    at = _prepared()
    assert "audit" in at.error[0].value
    assert "output_ready" not in at.session_state


def _table() -> None:
    import pandas as pd
    import streamlit as st

    from layers.errors import Text
    from views import store
    from views import tables

    store.begin_run()
    frame = pd.DataFrame({"name": ["甲", "乙"][: st.session_state.get("rows", 2)]})
    tables.save(frame, "mine", Text("表", "table"), {}, internal=False)


def test_a_saved_table_is_told_when_it_is_fetched(workspace: Path) -> None:
    ids: set[str] = set()
    for rows in (2, 1):
        at = AppTest.from_function(_table, default_timeout=SLOW_S)
        at.session_state["rows"] = rows
        at.run()
        assert not at.exception
        assert len(_told(workspace, Action.EXPORT)) == len(ids)
        address = at.get("html")[0].proto.body.split('href="')[1].split('"')[0]
        offer = ready_files().find(address.split("/")[2])
        assert offer is not None
        assert offer.make is not None
        assert offer.make()[:2] == b"PK"
        offer.record()
        row = _told(workspace, Action.EXPORT).iloc[0]
        assert row["subject"] == "mine.xlsx"
        ids.add(row["export_id"])
    # Another choice of rows is another file.
    assert len(ids) == 2
