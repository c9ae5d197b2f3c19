"""Errors and bilingual messages of the layers room.

Every error a planner may meet carries its text in Chinese and in English, so
that the web app and the command line print the same sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of the product.

    Attributes
    ----------
    zh, en
        The sentence in Simplified Chinese and in English.
    """

    zh: str
    en: str

    def get(self, lang: str) -> str:
        """Return the sentence in `lang` (``"zh"`` or ``"en"``)."""
        return self.zh if lang == "zh" else self.en


class AtlasError(Exception):
    """Base of all errors that a user can act on.

    Parameters
    ----------
    text
        What is wrong, where, and what to do.
    """

    def __init__(self, text: Text) -> None:
        super().__init__(f"{text.zh} / {text.en}")
        self.text = text

    def __reduce__(self) -> tuple[type[AtlasError], tuple[Any, ...]]:
        """Let an error travel between processes with both its sentences."""
        return type(self), (self.text,)


class UsageError(AtlasError, ValueError):
    """The wish itself is wrong: nothing was read or written, ask for something else."""


class CatalogueError(AtlasError, ValueError):
    """The catalogue cannot be read or contradicts itself."""


class UnknownLayerError(UsageError, CatalogueError):
    """There is no layer of that name."""


class IntakeError(AtlasError, ValueError):
    """A file cannot be read at all; rows that can be read are never an error."""


class IntakeUsageError(UsageError, IntakeError):
    """There is no such file, or it was said to be in a coordinate system that does not exist."""


class WorkspaceError(AtlasError, RuntimeError):
    """The workspace cannot be opened, read or written."""


class ConflictError(WorkspaceError):
    """Somebody else committed to the same layer first."""


class ExportError(AtlasError, RuntimeError):
    """A file was not written, or reading it back gave something else."""


class ExportUsageError(UsageError, ExportError):
    """The choices for a file contradict each other, or the program does not offer them."""
