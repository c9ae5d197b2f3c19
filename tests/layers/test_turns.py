"""Turns: few at once, in the order in which they came, and nobody blocks the line."""

from __future__ import annotations

import threading

import pytest

from layers.turns import Turns

PATIENCE_S = 30.0


class Worker:
    """Somebody who takes a turn and keeps it until told."""

    def __init__(self, turns: Turns) -> None:
        self.waits = threading.Event()
        self.works = threading.Event()
        self.may_go = threading.Event()
        self.ahead: list[int] = []
        self._turns = turns
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with self._turns.taken(self._tell, every_s=0.01):
            self.works.set()
            assert self.may_go.wait(PATIENCE_S)

    def _tell(self, ahead: int) -> None:
        self.ahead.append(ahead)
        self.waits.set()

    def go(self) -> None:
        self.may_go.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def test_no_more_work_than_may_and_the_line_is_kept() -> None:
    turns = Turns(2)
    first, second = Worker(turns), Worker(turns)
    assert first.works.wait(PATIENCE_S)
    assert second.works.wait(PATIENCE_S)
    third = Worker(turns)
    assert third.waits.wait(PATIENCE_S)
    fourth = Worker(turns)
    assert fourth.waits.wait(PATIENCE_S)
    assert not third.works.is_set()
    assert (third.ahead[0], fourth.ahead[0]) == (0, 1)
    first.go()
    assert third.works.wait(PATIENCE_S)
    assert not fourth.works.is_set()
    second.go()
    assert fourth.works.wait(PATIENCE_S)
    third.go()
    fourth.go()


def test_who_leaves_the_line_holds_up_nobody() -> None:
    turns = Turns(1)
    first = Worker(turns)
    assert first.works.wait(PATIENCE_S)

    class Gone(BaseException):
        """As Streamlit ends a run whose page was closed."""

    def leave(_ahead: int) -> None:
        raise Gone

    with pytest.raises(Gone), turns.taken(leave):
        pytest.fail("it was not his turn")
    last = Worker(turns)
    first.go()
    assert last.works.wait(PATIENCE_S)
    last.go()


def test_a_failure_gives_the_turn_back() -> None:
    turns = Turns(1)

    def fail() -> None:
        with turns.taken(lambda _ahead: None):
            message = "broken"
            raise ValueError(message)

    for _number in range(3):
        with pytest.raises(ValueError, match="broken"):
            fail()
    told: list[int] = []
    with turns.taken(told.append):
        assert not told
