"""Findings as issues: a code of :mod:`layers.wording` and the place it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text
from layers.issues import Issue
from layers.wording import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_VALUE_LENGTH = 80


def shorten(value: object) -> str:
    """Return `value` as text of at most 80 characters."""
    text = str(value)
    return text if len(text) <= _VALUE_LENGTH else text[: _VALUE_LENGTH - 1] + "…"


def finding(
    code: str,
    *,
    layer: str,
    file: str = "",
    row: int = 0,
    field: str = "",
    value: object = "",
    **details: object,
) -> Issue:
    """Return the issue of a finding code, its sentences filled in.

    Parameters
    ----------
    code
        A key of :data:`layers.wording.FINDINGS`.
    layer, file, row, field, value
        The place, see :class:`layers.issues.Issue`.
    **details
        What the templates of this code ask for.
    """
    known = FINDINGS[code]
    shown = shorten(value)
    places = {**details, "value": shown, "row": row, "field": field}
    return Issue(
        file=file,
        layer=layer,
        row=row,
        field=field,
        value=shown,
        code=code,
        severity=known.severity,
        message=_filled(known.message, places),
        remedy=_filled(known.remedy, places),
    )


def _filled(template: Text, places: Mapping[str, object]) -> Text:
    return Text(template.zh.format(**places), template.en.format(**places))
