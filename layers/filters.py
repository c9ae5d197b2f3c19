"""Attribute filters of a layer as data: applied, counted, written into an address, said.

A filter looks at one field and asks for values, for a range, or for a piece of text.
Rows whose value is unknown do not pass a range or a text filter unless they are asked
for, and :meth:`FilterSet.left_out_unknown` tells how many that leaves out.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import math
from dataclasses import dataclass
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import TypeAlias

import numpy as np
import pandas as pd

from layers.breaks import known_numbers
from layers.breaks import written
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import to_type
from layers.i18n import day
from layers.i18n import translator
from layers.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.catalogue import FieldSpec
    from layers.catalogue import FieldType
    from layers.catalogue import LayerSpec
    from layers.i18n import Lang

Kind = Literal["values", "range", "text"]
Bound: TypeAlias = float | dt.date
"""A number, or a day for fields of dates and months."""

LONGEST_TEXT = 2_000
"""Longest text of a filter set in an address."""

MOST_VALUES = 30
"""Most distinct values of a free text from which a person can choose."""

_KINDS: Mapping[FieldType, tuple[Kind, ...]] = {
    "text": ("values", "text"),
    "boolean": ("values",),
    "integer": ("range",),
    "number": ("range",),
    "date": ("range",),
    "month": ("range",),
}
_BOOLEANS: Mapping[str, Text] = {"true": Text("是", "yes"), "false": Text("否", "no")}
_UNKNOWN = Text("未知", "unknown")
# Enough to see that a long column has more values than a list can offer.
_FIRST_LOOK = 1_000
# From here on the exponent is the shorter way to write a whole number.
_LONG = 1e15


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one field: values, a range or a text, never two of them.

    Attributes
    ----------
    field
        Name of the field.
    values
        Any of these; ``true`` and ``false`` of a boolean, and ``""`` for unknown.
    low, high
        Closed range of numbers or days; of months, year and month count.
    text
        Piece of text to be found, whatever its case.
    keep_unknown
        Whether rows without a value pass a range or a text.

    Raises
    ------
    UsageError
        If it asks for nothing or for two kinds, if the range is upside down or not
        finite, or if a text holds characters that no file carries.
    """

    field: str
    values: tuple[str, ...] = ()
    low: Bound | None = None
    high: Bound | None = None
    text: str = ""
    keep_unknown: bool = False

    def __post_init__(self) -> None:
        """Refuse a wish that contradicts itself."""
        asked = [bool(self.values), self._has_range, bool(self.text)]
        if sum(asked) != 1 or (self.values and self.keep_unknown) or not _ordered(self):
            raise _wrong()
        if any(clean_text(text) != text for text in (self.field, self.text, *self.values)):
            raise _wrong()

    @property
    def _has_range(self) -> bool:
        return self.low is not None or self.high is not None

    @property
    def kind(self) -> Kind:
        """What the filter asks for."""
        if self.values:
            return "values"
        return "range" if self._has_range else "text"

    @property
    def chosen(self) -> frozenset[str]:
        """The wanted values; empty for a range or a text."""
        return frozenset(self.values)

    def listed(self) -> list[object]:
        """Return the filter as a list for JSON: field, letter of its kind, its wish."""
        if self.values:
            return [self.field, "v", *self.values]
        kept = [1] if self.keep_unknown else []
        if self.text:
            return [self.field, "t", self.text, *kept]
        limits = [v.isoformat() if isinstance(v, dt.date) else v for v in (self.low, self.high)]
        return [self.field, "r", *(_short(v) for v in limits), *kept]

    def describe(self, field: FieldSpec, lang: Lang) -> str:
        """Return the filter as a piece of a sentence, with data as it is."""
        title, zh = field.title.get(lang), lang == "zh"
        if self.values:
            names = [_name(value, field, lang) for value in self.values]
            return f"{title}为{'、'.join(names)}" if zh else f"{title} is {' or '.join(names)}"
        if self.text:
            said = f"{title}含“{self.text}”" if zh else f"{title} contains “{self.text}”"
        else:
            said = f"{title} {_range(self, field, lang)}"
        kept = _UNKNOWN.get(lang) if self.keep_unknown else ""
        if not kept:
            return said
        return f"{said}（含{kept}）" if zh else f"{said} (with {kept})"


