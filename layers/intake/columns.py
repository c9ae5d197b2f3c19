"""Which column of a file is which field.

One resolver, driven by tables: the user's own mapping, then field names, then
titles and aliases of the catalogue, then short names. Columns that say where a
row lies are looked up the same way in :data:`PLACES`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import NoReturn

from layers.contract import OWN_COLUMNS
from layers.errors import IntakeError
from layers.errors import Text
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import LayerSpec

    # How a heading is spelled, and what every spelling is.
    _Step = tuple[Callable[[str], str], Mapping[str, str]]

PLACES: Mapping[str, tuple[str, ...]] = {
    "lon": ("lon", "lng", "long", "longitude", "x", "经度", "东经", "东坐标"),
    "lat": ("lat", "latitude", "y", "纬度", "北纬", "北坐标"),
    "wkt": ("wkt", "geometry", "geom", "the_geom", "几何"),
    "coord_system": ("coord_system", "crs", "坐标系", "坐标系统"),
}
"""Headings of the columns that say where a row lies."""

_OPENING = {")": "(", "]": "[", "】": "【", "〕": "〔"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what.

    Attributes
    ----------
    fields
        Column by field name.
    places
        Column by key of :data:`PLACES`.
    doubled
        ``(column, field)`` of columns that name a field which another
        column already fills.
    """

    fields: Mapping[str, str]
    places: Mapping[str, str]
    doubled: tuple[tuple[str, str], ...]


def normalise(heading: str) -> str:
    """Return a heading without width, case, blanks, a required mark and a unit in brackets."""
    return _without_unit(_plain(heading)).strip("*")


def _plain(heading: str) -> str:
    """Return a heading without width, case, blanks and a required mark."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", heading)).casefold().strip("*")


def _without_unit(plain: str) -> str:
    """Return a heading without the brackets at its end, whatever stands between them.

    A unit may have brackets of its own, as in 元/(m²·天); brackets that do not
    match, or hold the whole heading, stay.
    """
    closing = plain[-1:]
    if closing not in _OPENING:
        return plain
    depth = 0
    for position in range(len(plain) - 1, 0, -1):
        depth += (plain[position] == closing) - (plain[position] == _OPENING[closing])
        if depth == 0:
            return plain[:position]
    return plain


def find_columns(
    headings: Sequence[str], spec: LayerSpec, mapping: Mapping[str, str] | None = None
) -> Columns:
    """Say for every heading which field or place it is.

    Parameters
    ----------
    headings
        Headings of the file.
    spec
        The layer with its names, titles, aliases and short names.
    mapping
        The user's own choice, heading → field or key of :data:`PLACES`; it
        goes before everything else.

    Raises
    ------
    IntakeError
        If `mapping` names a heading or a field that is not there, or if no
        heading is known at all.
    """
    found: dict[str, str] = {}
    doubled: list[tuple[str, str]] = []
    used: set[str] = set()
    steps: list[_Step] = [(str, _chosen(headings, spec, mapping or {})), *_tables(spec)]
    for spell, names in steps:
        for heading in headings:
            target = names.get(spell(heading))
            if target is None or heading in used:
                continue
            used.add(heading)
            if target in found:
                doubled.append((heading, target))
            else:
                found[target] = heading
    fields = {name: column for name, column in found.items() if spec.has_field(name)}
    if not fields and headings:
        raise _nothing_known(headings, spec)
    places = {name: column for name, column in found.items() if not spec.has_field(name)}
    return Columns(fields, places, tuple(doubled))


def find_places(headings: Iterable[str]) -> dict[str, str]:
    """Return the columns that say where a row lies, by key of :data:`PLACES`."""
    names = _place_names()
    found: dict[str, str] = {}
    for heading in headings:
        if (target := names.get(normalise(heading))) is not None:
            found.setdefault(target, heading)
    return found


def _place_names() -> dict[str, str]:
    return {alias: key for key, aliases in PLACES.items() for alias in aliases}


def _tables(spec: LayerSpec) -> tuple[_Step, ...]:
    """Return how a heading is spelled and spelling → target, a pair a step, the surest first."""
    full: dict[str, str] = {}
    titles: dict[str, str] = {}
    short: dict[str, str] = {}
    for field in spec.fields:
        for label in (field.title.zh, field.title.en, *field.aliases):
            full.setdefault(_plain(label), field.name)
            titles.setdefault(normalise(label), field.name)
        short.setdefault(normalise(field.short), field.name)
    exact = {name: name for name in spec.field_names}
    return (
        (_plain, exact),
        # Brackets may be part of a title: "Completed (year)", "Completed (month)".
        (_plain, full),
        # With a unit behind it, a title may still have brackets of its own.
        (normalise, full),
        (normalise, exact),
        (normalise, titles),
        (normalise, short),
        (normalise, _place_names()),
    )


def _chosen(headings: Sequence[str], spec: LayerSpec, mapping: Mapping[str, str]) -> dict[str, str]:
    targets = (*spec.field_names, *PLACES)
    for source, target in mapping.items():
        if source not in headings:
            _refuse_unknown("列", "column", source, headings)
        if target not in targets:
            _refuse_unknown("字段", "field", target, targets)
    return dict(mapping)


def _refuse_unknown(zh: str, en: str, name: str, known: Sequence[str]) -> NoReturn:
    listed = ", ".join(difflib.get_close_matches(name, known, n=3) or known)
    raise IntakeError(
        Text(
            f"对应关系中的{zh}“{name}”不存在；请改用：{listed}",
            f"the mapping names the {en} '{name}', which is not there; use one of: {listed}",
        )
    )


def _nothing_known(headings: Sequence[str], spec: LayerSpec) -> IntakeError:
    have = ", ".join(headings)
    want = ", ".join(f"{f.title.zh} ({f.name})" for f in spec.fields)
    return IntakeError(
        Text(
            f"表头中没有图层“{spec.title.zh}”的任何字段。文件的表头：{have}。可用：{want}",
            f"no heading is a field of the layer '{spec.key}'. Headings: {have}. Fields: {want}",
        )
    )


def unused(headings: Iterable[str], columns: Columns) -> list[str]:
    """Return the headings that are neither field nor place nor a mark of our own exports."""
    doubled = {heading for heading, _ in columns.doubled}
    taken = {*columns.fields.values(), *columns.places.values(), *doubled}
    return [h for h in headings if h not in taken and h not in OWN_COLUMNS and h != GEOMETRY]
