"""Styles: how a layer is drawn, said once for map, legend and exports.

The raw style tables stand in the catalogue. This module turns them into
symbols; the web map, the legend and later the plan sheet and QML writers all
ask here. Colours are colour-blind-safe, and no class differs by colour alone:
shape, hatch or dash differ as well. The classes of a graduated style depend on the
data; :func:`layers.themes.resolve` makes them.
"""

from __future__ import annotations

import csv
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.breaks import SCHEMES
from layers.breaks import known_numbers
from layers.edition_files import edition_file
from layers.errors import CatalogueError
from layers.errors import Text
from layers.ramps import LEAST_CLASSES
from layers.ramps import MOST_CLASSES
from layers.ramps import RAMPS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec

SKETCH_DASH = "4 9"
"""Dash of every boundary that has no official source (示意).

The gaps are twice the dashes, so that two sketches sharing an edge cannot fill each
other's gaps and look like an official line.
"""

LAND_USE_FILE = "landuse.csv"

NOT_CLASSIFIED = Text("未分类", "not classified")

_PALE_OPACITY, _PALE_PX = 0.3, 2.0
_OF_ONE_KIND = {"string", "categorical", "boolean", "integer", "floating", "empty"}


@dataclass(frozen=True, slots=True)
class Symbol:
    """How one feature is drawn; sizes and widths in screen pixels.

    Attributes
    ----------
    shape
        Point symbol: circle, square, triangle, diamond, pentagon, star, cross, lock.
    size
        Diameter of a point symbol.
    fill, stroke
        Colours as ``#RRGGBB``; a fill of ``none`` draws the outline only.
    width
        Width of the outline or line.
    fill_opacity, opacity
        0 (invisible) to 1.
    dash
        Dash pattern such as ``6 4``; empty for a continuous line.
    hatch
        diagonal, back, horizontal, vertical, cross, dots, or empty.
    """

    shape: str = "circle"
    size: float = 10.0
    fill: str = "#7f8c99"
    stroke: str = "#33414e"
    width: float = 1.2
    fill_opacity: float = 0.85
    opacity: float = 1.0
    dash: str = ""
    hatch: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the symbol as plain data for the map script."""
        return asdict(self)

    def paled(self) -> Symbol:
        """Return the symbol for the areas of a layer that also has points or lines.

        The strong fill of a point would hide what lies below an area; the outline takes
        the colour instead.
        """
        stroke = self.stroke if self.fill == "none" else self.fill
        return replace(self, fill_opacity=_PALE_OPACITY, stroke=stroke, width=_PALE_PX)

    def sketched(self) -> Symbol:
        """Return the symbol with the dash of a sketched boundary."""
        return replace(self, dash=SKETCH_DASH)


@dataclass(frozen=True, slots=True)
class StyleClass:
    """One class of a style; a graduated one is known by its number, not by a value."""

    value: str
    title: Text
    symbol: Symbol


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """The style of one layer.

    Attributes
    ----------
    field
        Field whose value chooses the class; empty for one symbol.
    default
        Symbol of all features, or of those in no class.
    classes
        Classes in the order of the legend.
    by_prefix
        Codes match their longest prefix (land-use codes: 080401 → 0804 → 08).
    label_field
        Field written beside the feature; empty for no labels.
    label_min_zoom
        Web-map zoom from which labels are shown.
    breaks
        Limits of numeric classes, ascending, one more than there are classes; empty
        for classes by value. A class holds what is above its lower limit, up to and
        with the upper one; the first also holds its lower limit.
    rest_title
        What a legend calls the features of no class, drawn with :attr:`default`.
    note
        What a reader of the legend must know about the classes.
    """

    field: str
    default: Symbol
    classes: tuple[StyleClass, ...]
    by_prefix: bool
    label_field: str
    label_min_zoom: int
    breaks: tuple[float, ...] = ()
    rest_title: Text = NOT_CLASSIFIED
    note: Text | None = None

    def class_of(self, values: pd.Series) -> pd.Series:
        """Return the number of the class of every value, -1 for none.

        Parameters
        ----------
        values
            Values of :attr:`field`, any index.
        """
        numbers = self._graded(values) if self.breaks else self._matched(values)
        return pd.Series(numbers, index=values.index, name=values.name, dtype="int64")

    def classes_in(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of the class of every row, -1 for all if the field is not there."""
        if self.field not in frame:
            return np.full(len(frame), -1, dtype=np.int64)
        return self.class_of(frame[self.field]).to_numpy()

    def _graded(self, values: pd.Series) -> NDArray[np.int64]:
        known = known_numbers(values)
        inside = (known >= self.breaks[0]) & (known <= self.breaks[-1])
        return np.where(inside, np.searchsorted(self.breaks[1:], known, side="left"), -1)

    def _matched(self, values: pd.Series) -> NDArray[np.int64]:
        """Look every distinct value up once; a layer has few of them."""
        if pd.api.types.infer_dtype(values) not in _OF_ONE_KIND:
            values = values.map(str, na_action="ignore")  # True and 1 are one key, not one text
        codes, distinct = pd.factorize(values)
        lookup = {entry.value: number for number, entry in enumerate(self.classes)}
        # Unknown values have the code -1, the last place.
        numbers = [self._find(str(value), lookup) for value in distinct.to_numpy(dtype=object)]
        return np.array([*numbers, -1], dtype=np.int64)[codes]

    def _find(self, text: str, lookup: Mapping[str, int]) -> int:
        if not self.by_prefix:
            return lookup.get(text, -1)
        return next((lookup[text[:n]] for n in range(len(text), 0, -1) if text[:n] in lookup), -1)

    def symbol(self, number: int) -> Symbol:
        """Return the symbol of class `number`; the default for -1."""
        return self.default if number < 0 else self.classes[number].symbol


