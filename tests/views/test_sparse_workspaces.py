"""Every page on what an office has in its first week: little, or nothing that is located."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.frames import has_geometry
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

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


def _unlocated(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(geometry=None) if has_geometry(frame) else frame


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.head(1)


KINDS = {
    "a table without places": (_unlocated, None),
    "one row a layer": (_first, None),
    "parks and nothing else": (lambda frame: frame, ("parks",)),
    "no zones and no units": (lambda frame: frame, ("parks", "carriers")),
}


@pytest.fixture(scope="module", params=KINDS)
def sparse(
    request: pytest.FixtureRequest, bundled: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a workspace with a part of the bundled edition."""
    change, keys = KINDS[request.param]
    catalogue = load_catalogue()
    source = Workspace.open(bundled, catalogue)
    made = Workspace.create(tmp_path_factory.mktemp("sparse") / "w", catalogue, author="甲")
    for key in keys or source.keys():
        made.commit(key, change(source.read(key)), author="甲", message="首次导入")
    return made.path


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
