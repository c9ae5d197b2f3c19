"""Export: layers and result tables as files that are read back before they are handed out."""

from __future__ import annotations

from layers.export.ready import EXPORT_ROUTE
from layers.export.ready import ready_files
from layers.export.run import FORMATS
from layers.export.run import TABLE_FORMATS
from layers.export.run import ExportReport
from layers.export.run import export_layers
from layers.export.run import export_table

__all__ = [
    "EXPORT_ROUTE",
    "FORMATS",
    "TABLE_FORMATS",
    "ExportReport",
    "export_layers",
    "export_table",
    "ready_files",
]
