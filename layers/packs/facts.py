"""What a pack tells of a carrier: one table for the workbook and the cards."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.lists import items_of
from geo.underuse import STATE_NAMES_EN
from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.errors import UsageError
from layers.export.sheets import SAMPLE
from layers.frames import to_type
from layers.ids import strangers
from layers.marks import is_sample
from layers.packs import words
from layers.packs.unknowns import deciding_fields
from layers.packs.unknowns import unknown_line
from layers.underuse import INTERNAL_COLUMNS
from layers.underuse import audience_copy
from layers.underuse import leasing_facts
from layers.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldType
    from layers.export.sheets import Audience
    from layers.underuse import Underuse

MOST_CARRIERS = 300
"""A brief with more cards is read by nobody."""

# Rents are public by class only, and tax and firms never.
_INTERNAL = {"rent_yuan_m2_day", "tax_yuan_m2", "operator", "owner"}
_PERCENT = {"vacancy_rate", "evidence_share"}

_REGISTER = (
    "carrier_id",
    "name",
    "address",
    "carrier_class",
    "tenure",
    "owner",
    "operator",
    "gross_area_m2",
    "rentable_area_m2",
    "vacant_area_m2",
    "provides",
    "allowed_industries",
    "rent_yuan_m2_day",
    "data_date",
)
_DERIVED: Mapping[str, tuple[FieldType, Text, str]] = {
    "park": ("text", words.PARK, ""),
    "largest_vacant_m2": ("number", words.BLOCK, "m²"),
    "available_from": ("date", words.AVAILABLE, ""),
    "floors": ("text", words.FLOORS, ""),
    "metro_walk_m": ("number", words.METRO, "m"),
    "station": ("text", words.STATION, ""),
    "belts": ("text", words.ZONES, ""),
    "state": ("text", words.STATE, ""),
    "vacancy_rate": ("number", words.VACANCY, "%"),
    "vacant_months": ("number", words.MONTHS, ""),
    "recoverable_area_m2": ("number", words.RECOVERABLE, "m²"),
    "tax_yuan_m2": ("number", words.TAX, "元/(m²·年)"),
    "evidence_share": ("number", words.EVIDENCE, "%"),
    "reason": ("text", words.REASON, ""),
    "missing": ("text", words.MISSING, ""),
    "mark": ("text", words.MARK, ""),
}
_ORDER = (
    "carrier_id",
    "name",
    "address",
    "park",
    "carrier_class",
    "tenure",
    "owner",
    "operator",
    "gross_area_m2",
    "rentable_area_m2",
    "vacant_area_m2",
    "vacancy_rate",
    "vacant_months",
    "largest_vacant_m2",
    "available_from",
    "floors",
    "rent_yuan_m2_day",
    "metro_walk_m",
    "station",
    "belts",
    "allowed_industries",
    "provides",
    "state",
    "recoverable_area_m2",
    "tax_yuan_m2",
    "evidence_share",
    "reason",
    "missing",
    "data_date",
    "mark",
)


@dataclass(frozen=True, slots=True, eq=False)
class PackFacts:
    """What is told of the chosen carriers.

    Attributes
    ----------
    fields
        Type, title and unit of every column.
    frame
        One row a carrier, in the order asked for, columns typed as `fields`; texts are
        in the language of the pack, areas in m², shares in %.
    points
        Place of each carrier in EPSG:4490, None where it is not located.
    sample
        Which of the carriers are sample data.
    """

    fields: tuple[FieldSpec, ...]
    frame: pd.DataFrame
    points: tuple[Any, ...]
    sample: tuple[bool, ...]


def digits_of(field: FieldSpec) -> int:
    """Return how many decimals a number is told with: areas, lengths and months have none."""
    if field.unit in {"m²", "m", ""}:
        return 0
    return 2 if "天" in field.unit else 1


def chosen_ids(wanted: Sequence[str], carriers: pd.DataFrame) -> list[str]:
    """Return the carriers of a pack, once each.

    Raises
    ------
    UsageError
        If there are none, too many, or some that the register does not have.
    """
    ids = list(dict.fromkeys(str(name) for name in wanted))
    unknown, others = strangers(ids, carriers["carrier_id"].astype("str").tolist())
    if unknown:
        listed = ", ".join(unknown)
        raise UsageError(
            Text(
                f"没有编码为 {listed} 的载体{others.zh}",
                f"there is no carrier {listed}{others.en}",
            )
        )
    if not 0 < len(ids) <= MOST_CARRIERS:
        raise UsageError(
            Text(
                f"资料包须含 1 至 {MOST_CARRIERS} 个载体，现为 {len(ids)} 个",
                f"a pack holds 1 to {MOST_CARRIERS} carriers, not {len(ids)}",
            )
        )
    return ids


def pack_facts(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    underuse: Underuse,
    ids: Sequence[str],
    *,
    audience: Audience,
    lang: str,
) -> PackFacts:
    """Gather what a pack tells.

    Parameters
    ----------
    tables, catalogue
        The layers and their description.
    underuse
        The judgement of the carriers.
    ids
        Carriers of the pack, see :func:`chosen_ids`.
    audience
        ``public`` leaves out firms, tax, rents and all that the catalogue calls internal.
    lang
        ``zh`` or ``en``.
    """
    spec = catalogue.layer("carriers")
    carriers = tables["carriers"].set_index("carrier_id", drop=False).loc[list(ids)]
    register = {f.name: f for f in spec.fields}
    internal = {f.name for f in spec.fields if f.sensitivity == "internal"}
    hidden = (internal | _INTERNAL | set(INTERNAL_COLUMNS)) if audience == "public" else set()
    values = _register_values(carriers, register, lang)
    values |= _derived(tables, catalogue, underuse, ids, audience, lang)
    values["name"] = _in_language(carriers, lang)
    values["park"] = carriers["park_id"].map(_names(tables, "parks", "park_id", lang))
    sample = is_sample(carriers)
    values["mark"] = sample.map({True: SAMPLE.get(lang), False: None})
    fields = tuple(_field(name, register) for name in _ORDER if name not in hidden)
    values["missing"] = pd.Series(None, index=carriers.index, dtype="str")
    frame = pd.DataFrame({f.name: _typed(values[f.name], f) for f in fields})
    deciding = deciding_fields(underuse, tables, catalogue)
    frame["missing"] = [
        unknown_line(row, fields, deciding.get(carrier, ()), register, hidden, lang)
        for carrier, (_index, row) in zip(ids, frame.iterrows(), strict=True)
    ]
    points = tuple(carriers.geometry.to_numpy()) if "geometry" in carriers else (None,) * len(ids)
    return PackFacts(fields, frame.reset_index(drop=True), points, tuple(sample.tolist()))


def _register_values(
    carriers: pd.DataFrame, register: Mapping[str, FieldSpec], lang: str
) -> dict[str, pd.Series[Any]]:
    values: dict[str, pd.Series[Any]] = {}
    for name in _REGISTER:
        field, column = register[name], carriers[name]
        if field.choices:
            column = column.map(lambda v, f=field: f.choice_title(v, lang), na_action="ignore")
        values[name] = column
    return values


def _derived(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    underuse: Underuse,
    ids: Sequence[str],
    audience: Audience,
    lang: str,
) -> dict[str, pd.Series[Any]]:
    """Return what is computed from the layers: judgement, and what a leasing officer asks."""
    judged = audience_copy(underuse.table, audience).set_index("carrier_id").reindex(list(ids))
    leasing = leasing_facts(tables, catalogue).reindex(list(ids))
    values: dict[str, pd.Series[Any]] = {}
    for source in (judged, leasing):
        values |= {name: source[name] for name in _DERIVED if name in source}
    if lang == "en":
        # The states are Chinese terms; an English reader is told both.
        values["state"] = judged["state"].map(_state, na_action="ignore")
    values["reason"] = judged[f"reason_{lang}"]
    # That of the vacant units where the register has none.
    values["rent_yuan_m2_day"] = leasing["rent_yuan_m2_day"]
    for name in _PERCENT:
        values[name] = values[name].astype("float64") * 100.0
    names = _names(tables, "stations", "name", lang)
    values["station"] = leasing["station"].map(lambda name: names.get(name, name), "ignore")
    belts = catalogue.layer("zones").field("belt")
    values["belts"] = leasing["belts"].map(
        lambda cell: words.listed([belts.choice_title(b, lang) for b in items_of(cell)], lang)
    )
    return values


def _state(state: str) -> str:
    return f"{STATE_NAMES_EN[state]} {state}" if state in STATE_NAMES_EN else state


def _field(name: str, register: Mapping[str, FieldSpec]) -> FieldSpec:
    if name in _DERIVED:
        return FieldSpec(name, *_DERIVED[name])
    # Titles stand in the cells, so that a code is no choice any more.
    return replace(register[name], choices=(), references=None)


def _typed(column: pd.Series[Any], field: FieldSpec) -> pd.Series[Any]:
    if field.type != "text":
        return to_type(column, field.type)
    told = column.map(lambda value: clean_text(str(value)) or None, na_action="ignore")
    return to_type(told.where(told.notna(), None), "text")


def _names(tables: Mapping[str, pd.DataFrame], key: str, by: str, lang: str) -> pd.Series[Any]:
    """Return the names of a layer in the language of the pack, by another of its fields."""
    frame = tables.get(key)
    if frame is None:
        return pd.Series(dtype="str")
    names = _in_language(frame, lang).set_axis(frame[by])
    return names[~names.index.duplicated()]


def _in_language(frame: pd.DataFrame, lang: str) -> pd.Series[Any]:
    """Return the names of a layer, the English ones where there are and they are asked for."""
    if lang != "en" or "name_en" not in frame:
        return frame["name"]
    return frame["name_en"].fillna(frame["name"])
