"""What holds for all tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """Put the main module back: Streamlit's AppTest leaves the script of a page in its place.

    A process that is spawned later would run that script again, and end there.
    """
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
