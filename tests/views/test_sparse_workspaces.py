"""Every page on what an office has in its first week: little, or nothing that is located."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from tests.sparse_hand import KINDS
from tests.sparse_hand import make

if TYPE_CHECKING:
    from pathlib import Path

PAGES = (
    "home",
    "overview",
    "parks",
    "scattering",
    "consolidating",
    "underused",
    "linkage",
    "evaluating",
    "plan",
    "calendar",
    "edit",
    "compare",
    "output",
    "data",
    "importing",
    "auditing",
)
SLOW_S = 180


def _page(name: str) -> None:
    import importlib

    from views import links
    from views import store

    store.begin_run()
    links.remember_pages({})
    importlib.import_module(f"views.{name}").render()


@pytest.fixture(scope="module", params=KINDS)
def sparse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(request.param, tmp_path_factory.mktemp("sparse"))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_runs(monkeypatch: pytest.MonkeyPatch, sparse: Path, name: str) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(sparse))
    at = AppTest.from_function(_page, args=(name,), default_timeout=SLOW_S)
    at.session_state["lang"] = "zh"
    at.run()
    assert [one.value for one in at.exception] == []
    assert [one.value for one in at.error] == []
    shown = "\n".join(one.value for kind in (at.markdown, at.info, at.caption) for one in kind)
    assert re.search(r"[\u4e00-\u9fff]", shown)
