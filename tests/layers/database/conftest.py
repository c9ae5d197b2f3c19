"""One server for all tests of databases, and a new database for each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pytest

from tests.layers.database.database_hand import bases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.layers.database.database_hand import Base


@pytest.fixture(scope="session")
def make_base() -> Iterator[Any]:
    """Return a function that makes a database."""
    with bases() as made:
        yield made


@pytest.fixture
def base(make_base: Any) -> Base:
    """Return a new database with PostGIS."""
    found: Base = make_base()
    return found
