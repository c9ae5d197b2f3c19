"""Evidence in the cells of a column that it is a certain field: a table.

Each kind of evidence says for which fields it counts, which share of the cells
speaks for it, and how much that says: a new kind is a new row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec

_ADDRESS = re.compile(r"(?:路|街|道|弄|巷|村|大道).*[0-9]+(?:号|弄|室|幢)|[0-9]+(?:号|弄)")
_CODE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z-])[A-Za-z0-9_.-]{3,}|[0-9]{6,}")
_PAIR = re.compile(r"[(\[]?-?[0-9]{1,3}\.[0-9]{3,}[,; ]+-?[0-9]{1,3}\.[0-9]{3,}[)\]]?")
_WKT = re.compile(
    r"(?:SRID=[0-9]+;)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*Z?\s*\(.*",
    re.IGNORECASE | re.DOTALL,
)
# Longitudes and latitudes of the country, written to 100 m or finer.
_DEGREES: Mapping[str, tuple[float, float]] = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}
_FINE = 3


@dataclass(frozen=True, slots=True)
class Cells:
    """A sample of a column: cells as they are, and as text without the empty ones."""

    cells: pd.Series[Any]
    text: pd.Series[Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of evidence: which share of the cells speaks for a field, and how much that says."""

    applies: Callable[[FieldSpec, LayerSpec], bool]
    share: Callable[[Cells, FieldSpec, Known], float]
    weight: float
    note: Text


@dataclass(frozen=True, slots=True)
class Known:
    """The values that we hold, by layer and field, for a file of the layer `layer`."""

    layer: str
    values: Mapping[tuple[str, str], frozenset[str]]

    def of(self, layer: str, field: str) -> frozenset[str]:
        """Return the values of one field, none if the layer is not there."""
        return self.values.get((layer, field), frozenset())


def _matching(cells: Cells, pattern: re.Pattern[str]) -> float:
    return float(np.mean([pattern.fullmatch(text) is not None for text in cells.text]))


def _held(cells: Cells, field: FieldSpec, known: Known) -> float:
    """Return the share of cells that are ids, or names, of the layer that the field refers to."""
    layer, name = field.references or ("", "")
    values = (known.of(layer, name), known.of(layer, "name"))
    return max(float(cells.text.isin(v).mean()) for v in values)


def _own(cells: Cells, field: FieldSpec, known: Known) -> float:
    """Return the share of cells that this layer has in this field already."""
    return float(cells.text.isin(known.of(known.layer, field.name)).mean())


def _several(cells: Cells, share: float) -> float:
    """Return `share`, but little if all cells are the same: one value says little."""
    return share / 2 if (cells.text == cells.text.iloc[0]).all() else share


def _codes(cells: Cells, _: FieldSpec, __: Known) -> float:
    return _matching(cells, _CODE) if cells.text.is_unique else 0.0


def _addresses(cells: Cells, _: FieldSpec, __: Known) -> float:
    return float(np.mean([_ADDRESS.search(text) is not None for text in cells.text]))


def _all(_: Cells, __: FieldSpec, ___: Known) -> float:
    return 1.0


EVIDENCE: tuple[Evidence, ...] = (
    Evidence(
        lambda field, _: field.references is not None,
        _held,
        0.95,
        Text("内容是已有记录的编码或名称", "the cells are ids or names of records that we hold"),
    ),
    Evidence(
        lambda field, spec: field.name in {spec.id_field, spec.name_field},
        _own,
        0.95,
        Text("内容与本图层已有记录相同", "the cells are those of records that this layer holds"),
    ),
    Evidence(
        lambda field, _: bool(field.choices),
        lambda cells, *_: _several(cells, 1.0),
        0.9,
        Text("内容是允许的取值", "the cells are allowed values"),
    ),
    Evidence(
        lambda field, spec: field.name == spec.id_field,
        _codes,
        0.6,
        Text("内容像编码且不重复", "the cells look like codes and are all different"),
    ),
    Evidence(
        lambda field, _: field.name == "address",
        _addresses,
        0.85,
        Text("内容像门牌地址", "the cells look like addresses"),
    ),
    Evidence(
        lambda field, _: field.type in ("date", "month"),
        _all,
        0.5,
        Text("内容是日期", "the cells are dates"),
    ),
    Evidence(
        lambda field, _: field.type in ("integer", "number"),
        _all,
        0.4,
        Text("内容是数字且在范围内", "the cells are numbers within the range"),
    ),
    Evidence(
        lambda field, _: field.type == "boolean",
        _all,
        0.4,
        Text("内容是是/否", "the cells are yes or no"),
    ),
    Evidence(
        lambda field, _: field.type == "text",
        _all,
        0.1,
        Text("内容是文字", "the cells are text"),
    ),
)


def _degrees(axis: str) -> Callable[[Cells], float]:
    low, high = _DEGREES[axis]

    def share(cells: Cells) -> float:
        numbers = pd.to_numeric(cells.text, errors="coerce").to_numpy(dtype=float)
        fine = [len(text.partition(".")[2]) >= _FINE for text in cells.text]
        return float(np.mean((numbers >= low) & (numbers <= high) & np.array(fine)))

    return share


def _of_pattern(pattern: re.Pattern[str]) -> Callable[[Cells], float]:
    return lambda cells: _matching(cells, pattern)


PLACE_TESTS: Mapping[str, Callable[[Cells], float]] = {
    "lon": _degrees("lon"),
    "lat": _degrees("lat"),
    "lonlat": _of_pattern(_PAIR),
    "wkt": _of_pattern(_WKT),
}
LIKE_PLACE = Text("内容像坐标", "the cells look like coordinates")
