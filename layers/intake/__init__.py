"""Intake: from a planner's file to accepted rows, rejected rows and reasons."""

from __future__ import annotations

from layers.intake.choices import NO_CHOICES
from layers.intake.choices import Choices
from layers.intake.columns import PLACE_TITLES
from layers.intake.columns import PLACES
from layers.intake.columns import Columns
from layers.intake.columns import find_columns
from layers.intake.guess import guess_layer
from layers.intake.isolation.isolated import read_isolated
from layers.intake.kinds import READABLE
from layers.intake.placing.locate import rank_systems
from layers.intake.read import READERS
from layers.intake.read import read_file
from layers.intake.read import read_raw
from layers.intake.rejecting.rejects import rejects_suffix
from layers.intake.rejecting.rejects import write_rejects
from layers.intake.run import IntakeResult
from layers.intake.run import district_of
from layers.intake.run import file_hash
from layers.intake.run import intake
from layers.intake.run import run_chain
from layers.intake.source import FACTS
from layers.intake.source import Raw
from layers.intake.source import Request

__all__ = [
    "FACTS",
    "NO_CHOICES",
    "PLACES",
    "PLACE_TITLES",
    "READABLE",
    "READERS",
    "Choices",
    "Columns",
    "IntakeResult",
    "Raw",
    "Request",
    "district_of",
    "file_hash",
    "find_columns",
    "guess_layer",
    "intake",
    "rank_systems",
    "read_file",
    "read_isolated",
    "read_raw",
    "rejects_suffix",
    "run_chain",
    "write_rejects",
]
