"""The pages on another edition: they render, and name its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from editions.make_linjiang import FOLDER
from layers.edition import open_edition
from layers.startup import open_or_create

if TYPE_CHECKING:
    from pathlib import Path

SLOW_S = 90
PAGES = (
    "overview",
    "parks",
    "scattering",
    "consolidating",
    "underused",
    "evaluating",
    "edit",
    "compare",
    "output",
    "data",
)
OTHER = re.compile(
    r"杨浦(?!园空间图谱)|yangpu(?! atlas)|未来谷|杨数浦|上海|shanghai", re.IGNORECASE
)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("linjiang") / "workspace"
    open_or_create(path, open_edition(FOLDER), author="test")
    return path


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    st.cache_resource.clear()


def _page() -> None:
    from importlib import import_module

    import streamlit as st

    from views import store

    store.begin_run()
    import_module(f"views.{st.session_state['which']}").render()


def shown(monkeypatch: pytest.MonkeyPatch, workspace: Path, which: str, lang: str) -> str:
    """Return all that a page sends to the browser."""
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    monkeypatch.setattr("views.text.lang", lambda: lang)
    at = AppTest.from_function(_page, default_timeout=SLOW_S)
    at.session_state["which"] = which
    at.session_state["lang"] = lang
    at.run()
    assert not at.exception
    return "\n".join(str(getattr(element, "proto", "")) for element in at.main)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("which", PAGES)
def test_a_page_renders_and_names_no_other_place(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, which: str, lang: str
) -> None:
    found = shown(monkeypatch, workspace, which, lang)
    assert "body:" in found
    assert OTHER.findall(found) == []


@pytest.mark.parametrize("which", ["overview", "data"])
def test_a_page_has_the_words_of_the_edition(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, which: str
) -> None:
    found = shown(monkeypatch, workspace, which, "zh")
    title = {"overview": "临江区", "data": "临江园空间图谱（示例）"}
    assert title[which] in found