def _ordered(wish: Filter) -> bool:
    """Tell whether the limits are of one kind, finite and not upside down."""
    low, high = wish.low, wish.high
    limits = [limit for limit in (low, high) if limit is not None]
    if any(isinstance(limit, dt.datetime) for limit in limits):
        return False
    if any(not isinstance(limit, dt.date) and not math.isfinite(limit) for limit in limits):
        return False
    if low is None or high is None:
        return True
    if isinstance(low, dt.date):
        return isinstance(high, dt.date) and low <= high
    return not isinstance(high, dt.date) and low <= high


@dataclass(frozen=True, slots=True)
class FilterSet:
    """The filters of a layer; a row passes if it passes all of them.

    Attributes
    ----------
    layer
        Key of the layer.
    filters
        The conditions; none lets every row pass.
    """

    layer: str
    filters: tuple[Filter, ...] = ()

    def mask(self, frame: pd.DataFrame, spec: LayerSpec) -> NDArray[np.bool_]:
        """Return which rows pass.

        Parameters
        ----------
        frame
            Rows of the layer with the column types of :mod:`layers.frames`.
        spec
            The layer.

        Returns
        -------
        numpy.ndarray
            Shape (n,), in the order of the rows.

        Raises
        ------
        UsageError
            If a filter does not suit the layer.
        """
        self.check(spec)
        passing = np.ones(len(frame), dtype=bool)
        # Searching texts is slow, so it only looks at what the other filters let pass.
        for wish in sorted(self.filters, key=lambda wish: wish.kind == "text"):
            field = spec.field(wish.field)
            if field.name in frame:
                passing[passing] = _passing(wish, frame[field.name][passing], field)
            elif not (wish.keep_unknown or "" in wish.chosen):
                passing[:] = False  # written before the field was declared: all unknown
        return passing

    def left_out_unknown(self, frame: pd.DataFrame, spec: LayerSpec) -> int:
        """Return how many rows fail only because a value is unknown.

        They would pass if every range and text filter kept unknown values.
        """
        kept = tuple(
            wish if wish.kind == "values" else replace(wish, keep_unknown=True)
            for wish in self.filters
        )
        wider = replace(self, filters=kept).mask(frame, spec)
        return int(np.count_nonzero(wider & ~self.mask(frame, spec)))

    def check(self, spec: LayerSpec, *, internal: bool = True) -> None:
        """Refuse filters that do not suit a layer.

        Parameters
        ----------
        spec
            The layer.
        internal
            Whether internal fields may be used; a filter on a hidden field would tell
            its values.

        Raises
        ------
        UsageError
            The message does not repeat what the filters say.
        """
        for wish in self.filters:
            if self.layer != spec.key or not _suits(wish, spec, internal=internal):
                raise UsageError(
                    Text(
                        f"图层“{spec.title.zh}”没有可以这样筛选的字段；请从列表中选择筛选条件",
                        f"layer '{spec.title.en}' has no such field to filter by;"
                        " choose the filters from the list",
                    )
                )

    def to_text(self) -> str:
        """Return the filters for an address, without their layer; empty for none.

        Compact JSON in the URL-safe Base64 of RFC 4648: a value may hold any character,
        and Chinese text is half as long as with percent signs.

        Raises
        ------
        UsageError
            If it would be longer than :data:`LONGEST_TEXT`.
        """
        if not self.filters:
            return ""
        plain = json.dumps(
            [wish.listed() for wish in self.filters], ensure_ascii=False, separators=(",", ":")
        )
        text = base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")
        if len(text) > LONGEST_TEXT:
            raise UsageError(
                Text(
                    "筛选条件过多，无法写入链接；请减少所选的值",
                    "there are too many filters for a link; choose fewer values",
                )
            )
        return text

    @staticmethod
    def from_text(text: str, spec: LayerSpec, *, internal: bool = True) -> FilterSet:
        """Read what :meth:`to_text` wrote; the text may come from anybody.

        Parameters
        ----------
        text
            The text of an address.
        spec
            The layer it is for.
        internal
            Whether internal fields may be used.

        Raises
        ------
        UsageError
            If it is not exactly a text that :meth:`to_text` writes for this layer.
        """
        found = FilterSet(spec.key, tuple(_read(entry) for entry in _entries(text)))
        found.check(spec, internal=internal)
        # One wish has one text: no doubled names, no odd numbers, no hidden remainders.
        if found.to_text() != text:
            raise _wrong()
        return found

    def describe(self, spec: LayerSpec, lang: Lang) -> str:
        """Return the filters as one line for people, empty for none.

        The text holds data and is not escaped; :func:`layers.safety.safe` does that.

        Raises
        ------
        UsageError
            If a filter does not suit the layer.
        """
        self.check(spec)
        said = [wish.describe(spec.field(wish.field), lang) for wish in self.filters]
        if not said:
            return ""
        line = f"筛选：{'；'.join(said)}" if lang == "zh" else f"Filter: {'; '.join(said)}"
        return " ".join(line.split())


