"""Packs for operators: a workbook with a reply sheet, and a brief with a map and cards."""

from __future__ import annotations

from layers.packs.facts import MOST_CARRIERS
from layers.packs.replies import EVIDENCE_TITLES
from layers.packs.replies import evidence
from layers.packs.writing import PackReport
from layers.packs.writing import new_number
from layers.packs.writing import write_pack

__all__ = [
    "EVIDENCE_TITLES",
    "MOST_CARRIERS",
    "PackReport",
    "evidence",
    "new_number",
    "write_pack",
]
