"""Tooltips and cards of the map on every page that has one: hostile text is shown as text.

A page with a map that is not in the table fails the first test.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Error
from playwright.sync_api import expect

from tests.e2e.conftest import ROOT
from tests.e2e.conftest import running
from tests.e2e.hand import FEATURES_DRAWN
from tests.e2e.hand import idle
from tests.e2e.hand import maps_where
from tests.e2e.hand import open_app
from tests.e2e.hostile_page import check
from tests.hostile_hand import TAIL
from tests.hostile_hand import TASK
from tests.hostile_hand import make_poisoned
from tests.hostile_hand import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Frame
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
FEW = 1_500
MOST_POINTED_AT = 12
ATTEMPTS = 5
SETTLES_MS = 1_000
PARK = f"B01{TAIL}"
MAPS = {
    "home": ("", 1),
    "overview": ("map", 1),
    "parks": (f"parks?park={quote(PARK)}", 1),
    "scatter": (f"scatter?park={quote(PARK)}", 1),
    "consolidate": ("consolidate", 1),
    "space": ("space", 1),
    "linkage": ("linkage", 1),
    "compare": ("compare", 2),
    "edit": ("edit", 1),
    "plan": (f"plan?task={TASK}", 1),
}
"""Every page with a map, its address, and how many maps it has."""

DRAWN_BY = {
    "home/picture.py": ("home",),
    "overview.py": ("overview",),
    "park_map.py": ("parks", "scatter"),
    "consolidating/plan_map.py": ("consolidate",),
    "underused/picture.py": ("space",),
    "linkage/picture.py": ("linkage",),
    "compare.py": ("compare",),
    "edit.py": ("edit",),
    "plan/picture.py": ("plan",),
}
"""Modules that draw a map, and the pages on which it stands."""

ELSEWHERE_TESTED = {
    "city/picture.py": "tests/e2e/test_hostile_city.py",
    "importing/compare.py": "tests/e2e/test_import.py",
    "importing/places.py": "tests/e2e/test_import.py",
}
"""Maps that need another server, or a file first."""

POINTS = """(most) => {
    const size = map.getSize(), found = [], seen = new Set();
    for (const path of document.querySelectorAll('path.leaflet-interactive')) {
        const box = path.getBoundingClientRect();
        for (const [fx, fy] of [[0.5, 0.5], [0.3, 0.5], [0.7, 0.5], [0.5, 0.3], [0.5, 0.7]]) {
            const x = box.left + fx * box.width, y = box.top + fy * box.height;
            if (x < 5 || y < 5 || x > size.x - 5 || y > size.y - 5) { continue; }
            const top = document.elementFromPoint(x, y);
            if (top && top.matches('path.leaflet-interactive') && !seen.has(top)) {
                seen.add(top);
                found.push({x, y});
                break;
            }
        }
        if (found.length >= most) { break; }
    }
    return found;
}"""


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("poisoned-maps") / "workspace"
    plan(make_poisoned(path, FEW))
    with running(path) as address:
        yield address


def test_the_table_has_every_module_with_a_map() -> None:
    found = {
        path.relative_to(ROOT / "views").as_posix()
        for path in (ROOT / "views").rglob("*.py")
        if "mapview" in _imported(path.read_text("utf-8"))
    }
    assert found == {*DRAWN_BY, *ELSEWHERE_TESTED}
    assert {page for pages in DRAWN_BY.values() for page in pages} == set(MAPS)
    for test in ELSEWHERE_TESTED.values():
        assert (ROOT / test).exists()


def _imported(source: str) -> set[str]:
    """Return what a module takes from the views themselves."""
    return {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "views"
        for alias in node.names
    }


@pytest.mark.parametrize("name", MAPS)
def test_what_is_pointed_at_is_told_as_text(poisoned: str, page: Page, name: str) -> None:
    address, count = MAPS[name]
    open_app(page, poisoned, f"{address}{'&' if '?' in address else '?'}lang=zh")
    if name == "consolidate":
        _open_plan(page)
    seen = sum(_pointed_at(page, count, number) for number in range(count))
    assert seen > 0
    frame = _frame(page, count, 0)
    for at in _points(frame)[:2]:
        frame.locator("#map_div").click(position=at)
        idle(page)
        check(page)
        if not page.locator("iframe").count():
            return  # the click led to another page
        frame = _frame(page, count, 0)


def _pointed_at(page: Page, count: int, number: int) -> int:
    """Point at what a map shows, and return how many tooltips there were.

    A map that the page replaces meanwhile is looked for again.
    """
    for _attempt in range(ATTEMPTS):
        try:
            return _tooltips(page, _frame(page, count, number))
        except Error as error:
            if "detached" not in error.message:
                raise
    raise AssertionError


def _tooltips(page: Page, frame: Frame) -> int:
    seen = 0
    for at in _points(frame):
        frame.locator("#map_div").hover(position=at)
        told = frame.locator(".leaflet-tooltip").all_text_contents()
        seen += any(text.strip() for text in told)
        check(page)
    return seen


def _open_plan(page: Page) -> None:
    """Open the scenario that was solved; the page has no map before."""
    page.get_by_role("radio", name="方案管理").dispatch_event("click")
    idle(page)
    page.locator(".st-key-consolidate_scenario input").fill("=1+1")
    page.keyboard.press("Enter")
    idle(page)
    page.locator(".st-key-consolidate_open button").click()
    expect(page.get_by_text("已打开 =1+1").first).to_be_visible()
    idle(page)
    page.get_by_role("radio", name="方案", exact=True).dispatch_event("click")
    # Which plan of it is shown is chosen here if layers changed since.
    page.locator("[class*='st-key-consolidate_step'] input").click()
    page.get_by_role("option").first.click()
    idle(page)


def _frame(page: Page, count: int, number: int) -> Frame:
    return maps_where(page, count, FEATURES_DRAWN)[number]


def _points(frame: Frame) -> list[Any]:
    """Return where something lies on top; a map that still moves has nothing to point at."""
    for _attempt in range(ATTEMPTS):
        found: list[Any] = frame.evaluate(POINTS, MOST_POINTED_AT)
        if found:
            return found
        frame.wait_for_timeout(SETTLES_MS)
    raise AssertionError
