"""The chapter: a Word document with text, numbered tables and map sheets.

Public: :func:`write_report` for a :class:`ReportRequest`, and :func:`placeholders`, what
the planner's own template may hold.
"""

from __future__ import annotations

from layers.report.request import KINDS
from layers.report.request import Kind
from layers.report.request import ReportReport
from layers.report.request import ReportRequest
from layers.report.run import write_report
from layers.report.template import placeholders

__all__ = [
    "KINDS",
    "Kind",
    "ReportReport",
    "ReportRequest",
    "placeholders",
    "write_report",
]
