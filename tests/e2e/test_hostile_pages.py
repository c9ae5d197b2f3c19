"""Hostile text on every page, opened as far as it opens: nothing runs, nothing breaks.

A new page that is not in the table fails the first test.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.conftest import running
from tests.e2e.hand import open_app
from tests.e2e.hostile_page import check
from tests.e2e.hostile_page import open_everything
from tests.hostile_hand import TASK
from tests.hostile_hand import make_poisoned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
FEW = 1_500
PAGES = {
    "home": "",
    "overview": "map",
    "parks": "parks",
    "scatter": "scatter",
    "consolidate": "consolidate",
    "space": "space",
    "linkage": "linkage",
    "evaluate": "evaluate",
    "plan": "plan",
    "calendar": "calendar",
    "edit": "edit",
    "compare": "compare",
    "export": "export",
    "data": "data",
    "import": "import",
    "audit": "audit",
}
"""Every page by its name in the code, and its address."""

ELSEWHERE_TESTED = {
    "city": "tests/e2e/test_hostile_city.py",
    "account": "tests/e2e/test_hostile_team.py",
}
"""Pages that need another server: of a city, or of a team."""


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("poisoned-pages") / "workspace"
    make_poisoned(path, FEW)
    with running(path) as address:
        yield address


def test_the_table_has_every_page() -> None:
    tree = ast.parse((ROOT / "views" / "main.py").read_text("utf-8"))
    (pages,) = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "_pages")
    keys = {
        key.value
        for node in ast.walk(pages)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    assert keys == {*PAGES, *ELSEWHERE_TESTED}
    for test in ELSEWHERE_TESTED.values():
        assert (Path(ROOT) / test).exists()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_and_nothing_breaks(poisoned: str, page: Page, name: str) -> None:
    open_app(page, poisoned, f"{PAGES[name]}?lang=zh")
    check(page)
    open_everything(page)


def test_a_task_of_the_plan_tells_what_people_recorded_as_text(poisoned: str, page: Page) -> None:
    open_app(page, poisoned, f"plan?task={TASK}&lang=zh")
    check(page)
    open_everything(page)
