"""The page 低效空间 under test: running it, and what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    import pytest

SLOW_S = 90
MESSAGES = ("markdown", "caption", "info", "success", "warning", "error", "html")


def _page() -> None:
    from views import store
    from views import underused

    store.begin_run()
    underused.render()


def run_page(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, lang: str = "en", **state: Any
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    at = AppTest.from_function(_page, default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    for key, value in state.items():
        at.session_state[key] = value
    return at.run()


def text_of(at: AppTest) -> str:
    """Return what the page says, without the escapes of Markdown."""
    found = [str(getattr(e.proto, "body", "")) for kind in MESSAGES for e in at.get(kind)]
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(found))


def tables_of(workspace: Path) -> dict[str, Any]:
    opened = Workspace.open(workspace, load_catalogue())
    return {key: opened.read(key) for key in opened.keys()}  # noqa: SIM118 - not a dict


def workspace_of(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    """Return a workspace of the bundled edition with other carriers."""
    workspace, _issues = open_or_create(path, load_catalogue(), author="t")
    carriers = workspace.read("carriers")
    workspace.commit("carriers", change(carriers), author="planner", message="changed")
    return path
