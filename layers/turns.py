"""Turns at what only a few may do at once: whoever comes first is first."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

_LOOK_S = 1.0


class Turns:
    """A line of threads that wait for their turn.

    Parameters
    ----------
    most
        How many may be at it at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._running = 0
        self._line: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, tell: Callable[[int], object], *, every_s: float = _LOOK_S) -> Iterator[None]:
        """Wait for a turn, and keep it until the block ends, however it ends.

        Parameters
        ----------
        tell
            Called again and again while others are before: with how many wait before, 0 for
            the next one. What it raises ends the wait, and gives the place in the line up.
        every_s
            How often, in seconds.
        """
        place = object()
        with self._changed:
            self._line.append(place)
        try:
            self._wait(place, tell, every_s)
        except BaseException:
            self._leave(place)
            raise
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _wait(self, place: object, tell: Callable[[int], object], every_s: float) -> None:
        while True:
            with self._changed:
                if self._is_next(place):
                    self._line.popleft()
                    self._running += 1
                    self._changed.notify_all()
                    return
                ahead = self._line.index(place)
            tell(ahead)  # without the lock, because it may take long or raise
            with self._changed:
                self._changed.wait_for(lambda: self._is_next(place), timeout=every_s)

    def _is_next(self, place: object) -> bool:
        return self._running < self._most and self._line[0] is place

    def _leave(self, place: object) -> None:
        with self._changed:
            if place in self._line:
                self._line.remove(place)
            self._changed.notify_all()
