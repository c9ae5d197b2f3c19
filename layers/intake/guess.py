"""Which layer a file is for, as a proposal."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from layers.frames import GEOMETRY
from layers.intake.columns import known_columns
from layers.shapes import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.intake.source import Raw

    # Heading by field, for every layer.
    _Found = Mapping[str, Mapping[str, str]]

_ID_WEIGHT = 2.0
_NO_SHAPES_WEIGHT = 0.5
_LEAST = 1.0
"""So much as one heading that no other layer knows must speak for a layer [J]."""
_LEAD = 1.25
"""So many times as much must speak for a layer as for the next one [J]."""


def guess_layer(raw: Raw, catalogue: Catalogue, name: str = "") -> str | None:
    """Return the key of the layer that a file is for; None if that must be asked.

    A heading counts the less the more layers know it: 编码 and 名称 are in all of them
    and say nothing. The id of a layer counts three times. A layer that cannot hold the
    shapes of the file is no answer. Where the headings leave a doubt, the name of the
    file decides if it names one layer.

    Parameters
    ----------
    raw
        The file.
    catalogue
        The layers to choose from.
    name
        What the file and the part of it that was read are called.
    """
    fitting = [spec for spec in catalogue.layers if _fits(raw, spec)]
    found = {spec.key: known_columns(raw.headings, spec).fields for spec in fitting}
    scores = _scores(raw, fitting, found)
    return _clear(scores) or _complete(fitting, found) or _by_name(name, fitting, scores)


def _scores(raw: Raw, specs: Sequence[LayerSpec], found: _Found) -> dict[str, float]:
    """Return how much the headings speak for every layer."""
    known_to = Counter(heading for fields in found.values() for heading in fields.values())
    return {spec.key: _score(raw, spec, found[spec.key], known_to) for spec in specs}


def _score(
    raw: Raw, spec: LayerSpec, fields: Mapping[str, str], known_to: Mapping[str, int]
) -> float:
    score = sum(
        (1.0 + _ID_WEIGHT * (field == spec.id_field)) / known_to[heading]
        for field, heading in fields.items()
    )
    return score * (_NO_SHAPES_WEIGHT if raw.shapes and not spec.geometry else 1.0)


def _clear(scores: Mapping[str, float]) -> str | None:
    """Return the layer for which clearly more speaks than for any other."""
    ranked = sorted(scores, key=scores.__getitem__, reverse=True)
    if not ranked or scores[ranked[0]] < _LEAST:
        return None
    return ranked[0] if len(ranked) == 1 or _leads(ranked[0], ranked[1], scores) else None


def _leads(first: str, second: str, scores: Mapping[str, float]) -> bool:
    return scores[first] >= _LEAD * scores[second]


def _complete(specs: Sequence[LayerSpec], found: _Found) -> str | None:
    """Return the one layer that has all its fields in a file, and every heading known to any.

    That is how we write a layer ourselves.
    """
    known = {heading for fields in found.values() for heading in fields.values()}
    whole = [
        spec.key
        for spec in specs
        if len(found[spec.key]) == len(spec.fields) and set(found[spec.key].values()) == known
    ]
    return whole[0] if len(whole) == 1 else None


def _by_name(name: str, specs: Sequence[LayerSpec], scores: Mapping[str, float]) -> str | None:
    """Return the one layer that a name speaks of; of several that for which most speaks."""
    plain = name.casefold()
    named = [spec.key for spec in specs if _is_named(spec, plain)]
    return named[0] if len(named) == 1 else _clear({key: scores[key] for key in named})


def _is_named(spec: LayerSpec, plain: str) -> bool:
    """Tell whether a name has the Chinese title of a layer, or its key as a word."""
    as_word = rf"(?<![a-z]){re.escape(spec.key.casefold())}(?![a-z])"
    return spec.title.zh.casefold() in plain or re.search(as_word, plain) is not None


def _fits(raw: Raw, spec: LayerSpec) -> bool:
    """Tell whether a layer can hold the shapes; a table takes any file and leaves them out."""
    if not raw.shapes or not spec.geometry:
        return True
    kinds = {kind_of(shape) for shape in raw.frame[GEOMETRY] if shape is not None}
    return not kinds or bool(kinds & set(spec.geometry))
