"""The columns of a register that the rule reads, with all that is unknown left empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.underuse.gaps import parse_gaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = ("own_use_area_m2", "leased_area_m2", "locked_area_m2", "vacant_area_m2")
"""The parts that the rentable area is divided into."""

_NUMBERS = (
    "rentable_area_m2",
    *PARTS,
    "gross_area_m2",
    "above_ground_area_m2",
    "tax_wan",
    "incubated",
    "completed_year",
)
_MONTHS = ("vacant_since", "completed", "refitted")
_TEXTS = (*_MONTHS, "carrier_class", "hold", "gaps")


def known_columns(carriers: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that the rule reads; one that is absent is unknown everywhere.

    Unknown are, too: what cannot be read as a number or month, infinite numbers, blank
    texts, and cells that ``gaps`` calls doubtful.

    Parameters
    ----------
    carriers
        The register, columns as in the catalogue.

    Returns
    -------
    pandas.DataFrame
        Numbers as floats, texts as objects, ``data_date`` as datetimes and ``doubted``,
        the doubted fields joined by ``;``; index of `carriers`.
    """
    found = {name: _number(_column(carriers, name)) for name in _NUMBERS}
    found |= {name: _text(_column(carriers, name)) for name in _TEXTS}
    for name in _MONTHS:
        read = pd.to_datetime(found[name], format="%Y-%m", errors="coerce")
        found[name] = found[name].where(read.notna(), None)
    found["data_date"] = pd.to_datetime(_column(carriers, "data_date"), errors="coerce")
    return _without_doubted(pd.DataFrame(found, index=carriers.index))


def _column(carriers: pd.DataFrame, name: str) -> pd.Series:
    return carriers[name] if name in carriers else pd.Series(None, index=carriers.index)


def _number(column: pd.Series) -> pd.Series:
    number = pd.to_numeric(column, errors="coerce").astype("float64")
    return number.where(np.isfinite(number))


def _text(column: pd.Series) -> pd.Series:
    said = column.notna() & column.astype(str).str.strip().ne("")
    return column.astype(object).where(said, None)


def _without_doubted(frame: pd.DataFrame) -> pd.DataFrame:
    # A register repeats a few texts, so each is read once.
    read = {text: _doubted(text, frame.columns) for text in frame["gaps"].dropna().unique()}
    doubted = frame["gaps"].map({text: ";".join(names) for text, names in read.items()})
    cleaned = frame.assign(doubted=doubted.astype(object).where(doubted.notna(), ""))
    for name in sorted({name for names in read.values() for name in names}):
        texts = [text for text, names in read.items() if name in names]
        cleaned[name] = frame[name].mask(frame["gaps"].isin(texts), None)
    return cleaned


def _doubted(text: str, columns: pd.Index) -> list[str]:
    states = parse_gaps(text).states
    return [name for name, state in states.items() if state == "doubtful" and name in columns]


def joined_names(flags: pd.DataFrame) -> NDArray[np.object_]:
    """Return the names of the columns that are true in each row, joined by ``;``.

    Parameters
    ----------
    flags
        Truth values, at most 62 columns.
    """
    bits = flags.to_numpy(dtype=bool) @ (1 << np.arange(flags.shape[1], dtype=np.int64))
    # Few combinations occur, so a register of any length is joined at once.
    codes, place = np.unique(bits, return_inverse=True)
    texts = [
        ";".join(name for bit, name in enumerate(flags.columns) if int(code) >> bit & 1)
        for code in codes
    ]
    return np.asarray(texts, dtype=object)[place]
