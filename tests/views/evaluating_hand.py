"""The page 评价 under AppTest: a workspace whose scores are known by hand, and a hand on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.scorecards import load_scorecards
from layers.startup import open_or_create
from tests.evaluation_hand import park
from tests.evaluation_hand import record
from tests.evaluation_hand import rows
from views import tables
from views.evaluating import charts

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pytest

SLOW_S = 60
MESSAGES = ("markdown", "caption", "info", "success", "warning", "error", "html")
HOSTILE = "<img src=x onerror=alert(1)> **b** [x](http://a/b)"
VIEWS = ("ranking", "subject", "coverage", "comparison", "weights", "scorecard")
FLOOR, PASS, GOOD, TARGET = range(4)
CARD = load_scorecards().cards["university"]


def raw_at(anchor: int) -> dict[str, float]:
    """Return raw values that lie on an anchor, so that every value is 0, 60, 85 or 100."""
    assert all([y for _x, y in c.points] == [0, 60, 85, 100] for c in CARD.criteria)
    return {c.key: c.points[anchor][0] for c in CARD.criteria}


def records(subject: str, anchor: int, year: int, *without: str) -> list[dict[str, Any]]:
    return [
        record(subject, key, None if key in without else value, period=year)
        for key, value in raw_at(anchor).items()
    ]


def make_hand(path: Path) -> Path:
    """Make a workspace with four university parks of two years.

    U1 is at the target of everything: 100. U2 is at the floor in both years: 0. U3 is good
    in everything: 85, but in 2025 nobody reported its contracts, a tenth of the weight:
    76.5 to 86.5, over the limit of 85. Of U4 nothing is known.
    """
    workspace, _issues = open_or_create(path, load_catalogue(), author="t", empty=True)
    parks = [park(f"U{n}", established="2000") for n in (1, 2, 3)]
    parks.append(park("U4", name=HOSTILE, established="2000"))
    found = [r for year in (2024, 2025) for r in records("U1", TARGET, year)]
    found += [r for year in (2024, 2025) for r in records("U2", FLOOR, year)]
    found += records("U3", GOOD, 2024) + records("U3", GOOD, 2025, "contract_value")
    workspace.commit("parks", rows("parks", *parks), author="t", message="m")
    workspace.commit("indicators", rows("indicators", *found), author="t", message="m")
    return path


def _page() -> None:
    from views import evaluating
    from views import store

    store.begin_run()
    evaluating.render()


def opened(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, lang: str = "en", **address: str
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    # AppTest asks for the titles of options outside of any session.
    monkeypatch.setattr("views.text.lang", lambda: lang)
    at = AppTest.from_function(_page, default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    for name, text in address.items():
        at.query_params[name.rstrip("_")] = text
    at.run()
    assert not at.exception
    return at


def text(at: AppTest) -> str:
    """Return what the page says, without the escapes of Markdown."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", bare(at))


def bare(at: AppTest) -> str:
    return "\n".join(str(getattr(e.proto, "body", "")) for k in MESSAGES for e in at.get(k))


def figures(at: AppTest) -> dict[str, str]:
    return {
        title: number
        for number, title in re.findall(r"<b>([^<]*)</b><span>([^<]*)</span>", text(at))
    }


def address(at: AppTest) -> dict[str, str]:
    return {name: "".join(value) for name, value in at.query_params.items()}


def watch_charts(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """Return the frames that the charts of the page are drawn from, by chart."""
    found: dict[str, pd.DataFrame] = {}

    def watched(name: str) -> None:
        real = getattr(charts, name)

        def draw(frame: pd.DataFrame, *rest: Any) -> Any:
            found[name] = frame
            return real(frame, *rest)

        monkeypatch.setattr(charts, name, draw)

    for name in ("scores", "ranks", "contributions", "pairs", "coverage"):
        watched(name)
    return found


def watch_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Return what the page offers as files, by name."""
    found: dict[str, dict[str, Any]] = {}

    def save(frame: pd.DataFrame, name: str, *_titles: Any, **more: Any) -> None:
        found[name] = {"frame": frame, **more}

    monkeypatch.setattr(tables, "save", save)
    return found


def weight(at: AppTest, key: str) -> Any:
    return at.number_input(key=f"evaluate_weight:university:{key}")
