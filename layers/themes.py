"""Themes: a column of a layer turned into the classes that map, legend and exports use.

A theme says which field is shown and how; it is short enough to stand in an address.
:func:`resolve` makes its classes from the data. Unknown values are a class of their
own with a neutral symbol, never the class of zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import numpy as np

from layers import ramps
from layers.breaks import SCHEMES
from layers.breaks import find_breaks
from layers.breaks import known_numbers
from layers.errors import Text
from layers.errors import UsageError
from layers.style import StyleClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.style import LayerStyle
    from layers.style import Symbol

Kind = Literal["style", "categorical", "graduated"]

UNKNOWN_TITLE = Text("未知", "unknown")
LONGEST_CATEGORY = 20
"""Longest text, in characters, that is taken for a category and not for a sentence."""

_FIRST_LOOK = 1_000
_MOST_TEXT = 200
_MARK = "~"
_PARTS: Mapping[str, int] = {"categorical": 2, "graduated": 4}
_BOOLEANS: Mapping[str, Text] = {"True": Text("是", "yes"), "False": Text("否", "no")}
_OUTLINE = "#33414e"
_OPACITY = 0.9
_LINE_WIDTH = 3.0
_SECOND_ROUND = 1.5


@dataclass(frozen=True, slots=True)
class Theme:
    """What a layer shows by its colours.

    Attributes
    ----------
    layer
        Key of the layer.
    field
        Field that chooses the class; empty for the style of the catalogue.
    kind
        ``style`` (as the catalogue says), ``categorical`` or ``graduated``.
    scheme, k, ramp
        Of a graduated theme: name of :data:`layers.breaks.SCHEMES`, wished number of
        classes (3 to 7), name of :data:`layers.ramps.RAMPS`. Empty and 0 otherwise.
    """

    layer: str
    field: str = ""
    kind: Kind = "style"
    scheme: str = ""
    k: int = 0
    ramp: str = ""

    def to_text(self) -> str:
        """Return the theme for an address, without its layer: ``height_m~quantiles~5~blues``."""
        if self.kind == "style":
            return "style"
        if self.kind == "categorical":
            return _MARK.join((self.field, "categorical"))
        return _MARK.join((self.field, self.scheme, str(self.k), self.ramp))

    @staticmethod
    def from_text(text: str, spec: LayerSpec, *, internal: bool = True) -> Theme:
        """Read what :meth:`to_text` wrote; the text may come from anybody.

        Parameters
        ----------
        text
            The text of an address.
        spec
            The layer it is for.
        internal
            Whether internal fields may be shown.

        Raises
        ------
        UsageError
            If anything in it is unknown. The message does not repeat the text.
        """
        if text == "style":
            return Theme(spec.key)
        parts = text.split(_MARK) if len(text) <= _MOST_TEXT else []
        counts = [str(k) for k in range(ramps.LEAST_CLASSES, ramps.MOST_CLASSES + 1)]
        if len(parts) == _PARTS["categorical"] and parts[1] == "categorical":
            theme = Theme(spec.key, parts[0], "categorical")
        elif len(parts) == _PARTS["graduated"] and parts[2] in counts:
            theme = Theme(spec.key, parts[0], "graduated", parts[1], int(parts[2]), parts[3])
        else:
            raise _unreadable(spec)
        _check(theme, spec, internal=internal)
        return theme


def catalogue_theme(spec: LayerSpec) -> Theme | None:
    """Return the theme of a layer whose style in the catalogue is graduated, else None."""
    raw = spec.style
    if raw.get("kind") != "graduated":
        return None
    return Theme(spec.key, raw["field"], "graduated", raw["scheme"], raw["k"], raw["ramp"])


def themeable_fields(
    spec: LayerSpec, frame: pd.DataFrame, *, internal: bool = True
) -> dict[str, Kind]:
    """Return the fields that can carry a theme, and of which kind.

    Numbers with two distinct known values or more are graduated. Fields with choices,
    booleans and short texts are categorical if they have at most
    :data:`layers.ramps.MOST_CATEGORIES` distinct values and something to tell apart.
    Ids, references to ids, and names are no themes.

    Parameters
    ----------
    spec, frame
        The layer and its rows.
    internal
        Whether internal fields may be shown.
    """
    found: dict[str, Kind] = {}
    for field in spec.fields:
        kind = _kind_of(field, spec, internal=internal)
        if kind and field.name in frame and _can_carry(kind, field, frame[field.name]):
            found[field.name] = kind
    return found


def _kind_of(field: FieldSpec, spec: LayerSpec, *, internal: bool) -> Kind | None:
    """Return the kind of theme that a field allows by what it is, whatever the data."""
    if not internal and "internal" in {field.sensitivity, spec.sensitivity}:
        return None
    identity = field.name in {spec.id_field, spec.name_field} or field.unique
    if identity or field.references is not None:
        return None
    if field.type in {"integer", "number"}:
        return "graduated"
    return "categorical" if field.type in {"text", "boolean"} else None


def _can_carry(kind: Kind, field: FieldSpec, column: pd.Series[Any]) -> bool:
    if kind == "graduated":
        known = known_numbers(column)
        known = known[~np.isnan(known)]
        return bool(known.size) and bool(known.min() < known.max())
    # Names of half a million rows need not all be looked at to see that they differ.
    if column.head(_FIRST_LOOK).nunique() > ramps.MOST_CATEGORIES:
        return False
    known_texts = column.dropna().unique()
    if not 1 <= len(known_texts) <= ramps.MOST_CATEGORIES:
        return False
    short = field.choices or max(len(str(text)) for text in known_texts) <= LONGEST_CATEGORY
    return bool(short) and (len(known_texts) > 1 or bool(column.isna().any()))


def resolve(theme: Theme, spec: LayerSpec, frame: pd.DataFrame, base: LayerStyle) -> LayerStyle:
    """Return the style that shows a theme.

    Parameters
    ----------
    theme
        What to show.
    spec
        The layer.
    frame
        The rows that are drawn; classes are made from them, so a value of other rows
        may have no class.
    base
        The style of the catalogue; labels and sizes are kept.

    Returns
    -------
    LayerStyle
        `base` itself for a theme of kind ``style``, unless the catalogue's style is
        graduated. Features without a known value are in no class and are drawn with
        the neutral default symbol.

    Raises
    ------
    UsageError
        If the theme does not suit the layer, no value is known, or there are more
        categories than marks.
    """
    if theme.kind != "style":
        _check(theme, spec, internal=True)
        return _made(theme, spec, frame, base)
    own = catalogue_theme(spec)
    if own is None:
        return base
    if not _knows(frame, spec.field(own.field)):
        # Nobody asked for this theme, so its lack of data is a note and not an error.
        return replace(base, note=_nothing_known(spec.field(own.field)))
    return _made(own, spec, frame, base)


def _made(theme: Theme, spec: LayerSpec, frame: pd.DataFrame, base: LayerStyle) -> LayerStyle:
    field = spec.field(theme.field)
    if not _knows(frame, field):
        raise UsageError(_nothing_known(field))
    style = replace(
        base,
        field=field.name,
        default=_unknown(base.default, spec),
        by_prefix=False,
        breaks=(),
        rest_title=UNKNOWN_TITLE,
        note=None,
    )
    make = _graduated if theme.kind == "graduated" else _categorical
    return make(theme, spec, frame[field.name], base.default, style)


def _knows(frame: pd.DataFrame, field: FieldSpec) -> bool:
    if field.name not in frame:
        return False
    column = frame[field.name]
    numeric = field.type in {"integer", "number"}
    known = ~np.isnan(known_numbers(column)) if numeric else column.notna()
    return bool(known.any())


def _graduated(
    theme: Theme, spec: LayerSpec, column: pd.Series[Any], symbol: Symbol, style: LayerStyle
) -> LayerStyle:
    field = spec.field(theme.field)
    values = known_numbers(column)
    whole = field.type == "integer" and not bool(np.any(values % 1 > 0))
    found = find_breaks(values, theme.scheme, theme.k, whole=whole)
    # A year has no unit and takes no thousands separator.
    labels = found.labels(grouping=field.type == "number" or bool(field.unit))
    colours = ramps.ramp_colours(theme.ramp, found.edges)
    classes = tuple(
        StyleClass(str(number), label, _painted(symbol, colour, spec))
        for number, (label, colour) in enumerate(zip(labels, colours, strict=True))
    )
    return replace(style, classes=classes, breaks=found.edges, note=found.note)


def _categorical(
    theme: Theme, spec: LayerSpec, column: pd.Series[Any], symbol: Symbol, style: LayerStyle
) -> LayerStyle:
    field = spec.field(theme.field)
    present = {str(value) for value in column.dropna().unique()}
    if len(present) > ramps.MOST_CATEGORIES:
        raise UsageError(
            Text(
                f"“{field.title.zh}”有 {len(present):,} 个不同值，最多能区分"
                f" {ramps.MOST_CATEGORIES} 类；请换一个字段",
                f"'{field.title.en}' has {len(present):,} different values, and at most"
                f" {ramps.MOST_CATEGORIES} can be told apart; choose another field",
            )
        )
    marks = {value: _marked(symbol, n, spec) for n, value in enumerate(_order(field, present))}
    classes = tuple(
        StyleClass(value, _title(field, value), mark)
        for value, mark in marks.items()
        if value in present
    )
    return replace(style, classes=classes)


def _order(field: FieldSpec, present: set[str]) -> Sequence[str]:
    """Return all values that may get a mark, so that marks stay when data changes."""
    declared = [choice.value for choice in field.choices]
    if field.type == "boolean":
        declared = list(_BOOLEANS)
    every = [*declared, *sorted(present.difference(declared))]
    if len(every) <= ramps.MOST_CATEGORIES:
        return every
    return [value for value in every if value in present]


def _title(field: FieldSpec, value: str) -> Text:
    if field.type == "boolean" and value in _BOOLEANS:
        return _BOOLEANS[value]
    return field.choice_text(value)


def _painted(symbol: Symbol, colour: str, spec: LayerSpec) -> Symbol:
    """Return a symbol of one colour, strong enough to tell it from its neighbours."""
    line = "line" in spec.geometry
    return replace(
        symbol,
        fill=colour,
        stroke=colour if line else _OUTLINE,
        width=max(symbol.width, _LINE_WIDTH) if line else 1.0,
        fill_opacity=_OPACITY,
        opacity=1.0,
        dash="",
        hatch="",
    )


def _marked(symbol: Symbol, number: int, spec: LayerSpec) -> Symbol:
    """Return the symbol of category `number`, which differs from all by shape and hatch too."""
    second, place = divmod(number, len(ramps.SHAPES))
    painted = _painted(symbol, ramps.PALETTE[number % len(ramps.PALETTE)], spec)
    larger = _SECOND_ROUND**second
    return replace(
        painted,
        shape=ramps.SHAPES[place],
        hatch=ramps.HATCHES[place],
        dash=ramps.DASHES[place] if "line" in spec.geometry else "",
        size=painted.size * larger,
        width=painted.width * larger**2,
    )


def _unknown(symbol: Symbol, spec: LayerSpec) -> Symbol:
    line = "line" in spec.geometry
    return replace(
        _painted(symbol, ramps.UNKNOWN_COLOUR, spec),
        stroke=ramps.UNKNOWN_STROKE,
        shape=ramps.UNKNOWN_SHAPE,
        hatch=ramps.UNKNOWN_HATCH,
        dash=ramps.UNKNOWN_DASH if line else "",
    )


def _check(theme: Theme, spec: LayerSpec, *, internal: bool) -> None:
    known = spec.key == theme.layer and spec.has_field(theme.field)
    fitting = _kind_of(spec.field(theme.field), spec, internal=internal) if known else None
    if fitting is None or theme.kind != fitting:
        raise UsageError(
            Text(
                f"图层“{spec.title.zh}”没有可以这样设色的字段；请从列表中选择字段",
                f"layer '{spec.title.en}' has no such field to be shown like this;"
                " choose a field from the list",
            )
        )
    if theme.kind == "graduated" and not (
        theme.scheme in SCHEMES
        and theme.ramp in ramps.RAMPS
        and theme.k in range(ramps.LEAST_CLASSES, ramps.MOST_CLASSES + 1)
    ):
        raise UsageError(
            Text(
                f"分级方法须为 {', '.join(SCHEMES)} 之一，色带须为 {', '.join(ramps.RAMPS)} 之一，"
                f"级数须为 {ramps.LEAST_CLASSES}–{ramps.MOST_CLASSES}",
                f"the scheme must be one of {', '.join(SCHEMES)}, the ramp one of"
                f" {', '.join(ramps.RAMPS)}, with {ramps.LEAST_CLASSES} to"
                f" {ramps.MOST_CLASSES} classes",
            )
        )


def _unreadable(spec: LayerSpec) -> UsageError:
    return UsageError(
        Text(
            f"链接中图层“{spec.title.zh}”的专题设色无法识别，已不采用；请重新选择",
            f"the link's theme of layer '{spec.title.en}' cannot be read and is not used;"
            " choose it again",
        )
    )


def _nothing_known(field: FieldSpec) -> Text:
    return Text(
        f"“{field.title.zh}”没有已知值，无法据此设色；请换一个字段",
        f"no value of '{field.title.en}' is known, so it cannot be shown; choose another field",
    )