def filterable_fields(
    spec: LayerSpec, frame: pd.DataFrame, *, audience_internal: bool
) -> dict[str, Kind]:
    """Return the fields by which people can filter, and how.

    Choices, booleans and texts with at most :data:`MOST_VALUES` distinct values offer
    values; other texts are searched; numbers, dates and months have a range. A field
    without a known value is left out.

    Parameters
    ----------
    spec, frame
        The layer and its rows.
    audience_internal
        Whether internal fields may be used.
    """
    found: dict[str, Kind] = {}
    for field in spec.fields:
        hidden = not audience_internal and _is_internal(field, spec)
        if hidden or field.name not in frame or not frame[field.name].notna().any():
            continue
        first, *rest = _KINDS[field.type]
        many = rest and not field.choices and _has_many(frame[field.name])
        found[field.name] = rest[0] if many else first
    return found


def _has_many(column: pd.Series[Any]) -> bool:
    return any(part.nunique() > MOST_VALUES for part in (column.head(_FIRST_LOOK), column))


def _is_internal(field: FieldSpec, spec: LayerSpec) -> bool:
    return "internal" in {field.sensitivity, spec.sensitivity}


def _suits(wish: Filter, spec: LayerSpec, *, internal: bool) -> bool:
    if not spec.has_field(wish.field):
        return False
    field = spec.field(wish.field)
    if wish.kind not in _KINDS[field.type] or (not internal and _is_internal(field, spec)):
        return False
    if wish.kind == "values":
        allowed = [choice.value for choice in field.choices]
        if field.type == "boolean":
            allowed = list(_BOOLEANS)
        return not allowed or wish.chosen <= {*allowed, ""}
    if wish.kind == "text":
        return not field.choices
    days = field.type in {"date", "month"}
    return all(isinstance(v, dt.date) == days for v in (wish.low, wish.high) if v is not None)


def _passing(wish: Filter, column: pd.Series[Any], field: FieldSpec) -> NDArray[np.bool_]:
    unknown = column.isna().to_numpy(dtype=bool)
    if wish.kind == "values":
        wanted = wish.chosen - {""}
        found = column.isin([v == "true" for v in wanted] if field.type == "boolean" else wanted)
        return found.to_numpy(dtype=bool) | (unknown if "" in wish.chosen else False)
    if wish.kind == "text":
        inside = _contains(column, wish.text)
    else:
        if field.type in {"integer", "number"}:
            column = pd.Series(known_numbers(column))
            unknown = column.isna().to_numpy(dtype=bool)
        inside = _between(column, _cell(wish.low, field), _cell(wish.high, field))
    return (inside & ~unknown) | (unknown if wish.keep_unknown else False)


