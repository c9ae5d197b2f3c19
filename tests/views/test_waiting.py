"""Who comes while others have files made sees that, and gets his turn."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from layers.turns import Turns
from views import waiting


class Place:
    """A place on the page, which remembers what stood there."""

    def __init__(self, seen: list[str], when_told: threading.Event) -> None:
        self._seen = seen
        self._when_told = when_told

    def info(self, text: str) -> None:
        self._seen.append(text)
        self._when_told.set()

    def empty(self) -> None:
        self._seen.append("")


def test_the_planner_is_told_how_many_wait_before(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(1)
    seen: list[str] = []
    told = threading.Event()
    monkeypatch.setattr(waiting, "_turns", lambda: turns)
    monkeypatch.setattr("views.waiting.st.empty", lambda: Place(seen, told))
    works = threading.Event()

    def other() -> None:
        with turns.taken(lambda _ahead: None):
            works.set()
            assert told.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert works.wait(30)
    with waiting.turn():
        assert seen[-1] == ""
    thread.join(30)
    assert "0" in seen[0]


@pytest.mark.parametrize("limit", [1, 3])
def test_as_many_at_once_as_the_settings_say(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Served:
        """The settings of a server."""

        class limits:  # noqa: N801 - as the settings have it
            heavy_at_once = limit

    monkeypatch.setattr(waiting, "team", lambda: Served)
    waiting._turns.cache_clear()
    turns: Any = waiting._turns()
    waiting._turns.cache_clear()
    assert turns._most == limit
