"""The import page under AppTest, and a hand on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    import pytest

SLOW_S = 60
FILE, COLUMNS, PLACES, CHECK, COMPARE, COMMIT = range(6)
MESSAGES = ("markdown", "caption", "info", "success", "warning", "error", "html")
HEAD = "载体编码,楼栋名称,经度,纬度"
ROWS = "X1,新楼一,121.5056,31.2990\nX2,新楼二,121.5153,31.2871\n"
WIDE = (
    f"{HEAD},总建筑面积,竣工年份,单元编码,楼层室号,面积,租户,到期\n"
    "XA,甲楼,121.51,31.30,3000,2001,XA-1,101,100,企业一,2027-05-31\n"
    ",,,,,,XA-2,102,200,企业二,2027-06-30\n"
    "XB,乙楼,121.52,31.29,5000,2010,XB-1,201,300,企业三,2028-01-31\n"
)


def _page() -> None:
    from views import importing
    from views import store

    store.begin_run()
    importing.render()


class Desk:
    """The page, and a hand on it.

    Attributes
    ----------
    at
        The page.
    typed
        What is typed into a table whose key starts so: the table as shown → as changed.
    shown
        The tables that could be typed into, by key, as they were shown last.
    """

    def __init__(self, patch: pytest.MonkeyPatch, path: Path, lang: str = "zh") -> None:
        patch.setenv("ATLAS_WORKSPACE", str(path))
        patch.setattr("streamlit.data_editor", self._editor)
        # AppTest asks for the titles of options outside of any session.
        patch.setattr("views.text.lang", lambda: lang)
        self.path = path
        self.typed: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {}
        self.shown: dict[str, pd.DataFrame] = {}
        self.at = AppTest.from_function(_page, default_timeout=SLOW_S)
        self.at.session_state["lang"] = lang
        self.run()

    def _editor(self, frame: pd.DataFrame, *, key: str, **_look: Any) -> pd.DataFrame:
        self.shown[key] = frame
        change = next((f for start, f in self.typed.items() if key.startswith(start)), None)
        return frame if change is None else change(frame.copy())

    def run(self) -> None:
        self.at.run()
        assert not self.at.exception

    def upload(self, content: str | bytes, name: str = "台账.csv") -> None:
        data = content.encode() if isinstance(content, str) else content
        self.at.file_uploader[0].upload(name, data)
        self.run()

    def press(self, key: str) -> None:
        self.at.button(key=key).click()
        self.run()

    def step(self, number: int) -> None:
        """Go to a step at once; the steps between are for the planner, not for the result."""
        if self.at.session_state["import_step"] != number:
            self.at.session_state["import_step"] = number
            self.run()

    def choose(self, key: str, value: Any) -> None:
        """Choose in a control with several buttons."""
        groups: list[Any] = [*self.at.get("button_group")]
        (group,) = (g for g in groups if str(g.key).startswith(key))
        group.set_value(value)
        self.run()

    def offers(self, key: str) -> bool:
        return any(str(g.key).startswith(key) for g in self.at.get("button_group"))

    def has_button(self, key: str) -> bool:
        return any(button.key == key for button in self.at.button)

    def field(self, key: str) -> Any:
        (found,) = (t for t in self.at.text_input if str(t.key).startswith(key))
        return found

    def text(self, *kinds: str) -> str:
        found = []
        for kind in kinds or MESSAGES:
            for element in self.at.get(kind):
                body = getattr(element.proto, "body", "")
                found.append(str(getattr(element, "value", body) or body))
        return "\n".join(found).replace("\\", "")

    def figures(self) -> list[int]:
        (cells,) = (e for e in self.at.get("html") if "atlas-figures" in e.proto.body)
        return [int(n.replace(",", "")) for n in re.findall(r"<b>([\d,]+)</b>", cells.proto.body)]

    def layer(self, key: str) -> None:
        """Say which layer the file is for."""
        (box,) = (b for b in self.at.selectbox if str(b.key).startswith("import_layer"))
        box.set_value(key)
        self.run()

    def leave(self) -> None:
        """Take away what a session would take away in the end."""
        if "import_work" in self.at.session_state:
            self.at.session_state["import_work"].folder.cleanup()

    def commit(self) -> None:
        self.step(COMMIT)
        self.field("import_author").set_value("李工")
        self.press("import_commit")

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(self.path, load_catalogue())

    def rows(self, key: str = "carriers") -> Any:
        return self.workspace.read(key).set_index(load_catalogue().layer(key).id_field)


def typed(heading: str, column: str, value: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return what is typed into one cell of the row whose first cell is `heading`."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame[column] = frame[column].astype(object)
        frame.loc[frame.iloc[:, 0].eq(heading), column] = value
        return frame

    return change
