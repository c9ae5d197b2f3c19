"""Intake: from a planner's file to accepted rows, rejected rows and reasons."""

from __future__ import annotations

from layers.intake.read import READERS
from layers.intake.read import read_file
from layers.intake.rejects import write_rejects
from layers.intake.run import IntakeResult
from layers.intake.run import file_hash
from layers.intake.run import intake

__all__ = ["READERS", "IntakeResult", "file_hash", "intake", "read_file", "write_rejects"]
