"""The audit of a workspace: who saw, imported, changed and took out what, and when."""

from __future__ import annotations

from layers.audit.events import Action
from layers.audit.events import Door
from layers.audit.events import Event
from layers.audit.journal import FOLDER
from layers.audit.journal import Journal
from layers.audit.journal import journal_of

__all__ = ["FOLDER", "Action", "Door", "Event", "Journal", "journal_of"]
