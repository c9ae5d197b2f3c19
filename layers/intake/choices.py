"""What a planner says about a file that the file does not say itself."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.intake.placing.local_grid import LocalGrid


@dataclass(frozen=True, slots=True)
class Choices:
    """Decisions about one file; the defaults leave everything to the rules.

    Attributes
    ----------
    crs
        Coordinate system: ``EPSG:n``, ``GCJ02``, ``BD09``, ``CGCS2000``, ``WGS84``, or
        ``auto`` for the best candidate if no other fits.
    encoding
        Encoding of a text file or of the table of a Shapefile.
    part
        Sheet, layer or member of the file.
    mapping
        Heading of the file → field, or a key of
        :data:`layers.intake.columns.PLACES`; ``""`` leaves the column out.
    units
        Field → unit of the file's numbers, where the heading does not say it.
    meanings
        Field → text of a cell → what it stands for, such as the id of a park that the
        file calls by another name.
    local
        The user's own plane system, which is never written anywhere.
    swap
        Whether the two coordinates stand in the other order; ``None`` to find out.
    places
        Data row → ``(layer, id)`` of the known object at whose place it lies, as the
        planner accepted it.
    geocode
        Whether the geocoder that the user configured may be asked.
    public_copy
        Whether a public copy may overwrite the rows that are kept.
    """

    crs: str | None = None
    encoding: str | None = None
    part: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    local: LocalGrid | None = None
    swap: bool | None = None
    places: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    geocode: bool = False
    public_copy: bool = False


NO_CHOICES = Choices()
"""Everything is left to the rules."""