def _cell(limit: Bound | None, field: FieldSpec) -> object:
    """Return a limit as the cells of the field are."""
    if not isinstance(limit, dt.date):
        return limit
    return limit.isoformat()[:7] if field.type == "month" else pd.Timestamp(limit)


def _contains(column: pd.Series[Any], text: str) -> NDArray[np.bool_]:
    wanted = text.casefold()
    cells = to_type(column, "text").to_numpy(dtype=object, na_value="")
    return np.array([wanted in cell.casefold() for cell in cells], dtype=bool)


def _between(column: pd.Series[Any], low: object, high: object) -> NDArray[np.bool_]:
    inside = np.ones(len(column), dtype=bool)
    if low is not None:
        inside &= column.ge(low).to_numpy(dtype=bool, na_value=False)
    if high is not None:
        inside &= column.le(high).to_numpy(dtype=bool, na_value=False)
    return inside


def _short(value: object) -> object:
    """Return a whole number without its decimal point."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _LONG
    return int(value) if whole else value  # type: ignore[call-overload]


def _entries(text: str) -> list[object]:
    """Return the list that an address holds."""
    if not text:
        return []
    if len(text) > LONGEST_TEXT or not text.isascii():
        raise _wrong()
    try:
        padded = text + "=" * (-len(text) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        entries = json.loads(plain)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _wrong() from error
    if not isinstance(entries, list):
        raise _wrong()
    return entries


def _read(entry: object) -> Filter:
    match entry:
        case [str(field), "v", *values]:
            texts = tuple(value for value in values if isinstance(value, str))
            if len(texts) == len(values):
                return Filter(field, texts)
        case [str(field), "t", str(text), *kept] if kept in ([], [1]):
            return Filter(field, text=text, keep_unknown=bool(kept))
        case [str(field), "r", low, high, *kept] if kept in ([], [1]):
            return Filter(field, (), _bound(low), _bound(high), keep_unknown=bool(kept))
    raise _wrong()


def _bound(value: object) -> Bound | None:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value)
        if isinstance(value, int | float):
            return float(value)
    except (ValueError, OverflowError) as error:
        raise _wrong() from error
    raise _wrong()


def _name(value: str, field: FieldSpec, lang: Lang) -> str:
    if not value:
        return _UNKNOWN.get(lang)
    if field.type == "boolean":
        return _BOOLEANS[value].get(lang)
    return field.choice_title(value, lang)


def _range(wish: Filter, field: FieldSpec, lang: Lang) -> str:
    low, high = (_limit(limit, field, lang) for limit in (wish.low, wish.high))
    if wish.low is None:
        return f"≤ {high}"
    if wish.high is None:
        return f"≥ {low}"
    if wish.low == wish.high:
        return f"= {low}"
    return f"{low} 至 {high}" if lang == "zh" else f"{low} to {high}"


def _limit(limit: Bound | None, field: FieldSpec, lang: Lang) -> str:
    if limit is None:
        return ""
    if isinstance(limit, dt.date):
        return limit.isoformat()[:7] if field.type == "month" else day(limit, lang)
    exponent = Decimal(repr(float(limit))).normalize().as_tuple().exponent
    # A year has no unit and takes no thousands separator.
    year = field.type == "integer" and not field.unit
    shown = written(limit, -int(exponent), lang, grouping=not year)
    unit = translator("en")(field.unit) if lang == "en" else field.unit
    return f"{shown}\u202f{unit}" if unit else shown


def _wrong() -> UsageError:
    return UsageError(
        Text(
            "筛选条件无法识别，已不采用；请重新选择筛选条件",
            "the filters cannot be read and are not used; choose them again",
        )
    )
