"""All ugly files."""

from __future__ import annotations

from tests.corpus import cells
from tests.corpus import checks
from tests.corpus import drawings
from tests.corpus import headings
from tests.corpus import hostile
from tests.corpus import places
from tests.corpus import shapefiles
from tests.corpus import shapes
from tests.corpus import tables
from tests.corpus import vectors

CASES = (
    *headings.CASES,
    *cells.CASES,
    *tables.CASES,
    *shapefiles.CASES,
    *vectors.CASES,
    *drawings.CASES,
    *places.CASES,
    *shapes.CASES,
    *checks.CASES,
    *hostile.CASES,
)
