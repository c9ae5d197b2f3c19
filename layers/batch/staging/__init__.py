"""Staging: the rows of an input, once, put with the district that computes with them.

What a task reads afterwards is exactly what a workspace of its district would hold.
"""

from __future__ import annotations

from layers.batch.staging.making import stage
from layers.batch.staging.stage import Stage
from layers.batch.staging.stage import StageError

__all__ = ["Stage", "StageError", "stage"]
