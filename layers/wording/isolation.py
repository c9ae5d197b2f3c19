"""Findings about files that the reader could not bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {}
