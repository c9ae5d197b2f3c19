"""The benchmark of the team server: it counts what goes wrong, and runs in small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from typing import cast

import httpx
import pytest
from streamlit.proto.Delta_pb2 import Delta

from bench.office import OVERVIEW
from bench.office import Book
from bench.office import Desk
from bench.planner import PageError
from bench.planner import Seen
from tests.loops import finish

if TYPE_CHECKING:
    from bench.planner import Planner
    from bench.planner import Widget

ROOT = Path(__file__).parents[2]


def _answer(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://127.0.0.1/")
    return httpx.HTTPStatusError("", request=request, response=httpx.Response(status))


@pytest.mark.parametrize(
    ("error", "errors", "refused"),
    [
        (_answer(500), 1, 0),
        (_answer(403), 1, 0),
        (_answer(429), 0, 1),
        (PageError("ValueError"), 1, 0),
        (ConnectionResetError(), 1, 0),
    ],
)
def test_what_goes_wrong_is_written_down(error: Exception, errors: int, refused: int) -> None:
    async def fail() -> None:
        raise error

    book = Book()
    with pytest.raises(type(error)):
        finish(book.time("page", fail()))
    assert (len(book.errors), book.refused) == (errors, refused)
    assert not book.seconds


def test_an_exception_on_the_page_is_an_error() -> None:
    seen, delta = Seen(), Delta()
    delta.new_element.exception.type = "KeyError"
    seen.add(delta.new_element)
    delta.new_element.button.id = "$$ID-0a-export_build"
    delta.new_element.button.label = "生成文件"
    seen.add(delta.new_element)
    assert seen.errors == ["KeyError: "]
    assert seen.by_key("export_build") is seen.by_label("生成文件") is not None


class _Scripted:
    """A planner to whom the page answers what stands in a list."""

    def __init__(self, answers: list[Seen]) -> None:
        self.answers = answers
        self.pressed: list[str] = []

    async def set(self, widget: Widget, **_value: object) -> Seen:
        self.pressed.append(widget.key)
        return self.answers.pop(0)


def _page(*buttons: tuple[str, str], told: str = "") -> Seen:
    seen = Seen(texts=[told])
    for key, label in buttons:
        delta = Delta()
        delta.new_element.button.id = f"$$ID-0a-{key}"
        delta.new_element.button.label = label
        seen.add(delta.new_element)
    return seen


def test_an_import_is_done_when_it_is_not_waiting_any_more() -> None:
    """The import before it is told above one that met a conflict, too."""
    before, commit = "甲.csv：载体现为版本 3。", ("import_commit", "提交")
    waiting = _page(("import_catch_up", "重新比对"), commit, told=before)
    answers = [waiting, _page(commit, told=before), _page(told="乙.csv：载体现为版本 5。")]
    planner, book = _Scripted(answers), Book()
    desk = Desk(cast("Planner", planner), book, seed=0, think_s=0.0)
    finish(desk._commit(_page(commit, told=before)))
    assert planner.pressed == ["import_commit", "import_catch_up", "import_commit"]
    assert (planner.answers, book.errors) == ([], [])


def test_two_planners_work_for_some_seconds_without_an_error() -> None:
    options = "--planners 2 --minutes 0.2 --think 2 --settle 0 --buildings 300"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bench.bench_team", *options.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 planners: 0 errors" in done.stdout
    assert "0 errors in the log of the server" in done.stdout
    assert f"page {OVERVIEW}" in done.stdout
    assert "healthz" in done.stdout