def layer_style(spec: LayerSpec, folder: Path) -> LayerStyle:
    """Return the style that the catalogue gives a layer.

    A graduated style has one symbol until :func:`layers.themes.resolve` has seen the data.

    Parameters
    ----------
    spec
        The layer.
    folder
        Edition folder, where the land-use colours lie.

    Raises
    ------
    CatalogueError
        If the style table names an unknown kind or key.
    """
    raw = dict(spec.style)
    kind = raw.pop("kind", "single")
    field = raw.pop("field", "")
    classes = raw.pop("classes", ())
    label_field = raw.pop("label_field", "")
    label_min_zoom = int(raw.pop("label_min_zoom", 14))
    if kind not in {"single", "categorical", "landuse", "graduated"}:
        raise _bad_style(spec, f"kind = '{kind}'")
    if kind == "graduated":
        _check_graduated(spec, field, *(raw.pop(key, None) for key in ("scheme", "k", "ramp")))
        field, classes = "", ()
    try:
        default = Symbol(**raw)
        entries = (
            _land_use(default, folder)
            if kind == "landuse"
            else tuple(_style_class(entry, default) for entry in classes)
        )
    except (TypeError, KeyError) as error:
        raise _bad_style(spec, str(error)) from error
    return LayerStyle(field, default, entries, kind == "landuse", label_field, label_min_zoom)


def _check_graduated(spec: LayerSpec, field: str, scheme: object, k: object, ramp: object) -> None:
    if not spec.has_field(field) or spec.field(field).type not in {"integer", "number"}:
        raise _bad_style(spec, f"field = '{field}'")
    if scheme not in SCHEMES:
        raise _bad_style(spec, f"scheme = '{scheme}'")
    if k not in range(LEAST_CLASSES, MOST_CLASSES + 1):
        raise _bad_style(spec, f"k = {k}")
    if ramp not in RAMPS:
        raise _bad_style(spec, f"ramp = '{ramp}'")


def _style_class(raw: Mapping[str, Any], default: Symbol) -> StyleClass:
    drawn = {k: v for k, v in raw.items() if k not in {"value", "title_zh", "title_en"}}
    return StyleClass(
        str(raw["value"]), Text(raw["title_zh"], raw["title_en"]), replace(default, **drawn)
    )


@cache
def _land_use(default: Symbol, folder: Path) -> tuple[StyleClass, ...]:
    with edition_file(folder, LAND_USE_FILE).open(encoding="utf-8-sig", newline="") as handle:
        return tuple(
            StyleClass(
                row["code"],
                Text(f"{row['code']} {row['name_zh']}", f"{row['code']} {row['name_zh']}"),
                replace(default, fill=row["color"]),
            )
            for row in csv.DictReader(handle)
        )


def _bad_style(spec: LayerSpec, what: str) -> CatalogueError:
    return CatalogueError(
        Text(
            f"图层目录 {spec.key}.style 有误：{what}",
            f"catalogue error in {spec.key}.style: {what}",
        )
    )
