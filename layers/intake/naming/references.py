"""Names in place of ids: ``东湖科技园`` where the id of a park is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.intake.naming.names import few
from layers.intake.naming.names import normalise_name
from layers.intake.naming.names import similar
from layers.intake.naming.names import without_building
from layers.intake.naming.twins import cell_texts
from layers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.intake.source import Request
    from layers.issues import Issue

# Scores from 0 to 100. At ninety, one sign in ten may differ.
_CLOSE = 90
_SUGGESTED = 3

ENGLISH_NAME = "name_en"
"""A field of many layers that names a record too."""


def resolve_references(
    named: pd.DataFrame,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
    request: Request,
    rows: pd.Series[Any],
    *,
    catalogue: Catalogue,
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """Replace names by ids in the fields that refer to other layers.

    A cell that is no id of the layer referred to, but the name of exactly one of its
    records once both are in their normal form, becomes the id of that record. The name
    of several records stays, and so do a name that is only similar and a mere building
    number such as 3号楼: all are told.

    Parameters
    ----------
    named
        Cells under field names.
    spec
        The layer that the rows are for.
    tables
        The layers that are there, by key.
    request
        Names the file for the findings.
    rows
        Row numbers as a person counts; the findings are about whole columns.
    catalogue
        Says what a record of a layer is called by.

    Returns
    -------
    DataFrame
        `named` with ids in place of names; the same rows in the same order.
    tuple of Issue
        At most one finding a column and kind.
    """
    assert len(rows) == len(named)
    issues: list[Issue] = []
    for field in spec.fields:
        if field.references is None or field.name not in named.columns:
            continue
        target, id_field = field.references
        records = tables.get(target)
        if records is None or records.empty:
            continue
        text = as_text(named[field.name])
        unknown = text[text.notna() & ~text.isin(as_text(records[id_field]))]
        if unknown.empty:
            continue
        known = _names(records, id_field, _name_fields(catalogue.layer(target)))
        ids, found = _resolved(unknown, known, field, request)
        issues += found
        if ids:
            known_by_name = text.isin(list(ids))
            cells = named[field.name].astype(object).where(~known_by_name, text.map(ids))
            named = named.assign(**{field.name: cells})
    return named, tuple(issues)


def _name_fields(spec: LayerSpec) -> tuple[str, ...]:
    fields = (spec.name_field, ENGLISH_NAME)
    return tuple(name for name in fields if spec.has_field(name) and name != spec.id_field)


def _names(records: pd.DataFrame, id_field: str, fields: Iterable[str]) -> dict[str, list[str]]:
    """Return the ids of the records that bear a name, by its normal form."""
    known: dict[str, list[str]] = {}
    ids = as_text(records[id_field])
    for field in fields:
        for name, record in zip(cell_texts(records, field), ids, strict=True):
            bearers = known.setdefault(normalise_name(name), [])
            if record not in bearers:
                bearers.append(record)
    known.pop("", None)
    return known


def _resolved(
    unknown: pd.Series[Any], known: Mapping[str, Sequence[str]], field: FieldSpec, request: Request
) -> tuple[dict[str, str], list[Issue]]:
    """Return the id by cell of the names that are certain, and what is to be told."""
    counts = {str(text): int(count) for text, count in unknown.value_counts(sort=False).items()}
    forms = {text: normalise_name(text) for text in sorted(counts)}
    bearers = {text: known.get(form, ()) for text, form in forms.items()}
    single = {text: ids[0] for text, ids in bearers.items() if len(ids) == 1}
    # Every park has a 3号楼; that only one is known does not make it the one that is meant.
    certain = {text: record for text, record in single.items() if without_building(forms[text])}
    several = {text: " / ".join(sorted(ids)) for text, ids in bearers.items() if len(ids) > 1}
    lost = {text: forms[text] for text in forms if text not in certain and text not in several}
    close = _close(lost, known)

    def tell(code: str, found: Mapping[str, str]) -> list[Issue]:
        if not found:
            return []
        count = sum(counts[text] for text in found)
        shown = few(f"{text} → {what}" for text, what in found.items())
        return [request.issue(code, field=field.name, count=count, examples=shown)]

    return certain, [
        *tell("reference_by_name", certain),
        *tell("reference_ambiguous", several),
        *tell("reference_suggested", close),
    ]


def _close(lost: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what names that nobody bears are similar to."""
    forms, names = sorted({form for form in lost.values() if form}), sorted(known)
    found: dict[str, list[str]] = {}
    for query, choice, score in similar(forms, names, _CLOSE):
        options = found.setdefault(forms[query], [])
        if len(options) < _SUGGESTED:
            options.append(f"{names[choice]} ({' / '.join(known[names[choice]])}, {score:.0f})")
    return {text: ", ".join(found[form]) for text, form in lost.items() if form in found}
