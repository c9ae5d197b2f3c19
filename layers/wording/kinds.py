"""What a finding code means: severity and two templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from layers.issues import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What a finding code means.

    Attributes
    ----------
    severity
        See :class:`layers.issues.Issue`.
    message, remedy
        Templates with the same places in both languages.
    """

    severity: Severity
    message: Text
    remedy: Text


def error(zh: str, en: str, remedy_zh: str, remedy_en: str) -> Finding:
    """Return the meaning of a code that rejects its row."""
    return Finding("error", Text(zh, en), Text(remedy_zh, remedy_en))


def warning(zh: str, en: str, remedy_zh: str, remedy_en: str) -> Finding:
    """Return the meaning of a code that keeps its row and asks to look at it."""
    return Finding("warning", Text(zh, en), Text(remedy_zh, remedy_en))


def info(zh: str, en: str, remedy_zh: str = "", remedy_en: str = "") -> Finding:
    """Return the meaning of a code that tells what was assumed or done."""
    return Finding("info", Text(zh, en), Text(remedy_zh, remedy_en))
