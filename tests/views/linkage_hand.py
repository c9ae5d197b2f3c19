"""The page 三区联动 on the small town of :mod:`tests.access_hand`, walks being straight lines."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from typing import Any

from streamlit.testing.v1 import AppTest

from layers.access import Trial
from layers.access import TrialObject
from layers.startup import open_or_create
from tests.access_hand import CATALOGUE
from tests.access_hand import degrees
from tests.access_hand import town

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import Workspace

SLOW_S = 90
MESSAGES = ("markdown", "caption", "info", "success", "warning", "error", "html")


def workspace_of(path: Path, **more: list[dict[str, Any]]) -> Workspace:
    """Return a workspace that holds the town, and rows of other layers."""
    workspace, _issues = open_or_create(path, CATALOGUE, author="test", empty=True)
    for key, frame in town(**more).items():
        workspace.commit(key, frame, author="test", message="town")
    return workspace


def page() -> None:
    from views import linkage
    from views import store

    store.begin_run()
    linkage.render()


def opened(workspace: Workspace, lang: str = "zh", **address: str) -> AppTest:
    """Return the page on the workspace that is open, with detour 1, before its first run."""
    assert os.environ["ATLAS_WORKSPACE"] == str(workspace.path)
    at = AppTest.from_function(page, default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    at.session_state["linkage_beside:zh"] = "try"
    for name, text in {"detour": "1", **address}.items():
        at.query_params[name] = text
    return at


def on_trial(at: AppTest, workspace: Workspace, *objects: TrialObject, copy: str = "") -> AppTest:
    """Place objects on trial, as a click on the map does; a viewer has the copy ``:public``."""
    at.session_state["linkage_trial"] = (f"{workspace.identity}{copy}", Trial(objects))
    return at


def gate(x: float, y: float, name: str = "东门", campus: str = "A1") -> TrialObject:
    return TrialObject("gate", *degrees(x, y), campus_id=campus, name=name)


def crossing(x: float, y: float, name: str = "人行桥") -> TrialObject:
    return TrialObject("crossing", *degrees(x, y), name=name)


def facility(x: float, y: float, group: str, name: str) -> TrialObject:
    return TrialObject("facility", *degrees(x, y), group=group, name=name)


def text(at: AppTest) -> str:
    """Return what the page says, without the escapes of Markdown and the tags of HTML."""
    found = [str(getattr(e.proto, "body", "")) for kind in MESSAGES for e in at.get(kind)]
    plain = re.sub(r"<[^>]+>", " ", "\n".join(found))
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain)


def figure(at: AppTest, title: str) -> str:
    """Return the figure above a title, of the first that has it."""
    html = "\n".join(str(e.proto.body) for e in at.get("html"))
    found = re.search(rf"<div><b>([^<]*)</b><span>{re.escape(title)}", html)
    assert found, title
    return found[1]


def table(at: AppTest, column: str) -> Any:
    """Return the first table with a column."""
    return next(one.value for one in at.dataframe if column in one.value.columns)
