"""What a sheet draws: a list of classes with their conditions and symbols."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from layers.export.sheets import SKETCH
from layers.export.styling.conditions import Bound
from layers.export.styling.conditions import Every
from layers.export.styling.conditions import OfKind
from layers.export.styling.conditions import Same
from layers.export.styling.conditions import Some
from layers.export.styling.conditions import Starts
from layers.export.styling.conditions import Unknown
from layers.export.styling.conditions import Unless
from layers.marks import is_sketch

if TYPE_CHECKING:
    from layers.catalogue import FieldType
    from layers.catalogue import GeometryKind
    from layers.export.sheets import Sheet
    from layers.export.styling.conditions import Condition
    from layers.export.styling.conditions import Value
    from layers.style import LayerStyle
    from layers.style import Symbol

STATUS = "boundary_status"

_KINDS: tuple[GeometryKind, ...] = ("polygon", "line", "point")
_DIMENSIONS: dict[GeometryKind, int] = {"polygon": 2, "line": 1, "point": 0}


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a legend.

    Attributes
    ----------
    number
        Number of the class, -1 for the features of no class.
    title
        What a legend calls it.
    kind
        Geometry that it draws.
    symbol
        How it is drawn.
    condition
        Which features it holds; ``None`` for all.
    """

    number: int
    title: str
    kind: GeometryKind
    symbol: Symbol
    condition: Condition | None


def drawn_kinds(sheet: Sheet) -> tuple[GeometryKind, ...]:
    """Return the kinds of geometry in a sheet, areas first; all of them if nothing is located."""
    if not isinstance(sheet.frame, gpd.GeoDataFrame):
        return ()
    there = set(shapely.get_dimensions(sheet.frame.geometry.to_numpy()).tolist())
    return tuple(kind for kind in _KINDS if _DIMENSIONS[kind] in there) or _KINDS


def drawn_rules(sheet: Sheet, style: LayerStyle, lang: str) -> list[Rule]:
    """Return the classes of a sheet in the order of the legend, no two of which overlap.

    Parameters
    ----------
    sheet
        The layer.
    style
        Its style.
    lang
        Language of the titles, ``zh`` or ``en``.

    Returns
    -------
    list of Rule
        For every kind of geometry: the classes, then the features of no class. A class
        with sketched boundaries is two rules, and the second is dashed. In a layer of
        points and areas, areas are pale, as on the web map.
    """
    kinds = drawn_kinds(sheet)
    sketched = _sketched_classes(sheet, style)
    rules = []
    for kind in kinds:
        part = (OfKind(kind),) if len(kinds) > 1 else ()
        for rule in _classes(sheet, style, kind, lang):
            if kind == "polygon" and "point" in kinds:
                rule = replace(rule, symbol=rule.symbol.paled())  # noqa: PLW2901 -- the same rule
            split = _split(rule, lang) if (kind, rule.number) in sketched else [rule]
            rules += [replace(r, condition=_both(part, r.condition)) for r in split]
    return rules


def by_value(style: LayerStyle) -> bool:
    """Tell whether every class of a style is one value of its field."""
    return bool(style.classes) and not style.by_prefix and not style.breaks


def _classes(sheet: Sheet, style: LayerStyle, kind: GeometryKind, lang: str) -> list[Rule]:
    """Return the classes of a style and the rest."""
    if not style.classes:
        return [Rule(-1, sheet.title.get(lang), kind, style.default, None)]
    conditions = _conditions(style, _type_of(sheet, style.field))
    rules = [
        Rule(number, entry.title.get(lang), kind, entry.symbol, conditions[number])
        for number, entry in enumerate(style.classes)
    ]
    rest = Some((Unknown(style.field), Unless(Some(conditions))))
    return [*rules, Rule(-1, style.rest_title.get(lang), kind, style.default, rest)]


def _conditions(style: LayerStyle, kind: FieldType) -> tuple[Condition, ...]:
    if style.breaks:
        return _between(style)
    if style.by_prefix:
        codes = [entry.value for entry in style.classes]
        return tuple(_longest(style.field, code, codes) for code in codes)
    return tuple(Same(style.field, _typed(entry.value, kind)) for entry in style.classes)


def _between(style: LayerStyle) -> tuple[Condition, ...]:
    """Return the classes of numbers: above the lower limit, up to and with the upper one."""
    limits = list(zip(style.breaks[:-1], style.breaks[1:], strict=True))
    return tuple(
        Every(
            (
                Bound(style.field, ">" if number else ">=", lower),
                Bound(style.field, "<=", upper),
            )
        )
        for number, (lower, upper) in enumerate(limits)
    )


def _longest(field: str, code: str, codes: list[str]) -> Condition:
    """Return the condition that `code` is the longest of `codes` that a value starts with."""
    longer = [c for c in codes if c != code and c.startswith(code)]
    # What starts with a code below another one starts with that one as well.
    below = [c for c in longer if not any(c != other and c.startswith(other) for other in longer)]
    if not below:
        return Starts(field, code)
    return Every((Starts(field, code), Unless(Some(tuple(Starts(field, c) for c in below)))))


def _typed(value: str, kind: FieldType) -> Value:
    if kind == "boolean":
        return value == "True"
    if kind == "integer":
        return int(value)
    return float(value) if kind == "number" else value


def _type_of(sheet: Sheet, name: str) -> FieldType:
    return next(field.type for field in sheet.fields if field.name == name)


def _sketched_classes(sheet: Sheet, style: LayerStyle) -> set[tuple[GeometryKind, int]]:
    """Return kind and class of everything with a sketched boundary; a point has none."""
    frame = sheet.frame
    if not isinstance(frame, gpd.GeoDataFrame):
        return set()
    dimension = shapely.get_dimensions(frame.geometry.to_numpy())
    classes = (
        style.class_of(frame[style.field]).to_numpy() if style.classes else np.full(len(frame), -1)
    )
    sketch = is_sketch(frame).to_numpy()
    return {
        (kind, int(number))
        for kind in _KINDS[:2]
        for number in np.unique(classes[sketch & (dimension == _DIMENSIONS[kind])])
    }


def _split(rule: Rule, lang: str) -> list[Rule]:
    """Return a class as two: with an official boundary, and sketched."""
    mark = SKETCH.get(lang)
    title = f"{rule.title}（{mark}）" if lang == "zh" else f"{rule.title} ({mark})"
    sketch = Same(STATUS, "sketch")
    own = () if rule.condition is None else (rule.condition,)
    official = Some((Unknown(STATUS), Unless(sketch)))
    return [
        replace(rule, condition=_both(own, official)),
        replace(rule, title=title, symbol=rule.symbol.sketched(), condition=_both(own, sketch)),
    ]


def _both(first: tuple[Condition, ...], second: Condition | None) -> Condition | None:
    parts = first if second is None else (*first, second)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Every(parts)
