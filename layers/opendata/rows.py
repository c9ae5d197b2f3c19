"""Objects of open data as rows of a layer, before the contract of the layer is checked."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd

from layers.frames import GEOMETRY
from layers.opendata.findings import open_finding
from layers.opendata.licences import source_ids
from layers.opendata.licences import told_credits
from layers.opendata.measures import height_m
from layers.opendata.measures import storeys
from layers.systems import LONLAT

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from layers.catalogue import LayerSpec
    from layers.issues import Issue
    from layers.opendata.elements import Element
    from layers.opendata.elements import Elements
    from layers.opendata.rules import LayerRules

_DAY = 10
_STREET, _HOUSE = "addr:street", "addr:housenumber"
_NUMBERS: Mapping[str, Callable[[str], float | None]] = {"floors": storeys, "height_m": height_m}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one layer.

    Attributes
    ----------
    frame
        A GeoDataFrame with the CRS WGS 84: the fields as far as the data fills them.
    issues
        What was found, with row numbers; errors reject their row.
    first
        Number of the first row.
    """

    frame: gpd.GeoDataFrame
    issues: tuple[Issue, ...]
    first: int

    @property
    def numbers(self) -> pd.Series[int]:
        """Number of every row as a person counts."""
        return pd.Series(range(self.first, self.first + len(self.frame)), dtype="int64")


def rows_of(
    found: Elements, rules: LayerRules, spec: LayerSpec, *, file: str, first: int = 1
) -> Rows:
    """Return objects as rows: fields by the rules, source and licence in every row.

    Parameters
    ----------
    found
        Objects that the rules take.
    rules, spec
        The layer: how it is filled, and what its fields are.
    file
        What the findings call the data.
    first
        Number of the first row.

    Returns
    -------
    Rows
        One row an object, in their order. What is not known is empty.
    """
    maker = _Maker(rules, spec, file)
    cells = [maker.row(item, first + at) for at, item in enumerate(found.items)]
    columns = {name: [row.get(name) for row in cells] for name in spec.field_names}
    frame = pd.DataFrame(columns, dtype=object)
    frame[GEOMETRY] = pd.Series(found.shapes, index=frame.index, dtype=object)
    return Rows(gpd.GeoDataFrame(frame, crs=LONLAT), tuple(maker.issues), first)


@dataclass(slots=True)
class _Maker:
    rules: LayerRules
    spec: LayerSpec
    file: str
    issues: list[Issue] = field(default_factory=list)

    def row(self, item: Element, number: int) -> dict[str, Any]:
        """Return the cells of one object that are known."""
        if item.problem:
            self._note(item.problem, number, value=item.number)
        for credit in item.credits:
            if not credit.licence:
                self._note("licence_unknown", number, value=credit.dataset)
        cells: dict[str, Any] = {
            **self.rules.fields_of(item.tags),
            **self._texts(item, number),
            **self._numbers(item, number),
            "source": source_ids(item.credits),
            "note": told_credits(item.credits),
        }
        if self.spec.id_field != self.spec.name_field:
            cells[self.spec.id_field] = item.number
        if self.rules.date:
            cells[self.rules.date] = item.credits[0].time[:_DAY] or None
        name = self.spec.name_field
        if self.rules.unnamed == "label" and not cells.get(name):
            cells[name] = self._label(item, str(cells.get("kind", "")))
            self._note("open_unnamed", number, name)
        return cells

    def _texts(self, item: Element, number: int) -> dict[str, str]:
        found = {}
        for name, keys in self.rules.texts.items():
            text = next((item.tags[key] for key in keys if item.tags.get(key)), "")
            pattern = self.rules.patterns.get(name)
            if text and pattern is not None and not pattern.fullmatch(text):
                self._note("open_text_refused", number, name, text)
            elif text and self.spec.has_field(name):
                found[name] = text
        if self.spec.has_field("address") and "address" not in found and _STREET in item.tags:
            found["address"] = item.tags[_STREET] + item.tags.get(_HOUSE, "")
        return found

    def _numbers(self, item: Element, number: int) -> dict[str, float]:
        found = {}
        for name, keys in self.rules.numbers.items():
            text = next((item.tags[key] for key in keys if item.tags.get(key)), "")
            value = _NUMBERS[name](text) if text else None
            if value is not None:
                found[name] = value
            elif text:
                self._note("open_value_unreadable", number, name, text)
        return found

    def _label(self, item: Element, kind: str) -> str:
        """Return what stands for a name: it says what the object is, and claims no more."""
        title = self.spec.title.zh
        if self.spec.has_field("kind") and kind:
            title = self.spec.field("kind").choice_title(kind, "zh")
        return f"{title} {item.number}"

    def _note(self, code: str, row: int, field_name: str = "", value: str = "") -> None:
        self.issues.append(
            open_finding(
                code, layer=self.spec.key, file=self.file, row=row, field=field_name, value=value
            )
        )
