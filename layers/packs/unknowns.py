"""What a card says of the things that are not known, and whether they matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers import i18n
from layers.packs import words
from layers.underuse import missing_data

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldSpec
    from layers.underuse import Underuse

# Stands for what leaves a state open and is no field of the register.
_BEYOND = "beyond"
# An empty cell of these says that there is none, not that it is not known.
_MAY_BE_NONE = {"park", "belts", "mark", "missing", "reason"}
# There is none of these where nothing stands empty.
_OF_VACANCY = {"vacant_months", "available_from", "floors"}


def deciding_fields(
    underuse: Underuse, tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> dict[str, list[str]]:
    """Return, by carrier, the fields of the register that could change its state.

    Where none could on its own and several states are possible, several together could:
    then all that are missing are returned. Where several are possible and nothing of its
    own is missing, that is named which no field of the register holds.

    Parameters
    ----------
    underuse, tables, catalogue
        The judgement, the layers that it was made from, and their description.
    """
    asked = missing_data(underuse, tables, catalogue)
    possible = underuse.table.set_index("carrier_id")["possible"].fillna("")
    several = asked["carrier_id"].map(possible).astype("str").str.contains(";")
    alone = asked["matters"].astype(bool)
    none_alone = ~alone.groupby(asked["carrier_id"]).transform("any").astype(bool)
    chosen = asked[alone | (several & none_alone)]
    own = {str(key): rows["field"].tolist() for key, rows in chosen.groupby("carrier_id")}
    open_ones = possible.index[possible.str.contains(";")].astype("str")
    return {carrier: [_BEYOND] for carrier in open_ones} | own


def unknown_line(
    row: pd.Series,
    fields: Sequence[FieldSpec],
    deciding: Sequence[str],
    register: Mapping[str, FieldSpec],
    hidden: Collection[str],
    lang: str,
) -> str:
    """Return the line of a card that says what is not known.

    Parameters
    ----------
    row, fields
        The facts of the card.
    deciding
        What could change the state, see :func:`deciding_fields`.
    register
        The fields of the register by name.
    hidden
        Fields that the reader may not see; they are not named.
    lang
        ``zh`` or ``en``.
    """
    empty = [field.title.get(lang) for field in fields if _is_unknown(row, field.name)]
    shown = [
        words.BEYOND.get(lang) if name == _BEYOND else register[name].title.get(lang)
        for name in deciding
        if name not in hidden
    ]
    if any(name in hidden for name in deciding):
        shown.append(words.INTERNAL_FIELD.get(lang))
    told = [words.listed(empty, lang)] if empty else []
    if shown:
        told.append(words.DECIDING.get(lang) + words.listed(shown, lang))
    else:
        told.append(words.NOTHING_DECIDES.get(lang))
    return words.CLAUSE.get(lang).join(told)


def _is_unknown(row: pd.Series, name: str) -> bool:
    if name in _MAY_BE_NONE or (name in _OF_VACANCY and row["vacant_area_m2"] == 0):
        return False
    return i18n.unknown(row[name])
