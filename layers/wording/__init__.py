"""The wording of every finding, one table an area.

A finding has a stable code, a severity, and two sentences in two languages:
what is wrong and what to do. The sentences are templates; the places in braces
are filled with what was met.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from layers.wording import addresses
from layers.wording import cells
from layers.wording import checks
from layers.wording import columns
from layers.wording import drawing
from layers.wording import files
from layers.wording import isolation
from layers.wording import places
from layers.wording import shapes
from layers.wording import sheets
from layers.wording import values
from layers.wording import vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

_AREAS = (
    values.FINDINGS,
    shapes.FINDINGS,
    files.FINDINGS,
    vector.FINDINGS,
    drawing.FINDINGS,
    sheets.FINDINGS,
    cells.FINDINGS,
    columns.FINDINGS,
    places.FINDINGS,
    addresses.FINDINGS,
    checks.FINDINGS,
    isolation.FINDINGS,
)

FINDINGS: Mapping[str, Finding] = MappingProxyType(
    {code: known for area in _AREAS for code, known in area.items()}
)
"""What every code means."""

if len(FINDINGS) != sum(len(area) for area in _AREAS):
    msg = "A finding code stands in two tables."
    raise ValueError(msg)
