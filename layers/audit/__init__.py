"""The audit of a workspace: who saw, imported, changed and took out what, and when."""

from __future__ import annotations

from layers.audit.checking import Finding
from layers.audit.checking import Kind
from layers.audit.checking import check
from layers.audit.events import Action
from layers.audit.events import Door
from layers.audit.events import Event
from layers.audit.export_id import export_id_text
from layers.audit.export_id import make_export_id
from layers.audit.export_id import normal_export_id
from layers.audit.files import FOLDER
from layers.audit.journal import Journal
from layers.audit.journal import journal_of
from layers.audit.merged import audit_of
from layers.audit.reading import COLUMNS
from layers.audit.reading import Wish
from layers.audit.reading import read
from layers.audit.recording import Recorder
from layers.audit.recording import Step

__all__ = [
    "COLUMNS",
    "FOLDER",
    "Action",
    "Door",
    "Event",
    "Finding",
    "Journal",
    "Kind",
    "Recorder",
    "Step",
    "Wish",
    "audit_of",
    "check",
    "export_id_text",
    "journal_of",
    "make_export_id",
    "normal_export_id",
    "read",
]
