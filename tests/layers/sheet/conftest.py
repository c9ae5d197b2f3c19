"""Sheets of the bundled edition."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.edition import load_sources
from layers.sheet import Extras
from layers.sheet import SheetRequest
from layers.sheet import sheet_content

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.sheet import SheetContent

DAY = dt.date(2026, 11, 26)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def tables(catalogue: Catalogue) -> Mapping[str, pd.DataFrame]:
    return load_edition(catalogue).tables


@pytest.fixture(scope="module")
def sheet(catalogue: Catalogue, tables: Mapping[str, pd.DataFrame]) -> Any:
    sources = load_sources(catalogue.folder)

    def made(kind: Any = "district", subject: str = "", **choices: Any) -> SheetContent:
        own = choices.pop("tables", tables)
        extras = choices.pop("extras", Extras(sources=sources, versions={"parks": 3}))
        request = SheetRequest(kind, subject, **choices)
        return sheet_content(own, catalogue, request, stamp=DAY, extras=extras)

    return made
