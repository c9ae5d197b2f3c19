"""Which features a class holds, said once for QGIS expressions and OGC filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal

from layers.export.styling.xmltext import add

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from layers.catalogue import GeometryKind

Value = str | bool | float

_ESCAPES = (("\\", "\\\\"), ("'", "''"), ("\n", "\\n"), ("\t", "\\t"))
# Length and area are unknown where a geometry has none, in every version of QGIS.
_KINDS: dict[GeometryKind, str] = {
    "point": "area($geometry) IS NULL AND length($geometry) IS NULL",
    "line": "length($geometry) IS NOT NULL",
    "polygon": "area($geometry) IS NOT NULL",
}
_DIMENSIONS: dict[GeometryKind, str] = {"point": "0", "line": "1", "polygon": "2"}
_COMPARED = {
    ">": "ogc:PropertyIsGreaterThan",
    ">=": "ogc:PropertyIsGreaterThanOrEqualTo",
    "<": "ogc:PropertyIsLessThan",
    "<=": "ogc:PropertyIsLessThanOrEqualTo",
}


def quoted(text: str) -> str:
    """Return a text as a string of a QGIS expression."""
    for character, escaped in _ESCAPES:
        text = text.replace(character, escaped)
    return f"'{text}'"


def column(name: str) -> str:
    """Return the name of a field as a column reference of a QGIS expression."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Same:
    """The field has this value."""

    field: str
    value: Value

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return f"{column(self.field)} = {_literal(self.value)}"

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter."""
        _compared(parent, "ogc:PropertyIsEqualTo", self.field, self.value)


@dataclass(frozen=True, slots=True)
class Bound:
    """The number lies on this side of a limit; `sign` is ``>``, ``>=``, ``<`` or ``<=``."""

    field: str
    sign: Literal[">", ">=", "<", "<="]
    limit: float

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return f"{column(self.field)} {self.sign} {self.limit!r}"

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter."""
        _compared(parent, _COMPARED[self.sign], self.field, self.limit)


@dataclass(frozen=True, slots=True)
class Starts:
    """The text starts with this prefix."""

    field: str
    prefix: str

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return f"left({column(self.field)}, {len(self.prefix)}) = {quoted(self.prefix)}"

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter."""
        signs = {"wildCard": "*", "singleChar": "?", "escapeChar": "\\"}
        like = add(parent, "ogc:PropertyIsLike", signs)
        add(like, "ogc:PropertyName", text=self.field)
        escaped = "".join(f"\\{c}" if c in "*?\\" else c for c in self.prefix)
        add(like, "ogc:Literal", text=f"{escaped}*")


@dataclass(frozen=True, slots=True)
class Unknown:
    """The field has no value."""

    field: str

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return f"{column(self.field)} IS NULL"

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter."""
        add(add(parent, "ogc:PropertyIsNull"), "ogc:PropertyName", text=self.field)


@dataclass(frozen=True, slots=True)
class OfKind:
    """The geometry is of this kind, single or multi."""

    kind: GeometryKind

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return _KINDS[self.kind]

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter.

        OGC has no such question. ``dimension`` is a function of GeoServer, and no name of
        a property is the geometry, whatever it is called in the store.
        """
        equal = add(parent, "ogc:PropertyIsEqualTo")
        called = add(equal, "ogc:Function", {"name": "dimension"})
        add(called, "ogc:PropertyName")
        add(equal, "ogc:Literal", text=_DIMENSIONS[self.kind])


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts hold."""

    parts: tuple[Condition, ...]

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return _joined(" AND ", self.parts)

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter."""
        _fill_all(parent, "ogc:And", self.parts)


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the parts holds."""

    parts: tuple[Condition, ...]

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return _joined(" OR ", self.parts)

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter."""
        _fill_all(parent, "ogc:Or", self.parts)


@dataclass(frozen=True, slots=True)
class Unless:
    """The part does not hold; of an unknown value neither holds, as in SQL."""

    part: Condition

    def expression(self) -> str:
        """Return the condition as QGIS writes it."""
        return f"NOT ({self.part.expression()})"

    def fill(self, parent: Element) -> None:
        """Put the condition into an OGC filter."""
        self.part.fill(add(parent, "ogc:Not"))


Condition = Same | Bound | Starts | Unknown | OfKind | Every | Some | Unless


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return quoted(value) if isinstance(value, str) else repr(value)


def _compared(parent: Element, tag: str, field: str, value: Value) -> None:
    compared = add(parent, tag)
    add(compared, "ogc:PropertyName", text=field)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    add(compared, "ogc:Literal", text=text)


def _joined(word: str, parts: Sequence[Condition]) -> str:
    return word.join(f"({part.expression()})" for part in parts)


def _fill_all(parent: Element, tag: str, parts: Sequence[Condition]) -> None:
    """Put parts below one operator; of a single part there is none, as the schema demands two."""
    inside = add(parent, tag) if len(parts) > 1 else parent
    for part in parts:
        part.fill(inside)
