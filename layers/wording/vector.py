"""Findings of the readers of vector files: Shapefile, KML, FileGDB, MapInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {}
